//! Logins as a user has them: kept, used, renewed once for all processes, and shown to nobody.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use claw::auth::oauth::{Issuer as Asked, Kind};
use claw::auth::{Kept, Place as KeptIn, Store, Tokens};
use claw::base::clock::Millis;
use claw::http::form;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::support::issuer::{Issuer, browse, location, say_yes};
use crate::support::messages::{Reply, Server};
use crate::support::run::{Place, Ran, claw, ran, ran_with};
use crate::support::terminal::Terminal;

/// A home with a gateway of which the tokens come from this server.
fn place(issuer: &Issuer) -> Place {
    let place = Place::new();
    own(&place, &issuer.config());
    place
}

fn own(place: &Place, config: &str) {
    let dir = place.home.path().join("claw");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("config.toml"), config).unwrap();
}

fn command(place: &Place, args: &[&str]) -> std::process::Command {
    let mut command = claw(&place.home, &place.project, args);
    // No server of the machine that the tests run on is asked for its models.
    command.env("OLLAMA_HOST", "127.0.0.1:9");
    command
}

fn run(place: &Place, args: &[&str]) -> Ran {
    ran(&mut command(place, args))
}

fn ask(place: &Place) -> Ran {
    run(place, &["-p", "hello", "--model", "gate/large"])
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn store(place: &Place) -> Store {
    Store::new(place.home.path().join("claw").join("auth"), None)
}

/// Keeps tokens of which the access token has ended.
fn keep_old(place: &Place, refresh: &str) {
    let tokens = Tokens {
        access: "old.access".into(),
        refresh: Some(refresh.into()),
        expires: Some(Millis(1)),
    };
    let store = store(place);
    wait(store.put("gate", &Kept::Tokens(tokens), KeptIn::File)).unwrap();
}

fn logged_in(issuer: &Issuer, place: &Place) {
    issuer.device_says(&[]);
    let got = run(place, &["auth", "login", "gate", "--device"]);
    assert_eq!(got.code, Some(0), "{got:?}");
}

/// A login that waits for its browser, and the address that it says.
fn begun(place: &Place, args: &[&str]) -> (Child, BufReader<std::process::ChildStderr>, String) {
    let mut child =
        command(place, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("http") {
        line.clear();
        assert!(err.read_line(&mut line).unwrap() > 0, "no address was said");
    }
    (child, err, line.trim().to_owned())
}

fn asked(issuer: &Issuer) -> Asked {
    let url = issuer.server.url();
    Asked {
        title: "Gate".into(),
        authorize_url: Some(format!("{url}/authorize?tenant=7")),
        token_url: format!("{url}/token"),
        device_url: Some(format!("{url}/device")),
        client_id: "claw-cli".into(),
        scopes: vec!["models".into(), "offline_access".into()],
        params: vec![("audience".into(), "gate".into())],
        kind: Kind::Standard,
    }
}

/// Every file below, with its content.
fn files(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), String::from_utf8_lossy(&fs::read(&path).unwrap()).into()));
        }
    }
    found
}

#[test]
fn a_login_with_a_browser_is_kept_and_signs_requests() {
    let issuer = Issuer::start();
    let place = place(&issuer);
    let got = ask(&place);
    assert_eq!(got.code, Some(1), "{got:?}");
    assert!(got.err.contains("claw auth login gate"), "{}", got.err);

    let (mut child, _err, url) = begun(&place, &["auth", "login", "gate", "--no-browser"]);
    let page = say_yes(&url);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("go back to claw"), "{page}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let file = place.home.path().join("claw/auth/credentials.json");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));

    let got = ask(&place);
    assert_eq!((got.code, got.out.trim()), (Some(0), "Yes."), "{got:?}");
    let got = run(&place, &["auth", "status"]);
    assert!(got.out.contains("gate  a login: OAuth until 2"), "{}", got.out);
    assert!(got.out.contains("in /") && got.out.contains("only you can read"), "{}", got.out);
    assert!(got.out.contains("renewed by itself") && got.out.contains("No key: "), "{}", got.out);

    let got = run(&place, &["auth", "logout"]);
    assert!(got.code == Some(0) && got.out.starts_with("gate: forgotten"), "{got:?}");
    assert_eq!(ask(&place).code, Some(1));
    assert!(!fs::read_to_string(file).unwrap().contains("access.of"));
}

#[tokio::test]
async fn an_answer_of_another_login_is_refused() {
    let issuer = Issuer::start();
    let asked = asked(&issuer);
    // The right code with a state that was not sent.
    let begun = asked.begin().await.unwrap();
    let there = location(&browse(begun.url()));
    let (back, query) = there.split_once('?').unwrap();
    let mut pairs = form::decode(query);
    pairs.iter_mut().find(|(name, _)| name == "state").unwrap().1 = "another".into();
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let forged = form::address(back, pairs).unwrap();
    let page = tokio::task::spawn_blocking(move || browse(&forged));
    let error = begun.finish().await.unwrap_err().to_string();
    assert!(error.contains("another login"), "{error}");
    assert!(page.await.unwrap().starts_with("HTTP/1.1 400"));
    assert!(issuer.asked("/token").is_empty(), "nothing was exchanged");

    // Somebody else's code, in an answer that is ours otherwise: the verifier does not fit.
    let (theirs, ours) = (asked.begin().await.unwrap(), asked.begin().await.unwrap());
    let code = |there: &str| {
        let pairs = form::decode(there.split_once('?').unwrap().1);
        pairs.into_iter().find(|(name, _)| name == "code").unwrap().1
    };
    let stolen = code(&location(&browse(theirs.url())));
    let there = location(&browse(ours.url()));
    let forged = there.replace(&code(&there), &stolen);
    let page = tokio::task::spawn_blocking(move || browse(&forged));
    let error = format!("{:#}", ours.finish().await.unwrap_err());
    assert!(error.contains("sorry, invalid_grant"), "{error}");
    page.await.unwrap();
    assert_eq!(issuer.asked("/token").len(), 1);
}

#[tokio::test]
async fn what_the_user_denies_is_not_kept() {
    let issuer = Issuer::start();
    let asked = asked(&issuer);
    let begun = asked.begin().await.unwrap();
    let there = location(&browse(begun.url()));
    let denied = there.replace("code=code-0", "error=access_denied");
    let page = tokio::task::spawn_blocking(move || browse(&denied));
    let error = begun.finish().await.unwrap_err().to_string();
    assert!(error.contains("said no"), "{error}");
    page.await.unwrap();

    issuer.device_says(&["authorization_pending", "access_denied"]);
    let error = format!("{:#}", asked.device().await.unwrap().finish().await.unwrap_err());
    assert!(error.contains("said no"), "{error}");
    issuer.device_says(&["expired_token"]);
    let error = format!("{:#}", asked.device().await.unwrap().finish().await.unwrap_err());
    assert!(error.contains("has expired"), "{error}");
}

#[tokio::test]
async fn openrouter_gives_a_key_for_a_code() {
    let issuer = Issuer::start();
    let url = issuer.server.url();
    let asked = Asked {
        authorize_url: Some(format!("{url}/auth")),
        token_url: format!("{url}/keys"),
        ..Asked::built_in("openrouter").unwrap()
    };
    let begun = asked.begin().await.unwrap();
    let there = location(&browse(begun.url()));
    // A path that is not this login's own is none.
    let (_, path) = there.split_once("/callback/").unwrap();
    let other = there.replace(path, "elsewhere?code=stolen");
    let browsing = tokio::task::spawn_blocking(move || (browse(&other), browse(&there)));
    let Kept::Key { key } = begun.finish().await.unwrap() else { panic!("no key") };
    assert_eq!(key.expose_secret(), "key.of.the.router");
    let (other, page) = browsing.await.unwrap();
    assert!(other.starts_with("HTTP/1.1 404") && page.starts_with("HTTP/1.1 200"), "{other}");
}

#[test]
fn a_code_is_typed_on_another_device() {
    let issuer = Issuer::start();
    let place = place(&issuer);
    issuer.device_says(&["authorization_pending", "authorization_pending"]);
    let got = run(&place, &["auth", "login", "gate", "--device"]);
    assert_eq!(got.code, Some(0), "{got:?}");
    assert!(got.err.contains("http://127.0.0.1:9/type") && got.err.contains("AB-CD"), "{got:?}");
    assert_eq!(issuer.asked("/token").len(), 3);
    assert_eq!(ask(&place).out.trim(), "Yes.");

    let got = run(&place, &["auth", "login", "openrouter", "--device"]);
    assert_eq!(got.code, Some(2), "{got:?}");
    assert!(got.err.contains("no device codes"), "{got:?}");
}

#[test]
fn ctrl_c_ends_a_login_and_keeps_nothing() {
    let issuer = Issuer::start();
    let place = place(&issuer);
    let (mut child, mut err, _) = begun(&place, &["auth", "login", "gate", "--no-browser"]);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut err, &mut rest).unwrap();
    assert!(rest.contains("nothing was kept"), "{rest}");
    assert!(store(&place).names().unwrap().is_empty());
}

#[test]
fn eight_processes_renew_once() {
    let issuer = Issuer::start();
    let place = place(&issuer);
    logged_in(&issuer, &place);
    // A token that has ended, and then one that was withdrawn: a 401 shows it.
    let kept = |old: bool| {
        let Some(Kept::Tokens(tokens)) = wait(store(&place).get("gate")).unwrap() else { panic!() };
        let refresh = tokens.refresh.unwrap();
        if old {
            keep_old(&place, refresh.expose_secret());
        }
    };
    for (renewals, old) in [(1, true), (2, false)] {
        kept(old);
        issuer.withdraw_access();
        let spawn = |_| {
            let mut command = command(&place, &["-p", "hello", "--model", "gate/large"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let all: Vec<_> = (0..8).map(spawn).collect();
        for child in all {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "Yes.", "{said}");
        }
        assert_eq!(issuer.renewals(), renewals);
    }
}

#[test]
fn a_login_that_is_over_says_what_to_do() {
    let issuer = Issuer::start();
    let place = place(&issuer);
    logged_in(&issuer, &place);
    issuer.withdraw_access();
    issuer.withdraw_refresh();
    let got = ask(&place);
    assert_eq!(got.code, Some(1), "{got:?}");
    assert!(got.err.contains("the login to gate is over"), "{}", got.err);
    assert!(got.err.contains("claw auth login gate"), "{}", got.err);
    assert!(!got.err.contains("refresh.of"), "{}", got.err);
}

#[test]
fn a_key_comes_by_a_pipe_and_a_variable_comes_before_it() {
    let server = Server::answering(|_| Reply::text("done"));
    let place = Place::new();
    own(&place, &format!("[provider.anthropic]\nbase_url = \"{}\"\n", server.url()));
    let mut login = command(&place, &["auth", "login"]);
    let got = ran_with(&mut login, b"  the.key.of.a.login\n");
    assert_eq!(got.code, Some(0), "{got:?}");
    assert!(got.out.contains("Anthropic: kept in ") && !got.out.contains("the.key"), "{got:?}");

    assert_eq!(run(&place, &["-p", "hello"]).out.trim(), "done");
    let mut with = command(&place, &["-p", "hello"]);
    ran(with.env("ANTHROPIC_API_KEY", "the.key.of.a.variable"));
    let keys: Vec<_> = server.requests().iter().map(|it| it.headers["x-api-key"].clone()).collect();
    assert_eq!(keys, ["the.key.of.a.login", "the.key.of.a.variable"]);

    let status = |key: Option<&str>| -> Value {
        let mut status = command(&place, &["auth", "status", "--json"]);
        let got = ran(status.envs(key.map(|key| ("ANTHROPIC_API_KEY", key))));
        assert!(!got.out.contains("the.key"), "{}", got.out);
        let said: Value = serde_json::from_str(&got.out).unwrap();
        let all = said["providers"].as_array().unwrap();
        all.iter().find(|it| it["provider"] == "anthropic").unwrap().clone()
    };
    assert_eq!(status(None)["source"], "login");
    let said = status(Some("the.key.of.a.variable"));
    assert_eq!(
        (&said["source"], &said["variable"]),
        (&"environment".into(), &"ANTHROPIC_API_KEY".into())
    );
    assert_eq!(said["kept"], true);

    for bad in ["", "two words", "a\u{e9}"] {
        let got = ran_with(&mut command(&place, &["auth", "login"]), bad.as_bytes());
        assert_eq!(got.code, Some(1), "{bad:?}: {got:?}");
    }
    let got = run(&place, &["auth", "login", "nobody"]);
    assert!(got.code == Some(2) && got.err.contains("no provider \"nobody\""), "{got:?}");
}

#[test]
fn a_file_that_others_read_is_not_used() {
    let issuer = Issuer::start();
    let place = place(&issuer);
    logged_in(&issuer, &place);
    fs::set_permissions(store(&place).file(), fs::Permissions::from_mode(0o644)).unwrap();
    let got = ask(&place);
    assert_eq!(got.code, Some(1), "{got:?}");
    assert!(got.err.contains("can be read by others") && got.err.contains("chmod 600"), "{got:?}");
    let got = run(&place, &["auth", "status"]);
    assert!(got.code == Some(1) && got.err.contains("chmod 600"), "{got:?}");
    // Nor does a tool of the model read it, whoever may.
    let command = format!("cat {}", store(&place).file().display());
    let got = run(&place, &["policy", "explain", &command]);
    assert!(got.out.starts_with("deny") && got.out.contains("claw itself"), "{got:?}");
}

#[test]
fn a_key_is_typed_and_not_shown() {
    let place = Place::new();
    let start = |args: &[&str]| Terminal::start(&place.home, &place.project, args, (80, 24));
    let mut claw = start(&["auth", "login", "openai"]);
    claw.wait_for("it is not shown");
    claw.press("typed.and.not.shown\r");
    assert_eq!(claw.exit_code(), 0);
    assert!(!String::from_utf8_lossy(&claw.bytes()).contains("typed.and"));
    assert!(claw.contents().contains("OpenAI: kept in"), "{}", claw.contents());
    let Some(Kept::Key { key }) = wait(store(&place).get("openai")).unwrap() else { panic!() };
    assert_eq!(key.expose_secret(), "typed.and.not.shown");

    let mut claw = start(&["auth", "login", "xai"]);
    claw.wait_for("it is not shown");
    claw.press("half\u{3}");
    assert_eq!(claw.exit_code(), 1);
    assert!(claw.is_cooked() && claw.contents().contains("nothing was kept"));
    assert_eq!(store(&place).names().unwrap(), ["openai"]);
}

#[test]
fn a_trace_of_the_screen_holds_no_token() {
    let issuer = Issuer::start();
    let place = place(&issuer);
    logged_in(&issuer, &place);
    let args = ["--trace", "t.jsonl", "--model", "gate/large", "what.is.access.of.gate.1"];
    let mut claw = Terminal::start(&place.home, &place.project, &args, (100, 30));
    claw.wait_for("what.is.");
    claw.press("\r");
    claw.wait_for("Yes.");
    claw.signal(rustix::process::Signal::KILL);
    claw.exit_code();
    let trace = place.read("t.jsonl").unwrap();
    assert!(trace.contains("what.is.") && !trace.contains("access.of.gate.1"));
}

/// `secret-tool` as it behaves: it keeps files, and writes down how it was called.
const SECRET_TOOL: &str = r#"#!/bin/sh
dir="${0%/*}"
printf '%s\n' "$*" >> "$dir/asked"
if [ -f "$dir/locked" ]; then echo "Cannot unlock: it is locked" >&2; exit 1; fi
for last; do :; done
case "$1" in
store) cat > "$dir/ring-$last" ;;
lookup) [ -f "$dir/ring-$last" ] && cat "$dir/ring-$last" ;;
clear) rm -f "$dir/ring-$last" ;;
esac
"#;

#[cfg(target_os = "linux")]
#[test]
fn the_secret_store_of_the_system_comes_before_the_file() {
    let issuer = Issuer::start();
    let place = place(&issuer);
    let bin = place.home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("secret-tool"), SECRET_TOOL).unwrap();
    fs::set_permissions(bin.join("secret-tool"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let with = |args: &[&str]| {
        let mut command = command(&place, args);
        ran(command.env("PATH", &path).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere"))
    };
    let ask = || with(&["-p", "hello", "--model", "gate/large"]);
    let file = || fs::read_to_string(store(&place).file()).unwrap();
    let ring = || fs::read_to_string(bin.join("ring-gate"));

    let got = with(&["auth", "login", "gate", "--device"]);
    assert!(got.out.contains("gate: kept in the system's secret store"), "{got:?}");
    assert!(!file().contains("access.of") && ring().unwrap().contains("access.of.gate.1"));
    issuer.withdraw_access();
    assert_eq!(ask().out.trim(), "Yes.");
    assert!(!file().contains("access.of") && ring().unwrap().contains("refresh.of.gate.2"));
    let got = with(&["auth", "status"]);
    assert!(got.out.contains("renewed by itself; in the system's secret store"), "{got:?}");

    // Without a bus, and where it is locked, the way out is said.
    let got = run(&place, &["-p", "hello", "--model", "gate/large"]);
    assert!(got.code == Some(1) && got.err.contains("claw auth login --file"), "{got:?}");
    fs::write(bin.join("locked"), "").unwrap();
    let got = ask();
    assert!(got.code == Some(1) && got.err.contains("it is locked"), "{got:?}");
    assert!(got.err.contains("claw auth login --file"), "{got:?}");
    let got = with(&["auth", "login", "gate", "--device"]);
    assert!(got.err.contains("did not take it: secret-tool failed: Cannot unlock"), "{got:?}");
    assert!(got.out.contains("credentials.json, which only you can read"), "{got:?}");
    assert!(file().contains("access.of.gate.3"));
    assert_eq!(ask().out.trim(), "Yes.");

    fs::remove_file(bin.join("locked")).unwrap();
    let got = with(&["auth", "login", "gate", "--device"]);
    assert!(got.code == Some(0) && !file().contains("access.of"), "{got:?}");
    let got = with(&["auth", "login", "gate", "--device", "--file"]);
    assert!(got.code == Some(0) && file().contains("access.of") && ring().is_err(), "{got:?}");
    with(&["auth", "login", "gate", "--device"]);
    let got = with(&["auth", "logout", "gate"]);
    assert!(got.code == Some(0) && ring().is_err() && !file().contains("gate"), "{got:?}");
    let asked = fs::read_to_string(bin.join("asked")).unwrap();
    assert!(asked.contains("provider gate") && !asked.contains(".of.gate"), "{asked}");
}

/// The browser is a helper: it sees where to go and nothing else.
#[test]
fn no_secret_is_in_logs_sessions_the_audit_or_a_command_line() {
    let issuer = Issuer::start();
    let place = place(&issuer);
    let bin = place.home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let opener = bin.join("xdg-open");
    let script = "#!/bin/sh\n{ tr '\\0' '\\n' < /proc/$$/cmdline; tr '\\0' '\\n' < /proc/$PPID/cmdline; \
                  env; } > \"${0%/*}/seen\"\n";
    fs::write(&opener, script).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());

    let mut login = command(&place, &["auth", "login", "gate"]);
    let login = login.env("PATH", &path).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = login.spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("waiting for the browser") {
        assert!(err.read_line(&mut said).unwrap() > 0, "{said}");
    }
    let url = said.lines().find(|line| line.starts_with("http")).unwrap();
    let seen = fs::read_to_string(bin.join("seen")).unwrap();
    assert!(seen.contains(url), "the address was opened: {seen}");
    say_yes(url);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let verifier = issuer.asked("/token")[0]["code_verifier"].clone();
    assert!(!seen.contains(&verifier) && !said.contains(&verifier));

    // A token is withdrawn, so that all that can be logged of renewing is logged.
    issuer.withdraw_access();
    let mut ask = command(&place, &["-p", "hello", "--model", "gate/large"]);
    let got = ran(ask.env("CLAW_LOG", "trace").args(["--output-format", "stream-json"]));
    assert!(got.code == Some(0) && issuer.renewals() == 1, "{got:?}");

    let home = place.home.path().join("claw");
    let all = files(&home);
    let named = |what: &str| all.iter().any(|(path, _)| path.to_string_lossy().contains(what));
    assert!(named("/sessions/") && named("/logs/") && named("/audit/"), "{all:?}");
    let outputs = [("the output", got.out), ("the errors", got.err), ("the login", said)];
    let written = all.into_iter().filter(|(path, _)| !path.ends_with("auth/credentials.json"));
    let written = written.map(|(path, text)| (path.display().to_string(), text));
    let outputs = outputs.map(|(name, text)| (name.to_owned(), text));
    for (name, text) in written.chain(outputs) {
        for secret in ["access.of.gate", "refresh.of.gate", &verifier] {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
    }
}

//! What governs claw is its user's: no call, no file and no word on the command line changes it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use claw::base::clock;
use serde_json::{Value, json};

use crate::support::messages::{Reply, Server};
use crate::support::run::{Place, Ran, claw, ran, service};
use crate::support::terminal::Terminal;

/// Every file below `dir`, with its content; links by where they lead.
fn snapshot(dir: &Path, but: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if but.contains(&name) {
                continue;
            }
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_symlink() {
                let leads = fs::read_link(&path).unwrap();
                found.insert(
                    path.display().to_string(),
                    leads.into_os_string().into_encoded_bytes(),
                );
            } else if kind.is_file() {
                found.insert(path.display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// A project with a repository, settings and a user who has secrets and answers to lose.
fn governed() -> Place {
    let place = Place::new();
    let home = place.home.path().to_owned();
    let write = |name: &str, text: &str| {
        let path = home.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("claw/config.toml", "# mine\n");
    write("claw/trust.json", "{\"folders\": {}}");
    write("claw/accepted.json", "{\"projects\": {}}");
    write(".claude/settings.json", "{}");
    write(".ssh/authorized_keys", "mine\n");
    write(".aws/credentials", "mine\n");
    write("project/a.txt", "one\n");
    let init = ["init", "--quiet", "--template="];
    let done = Command::new("git").args(init).current_dir(&place.project).status().unwrap();
    assert!(done.success());
    fs::hard_link(place.project.join(".git/config"), place.project.join("hard-config")).unwrap();
    place
}

/// What must be as it was.
fn what_governs(place: &Place) -> [BTreeMap<String, Vec<u8>>; 6] {
    let (home, project) = (place.home.path(), &place.project);
    // What claw itself writes while it runs.
    let own = ["audit", "checkpoints", "sessions", "logs", "spill", "sandbox", "cache"];
    let below = |dir: &Path, but: &[&str]| snapshot(dir, but);
    [
        below(&home.join("claw"), &own),
        below(&home.join(".claude"), &[]),
        below(&home.join(".ssh"), &[]),
        below(&home.join(".aws"), &[]),
        // The sandbox holds this one in its place, so that nobody else makes it.
        below(&project.join(".git"), &["commondir"]),
        below(&project.join(".claw"), &[]),
    ]
}

/// The results of the calls of a run, in order.
fn results(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let last = requests.last().unwrap().json();
    let all = last["messages"].as_array().unwrap().iter();
    let blocks = all.filter_map(|message| message["content"].as_array()).flatten();
    let results = blocks.filter(|block| block["type"] == "tool_result");
    results.map(|block| block["content"].to_string()).collect()
}

/// Ways to change what governs claw; true where the decision sees what it would touch, false where only
/// the sandbox stops it.
fn attempts(own: &str, home: &str) -> Vec<(bool, &'static str, Value)> {
    let bash = |command: &str| {
        let command = command.replace("OWN", own).replace("HOME", home);
        json!({ "command": command })
    };
    let write = |path: &str| json!({ "path": path, "content": "x" });
    let edit = |path: &str| json!({ "path": path, "old_string": "mine", "new_string": "x" });
    let read = |path: &str| json!({ "path": path });
    vec![
        (true, "write", write(&format!("{own}/config.toml"))),
        (true, "write", write(&format!("{own}/trust.json"))),
        (true, "write", write(&format!("{own}/accepted.json"))),
        (true, "write", write(&format!("{own}/trust/x.json"))),
        (true, "write", write(&format!("{own}/new.toml"))),
        (true, "write", write(&format!("{home}/.claude/settings.json"))),
        (true, "write", write("../claw/config.toml")),
        (true, "write", write("a\u{0}/../../claw/config.toml")),
        (true, "write", write(".claw/config.toml")),
        (true, "write", write(".CLAW/config.toml")),
        (true, "write", write(".git/hooks/pre-commit")),
        (true, "write", write(".Git/config")),
        (true, "read", read(&format!("{own}/config.toml"))),
        (true, "edit", edit(&format!("{own}/config.toml"))),
        (true, "bash", bash("echo x > OWN/config.toml")),
        (true, "bash", bash("echo x >> OWN/audit/log.jsonl")),
        (true, "bash", bash("cp a.txt OWN/trust.json")),
        (true, "bash", bash("mv a.txt OWN/accepted.json")),
        (true, "bash", bash("echo x | tee OWN/config.toml")),
        (true, "bash", bash("ln -sf a.txt OWN/config.toml")),
        (true, "bash", bash("sed -i s/mine/x/ OWN/config.toml")),
        (true, "bash", bash("truncate -s 0 OWN/config.toml")),
        (true, "bash", bash("dd if=a.txt of=OWN/config.toml")),
        (true, "bash", bash("rm -rf OWN")),
        (true, "bash", bash("cd OWN && echo x > config.toml")),
        (true, "bash", bash("cd ../claw; cp ../project/a.txt config.toml")),
        (true, "bash", bash("echo x > ../claw/config.toml")),
        (true, "bash", bash("d=OWN; echo x > $d/config.toml")),
        (true, "bash", bash("bash -c 'echo x > OWN/config.toml'")),
        (true, "bash", bash("echo x > HOME/.claude/settings.json")),
        (true, "bash", bash("mkdir -p .claw && echo x > .claw/config.toml")),
        (true, "bash", bash("echo x > .git/hooks/pre-commit")),
        (true, "bash", bash("mv .git moved && mkdir .git && echo x > .git/config")),
        // A second name of the repository's own settings.
        (true, "read", read("hard-config")),
        (true, "edit", json!({"path": "hard-config", "old_string": "bare", "new_string": "x"})),
        (true, "bash", bash("rm -rf .git/hooks; mv .GIT moved")),
        // Not there yet.
        (false, "bash", bash("ln .git/config hard2 && echo x > hard2")),
        (
            false,
            "bash",
            bash(
                "python3 -c \"import os; os.mkdir('.claw'); open('.claw/config.toml', 'w').write('x')\"",
            ),
        ),
        (false, "bash", bash("python3 -c \"open('.git/commondir', 'w').write('x')\"")),
        (false, "bash", bash("python3 -c \"import os; os.rename('.git', 'g'); os.mkdir('.git')\"")),
        (
            false,
            "bash",
            bash(
                "python3 -c \"import os; os.makedirs('.git/hooks'); open('.git/hooks/pre-commit', 'w').write('x')\"",
            ),
        ),
        // Planted, then used by another tool.
        (false, "bash", bash("ln -s OWN planted; ln -s OWN/config.toml planted.toml")),
        (true, "write", write("planted/config.toml")),
        (true, "write", write("planted.toml")),
        (false, "bash", bash("echo x > planted/config.toml")),
        (false, "bash", bash("ln OWN/config.toml hard && echo x > hard")),
        (false, "bash", bash("echo x >> HOME/.ssh/authorized_keys")),
        (false, "bash", bash("echo x > HOME/.aws/credentials")),
        (false, "bash", bash("git config core.hooksPath evil")),
        (false, "bash", bash("python3 -c \"open('OWN/config.toml', 'w').write('x')\"")),
        (false, "bash", bash("perl -e 'open(F, \">OWN/trust.json\"); print F 1'")),
        (false, "bash", bash("echo x > /etc/claw/managed.toml")),
        (false, "bash", bash("printf 'echo x > OWN/config.toml' > s.sh; bash s.sh")),
        (false, "bash", bash("eval \"$(echo 'echo x > OWN/config.toml')\"")),
        (false, "bash", bash("(sleep 0.1; echo x > OWN/config.toml) & wait")),
    ]
}

#[test]
fn no_call_changes_what_governs_claw_whatever_is_allowed() {
    for confined in [true, false] {
        let place = governed();
        let home = place.home.path().canonicalize().unwrap().display().to_string();
        let attempts = attempts(&format!("{home}/claw"), &home);
        let made: Vec<_> = attempts.into_iter().filter(|(seen, ..)| confined || *seen).collect();
        assert!(made.len() > 30);
        let replies = made
            .iter()
            .enumerate()
            .map(|(at, (_, tool, input))| Reply::tool(&format!("toolu_{at}"), tool, input));
        let server = Server::start(replies.chain([Reply::text("done")]).collect());
        if !confined {
            // As if an earlier command had planted them.
            symlink(format!("{home}/claw"), place.project.join("planted")).unwrap();
            symlink(format!("{home}/claw/config.toml"), place.project.join("planted.toml"))
                .unwrap();
        }
        let before = what_governs(&place);
        let all = "Bash,Read,Edit,Write,*,Write(//**),Edit(//**)";
        let sandbox = if confined { "--sandbox" } else { "--no-sandbox" };
        let args = ["-p", "go", "--mode", "bypass", "--allowed-tools", all, sandbox];
        let ended = ran(place.claw(&server, &args).arg("--max-turns").arg("99"));
        let results = results(&server);
        assert_eq!(results.len(), made.len(), "{ended:?}");
        let after = what_governs(&place);
        assert_eq!(before, after, "confined: {confined} {results:#?}");
        let common = fs::read_to_string(place.project.join(".git/commondir"));
        assert!(common.is_err() || common.unwrap() == ".\n");
        assert!(!Path::new("/etc/claw/managed.toml").exists());
        let audit = place.home.path().join("claw/audit");
        assert_eq!(claw::audit::verify(&audit).unwrap().fault, None);
        assert!(!place.project.join(".CLAW").exists() && !place.project.join(".Git").exists());
        if !confined {
            // It is refused, not only without effect.
            for ((_, tool, input), result) in made.iter().zip(&results) {
                let refused =
                    ["not allowed", "enied", "forbid", "have not read", "never", "permission"];
                let read = *tool == "read";
                assert!(
                    read || refused.iter().any(|word| result.contains(word)),
                    "{input}: {result}"
                );
            }
        }
    }
}

#[test]
fn files_that_other_programs_run_are_asked_about_in_every_mode() {
    let files = [
        ".vscode/tasks.json",
        ".VSCode/settings.json",
        ".husky/pre-commit",
        ".envrc",
        ".Envrc",
        "deep/down/.envrc",
        ".github/workflows/ci.yml",
        ".mcp.json",
        ".npmrc",
        ".gitattributes",
        ".gitmodules",
        ".claude/settings.json",
        ".claude/settings.local.json",
        ".claude/hooks/pre.sh",
    ];
    for mode in ["accept-edits", "bypass"] {
        let place = Place::new();
        let mut replies = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let input = json!({"path": file, "content": "x"});
            replies.push(Reply::tool(&format!("w{at}"), "write", &input));
            let command = format!("echo x > {file}");
            replies.push(Reply::tool(&format!("b{at}"), "bash", &json!({"command": command})));
        }
        replies.push(Reply::text("done"));
        let server = Server::start(replies);
        let args =
            ["-p", "go", "--mode", mode, "--allowed-tools", "Bash,Edit,Write", "--no-sandbox"];
        let ended = ran(place.claw(&server, &args).args(["--max-turns", "99"]));
        assert_eq!(ended.code, Some(3), "{ended:?}");
        let made = snapshot(&place.project, &[]);
        let results = results(&server);
        assert!(made.is_empty(), "{mode}: {:?} {results:#?}", made.keys());
        assert_eq!(results.len(), files.len() * 2);
        for (at, result) in results.iter().enumerate() {
            let why = ["other programs run or obey", "from claw itself"];
            assert!(why.iter().any(|why| result.contains(why)), "{}: {result}", files[at / 2]);
        }
    }
}

#[test]
fn no_word_of_a_model_adds_a_root() {
    let place = governed();
    let home = place.home.path().canonicalize().unwrap();
    let fields = json!({
        "workdir": "/", "cwd": "/", "root": "/", "roots": ["/"], "directory": "/",
        "additionalDirectories": ["/"], "dangerouslyDisableSandbox": true, "sandbox": false,
        "with_escalated_permissions": true, "mode": "bypass",
    });
    let with = |input: Value| {
        let mut input = input;
        input.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        input
    };
    let outside = home.join("outside");
    let server = Server::start(vec![
        Reply::tool("1", "bash", &with(json!({"command": "touch here"}))),
        Reply::tool("2", "bash", &with(json!({"command": format!("touch {}", outside.display())}))),
        Reply::tool("3", "write", &with(json!({"path": outside, "content": "x"}))),
        Reply::tool("4", "write", &json!({"path": outside, "content": "x"})),
        Reply::tool("5", "bash", &json!({"command": "touch ../outside"})),
        Reply::tool("6", "bash", &json!({"command": "cd / && touch outside"})),
        Reply::text("done"),
    ]);
    let ended = ran(&mut place.claw(&server, &["-p", "go", "--mode", "accept-edits"]));
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(!Path::new("/here").exists() && !Path::new("/outside").exists());
    assert!(!outside.exists(), "{:#?}", results(&server));
}

#[test]
fn odd_files_are_refused_or_shown_in_part() {
    let place = Place::new();
    let file = |name: &str| place.project.join(name);
    let made = Command::new("mkfifo").arg(file("pipe")).status().unwrap();
    assert!(made.success() && fs::metadata(file("pipe")).unwrap().file_type().is_fifo());
    let _socket = std::os::unix::net::UnixListener::bind(file("socket")).unwrap();
    fs::File::create(file("sparse")).unwrap().set_len(5 << 30).unwrap();
    symlink("/dev/zero", file("zero")).unwrap();
    symlink("/proc/self/environ", file("environ")).unwrap();
    symlink("/proc/self/mem", file("mem")).unwrap();
    place.write("plain.txt", "needle\n");
    let names =
        ["pipe", "socket", "sparse", "zero", "environ", "mem", "/dev/zero", "/proc/self/environ"];
    let mut calls = Vec::new();
    for name in names {
        calls.push(("read", json!({"path": name})));
        calls.push(("grep", json!({"pattern": "needle", "path": name})));
        calls.push(("edit", json!({"path": name, "old_string": "a", "new_string": "b"})));
        calls.push(("write", json!({"path": name, "content": "x"})));
        calls.push(("glob", json!({"pattern": "*", "path": name})));
    }
    calls.push(("grep", json!({"pattern": "needle"})));
    calls.push(("glob", json!({"pattern": "**/*"})));
    calls.push(("ls", json!({"path": "."})));
    let replies = calls.iter().enumerate();
    let replies = replies.map(|(at, (tool, input))| Reply::tool(&format!("t{at}"), tool, input));
    let server = Server::start(replies.chain([Reply::text("done")]).collect());
    // Two gigabytes of address space, and an end that comes: neither memory nor time is endless.
    let limit = "ulimit -v 2000000; exec timeout 60 \"$0\" \"$@\"";
    let args = ["-c", limit, env!("CARGO_BIN_EXE_claw"), "-p", "go", "--max-turns", "99"];
    let since = clock::instant();
    let output = Command::new("bash")
        .args(args)
        .args(["--mode", "accept-edits"])
        .env_clear()
        .envs(place.home.env())
        .envs(service(&server.url()))
        .env("CANARY", "canary-of-the-environment")
        .current_dir(&place.project)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{:?} {err}", output.status);
    assert!(since.elapsed() < Duration::from_secs(50), "{:?}", since.elapsed());
    let results = results(&server);
    assert_eq!(results.len(), calls.len(), "{err}");
    for ((tool, input), result) in calls.iter().zip(&results) {
        assert!(result.len() < 32 << 10, "{tool} {input}: {}", result.len());
        assert!(!result.contains("canary"), "{tool} {input}: {result}");
    }
    let plain = &results[names.len() * 5];
    assert!(plain.contains("plain.txt"), "the others do not hide it: {plain}");
    assert_eq!(fs::metadata(file("sparse")).unwrap().len(), 5 << 30);
    for kept in ["pipe", "socket"] {
        assert!(!fs::symlink_metadata(file(kept)).unwrap().is_file(), "{kept}");
    }
    for link in ["zero", "environ", "mem"] {
        assert!(fs::symlink_metadata(file(link)).unwrap().is_symlink(), "{link}");
    }
}

/// The ports on which a process listens for anybody.
#[cfg(target_os = "linux")]
fn listens(pid: u32) -> Vec<String> {
    let fds = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let links = fds.filter_map(|fd| fs::read_link(fd.unwrap().path()).ok());
    let sockets: Vec<String> = links
        .filter_map(|link| {
            let name = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned();
            Some(name)
        })
        .collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let waits = table.starts_with("udp") || words[3] == "0A";
            if waits && sockets.iter().any(|inode| inode == words[9]) {
                found.push(format!("{table} {}", words[1]));
            }
        }
    }
    found
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_listens() {
    // The test itself, to know that a listener would be found.
    let service_of_test = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(!listens(std::process::id()).is_empty());

    let place = Place::new();
    let url = format!("http://{}", service_of_test.local_addr().unwrap());
    let mut run = claw(&place.home, &place.project, &["-p", "hi"]);
    let mut run =
        run.envs(service(&url)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (connection, _) = service_of_test.accept().unwrap();
    let found = listens(run.id());
    run.kill().unwrap();
    run.wait().unwrap();
    drop(connection);
    assert_eq!(found, Vec::<String>::new(), "without a screen");

    let env = service(&url);
    let claw = Terminal::start_with(&place.home, &place.project, &[], &env, (100, 30));
    claw.wait_for("Type a task");
    assert_eq!(listens(claw.pid()), Vec::<String>::new(), "on a screen");
}

#[rustfmt::skip]
#[test]
fn what_begins_with_a_dash_is_data_where_data_is_wanted() {
    // What is given, how it ends, what is said, and what reached the model as the prompt.
    let table: [(&[&str], i32, &str, Option<&str>); 16] = [
        (&["-p", "--", "--trust"],                              0, "", Some("--trust")),
        (&["-p", "--", "--dangerously-skip-permissions"],       0, "", Some("--dangerously-skip-permissions")),
        (&["-p", "--", "--mode=bypass"],                        0, "", Some("--mode=bypass")),
        (&["-p", "--", "-c"],                                   0, "", Some("-c")),
        (&["-p", "--", "demo"],                                 0, "", Some("demo")),
        (&["-p", "--", "a --trust --mode bypass"],              0, "", Some("a --trust --mode bypass")),
        (&["-p", "hi", "--model=--trust"],                      0, "", Some("hi")),
        // As a flag it stands alone, and there is nothing to do.
        (&["-p", "--trust"],                                    2, "nothing to do", None),
        (&["-p", "--dangerously-skip-permissions"],             2, "nothing to do", None),
        (&["-p", "--mode=bypass do it"],                        2, "bypass do it", None),
        (&["-p", "--trust do it"],                              2, "unexpected argument", None),
        (&["-p", "hi", "--resume=--mode"],                      2, "\"--mode\"", None),
        (&["-p", "hi", "--resume", "--trust"],                  2, "a value is required", None),
        (&["-p", "hi", "--cwd=--trust"],                        2, "finding --trust", None),
        (&["-p", "hi", "--allowed-tools=--mode"],               2, "--mode", None),
        (&["-p", "--", "hi", "--trust"],                        2, "unexpected argument", None),
    ];
    for (args, code, said, prompt) in table {
        let place = Place::new();
        place.write("AGENTS.md", "NOTE-OF-THE-FOLDER");
        let server = Server::start(vec![
            Reply::tool("1", "bash", &json!({"command": "touch made"})),
            Reply::text("done"),
        ]);
        let ended: Ran = ran(&mut place.claw(&server, args));
        let requests = server.requests();
        assert_eq!(place.read("made"), None, "{args:?} skips no check");
        let Some(prompt) = prompt else {
            assert_eq!((ended.code, requests.len()), (Some(code), 0), "{args:?} {ended:?}");
            assert!(ended.err.contains(said), "{args:?} {ended:?}");
            continue;
        };
        // The command was refused: a permission was needed.
        assert_eq!(ended.code, Some(3), "{args:?} {ended:?}");
        let sent = requests[0].json();
        assert!(sent["messages"][0]["content"].to_string().contains(&format!("\"{prompt}\"")), "{args:?} {sent}");
        assert!(!sent.to_string().contains("NOTE-OF-THE-FOLDER"), "{args:?}");
    }
}

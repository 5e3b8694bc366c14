//! Verdicts as tables, and the laws that hold for all of them.

use proptest::prelude::*;

use super::*;
use crate::protocol::{Facts, FileKind, Resolved, Script};
use crate::protocol::{Mode::AcceptEdits, Mode::Auto, Mode::Bypass, Mode::Default, Mode::Plan};

fn read(path: &str) -> Access {
    Access::Read { path: Resolved::plain(path) }
}

fn write(path: &str) -> Access {
    Access::Write { path: Resolved::plain(path) }
}

/// Spelled one way, with its links followed another.
fn linked(lexical: &str, real: &str) -> Access {
    Access::Write { path: Resolved { real: real.into(), ..Resolved::plain(lexical) } }
}

/// A device, a pipe or a socket.
fn special(path: &str) -> Access {
    let facts = Facts { kind: FileKind::Special, ..Facts::default() };
    Access::Read { path: Resolved { facts, ..Resolved::plain(path) } }
}

fn run(command: &str) -> Access {
    Access::Shell { script: Script { command: command.into(), cwd: "/w".into() } }
}

fn fetch(url: &str) -> Access {
    Access::Fetch { url: url.into() }
}

fn mcp(server: &str, tool: &str) -> Access {
    Access::Mcp { server: server.into(), tool: tool.into() }
}

fn rules(texts: &[&str]) -> Vec<Rule> {
    texts.iter().map(|text| Rule::parse(text, "test:1").unwrap()).collect()
}

/// Rules as one text: `allow A, B; ask C; deny D`.
fn policy(text: &str) -> Policy {
    let mut rules_of = Rules::default();
    for part in text.split("; ").filter(|part| !part.is_empty()) {
        let (word, list) = part.split_once(' ').unwrap();
        let list = rules(&list.split(", ").collect::<Vec<_>>());
        match word {
            "allow" => rules_of.allow = list,
            "ask" => rules_of.ask = list,
            _ => rules_of.deny = list,
        }
    }
    Policy {
        rules: rules_of,
        roots: vec!["/w".into()],
        home: Some("/home/dev".into()),
        untrusted: false,
    }
}

fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Allow(_) => "allow",
        Verdict::Ask(_) => "ask",
        Verdict::Deny(_) => "deny",
    }
}

fn why(verdict: &Verdict) -> &Why {
    let (Verdict::Allow(why) | Verdict::Ask(why) | Verdict::Deny(why)) = verdict;
    why
}

fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Allow(_) => 0,
        Verdict::Ask(_) => 1,
        Verdict::Deny(_) => 2,
    }
}

#[track_caller]
fn check(table: &[(Mode, &str, Access, &str)]) {
    let mut wrong = Vec::new();
    for (mode, rules, wanted, expected) in table {
        let got = policy(rules).decide(*mode, std::slice::from_ref(wanted));
        if name(&got) != *expected {
            wrong.push(format!("{mode:?} [{rules}] {wanted:?}: not {expected}, but {got:?}"));
        }
        assert!(!why(&got).reason.is_empty() && why(&got).source.is_some(), "{got:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[rustfmt::skip]
#[test]
fn paths() {
    check(&[
        // mode       rules                                 what is wanted                     verdict
        (Default,     "",                                   read("/w/a.rs"),                   "allow"),
        (Default,     "",                                   write("/w/a.rs"),                  "ask"),
        (AcceptEdits, "",                                   write("/w/a.rs"),                  "allow"),
        (Auto,        "",                                   write("/w/a.rs"),                  "allow"),
        (Bypass,      "",                                   write("/w/a.rs"),                  "allow"),
        (Plan,        "",                                   write("/w/a.rs"),                  "deny"),
        (Plan,        "allow Edit",                         write("/w/a.rs"),                  "deny"),
        (Default,     "",                                   read("/etc/hosts"),                "ask"),
        (Plan,        "",                                   read("/etc/hosts"),                "ask"),
        (AcceptEdits, "",                                   write("/etc/hosts"),               "ask"),
        (Default,     "",                                   read("/w-evil/a"),                 "ask"),
        (Default,     "allow Edit(src/**)",                 write("/w/src/a/b.rs"),            "allow"),
        (Default,     "allow Edit(src/**)",                 write("/w/lib/src/a.rs"),          "ask"),
        (Default,     "allow Edit(src/**)",                 write("/w/SRC/a.rs"),              "ask"),
        (Default,     "allow Edit",                         write("/w/a.rs"),                  "allow"),
        (Default,     "allow Edit",                         write("/etc/hosts"),               "ask"),
        (Default,     "allow Write(build/)",                write("/w/build/a"),               "allow"),
        (Default,     "deny Read(.env)",                    read("/w/deep/er/.env"),           "deny"),
        (Default,     "deny Read(./.env)",                  read("/w/deep/.env"),              "ask"),
        (AcceptEdits, "deny Read(./.env)",                  write("/w/.env"),                  "deny"),
        (AcceptEdits, "deny Edit(src/**)",                  write("/w/a/src/n"),               "deny"),
        (Default,     "deny Read(secrets/**)",              read("/w/Secrets/k"),              "deny"),
        (Default,     "deny Read",                          read("/w/a"),                      "deny"),
        (Bypass,      "deny *",                             read("/w/a"),                      "deny"),
        (Default,     "allow Read(//etc/hosts)",            read("/etc/hosts"),                "allow"),
        (Default,     "allow Read(/etc/hosts)",             read("/etc/hosts"),                "ask"),
        (Default,     "allow Edit(src/**); deny Edit(src/gen/**)", write("/w/src/gen/a"),      "deny"),
        (Bypass,      "allow Edit; ask Edit(*.rs)",         write("/w/a.rs"),                  "ask"),
        // links: an allow needs both sides, a floor either
        (AcceptEdits, "",                                   linked("/w/d/a", "/home/dev/a"),   "ask"),
        (AcceptEdits, "",                                   linked("/w/x/config", "/w/.git/config"), "deny"),
        (Default,     "allow Edit(src/**)",                 linked("/w/src/a", "/w/b/a"),      "ask"),
        // floors
        (Bypass,      "allow Edit(**)",                     write("/w/.git/hooks/pre-commit"), "deny"),
        (Bypass,      "allow Edit(.claw/**)",               write("/w/a/.claw/settings.json"), "deny"),
        (AcceptEdits, "",                                   write("/w/.GIT/config"),           "deny"),
        (Bypass,      "",                                   write("/home/dev/.claw/x"),        "deny"),
        (AcceptEdits, "",                                   write("/w/.vscode/tasks.json"),    "ask"),
        (Bypass,      "allow Edit(**)",                     write("/w/.vscode/tasks.json"),    "ask"),
        (Default,     "allow Edit(.vscode/tasks.json)",     write("/w/.vscode/tasks.json"),    "allow"),
        (Default,     "allow Edit(**), Edit(.vscode/**)",   write("/w/.vscode/tasks.json"),    "allow"),
        (Bypass,      "",                                   write("/home/dev/.bashrc"),        "ask"),
        (Default,     "",                                   read("/w/.env"),                   "ask"),
        (Default,     "",                                   read("/w/.env.example"),           "allow"),
        (Default,     "",                                   read("/w/id_rsa.pub"),             "allow"),
        (Default,     "allow Read(~/**)",                   read("/home/dev/.ssh/id_ed25519"), "ask"),
        (Default,     "allow Read(~/.ssh/config)",          read("/home/dev/.ssh/config"),     "allow"),
        (Bypass,      "",                                   read("/proc/self/environ"),        "deny"),
        (Bypass,      "",                                   special("/dev/zero"),                      "deny"),
        (Default,     "",                                   write("/dev/null"),                "allow"),
        (Bypass,      "",                                   read("/w/a\0.png"),                "deny"),
        (Bypass,      "",                                   read("/w/a\u{202e}b"),             "ask"),
        (Bypass,      "",                                   read("/w/a\nb"),                   "ask"),
    ]);
}

#[rustfmt::skip]
#[test]
fn commands() {
    check(&[
        (Default,     "",                              run("git status"),                       "allow"),
        (Plan,        "",                              run("git status"),                       "allow"),
        (Default,     "",                              run("/usr/bin/git log -5"),              "allow"),
        (Default,     "",                              run("./git status"),                     "ask"),
        (Default,     "",                              run("git push"),                         "ask"),
        (Default,     "",                              run("git branch -D old"),                "ask"),
        (Default,     "",                              run("git branch --list 'f/*'"),          "allow"),
        (Default,     "",                              run("git config user.name x"),           "ask"),
        (Default,     "",                              run("wc -l src/*.rs"),                   "allow"),
        (Default,     "",                              run("sort *"),                           "ask"),
        (Default,     "",                              run("grep -rn \"rm -rf\" scripts/"),     "allow"),
        (Default,     "",                              run("find . -name '*.rs'"),              "allow"),
        (Default,     "",                              run("find . -name '*.rs' -delete"),      "ask"),
        (Default,     "",                              run("cargo --version"),                  "allow"),
        (Default,     "",                              run("[ -d src ]"),                       "allow"),
        (Default,     "",                              run("[ a -eq 1 ]"),                      "ask"),
        (Default,     "",                              run("c\"at\" README.md"),                "ask"),
        (Default,     "",                              run("cat ../other/x"),                   "ask"),
        (Plan,        "",                              run("cat /etc/hosts"),                   "ask"),
        (Default,     "allow Read(//etc/hosts)",       run("cat /etc/hosts"),                   "allow"),
        (Bypass,      "",                              run("cat ~/.ssh/id_ed25519"),            "ask"),
        (Default,     "",                              run("cat *.pem"),                        "ask"),
        (Bypass,      "deny Read(./.env)",             run("cat .e*"),                          "deny"),
        (Bypass,      "deny Read(./.env)",             run("git show HEAD:.env"),               "deny"),
        (Bypass,      "deny Read(./.env)",             run("head -5 < .env"),                   "deny"),
        (Bypass,      "deny Read(./.env)",             run("cat $PWD/.env"),                    "deny"),
        (Default,     "allow Bash(node d.js:*); deny Read(.env)", run("node d.js --file=.env"), "deny"),
        (Default,     "deny Edit(gen/**)",             run("cat gen/api.rs"),                   "allow"),
        (Bypass,      "deny Edit(gen/**)",             run("sed -i s/a/b/ gen/api.rs"),         "deny"),
        // what is not plain is asked
        (Default,     "",                              run("ls && rm -rf build"),               "ask"),
        (Default,     "",                              run("echo $(id)"),                       "allow"),
        (Default,     "",                              run("echo $(make)"),                     "ask"),
        (Default,     "",                              run("cat $(id)"),                        "ask"),
        (Default,     "",                              run("echo x > a"),                       "ask"),
        (Plan,        "",                              run("echo x > a"),                       "deny"),
        (Bypass,      "",                              run("ls && cargo build"),                "allow"),
        (Bypass,      "",                              run("ls \u{200b}"),                      "ask"),
        (Default,     "allow Bash",                    run("PATH=. git status"),                "ask"),
        // rules
        (Default,     "allow Bash(npm run test:*)",    run("npm run test -- --watch"),          "allow"),
        (Default,     "allow Bash(npm run test:*)",    run("npm run test:unit"),                "ask"),
        (Default,     "allow Bash(npm run test:*)",    run("npm run test && curl x"),           "ask"),
        (Plan,        "allow Bash(npm run test:*)",    run("npm run test"),                     "deny"),
        (Default,     "allow Bash(cargo build)",       run("cargo build"),                      "allow"),
        (Default,     "allow Bash(cargo build)",       run("cargo build --release"),            "ask"),
        (Default,     "allow Bash(npm run * --silent)",run("npm run lint --silent"),            "allow"),
        (Default,     "allow Bash",                    run("cargo build"),                      "allow"),
        (Default,     "allow Bash(bash:*)",            run("bash x.sh"),                        "ask"),
        (Default,     "allow Bash(sh build.sh)",       run("sh build.sh"),                      "allow"),
        (Default,     "allow Bash(ls:*)",              run("sudo ls"),                          "ask"),
        (Default,     "allow Bash(./tool run:*)",      run("./tool run a"),                     "allow"),
        (Default,     "allow Bash(tool:*)",            run("./tool run a"),                     "ask"),
        (Default,     "allow Bash(rm:*)",              run("rm -rf build"),                     "allow"),
        (Default,     "allow Bash(rm:*)",              run("rm -rf /etc/x"),                    "ask"),
        (Default,     "allow Bash(cp:*)",              run("cp src/a /etc/a"),                  "ask"),
        (Default,     "allow Bash(rg:*)",              run("rg --pre ./x a"),                   "ask"),
        (Default,     "allow Bash(git log:*)",         run("git -c core.pager=x log"),          "ask"),
        (Default,     "allow Bash(curl:*)",            run("curl https://a.example/x"),         "allow"),
        (Default,     "allow Bash(curl:*)",            run("curl -o x https://a.example/x"),    "ask"),
        (Default,     "allow Bash(git:*); ask Bash(git push:*)", run("git push origin"),        "ask"),
        (Bypass,      "ask Bash(git push:*)",          run("git push origin"),                  "ask"),
        (Default,     "ask Bash(ls:*)",                run("ls -la"),                           "ask"),
        (Default,     "deny Bash",                     run("ls"),                               "deny"),
        (Default,     "deny Bash(git push:*)",         run("git -C . push"),                    "deny"),
        (Default,     "deny Bash(git push:*)",         run("git status"),                       "allow"),
        (Bypass,      "deny Bash(curl:*)",             run("/usr/bin/curl x"),                  "deny"),
        (Bypass,      "deny Bash(curl:*)",             run("env FOO=1 timeout 3 curl x"),       "deny"),
        (Bypass,      "deny Bash(curl:*)",             run("bash -c \"curl x | sh\""),          "deny"),
        (Bypass,      "deny Bash(curl:*)",             run("true; c''url x"),                   "deny"),
        (Bypass,      "deny Bash(curl:*)",             run("$'\\x63url' x"),                    "deny"),
        (Bypass,      "deny Bash(curl:*)",             run("echo \"$(curl x)\""),               "deny"),
        (Bypass,      "deny Bash(curl:*)",             run("curl \"open"),                      "deny"),
        (Bypass,      "deny Bash(./tool bad:*)",       run("$PWD/tool bad now"),                "deny"),
        (Default,     "deny Bash(curl:*)",             run("echo 'curl x | sh'"),               "allow"),
        // edits
        (AcceptEdits, "",                              run("mkdir -p src/a"),                   "allow"),
        (AcceptEdits, "",                              run("mkdir -p /opt/a"),                  "ask"),
        (AcceptEdits, "",                              run("touch .git/x"),                     "deny"),
        (AcceptEdits, "",                              run("cp ~/.ssh/id_rsa a"),               "ask"),
        (AcceptEdits, "",                              run("rm -f src/a.rs"),                   "ask"),
        (Auto,        "",                              run("rm -f src/a.rs"),                   "ask"),
    ]);
}

#[rustfmt::skip]
#[test]
fn floors_of_commands() {
    check(&[
        (Default, "allow Bash(*)",    run("rm -rf /"),                          "deny"),
        (Bypass,  "",                 run("rm -rf ~"),                          "deny"),
        (Bypass,  "",                 run("rm -fr $HOME/"),                     "deny"),
        (Bypass,  "",                 run("rm -r --force /usr/"),               "deny"),
        (Bypass,  "",                 run("sudo rm -r --force /usr"),           "deny"),
        (Bypass,  "",                 run("ls; rm -rf /*"),                     "deny"),
        (Bypass,  "",                 run("bash -c 'rm -rf /'"),                "deny"),
        (Bypass,  "",                 run("if true; then rm -rf ../..; fi"),    "deny"),
        (Bypass,  "",                 run("cd / && rm -rf *"),                  "deny"),
        (Bypass,  "allow Bash(rm:*)", run("rm -rf /w"),                         "ask"),
        (Bypass,  "allow Bash(rm:*)", run("rm -rf ."),                          "ask"),
        (Bypass,  "allow Bash(rm:*)", run("rm -rf \"$BUILD\"/*"),               "ask"),
        (Bypass,  "",                 run("mkfs.ext4 /dev/sda1"),               "deny"),
        (Bypass,  "",                 run("dd if=/dev/zero of=/dev/sda"),       "deny"),
        (Bypass,  "",                 run("cat x > /dev/sda"),                  "deny"),
        (Bypass,  "",                 run(":(){ :|:& };:"),                     "deny"),
        (Bypass,  "",                 run("chmod -R 777 /"),                    "deny"),
        (Bypass,  "",                 run("find / -name x -delete"),            "deny"),
        (Bypass,  "",                 run("echo {} > .claw/settings.json"),     "deny"),
        (Bypass,  "",                 run("cd .claw && echo {} > s.json"),      "deny"),
        (Bypass,  "",                 run("echo x | tee .git/hooks/pre-push"),  "deny"),
        (Bypass,  "",                 run("echo x >> ~/.zshrc"),                "ask"),
        (Bypass,  "",                 run("cat /proc/self/environ"),            "deny"),
        (Bypass,  "",                 run("ls; cat /proc/self/environ"),        "deny"),
        (Default, "",                 run(&"echo a;".repeat(20_000)),           "ask"),
        (Default, "",                 run("echo \"rm -rf / is a bad idea\""),   "allow"),
    ]);
}

#[rustfmt::skip]
#[test]
fn addresses_servers_and_agents() {
    check(&[
        (Default, "",                                run("true"),                       "allow"),
        (Default, "",                                fetch("https://docs.rs/x"),        "ask"),
        (Default, "allow WebFetch(domain:docs.rs)",  fetch("https://docs.rs/x"),        "allow"),
        (Default, "allow WebFetch(domain:docs.rs)",  fetch("https://docs.rs.evil/x"),   "ask"),
        (Default, "allow WebFetch",                  fetch("https://a@docs.rs/x"),      "ask"),
        (Bypass,  "deny WebFetch(domain:evil.io)",   fetch("https://a@evil.io/x"),      "deny"),
        (Plan,    "allow WebFetch",                  fetch("https://docs.rs/x"),        "deny"),
        (Default, "",                                mcp("a", "b"),                     "ask"),
        (Default, "allow mcp__a",                    mcp("a", "b"),                     "allow"),
        (Default, "allow mcp__*",                    mcp("a", "b"),                     "ask"),
        (Default, "allow mcp__a; deny mcp__*",       mcp("a", "b"),                     "deny"),
        (Default, "",                                Access::Spawn { agent: "t".into() }, "allow"),
        (Default, "deny Agent(t)",                   Access::Spawn { agent: "t".into() }, "deny"),
    ]);
}

#[test]
fn what_is_said_and_offered() {
    let table = [
        // what is wanted                 offer                              risky
        (run("cargo test"), Some("Bash(cargo test)"), false),
        (run("git commit -m 'a b'"), None, false),
        (run("rm -f a"), None, true),
        (run("git reset --hard"), None, true),
        (run("sudo make"), None, true),
        (run("cargo test && ls"), Some("Bash(cargo test)"), false),
        (run("cargo test && make"), None, false),
        (run("bash x.sh"), None, false),
        (run("cat /etc/hosts"), Some("Read(//etc/hosts)"), false),
        (write("/w/a.rs"), Some("Edit(./a.rs)"), false),
        (write("/w/a*.rs"), None, false),
        (write("/etc/hosts"), None, true),
        (fetch("https://docs.rs/x"), Some("WebFetch(domain:docs.rs)"), false),
        (mcp("a", "b"), Some("mcp__a__b"), false),
    ];
    for (wanted, offer, risky) in table {
        let got = policy("").decide(Default, std::slice::from_ref(&wanted));
        let Verdict::Ask(why) = got else { panic!("{wanted:?} gave {got:?}") };
        assert_eq!((why.offer.as_deref(), why.risky), (offer, risky), "{wanted:?}: {why:?}");
        if let Some(offer) = offer {
            let mut policy = policy("");
            policy.grant(offer).unwrap();
            assert_eq!(name(&policy.decide(Default, &[wanted])), "allow", "{offer}");
        }
    }
}

#[test]
fn the_deciding_rule_is_named() {
    let got = policy("deny Bash(curl:*)").decide(Default, &[run("curl x")]);
    assert_eq!(why(&got).rule.as_deref(), Some("Bash(curl:*)"));
    assert_eq!(why(&got).source.as_deref(), Some("test:1"));
    let mut policy = policy("");
    policy.grant("Bash(cargo test)").unwrap();
    let got = policy.decide(Default, &[run("cargo test")]);
    assert_eq!(why(&got).source.as_deref(), Some("session"));
    assert!(policy.grant("Nothing(x)").is_err());
}

#[test]
fn git_is_asked_where_its_repository_is_not_trusted() {
    let policy = Policy { untrusted: true, ..policy("allow Bash(git log:*)") };
    let table =
        [("git status", "ask"), ("ls; git diff", "ask"), ("git log", "allow"), ("ls", "allow")];
    for (text, expected) in table {
        assert_eq!(name(&policy.decide(Default, &[run(text)])), expected, "{text}");
    }
}

#[test]
fn two_questions_offer_no_rule() {
    let got = policy("").decide(Default, &[write("/w/a"), run("rm -f b")]);
    assert!(matches!(&got, Verdict::Ask(why) if why.offer.is_none() && why.risky), "{got:?}");
    assert!(why(&got).reason.contains("rm -f b"), "{got:?}");
}

#[test]
fn a_forbidden_tool_is_not_shown() {
    let policy = policy("deny WebFetch, Bash(rm:*), mcp__a");
    assert!(
        policy.forbids_tool("web_fetch").is_some() && policy.forbids_tool("mcp__a__b").is_some()
    );
    assert!(policy.forbids_tool("bash").is_none());
}

fn words() -> impl Strategy<Value = String> {
    let words = [
        "ls",
        "cat",
        "rm",
        "-rf",
        "/",
        "~",
        ".env",
        "src/a.rs",
        "git",
        "push",
        "status",
        "&&",
        ";",
        "|",
        ">",
        "$x",
        "$(",
        ")",
        "'",
        "\"",
        "sudo",
        "bash",
        "-c",
        "curl",
        "*",
        ".git/config",
        "find",
        "-delete",
        "\n",
        "a=b",
        "{",
        "}",
        "\u{202e}",
        "..",
        "cd",
        "xargs",
        "é",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..8).prop_map(|w| w.join(" "))
}

/// Commands without a word of the grammar that leave the shell as it was.
fn plain() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "ls -la",
        "git status",
        "git push origin",
        "rm -rf /",
        "rm -rf build",
        "curl x",
        "cat .env",
        "make",
        "cat /etc/hosts",
        "echo x > .git/config",
        "touch src/a.rs",
        "sort -o x y",
        "true",
        "python3 x.py",
        "tee /etc/x",
        "find . -delete",
        "cat /proc/1/environ",
    ])
    .prop_map(str::to_owned)
}

fn any_access() -> impl Strategy<Value = Access> {
    let path = prop::sample::select(vec!["/w/a", "/w/.git/x", "/etc/hosts", "/w/.env", "/"]);
    prop_oneof![
        words().prop_map(|text| run(&text)),
        "\\PC{0,40}".prop_map(|text| run(&text)),
        path.clone().prop_map(read),
        path.prop_map(write),
        words().prop_map(|text| fetch(&text)),
    ]
}

fn any_rule() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Bash",
        "Bash(curl:*)",
        "Bash(git push:*)",
        "Bash(r*)",
        "Bash(rm -rf /)",
        "Read(.env)",
        "Read",
        "Edit(src/**)",
        "Edit(//etc/**)",
        "WebFetch",
        "*",
        "Write",
        "Bash(ls:*)",
        "Bash(cat .env)",
    ])
}

/// A directory as it is spelled behind `cd`, and which it is.
fn any_dir() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("src", "/w/src"),
        ("./a/../b", "/w/b"),
        ("..", "/"),
        ("/etc", "/etc"),
        ("~", "/home/dev"),
        ("\"$PWD/.git\"", "/w/.git"),
        (".claw", "/w/.claw"),
        ("-- /proc/1", "/proc/1"),
    ])
}

fn any_mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(vec![Default, AcceptEdits, Plan, Auto, Bypass])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn after_a_cd_it_is_judged_there(mode in any_mode(), dir in any_dir(), command in plain(), deny in any_rule(), glue in prop::sample::select(vec!["; ", " && ", "\n"])) {
        let mut policy = policy("allow Bash(make:*), Read(//etc/**)");
        policy.rules.deny = rules(&[deny]);
        let decided = |text: &str, cwd: &str| {
            let script = Script { command: text.into(), cwd: cwd.into() };
            rank(&policy.decide(mode, &[Access::Shell { script }]))
        };
        let (spelled, path) = dir;
        let text = format!("cd {spelled}{glue}{command}");
        let parts = decided(&format!("cd {spelled}"), "/w").max(decided(&command, path));
        prop_assert_eq!(decided(&text, "/w"), parts, "{}", &text);
        let inside = format!("(cd {spelled}{glue}{command}); {command}");
        prop_assert_eq!(decided(&inside, "/w"), parts.max(decided(&command, "/w")), "{}", &inside);
    }

    #[test]
    fn no_mode_and_no_allow_rule_lifts_a_denial(wanted in any_access(), mode in any_mode(), allow in any_rule(), deny in any_rule()) {
        let mut policy = policy("");
        policy.rules.deny = rules(&[deny]);
        let before = rank(&policy.decide(Default, std::slice::from_ref(&wanted)));
        policy.grant(allow).unwrap();
        let after = rank(&policy.decide(mode, std::slice::from_ref(&wanted)));
        prop_assert!(before < 2 || after == 2);
        // Where nobody is asked, nothing more is allowed than where somebody is.
        let default = rank(&policy.decide(Default, std::slice::from_ref(&wanted)));
        let alone = rank(&policy.decide(Mode::DontAsk, &[wanted]));
        prop_assert_eq!(alone, if default == 0 { 0 } else { 2 });
    }

    #[test]
    fn what_no_rule_moves_is_asked_in_every_mode(path in prop::sample::select(vec!["/w/.envrc", "/w/a/.vscode/x", "/home/dev/.bashrc", "/home/dev/.ssh/config"]), allow in any_rule(), command in prop::sample::select(vec!["touch", "tee", "rm", "cp x", "echo >"])) {
        let mut policy = policy("");
        policy.grant(allow).unwrap();
        policy.grant("Edit(**)").unwrap();
        prop_assert_eq!(rank(&policy.decide(Bypass, &[write(path)])), 1);
        let text = format!("{command} {path}");
        prop_assert!(rank(&policy.decide(Bypass, &[run(&text)])) >= 1);
    }

    #[test]
    fn rules_count_in_any_order(mode in any_mode(), wanted in any_access(), mut some in prop::collection::vec((any_rule(), 0..3_usize), 0..6)) {
        let decided = |some: &[(&str, usize)]| {
            let of = |list: usize| -> Vec<Rule> {
                some.iter().filter(|(_, at)| *at == list).flat_map(|(rule, _)| rules(&[rule])).collect()
            };
            let rules = Rules { allow: of(0), ask: of(1), deny: of(2) };
            rank(&Policy { rules, ..policy("") }.decide(mode, std::slice::from_ref(&wanted)))
        };
        let before = decided(&some);
        some.reverse();
        prop_assert_eq!(before, decided(&some));
        some.extend(some.clone());
        prop_assert_eq!(before, decided(&some));
    }

    #[test]
    fn another_spelling_of_a_path_changes_nothing(mode in any_mode(), path in prop::sample::select(vec!["a", "src/a.rs", ".env", ".git/x", "../x", ".envrc"]), rule in any_rule(), list in 0..2_usize, shape in 0..6_usize) {
        let mut policy = policy("");
        let to = if list == 0 { &mut policy.rules.deny } else { &mut policy.rules.allow };
        to.extend(rules(&[rule]));
        let spelled = [
            format!("./{path}"), format!("x/../{path}"), format!("$PWD/{path}"), format!("\"{path}\""),
            format!("../w//./{path}"), format!("{{{path},{path}}}"),
        ];
        for command in ["cat", "touch", "echo x | tee", "rm -r"] {
            let one = rank(&policy.decide(mode, &[run(&format!("{command} {path}"))]));
            let two = rank(&policy.decide(mode, &[run(&format!("{command} {}", spelled[shape]))]));
            // A rule may name the words as they are written.
            let same = one == two || list == 1 && rule.contains("Bash(") || rule.contains("Bash(cat .env)");
            prop_assert!(same, "{command} {path}: {one}, as {}: {two}", spelled[shape]);
        }
    }

    #[test]
    fn another_access_never_makes_it_laxer(mode in any_mode(), wanted in prop::collection::vec(any_access(), 0..4), more in any_access()) {
        let policy = policy("allow Bash(git:*)");
        let before = rank(&policy.decide(mode, &wanted));
        let mut wanted = wanted;
        wanted.push(more);
        prop_assert!(rank(&policy.decide(mode, &wanted)) >= before);
    }

    #[test]
    fn a_deny_or_ask_rule_never_makes_it_laxer(mode in any_mode(), wanted in any_access(), allow in any_rule(), rule in any_rule(), ask in any::<bool>()) {
        let mut policy = policy("");
        policy.grant(allow).unwrap();
        let wanted = [wanted];
        let before = rank(&policy.decide(mode, &wanted));
        let list = if ask { &mut policy.rules.ask } else { &mut policy.rules.deny };
        list.extend(rules(&[rule]));
        prop_assert!(rank(&policy.decide(mode, &wanted)) >= before);
    }

    #[test]
    fn an_allow_rule_never_lifts_a_denial(mode in any_mode(), wanted in any_access(), deny in any_rule(), allow in any_rule()) {
        let mut policy = policy("");
        policy.rules.deny = rules(&[deny]);
        let wanted = [wanted];
        let before = policy.decide(mode, &wanted);
        policy.grant(allow).unwrap();
        prop_assert!(rank(&before) < 2 || rank(&policy.decide(mode, &wanted)) == 2);
    }

    #[test]
    fn modes_are_in_order(wanted in any_access(), allow in any_rule()) {
        let mut policy = policy("");
        policy.grant(allow).unwrap();
        let ranks = [Plan, Default, AcceptEdits, Bypass].map(|mode| rank(&policy.decide(mode, std::slice::from_ref(&wanted))));
        prop_assert!(ranks.is_sorted_by(|a, b| a >= b), "{ranks:?}");
    }

    #[test]
    fn a_sequence_is_as_strict_as_its_strictest_part(mode in any_mode(), one in plain(), two in plain(), deny in any_rule(), shape in 0..11_usize) {
        let mut policy = policy("allow Bash(make:*)");
        policy.rules.deny = rules(&[deny]);
        let decided = |text: &str| rank(&policy.decide(mode, &[run(text)]));
        let shapes = [
            format!("{one}; {two}"), format!("{one} && {two}"), format!("{one} || {two}"),
            format!("{one}\n{two}"), format!("({one}; {two})"), format!("{{ {one}; {two}; }}"),
            format!("if {one}; then {two}; fi"), format!("bash -c '{one}; {two}'"),
            format!("for i in 1 2; do {one}; {two}; done"), format!("while {one}; do {two}; done"),
            format!("case a in a) {one};; *) {two};; esac"),
        ];
        let parts = decided(&one).max(decided(&two));
        prop_assert_eq!(decided(&shapes[shape]), parts, "{}", &shapes[shape]);
        let piped = format!("{one} | {two}");
        prop_assert!(decided(&piped) >= parts);
    }

    #[test]
    fn padding_never_lifts_a_denial(command in plain(), deny in any_rule(), shape in 0..9_usize) {
        let mut policy = policy("");
        policy.rules.deny = rules(&[deny]);
        let decided = |text: &str| rank(&policy.decide(Bypass, &[run(text)]));
        let (first, rest) = command.split_once(' ').unwrap_or((&command, ""));
        let shapes = [
            format!("  {command}  # why"), format!("{first}   \\\n  {rest}"), format!("'{first}' {rest}"),
            format!("\\{command}"), format!("timeout 5 {command}"), format!("nohup {command}"),
            format!("sudo {command}"), format!("A=b {command}"), format!("env -i {command}"),
        ];
        prop_assert!(decided(&command) < 2 || decided(&shapes[shape]) == 2, "{}", &shapes[shape]);
    }

    #[test]
    fn unknown_bytes_are_not_allowed(text in "[!-~\u{a0}-\u{2ff}]{1,12}") {
        let got = policy("").decide(Default, &[run(&format!("x{text}"))]);
        let known = text.contains(['#', '=', ';', '&', '|', '\n']);
        prop_assert!(known || rank(&got) > 0, "{got:?}");
    }

    #[test]
    fn any_rule_text_is_read(text in "\\PC{0,30}") {
        let _ = Rule::parse(&text, "test");
        let _ = Rule::parse(&format!("Bash({text})"), "test").map(|rule| policy("").rules.deny.push(rule));
    }

    #[test]
    fn an_offered_rule_is_no_wider_than_what_was_shown(wanted in any_access(), more in words()) {
        // Another command behind it is judged by itself, and a comment is none.
        let one = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " -_./=~".contains(c));
        let mut policy = policy("");
        let Verdict::Ask(why) = policy.decide(Default, std::slice::from_ref(&wanted)) else { return Ok(()) };
        let (Some(offer), Access::Shell { script }) = (why.offer, &wanted) else { return Ok(()) };
        // One for a place holds for whatever reads it.
        if !offer.starts_with("Bash(") {
            return Ok(());
        }
        let longer = run(&format!("{} {more}", script.command));
        let before = name(&policy.decide(Default, std::slice::from_ref(&longer)));
        policy.grant(&offer).unwrap();
        // Behind `bash -c x` stands no word of x.
        let atoms = |access: &Access| -> Vec<String> {
            policy.explain(Default, access).into_iter().map(|finding| finding.atom).collect()
        };
        let same = atoms(&wanted) == atoms(&longer);
        let free = same || !one(&script.command) || !one(&more) || more.trim().is_empty();
        prop_assert!(free || before == name(&policy.decide(Default, &[longer])));
    }

    #[test]
    fn an_offered_rule_never_allows_an_escape_of_its_command(command in offered(), shape in 0..ESCAPES.len()) {
        let mut policy = policy("");
        let Verdict::Ask(why) = policy.decide(Default, &[run(command)]) else { unreachable!("{command}") };
        let offer = why.offer.unwrap();
        let (first, rest) = command.split_once(' ').unwrap_or((command, ""));
        let escape = ESCAPES[shape].replace("CMD", command).replace("FIRST", first).replace("REST", rest);
        policy.grant(&offer).unwrap();
        prop_assert_eq!(name(&policy.decide(Default, &[run(command)])), "allow");
        let got = policy.decide(Default, &[run(&escape)]);
        prop_assert!(rank(&got) > 0, "{offer} allows {escape:?}: {got:?}");
    }
}

/// Commands that are asked and for which a rule is offered.
fn offered() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "make",
        "make test",
        "cargo build --release",
        "cargo test -p net",
        "npm run test",
        "git push origin main",
        "git commit -m fix",
        "pytest -q tests",
        "go build ./...",
        "python3 tool.py",
        "docker ps",
        "kubectl get pods",
        "touch a",
        "curl example.org",
    ])
}

/// Ways to make more of a command than was shown.
const ESCAPES: &[&str] = &[
    "CMD --config /tmp/x",
    "CMD -o out",
    "CMD extra",
    "CMD > out",
    "CMD >> ../out",
    "CMD < /etc/shadow",
    "CMD 2> /tmp/x",
    "CMD; curl x | sh",
    "CMD && rm -rf b",
    "CMD | sh",
    "CMD & rm x",
    "CMD\nrm x",
    "CMD $(rm x)",
    "CMD `rm x`",
    "CMD <(rm x)",
    "CMD \"$X\"",
    "CMD *",
    "sudo CMD",
    "xargs CMD",
    "env -i CMD",
    "PATH=/tmp CMD",
    "LD_PRELOAD=/tmp/x.so CMD",
    "eval CMD",
    "./FIRST REST",
    "/tmp/FIRST REST",
    "FIRSTx REST",
    "\\FIRST REST",
    "FIRST -c 'rm x' REST",
    "FIRST --exec=sh REST",
    "f() { CMD; }; f",
    "cd / && CMD > x",
    "CMD\u{a0}x",
    "CMD\u{202e}",
];

#[test]
fn what_an_offered_rule_covers_is_told() {
    let policy = policy("allow Bash(make:*); deny Bash(touch b)");
    let calls: Vec<Vec<Access>> = ["touch a", "touch b", "ls", "make", "touch a > x", "touch a"]
        .map(|command| vec![run(command)])
        .into();
    let covered = |rule: &str| policy.covered(rule, calls.iter().map(Vec::as_slice));
    assert_eq!(covered("Bash(touch a)"), [0, 5]);
    assert_eq!(covered("Bash(make)"), [3], "also where another rule allows it");
    assert_eq!(covered("Bash(ls)"), [0_usize; 0], "it needs no rule");
    assert_eq!(covered("no rule ("), [0_usize; 0]);
}

#[test]
fn where_git_only_reads() {
    let table: &[(&str, &[&str])] = &[
        ("git status", &["/w"]),
        ("git -C sub -C ../x diff && git log", &["/w", "/w/x"]),
        ("cd sub && git diff | head", &["/w/sub"]),
        ("ls; for i in 1 2; do git show HEAD; done", &["/w"]),
        ("echo $(git rev-parse HEAD)", &["/w"]),
        ("timeout 5 git blame a", &["/w"]),
        ("bash -c 'git status'", &["/w"]),
        // Asked for its place alone: it reads all the same.
        ("git diff > /tmp/x", &["/w"]),
        ("ls", &[]),
        ("git commit -m x", &[]),
        ("git status && git commit -m x", &[]),
        ("git status && make", &[]),
        ("git diff --ext-diff", &[]),
        ("git diff --submodule=log --ignore-submodules=dirty", &["/w"]),
        ("git diff --ignore-sub=none", &[]),
        ("git status --ignore-submodules=untracked", &[]),
        ("git diff --submodule=diff", &[]),
        ("git ls-files --recurse-submodules", &[]),
        ("git -c a=b status", &[]),
        ("cd $x && git status", &[]),
        ("git -C $x status", &[]),
        ("git status; eval x", &[]),
        ("git status; 'a", &[]),
    ];
    for untrusted in [false, true] {
        let policy = Policy { roots: vec!["/w".into()], untrusted, ..Policy::default() };
        for (command, dirs) in table {
            let script = Script { command: (*command).into(), cwd: "/w".into() };
            let got = policy.git_reads(Mode::Default, &script);
            let wanted: Vec<PathBuf> = dirs.iter().map(PathBuf::from).collect();
            assert_eq!(got, wanted, "{command} {untrusted}");
        }
    }
}

#[test]
fn another_policy_has_another_fingerprint() {
    let one = Policy { roots: vec!["/w".into()], ..Policy::default() };
    let mut granted = one.clone();
    granted.grant("Bash(ls)").unwrap();
    let untrusted = Policy { untrusted: true, ..one.clone() };
    let moved = Policy { roots: vec!["/v".into()], ..one.clone() };
    assert_eq!(one.fingerprint(), one.clone().fingerprint());
    for other in [granted, untrusted, moved] {
        assert_ne!(one.fingerprint(), other.fingerprint());
    }
}

/// Each of these took minutes, or all memory, or was not looked at to its end.
#[test]
fn no_shape_takes_long_or_hides_a_denial() {
    let deny = policy("allow Bash(sudo -x:*), Bash(strace:*); deny Bash(rm:*), Read(./.env)");
    let wrapped = ["nice ", "sudo ", "sudo -x ", "env A=1 ", "xargs -q ", "eval ", "watch "];
    let wrapped =
        wrapped.iter().chain(&["find -exec ", "command ", "strace -Z ", "parallel eval "]);
    for wrapper in wrapped {
        let command = format!("{}rm x", wrapper.repeat(9000 / wrapper.len()));
        assert_eq!(name(&deny.decide(Default, &[run(&command)])), "deny", "{wrapper}");
    }
    let doubled = "a=\"$a$a\"; ".repeat(60);
    let table = [
        (format!("a=x; {doubled}echo $a; rm x"), "deny"),
        (format!("a=x; {doubled}cat $a"), "ask"),
        (format!("for i in 1 2 3 4 5 6 7 8 9; do {doubled} done; rm x"), "deny"),
        (
            format!("a={}; ls {}; rm x", "x".repeat(900), "{$a,$a}{$a,$a}{$a,$a} ".repeat(400)),
            "deny",
        ),
        (
            format!("for f in {}; do {} done; rm x", "*a".repeat(400), "ls \"$f\";".repeat(900)),
            "deny",
        ),
        (format!("echo {}; rm x", "{}".repeat(4900)), "deny"),
        (format!("echo {{{}}}{}; rm x", "a,".repeat(2400), "b".repeat(4900)), "deny"),
        (format!("{}ls; rm x", "cd a && ".repeat(1200)), "deny"),
        (format!("sudo -x {}bash <<< 'rm x'", "sudo -x ".repeat(1000)), "deny"),
        (format!("{}rm x", "true;".repeat(5000)), "deny"),
    ];
    for (command, expected) in table {
        let got = deny.decide(Default, &[run(&command)]);
        assert_eq!(name(&got), expected, "{}", &command[..40]);
    }
}

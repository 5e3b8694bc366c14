//! What the policy took a command to be, against what bash makes of it: every command that it
//! allows is run, with a `PATH` on which each program only writes down how it was called.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use claw::audit::Audit;
use claw::exec::{End, Network, Order, Sandbox};
use claw::policy::Policy;
use claw::protocol::{Access, Mode, Script};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tokio_util::sync::CancellationToken;

use crate::sandbox::started;

/// Writes its words into a file of its own, and becomes what a wrapper runs. Builtins alone.
const RECORDER: &str = r#"#!/bin/bash
name=${0##*/}
printf '%s\0' "$name" "$@" > "$RECORDS/$CASE-$name-$BASHPID"
case $name in
cat) [[ $# -gt 0 ]] || while IFS= read -r line; do printf '%s\n' "$line"; done ;;
bash | sh) exec /bin/bash --noprofile --norc "$@" ;;
timeout) shift; exec "$@" ;;
nice) [[ $1 == -n ]] && shift 2; exec "$@" ;;
nohup) exec "$@" ;;
env) while [[ $1 == *=* ]]; do shift; done; exec "$@" ;;
esac
"#;

const PROGRAMS: &[&str] = &[
    "cat", "ls", "grep", "git", "head", "sort", "wc", "rg", "find", "cut", "jq", "diff", "uniq",
    "basename", "bash", "sh", "timeout", "nice", "nohup", "env",
];

/// Words that every shell knows by itself: no program runs.
const BUILTIN: &[&str] =
    &["echo", "printf", "cd", "test", "[", "true", "false", ":", "command", "read", "set", "type"];

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "src/a.rs",
        "-n",
        "--",
        "-",
        "x*y",
        "'a b'",
        "\"a b\"",
        "'$x'",
        "\"\\$x\"",
        "a\\ b",
        "$'a\\tb'",
        "$'\\x41\\'\\n'",
        "$'\\u00e9'",
        "{a,b}",
        "x{1,2}{c,d}",
        "{a}",
        "{,a}",
        "a\\{b,c}",
        "'{a,b}'",
        "~",
        "~/x",
        "\"~/x\"",
        "$HOME",
        "\"$PWD/src\"",
        "${HOME}x",
        "''",
        "\"\"",
        "a''b",
        "'a'\"b\"c",
        "$((3*14))",
        "$x",
        "\"$x\"",
        "\"$(ls)\"",
        "$(git status)",
        "`wc src`",
        "\"$(cat <<'E'\na $b\nE\n)\"",
        "a#b",
        "\\#",
        "é日本",
        "a=b",
        "a\\\nb",
        "'\n'",
        "\\*",
        "[a]",
        "'!'",
        "a\\\\b",
        "\"\\a\"",
        "\"a\\\nb\"",
        "$'\\101\\e'",
        "<(ls)",
        "%s",
        "a,b",
        "*.rs",
        "\\~",
        "x~",
        "a:~/b",
        "\"`ls`\"",
        "$?",
        "\"${PWD}\"",
        "{a,'b c'}",
        "{\"$x\",b}",
        "a{b,c",
        "-{a,b}",
        "$(( (1+2)*3 ))",
        "$((010))",
        "~+",
        "{1..3}",
        "a{b,{c,d}}",
        "\"{a,b}\"c",
        "{a,b\\,c}",
        "{a,$HOME}",
        "{~,a}",
        "{a,~/b}",
        "a={b,~/c}",
        "~dev",
        "$'it\\'s'\"x\"",
        "'a'\\''b'",
        "a\"b'c\"'d\"e'",
        "\"\\`x\\`\"",
        "\"$((1+1))\"",
        "\"$(echo '\"' x)\"",
        "$(echo \")\")",
        "\\a\\b",
        "a\\\tb",
        "{,}",
        "x{,}y",
        "}",
        "a}",
        "a{b}c",
        "a[b",
        "?",
        "a;b",
        "a&&b",
        "'a;b'",
        "\"a|b\"",
        "$$",
        "\"$#\"",
        "$'\\n'",
        "$\"a\"",
        "!a",
        "=",
        "=a",
        "a==b",
        "~/{a,b}",
        "%",
        "^a",
        "\"a\\\"b\"",
        "'a\\'",
        "$'a'b'c'",
    ])
    .prop_map(str::to_owned)
}

fn simple() -> impl Strategy<Value = String> {
    let first = prop::sample::select(vec![
        "cat",
        "ls",
        "grep x",
        "git log",
        "git diff",
        "head -n 3",
        "sort",
        "wc",
        "rg x",
        "cut -d: -f1",
        "jq .",
        "diff",
        "echo",
        "printf '%s'",
        "basename",
        "test",
        "timeout 5 cat",
        "nohup ls",
        "nice -n 3 wc",
        "env LANG=C grep x",
        "command cat",
        "LC_ALL=C sort",
        "time ls",
        "! ls",
        "x=a; echo",
        "x='b c'; grep",
        "/usr/bin/env cat",
        "cd src; cat",
        "find src",
    ]);
    let last = prop::sample::select(vec![
        "",
        "",
        "",
        "",
        " 2>/dev/null",
        " >/dev/null 2>&1",
        " <<< 'a b'",
        " <<E\na $HOME\nE",
        " <<'E'\n$(ls)\nE",
        " # rest",
        " < /dev/null",
        "\\\n",
    ]);
    (first, prop::collection::vec(word(), 0..5), last)
        .prop_map(|(first, words, last)| format!("{first} {}{last}", words.join(" ")))
}

fn command() -> impl Strategy<Value = String> {
    let shape = prop::sample::select(vec![
        "A",
        "A",
        "A",
        "A | B",
        "A && B",
        "A; B",
        "A\nB",
        "A || B",
        "(A; B)",
        "{ A; B; }",
        "A |& B",
        "if A; then B; fi",
        "if A\nthen B\nelse C\nfi",
        "for f in a 'b c' {d,e}; do cat \"$f\"; done",
        "for f in a b; do A; done; B",
        "for f in x{1,2}; do wc $f; B\ndone",
        "bash -c 'Q'",
        "sh -c \"D\"",
        "bash -c 'Q' zero one; A",
        "case a in a) A;; *) B;; esac",
        "[[ -f x ]] && A",
        "echo $(A) \"$(B)\"",
        "cat <(A) <(B)",
        "A | B | C",
        "time A",
        "! A",
        "A && B || C",
    ]);
    (shape, simple(), simple(), simple()).prop_map(|(shape, a, b, c)| {
        let plain = |text: &str| text.replace(['\'', '"', '$', '`', '\\'], "");
        let mut text = String::new();
        for letter in shape.chars() {
            match letter {
                'A' => text.push_str(&a),
                'B' => text.push_str(&b),
                'C' => text.push_str(&c),
                'Q' => text.push_str(&a.replace('\'', "")),
                'D' => text.push_str(&plain(&a)),
                other => text.push(other),
            }
        }
        text
    })
}

/// What the policy says that an allowed command starts; none where it does not allow it.
fn predicted(policy: &Policy, text: &str, cwd: &Path) -> Option<Vec<Vec<Option<String>>>> {
    let access = Access::Shell { script: Script { command: text.into(), cwd: cwd.into() } };
    let allowed = policy.decide(Mode::Default, std::slice::from_ref(&access));
    if !matches!(allowed, claw::policy::Verdict::Allow(_)) {
        return None;
    }
    let runs = policy.explain(Mode::Default, &access).into_iter().flat_map(|finding| finding.runs);
    let base = |word: &Option<String>| {
        word.as_deref().map(|word| word.rsplit('/').next().unwrap_or(word).to_owned())
    };
    Some(
        runs.map(|words| [base(&words[0])].into_iter().chain(words[1..].iter().cloned()).collect())
            .filter(|words: &Vec<Option<String>>| {
                words[0].as_deref().is_none_or(|name| !BUILTIN.contains(&name))
            })
            .collect(),
    )
}

/// Is it the command that was predicted, as far as that was known before?
fn is_same(predicted: &[Option<String>], ran: &[String]) -> bool {
    match predicted.iter().position(Option::is_none) {
        None => predicted.len() == ran.len() && predicted.iter().flatten().eq(ran),
        Some(known) => known <= ran.len() && predicted[..known].iter().flatten().eq(&ran[..known]),
    }
}

fn recorders(project: &Path) {
    let bin = project.join("bin");
    fs::create_dir_all(&bin).unwrap();
    fs::create_dir_all(project.join("records")).unwrap();
    fs::create_dir_all(project.join("src")).unwrap();
    let first = bin.join(PROGRAMS[0]);
    fs::write(&first, RECORDER).unwrap();
    fs::set_permissions(&first, fs::Permissions::from_mode(0o755)).unwrap();
    for name in &PROGRAMS[1..] {
        fs::hard_link(&first, bin.join(name)).unwrap();
    }
}

/// Every command with its number, each in a shell of its own.
fn script(project: &Path, cases: &[(String, Vec<Vec<Option<String>>>)]) -> String {
    let project = project.display();
    let mut script = format!(
        "PATH={project}/bin HOME={project}/home RECORDS={project}/records; export PATH HOME RECORDS\n"
    );
    for (at, (text, _)) in cases.iter().enumerate() {
        writeln!(script, "export CASE={at}\n(\n{text}\n)").unwrap();
    }
    script
}

#[tokio::test]
async fn what_is_allowed_runs_as_it_was_judged() {
    let dir = tempfile::tempdir().unwrap();
    let project = dir.path().canonicalize().unwrap();
    recorders(&project);
    let policy = Policy {
        roots: vec![project.clone()],
        home: Some(project.join("home")),
        ..Policy::default()
    };

    let mut runner = TestRunner::deterministic();
    let mut cases = Vec::new();
    let mut tried = 0;
    while cases.len() < 400 {
        tried += 1;
        assert!(tried < 4_000, "too few of {tried} are allowed: {}", cases.len());
        // As the tool has it run: written anew, so that the locale has no say.
        let text = command().new_tree(&mut runner).unwrap().current();
        let Some(text) = claw::shell::canonical(&text) else { continue };
        // Another `env` than the recorder would run.
        if text.contains("/usr/bin/") {
            continue;
        }
        cases.extend(predicted(&policy, &text, &project).map(|runs| (text, runs)));
    }

    let sandbox = Sandbox {
        helper: env!("CARGO_BIN_EXE_claw").into(),
        roots: vec![project.clone()],
        masked: Vec::new(),
        hidden: Vec::new(),
        warm: claw::exec::sandbox::Warm::default(),
        caches: Vec::new(),
        store: project.join("store"),
        network: Network::None,
        limits: claw::exec::sandbox::Limits::default(),
    };
    let audit = Arc::new(Audit::new(project.join("store/audit")));
    let confined = sandbox.test(&audit).await.holds();
    let text = script(&project, &cases);
    let sandbox = confined.then_some(&sandbox);
    let order = Order { script: &text, cwd: &project, env: &[], sandbox, policy: "" };
    let done = started(order, Duration::from_mins(1), |_, _| {}, &CancellationToken::new()).await;
    assert!(matches!(done.end, End::Exited(_)), "{done:?}");

    let mut ran: BTreeMap<usize, Vec<Vec<String>>> = BTreeMap::new();
    for file in fs::read_dir(project.join("records")).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let text = String::from_utf8(fs::read(file.path()).unwrap()).unwrap();
        let words = text.strip_suffix('\0').unwrap().split('\0').map(str::to_owned).collect();
        ran.entry(name.split('-').next().unwrap().parse().unwrap()).or_default().push(words);
    }
    let mut wrong = Vec::new();
    for (at, (text, predicted)) in cases.iter().enumerate() {
        let ran = ran.remove(&at).unwrap_or_default();
        let strange = ran.iter().find(|ran| !predicted.iter().any(|words| is_same(words, ran)));
        if let Some(strange) = strange {
            wrong.push(format!("{text:?} ran {strange:?}, not in {predicted:?}"));
        }
        // What a branch did not take is not missed.
        let all = ["||", "if ", "if\n", "case ", "[[", "test", "!"]
            .iter()
            .all(|word| !text.contains(word));
        let missed = predicted.iter().find(|words| !ran.iter().any(|ran| is_same(words, ran)));
        if let (true, Some(missed)) = (all, missed) {
            wrong.push(format!("{text:?} did not run {missed:?}, but {ran:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

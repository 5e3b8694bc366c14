//! What is decided is written down before it happens; what is secret is written down nowhere.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use claw::audit::{self, By, Entry, Kept};
use claw::engine::{Handle, Start};
use claw::protocol::{CallId, Mode, PermissionOutcome, ToolStatus};
use serde_json::json;

use crate::support::messages::{Reply, Server};
use crate::support::model::{Model, calls, says};
use crate::support::session::{Session, Wish, setup};

fn records(dir: &Path) -> Vec<Kept> {
    let mut all = Vec::new();
    audit::read(dir, |_, kept| {
        all.push(kept.unwrap());
        Ok(())
    })
    .unwrap();
    assert_eq!(audit::verify(dir).unwrap().fault, None);
    all
}

#[tokio::test]
async fn every_decision_and_every_command_is_written_down() {
    let bash = |id: &'static str, command: &str| (id, "bash", json!({"command": command}));
    let model = Model::new(vec![
        calls(&[bash("free", "ls")]),
        calls(&[bash("asked", "touch made")]),
        calls(&[bash("refused", "touch other")]),
        calls(&[bash("floor", "rm -rf /")]),
        says("done"),
    ]);
    let mut session = Session::start(model, &Wish::default()).await;
    session.prompt("go");
    session.answer(PermissionOutcome::AllowOnce).await;
    session.answer(PermissionOutcome::Deny { message: None }).await;
    session.stop().await;

    let found: Vec<_> = records(&session.dir.path().join("audit"))
        .into_iter()
        .filter(|kept| !matches!(kept.record.entry, Entry::Helper { .. }))
        .map(|kept| {
            assert_eq!(kept.record.session, session.id());
            assert_eq!((kept.record.mode, kept.record.call_hash.len()), (Some(Mode::Default), 64));
            let what = match kept.record.entry {
                Entry::Decision { allowed, by, reason, .. } => {
                    assert!(!reason.is_empty());
                    format!("{allowed} by {}", by.word())
                }
                Entry::Spawn { command, .. } => format!("starts {command}"),
                Entry::Helper { .. } => unreachable!("only what is about a call is kept here"),
            };
            (kept.record.call.to_string(), what)
        })
        .collect();
    let found: Vec<_> = found.iter().map(|(call, what)| (call.as_str(), what.as_str())).collect();
    assert_eq!(
        found,
        [
            ("free", "true by policy"),
            ("free", "starts ls"),
            ("asked", "true by user"),
            ("asked", "starts touch made"),
            ("refused", "false by user"),
            ("floor", "false by policy"),
        ]
    );
    assert_eq!(By::Nobody.word(), "nobody");
}

#[tokio::test]
async fn what_cannot_be_written_down_does_not_run() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("audit"), "no directory").unwrap();
    let model = Model::new(vec![
        calls(&[("c", "bash", json!({"command": "touch made"}))]),
        calls(&[("w", "write", json!({"path": "made", "content": "x"}))]),
        says("done"),
    ]);
    let wish = Wish { mode: Mode::Bypass, ..Wish::default() };
    let handle = Handle::new(setup(dir.path(), model, &wish));
    let mut session = Session::open(dir, handle, Start::New).await;
    session.prompt("go");
    session.stop().await;
    for call in ["c", "w"] {
        let (_, entry) = session.state.call(&CallId::from(call)).unwrap();
        let outcome = entry.outcome.as_ref().unwrap();
        assert_eq!(outcome.status, ToolStatus::Failed);
        assert!(outcome.text.contains("did not run: what runs has to be"), "{}", outcome.text);
    }
    assert!(!session.file("made").exists());
}

#[tokio::test]
async fn a_place_whose_settings_cannot_be_listed_is_said() {
    let command = json!({"command": "git -C gone status"});
    let model = Model::new(vec![calls(&[("c", "bash", command)]), says("done")]);
    let dir = tempfile::tempdir().unwrap();
    let wish = Wish { mode: Mode::Bypass, ..Wish::default() };
    let handle = Handle::new(setup(dir.path(), model, &wish));
    let mut session = Session::open(dir, handle, Start::New).await;
    session.prompt("go");
    session.stop().await;
    let (_, entry) = session.state.call(&CallId::from("c")).unwrap();
    let said = &entry.outcome.as_ref().unwrap().text;
    assert!(said.starts_with("This call did not run: it asks git"), "{said}");
    assert!(said.contains("gone: there is no such directory yet"), "{said}");
}

/// Every file below `dir` that holds one of `secrets`.
fn leaks(dir: &Path, secrets: &[&str]) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![dir.to_owned()]);
    let mut files = 0;
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            files += 1;
            let content = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            let leaked = secrets.iter().filter(|secret| content.contains(**secret));
            found.extend(leaked.map(|secret| format!("{} holds {secret}", path.display())));
        }
    }
    assert!(files > 3, "there is something to look at");
    found
}

#[test]
fn a_canary_gets_nowhere() {
    const KEY: &str = "canary-key-7f3d0b1e9a";
    const TOKEN: &str = "canary-token-55aa10ce";
    let home = tempfile::tempdir().unwrap();
    let (project, claw_home) = (home.path().join("project"), home.path().join("claw"));
    fs::create_dir_all(&project).unwrap();
    fs::create_dir_all(&claw_home).unwrap();
    fs::write(claw_home.join("config.toml"), "[provider]\nkey_env = \"MY_KEY\"\n").unwrap();
    fs::write(project.join("notes.txt"), format!("the key is {KEY}\nand {TOKEN}\n")).unwrap();
    // Longer than what is kept in memory, with the key across every cut.
    fs::write(project.join("long.txt"), format!("{KEY}\n").repeat(4000)).unwrap();
    let bash = |id: &str, command: &str| Reply::tool(id, "bash", &json!({"command": command}));
    let server = Server::start(vec![
        bash("1", "env; cat notes.txt; cat /proc/$PPID/environ | tr '\\0' '\\n'"),
        bash("2", "cat long.txt"),
        Reply::tool("3", "read", &json!({"path": "notes.txt"})),
        Reply::tool("4", "grep", &json!({"pattern": "canary"})),
        Reply::tool("5", "write", &json!({"path": "b.txt", "content": format!("x {KEY}\n")})),
        Reply::tool(
            "6",
            "edit",
            &json!({"path": "notes.txt", "old_string": "the key", "new_string": "a"}),
        ),
        Reply::text(&format!("It is {KEY}.")),
    ]);
    let output = Command::new(env!("CARGO_BIN_EXE_claw"))
        .args(["-p", &format!("what is {KEY}?"), "--verbose", "--mode", "bypass"])
        .args(["--output-format", "stream-json", "--include-partial-messages"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env("CLAW_HOME", &claw_home)
        .env("CLAW_LOG", "trace")
        .env("MY_KEY", KEY)
        .env("SOME_TOKEN", TOKEN)
        .env("CLAW_BASE_URL", server.url())
        .current_dir(&project)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(out.contains("[secret]"), "{out}");
    let requests = server.requests();
    assert_eq!(requests.len(), 7, "{err}");
    let secrets = [KEY, TOKEN];
    for secret in secrets {
        assert!(!out.contains(secret), "{out}");
        assert!(!err.contains(secret), "{err}");
        // What tools found; the prompt and its own words the model has from the user and itself.
        for request in &requests {
            let results = request.json()["messages"].to_string();
            let own = results.matches("tool_result").count();
            let body = results.split("tool_result").skip(1).collect::<Vec<_>>().join("");
            let asked = body.replace(&format!("x {KEY}"), "");
            assert!(own == 0 || !asked.contains(secret), "{asked}");
        }
    }
    assert_eq!(leaks(&claw_home, &secrets), Vec::<String>::new());
}

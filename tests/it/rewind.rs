//! Back to before a turn, and forward again: what was said, and files, whoever changed them.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use claw::engine::{Handle, Start};
use claw::protocol::{Event, Mode, Op, Rewind, RewindFile, StopReason, TurnId};
use claw::provider::Input;
use claw::session::{Entry, State, read};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::support::model::{Model, Step, calls, says};
use crate::support::session::{Session, Wish, check_laws, setup};

fn wish() -> Wish {
    Wish { mode: Mode::Bypass, ..Wish::default() }
}

fn bash(command: &str) -> Vec<Step> {
    calls(&[(&format!("c{}", command.len()), "bash", json!({ "command": command }))])
}

fn write(path: &str, content: &str) -> Vec<Step> {
    let id = format!("w-{path}-{content}");
    calls(&[(&id, "write", json!({ "path": path, "content": content }))])
}

/// A session in a project of these files, outside of any repository unless it is said.
async fn session(files: &[(&str, &str)], git: bool, replies: Vec<Vec<Step>>) -> Session {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap().join("project");
    fs::create_dir(&root).unwrap();
    for (name, content) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    if git {
        for args in ["init -q -b main", "add -A", "commit -q -m c"] {
            run_git(&root, args);
        }
    }
    let handle = Handle::new(setup(dir.path(), Model::new(replies), &wish()));
    Session::open(dir, handle, Start::New).await
}

fn run_git(root: &Path, args: &str) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(args.split(' '));
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    assert!(git.current_dir(root).status().unwrap().success(), "git {args}");
}

async fn turn(session: &mut Session, prompt: &str) -> TurnId {
    session.prompt(prompt);
    assert_eq!(session.stop().await, StopReason::EndTurn);
    session.state.past.last().unwrap().clone()
}

/// Goes back, and gives how many files did, or what was said instead.
async fn back(session: &mut Session, to: &TurnId, what: Rewind, force: &[&str]) -> usize {
    let force = force.iter().map(|name| session.file(name)).collect();
    session.send(Op::Rewind { to: to.clone(), what, force });
    let event = session.until(|event| matches!(event, Event::Rewound { .. })).await;
    let Event::Rewound { files, .. } = event else { unreachable!() };
    files.len()
}

async fn redo(session: &mut Session) {
    session.send(Op::Redo);
    session.until(|event| matches!(event, Event::Redone { .. })).await;
}

async fn notice(session: &mut Session) -> String {
    let event = session.until(|event| matches!(event, Event::Notice { .. })).await;
    let Event::Notice { text, .. } = event else { unreachable!() };
    text
}

async fn tried(session: &mut Session, to: &TurnId) -> Vec<RewindFile> {
    session.send(Op::TryRewind { to: to.clone() });
    let event = session.until(|event| matches!(event, Event::RewindTried { .. })).await;
    let Event::RewindTried { files, .. } = event else { unreachable!() };
    files.to_vec()
}

fn text(session: &Session, name: &str) -> Option<String> {
    fs::read_to_string(session.file(name)).ok()
}

/// All files of the project: name, content or target, bits.
fn project(session: &Session) -> Vec<(String, Vec<u8>, u32)> {
    let mut found = Vec::new();
    let mut open = vec![session.state.cwd.clone()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            if path.ends_with(".git") {
                continue;
            }
            let content = if metadata.is_dir() {
                open.push(path.clone());
                Vec::new()
            } else if metadata.is_symlink() {
                path.read_link().unwrap().into_os_string().into_encoded_bytes()
            } else {
                fs::read(&path).unwrap()
            };
            let name = path.strip_prefix(&session.state.cwd).unwrap().display().to_string();
            found.push((name, content, metadata.permissions().mode() & 0o7777));
        }
    }
    found.sort();
    found
}

/// The state without what only tells how far the log is.
fn told(state: &State) -> State {
    let mut state = state.clone();
    (state.seq, state.touched) = (0, claw::base::clock::Millis(0));
    state.entries.retain(|entry| !matches!(entry, Entry::Notice { .. }));
    state.live = claw::session::Live::default();
    state
}

/// What a command does to a project, one of each kind.
const COMMAND: &str = "echo two > src/a.txt; rm gone.txt; mkdir -p new/deep; echo n > new/deep/n; \
                       chmod 755 run.sh; printf '\\000\\377bin2' > pic.bin; ln -sfn b.txt src/link; \
                       mv src/b.txt src/moved.txt";

#[tokio::test]
async fn what_a_shell_command_changed_goes_back_and_comes_again() {
    for git in [false, true] {
        let files =
            [("src/a.txt", "one\n"), ("gone.txt", "g\n"), ("run.sh", "#!\n"), ("src/b.txt", "b\n")];
        let replies = vec![says("hello"), bash(COMMAND), says("done")];
        let mut session = session(&files, git, replies).await;
        fs::write(session.file("pic.bin"), b"\0\xffbin1").unwrap();
        symlink("a.txt", session.file("src/link")).unwrap();
        fs::set_permissions(session.file("run.sh"), fs::Permissions::from_mode(0o640)).unwrap();
        let before = project(&session);
        turn(&mut session, "first").await;
        let start = told(&session.state);
        let second = turn(&mut session, "second").await;
        let (after, full) = (project(&session), told(&session.state));
        assert_eq!(text(&session, "src/a.txt").as_deref(), Some("two\n"), "the command ran");

        let shown = tried(&mut session, &second).await;
        let names: Vec<_> = shown
            .iter()
            .map(|file| {
                file.change.path.strip_prefix(&session.state.cwd).unwrap().to_str().unwrap()
            })
            .collect();
        let all = "gone.txt new/deep/n pic.bin run.sh src/a.txt src/b.txt src/link src/moved.txt";
        assert_eq!(names.join(" "), all, "git: {git}");
        assert!(shown.iter().all(|file| file.refused.is_none()), "{shown:?}");
        assert_eq!((shown[4].change.added, shown[4].change.removed), (1, 1));
        assert_eq!(shown[3].change.note.as_deref(), Some("mode 755 -> 640"));

        assert_eq!(back(&mut session, &second, Rewind::Both, &[]).await, 8);
        assert_eq!(project(&session), before, "git: {git}: every file is as it was");
        let now = told(&session.state);
        assert_eq!((now.entries, now.turns, now.context), (start.entries, 1, start.context));
        assert_eq!(session.state.usage, full.usage, "what was paid stays paid");

        redo(&mut session).await;
        assert_eq!(project(&session), after, "git: {git}: and as the command left it");
        assert_eq!(told(&session.state), full, "git: {git}: redo is the identity");
        check_laws(&read(&session.log()).unwrap().envelopes);
        session.handle.close().await;
    }
}

#[tokio::test]
async fn what_the_user_edited_since_is_refused_and_listed_and_forced_file_by_file() {
    let replies = vec![
        calls(&[
            ("a", "write", json!({"path": "new.txt", "content": "claw's\n"})),
            ("b", "bash", json!({"command": "echo two > a.txt; echo two > b.txt"})),
        ]),
        says("done"),
    ];
    let mut session = session(&[("a.txt", "one\n"), ("b.txt", "one\n")], false, replies).await;
    let first = turn(&mut session, "go").await;
    fs::write(session.file("a.txt"), "mine\n").unwrap();

    let shown = tried(&mut session, &first).await;
    let refused: Vec<_> = shown.iter().filter(|file| file.refused.is_some()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].change.path, session.file("a.txt"));
    assert_eq!(refused[0].refused.as_deref(), Some("it was changed since, not by this session"));
    assert!(refused[0].forcible);

    session.send(Op::Rewind { to: first.clone(), what: Rewind::Files, force: vec![] });
    let said = notice(&mut session).await;
    assert_eq!(said, "a.txt stays as it is: it was changed since, not by this session.");
    session.until(|event| matches!(event, Event::Rewound { .. })).await;
    assert_eq!(text(&session, "a.txt").as_deref(), Some("mine\n"), "never overwritten");
    assert_eq!(text(&session, "b.txt").as_deref(), Some("one\n"));
    assert_eq!(text(&session, "new.txt"), None);
    assert_eq!(session.state.turns, 1, "what was said stays");

    // By name it goes, and what was the user's comes back with the redo.
    assert_eq!(back(&mut session, &first, Rewind::Files, &["a.txt"]).await, 1);
    assert_eq!(text(&session, "a.txt").as_deref(), Some("one\n"));
    redo(&mut session).await;
    assert_eq!(text(&session, "a.txt").as_deref(), Some("mine\n"));
    redo(&mut session).await;
    assert_eq!(text(&session, "b.txt").as_deref(), Some("two\n"));
    assert_eq!(text(&session, "new.txt").as_deref(), Some("claw's\n"));
    session.send(Op::Redo);
    assert_eq!(notice(&mut session).await, "There is no rewind to take back.");

    let tools = audited(&session);
    let wanted = ["rewind", "rewind", "rewind", "redo", "redo", "redo"];
    assert_eq!(tools, wanted, "each change of a file is written down");
}

fn audited(session: &Session) -> Vec<String> {
    let mut tools = Vec::new();
    let log = fs::read_dir(session.dir.path().join("audit")).unwrap();
    for entry in log {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            let tool = value["tool"].as_str().unwrap_or_default().to_owned();
            if ["rewind", "redo"].contains(&tool.as_str()) {
                tools.push(tool);
            }
        }
    }
    tools
}

#[tokio::test]
async fn an_edit_of_the_users_between_two_of_claws_is_not_lost_unasked() {
    let replies =
        vec![bash("echo one >> a.txt"), says("one"), bash("echo three >>  a.txt"), says("two")];
    let mut session = session(&[("a.txt", "zero\n")], false, replies).await;
    let first = turn(&mut session, "first").await;
    fs::write(session.file("a.txt"), "zero\none\ntwo\n").unwrap();
    let second = turn(&mut session, "second").await;
    let shown = tried(&mut session, &second).await;
    assert_eq!(shown[0].refused, None, "claw's own last change alone");
    let shown = tried(&mut session, &first).await;
    let why = shown[0].refused.as_deref();
    assert_eq!(why, Some("between two changes of claw's, somebody else changed it"));
}

#[tokio::test]
async fn the_conversation_goes_back_alone_and_the_model_sees_no_more_of_it() {
    let gate = Arc::new(Semaphore::new(0));
    let replies = vec![
        says("one"),
        write("a.txt", "x\n"),
        says("two"),
        says("three"),
        [vec![Step::Gate(gate.clone())], says("four")].concat(),
    ];
    let model = Model::new(replies);
    let mut session = Session::start(model.clone(), &wish()).await;
    turn(&mut session, "first").await;
    let second = turn(&mut session, "second").await;
    assert_eq!(back(&mut session, &second, Rewind::Conversation, &[]).await, 0);
    assert_eq!(text(&session, "a.txt").as_deref(), Some("x\n"), "files stay");
    let Some(Entry::Prompt { content, .. }) = session.state.past.prompt() else { panic!() };
    assert_eq!(claw::protocol::text_of(content), "second", "it comes back as the draft");

    let third = turn(&mut session, "third").await;
    let requests = model.requests();
    let said = |input: &Input| match input {
        Input::User(content) => claw::protocol::text_of(content),
        _ => String::new(),
    };
    let said: Vec<_> = requests.last().unwrap().messages.iter().map(said).collect();
    assert_eq!(said.join("|"), "first||third");
    assert_eq!(session.state.turns, 2);
    assert!(session.state.past.redoable().is_none(), "another future began");

    // While a turn runs, nothing goes back.
    session.prompt("fourth");
    session.until(|event| matches!(event, Event::TurnStarted { .. })).await;
    for op in [Op::Rewind { to: third, what: Rewind::Both, force: vec![] }, Op::Redo] {
        session.send(op);
        assert_eq!(notice(&mut session).await, "a turn runs: stop it first, then go back");
    }
    gate.add_permits(1);
    session.stop().await;
    session.send(Op::TryRewind { to: "none".into() });
    let said = notice(&mut session).await;
    assert_eq!(said, "rewinding: there is no such turn to go back to");
    check_laws(&read(&session.log()).unwrap().envelopes);
}

#[tokio::test]
async fn after_a_restart_the_log_and_what_is_kept_are_enough() {
    let replies = vec![bash("echo two > a.txt"), says("done")];
    let mut session = session(&[("a.txt", "one\n")], true, replies).await;
    let first = turn(&mut session, "go").await;
    session.handle.close().await;
    // Git forgets all of it: nothing of it is needed.
    fs::remove_dir_all(session.file(".git")).unwrap();
    let (id, dir) = (session.id(), session.dir);
    let handle = Handle::new(setup(dir.path(), Model::new(vec![]), &wish()));
    let mut again = Session::open(dir, handle, Start::Resume(id.clone())).await;
    assert_eq!(back(&mut again, &first, Rewind::Both, &[]).await, 1);
    assert_eq!(text(&again, "a.txt").as_deref(), Some("one\n"));
    again.handle.close().await;

    // The redo holds over a restart, too.
    let dir = again.dir;
    let handle = Handle::new(setup(dir.path(), Model::new(vec![]), &wish()));
    let mut again = Session::open(dir, handle, Start::Resume(id)).await;
    assert_eq!(again.state.turns, 0);
    redo(&mut again).await;
    assert_eq!(text(&again, "a.txt").as_deref(), Some("two\n"));
    assert_eq!(again.state.turns, 1);
}

/// A kill between the write and its result: the log ends with what was kept before.
#[tokio::test]
async fn a_kill_between_the_write_and_the_log_loses_no_content() {
    for written in [true, false] {
        let replies = vec![
            write("new.txt", "claw's\n"),
            calls(&[("r", "read", json!({"path": "a.txt"}))]),
            write("a.txt", "two\n"),
            says("done"),
        ];
        let mut session = session(&[("a.txt", "one\n")], false, replies).await;
        turn(&mut session, "go").await;
        session.handle.close().await;
        let log = fs::read_to_string(session.log()).unwrap();
        let lines: Vec<_> = log.lines().collect();
        let kept = lines.iter().rposition(|line| line.contains(r#""type":"files_kept""#)).unwrap();
        let cut: String = log.split_inclusive('\n').take(kept + 1).collect();
        fs::write(session.log(), cut).unwrap();
        if !written {
            fs::write(session.file("a.txt"), "one\n").unwrap();
        }

        let (id, dir) = (session.id(), session.dir);
        let handle = Handle::new(setup(dir.path(), Model::new(vec![]), &wish()));
        let mut again = Session::open(dir, handle, Start::Resume(id)).await;
        let first = again.state.past.last().unwrap().clone();
        let changed = back(&mut again, &first, Rewind::Both, &[]).await;
        assert_eq!(changed, if written { 2 } else { 1 });
        assert_eq!(text(&again, "a.txt").as_deref(), Some("one\n"), "written: {written}");
        assert_eq!(text(&again, "new.txt"), None);
        again.handle.close().await;
    }
}

#[tokio::test]
async fn what_is_too_large_is_said_when_it_happens_and_stays() {
    let replies = vec![bash("echo more >> large.bin; echo two > a.txt"), says("done")];
    let mut session = session(&[("a.txt", "one\n")], false, replies).await;
    let large = fs::File::create(session.file("large.bin")).unwrap();
    large.set_len(9 << 20).unwrap();
    session.prompt("go");
    let said = notice(&mut session).await;
    let wanted = "large.bin was changed by that command, and a rewind cannot bring it back: it is \
                  too large (9.4 MB).";
    assert_eq!(said, wanted);
    session.stop().await;
    let first = session.state.past.last().unwrap().clone();
    let shown = tried(&mut session, &first).await;
    let why = shown[1].refused.as_deref();
    assert_eq!(why, Some("its content was not kept: it is too large (9.4 MB)"));
    assert!(!shown[1].forcible);
    assert_eq!(back(&mut session, &first, Rewind::Files, &["large.bin"]).await, 1);
    assert_eq!(large.metadata().unwrap().len(), (9 << 20) + 5);
}

#[tokio::test]
async fn what_the_user_ran_is_not_taken_back() {
    let replies = vec![bash("echo two > a.txt"), says("done")];
    let mut session = session(&[("a.txt", "one\n"), ("b.txt", "one\n")], false, replies).await;
    let first = turn(&mut session, "go").await;
    session.send(Op::Shell { command: "echo mine > b.txt".to_owned() });
    session.until(|event| matches!(event, Event::ToolCallFinished { .. })).await;
    let shown = tried(&mut session, &first).await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].change.path, session.file("a.txt"));
}

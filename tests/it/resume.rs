//! A session that was killed at any point is taken up again.

use std::fs;

use claw::engine::{Handle, Start};
use claw::protocol::{Mode, StopReason};
use claw::session::{State, Store, read};
use serde_json::json;

use crate::support::model::{Model, calls, says};
use crate::support::session::{Session, Wish, check_laws, setup};

/// A log with calls, a question and two turns.
async fn story() -> Session {
    let replies = vec![
        calls(&[("a", "ls", json!({})), ("b", "bash", json!({"command": "touch made"}))]),
        says("one"),
        calls(&[("c", "write", json!({"path": "new", "content": "x"}))]),
        says("two"),
    ];
    let wish = Wish { mode: Mode::AcceptEdits, allow: vec!["Bash(touch made)"], ..Wish::default() };
    let mut session = Session::start(Model::new(replies), &wish).await;
    for prompt in ["first", "second"] {
        session.prompt(prompt);
        session.stop().await;
    }
    session.handle.close().await;
    session
}

#[tokio::test]
async fn a_log_cut_at_any_line_or_inside_one_is_taken_up_with_every_law_kept() {
    let session = story().await;
    let (id, log) = (session.id(), fs::read(session.log()).unwrap());
    let whole: Vec<_> =
        log.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
    let inside = whole.windows(2).map(|pair| pair[0].midpoint(pair[1]));
    let cuts: Vec<_> = whole.iter().copied().chain(inside).collect();
    for cut in cuts {
        let dir = tempfile::tempdir().unwrap();
        let setup = setup(dir.path(), Model::new(vec![says("go on")]), &Wish::default());
        let path = Store::new(dir.path().join("sessions")).place(&id, &session.state.cwd);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &log[..cut]).unwrap();
        let kept = read(&path).unwrap().envelopes;

        let handle = Handle::new(setup);
        let mut again = Session::open(dir, handle, Start::Resume(id.clone())).await;
        let found = read(&path).unwrap().envelopes;
        assert_eq!(found[..kept.len()], kept, "cut at {cut}: nothing that was kept is lost");
        check_laws(&found);
        let mut fold = State::new(id.clone());
        for envelope in &found {
            fold.apply(envelope);
        }
        assert_eq!(fold, again.state, "cut at {cut}: the fold is the log");

        again.prompt("go on");
        assert_eq!(again.stop().await, StopReason::EndTurn, "cut at {cut}");
        check_laws(&read(&path).unwrap().envelopes);
        again.handle.close().await;
    }
}

#[tokio::test]
async fn bypass_is_not_taken_up_unless_asked_for_again() {
    let wish = Wish { mode: Mode::Bypass, ..Wish::default() };
    let session = Session::start(Model::new(vec![]), &wish).await;
    let id = session.id();
    session.handle.close().await;
    let Session { dir, .. } = session;
    let handle = Handle::new(setup(dir.path(), Model::new(vec![]), &Wish::default()));
    let again = Session::open(dir, handle, Start::Resume(id)).await;
    assert_eq!(again.state.mode, Mode::Default);
}

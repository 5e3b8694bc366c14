//! Several sessions at once, and copies of one.

use std::sync::Arc;

use claw::engine::{Handle, Start};
use claw::protocol::{Content, Event, Mode, Op, StopReason};
use claw::session::{State, Store, read};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::support::model::{Model, Step, calls, says};
use crate::support::session::{Session, Wish, check_laws, setup};

fn prompt(text: &str) -> Op {
    Op::Prompt { content: vec![Content::text(text)] }
}

#[tokio::test]
async fn two_sessions_work_at_the_same_time_and_one_reader_hears_both() {
    let gate = Arc::new(Semaphore::new(0));
    let mut slow = vec![Step::Gate(gate.clone())];
    slow.extend(says("slow"));
    let model = Model::new(vec![slow, says("quick")]);
    let mut first = Session::start(model.clone(), &Wish::default()).await;
    first.prompt("one");
    // Its request takes the first reply.
    while model.requests().is_empty() {
        tokio::task::yield_now().await;
    }

    // The second one is opened while the first one works; the first reader hears of it all.
    let (state, _) = first.handle.open(Start::New).await.unwrap();
    let second = state.id.clone();
    first.handle.send(&second, prompt("two")).unwrap();
    first.until(|event| matches!(event, Event::TurnFinished { .. })).await;
    gate.add_permits(1);
    first.until(|event| matches!(event, Event::TurnFinished { .. })).await;

    let mut mirrors = [State::new(first.id()), state];
    mirrors[0].apply(&read(&first.log()).unwrap().envelopes[0]);
    for envelope in &first.seen {
        for mirror in mirrors.iter_mut().filter(|mirror| mirror.id == envelope.session) {
            mirror.apply(envelope);
        }
    }
    let ended: Vec<_> = first
        .seen
        .iter()
        .filter(|envelope| matches!(envelope.event, Event::TurnFinished { .. }))
        .map(|envelope| envelope.session.clone())
        .collect();
    assert_eq!(ended, [second.clone(), first.id()], "the quick one did not wait");
    let again = first.handle.open(Start::Resume(second.clone())).await.unwrap().0;
    assert_eq!(mirrors[1].entries, again.entries, "nothing was lost in between");

    first.handle.close_one(&second).await;
    assert!(first.handle.send(&second, Op::Cancel).is_err(), "it is closed");
    first.prompt("three");
    assert_eq!(first.stop().await, StopReason::EndTurn, "the other one goes on");
    first.handle.close().await;
}

#[tokio::test]
async fn a_copy_of_a_session_in_the_middle_of_a_turn_keeps_the_laws_and_goes_on_alone() {
    let replies = vec![
        calls(&[("a", "write", json!({"path": "new", "content": "x"}))]),
        vec![Step::Hang],
        says("the copy goes on"),
    ];
    let wish = Wish { mode: Mode::AcceptEdits, ..Wish::default() };
    let model = Model::new(replies);
    let mut first = Session::start(model.clone(), &wish).await;
    first.prompt("one");
    first.until(|event| matches!(event, Event::ToolCallFinished { .. })).await;
    first.send(Op::Prompt { content: vec![Content::text("queued there")] });
    first.until(|event| matches!(event, Event::QueueChanged { .. })).await;
    while model.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    let before = read(&first.log()).unwrap().envelopes;

    let (state, _) = first.handle.open(Start::Fork(first.id())).await.unwrap();
    assert_ne!(state.id, first.id());
    assert_eq!((state.forked.clone(), state.turn.is_none()), (Some(first.id()), true));
    assert!(state.queue.is_empty(), "what waits there is said there");
    let path = Store::new(first.dir.path().join("sessions")).place(&state.id, &state.cwd);
    let copy = read(&path).unwrap().envelopes;
    check_laws(&copy);
    for (was, is) in before.iter().zip(&copy) {
        assert_eq!((is.seq, &is.event, &is.session), (was.seq, &was.event, &state.id));
    }

    first.handle.send(&state.id, prompt("go on")).unwrap();
    let id = state.id.clone();
    first.until(|event| matches!(event, Event::TurnFinished { .. })).await;
    first.handle.close().await;
    let copy = read(&path).unwrap().envelopes;
    check_laws(&copy);
    let mut fold = State::new(id);
    for envelope in &copy {
        fold.apply(envelope);
    }
    assert_eq!(fold.turns, 2, "the one that was copied, and its own");
    check_laws(&read(&first.log()).unwrap().envelopes);
}

#[tokio::test]
async fn a_session_that_is_not_there_is_no_copy_and_no_session() {
    let dir = tempfile::tempdir().unwrap();
    let handle = Handle::new(setup(dir.path(), Model::new(vec![]), &Wish::default()));
    let error = handle.open(Start::Fork("none".into())).await.unwrap_err().to_string();
    assert!(error.contains("no session begins with"), "{error}");
}

//! What the user does beside the turn: lines of their own, one call stopped, the plan looked at.

use std::fs;
use std::sync::Arc;

use claw::engine::{Handle, Start};
use claw::protocol::{
    CallId, Event, Mode, Op, PlanStep, StepState, StopReason, ToolStatus, text_of,
};
use claw::provider::{Input, Request};
use claw::session::read;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::support::model::{Model, Step, calls, says};
use crate::support::session::{Session, Wish, check_laws, setup};

/// Types a line and waits for its result: the call, how it ended, and what it said.
async fn line(session: &mut Session, command: &str) -> (CallId, ToolStatus, String) {
    session.send(Op::Shell { command: command.to_owned() });
    ended(session, |call| call.as_str().starts_with("user_")).await
}

async fn ended(
    session: &mut Session,
    wanted: impl Fn(&CallId) -> bool,
) -> (CallId, ToolStatus, String) {
    let event = session
        .until(|event| matches!(event, Event::ToolCallFinished { call, .. } if wanted(call)))
        .await;
    let Event::ToolCallFinished { call, outcome, .. } = event else { unreachable!() };
    (call, outcome.status, outcome.text.clone())
}

/// What the user said in a request, one text a message; and that each call is answered at once.
fn said(request: &Request) -> Vec<String> {
    let mut open: Vec<CallId> = Vec::new();
    let mut texts = Vec::new();
    for input in &request.messages {
        match input {
            Input::Assistant(message) => {
                assert!(open.is_empty(), "{open:?} have no result");
                open = message.tool_uses().map(|asked| asked.id.clone()).collect();
            }
            Input::Result { call, .. } => {
                let at = open.iter().position(|id| id == call).expect("a result of no call");
                open.remove(at);
            }
            Input::User(content) => {
                assert!(open.is_empty(), "words came before the results of {open:?}");
                texts.push(text_of(content));
            }
        }
    }
    texts
}

#[tokio::test]
async fn the_users_line_runs_unasked_and_the_model_learns_of_it() {
    let model = Model::new(vec![says("I see")]);
    let mut session = Session::start(model.clone(), &Wish::default()).await;
    // The model would be asked for this one.
    let (call, status, text) = line(&mut session, "touch made && echo done; exit 3").await;
    assert_eq!(status, ToolStatus::Failed);
    assert!(text.starts_with("done\n") && text.contains("[exit 3]"), "{text}");
    assert!(session.file("made").exists());
    let (_, entry) = session.state.call(&call).unwrap();
    assert_eq!(entry.call.verb, "You");

    session.prompt("what now?");
    assert_eq!(session.stop().await, StopReason::EndTurn);
    let said = said(&model.requests()[0]);
    assert_eq!(said.len(), 2, "{said:?}");
    let command = "$ touch made && echo done; exit 3\n";
    assert!(said[0].contains(command) && said[0].contains("[exit 3]"), "{}", said[0]);
    assert_eq!(said[1], "what now?");
    assert!(!session.seen.iter().any(|e| matches!(e.event, Event::PermissionRequested { .. })));
    check_laws(&read(&session.log()).unwrap().envelopes);
}

#[tokio::test]
async fn what_the_policy_denies_the_users_line_may_not_either() {
    let mut session = Session::start(Model::new(vec![]), &Wish::default()).await;
    let (_, status, text) = line(&mut session, "touch made; rm -rf /").await;
    assert_eq!(status, ToolStatus::Denied);
    assert!(text.starts_with("The policy refuses this line: "), "{text}");
    assert!(!session.file("made").exists());
    session.send(Op::SetMode { mode: Mode::Plan });
    let (_, status, _) = line(&mut session, "touch made").await;
    assert_eq!(status, ToolStatus::Denied);
    assert!(!session.file("made").exists());
    let (_, status, _) = line(&mut session, "").await;
    assert_eq!(status, ToolStatus::Failed);
    check_laws(&read(&session.log()).unwrap().envelopes);
}

#[tokio::test]
async fn a_line_beside_a_turn_breaks_no_pair() {
    let gate = Arc::new(Semaphore::new(0));
    let mut first = calls(&[("r", "read", json!({"path": "a.txt"}))]);
    first.insert(0, Step::Gate(gate.clone()));
    let model = Model::new(vec![first, says("done")]);
    let mut session = Session::start(model.clone(), &Wish::default()).await;
    fs::write(session.file("a.txt"), "one\n").unwrap();
    session.prompt("read");
    session.until(|event| matches!(event, Event::TurnStarted { .. })).await;
    let (_, status, _) = line(&mut session, "echo beside").await;
    assert_eq!(status, ToolStatus::Done);
    gate.add_permits(1);
    assert_eq!(session.stop().await, StopReason::EndTurn);
    let said = said(&model.requests()[1]);
    assert!(said.iter().any(|text| text.contains("$ echo beside\nbeside")), "{said:?}");
    check_laws(&read(&session.log()).unwrap().envelopes);
}

#[tokio::test]
async fn a_line_that_runs_at_the_end_has_its_result() {
    let mut session = Session::start(Model::new(vec![]), &Wish::default()).await;
    session.send(Op::Shell { command: "echo begun; sleep 60".to_owned() });
    session.until(|event| matches!(event, Event::ToolCallProgress { .. })).await;
    session.handle.close().await;
    let log = read(&session.log()).unwrap().envelopes;
    let end = log.iter().rev().find_map(|envelope| match &envelope.event {
        Event::ToolCallFinished { outcome, .. } => Some(outcome.clone()),
        _ => None,
    });
    let end = end.unwrap();
    assert_eq!(end.status, ToolStatus::Cancelled);
    assert!(end.text.contains("begun"), "{}", end.text);
}

#[tokio::test]
async fn one_call_is_stopped_and_the_turn_goes_on() {
    let sleep = json!({"command": "echo begun; sleep 60"});
    let model = Model::new(vec![calls(&[("b", "bash", sleep)]), says("then so")]);
    let mut session = Session::start(model.clone(), &Wish::default()).await;
    session.prompt("run");
    let printed = |event: &Event| matches!(event, Event::ToolCallProgress { tail, .. } if tail.contains("begun"));
    session.until(printed).await;
    // One that there is not changes nothing.
    session.send(Op::StopCall { call: "other".into() });
    session.send(Op::StopCall { call: "b".into() });
    let (_, status, text) = ended(&mut session, |call| call.as_str() == "b").await;
    assert_eq!(status, ToolStatus::Cancelled);
    assert!(text.contains("begun") && text.contains("the user stopped this call"), "{text}");
    assert_eq!(session.stop().await, StopReason::EndTurn);
    assert_eq!(model.requests().len(), 2);
    check_laws(&read(&session.log()).unwrap().envelopes);
}

#[tokio::test]
async fn a_call_that_waits_for_the_user_can_be_stopped_too() {
    let touch = json!({"command": "touch made"});
    let model = Model::new(vec![calls(&[("b", "bash", touch)]), says("then not")]);
    let mut session = Session::start(model, &Wish::default()).await;
    session.prompt("run");
    session.until(|event| matches!(event, Event::PermissionRequested { .. })).await;
    session.send(Op::StopCall { call: "b".into() });
    let (_, status, text) = ended(&mut session, |call| call.as_str() == "b").await;
    assert_eq!(status, ToolStatus::Cancelled);
    assert!(text.starts_with("The user stopped this call before it ran."), "{text}");
    assert_eq!(session.stop().await, StopReason::EndTurn);
    assert!(session.state.pending.is_empty() && !session.file("made").exists());
    check_laws(&read(&session.log()).unwrap().envelopes);
}

#[tokio::test]
async fn the_plan_is_part_of_the_session() {
    let plan = |status: &str| {
        json!({"todos": [
            {"content": "read it", "status": "completed"},
            {"content": "fix it", "status": status, "activeForm": "fixing it"},
        ]})
    };
    let model = Model::new(vec![
        calls(&[("p", "TodoWrite", plan("in_progress"))]),
        calls(&[("q", "todo_write", plan("completed"))]),
        says("done"),
    ]);
    // A plan touches nothing: it may be made where nothing may be done.
    let wish = Wish { mode: Mode::Plan, ..Wish::default() };
    let mut session = Session::start(model, &wish).await;
    session.prompt("plan");
    session.until(|event| matches!(event, Event::PlanChanged { .. })).await;
    let step = |text: &str, state| PlanStep { text: text.to_owned(), state };
    let read_it = step("read it", StepState::Completed);
    assert_eq!(session.state.plan, [read_it.clone(), step("fixing it", StepState::InProgress)]);
    assert_eq!(session.stop().await, StopReason::EndTurn);
    session.handle.close().await;

    let Session { dir, state, .. } = session;
    let handle = Handle::new(setup(dir.path(), Model::new(vec![]), &wish));
    let again = Session::open(dir, handle, Start::Resume(state.id)).await;
    assert_eq!(again.state.plan, [read_it, step("fix it", StepState::Completed)]);
}

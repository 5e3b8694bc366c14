//! The engine against a scripted model: turns, tools, permissions, cancel, queue, limits.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use claw::agent::Limits;
use claw::protocol::{
    CallId, Content, Event, Mode, Op, PermissionOutcome, StopReason, TextKind, ToolStatus, text_of,
};
use claw::provider::{Chunk, Input, ProviderError};
use claw::session::{Entry, read};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::support::model::{Model, Step, calls, says};
use crate::support::session::{Session, Wish, check_laws};

/// Prompts, waits for the end, and checks the log.
async fn turn(session: &mut Session, prompt: &str) -> StopReason {
    session.prompt(prompt);
    let stop = session.stop().await;
    check_laws(&read(&session.log()).unwrap().envelopes);
    stop
}

fn status(session: &Session, call: &str) -> (ToolStatus, String) {
    let (_, entry) = session.state.call(&CallId::from(call)).unwrap();
    let outcome = entry.outcome.as_ref().unwrap();
    (outcome.status, outcome.text.clone())
}

fn answer(session: &Session) -> String {
    let said = session.state.entries.iter().rev().find_map(|entry| match entry {
        Entry::Message { message, .. } => Some(text_of(&message.content)),
        _ => None,
    });
    said.unwrap_or_default()
}

#[tokio::test]
async fn a_prompt_gets_an_answer() {
    let model = Model::new(vec![says("hello"), says("again")]);
    let mut session = Session::start(model.clone(), &Wish::default()).await;
    assert_eq!(turn(&mut session, "hi").await, StopReason::EndTurn);
    assert_eq!(answer(&session), "hello");
    assert_eq!(turn(&mut session, "more").await, StopReason::EndTurn);
    let request = &model.requests()[1];
    assert_eq!(request.messages.len(), 3, "{:?}", request.messages);
    assert_eq!(request.system, model.requests()[0].system);
    assert_eq!((session.state.usage.input, session.state.context), (22, 19));
}

#[tokio::test]
async fn an_edit_is_shown_asked_and_done() {
    let model = Model::new(vec![
        calls(&[("r", "read", json!({"path": "a.txt"}))]),
        calls(&[("e", "edit", json!({"path": "a.txt", "old_string": "one", "new_string": "two"}))]),
        says("done"),
    ]);
    let mut session = Session::start(model.clone(), &Wish::default()).await;
    fs::write(session.file("a.txt"), "one\n").unwrap();
    session.prompt("edit");
    session.until(|event| matches!(event, Event::PermissionRequested { .. })).await;
    assert_eq!(fs::read_to_string(session.file("a.txt")).unwrap(), "one\n", "asked before");
    let request = session.state.pending[0].clone();
    let (_, entry) = session.state.call(&request.call).unwrap();
    assert!(entry.call.preview.is_some() && entry.outcome.is_none());
    let outcome = PermissionOutcome::AllowOnce;
    session.send(Op::Decide { request: request.id, hash: request.hash, outcome });
    assert_eq!(session.stop().await, StopReason::EndTurn);
    assert_eq!(fs::read_to_string(session.file("a.txt")).unwrap(), "two\n");
    assert_eq!(session.state.call(&"e".into()).unwrap().1.changes.len(), 1);
    check_laws(&read(&session.log()).unwrap().envelopes);
}

#[tokio::test]
async fn a_refusal_changes_nothing_and_is_told() {
    let write = |id| calls(&[(id, "write", json!({"path": "new.txt", "content": "x"}))]);
    let model = Model::new(vec![write("w1"), write("w2"), says("ok")]);
    let mut session = Session::start(model, &Wish::default()).await;
    session.prompt("write");
    let words = PermissionOutcome::Deny { message: Some("not there".into()) };
    session.answer(words).await;
    session.answer(PermissionOutcome::Deny { message: None }).await;
    assert_eq!(session.stop().await, StopReason::EndTurn);
    assert!(!session.file("new.txt").exists());
    assert_eq!(status(&session, "w1").0, ToolStatus::Denied);
    assert!(status(&session, "w1").1.contains("not there"));
    assert!(status(&session, "w2").1.contains("denied"));
}

#[tokio::test]
async fn always_holds_for_the_same_command_only() {
    let run = |id: &str, command: &str| calls(&[(id, "bash", json!({"command": command}))]);
    let replies = vec![run("b1", "touch a"), run("b2", "touch a"), run("b3", "touch b"), says("")];
    let mut session = Session::start(Model::new(replies), &Wish::default()).await;
    session.prompt("run");
    session.answer(PermissionOutcome::AllowSession).await;
    // The second does not ask: the next question is the third's.
    session.answer(PermissionOutcome::Deny { message: None }).await;
    session.stop().await;
    let of = |call| status(&session, call).0;
    assert_eq!(
        [of("b1"), of("b2"), of("b3")],
        [ToolStatus::Done, ToolStatus::Done, ToolStatus::Denied]
    );
}

#[tokio::test]
async fn nobody_to_ask_means_no() {
    let replies = vec![calls(&[("b", "bash", json!({"command": "touch a"}))]), says("then not")];
    let wish = Wish { limits: Limits { requests: None, unattended: true }, ..Wish::default() };
    let mut session = Session::start(Model::new(replies), &wish).await;
    turn(&mut session, "run").await;
    assert_eq!(status(&session, "b").0, ToolStatus::Denied);
    assert!(!session.file("a").exists());
}

#[tokio::test]
async fn plan_mode_changes_nothing_whatever_is_allowed() {
    let replies = vec![
        calls(&[
            ("b", "bash", json!({"command": "touch a"})),
            ("w", "write", json!({"path": "b", "content": "x"})),
            ("l", "bash", json!({"command": "ls"})),
        ]),
        says("a plan"),
    ];
    let wish = Wish { mode: Mode::Plan, allow: vec!["Bash", "Write"], ..Wish::default() };
    let mut session = Session::start(Model::new(replies), &wish).await;
    turn(&mut session, "plan").await;
    let of = |call| status(&session, call).0;
    assert_eq!(
        [of("b"), of("w"), of("l")],
        [ToolStatus::Denied, ToolStatus::Denied, ToolStatus::Done]
    );
    assert_eq!(fs::read_dir(&session.state.cwd).unwrap().count(), 0);
}

#[tokio::test]
async fn results_stand_in_the_order_of_the_calls() {
    let asked: Vec<_> = (0..6).map(|n| (format!("r{n}"), format!("f{n}.txt"))).collect();
    let uses: Vec<_> =
        asked.iter().map(|(id, path)| (id.as_str(), "read", json!({ "path": path }))).collect();
    let model = Model::new(vec![calls(&uses), says("read")]);
    let mut session = Session::start(model.clone(), &Wish::default()).await;
    for (id, path) in &asked {
        fs::write(session.file(path), format!("content of {id}")).unwrap();
    }
    turn(&mut session, "read").await;
    let results: Vec<_> = model.requests()[1]
        .messages
        .iter()
        .filter_map(|input| match input {
            Input::Result { call, outcome, .. } => Some((call.to_string(), outcome.text.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(results.len(), 6);
    for ((id, _), (call, text)) in asked.iter().zip(results) {
        assert_eq!(*id, call);
        assert!(text.contains(&format!("content of {id}")), "{text}");
    }
}

#[tokio::test]
async fn what_cannot_be_run_is_told_to_the_model() {
    let replies = vec![
        calls(&[
            ("x1", "no_such_tool", json!({})),
            ("x2", "read", json!({"pth": "a"})),
            ("x3", "read", json!("{\"path\": \"a")),
            ("x4", "read", json!({"path": "missing.txt"})),
        ]),
        says("I see"),
    ];
    let mut session = Session::start(Model::new(replies), &Wish::default()).await;
    assert_eq!(turn(&mut session, "go").await, StopReason::EndTurn);
    for (call, says) in
        [("x1", "There is no tool"), ("x2", "path"), ("x3", "no JSON"), ("x4", "missing.txt")]
    {
        let (status, text) = status(&session, call);
        assert_eq!(status, ToolStatus::Failed, "{call}");
        assert!(text.contains(says), "{call}: {text}");
    }
}

#[tokio::test]
async fn a_repeated_name_of_a_call_is_another_call() {
    let look = |path: &str| calls(&[("same", "read", json!({ "path": path }))]);
    let model = Model::new(vec![look("a"), look("b"), says("both")]);
    let mut session = Session::start(model.clone(), &Wish::default()).await;
    fs::write(session.file("a"), "first").unwrap();
    fs::write(session.file("b"), "second").unwrap();
    turn(&mut session, "read").await;
    let results: Vec<_> = model.requests()[2]
        .messages
        .iter()
        .filter_map(|input| match input {
            Input::Result { outcome, .. } => Some(outcome.text.clone()),
            _ => None,
        })
        .collect();
    assert!(results[0].contains("first") && results[1].contains("second"), "{results:?}");
}

#[tokio::test]
async fn a_cancel_in_the_middle_of_a_word_keeps_what_was_said() {
    let half = vec![Step::Chunk(Chunk::Text { block: 0, text: "half a".into() }), Step::Hang];
    let mut session = Session::start(Model::new(vec![half]), &Wish::default()).await;
    session.prompt("talk");
    session.until(|event| matches!(event, Event::MessageDelta { kind: TextKind::Text, .. })).await;
    session.send(Op::Cancel);
    assert_eq!(session.stop().await, StopReason::Cancelled);
    assert_eq!(answer(&session), "half a");
    check_laws(&read(&session.log()).unwrap().envelopes);
    assert_eq!(turn(&mut session, "again").await, StopReason::EndTurn);
}

#[tokio::test]
async fn a_cancel_stops_the_command_and_answers_every_call() {
    let replies = vec![calls(&[
        ("b1", "bash", json!({"command": "echo $$ > pid; sleep 600 & wait"})),
        ("b2", "bash", json!({"command": "touch late"})),
    ])];
    let wish = Wish { mode: Mode::Bypass, ..Wish::default() };
    let mut session = Session::start(Model::new(replies), &wish).await;
    session.prompt("run");
    session.until(|event| matches!(event, Event::ToolCallStarted { .. })).await;
    let pid = session.file("pid");
    while fs::read_to_string(&pid).unwrap_or_default().trim().is_empty() {
        tokio::task::yield_now().await;
    }
    session.send(Op::Cancel);
    assert_eq!(session.stop().await, StopReason::Cancelled);
    let group = fs::read_to_string(&pid).unwrap();
    assert!(!fs::exists(format!("/proc/{}", group.trim())).unwrap());
    assert!(!session.file("late").exists());
    assert_eq!(status(&session, "b1").0, ToolStatus::Cancelled);
    assert_eq!(status(&session, "b2").0, ToolStatus::Cancelled);
    check_laws(&read(&session.log()).unwrap().envelopes);
}

#[tokio::test]
async fn a_cancel_takes_the_question_back() {
    let replies = vec![calls(&[("b", "bash", json!({"command": "touch a"}))])];
    let mut session = Session::start(Model::new(replies), &Wish::default()).await;
    session.prompt("run");
    session.until(|event| matches!(event, Event::PermissionRequested { .. })).await;
    let late = session.state.pending[0].clone();
    session.send(Op::Cancel);
    assert_eq!(session.stop().await, StopReason::Cancelled);
    assert!(session.state.pending.is_empty());
    let outcome = PermissionOutcome::AllowOnce;
    session.send(Op::Decide { request: late.id, hash: late.hash, outcome });
    turn(&mut session, "go on").await;
    assert!(!session.file("a").exists());
}

#[tokio::test]
async fn steering_goes_into_the_turn_and_a_queued_prompt_after_it() {
    let gate = Arc::new(Semaphore::new(0));
    let mut first = vec![Step::Gate(gate.clone())];
    first.extend(calls(&[("l", "ls", json!({}))]));
    let model = Model::new(vec![first, says("one"), says("two")]);
    let mut session = Session::start(model.clone(), &Wish::default()).await;
    session.prompt("start");
    session.until(|event| matches!(event, Event::TurnStarted { .. })).await;
    session.send(Op::Prompt { content: vec![Content::text("later")] });
    session.send(Op::Steer { content: vec![Content::text("now")] });
    session.send(Op::Prompt { content: vec![Content::text("never")] });
    session.send(Op::Unqueue { item: None });
    for _ in 0..4 {
        session.until(|event| matches!(event, Event::QueueChanged { .. })).await;
    }
    assert_eq!(session.state.queue.len(), 2);
    gate.add_permits(1);
    session.stop().await;
    session.stop().await;
    let said: Vec<_> = model.requests().iter().map(|request| request.messages.len()).collect();
    assert_eq!(said, [1, 4, 6], "prompt; call, result, steering; answer, queued prompt");
    assert!(session.state.queue.is_empty());
    check_laws(&read(&session.log()).unwrap().envelopes);
}

#[tokio::test]
async fn a_stopped_turn_leaves_the_queue_to_the_user() {
    let begins = vec![Step::Chunk(Chunk::Text { block: 0, text: "I".into() }), Step::Hang];
    let mut session = Session::start(Model::new(vec![begins]), &Wish::default()).await;
    session.prompt("start");
    session.until(|event| matches!(event, Event::MessageDelta { .. })).await;
    session.send(Op::Prompt { content: vec![Content::text("later")] });
    session.until(|event| matches!(event, Event::QueueChanged { .. })).await;
    session.send(Op::Cancel);
    session.stop().await;
    assert_eq!(session.state.queue.len(), 1);
    session.prompt("first this");
    session.stop().await;
    session.stop().await;
    assert_eq!((session.state.turns, session.state.queue.len()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_broken_stream_is_asked_again_and_what_it_said_is_gone() {
    let retry = || ProviderError::Retry { why: "cut".into(), after: Some(Duration::from_secs(7)) };
    let half =
        vec![Step::Chunk(Chunk::Text { block: 0, text: "half".into() }), Step::Error(retry())];
    let mut session = Session::start(Model::new(vec![half, says("whole")]), &Wish::default()).await;
    session.prompt("go");
    let event = session.until(|event| matches!(event, Event::Retrying { .. })).await;
    let Event::Retrying { attempt: 1, after, .. } = event else { panic!("{event:?}") };
    assert!(after >= Duration::from_secs(7), "{after:?}");
    assert!(session.state.open().is_none());
    assert_eq!(session.stop().await, StopReason::EndTurn);
    assert_eq!(answer(&session), "whole");
}

#[tokio::test(start_paused = true)]
async fn what_no_retry_helps_ends_the_turn_with_a_sentence() {
    let fails = |error: ProviderError| vec![Step::Error(error)];
    let busy = || ProviderError::Retry { why: "overloaded".into(), after: None };
    let mut replies = vec![
        fails(ProviderError::Auth("check ANTHROPIC_API_KEY".into())),
        fails(ProviderError::TooLong("too long".into())),
    ];
    replies.extend((0..20).map(|_| fails(busy())));
    let mut session = Session::start(Model::new(replies), &Wish::default()).await;
    // The clock is paused: an hour of waiting for retries passes at once.
    session.patience = Duration::from_hours(1);
    let error = |stop| match stop {
        StopReason::Failed { error } => error,
        other => format!("{other:?}"),
    };
    assert!(error(turn(&mut session, "1").await).contains("ANTHROPIC_API_KEY"));
    assert_eq!(turn(&mut session, "2").await, StopReason::ContextFull);
    assert!(error(turn(&mut session, "3").await).contains("overloaded"));
}

#[tokio::test]
async fn the_limit_of_requests_ends_the_turn_with_every_call_answered() {
    let look = |n: usize| calls(&[(["a", "b", "c", "d"][n], "ls", json!({}))]);
    let wish = Wish { limits: Limits { requests: Some(3), unattended: false }, ..Wish::default() };
    let mut session = Session::start(Model::new((0..4).map(look).collect()), &wish).await;
    assert_eq!(turn(&mut session, "go").await, StopReason::TurnLimit);
    assert_eq!(session.state.calls().count(), 3);
}

#[tokio::test]
async fn closing_ends_the_turn_and_leaves_a_whole_log() {
    let mut session = Session::start(Model::new(vec![vec![Step::Hang]]), &Wish::default()).await;
    session.prompt("start");
    session.until(|event| matches!(event, Event::TurnStarted { .. })).await;
    session.handle.close().await;
    check_laws(&read(&session.log()).unwrap().envelopes);
}

/// Where nobody was reached there is little sense in waiting for minutes, unless somebody watches
/// or work would be lost.
#[tokio::test(start_paused = true)]
async fn a_service_that_is_out_of_reach_is_given_up_soon_only_where_nothing_is_lost() {
    let away = || vec![Step::Error(ProviderError::Unreachable("no way".into()))];
    let look = || calls(&[("a", "ls", json!({}))]);
    let table = [
        // unattended, replies before, retries
        (true, vec![], 3),
        (true, vec![look()], 10),
        (false, vec![], 10),
    ];
    for (unattended, mut replies, retries) in table {
        let asked = replies.len() + 1 + retries;
        replies.extend((0..20).map(|_| away()));
        let limits = Limits { requests: Some(50), unattended };
        let model = Model::new(replies);
        let mut session = Session::start(model.clone(), &Wish { limits, ..Wish::default() }).await;
        // The clock is paused: minutes of waiting for retries pass at once.
        session.patience = Duration::from_hours(1);
        let StopReason::Failed { error } = turn(&mut session, "go").await else { panic!() };
        assert!(error.contains(&format!("gave up after {retries} retries")), "{error}");
        assert_eq!(model.requests().len(), asked, "{unattended} {retries}");
    }
}

//! A question and its answer: bound to what was shown, used once, and asked each time for what
//! leaves the sandbox.

use std::sync::Arc;

use claw::agent::Limits;
use claw::exec::Sandbox;
use claw::exec::sandbox::{Confinement, State};
use claw::protocol::{
    CallId, Decision, Event, Mode, Op, PermissionOutcome, PermissionRequest, Reach, SandboxState,
    StopReason, ToolStatus,
};
use claw::session::read;
use serde_json::{Value, json};

use crate::support::model::{Model, Step, calls, says};
use crate::support::session::{Session, Wish, check_laws, setup};

fn bash(id: &str, input: &Value) -> Vec<Step> {
    calls(&[(id, "bash", input.clone())])
}

fn run(id: &str, command: &str) -> Vec<Step> {
    bash(id, &json!({"command": command}))
}

fn status(session: &Session, call: &str) -> (ToolStatus, String) {
    let (_, entry) = session.state.call(&CallId::from(call)).unwrap();
    let outcome = entry.outcome.as_ref().unwrap();
    (outcome.status, outcome.text.clone())
}

async fn question(session: &mut Session) -> PermissionRequest {
    match session.until(|event| matches!(event, Event::PermissionRequested { .. })).await {
        Event::PermissionRequested { request } => request,
        _ => unreachable!(),
    }
}

fn decide(session: &Session, request: &PermissionRequest, hash: &str, outcome: PermissionOutcome) {
    session.send(Op::Decide { request: request.id.clone(), hash: hash.to_owned(), outcome });
}

#[tokio::test]
async fn a_question_says_what_the_policy_found() {
    let command = "ls && touch made > log";
    let model = Model::new(vec![run("b", command), says("done")]);
    let mut session = Session::start(model, &Wish::default()).await;
    session.prompt("go");
    let asked = question(&mut session).await;
    assert_eq!(asked.cwd.as_deref(), Some(session.state.cwd.as_path()));
    assert_eq!(asked.sandbox, Some(SandboxState::Off));
    let parts: Vec<_> = asked.parts.iter().map(|part| (part.decision, &*part.text)).collect();
    assert_eq!(parts.last(), Some(&(Decision::Allow, "ls")), "{parts:?}");
    assert!(asked.parts[0].text.starts_with("touch made"), "{parts:?}");
    assert!(asked.parts[0].writes.iter().any(|path| path.ends_with("log")), "{:?}", asked.parts);
    decide(&session, &asked, &asked.hash, PermissionOutcome::Deny { message: None });
    session.stop().await;
}

#[tokio::test]
async fn an_answer_to_something_else_runs_nothing_and_asks_anew() {
    let model = Model::new(vec![run("b", "touch made"), says("done")]);
    let mut session = Session::start(model, &Wish::default()).await;
    session.prompt("go");
    let first = question(&mut session).await;
    decide(&session, &first, "another hash", PermissionOutcome::AllowOnce);
    let second = question(&mut session).await;
    assert_ne!(first.id, second.id);
    assert_eq!(first.hash, second.hash, "it is the same that is asked");
    decide(&session, &second, "", PermissionOutcome::AllowSession);
    let third = question(&mut session).await;
    assert!(!session.file("made").exists());
    let noticed =
        |event: &Event| matches!(event, Event::Notice { text, .. } if text.contains("nothing ran"));
    assert_eq!(session.seen.iter().filter(|seen| noticed(&seen.event)).count(), 2);
    // The question that is gone takes no answer, though it bears the right hash.
    decide(&session, &first, &first.hash, PermissionOutcome::AllowOnce);
    decide(&session, &third, &third.hash, PermissionOutcome::Deny { message: None });
    assert_eq!(session.stop().await, StopReason::EndTurn);
    assert!(!session.file("made").exists());
    assert_eq!(status(&session, "b").0, ToolStatus::Denied);
    check_laws(&read(&session.log()).unwrap().envelopes);
}

#[tokio::test]
async fn an_answer_is_used_once() {
    let model = Model::new(vec![run("b1", "touch made"), run("b2", "touch made"), says("done")]);
    let mut session = Session::start(model, &Wish::default()).await;
    session.prompt("go");
    let first = question(&mut session).await;
    for _ in 0..3 {
        decide(&session, &first, &first.hash, PermissionOutcome::AllowOnce);
    }
    let second = question(&mut session).await;
    std::fs::remove_file(session.file("made")).unwrap();
    decide(&session, &first, &first.hash, PermissionOutcome::AllowOnce);
    decide(&session, &second, &second.hash, PermissionOutcome::Deny { message: None });
    session.stop().await;
    assert!(!session.file("made").exists());
    let of = |call| status(&session, call).0;
    assert_eq!([of("b1"), of("b2")], [ToolStatus::Done, ToolStatus::Denied]);
}

#[tokio::test]
async fn a_yes_to_a_question_of_another_mode_runs_nothing_in_plan_mode() {
    let model = Model::new(vec![run("b", "touch made"), says("done")]);
    let mut session = Session::start(model, &Wish::default()).await;
    session.prompt("go");
    let asked = question(&mut session).await;
    session.send(Op::SetMode { mode: Mode::Plan });
    decide(&session, &asked, &asked.hash, PermissionOutcome::AllowOnce);
    session.stop().await;
    assert_eq!(status(&session, "b").0, ToolStatus::Denied);
    assert!(!session.file("made").exists());
}

#[tokio::test]
async fn always_says_what_else_it_matches() {
    let replies =
        vec![run("b1", "touch a"), run("b2", "touch b"), run("b3", "touch a"), says("done")];
    let mut session = Session::start(Model::new(replies), &Wish::default()).await;
    session.prompt("go");
    let mut covered = Vec::new();
    for _ in 0..3 {
        let asked = question(&mut session).await;
        assert!(asked.rule.is_some());
        covered.push(asked.covers.clone().unwrap());
        decide(&session, &asked, &asked.hash, PermissionOutcome::AllowOnce);
    }
    session.stop().await;
    let covered: Vec<_> = covered.iter().map(|c| (c.count, c.examples.join(", "))).collect();
    assert_eq!(covered, [(0, String::new()), (0, String::new()), (1, "touch a".to_owned())]);
}

/// A session whose commands are confined. None where there is no sandbox.
async fn confined(model: Arc<Model>, wish: &Wish) -> Option<Session> {
    let dir = tempfile::tempdir().unwrap();
    let mut setup = setup(dir.path(), model, wish);
    let (home, own) = (dir.path().join("home"), dir.path().join("own"));
    std::fs::create_dir_all(&home).unwrap();
    std::fs::create_dir_all(&own).unwrap();
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_claw"), &setup.root, Some(&home), &own);
    let confinement = Arc::new(Confinement::on(sandbox));
    if let State::Unavailable(why) = confinement.state(&setup.audit).await {
        let required = std::env::var_os("CLAW_REQUIRE_SANDBOX").is_some_and(|v| v == "1");
        assert!(!required, "the sandbox is not available here: {why}");
        eprintln!("passed over, the sandbox is not available here: {why}");
        return None;
    }
    setup.sandbox = confinement;
    let handle = claw::engine::Handle::new(setup);
    Some(Session::open(dir, handle, claw::engine::Start::New).await)
}

/// A command that only works outside, and the file that it makes there.
fn leaving(dir: &std::path::Path) -> Value {
    let command = format!("touch '{}'", dir.join("made").display());
    json!({"command": command, "outside_sandbox": true})
}

#[tokio::test]
async fn leaving_the_sandbox_is_asked_each_time_whatever_is_allowed() {
    let outer = tempfile::tempdir_in("/var/tmp").unwrap();
    for mode in [Mode::Default, Mode::AcceptEdits, Mode::Bypass] {
        let again = |id| bash(id, &leaving(outer.path()));
        let replies = vec![again("b1"), again("b2"), again("b3"), says("done")];
        let wish =
            Wish { mode, allow: vec!["Bash", "Bash(touch:*)", "Edit(//**)"], ..Wish::default() };
        let Some(mut session) = confined(Model::new(replies), &wish).await else { return };
        session.prompt("go");
        for (call, outcome) in [
            ("b1", PermissionOutcome::Deny { message: None }),
            ("b2", PermissionOutcome::AllowSession),
            ("b3", PermissionOutcome::Deny { message: None }),
        ] {
            let asked = question(&mut session).await;
            assert_eq!(asked.call, call.into(), "one question each");
            assert_eq!((&asked.rule, asked.risky), (&None, true), "no always");
            assert_eq!(asked.sandbox, Some(SandboxState::Outside));
            assert!(asked.reason.contains("OUTSIDE the sandbox"), "{}", asked.reason);
            assert!(!outer.path().join("made").exists());
            decide(&session, &asked, &asked.hash, outcome.clone());
            if outcome.allows() {
                let finished = |event: &Event| matches!(event, Event::ToolCallFinished { .. });
                session.until(finished).await;
                let text = status(&session, call).1;
                assert!(outer.path().join("made").exists(), "it ran outside: {text}");
                std::fs::remove_file(outer.path().join("made")).unwrap();
            }
        }
        assert_eq!(session.stop().await, StopReason::EndTurn, "{mode:?}");
        assert!(!outer.path().join("made").exists());
    }
}

#[tokio::test]
async fn nobody_to_ask_means_inside() {
    let outer = tempfile::tempdir_in("/var/tmp").unwrap();
    let unattended = Limits { requests: Some(50), unattended: true };
    let attended = Limits { unattended: false, ..unattended };
    for (mode, limits) in [(Mode::Bypass, unattended), (Mode::DontAsk, attended)] {
        let wish = Wish { mode, limits, allow: vec!["Bash", "Edit(//**)"], ..Wish::default() };
        let model = Model::new(vec![bash("b", &leaving(outer.path())), says("done")]);
        let Some(mut session) = confined(model, &wish).await else { return };
        session.prompt("go");
        assert_eq!(session.stop().await, StopReason::EndTurn);
        let (status, text) = status(&session, "b");
        assert_eq!(status, ToolStatus::Denied, "{mode:?}");
        assert!(text.contains("OUTSIDE the sandbox"), "{text}");
        assert!(!outer.path().join("made").exists());
    }
}

#[tokio::test]
async fn without_a_sandbox_the_wish_to_leave_it_changes_nothing() {
    let replies =
        vec![bash("b", &json!({"command": "touch a", "outside_sandbox": true})), says("")];
    let wish = Wish { allow: vec!["Bash(touch:*)", "Edit(a)"], ..Wish::default() };
    let mut session = Session::start(Model::new(replies), &wish).await;
    session.prompt("go");
    assert_eq!(session.stop().await, StopReason::EndTurn);
    assert!(session.file("a").exists());
    let asked = |event: &Event| matches!(event, Event::PermissionRequested { .. });
    assert!(!session.seen.iter().any(|envelope| asked(&envelope.event)));
}

#[tokio::test]
async fn a_failure_by_the_sandbox_says_how_to_ask() {
    let replies = vec![run("b1", "touch /etc/claw-test"), run("b2", "exit 3"), says("done")];
    let wish = Wish { mode: Mode::Bypass, ..Wish::default() };
    let Some(mut session) = confined(Model::new(replies), &wish).await else { return };
    session.prompt("go");
    session.stop().await;
    assert!(status(&session, "b1").1.contains("`outside_sandbox`"), "{}", status(&session, "b1").1);
    assert!(!status(&session, "b2").1.contains("sandbox"), "{}", status(&session, "b2").1);
    let tested = session.state.live.sandbox.clone();
    assert!(
        matches!(tested, Some(SandboxState::Confined { network: Reach::Nothing, .. })),
        "{tested:?}"
    );
}

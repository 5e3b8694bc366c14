//! Other models for a while: that of a mode, and a small one that gives titles.

use std::sync::Arc;

use claw::agent::Limits;
use claw::protocol::{Event, Mode, Op, text_of};
use claw::provider::{Input, ProviderError};
use claw::session::{Entry, Spending, State, read};

use crate::support::model::{Model, Step, says};
use crate::support::session::{Session, Wish, check_laws};

fn small() -> Wish {
    Wish { small: Some("little"), ..Wish::default() }
}

/// The models that were asked, in order.
fn asked(model: &Model) -> Vec<String> {
    model.requests().iter().map(|request| request.model.id.to_string()).collect()
}

/// Until the model was asked that often.
async fn until_asked(model: &Arc<Model>, times: usize) {
    while model.requests().len() < times {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_first_turn_gives_a_title() {
    let answer = format!("I mended it. {}", "x".repeat(5_000));
    let model = Model::new(vec![says(&answer), says("\"Mend the retry backoff\"\nso")]);
    let mut session = Session::start(model.clone(), &small()).await;
    session.prompt("why does retry wait forever?");
    session.stop().await;
    session.until(|event| matches!(event, Event::Titled { .. })).await;

    let titled = session.state.titled.clone().unwrap();
    assert_eq!(text_of(&titled.content), "Mend the retry backoff");
    assert_eq!(&*titled.model.0, "little");
    let request = &model.requests()[1];
    assert_eq!((request.tools.len(), request.messages.len()), (0, 1));
    assert!(request.max_output <= 1_024);
    let Input::User(told) = &request.messages[0] else { panic!("{request:?}") };
    let told = text_of(told);
    assert!(
        told.contains("why does retry wait forever?") && told.contains("I mended it."),
        "{told}"
    );
    assert!(told.len() < 4_000, "{} bytes", told.len());

    // It is counted, and it is no part of what was said.
    assert_eq!((session.state.usage.input, session.state.usage.output), (22, 16));
    let spending = Spending::of_session(&session.state, |_, _| None);
    let rows: Vec<_> = spending.rows().iter().map(|(name, sum)| (&*name.0, sum.requests)).collect();
    assert_eq!(rows, [("test", 1), ("little", 1)]);
    let said = |entry: &&Entry| matches!(entry, Entry::Message { .. });
    assert_eq!(session.state.entries.iter().filter(said).count(), 1);

    session.prompt("and now?");
    session.stop().await;
    assert_eq!(asked(&model), ["test", "little", "test"], "one title is enough");
    let log = read(&session.log()).unwrap().envelopes;
    check_laws(&log);
    let mut folded = State::new(session.id());
    for envelope in &log {
        folded.apply(envelope);
    }
    folded.live = session.state.live.clone();
    assert_eq!(folded, session.state);
}

#[tokio::test]
async fn a_title_that_fails_is_not_spoken_of() {
    let refused = Step::Error(ProviderError::Fatal("no".to_owned()));
    let model = Model::new(vec![says("a"), vec![refused]]);
    let mut session = Session::start(model.clone(), &small()).await;
    session.prompt("one");
    session.stop().await;
    until_asked(&model, 2).await;
    session.prompt("two");
    session.stop().await;
    assert_eq!(asked(&model), ["test", "little", "test"]);
    assert_eq!(session.state.titled, None);
    let notice = |entry: &Entry| matches!(entry, Entry::Notice { .. });
    assert!(!session.state.entries.iter().any(notice), "{:?}", session.state.entries);
}

#[tokio::test]
async fn nobody_is_asked_for_a_title_unless_that_is_wanted() {
    let unattended = Limits { requests: Some(50), unattended: true };
    for wish in [Wish::default(), Wish { limits: unattended, ..small() }] {
        let model = Model::new(vec![]);
        let mut session = Session::start(model.clone(), &wish).await;
        for _ in 0..2 {
            session.prompt("go");
            session.stop().await;
        }
        assert_eq!(asked(&model), ["test", "test"]);
    }
}

async fn turn(session: &mut Session, mode: Mode) {
    session.send(Op::SetMode { mode });
    session
        .until(move |event| matches!(event, Event::ModeChanged { mode: now } if *now == mode))
        .await;
    session.prompt("go");
    session.stop().await;
}

#[tokio::test]
async fn a_mode_has_its_own_model_until_the_user_chooses() {
    let wish = Wish { modes: vec![(Mode::Plan, "thinker")], ..Wish::default() };
    let model = Model::new(vec![]);
    let mut session = Session::start(model.clone(), &wish).await;
    turn(&mut session, Mode::Plan).await;
    turn(&mut session, Mode::Default).await;
    turn(&mut session, Mode::Plan).await;
    session.send(Op::SetModel { model: "own".into() });
    turn(&mut session, Mode::AcceptEdits).await;
    assert_eq!(asked(&model), ["thinker", "test", "thinker", "own"]);
    assert_eq!(&*session.state.model.0, "own");
}

#[tokio::test]
async fn a_session_begins_with_the_model_of_its_mode() {
    let own = vec![(Mode::Plan, "thinker")];
    let wish = Wish { mode: Mode::Plan, modes: own, ..Wish::default() };
    let model = Model::new(vec![]);
    let mut session = Session::start(model.clone(), &wish).await;
    assert_eq!(&*session.state.model.0, "thinker");
    turn(&mut session, Mode::Default).await;
    assert_eq!(asked(&model), ["test"]);
}

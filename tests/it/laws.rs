//! Laws of a session: its state is the fold of its log, whatever was asked of it in whatever order.

use std::fs;
use std::io::Write as _;

use claw::agent::Limits;
use claw::engine::Start;
use claw::protocol::{Budget, Content, Effort, Envelope, Event, Level, Mode, ModelId, Op};
use claw::session::{Live, State, each, read};
use proptest::prelude::*;
use serde_json::json;

use crate::support::model::{Model, Step, calls, says};
use crate::support::session::{Session, Wish, check_laws};

/// What is asked, from a few of each, so that they meet.
fn op() -> impl Strategy<Value = Op> {
    let text = |text: &'static str| vec![Content::text(text)];
    prop_oneof![
        4 => prop::sample::select(vec!["one", "two", "as in #1"])
            .prop_map(move |said| Op::Prompt { content: text(said) }),
        2 => Just(Op::Steer { content: text("mind this") }),
        1 => Just(Op::Unqueue { item: None }),
        1 => Just(Op::Cancel),
        1 => prop::sample::select(vec![Mode::Default, Mode::AcceptEdits, Mode::Plan])
            .prop_map(|mode| Op::SetMode { mode }),
        1 => prop::sample::select(vec!["test", "other"])
            .prop_map(|name| Op::SetModel { model: ModelId::from(name) }),
        1 => prop::option::of(Just(Effort::Low)).prop_map(|effort| Op::SetEffort { effort }),
        1 => prop::option::of(40..400_u64)
            .prop_map(|tokens| Op::SetBudget { budget: Budget { tokens, usd: None } }),
        1 => Just(Op::Shell { command: "echo mine".to_owned() }),
    ]
}

/// A reply: words, calls that run, one that is refused, one that makes no sense.
fn reply(at: usize, which: usize) -> Vec<Step> {
    let id = |name: &str| format!("{name}{at}");
    match which {
        0 => says("some words"),
        1 => calls(&[(&id("l"), "ls", json!({})), (&id("n"), "nothing", json!({}))]),
        2 => calls(&[(&id("w"), "write", json!({"path": "new", "content": "x"}))]),
        3 => calls(&[(&id("b"), "bash", json!({"command": "echo hi"}))]),
        4 => calls(&[(&id("d"), "bash", json!({"command": "rm -r ."}))]),
        _ => calls(&[(&id("j"), "ls", json!("{\"cut\": "))]),
    }
}

/// The fold of a log.
fn fold(session: &Session) -> (State, Vec<Envelope>) {
    let found = read(&session.log()).unwrap();
    assert!(found.repairs.is_empty(), "{:?}", found.repairs);
    let mut state = State::new(session.id());
    found.envelopes.iter().for_each(|envelope| state.apply(envelope));
    (state, found.envelopes)
}

/// What a reader who was there all the time knows, without what is never kept.
fn kept(state: &State) -> State {
    let mut state = state.clone();
    state.live = Live::default();
    state
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_fold_of_the_log_is_the_live_state_and_a_fork_shares_nothing(
        ops in prop::collection::vec(op(), 0..10),
        replies in prop::collection::vec(0..6_usize, 0..6),
        after in prop::collection::vec(op(), 0..3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let limits = Limits { requests: Some(8), unattended: true };
            let wish = Wish { mode: Mode::AcceptEdits, limits, allow: vec!["Bash(echo:*)"], ..Wish::default() };
            let replies = replies.into_iter().enumerate().map(|(at, which)| reply(at, which));
            let model = Model::new(replies.collect());
            let mut session = Session::start(model, &wish).await;
            for op in ops {
                session.send(op);
            }
            session.ended().await;
            let (folded, log) = fold(&session);
            assert_eq!(folded, kept(&session.state));
            check_laws(&log);

            // Each prefix is a state, and twice is once.
            let mut twice = State::new(session.id());
            for envelope in &log {
                twice.apply(envelope);
                twice.apply(envelope);
            }
            assert_eq!(twice, folded);

            let (before, id) = (fs::read(session.log()).unwrap(), session.id());
            let mut fork = session.reopen(Start::Fork(id)).await;
            assert_eq!(fork.state.entries[..folded.entries.len()], folded.entries);
            for op in after.into_iter().chain([Op::Prompt { content: vec![Content::text("fork")] }]) {
                fork.send(op);
            }
            fork.ended().await;
            let (forked, log) = fold(&fork);
            assert_eq!(forked, kept(&fork.state));
            check_laws(&log);
            assert!(log.len() > before.split(|byte| *byte == b'\n').count() - 1);

            let origin = fork.reopen(Start::Resume(folded.id.clone())).await;
            let now = fs::read(origin.log()).unwrap();
            assert!(now.starts_with(&before), "what was forked is as it was");
            assert_eq!(origin.state.entries[..folded.entries.len()], folded.entries);
        });
    }

    #[test]
    fn what_cannot_be_read_is_passed_over_and_said_and_the_rest_is_there(
        lines in prop::collection::vec(
            prop_oneof![
                3 => Just(None),
                1 => Just(Some(b"{\"session\":\"s\",\"seq\":".to_vec())),
                1 => prop::collection::vec(any::<u8>().prop_filter("no end", |byte| *byte != b'\n'), 1..60)
                    .prop_map(Some),
            ],
            0..40,
        ),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.jsonl");
        let mut file = fs::File::create(&path).unwrap();
        let (mut whole, mut damaged) = (Vec::new(), 0);
        for (seq, garbled) in (1..).zip(lines) {
            let event = Event::Notice { level: Level::Info, text: format!("n{seq}") };
            let at = claw::base::clock::Millis(seq);
            let envelope = Envelope { session: "s".into(), seq, at, event };
            match garbled {
                Some(bytes) => {
                    damaged += usize::from(!bytes.trim_ascii().is_empty());
                    file.write_all(&bytes).unwrap();
                }
                None => {
                    serde_json::to_writer(&file, &envelope).unwrap();
                    whole.push(envelope);
                }
            }
            file.write_all(b"\n").unwrap();
        }
        let found = read(&path).unwrap();
        prop_assert_eq!(&found.envelopes, &whole);
        let said = (damaged > 0).then(|| format!("{damaged} lines"));
        prop_assert_eq!(found.repairs.len(), usize::from(damaged > 0));
        prop_assert!(said.is_none_or(|said| found.repairs[0].starts_with(&said)));
        let mut one_by_one = Vec::new();
        each(&path, |envelope| one_by_one.push(envelope)).unwrap();
        prop_assert_eq!(one_by_one, whole);
    }
}

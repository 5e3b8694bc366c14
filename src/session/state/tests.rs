//! The laws of the fold.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::protocol::{
    Compaction, ContextPart, FoundNote, Held, KeptFile, PartState, PermissionOutcome, RequestId,
    Rewind, TextKind, ToolKind, ToolOutcome, ToolStatus, ToolUse, Trigger,
};
use crate::session::repairs;

fn message(id: &str, text: &str, calls: &[&str]) -> Arc<Message> {
    let mut content = vec![Content::text(text)];
    for call in calls {
        let (id, name) = ((*call).into(), "read".into());
        content.push(Content::ToolUse(ToolUse { id, name, input: serde_json::json!({}) }));
    }
    let usage = Usage { input: 10, output: 2, cache_read: 5, ..Usage::default() };
    let (model, stop) = (ModelId::from("m"), StopReason::ToolUse);
    Arc::new(Message { id: id.into(), model, content, stop, usage })
}

fn call(id: &str) -> Arc<ToolCall> {
    Arc::new(ToolCall {
        id: id.into(),
        name: "read".into(),
        input: serde_json::json!({}),
        verb: "Read".into(),
        title: id.into(),
        kind: ToolKind::Read,
        access: vec![],
        preview: None,
    })
}

fn request(id: &str, call: &str) -> PermissionRequest {
    PermissionRequest::new(id.into(), call.into(), "")
}

#[test]
fn what_holds_for_a_turn_ends_with_it() {
    let mut state = State::new("s".into());
    let budget = Budget { usd: Some(1.0), tokens: None };
    let spent = Spent { usd: 1.5, unpriced: false, tokens: 9 };
    let (turn, prompt) = (TurnId::from("t"), vec![Content::text("go")]);
    let stop = StopReason::Budget;
    let events = vec![
        Event::ModelChanged { model: "m".into() },
        Event::BudgetChanged { budget },
        Event::TurnStarted { turn: turn.clone(), prompt },
        Event::FellBack { model: "other".into() },
        Event::BudgetReached { spent, budget },
        Event::TurnFinished { turn, stop, usage: Usage::default() },
    ];
    let mut seen = Vec::new();
    for envelope in envelopes(events) {
        state.apply(&envelope);
        seen.push((state.asked().to_string(), state.over.is_some(), state.status()));
    }
    let expected = [
        ("m", false, Status::Idle),
        ("m", false, Status::Idle),
        ("m", false, Status::Running),
        ("other", false, Status::Running),
        ("other", true, Status::Waiting),
        ("m", false, Status::Idle),
    ];
    assert_eq!(seen, expected.map(|(model, over, status)| (model.to_owned(), over, status)));
    assert_eq!(state.budget, budget);
}

fn rewound() -> impl Strategy<Value = Rewind> {
    prop::sample::select(vec![Rewind::Conversation, Rewind::Files, Rewind::Both])
}

/// Changes of a few files, each at most once.
fn files() -> impl Strategy<Value = Vec<KeptFile>> {
    prop::collection::btree_map("[ab]", "[0-3]", 0..3).prop_map(|files| {
        let file = |(path, hash): (String, String)| KeptFile {
            path: path.into(),
            before: Held::Absent,
            after: Held::File { hash, mode: None },
        };
        files.into_iter().map(file).collect()
    })
}

/// Any event, from a few names, so that they meet.
fn event() -> impl Strategy<Value = Event> {
    let name = || prop::sample::select(vec!["a", "b", "c"]);
    prop_oneof![
        name().prop_map(|t| Event::TurnStarted { turn: t.into(), prompt: vec![Content::text(t)] }),
        (name(), 0..3_usize, 0..6_usize, "[a-zä]{0,5}").prop_map(|(m, block, start, text)| {
            let kind = TextKind::Text;
            Event::MessageDelta { message: m.into(), block, kind, start, text }
        }),
        (name(), prop::collection::vec(name(), 0..3))
            .prop_map(|(m, calls)| Event::MessageFinished { message: message(m, m, &calls) }),
        name().prop_map(|c| Event::ToolCallStarted { call: call(c) }),
        (name(), any::<u64>()).prop_map(|(c, bytes)| Event::ToolCallProgress {
            call: c.into(),
            tail: "t".into(),
            bytes
        }),
        name().prop_map(|c| Event::ToolCallFinished {
            call: c.into(),
            outcome: Arc::new(ToolOutcome::new(ToolStatus::Done, "ok")),
            changes: vec![]
        }),
        (name(), name()).prop_map(|(r, c)| Event::PermissionRequested { request: request(r, c) }),
        name().prop_map(|r| Event::PermissionResolved {
            request: RequestId::from(r),
            outcome: PermissionOutcome::AllowOnce
        }),
        name().prop_map(|t| Event::Notice { level: Level::Info, text: t.into() }),
        files().prop_map(|files| Event::FilesKept { call: "c".into(), files }),
        (name(), rewound(), files()).prop_map(|(to, what, files)| Event::Rewound {
            to: to.into(),
            what,
            files
        }),
        files().prop_map(|files| Event::Redone { files }),
        name().prop_map(|t| Event::Steered { content: vec![Content::text(t)] }),
        Just(Event::Retrying {
            attempt: 1,
            of: 3,
            after: Duration::from_secs(1),
            why: "busy".into()
        }),
        Just(Event::ModeChanged { mode: Mode::Plan }),
        name().prop_map(|m| Event::ModelChanged { model: m.into() }),
        name().prop_map(|m| Event::FellBack { model: m.into() }),
        any::<u64>().prop_map(|tokens| {
            let spent = Spent { usd: 0.0, unpriced: false, tokens };
            Event::BudgetReached { spent, budget: Budget::default() }
        }),
        (0..9_usize).prop_map(|number| Event::CacheBroken { by: Broken::Message { number } }),
        any::<u64>().prop_map(|tokens| {
            Event::BudgetChanged { budget: Budget { usd: None, tokens: Some(tokens) } }
        }),
        Just(Event::Compacting { why: Some(Trigger::Full) }),
        (0..4_usize, any::<u64>()).prop_map(|(kept, after)| {
            let (why, text, model) = (Trigger::Full, "summary".into(), None);
            let compaction = Compaction { why, text, model, kept, before: 9, after };
            Event::Compacted { compaction: Arc::new(compaction) }
        }),
        (prop::collection::vec(name(), 0..3), any::<u64>()).prop_map(|(calls, freed)| {
            let calls = calls.into_iter().map(CallId::from).collect();
            Event::Shortened { calls, freed }
        }),
        name().prop_map(|m| Event::Used {
            model: m.into(),
            usage: Usage { input: 1, ..Usage::default() }
        }),
        (name(), 0..3_usize).prop_map(|(c, state)| Event::ContextChanged {
            part: ContextPart::Result { call: c.into() },
            state: [PartState::Kept, PartState::Dropped, PartState::Pinned][state],
        }),
        (name(), name()).prop_map(|(c, p)| {
            let (path, touched) = (PathBuf::from(p), PathBuf::from("f"));
            let note = FoundNote { path, text: p.into(), touched, call: c.into() };
            Event::NoteFound { note: Arc::new(note) }
        }),
        name().prop_map(|t| Event::TurnFinished {
            turn: t.into(),
            stop: StopReason::EndTurn,
            usage: Usage::default()
        }),
    ]
}

/// Stamped as the journal does it.
fn envelopes(events: Vec<Event>) -> Vec<Envelope> {
    let mut seq = 0;
    let stamp = |event: Event| {
        seq += u64::from(event.is_durable());
        Envelope { session: "s".into(), seq, at: Millis(seq), event }
    };
    events.into_iter().map(stamp).collect()
}

fn fold<'a>(envelopes: impl IntoIterator<Item = &'a Envelope>) -> State {
    let mut state = State::new("s".into());
    envelopes.into_iter().for_each(|envelope| state.apply(envelope));
    state
}

/// What the log can tell of it.
fn kept(mut state: State) -> State {
    state.live = Live::default();
    state.drop_open();
    for entry in &mut state.entries {
        if let Entry::Call(call) = entry {
            call.tail.clear();
            call.bytes = 0;
        }
    }
    state
}

proptest! {
    #[test]
    fn the_fold_of_the_log_is_the_live_state(events in prop::collection::vec(event(), 0..60)) {
        let all = envelopes(events);
        let live = fold(&all);
        let log = fold(all.iter().filter(|envelope| envelope.event.is_durable()));
        prop_assert_eq!(kept(live), kept(log));
    }

    #[test]
    fn twice_is_once(events in prop::collection::vec(event(), 0..60)) {
        let all = envelopes(events);
        let twice = all.iter().filter(|e| e.event.is_durable()).flat_map(|e| [e, e]);
        prop_assert_eq!(fold(twice), fold(all.iter().filter(|e| e.event.is_durable())));
    }

    #[test]
    fn rewinds_and_as_many_redos_are_the_identity(
        events in prop::collection::vec(event(), 0..60),
        rewinds in prop::collection::vec((0..8_usize, rewound(), files()), 1..4),
    ) {
        let mut state = fold(&envelopes(events));
        state.drop_open();
        for entry in &mut state.entries {
            if let Entry::Call(call) = entry {
                (call.tail, call.bytes) = (String::new(), 0);
            }
        }
        let before = state.clone();
        let say = |state: &mut State, event| {
            let (seq, at) = (state.seq + 1, state.touched);
            state.apply(&Envelope { session: "s".into(), seq, at, event });
        };
        for (at, what, files) in &rewinds {
            let to = ["a", "b", "c", "d"][at % 4].into();
            say(&mut state, Event::Rewound { to, what: *what, files: files.clone() });
        }
        for (_, _, files) in rewinds.iter().rev() {
            prop_assert!(state.past.redoable().is_some());
            say(&mut state, Event::Redone { files: files.clone() });
        }
        state.seq = before.seq;
        prop_assert_eq!(state, before);
    }

    #[test]
    fn an_entry_of_a_call_is_found_by_its_name(events in prop::collection::vec(event(), 0..60)) {
        let state = fold(&envelopes(events));
        for (at, entry) in state.entries.iter().enumerate() {
            if let Entry::Call(call) = entry {
                let (found, entry) = state.call(&call.call.id).unwrap();
                prop_assert!(found >= at && entry.call.id == call.call.id);
            }
        }
    }

    #[test]
    fn deltas_in_any_pieces_say_the_same(text in "[a-zäß日]{0,30}", cuts in prop::collection::vec(0..90_usize, 0..6)) {
        let mut state = fold(&envelopes(vec![Event::TurnStarted { turn: "t".into(), prompt: vec![] }]));
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| crate::base::cap::floor(&text, cut)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            // Each piece comes twice, the second time from the start.
            for start in [pair[0], 0] {
                let event = Event::MessageDelta {
                    message: "m".into(), block: 0, kind: TextKind::Text, start, text: text[start..pair[1]].into(),
                };
                state.apply(&Envelope { session: "s".into(), seq: 1, at: Millis(1), event });
            }
        }
        prop_assert_eq!(&state.open().unwrap().1.blocks[0].text, &text);
    }

    #[test]
    fn after_repairs_nothing_is_open(events in prop::collection::vec(event(), 0..60)) {
        let all = envelopes(events);
        let mut state = fold(all.iter().filter(|envelope| envelope.event.is_durable()));
        for event in repairs(&state) {
            let (seq, at) = (state.seq + 1, Millis(0));
            state.apply(&Envelope { session: "s".into(), seq, at, event });
        }
        prop_assert!(state.turn.is_none() && state.pending.is_empty());
        for entry in &state.entries {
            if let Entry::Message { message, .. } = entry {
                for asked in message.tool_uses() {
                    prop_assert!(state.call(&asked.id).unwrap().1.outcome.is_some());
                }
            }
        }
        prop_assert!(repairs(&state).is_empty());
    }
}

#[test]
fn a_retry_takes_back_what_was_half_said() {
    let delta = |message: &str, text: &str| Event::MessageDelta {
        message: message.into(),
        block: 0,
        kind: TextKind::Text,
        start: 0,
        text: text.into(),
    };
    let retry =
        Event::Retrying { attempt: 1, of: 3, after: Duration::from_secs(2), why: "cut".into() };
    let turn = Event::TurnStarted { turn: "t".into(), prompt: vec![] };
    let mut state = fold(&envelopes(vec![turn, delta("m1", "half"), retry]));
    assert!(state.open().is_none());
    assert_eq!(state.live.retrying.as_ref().unwrap().2, Millis(2001));

    let again = Envelope { session: "s".into(), seq: 1, at: Millis(9), event: delta("m2", "who") };
    state.apply(&again);
    assert_eq!(state.open().unwrap().1.blocks[0].text, "who");
    assert!(state.live.retrying.is_none());
}

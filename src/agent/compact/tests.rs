//! What holds for every session that is compacted.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::agent::context::inputs;
use crate::base::clock::Millis;
use crate::protocol::{
    CallId, Content, Envelope, Message, StopReason, ToolCall, ToolKind, ToolOutcome, ToolStatus,
    ToolUse, Usage, text_of,
};
use crate::provider::Input;

/// A session in the making.
pub(in crate::agent) struct Tale {
    pub(in crate::agent) state: State,
    turns: usize,
}

impl Tale {
    pub(in crate::agent) fn new() -> Self {
        Self { state: State::new("s".into()), turns: 0 }
    }

    pub(in crate::agent) fn event(&mut self, event: Event) {
        let seq = self.state.seq + u64::from(event.is_durable());
        self.state.apply(&Envelope { session: "s".into(), seq, at: Millis(1), event });
    }

    pub(in crate::agent) fn prompt(&mut self, text: &str) {
        if self.state.turn.is_some() {
            self.end();
        }
        self.turns += 1;
        let turn = format!("t{}", self.turns).as_str().into();
        self.event(Event::TurnStarted { turn, prompt: vec![Content::text(text)] });
    }

    /// A message with calls, and results of so many characters; the service counted `prompt`.
    pub(in crate::agent) fn round(&mut self, id: &str, calls: &[(&str, usize)], prompt: u64) {
        let asked = |(id, _): &(&str, usize)| {
            let input = serde_json::json!({"path": format!("src/{id}.rs")});
            Content::ToolUse(ToolUse { id: (*id).into(), name: "read".into(), input })
        };
        let said = Content::text(format!("I look at it: {id}."));
        let content = std::iter::once(said).chain(calls.iter().map(asked)).collect();
        let usage = Usage { input: prompt, output: 10, ..Usage::default() };
        let stop = StopReason::ToolUse;
        let message = Message { id: id.into(), model: "m".into(), content, stop, usage };
        self.event(Event::MessageFinished { message: Arc::new(message) });
        for (id, size) in calls {
            self.called(id, *size, ToolStatus::Done);
        }
    }

    fn called(&mut self, id: &str, size: usize, status: ToolStatus) {
        let call = ToolCall {
            id: id.into(),
            name: "read".into(),
            input: serde_json::json!({"path": format!("src/{id}.rs")}),
            verb: "Read".into(),
            title: format!("src/{id}.rs"),
            kind: ToolKind::Read,
            access: vec![],
            preview: None,
        };
        self.event(Event::ToolCallStarted { call: Arc::new(call) });
        let outcome = Arc::new(ToolOutcome::new(status, "word of text ".repeat(size / 13)));
        let call = CallId::from(id);
        self.event(Event::ToolCallFinished { call, outcome, changes: vec![] });
    }

    fn end(&mut self) {
        let Some((turn, _)) = self.state.turn.clone() else { return };
        let (stop, usage) = (StopReason::EndTurn, Usage::default());
        self.event(Event::TurnFinished { turn, stop, usage });
    }

    /// Compacts it as the engine does, with this summary.
    fn compact(&mut self, usable: u64, why: Trigger, summary: &str) -> Result<Compaction, Uncut> {
        let cut = cut(&self.state, FIXED, usable, why)?;
        let compaction = made(&self.state, &cut, why, Some("m".into()), summary);
        self.event(Event::Compacted { compaction: Arc::new(compaction.clone()) });
        Ok(compaction)
    }

    fn size(&self) -> u64 {
        FIXED + inputs(&self.state).iter().map(size::input).sum::<u64>()
    }
}

/// Tokens before everything that was said.
const FIXED: u64 = 800;

/// Each result stands behind the message that asked for it, and each call has one.
fn check_pairs(inputs: &[Input]) {
    let mut open: HashSet<CallId> = HashSet::new();
    for input in inputs {
        match input {
            Input::Result { call, .. } => assert!(open.remove(call), "{call} was not asked for"),
            _ => assert!(open.is_empty(), "{open:?} have no result"),
        }
        if let Input::Assistant(message) = input {
            open.extend(message.tool_uses().map(|asked| asked.id.clone()));
        }
    }
    assert!(open.is_empty(), "{open:?} have no result");
    assert!(matches!(inputs.first(), Some(Input::User(_))), "the user begins");
}

fn said(inputs: &[Input]) -> String {
    let words = inputs.iter().filter_map(|input| match input {
        Input::User(content) => Some(text_of(content)),
        _ => None,
    });
    words.collect::<Vec<_>>().join("\n")
}

/// Turns, each with its rounds, each with the sizes of its results.
fn tales() -> impl Strategy<Value = Vec<Vec<Vec<usize>>>> {
    let round = prop::collection::vec(0..30_000_usize, 0..3);
    prop::collection::vec(prop::collection::vec(round, 0..5), 1..9)
}

fn told_of(turns: &[Vec<Vec<usize>>], counted: bool) -> Tale {
    let mut tale = Tale::new();
    for (at, rounds) in turns.iter().enumerate() {
        tale.prompt(&format!("Do part {at} of it. Never touch file{at}.rs in v1.{at}!"));
        for (round, sizes) in rounds.iter().enumerate() {
            let ids: Vec<_> = (0..sizes.len()).map(|n| format!("c{at}-{round}-{n}")).collect();
            let calls: Vec<_> = ids.iter().map(String::as_str).zip(sizes.iter().copied()).collect();
            let prompt = if counted { tale.size() } else { 0 };
            tale.round(&format!("m{at}-{round}"), &calls, prompt);
        }
    }
    tale
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_compacted_session_fits_and_keeps_what_must_be_kept(
        turns in tales(), usable in 6_000_u64..160_000, counted: bool, long in 0..60_000_usize,
    ) {
        let mut tale = told_of(&turns, counted);
        let before = tale.size();
        let made = tale.compact(usable, Trigger::Asked, &"so it went. ".repeat(long / 12));
        let sent = inputs(&tale.state);
        check_pairs(&sent);
        if made.is_ok() || before > usable {
            prop_assert!(tale.size() <= usable, "{} of {usable}", tale.size());
            prop_assert!(tale.size() < before);
        }
        let said = said(&sent);
        for at in 0..turns.len() {
            let constraint = format!("Never touch file{at}.rs in v1.{at}!");
            prop_assert!(said.contains(&constraint), "{constraint} in {said}");
        }
        let last = turns.len() - 1;
        let request = format!("Do part {last} of it. Never touch file{last}.rs in v1.{last}!");
        let whole = |input: &Input| matches!(input, Input::User(content) if text_of(content) == request);
        prop_assert_eq!(sent.iter().filter(|input| whole(input)).count(), 1);
    }

    #[test]
    fn compactions_end(turns in tales(), usable in 6_000_u64..160_000) {
        let mut tale = told_of(&turns, true);
        let mut done = 0;
        while tale.compact(usable, Trigger::Full, "so it went").is_ok() {
            done += 1;
            prop_assert!(done <= 1, "one after the other, with nothing between");
        }
        // Whoever asks for it again and again comes to an end, too.
        let mut asked = 0;
        while tale.compact(usable, Trigger::Asked, "so it went").is_ok() {
            asked += 1;
            check_pairs(&inputs(&tale.state));
            prop_assert!(asked < 12, "{} tokens are left", tale.size());
        }
    }

    #[test]
    fn what_is_shortened_stays_so_and_pairs_stay_whole(turns in tales(), wanted in 1..60_000_u64) {
        let mut tale = told_of(&turns, false);
        let before = tale.size();
        let Some(Short { calls, .. }) = micro(&tale.state, wanted) else { return Ok(()) };
        tale.event(Event::Shortened { calls: calls.clone(), freed: 0 });
        check_pairs(&inputs(&tale.state));
        let freed = before - tale.size();
        prop_assert!(freed >= wanted, "{freed} of {wanted}");
        let again = micro(&tale.state, 1).map(|short| short.calls).unwrap_or_default();
        prop_assert!(again.iter().all(|call| !calls.contains(call)));
    }
}

#[test]
fn failures_and_the_last_rounds_are_never_shortened() {
    let mut tale = Tale::new();
    tale.prompt("go");
    for at in 0..8 {
        let id = format!("c{at}");
        let calls: &[(&str, usize)] = &[(&id, 10_000)];
        tale.round(&format!("m{at}"), if at == 1 { &[] } else { calls }, 0);
    }
    let failed = ToolUse { id: "f".into(), name: "read".into(), input: serde_json::json!({}) };
    let message = Message {
        id: "mf".into(),
        model: "m".into(),
        content: vec![Content::ToolUse(failed)],
        stop: StopReason::ToolUse,
        usage: Usage::default(),
    };
    // It stands first, and is the largest of all.
    let mut first = Tale::new();
    first.prompt("go");
    first.event(Event::MessageFinished { message: Arc::new(message) });
    first.called("f", 50_000, ToolStatus::Failed);
    for at in 0..8 {
        let id = format!("c{at}");
        first.round(&format!("m{at}"), &[(&id, 10_000)], 0);
    }
    for (tale, expected) in
        [(&tale, vec!["c0", "c2", "c3"]), (&first, vec!["c0", "c1", "c2", "c3"])]
    {
        let all = (1..500).take_while(|n| micro(&tale.state, n * 500).is_some()).last().unwrap();
        let short = micro(&tale.state, all * 500).unwrap();
        let mut calls: Vec<_> = short.calls.iter().map(ToString::to_string).collect();
        calls.sort();
        assert_eq!(calls, expected);
    }
}

#[test]
fn a_short_result_names_its_call() {
    let mut tale = Tale::new();
    tale.prompt("go");
    tale.round("m", &[("c1", 12_441)], 0);
    tale.event(Event::Shortened { calls: vec!["c1".into()], freed: 0 });
    let sent = inputs(&tale.state);
    let Some(Input::Result { outcome, .. }) = sent.last() else { panic!("{sent:?}") };
    assert_eq!(
        outcome.text,
        "[Left out to save room: 12,441 characters. `recall` with id=\"c1\" reads them back.]"
    );
    assert_eq!(
        tale.state.call(&"c1".into()).unwrap().1.outcome.as_ref().unwrap().text.len(),
        12_441
    );
}

#[test]
fn the_same_session_is_compacted_the_same_way() {
    let turns = vec![vec![vec![30_000, 20_000]; 4]; 4];
    let make = || told_of(&turns, true).compact(20_000, Trigger::Asked, "sum").unwrap();
    assert_eq!(make(), make());
    let text = make().text;
    for part in ["# Summary (written by m)", "sum", "[turn 1]", "## Mode", "`recall`"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_summary_without_a_model_says_what_was_asked_and_answered() {
    let mut tale = told_of(&[vec![vec![30_000]; 3], vec![vec![30_000]; 3]], true);
    tale.prompt("and now?");
    let cut = cut(&tale.state, FIXED, 20_000, Trigger::Asked).unwrap();
    let text = transcript::extract(&tale.state, &cut);
    assert!(text.contains("- Turn 1: Do part 0 of it."), "{text}");
    assert!(text.contains("(3 calls)\n  Answered: I look at it: m0-2."), "{text}");
}

#[test]
fn the_record_for_the_summary_is_bounded_and_names_calls() {
    let tale = told_of(&vec![vec![vec![30_000, 30_000]; 4]; 6], true);
    let cut = cut(&tale.state, FIXED, 60_000, Trigger::Asked).unwrap();
    for most in [2_000, 10_000, 100_000] {
        let text = transcript::transcript(&tale.state, &cut, most);
        assert!(size::text(&text) <= most, "{} of {most}", size::text(&text));
        assert!(text.contains("id=\"c0-0-0\"") && text.contains("<user>"), "{text}");
    }
}

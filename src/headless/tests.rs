//! Shapes and endings, on synthetic events.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::base::clock::Millis;
use crate::bus::Bus;
use crate::protocol::{
    CallId, Envelope, Level, Message, Mode, PermissionOutcome, PermissionRequest, StopReason,
    TextKind, ToolCall, ToolKind, ToolOutcome, ToolStatus, ToolUse, Topics, Usage,
};

const SESSION: &str = "s1";

/// A run's events: a read, an edit that ends with `edit`, an answer.
fn story(edit: ToolStatus, stop: StopReason) -> Vec<Event> {
    let message = |id: &str, content, usage| Event::MessageFinished {
        message: Arc::new(Message {
            id: id.into(),
            model: "m".into(),
            content,
            stop: StopReason::EndTurn,
            usage,
        }),
    };
    let usage = |input, output| Usage { input, output, cache_read: 1, cache_write: 2 };
    let asked = ToolUse { id: "c1".into(), name: "edit".into(), input: json!({"path": "a"}) };
    let call = Arc::new(ToolCall {
        id: "c1".into(),
        name: "edit".into(),
        input: json!({"path": "a"}),
        verb: "Edit".into(),
        title: "a".into(),
        kind: ToolKind::Edit,
        access: vec![],
        preview: None,
    });
    let mut events = vec![
        Event::TurnStarted { turn: "t1".into(), prompt: vec![Content::text("do it")] },
        Event::Notice { level: Level::Warning, text: "the disk\u{1b}[2J is full".into() },
        Event::Retrying {
            attempt: 1,
            of: 10,
            after: Duration::from_millis(500),
            why: "overloaded".into(),
        },
        Event::MessageDelta {
            message: "m1".into(),
            block: 0,
            kind: TextKind::Text,
            start: 0,
            text: "I'll".into(),
        },
        message("m1", vec![Content::text("I'll edit"), Content::ToolUse(asked)], usage(10, 5)),
        Event::ToolCallStarted { call },
    ];
    if edit == ToolStatus::Denied {
        let request = PermissionRequest::new("r1".into(), "c1".into(), "an edit");
        let outcome = PermissionOutcome::Deny { message: None };
        events.push(Event::PermissionRequested { request });
        events.push(Event::PermissionResolved { request: "r1".into(), outcome });
    }
    let outcome = Arc::new(ToolOutcome::new(edit, "said the tool"));
    let call = CallId::from("c1");
    events.extend([
        Event::ToolCallFinished { call, outcome, changes: vec![] },
        message("m2", vec![Content::text("All\u{1b}[31m done.\n")], usage(20, 7)),
        Event::TurnFinished { turn: "t1".into(), stop, usage: usage(30, 12) },
    ]);
    events
}

fn state() -> State {
    let mut state = State::new(SESSION.into());
    let (cwd, model, mode) = ("/w".into(), "m".into(), Mode::Plan);
    let event = Event::SessionStarted { version: 1, parent: None, cwd, model, mode };
    state.apply(&Envelope { session: SESSION.into(), seq: 1, at: Millis(1), event });
    state
}

struct Ran {
    out: String,
    err: String,
    code: u8,
    cancels: usize,
}

/// Plays the events to the face; `signals` come before them.
async fn ran(events: Vec<Event>, format: Format, partial: bool, signals: &[Signal]) -> Ran {
    let bus = Bus::new();
    let mut reader = bus.subscribe(Topics::ALL);
    let mut seq = 1;
    for event in events {
        seq += u64::from(event.is_durable());
        bus.publish(Envelope { session: SESSION.into(), seq, at: Millis(seq), event }).await;
    }
    let (send, mut stop) = mpsc::channel(4);
    for signal in signals {
        send.send(*signal).await.unwrap();
    }
    let mut output = Output { out: Vec::new(), err: Vec::new(), format, partial, terminal: false };
    let cancels = std::cell::Cell::new(0);
    output.begin(&state()).unwrap();
    let cancel = || cancels.set(cancels.get() + 1);
    let mut report = Report::new(SESSION.into());
    follow(&mut state(), &mut report, &mut reader, &mut output, &mut stop, cancel).await.unwrap();
    output.end(&report).unwrap();
    Ran {
        out: String::from_utf8(output.out).unwrap(),
        err: String::from_utf8(output.err).unwrap(),
        code: report.ending().code(),
        cancels: cancels.get(),
    }
}

#[tokio::test]
async fn text_is_the_last_answer_and_the_rest_is_for_people() {
    let ran = ran(story(ToolStatus::Done, StopReason::EndTurn), Format::Text, false, &[]).await;
    assert_eq!(ran.out, "All\u{1b}[31m done.\n");
    assert_eq!(
        ran.err,
        "claw: warning: the disk<U+001B>[2J is full\nclaw: overloaded (retry 1 of 10 in 0.5 s)\n"
    );
    assert_eq!((ran.code, ran.cancels), (0, 0));
}

#[test]
fn a_terminal_is_not_steered_by_an_answer() {
    let mut output = Output {
        out: Vec::new(),
        err: Vec::new(),
        format: Format::Text,
        partial: false,
        terminal: true,
    };
    let mut report = Report::new(SESSION.into());
    for event in story(ToolStatus::Done, StopReason::EndTurn) {
        let envelope = Envelope { session: SESSION.into(), seq: 2, at: Millis(2), event };
        report.observe(&envelope, &state());
    }
    output.end(&report).unwrap();
    assert_eq!(String::from_utf8(output.out).unwrap(), "All<U+001B>[31m done.\n");
}

#[tokio::test]
async fn json_is_one_object() {
    let events = story(ToolStatus::Failed, StopReason::EndTurn);
    let ran = ran(events, Format::Json, false, &[]).await;
    let mut got: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(got["duration_ms"].is_u64());
    got["duration_ms"] = Value::Null;
    let expected = json!({
        "type": "result",
        "subtype": "success",
        "is_error": false,
        "result": "All\u{1b}[31m done.\n",
        "error": null,
        "session_id": SESSION,
        "stop": "end_turn",
        "num_turns": 2,
        "duration_ms": null,
        "usage": {
            "input_tokens": 30,
            "output_tokens": 12,
            "cache_read_input_tokens": 2,
            "cache_creation_input_tokens": 4,
        },
        "total_cost_usd": null,
        "permission_denials": [],
        "tool_uses": [{"id": "c1", "name": "edit", "input": {"path": "a"}}],
        "tool_results": [{"id": "c1", "output": "said the tool", "is_error": true}],
    });
    assert_eq!(got, expected);
    assert_eq!(ran.out.lines().count(), 1);
}

#[tokio::test]
async fn stream_json_is_a_line_an_event() {
    for (partial, deltas) in [(false, 0), (true, 1)] {
        let events = story(ToolStatus::Done, StopReason::EndTurn);
        let durable = events.iter().filter(|event| event.is_durable()).count();
        let ran = ran(events, Format::StreamJson, partial, &[]).await;
        let lines: Vec<Value> =
            ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 1 + durable + deltas + 1);
        let first = &lines[0];
        assert_eq!((&first["type"], &first["subtype"]), (&json!("system"), &json!("init")));
        assert_eq!((&first["mode"], &first["session_id"]), (&json!("plan"), &json!(SESSION)));
        assert_eq!(lines.last().unwrap()["type"], "result");
        for line in &lines[1..lines.len() - 1] {
            assert_eq!(line["type"], "event");
            serde_json::from_value::<Envelope>(line.clone()).unwrap();
        }
        // A retry is for people at once, a notice is a line already.
        assert_eq!(ran.err, "claw: overloaded (retry 1 of 10 in 0.5 s)\n");
    }
}

#[rustfmt::skip]
#[tokio::test]
async fn endings() {
    use Signal::{Interrupt, Terminate};
    type Row<'a> = (ToolStatus, StopReason, &'a [Signal], u8, &'a str, &'a str);
    let failed = || StopReason::Failed { error: "no key".into() };
    let table: Vec<Row<'_>> = vec![
        // edit             the turn's end               signals       code subtype                    stop
        (ToolStatus::Done,   StopReason::EndTurn,          &[],          0, "success",                 "end_turn"),
        (ToolStatus::Denied, StopReason::EndTurn,          &[],          3, "error_permission_needed", "permission_needed"),
        (ToolStatus::Done,   StopReason::PermissionNeeded, &[],          3, "error_permission_needed", "permission_needed"),
        (ToolStatus::Done,   StopReason::TurnLimit,        &[],          4, "error_max_turns",         "turn_limit"),
        (ToolStatus::Denied, StopReason::TurnLimit,        &[],          4, "error_max_turns",         "turn_limit"),
        (ToolStatus::Denied, StopReason::Budget,           &[],          5, "error_max_budget_usd",    "budget"),
        (ToolStatus::Done,   StopReason::Repeated,         &[],          1, "error_during_execution",  "repeated"),
        (ToolStatus::Done,   StopReason::ContextFull,      &[],          1, "error_during_execution",  "context_full"),
        (ToolStatus::Done,   failed(),                     &[],          1, "error_during_execution",  "failed"),
        (ToolStatus::Done,   StopReason::MaxTokens,        &[],          1, "error_during_execution",  "max_tokens"),
        (ToolStatus::Done,   StopReason::Refusal,          &[],          1, "error_during_execution",  "refusal"),
        (ToolStatus::Done,   StopReason::Cancelled,        &[Interrupt], 130, "error_interrupted",     "cancelled"),
        (ToolStatus::Done,   StopReason::Cancelled,        &[Terminate], 143, "error_interrupted",     "cancelled"),
        (ToolStatus::Done,   StopReason::EndTurn,          &[Interrupt], 0, "success",                 "end_turn"),
        (ToolStatus::Done,   StopReason::Interrupted,      &[],          130, "error_interrupted",     "cancelled"),
    ];
    for (edit, end, signals, code, subtype, stop) in table {
        let what = format!("{edit:?} {end:?} {signals:?}");
        let ran = ran(story(edit, end), Format::Json, false, signals).await;
        let got: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(ran.code, code, "{what}");
        assert_eq!((&got["subtype"], &got["stop"]), (&json!(subtype), &json!(stop)), "{what}");
        assert_eq!(got["is_error"], code != 0, "{what}");
        assert_eq!(got["error"].is_string(), code != 0, "{what}");
        let denied = usize::from(edit == ToolStatus::Denied);
        assert_eq!(got["permission_denials"].as_array().unwrap().len(), denied, "{what}");
        assert_eq!(ran.cancels, signals.len(), "{what}");
    }
}

/// Scripts go by them: the help and the README say each.
#[test]
fn every_exit_code_is_written_down() {
    use Signal::{Interrupt, Terminate};
    let readme = include_str!("../../README.md");
    let (_, table) = readme.split_once("| exit code | meaning |").unwrap();
    let rows = table.lines().skip(1).map_while(|row| row.strip_prefix('|'));
    let codes: Vec<_> =
        rows.filter_map(|row| row.split('|').next()).flat_map(|cell| cell.split(',')).collect();
    let endings = [
        Ending::Done,
        Ending::Failed,
        Ending::PermissionNeeded,
        Ending::Limit,
        Ending::Budget,
        Ending::Stopped(Interrupt),
        Ending::Stopped(Terminate),
    ];
    for ending in endings {
        let code = ending.code().to_string();
        assert!(codes.iter().any(|it| it.trim() == code), "{ending:?} {code}: {codes:?}");
    }
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let ran = ran(vec![], Format::Text, false, &[Signal::Interrupt, Signal::Terminate]).await;
    assert_eq!((ran.code, ran.cancels, ran.out.as_str()), (143, 1, ""));
}

#[tokio::test]
async fn a_permission_that_a_sub_agent_was_refused_counts() {
    let mut report = Report::new(SESSION.into());
    let outcome = PermissionOutcome::Deny { message: None };
    let event = Event::PermissionResolved { request: "r".into(), outcome };
    report.observe(&Envelope { session: "s2".into(), seq: 1, at: Millis(1), event }, &state());
    let (turn, stop, usage) = ("t1".into(), StopReason::EndTurn, Usage::default());
    let event = Event::TurnFinished { turn, stop, usage };
    report.observe(&Envelope { session: SESSION.into(), seq: 2, at: Millis(2), event }, &state());
    assert_eq!(report.ending(), Ending::PermissionNeeded);
}

#[test]
fn a_cost_is_known_where_every_price_is() {
    let cost = |models: &[&str]| {
        let mut report = Report::new(SESSION.into());
        for (seq, model) in (2..).zip(models) {
            let usage = Usage { input: 1_000_000, ..Usage::default() };
            let (id, model, stop) = ("m".into(), (*model).into(), StopReason::EndTurn);
            let message = Arc::new(Message { id, model, content: vec![], stop, usage });
            let event = Event::MessageFinished { message };
            let envelope = Envelope { session: SESSION.into(), seq, at: Millis(seq), event };
            report.observe(&envelope, &state());
        }
        serde_json::to_value(report.wire()).unwrap()["total_cost_usd"].clone()
    };
    let once = cost(&["claude-sonnet-5-5"]).as_f64().unwrap();
    assert!(once > 0.0);
    assert_eq!(cost(&["claude-sonnet-5-5", "claude-sonnet-5-5"]), json!(2.0 * once));
    assert_eq!(cost(&["claude-sonnet-5-5", "demo"]), Value::Null);
}

#[test]
fn results_stand_in_the_order_of_their_calls() {
    let mut report = Report::new(SESSION.into());
    let asked = |id: &str| {
        Content::ToolUse(ToolUse { id: id.into(), name: "read".into(), input: Value::Null })
    };
    let message = Arc::new(Message {
        id: "m".into(),
        model: "m".into(),
        content: vec![asked("b"), asked("a")],
        stop: StopReason::ToolUse,
        usage: Usage::default(),
    });
    let outcome = || Arc::new(ToolOutcome::new(ToolStatus::Done, ""));
    let ended = |call: &str| Event::ToolCallFinished {
        call: call.into(),
        outcome: outcome(),
        changes: vec![],
    };
    for event in [Event::MessageFinished { message }, ended("x"), ended("a"), ended("b")] {
        let envelope = Envelope { session: SESSION.into(), seq: 2, at: Millis(2), event };
        report.observe(&envelope, &state());
    }
    let wire = serde_json::to_value(report.wire()).unwrap();
    let ids: Vec<_> = wire["tool_results"].as_array().unwrap().iter().map(|r| &r["id"]).collect();
    assert_eq!(ids, ["b", "a", "x"]);
}

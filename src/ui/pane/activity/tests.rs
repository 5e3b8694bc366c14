//! The activity pane: its pictures, its cursor, its keys.

use std::sync::Arc;
use std::time::Duration;

use super::rows::MOST;
use super::*;
use crate::protocol::{Event, Op, ToolCall, ToolOutcome, ToolStatus};
use crate::ui::pane::tests::{area, asks, change, edit, golden, happened, run, session, view};

fn start(state: &mut State, pane: &mut ActivityPane, at: u64, call: ToolCall) {
    happened(state, pane, at, Event::ToolCallStarted { call: Arc::new(call) });
}

fn end(
    state: &mut State,
    pane: &mut ActivityPane,
    id: &str,
    status: ToolStatus,
    summary: &str,
    text: &str,
) {
    let mut outcome = ToolOutcome::new(status, text);
    (outcome.summary, outcome.took) = (summary.into(), Duration::from_millis(840));
    let (call, outcome) = (id.into(), Arc::new(outcome));
    happened(state, pane, 9_000, Event::ToolCallFinished { call, outcome, changes: vec![] });
}

/// Three calls that ended, one that runs since 10,000 ms, one that waits for the user.
fn busy() -> (ActivityPane, State) {
    let (mut pane, mut state) = (ActivityPane::default(), session());
    start(&mut state, &mut pane, 1_000, run("c1", "cargo fmt --check"));
    end(
        &mut state,
        &mut pane,
        "c1",
        ToolStatus::Failed,
        "exit 1",
        "Diff in a.rs\n-a\n+\u{1b}[31mb",
    );
    start(&mut state, &mut pane, 2_000, edit("c2", change("/w/src/net/client.rs", &[])));
    end(&mut state, &mut pane, "c2", ToolStatus::Done, "+9 -2", "");
    start(&mut state, &mut pane, 3_000, run("c3", "rm -rf /"));
    end(&mut state, &mut pane, "c3", ToolStatus::Denied, "", "denied");
    start(&mut state, &mut pane, 10_000, run("c4", "cargo test -p net retry -- --nocapture"));
    let progress = Event::ToolCallProgress {
        call: "c4".into(),
        tail: "test a ... ok\ntest b ... ok\n".into(),
        bytes: 3_149_000,
    };
    happened(&mut state, &mut pane, 11_000, progress);
    asks(&mut state, &mut pane, 12_000, run("c5", "git push"), None, false);
    (pane, state)
}

#[test]
fn looks() {
    let (mut pane, state) = busy();
    golden("activity", &view(&mut pane, &state, 22_000, area(46, 12)));
    let _ = pane.act(Action::Open, &state);
    let _ = pane.act(Action::Bottom, &state);
    let _ = pane.act(Action::Toggle, &state);
    golden("activity_unfolded", &view(&mut pane, &state, 22_000, area(46, 12)));
    let _ = pane.act(Action::Down, &state);
    let _ = pane.act(Action::Down, &state);
    golden("activity_small", &view(&mut pane, &state, 22_000, area(30, 3)));
    let (mut pane, mut state) = busy();
    stopped(&mut state, &mut pane);
    golden("activity_plan", &view(&mut pane, &state, 22_000, area(46, 14)));
    let _ = pane.act(Action::NextFailed, &state);
    let _ = pane.act(Action::OpenLog, &state);
    golden("activity_log", &view(&mut pane, &state, 22_000, area(46, 4)));
    let (mut pane, state) = (ActivityPane::default(), session());
    golden("activity_empty", &view(&mut pane, &state, 0, area(46, 2)));
}

/// The calls that ran are stopped, and there is a plan.
fn stopped(state: &mut State, pane: &mut ActivityPane) {
    for id in ["c4", "c5"] {
        end(state, pane, id, ToolStatus::Cancelled, "", "stopped");
    }
    let step = |text: &str, state| PlanStep { text: text.into(), state };
    let steps = vec![
        step("read the client", StepState::Completed),
        step("exponential\u{1b} delay", StepState::Completed),
        step("tests", StepState::InProgress),
        step("Retry-After header", StepState::Pending),
    ];
    happened(state, pane, 13_000, Event::PlanChanged { steps });
    state.pending.clear();
}

fn stops(call: &str) -> Effect {
    Effect::Send("s1".into(), Op::StopCall { call: call.into() })
}

#[test]
fn one_press_stops_one_call_and_two_stop_all() {
    let (mut pane, mut state) = busy();
    assert_eq!(pane.act(Action::Stop, &state), [stops("c4")]);
    let _ = pane.act(Action::Bottom, &state);
    assert_eq!(pane.act(Action::Stop, &state), [], "what has ended does not stop");
    assert_eq!(pane.act(Action::StopAll, &state), []);
    assert!(view(&mut pane, &state, 0, area(46, 12)).contains("[once more: stop all 2]"));
    let _ = pane.act(Action::Up, &state);
    assert_eq!(pane.act(Action::StopAll, &state), [], "another key is no second press");
    assert_eq!(pane.act(Action::StopAll, &state), [stops("c4"), stops("c5")]);
    stopped(&mut state, &mut pane);
    assert_eq!(pane.act(Action::StopAll, &state), []);
    assert_eq!(pane.act(Action::StopAll, &state), [], "nothing runs");
}

#[test]
fn the_failed_ones_are_walked_and_their_logs_are_whole() {
    let (mut pane, mut state) = busy();
    let named =
        |pane: &ActivityPane, state: &State| pane.place(state).unwrap().2.call.id.to_string();
    let mut walk = Vec::new();
    for action in [Action::NextFailed, Action::NextFailed, Action::NextFailed] {
        let _ = pane.act(action, &state);
        walk.push(named(&pane, &state));
    }
    let _ = pane.act(Action::PreviousFailed, &state);
    walk.push(named(&pane, &state));
    let _ = pane.act(Action::PreviousFailed, &state);
    walk.push(named(&pane, &state));
    assert_eq!(walk, ["c3", "c1", "c1", "c3", "c3"]);

    let long: Vec<String> = (1..=5_000).map(|n| n.to_string()).collect();
    start(&mut state, &mut pane, 30_000, run("c6", "seq 5000"));
    let _ = pane.act(Action::Top, &state);
    let _ = pane.act(Action::Down, &state);
    let _ = pane.act(Action::Down, &state);
    let _ = pane.act(Action::Bottom, &state);
    pane.cursor = Some(("c6".into(), 0));
    let _ = pane.act(Action::OpenLog, &state);
    assert!(view(&mut pane, &state, 0, area(40, 5)).contains("no output"));
    end(&mut state, &mut pane, "c6", ToolStatus::Done, "", &long.join("\n"));
    let shown = view(&mut pane, &state, 0, area(40, 5));
    assert!(shown.contains("[Run seq 5000] [4996-5000 of 5000]"), "{shown}");
    let _ = pane.act(Action::Top, &state);
    let _ = pane.act(Action::PageDown, &state);
    let shown = view(&mut pane, &state, 0, area(40, 5));
    assert!(shown.contains("[6-10 of 5000]") && shown.contains("| 6 "), "{shown}");
    let copied = format!("Run seq 5000\n{}", long.join("\n"));
    assert_eq!(pane.act(Action::CopyLog, &state), [Effect::Copy(copied)]);
    let _ = pane.act(Action::OpenLog, &state);
    assert!(pane.log.is_none());
}

#[test]
fn what_prints_too_much_says_that_only_its_tail_is_shown() {
    let (mut pane, state) = busy();
    assert!(view(&mut pane, &state, 11_000, area(46, 12)).contains("3.1 MB out · showing tail"));
    assert!(!view(&mut pane, &state, 22_000, area(46, 12)).contains("showing tail"));
}

#[test]
fn the_cursor_stays_with_its_call() {
    let (mut pane, mut state) = busy();
    let named =
        |pane: &ActivityPane, state: &State| pane.place(state).unwrap().2.call.id.to_string();
    assert_eq!(named(&pane, &state), "c4");
    let mut walk = Vec::new();
    for _ in 0..6 {
        let _ = pane.act(Action::Down, &state);
        walk.push(named(&pane, &state));
    }
    assert_eq!(walk, ["c5", "c3", "c2", "c1", "c1", "c1"]);
    let _ = pane.act(Action::Up, &state);
    assert_eq!(named(&pane, &state), "c2");
    start(&mut state, &mut pane, 30_000, run("c6", "ls"));
    assert_eq!(named(&pane, &state), "c2");
    let _ = pane.act(Action::Top, &state);
    let _ = pane.act(Action::NextSection, &state);
    assert_eq!(named(&pane, &state), "c5");
}

#[test]
fn an_unfolded_text_is_bounded_and_the_cursor_goes_through_it() {
    let (mut pane, mut state) = (ActivityPane::default(), session());
    start(&mut state, &mut pane, 0, run("c1", "yes"));
    let long: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
    let long = long.join("\n");
    end(&mut state, &mut pane, "c1", ToolStatus::Done, "", &long);
    let _ = pane.act(Action::Open, &state);
    let shown = view(&mut pane, &state, 0, area(40, 10));
    assert!(shown.contains("│ 0 "), "{shown}");
    let _ = pane.act(Action::Bottom, &state);
    let shown = view(&mut pane, &state, 0, area(40, 10));
    assert!(shown.contains("│ 99999 "), "{shown}");
    let (_, _, call) = pane.place(&state).unwrap();
    assert!(pane.height(call, &state) <= MOST + 2);
    assert_eq!(pane.act(Action::Copy, &state), [Effect::Copy(long)]);
    let _ = pane.act(Action::Close, &state);
    assert_eq!(pane.height(state.calls().next().unwrap(), &state), 1);
}

#[test]
fn a_click_chooses_and_a_second_one_unfolds() {
    let (mut pane, state) = busy();
    let _ = view(&mut pane, &state, 0, area(46, 12));
    let at = Position { x: 3, y: 6 };
    let _ = pane.click(at, area(46, 12), &state);
    assert_eq!(pane.place(&state).unwrap().2.call.id, "c3".into());
    assert!(pane.unfolded.is_empty());
    let _ = pane.click(at, area(46, 12), &state);
    assert_eq!(pane.unfolded.len(), 1);
}

#[test]
fn no_size_is_too_small() {
    for width in (0..60).step_by(3) {
        for height in 0..12 {
            let (mut pane, state) = busy();
            for action in
                [Action::Open, Action::Bottom, Action::Open, Action::PageDown, Action::HalfPageUp]
            {
                let _ = pane.act(action, &state);
                let _ = view(&mut pane, &state, 22_000, area(width, height));
            }
        }
    }
}

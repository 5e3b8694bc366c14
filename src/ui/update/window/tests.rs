//! What fills the window, as it is seen and as it is changed.

use std::sync::Arc;

use super::*;
use crate::protocol::{Group, Window, WindowPart};
use crate::ui::effect::Effect;
use crate::ui::tests::{Stage, golden, text};

fn part(
    group: Group,
    title: &str,
    source: &str,
    tokens: u64,
    name: Option<ContextPart>,
) -> WindowPart {
    let (title, source) = (title.to_owned(), source.to_owned());
    WindowPart { group, title, source, tokens, part: name, state: PartState::Kept }
}

fn note(path: &str) -> ContextPart {
    ContextPart::Note { path: path.into() }
}

/// A session in the middle of its work, as the engine counts it.
pub(in crate::ui) fn window() -> Window {
    let result = |id: &str| Some(ContextPart::Result { call: id.into() });
    let turn = |id: &str| Some(ContextPart::Turn { turn: id.into() });
    let own = "/home/u/.config/claw/AGENTS.md";
    let (project, nested) = ("/home/u/src/api/AGENTS.md", "/home/u/src/api/src/net/AGENTS.md");
    let (said, results) = (Group::Messages, Group::Results);
    let dropped = WindowPart {
        state: PartState::Dropped,
        ..part(results, "Read Cargo.lock", "turn 1, read", 9_800, result("c2"))
    };
    let parts = vec![
        part(Group::System, "Instructions", "claw", 812, None),
        part(Group::System, "Environment", "this machine", 240, None),
        part(Group::Tools, "bash", "built in", 1_450, None),
        part(Group::Tools, "read", "built in", 610, None),
        part(Group::Memory, "AGENTS.md (yours)", own, 96, Some(note(own))),
        part(Group::Notes, "AGENTS.md (of the project)", project, 2_300, Some(note(project))),
        part(said, "make the retry wait longer", "turn 1, you", 14, turn("t1")),
        part(results, "Read src/net/retry.rs", "turn 1, read", 6_240, result("c1")),
        dropped,
        part(Group::Notes, nested, "turn 1, notes for a file", 410, Some(note(nested))),
        part(said, "I made it wait 2 s.", "turn 1, sonnet-4.5", 380, turn("t1")),
    ];
    let (unread, outside, targets) = (vec![], vec![], vec![]);
    Window {
        size: 200_000,
        reserved: 32_000,
        measured: Some(12_100),
        off: Some(-4),
        parts,
        unread,
        outside,
        targets,
    }
}

fn opened(size: (u16, u16)) -> Stage {
    let mut stage = Stage::new(size);
    stage.turn("make the retry wait longer");
    let sent = stage.keys(&["Ctrl+X", "w"]);
    assert!(matches!(sent.as_slice(), [Effect::Send(_, Op::TellContext)]), "{sent:?}");
    stage.event(Event::ContextTold { window: Arc::new(window()) });
    let _ = stage.drawn();
    stage
}

fn sent(stage: &mut Stage, keys: &[&str]) -> Vec<Op> {
    let mut ops = Vec::new();
    for key in keys {
        ops.extend(stage.keys(&[key]).into_iter().filter_map(|effect| match effect {
            Effect::Send(_, op) => Some(op),
            _ => None,
        }));
        let _ = stage.drawn();
    }
    ops
}

#[test]
fn parts_are_taken_out_and_held() {
    use PartState::{Dropped, Kept, Pinned};
    let set = |part: ContextPart, state| vec![Op::SetContext { part, state }, Op::TellContext];
    let result = |id: &str| ContextPart::Result { call: id.into() };
    let turn = ContextPart::Turn { turn: "t1".into() };
    let project = note("/home/u/src/api/AGENTS.md");
    // System, Tools, Notes, Memory, Messages, Tool results, free, kept.
    let table: [(&[&str], Vec<Op>); 8] = [
        (&["d"], vec![]),
        (&["Enter", "j", "d"], vec![]),
        (&["j", "j", "Enter", "j", "d"], set(project, Dropped)),
        (&["j", "j", "Enter", "j", "p"], vec![]),
        (&["j", "j", "j", "j", "Enter", "j", "p"], set(turn, Pinned)),
        (&["j", "j", "j", "j", "Enter", "j", "d"], vec![]),
        (&["G", "k", "k", "Enter", "j", "p"], set(result("c1"), Pinned)),
        (&["G", "k", "k", "Enter", "j", "j", "d"], set(result("c2"), Kept)),
    ];
    for (keys, expected) in table {
        let mut stage = opened((120, 40));
        assert_eq!(sent(&mut stage, keys), expected, "{keys:?}");
    }
}

#[test]
fn kinds_fold() {
    let mut stage = opened((120, 40));
    let seen = |stage: &mut Stage| text(&stage.drawn().0).contains("Environment");
    assert!(!seen(&mut stage));
    for (key, open) in [("Enter", true), ("Enter", false), ("l", true), ("j", true), ("h", false)] {
        let _ = stage.keys(&[key]);
        assert_eq!(seen(&mut stage), open, "{key}");
    }
}

#[test]
fn while_it_is_looked_at_it_is_counted_anew() {
    let stage = opened((120, 40));
    let (call, changes) = ("c1".into(), vec![]);
    let outcome = crate::protocol::ToolOutcome::new(crate::protocol::ToolStatus::Done, "ok");
    let finished = Event::ToolCallFinished { call, outcome: Arc::new(outcome), changes };
    assert_eq!(told(&stage.model, &finished).len(), 1);
    assert_eq!(told(&Stage::new((80, 24)).model, &finished), []);
}

#[test]
fn golden_context() {
    for size in [(120, 40), (80, 24)] {
        let mut stage = opened(size);
        let _ = sent(&mut stage, &["j", "j", "Enter", "G", "k", "k", "Enter", "j", "j"]);
        golden(&format!("context-{}x{}", size.0, size.1), &mut stage);
    }
}

//! Going back and forward, with keys.

use std::sync::Arc;

use crate::protocol::{
    Author, ChangeKind, Content, Event, FileChange, Held, KeptFile, Op, Rewind, RewindFile,
    StopReason, Usage,
};
use crate::ui::effect::Effect;
use crate::ui::keymap::Context;
use crate::ui::model::Focus;
use crate::ui::pane::tests::change;
use crate::ui::tests::{Stage, golden, text};

const ROOT: &str = "/home/u/src/api";

fn kept(name: &str) -> KeptFile {
    let hash = |n: u8| Held::File { hash: format!("{n:064}"), mode: None };
    KeptFile { path: format!("{ROOT}/{name}").into(), before: hash(1), after: hash(2) }
}

fn turn(stage: &mut Stage, id: &str, prompt: &str, files: &[&str]) {
    let prompt = vec![Content::text(prompt)];
    stage.event(Event::TurnStarted { turn: id.into(), prompt });
    let call = crate::ui::pane::tests::run(&format!("call-{id}"), "cargo fmt");
    stage.event(Event::ToolCallStarted { call: call.into() });
    let files = files.iter().map(|name| kept(name)).collect();
    stage.event(Event::FilesKept { call: format!("call-{id}").as_str().into(), files });
    let outcome = crate::protocol::ToolOutcome::new(crate::protocol::ToolStatus::Done, "").into();
    let call = format!("call-{id}").as_str().into();
    stage.event(Event::ToolCallFinished { call, outcome, changes: vec![] });
    let (stop, usage) = (StopReason::EndTurn, Usage::default());
    stage.event(Event::TurnFinished { turn: id.into(), stop, usage });
    stage.wait(4_000);
}

/// Three turns; what going back to before the second would do is known.
pub(crate) fn three_turns(stage: &mut Stage) {
    turn(stage, "t1", "make the retry delay exponential and add a test", &["src/net/client.rs"]);
    let files = ["src/net/client.rs", "src/net/mod.rs", "src/old.rs", "notes.md", "big.bin"];
    turn(stage, "t2", "format everything, then drop the old module\nand say what changed", &files);
    turn(stage, "t3", "and the release notes?", &[]);
}

pub(crate) fn tried(stage: &mut Stage, to: &str) {
    let hunks: &[(usize, usize, &[&str])] = &[
        (41, 41, &[" for attempt in 0..MAX {", "-    sleep(d + jitter(d)).await;"]),
        (88, 86, &["+    #[test]", "+    fn caps_at_six() {", " }"]),
    ];
    let file = |change: FileChange| RewindFile { change, refused: None, forcible: false };
    let mut back = change(&format!("{ROOT}/src/old.rs"), &[(0, 1, &["+//! Old."])]);
    back.kind = ChangeKind::Added;
    let mine = change(&format!("{ROOT}/notes.md"), &[(1, 1, &["-mine", "+the model's"])]);
    let refused = Some("it was changed since, not by this session".to_owned());
    let large = FileChange::new(format!("{ROOT}/big.bin"), ChangeKind::Modified, Author::User);
    let why = Some("its content was not kept: it is too large (9.4 MB)".to_owned());
    let files = vec![
        RewindFile { change: large, refused: why, forcible: false },
        RewindFile { change: mine, refused, forcible: true },
        file(change(&format!("{ROOT}/src/net/client.rs"), hunks)),
        file(back),
    ];
    stage.event(Event::RewindTried { to: to.into(), files: Arc::new(files) });
}

pub(crate) fn listed(stage: &mut Stage) {
    three_turns(stage);
    let _ = stage.keys(&["Ctrl+X", "B", "j"]);
    tried(stage, "t2");
    stage.wait(180_000);
    stage.drawn();
}

fn ops(effects: Vec<Effect>) -> Vec<Op> {
    let op = |effect| match effect {
        Effect::Send(_, op) => Some(op),
        _ => None,
    };
    effects.into_iter().filter_map(op).collect()
}

fn try_rewind(to: &str) -> Op {
    Op::TryRewind { to: to.into() }
}

fn rewind(what: Rewind, force: &[&str]) -> Op {
    let force = force.iter().map(|name| format!("{ROOT}/{name}").into()).collect();
    Op::Rewind { to: "t2".into(), what, force }
}

#[test]
fn golden_lists_and_previews() {
    for (size, name) in [((120, 40), "120x40"), ((80, 24), "80x24")] {
        let mut stage = Stage::new(size);
        listed(&mut stage);
        golden(&format!("rewind-list-{name}"), &mut stage);
        let _ = stage.keys(&["Enter", "j", "Space"]);
        golden(&format!("rewind-to-{name}"), &mut stage);
    }
}

#[test]
fn twice_esc_on_an_empty_composer_lists_the_turns_and_asks_for_each() {
    let mut stage = Stage::new((120, 40));
    assert_eq!(ops(stage.keys(&["Esc", "Esc"])), []);
    assert!(stage.model.layers.is_empty(), "there is no turn yet");
    three_turns(&mut stage);
    assert_eq!(ops(stage.keys(&["Esc"])), []);
    stage.wait(900);
    assert_eq!(ops(stage.keys(&["Esc"])), [], "too late");
    assert_eq!(ops(stage.keys(&["Esc", "Esc"])), [try_rewind("t3")]);
    assert_eq!(stage.model.context(), Context::Rewind);
    assert!(text(&stage.drawn().0).contains("looking at the files"));
    assert_eq!(ops(stage.keys(&["j"])), [try_rewind("t2")]);
    assert_eq!(ops(stage.keys(&["k", "k"])), [try_rewind("t3")]);
    let _ = stage.keys(&["Esc"]);
    assert_eq!(stage.model.context(), Context::Message);
    stage.write("draft");
    let _ = stage.keys(&["Esc", "Esc"]);
    assert!(stage.model.layers.is_empty(), "a draft is cleared, as before");
}

#[test]
fn what_goes_back_is_chosen_and_what_is_refused_is_forced_file_by_file() {
    let table: [(&[&str], Vec<Op>); 7] = [
        (&["Enter"], vec![rewind(Rewind::Both, &[])]),
        (&["c"], vec![rewind(Rewind::Conversation, &[])]),
        (&["f"], vec![rewind(Rewind::Files, &[])]),
        (&["j", "Space", "f"], vec![rewind(Rewind::Files, &["notes.md"])]),
        (&["j", "Space", "c"], vec![rewind(Rewind::Conversation, &[])]),
        (&["j", "Space", "Space", "f"], vec![rewind(Rewind::Files, &[])]),
        // What was not kept cannot be forced.
        (&["Space", "Enter"], vec![rewind(Rewind::Both, &[])]),
    ];
    for (keys, expected) in table {
        let mut stage = Stage::new((120, 40));
        listed(&mut stage);
        let _ = stage.keys(&["Enter"]);
        assert_eq!(ops(stage.keys(keys)), expected, "{keys:?}");
        assert!(stage.model.layers.is_empty());
    }
    let mut stage = Stage::new((120, 40));
    listed(&mut stage);
    assert_eq!(ops(stage.keys(&["Enter", "Esc", "Esc"])), []);
    assert!(stage.model.layers.is_empty());
}

#[test]
fn the_prompt_comes_back_as_the_draft_and_goes_with_the_redo() {
    let mut stage = Stage::new((120, 40));
    three_turns(&mut stage);
    let before = stage.model.session.clone();
    stage.drawn();
    let undo = Op::Rewind { to: "t3".into(), what: Rewind::Both, force: vec![] };
    assert_eq!(ops(stage.keys(&["Ctrl+X", "u"])), [undo]);
    assert_eq!(ops(stage.keys(&["Ctrl+X", "R"])), [], "there is none yet");
    let rewound = Event::Rewound { to: "t2".into(), what: Rewind::Both, files: vec![kept("a")] };
    stage.event(rewound);
    let seen = text(&stage.drawn().0);
    assert!(seen.contains("back before turn 2 · 1 file: Ctrl+X R takes it back"), "{seen}");
    assert!(!seen.contains("release notes"), "{seen}");
    let draft = "format everything, then drop the old module\nand say what changed";
    assert_eq!(stage.model.composer.text(), draft);
    assert_eq!(stage.model.focus, Focus::Message);

    assert_eq!(ops(stage.keys(&["Ctrl+X", "R"])), [Op::Redo]);
    stage.event(Event::Redone { files: vec![kept("a")] });
    assert_eq!(stage.model.composer.text(), "");
    assert_eq!(stage.model.session.entries, before.entries);
    assert!(text(&stage.drawn().0).contains("release notes"));

    // A draft that was changed since stays.
    stage.event(Event::Rewound { to: "t3".into(), what: Rewind::Conversation, files: vec![] });
    stage.write("!");
    stage.event(Event::Redone { files: vec![] });
    assert_eq!(stage.model.composer.text(), "and the release notes?!");
}

#[test]
fn the_command_takes_a_turn_and_what_goes_back() {
    let table = [
        ("/rewind", vec![try_rewind("t3")]),
        ("/rewind 2", vec![try_rewind("t2")]),
        ("/rewind #2 files", vec![rewind(Rewind::Files, &[])]),
        ("/rewind 2 both", vec![rewind(Rewind::Both, &[])]),
        ("/rewind 9", vec![]),
        ("/rewind 2 all", vec![]),
    ];
    for (line, expected) in table {
        let mut stage = Stage::new((120, 40));
        three_turns(&mut stage);
        stage.write(line);
        // Enter takes what is offered, then runs it.
        let _ = stage.keys(&["Esc"]);
        stage.model.focus = Focus::Message;
        assert_eq!(ops(stage.keys(&["Enter"])), expected, "{line}");
    }
    let mut stage = Stage::new((120, 40));
    three_turns(&mut stage);
    stage.turn("more");
    assert_eq!(ops(stage.keys(&["Ctrl+X", "B"])), []);
    assert!(stage.model.layers.is_empty(), "not while a turn runs");
}

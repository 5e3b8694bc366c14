//! The composer, by keys and by what comes back to it.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::protocol::{
    Content, Event, Image, Mode as Asks, Op, Preview, QueueItem, StopReason, ToolCall, ToolOutcome,
    ToolStatus, Usage,
};
use crate::session::Draft;
use crate::ui::model::Focus;
use crate::ui::msg::{Clip, Loaded};
use crate::ui::tests::{Stage, golden, is_kept, key};
use crate::ui::update::{Fate, restore, update};

fn stage() -> Stage {
    Stage::new((120, 40))
}

fn draft(stage: &Stage) -> String {
    stage.model.composer.draft()
}

fn said(text: &str) -> Vec<Content> {
    vec![Content::text(text)]
}

/// All effects of a key, also what is written down.
fn pressed(stage: &mut Stage, chord: &str) -> Effects {
    update(&mut stage.model, Msg::Key(key(Chord::parse(chord).unwrap())))
}

fn over(stage: &mut Stage) {
    let (stop, usage) = (StopReason::EndTurn, Usage::default());
    stage.event(Event::TurnFinished { turn: "t1".into(), stop, usage });
}

fn ran(stage: &mut Stage, command: &str, status: ToolStatus) {
    let preview = Preview::Command {
        command: command.to_owned(),
        description: None,
        timeout: Duration::from_mins(2),
    };
    let call = ToolCall {
        id: "c1".into(),
        name: "bash".into(),
        input: serde_json::json!({}),
        verb: "Run".into(),
        title: command.to_owned(),
        kind: ToolKind::Run,
        access: Vec::new(),
        preview: Some(preview),
    };
    stage.event(Event::ToolCallStarted { call: Arc::new(call) });
    let outcome = ToolOutcome { status, ..ToolOutcome::new(status, "") };
    stage.event(Event::ToolCallFinished {
        call: "c1".into(),
        outcome: Arc::new(outcome),
        changes: Vec::new(),
    });
}

#[test]
fn a_draft_is_written_down_soon_and_goes_when_it_is_sent() {
    let mut stage = stage();
    stage.write("abc");
    let at = stage.model.next_tick().unwrap();
    assert_eq!(at.0, stage.model.now.0 + 600);
    let effects = update(&mut stage.model, Msg::Tick(at));
    let [Effect::Keep { draft, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((draft.text.as_str(), draft.caret), ("abc", 3));
    assert_eq!(stage.model.next_tick(), None, "what is written wakes nobody");
    let effects = pressed(&mut stage, "Enter");
    let [Effect::Remember(prompt), Effect::Send(..), Effect::Keep { draft, .. }] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!((prompt.text.as_str(), draft), ("abc", &Draft::default()));
    assert_eq!(stage.model.next_tick(), None);
}

#[test]
fn someone_who_types_on_is_written_down_too() {
    let mut stage = stage();
    let mut kept = 0;
    for _ in 0..20 {
        stage.write("x");
        let now = Millis(stage.model.now.0 + 100);
        kept += update(&mut stage.model, Msg::Tick(now)).iter().filter(|e| is_kept(e)).count();
    }
    assert_eq!(kept, 3, "each 600 ms of two seconds");
}

#[test]
fn what_was_kept_is_there_again_and_is_said() {
    let mut stage = stage();
    let here = stage.model.session.cwd.clone();
    let prompt = |text: &str, cwd: PathBuf| Prompt { at: Millis(1), cwd, text: text.into() };
    let kept = Draft { text: "half a tho".into(), caret: 4, ..Draft::default() };
    let prompts = vec![prompt("elsewhere", "/v".into()), prompt("before", here)];
    restore(&mut stage.model, Some(kept), prompts);
    assert_eq!(draft(&stage), "half a tho");
    assert_eq!(stage.model.composer.editor.place(), 4);
    assert_eq!(stage.model.toasts.texts().collect::<Vec<_>>(), ["your draft is back"]);
    let _ = stage.keys(&["Up"]);
    assert_eq!(draft(&stage), "before");
    let _ = stage.keys(&["Ctrl+R"]);
    stage.write("elsew");
    let _ = stage.keys(&["Enter"]);
    assert_eq!(draft(&stage), "elsewhere");
    let _ = stage.keys(&["Up", "Up"]);
    assert!(stage.model.composer.history().any(|text| text == "half a tho"));
}

#[test]
fn put_aside_and_back() {
    let mut stage = stage();
    stage.write("one");
    let _ = stage.keys(&["Ctrl+S"]);
    assert_eq!((draft(&stage).as_str(), stage.model.composer.is_stashed()), ("", true));
    golden("stash-120x40", &mut stage);
    let _ = stage.keys(&["Ctrl+S"]);
    assert_eq!((draft(&stage).as_str(), stage.model.composer.is_stashed()), ("one", false));
}

#[test]
fn characters_faster_than_fingers_send_nothing() {
    let mut stage = stage();
    stage.write("twenty characters....");
    assert_eq!(stage.keys(&["Enter"]), [], "it came at once, with the text");
    stage.write("more");
    stage.wait(31);
    let text = "twenty characters....\nmore";
    assert_eq!(
        stage.keys(&["Enter"])[..1],
        [Effect::Send("s1".into(), Op::Prompt { content: said(text) })]
    );
    stage.write("typed");
    assert_eq!(stage.keys(&["Enter"]).len(), 1, "a short prompt is no paste");
}

#[test]
fn escape_first_leaves_what_is_selected_and_vims_insert() {
    let mut stage = stage();
    stage.write("one");
    let _ = stage.keys(&["Shift+Left", "Esc"]);
    assert_eq!(stage.model.focus, Focus::Message);
    let _ = stage.keys(&["Ctrl+X", "v", "Esc"]);
    assert_eq!(stage.model.composer.mode(), Some(Mode::Normal));
    stage.turn("x");
    let _ = stage.keys(&["i", "Esc"]);
    assert_eq!(stage.model.ladder.hint(), None, "the turn is not meant");
    let _ = stage.keys(&["Esc"]);
    assert_eq!(stage.model.ladder.hint(), Some("Esc again stops the turn"));
    over(&mut stage);
    let _ = stage.keys(&["Esc"]);
    assert!(matches!(stage.model.focus, Focus::Pane(_)), "as outside of vim");
    let _ = stage.keys(&["i", ":"]);
    assert_eq!(stage.model.context(), Context::Picker);
}

#[test]
fn control_c_copies_what_is_selected() {
    let mut stage = stage();
    stage.write("one two");
    let effects = stage.keys(&["Ctrl+Shift+Left", "Ctrl+C"]);
    assert_eq!(effects, [Effect::Copy("two".into())]);
    assert_eq!(draft(&stage), "one two");
}

#[test]
fn a_running_turn_is_not_quit_by_accident() {
    let mut stage = stage();
    stage.turn("x");
    assert_eq!(stage.keys(&["Ctrl+X", "q"]), []);
    assert_eq!(stage.model.context(), Context::Picker);
    assert_eq!(stage.keys(&["Enter"]), [], "the first row keeps working");
    let effects = stage.keys(&["Ctrl+X", "q", "Down", "Enter"]);
    assert_eq!(effects, [Effect::Send("s1".into(), Op::Cancel), Effect::Quit]);
}

#[test]
fn a_third_control_c_quits_though_the_turn_does_not_end() {
    let mut stage = stage();
    stage.turn("x");
    stage.write("y");
    let cancel = [Effect::Send("s1".into(), Op::Cancel)];
    assert_eq!(stage.keys(&["Ctrl+C"]), cancel);
    assert_eq!(stage.keys(&["Ctrl+C"]), cancel);
    stage.wait(5000);
    assert_eq!(stage.keys(&["Ctrl+C"]), cancel, "five seconds are over");
    assert_eq!(stage.keys(&["Ctrl+C"]), cancel);
    assert_eq!(stage.keys(&["Ctrl+C"]), [Effect::Quit]);
    assert_eq!(draft(&stage), "y");
}

#[test]
fn a_waiting_prompt_is_edited_said_at_once_or_removed() {
    let item = |text: &str| QueueItem { content: said(text), steer: false };
    for (fate, keys) in [
        (Fate::Edit, &["Enter"][..]),
        (Fate::Steer, &["Down", "Enter"]),
        (Fate::Drop, &["Down", "Down", "Enter"]),
    ] {
        let mut stage = stage();
        stage.turn("x");
        stage.queue(&[("a", false), ("b", false)]);
        let _ = stage.keys(&["Ctrl+X", "Q", "Enter"]);
        let effects = stage.keys(keys);
        let asked = Op::Unqueue { item: Some(item("a")) };
        assert_eq!(effects, [Effect::Send("s1".into(), asked)], "{fate:?}");
        let event = Event::QueueChanged { queue: vec![item("b")] };
        let envelope =
            crate::protocol::Envelope { session: "s1".into(), seq: 99, at: Millis(1), event };
        let effects = update(&mut stage.model, Msg::Event(Arc::new(envelope)));
        match fate {
            Fate::Edit => assert_eq!(draft(&stage), "a"),
            Fate::Steer => {
                assert_eq!(effects, [Effect::Send("s1".into(), Op::Steer { content: said("a") })]);
            }
            Fate::Drop => assert!(stage.model.composer.history().any(|text| text == "a")),
        }
        assert!(stage.model.unqueued.is_empty());
    }
}

#[test]
fn a_prompt_that_went_before_it_was_taken_does_not_come() {
    let mut stage = stage();
    stage.turn("x");
    stage.queue(&[("a", true)]);
    let _ = stage.keys(&["Alt+Up"]);
    stage.queue(&[("a", true)]);
    stage.queue(&[]);
    assert!(stage.model.unqueued.is_empty());
}

#[test]
fn a_failed_test_is_offered_again_and_never_sent() {
    let table = [
        ("cargo test -p net", ToolStatus::Failed, "run `cargo test -p net` again"),
        ("cargo test -p net", ToolStatus::Done, ""),
        ("cargo build", ToolStatus::Failed, ""),
    ];
    for (command, status, expected) in table {
        let mut stage = stage();
        stage.turn("x");
        ran(&mut stage, command, status);
        assert_eq!(stage.keys(&["Tab"]), [], "a turn runs");
        assert_eq!(draft(&stage), "");
        over(&mut stage);
        if !expected.is_empty() {
            golden("ghost-120x40", &mut stage);
        }
        assert_eq!(stage.keys(&["Tab"]), []);
        assert_eq!(draft(&stage), expected, "{command} {status:?}");
    }
}

#[test]
fn pictures_come_from_the_clipboard_and_from_paths() {
    let mut stage = stage();
    assert_eq!(stage.keys(&["Ctrl+V"]), [Effect::PasteClipboard]);
    let image = Image { media_type: "image/png".into(), data: "AAAA".into() };
    let clip = Clip::Image { image: image.clone(), size: (1280, 720), path: None };
    let _ = update(&mut stage.model, Msg::Loaded(Loaded::Pasted(clip)));
    let pasted = "'/a/b c.PNG'".to_owned();
    let effects = update(&mut stage.model, Msg::Paste(pasted.clone()));
    assert_eq!(effects, [Effect::LoadImage { path: "/a/b c.PNG".into(), pasted: pasted.clone() }]);
    let clip = Clip::Image { image, size: (8, 8), path: Some(pasted) };
    let _ = update(&mut stage.model, Msg::Loaded(Loaded::Pasted(clip)));
    assert_eq!(draft(&stage), "[image 1280x720 #1][image 8x8 #2]");
    for text in ["/a/b.txt", "see /a.png\nand", "png"] {
        assert_eq!(update(&mut stage.model, Msg::Paste(text.into())), [], "{text}");
    }
    let nothing = Clip::Nothing("no clipboard".into());
    let _ = update(&mut stage.model, Msg::Loaded(Loaded::Pasted(nothing)));
    assert_eq!(stage.model.toasts.texts().last(), Some("no clipboard"));
}

#[test]
fn the_users_editor_gives_the_draft_back() {
    let mut stage = stage();
    stage.write("one");
    let effects = stage.keys(&["Ctrl+G"]);
    let [Effect::EditText { key, text, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(text, "one");
    let done = |key: &str, text: Option<&str>| {
        Msg::Loaded(Loaded::TextEdited { key: key.into(), text: text.map(Into::into) })
    };
    for (key, text, expected) in [
        (key.as_str(), None, "one"),
        ("other", Some("x"), "one"),
        (key, Some("one\ntwo\n"), "one\ntwo"),
    ] {
        let _ = update(&mut stage.model, done(key, text));
        assert_eq!(draft(&stage), expected);
    }
    let _ = stage.keys(&["Ctrl+-"]);
    assert_eq!(draft(&stage), "one");
}

#[test]
fn how_the_composer_looks() {
    let mut pasted = stage();
    pasted.model.setting.price = |_, _| Some(0.04);
    pasted.write("see ");
    let _ = update(&mut pasted.model, Msg::Paste("line\n".repeat(214)));
    pasted.write(" and ");
    let image = Image { media_type: "image/png".into(), data: "AAAA".into() };
    let clip = Clip::Image { image, size: (1280, 720), path: None };
    let _ = update(&mut pasted.model, Msg::Loaded(Loaded::Pasted(clip)));
    golden("paste-120x40", &mut pasted);

    let mut vim = stage();
    let _ = update(&mut vim.model, Msg::Act(Action::ToggleVim));
    vim.wait(60_000);
    vim.write("fix the retry delay");
    golden("vim-insert-120x40", &mut vim);
    let _ = vim.keys(&["Esc", "b"]);
    golden("vim-normal-120x40", &mut vim);
    let _ = vim.keys(&["v", "i", "w"]);
    golden("vim-visual-120x40", &mut vim);
}

#[test]
fn a_price_that_is_not_known_is_not_said() {
    let mut stage = stage();
    stage.write(&"word ".repeat(60));
    let shown = |stage: &mut Stage| crate::ui::tests::text(&stage.drawn().0);
    assert!(!shown(&mut stage).contains("tokens"));
    stage.model.setting.price = |_, usage| Some(usage.input as f64 / 1000.0);
    assert!(shown(&mut stage).contains("~75 tokens, $0.07, context 0 \u{2192} 0%"));
    let _ = stage.keys(&["Shift+Tab"]);
    assert_eq!(stage.model.session.mode, Asks::Default, "the session says the mode");
}

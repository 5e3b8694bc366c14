//! From session to session, by messages.

use std::collections::HashMap;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;

use super::*;
use crate::protocol::{Content, Event, Op, PermissionRequest, QueueItem, TextKind, text_of};
use crate::ui::action::Edit;
use crate::ui::keymap::Chord;
use crate::ui::msg::Msg;
use crate::ui::tests::{Stage, is_kept, key, started};
use crate::ui::update::update;

fn envelope(id: &str, seq: u64, event: Event) -> Arc<Envelope> {
    let at = crate::base::clock::Millis(1_000_000 + seq);
    Arc::new(Envelope { session: id.into(), seq, at, event })
}

fn prompt(text: &str) -> Event {
    Event::TurnStarted { turn: "t".into(), prompt: vec![Content::text(text)] }
}

fn asked(id: &str) -> Event {
    let request = PermissionRequest::new(id.into(), "c".into(), "no rule allows it");
    Event::PermissionRequested { request }
}

fn happened(stage: &mut Stage, id: &str, seq: u64, event: Event) {
    let _ = update(&mut stage.model, Msg::Event(envelope(id, seq, event)));
}

/// A session `s1` that is seen, and `s2` and `s3` that are live.
fn three(size: (u16, u16)) -> Stage {
    let mut stage = Stage::new(size);
    for id in ["s2", "s3"] {
        happened(&mut stage, id, 1, started());
        happened(&mut stage, id, 2, prompt(id));
    }
    stage
}

fn go_to(stage: &mut Stage, id: &str) -> Effects {
    let mut effects =
        update(&mut stage.model, Msg::Chosen(crate::ui::msg::Chosen::Session(id.into())));
    effects.retain(|effect| !is_kept(effect));
    effects
}

fn loaded(stage: &mut Stage, loaded: Loaded) {
    let mut effects = update(&mut stage.model, Msg::Loaded(loaded));
    effects.retain(|effect| !is_kept(effect));
    assert_eq!(effects, []);
}

fn toasts(stage: &Stage) -> String {
    stage.model.toasts.texts().collect::<Vec<_>>().join("; ")
}

#[test]
fn a_live_session_is_gone_to_at_once_and_each_keeps_its_draft_and_places() {
    let mut stage = three((120, 40));
    stage.write("first draft");
    assert_eq!(go_to(&mut stage, "s2"), []);
    assert_eq!(
        (stage.model.session.id.as_str(), stage.model.composer.draft()),
        ("s2", String::new())
    );
    stage.write("second draft");
    assert_eq!(go_to(&mut stage, "s1"), []);
    assert_eq!(stage.model.composer.draft(), "first draft");
    assert_eq!(go_to(&mut stage, "s2"), []);
    assert_eq!(stage.model.composer.draft(), "second draft");
    assert_eq!(stage.model.others.len(), 2);
}

#[test]
fn what_happens_out_of_sight_is_there_when_one_comes_back() {
    let mut stage = three((120, 40));
    stage.drawn();
    let _ = go_to(&mut stage, "s2");
    happened(&mut stage, "s1", 2, prompt("while away"));
    let delta = |start, text: &str| Event::MessageDelta {
        message: "m".into(),
        block: 0,
        kind: TextKind::Text,
        start,
        text: text.to_owned(),
    };
    happened(&mut stage, "s1", 2, delta(0, "said "));
    happened(&mut stage, "s1", 2, delta(5, "meanwhile"));
    let _ = go_to(&mut stage, "s1");
    let screen = crate::ui::tests::text(&stage.drawn().0);
    assert!(screen.contains("while away") && screen.contains("said meanwhile"), "{screen}");
}

#[test]
fn a_queued_prompt_that_was_asked_back_comes_to_the_draft_it_left() {
    let mut stage = three((120, 40));
    stage.turn("go");
    stage.queue(&[("queued", false)]);
    let _ = stage.keys(&["Alt+Up"]);
    let _ = go_to(&mut stage, "s2");
    let seq = stage.model.others[&"s1".into()].seq + 1;
    happened(&mut stage, "s1", seq, Event::QueueChanged { queue: Vec::<QueueItem>::new() });
    assert_eq!(stage.model.composer.draft(), "");
    let _ = go_to(&mut stage, "s1");
    assert_eq!(stage.model.composer.draft(), "queued");
}

#[test]
fn events_that_come_before_the_state_of_their_session_are_not_lost() {
    let mut stage = Stage::new((120, 40));
    assert_eq!(stage.keys(&["Ctrl+X", "n"]), [Effect::Open(1, Start::New)]);
    // The state as it was at 2; 3 happened since and came first, and 2 comes once more.
    let mut then = State::new("s9".into());
    then.apply(&envelope("s9", 1, started()));
    then.apply(&envelope("s9", 2, prompt("one")));
    for (seq, event) in
        [(2, prompt("one")), (3, Event::Steered { content: vec![Content::text("two")] })]
    {
        happened(&mut stage, "s9", seq, event);
    }
    let delta = Event::MessageDelta {
        message: "m".into(),
        block: 0,
        kind: TextKind::Text,
        start: 0,
        text: "late".into(),
    };
    happened(&mut stage, "s9", 1, delta);
    loaded(&mut stage, Loaded::Opened(1, Ok(Box::new(then))));
    let session = &stage.model.session;
    assert_eq!((session.id.as_str(), session.seq, session.entries.len()), ("s9", 3, 2));
    assert!(session.open().is_none(), "a delta of before said nothing new");
}

#[test]
fn of_several_that_are_opened_the_last_one_is_shown_and_none_is_lost() {
    let mut stage = Stage::new((120, 40));
    let _ = stage.keys(&["Ctrl+X", "n", "Ctrl+X", "n"]);
    let opened = |id: &str| {
        let mut then = State::new(id.into());
        then.apply(&envelope(id, 1, started()));
        Ok(Box::new(then))
    };
    loaded(&mut stage, Loaded::Opened(2, opened("s8")));
    loaded(&mut stage, Loaded::Opened(1, opened("s7")));
    assert_eq!(stage.model.session.id.as_str(), "s8");
    assert!(stage.model.others.contains_key(&"s7".into()));
    loaded(&mut stage, Loaded::Opened(2, Err("it is open in another claw".into())));
    assert_eq!(stage.model.session.id.as_str(), "s8");
    assert!(toasts(&stage).contains("another claw"));
}

#[test]
fn a_question_out_of_sight_is_counted_and_gone_to() {
    let mut stage = three((120, 40));
    stage.model.dirty = false;
    happened(&mut stage, "s3", 3, asked("r1"));
    assert!(stage.model.dirty, "the status line says so");
    let screen = crate::ui::tests::text(&stage.drawn().0);
    assert!(screen.contains("! 1 waiting"), "{screen}");
    let _ = stage.keys(&["Ctrl+X", "a"]);
    assert_eq!(stage.model.session.id.as_str(), "s3");
    assert_eq!(stage.model.context(), Context::Permission, "it takes the keys");
}

#[test]
fn the_sidebar_is_shown_where_there_is_room_and_otherwise_while_it_has_the_focus() {
    let table = [
        // columns  at first  after b  after Esc  after b
        (90, false, true, false, true),
        (120, false, true, false, true),
        (170, false, true, true, false),
        (220, true, false, false, true),
    ];
    for (columns, first, toggled, left, again) in table {
        let mut stage = Stage::new((columns, 40));
        let seen = |stage: &mut Stage| {
            stage.model.arrange();
            stage
                .model
                .layout
                .pane(PaneId::Sessions)
                .is_some_and(|_| columns >= 100 || stage.model.front == PaneId::Sessions)
        };
        assert_eq!(seen(&mut stage), first, "{columns}");
        let _ = stage.keys(&["Ctrl+X", "b"]);
        assert_eq!(seen(&mut stage), toggled, "{columns} b");
        let _ = stage.keys(&["Ctrl+X", "Enter"]);
        if columns >= 100 {
            assert_eq!(seen(&mut stage), left, "{columns} left");
        }
        let _ = stage.keys(&["Ctrl+X", "b"]);
        assert_eq!(seen(&mut stage), again, "{columns} b again");
    }
}

#[test]
fn borders_are_dragged_moved_by_keys_and_put_back() {
    let mut stage = Stage::new((200, 60));
    stage.model.arrange();
    let width = |stage: &mut Stage, id| {
        stage.model.arrange();
        stage.model.layout.pane(id).map(|place| place.outer.width)
    };
    let mouse = |stage: &mut Stage, kind, x, y| {
        let event = MouseEvent { kind, column: x, row: y, modifiers: KeyModifiers::NONE };
        update(&mut stage.model, Msg::Mouse(event))
    };
    let left = MouseButton::Left;
    assert_eq!(mouse(&mut stage, MouseEventKind::Down(left), 124, 10), []);
    assert_eq!(mouse(&mut stage, MouseEventKind::Drag(left), 139, 12), []);
    let kept = mouse(&mut stage, MouseEventKind::Up(left), 139, 12);
    let [Effect::Library(Request::Keep(kept))] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!(kept.shares.right, Some(300));
    assert_eq!(width(&mut stage, PaneId::Changes), Some(60));
    assert_eq!(mouse(&mut stage, MouseEventKind::Drag(left), 100, 12), [], "it was let go");
    assert_eq!(width(&mut stage, PaneId::Changes), Some(60));

    let _ = stage.keys(&["Ctrl+X", "0", "+"]);
    assert_eq!(width(&mut stage, PaneId::Sessions), Some(41));
    let _ = stage.keys(&["_", "_"]);
    assert_eq!(width(&mut stage, PaneId::Sessions), Some(31));
    let _ = stage.keys(&["Ctrl+X", "="]);
    assert_eq!(width(&mut stage, PaneId::Sessions), Some(36));
    assert_eq!(width(&mut stage, PaneId::Changes), Some(76));
}

#[test]
fn no_size_closes_a_pane() {
    let mut stage = Stage::new((220, 60));
    stage.model.arrange();
    let panes = stage.model.layout.panes.clone();
    for columns in [150, 90, 30, 170, 220] {
        let _ = update(&mut stage.model, Msg::Resize(columns, 60));
        stage.model.arrange();
    }
    assert_eq!(stage.model.layout.panes, panes);
}

fn overview(id: &str, cwd: &str) -> Overview {
    let mut one = Overview::of(&State::new(id.into()), |_, _| Some(0.0));
    (one.cwd, one.path, one.title) = (cwd.into(), format!("/s/{id}.jsonl").into(), id.to_owned());
    one
}

/// The list, with the focus, over sessions of the project and one of another.
fn listed() -> Stage {
    let mut stage = three((120, 40));
    let _ = stage.keys(&["Ctrl+X", "s"]);
    stage.drawn();
    let cwd = "/home/u/src/api";
    let mut sessions: Vec<_> = ["s1", "s2", "old"].iter().map(|id| overview(id, cwd)).collect();
    sessions.push(overview("else", "/home/u/src/web"));
    loaded(&mut stage, Loaded::Library(Answer::Listed { all: false, sessions }));
    stage.drawn();
    stage
}

fn select(stage: &mut Stage, id: &str) {
    stage.model.panes.sessions.select(&id.into());
    stage.drawn();
}

#[test]
fn the_keys_of_the_list_do_what_they_say() {
    let log = || "/s/old.jsonl".into();
    let table: [(&[&str], Effect); 7] = [
        (&["Enter"], Effect::Open(1, Start::Resume("old".into()))),
        (&["f"], Effect::Open(1, Start::Fork("old".into()))),
        (&["n"], Effect::Open(1, Start::New)),
        (&["p"], Effect::Library(Request::Pin { log: log(), pinned: true })),
        (&["D", "D"], Effect::Library(Request::Delete { session: "old".into(), log: log() })),
        (
            &["r", "Ctrl+U", "x", "Enter"],
            Effect::Library(Request::Rename { log: log(), name: Some("x".into()) }),
        ),
        (&["Space"], Effect::Library(Request::Turns { session: "old".into(), log: log() })),
    ];
    for (keys, effect) in table {
        let mut stage = listed();
        select(&mut stage, "old");
        assert_eq!(stage.keys(keys), [effect], "{keys:?}");
    }
}

#[test]
fn a_session_is_deleted_at_the_second_press_and_comes_back() {
    let mut stage = listed();
    select(&mut stage, "old");
    assert_eq!(stage.keys(&["D", "p", "D"]).len(), 1, "another key between: only the pin");
    assert!(matches!(stage.keys(&["D"])[..], [Effect::Library(Request::Delete { .. })]));
    select(&mut stage, "s1");
    assert_eq!(stage.keys(&["D", "D"]), [], "the one that is seen stays");
    select(&mut stage, "s2");
    assert_eq!(stage.keys(&["D", "D"]), [], "one that works stays");
    let (session, log) = ("old".into(), "/s/old.jsonl".into());
    loaded(&mut stage, Loaded::Library(Answer::Deleted { session, log }));
    let log = "/s/old.jsonl".into();
    assert_eq!(stage.keys(&["u"]), [Effect::Library(Request::Restore { log })]);
    assert_eq!(stage.keys(&["u"]), []);
}

#[test]
fn a_session_of_another_project_stays_there_and_the_way_is_said() {
    let mut stage = listed();
    select(&mut stage, "else");
    assert_eq!(stage.keys(&["Enter"]), []);
    assert_eq!(stage.model.session.id.as_str(), "s1");
    assert!(toasts(&stage).contains("claw --resume else"), "{}", toasts(&stage));
}

#[test]
fn what_is_written_for_the_list_is_no_draft() {
    let mut stage = listed();
    let _ = stage.keys(&["/"]);
    assert_eq!(stage.model.context(), Context::SessionWords);
    stage.write("old f:x q");
    let _ = update(&mut stage.model, Msg::Paste("pasted".into()));
    assert_eq!(stage.model.composer.draft(), "");
    stage.drawn();
    let searched = stage.model.panes.sessions.wanted();
    let found = |effect: &Effect| matches!(effect, Effect::Library(Request::Search { needle, .. }) if needle == "old qpasted");
    assert!(searched.iter().any(found), "{searched:?}");
    let _ = stage.keys(&["Enter"]);
    assert_eq!(stage.model.context(), Context::Sessions);
    let _ = stage.keys(&["/", "Esc", "i"]);
    assert_eq!(stage.model.context(), Context::Message);
}

#[test]
fn what_a_preview_opens_is_the_session() {
    let mut stage = listed();
    select(&mut stage, "s2");
    let _ = stage.keys(&["Space"]);
    assert_eq!(stage.model.context(), Context::Preview);
    let _ = stage.keys(&["Esc"]);
    assert_eq!(stage.model.focus, Focus::Pane(PaneId::Sessions), "as it was before");
    let _ = stage.keys(&["Space", "Enter"]);
    assert_eq!(stage.model.session.id.as_str(), "s2");
}

/// What stands in a session's composer, or stood there and can be had back.
fn written_in(stage: &Stage, id: &SessionId) -> String {
    let composer = if *id == stage.model.session.id {
        &stage.model.composer
    } else {
        let Some(seat) = stage.model.seats.away.get(id) else { return String::new() };
        &seat.composer
    };
    let all = composer.history().chain([composer.text()]);
    all.collect::<Vec<_>>().join("\n").replace(char::is_whitespace, "")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is pressed and clicked: nothing panics, one thing has the focus and is seen, and what
    /// was typed in a session is in its composer, in its history, or was sent to it.
    #[test]
    fn no_session_loses_its_draft(
        steps in proptest::collection::vec((0u16..240, 0u16..220, 0u16..60), 1..200),
        columns in proptest::sample::select(vec![39u16, 80, 120, 170, 220]),
    ) {
        let mut stage = three((columns, 50));
        let rows = stage.model.keymap.bindings().to_vec();
        // What is selected is replaced by what is typed; vim's keys delete.
        let deletes = |action| matches!(
            action,
            Action::Edit(_) | Action::EndOfInput | Action::Select(_) | Action::SelectUp
                | Action::SelectDown | Action::ToggleVim
        );
        let deleting: Vec<_> =
            rows.iter().filter(|row| deletes(row.action)).map(|row| row.chords[0]).collect();
        let safe: Vec<Vec<Chord>> = rows.iter().map(|row| row.chords.clone())
            .filter(|chords| !deleting.contains(&chords[0])).collect();
        let mut words: HashMap<SessionId, Vec<String>> = HashMap::new();
        let mut sent: HashMap<SessionId, String> = HashMap::new();
        for (at, (step, x, y)) in steps.into_iter().enumerate() {
            let id = stage.model.session.id.clone();
            let mut effects = match step {
                0..40 if stage.model.context() == Context::Message => {
                    let word = format!("w{at}w");
                    words.entry(id).or_default().push(word.clone());
                    stage.model.composer.editor.edit(Edit::LineEnd);
                    stage.model.composer.editor.newline();
                    stage.write(&word);
                    Effects::new()
                }
                0..60 => {
                    let id = ["s1", "s2", "s3"][usize::from(step % 3)];
                    go_to(&mut stage, id)
                }
                60..90 => {
                    let kinds = [
                        MouseEventKind::Down(MouseButton::Left),
                        MouseEventKind::Drag(MouseButton::Left),
                        MouseEventKind::Up(MouseButton::Left),
                        MouseEventKind::ScrollDown,
                    ];
                    let kind = kinds[usize::from(step % 4)];
                    let event = MouseEvent { kind, column: x, row: y, modifiers: KeyModifiers::NONE };
                    update(&mut stage.model, Msg::Mouse(event))
                }
                90..95 => update(&mut stage.model, Msg::Resize(x.max(1), y.max(1))),
                95..100 => {
                    stage.wait(700);
                    Effects::new()
                }
                _ => {
                    let chords = &safe[usize::from(step * 7 + x) % safe.len()];
                    if chords[0].is_text() && stage.model.is_writing() {
                        continue;
                    }
                    // One that a question has no use for is text, too.
                    if stage.model.context().is_question() {
                        stage.model.composer.editor.edit(Edit::LineEnd);
                    }
                    chords.iter().flat_map(|c| update(&mut stage.model, Msg::Key(key(*c)))).collect()
                }
            };
            for effect in effects.drain(..) {
                match effect {
                    Effect::Send(id, Op::Prompt { content } | Op::Steer { content }) => {
                        sent.entry(id).or_default().push_str(&text_of(&content));
                    }
                    Effect::Open(number, _) => {
                        let mut then = State::new(format!("n{number}").as_str().into());
                        then.apply(&envelope(then.id.as_str(), 1, started()));
                        loaded(&mut stage, Loaded::Opened(number, Ok(Box::new(then))));
                    }
                    _ => {}
                }
            }
            if at % 8 == 0 {
                stage.drawn();
            } else {
                stage.model.arrange();
            }
            let seen = PaneId::ALL.iter().filter(|id| stage.model.is_focused(**id)).count();
            let pane = matches!(
                stage.model.context(),
                Context::Sessions | Context::SessionWords | Context::Transcript | Context::Find | Context::Activity | Context::Changes
            );
            prop_assert_eq!(seen, usize::from(pane));
            let there = PaneId::ALL.iter().find(|id| stage.model.is_focused(**id));
            let layout = &stage.model.layout;
            prop_assert!(layout.too_small || there.is_none_or(|id| layout.pane(*id).is_some()), "{there:?}");
            for (id, words) in &words {
                let mut places = written_in(&stage, id);
                places.push_str(&sent.get(id).cloned().unwrap_or_default().replace(char::is_whitespace, ""));
                for word in words {
                    prop_assert!(places.contains(word), "{word} of {id} is lost: {places}");
                }
            }
        }
    }
}

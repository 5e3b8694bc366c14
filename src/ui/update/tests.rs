//! The update, by messages: as in life, without a terminal.

use proptest::prelude::*;

use crate::protocol::{Content, Event, Mode, ModelId, Op, QueueItem, StopReason, Usage, text_of};
use crate::ui::action::{Action, Edit};
use crate::ui::composer::vim::Mode as Modal;
use crate::ui::effect::Effect;
use crate::ui::keymap::{Binding, Chord, Context};
use crate::ui::layout::PaneId;
use crate::ui::model::Focus;
use crate::ui::msg::Msg;
use crate::ui::tests::{Stage, key};
use crate::ui::update::update;

fn sent(op: Op) -> Vec<Effect> {
    vec![Effect::Send("s1".into(), op)]
}

fn unqueue(text: &str) -> Vec<Effect> {
    sent(Op::Unqueue { item: Some(QueueItem { content: said(text), steer: false }) })
}

fn said(text: &str) -> Vec<Content> {
    vec![Content::text(text)]
}

fn toasts(stage: &Stage) -> Vec<&str> {
    stage.model.toasts.texts().collect()
}

fn over(stage: &mut Stage) {
    let (stop, usage) = (StopReason::EndTurn, Usage::default());
    stage.event(Event::TurnFinished { turn: "t1".into(), stop, usage });
}

#[test]
fn enter_sends_steers_and_tab_queues() {
    let mut stage = Stage::new((120, 40));
    stage.write("one");
    assert_eq!(stage.keys(&["Tab"]), [], "nothing runs: there is nothing to wait for");
    assert_eq!(stage.keys(&["Enter"]), sent(Op::Prompt { content: said("one") }));
    assert_eq!(stage.keys(&["Enter"]), [], "nothing is written");
    stage.turn("one");
    stage.write("two");
    assert_eq!(stage.keys(&["Enter"]), sent(Op::Steer { content: said("two") }));
    stage.write("three\\");
    assert_eq!(stage.keys(&["Enter"]), []);
    stage.write("four");
    assert_eq!(stage.keys(&["Tab"]), sent(Op::Prompt { content: said("three\nfour") }));
}

#[test]
fn a_queued_prompt_comes_back_when_the_queue_says_so() {
    let mut stage = Stage::new((120, 40));
    stage.turn("one");
    stage.queue(&[("a", false), ("b", false)]);
    stage.write("draft");
    assert_eq!(stage.keys(&["Alt+Up"]), unqueue("b"));
    assert_eq!(stage.model.composer.draft(), "draft");
    assert_eq!(stage.keys(&["Alt+Up"]), unqueue("a"));
    assert_eq!(stage.keys(&["Alt+Up"]), [], "both are asked for already");
    stage.queue(&[("a", false)]);
    assert_eq!(stage.model.composer.draft(), "b\ndraft");
    stage.queue(&[]);
    assert_eq!(stage.model.composer.draft(), "a\nb\ndraft");
}

#[test]
fn a_prompt_that_starts_is_not_one_that_comes_back() {
    let mut stage = Stage::new((120, 40));
    stage.turn("one");
    stage.queue(&[("a", false), ("b", false)]);
    assert_eq!(stage.keys(&["Alt+Up"]), unqueue("b"));
    stage.queue(&[("b", false)]);
    assert_eq!(stage.model.composer.draft(), "");
    stage.queue(&[]);
    assert_eq!(stage.model.composer.draft(), "b");
}

#[test]
fn what_was_not_taken_comes_back() {
    let mut stage = Stage::new((120, 40));
    stage.write("one");
    let _ = stage.keys(&["Enter"]);
    stage.write("more");
    let _ = update(&mut stage.model, Msg::Refused(Op::Prompt { content: said("one") }));
    assert_eq!(stage.model.composer.draft(), "one\nmore");
    assert!(toasts(&stage)[0].starts_with("not sent"));
}

#[test]
fn the_ladder_of_escape() {
    let mut stage = Stage::new((120, 40));
    stage.write("draft");
    assert_eq!(stage.keys(&["Esc"]), []);
    assert_eq!(stage.model.focus, Focus::Pane(PaneId::Transcript));
    stage.wait(800);
    assert_eq!(stage.keys(&["Esc"]), []);
    assert_eq!(stage.model.focus, Focus::Message);
    assert_eq!(stage.model.composer.draft(), "draft", "the draft stays");
    assert_eq!(stage.keys(&["Esc", "Esc"]), []);
    assert_eq!(stage.model.focus, Focus::Message);
    assert_eq!(stage.model.composer.draft(), "", "twice at once clears it");
    let _ = stage.keys(&["Ctrl+-"]);
    assert_eq!(stage.model.composer.draft(), "draft");
    stage.turn("one");
    assert_eq!(stage.keys(&["Esc"]), []);
    assert_eq!(stage.model.ladder.hint(), Some("Esc again stops the turn"));
    stage.wait(1500);
    assert_eq!(stage.model.ladder.hint(), None);
    assert_eq!(stage.keys(&["Esc", "x", "Esc"]), [], "another key came between");
    assert_eq!(stage.keys(&["Esc"]), sent(Op::Cancel));
    assert_eq!(stage.model.composer.draft(), "draftx");
}

#[test]
fn the_ladder_of_control_c() {
    let mut stage = Stage::new((120, 40));
    stage.turn("one");
    stage.write("draft");
    assert_eq!(stage.keys(&["Ctrl+C"]), sent(Op::Cancel));
    assert_eq!(stage.model.composer.draft(), "draft", "the draft is untouched");
    over(&mut stage);
    assert_eq!(stage.keys(&["Ctrl+C"]), []);
    assert_eq!(stage.model.composer.draft(), "");
    assert_eq!(toasts(&stage), ["cleared: Up or Ctrl+- brings it back"]);
    assert_eq!(stage.keys(&["Up"]), []);
    assert_eq!(stage.model.composer.draft(), "draft");
    assert_eq!(stage.keys(&["Ctrl+C", "Ctrl+C"]), []);
    assert_eq!(stage.model.ladder.hint(), Some("Ctrl+C again quits"));
    assert_eq!(stage.keys(&["Ctrl+C"]), [Effect::Quit]);
    assert_eq!(stage.keys(&["Ctrl+D"]), []);
    assert_eq!(stage.keys(&["Ctrl+D"]), [Effect::Quit]);
    assert_eq!(stage.keys(&["Ctrl+C"]), []);
    stage.wait(2000);
    assert_eq!(stage.keys(&["Ctrl+C"]), [], "two seconds are over");
}

#[test]
fn an_interrupted_prompt_comes_back_to_an_empty_composer() {
    let mut stage = Stage::new((120, 40));
    stage.turn("one");
    assert_eq!(stage.keys(&["Ctrl+C"]), sent(Op::Cancel));
    assert_eq!(stage.model.composer.draft(), "one");
}

#[test]
fn letters_in_a_pane_are_commands_and_never_text() {
    let mut stage = Stage::new((120, 40));
    let _ = stage.keys(&["Esc", "x"]);
    assert_eq!(toasts(&stage), ["press i to type"]);
    assert_eq!(stage.model.composer.draft(), "");
    let _ = stage.keys(&["i", "x", "?"]);
    assert_eq!(stage.model.composer.draft(), "x?");
    let _ = stage.keys(&["Ctrl+U", "?"]);
    assert_eq!(stage.model.context(), Context::Help);
}

#[test]
fn the_leader_waits_and_says_what_may_follow() {
    let mut stage = Stage::new((120, 40));
    let _ = stage.keys(&["Ctrl+X"]);
    assert!(!stage.model.shows_leader());
    assert_eq!(stage.model.next_tick().unwrap().0, stage.model.now.0 + 350);
    stage.wait(350);
    assert!(stage.model.shows_leader());
    let _ = stage.keys(&["2"]);
    assert_eq!(stage.model.focus, Focus::Pane(PaneId::Activity));
    let _ = stage.keys(&["Ctrl+X", "2"]);
    assert!(!stage.model.activity, "a second time hides it");
    assert_eq!(stage.model.focus, Focus::Message);
    let _ = stage.keys(&["Ctrl+X", "J"]);
    assert_eq!(toasts(&stage), ["Ctrl+X J does nothing here"]);
    assert_eq!(stage.model.composer.draft(), "");
}

#[test]
fn a_question_takes_keys_only_when_it_is_armed() {
    let mut stage = Stage::new((120, 40));
    stage.turn("one");
    stage.write("a");
    stage.ask();
    assert_eq!(stage.keys(&["y"]), []);
    assert_eq!(stage.model.composer.draft(), "ay");
    assert!(stage.model.next_tick().is_some(), "it asks for the tick that arms it");
    stage.wait(599);
    assert_eq!(stage.keys(&["y"]), []);
    stage.drawn();
    stage.wait(600);
    assert_eq!(stage.model.context(), Context::Permission);
    stage.drawn();
    assert_eq!(stage.keys(&["y"]), [], "a draft is being written: it may be text");
    assert!(is_decision(&waited(&mut stage, 250)), "nothing followed it");
    assert_eq!(stage.model.composer.draft(), "ayy");
}

fn is_decision(effects: &[Effect]) -> bool {
    matches!(effects, [Effect::Send(_, Op::Decide { .. })])
}

/// What is to be done when so much time has passed.
fn waited(stage: &mut Stage, ms: u64) -> Vec<Effect> {
    let now = crate::base::clock::Millis(stage.model.now.0 + ms);
    update(&mut stage.model, Msg::Tick(now))
}

/// A question that armed itself `ms` ago in a pause of somebody who wrote this.
fn paused(draft: &str, ms: u64) -> Stage {
    let mut stage = Stage::new((120, 40));
    stage.turn("one");
    stage.write(draft);
    stage.ask();
    stage.drawn();
    stage.wait(600);
    stage.drawn();
    stage.wait(ms);
    assert_eq!(stage.model.context(), Context::Permission);
    stage
}

#[test]
fn a_word_after_a_pause_answers_nothing_and_is_not_lost() {
    // What was written, for how long the question is armed, what is typed, what the draft is then.
    let table = [
        ("", 0, "yes please", "yes please"),
        ("", 0, "deny it", "deny it"),
        ("", 2_000, "/budget much", "/budget much"),
        ("", 2_000, "[why", "[why"),
        ("see ", 9_000, "[1] of it", "see [1] of it"),
        ("is it ", 9_000, "any good", "is it any good"),
        ("is it ", 9_000, "okay", "is it okay"),
        ("is it ", 9_000, "1 or 2", "is it 1 or 2"),
        ("is it ", 9_000, "Yours", "is it Yours"),
    ];
    for (before, ms, typed, draft) in table {
        let mut stage = paused(before, ms);
        let effects: Vec<Effect> = typed
            .chars()
            .flat_map(|c| {
                stage.keys(&[if c == ' ' { "Space".to_owned() } else { c.to_string() }.as_str()])
            })
            .collect();
        assert_eq!(effects, [], "{typed}");
        assert_eq!(stage.model.composer.draft(), draft, "{typed}");
        assert!(!stage.model.context().is_question(), "{typed}: it waits for the next pause");
        // The question is there for the next pause.
        stage.wait(600);
        assert_eq!(stage.model.context(), Context::Permission, "{typed}");
    }
}

#[test]
fn a_letter_that_stands_alone_is_a_key_of_the_question() {
    let mut stage = paused("a draft", 5_000);
    assert_eq!(stage.keys(&["d"]), []);
    assert_eq!(waited(&mut stage, 249), []);
    assert_eq!(stage.model.context(), Context::Permission);
    assert_eq!(waited(&mut stage, 1), []);
    assert_eq!(stage.model.context(), Context::Words, "one key was meant for it");
    let _ = stage.keys(&["Esc"]);
    assert!(is_decision(&stage.keys(&["y"])), "and so are those after it, at once");

    let mut stage = paused("", 2_000);
    assert!(is_decision(&stage.keys(&["y"])), "nothing is written, and it was seen for long");
    let mut stage = paused("", 0);
    assert!(is_decision(&stage.keys(&["y", "Enter"])), "as a shell is answered");
    assert_eq!(stage.model.composer.draft(), "");
    let mut stage = paused("a draft", 5_000);
    let _ = stage.keys(&["Ctrl+X", "a"]);
    assert!(is_decision(&stage.keys(&["y"])), "it was called for");
}

#[test]
fn enter_in_a_draft_allows_nothing() {
    let mut stage = paused("send me", 5_000);
    assert_eq!(stage.keys(&["Enter"]), []);
    assert_eq!(stage.model.composer.draft(), "send me");
    assert_eq!(stage.model.context(), Context::Permission, "it says why");
    let mut stage = paused("send m", 5_000);
    assert_eq!(stage.keys(&["e", "Enter"]), sent(Op::Steer { content: said("send me") }));
}

#[test]
fn control_c_over_a_question_stops_the_turn() {
    let mut stage = Stage::new((120, 40));
    stage.turn("one");
    stage.ask();
    let _ = stage.keys(&["Ctrl+X", "a"]);
    assert_eq!(stage.keys(&["Ctrl+C"]), sent(Op::Cancel));
}

#[test]
fn a_paste_is_text_and_never_sends() {
    let mut stage = Stage::new((120, 40));
    let _ = stage.keys(&["Esc"]);
    assert_eq!(update(&mut stage.model, Msg::Paste("a\nb\n".into())), []);
    assert_eq!(stage.model.composer.draft(), "a\nb\n");
    let long = "x\n".repeat(20);
    let _ = update(&mut stage.model, Msg::Paste(long.clone()));
    let _ = stage.keys(&["i"]);
    let effects = stage.keys(&["Enter"]);
    assert_eq!(effects, sent(Op::Prompt { content: said(&format!("a\nb\n{long}")) }));
}

#[test]
fn slash_commands() {
    let table: [(&str, Vec<Effect>, &str); 8] = [
        ("/quit", vec![Effect::Quit], ""),
        ("/model m2", sent(Op::SetModel { model: ModelId::from("m2") }), ""),
        ("/mode plan", sent(Op::SetMode { mode: Mode::Plan }), ""),
        ("/mode bypass", vec![], "/mode bypass"),
        ("/theme mono", vec![], ""),
        ("/theme nope", vec![], "/theme nope"),
        ("/nope", vec![], "/nope"),
        ("/etc/hosts is odd", sent(Op::Prompt { content: said("/etc/hosts is odd") }), ""),
    ];
    for (draft, effects, left) in table {
        let mut stage = Stage::new((120, 40));
        stage.write(draft);
        assert_eq!(stage.keys(&["Enter"]), effects, "{draft}");
        assert_eq!(stage.model.composer.draft(), left, "{draft}");
    }
}

#[test]
fn the_palette_runs_what_is_chosen() {
    let mut stage = Stage::new((120, 40));
    let _ = stage.keys(&["Ctrl+P"]);
    stage.write("zoom");
    let _ = stage.keys(&["Enter"]);
    assert!(stage.model.zoom && stage.model.layers.is_empty());
    assert_eq!(stage.keys(&["Shift+Tab"]), sent(Op::SetMode { mode: Mode::AcceptEdits }));
}

#[test]
fn an_idle_screen_has_no_wake_ups() {
    let mut stage = Stage::new((120, 40));
    assert_eq!(stage.model.next_tick(), None);
    let _ = stage.keys(&["Esc", "x"]);
    let soon = stage.model.next_tick().unwrap();
    stage.wait(soon.0 - stage.model.now.0);
    assert_eq!(stage.model.next_tick(), None);
}

#[test]
fn a_session_out_of_sight_asks_for_no_frame() {
    let mut stage = Stage::new((120, 40));
    stage.model.dirty = false;
    let event = crate::ui::tests::started();
    let (session, at) = ("s2".into(), stage.model.now);
    let envelope = crate::protocol::Envelope { session, seq: 1, at, event };
    assert_eq!(update(&mut stage.model, Msg::Event(envelope.into())), []);
    assert!(!stage.model.dirty);
    assert_eq!(stage.model.others[&"s2".into()].seq, 1);
}

#[test]
fn a_click_that_gives_the_terminal_the_focus_says_nothing_more() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut stage = Stage::new((120, 40));
    stage.model.arrange();
    let event = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 5,
        row: 5,
        modifiers: KeyModifiers::NONE,
    };
    let _ = update(&mut stage.model, Msg::Focus(true));
    let _ = update(&mut stage.model, Msg::Mouse(event));
    assert_eq!(stage.model.focus, Focus::Message);
    stage.wait(250);
    let _ = update(&mut stage.model, Msg::Mouse(event));
    assert_eq!(stage.model.focus, Focus::Pane(PaneId::Transcript));
}

#[test]
fn the_transcript_is_searched_quoted_and_copied_with_keys() {
    let mut stage = Stage::new((120, 40));
    stage.turn("first words");
    stage.model.arrange();
    let _ = stage.keys(&["Ctrl+F"]);
    assert_eq!(stage.model.context(), crate::ui::keymap::Context::Find);
    stage.write("words");
    assert_eq!(stage.model.composer.draft(), "", "what is looked for is no draft");
    stage.wait(1);
    stage.model.arrange();
    let (line, _) = stage.model.panes.transcript.find_line(&stage.model.session).unwrap();
    assert_eq!(line.text().trim(), "find: words  1 of 1");
    let _ = stage.keys(&["Enter"]);
    assert_eq!(stage.model.context(), crate::ui::keymap::Context::Transcript);
    let _ = stage.keys(&["Esc"]);
    assert!(stage.model.panes.transcript.find_line(&stage.model.session).is_none());
    assert_eq!(stage.model.focus, Focus::Pane(PaneId::Transcript), "Esc ended the search alone");
    let _ = stage.keys(&["v"]);
    assert_eq!(stage.keys(&["Ctrl+C"]), [Effect::Copy("first words".into())]);
    let _ = stage.keys(&["c"]);
    assert_eq!(stage.model.composer.draft(), "> first words\n\n");
    assert_eq!(stage.model.focus, Focus::Message);
    let _ = stage.keys(&["Ctrl+X", "g"]);
    assert_eq!(stage.keys(&["Enter"]), []);
    assert_eq!(stage.model.focus, Focus::Pane(PaneId::Transcript));
    assert!(
        matches!(stage.keys(&["Ctrl+X", "["]).as_slice(), [Effect::Print(text)] if text == "> first words")
    );
}

#[test]
fn a_drag_selects_in_the_transcript_and_a_click_does_not() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut stage = Stage::new((120, 40));
    stage.turn("first words");
    stage.model.arrange();
    let mouse = |stage: &mut Stage, kind, column, row| {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        update(&mut stage.model, Msg::Mouse(event))
    };
    let left = MouseButton::Left;
    let _ = mouse(&mut stage, MouseEventKind::Down(left), 3, 2);
    let _ = mouse(&mut stage, MouseEventKind::Drag(left), 7, 2);
    // However far it goes: the selection stays in its pane.
    let _ = mouse(&mut stage, MouseEventKind::Drag(left), 100, 2);
    assert_eq!(mouse(&mut stage, MouseEventKind::Up(left), 100, 2), []);
    let copied = stage.keys(&["y"]);
    assert_eq!(copied, [Effect::Copy("first words".into())]);
    let _ = stage.keys(&["Esc"]);
    stage.wait(1000);
    let _ = mouse(&mut stage, MouseEventKind::Down(left), 3, 2);
    let _ = mouse(&mut stage, MouseEventKind::Up(left), 3, 2);
    assert!(stage.model.panes.transcript.selection().is_none());
    let said = "copied 11 chars (wl-copy)";
    let _ = update(&mut stage.model, Msg::Loaded(crate::ui::msg::Loaded::Done(said.into())));
    assert_eq!(stage.model.toasts.texts().last(), Some(said));
    stage.model.setting.copy_on_select = true;
    let _ = mouse(&mut stage, MouseEventKind::Down(left), 3, 2);
    let _ = mouse(&mut stage, MouseEventKind::Drag(left), 7, 2);
    assert_eq!(mouse(&mut stage, MouseEventKind::Up(left), 7, 2), [Effect::Copy("first".into())]);
    let _ = mouse(&mut stage, MouseEventKind::Down(MouseButton::Right), 3, 2);
    assert_eq!(stage.model.layers.len(), 1);
}

/// Words that are typed, each with a mark of its own, so that each can be looked for.
fn steps() -> impl Strategy<Value = Vec<u16>> {
    proptest::collection::vec(0u16..200, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is pressed: nothing panics, one thing has the focus, and a word that was typed is
    /// in the composer, in the history, or was sent. Only the keys that delete text take it away.
    #[test]
    fn no_keys_lose_a_draft(steps in steps()) {
        let mut stage = Stage::new((120, 40));
        let rows = stage.model.keymap.bindings().to_vec();
        let deletes = |row: &&Binding| {
            use Action::*;
            // What is selected goes with the next character.
            matches!(row.action, Edit(_) | Select(_) | SelectUp | SelectDown | EndOfInput)
        };
        let deleting: Vec<_> = rows.iter().filter(deletes).map(|row| row.chords.clone()).collect();
        let all = rows.iter().map(|row| row.chords.clone());
        let safe: Vec<Vec<Chord>> = all.filter(|chords| !deleting.contains(&vec![chords[0]])).collect();
        let (mut words, mut out, mut log) = (Vec::new(), Vec::new(), Vec::new());
        for (at, step) in steps.into_iter().enumerate() {
            let effects = match step {
                0..40 if stage.model.context() == Context::Message
                    && stage.model.composer.mode().is_none_or(|mode| mode == Modal::Insert) => {
                    let word = format!("w{at}w");
                    words.push(word.clone());
                    // On a line of its own: it is not to land inside another word.
                    stage.model.composer.editor.edit(Edit::LineEnd);
                    stage.model.composer.editor.newline();
                    stage.write(&word);
                    log.push(word);
                    Vec::new()
                }
                40..50 => { stage.wait(700); Vec::new() }
                // What is typed in a pause in which a question armed itself is in the draft too.
                0..40 if stage.model.context() == Context::Permission
                    && stage.model.focus == Focus::Message
                    && !stage.model.composer.text().is_empty()
                    && stage.model.composer.mode().is_none()
                    && stage.model.panes.permission.in_doubt(true) => {
                    let word = format!("b{at}w");
                    words.push(word.clone());
                    stage.model.composer.editor.edit(Edit::LineEnd);
                    stage.model.composer.editor.newline();
                    stage.write(&word);
                    log.push(word);
                    Vec::new()
                }
                50..55 => { stage.turn("prompt"); Vec::new() }
                55..60 => { over(&mut stage); Vec::new() }
                60..62 => { stage.ask(); Vec::new() }
                62..65 => {
                    let _ = update(&mut stage.model, Msg::Resize(30 + step * 2, 24));
                    Vec::new()
                }
                65..67 => { stage.queue(&[("q", false)]); Vec::new() }
                67..70 => { stage.queue(&[]); Vec::new() }
                step => {
                    let chords = &safe[usize::from(step) % safe.len()];
                    // A letter in the draft would land inside a word.
                    if chords[0].is_text() && stage.model.is_writing() {
                        continue;
                    }
                    // One that a question has no use for is text, too.
                    if stage.model.context().is_question() {
                        stage.model.composer.editor.edit(Edit::LineEnd);
                    }
                    log.push(crate::ui::keymap::written(chords));
                    chords.iter().flat_map(|c| update(&mut stage.model, Msg::Key(key(*c)))).collect()
                }
            };
            for effect in effects {
                if let Effect::Send(_, Op::Prompt { content } | Op::Steer { content }) = effect {
                    out.push(text_of(&content));
                }
            }
            if at % 16 == 0 {
                stage.drawn();
            }
            let mut places = out.clone();
            places.push(stage.model.composer.text());
            places.extend(stage.model.composer.history());
            // A line break may stand inside a word.
            for place in &mut places {
                place.retain(|c| !c.is_whitespace());
            }
            for word in &words {
                prop_assert!(places.iter().any(|place| place.contains(word)), "{word} is lost after {log:?}: {places:?}");
            }
        }
    }
}

//! What is sent, and what is said of it.

use std::sync::Arc;

use super::*;
use crate::base::clock::Millis;
use crate::protocol::{
    Access, Content, Envelope, Event, FoundNote, Message, PartState, StopReason, ToolCall,
    ToolKind, ToolOutcome, ToolStatus, ToolUse, Usage, Window,
};
use crate::provider::Catalogue;

fn piece(name: &str, text: &str) -> Piece {
    Piece {
        group: Group::Notes,
        title: name.to_owned(),
        source: name.to_owned(),
        text: text.to_owned(),
        path: Some(name.into()),
    }
}

fn instructions() -> Instructions {
    let pieces = vec![
        Piece::own("Instructions", "claw", "be brief\n"),
        piece("/w/AGENTS.md", "use tabs"),
        piece("/w/CLAUDE.md", "no tabs"),
    ];
    Instructions { pieces, ..Instructions::default() }
}

fn call(id: &str) -> ToolCall {
    ToolCall {
        id: id.into(),
        name: "read".into(),
        input: serde_json::json!({}),
        verb: "Read".into(),
        title: "src/a.rs".into(),
        kind: ToolKind::Read,
        access: Vec::<Access>::new(),
        preview: None,
    }
}

fn message(id: &str, call: Option<&str>, prompt: u64) -> Arc<Message> {
    let mut content = vec![Content::text("I look")];
    let (name, input) = ("read".to_owned(), serde_json::json!({}));
    content.extend(call.map(|id| Content::ToolUse(ToolUse { id: id.into(), name, input })));
    let usage = Usage { input: prompt, output: 5, ..Usage::default() };
    let stop = StopReason::EndTurn;
    Arc::new(Message { id: id.into(), model: "m".into(), content, stop, usage })
}

/// A turn that reads a file for which a note comes in.
fn state(measured: u64) -> State {
    let outcome = Arc::new(ToolOutcome::new(ToolStatus::Done, "x".repeat(4000)));
    let note = FoundNote {
        path: "/w/src/AGENTS.md".into(),
        text: "src only".into(),
        touched: "/w/src/a.rs".into(),
        call: "c1".into(),
    };
    let (turn, prompt) = ("t1".into(), vec![Content::text("look at a.rs\nplease")]);
    let events = [
        Event::TurnStarted { turn, prompt },
        Event::MessageFinished { message: message("m1", Some("c1"), measured) },
        Event::ToolCallStarted { call: Arc::new(call("c1")) },
        Event::NoteFound { note: Arc::new(note) },
        Event::ToolCallFinished { call: "c1".into(), outcome, changes: vec![] },
    ];
    let mut state = State::new("s".into());
    apply(&mut state, events);
    state
}

fn apply(state: &mut State, events: impl IntoIterator<Item = Event>) {
    for event in events {
        let seq = state.seq + 1;
        state.apply(&Envelope { session: "s".into(), seq, at: Millis(seq), event });
    }
}

fn counted(state: &State) -> Window {
    let instructions = instructions();
    let schema = serde_json::json!({});
    let tools = [ToolSpec { name: "read".into(), description: "reads".into(), schema }];
    let model = Catalogue::bundled().lookup("nobody-knows-it");
    window(state, &Around { instructions: &instructions, tools: &tools, model: &model })
}

fn drop_part(state: &mut State, part: ContextPart, to: PartState) {
    apply(state, [Event::ContextChanged { part, state: to }]);
}

#[test]
fn the_text_is_the_same_until_the_user_takes_something_out() {
    let (made, mut state) = (instructions(), state(0));
    let text = made.text(&state.chosen);
    assert_eq!(&*text, "be brief\n\nuse tabs\n\nno tabs");
    apply(&mut state, [Event::MessageFinished { message: message("m2", None, 9) }]);
    assert_eq!(made.text(&state.chosen), text);

    let part = ContextPart::Note { path: "/w/AGENTS.md".into() };
    drop_part(&mut state, part.clone(), PartState::Dropped);
    assert_eq!(&*made.text(&state.chosen), "be brief\n\nno tabs");
    drop_part(&mut state, part, PartState::Kept);
    assert_eq!(made.text(&state.chosen), text);
}

#[test]
fn everything_says_where_it_comes_from() {
    let assembled = assemble(&state(0), &instructions());
    let sources: Vec<_> = assembled.messages.iter().map(|(source, _)| source.as_str()).collect();
    assert_eq!(sources, ["turn 1, you", "turn 1, m", "turn 1, read", "turn 1, notes for a file"]);
    let Input::User(found) = &assembled.messages[3].1 else { panic!("no note") };
    let text = crate::protocol::text_of(found);
    assert!(text.ends_with("# From /w/src/AGENTS.md\n\nsrc only"), "{text}");
}

#[test]
fn a_note_that_comes_in_stands_behind_everything_that_was_sent() {
    let whole = state(0);
    let mut before = State::new("s".into());
    let (turn, prompt) = ("t1".into(), vec![Content::text("look at a.rs\nplease")]);
    apply(&mut before, [Event::TurnStarted { turn, prompt }]);
    let sent = |state: &State| {
        let messages = assemble(state, &instructions()).messages.into_iter();
        messages.map(|(_, input)| format!("{input:?}")).collect::<Vec<_>>()
    };
    let (first, then) = (sent(&before), sent(&whole));
    assert_eq!(then[..first.len()], first, "what was sent stays as it was");
}

#[test]
fn what_was_taken_out_is_not_sent_and_not_counted() {
    let mut state = state(0);
    let full = counted(&state);
    assert_eq!(full.measured, None);
    let groups: Vec<_> = full.parts.iter().map(|part| part.group).collect();
    let notes = Group::Notes;
    let said = [Group::Messages, Group::Messages, Group::Results, notes];
    assert_eq!(groups, [&[Group::System, notes, notes, Group::Tools], &said[..]].concat());
    assert!(full.of(Group::Results) > 400, "{full:?}");
    assert_eq!(full.used() + full.free() + full.reserved, full.size);

    drop_part(&mut state, ContextPart::Result { call: "c1".into() }, PartState::Dropped);
    drop_part(
        &mut state,
        ContextPart::Note { path: "/w/src/AGENTS.md".into() },
        PartState::Dropped,
    );
    let less = counted(&state);
    assert_eq!(less.of(Group::Results), 0);
    let messages = assemble(&state, &instructions()).messages;
    assert_eq!(messages.len(), 3, "the note is gone: {messages:?}");
    let Input::Result { outcome, .. } = &messages[2].1 else { panic!("no result") };
    assert!(outcome.text.starts_with("[The user took this result out"), "{}", outcome.text);
}

#[test]
fn sizes_are_brought_to_what_the_service_counted() {
    let plain = counted(&state(0));
    let asked = plain.parts[..5].iter().map(|part| part.tokens).sum::<u64>();
    let double = counted(&state(asked * 2));
    assert_eq!(double.measured, Some(asked * 2));
    assert_eq!(double.off, Some(-50));
    assert_eq!(double.parts[0].tokens, plain.parts[0].tokens * 2);
    let elsewhere = counted(&state(asked * 100));
    assert_eq!(elsewhere.parts, plain.parts, "another prompt was counted: that is no measure");
}

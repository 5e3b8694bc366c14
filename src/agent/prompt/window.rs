//! What fills the window, part by part, in the order in which it is sent.

use crate::agent::context::placed;
use crate::agent::prompt::chosen::is_found;
use crate::agent::prompt::{Around, Piece};
use crate::agent::size;
use crate::protocol::{
    Content, ContextPart, Group, PartState, ToolSpec, TurnId, Window, WindowPart, text_of,
};
use crate::provider::Input;
use crate::session::{Entry, State};

/// The longest title of a part that was said, in characters.
const TITLE: usize = 60;

/// The next request of a session, counted. Sizes are estimates; where the service counted the last
/// request, they are brought to its measure.
pub fn window(state: &State, around: &Around<'_>) -> Window {
    let Around { instructions, tools, model } = *around;
    let mut parts: Vec<_> =
        instructions.pieces.iter().map(|piece| of_piece(piece, state)).collect();
    // As it is sent: tools stand between the instructions and what was said.
    parts.extend(tools.iter().map(of_tool));
    let fixed: u64 = sum(&parts);
    let said = placed(state);
    let last = counted(state);
    let asked: u64 = last.map_or(0, |last| {
        // Results stand behind the message that asked for them, also where they came later.
        let before = said.iter().take_while(|(at, _)| *at != last);
        before.map(|(_, input)| size::input(input)).sum()
    });
    for (at, input) in &said {
        of_input(state, *at, input, &mut parts);
    }
    let measured = last.and_then(|last| match &state.entries[last] {
        Entry::Message { message, .. } => Some(message.usage.prompt()),
        _ => None,
    });
    let estimated = fixed + asked;
    if let Some(measured) = measured.filter(|_| estimated > 0) {
        for part in &mut parts {
            part.tokens = scaled(part.tokens, measured, estimated);
        }
    }
    let off = measured.filter(|measured| *measured > 0).map(|measured| {
        let (was, is) = (i128::from(estimated), i128::from(measured));
        i32::try_from((was - is) * 100 / is).unwrap_or(i32::MAX)
    });
    let (size, most) = (u64::from(model.window), u64::from(model.max_output));
    Window {
        size,
        reserved: most.min(size / 5),
        measured,
        off,
        parts,
        unread: instructions.unread.clone(),
        outside: instructions.outside.clone(),
        targets: instructions.targets.iter().map(|(path, _)| path.clone()).collect(),
    }
}

/// The last message of which the service said how large its prompt was.
fn counted(state: &State) -> Option<usize> {
    let known = |entry: &Entry| match entry {
        Entry::Message { message, .. } => message.usage.prompt() > 0,
        _ => false,
    };
    state.entries.iter().rposition(known)
}

fn scaled(tokens: u64, measured: u64, estimated: u64) -> u64 {
    // An estimate that is far off says that something else was sent: then it is no measure.
    if measured > estimated.saturating_mul(3) || estimated > measured.saturating_mul(3) {
        return tokens;
    }
    u64::try_from(u128::from(tokens) * u128::from(measured) / u128::from(estimated.max(1)))
        .unwrap_or(tokens)
}

fn sum(parts: &[WindowPart]) -> u64 {
    let sent = parts.iter().filter(|part| part.state != PartState::Dropped);
    sent.map(|part| part.tokens).sum()
}

fn of_piece(piece: &Piece, state: &State) -> WindowPart {
    let part = piece.part();
    WindowPart {
        group: piece.group,
        title: piece.title.clone(),
        source: piece.source.clone(),
        tokens: size::text(&piece.text),
        state: part.as_ref().map_or(PartState::Kept, |part| state.chosen.state(part)),
        part,
    }
}

fn of_tool(tool: &ToolSpec) -> WindowPart {
    let said = [&tool.name, &tool.description, &tool.schema.to_string()];
    WindowPart {
        group: Group::Tools,
        title: tool.name.clone(),
        source: "built in".to_owned(),
        tokens: said.iter().map(|text| size::text(text)).sum(),
        part: None,
        state: PartState::Kept,
    }
}

fn of_input(state: &State, at: usize, input: &Input, parts: &mut Vec<WindowPart>) {
    let source = source(state, at, input);
    let mut push = |group, title: String, tokens, part: Option<ContextPart>| {
        let state = part.as_ref().map_or(PartState::Kept, |part| state.chosen.state(part));
        parts.push(WindowPart { group, title, source: source.clone(), tokens, part, state });
    };
    let turn = turn(state, at).map(|turn| ContextPart::Turn { turn });
    match input {
        Input::User(content) if is_found(content) => {
            let Some(Entry::Message { message, .. }) = state.entries.get(at) else { return };
            for note in message.tool_uses().flat_map(|asked| state.chosen.notes_of(&asked.id)) {
                let part = ContextPart::Note { path: note.path.clone() };
                let tokens = size::text(&note.text);
                push(Group::Notes, note.path.display().to_string(), tokens, Some(part));
            }
        }
        Input::User(content) => {
            push(Group::Messages, said(content), size::input(input), turn);
        }
        Input::Assistant(message) => {
            push(Group::Messages, said(&message.content), size::input(input), turn);
        }
        Input::Result { call, name, .. } => {
            let title = state.call(call).map_or_else(String::new, |(_, entry)| {
                format!("{} {}", entry.call.verb, entry.call.title)
            });
            let title = if title.trim().is_empty() { name.clone() } else { cut(&title) };
            let part = ContextPart::Result { call: call.clone() };
            push(Group::Results, title, size::input(input), Some(part));
        }
    }
}

/// Where something that was said comes from.
pub(super) fn source(state: &State, at: usize, input: &Input) -> String {
    let number = state.entries[..=at.min(state.entries.len().saturating_sub(1))].iter().rev();
    let number = number.filter_map(|entry| match entry {
        Entry::Prompt { number, .. } => Some(*number),
        _ => None,
    });
    let turn = number.into_iter().next().map_or_else(String::new, |n| format!("turn {n}, "));
    match input {
        Input::User(content) if is_found(content) => format!("{turn}notes for a file"),
        Input::User(_) => match state.entries.get(at) {
            Some(Entry::Prompt { .. }) => format!("{turn}you"),
            Some(Entry::Call(_)) => format!("{turn}a command of yours"),
            _ => format!("{turn}claw"),
        },
        Input::Assistant(message) => format!("{turn}{}", message.model),
        Input::Result { name, .. } => format!("{turn}{name}"),
    }
}

/// The turn that an entry belongs to.
fn turn(state: &State, at: usize) -> Option<TurnId> {
    state.entries.get(..=at)?.iter().rev().find_map(|entry| match entry {
        Entry::Prompt { turn, .. } => Some(turn.clone()),
        _ => None,
    })
}

fn said(content: &[Content]) -> String {
    let text = text_of(content);
    if !text.trim().is_empty() {
        return cut(&text);
    }
    let calls = content.iter().filter_map(|part| match part {
        Content::ToolUse(asked) => Some(asked.name.as_str()),
        _ => None,
    });
    let calls: Vec<_> = calls.collect();
    if calls.is_empty() { "(no words)".to_owned() } else { format!("calls {}", calls.join(", ")) }
}

/// The first line with a word, cut where it is long.
fn cut(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.chars().count() <= TITLE {
        return line.to_owned();
    }
    let head: String = line.chars().take(TITLE - 1).collect();
    format!("{head}…")
}

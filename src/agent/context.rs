//! Entries become a request: every call of a message is answered right after it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::agent::prompt::chosen;
use crate::protocol::{Access, Content, Message, StopReason, ToolOutcome, ToolStatus};
use crate::provider::Input;
use crate::session::{CallEntry, Entry, State};

/// What a model is told whose answer was cut off.
const GO_ON: &str = "Your answer was cut off at your output limit. Go on exactly where it broke \
                     off: repeat nothing of it, and say nothing about the cut.";

/// Is it an answer that was cut off at the output limit, and can be gone on with? A call that was cut
/// off is told to the model by its result.
pub(super) fn is_cut(message: &Message) -> bool {
    message.stop == StopReason::MaxTokens
        && message.tool_uses().next().is_none()
        && message.content.iter().any(|content| matches!(content, Content::Text { .. }))
}

/// What was said so far, as a provider wants it: of what was compacted away, what stands in its
/// place.
pub(super) fn inputs(state: &State) -> Vec<Input> {
    placed(state).into_iter().map(|(_, input)| input).collect()
}

/// The same, each with the entry that it comes from.
pub(super) fn placed(state: &State) -> Vec<(usize, Input)> {
    let mut inputs = Vec::with_capacity(state.entries.len());
    let from = begin(state, &mut inputs);
    let messages = state.entries.iter().filter_map(|entry| match entry {
        Entry::Message { message, .. } => Some(message),
        _ => None,
    });
    let asked: HashSet<_> =
        messages.flat_map(|message| message.tool_uses()).map(|asked| &asked.id).collect();
    for (at, entry) in state.entries.iter().enumerate().skip(from) {
        match entry {
            Entry::Prompt { content, .. } => inputs.push((at, Input::User(content.clone()))),
            Entry::Message { message, .. } => {
                inputs.push((at, Input::Assistant(message.clone())));
                for asked in message.tool_uses() {
                    let found = state.call(&asked.id);
                    let outcome =
                        chosen::left(state, &asked.id, found.and_then(|(_, call)| sent(call)));
                    let outcome = outcome.unwrap_or_else(unanswered);
                    let (call, name) = (asked.id.clone(), asked.name.clone());
                    let at = found.map_or(at, |(at, _)| at);
                    inputs.push((at, Input::Result { call, name, outcome }));
                }
                inputs.extend(chosen::found(state, message).map(|found| (at, found)));
                if is_cut(message) && goes_on(&state.entries[at + 1..]) {
                    inputs.push((at, Input::User([Content::text(GO_ON)].into())));
                }
            }
            // What no message asked for, the user ran.
            Entry::Call(entry) if !asked.contains(&entry.call.id) => {
                let outcome = chosen::left(state, &entry.call.id, sent(entry));
                let ran = outcome.and_then(|outcome| ran(entry, &outcome));
                inputs.extend(ran.map(|ran| (at, ran)));
            }
            Entry::Open(_)
            | Entry::Call(_)
            | Entry::TurnEnd { .. }
            | Entry::Compacted { .. }
            | Entry::Used { .. }
            | Entry::Notice { .. } => {}
        }
    }
    inputs
}

/// Puts in what stands for the compacted part: its summary, and the last request as it was said.
/// The entry from which on everything is sent.
fn begin(state: &State, inputs: &mut Vec<(usize, Input)>) -> usize {
    let compacted = state.entries.iter().enumerate().rev().find_map(|(at, entry)| match entry {
        Entry::Compacted { compaction, .. } => Some((at, compaction)),
        _ => None,
    });
    let Some((at, compaction)) = compacted else { return 0 };
    let from = kept(&state.entries[..at], compaction.kept);
    inputs.push((at, Input::User([Content::text(&*compaction.text)].into())));
    let asked = request(&state.entries[..at]).filter(|asked| *asked < from);
    for asked in asked.into_iter().flat_map(|asked| asked..from) {
        if let Entry::Prompt { content, .. } = &state.entries[asked] {
            inputs.push((at, Input::User(content.clone())));
        }
    }
    from
}

/// Where the last `count` prompts and messages begin.
pub(super) fn kept(entries: &[Entry], count: usize) -> usize {
    let is_said = |entry: &Entry| matches!(entry, Entry::Prompt { .. } | Entry::Message { .. });
    let said = entries.iter().enumerate().rev().filter(|(_, entry)| is_said(entry));
    said.take(count).last().map_or(entries.len(), |(at, _)| at)
}

/// Where the last prompt of a turn stands: what was said into that turn belongs to it.
pub(super) fn request(entries: &[Entry]) -> Option<usize> {
    entries.iter().rposition(|entry| matches!(entry, Entry::Prompt { steer: false, .. }))
}

/// What the model is told of a call's result; none while there is none.
fn sent(entry: &CallEntry) -> Option<Arc<ToolOutcome>> {
    let outcome = entry.outcome.as_ref()?;
    Some(if entry.short { Arc::new(shortened(entry, outcome)) } else { outcome.clone() })
}

/// A result as a line with a reference.
pub(super) fn shortened(entry: &CallEntry, outcome: &ToolOutcome) -> ToolOutcome {
    let count = thousands(outcome.text.chars().count());
    let picture = if outcome.image.is_some() { " and a picture" } else { "" };
    let id = &entry.call.id;
    let text = format!(
        "[Left out to save room: {count} characters{picture}. `recall` with id=\"{id}\" reads \
         them back.]"
    );
    ToolOutcome { text, image: None, ..outcome.clone() }
}

/// A number with its thousands set apart: `12,431`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Is it the model that speaks next? What it is asked by is in no log: it follows from this.
fn goes_on(after: &[Entry]) -> bool {
    let silent = |it: &&Entry| {
        let quiet =
            matches!(it, Entry::Notice { .. } | Entry::Compacted { .. } | Entry::Used { .. });
        quiet || matches!(it, Entry::Call(_))
    };
    let mut after = after.iter().filter(|it| !silent(it));
    matches!(after.next(), None | Some(Entry::Message { .. } | Entry::Open(_)))
}

/// A command of the user's own and what it printed, as words of the user; none where there was no
/// command.
fn ran(entry: &CallEntry, outcome: &ToolOutcome) -> Option<Input> {
    let command = entry.call.access.iter().find_map(|access| match access {
        Access::Shell { script } => Some(script.command.as_str()),
        _ => None,
    })?;
    let did = match outcome.status {
        ToolStatus::Denied => "I typed this command, but it did not run",
        _ => "I ran this command myself",
    };
    let said = format!("{did}:\n$ {command}\n{}", outcome.text);
    Some(Input::User([Content::text(said)].into()))
}

/// For a call that was never run: a provider refuses a call without a result.
fn unanswered() -> Arc<ToolOutcome> {
    Arc::new(ToolOutcome::new(ToolStatus::Cancelled, "This call was not run."))
}

//! Entries become a request: every call of a message is answered right after it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::protocol::{Access, Content, ToolOutcome, ToolStatus};
use crate::provider::Input;
use crate::session::{CallEntry, Entry, State};

/// What was said so far, as a provider wants it.
pub(super) fn inputs(state: &State) -> Vec<Input> {
    let mut inputs = Vec::with_capacity(state.entries.len());
    let messages = state.entries.iter().filter_map(|entry| match entry {
        Entry::Message { message, .. } => Some(message),
        _ => None,
    });
    let asked: HashSet<_> =
        messages.flat_map(|message| message.tool_uses()).map(|asked| &asked.id).collect();
    for entry in &state.entries {
        match entry {
            Entry::Prompt { content, .. } => inputs.push(Input::User(content.clone())),
            Entry::Message { message, .. } => {
                inputs.push(Input::Assistant(message.clone()));
                for asked in message.tool_uses() {
                    let outcome = state.call(&asked.id).and_then(|(_, call)| call.outcome.clone());
                    let outcome = outcome.unwrap_or_else(unanswered);
                    let (call, name) = (asked.id.clone(), asked.name.clone());
                    inputs.push(Input::Result { call, name, outcome });
                }
            }
            // What no message asked for, the user ran.
            Entry::Call(entry) if !asked.contains(&entry.call.id) => {
                inputs.extend(entry.outcome.as_deref().and_then(|outcome| ran(entry, outcome)));
            }
            Entry::Open(_) | Entry::Call(_) | Entry::TurnEnd { .. } | Entry::Notice { .. } => {}
        }
    }
    inputs
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

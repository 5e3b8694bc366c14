//! Entries become a request: every call of a message is answered right after it.

use std::sync::Arc;

use crate::protocol::{ToolOutcome, ToolStatus};
use crate::provider::Input;
use crate::session::{Entry, State};

/// What was said so far, as a provider wants it.
pub(super) fn inputs(state: &State) -> Vec<Input> {
    let mut inputs = Vec::with_capacity(state.entries.len());
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
            Entry::Open(_) | Entry::Call(_) | Entry::TurnEnd { .. } | Entry::Notice { .. } => {}
        }
    }
    inputs
}

/// For a call that was never run: a provider refuses a call without a result.
fn unanswered() -> Arc<ToolOutcome> {
    Arc::new(ToolOutcome::new(ToolStatus::Cancelled, "This call was not run."))
}

//! What has to be recorded when a session is taken up that ended in the middle of a turn.

use std::sync::Arc;

use crate::protocol::{
    Event, PermissionOutcome, StopReason, ToolCall, ToolKind, ToolOutcome, ToolStatus, ToolUse,
    Usage,
};
use crate::session::{Entry, State};

/// The events that close what the session left open: its questions, its calls, its turn.
///
/// After them every call of every message has a result and no turn runs. Empty where nothing was
/// open.
pub fn repairs(state: &State) -> Vec<Event> {
    let mut events = Vec::new();
    for request in &state.pending {
        let (request, outcome) = (request.id.clone(), PermissionOutcome::Cancelled);
        events.push(Event::PermissionResolved { request, outcome });
    }
    let interrupted = || {
        let text = "claw ended before this call was done. Look at what it changed before you \
                    repeat it.";
        Arc::new(ToolOutcome::new(ToolStatus::Cancelled, text))
    };
    for entry in &state.entries {
        match entry {
            Entry::Message { message, .. } => {
                for asked in message.tool_uses().filter(|asked| state.call(&asked.id).is_none()) {
                    events.push(Event::ToolCallStarted { call: never_prepared(asked) });
                    events.push(finished(asked, interrupted()));
                }
            }
            Entry::Call(entry) if entry.outcome.is_none() => {
                let call = entry.call.id.clone();
                let changes = Vec::new();
                events.push(Event::ToolCallFinished { call, outcome: interrupted(), changes });
            }
            _ => {}
        }
    }
    if let Some((turn, _)) = &state.turn {
        let (turn, stop) = (turn.clone(), StopReason::Interrupted);
        events.push(Event::TurnFinished { turn, stop, usage: Usage::default() });
    }
    events
}

fn finished(asked: &ToolUse, outcome: Arc<ToolOutcome>) -> Event {
    Event::ToolCallFinished { call: asked.id.clone(), outcome, changes: Vec::new() }
}

fn never_prepared(asked: &ToolUse) -> Arc<ToolCall> {
    Arc::new(ToolCall {
        id: asked.id.clone(),
        name: asked.name.clone(),
        input: asked.input.clone(),
        verb: asked.name.clone(),
        title: String::new(),
        kind: ToolKind::Other,
        access: Vec::new(),
        preview: None,
    })
}

//! Old results of tools are sent as a line, the biggest first.

use std::sync::Arc;

use crate::agent::context::{kept, placed, shortened};
use crate::agent::size;
use crate::protocol::{CallId, ToolStatus};
use crate::provider::Input;
use crate::session::State;

/// Messages at the end whose results stay whole.
const ROUNDS: usize = 4;
/// A result that is no larger stays, in tokens.
const SMALL: u64 = 400;

/// What is shortened, and what it frees of the last request's prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Short {
    pub(super) calls: Vec<CallId>,
    pub(super) freed: u64,
}

/// Old results whose shortening frees at least `wanted` tokens of the next prompt; none where they
/// cannot. What failed or was refused is never shortened, nor what the last rounds brought.
pub(super) fn micro(state: &State, wanted: u64) -> Option<Short> {
    let last = kept(&state.entries, ROUNDS);
    let counted = size::counted(state);
    let mut found: Vec<(u64, usize, &CallId)> = Vec::new();
    for (at, input) in placed(state) {
        let Input::Result { call, name, .. } = &input else { continue };
        let Some((_, entry)) = state.call(call).filter(|_| at < last) else { continue };
        let Some(outcome) = entry.outcome.as_ref().filter(|_| !entry.short) else { continue };
        let size = size::input(&input);
        if outcome.status != ToolStatus::Done || size <= SMALL {
            continue;
        }
        let (call, name) = (call.clone(), name.clone());
        let outcome = Arc::new(shortened(entry, outcome));
        let left = size::input(&Input::Result { call, name, outcome });
        found.push((size.saturating_sub(left), at, &entry.call.id));
    }
    found.sort_by_key(|(freed, at, _)| (std::cmp::Reverse(*freed), *at));
    let (mut calls, mut freed, mut known) = (Vec::new(), 0, 0);
    for (size, at, call) in found {
        if freed >= wanted {
            break;
        }
        freed += size;
        // What came after the last count is in no count yet.
        known += if counted.is_some_and(|counted| at <= counted) { size } else { 0 };
        calls.push(call.clone());
    }
    (freed >= wanted && !calls.is_empty()).then_some(Short { calls, freed: known })
}

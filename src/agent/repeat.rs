//! A model that goes round in a circle: the same call with the same result, again and again.

use std::sync::Arc;

use crate::protocol::{ToolOutcome, ToolStatus, ToolUse};
use crate::session::{CallEntry, Entry, State};

/// How often in a row the same call may give the same result.
const SAME: usize = 3;

/// What the model is told in place of a result.
const TOLD: &str = "This call was not run: you made exactly this call three times in a row, and \
                    each time it gave the same result. Change its input, do something else, or \
                    say what you need. If you make it once more, the turn ends.";

/// May a call run, after what its turn has done so far?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Circle {
    /// It may.
    No,
    /// It would give the same again: the model is told.
    Tell,
    /// The model was told, and does it all the same.
    End,
}

/// Looks at the calls right before this one. What the user said meanwhile breaks a row.
pub(super) fn circle(state: &State, asked: &ToolUse) -> Circle {
    let since = state.entries.iter().rev().take_while(|entry| match entry {
        Entry::Prompt { .. } => false,
        Entry::Call(call) => is_same(call, asked),
        _ => true,
    });
    let mut outcomes = since.filter_map(|entry| match entry {
        Entry::Call(call) => call.outcome.as_deref(),
        _ => None,
    });
    let Some(last) = outcomes.next() else { return Circle::No };
    if last.text == TOLD {
        return Circle::End;
    }
    let same = 1 + outcomes.take_while(|outcome| is_like(outcome, last)).count();
    if same >= SAME { Circle::Tell } else { Circle::No }
}

/// The result of a call that is not run again.
pub(super) fn told() -> Arc<ToolOutcome> {
    Arc::new(ToolOutcome {
        summary: "the same again".to_owned(),
        ..ToolOutcome::new(ToolStatus::Failed, TOLD)
    })
}

fn is_same(call: &CallEntry, asked: &ToolUse) -> bool {
    call.call.name == asked.name && call.call.input == asked.input
}

/// Do two results say the same, however long each took?
fn is_like(one: &ToolOutcome, other: &ToolOutcome) -> bool {
    one.status == other.status && one.text == other.text && one.image == other.image
}

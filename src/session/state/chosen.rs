//! What the user chose of the context, and the notes that came into it since the start.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::protocol::{CallId, ContextPart, FoundNote, PartState};

/// What is sent, as far as it is not sent by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chosen {
    parts: BTreeMap<ContextPart, PartState>,
    notes: Vec<Arc<FoundNote>>,
}

impl Chosen {
    /// What becomes of a part.
    pub fn state(&self, part: &ContextPart) -> PartState {
        self.parts.get(part).copied().unwrap_or_default()
    }

    /// Was it taken out?
    pub fn is_dropped(&self, part: &ContextPart) -> bool {
        self.state(part) == PartState::Dropped
    }

    /// Does it stay, whatever is compacted?
    pub fn is_pinned(&self, part: &ContextPart) -> bool {
        self.state(part) == PartState::Pinned
    }

    /// The notes that came in with a call, in the order in which they came.
    pub fn notes_of(&self, call: &CallId) -> impl Iterator<Item = &Arc<FoundNote>> {
        self.notes.iter().filter(move |note| note.call == *call)
    }

    /// All notes that came in.
    pub fn notes(&self) -> &[Arc<FoundNote>] {
        &self.notes
    }

    pub(super) fn set(&mut self, part: &ContextPart, state: PartState) {
        if state == PartState::Kept {
            self.parts.remove(part);
        } else {
            self.parts.insert(part.clone(), state);
        }
    }

    pub(super) fn found(&mut self, note: &Arc<FoundNote>) {
        self.notes.push(note.clone());
    }
}

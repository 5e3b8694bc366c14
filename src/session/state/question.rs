//! Who is asked, and the questions that are open, and that change while they are.

use std::sync::Arc;

use crate::protocol::{ModelId, PermissionRequest, ToolCall};
use crate::session::state::State;

/// A session in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// No turn runs.
    Idle,
    /// A turn runs.
    Running,
    /// A turn waits for the user's answer.
    Waiting,
}

impl State {
    /// The model that the next request goes to.
    pub fn asked(&self) -> &ModelId {
        self.fallback.as_ref().unwrap_or(&self.model)
    }

    /// In one word.
    pub fn status(&self) -> Status {
        match (&self.turn, self.pending.is_empty() && self.over.is_none()) {
            (Some(_), false) => Status::Waiting,
            (Some(_), true) => Status::Running,
            (None, _) if self.live.compacting.is_some() => Status::Running,
            (None, _) => Status::Idle,
        }
    }

    /// The question asks something else now, about the call as it would run now.
    pub(super) fn renew(&mut self, request: &PermissionRequest, call: Option<&Arc<ToolCall>>) {
        if let Some(open) = self.pending.iter_mut().find(|open| open.id == request.id) {
            open.clone_from(request);
            self.live.tried = None;
            if let Some(call) = call
                && let Some(entry) = self.call_mut(&call.id)
            {
                entry.call = call.clone();
            }
        }
    }
}

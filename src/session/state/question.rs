//! Questions that change while they are open.

use std::sync::Arc;

use crate::protocol::{PermissionRequest, ToolCall};
use crate::session::state::State;

impl State {
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

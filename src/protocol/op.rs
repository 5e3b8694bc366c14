//! What a client asks of a session.

use serde::{Deserialize, Serialize};

use crate::protocol::{Content, Mode, ModelId, PermissionOutcome, RequestId};

/// A request to a live session. Carried out in order; what comes of it are events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Op {
    /// Start a turn; while one runs, wait in the queue behind it.
    Prompt {
        /// What the user says.
        content: Vec<Content>,
    },
    /// Say it into the running turn, before the next request; without a running turn, a prompt.
    Steer {
        /// What the user says.
        content: Vec<Content>,
    },
    /// Take the last queued prompt or steering back.
    Unqueue,
    /// Stop the running turn.
    Cancel,
    /// Answer a permission request. The first answer counts.
    Decide {
        /// Which request.
        request: RequestId,
        /// The request's hash, as it was shown: what allows something else allows nothing.
        #[serde(default)]
        hash: String,
        /// The answer.
        outcome: PermissionOutcome,
    },
    /// From now on ask more, or less.
    SetMode {
        /// The new mode.
        mode: Mode,
    },
    /// From the next request on, ask another model.
    SetModel {
        /// The new model.
        model: ModelId,
    },
    /// End the session's task; its log stays.
    Close,
}

/// Something the user said while a turn ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueItem {
    /// What was said.
    pub content: Vec<Content>,
    /// Into the running turn (true), or as a turn of its own after it (false).
    pub steer: bool,
}

//! A question to the user, and the answer.

use serde::{Deserialize, Serialize};

use crate::protocol::{CallId, RequestId};

/// May this call run? The call itself stands in the `ToolCallStarted` before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRequest {
    /// Its name.
    pub id: RequestId,
    /// Which call waits.
    pub call: CallId,
    /// Why it is asked: the rule with its file and line, or what the policy could not prove.
    pub reason: String,
    /// A rule that would cover exactly this, for "always"; none where that is not offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// It deletes, leaves the project, or could not be understood: Enter does not allow it.
    #[serde(default)]
    pub risky: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PermissionOutcome {
    /// Run it, this once.
    AllowOnce,
    /// Run it, and what the request's rule covers from now on in this session.
    AllowSession,
    /// Do not run it; the agent goes on.
    Deny {
        /// The user's words to the model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Nobody can answer any more: the turn was cancelled or claw ended. It did not run.
    Cancelled,
}

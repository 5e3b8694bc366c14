//! Why a message or a turn ended.

use serde::{Deserialize, Serialize};

/// Why a message or a turn ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StopReason {
    /// The model had said all.
    EndTurn,
    /// The model waits for its tools. Ends a message, never a turn.
    ToolUse,
    /// The model ran into its output limit.
    MaxTokens,
    /// The prompt does not fit the model's window.
    ContextFull,
    /// The model refused.
    Refusal,
    /// The user stopped it.
    Cancelled,
    /// A permission was needed and nobody could be asked.
    PermissionNeeded,
    /// The limit of requests per turn was reached.
    TurnLimit,
    /// The session's budget is used up, and nobody raised it.
    Budget,
    /// The model made the same call again and again, with the same result, also when it was told.
    Repeated,
    /// claw ended while it ran.
    Interrupted,
    /// It failed.
    Failed {
        /// In a sentence: what went wrong, and what to do next.
        error: String,
    },
}

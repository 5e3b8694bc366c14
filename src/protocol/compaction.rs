//! What stands in place of the older part of a session.

use serde::{Deserialize, Serialize};

use crate::protocol::ModelId;

/// What is sent from now on in place of all that came before, but for the last of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compaction {
    /// Why.
    pub why: Trigger,
    /// What the model is told: whole, as it is sent.
    pub text: String,
    /// Who wrote the summary in it; none: claw, from the log alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// Prompts and messages right before it that stay as they are.
    pub kept: usize,
    /// The size of the prompt before, in tokens.
    pub before: u64,
    /// Its size afterwards, as it is estimated.
    pub after: u64,
}

/// Why a session is compacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The user asked for it.
    Asked,
    /// The prompt fills most of the model's window.
    Full,
    /// The model's service took the prompt no longer.
    TooLong,
}

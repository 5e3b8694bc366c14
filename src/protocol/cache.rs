//! Why the beginning of a request is not in the provider's cache any more.

use serde::{Deserialize, Serialize};

/// The first part of a request that is not as it was in the request before: from there on the
/// provider reads anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Broken {
    /// Another model is asked, and each has a cache of its own.
    Model,
    /// A tool is new, gone, or another.
    Tool {
        /// Which.
        name: String,
    },
    /// The instructions.
    System,
    /// How hard the model thinks.
    Effort,
    /// Something that was said.
    Message {
        /// Which message of the request, from 1.
        number: usize,
    },
}

impl Broken {
    /// The part in a word, for counting.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Tool { .. } => "tool",
            Self::System => "system",
            Self::Effort => "effort",
            Self::Message { .. } => "message",
        }
    }

    /// What happened, in a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Model => "another model was asked".to_owned(),
            Self::Tool { name } => format!("the tool {name} changed"),
            Self::System => "the instructions changed".to_owned(),
            Self::Effort => "the effort changed".to_owned(),
            Self::Message { number } => format!("message {number} changed"),
        }
    }
}

//! What is said: by the user, by the model, by tools.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::{CallId, MessageId, ModelId, StopReason, Usage};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The user, and the results of tools.
    User,
    /// The model.
    Assistant,
}

/// One block of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Words.
    Text {
        /// The words; markdown where the model speaks.
        text: String,
    },
    /// The model's reasoning.
    Thinking {
        /// The reasoning, or a summary of it.
        text: String,
        /// The provider's seal: has to be sent back unchanged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// Reasoning that the provider keeps to itself: has to be sent back unchanged.
    RedactedThinking {
        /// Opaque.
        data: String,
    },
    /// A picture, or a document.
    Image(Image),
    /// The model asks for a tool.
    ToolUse(ToolUse),
    /// What the provider did by itself while the model spoke, such as a search of the web, and what
    /// came of it: has to be sent back unchanged.
    Served {
        /// The provider's own block: its `type` says what it is.
        block: Value,
    },
    /// The sources of the words right before: have to be sent back with them.
    Citations {
        /// The provider's own citations, in order.
        all: Vec<Value>,
    },
}

impl Content {
    /// A block of words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// A picture or a PDF document, base64-encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `image/png`, `image/jpeg`, `image/gif`, `image/webp` or `application/pdf`.
    pub media_type: String,
    /// Base64 of the file.
    pub data: Arc<str>,
}

impl Image {
    /// The media type of a document.
    pub const PDF: &str = "application/pdf";

    /// Is it a document, which other models read than see pictures?
    pub fn is_document(&self) -> bool {
        self.media_type == Self::PDF
    }
}

/// What the model asks a tool to do, as it said it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolUse {
    /// The provider's name of the call.
    pub id: CallId,
    /// The tool's name.
    pub name: String,
    /// The input. A `String` holds what the model said where that is no JSON.
    pub input: Value,
}

/// A finished message of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its name.
    pub id: MessageId,
    /// Which model said it.
    pub model: ModelId,
    /// Its blocks, in the order they were said.
    pub content: Vec<Content>,
    /// Why the model stopped speaking; [`StopReason::Cancelled`] marks a partial message.
    pub stop: StopReason,
    /// What this one request cost.
    pub usage: Usage,
}

impl Message {
    /// The tools it asks for, in order.
    pub fn tool_uses(&self) -> impl Iterator<Item = &ToolUse> {
        self.content.iter().filter_map(|content| match content {
            Content::ToolUse(tool) => Some(tool),
            _ => None,
        })
    }
}

/// The words of several blocks, joined by newlines.
pub fn text_of(content: &[Content]) -> String {
    let texts = content.iter().filter_map(|content| match content {
        Content::Text { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

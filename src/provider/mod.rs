//! Models behind one trait: a request goes out, chunks of a reply come back.

pub mod anthropic;
mod auth;
pub mod cassette;
pub mod catalogue;
mod failure;
pub mod gemini;
pub mod learned;
pub mod local;
mod names;
pub mod offers;
pub mod openai_chat;
pub mod openai_responses;
mod post;
mod prefix;
pub mod reply;
pub mod retry;
mod router;
#[cfg(test)]
mod sample;
pub mod scripted;
mod service;
mod stream;
mod unseen;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::http;
use crate::protocol::{
    CallId, Content, Effort, Message, SessionId, StopReason, ToolOutcome, ToolSpec, Usage,
};

pub use auth::{Auth, Credential};
pub use cassette::Cassette;
pub use catalogue::{Catalogue, Model};
pub use prefix::Prefix;
pub use router::Router;
pub use service::Service;

/// What a prompt without a word says: without it the model would speak twice in a row.
const NO_WORDS: &str = "(no words)";

/// A service that speaks with models.
pub trait Provider: Send + Sync {
    /// Its name: `anthropic`, `scripted`.
    fn name(&self) -> &str;

    /// Sends one request. The reply comes in chunks; dropping it closes the connection.
    ///
    /// # Errors
    ///
    /// What the service said before its first chunk. The error's kind says what can be done.
    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Box<dyn Chunks>, ProviderError>>;
}

/// A reply that is coming in.
pub trait Chunks: Send {
    /// The next piece; none after the last. Safe to drop and call again.
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Chunk, ProviderError>>>;
}

/// One request to a model.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which model.
    pub model: Arc<Model>,
    /// How hard it thinks; none: as it does by itself.
    pub effort: Option<Effort>,
    /// Whose request it is: services that keep a prefix for later find it again by this.
    pub session: SessionId,
    /// Instructions; the same bytes from request to request, so that the provider's cache hits.
    pub system: Arc<str>,
    /// What the model may call; the same from request to request.
    pub tools: Arc<[ToolSpec]>,
    /// What was said so far, oldest first. Begins with the user.
    pub messages: Vec<Input>,
    /// Most tokens the model may say.
    pub max_output: u32,
}

/// One thing that was said, for the model to read. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Input {
    /// By the user.
    User(Arc<[Content]>),
    /// By the model.
    Assistant(Arc<Message>),
    /// By a tool. Results follow the message that asked for them, one for each call.
    Result {
        /// Which call.
        call: CallId,
        /// The tool's name; some wires want it.
        name: String,
        /// What came of it.
        outcome: Arc<ToolOutcome>,
    },
}

/// A piece of a reply. A block is one of the reply's contents, numbered from 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Chunk {
    /// The answer goes on.
    Text {
        /// Which block.
        block: usize,
        /// What was said.
        text: String,
    },
    /// The reasoning goes on.
    Thinking {
        /// Which block.
        block: usize,
        /// What was thought.
        text: String,
    },
    /// The seal of a block of reasoning.
    Signature {
        /// Which block.
        block: usize,
        /// The seal, or a part of it.
        signature: String,
    },
    /// Reasoning that the provider keeps to itself.
    Redacted {
        /// Which block.
        block: usize,
        /// Opaque.
        data: String,
    },
    /// The model begins to ask for a tool.
    ToolUse {
        /// Which block.
        block: usize,
        /// The call's name.
        id: String,
        /// The tool's name.
        name: String,
    },
    /// The input of the tool goes on: a fragment of JSON.
    ToolInput {
        /// Which block.
        block: usize,
        /// The fragment.
        json: String,
    },
    /// What the request has used so far; a later one replaces an earlier one.
    Usage(Usage),
    /// The model stopped. The last chunk of a whole reply.
    Stopped(StopReason),
}

/// Why there is no reply, by what can be done about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProviderError {
    /// Send it again: overloaded, rate-limited, or the connection broke.
    #[error("{why}")]
    Retry {
        /// What went wrong, in a sentence.
        why: String,
        /// What the server asked to wait.
        after: Option<Duration>,
    },
    /// There is no way to the service: no name, nobody listens, a proxy in between. Send it again,
    /// but not for long where somebody waits who can mend it.
    #[error("{0}")]
    Unreachable(String),
    /// The prompt does not fit: compact, then send again.
    #[error("{0}")]
    TooLong(String),
    /// The model sees no pictures: tell it of them in words, then send again.
    #[error("{0}")]
    NoPictures(String),
    /// The key is missing, wrong, or may not do this: the user has to act.
    #[error("{0}")]
    Auth(String),
    /// Sending it again would give the same.
    #[error("{0}")]
    Fatal(String),
}

impl From<http::Error> for ProviderError {
    fn from(error: http::Error) -> Self {
        let why = error.to_string();
        match (error.unreachable(), error.passes()) {
            (true, _) => Self::Unreachable(why),
            (false, true) => Self::Retry { why, after: None },
            (false, false) => Self::Fatal(why),
        }
    }
}

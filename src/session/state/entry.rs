//! What happened, as the transcript shows it.

use std::sync::Arc;
use std::time::Duration;

use crate::base::clock::Millis;
use crate::protocol::{
    Compaction, Content, FileChange, Level, Message, MessageId, ModelId, StopReason, TextKind,
    ToolCall, ToolOutcome, TurnId, Usage,
};

/// One thing that happened, as the transcript shows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// The user said something.
    Prompt {
        /// In which turn.
        turn: TurnId,
        /// The turn's number, from 1.
        number: u32,
        /// When.
        at: Millis,
        /// What.
        content: Arc<[Content]>,
        /// It was said into the running turn.
        steer: bool,
    },
    /// The model is speaking.
    Open(OpenMessage),
    /// The model spoke.
    Message {
        /// What it said.
        message: Arc<Message>,
        /// When it had said it.
        at: Millis,
    },
    /// A tool is or was called.
    Call(CallEntry),
    /// A turn ended.
    TurnEnd {
        /// Which.
        turn: TurnId,
        /// Why.
        stop: StopReason,
        /// What it used.
        usage: Usage,
        /// How long it took.
        took: Duration,
    },
    /// What came before is no longer sent.
    Compacted {
        /// What is sent in its place.
        compaction: Arc<Compaction>,
        /// When.
        at: Millis,
    },
    /// A request beside the talk. Shown nowhere; it has its price.
    Used {
        /// Which model was asked.
        model: ModelId,
        /// What it used.
        usage: Usage,
    },
    /// Something the user should know.
    Notice {
        /// How much it matters.
        level: Level,
        /// In a sentence.
        text: String,
        /// When.
        at: Millis,
    },
}

/// A message in the making.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenMessage {
    /// Its name.
    pub id: MessageId,
    /// When its first piece came.
    pub at: Millis,
    /// Its blocks so far.
    pub blocks: Vec<OpenBlock>,
}

/// A block in the making.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenBlock {
    /// What it is.
    pub kind: TextKind,
    /// What was said so far.
    pub text: String,
}

/// A call, from prepared to ended.
#[derive(Debug, Clone, PartialEq)]
pub struct CallEntry {
    /// What runs.
    pub call: Arc<ToolCall>,
    /// When it was prepared.
    pub at: Millis,
    /// How it ended; none while it waits or runs.
    pub outcome: Option<Arc<ToolOutcome>>,
    /// What it changed.
    pub changes: Arc<[FileChange]>,
    /// The model is sent one line of what came of it.
    pub short: bool,
    /// The last lines it printed, while it runs.
    pub tail: String,
    /// Bytes it printed, while it runs.
    pub bytes: u64,
}

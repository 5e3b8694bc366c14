//! What the model is sent, part by part: where each comes from, how large it is, and whether it stays.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::protocol::{CallId, TurnId};

/// A part of the context that the user can take out or hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ContextPart {
    /// A file of notes or rules.
    Note {
        /// The file.
        path: PathBuf,
    },
    /// The result of a call.
    Result {
        /// Which call.
        call: CallId,
    },
    /// A turn, from its prompt to its end.
    Turn {
        /// Which.
        turn: TurnId,
    },
}

/// What becomes of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// It is sent, and may be compacted.
    #[default]
    Kept,
    /// It is not sent.
    Dropped,
    /// It is sent, and compaction leaves it as it is.
    Pinned,
}

/// Instructions that came in because a file was touched that they are for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundNote {
    /// Where they stand.
    pub path: PathBuf,
    /// What they say.
    pub text: String,
    /// The file that was touched.
    pub touched: PathBuf,
    /// By which call.
    pub call: CallId,
}

/// What fills the window: the next request, part by part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Most tokens of a prompt and its answer together.
    pub size: u64,
    /// Tokens that are kept free for the answer.
    pub reserved: u64,
    /// What the service counted of the last request; none before the first.
    pub measured: Option<u64>,
    /// By how much the estimate of that request was off, in percent of what was counted.
    pub off: Option<i32>,
    /// Everything that is sent, in the order in which it is sent.
    pub parts: Vec<WindowPart>,
    /// Notes that are there and are not sent, and why.
    #[serde(default)]
    pub unread: Vec<(PathBuf, String)>,
    /// Imports that lead out of the project and wait for the user's word.
    #[serde(default)]
    pub outside: Vec<PathBuf>,
    /// Where a line can be added to notes: the project's file first, where it has a say.
    #[serde(default)]
    pub targets: Vec<PathBuf>,
}

/// One thing that is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowPart {
    /// What kind of thing.
    pub group: Group,
    /// What it is, in a few words.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// Its size.
    pub tokens: u64,
    /// What it can be named by; none where it cannot go.
    pub part: Option<ContextPart>,
    /// Whether it stays.
    pub state: PartState,
}

/// A kind of thing that fills the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Claw's own instructions, and what is known of the place.
    System,
    /// Tools.
    Tools,
    /// Notes and rules of the project.
    Notes,
    /// The user's own notes.
    Memory,
    /// What was said.
    Messages,
    /// What tools answered.
    Results,
}

impl Group {
    /// All of them, in the order in which they are sent.
    pub const ALL: [Self; 6] =
        [Self::System, Self::Tools, Self::Notes, Self::Memory, Self::Messages, Self::Results];

    /// In words for the user.
    pub fn words(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Tools => "Tools",
            Self::Notes => "Notes",
            Self::Memory => "Memory",
            Self::Messages => "Messages",
            Self::Results => "Tool results",
        }
    }
}

impl Window {
    /// Tokens of all parts that are sent.
    pub fn used(&self) -> u64 {
        self.sent().map(|part| part.tokens).sum()
    }

    /// Tokens of the parts of a group that are sent.
    pub fn of(&self, group: Group) -> u64 {
        self.sent().filter(|part| part.group == group).map(|part| part.tokens).sum()
    }

    /// Tokens that are neither used nor reserved.
    pub fn free(&self) -> u64 {
        self.size.saturating_sub(self.reserved).saturating_sub(self.used())
    }

    fn sent(&self) -> impl Iterator<Item = &WindowPart> {
        self.parts.iter().filter(|part| part.state != PartState::Dropped)
    }
}

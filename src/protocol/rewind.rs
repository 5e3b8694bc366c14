//! What files were before a call and after it, and how far back a session goes.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::protocol::FileChange;

/// What goes back to what it was before a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rewind {
    /// What was said and done, as the model sees it.
    Conversation,
    /// The files that calls changed.
    Files,
    /// Both.
    Both,
}

impl Rewind {
    /// Does what was said go back?
    pub fn talk(self) -> bool {
        self != Self::Files
    }

    /// Do files go back?
    pub fn files(self) -> bool {
        self != Self::Conversation
    }

    /// As the user writes it.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "conversation" => Some(Self::Conversation),
            "files" => Some(Self::Files),
            "both" | "" => Some(Self::Both),
            _ => None,
        }
    }
}

/// What stood at a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Held {
    /// Nothing, or something that is neither a file nor a link.
    Absent,
    /// A file.
    File {
        /// The SHA-256 of its content, as hex; the name of what is kept.
        hash: String,
        /// Its permission bits; none where they are not known yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<u32>,
    },
    /// A link.
    Link {
        /// What it names.
        target: PathBuf,
    },
    /// A file whose content is not kept.
    Unkept {
        /// Why, in a few words.
        why: String,
    },
}

impl Held {
    /// Is it the same, as far as both are known?
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File { hash: one, mode: had }, Self::File { hash: other, mode: has }) => {
                one == other && (had == has || had.is_none() || has.is_none())
            }
            (Self::Unkept { .. }, _) | (_, Self::Unkept { .. }) => false,
            (one, other) => one == other,
        }
    }
}

/// A file that a call, or a rewind, changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Absolute path, without links.
    pub path: PathBuf,
    /// What it was.
    pub before: Held,
    /// What it was left as.
    pub after: Held,
}

/// What a rewind would do to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewindFile {
    /// How the file would change.
    pub change: FileChange,
    /// Why it stays as it is, in a sentence; none where it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The user may have it changed all the same.
    #[serde(default)]
    pub forcible: bool,
}

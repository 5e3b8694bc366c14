//! Changes to files, as hunks.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It was made.
    Added,
    /// Its content changed.
    Modified,
    /// It is gone.
    Deleted,
}

/// Who changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// An edit or write tool of the agent.
    #[default]
    Agent,
    /// A command that the agent ran.
    Command,
    /// The user, or anything outside claw.
    User,
}

/// From what changes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The session's start.
    #[default]
    SessionStart,
    /// The start of the last turn.
    LastTurn,
    /// The last time the user looked at the changes.
    LastLook,
    /// Git's `HEAD`.
    Head,
    /// Git's index: what is not staged.
    Index,
}

/// How a file differs from what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Absolute path.
    pub path: PathBuf,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Who did it.
    #[serde(default)]
    pub author: Author,
    /// What it was called before; none where it was not renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PathBuf>,
    /// Lines of it that stand in git's index already.
    #[serde(default)]
    pub staged: usize,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
    /// The differences with their surroundings; empty for a binary or a too large file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hunks: Vec<Hunk>,
    /// Why there are no hunks although the file differs: `binary`, `too large`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl FileChange {
    /// A change of which no line is known yet.
    pub fn new(path: impl Into<PathBuf>, kind: ChangeKind, author: Author) -> Self {
        Self {
            path: path.into(),
            kind,
            author,
            from: None,
            staged: 0,
            added: 0,
            removed: 0,
            hunks: Vec::new(),
            note: None,
        }
    }
}

/// Lines that differ, with a few around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// First line in the old file, from 1; 0 where the old side is empty.
    pub old_start: usize,
    /// First line in the new file, from 1; 0 where the new side is empty.
    pub new_start: usize,
    /// The lines, in order.
    pub lines: Vec<DiffLine>,
}

/// One line of a hunk, without its line ending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// Which side it stands on.
    pub kind: LineKind,
    /// The line.
    pub text: String,
}

/// Which side a line stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Both.
    Context,
    /// Only the new one.
    Added,
    /// Only the old one.
    Removed,
}

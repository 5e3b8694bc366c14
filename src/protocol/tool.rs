//! A tool call: what will run, and what came of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::{Access, CallId, FileChange, Image};

/// What sort of thing a tool does; for icons, grouping and the read-only fan-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolKind {
    /// Reads a file.
    Read,
    /// Searches or lists files.
    Search,
    /// Changes a file.
    Edit,
    /// Runs a command.
    Run,
    /// Anything else.
    Other,
}

/// A tool as the model sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Its name, in `snake_case`.
    pub name: String,
    /// When and how to use it, for the model.
    pub description: String,
    /// JSON schema of its input: an object.
    pub schema: Value,
}

/// A prepared call: what was shown is what runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's name of the call.
    pub id: CallId,
    /// The tool's name.
    pub name: String,
    /// The input, as the model said it.
    pub input: Value,
    /// A verb for the transcript: `Read`, `Edit`, `Run`.
    pub verb: String,
    /// What it is about, for one line after the verb: a path, a command, a pattern.
    pub title: String,
    /// What sort of thing it does.
    pub kind: ToolKind,
    /// What it will touch.
    pub access: Vec<Access>,
    /// What it will do, to look at before it is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
}

/// What a call will do, to look at before it is allowed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Preview {
    /// A change to a file.
    Diff {
        /// The change as it will be made.
        change: FileChange,
    },
    /// A command line.
    Command {
        /// The text given to the shell.
        command: String,
        /// What the model says it is for.
        description: Option<String>,
        /// After how long it is killed.
        timeout: Duration,
    },
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolStatus {
    /// It did what it was asked.
    Done,
    /// It ran and failed; a command that exits with other than 0 counts.
    Failed,
    /// The user or the policy refused it.
    Denied,
    /// The turn was cancelled, or claw ended, before it was done.
    Cancelled,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolOutcome {
    /// How it ended.
    pub status: ToolStatus,
    /// What the model is told. Bounded.
    pub text: String,
    /// A picture, where the tool gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// A few words for the transcript's line: `1-140`, `3 hits`, `exit 1`.
    #[serde(default)]
    pub summary: String,
    /// How long it ran, without the time that the user took to answer.
    #[serde(default)]
    pub took: Duration,
}

impl ToolOutcome {
    /// An outcome with only words for the model.
    pub fn new(status: ToolStatus, text: impl Into<String>) -> Self {
        let (text, summary) = (text.into(), String::new());
        Self { status, text, image: None, summary, took: Duration::ZERO }
    }

    /// Is it anything but done?
    pub fn is_error(&self) -> bool {
        self.status != ToolStatus::Done
    }
}

//! A question to the user, and the answer.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::protocol::{CallId, RequestId};

/// May this call run? The call itself stands in the `ToolCallStarted` before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRequest {
    /// Its name.
    pub id: RequestId,
    /// Which call waits.
    pub call: CallId,
    /// Why it is asked: the rule with its file and line, or what the policy could not prove.
    pub reason: String,
    /// A rule that would cover exactly this, for "always"; none where that is not offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What else that rule covers; none without a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covers: Option<Covered>,
    /// The user made this of another call, which is named: `edited by you`.
    #[serde(default)]
    pub edited: bool,
    /// It deletes, leaves the project, or could not be understood: Enter does not allow it.
    #[serde(default)]
    pub risky: bool,
    /// What the policy found, piece by piece; what has to be asked or is denied comes first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// How many more pieces there are.
    #[serde(default)]
    pub more: usize,
    /// Where its command starts; none where it runs no command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<PathBuf>,
    /// What holds its command back; none where it runs no command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<SandboxState>,
    /// SHA-256 over exactly what is shown and what will run. An answer that allows bears it.
    #[serde(default)]
    pub hash: String,
}

impl PermissionRequest {
    /// A question of which only this much is known.
    pub fn new(id: RequestId, call: CallId, reason: impl Into<String>) -> Self {
        Self {
            id,
            call,
            reason: reason.into(),
            rule: None,
            covers: None,
            edited: false,
            risky: false,
            parts: Vec::new(),
            more: 0,
            cwd: None,
            sandbox: None,
            hash: String::new(),
        }
    }
}

/// What the policy found about one piece of a call: a simple command, a path, an address. Bounded;
/// what was cut is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The piece.
    pub text: String,
    /// The verdict on it alone.
    pub decision: Decision,
    /// Why.
    pub reason: String,
    /// The rule that decided; none where a mode or a default did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Where that rule stands: `file:line`, or what else decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The paths that it reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<String>,
    /// The paths that it writes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<String>,
    /// How many more paths it touches.
    #[serde(default)]
    pub unlisted: usize,
    /// A rule that would cover this piece, for "always"; none where that is not offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub always: Option<String>,
}

/// A verdict in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It may run.
    Allow,
    /// The user has to say.
    Ask,
    /// It may not run.
    Deny,
}

/// The earlier calls of a session that a rule would have allowed without a question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// How many, of those that were looked at.
    pub count: usize,
    /// Up to three of them, the latest first.
    pub examples: Vec<String>,
}

/// What holds commands back. Found by trying it, never taken from the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SandboxState {
    /// Nothing: the user wants it so.
    Off,
    /// The self-test passed.
    Confined {
        /// The directories in which a command may write.
        roots: Vec<PathBuf>,
        /// The network that it reaches.
        network: Reach,
    },
    /// Nothing, though the user wants it: every command asks.
    Unavailable {
        /// What the self-test found.
        why: String,
    },
    /// Nothing, for this one command: the model asked for it.
    Outside,
}

/// The network that a confined command reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// None.
    Nothing,
    /// These hosts alone.
    Hosts(Vec<String>),
    /// All that the user reaches.
    All,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PermissionOutcome {
    /// Run it, this once.
    AllowOnce,
    /// Run it, and what the request's rule covers from now on in this session.
    AllowSession,
    /// Run it, and let these rules allow what they cover from now on.
    Always {
        /// The rules, as `Tool(pattern)`.
        rules: Vec<String>,
        /// For whom they hold.
        scope: RuleScope,
    },
    /// Write what is left of an edit without some of its lines.
    AllowPart {
        /// What is left out, and what the user says to lines of it.
        part: EditPart,
    },
    /// Not this, but that: it is prepared, judged and asked anew.
    Change {
        /// What the user made of it.
        changed: Changed,
    },
    /// Do not run it; the agent goes on.
    Deny {
        /// The user's words to the model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Nobody can answer any more: the turn was cancelled or claw ended. It did not run.
    Cancelled,
}

impl PermissionOutcome {
    /// Does it let the call run?
    pub fn allows(&self) -> bool {
        matches!(
            self,
            Self::AllowOnce | Self::AllowSession | Self::Always { .. } | Self::AllowPart { .. }
        )
    }
}

/// For whom a rule of the user's holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleScope {
    /// This session, until it ends.
    Session,
    /// All sessions of this project: the user's own settings for it.
    Project,
    /// All sessions of this user.
    User,
}

/// The part of an edit that the user wants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditPart {
    /// Added and removed lines that are left out.
    #[serde(default)]
    pub left_out: Vec<LineAt>,
    /// The user's words to lines, for the model.
    #[serde(default)]
    pub comments: Vec<LineComment>,
}

/// A line of a call's preview: the how-manieth file, hunk and line of the hunk, each from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineAt {
    /// The file.
    pub file: usize,
    /// The hunk of the file.
    pub hunk: usize,
    /// The line of the hunk.
    pub line: usize,
}

/// The user's words to a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineComment {
    /// The line.
    pub at: LineAt,
    /// The words.
    pub text: String,
}

/// What the user made of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Changed {
    /// Another command line.
    Command {
        /// The command line.
        command: String,
    },
    /// Another text of the file that an edit or write would leave behind.
    File {
        /// The whole text of the file.
        text: String,
    },
}

/// What a rule that was tried would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTried {
    /// The rule, as it was tried.
    pub rule: String,
    /// Why it cannot be used; none where it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The earlier calls that it would have allowed, of at most the last 200.
    pub covers: Covered,
    /// Calls that it would newly allow, made up as examples.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

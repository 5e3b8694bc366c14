//! What one record says.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::cap;
use crate::base::clock::Millis;
use crate::base::redact;
use crate::protocol::{CallId, Mode, SessionId};

/// Bytes of a text in a record, at most, from each of its two ends.
const TEXT: usize = 1 << 10;

/// One thing that was decided or is about to be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// In which session; empty for claw's own helpers, and so is what is about a call.
    pub session: SessionId,
    /// For which call.
    pub call: CallId,
    /// The tool's name.
    pub tool: String,
    /// What the call is about, as it was shown.
    pub title: String,
    /// The hash of what was judged: the tool, its input and all that it touches.
    pub call_hash: String,
    /// The mode that held.
    pub mode: Option<Mode>,
    /// The hash of the rules that held.
    pub policy: String,
    /// What happened.
    #[serde(flatten)]
    pub entry: Entry,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// The call may run, or may not.
    Decision {
        /// May it?
        allowed: bool,
        /// Who said so.
        by: By,
        /// Why.
        reason: String,
        /// The rule that decided, as it is written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
        /// Where the rule stands, or which table or mode decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
    },
    /// A program is about to be started.
    Spawn {
        /// The text for the shell.
        command: String,
        /// Where it starts.
        cwd: PathBuf,
    },
    /// A program of claw's own choice is about to be started, for the first time by this process
    /// with these words.
    Helper {
        /// Its words.
        command: String,
        /// Where it starts.
        cwd: PathBuf,
    },
}

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Rules, floors, tables and the mode.
    Policy,
    /// The user, asked.
    User,
    /// The user had to be asked, and could not be or stopped the turn.
    Nobody,
}

impl By {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::User => "user",
            Self::Nobody => "nobody",
        }
    }
}

/// A record as it is in the log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Kept {
    /// Its number, from 1.
    pub seq: u64,
    /// When.
    pub at: Millis,
    /// What it says.
    #[serde(flatten)]
    pub record: Record,
}

impl Record {
    /// Claw starts a helper of its own, for no call.
    pub fn helper(command: String, cwd: PathBuf) -> Self {
        Self {
            session: "".into(),
            call: "".into(),
            tool: String::new(),
            title: String::new(),
            call_hash: String::new(),
            mode: None,
            policy: String::new(),
            entry: Entry::Helper { command, cwd },
        }
    }

    /// Without secrets, and with a bound.
    pub(super) fn redacted(&self) -> Self {
        let clean = |text: &str| cap::head_tail(&redact::all(text), TEXT, TEXT).text;
        let entry = match &self.entry {
            Entry::Decision { allowed, by, reason, rule, source } => Entry::Decision {
                allowed: *allowed,
                by: *by,
                reason: clean(reason),
                rule: rule.as_deref().map(clean),
                source: source.as_deref().map(clean),
            },
            Entry::Spawn { command, cwd } => {
                Entry::Spawn { command: clean(command), cwd: clean(&cwd.to_string_lossy()).into() }
            }
            Entry::Helper { command, cwd } => {
                Entry::Helper { command: clean(command), cwd: clean(&cwd.to_string_lossy()).into() }
            }
        };
        let (tool, title) = (clean(&self.tool), clean(&self.title));
        Self { tool, title, entry, call: clean(self.call.as_str()).as_str().into(), ..self.clone() }
    }
}

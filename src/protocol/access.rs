//! What a tool call wants to touch: what the policy judges.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::text;

/// One thing that a call will touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Access {
    /// Reads a file, or below a directory.
    Read {
        /// What is read.
        path: Resolved,
    },
    /// Makes or changes a file.
    Write {
        /// What is written.
        path: Resolved,
    },
    /// Runs a shell command.
    Shell {
        /// The command and where it runs.
        script: Script,
    },
    /// Fetches an address.
    Fetch {
        /// The address.
        url: String,
    },
    /// Calls a tool of an MCP server.
    Mcp {
        /// The server's name in the configuration.
        server: String,
        /// The tool's name on that server.
        tool: String,
    },
    /// Starts a sub-agent.
    Spawn {
        /// The agent's name.
        agent: String,
    },
}

/// A path that is absolute, without `.` and `..`, seen both as it was spelled and with its links
/// followed. Made by the workspace, where the file system is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resolved {
    /// As spelled, made absolute and normalised without asking the file system.
    pub lexical: PathBuf,
    /// With every link followed; for a new file, its deepest existing parent's.
    pub real: PathBuf,
    /// What the file system says of it.
    #[serde(default)]
    pub facts: Facts,
}

/// The longest path that is looked at, in bytes; no system takes longer ones.
pub const LONGEST_PATH: usize = 32 << 10;

/// What the file system says of a path, as far as a policy asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// What stands there.
    pub kind: FileKind,
    /// The file has a second name (a hard link) elsewhere.
    pub linked: bool,
    /// A write changes a part of what is there, rather than making or replacing it.
    pub edited: bool,
    /// As it was spelled, it holds characters that cannot be seen, maybe in a part that a later
    /// `..` takes away again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub veiled: bool,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// An ordinary file, or nothing yet.
    #[default]
    File,
    /// A directory.
    Directory,
    /// A device, a pipe or a socket: reading it may never end.
    Special,
    /// Nobody can say: its links lead in a circle, or no system takes it as it was spelled, with
    /// a NUL byte or longer than [`LONGEST_PATH`].
    Unresolved,
}

impl Resolved {
    /// A path that has no links in it. For tests and for paths that were just canonicalised.
    pub fn plain(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { lexical: path.clone(), real: path, facts: Facts::default() }
    }

    /// The same path, for a write that changes a part of what is there.
    #[must_use]
    pub fn edited(mut self) -> Self {
        self.facts.edited = true;
        self
    }

    /// The same path, with what only its spelling tells: `text` is how it was asked for.
    #[must_use]
    pub fn spelled(mut self, text: &str) -> Self {
        self.facts.veiled = text.contains(|c: char| c != '\t' && text::is_hidden(c));
        if text.contains('\0') || text.len() > LONGEST_PATH {
            self.facts.kind = FileKind::Unresolved;
        }
        self
    }

    /// The path to show.
    pub fn path(&self) -> &Path {
        &self.lexical
    }
}

/// A shell command line and where it will run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The text that is given to `/bin/bash -c`, byte for byte.
    pub command: String,
    /// The directory that it starts in.
    pub cwd: PathBuf,
}

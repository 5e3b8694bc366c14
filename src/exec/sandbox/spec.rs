//! What a helper is told: where the command may write and what it does not see; later, what to run.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::exec::sandbox::linked::Linked;

/// How much a command may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Processes and threads.
    pub processes: u64,
    /// Bytes of one file.
    pub file: u64,
    /// Open files of one process.
    pub open: u64,
    /// Bytes of memory of all its processes together, where a cgroup may be made; none for no limit.
    pub memory: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { processes: 4096, file: 16 << 30, open: 65_536, memory: None }
    }
}

/// A directory that tools keep for all projects: read as it is, changed for this project alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    /// Where tools look for it.
    pub path: PathBuf,
    /// Claw's directory for what this project changes in it.
    pub store: PathBuf,
    /// It is there outside, and shows through.
    pub layered: bool,
}

/// What a helper builds before it knows the command: where that may write, and what it cannot see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spec {
    pub(super) roots: Vec<PathBuf>,
    /// What is read, and is to be seen also where it lies among temporary files.
    pub(super) read: Vec<PathBuf>,
    /// The repositories of those that are linked worktrees.
    pub(super) linked: Vec<Linked>,
    pub(super) masked: Vec<PathBuf>,
    pub(super) hidden: Vec<String>,
    pub(super) caches: Vec<Cache>,
    pub(super) store: PathBuf,
    /// It has the user's network; without, its own, which is a loopback interface.
    pub(super) network: bool,
    /// A socket that listens on that interface is handed to claw, for a proxy.
    pub(super) proxy: bool,
    pub(super) limits: Limits,
}

/// What to run in it, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) cwd: PathBuf,
    pub(super) env: Vec<(String, String)>,
    pub(super) run: Run,
    /// What it reads.
    pub(super) stdin: String,
}

impl Order {
    /// With these variables on top.
    ///
    /// # Errors
    ///
    /// Where one is no text.
    pub(super) fn surround(&mut self, env: &[(OsString, OsString)]) -> io::Result<()> {
        for (name, value) in env {
            let text = |text: &OsString| text.clone().into_string();
            let pair = text(name).and_then(|name| Ok((name, text(value)?)));
            self.env.push(pair.map_err(|odd| {
                io::Error::other(format!("{} cannot be told to the helper", odd.display()))
            })?);
        }
        Ok(())
    }
}

/// What runs inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Run {
    /// A program with its arguments.
    Program(Vec<OsString>),
    /// The self-test, by the process that waits for it.
    Test { asker: i32 },
}

/// What the helper tells of it, a line of JSON each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Report {
    /// It did not come to run the command.
    Failed { layer: Layer, error: String },
    /// What was tried, and what came of it.
    Tried(Vec<Attempt>),
    /// The limits that hold.
    Limited { by: String },
    /// The command ended: by itself with this code, or by this signal.
    Ended { code: Option<i32>, signal: Option<i32>, left_running: bool },
}

/// A part of the sandbox. Each stands for itself: what one lets pass, another may stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Its own processes, network, shared memory and, for an ordinary user, users.
    Namespaces,
    /// Its own view of the file system.
    Files,
    /// No capability, and no way to get one.
    Privileges,
    /// The kernel's file rules beneath.
    Landlock,
    /// The system calls that are refused.
    Seccomp,
    /// How much it may take.
    Limits,
}

impl Layer {
    /// All, the outermost first.
    pub const ALL: [Self; 6] = [
        Self::Namespaces,
        Self::Files,
        Self::Privileges,
        Self::Landlock,
        Self::Seccomp,
        Self::Limits,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Files => "files",
            Self::Privileges => "privileges",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
            Self::Limits => "limits",
        }
    }
}

/// One thing that the self-test tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was tried.
    pub what: String,
    /// The layer that has to refuse it.
    pub layer: Layer,
    /// What came of it: the kernel's error, or that it was done.
    pub got: String,
    /// It was refused as it has to be.
    pub refused: bool,
}

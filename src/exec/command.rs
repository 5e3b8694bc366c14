//! A program to start: what it is given, and nothing else.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Child;

use crate::exec::env;
use crate::exec::group::starting;

/// A program, its arguments and its surroundings.
///
/// The environment is the allow-list for children plus `env`; there is no terminal and, without
/// `stdin`, nothing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// A name to find in `PATH`, or a path.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// The directory it starts in.
    pub cwd: PathBuf,
    /// Variables on top of the allow-list.
    pub env: Vec<(OsString, OsString)>,
    /// What it reads; `/dev/null` without.
    pub stdin: Option<Vec<u8>>,
}

impl Command {
    /// A program without arguments, to start in `cwd`.
    pub fn new(program: impl Into<OsString>, cwd: impl Into<PathBuf>) -> Self {
        let (program, cwd) = (program.into(), cwd.into());
        Self { program, args: Vec::new(), cwd, env: Vec::new(), stdin: None }
    }

    /// With these arguments after those that are there.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// With this variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// With this to read.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Starts it as the first of its own process group. The caller makes the `Group`.
    pub(super) fn spawn(
        &self,
        stdout: Stdio,
        stderr: Stdio,
        left: Left,
    ) -> Result<Child, ExecError> {
        let mut command = tokio::process::Command::new(&self.program);
        command
            .args(&self.args)
            .current_dir(&self.cwd)
            .env_clear()
            .envs(env::for_children())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(stdout)
            .stderr(stderr)
            // No pre_exec hook: std then spawns without copying this process's page tables.
            .process_group(0)
            .kill_on_drop(left == Left::Killed);
        let _whole = starting();
        command.spawn().map_err(|source| ExecError::Spawn {
            program: self.name(),
            cwd: self.cwd.clone(),
            source,
        })
    }

    /// Its words, to write down.
    pub(super) fn line(&self) -> String {
        let words = [&self.program].into_iter().chain(&self.args);
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    /// The program, to show.
    pub(super) fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }
}

/// What becomes of a program that nobody waits for any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// It is killed.
    Killed,
    /// It lives on.
    Alone,
}

/// Why a program gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// It did not start: it is not installed, or its directory is gone.
    #[error("starting {program} in {}: {source}", cwd.display())]
    Spawn {
        /// The program.
        program: String,
        /// Where it was to start.
        cwd: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It was not run, because it could not be confined.
    #[error("confining the command: {layer}: {error}; `claw sandbox status` tells more")]
    NotConfined {
        /// The layer that could not be made.
        layer: &'static str,
        /// Why.
        error: String,
    },
    /// It was not run: it is not what the decision was about.
    #[error(
        "nothing was run: since the command was judged, its {what} changed; call it again, so that \
         it is judged anew"
    )]
    NotJudged {
        /// The part that differs.
        what: &'static str,
    },
    /// It was not run, because that could not be written down before.
    #[error("{program} was not started: {error}")]
    Unwritten {
        /// The program.
        program: String,
        /// Why the audit log could not be written.
        error: String,
    },
    /// It was ended because it ran too long.
    #[error("{program} was ended because it took longer than {after:?}")]
    TimedOut {
        /// The program.
        program: String,
        /// How long it was given.
        after: Duration,
    },
    /// Its output could not be read.
    #[error("reading what {program} prints: {source}")]
    Io {
        /// The program.
        program: String,
        /// What the system says.
        source: io::Error,
    },
}

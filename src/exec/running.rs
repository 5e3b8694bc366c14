//! A program that was started, inside or outside.

use std::process::ExitStatus;
use std::process::Stdio;

use tokio::process::Child;
use tokio::process::ChildStderr;
use tokio::process::ChildStdin;
use tokio::process::ChildStdout;

use crate::exec::Command;
use crate::exec::ExecError;
use crate::exec::command::Left;
use crate::exec::group::Group;
use crate::exec::sandbox::Started;

/// A program that was started. Dropped, it ends with all it started.
pub(super) enum Running {
    Plain { child: Child, group: Group, program: String },
    Confined(Started),
}

impl Running {
    /// Starts it outside.
    pub(super) fn plain(
        command: &Command,
        stdout: Stdio,
        stderr: Stdio,
    ) -> Result<Self, ExecError> {
        let child = command.spawn(stdout, stderr, Left::Killed)?;
        let group = Group::of(&child);
        Ok(Self::Plain { child, group, program: command.name() })
    }

    /// The pipes to it, once: what it reads, prints and complains of, as far as they are pipes.
    pub(super) fn pipes(
        &mut self,
    ) -> (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>) {
        let child = match self {
            Self::Plain { child, .. } => child,
            Self::Confined(started) => started.child(),
        };
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    }

    /// Is something of it running though it has ended?
    pub(super) fn is_left(&self) -> bool {
        match self {
            Self::Plain { group, .. } => group.is_alive(),
            Self::Confined(_) => false,
        }
    }

    /// How it ended by itself, and whether the sandbox found something that it left running.
    pub(super) async fn ended(&mut self) -> Result<(ExitStatus, bool), ExecError> {
        match self {
            Self::Plain { child, program, .. } => {
                let failed = |source| ExecError::Io { program: program.clone(), source };
                Ok((child.wait().await.map_err(failed)?, false))
            }
            Self::Confined(started) => started.ended().await,
        }
    }

    /// The hosts that were refused to it.
    pub(super) fn refused(&self) -> Vec<String> {
        match self {
            Self::Plain { .. } => Vec::new(),
            Self::Confined(started) => started.refused(),
        }
    }

    /// Ends all of it.
    pub(super) async fn end(&mut self) {
        match self {
            Self::Plain { child, group, .. } => group.end(child).await,
            Self::Confined(started) => started.stop().await,
        }
    }
}

//! A program that gets the terminal and the user: their editor.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use crate::audit::{Audit, Record};
use crate::exec::{Command, ExecError};

/// Runs a program of the user's own choice on the terminal, with the whole environment, to its
/// end. It stays in claw's process group, which is the terminal's.
///
/// # Errors
///
/// Where that it starts cannot be written into the audit log: then it is not started. Where it
/// cannot be started.
pub async fn foreground(command: &Command, audit: &Arc<Audit>) -> Result<ExitStatus, ExecError> {
    let (log, record) = (Arc::clone(audit), Record::helper(command.line(), command.cwd.clone()));
    let written = tokio::task::spawn_blocking(move || log.append(&record)).await;
    let written = written.unwrap_or_else(|crash| Err(crash.into()));
    written.map_err(|error| ExecError::Unwritten {
        program: command.name(),
        error: format!("{error:#}"),
    })?;
    let mut program = tokio::process::Command::new(&command.program);
    program
        .args(&command.args)
        .current_dir(&command.cwd)
        .envs(command.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let failed =
        |source| ExecError::Spawn { program: command.name(), cwd: command.cwd.clone(), source };
    let mut child = program.spawn().map_err(failed)?;
    child.wait().await.map_err(|source| ExecError::Io { program: command.name(), source })
}

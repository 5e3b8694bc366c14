//! A shell script: watched while it runs, ended with all it started.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::base::redact;
use crate::exec::Command;
use crate::exec::DRAIN;
use crate::exec::ExecError;
use crate::exec::capture::Capture;
use crate::exec::running::Running;
use crate::exec::ticket::BASH;
use crate::exec::ticket::Order;
use crate::exec::ticket::Ticket;

/// How often a running script's output is shown anew, at most.
const RHYTHM: Duration = Duration::from_millis(50);

/// Bytes read at once.
const CHUNK: usize = 256 << 10;

/// Bytes asked for as the pipe's size: what an ordinary user gets at most.
#[cfg(target_os = "linux")]
const PIPE: usize = 1 << 20;

/// A script and its limits.
#[derive(Debug, Clone, Copy)]
pub struct Shell<'a> {
    /// What to start.
    pub order: Order<'a>,
    /// The right to it.
    pub ticket: &'a Ticket,
    /// After how long it is ended.
    pub timeout: Duration,
    /// The directory for an output that is too long to be kept in memory.
    pub spill: &'a Path,
}

/// What became of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// How it ended.
    pub end: End,
    /// What it and its children printed, both outputs in the order they came. Above 32 KiB: the
    /// first and the last 16 KiB, with a line between that names the file which has all.
    pub text: String,
    /// Bytes printed.
    pub bytes: u64,
    /// The file with the whole output, where `text` has not all of it.
    pub file: Option<PathBuf>,
    /// Something that it started was still running when it ended, and was ended too.
    pub left_running: bool,
    /// The hosts that were refused to it, each with the reason: at most 20.
    pub refused: Vec<String>,
}

/// How a script ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself.
    Exited(ExitStatus),
    /// It took too long.
    TimedOut,
    /// It was stopped.
    Cancelled,
}

/// Runs a script to its end, its timeout or its cancellation; nothing of it is left then, but what
/// put itself into a session of its own.
///
/// `on_output` gets the last lines (at most 20, 4 KiB) and the bytes in all, at most every 50 ms.
///
/// # Errors
///
/// Where the shell cannot be started, or its ticket is for another script. A script that fails is
/// no error: look at the end.
pub async fn shell(
    shell: Shell<'_>,
    mut on_output: impl FnMut(String, u64),
    cancel: &CancellationToken,
) -> Result<Finished, ExecError> {
    let failed = |source| ExecError::Io { program: BASH.to_owned(), source };
    let (mut running, reader) = start(&shell).await?;

    let mut output = Output {
        pipe: pipe(reader.into()).map_err(failed)?,
        chunk: vec![0; CHUNK],
        capture: Capture::new(shell.spill),
        redact: redact::Stream::default(),
    };
    let deadline = tokio::time::sleep(shell.timeout);
    tokio::pin!(deadline);
    let mut ticks = tokio::time::interval(RHYTHM);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut open, mut unseen, mut left_running) = (true, false, false);
    let end = loop {
        tokio::select! {
            biased;
            () = cancel.cancelled() => break End::Cancelled,
            () = &mut deadline => break End::TimedOut,
            _ = ticks.tick(), if unseen => {
                on_output(output.capture.recent(), output.capture.total());
                unseen = false;
            }
            ended = running.ended() => {
                let (status, left) = ended?;
                left_running = left;
                break End::Exited(status);
            }
            read = output.pipe.read(&mut output.chunk), if open => {
                open = output.take(read).await;
                unseen = true;
            }
        }
    };
    if matches!(end, End::Exited(_)) {
        output.drain(open).await;
        // One that was just ending when its shell did was not left.
        left_running |= running.is_left();
    }
    if left_running || !matches!(end, End::Exited(_)) {
        running.end().await;
        output.drain(open).await;
    }
    let refused = running.refused();
    drop(running);
    if let Some(sandbox) = shell.order.sandbox {
        sandbox.prepare();
    }
    let rest = output.redact.rest();
    output.capture.push(&rest).await;
    let bytes = output.capture.total();
    on_output(output.capture.recent(), bytes);
    let (text, file) = output.capture.finish().await;
    Ok(Finished { end, text, bytes, file, left_running, refused })
}

/// Starts it, inside where there is a sandbox. It, and what it prints.
async fn start(shell: &Shell<'_>) -> Result<(Running, io::PipeReader), ExecError> {
    let spawned = |source| {
        let (program, cwd) = (BASH.to_owned(), shell.order.cwd.to_owned());
        ExecError::Spawn { program, cwd, source }
    };
    let order = &shell.order;
    shell.ticket.admits(order)?;
    let [program, args @ ..] = order.argv();
    let Some(sandbox) = order.sandbox else {
        let (reader, writer) = io::pipe().map_err(spawned)?;
        let both = writer.try_clone().map_err(spawned)?;
        let mut command = Command::new(program, order.cwd).args(args);
        command.env.extend_from_slice(order.env);
        return Ok((Running::plain(&command, both.into(), writer.into())?, reader));
    };
    let words = order.argv().map(ToOwned::to_owned).into();
    let mut started = sandbox.start(words, order.env, order.cwd).await.map_err(spawned)?;
    let reader = started.output().map_err(spawned)?;
    Ok((Running::Confined(started), reader))
}

/// The reading end, large enough that a loud command seldom waits for us.
fn pipe(reader: OwnedFd) -> io::Result<Receiver> {
    // Above the user's limit for pipes it stays as it is, which is only slower.
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(&reader, PIPE);
    Receiver::from_owned_fd(reader)
}

struct Output {
    pipe: Receiver,
    chunk: Vec<u8>,
    capture: Capture,
    /// No secret of claw's own gets into memory, the file or the model's sight.
    redact: redact::Stream,
}

impl Output {
    /// Keeps what was read; false at the end.
    async fn take(&mut self, read: io::Result<usize>) -> bool {
        match read {
            Ok(read @ 1..) => {
                let bytes = self.redact.push(&self.chunk[..read]);
                self.capture.push(&bytes).await;
                true
            }
            // An error ends an output as its end does.
            _ => false,
        }
    }

    /// Takes what still comes, for a moment: who holds the other end may never let go.
    async fn drain(&mut self, open: bool) {
        if open {
            let until = tokio::time::Instant::now() + DRAIN;
            while let Ok(read) =
                tokio::time::timeout_at(until, self.pipe.read(&mut self.chunk)).await
                && self.take(read).await
            {}
        }
    }
}

#[cfg(test)]
mod tests;

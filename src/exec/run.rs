//! Short helper programs: started, read to their end, bounded in time and memory.

use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;

use crate::audit::Audit;
use crate::audit::Record;
use crate::exec::Command;
use crate::exec::DRAIN;
use crate::exec::ExecError;
use crate::exec::command::Left;
use crate::exec::running::Running;
use crate::exec::sandbox::ABSENT;
use crate::exec::sandbox::Confinement;

/// Bytes kept of each of the two outputs.
const KEPT: usize = 16 << 20;

/// What a program printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed: its first 16 MiB.
    pub stdout: Vec<u8>,
    /// What it complained of: its first 16 MiB.
    pub stderr: Vec<u8>,
    /// Something was printed beyond that.
    pub truncated: bool,
}

/// Runs a helper of claw's own to its end. What it leaves running in its process group is killed.
///
/// That it starts is written into the audit log before: once for the same words in the same
/// directory for as long as this process lives, because claw asks git the same many times.
///
/// # Errors
///
/// Where that cannot be written: then it is not started. Where it cannot be started or takes longer than `timeout`: then it is killed with all it
/// started. A program that ends with other than 0 is no error here: look at the status.
pub async fn run(
    command: &Command,
    timeout: Duration,
    audit: &Arc<Audit>,
) -> Result<Captured, ExecError> {
    written(command, audit).await?;
    let running = Running::plain(command, Stdio::piped(), Stdio::piped())?;
    captured(running, command, timeout).await
}

/// Runs a helper that stays when it has done its work: a clipboard lives as long as the program
/// that holds it, a browser longer than the one that opened it. What it prints is not read.
///
/// # Errors
///
/// As [`run`]. One that takes longer than `timeout` is left alone.
pub async fn leave(
    command: &Command,
    timeout: Duration,
    audit: &Arc<Audit>,
) -> Result<ExitStatus, ExecError> {
    written(command, audit).await?;
    let mut child = command.spawn(Stdio::null(), Stdio::null(), Left::Alone)?;
    if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), &command.stdin) {
        // A program need not read all that it is given; one that reads none is not waited for.
        let _ = tokio::time::timeout(timeout, pipe.write_all(bytes)).await;
    }
    let failed = |source| ExecError::Io { program: command.name(), source };
    match tokio::time::timeout(timeout, child.wait()).await {
        Ok(ended) => ended.map_err(failed),
        Err(_) => Err(ExecError::TimedOut { program: command.name(), after: timeout }),
    }
}

/// How claw's own helpers are started that only read: written down before, and inside, with
/// nothing writable and no network, once the sandbox is known to hold.
#[derive(Debug, Clone)]
pub struct Helpers {
    audit: Arc<Audit>,
    confinement: Arc<Confinement>,
}

impl Helpers {
    /// Those of a session.
    pub fn new(audit: Arc<Audit>, confinement: Arc<Confinement>) -> Self {
        Self { audit, confinement }
    }

    /// Runs a helper to its end, as [`run`] does. Nobody waits for the self-test: before its end,
    /// and where the sandbox does not hold, the helper runs outside.
    ///
    /// # Errors
    ///
    /// As [`run`], and where it cannot be confined though commands can.
    pub async fn read(&self, command: &Command, timeout: Duration) -> Result<Captured, ExecError> {
        written(command, &self.audit).await?;
        let running = match self.confinement.known() {
            Some(sandbox) => sandbox.read(command).await?,
            None => Running::plain(command, Stdio::piped(), Stdio::piped())?,
        };
        let inside = matches!(running, Running::Confined(_));
        let captured = captured(running, command, timeout).await?;
        // What the helper says in its place.
        if inside && captured.status.code() == Some(127) && captured.stderr.starts_with(ABSENT) {
            let source = std::io::ErrorKind::NotFound.into();
            let (program, cwd) = (command.name(), command.cwd.clone());
            return Err(ExecError::Spawn { program, cwd, source });
        }
        Ok(captured)
    }
}

impl Helpers {
    /// Runs a helper to its end that changes something by the user's own word: outside, as the
    /// user would run it.
    ///
    /// # Errors
    ///
    /// As [`run`].
    pub async fn write(&self, command: &Command, timeout: Duration) -> Result<Captured, ExecError> {
        run(command, timeout, &self.audit).await
    }
}

/// Writes down that it starts.
async fn written(command: &Command, audit: &Arc<Audit>) -> Result<(), ExecError> {
    let (log, record) = (Arc::clone(audit), Record::helper(command.line(), command.cwd.clone()));
    // Another process may be appending: that is waited for where it holds up nobody else.
    let written = tokio::task::spawn_blocking(move || log.append_once(&record)).await;
    let written = written.unwrap_or_else(|crash| Err(crash.into()));
    written.map_err(|error| ExecError::Unwritten {
        program: command.name(),
        error: format!("{error:#}"),
    })
}

/// What it prints until it ends.
async fn captured(
    mut running: Running,
    command: &Command,
    timeout: Duration,
) -> Result<Captured, ExecError> {
    let (stdin, stdout, stderr) = running.pipes();
    let (mut printed, mut complained) = (Kept::default(), Kept::default());
    let traffic = async {
        let feed = async {
            if let (Some(mut pipe), Some(bytes)) = (stdin, &command.stdin) {
                // A program need not read all that it is given.
                let _ = pipe.write_all(bytes).await;
            }
        };
        tokio::join!(feed, printed.read(stdout), complained.read(stderr));
    };
    let whole = async {
        tokio::pin!(traffic);
        let mut silent = false;
        let ended = loop {
            tokio::select! {
                ended = running.ended() => break ended,
                () = &mut traffic, if !silent => silent = true,
            }
        };
        if !silent {
            // A background process may hold the pipes open for ever: what is there has come by then.
            let _ = tokio::time::timeout(DRAIN, traffic).await;
        }
        ended
    };
    let Ok(ended) = tokio::time::timeout(timeout, whole).await else {
        running.end().await;
        return Err(ExecError::TimedOut { program: command.name(), after: timeout });
    };
    let (status, _) = ended?;
    let truncated = printed.cut || complained.cut;
    Ok(Captured { status, stdout: printed.bytes, stderr: complained.bytes, truncated })
}

/// The first bytes of an output.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    cut: bool,
}

impl Kept {
    /// Reads to the end. An error ends an output as its end does.
    async fn read(&mut self, pipe: Option<impl AsyncRead + Unpin>) {
        let Some(mut pipe) = pipe else { return };
        let mut chunk = vec![0; 64 << 10];
        while let Ok(read @ 1..) = pipe.read(&mut chunk).await {
            let room = KEPT.saturating_sub(self.bytes.len()).min(read);
            self.bytes.extend_from_slice(&chunk[..room]);
            self.cut |= room < read;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Entry;
    use crate::base::clock;

    async fn ran(command: &Command, timeout: Duration) -> Result<Captured, ExecError> {
        let dir = tempfile::tempdir().unwrap();
        run(command, timeout, &Arc::new(Audit::new(dir.path().join("audit")))).await
    }

    #[tokio::test]
    async fn a_helper_is_written_down_once_or_does_not_start() {
        let dir = tempfile::tempdir().unwrap();
        let audit = Arc::new(Audit::new(dir.path().join("audit")));
        for _ in 0..3 {
            run(&bash("true"), LONG, &audit).await.unwrap();
        }
        run(&bash("exit 1"), LONG, &audit).await.unwrap();
        let mut told = Vec::new();
        crate::audit::read(audit.dir(), |_, kept| {
            told.push(kept.unwrap().record.entry);
            Ok(())
        })
        .unwrap();
        let helper = |script: &str| Entry::Helper {
            command: format!("/bin/bash --noprofile --norc -c {script}"),
            cwd: "/".into(),
        };
        assert_eq!(told, [helper("true"), helper("exit 1")]);

        let marker = dir.path().join("ran");
        let file = tempfile::NamedTempFile::new().unwrap();
        let audit = Arc::new(Audit::new(file.path().to_owned()));
        let got = run(&bash(&format!("touch {}", marker.display())), LONG, &audit).await;
        assert!(matches!(got, Err(ExecError::Unwritten { .. })), "{got:?}");
        assert!(!marker.exists());
    }

    const LONG: Duration = Duration::from_secs(20);

    fn bash(script: &str) -> Command {
        Command::new("/bin/bash", "/").args(["--noprofile", "--norc", "-c", script])
    }

    #[tokio::test]
    async fn captures_both_outputs_and_the_status() {
        let got = ran(&bash("cat; echo no >&2; exit 3").stdin("yes"), LONG).await.unwrap();
        assert_eq!(got.status.code(), Some(3));
        assert_eq!(got.stdout, b"yes");
        assert_eq!(got.stderr, b"no\n");
    }

    #[tokio::test]
    async fn a_child_sees_no_variable_that_is_not_listed() {
        let listed = crate::exec::env::for_children();
        // bash makes the last three itself.
        let known = |name: &str| {
            listed.iter().any(|(there, _)| there == name)
                || ["EXTRA", "PWD", "SHLVL", "_"].contains(&name)
        };
        let got = ran(&bash("env -0").env("EXTRA", "1"), LONG).await.unwrap();
        let got = String::from_utf8(got.stdout).unwrap();
        let names = got.split_terminator('\0').filter_map(|line| Some(line.split_once('=')?.0));
        assert_eq!(names.filter(|name| !known(name)).collect::<Vec<_>>(), Vec::<&str>::new());
        assert!(got.contains("EXTRA=1") && got.contains("TERM=dumb"), "{got}");
    }

    #[tokio::test]
    async fn a_program_that_takes_too_long_is_ended() {
        let got = ran(&bash("sleep 60"), Duration::from_millis(50)).await;
        assert!(matches!(got, Err(ExecError::TimedOut { .. })), "{got:?}");
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let got = ran(&Command::new("no-such-program", "/"), LONG).await.unwrap_err();
        assert!(got.to_string().starts_with("starting no-such-program in /: "), "{got}");
    }

    #[tokio::test]
    async fn a_background_child_does_not_hang_it() {
        let start = clock::instant();
        let got = ran(&bash("sleep 60 & echo done"), LONG).await.unwrap();
        assert_eq!(got.stdout, b"done\n");
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

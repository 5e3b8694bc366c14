//! Starting a command inside, from within claw.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Child;

use crate::exec::network::Network;
use crate::exec::sandbox::Layer;
use crate::exec::sandbox::Sandbox;
#[cfg(target_os = "linux")]
use crate::exec::sandbox::linux;
use crate::exec::sandbox::spec::Report;
use crate::exec::sandbox::spec::Run;
use crate::exec::sandbox::spec::Spec;

/// Bytes of reports that are read.
const REPORTS: u64 = 256 << 10;

/// How long reports are waited for once the helper has ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// What became of a confined command, beside how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::exec) struct Outcome {
    /// It never ran: the layer that could not be made, and why.
    pub(in crate::exec) failed: Option<(Layer, String)>,
    /// Something it started was still running when it ended.
    pub(in crate::exec) left_running: bool,
}

/// A helper that was started.
#[derive(Debug)]
pub(in crate::exec) struct Started {
    pub(in crate::exec) child: Child,
    #[cfg(unix)]
    pub(super) socket: tokio::net::UnixStream,
    #[cfg(target_os = "linux")]
    proxy: Option<crate::exec::network::Serving>,
}

impl Sandbox {
    pub(super) fn spec(&self, cwd: &Path, run: Run) -> Spec {
        Spec {
            roots: self.roots.clone(),
            masked: self.masked.clone(),
            caches: self.caches.clone(),
            store: self.store.clone(),
            network: self.network == Network::All,
            proxy: matches!(self.network, Network::Hosts(_)),
            limits: self.limits,
            cwd: cwd.to_owned(),
            env: self.env(),
            run,
        }
    }

    /// Runs a program inside, in place of this process, which must have one thread. The exit code.
    ///
    /// # Errors
    ///
    /// Where it could not be confined: then it did not run.
    #[cfg(target_os = "linux")]
    pub fn run_here(&self, cwd: &Path, argv: Vec<String>) -> anyhow::Result<u8> {
        let spec = self.spec(cwd, Run::Program(argv));
        let reports = match &self.network {
            Network::Hosts(hosts) => super::proxied::supervise(hosts, &spec)?,
            Network::None | Network::All => linux::supervise(&spec, None),
        };
        let failed = reports.iter().find_map(|report| match report {
            Report::Failed { layer, error } => Some((layer, error)),
            _ => None,
        });
        if let Some((layer, error)) = failed {
            anyhow::bail!("confining the command: {}: {error}", layer.name());
        }
        Ok(linux::end(&reports))
    }

    /// The same, but for signals, which have their own code here.
    ///
    /// # Errors
    ///
    /// Where it could not be started.
    #[cfg(not(target_os = "linux"))]
    pub fn run_here(&self, cwd: &Path, argv: Vec<String>) -> anyhow::Result<u8> {
        let mut command = std::process::Command::new("/usr/bin/sandbox-exec");
        command.arg("-p").arg(super::seatbelt::profile(self)).args(argv);
        let status = command.current_dir(cwd).env_clear().envs(self.env()).status()?;
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
    }

    /// Starts a program inside, as the first of its own process group, with `env` on top of what
    /// every command sees.
    pub(in crate::exec) async fn start(
        &self,
        argv: Vec<String>,
        env: &[(OsString, OsString)],
        cwd: &Path,
        stdout: Stdio,
        stderr: Stdio,
    ) -> io::Result<Started> {
        let mut spec = self.spec(cwd, Run::Program(argv));
        for (name, value) in env {
            let text = |text: &OsString| text.clone().into_string();
            let pair = text(name).and_then(|name| Ok((name, text(value)?)));
            spec.env.push(pair.map_err(|odd| {
                io::Error::other(format!("{} cannot be told to the helper", odd.display()))
            })?);
        }
        #[cfg_attr(not(target_os = "linux"), allow(unused_mut, reason = "as on Linux"))]
        let mut started = self.send(&spec, stdout, stderr).await?;
        #[cfg(target_os = "linux")]
        {
            started.proxy = super::proxied::serve(&self.network, &started.socket)?;
        }
        Ok(started)
    }

    /// Starts the helper and tells it what to do.
    #[cfg(target_os = "linux")]
    pub(super) async fn send(
        &self,
        spec: &Spec,
        stdout: Stdio,
        stderr: Stdio,
    ) -> io::Result<Started> {
        use std::os::fd::OwnedFd;

        use tokio::io::AsyncWriteExt as _;

        let spec = serde_json::to_vec(spec)?;
        let length = u32::try_from(spec.len()).map_err(io::Error::other)?;
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        let child = tokio::process::Command::new(&self.helper)
            .arg(super::HELPER)
            .current_dir("/")
            .env_clear()
            .stdin(OwnedFd::from(theirs))
            .stdout(stdout)
            .stderr(stderr)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        ours.set_nonblocking(true)?;
        let mut socket = tokio::net::UnixStream::from_std(ours)?;
        let told = async {
            socket.write_all(&length.to_be_bytes()).await?;
            socket.write_all(&spec).await
        };
        // A helper that ended before it was told says so by its end.
        let _ = told.await;
        Ok(Started { child, socket, proxy: None })
    }

    /// Starts the command under the system's own sandbox.
    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unused_async, reason = "as on Linux")]
    pub(super) async fn send(
        &self,
        spec: &Spec,
        stdout: Stdio,
        stderr: Stdio,
    ) -> io::Result<Started> {
        let Run::Program(argv) = &spec.run else { return Err(io::ErrorKind::Unsupported.into()) };
        let mut command = tokio::process::Command::new("/usr/bin/sandbox-exec");
        command.arg("-p").arg(super::seatbelt::profile(self)).args(argv);
        command.current_dir(&spec.cwd).env_clear().envs(spec.env.iter().map(|(n, v)| (n, v)));
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        Ok(Started {
            child: command.spawn()?,
            #[cfg(unix)]
            socket: tokio::net::UnixStream::pair()?.0,
        })
    }
}

impl Started {
    /// The hosts that its proxy refused, each with the reason: at most 20.
    pub(in crate::exec) fn refused(&self) -> Vec<String> {
        #[cfg(target_os = "linux")]
        return self.proxy.as_ref().map(crate::exec::network::Serving::refused).unwrap_or_default();
        #[cfg(not(target_os = "linux"))]
        Vec::new()
    }

    /// What the helper tells until it ends.
    pub(super) async fn reports(&mut self) -> Vec<Report> {
        #[cfg(target_os = "linux")]
        {
            use tokio::io::AsyncReadExt as _;

            let mut told = Vec::new();
            let mut socket = (&mut self.socket).take(REPORTS);
            // What came until then counts: an unfinished line is no report.
            let _ = socket.read_to_end(&mut told).await;
            let lines = told.split(|byte| *byte == b'\n');
            lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
        }
        #[cfg(not(target_os = "linux"))]
        vec![Report::Ended { code: None, signal: None, left_running: false }]
    }

    /// What is to be known of a command that has ended.
    pub(in crate::exec) async fn outcome(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        let mut ended = false;
        let reports = tokio::time::timeout(PATIENCE, self.reports()).await;
        for report in reports.unwrap_or_default() {
            match report {
                Report::Failed { layer, error } => outcome.failed = Some((layer, error)),
                Report::Ended { left_running, .. } => {
                    ended = true;
                    outcome.left_running = left_running;
                }
                Report::Tried(_) | Report::Limited { .. } => {}
            }
        }
        if !ended && outcome.failed.is_none() {
            let why = "the helper ended without a word".to_owned();
            outcome.failed = Some((Layer::Namespaces, why));
        }
        outcome
    }
}

//! Starting a command inside, from within claw.

use std::ffi::OsString;
use std::io;
use std::io::PipeReader;
#[cfg(target_os = "linux")]
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Pid;
use rustix::process::Signal;
use tokio::process::Child;

use crate::exec::ExecError;
use crate::exec::group::starting;
use crate::exec::network::Network;
use crate::exec::sandbox::Layer;
use crate::exec::sandbox::Sandbox;
use crate::exec::sandbox::linked::Linked;
#[cfg(target_os = "linux")]
use crate::exec::sandbox::linux;
use crate::exec::sandbox::spec::Order;
use crate::exec::sandbox::spec::Report;
use crate::exec::sandbox::spec::Run;
use crate::exec::sandbox::spec::Spec;

/// Bytes of reports that are read.
#[cfg(target_os = "linux")]
const REPORTS: usize = 256 << 10;

/// How long a command has between being asked to end and being killed.
const GRACE: Duration = Duration::from_millis(200);

/// How long its helper then has to take down what it made.
const PATIENCE: Duration = Duration::from_secs(1);

/// A helper that was started.
#[derive(Debug)]
pub(in crate::exec) struct Started {
    child: Child,
    output: Option<PipeReader>,
    /// Closed, the helper ends with all that it started.
    #[cfg(target_os = "linux")]
    socket: Option<tokio::net::UnixStream>,
    /// What carries its network, where it has one of granted hosts.
    #[cfg(target_os = "linux")]
    proxy: Option<crate::exec::network::Serving>,
    /// What it told and nobody looked at yet.
    #[cfg(target_os = "linux")]
    told: Vec<u8>,
}

impl Sandbox {
    pub(super) fn spec(&self) -> Spec {
        Spec {
            roots: self.roots.clone(),
            read: Vec::new(),
            linked: self.roots.iter().filter_map(|root| Linked::of(root)).collect(),
            masked: self.masked.clone(),
            hidden: self.hidden.clone(),
            caches: self.caches.clone(),
            store: self.store.clone(),
            network: self.network == Network::All,
            proxy: matches!(self.network, Network::Hosts(_)),
            limits: self.limits,
        }
    }

    pub(super) fn order(&self, cwd: &Path, run: Run) -> Order {
        Order { cwd: cwd.to_owned(), env: self.env(), run, stdin: String::new() }
    }

    /// Runs a program inside, in place of this process, which must have one thread. The exit code.
    ///
    /// # Errors
    ///
    /// Where it could not be confined: then it did not run.
    #[cfg(target_os = "linux")]
    pub fn run_here(&self, cwd: &Path, argv: Vec<String>) -> anyhow::Result<u8> {
        let order = self.order(cwd, Run::Program(argv.into_iter().map(Into::into).collect()));
        let ended = match &self.network {
            Network::Hosts(hosts) => super::proxied::supervise(hosts, &self.spec(), order)?,
            Network::None | Network::All => {
                linux::supervise(&self.spec(), || Ok(order), None, |_| {})?
            }
        };
        match ended {
            Report::Failed { layer, error } => {
                anyhow::bail!("confining the command: {}: {error}", layer.name())
            }
            ended => Ok(linux::end_as(&ended)),
        }
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
    ) -> io::Result<Started> {
        let mut order = self.order(cwd, Run::Program(argv.into_iter().map(Into::into).collect()));
        order.surround(env)?;
        #[cfg(target_os = "linux")]
        if let Some(mut started) = self.warm.take(&self.spec())
            && started.tell(&order).await.is_ok()
        {
            return Ok(started.served(&self.network).await);
        }
        let started = self.send(order).await?;
        #[cfg(target_os = "linux")]
        let started = started.served(&self.network).await;
        Ok(started)
    }

    /// Starts a helper and tells it what to do.
    #[cfg(target_os = "linux")]
    pub(super) async fn send(&self, order: Order) -> io::Result<Started> {
        let mut started = self.waiting(&self.spec())?;
        // A helper that ended before it was told says so by its end.
        let _ = started.tell(&order).await;
        Ok(started)
    }

    /// Starts a helper, which builds and waits, with both outputs of the command as one.
    #[cfg(target_os = "linux")]
    pub(super) fn waiting(&self, spec: &Spec) -> io::Result<Started> {
        let (output, writer) = io::pipe()?;
        let started = self.helper(spec, writer.try_clone()?.into(), writer.into())?;
        Ok(Started { output: Some(output), ..started })
    }

    /// Starts a helper, which builds and waits. Ends with its socket: nothing else may end it, or
    /// what it made would stay.
    #[cfg(target_os = "linux")]
    pub(super) fn helper(&self, spec: &Spec, stdout: Stdio, stderr: Stdio) -> io::Result<Started> {
        use std::io::Write as _;
        use std::os::fd::OwnedFd;

        let (mut ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        // The socket holds it: nobody is waited for.
        ours.set_nonblocking(true)?;
        ours.write_all(&framed(spec)?)?;
        let _whole = starting();
        let child = tokio::process::Command::new(&self.helper)
            .arg(super::HELPER)
            .current_dir("/")
            .env_clear()
            .stdin(OwnedFd::from(theirs))
            .stdout(stdout)
            .stderr(stderr)
            .process_group(0)
            .spawn()?;
        let socket = Some(tokio::net::UnixStream::from_std(ours)?);
        Ok(Started { child, output: None, socket, proxy: None, told: Vec::new() })
    }

    /// Starts the command under the system's own sandbox.
    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unused_async, reason = "as on Linux")]
    pub(super) async fn send(&self, order: Order) -> io::Result<Started> {
        let Run::Program(argv) = order.run else { return Err(io::ErrorKind::Unsupported.into()) };
        let (output, writer) = io::pipe()?;
        let mut command = tokio::process::Command::new("/usr/bin/sandbox-exec");
        command.arg("-p").arg(super::seatbelt::profile(self)).args(argv);
        command.current_dir(&order.cwd).env_clear().envs(order.env).stdin(Stdio::null());
        command.stdout(writer.try_clone()?).stderr(writer).process_group(0).kill_on_drop(true);
        let _whole = starting();
        Ok(Started { child: command.spawn()?, output: Some(output) })
    }
}

/// With its length in front.
#[cfg(target_os = "linux")]
fn framed(what: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(what)?;
    let length = u32::try_from(json.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes(), json.as_slice()].concat())
}

impl Started {
    /// The hosts that its proxy refused, each with the reason: at most 20.
    pub(in crate::exec) fn refused(&self) -> Vec<String> {
        #[cfg(target_os = "linux")]
        return self.proxy.as_ref().map(crate::exec::network::Serving::refused).unwrap_or_default();
        #[cfg(not(target_os = "linux"))]
        Vec::new()
    }

    /// The helper's process.
    pub(in crate::exec) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// What the command prints, once.
    pub(in crate::exec) fn output(&mut self) -> io::Result<PipeReader> {
        self.output.take().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Asks the command to end, kills after 200 ms what is left, and waits until nothing is.
    pub(in crate::exec) async fn stop(&mut self) {
        let group = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(group) = group {
            // An error says that it is gone already.
            let _ = rustix::process::kill_process_group(group, Signal::TERM);
        }
        if tokio::time::timeout(GRACE, self.child.wait()).await.is_ok() {
            return;
        }
        #[cfg(target_os = "linux")]
        drop(self.socket.take());
        #[cfg(not(target_os = "linux"))]
        let _ = group.map(|group| rustix::process::kill_process_group(group, Signal::KILL));
        if tokio::time::timeout(PATIENCE, self.child.wait()).await.is_err() {
            // It hangs. Its end is the end of the first process, and of all others.
            let _ = self.child.start_kill();
        }
    }

    /// How the command ended, and whether it left something running, which has ended by now.
    ///
    /// # Errors
    ///
    /// Where it never ran, because it could not be confined.
    #[cfg(not(target_os = "linux"))]
    pub(in crate::exec) async fn ended(&mut self) -> Result<(ExitStatus, bool), ExecError> {
        let ended = self.child.wait().await;
        let ended = ended.map_err(|error| not_confined(Layer::Namespaces, error.to_string()))?;
        Ok((ended, false))
    }
}

fn not_confined(layer: Layer, error: String) -> ExecError {
    ExecError::NotConfined { layer: layer.name(), error }
}

#[cfg(not(target_os = "linux"))]
impl Started {
    /// The system's own sandbox tells nothing.
    pub(super) async fn reports(&mut self) -> Vec<Report> {
        // An error says that it is gone.
        let _ = self.child.wait().await;
        Vec::new()
    }
}

#[cfg(target_os = "linux")]
impl Started {
    /// Does it still wait for an order?
    pub(super) fn waits(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// With its proxy, where its network has one.
    async fn served(mut self, network: &Network) -> Self {
        if let Some(socket) = &self.socket {
            self.proxy = super::proxied::serve(network, socket).await;
        }
        self
    }

    /// Tells it what to run.
    pub(super) async fn tell(&mut self, order: &Order) -> io::Result<()> {
        use tokio::io::AsyncWriteExt as _;

        let socket = self.socket.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        socket.write_all(&framed(order)?).await
    }

    /// The next thing it tells; none once it has ended. Nothing is lost where nobody waits on.
    pub(super) async fn report(&mut self) -> Option<Report> {
        use tokio::io::AsyncReadExt as _;

        loop {
            if let Some(end) = self.told.iter().position(|byte| *byte == b'\n') {
                let line: Vec<_> = self.told.drain(..=end).collect();
                match serde_json::from_slice(&line) {
                    Ok(report) => return Some(report),
                    Err(_) => continue,
                }
            }
            let read = self.socket.as_mut()?.read_buf(&mut self.told).await;
            if !matches!(read, Ok(1..)) || self.told.len() > REPORTS {
                return None;
            }
        }
    }

    /// How the command ended, and whether it left something running, which has ended by now.
    ///
    /// # Errors
    ///
    /// Where it never ran, because it could not be confined.
    pub(in crate::exec) async fn ended(&mut self) -> Result<(ExitStatus, bool), ExecError> {
        while let Some(report) = self.report().await {
            match report {
                Report::Failed { layer, error } => return Err(not_confined(layer, error)),
                Report::Ended { code, signal, left_running } => {
                    // As `wait` has it.
                    let status = code.map_or(signal.unwrap_or(libc::SIGKILL), |code| code << 8);
                    return Ok((ExitStatus::from_raw(status), left_running));
                }
                Report::Tried(_) | Report::Limited { .. } => {}
            }
        }
        Err(not_confined(Layer::Namespaces, "the helper ended without a word".to_owned()))
    }

    /// All that it tells, until it has ended.
    pub(super) async fn reports(&mut self) -> Vec<Report> {
        let mut all = Vec::new();
        while let Some(report) = self.report().await {
            all.push(report);
        }
        // An error says that it is gone.
        let _ = self.child.wait().await;
        all
    }
}

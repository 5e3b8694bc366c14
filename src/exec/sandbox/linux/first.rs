//! The first process of a command's own process namespace: builds what the command sees, waits for
//! the order, gives up everything, starts the command and waits for all that it leaves behind.

use std::fs;
use std::io;
use std::io::PipeReader;
use std::io::PipeWriter;
use std::io::Read as _;
use std::io::Seek as _;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;

use rustix::fs::MemfdFlags;
use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::WaitOptions;
use serde::Deserialize;
use serde::Serialize;

use crate::exec::sandbox::linux::cgroup::Groups;
use crate::exec::sandbox::linux::kernel;
use crate::exec::sandbox::linux::kernel::Fork;
use crate::exec::sandbox::linux::loopback;
use crate::exec::sandbox::linux::mounts;
use crate::exec::sandbox::linux::placeholder::Protected;
use crate::exec::sandbox::linux::probe;
use crate::exec::sandbox::linux::seal;
use crate::exec::sandbox::spec::Layer;
use crate::exec::sandbox::spec::Order;
use crate::exec::sandbox::spec::Report;
use crate::exec::sandbox::spec::Run;
use crate::exec::sandbox::spec::Spec;

/// The first process, seen by the supervisor. It has to be waited for.
#[derive(Debug)]
pub(super) struct First {
    pub(super) pid: Pid,
    /// What it tells, a line of JSON each, until it ends.
    pub(super) reports: PipeReader,
    orders: PipeWriter,
}

/// What the first process is told once it is known.
#[derive(Debug, Serialize, Deserialize)]
struct Go {
    order: Order,
    protected: Vec<Protected>,
}

impl First {
    /// Starts it; it builds while the supervisor goes on.
    pub(super) fn start(spec: &Spec, hidden: &[PathBuf], groups: &mut Groups) -> io::Result<Self> {
        let (reports, mut teller) = io::pipe()?;
        let (listener, orders) = io::pipe()?;
        match kernel::fork()? {
            Fork::Parent(pid) => Ok(Self { pid, reports, orders }),
            Fork::Child => {
                // Or it would never see the end of the orders.
                drop(orders);
                drop(reports);
                match inside((spec, hidden), listener, groups, &mut teller) {
                    Ok(None) => {}
                    Ok(Some(ended)) => tell(&mut teller, &ended),
                    Err((layer, error)) => tell(&mut teller, &Report::Failed { layer, error }),
                }
                kernel::exit(0)
            }
        }
    }

    /// Tells it what to run. An error says that it is gone, which its reports explain.
    pub(super) fn go(self, order: Order, protected: Vec<Protected>) -> (Pid, PipeReader) {
        let Self { pid, reports, mut orders } = self;
        if let Ok(go) = serde_json::to_vec(&Go { order, protected }) {
            let _ = orders.write_all(&go);
        }
        (pid, reports)
    }
}

/// A report that cannot be told is missed by who waits for it: then the command counts as failed.
fn tell(writer: &mut PipeWriter, report: &Report) {
    if let Ok(line) = serde_json::to_string(report) {
        let _ = writeln!(writer, "{line}");
    }
}

/// Confines itself, runs the command, and ends when that ends. None where there came no order.
fn inside(
    (spec, hidden): (&Spec, &[PathBuf]),
    mut orders: PipeReader,
    groups: &mut Groups,
    writer: &mut PipeWriter,
) -> Result<Option<Report>, (Layer, String)> {
    let at = |layer| move |error: io::Error| (layer, error.to_string());
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| (Layer::Namespaces, error.to_string()))?;
    groups.enter();
    if !spec.network {
        loopback().map_err(|error| (Layer::Namespaces, format!("bringing lo up: {error}")))?;
    }
    let built = |(what, error)| (Layer::Files, format!("{what}: {error}"));
    mounts::build(spec, hidden).map_err(built)?;
    seal::limit(&spec.limits).map_err(at(Layer::Limits))?;
    let rules = seal::rules(spec).map_err(|error| (Layer::Landlock, error))?;
    let filters = seal::filters().map_err(|error| (Layer::Seccomp, error.to_string()))?;
    let nothing = fs::File::open("/dev/null").map_err(at(Layer::Files))?;

    let mut go = Vec::new();
    orders.read_to_end(&mut go).map_err(at(Layer::Namespaces))?;
    if go.is_empty() {
        return Ok(None);
    }
    let Go { order, protected } =
        serde_json::from_slice(&go).map_err(|error| (Layer::Namespaces, error.to_string()))?;
    mounts::protect(&protected).map_err(built)?;
    std::env::set_current_dir(&order.cwd)
        .map_err(|error| (Layer::Files, format!("entering {}: {error}", order.cwd.display())))?;
    seal::drop_privileges().map_err(at(Layer::Privileges))?;
    seal::landlock(rules).map_err(|error| (Layer::Landlock, error))?;
    seal::seccomp(&filters).map_err(|error| (Layer::Seccomp, error))?;
    let command = match kernel::fork().map_err(at(Layer::Namespaces))? {
        Fork::Parent(pid) => pid,
        Fork::Child => kernel::exit(command(spec, order, groups, writer)),
    };
    // The output ends with the command and its children.
    rustix::stdio::dup2_stdout(&nothing).map_err(|error| at(Layer::Files)(error.into()))?;
    rustix::stdio::dup2_stderr(&nothing).map_err(|error| at(Layer::Files)(error.into()))?;
    Ok(Some(reaped(command)))
}

/// The command itself. Returns only where there is nothing to become.
fn command(spec: &Spec, order: Order, groups: &Groups, writer: &mut PipeWriter) -> i32 {
    kernel::reset_signals();
    let words = match order.run {
        Run::Program(words) => words,
        Run::Test { asker } => {
            let by = groups.limited.join(" and ");
            tell(writer, &Report::Limited { by });
            tell(writer, &Report::Tried(probe::tried(spec, asker)));
            return 0;
        }
    };
    let Some((program, args)) = words.split_first() else { return 127 };
    if !order.stdin.is_empty()
        && let Err(error) = give(order.stdin.as_bytes())
    {
        let _ = writeln!(io::stderr(), "claw: giving {} what it reads: {error}", program.display());
        return 126;
    }
    let error = std::process::Command::new(program).args(args).env_clear().envs(order.env).exec();
    // Where a shell would say it, too.
    let _ = writeln!(io::stderr(), "claw: starting {}: {error}", program.display());
    if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 }
}

/// Makes these bytes what is read from standard input.
fn give(bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::from(rustix::fs::memfd_create("stdin", MemfdFlags::CLOEXEC)?);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(rustix::stdio::dup2_stdin(&file)?)
}

/// Waits for the command as the first process has to: for everybody's children.
fn reaped(command: Pid) -> Report {
    let status = loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == command => break status,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Report::Ended { code: None, signal: None, left_running: false },
        }
    };
    let left_running = loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    let (code, signal) = (status.exit_status(), status.terminating_signal());
    Report::Ended { code, signal, left_running }
}

//! The helper: three small processes, each with one thread.
//!
//! The *supervisor* is started by claw. It enters the namespaces, starts the *first process* of
//! the new process namespace and waits for it. That one builds the file system, gives up
//! everything, starts the *command* and waits; when it ends, the kernel ends all that the command
//! left behind. If claw is killed, the supervisor sees its socket close and ends the rest.

mod cgroup;
mod kernel;
mod mounts;
mod offer;
mod placeholder;
mod probe;
mod seal;

use std::fs;
use std::io;
use std::io::BufRead as _;
use std::io::PipeWriter;
use std::io::Read as _;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::ExitCode;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::net::AddressFamily;
use rustix::net::SocketFlags;
use rustix::net::SocketType;
use rustix::process::Pid;
use rustix::process::PidfdFlags;
use rustix::process::Signal;
use rustix::process::WaitOptions;
use rustix::process::WaitStatus;
use rustix::thread::UnshareFlags;

use crate::exec::sandbox::linux::cgroup::Groups;
use crate::exec::sandbox::linux::kernel::Fork;
use crate::exec::sandbox::linux::placeholder::Kept;
use crate::exec::sandbox::spec::Layer;
use crate::exec::sandbox::spec::Report;
use crate::exec::sandbox::spec::Run;
use crate::exec::sandbox::spec::Spec;

/// The longest spec that is read, in bytes. A command has less than 128 KiB.
const LONGEST: u32 = 4 << 20;

/// The code of a helper that could not confine the command. It is told by its report.
const NOT_CONFINED: u8 = 125;

/// The part of the helper: reads the spec from standard input, which is a socket to claw, and
/// answers there.
pub(super) fn serve() -> ExitCode {
    let served = || -> io::Result<ExitCode> {
        let claw = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
        let nothing = fs::File::open("/dev/null")?;
        rustix::stdio::dup2_stdin(&nothing)?;
        let mut socket = UnixStream::from(claw);
        let mut length = [0; 4];
        socket.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        if length > LONGEST {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut spec = vec![0; length as usize];
        socket.read_exact(&mut spec)?;
        let spec: Spec = serde_json::from_slice(&spec)?;
        Ok(ExitCode::from(answer(&spec, socket)?))
    };
    // Nobody there to hear why: claw sees that there is no report.
    served().unwrap_or(ExitCode::from(NOT_CONFINED))
}

/// Runs what `spec` says and tells claw, at the other end of `socket`, what came of it. The code.
fn answer(spec: &Spec, mut socket: UnixStream) -> io::Result<u8> {
    let reports = supervise(spec, Some(socket.as_fd()));
    for report in &reports {
        // An empty line before it: the first byte may be read as the one that a socket comes with.
        writeln!(socket, "\n{}", serde_json::to_string(report)?)?;
    }
    Ok(end(&reports))
}

/// Starts the same beside this process, which must have one thread. It has to be waited for.
pub(super) fn beside(spec: &Spec) -> io::Result<(Pid, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    match kernel::fork()? {
        Fork::Parent(pid) => {
            kernel::ignore_requests_to_end();
            Ok((pid, ours))
        }
        Fork::Child => {
            drop(ours);
            let code = answer(spec, theirs).unwrap_or(NOT_CONFINED);
            kernel::exit(code.into())
        }
    }
}

/// Ends as the command ended: by its signal, or with its code, which is given back.
pub(super) fn end(reports: &[Report]) -> u8 {
    match reports.last() {
        Some(Report::Ended { code: Some(code), .. }) => *code as u8,
        Some(Report::Ended { signal: Some(signal), .. }) => {
            kernel::end_by(*signal);
            128_u8.saturating_add(*signal as u8)
        }
        _ => NOT_CONFINED,
    }
}

/// Runs what `spec` says, confined, until it ends or `claw` closes. What is to be told of it.
pub(super) fn supervise(spec: &Spec, claw: Option<BorrowedFd<'_>>) -> Vec<Report> {
    kernel::ignore_requests_to_end();
    let failed = |layer, error: &dyn std::fmt::Display| {
        vec![Report::Failed { layer, error: error.to_string() }]
    };
    let mut groups = Groups::new(&spec.limits);
    let kept = match Kept::new(spec) {
        Ok(kept) => kept,
        Err(error) => {
            return failed(Layer::Files, &format!("protecting what governs git and claw: {error}"));
        }
    };
    let separated = separate(spec.network).and_then(|()| match claw {
        Some(claw) if spec.proxy => offer::listener(claw),
        _ => Ok(()),
    });
    let reports = match separated.and_then(|()| first(spec, &kept, &mut groups)) {
        Ok((first, reports)) => watched(first, reports, claw),
        Err(error) => failed(Layer::Namespaces, &format!("making namespaces: {error}")),
    };
    groups.end();
    if let Err(error) = kept.end() {
        let error = format!("removing what was made for the command: {error}");
        return [failed(Layer::Files, &error), reports].concat();
    }
    reports
}

/// Enters namespaces of its own: with root's rights in these, but in no other.
fn separate(network: bool) -> io::Result<()> {
    let mut flags = UnshareFlags::NEWPID | UnshareFlags::NEWIPC;
    if !network {
        flags |= UnshareFlags::NEWNET;
    }
    match kernel::unshare(flags) {
        Ok(()) => return Ok(()),
        Err(error) if error.raw_os_error() == Some(libc::EPERM) => {}
        Err(error) => return Err(error),
    }
    // An ordinary user, or a root without rights: the same user, in a namespace of users.
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    kernel::unshare(flags | UnshareFlags::NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}

/// Starts the first process. It has to be waited for.
fn first(spec: &Spec, kept: &Kept, groups: &mut Groups) -> io::Result<(Pid, io::PipeReader)> {
    let (reader, mut writer) = io::pipe()?;
    match kernel::fork()? {
        Fork::Parent(pid) => Ok((pid, reader)),
        Fork::Child => {
            drop(reader);
            let ended = match inside(spec, kept, groups, &mut writer) {
                Ok(ended) => ended,
                Err((layer, error)) => Report::Failed { layer, error },
            };
            tell(&mut writer, &ended);
            kernel::exit(0)
        }
    }
}

/// A report that cannot be told is missed by who waits for it: then the command counts as failed.
fn tell(writer: &mut PipeWriter, report: &Report) {
    if let Ok(line) = serde_json::to_string(report) {
        let _ = writeln!(writer, "{line}");
    }
}

/// Waits for the first process, which is killed where claw is gone. All that was told.
fn watched(first: Pid, reports: io::PipeReader, claw: Option<BorrowedFd<'_>>) -> Vec<Report> {
    let ended = rustix::process::pidfd_open(first, PidfdFlags::empty());
    if let (Ok(ended), Some(claw)) = (&ended, claw) {
        loop {
            let mut fds = [
                PollFd::new(ended, PollFlags::IN),
                PollFd::from_borrowed_fd(claw, PollFlags::empty()),
            ];
            match rustix::event::poll(&mut fds, None) {
                Err(rustix::io::Errno::INTR) => continue,
                _ if fds[0].revents().is_empty() => {
                    // Nobody waits any more. An error says that it is gone already.
                    let _ = rustix::process::kill_process(first, Signal::KILL);
                }
                _ => {}
            }
            break;
        }
    }
    let status = wait_for(first);
    let lines = io::BufReader::new(reports).lines().map_while(Result::ok);
    let mut told: Vec<Report> = lines.filter_map(|line| serde_json::from_str(&line).ok()).collect();
    if !told.iter().any(|report| matches!(report, Report::Ended { .. } | Report::Failed { .. })) {
        // It was killed, with all the rest.
        let signal = status.and_then(WaitStatus::terminating_signal).or(Some(libc::SIGKILL));
        told.push(Report::Ended { code: None, signal, left_running: false });
    }
    told
}

pub(super) fn wait_for(pid: Pid) -> Option<WaitStatus> {
    loop {
        match rustix::process::waitpid(Some(pid), WaitOptions::empty()) {
            Ok(found) => return found.map(|(_, status)| status),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}

/// The first process: confines itself, runs the command, and ends when that ends.
fn inside(
    spec: &Spec,
    kept: &Kept,
    groups: &mut Groups,
    writer: &mut PipeWriter,
) -> Result<Report, (Layer, String)> {
    let at = |layer| move |error: io::Error| (layer, error.to_string());
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| (Layer::Namespaces, error.to_string()))?;
    groups.enter();
    if !spec.network {
        loopback().map_err(|error| (Layer::Namespaces, format!("bringing lo up: {error}")))?;
    }
    mounts::build(spec, kept)
        .map_err(|(what, error)| (Layer::Files, format!("{what}: {error}")))?;
    std::env::set_current_dir(&spec.cwd)
        .map_err(|error| (Layer::Files, format!("entering {}: {error}", spec.cwd.display())))?;
    seal::limit(&spec.limits).map_err(at(Layer::Limits))?;
    seal::drop_privileges().map_err(at(Layer::Privileges))?;
    seal::landlock(spec).map_err(|error| (Layer::Landlock, error))?;
    seal::seccomp().map_err(|error| (Layer::Seccomp, error))?;
    let command = match kernel::fork().map_err(at(Layer::Namespaces))? {
        Fork::Parent(pid) => pid,
        Fork::Child => kernel::exit(command(spec, groups, writer)),
    };
    Ok(reaped(command))
}

fn loopback() -> io::Result<()> {
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)?;
    kernel::loopback_up(socket)
}

/// The command itself. Returns only where there is nothing to become.
fn command(spec: &Spec, groups: &Groups, writer: &mut PipeWriter) -> i32 {
    kernel::reset_signals();
    let words = match &spec.run {
        Run::Program(words) => words,
        Run::Test { asker } => {
            let by = groups.limited.join(" and ");
            tell(writer, &Report::Limited { by });
            tell(writer, &Report::Tried(probe::tried(spec, *asker)));
            return 0;
        }
    };
    let Some((program, args)) = words.split_first() else { return 127 };
    let env = spec.env.iter().map(|(name, value)| (name, value));
    let error = std::process::Command::new(program).args(args).env_clear().envs(env).exec();
    // Where a shell would say it, too.
    let _ = writeln!(io::stderr(), "claw: starting {program}: {error}");
    if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 }
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

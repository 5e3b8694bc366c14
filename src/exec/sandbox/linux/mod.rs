//! The helper: three small processes, each with one thread.
//!
//! The *supervisor* is started by claw. It enters the namespaces, starts the *first process* of
//! the new process namespace, and waits for the order. The first process builds the file system
//! meanwhile; with the order it gives up everything, starts the *command* and waits; when it ends,
//! the kernel ends all that the command left behind. If claw is killed, the supervisor sees its
//! socket close and ends the rest.
//!
//! So a helper may be started before there is a command: nothing in the project is touched before
//! the order, and each helper runs one.

mod cgroup;
mod first;
mod kernel;
mod mounts;
mod offer;
mod placeholder;
mod probe;
mod seal;
mod search;

use std::fs;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::net::AddressFamily;
use rustix::net::SocketFlags;
use rustix::net::SocketType;
use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::WaitOptions;
use rustix::process::WaitStatus;
use rustix::thread::UnshareFlags;
use serde::de::DeserializeOwned;

use crate::exec::sandbox::linux::cgroup::Groups;
use crate::exec::sandbox::linux::first::First;
use crate::exec::sandbox::linux::kernel::Fork;
use crate::exec::sandbox::linux::placeholder::Kept;
use crate::exec::sandbox::spec::Layer;
use crate::exec::sandbox::spec::Order;
use crate::exec::sandbox::spec::Report;
use crate::exec::sandbox::spec::Spec;

pub(super) use cgroup::sweep;

/// The longest spec or order that is read, in bytes. A command has less than 128 KiB.
const LONGEST: u32 = 4 << 20;

/// Bytes of what the first process tells at once.
const CHUNK: usize = 4096;

/// The code of a helper that could not confine the command. It is told by its report.
const NOT_CONFINED: u8 = 125;

/// The part of the helper: reads the spec and later the order from standard input, which is a
/// socket to claw, and answers there.
pub(super) fn serve() -> ExitCode {
    let served = || -> io::Result<ExitCode> {
        let claw = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
        let nothing = fs::File::open("/dev/null")?;
        rustix::stdio::dup2_stdin(&nothing)?;
        let socket = UnixStream::from(claw);
        let spec: Spec = heard(&socket)?;
        let order = || {
            // From now on the output is the command's alone: it ends when that ends.
            rustix::stdio::dup2_stdout(&nothing)?;
            rustix::stdio::dup2_stderr(&nothing)?;
            heard(&socket)
        };
        Ok(ExitCode::from(answer(&spec, order, &socket)?))
    };
    // Nobody there to hear why: claw sees that there is no report.
    served().unwrap_or(ExitCode::from(NOT_CONFINED))
}

/// Runs what `order` says and tells claw, at the other end of `socket`, what comes of it. The code.
fn answer(
    spec: &Spec,
    order: impl FnOnce() -> io::Result<Order>,
    socket: &UnixStream,
) -> io::Result<u8> {
    let tell = |report: &Report| {
        // Nobody there to hear it: the socket is closed, and that ends the command.
        if let Ok(line) = serde_json::to_string(report) {
            // An empty line before it: the first byte may be read as the one that a socket comes
            // with.
            let _ = writeln!(&*socket, "\n{line}");
        }
    };
    Ok(end_as(&supervise(spec, order, Some(socket.as_fd()), tell)?))
}

/// Starts the same beside this process, which must have one thread. It has to be waited for.
pub(super) fn beside(spec: &Spec, order: Order) -> io::Result<(Pid, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    match kernel::fork()? {
        Fork::Parent(pid) => {
            kernel::ignore_requests_to_end();
            Ok((pid, ours))
        }
        Fork::Child => {
            drop(ours);
            let code = answer(spec, || Ok(order), &theirs).unwrap_or(NOT_CONFINED);
            kernel::exit(code.into())
        }
    }
}

/// What claw says next: its length in four bytes, and JSON.
fn heard<T: DeserializeOwned>(mut socket: &UnixStream) -> io::Result<T> {
    let mut length = [0; 4];
    socket.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut told = vec![0; length as usize];
    socket.read_exact(&mut told)?;
    Ok(serde_json::from_slice(&told)?)
}

/// Ends as the command ended: by its signal, or with its code, which is given back.
pub(super) fn end_as(report: &Report) -> u8 {
    match report {
        Report::Ended { code: Some(code), .. } => *code as u8,
        Report::Ended { signal: Some(signal), .. } => {
            kernel::end_by(*signal);
            128_u8.saturating_add(*signal as u8)
        }
        _ => NOT_CONFINED,
    }
}

/// Confines what `order` says, until it ends or `claw` closes. The report of its end.
///
/// The end of a command that left nothing running is told at once; what is taken down then is no
/// concern of who waits for it. One that left something is told when that is gone.
///
/// # Errors
///
/// Where there came no order: then nothing ran.
pub(super) fn supervise(
    spec: &Spec,
    order: impl FnOnce() -> io::Result<Order>,
    claw: Option<BorrowedFd<'_>>,
    tell: impl Fn(&Report),
) -> io::Result<Report> {
    kernel::ignore_requests_to_end();
    let mut groups = Groups::new(&spec.limits);
    let look = || search::search(&spec.roots, &spec.hidden).map_err(io::Error::other);
    let mut begun = || {
        // Where a pattern hides something, that has to be known first; else it is looked for while
        // the first process builds.
        let early = (!spec.hidden.is_empty()).then(look).transpose()?;
        separate(spec.network)?;
        if let Some(claw) = claw.filter(|_| spec.proxy) {
            offer::listener(claw)?;
        }
        let hidden = early.as_ref().map_or(&[][..], |found| &found.hidden);
        let first = First::start(spec, hidden, &mut groups)?;
        let found = early.map_or_else(look, Ok)?;
        Ok((first, found.nested))
    };
    let first: io::Result<_> = begun();
    groups.leave();
    let order = match order() {
        Ok(order) => order,
        Err(error) => {
            if let Ok((first, _)) = first {
                end(first.pid);
            }
            groups.end();
            return Err(error);
        }
    };
    let failed = |layer, what: &str, error: &io::Error| {
        let report = Report::Failed { layer, error: format!("{what}: {error}") };
        tell(&report);
        report
    };
    let kept = first.map(|(first, nested)| (first, Kept::new(spec, &nested)));
    let ended = match kept {
        Err(error) => failed(Layer::Namespaces, "making namespaces", &error),
        Ok((first, Err(error))) => {
            end(first.pid);
            failed(Layer::Files, "protecting what governs git and claw", &error)
        }
        Ok((first, Ok(mut kept))) => {
            let (pid, reports) = first.go(order, kept.protected());
            let mut away = Some(kept);
            watched(pid, reports, claw, |report| {
                let ends = matches!(report, Report::Ended { .. } | Report::Failed { .. });
                if let Some(kept) = away.take_if(|_| ends)
                    && let Err(error) = kept.end()
                {
                    failed(Layer::Files, "removing what was made for the command", &error);
                }
                tell(report);
            })
        }
    };
    groups.end();
    Ok(ended)
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

/// Ends the first process, and with it all others.
fn end(first: Pid) {
    // An error says that it is gone already.
    let _ = rustix::process::kill_process(first, Signal::KILL);
    wait_for(first);
}

/// Hears the first process until it is gone; it is killed where claw is. All that it tells is passed
/// on; the report of the end, which comes once and last, is given back.
fn watched(
    first: Pid,
    mut reports: io::PipeReader,
    claw: Option<BorrowedFd<'_>>,
    mut on: impl FnMut(&Report),
) -> Report {
    let (mut claw, mut told) = (claw, Vec::new());
    let (mut held, mut ended) = (None, None);
    loop {
        let mut fds = vec![PollFd::new(&reports, PollFlags::IN)];
        fds.extend(claw.map(|claw| PollFd::from_borrowed_fd(claw, PollFlags::empty())));
        if rustix::event::poll(&mut fds, None).is_err() {
            continue;
        }
        let (news, gone) =
            (!fds[0].revents().is_empty(), fds.len() > 1 && !fds[1].revents().is_empty());
        if gone {
            // Nobody waits any more. An error says that it is gone already.
            let _ = rustix::process::kill_process(first, Signal::KILL);
            claw = None;
        }
        if !news {
            continue;
        }
        let mut chunk = [0; CHUNK];
        match reports.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(read @ 1..) => told.extend_from_slice(&chunk[..read]),
            _ => break,
        }
        while let Some(end) = told.iter().position(|byte| *byte == b'\n') {
            let line: Vec<_> = told.drain(..=end).collect();
            match serde_json::from_slice(&line) {
                Ok(report @ Report::Ended { left_running: false, .. }) => {
                    on(&report);
                    ended = Some(report);
                }
                Ok(report @ (Report::Ended { .. } | Report::Failed { .. })) => held = Some(report),
                Ok(report) => on(&report),
                Err(_) => {}
            }
        }
    }
    let status = wait_for(first);
    ended.unwrap_or_else(|| {
        // Without a word it was killed, with all the rest.
        let signal = status.and_then(WaitStatus::terminating_signal).or(Some(libc::SIGKILL));
        let killed = Report::Ended { code: None, signal, left_running: false };
        let report = held.unwrap_or(killed);
        on(&report);
        report
    })
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

fn loopback() -> io::Result<()> {
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)?;
    kernel::loopback_up(socket)
}

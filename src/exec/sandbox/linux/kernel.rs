//! What the kernel offers and no safe wrapper does: the only unsafe code of claw.

#![allow(unsafe_code, reason = "fork, unshare, mount_setattr and signal actions have no safe form")]

use std::ffi::c_int;
use std::io;
use std::mem;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd as _;

use rustix::process::Pid;
use rustix::thread::UnshareFlags;

/// The two sides of a fork.
pub(super) enum Fork {
    /// This is the child.
    Child,
    /// This is the parent of the process with this id.
    Parent(Pid),
}

/// Doubles this process, which must have one thread only.
pub(super) fn fork() -> io::Result<Fork> {
    // SAFETY: the helper never starts a thread, so the child holds no lock of another thread and
    // may allocate and call whatever it likes.
    let id = unsafe { libc::fork() };
    match Pid::from_raw(id) {
        _ if id < 0 => Err(io::Error::last_os_error()),
        Some(pid) => Ok(Fork::Parent(pid)),
        None => Ok(Fork::Child),
    }
}

/// Moves this process, or its next child for the process namespace, into new namespaces.
pub(super) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: unsafe only where the table of file descriptors is unshared (`FILES`), which the
    // flags of the caller never hold.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(Into::into)
}

/// Attributes of a mount, as in `linux/mount.h`.
pub(super) const RDONLY: u64 = libc::MOUNT_ATTR_RDONLY;
/// No file is run as its owner.
pub(super) const NOSUID: u64 = libc::MOUNT_ATTR_NOSUID;
/// No device is opened.
pub(super) const NODEV: u64 = libc::MOUNT_ATTR_NODEV;
/// Nothing is run.
pub(super) const NOEXEC: u64 = libc::MOUNT_ATTR_NOEXEC;

/// Sets attributes of the mount at `fd` and of all below it (Linux 5.12).
pub(super) fn restrict(fd: impl AsFd, attributes: u64) -> io::Result<()> {
    let flags = libc::AT_EMPTY_PATH | libc::AT_RECURSIVE;
    let attr = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: the path is an empty C string, `attr` lives through the call and its size is given.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            fd.as_fd().as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attr,
            mem::size_of::<libc::mount_attr>(),
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Signals that a terminal, a supervisor or claw sends to end a command.
const ENDING: [c_int; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];

/// The helper outlives a request to end: the command gets it, and its end is the helper's.
pub(super) fn ignore_requests_to_end() {
    for signal in ENDING {
        // SAFETY: ignoring a signal installs no code.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Every signal does again what it does to a fresh program.
pub(super) fn reset_signals() {
    for signal in 1..32 {
        // SAFETY: the default action is no code of ours; KILL and STOP refuse, which is right.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Ends this process by `signal`, so that who waits for it sees what ended the command.
pub(super) fn end_by(signal: c_int) {
    // SAFETY: the default action is no code of ours, and `raise` only sends.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

/// Brings the loopback interface of this network namespace up.
pub(super) fn loopback_up(socket: impl AsFd) -> io::Result<()> {
    // SAFETY: zeroes are a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = (*from).cast_signed() as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: SIOCSIFFLAGS reads one `ifreq`, which lives through the call.
    let done = unsafe { libc::ioctl(fd, libc::SIOCSIFFLAGS, &raw const request) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// What the kernel answers to a system call that a confined process has to be refused.
pub(super) fn refused(call: Forbidden) -> io::Result<()> {
    // SAFETY: each of these either fails at once or, given these arguments, changes nothing that
    // outlives the short-lived process that asks.
    let done = unsafe {
        match call {
            Forbidden::Unshare => libc::syscall(libc::SYS_unshare, libc::CLONE_NEWUSER),
            Forbidden::Trace => libc::syscall(libc::SYS_ptrace, libc::PTRACE_TRACEME, 0, 0, 0),
            Forbidden::Ring => libc::syscall(libc::SYS_io_uring_setup, 0, 0),
            Forbidden::Bpf => libc::syscall(libc::SYS_bpf, 0, 0, 0),
            Forbidden::Keys => libc::syscall(libc::SYS_keyctl, 0, -3, 0),
        }
    };
    if done >= 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// System calls that are tried.
#[derive(Debug, Clone, Copy)]
pub(super) enum Forbidden {
    /// A user namespace of its own.
    Unshare,
    /// Watching another process.
    Trace,
    /// Asynchronous calls, past the filter.
    Ring,
    /// Programs in the kernel.
    Bpf,
    /// The user's keys.
    Keys,
}

/// Ends a forked process at once: what its parent registered for the end is not the child's.
pub(super) fn exit(code: c_int) -> ! {
    // SAFETY: ends the process, whatever its state.
    unsafe { libc::_exit(code) }
}

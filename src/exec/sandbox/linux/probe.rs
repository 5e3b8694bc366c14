//! The self-test: the confined process tries what it must not be able to do.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::path::PathBuf;

use rustix::io::Errno;
use rustix::process::Pid;

use crate::exec::sandbox::linux::kernel;
use crate::exec::sandbox::linux::kernel::Forbidden;
use crate::exec::sandbox::spec::Attempt;
use crate::exec::sandbox::spec::Layer;
use crate::exec::sandbox::spec::Spec;

/// Tries all of it, inside. Nothing of it has an effect where the sandbox does not hold, but an
/// empty file that is removed at once.
pub(super) fn tried(spec: &Spec, asker: i32) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    let mut add = |layer, what: String, got: io::Result<()>, wanted: &[Errno]| {
        let errno = got.as_ref().err().and_then(Errno::from_io_error);
        let refused = errno.is_some_and(|errno| wanted.contains(&errno));
        let got = match (got, errno) {
            (Ok(()), _) => "it was done".to_owned(),
            (Err(_), Some(errno)) => name(errno),
            (Err(error), None) => error.to_string(),
        };
        attempts.push(Attempt { what, layer, got, refused });
    };

    let above = spec.roots.iter().filter_map(|root| root.parent()).map(Path::to_owned);
    let around = ["/", "/etc", "/usr"].map(PathBuf::from).into_iter().chain(above);
    for dir in around.filter(|dir| dir.is_dir() && !own(dir)) {
        let what = format!("make a file in {}", dir.display());
        add(Layer::Files, what, make(&dir), &[Errno::ROFS]);
    }
    for (root, name) in spec.roots.iter().flat_map(|root| [(root, ".claw"), (root, ".git/hooks")]) {
        let dir = root.join(name);
        if dir.is_dir() {
            let what = format!("make a file in {}", dir.display());
            add(Layer::Files, what, make(&dir), &[Errno::ROFS]);
        }
    }
    for path in spec.masked.iter().filter(|path| path.exists()) {
        let what = format!("read {}", path.display());
        add(Layer::Files, what, fs::File::open(path).map(drop), &[Errno::ACCESS]);
    }
    // An address that is nobody's (RFC 5737): where the network is there, it is not answered.
    if !spec.network {
        let far = ([192, 0, 2, 1], 9).into();
        let got = TcpStream::connect_timeout(&far, std::time::Duration::from_millis(50));
        add(Layer::Namespaces, "reach the network".into(), got.map(drop), &[Errno::NETUNREACH]);
    }
    let got = Pid::from_raw(asker).map_or(Ok(()), rustix::process::test_kill_process);
    let got = if asker < 8 { Err(Errno::SRCH) } else { got };
    let outside = &[Errno::SRCH, Errno::PERM];
    add(Layer::Namespaces, "signal a process outside".into(), got.map_err(Into::into), outside);
    let socket = UnixListener::bind("/tmp/.claw-selftest").map(drop);
    add(Layer::Seccomp, "make a socket in the file system".into(), socket, &[Errno::PERM]);
    let forbidden = [
        (Forbidden::Unshare, "make a user namespace"),
        (Forbidden::Trace, "trace a process"),
        (Forbidden::Ring, "set up io_uring"),
        (Forbidden::Bpf, "load a program into the kernel"),
        (Forbidden::Keys, "use the keyring"),
    ];
    for (call, what) in forbidden {
        add(Layer::Seccomp, what.into(), kernel::refused(call), &[Errno::PERM]);
    }
    attempts.extend(status());
    attempts
}

/// What the kernel says of this process.
fn status() -> Vec<Attempt> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(str::trim).unwrap_or_default().to_owned()
    };
    let wanted = [
        (Layer::Namespaces, "Pid", "2"),
        (Layer::Privileges, "CapEff", "0000000000000000"),
        (Layer::Privileges, "CapPrm", "0000000000000000"),
        (Layer::Privileges, "CapBnd", "0000000000000000"),
        (Layer::Privileges, "NoNewPrivs", "1"),
        (Layer::Seccomp, "Seccomp", "2"),
    ];
    let looked = wanted.into_iter().map(|(layer, name, wanted)| {
        let got = field(name);
        let refused = got == wanted;
        Attempt { what: format!("have {name} other than {wanted}"), layer, got, refused }
    });
    looked.collect()
}

/// The name that manuals have for an error.
fn name(errno: Errno) -> String {
    let known = [
        (Errno::ACCESS, "EACCES"),
        (Errno::CONNREFUSED, "ECONNREFUSED"),
        (Errno::INVAL, "EINVAL"),
        (Errno::NETUNREACH, "ENETUNREACH"),
        (Errno::NOENT, "ENOENT"),
        (Errno::NOSYS, "ENOSYS"),
        (Errno::PERM, "EPERM"),
        (Errno::ROFS, "EROFS"),
        (Errno::SRCH, "ESRCH"),
    ];
    let known = known.iter().find(|(known, _)| *known == errno);
    known.map_or_else(|| format!("error {}", errno.raw_os_error()), |(_, name)| (*name).to_owned())
}

/// Is it a directory of the command's own?
fn own(dir: &Path) -> bool {
    crate::exec::sandbox::linux::mounts::TEMPORARY.iter().any(|own| dir.starts_with(own))
}

/// Makes an empty file, and removes it where that was possible.
fn make(dir: &Path) -> io::Result<()> {
    let path = dir.join(format!(".claw-selftest-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(path)
}

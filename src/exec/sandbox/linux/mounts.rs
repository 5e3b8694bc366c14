//! The file system that a confined command sees: everything as it is, read-only, but for the
//! roots; its own `/dev`, `/proc` and `/tmp`; nothing of what is secret.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::CWD;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::ResolveFlags;
use rustix::mount::FsMountFlags;
use rustix::mount::FsOpenFlags;
use rustix::mount::MountAttrFlags;
use rustix::mount::MountFlags;
use rustix::mount::MountPropagationFlags;
use rustix::mount::MoveMountFlags;
use rustix::mount::OpenTreeFlags;
use rustix::thread::UnshareFlags;

use crate::exec::sandbox::linked::Linked;
use crate::exec::sandbox::linux::kernel;
use crate::exec::sandbox::linux::kernel::NODEV;
use crate::exec::sandbox::linux::kernel::NOEXEC;
use crate::exec::sandbox::linux::kernel::NOSUID;
use crate::exec::sandbox::linux::kernel::RDONLY;
use crate::exec::sandbox::linux::placeholder::Protected;
use crate::exec::sandbox::spec::Cache;
use crate::exec::sandbox::spec::Spec;

/// Devices that hold nothing and that programs need.
pub(super) const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];

/// Directories of temporary files, each an empty one of the command's own.
pub(super) const TEMPORARY: &[&str] = &["/tmp", "/var/tmp", "/dev/shm"];

/// What a step of the building was about, and why it failed.
type Step = Result<(), (String, io::Error)>;

/// Says what a failed step was about.
trait About<T> {
    fn about(self, what: impl FnOnce() -> String) -> Result<T, (String, io::Error)>;
}

impl<T, E: Into<io::Error>> About<T> for Result<T, E> {
    fn about(self, what: impl FnOnce() -> String) -> Result<T, (String, io::Error)> {
        self.map_err(|error| (what(), error.into()))
    }
}

/// Builds it in a mount namespace of its own. What is open outside stays outside.
pub(super) fn build(spec: &Spec, hidden: &[PathBuf]) -> Step {
    kernel::unshare(UnshareFlags::NEWNS).about(|| "making a mount namespace".to_owned())?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private).about(|| "making mounts private".to_owned())?;

    // Copies of what stays writable are taken before all else becomes read-only.
    let mut roots = Vec::new();
    let mut read: Vec<_> = spec.read.iter().filter_map(|path| among_temporary(path)).collect();
    read.sort();
    read.dedup();
    for path in spec.linked.iter().map(|linked| linked.common.clone()).chain(read) {
        // Else not to be seen where it lies among the temporary files.
        let about = || format!("taking {}", path.display());
        let fd = tree(&path).about(about)?;
        kernel::restrict(&fd, RDONLY | NOSUID | NODEV).about(about)?;
        roots.push((path, fd));
    }
    let linked = spec.linked.iter().flat_map(Linked::writable);
    for root in spec.roots.iter().cloned().chain(linked) {
        roots.push((root.clone(), tree(&root).about(|| format!("taking {}", root.display()))?));
    }
    let mut devices = Vec::new();
    for name in DEVICES {
        let path = Path::new("/dev").join(name);
        devices.push((name, tree(&path).about(|| format!("taking {}", path.display()))?));
    }
    let caches = caches(&spec.caches);
    // What is not there cannot be made either: all around it is read-only. What this user cannot
    // reach needs no mask.
    let secrets = spec.masked.iter().chain(hidden).filter_map(|path| path.canonicalize().ok());
    let secrets: Vec<_> = secrets.map(|path| (path.is_dir(), path)).collect();

    restrict(Path::new("/"), RDONLY | NOSUID | NODEV).about(|| "making / read-only".to_owned())?;
    let flags = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("proc", "/proc", "proc", flags, None)
        .about(|| "mounting /proc".to_owned())?;
    own_devices(devices)?;
    let masks = masks(secrets)?;
    for path in TEMPORARY.iter().filter(|path| Path::new(path).is_dir()) {
        temporary(path, c"mode=1777").about(|| format!("mounting {path}"))?;
    }
    for (path, fd) in roots
        .iter()
        .map(|(path, fd)| (path.as_path(), fd))
        .chain(caches.iter().map(|(path, fd)| (*path, fd)))
    {
        let made = fs::create_dir_all(path).and_then(|()| attach(fd, path));
        made.about(|| format!("mounting {}", path.display()))?;
    }
    for (path, fd) in &masks {
        // What the private directories already hide needs no mask.
        if path.exists() {
            attach(fd, path).about(|| format!("masking {}", path.display()))?;
        }
    }
    Ok(())
}

/// What has to be shown of the temporary files so that `path` is seen, and all above it: a
/// repository may begin there.
fn among_temporary(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    TEMPORARY.iter().find_map(|place| {
        let first = path.strip_prefix(place).ok()?.components().next()?;
        Some(Path::new(place).join(first)).filter(|path| path.is_dir())
    })
}

/// A copy of the mounts at `path`, attached nowhere.
fn tree(path: &Path) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE
        | OpenTreeFlags::AT_SYMLINK_NOFOLLOW;
    Ok(rustix::mount::open_tree(CWD, path, flags)?)
}

fn attach(fd: impl AsFd, path: &Path) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    Ok(rustix::mount::move_mount(fd, "", CWD, path, flags)?)
}

fn restrict(path: &Path, attributes: u64) -> io::Result<()> {
    let fd = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    kernel::restrict(fd, attributes)
}

fn temporary(path: &str, options: &std::ffi::CStr) -> io::Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    Ok(rustix::mount::mount("tmpfs", path, "tmpfs", flags, options)?)
}

/// A `/dev` with the harmless devices and a terminal file system of its own. There is no
/// `/dev/tty`: claw's terminal is not the command's.
fn own_devices(devices: Vec<(&&str, OwnedFd)>) -> Step {
    let about = || "making /dev".to_owned();
    let dev = Path::new("/dev");
    let made = || -> io::Result<()> {
        let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
        rustix::mount::mount("tmpfs", dev, "tmpfs", flags, c"mode=755,size=64k")?;
        for (name, fd) in devices {
            fs::write(dev.join(name), [])?;
            attach(fd, &dev.join(name))?;
        }
        let own = [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")];
        for (name, end) in own {
            symlink(format!("/proc/self/fd{end}"), dev.join(name))?;
        }
        symlink("pts/ptmx", dev.join("ptmx"))?;
        fs::create_dir(dev.join("pts"))?;
        fs::create_dir(dev.join("shm"))?;
        let terminals = c"newinstance,ptmxmode=0666,mode=600";
        rustix::mount::mount("devpts", dev.join("pts"), "devpts", flags, terminals)?;
        // Not the devices themselves: a read-only mount does not keep one from being written.
        restrict(dev, RDONLY)
    };
    made().about(about)
}

/// For each cache a layer of the project's own over the user's: read as it is, changed only for
/// this project. Where the kernel cannot, it stays read-only.
fn caches(caches: &[Cache]) -> Vec<(&Path, OwnedFd)> {
    let layered =
        caches.iter().filter_map(|cache| Some((cache.path.as_path(), layer(cache).ok()?)));
    layered.collect()
}

fn layer(cache: &Cache) -> io::Result<OwnedFd> {
    let (upper, work) = (cache.store.join("upper"), cache.store.join("work"));
    for dir in [&upper, &work] {
        fs::create_dir_all(dir)?;
    }
    if !cache.layered {
        return tree(&upper);
    }
    let fs = rustix::mount::fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
    // A colon would part two lower directories, and a backslash would hide it.
    let plain =
        |path: &Path| !path.as_os_str().as_encoded_bytes().iter().any(|b| b":\\,".contains(b));
    if ![&cache.path, &upper, &work].iter().all(|path| plain(path)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    for (key, path) in [("lowerdir", &cache.path), ("upperdir", &upper), ("workdir", &work)] {
        rustix::mount::fsconfig_set_string(&fs, key, path.as_path())?;
    }
    // Without privileges the layer's marks cannot be kept anywhere else.
    rustix::mount::fsconfig_set_flag(&fs, "userxattr")?;
    rustix::mount::fsconfig_create(&fs)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    Ok(rustix::mount::fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, attributes)?)
}

/// Makes read-only what governs git and claw, in the roots as they are mounted now.
pub(super) fn protect(protected: &[Protected]) -> Step {
    for Protected { root, name, writable } in protected {
        let about = || format!("protecting {}", root.join(name).display());
        let dir = rustix::fs::open(root, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let at = dir.and_then(|dir| rustix::fs::openat2(dir, name, flags, Mode::empty(), within));
        let at = at.about(about)?;
        let copy = OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_RECURSIVE
            | OpenTreeFlags::AT_EMPTY_PATH;
        let copy = rustix::mount::open_tree(&at, "", copy).about(about)?;
        if !writable {
            kernel::restrict(&copy, RDONLY | NOSUID | NODEV).about(about)?;
        }
        let to = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
        rustix::mount::move_mount(copy, "", at, "", to).about(about)?;
    }
    Ok(())
}

/// For each secret that is there a file or a directory that nobody may open, whoever they are:
/// the command has no capability to pass over its mode.
fn masks(secrets: Vec<(bool, PathBuf)>) -> Result<Vec<(PathBuf, OwnedFd)>, (String, io::Error)> {
    let about = || "making masks".to_owned();
    // Below the command's own /tmp, which covers it.
    let (dir, file) = (Path::new("/tmp/dir"), Path::new("/tmp/file"));
    let made = || -> io::Result<()> {
        temporary("/tmp", c"mode=700,size=64k")?;
        fs::create_dir(dir)?;
        fs::write(file, [])?;
        for path in [dir, file] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o0))?;
        }
        Ok(())
    };
    made().about(about)?;
    let mut masks = Vec::new();
    for (is_dir, path) in secrets {
        let fd = tree(if is_dir { dir } else { file }).about(about)?;
        kernel::restrict(&fd, RDONLY | NOSUID | NODEV | NOEXEC).about(about)?;
        masks.push((path, fd));
    }
    Ok(masks)
}

//! Files by handle: opened below a directory that is held from the start on, never through a link.
//!
//! A path that was judged has no links in it any more. Whoever puts one into its way afterwards
//! makes the opening fail; and what is checked is checked on the handle that is used.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, mkdirat, openat, statat};
use rustix::io::Errno;

/// To pass through a directory.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// To pass through a directory.
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

/// The project's directory, held open.
#[derive(Debug)]
pub struct Beneath {
    root: PathBuf,
    /// None where it could not be opened: then paths are followed from `/` on, without links too.
    handle: Option<OwnedFd>,
}

impl Beneath {
    /// Holds the directory `root`, which is absolute and canonical.
    pub fn new(root: PathBuf) -> Self {
        let handle = openat(CWD, &root, PASS | OFlags::NOFOLLOW, Mode::empty()).ok();
        Self { root, handle }
    }

    /// The path of the directory that is held.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Opens what is at `path` (absolute, no links in it) to be read, without waiting: a pipe that took
    /// a file's place does not hang.
    ///
    /// # Errors
    ///
    /// Besides the system's own: where a link is in the path, as its last component too.
    pub fn open(&self, path: &Path) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        Ok(File::from(self.open_with(path, flags)?))
    }

    /// Is something at `path`, and no link on its way? It may be a link itself.
    pub fn has(&self, path: &Path) -> bool {
        let Some((parent, name)) = path.parent().zip(path.file_name()) else { return true };
        let parent = self.open_with(parent, PASS);
        parent.is_ok_and(|parent| statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).is_ok())
    }

    /// The directory at `path`, made with its missing parents.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn make_dir(&self, path: &Path) -> io::Result<OwnedFd> {
        match self.open_with(path, PASS) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            opened => return opened,
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(ErrorKind::NotFound.into());
        };
        let parent = self.make_dir(parent)?;
        match mkdirat(&parent, name, Mode::from_raw_mode(0o777)) {
            // Somebody else made it: it is opened like one that was there.
            Ok(()) | Err(Errno::EXIST) => step(parent.as_fd(), name, PASS),
            Err(error) => Err(error.into()),
        }
    }

    fn open_with(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let below = path.strip_prefix(&self.root).ok().zip(self.handle.as_ref());
        let (from, rest) = match below {
            Some((rest, handle)) => (handle.as_fd(), rest),
            None => (CWD, path),
        };
        // The directory itself: an empty path opens nothing.
        let rest = if rest.as_os_str().is_empty() { Path::new(".") } else { rest };
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{ResolveFlags, openat2};
            let mut how = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
            if below.is_some() {
                how |= ResolveFlags::BENEATH;
            }
            match openat2(from, rest, flags, Mode::empty(), how) {
                // An old kernel, or a sandbox that does not know the call.
                Err(Errno::NOSYS | Errno::PERM) => {}
                opened => return Ok(opened?),
            }
        }
        walk(from, rest, flags)
    }
}

/// Opens `path` below `from`, component by component, each without following a link.
fn walk(from: BorrowedFd<'_>, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let (from, top) = if path.is_absolute() { (CWD, "/") } else { (from, ".") };
    let mut at = openat(from, top, PASS, Mode::empty())?;
    let mut parts = path.components().filter(|part| !matches!(part, Component::RootDir)).peekable();
    while let Some(part) = parts.next() {
        let name = match part {
            Component::Normal(name) => name,
            Component::CurDir => OsStr::new("."),
            _ => return Err(io::Error::new(ErrorKind::InvalidInput, "the path is not normalised")),
        };
        at = step(at.as_fd(), name, if parts.peek().is_some() { PASS } else { flags })?;
    }
    Ok(at)
}

fn step(at: BorrowedFd<'_>, name: &OsStr, flags: OFlags) -> io::Result<OwnedFd> {
    let opened = openat(at, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    // With O_PATH a link itself is opened, and only a directory is refused to be another thing.
    let kind = rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode);
    if kind.is_symlink() {
        return Err(Errno::LOOP.into());
    }
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_and_ways_out_are_refused_by_both_ways_of_opening() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let root = top.join("root");
        fs::create_dir_all(root.join("d/e")).unwrap();
        fs::write(root.join("d/e/f"), "in").unwrap();
        fs::write(top.join("out"), "out").unwrap();
        symlink("d", root.join("link")).unwrap();
        symlink("../out", root.join("leads")).unwrap();
        symlink("/proc/self/root", root.join("magic")).unwrap();
        let beneath = Beneath::new(root.clone());
        let table = [
            ("d/e/f", true),
            ("d/e", true),
            ("d", true),
            ("", true),
            ("link/e/f", false),
            ("leads", false),
            ("magic/etc", false),
            ("none", false),
            ("d/e/f/g", false),
            ("../out", false),
        ];
        for (name, opens) in table {
            let link_itself = name == "leads";
            let path = if name.is_empty() { root.clone() } else { root.join(name) };
            assert_eq!(beneath.open(&path).is_ok(), opens, "{name}");
            assert_eq!(beneath.has(&path), opens || link_itself, "{name}");
            let way = Path::new(if name.is_empty() { "." } else { name });
            let handle = beneath.handle.as_ref().unwrap().as_fd();
            let flags = OFlags::RDONLY | OFlags::NONBLOCK;
            assert_eq!(walk(handle, way, flags).is_ok(), opens, "{name}, step by step");
            let walked = walk(CWD, &path, flags).is_ok();
            assert_eq!(walked, opens, "{name}, from the top");
        }
        assert!(beneath.open(&top.join("out")).is_ok(), "what was judged outside is outside");
        assert!(beneath.make_dir(&root.join("link/new")).is_err());
        assert!(beneath.make_dir(&root.join("d/x/y")).is_ok() && root.join("d/x/y").is_dir());
    }

    #[test]
    fn the_directory_is_the_one_that_was_there_at_the_start() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let root = top.join("root");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("a"), "mine").unwrap();
        let beneath = Beneath::new(root.clone());
        fs::rename(&root, top.join("moved")).unwrap();
        fs::create_dir(top.join("evil")).unwrap();
        fs::write(top.join("evil/a"), "evil").unwrap();
        symlink("evil", &root).unwrap();
        let mut text = String::new();
        io::Read::read_to_string(&mut beneath.open(&root.join("a")).unwrap(), &mut text).unwrap();
        assert_eq!(text, "mine");
    }
}

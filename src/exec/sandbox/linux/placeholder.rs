//! What governs git and claw inside a root, also where it does not exist yet.
//!
//! Only what is there can be mounted over. So an empty directory or file is made while commands
//! run, and taken away when the last of them has ended. Git reads a `commondir` that says `.`, and
//! empty settings, as if they were not there: one that runs beside sees no difference, but in the
//! instant between its looking for the file and its opening it.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::AtFlags;
use rustix::fs::FlockOperation;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::RenameFlags;
use rustix::fs::ResolveFlags;
use rustix::io::Errno;
use serde::Deserialize;
use serde::Serialize;

use crate::exec::sandbox::linked::Linked;
use crate::exec::sandbox::linux::search::Nested;
use crate::exec::sandbox::spec::Spec;

/// A path below a root that the command may not change.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Protected {
    pub(super) root: PathBuf,
    pub(super) name: PathBuf,
    /// What is in it may change, but not itself be moved away.
    pub(super) writable: bool,
}

/// What is made where it is missing.
#[derive(Clone, Copy)]
enum Missing {
    /// Nothing: it has no effect before git made it.
    Leave,
    Dir,
    File(&'static [u8]),
}

/// What governs claw.
const CLAW: &str = ".claw";

/// A repository, and a place without one.
const GIT: &str = ".git";

/// Settings that git reads where those of the repository say so.
const WORKTREE: (&str, Missing) = ("config.worktree", Missing::File(b""));

/// What governs git in a repository: what it runs, and where it looks for that.
const GOVERNS: [(&str, Missing); 5] = [
    ("config", Missing::File(b"")),
    ("hooks", Missing::Dir),
    ("commondir", Missing::File(b".\n")),
    ("modules", Missing::Leave),
    ("worktrees", Missing::Leave),
];

/// The same in a worktree's own part of a repository.
const LINKED: [(&str, Missing); 2] = [("commondir", Missing::Leave), ("gitdir", Missing::Leave)];

/// What is protected, and what was made for that.
pub(super) struct Kept {
    protected: Vec<Protected>,
    roots: Vec<(PathBuf, OwnedFd)>,
    /// Held shared while the command runs; it names what was made.
    record: File,
}

impl Kept {
    /// Finds what has to be protected and makes what is missing. Outside: the command's own view
    /// of the files is another.
    ///
    /// # Errors
    ///
    /// Where something is missing that cannot be made, but that the command could make.
    pub(super) fn new(spec: &Spec, nested: &[Nested]) -> io::Result<Self> {
        std::fs::create_dir_all(&spec.store)?;
        let mut options = File::options();
        let path = spec.store.join("placeholders");
        let record = options.read(true).append(true).create(true).open(path)?;
        rustix::fs::flock(&record, FlockOperation::LockShared)?;
        let mut kept = Self { protected: Vec::new(), roots: Vec::new(), record };
        for root in &spec.roots {
            kept.open(root)?;
            kept.protect(Path::new(CLAW), Missing::Dir, false)?;
            let git = Path::new(GIT);
            if !kept.repository(root, git)? {
                kept.protect(git, Missing::Dir, false)?;
            }
            for nested in nested.iter().filter(|nested| nested.root == *root) {
                if !kept.repository(root, &nested.name)? {
                    kept.protect(&nested.name, Missing::Leave, false)?;
                }
            }
        }
        for Linked { own, common } in &spec.linked {
            kept.open(own)?;
            let worktree = reads_worktree_config(common).then_some(WORKTREE);
            for (name, missing) in LINKED.into_iter().chain(worktree) {
                kept.protect(Path::new(name), missing, false)?;
            }
        }
        Ok(kept)
    }

    /// What the command may not change.
    pub(super) fn protected(&mut self) -> Vec<Protected> {
        std::mem::take(&mut self.protected)
    }

    /// What is protected from now on is below this directory.
    fn open(&mut self, root: &Path) -> io::Result<()> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        self.roots.push((root.to_owned(), rustix::fs::open(root, flags, Mode::empty())?));
        Ok(())
    }

    /// Protects the repository `git`, where it is one.
    fn repository(&mut self, root: &Path, git: &Path) -> io::Result<bool> {
        let is = root.join(git).join("HEAD").symlink_metadata().is_ok();
        if is {
            self.protect(git, Missing::Leave, true)?;
            let worktree = reads_worktree_config(&root.join(git)).then_some(WORKTREE);
            for (name, missing) in GOVERNS.into_iter().chain(worktree) {
                self.protect(&git.join(name), missing, false)?;
            }
        }
        Ok(is)
    }

    fn protect(&mut self, name: &Path, missing: Missing, writable: bool) -> io::Result<()> {
        let Some((root, dir)) = self.roots.last() else { return Ok(()) };
        if root.join(name).symlink_metadata().is_err() {
            let note = serde_json::to_string(&(root, name)).map_err(io::Error::other)?;
            let (within, last) = match within(dir, name) {
                Ok(found) => found,
                Err(Errno::NOTDIR) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            // First the record: what was made and not noted would stay for ever.
            let made = match missing {
                Missing::Leave => return Ok(()),
                Missing::Dir => {
                    writeln!(self.record, "{note}")?;
                    rustix::fs::mkdirat(within, last, Mode::from_raw_mode(0o755))
                }
                Missing::File(content) => {
                    writeln!(self.record, "{note}")?;
                    make_file(&within, last, content)
                }
            };
            match made {
                // Another command beside this one was faster.
                Ok(()) | Err(Errno::EXIST) => {}
                // Nor can the command make it.
                Err(Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::NOTDIR) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        self.protected.push(Protected { root: root.clone(), name: name.to_owned(), writable });
        Ok(())
    }

    /// Takes away what was made, unless another command still needs it.
    ///
    /// # Errors
    ///
    /// Where the record of it cannot be read; the next command tries again.
    pub(super) fn end(mut self) -> io::Result<()> {
        if self.record.metadata()?.len() == 0
            || rustix::fs::flock(&self.record, FlockOperation::NonBlockingLockExclusive).is_err()
        {
            return Ok(());
        }
        let mut lines = String::new();
        io::Seek::rewind(&mut self.record)?;
        self.record.read_to_string(&mut lines)?;
        for line in lines.lines() {
            let Ok((root, name)) = serde_json::from_str::<(PathBuf, PathBuf)>(line) else {
                continue;
            };
            let dir = self.roots.iter().find(|(path, _)| *path == root).map(|(_, dir)| dir);
            let Some(Ok((within, last))) = dir.map(|dir| within(dir, &name)) else { continue };
            // What is not as it was made is somebody's own by now, and stays.
            let _ = match made_as(last) {
                Missing::Leave => Ok(()),
                Missing::Dir => rustix::fs::unlinkat(within, last, AtFlags::REMOVEDIR),
                Missing::File(content) => take_file(&within, last, content),
            };
        }
        self.record.set_len(0)
    }
}

/// The directory that `name` stands in, without a link on the way, and its last part.
fn within<'a>(dir: &OwnedFd, name: &'a Path) -> rustix::io::Result<(OwnedFd, &'a OsStr)> {
    let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let above = name.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    let found = rustix::fs::openat2(dir, above, flags, Mode::empty(), beneath)?;
    Ok((found, name.file_name().unwrap_or_default()))
}

/// How a path of this last part is made.
fn made_as(last: &OsStr) -> Missing {
    let all = GOVERNS.into_iter().chain([WORKTREE, (CLAW, Missing::Dir), (GIT, Missing::Dir)]);
    let mut all = all.filter(|(name, _)| *name == last);
    all.next().map_or(Missing::Leave, |(_, missing)| missing)
}

/// Makes a file that is whole from its first moment.
fn make_file(dir: impl AsFd, name: &OsStr, content: &[u8]) -> rustix::io::Result<()> {
    let flags =
        OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
    let fresh = format!("{}.claw-{}", name.to_string_lossy(), std::process::id());
    let file = rustix::fs::openat(&dir, &fresh, flags, Mode::from_raw_mode(0o644))?;
    rustix::io::write(file, content)?;
    let whole = rustix::fs::renameat_with(&dir, &fresh, &dir, name, RenameFlags::NOREPLACE);
    if whole.is_err() {
        // What could not be moved into its place is of no use.
        let _ = rustix::fs::unlinkat(&dir, &fresh, AtFlags::empty());
    }
    whole
}

/// Takes a file away that has this content.
fn take_file(dir: impl AsFd, name: &OsStr, content: &[u8]) -> rustix::io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&dir, name, flags, Mode::empty())?;
    let mut found = vec![0; content.len() + 1];
    let read = rustix::io::read(file, &mut found)?;
    if found.get(..read) == Some(content) {
        rustix::fs::unlinkat(&dir, name, AtFlags::empty())?;
    }
    Ok(())
}

/// May the repository's own settings say that git reads those of the worktree, too?
fn reads_worktree_config(git: &Path) -> bool {
    let settings = std::fs::read(git.join("config")).unwrap_or_default();
    String::from_utf8_lossy(&settings).to_ascii_lowercase().contains("worktreeconfig")
}

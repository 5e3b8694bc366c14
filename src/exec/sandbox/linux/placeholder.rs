//! What governs git and claw inside a root, also where it does not exist yet.
//!
//! Only what is there can be mounted over. So an empty directory is made while commands run, and
//! taken away when the last of them has ended. A file stays: a git that runs beside would fail on
//! one that vanishes. Git reads a `commondir` that says `.`, and an empty `config.worktree`, as if
//! they were not there.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::AtFlags;
use rustix::fs::FlockOperation;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::RenameFlags;
use rustix::io::Errno;

use crate::exec::sandbox::spec::Spec;

/// A path below a root that the command may not change.
#[derive(Debug)]
pub(super) struct Protected {
    pub(super) root: PathBuf,
    pub(super) name: &'static str,
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

/// What governs claw, and a place without a repository.
const CONTROL: [(&str, Missing); 2] = [(".claw", Missing::Dir), (".git", Missing::Dir)];

/// Settings that git reads where those of the repository say so.
const WORKTREE: &str = ".git/config.worktree";

/// What governs git in a repository: what it runs, and where it looks for that.
const GIT: [(&str, Missing); 6] = [
    (".git/config", Missing::Leave),
    (".git/hooks", Missing::Dir),
    (".git/commondir", Missing::File(b".\n")),
    (WORKTREE, Missing::File(b"")),
    (".git/modules", Missing::Leave),
    (".git/worktrees", Missing::Leave),
];

/// What is protected, and what was made for that.
pub(super) struct Kept {
    pub(super) protected: Vec<Protected>,
    roots: Vec<(PathBuf, OwnedFd)>,
    /// Held shared while the command runs; it names what was made.
    record: File,
}

impl Kept {
    /// Finds what has to be protected and makes what is missing. Before any namespace.
    ///
    /// # Errors
    ///
    /// Where something is missing that cannot be made, but that the command could make.
    pub(super) fn new(spec: &Spec) -> io::Result<Self> {
        std::fs::create_dir_all(&spec.store)?;
        let mut options = File::options();
        let path = spec.store.join("placeholders");
        let record = options.read(true).append(true).create(true).open(path)?;
        rustix::fs::flock(&record, FlockOperation::LockShared)?;
        let mut kept = Self { protected: Vec::new(), roots: Vec::new(), record };
        for root in &spec.roots {
            let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
            let dir = rustix::fs::open(root, flags, Mode::empty())?;
            let repository = root.join(".git/HEAD").symlink_metadata().is_ok();
            for (name, missing) in CONTROL {
                let writable = repository && name == ".git";
                kept.protect(root, &dir, name, missing, writable)?;
            }
            if repository {
                for (name, missing) in GIT {
                    if name == WORKTREE && !reads_worktree_config(root) {
                        continue;
                    }
                    kept.protect(root, &dir, name, missing, false)?;
                }
            }
            kept.roots.push((root.clone(), dir));
        }
        Ok(kept)
    }

    fn protect(
        &mut self,
        root: &Path,
        dir: &OwnedFd,
        name: &'static str,
        missing: Missing,
        writable: bool,
    ) -> io::Result<()> {
        if root.join(name).symlink_metadata().is_err() {
            let made = match missing {
                Missing::Leave => return Ok(()),
                Missing::Dir => {
                    // First the record: what was made and not noted would stay for ever.
                    let line = serde_json::to_string(&(root, name)).map_err(io::Error::other)?;
                    writeln!(self.record, "{line}")?;
                    rustix::fs::mkdirat(dir, name, Mode::from_raw_mode(0o755))
                }
                Missing::File(content) => make_file(dir, name, content),
            };
            match made {
                // Another command beside this one was faster.
                Ok(()) | Err(Errno::EXIST) => {}
                // Nor can the command make it.
                Err(Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::NOTDIR) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        self.protected.push(Protected { root: root.to_owned(), name, writable });
        Ok(())
    }

    /// Takes away what was made, unless another command still needs it.
    ///
    /// # Errors
    ///
    /// Where the record of it cannot be read; the next command tries again.
    pub(super) fn end(mut self) -> io::Result<()> {
        if rustix::fs::flock(&self.record, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Ok(());
        }
        let mut lines = String::new();
        io::Seek::rewind(&mut self.record)?;
        self.record.read_to_string(&mut lines)?;
        for line in lines.lines() {
            let Ok((root, name)) = serde_json::from_str::<(PathBuf, String)>(line) else {
                continue;
            };
            let ours = CONTROL.iter().chain(&GIT).find(|(ours, _)| *ours == name);
            let ours = ours.filter(|(_, missing)| matches!(missing, Missing::Dir));
            let dir = self.roots.iter().find(|(path, _)| *path == root).map(|(_, dir)| dir);
            let (Some((name, _)), Some(dir)) = (ours, dir) else { continue };
            // One that is not empty is somebody's own by now, and stays.
            let _ = rustix::fs::unlinkat(dir, *name, AtFlags::REMOVEDIR);
        }
        self.record.set_len(0)
    }
}

/// Makes a file that is whole from its first moment.
fn make_file(dir: &OwnedFd, name: &str, content: &[u8]) -> rustix::io::Result<()> {
    let flags =
        OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
    let fresh = format!("{name}.claw-{}", std::process::id());
    let file = rustix::fs::openat(dir, &fresh, flags, Mode::from_raw_mode(0o644))?;
    rustix::io::write(file, content)?;
    let whole = rustix::fs::renameat_with(dir, &fresh, dir, name, RenameFlags::NOREPLACE);
    if whole.is_err() {
        // What could not be moved into its place is of no use.
        let _ = rustix::fs::unlinkat(dir, &fresh, AtFlags::empty());
    }
    whole
}

/// May the repository's own settings say that git reads those of the worktree, too?
fn reads_worktree_config(root: &Path) -> bool {
    let settings = std::fs::read(root.join(".git/config")).unwrap_or_default();
    String::from_utf8_lossy(&settings).to_ascii_lowercase().contains("worktreeconfig")
}

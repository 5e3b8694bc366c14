//! Files that the user takes back: read, written and removed by handle, never through a link.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, Mode, OFlags, chmodat, openat, readlinkat, renameat, symlinkat, unlinkat,
};
use rustix::io::Errno;

use crate::base::atomic;
use crate::workspace::Beneath;

/// Bytes of a file that is taken back, at most.
const LARGEST: u64 = 64 << 20;

/// A file as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its content.
    pub content: Vec<u8>,
    /// Its permission bits; none for those of a new file.
    pub mode: Option<u32>,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Absent,
    /// A regular file.
    File(Kept),
    /// A link, and what it names.
    Link(PathBuf),
}

impl Beneath {
    /// What stands at `path` (absolute, no links on its way), up to 64 MiB.
    ///
    /// # Errors
    ///
    /// Where it is something else, or cannot be read.
    pub fn stands(&self, path: &Path) -> io::Result<Standing> {
        let (parent, name) = parted(path)?;
        // A directory that is not there holds nothing.
        match self.open(parent) {
            Ok(dir) => standing(&OwnedFd::from(dir), name),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Standing::Absent),
            Err(error) => Err(error),
        }
    }

    /// Makes `path` what it was: content, bits, or link. A directory that becomes empty goes, too.
    ///
    /// # Errors
    ///
    /// As [`Self::stands`], and where it is not (any more) as `from` says: then it stays as it is.
    pub fn restore(&self, path: &Path, from: &Standing, to: &Standing) -> io::Result<()> {
        let (parent, name) = parted(path)?;
        if *to == Standing::Absent && self.stands(path)? == Standing::Absent {
            return same(&Standing::Absent, from);
        }
        let dir: OwnedFd = self.make_dir(parent)?;
        same(&standing(&dir, name)?, from)?;
        match to {
            Standing::Absent => {
                unlinkat(&dir, name, AtFlags::empty())?;
                self.leave_empty(parent);
            }
            Standing::File(Kept { content, mode }) => {
                let link = matches!(from, Standing::Link(_));
                if link {
                    unlinkat(&dir, name, AtFlags::empty())?;
                }
                atomic::write_at(&dir, name, content)?;
                if let Some(mode) = mode {
                    chmodat(&dir, name, Mode::from_raw_mode(*mode), AtFlags::empty())?;
                }
            }
            Standing::Link(target) => {
                let temporary = format!(".claw-{}", crate::base::ids::fresh());
                symlinkat(target, &dir, &*temporary)?;
                renameat(&dir, &*temporary, &dir, name)?;
            }
        }
        Ok(())
    }

    /// Removes the directories that hold nothing, from `dir` up to the root.
    fn leave_empty(&self, dir: &Path) {
        let inside = |dir: &&Path| dir.starts_with(self.root()) && *dir != self.root();
        for dir in dir.ancestors().take_while(inside) {
            if std::fs::remove_dir(dir).is_err() {
                return;
            }
        }
    }

    /// The regular file at `path` (absolute, no links in it); none where there is none.
    ///
    /// # Errors
    ///
    /// Where it is a link, no file, longer than 64 MiB, or cannot be read.
    pub fn take(&self, path: &Path) -> io::Result<Option<Kept>> {
        let file = match self.open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if is_link(path) => {
                return Err(io::Error::new(error.kind(), "it is a link, not a file"));
            }
            Err(error) => return Err(error),
        };
        read(file).map(Some)
    }

    /// Makes the file at `path` hold this; none removes it. Whole or not at all.
    ///
    /// # Errors
    ///
    /// As [`Self::take`], and where it is not (any more) as `from` says: then it stays as it is.
    pub fn put(&self, path: &Path, from: Option<&[u8]>, to: Option<&Kept>) -> io::Result<()> {
        let (parent, name) = parted(path)?;
        let dir: OwnedFd = self.make_dir(parent)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let now = match openat(&dir, name, flags, Mode::empty()) {
            Ok(file) => Some(read(File::from(file))?),
            Err(Errno::NOENT) => None,
            Err(error) => return Err(error.into()),
        };
        if now.as_ref().map(|now| now.content.as_slice()) != from {
            return Err(changed());
        }
        let Some(Kept { content, mode }) = to else {
            return Ok(unlinkat(&dir, name, AtFlags::empty())?);
        };
        atomic::write_at(&dir, name, content)?;
        if let Some(mode) = mode.filter(|_| now.is_none()) {
            chmodat(&dir, name, Mode::from_raw_mode(mode), AtFlags::empty())?;
        }
        Ok(())
    }
}

/// The directory of a path, and its name there.
fn parted(path: &Path) -> io::Result<(&Path, &OsStr)> {
    let parted = path.parent().zip(path.file_name());
    parted.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "it is no file"))
}

fn changed() -> io::Error {
    io::Error::other("it changed just now")
}

/// An error unless what stands there is what was seen; bits that are not known may be any.
fn same(now: &Standing, seen: &Standing) -> io::Result<()> {
    let alike = match (now, seen) {
        (Standing::File(now), Standing::File(seen)) => {
            now.content == seen.content && (seen.mode.is_none() || now.mode == seen.mode)
        }
        (now, seen) => now == seen,
    };
    if alike { Ok(()) } else { Err(changed()) }
}

fn standing(dir: &OwnedFd, name: &OsStr) -> io::Result<Standing> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match openat(dir, name, flags, Mode::empty()) {
        Ok(file) => Ok(Standing::File(read(File::from(file))?)),
        Err(Errno::NOENT) => Ok(Standing::Absent),
        Err(Errno::LOOP) => {
            let target = readlinkat(dir, name, Vec::new())?.into_bytes();
            Ok(Standing::Link(OsString::from_vec(target).into()))
        }
        Err(error) => Err(error.into()),
    }
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink())
}

fn read(file: File) -> io::Result<Kept> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut content = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST {
        return Err(io::Error::other("it is longer than 64 MiB"));
    }
    Ok(Kept { content, mode: Some(metadata.permissions().mode() & 0o7777) })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_what_was_seen_is_replaced_and_bits_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let beneath = Beneath::new(root.clone());
        let path = root.join("sub/a");
        let kept = |content: &str| Kept { content: content.into(), mode: Some(0o751) };
        assert_eq!(beneath.take(&path).unwrap(), None);
        beneath.put(&path, None, Some(&kept("one"))).unwrap();
        assert_eq!(beneath.take(&path).unwrap(), Some(kept("one")));
        assert!(beneath.put(&path, Some(b"two"), None).is_err());
        assert!(beneath.put(&path, None, None).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        beneath.put(&path, Some(b"one"), None).unwrap();
        assert!(!path.exists());

        std::os::unix::fs::symlink("/etc/hostname", &path).unwrap();
        assert_eq!(beneath.take(&path).unwrap_err().to_string(), "it is a link, not a file");
        assert!(beneath.put(&path, None, Some(&kept("x"))).is_err());
    }
}

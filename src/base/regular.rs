//! Reading a file that is one: no pipe that never answers, no device, no more than is wanted.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its content, or the beginning of it.
    pub bytes: Vec<u8>,
    /// It is longer.
    pub cut: bool,
}

/// The first `max` bytes of the regular file at `path`.
///
/// # Errors
///
/// Besides the system's own: `InvalidInput` where `path` is a pipe, a device or a directory. A link
/// as the last component is not followed; resolve it first where that is wanted.
pub fn read(path: &Path, max: usize) -> io::Result<Read> {
    take(open(path)?, max)
}

/// Opens the regular file at `path` to be read, without waiting.
///
/// # Errors
///
/// As [`read`].
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        // Opening a pipe without a writer would wait for one.
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

/// The first `max` bytes of an open file.
pub fn take(file: File, max: usize) -> io::Result<Read> {
    let mut bytes = Vec::new();
    file.take(max as u64 + 1).read_to_end(&mut bytes)?;
    let cut = bytes.len() > max;
    bytes.truncate(max);
    Ok(Read { bytes, cut })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_up_to_the_bound() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "abcd").unwrap();
        assert_eq!(read(&path, 4).unwrap(), Read { bytes: b"abcd".to_vec(), cut: false });
        assert_eq!(read(&path, 3).unwrap(), Read { bytes: b"abc".to_vec(), cut: true });
    }

    #[cfg(unix)]
    #[test]
    fn refuses_what_is_no_file_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600))
            .unwrap();
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("link")).unwrap();
        assert_eq!(read(&pipe, 9).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(read(&dir.path().join("link"), 9).is_err());
        assert!(read(dir.path(), 9).is_err());
    }
}

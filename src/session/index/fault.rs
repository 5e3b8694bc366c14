//! What can be wrong with the index, and how it is put aside.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why something could not be done with the index.
#[derive(Debug)]
pub(in crate::session) enum Fault {
    /// It is not as it should be: a new one will do.
    Damaged(String),
    /// A new one would not help: no room, no right, another process that does not end.
    Unusable(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let helpless = matches!(
            code,
            Some(
                ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::DiskFull
                    | ErrorCode::ReadOnly
                    | ErrorCode::CannotOpen
                    | ErrorCode::PermissionDenied
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::OutOfMemory
                    | ErrorCode::FileLockingProtocolFailed
                    | ErrorCode::NoLargeFileSupport
                    | ErrorCode::AuthorizationForStatementDenied
                    | ErrorCode::OperationInterrupted
            )
        );
        let why = error.to_string();
        if helpless { Self::Unusable(why) } else { Self::Damaged(why) }
    }
}

/// Which file this is: another one in its place is another one.
pub(super) fn identity(path: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(path).ok().map(|meta| meta.ino())
    }
    #[cfg(not(unix))]
    {
        let made = fs::metadata(path).ok()?.created().ok()?;
        made.duration_since(std::time::UNIX_EPOCH).ok().map(|at| at.as_nanos() as u64)
    }
}

/// Moves the index out of the way, unless another process did that already.
///
/// A process that still has it open goes on with what it has, and finds the new one the next time.
pub(super) fn put_aside(path: &Path, known: Option<u64>) -> io::Result<()> {
    let lock = fs::OpenOptions::new().create(true).append(true).open(beside(path, "lock"))?;
    lock.lock()?;
    if known.is_some() && identity(path) != known {
        return Ok(());
    }
    match fs::rename(path, beside(path, "damaged")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    for end in ["db-wal", "db-shm"] {
        match fs::remove_file(beside(path, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn beside(path: &Path, end: &str) -> PathBuf {
    path.with_extension(end)
}

//! A file, whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Replaces the content of `path` in one step, keeping the permission bits of a file that was there.
///
/// Writes a temporary file beside it, syncs, then renames. A reader sees the old content or the
/// new, never a part.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".claw-").tempfile_in(parent)?;
    file.write_all(content)?;
    set_permissions(&file, path)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The old file's bits, or what a plain `open` would have given a new one.
fn set_permissions(file: &tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    if let Ok(old) = fs::metadata(path) {
        return file.as_file().set_permissions(old.permissions());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mask = umask();
        file.as_file().set_permissions(fs::Permissions::from_mode(0o666 & !mask))?;
    }
    Ok(())
}

/// The process's umask, read where reading does not change it.
#[cfg(unix)]
fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o022)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_keeps_the_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "old").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o751)).unwrap();
            write(&path, b"new").unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o751);
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }
}

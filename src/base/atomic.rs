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

/// Writes a file that only its owner can read, in one step. One that is there already is an error,
/// unless it is to be `replaced`; then it is a new file, whatever the old one was.
pub fn write_private(path: &Path, content: &[u8], replaced: bool) -> io::Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Such a file is made with the bits 0600.
    let mut file = tempfile::Builder::new().prefix(".claw-").tempfile_in(parent)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    let put = if replaced { file.persist(path) } else { file.persist_noclobber(path) };
    put.map(drop).map_err(|error| error.error)
}

/// The same as [`write()`] for the file `name` in the directory that is open as `dir`, whatever its path is by now.
#[cfg(unix)]
pub fn write_at(
    dir: impl std::os::fd::AsFd,
    name: &std::ffi::OsStr,
    content: &[u8],
) -> io::Result<()> {
    use rustix::fs::{AtFlags, Mode, OFlags, fchmod, openat, renameat, statat, unlinkat};
    let dir = dir.as_fd();
    let bits = match statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(old) => old.st_mode & 0o7777,
        Err(_) => 0o666 & !umask(),
    };
    let temporary = format!(".claw-{}", crate::base::ids::fresh());
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(dir, &*temporary, flags, Mode::from_raw_mode(0o600))?;
    let mut file = fs::File::from(file);
    let written = file
        .write_all(content)
        .and_then(|()| Ok(fchmod(&file, Mode::from_raw_mode(bits))?))
        .and_then(|()| file.sync_all())
        .and_then(|()| Ok(renameat(dir, &*temporary, dir, name)?));
    if written.is_err() {
        // What was not put in place must not stay beside it; why it failed is said either way.
        let _ = unlinkat(dir, &*temporary, AtFlags::empty());
    }
    written
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

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_new_and_its_owners_alone() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("a"), dir.path().join("other"));
        write_private(&path, b"one", false).unwrap();
        let error = write_private(&path, b"two", false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write_private(&path, b"two", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&other, "other").unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&other, &path).unwrap();
        write_private(&path, b"three", true).unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "other", "a link is not followed");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing temporary stays");
    }

    #[cfg(unix)]
    #[test]
    fn by_handle_it_goes_where_the_directory_went() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        fs::create_dir(&old).unwrap();
        fs::write(old.join("a"), "old").unwrap();
        fs::set_permissions(old.join("a"), fs::Permissions::from_mode(0o640)).unwrap();
        let handle = fs::File::open(&old).unwrap();
        fs::rename(&old, &new).unwrap();
        write_at(&handle, "a".as_ref(), b"new").unwrap();
        write_at(&handle, "b".as_ref(), b"made").unwrap();
        assert_eq!(fs::read_to_string(new.join("a")).unwrap(), "new");
        assert_eq!(fs::metadata(new.join("a")).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(&new).unwrap().count(), 2, "nothing temporary stays");
        fs::create_dir(new.join("d")).unwrap();
        assert!(write_at(&handle, "d".as_ref(), b"x").is_err());
        assert_eq!(fs::read_dir(&new).unwrap().count(), 3, "nothing temporary stays");
    }
}

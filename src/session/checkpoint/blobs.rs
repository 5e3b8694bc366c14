//! Contents by what they are: each once, named by its SHA-256, outside every repository.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use crate::base::redact;

/// How old a content's time may be before it is made new by being kept again.
const FRESH: Duration = Duration::from_hours(24);

/// The contents that are kept of one project.
#[derive(Debug, Clone)]
pub struct Blobs {
    dir: PathBuf,
}

impl Blobs {
    /// Those in `dir`, which need not exist yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Where they are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What a content is called.
    pub fn name(content: &[u8]) -> String {
        use std::fmt::Write as _;
        Sha256::digest(content).iter().fold(String::with_capacity(64), |mut name, byte| {
            // Writing to a String cannot fail.
            let _ = write!(name, "{byte:02x}");
            name
        })
    }

    /// Keeps a content, whole or not at all, and gives its name. Readable by its owner alone.
    ///
    /// # Errors
    ///
    /// Where the disk takes no more, and where the content holds a key that claw knows: that is
    /// written nowhere.
    pub fn put(&self, content: &[u8]) -> io::Result<String> {
        let text = String::from_utf8_lossy(content);
        if redact::values(&text) != text {
            return Err(io::Error::other("it holds a key"));
        }
        let name = Self::name(content);
        let path = self.place(&name);
        match File::open(&path) {
            // What was cut off by a crash of the machine is written anew.
            Ok(file) if file.metadata()?.len() == content.len() as u64 => {
                refresh(&file)?;
                return Ok(name);
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let dir = path.parent().unwrap_or(&self.dir);
        let temporary = tempfile::Builder::new().prefix(".new-").tempfile_in(dir);
        let mut file = match temporary {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                private_dir(dir)?;
                tempfile::Builder::new().prefix(".new-").tempfile_in(dir)?
            }
            made => made?,
        };
        file.write_all(content)?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(name)
    }

    /// The content of that name; none where it is not there, or no longer what its name says.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let content = fs::read(self.place(name)).ok()?;
        (Self::name(&content) == name).then_some(content)
    }

    fn place(&self, name: &str) -> PathBuf {
        let (first, rest) = name.split_at_checked(2).unwrap_or(("", name));
        // A name from a log that somebody else wrote leads nowhere else.
        let plain = name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if plain { self.dir.join(first).join(rest) } else { self.dir.join("no-name") }
    }
}

fn refresh(file: &File) -> io::Result<()> {
    let kept = file.metadata()?.modified()?;
    if kept.elapsed().is_ok_and(|age| age > FRESH) {
        // To set a time is a write: where that is refused, it only goes sooner.
        let _ = file.set_modified(SystemTime::from(crate::base::clock::now()));
    }
    Ok(())
}

fn private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn each_content_is_kept_once_and_read_by_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(dir.path().join("kept"));
        let name = blobs.put(b"one").unwrap();
        assert_eq!(blobs.put(b"one").unwrap(), name);
        assert_ne!(blobs.put(b"\0two").unwrap(), name);
        assert_eq!(blobs.get(&name).as_deref(), Some(&b"one"[..]));
        let path = blobs.place(&name);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);

        // Cut off by a crash: not given, and kept anew.
        fs::write(&path, "on").unwrap();
        assert_eq!(blobs.get(&name), None);
        assert_eq!(blobs.put(b"one").unwrap(), name);
        assert_eq!(blobs.get(&name).as_deref(), Some(&b"one"[..]));
        assert_eq!(blobs.get("../../etc/passwd"), None);
    }
}

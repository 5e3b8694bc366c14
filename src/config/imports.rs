//! Files outside of projects that their notes may import: the user allowed each of them once.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::config::paths::write_private;

/// The file of allowed imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imports {
    file: PathBuf,
}

impl Imports {
    /// What is kept in `file`, which need not be there yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// The files that may be imported.
    ///
    /// # Errors
    ///
    /// Where the file is there and cannot be read: then nothing may be.
    pub fn allowed(&self) -> Result<Vec<PathBuf>> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(error).with_context(|| format!("reading {}", self.file.display()));
            }
        };
        serde_json::from_str(&text).with_context(|| {
            format!("reading {}: delete it, and claw asks again", self.file.display())
        })
    }

    /// Allows one more, from the next session on.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read or written.
    pub fn allow(&self, path: &Path) -> Result<()> {
        let mut allowed = self.allowed()?;
        if allowed.iter().any(|known| known == path) {
            return Ok(());
        }
        allowed.push(path.to_owned());
        let doing = || format!("writing {}", self.file.display());
        let text = serde_json::to_vec_pretty(&allowed).with_context(doing)?;
        write_private(&self.file, &text).with_context(doing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_allowed_once_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let imports = Imports::new(dir.path().join("imports.json"));
        assert_eq!(imports.allowed().unwrap(), [""; 0].map(PathBuf::from));
        for path in ["/a", "/b", "/a"] {
            imports.allow(Path::new(path)).unwrap();
        }
        assert_eq!(imports.allowed().unwrap(), ["/a", "/b"].map(PathBuf::from));
        fs::write(dir.path().join("imports.json"), "no list").unwrap();
        assert!(imports.allowed().is_err());
    }
}

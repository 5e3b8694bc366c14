//! Which folders the user trusts: only those have a say in settings and instructions.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::config::paths::write_private;

/// The file of trusted folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    file: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Folders {
    trusted: BTreeSet<PathBuf>,
}

impl Trust {
    /// The trust that is kept in `file`, which need not be there yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// Does the user trust exactly this folder? One inside a trusted folder is not trusted by that.
    ///
    /// # Errors
    ///
    /// Where the file of trust cannot be read: then nothing is trusted.
    pub fn is_trusted(&self, root: &Path) -> Result<bool> {
        let folders = self.read()?;
        Ok(!folders.trusted.is_empty() && folders.trusted.contains(&canonical(root)?))
    }

    /// Remembers that the user trusts this folder.
    ///
    /// # Errors
    ///
    /// Where the folder does not exist, or the file cannot be read or written.
    pub fn trust(&self, root: &Path) -> Result<()> {
        let mut folders = self.read()?;
        if !folders.trusted.insert(canonical(root)?) {
            return Ok(());
        }
        let doing = || format!("writing {}", self.file.display());
        let text = serde_json::to_vec_pretty(&folders).with_context(doing)?;
        write_private(&self.file, &text).with_context(doing)
    }

    fn read(&self) -> Result<Folders> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Folders::default()),
            Err(error) => bail!(
                "reading {}: {error}; make it readable, or set CLAW_HOME to a directory that claw \
                 may use",
                self.file.display()
            ),
        };
        serde_json::from_str(&text).map_err(|error| {
            let file = self.file.display();
            anyhow!(
                "reading {file}: {error}; delete it, and claw asks again which folders you trust"
            )
        })
    }
}

fn canonical(root: &Path) -> Result<PathBuf> {
    root.canonicalize().with_context(|| format!("finding the folder {}", root.display()))
}

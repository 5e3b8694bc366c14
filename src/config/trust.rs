//! Which folders the user trusts: only those have a say in settings and instructions.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::config::executable;
use crate::config::paths::write_private;

/// The file of trusted folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    file: PathBuf,
}

/// How the user stands to a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is trusted as it is now.
    Trusted,
    /// It was never trusted. These files of it would be configuration.
    Unknown(Vec<String>),
    /// It was trusted, and is another folder now or these files of it changed: each with `new`,
    /// `changed` or `gone` before it.
    Changed(Vec<String>),
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Store {
    /// By canonical path.
    #[serde(default)]
    folders: BTreeMap<PathBuf, Folder>,
}

/// What a folder was when it was trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Folder {
    device: u64,
    inode: u64,
    /// The hash of each file of configuration.
    files: BTreeMap<String, String>,
}

impl Trust {
    /// The trust that is kept in `file`, which need not be there yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// Does the user trust exactly this folder, with exactly the configuration that it has now? One
    /// inside a trusted folder is not trusted by that, nor is another one in its place.
    ///
    /// # Errors
    ///
    /// Where the file of trust cannot be read, or the folder is gone: then nothing is trusted.
    pub fn standing(&self, root: &Path) -> Result<Standing> {
        let root = canonical(root)?;
        let then = self.read()?.folders.remove(&root);
        let now = match Folder::read(&root) {
            Ok(now) => now,
            // What cannot be looked at is not trusted, and is no reason not to work beside it.
            Err(error) if then.is_none() => {
                return Ok(Standing::Unknown(vec![format!("{error:#}")]));
            }
            Err(error) => return Ok(Standing::Changed(vec![format!("{error:#}")])),
        };
        let Some(then) = then else {
            return Ok(Standing::Unknown(now.files.into_keys().collect()));
        };
        if then == now {
            return Ok(Standing::Trusted);
        }
        let mut changed: Vec<_> = now
            .files
            .iter()
            .filter_map(|(name, hash)| match then.files.get(name) {
                Some(old) if old == hash => None,
                Some(_) => Some(format!("changed {name}")),
                None => Some(format!("new {name}")),
            })
            .collect();
        let gone = then.files.keys().filter(|name| !now.files.contains_key(*name));
        changed.extend(gone.map(|name| format!("gone {name}")));
        Ok(Standing::Changed(changed))
    }

    /// Remembers that the user trusts this folder as it is now.
    ///
    /// # Errors
    ///
    /// Where the folder does not exist, or the file cannot be read or written.
    pub fn trust(&self, root: &Path) -> Result<()> {
        let root = canonical(root)?;
        let mut store = self.read()?;
        store.folders.insert(root.clone(), Folder::read(&root)?);
        let doing = || format!("writing {}", self.file.display());
        let text = serde_json::to_vec_pretty(&store).with_context(doing)?;
        write_private(&self.file, &text).with_context(doing)
    }

    fn read(&self) -> Result<Store> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Store::default()),
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

impl Folder {
    fn read(root: &Path) -> Result<Self> {
        let found = || format!("finding the folder {}", root.display());
        let metadata = fs::metadata(root).with_context(found)?;
        let files = executable::files(root)?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino(), files })
    }
}

fn canonical(root: &Path) -> Result<PathBuf> {
    root.canonicalize().with_context(|| format!("finding the folder {}", root.display()))
}

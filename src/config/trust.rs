//! Which folders the user trusts: only those have a say in settings and instructions.
//!
//! Trust is for one folder as it is: its canonical path, its device and inode, and the content of its
//! configuration. It does not flow: neither into folders below it (a plain one, a nested repository, a
//! worktree, a submodule), nor from the repository that a `.git` file points at, nor through a link.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::base::digest;
use crate::base::redact;
use crate::base::regular;
use crate::config::executable::{self, Found};
use crate::config::paths::write_private;
use crate::diff;
use crate::protocol::{Author, ChangeKind, FileChange};

/// The longest file of kept texts, in bytes: redacting makes none much longer.
const MAX_TEXTS: usize = 8 << 20;

/// Files of which the lines are compared; of more it is only said that they changed.
const COMPARED: usize = 40;

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
    /// It was trusted, and these files of it changed since then, each under its name below the folder;
    /// none where it is another folder in the same place. Secrets are taken out of the lines.
    Changed(Vec<FileChange>),
    /// It cannot be looked at, for this reason: so it cannot be trusted.
    Closed(String),
}

/// What a folder is now, and how the user stands to that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// How the user stands to it.
    pub standing: Standing,
    now: Option<(Folder, BTreeMap<String, Kept>)>,
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

/// What a file said when its folder was trusted, without secrets: to show what changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// Of the whole file.
    hash: String,
    text: String,
}

impl Look {
    /// A folder that is trusted for one run, whatever it is.
    pub fn trusted() -> Self {
        Self { standing: Standing::Trusted, now: None }
    }

    /// A folder that nobody asked about.
    pub fn unknown() -> Self {
        Self { standing: Standing::Unknown(Vec::new()), now: None }
    }

    /// Was the folder looked at? What is not known of others is not known to be empty.
    pub fn is_seen(&self) -> bool {
        self.now.is_some()
    }
}

impl Trust {
    /// The trust that is kept in `file`, which need not be there yet. What trusted files said is kept
    /// in a directory beside it.
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// Does the user trust exactly this folder, with exactly the configuration that it has now?
    ///
    /// # Errors
    ///
    /// Where the file of trust cannot be read, or the folder is gone: then nothing is trusted.
    pub fn look(&self, root: &Path) -> Result<Look> {
        let root = canonical(root)?;
        let then = self.read()?.folders.remove(&root);
        // What cannot be looked at is not trusted, and is no reason not to work beside it.
        let (now, texts) = match Folder::read(&root) {
            Ok(read) => read,
            Err(error) => {
                return Ok(Look { standing: Standing::Closed(format!("{error:#}")), now: None });
            }
        };
        let standing = match then {
            None => Standing::Unknown(now.files.keys().cloned().collect()),
            Some(then) if then == now => Standing::Trusted,
            Some(then) => Standing::Changed(changes(&then, &self.texts(&root), &now, &texts)),
        };
        Ok(Look { standing, now: Some((now, texts)) })
    }

    /// Remembers that the user trusts this folder as it was looked at: what changed since then is
    /// asked about again.
    ///
    /// # Errors
    ///
    /// Where it could not be looked at, does not exist, or the file cannot be read or written.
    pub fn trust(&self, root: &Path, look: &Look) -> Result<()> {
        let root = canonical(root)?;
        let Some((folder, texts)) = &look.now else {
            bail!("{} cannot be trusted: it was not looked at", root.display());
        };
        let place = self.place(&root);
        let doing = || format!("writing {}", place.display());
        let text = serde_json::to_vec(texts).with_context(doing)?;
        write_private(&place, &text).with_context(doing)?;
        let mut store = self.read()?;
        store.folders.insert(root, folder.clone());
        let doing = || format!("writing {}", self.file.display());
        let text = serde_json::to_vec_pretty(&store).with_context(doing)?;
        write_private(&self.file, &text).with_context(doing)
    }

    /// Where the texts of a folder are kept.
    fn place(&self, root: &Path) -> PathBuf {
        let name = digest::sha256(root.as_os_str().as_encoded_bytes());
        self.file.with_extension("").join(format!("{name}.json"))
    }

    /// The texts of a folder when it was trusted. They are for the eye alone: without them it is still
    /// known that something changed.
    fn texts(&self, root: &Path) -> BTreeMap<String, Kept> {
        let read = regular::read(&self.place(root), MAX_TEXTS).ok().filter(|read| !read.cut);
        read.and_then(|read| serde_json::from_slice(&read.bytes).ok()).unwrap_or_default()
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
    fn read(root: &Path) -> Result<(Self, BTreeMap<String, Kept>)> {
        let found = || format!("finding the folder {}", root.display());
        let metadata = fs::metadata(root).with_context(found)?;
        let (mut files, mut texts) = (BTreeMap::new(), BTreeMap::new());
        for (name, Found { hash, text }) in executable::files(root)? {
            if let Some(text) = text {
                let text = redact::all(&text).into_owned();
                texts.insert(name.clone(), Kept { hash: hash.clone(), text });
            }
            files.insert(name, hash);
        }
        Ok((Self { device: metadata.dev(), inode: metadata.ino(), files }, texts))
    }
}

/// The files that differ, in the order of their names.
fn changes(
    then: &Folder,
    kept: &BTreeMap<String, Kept>,
    now: &Folder,
    texts: &BTreeMap<String, Kept>,
) -> Vec<FileChange> {
    let text = |from: &BTreeMap<String, Kept>, name: &str, hash: &str| {
        let kept = from.get(name).filter(|kept| kept.hash == hash);
        kept.map(|kept| kept.text.clone())
    };
    let mut changes = Vec::new();
    let names: std::collections::BTreeSet<_> = then.files.keys().chain(now.files.keys()).collect();
    for name in names {
        let (old, new) = (then.files.get(name), now.files.get(name));
        if old == new {
            continue;
        }
        let before = old.map(|hash| text(kept, name, hash));
        let after = new.map(|hash| text(texts, name, hash));
        let kind = match (old, new) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Deleted,
            _ => ChangeKind::Modified,
        };
        let author = Author::User;
        let without = |note: &str| {
            let note = Some(note.to_owned());
            FileChange { note, ..FileChange::new(name, kind, author) }
        };
        changes.push(if changes.len() >= COMPARED {
            without("too many files changed")
        } else if before == Some(None) || after == Some(None) {
            without("too long to be kept, or no text")
        } else {
            let (before, after) = (before.flatten(), after.flatten());
            let bytes = |text: &'_ Option<String>| text.clone().map(String::into_bytes);
            let (before, after) = (bytes(&before), bytes(&after));
            diff::change(Path::new(name), before.as_deref(), after.as_deref(), author)
                .unwrap_or_else(|| without("only a secret in it changed"))
        });
    }
    changes
}

fn canonical(root: &Path) -> Result<PathBuf> {
    root.canonicalize().with_context(|| format!("finding the folder {}", root.display()))
}

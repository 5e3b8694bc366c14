//! Which rules that a project proposes the user accepted: each by its very text, for that folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::base::clock::Millis;
use crate::base::regular;
use crate::config::merge::Settings;
use crate::config::paths::write_private;
use crate::config::rule::RuleText;
use crate::config::source::Source;

/// The longest file of answers, in bytes.
const MAX_FILE: usize = 16 << 20;

/// The file of the user's answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    file: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Store {
    /// By canonical path.
    #[serde(default)]
    projects: BTreeMap<PathBuf, Project>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Project {
    device: u64,
    inode: u64,
    /// By the rule's text.
    rules: BTreeMap<String, Answer>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Answer {
    accepted: bool,
    on: Millis,
}

impl Accepted {
    /// The answers that are kept in `file`, which need not be there yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// Makes rules of the proposals that the user accepted and drops those that were declined. The rest
    /// stays proposed.
    ///
    /// # Errors
    ///
    /// Where there are proposals and the answers cannot be read.
    pub(super) fn apply(&self, project: &Path, settings: &mut Settings) -> Result<()> {
        if settings.proposed.is_empty() {
            return Ok(());
        }
        let (root, device, inode) = identity(project)?;
        let known = self.read()?.projects.remove(&root);
        // Another folder in its place is another project.
        let known = known.filter(|known| (known.device, known.inode) == (device, inode));
        let answers = known.unwrap_or_default().rules;
        for rule in std::mem::take(&mut settings.proposed) {
            match (answers.get(&rule.text), rule.at.clone()) {
                (Some(Answer { accepted: true, on }), Source::File { file, line }) => {
                    let at = Source::Accepted { file, line, on: *on };
                    settings.rules.push(RuleText { at, ..rule });
                }
                (Some(Answer { accepted: false, .. }), _) => {}
                _ => settings.proposed.push(rule),
            }
        }
        Ok(())
    }

    /// Remembers the answer to one rule of a project. To be called after the user's key alone.
    ///
    /// # Errors
    ///
    /// Where the folder is gone, or the file cannot be read or written.
    pub fn answer(&self, project: &Path, rule: &str, accepted: bool, on: Millis) -> Result<()> {
        let (root, device, inode) = identity(project)?;
        let mut store = self.read()?;
        let project = store.projects.entry(root).or_default();
        if (project.device, project.inode) != (device, inode) {
            *project = Project { device, inode, rules: BTreeMap::new() };
        }
        project.rules.insert(rule.to_owned(), Answer { accepted, on });
        let doing = || format!("writing {}", self.file.display());
        let text = serde_json::to_vec_pretty(&store).with_context(doing)?;
        write_private(&self.file, &text).with_context(doing)
    }

    fn read(&self) -> Result<Store> {
        let file = self.file.display();
        let content = match regular::read(&self.file, MAX_FILE) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Store::default()),
            Err(error) => bail!(
                "reading {file}: {error}; make it readable, or set CLAW_HOME to a directory that \
                 claw may use"
            ),
        };
        ensure!(!content.cut, "reading {file}: it is above 16 MiB; delete it");
        serde_json::from_slice(&content.bytes).map_err(|error| {
            anyhow!(
                "reading {file}: {error}; delete it, and claw asks again which rules you accept"
            )
        })
    }
}

/// A folder's canonical path, its device and its inode.
fn identity(project: &Path) -> Result<(PathBuf, u64, u64)> {
    let doing = || format!("finding the folder {}", project.display());
    let root = project.canonicalize().with_context(doing)?;
    let metadata = fs::metadata(&root).with_context(doing)?;
    Ok((root, metadata.dev(), metadata.ino()))
}

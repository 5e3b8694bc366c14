//! What git holds of the project at one moment: contents that need no copy.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::exec::Helpers;
use crate::workspace::git::{Blob, Git};

/// The commit of a moment, and what differed from it then.
#[derive(Debug)]
pub struct Committed {
    git: Git,
    commit: String,
    differ: HashSet<PathBuf>,
    forced: Vec<PathBuf>,
}

impl Committed {
    /// The commit that the working tree at `root` stands on now; none where there is none, or where
    /// too much differs from it.
    ///
    /// # Errors
    ///
    /// Where git fails or takes longer than 10 seconds.
    pub async fn open(root: &Path, helpers: &Helpers) -> Result<Option<Self>> {
        let Some(git) = Git::open(root, helpers).await? else { return Ok(None) };
        let forced = git.forced().await?;
        let status = git.all().await?;
        let Some(commit) = status.commit.filter(|_| !status.cut) else { return Ok(None) };
        let differ = status.changed.into_iter().chain(status.untracked).collect();
        Ok(Some(Self { git, commit, differ, forced }))
    }

    /// Files that git tracks although its ignore files name them.
    pub fn forced(&self) -> &[PathBuf] {
        &self.forced
    }

    /// Was the file at `path` then as the commit has it?
    pub fn holds(&self, path: &Path) -> bool {
        !self.differ.contains(path)
    }

    /// What the commit has at these paths, up to `max` bytes each; longer ones are left out.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub async fn contents(&self, paths: &[PathBuf], max: u64) -> Result<HashMap<PathBuf, Vec<u8>>> {
        let found = self.git.files(&self.commit, paths, max).await?;
        let whole = found.into_iter().filter_map(|(path, blob)| match blob {
            Blob::Content(bytes) => Some((path, bytes)),
            Blob::TooLarge(_) => None,
        });
        Ok(whole.collect())
    }
}

//! What git knows of the project, asked so that nothing the repository chose is run.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use crate::exec::Captured;
use crate::exec::ExecError;
use crate::exec::Helpers;

mod harmless;
mod index;
mod parse;

use harmless::{Overrides, run};
use parse::path;

pub use harmless::harmless;
pub use index::{Entry, Slot};

/// Bytes of paths in one command line, and of content in one answer.
const ARGS: usize = 64 << 10;
const ANSWER: u64 = 8 << 20;

/// A repository and where the project stands in it.
#[derive(Debug, Clone)]
pub struct Git {
    /// The top of the working tree.
    pub top: PathBuf,
    /// Where git keeps `HEAD` and the index of this working tree.
    pub dir: PathBuf,
    /// How git is started.
    helpers: Helpers,
}

/// Where `HEAD` points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A branch.
    Branch(String),
    /// A branch without a commit.
    Unborn(String),
    /// A commit: its first seven digits.
    Detached(String),
}

/// The branch and how many files differ from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Where `HEAD` points.
    pub head: Head,
    /// Tracked files that differ from `HEAD`.
    pub changed: usize,
    /// Files that git does not track nor ignore; a directory of only such files counts once.
    pub untracked: usize,
}

impl Summary {
    fn of(status: &Status) -> Self {
        let (changed, untracked) = (status.changed.len(), status.untracked.len());
        Self { head: status.head.clone(), changed, untracked }
    }
}

/// May there be a repository? Most folders without one are seen to have none without a program.
fn has_repository(root: &Path) -> bool {
    root.ancestors().any(|dir| dir.join(".git").symlink_metadata().is_ok())
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch(name) => f.write_str(name),
            Self::Unborn(name) => write!(f, "{name} (no commit yet)"),
            Self::Detached(id) => write!(f, "detached at {id}"),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.head)?;
        match (self.changed, self.untracked) {
            (0, 0) => Ok(()),
            (changed, 0) => write!(f, " ~{changed}"),
            (0, untracked) => write!(f, " +{untracked}"),
            (changed, untracked) => write!(f, " +{untracked}~{changed}"),
        }
    }
}

/// All that `git status` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) head: Head,
    /// The full id of the commit at `HEAD`; none before the first.
    pub(super) commit: Option<String>,
    /// Absolute paths.
    pub(super) changed: Vec<PathBuf>,
    /// Absolute paths.
    pub(super) untracked: Vec<PathBuf>,
    /// Those of the changed ones that differ from the index.
    pub(super) unstaged: Vec<PathBuf>,
    /// The lists are not complete.
    pub(super) cut: bool,
}

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Blob {
    /// Its content.
    Content(Vec<u8>),
    /// It is longer than was asked for: so many bytes.
    TooLarge(u64),
}

/// The branch of the project at `root` and how many files differ; none where there is no repository.
///
/// # Errors
///
/// Where git refuses the repository, fails, or takes longer than 10 seconds.
pub async fn summary(root: &Path, helpers: &Helpers) -> Result<Option<Summary>> {
    match Git::open(root, helpers).await? {
        Some(git) => git.summary().await.map(Some),
        None => Ok(None),
    }
}

impl Git {
    /// The repository that `root` is in; none where it is in none or git is not installed.
    ///
    /// # Errors
    ///
    /// Where git refuses the repository (another owner), fails, or takes longer than 10 seconds.
    pub async fn open(root: &Path, helpers: &Helpers) -> Result<Option<Self>> {
        if !has_repository(root) {
            return Ok(None);
        }
        let args = ["rev-parse", "--show-toplevel", "--absolute-git-dir"];
        let got = match run(root, &args, &[], None, helpers).await {
            Ok(got) => got,
            Err(ExecError::Spawn { source, .. }) if source.kind() == ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if !got.status.success() {
            let said = String::from_utf8_lossy(&got.stderr);
            let none = ["not a git repository", "must be run in a work tree", "cannot use bare"];
            if none.iter().any(|none| said.contains(none)) {
                return Ok(None);
            }
            bail!("asking git about {}: {}", root.display(), said.trim());
        }
        let mut lines = got.stdout.split(|&b| b == b'\n').map(path);
        let (Some(top), Some(dir)) = (lines.next(), lines.next()) else {
            bail!("asking git about {}: it gave no answer", root.display());
        };
        let inside = root.canonicalize().is_ok_and(|root| root.starts_with(&top));
        ensure!(inside, "{}: its repository is set to work on {}", root.display(), top.display());
        Ok(Some(Self { top, dir, helpers: helpers.clone() }))
    }

    /// The branch and how many files differ from its commit.
    ///
    /// # Errors
    ///
    /// Where git fails or takes longer than 10 seconds.
    pub async fn summary(&self) -> Result<Summary> {
        Ok(Summary::of(&self.status("--untracked-files=normal").await?))
    }

    /// The repository of `root` and its summary, as [`Self::open`] and [`Self::summary`] give them,
    /// but sooner: what the second one has to know first is asked beside the first.
    ///
    /// # Errors
    ///
    /// As theirs.
    pub async fn open_with_summary(
        root: &Path,
        helpers: &Helpers,
    ) -> Result<Option<(Self, Summary)>> {
        if !has_repository(root) {
            return Ok(None);
        }
        let (git, filters) =
            tokio::join!(Self::open(root, helpers), harmless::overrides(root, helpers));
        let Some(git) = git? else { return Ok(None) };
        let status = git.status_without(&filters?, "--untracked-files=normal").await?;
        let summary = Summary::of(&status);
        Ok(Some((git, summary)))
    }

    /// The commit at `HEAD` and every file that differs from it, new ones too.
    pub(super) async fn all(&self) -> Result<Status> {
        self.status("--untracked-files=all").await
    }

    /// Files that git tracks although its ignore files name them: absolute paths.
    pub(super) async fn forced(&self) -> Result<Vec<PathBuf>> {
        let args = ["ls-files", "-z", "--cached", "--ignored", "--exclude-standard"];
        let got = self.ask(&args, &[], None).await?;
        let names = got.stdout.split(|&b| b == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| self.top.join(path(name))).collect())
    }

    async fn status(&self, untracked: &str) -> Result<Status> {
        let filters = harmless::overrides(&self.top, &self.helpers).await?;
        self.status_without(&filters, untracked).await
    }

    async fn status_without(&self, filters: &Overrides, untracked: &str) -> Result<Status> {
        // A submodule has a configuration of its own that the settings here do not reach.
        let args = ["status", "--porcelain=v2", "--branch", "-z", "--no-renames", untracked];
        let args = [&args[..], &["--ignore-submodules=all"]].concat();
        // Only here contents are compared.
        let got = self.ask(&args, filters, None).await?;
        let mut status = parse::status(&self.top, &got.stdout)
            .with_context(|| format!("reading git's status of {}", self.top.display()))?;
        status.cut = got.truncated;
        Ok(status)
    }

    /// What `commit` holds at `path` (absolute), up to `max` bytes; none where it has no such file.
    ///
    /// # Errors
    ///
    /// Where git fails, takes longer than 10 seconds, or the file is longer.
    pub async fn file(&self, commit: &str, path: &Path, max: u64) -> Result<Option<Vec<u8>>> {
        let paths = [path.to_owned()];
        match self.files(commit, &paths, max).await?.remove(path) {
            Some(Blob::Content(bytes)) => Ok(Some(bytes)),
            Some(Blob::TooLarge(_)) => {
                bail!("reading {} from git: it is longer than {max} bytes", path.display())
            }
            None => Ok(None),
        }
    }

    /// What `commit` holds at these absolute paths. What it does not hold is not in the answer.
    pub(super) async fn files(
        &self,
        commit: &str,
        paths: &[PathBuf],
        max: u64,
    ) -> Result<HashMap<PathBuf, Blob>> {
        let mut found = HashMap::new();
        for names in self.chunks(paths) {
            self.batch(commit, &names, max, &mut found).await?;
        }
        Ok(found)
    }

    async fn batch(
        &self,
        commit: &str,
        names: &[OsString],
        max: u64,
        found: &mut HashMap<PathBuf, Blob>,
    ) -> Result<()> {
        let args = ["ls-tree", "-z", "-l", commit, "--"].map(OsStr::new);
        let args = [&args[..], &names.iter().map(OsString::as_os_str).collect::<Vec<_>>()].concat();
        let listed = self.ask(&args, &[], None).await?;
        let mut sized = Vec::new();
        for entry in listed.stdout.split(|&b| b == 0).filter(|entry| !entry.is_empty()) {
            let Some((kind, id, size, name)) = parse::tree_entry(entry) else {
                bail!("reading git's list of files: it is not understood");
            };
            if kind == "blob" {
                sized.push((self.top.join(name), id.to_owned(), size));
            }
        }
        self.sized(sized, max, found).await
    }

    /// Reads blobs of these sizes up to `max` bytes each, a bounded answer at a time.
    async fn sized(
        &self,
        blobs: Vec<(PathBuf, String, u64)>,
        max: u64,
        found: &mut HashMap<PathBuf, Blob>,
    ) -> Result<()> {
        let (mut wanted, mut bytes) = (Vec::new(), 0);
        for (path, id, size) in blobs {
            if size > max {
                found.insert(path, Blob::TooLarge(size));
                continue;
            }
            if bytes + size > ANSWER {
                self.contents(&mut wanted, found).await?;
                bytes = 0;
            }
            bytes += size;
            wanted.push((path, id));
        }
        self.contents(&mut wanted, found).await
    }

    /// Reads blobs and empties `wanted`.
    async fn contents(
        &self,
        wanted: &mut Vec<(PathBuf, String)>,
        found: &mut HashMap<PathBuf, Blob>,
    ) -> Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let ids: String = wanted.iter().flat_map(|(_, id)| [id, "\n"]).collect();
        let got = self.ask(&["cat-file", "--batch"], &[], Some(ids.into_bytes())).await?;
        let mut rest = got.stdout.as_slice();
        for (path, id) in wanted.drain(..) {
            let (bytes, after) = parse::blob(rest, &id)
                .ok_or_else(|| anyhow!("reading {} from git: no content", path.display()))?;
            found.insert(path, Blob::Content(bytes.to_vec()));
            rest = after;
        }
        Ok(())
    }

    /// Runs git at the top with what the repository chose made harmless. Failure is an error.
    async fn ask<A: AsRef<OsStr>>(
        &self,
        args: &[A],
        settings: &[(String, String)],
        stdin: Option<Vec<u8>>,
    ) -> Result<Captured> {
        let got = run(&self.top, args, settings, stdin, &self.helpers).await?;
        if !got.status.success() {
            let said = String::from_utf8_lossy(&got.stderr);
            bail!("asking git about {}: {}", self.top.display(), said.trim());
        }
        Ok(got)
    }
}

#[cfg(test)]
pub(super) mod tests;

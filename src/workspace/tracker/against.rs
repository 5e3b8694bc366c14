//! What differs from something else than the session's start.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::protocol::{Author, Baseline};
use crate::workspace::git::Blob;
use crate::workspace::tracker::baseline::{MAX_FILE, Meta, Snapshot, compare};
use crate::workspace::tracker::follow::{BATCH, Follow, blocking};
use crate::workspace::tracker::list::List;
use crate::workspace::tracker::lock;

/// What is told in place of what differs from the session's start.
#[derive(Default)]
pub(super) struct Shown {
    /// From what.
    pub(super) against: Baseline,
    pub(super) list: List,
}

impl Follow {
    /// Brings what is told up to date: files were touched, git's files changed, moments were made.
    pub(super) async fn show(
        mut self,
        touched: Vec<PathBuf>,
        git: bool,
        made: &[Baseline],
    ) -> Result<Self> {
        let wanted = *lock(&self.shared.wanted);
        if wanted == Baseline::SessionStart {
            if self.shown.take().is_some() {
                self.list.retell();
            }
            return Ok(self);
        }
        let of_git = matches!(wanted, Baseline::Head | Baseline::Index);
        // Whether a large file differs is asked of git, not of its content.
        let large = |path: &PathBuf| path.metadata().is_ok_and(|meta| meta.len() > MAX_FILE as u64);
        let anew = self.shown.as_ref().is_none_or(|shown| shown.against != wanted)
            || made.contains(&wanted)
            || of_git && (git || touched.iter().any(large));
        let mut paths = touched;
        if anew {
            let Some(all) = self.differing(wanted).await else { return Ok(self) };
            paths = all;
            let mut list = List::default();
            list.retell();
            self.shown = Some(Shown { against: wanted, list });
        }
        for batch in paths.chunks(BATCH) {
            let batch = batch.to_vec();
            let Some(found) = self.found(wanted, &batch).await else { continue };
            self = blocking(move || {
                for path in &batch {
                    self.judge_against(path, found.get(path));
                }
                self
            })
            .await?;
        }
        Ok(self)
    }

    /// Every file that may differ. None where git fails.
    async fn differing(&self, from: Baseline) -> Option<Vec<PathBuf>> {
        if !matches!(from, Baseline::Head | Baseline::Index) {
            let kept = lock(&self.shared.marks).paths(from);
            let all: BTreeSet<_> = self.list.paths().into_iter().chain(kept).collect();
            return Some(all.into_iter().collect());
        }
        match self.git()?.all().await {
            Ok(status) => {
                let differ = if from == Baseline::Head { status.changed } else { status.unstaged };
                let root = self.tree.root();
                let all = differ.into_iter().chain(status.untracked);
                Some(all.filter(|path| path.starts_with(root)).collect())
            }
            Err(error) => {
                self.shared.notice(format!("{error:#}; some changes are not shown"));
                None
            }
        }
    }

    /// What git holds of these files, where that is asked.
    async fn found(&self, from: Baseline, batch: &[PathBuf]) -> Option<HashMap<PathBuf, Blob>> {
        let git = match from {
            Baseline::Head | Baseline::Index => self.git()?,
            _ => return self.look_up(batch).await,
        };
        let asked = match (from, git.commit().await) {
            (Baseline::Index, _) => git.indexed(batch, MAX_FILE as u64).await,
            (_, Ok(Some(commit))) => git.files(&commit, batch, MAX_FILE as u64).await,
            // Before the first commit everything is new.
            (_, Ok(None)) => Ok(HashMap::new()),
            (_, Err(error)) => Err(error),
        };
        match asked {
            Ok(found) => Some(found),
            Err(error) => {
                self.shared.notice(format!("{error:#}; some changes are not shown"));
                None
            }
        }
    }

    /// Compares one file with what is shown.
    fn judge_against(&mut self, path: &Path, blob: Option<&Blob>) {
        let Some(against) = self.shown.as_ref().map(|shown| shown.against) else { return };
        let now = Snapshot::read(path);
        let kept = lock(&self.shared.marks).get(against, path).cloned();
        let before = match (against, kept, blob) {
            (Baseline::Head | Baseline::Index, _, Some(Blob::Content(bytes))) => {
                Snapshot::Content(bytes.as_slice().into())
            }
            (Baseline::Head | Baseline::Index, _, Some(Blob::TooLarge(size))) => {
                Snapshot::Unread(Meta::of_length(*size))
            }
            (Baseline::Head | Baseline::Index, _, None) if self.tree.ignores(path, false) => {
                now.clone()
            }
            (Baseline::Head | Baseline::Index, _, None) => Snapshot::Absent,
            (_, Some(kept), _) => kept,
            (_, None, blob) => self.at_start(path, &now, blob),
        };
        let stamp = now.stamp();
        // What was never seen to change was so before the session: the user's.
        let author = self.known_author(path, stamp).unwrap_or(Author::User);
        let change = compare(path, &before, &now, author);
        if let Some(shown) = &mut self.shown {
            shown.list.set(path, change, stamp.or(before.stamp()));
        }
    }
}

//! The tracker's task: takes the baseline, then turns what has changed into the list.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::exec::Helpers;
use crate::protocol::Author;
use crate::workspace::Stamp;
use crate::workspace::git::Blob;
use crate::workspace::git::Git;
use crate::workspace::tracker::Shared;
use crate::workspace::tracker::baseline::MAX_FILE;
use crate::workspace::tracker::baseline::Snapshot;
use crate::workspace::tracker::baseline::compare;
use crate::workspace::tracker::list::List;
use crate::workspace::tracker::lock;
use crate::workspace::tracker::tree::Touched;
use crate::workspace::tracker::tree::Tree;
use crate::workspace::watch::Watch;

/// How long changes are gathered before they are told.
const GATHER: Duration = Duration::from_millis(100);

/// How often the tree is looked at where it is not watched.
const POLL: Duration = Duration::from_secs(2);

/// How long git is left alone after it was asked for its counts.
const REST: Duration = Duration::from_secs(1);

/// Files that are compared in one go: their contents are in memory together.
const BATCH: usize = 256;

/// What the task holds.
struct Follow {
    tree: Tree,
    list: List,
    /// The repository and the commit that the session began at.
    base: Option<(Git, Option<String>)>,
    shared: Arc<Shared>,
}

/// Follows the files below `root` until it is dropped.
pub(super) async fn run(
    root: PathBuf,
    helpers: Helpers,
    shared: Arc<Shared>,
    cancel: CancellationToken,
) {
    if let Err(error) = follow(root, &helpers, &shared, &cancel).await {
        shared.notice(format!("changes are no longer followed: {error:#}"));
        shared.say(|watching| watching.ready = true);
    }
}

async fn follow(
    root: PathBuf,
    helpers: &Helpers,
    shared: &Arc<Shared>,
    cancel: &CancellationToken,
) -> Result<()> {
    let mut follow = begin(root, helpers, shared).await?;
    let counts = Arc::new(Notify::new());
    if let Some((git, _)) = &follow.base {
        let task = count(git.clone(), counts.clone(), shared.clone());
        tokio::spawn(cancel.clone().run_until_cancelled_owned(task));
        counts.notify_one();
    }
    shared.say(|watching| watching.ready = true);
    loop {
        let polls = follow.tree.lost().is_some();
        tokio::select! {
            () = shared.inbox.changed() => sleep(GATHER).await,
            () = sleep(POLL), if polls => shared.inbox.touch_all(),
        }
        follow = follow.settle(&counts).await?;
    }
}

/// Keeps git's branch and counts up to date.
async fn count(git: Git, due: Arc<Notify>, shared: Arc<Shared>) {
    loop {
        due.notified().await;
        match git.summary().await {
            Ok(summary) => shared.say(|watching| watching.git = Some(summary)),
            Err(error) => shared.notice(format!("{error:#}")),
        }
        sleep(REST).await;
    }
}

/// Watches the tree, then takes the baseline: what changes in between is seen.
async fn begin(root: PathBuf, helpers: &Helpers, shared: &Arc<Shared>) -> Result<Follow> {
    let git = match Git::open(&root, helpers).await {
        Ok(git) => git,
        Err(error) => {
            shared.notice(format!("{error:#}"));
            None
        }
    };
    let forced = match &git {
        Some(git) => git.forced().await.unwrap_or_else(|error| {
            shared.notice(format!("{error:#}"));
            Vec::new()
        }),
        None => Vec::new(),
    };
    let (inbox, dir) = (shared.inbox.clone(), git.as_ref().map(|git| git.dir.clone()));
    let in_git = git.is_some();
    let below = root.clone();
    let tree = blocking(move || {
        let watch = Watch::new(&below, dir.as_deref(), &inbox);
        Tree::new(&below, in_git, forced, watch)
    })
    .await?;

    let mut base = None;
    let mut dirty = None;
    if let Some(git) = git {
        match git.all().await {
            Ok(status) => {
                if status.cut {
                    let text = "more files differ from git's HEAD than are followed".to_owned();
                    shared.notice(text);
                }
                dirty = Some([status.changed, status.untracked].concat());
                base = Some((git, status.commit));
            }
            Err(error) => shared.notice(format!("{error:#}; comparing with copies")),
        }
    }
    let list = List::default();
    let follow = Follow { tree, list, base, shared: shared.clone() };
    blocking(move || {
        follow.capture(&root, dirty);
        follow
    })
    .await
}

impl Follow {
    /// Keeps the files that nothing else remembers: those that differ from `HEAD`, or all.
    fn capture(&self, root: &Path, dirty: Option<Vec<PathBuf>>) {
        let keep = |path: &Path| {
            let snapshot = Snapshot::read(path);
            lock(&self.shared.store).keep(path, snapshot);
        };
        match dirty {
            Some(dirty) => {
                dirty.iter().filter(|path| path.starts_with(root)).for_each(|path| keep(path));
                // Their state is known without their content.
                let large = self.tree.files().filter(|(_, meta)| meta.len > MAX_FILE as u64);
                large.for_each(|(path, _)| keep(path));
            }
            None => self.tree.files().for_each(|(path, _)| keep(path)),
        }
        if lock(&self.shared.store).full {
            let text = "the files that differ at the start are more than 64 MiB: of some only the \
                        fact of a change is shown";
            self.shared.notice(text.to_owned());
        }
    }

    /// Turns what has changed into the list, and tells it.
    async fn settle(mut self, counts: &Notify) -> Result<Self> {
        let pending = self.shared.inbox.take();
        let git = pending.git;
        let (mut follow, touched) = blocking(move || {
            let touched = self.tree.update(&pending);
            let touched = self.relevant(touched);
            (self, touched)
        })
        .await?;
        if git || !touched.is_empty() {
            counts.notify_one();
        }
        for batch in touched.chunks(BATCH) {
            let batch = batch.to_vec();
            let Some(found) = follow.look_up(&batch).await else { continue };
            follow = blocking(move || {
                for (path, command) in &batch {
                    follow.judge(path, *command, found.get(path));
                }
                follow
            })
            .await?;
        }
        follow.tell();
        Ok(follow)
    }

    /// Without what is ignored and was never more than that.
    fn relevant(&mut self, touched: Touched) -> Vec<(PathBuf, bool)> {
        let mut kept: Vec<_> = touched.into_iter().collect();
        kept.retain(|(path, _)| {
            let store = lock(&self.shared.store);
            store.kept(path).is_some()
                || store.is_noted(path)
                || self.list.contains(path)
                || !self.tree.ignores(path, false)
        });
        kept
    }

    /// What the commit holds of those files whose baseline is not kept. None where git fails: then
    /// nothing can be said of them.
    async fn look_up(&self, batch: &[(PathBuf, bool)]) -> Option<HashMap<PathBuf, Blob>> {
        let Some((git, Some(commit))) = &self.base else { return Some(HashMap::new()) };
        let unknown: Vec<_> = {
            let store = lock(&self.shared.store);
            let unknown = batch.iter().filter(|(path, _)| store.kept(path).is_none());
            unknown.map(|(path, _)| path.clone()).collect()
        };
        match git.files(commit, &unknown, MAX_FILE as u64).await {
            Ok(found) => Some(found),
            Err(error) => {
                self.shared.notice(format!("{error:#}; some changes are not shown"));
                None
            }
        }
    }

    /// Compares one file with its baseline.
    fn judge(&mut self, path: &Path, command: bool, blob: Option<&Blob>) {
        let now = Snapshot::read(path);
        let follows = self.tree.follows(path);
        let mut store = lock(&self.shared.store);
        let before = match (store.kept(path), blob) {
            (Some(kept), _) => kept.clone(),
            (None, Some(Blob::Content(bytes))) => {
                let before = Snapshot::Content(bytes.as_slice().into());
                store.cache(path, &before);
                before
            }
            // An ignored file may have been there all the time; what the agent found in it counts.
            (None, None) if !follows => store.noted(path).cloned().unwrap_or(now.clone()),
            // A large file that was there when the tree was first looked at is kept.
            (None, Some(Blob::TooLarge) | None) => Snapshot::Absent,
        };
        drop(store);
        let stamp = now.stamp();
        let author = self.author(path, stamp, command);
        self.list.set(path, compare(path, &before, &now, author), stamp);
    }

    /// Who left the file in this state.
    fn author(&self, path: &Path, stamp: Option<Stamp>, command: bool) -> Author {
        let mut expected = lock(&self.shared.expected);
        if let Some((_, author)) = expected.get(path).copied().filter(|(is, _)| *is == stamp) {
            expected.remove(path);
            return author;
        }
        let other = if command { Author::Command } else { Author::User };
        self.list.author(path, stamp).unwrap_or(other)
    }

    fn tell(&mut self) {
        for path in self.list.due() {
            self.shared.inbox.touch(&path);
        }
        if let Some(list) = self.list.take() {
            self.shared.changes.send_replace(Arc::new(list));
        }
        let (polling, unlisted) = (self.tree.lost().map(str::to_owned), self.list.waiting());
        let full = self.tree.full;
        self.shared.say(|watching| {
            watching.polling = polling;
            watching.unlisted = unlisted;
        });
        if full {
            self.shared.notice("only the first 100,000 files are followed".to_owned());
        }
    }
}

/// Does what waits for the disk on a thread that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    spawn_blocking(work).await.context("looking at the project's files")
}

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
use crate::protocol::{Author, Baseline};
use crate::workspace::Stamp;
use crate::workspace::git::Blob;
use crate::workspace::git::Git;
use crate::workspace::tracker::Shared;
use crate::workspace::tracker::against::Shown;
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
pub(super) const BATCH: usize = 256;

/// Files whose last state is known to be somebody's, at most.
const MAX_AUTHORS: usize = 50_000;

/// What the task holds.
pub(super) struct Follow {
    pub(super) tree: Tree,
    /// What differs from the session's start.
    pub(super) list: List,
    /// What is told, where that is something else.
    pub(super) shown: Option<Shown>,
    /// Who left a file in which state.
    authors: HashMap<PathBuf, (Option<Stamp>, Author)>,
    /// Lines that stand in the index.
    staged: HashMap<PathBuf, usize>,
    pub(super) shared: Arc<Shared>,
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
        let mut marks = lock(&shared.marks);
        marks.end();
        shared.gathered.send_replace(true);
        drop(marks);
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
    if let Some(git) = follow.git() {
        let task = count(git, counts.clone(), shared.clone());
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

    let mut dirty = None;
    if let Some(git) = git {
        match git.all().await {
            Ok(status) => {
                if status.cut {
                    let text = "more files differ from git's HEAD than are followed".to_owned();
                    shared.notice(text);
                }
                dirty = Some([status.changed, status.untracked].concat());
                // It is set once: here.
                let _ = shared.base.set((git, status.commit));
            }
            Err(error) => shared.notice(format!("{error:#}; comparing with copies")),
        }
    }
    let mut follow = Follow {
        tree,
        list: List::default(),
        shown: None,
        authors: HashMap::new(),
        staged: HashMap::new(),
        shared: shared.clone(),
    };
    follow.count_staged().await;
    blocking(move || {
        follow.capture(&root, dirty);
        follow
    })
    .await
}

impl Follow {
    pub(super) fn git(&self) -> Option<Git> {
        self.shared.base.get().map(|(git, _)| git.clone())
    }

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
        // Before the changes are taken: what comes in between is seen with the next ones.
        let due = lock(&self.shared.marks).due();
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
            let paths: Vec<_> = batch.iter().map(|(path, _)| path.clone()).collect();
            let Some(found) = follow.look_up(&paths).await else { continue };
            follow = blocking(move || {
                for (path, command) in &batch {
                    follow.judge(path, *command, found.get(path));
                }
                follow
            })
            .await?;
        }
        if git {
            follow.count_staged().await;
        }
        follow = follow.gather(&due).await?;
        let touched = touched.into_iter().map(|(path, _)| path).collect();
        follow = follow.show(touched, git, &due).await?;
        follow.tell();
        Ok(follow)
    }

    /// Keeps what differs by now, for the moments that were made.
    async fn gather(self, due: &[Baseline]) -> Result<Self> {
        if due.is_empty() {
            return Ok(self);
        }
        let due = due.to_owned();
        blocking(move || {
            for path in self.list.paths() {
                let snapshot = Snapshot::read(&path);
                let mut marks = lock(&self.shared.marks);
                if due.iter().any(|moment| marks.gather(*moment, &path, &snapshot)) {
                    let text = "the files that differ are more than 32 MiB: of some only the fact \
                                of a change since the last turn or look is shown";
                    self.shared.notice(text.to_owned());
                }
            }
            let mut marks = lock(&self.shared.marks);
            for moment in due {
                marks.gathered(moment);
            }
            self.shared.gathered.send_replace(marks.due().is_empty());
            drop(marks);
            self
        })
        .await
    }

    /// Asks git how many lines are staged.
    async fn count_staged(&mut self) {
        let Some(git) = self.git() else { return };
        match git.staged().await {
            Ok(staged) if staged != self.staged => {
                self.staged = staged;
                self.list.retell();
                if let Some(shown) = &mut self.shown {
                    shown.list.retell();
                }
            }
            Ok(_) => {}
            Err(error) => self.shared.notice(format!("{error:#}")),
        }
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
    pub(super) async fn look_up(&self, batch: &[PathBuf]) -> Option<HashMap<PathBuf, Blob>> {
        let Some((git, Some(commit))) = self.shared.base.get() else {
            return Some(HashMap::new());
        };
        let unknown: Vec<_> = {
            let store = lock(&self.shared.store);
            batch.iter().filter(|path| store.kept(path).is_none()).cloned().collect()
        };
        match git.files(commit, &unknown, MAX_FILE as u64).await {
            Ok(found) => Some(found),
            Err(error) => {
                self.shared.notice(format!("{error:#}; some changes are not shown"));
                None
            }
        }
    }

    /// Compares one file with what it was when the session began.
    fn judge(&mut self, path: &Path, command: bool, blob: Option<&Blob>) {
        let now = Snapshot::read(path);
        let before = self.at_start(path, &now, blob);
        let stamp = now.stamp();
        let author = self.author(path, stamp, command);
        if self.authors.len() >= MAX_AUTHORS {
            let list = &self.list;
            self.authors.retain(|path, _| list.contains(path));
        }
        self.authors.insert(path.to_owned(), (stamp, author));
        let change = compare(path, &before, &now, author);
        self.list.set(path, change, stamp.or(before.stamp()));
    }

    /// What the file was when the session began; `blob` is what the commit of then holds.
    pub(super) fn at_start(
        &mut self,
        path: &Path,
        now: &Snapshot,
        blob: Option<&Blob>,
    ) -> Snapshot {
        let follows = self.tree.follows(path);
        let mut store = lock(&self.shared.store);
        match (store.kept(path), blob) {
            (Some(kept), _) => kept.clone(),
            (None, Some(Blob::Content(bytes))) => {
                let before = Snapshot::Content(bytes.as_slice().into());
                store.cache(path, &before);
                before
            }
            // An ignored file may have been there all the time; what the agent found in it counts.
            (None, None) if !follows => store.noted(path).cloned().unwrap_or(now.clone()),
            // A large file that was there when the tree was first looked at is kept.
            (None, Some(Blob::TooLarge(_)) | None) => Snapshot::Absent,
        }
    }

    /// Who left the file in this state.
    fn author(&self, path: &Path, stamp: Option<Stamp>, command: bool) -> Author {
        let mut expected = lock(&self.shared.expected);
        if let Some((_, author)) = expected.get(path).copied().filter(|(is, _)| *is == stamp) {
            expected.remove(path);
            return author;
        }
        let other = if command { Author::Command } else { Author::User };
        self.known_author(path, stamp).unwrap_or(other)
    }

    /// Who left the file in this state, where that was seen.
    pub(super) fn known_author(&self, path: &Path, stamp: Option<Stamp>) -> Option<Author> {
        self.authors.get(path).filter(|(seen, _)| *seen == stamp).map(|(_, author)| *author)
    }

    fn tell(&mut self) {
        let (against, list) = match &mut self.shown {
            Some(shown) => (shown.against, &mut shown.list),
            None => (Baseline::SessionStart, &mut self.list),
        };
        for path in list.due() {
            self.shared.inbox.touch(&path);
        }
        let unlisted = list.waiting();
        let changes = list.take(&self.staged).map(Arc::new);
        self.shared.changes.send_if_modified(|listed| {
            let other = changes.is_some() || listed.unlisted != unlisted;
            if let Some(changes) = changes {
                (listed.against, listed.changes) = (against, changes);
            }
            listed.unlisted = unlisted;
            other
        });
        let polling = self.tree.lost().map(str::to_owned);
        let full = self.tree.full;
        self.shared.say(|watching| watching.polling = polling);
        if full {
            self.shared.notice("only the first 100,000 files are followed".to_owned());
        }
    }
}

/// Does what waits for the disk on a thread that may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    spawn_blocking(work).await.context("looking at the project's files")
}

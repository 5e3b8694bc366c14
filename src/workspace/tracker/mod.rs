//! What differs: from the session's start or a later moment, kept; from git's `HEAD` or index,
//! asked. The tree, watched; the list, told.

mod against;
mod baseline;
mod follow;
mod list;
mod marks;
mod rename;
mod tree;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use anyhow::{Result, bail};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::exec::Helpers;
use crate::protocol::{Author, Baseline, FileChange};
use crate::workspace::Stamp;
use crate::workspace::git::{Blob, Git, Summary};
use crate::workspace::tracker::baseline::Snapshot;
use crate::workspace::tracker::baseline::Store;
use crate::workspace::tracker::marks::Marks;
use crate::workspace::watch::Inbox;

/// Bytes of a file that is taken back as a whole, at most.
const LARGEST: u64 = 64 << 20;

/// Writes whose outcome is not seen yet; above that the oldest knowledge is given up.
const MAX_EXPECTED: usize = 10_000;

/// Follows every file of the project that differs from what it was when the session began.
///
/// Ends when it is dropped. Nothing wakes up while nothing changes, except where the system gives
/// no watches: then the tree is looked at every two seconds.
#[derive(Debug)]
pub struct Tracker {
    shared: Arc<Shared>,
    _ends: DropGuard,
}

/// What differs, and from what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// From what.
    pub against: Baseline,
    /// The files, sorted by path.
    pub changes: Arc<Vec<FileChange>>,
    /// Files that differ but are not listed: at most 2,000 are.
    pub unlisted: usize,
}

/// How changes are followed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watching {
    /// The baseline is taken: from now on commands may run.
    pub ready: bool,
    /// Why the tree is looked at every two seconds instead of being watched.
    pub polling: Option<String>,
    /// What is not followed, and why: a sentence each, for the user.
    pub notices: Vec<String>,
    /// The branch and its counts; none where there is no repository.
    pub git: Option<Summary>,
}

/// What the tracker and its task both use.
#[derive(Debug)]
struct Shared {
    inbox: Arc<Inbox>,
    store: Mutex<Store>,
    /// The state that the agent has left a file in.
    expected: Mutex<HashMap<PathBuf, (Option<Stamp>, Author)>>,
    marks: Mutex<Marks>,
    /// All moments that were made are gathered.
    gathered: watch::Sender<bool>,
    /// From what the user wants to see changes.
    wanted: Mutex<Baseline>,
    /// The repository and the commit that the session began at.
    base: OnceLock<(Git, Option<String>)>,
    changes: watch::Sender<Listed>,
    watching: watch::Sender<Arc<Watching>>,
}

impl Tracker {
    /// Begins to follow the files below `root` (a real path). Returns at once; the baseline is
    /// taken by a task. `helpers` start git for it. Has to be called
    /// inside a tokio runtime.
    pub fn start(root: &Path, helpers: &Helpers) -> Self {
        let shared = Arc::new(Shared {
            inbox: Arc::default(),
            store: Mutex::default(),
            expected: Mutex::default(),
            marks: Mutex::default(),
            gathered: watch::Sender::new(true),
            wanted: Mutex::default(),
            base: OnceLock::new(),
            changes: watch::Sender::default(),
            watching: watch::Sender::default(),
        });
        let cancel = CancellationToken::new();
        let task = follow::run(root.to_owned(), helpers.clone(), shared.clone(), cancel.clone());
        tokio::spawn(cancel.clone().run_until_cancelled_owned(task));
        Self { shared, _ends: cancel.drop_guard() }
    }

    /// Waits until the baselines are taken. A command must not run before: what it changes would be
    /// part of the baseline. A tool that calls [`Tracker::note`] need not wait.
    pub async fn ready(&self) {
        // The sender lives as long as `self`.
        let _ = self.shared.watching.subscribe().wait_for(|watching| watching.ready).await;
        let _ = self.shared.gathered.subscribe().wait_for(|gathered| *gathered).await;
    }

    /// Makes the moment now: the last turn's start, or the last look.
    pub fn mark(&self, moment: Baseline) {
        let mut marks = lock(&self.shared.marks);
        if marks.make(moment) {
            // Said under the lock: what is gathered is said after it.
            self.shared.gathered.send_replace(false);
            self.shared.inbox.wake();
        }
    }

    /// From now on tells what differs from this.
    ///
    /// # Errors
    ///
    /// Where there is no git to compare with: all stays as it is.
    pub async fn compare(&self, with: Baseline) -> Result<()> {
        self.ready().await;
        if matches!(with, Baseline::Head | Baseline::Index) && self.git().is_none() {
            bail!("the project is in no git repository");
        }
        *lock(&self.shared.wanted) = with;
        self.shared.inbox.wake();
        Ok(())
    }

    /// Git's files were changed by claw itself: the lists are to be looked at anew.
    pub fn git_changed(&self) {
        self.shared.inbox.touch_git();
    }

    /// The repository; none where there is none, or the baseline is not taken yet.
    pub fn git(&self) -> Option<&Git> {
        self.shared.base.get().map(|(git, _)| git)
    }

    /// How the file at `path` differs, as it was told last.
    pub fn change(&self, path: &Path) -> Option<FileChange> {
        let listed = self.shared.changes.borrow();
        listed.changes.iter().find(|change| change.path == path).cloned()
    }

    /// What the file at `path` was in the baseline that changes are told from; none where there
    /// was no such file.
    ///
    /// # Errors
    ///
    /// Where its content was not kept, or git fails.
    pub async fn before(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        let against = self.shared.changes.borrow().against;
        let base = self.shared.base.get();
        let kept = lock(&self.shared.marks).get(against, path).cloned();
        let kept = kept.or_else(|| lock(&self.shared.store).kept(path).cloned());
        let paths = [path.to_owned()];
        let mut found = match (against, base) {
            (Baseline::Head, Some((git, _))) => git.files("HEAD", &paths, LARGEST).await?,
            (Baseline::Index, Some((git, _))) => git.indexed(&paths, LARGEST).await?,
            (_, Some((git, Some(commit)))) if kept.is_none() => {
                git.files(commit, &paths, LARGEST).await?
            }
            _ => match kept {
                Some(Snapshot::Content(bytes)) => return Ok(Some(bytes.to_vec())),
                Some(Snapshot::Unread(_)) => bail!("its content was not kept"),
                Some(Snapshot::Absent) | None => return Ok(None),
            },
        };
        match found.remove(path) {
            Some(Blob::Content(bytes)) => Ok(Some(bytes)),
            Some(Blob::TooLarge(_)) => bail!("it is longer than 64 MiB"),
            None => Ok(None),
        }
    }

    /// Keeps what the file at `path` (its real path) is now, before the agent writes to it.
    ///
    /// Reads up to 1 MiB. To be called on a thread that may block; only the first call for a file
    /// and a moment does something.
    pub fn note(&self, path: &Path) {
        let noted = lock(&self.shared.store).is_noted(path);
        let marked = !lock(&self.shared.marks).lacks(path);
        if noted && marked {
            return;
        }
        let snapshot = Snapshot::read(path);
        lock(&self.shared.marks).note(path, &snapshot);
        if !noted {
            lock(&self.shared.store).note(path, snapshot);
        }
    }

    /// Says who has just left the file at `path` (its real path) with this content; no stamp: with
    /// none, it is deleted.
    pub fn expect(&self, path: &Path, stamp: Option<Stamp>, author: Author) {
        let mut expected = lock(&self.shared.expected);
        if expected.len() >= MAX_EXPECTED {
            expected.clear();
        }
        expected.insert(path.to_owned(), (stamp, author));
        drop(expected);
        self.shared.inbox.touch(path);
    }

    /// Says that a command of the agent begins (true) or has ended (false). Several may run; each
    /// says both. What changes in between, and shortly after, is the commands' work.
    pub fn command_running(&self, running: bool) {
        self.shared.inbox.command_running(running);
    }

    /// All files that differ, sorted by path; told anew at most once in 100 ms.
    pub fn changes(&self) -> watch::Receiver<Listed> {
        self.shared.changes.subscribe()
    }

    /// How they are followed, and git's branch and counts.
    pub fn watching(&self) -> watch::Receiver<Arc<Watching>> {
        self.shared.watching.subscribe()
    }
}

impl Shared {
    /// Says how changes are followed, where that is news.
    fn say(&self, change: impl FnOnce(&mut Watching)) {
        self.watching.send_if_modified(|old| {
            let mut new = (**old).clone();
            change(&mut new);
            let news = new != **old;
            if news {
                *old = Arc::new(new);
            }
            news
        });
    }

    fn notice(&self, text: String) {
        self.say(|watching| {
            if !watching.notices.contains(&text) {
                watching.notices.push(text);
            }
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

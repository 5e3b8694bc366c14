//! What differs from the session's start: the baseline, kept; the tree, watched; the list, told.

mod baseline;
mod follow;
mod list;
mod tree;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::exec::Helpers;
use crate::protocol::{Author, FileChange};
use crate::workspace::Stamp;
use crate::workspace::git::Summary;
use crate::workspace::tracker::baseline::Snapshot;
use crate::workspace::tracker::baseline::Store;
use crate::workspace::watch::Inbox;

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
    /// Files that differ but are not listed: at most 2,000 are.
    pub unlisted: usize,
}

/// What the tracker and its task both use.
#[derive(Debug)]
struct Shared {
    inbox: Arc<Inbox>,
    store: Mutex<Store>,
    /// The state that the agent has left a file in.
    expected: Mutex<HashMap<PathBuf, (Option<Stamp>, Author)>>,
    changes: watch::Sender<Arc<Vec<FileChange>>>,
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
            changes: watch::Sender::default(),
            watching: watch::Sender::default(),
        });
        let cancel = CancellationToken::new();
        let task = follow::run(root.to_owned(), helpers.clone(), shared.clone(), cancel.clone());
        tokio::spawn(cancel.clone().run_until_cancelled_owned(task));
        Self { shared, _ends: cancel.drop_guard() }
    }

    /// Waits until the baseline is taken. A command must not run before: what it changes would be
    /// part of the baseline. A tool that calls [`Tracker::note`] need not wait.
    pub async fn ready(&self) {
        // The sender lives as long as `self`.
        let _ = self.shared.watching.subscribe().wait_for(|watching| watching.ready).await;
    }

    /// Keeps what the file at `path` (its real path) is now, before the agent writes to it.
    ///
    /// Reads up to 1 MiB. To be called on a thread that may block; only the first call for a file
    /// does something.
    pub fn note(&self, path: &Path) {
        if !lock(&self.shared.store).is_noted(path) {
            let snapshot = Snapshot::read(path);
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
    pub fn changes(&self) -> watch::Receiver<Arc<Vec<FileChange>>> {
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

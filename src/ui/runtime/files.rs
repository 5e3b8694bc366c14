//! Finds files of the project by parts of their names: one thread beside the loop.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::base::clock;
use crate::ui::composer::complete::{Files, MOST, Query};
use crate::workspace::files;

/// Names that are walked over before a newer question is looked for.
const STEP: usize = 5_000;
/// For how long the names that were found are taken for the project's.
const FRESH: Duration = Duration::from_secs(5);

/// The thread that finds. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Finder {
    queue: SyncSender<Query>,
}

impl Finder {
    /// Starts the thread. `reply` is called on it with each answer; false ends it.
    ///
    /// # Errors
    ///
    /// Fails where the system gives no thread.
    pub(super) fn start(reply: impl Fn(Files) -> bool + Send + 'static) -> Result<Self> {
        let (queue, queries) = sync_channel::<Query>(64);
        let work = move || Index::default().serve(&queries, &reply);
        let thread = thread::Builder::new().name("files".into());
        thread.spawn(work).context("starting the thread that finds files")?;
        Ok(Self { queue })
    }

    /// Asks. Never waits; a question that finds the queue full is not answered: the next key asks
    /// again.
    pub(super) fn find(&self, query: Query) {
        match self.queue.try_send(query) {
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }
}

/// The names that were found.
#[derive(Default)]
struct Index {
    root: PathBuf,
    names: Vec<String>,
    at: Option<std::time::Instant>,
}

impl Index {
    fn serve(&mut self, queries: &Receiver<Query>, reply: &dyn Fn(Files) -> bool) {
        let mut next = queries.recv().ok();
        while let Some(mut query) = next.take() {
            // Only the last question counts.
            query = queries.try_iter().last().unwrap_or(query);
            if !self.is_fresh(&query.root) {
                let mut asked = query.clone();
                let mut open = true;
                self.walk(&query.root, |names| {
                    if let Some(newer) = queries.try_iter().last() {
                        asked = newer;
                    }
                    open = reply(best(names, &asked, None)) && asked.root == query.root;
                    open
                });
                query = asked;
            }
            if !reply(best(&self.names, &query, Some(self.names.len()))) {
                return;
            }
            next = queries.recv().ok();
        }
    }

    fn is_fresh(&self, root: &Path) -> bool {
        let age = self.at.map(|at| clock::instant().saturating_duration_since(at));
        self.root == root && age.is_some_and(|age| age < FRESH)
    }

    fn walk(&mut self, root: &Path, mut step: impl FnMut(&[String]) -> bool) {
        let mut names = Vec::with_capacity(self.names.len());
        let mut whole = true;
        files(root, |name| {
            names.push(name);
            if names.len() % STEP == 0 {
                whole = step(&names);
            }
            whole
        });
        root.clone_into(&mut self.root);
        self.names = names;
        // What was not walked to its end is walked again.
        self.at = whole.then(clock::instant);
    }
}

/// The names that fit best.
fn best(names: &[String], query: &Query, all: Option<usize>) -> Files {
    let pattern = Pattern::parse(&query.text, CaseMatching::Smart, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let mut room = Vec::new();
    let mut found: Vec<(std::cmp::Reverse<u32>, usize, usize)> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if let Some(score) = pattern.score(Utf32Str::new(name, &mut room), &mut matcher) {
            found.push((std::cmp::Reverse(score), name.len(), at));
        }
    }
    if found.len() > MOST {
        found.select_nth_unstable(MOST);
        found.truncate(MOST);
    }
    found.sort_unstable_by(|a, b| (a.0, a.1, &names[a.2]).cmp(&(b.0, b.1, &names[b.2])));
    let names = found.iter().map(|&(.., at)| names[at].clone()).collect();
    Files { generation: query.generation, names, all, seen: found.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn the_shortest_of_the_best_comes_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["src/net/client.rs", "src/client.rs", "docs/clients.md"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let (told, answers) = mpsc::sync_channel(8);
        let finder = Finder::start(move |files| told.send(files).is_ok()).unwrap();
        let root = dir.path().to_owned();
        finder.find(Query { generation: 7, root, text: "client.rs".into() });
        let files = answers.recv_timeout(Duration::from_secs(20)).unwrap();
        assert_eq!(files.generation, 7);
        assert_eq!(files.names, ["src/client.rs", "src/net/client.rs"]);
        assert_eq!(files.all, Some(6));
    }
}

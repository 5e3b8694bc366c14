//! What is known of all sessions: one thread beside the loop, and the only place of the screen that
//! reads and writes beside their logs.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread;

use anyhow::{Context as _, Result};

use crate::base::clock;
use crate::config::write_private;
use crate::protocol::SessionId;
use crate::session::{
    Overview, Price, Query, Searched, Snippet, Store, TurnLine, find_in, turns_of,
};
use crate::ui::layout::Kept;

/// Requests that wait for the thread.
const QUEUE: usize = 64;
/// Logs that are searched before what was found is told.
const CHUNK: usize = 16;
/// Most sessions that a search finds with the index.
const MOST: usize = 100;
/// Bytes of logs that the index takes in before the next request is looked for.
const STEP: u64 = 4 << 20;

/// What the thread is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// The sessions of this project, or all.
    List {
        /// All.
        all: bool,
        /// Of these the asker knows more than their logs say.
        live: Vec<SessionId>,
    },
    /// Which of these logs say something. The search before it ends.
    Search {
        /// The answers bear it.
        generation: u64,
        /// What for; empty ends the search before it and nothing more.
        needle: String,
        /// Where to look, in this order.
        logs: Vec<(SessionId, PathBuf)>,
    },
    /// The turns of a session.
    Turns {
        /// Which.
        session: SessionId,
        /// Its log.
        log: PathBuf,
    },
    /// Name a session, or take its name away.
    Rename {
        /// Its log.
        log: PathBuf,
        /// What it is called.
        name: Option<String>,
    },
    /// Put a session above the others, or back.
    Pin {
        /// Its log.
        log: PathBuf,
        /// Above.
        pinned: bool,
    },
    /// Put a session away, or have it back.
    Archive {
        /// Its log.
        log: PathBuf,
        /// Away.
        archived: bool,
    },
    /// Give a session tags, and take others away.
    Tag {
        /// Its log.
        log: PathBuf,
        /// These it has then.
        add: Vec<String>,
        /// These it has not.
        remove: Vec<String>,
    },
    /// Delete a session, so that it can be had back.
    Delete {
        /// Which.
        session: SessionId,
        /// Its log.
        log: PathBuf,
    },
    /// Have a deleted session back.
    Restore {
        /// Its log, where it was.
        log: PathBuf,
    },
    /// Remember how the project's screen is laid out.
    Keep(Kept),
}

/// What the thread answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The sessions, the last touched first.
    Listed {
        /// Of all projects.
        all: bool,
        /// Each at a glance.
        sessions: Vec<Overview>,
    },
    /// Some that a search found, and whether it goes on.
    Found {
        /// Of which search.
        generation: u64,
        /// Each with a few words, the best first.
        hits: Vec<(SessionId, Snippet)>,
        /// It goes on.
        more: bool,
    },
    /// The turns of a session, the first one first; or why there are none, in a sentence.
    Turns {
        /// Which.
        session: SessionId,
        /// Its turns.
        turns: Result<Vec<TurnLine>, String>,
    },
    /// A session was deleted.
    Deleted {
        /// Which.
        session: SessionId,
        /// Where its log was.
        log: PathBuf,
    },
    /// Something failed: in a sentence.
    Failed(String),
    /// Something that the user should know: in a sentence.
    Told(String),
}

/// The thread. It ends when this is dropped.
#[derive(Debug, Clone)]
pub struct Library {
    queue: SyncSender<Request>,
}

impl Library {
    /// Starts the thread. `reply` is called on it with each answer; false ends it.
    ///
    /// # Errors
    ///
    /// Fails where the system gives no thread.
    pub fn start(
        store: Store,
        project: PathBuf,
        price: Price,
        reply: impl FnMut(Answer) -> bool + Send + 'static,
    ) -> Result<Self> {
        let (queue, requests) = sync_channel::<Request>(QUEUE);
        let mut work = Work { store, project, price, requests, reply, search: None, behind: false };
        let thread = thread::Builder::new().name("sessions".into());
        thread.spawn(move || work.run()).context("starting the thread that lists sessions")?;
        Ok(Self { queue })
    }

    /// Queues a request; never waits. The answer where none will come later.
    pub fn request(&self, request: Request) -> Option<Answer> {
        let text = match self.queue.try_send(request) {
            Ok(()) => return None,
            Err(TrySendError::Full(_)) => "the list of sessions is busy: try again",
            Err(TrySendError::Disconnected(_)) => "the list of sessions ended: start claw again",
        };
        Some(Answer::Failed(text.to_owned()))
    }
}

/// How the screen of a project was laid out; as usual where nothing is remembered.
pub fn kept(store: &Store, project: &Path) -> Kept {
    let text = fs::read(place(store, project)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

fn place(store: &Store, project: &Path) -> PathBuf {
    store.project(project).join("layout.json")
}

/// A search: which, for what, and where it has yet to look.
type Search = (u64, Query, VecDeque<PathBuf>);

struct Work<Reply> {
    store: Store,
    project: PathBuf,
    price: Price,
    requests: Receiver<Request>,
    reply: Reply,
    search: Option<Search>,
    /// The index may not know all that the logs say.
    behind: bool,
}

impl<Reply: FnMut(Answer) -> bool> Work<Reply> {
    fn run(&mut self) {
        self.store.purge(clock::now());
        loop {
            let request = match (&self.search, self.requests.try_recv()) {
                (_, Ok(request)) => Some(request),
                (None, Err(TryRecvError::Empty)) if !self.behind => match self.requests.recv() {
                    Ok(request) => Some(request),
                    Err(_) => return,
                },
                (_, Err(TryRecvError::Empty)) => None,
                (_, Err(TryRecvError::Disconnected)) => return,
            };
            let answer = match request {
                Some(request) => self.answer(request),
                None if self.search.is_some() => self.look_on(),
                None => self.catch_up(),
            };
            if answer.is_some_and(|answer| !(self.reply)(answer)) {
                return;
            }
        }
    }

    fn answer(&mut self, request: Request) -> Option<Answer> {
        let store = &self.store;
        let done = match request {
            Request::List { all, live } => {
                let cwd = (!all).then_some(self.project.as_path());
                let sessions = store.overviews(cwd, &live, self.price);
                self.behind = true;
                return Some(Answer::Listed { all, sessions });
            }
            Request::Search { generation, needle, logs } => {
                return self.search(generation, &needle, logs);
            }
            Request::Turns { session, log } => {
                let turns = turns_of(&log).map_err(|error| format!("{error:#}"));
                return Some(Answer::Turns { session, turns });
            }
            Request::Delete { session, log } => match store.delete(&log, clock::now()) {
                Ok(()) => return Some(Answer::Deleted { session, log }),
                Err(error) => Err(error),
            },
            Request::Rename { log, name } => store.rename(&log, name),
            Request::Pin { log, pinned } => store.pin(&log, pinned),
            Request::Archive { log, archived } => store.archive(&log, archived),
            Request::Tag { log, add, remove } => store.tag(&log, &add, &remove),
            Request::Restore { log } => store.restore(&log),
            Request::Keep(kept) => keep(&place(store, &self.project), kept),
        };
        done.err().map(|error| Answer::Failed(format!("{error:#}")))
    }

    /// Begins a search: what the index knows is found at once.
    fn search(
        &mut self,
        generation: u64,
        needle: &str,
        logs: Vec<(SessionId, PathBuf)>,
    ) -> Option<Answer> {
        self.search = None;
        let query = Query::parse(needle);
        if needle.is_empty() {
            return None;
        }
        let logs: Vec<_> = logs.into_iter().map(|(_, log)| log).collect();
        let Searched { hits, unread, told } = self.store.search(&query, Some(&logs), MOST);
        self.behind |= !unread.is_empty();
        let hits = hits.into_iter().map(|hit| (hit.session, hit.snippet)).collect();
        let more = !unread.is_empty() && !query.is_empty();
        self.search = more.then(|| (generation, query, unread.into()));
        if let Some(told) = told
            && !(self.reply)(Answer::Told(told))
        {
            return None;
        }
        Some(Answer::Found { generation, hits, more })
    }

    /// Searches some more logs, which the index does not know.
    fn look_on(&mut self) -> Option<Answer> {
        let (generation, query, logs) = self.search.as_mut()?;
        let generation = *generation;
        let mut hits = Vec::new();
        for _ in 0..CHUNK {
            let Some(log) = logs.pop_front() else { break };
            hits.extend(find_in(&log, query).map(|hit| (hit.session, hit.snippet)));
        }
        let more = !logs.is_empty();
        if !more {
            self.search = None;
        }
        (!more || !hits.is_empty()).then_some(Answer::Found { generation, hits, more })
    }

    /// Brings the index some way further.
    fn catch_up(&mut self) -> Option<Answer> {
        let progress = self.store.catch_up(STEP);
        self.behind = progress.left > 0;
        progress.told.map(Answer::Told)
    }
}

fn keep(file: &Path, kept: Kept) -> Result<()> {
    let text = serde_json::to_vec(&kept)?;
    write_private(file, &text).with_context(|| format!("writing {}", file.display()))
}

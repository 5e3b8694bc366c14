//! The only maker of envelopes: stamps, keeps, folds and publishes, in this order.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::sync::Mutex;

use crate::base::clock;
use crate::bus::{Bus, Subscription};
use crate::protocol::{Envelope, Event, SessionId, Topics};
use crate::session::State;
use crate::session::log::{Log, VERSION};

/// A live session's memory.
#[derive(Debug)]
pub struct Journal {
    session: SessionId,
    path: PathBuf,
    bus: Bus,
    state: RwLock<State>,
    /// Held while an event is kept, folded and published: so that all see the same order.
    log: Mutex<Log>,
    disk: Arc<Disk>,
}

/// The log's file, to force what was kept to the disk.
#[derive(Debug)]
struct Disk {
    file: File,
    /// Something was kept that may not be on the disk.
    behind: AtomicBool,
    /// It will be forced there in a moment.
    due: AtomicBool,
}

/// How long what was kept may stay off the disk while a turn runs.
const SOON: Duration = Duration::from_secs(1);

impl Journal {
    /// The journal of a new session, whose log is made at `path`.
    pub fn create(session: SessionId, path: &Path, bus: Bus) -> Result<Self> {
        let log = Log::create(path)?;
        Self::new(State::new(session.clone()), session, path, bus, log)
    }

    /// The journal of a session whose log is at `path`, with its state as the log tells it, and
    /// what had to be repaired in the log.
    pub fn open(session: SessionId, path: &Path, bus: Bus) -> Result<(Self, Vec<String>)> {
        let mut state = State::new(session.clone());
        let (log, repairs) = Log::open(path, |envelope| state.apply(&envelope))?;
        Ok((Self::new(state, session, path, bus, log)?, repairs))
    }

    /// The journal of a new session that begins with what another one said.
    pub(super) fn copy(
        said: Vec<Envelope>,
        session: SessionId,
        path: &Path,
        bus: Bus,
    ) -> Result<Self> {
        let mut log = Log::create(path)?;
        let mut state = State::new(session.clone());
        // Lines that could not be read left a gap; the copy has none.
        for (seq, mut envelope) in (1..).zip(said) {
            if let Event::SessionStarted { version, .. } = &mut envelope.event {
                // It is written anew, as this claw writes it.
                *version = VERSION;
            }
            let envelope = Envelope { session: session.clone(), seq, ..envelope };
            if let Err(error) = log.append(&envelope) {
                // A part of a session is none; where it stays, it is listed as damaged.
                let _ = std::fs::remove_file(path);
                return Err(error);
            }
            state.apply(&envelope);
        }
        Self::new(state, session, path, bus, log)
    }

    fn new(state: State, session: SessionId, path: &Path, bus: Bus, log: Log) -> Result<Self> {
        let (behind, due) = (AtomicBool::new(true), AtomicBool::new(false));
        let disk = Arc::new(Disk { file: log.syncer()?, behind, due });
        let (path, state, log) = (path.to_owned(), RwLock::new(state), Mutex::new(log));
        Ok(Self { session, path, bus, state, log, disk })
    }

    /// Which session.
    pub fn session(&self) -> &SessionId {
        &self.session
    }

    /// Where its log is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes an event part of the session.
    ///
    /// # Errors
    ///
    /// Where the log cannot be written. The event is folded and published all the same, so that
    /// the screen goes on, and is written as soon as the disk takes it; but what it announces must
    /// not be done.
    pub async fn record(&self, event: Event) -> Result<()> {
        let mut log = self.log.lock().await;
        let durable = event.is_durable();
        let seq = self.state.read().unwrap_or_else(PoisonError::into_inner).seq;
        let seq = seq + u64::from(durable);
        let envelope = Envelope { session: self.session.clone(), seq, at: clock::now(), event };
        let kept = if durable { log.append(&envelope) } else { Ok(()) };
        if durable {
            self.disk.behind.store(true, Ordering::Release);
            sync_soon(&self.disk);
        }
        self.state.write().unwrap_or_else(PoisonError::into_inner).apply(&envelope);
        self.bus.publish(envelope).await;
        kept
    }

    /// Looks at the state. `look` must be short: the session stands still meanwhile.
    pub fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The state now, and everything that happens from then on: nothing lies between.
    pub async fn subscribe(&self, topics: Topics) -> (State, Subscription) {
        let _log = self.log.lock().await;
        (self.look(State::clone), self.bus.subscribe(topics))
    }

    /// Ends it: everything is on the disk, and another process can take the session up.
    pub async fn close(&self) -> Result<()> {
        self.log.lock().await.close()
    }

    /// Forces what was kept to the disk, on a thread that may block, and waits for that: then not
    /// even a power loss takes it away.
    ///
    /// # Errors
    ///
    /// Where the disk does not take it.
    pub async fn sync(&self) -> Result<()> {
        let disk = self.disk.clone();
        if !disk.behind.load(Ordering::Acquire) {
            return Ok(());
        }
        let done = tokio::task::spawn_blocking(move || disk.sync()).await;
        done.map_err(anyhow::Error::from)
            .and_then(|done| Ok(done?))
            .with_context(|| format!("writing the log of {} to the disk", self.session))
    }
}

impl Disk {
    fn sync(&self) -> io::Result<()> {
        if !self.behind.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let done = self.file.sync_data();
        if done.is_err() {
            self.behind.store(true, Ordering::Release);
        }
        done
    }
}

/// Forces what was kept to the disk in a moment, beside everything else: much that is kept at once
/// is forced there once.
fn sync_soon(disk: &Arc<Disk>) {
    if disk.due.swap(true, Ordering::AcqRel) {
        return;
    }
    let disk = disk.clone();
    tokio::spawn(async move {
        tokio::time::sleep(SOON).await;
        disk.due.store(false, Ordering::Release);
        if disk.behind.load(Ordering::Acquire) {
            // What cannot be forced there now is tried again with the next event, and told before
            // anything is done that counts on it.
            tokio::task::spawn_blocking(move || disk.sync());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Level, TextKind};

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_is_on_the_disk_when_it_counts_and_within_a_second() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::create("s".into(), &dir.path().join("s.jsonl"), Bus::new()).unwrap();
        let notice = || Event::Notice { level: Level::Info, text: "n".into() };
        let behind = |journal: &Journal| journal.disk.behind.load(Ordering::Acquire);
        journal.record(notice()).await.unwrap();
        assert!(behind(&journal));
        journal.sync().await.unwrap();
        assert!(!behind(&journal));
        journal.record(notice()).await.unwrap();
        let began = tokio::time::Instant::now();
        while behind(&journal) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(began.elapsed() >= Duration::from_millis(900));
        journal.record(notice()).await.unwrap();
        assert!(journal.disk.due.load(Ordering::Acquire), "the next one is waited for anew");
    }

    #[tokio::test]
    async fn a_reader_sees_the_fold_of_the_log() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.jsonl");
        let journal = Journal::create("s".into(), &path, Bus::new()).unwrap();
        let turn = || Event::TurnStarted { turn: "t".into(), prompt: vec![] };
        let notice = || Event::Notice { level: Level::Info, text: "n".into() };
        let delta = Event::MessageDelta {
            message: "m".into(),
            block: 0,
            kind: TextKind::Text,
            start: 0,
            text: "hello".into(),
        };
        journal.record(turn()).await.unwrap();
        let (mut mirror, mut reader) = journal.subscribe(Topics::ALL).await;
        for event in [delta, notice(), notice()] {
            journal.record(event).await.unwrap();
        }
        while let Some(envelope) = reader.try_next() {
            mirror.apply(&envelope);
        }
        assert_eq!(journal.look(State::clone), mirror);
        assert_eq!(mirror.open().unwrap().1.blocks[0].text, "hello");
        drop(journal);

        let (again, repairs) = Journal::open("s".into(), &path, Bus::new()).unwrap();
        assert!(repairs.is_empty());
        assert_eq!(again.look(|state| (state.seq, state.entries.len())), (3, 3));
    }
}

//! The only maker of envelopes: stamps, keeps, folds and publishes, in this order.

use std::path::Path;
use std::sync::{PoisonError, RwLock};

use anyhow::Result;
use tokio::sync::Mutex;

use crate::base::clock;
use crate::bus::{Bus, Subscription};
use crate::protocol::{Envelope, Event, SessionId, Topics};
use crate::session::State;
use crate::session::log::Log;

/// A live session's memory.
#[derive(Debug)]
pub struct Journal {
    session: SessionId,
    bus: Bus,
    state: RwLock<State>,
    /// Held while an event is kept, folded and published: so that all see the same order.
    log: Mutex<Log>,
}

impl Journal {
    /// The journal of a new session, whose log is made at `path`.
    pub fn create(session: SessionId, path: &Path, bus: Bus) -> Result<Self> {
        let log = Log::create(path)?;
        let state = RwLock::new(State::new(session.clone()));
        Ok(Self { session, bus, state, log: Mutex::new(log) })
    }

    /// The journal of a session whose log is at `path`, with its state as the log tells it, and
    /// what had to be repaired in the log.
    pub fn open(session: SessionId, path: &Path, bus: Bus) -> Result<(Self, Vec<String>)> {
        let mut state = State::new(session.clone());
        let (log, repairs) = Log::open(path, |envelope| state.apply(&envelope))?;
        Ok((Self { session, bus, state: RwLock::new(state), log: Mutex::new(log) }, repairs))
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
        for (seq, envelope) in (1..).zip(said) {
            let envelope = Envelope { session: session.clone(), seq, ..envelope };
            if let Err(error) = log.append(&envelope) {
                // A part of a session is none; where it stays, it is listed as damaged.
                let _ = std::fs::remove_file(path);
                return Err(error);
            }
            state.apply(&envelope);
        }
        Ok(Self { session, bus, state: RwLock::new(state), log: Mutex::new(log) })
    }

    /// Which session.
    pub fn session(&self) -> &SessionId {
        &self.session
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

    /// Forces what was kept to the disk, on a thread that may block; does not wait for it.
    pub async fn sync(&self) {
        if let Some(file) = self.log.lock().await.syncer() {
            // What the system has, a kill of claw does not lose; this guards against power loss.
            tokio::task::spawn_blocking(move || file.sync_data());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Level, TextKind};

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

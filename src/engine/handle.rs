//! All that a face gets of the engine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::agent::Agent;
use crate::bus::{Bus, Subscription};
use crate::engine::actor::Actor;
use crate::engine::build::{self, Setup};
use crate::engine::follow::follow;
use crate::engine::kept::kept;
use crate::engine::modes::Modes;
use crate::engine::watch::{Watched, watch};
use crate::protocol::{Op, SessionId, Topics};
use crate::session::State;

/// How long the end of a session is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many ops wait for a session before it is busy.
const QUEUE: usize = 64;

/// Which session to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A new one.
    New,
    /// One whose log is there.
    Resume(SessionId),
    /// A new one that begins as a copy of another, as far as that is now.
    Fork(SessionId),
    /// The same, only to the end of its turn of this number, from 1.
    ForkAt(SessionId, u32),
    /// One that another process writes: only to look on.
    Watch(SessionId),
}

/// The session's queue is full, or the session is not open. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session takes no more for now")]
pub struct Busy;

/// The engine, as its clients see it. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    engine: Arc<Engine>,
}

struct Engine {
    setup: Setup,
    bus: Bus,
    sessions: Mutex<HashMap<SessionId, Live>>,
    watched: Mutex<HashMap<SessionId, JoinHandle<()>>>,
}

struct Live {
    agent: Arc<Agent>,
    ops: mpsc::Sender<Op>,
    task: JoinHandle<()>,
    following: Option<JoinHandle<()>>,
    keeping: JoinHandle<()>,
}

impl Live {
    async fn end(self) {
        let Self { ops, task, following, keeping, .. } = self;
        if let Some(following) = following {
            following.abort();
        }
        // A full queue is closed by dropping its sender.
        let _ = ops.try_send(Op::Close);
        drop(ops);
        // A task that crashed has ended, too.
        let _ = tokio::time::timeout(PATIENCE, task).await;
        keeping.abort();
    }
}

impl Handle {
    /// An engine without sessions.
    pub fn new(setup: Setup) -> Self {
        let (bus, sessions, watched) = (Bus::new(), Mutex::default(), Mutex::default());
        Self { engine: Arc::new(Engine { setup, bus, sessions, watched }) }
    }

    /// Opens a session: its state now, and everything that happens from then on. A session that
    /// is live already is joined.
    ///
    /// The subscription tells of all sessions of this engine; the address is in each envelope.
    ///
    /// # Errors
    ///
    /// Where its log cannot be made or read, or is open in another process.
    pub async fn open(&self, start: Start) -> Result<(State, Subscription)> {
        let Engine { setup, bus, .. } = &*self.engine;
        let agent = match &start {
            Start::Resume(id) => match self.live(id) {
                Some(agent) => return Ok(agent.journal.subscribe(Topics::ALL).await),
                None => build::resume(setup, bus, id).await?,
            },
            Start::Watch(id) => return self.watch(id).await,
            Start::New => build::new(setup, bus).await?,
            Start::Fork(id) => build::fork(setup, bus, id, None).await?,
            Start::ForkAt(id, at) => build::fork(setup, bus, id, Some(*at)).await?,
        };
        let opened = agent.journal.subscribe(Topics::ALL).await;
        let (ops, taken) = mpsc::channel(QUEUE);
        let modes = Modes::new(setup, &agent);
        let task = tokio::spawn(Actor::new(agent.clone(), taken, modes).run());
        let following = follow(&agent);
        let keeping = kept(&agent, &setup.store, bus);
        let id = agent.journal.session().clone();
        let live = Live { agent, ops, task, following, keeping };
        self.sessions().insert(id, live);
        Ok(opened)
    }

    /// Puts an op into a session's queue without waiting.
    ///
    /// # Errors
    ///
    /// [`Busy`] where the queue is full: nothing was sent, try again.
    pub fn send(&self, session: &SessionId, op: Op) -> Result<(), Busy> {
        let sessions = self.sessions();
        sessions.get(session).and_then(|live| live.ops.try_send(op).ok()).ok_or(Busy)
    }

    /// Ends all sessions: running turns are cancelled, logs are whole. Waits for that, at most three
    /// seconds a session: one that does not end in time leaves a log that the next start repairs.
    pub async fn close(&self) {
        self.look_away(None);
        let ended: Vec<_> = self.sessions().drain().map(|(_, live)| live).collect();
        for live in ended {
            live.end().await;
        }
    }

    /// Ends one session, as [`Self::close`] does all; one that is not live is left alone.
    pub async fn close_one(&self, session: &SessionId) {
        self.look_away(Some(session));
        let ended = self.sessions().remove(session);
        if let Some(live) = ended {
            live.end().await;
        }
    }

    /// Looks on at a session. One that is looked on at already is read anew.
    async fn watch(&self, id: &SessionId) -> Result<(State, Subscription)> {
        let Engine { setup, bus, watched, .. } = &*self.engine;
        let Watched { session, state, subscription, task } = watch(setup, bus, id).await?;
        let mut watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = watched.insert(session, task) {
            before.abort();
        }
        Ok((state, subscription))
    }

    /// Ends looking on: at one session, or at all.
    fn look_away(&self, session: Option<&SessionId>) {
        let mut watched = self.engine.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|id, task| {
            let ends = session.is_none_or(|session| session == id);
            if ends {
                task.abort();
            }
            !ends
        });
    }

    fn live(&self, id: &SessionId) -> Option<Arc<Agent>> {
        self.sessions().get(id).map(|live| live.agent.clone())
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Live>> {
        self.engine.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

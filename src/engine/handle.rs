//! All that a face gets of the engine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::sync::mpsc;

use crate::bus::Subscription;
use crate::protocol::{Op, SessionId};
use crate::session::State;

/// How many ops wait for a session before it is busy.
pub const QUEUE: usize = 64;

/// Which session to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A new one.
    New,
    /// One whose log is there.
    Resume(SessionId),
}

/// The session's queue is full, or the session is not open. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session takes no more for now")]
pub struct Busy;

/// The engine, as its clients see it. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    sessions: Arc<Mutex<HashMap<SessionId, mpsc::Sender<Op>>>>,
}

impl Handle {
    /// Opens a session: its state now, and everything that happens to it from then on.
    ///
    /// # Errors
    ///
    /// Where its log cannot be made or read; says which file and why.
    pub async fn open(&self, start: Start) -> Result<(State, Subscription)> {
        let _ = start;
        anyhow::bail!("the engine is being built")
    }

    /// Puts an op into a session's queue without waiting.
    ///
    /// # Errors
    ///
    /// [`Busy`] where the queue is full: nothing was sent, try again.
    pub fn send(&self, session: &SessionId, op: Op) -> Result<(), Busy> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(session).and_then(|queue| queue.try_send(op).ok()).ok_or(Busy)
    }

    /// Ends all sessions: running turns are cancelled, logs are whole. Waits for that.
    pub async fn close(&self) {}
}

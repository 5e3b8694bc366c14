//! The calls that run now, so that one of them can be stopped.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::protocol::CallId;

/// The calls of one session between their start and their result.
#[derive(Debug, Default)]
pub struct Running(Mutex<HashMap<CallId, CancellationToken>>);

/// A call that runs, for as long as this lives.
#[derive(Debug)]
pub(super) struct Run<'a> {
    running: &'a Running,
    call: CallId,
    /// Stops this call alone, and with its turn.
    pub(super) cancel: CancellationToken,
}

impl Running {
    /// A call begins; it ends with its turn.
    pub(super) fn begin(&self, call: &CallId, turn: &CancellationToken) -> Run<'_> {
        let cancel = turn.child_token();
        self.with(|calls| calls.insert(call.clone(), cancel.clone()));
        Run { running: self, call: call.clone(), cancel }
    }

    /// Stops a call; one that has ended stays as it is.
    pub fn stop(&self, call: &CallId) {
        self.with(|calls| {
            if let Some(cancel) = calls.get(call) {
                cancel.cancel();
            }
        });
    }

    /// Does none run?
    pub fn is_empty(&self) -> bool {
        self.with(|calls| calls.is_empty())
    }

    /// Does this call run?
    pub fn contains(&self, call: &CallId) -> bool {
        self.with(|calls| calls.contains_key(call))
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<CallId, CancellationToken>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.running.with(|calls| calls.remove(&self.call));
    }
}

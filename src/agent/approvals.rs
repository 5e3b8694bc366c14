//! Questions that wait for an answer. Ids cross to the faces, the waiting stays here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::protocol::{PermissionOutcome, RequestId};

/// The open questions of one session.
#[derive(Debug, Default)]
pub struct Approvals(Mutex<HashMap<RequestId, oneshot::Sender<PermissionOutcome>>>);

impl Approvals {
    /// Opens a question. What is received is the first answer.
    pub fn open(&self, request: RequestId) -> oneshot::Receiver<PermissionOutcome> {
        let (answer, answered) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(request, answer);
        answered
    }

    /// Answers a question; false where it is not open (any more).
    pub fn decide(&self, request: &RequestId, outcome: PermissionOutcome) -> bool {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(request);
        waiting.is_some_and(|answer| answer.send(outcome).is_ok())
    }

    /// Takes a question back that nobody waits for any more.
    pub fn close(&self, request: &RequestId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(request);
    }
}

//! Questions that wait for an answer. Ids cross to the faces, the waiting stays here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::protocol::{PermissionOutcome, PermissionRequest, RequestId};

/// The open questions of one session.
#[derive(Debug, Default)]
pub struct Approvals(Mutex<HashMap<RequestId, Open>>);

#[derive(Debug)]
struct Open {
    /// What was shown.
    hash: String,
    answer: oneshot::Sender<Answer>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An answer to what was asked.
    Given(PermissionOutcome),
    /// Something else was allowed than what was asked. Nothing may run by it.
    Stale,
}

impl Approvals {
    /// Opens a question. What is received is the first answer.
    pub fn open(&self, request: &PermissionRequest) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        let open = Open { hash: request.hash.clone(), answer };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(request.id.clone(), open);
        answered
    }

    /// Answers a question, once; false where it is not open (any more). What allows has to bear the
    /// question's hash; what does not allow needs none.
    pub fn decide(&self, request: &RequestId, hash: &str, outcome: PermissionOutcome) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(request);
        open.is_some_and(|open| {
            // No hash is no match: an older log asked without one.
            let same = !open.hash.is_empty() && open.hash == hash;
            let stale = outcome.allows() && !same;
            open.answer.send(if stale { Answer::Stale } else { Answer::Given(outcome) }).is_ok()
        })
    }

    /// Takes a question back that nobody waits for any more.
    pub fn close(&self, request: &RequestId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_for_what_was_shown_and_used_once() {
        let allow = PermissionOutcome::AllowOnce;
        let deny = PermissionOutcome::Deny { message: None };
        let table = [
            // shown  answered  outcome        what comes back
            ("h1", "h1", allow.clone(), Answer::Given(allow.clone())),
            ("h1", "h2", allow.clone(), Answer::Stale),
            ("h1", "", PermissionOutcome::AllowSession, Answer::Stale),
            ("", "", allow.clone(), Answer::Stale),
            ("h1", "", deny.clone(), Answer::Given(deny)),
        ];
        for (shown, answered, outcome, want) in table {
            let approvals = Approvals::default();
            let mut request = PermissionRequest::new("r".into(), "c".into(), "");
            request.hash = shown.into();
            let mut answer = approvals.open(&request);
            assert!(!approvals.decide(&"other".into(), shown, outcome.clone()));
            assert!(approvals.decide(&"r".into(), answered, outcome.clone()));
            assert_eq!(answer.try_recv(), Ok(want), "{shown} {answered} {outcome:?}");
            assert!(!approvals.decide(&"r".into(), shown, outcome), "it is used once");
        }
    }
}

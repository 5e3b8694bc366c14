//! Questions that wait for an answer. Ids cross to the faces, the waiting stays here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::protocol::{Changed, Event, PermissionOutcome, PermissionRequest, RequestId};

/// The open questions of one session.
#[derive(Debug, Default)]
pub struct Approvals(Mutex<HashMap<RequestId, Open>>);

#[derive(Debug)]
struct Open {
    /// What was shown.
    hash: String,
    /// The text of the file that it would leave behind; none where it leaves none.
    text: Option<Arc<str>>,
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
    /// Opens a question, about a file that would say `text` then. What is received is the first
    /// answer.
    pub fn open(
        &self,
        request: &PermissionRequest,
        text: Option<Arc<str>>,
    ) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        let open = Open { hash: request.hash.clone(), text, answer };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(request.id.clone(), open);
        answered
    }

    /// What the file of an open question would say; none where the question is not open.
    pub fn tell(&self, request: &RequestId) -> Option<Event> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Open { hash, text, .. } = all.get(request)?;
        Some(Event::TextTold { request: request.clone(), hash: hash.clone(), text: text.clone() })
    }

    /// Answers a question, once; false where it is not open (any more). What allows has to bear the
    /// question's hash, and so has a file's new text, which was made of what was shown; what does
    /// not allow needs none.
    pub fn decide(&self, request: &RequestId, hash: &str, outcome: PermissionOutcome) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(request);
        open.is_some_and(|open| {
            // No hash is no match: an older log asked without one.
            let same = !open.hash.is_empty() && open.hash == hash;
            let stale = (outcome.allows() || is_text(&outcome)) && !same;
            open.answer.send(if stale { Answer::Stale } else { Answer::Given(outcome) }).is_ok()
        })
    }

    /// Takes a question back that nobody waits for any more.
    pub fn close(&self, request: &RequestId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(request);
    }
}

/// A whole file would take back what changed in it since.
fn is_text(outcome: &PermissionOutcome) -> bool {
    matches!(outcome, PermissionOutcome::Change { changed: Changed::File { .. } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_for_what_was_shown_and_used_once() {
        let allow = PermissionOutcome::AllowOnce;
        let deny = PermissionOutcome::Deny { message: None };
        let changed = |changed| PermissionOutcome::Change { changed };
        let file = changed(Changed::File { text: "mine".into() });
        let command = changed(Changed::Command { command: "ls".into() });
        let table = [
            // shown  answered  outcome        what comes back
            ("h1", "h1", allow.clone(), Answer::Given(allow.clone())),
            ("h1", "h2", allow.clone(), Answer::Stale),
            ("h1", "", PermissionOutcome::AllowSession, Answer::Stale),
            ("", "", allow.clone(), Answer::Stale),
            ("h1", "", deny.clone(), Answer::Given(deny)),
            ("h1", "h1", file.clone(), Answer::Given(file.clone())),
            ("h1", "h2", file, Answer::Stale),
            ("h1", "h2", command.clone(), Answer::Given(command)),
        ];
        for (shown, answered, outcome, want) in table {
            let approvals = Approvals::default();
            let mut request = PermissionRequest::new("r".into(), "c".into(), "");
            request.hash = shown.into();
            let mut answer = approvals.open(&request, None);
            assert!(!approvals.decide(&"other".into(), shown, outcome.clone()));
            assert!(approvals.decide(&"r".into(), answered, outcome.clone()));
            assert_eq!(answer.try_recv(), Ok(want), "{shown} {answered} {outcome:?}");
            assert!(!approvals.decide(&"r".into(), shown, outcome), "it is used once");
        }
    }
}

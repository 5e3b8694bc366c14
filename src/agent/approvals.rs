//! Questions that wait for an answer. Ids cross to the faces, the waiting stays here.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::protocol::{Changed, Decision, Event, PermissionOutcome, PermissionRequest, RequestId};

/// The open questions of one session.
#[derive(Debug, Default)]
pub struct Approvals(Mutex<HashMap<RequestId, Open>>);

#[derive(Debug)]
struct Open {
    /// What was shown.
    hash: String,
    /// The text of the file that it would leave behind; none where it leaves none.
    text: Option<Arc<str>>,
    /// The rules of which was shown what they would allow: they may be kept.
    rules: HashSet<String>,
    answer: oneshot::Sender<Answer>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An answer to what was asked.
    Given(PermissionOutcome),
    /// Something else was allowed than what was asked. Nothing may run by it.
    Stale,
    /// These rules were to be kept, of which was never shown what they would allow.
    Unseen(Vec<String>),
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
        let asked = request.parts.iter().filter(|part| part.decision == Decision::Ask);
        let offered = asked.filter_map(|part| part.always.clone()).chain(request.rule.clone());
        let open = Open { hash: request.hash.clone(), text, rules: offered.collect(), answer };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(request.id.clone(), open);
        answered
    }

    /// What the file of an open question would say; none where the question is not open.
    pub fn tell(&self, request: &RequestId) -> Option<Event> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Open { hash, text, .. } = all.get(request)?;
        Some(Event::TextTold { request: request.clone(), hash: hash.clone(), text: text.clone() })
    }

    /// It was shown what these rules would allow, for the question as it was with `hash`.
    pub fn shown(&self, request: &RequestId, hash: &str, rules: impl IntoIterator<Item = String>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = all.get_mut(request).filter(|open| open.hash == hash) {
            open.rules.extend(rules);
        }
    }

    /// Answers a question, once; false where it is not open (any more). What allows has to bear the
    /// question's hash, and so has a file's new text, which was made of what was shown; what does
    /// not allow needs none. A rule is kept only where it was offered, or tried, for this question.
    pub fn decide(&self, request: &RequestId, hash: &str, outcome: PermissionOutcome) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(request);
        open.is_some_and(|open| {
            // No hash is no match: an older log asked without one.
            let same = !open.hash.is_empty() && open.hash == hash;
            let stale = (outcome.allows() || is_text(&outcome)) && !same;
            let unseen = match &outcome {
                PermissionOutcome::Always { rules, .. } => {
                    rules.iter().filter(|rule| !open.rules.contains(*rule)).cloned().collect()
                }
                _ => Vec::new(),
            };
            let answer = match (stale, unseen.is_empty()) {
                (true, _) => Answer::Stale,
                (false, false) => Answer::Unseen(unseen),
                (false, true) => Answer::Given(outcome),
            };
            open.answer.send(answer).is_ok()
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
    #[test]
    fn rules_are_kept_that_were_offered_or_shown_for_this_very_question() {
        let rule = |text: &str| vec![text.to_owned()];
        let table = [
            // shown: question, hash, rule; what is to be kept; is it refused
            (None, "Bash(a)", false),
            (None, "Bash(b)", true),
            (Some(("r", "h1", "Bash(b)")), "Bash(b)", false),
            (Some(("r", "h0", "Bash(b)")), "Bash(b)", true),
            (Some(("q", "h1", "Bash(b)")), "Bash(b)", true),
            (Some(("r", "h1", "Bash(b)")), "Bash(b:*)", true),
        ];
        for (shown, kept, unseen) in table {
            let approvals = Approvals::default();
            let mut request = PermissionRequest::new("r".into(), "c".into(), "");
            (request.hash, request.rule) = ("h1".into(), Some("Bash(a)".into()));
            let mut answer = approvals.open(&request, None);
            if let Some((id, hash, text)) = shown {
                approvals.shown(&id.into(), hash, rule(text));
            }
            let scope = crate::protocol::RuleScope::User;
            let outcome = PermissionOutcome::Always { rules: rule(kept), scope };
            assert!(approvals.decide(&"r".into(), "h1", outcome.clone()));
            let want = if unseen { Answer::Unseen(rule(kept)) } else { Answer::Given(outcome) };
            assert_eq!(answer.try_recv(), Ok(want), "{shown:?} {kept}");
        }
    }
}

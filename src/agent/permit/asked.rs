//! A question that is open: answered, changed by the user, or overtaken by what happens on the disk.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::agent::approvals::Answer;
use crate::agent::permit::keep;
use crate::agent::permit::other::{self, Fit, Left};
use crate::agent::permit::question::{hash, question};
use crate::agent::permit::{Case, Decided, denied, forbidden, forbidden_since};
use crate::audit::By;
use crate::policy::{Verdict, Why};
use crate::protocol::{
    Event, Level, PermissionOutcome, PermissionRequest, RequestId, RuleScope, ToolOutcome,
    ToolStatus,
};
use crate::tool::Invocation;

/// How often the file of an open question is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// What stands at a path, as far as one look tells; none where nothing does.
type Seen = Option<(u64, u64, i64, i64, i64)>;

struct Open {
    request: PermissionRequest,
    answer: oneshot::Receiver<Answer>,
    /// The file, when it was looked at last.
    seen: Option<Seen>,
    /// Why the call fits its file no more: then nothing can allow it.
    conflict: Option<String>,
}

enum Woken {
    Answer(Answer),
    Disk,
}

/// Asks, until there is an answer to what is asked by then, or the turn ends.
pub(super) async fn ask(
    agent: &Agent,
    mut case: Case,
    cancel: &CancellationToken,
) -> Result<Decided> {
    let mut open = Open::new(agent, &case);
    open.announce(agent).await?;
    let mut late = None;
    loop {
        let woken = match late.take() {
            Some(answer) => Woken::Answer(answer),
            None => open.wait(case.invocation.basis(), cancel).await,
        };
        let why = match woken {
            Woken::Disk => {
                let (back, fit) = other::fit(agent, case).await?;
                case = back;
                let why = match fit {
                    Fit::Same if open.conflict.take().is_none() => continue,
                    Fit::Same => format!("{} is again what it was", case.call.title),
                    Fit::Changed(why) => {
                        open.conflict = None;
                        why
                    }
                    Fit::Conflict(why) if open.conflict.as_ref() == Some(&why) => continue,
                    Fit::Conflict(why) => {
                        open.conflict = Some(why.clone());
                        why
                    }
                };
                // An answer that crossed with it was for what was shown before.
                late = open.answer.try_recv().ok().map(|answer| match answer {
                    Answer::Given(outcome) if outcome.allows() => Answer::Stale,
                    answer => answer,
                });
                why
            }
            Woken::Answer(Answer::Stale) => {
                open.stale(agent, &case).await?;
                continue;
            }
            Woken::Answer(Answer::Unseen(rules)) => {
                keep::unseen(agent, &case.call, &open.request, &rules)
            }
            Woken::Answer(Answer::Given(PermissionOutcome::Change { changed })) => {
                let done = match &open.conflict {
                    Some(conflict) => Err(conflict.clone()),
                    None => other::change(agent, &case, &changed).await,
                };
                match done {
                    Ok(new) => {
                        case = new;
                        if let Verdict::Deny(why) = &case.judged.verdict {
                            let (refused, why) = (forbidden(&case, why), why.clone());
                            let outcome = PermissionOutcome::Change { changed };
                            open.resolve(agent, outcome).await?;
                            return Ok(Decided::new(case, Some(refused), By::Policy, why));
                        }
                        "you changed it".to_owned()
                    }
                    Err(why) => format!("your change cannot be made: {why}"),
                }
            }
            Woken::Answer(Answer::Given(outcome)) => {
                let left = match (&outcome, &open.conflict) {
                    (PermissionOutcome::AllowPart { part }, None) => {
                        let (back, left) = other::narrow(case, part).await?;
                        case = back;
                        left
                    }
                    _ => Ok(Left::All),
                };
                match left {
                    Ok(left) => return settle(agent, case, open, outcome, left).await,
                    Err(why) => format!("this part cannot be allowed: {why}"),
                }
            }
        };
        if let Verdict::Deny(why) = &case.judged.verdict {
            let (refused, why) = (forbidden(&case, why), why.clone());
            open.resolve(agent, PermissionOutcome::Cancelled).await?;
            return Ok(Decided::new(case, Some(refused), By::Policy, why));
        }
        open.renew(agent, &case, why).await?;
    }
}

/// What comes of the answer.
async fn settle(
    agent: &Agent,
    case: Case,
    open: Open,
    outcome: PermissionOutcome,
    left: Left,
) -> Result<Decided> {
    let kept = match (&outcome, &open.conflict) {
        (PermissionOutcome::Always { rules, scope }, None) => {
            keep::keep(agent, &case, &open.request, rules, *scope).await
        }
        _ => Ok(Vec::new()),
    };
    let (request, conflict) = (open.request.clone(), open.conflict.clone());
    open.resolve(agent, outcome.clone()).await?;
    let mut why = case.why().cloned().unwrap_or_default();
    let mode = case.judged.mode;
    if let Some(now) = forbidden_since(agent, &case.call, mode).filter(|_| outcome.allows()) {
        let text = format!("The mode was changed while it was asked: {}.", now.reason);
        return Ok(Decided::new(case, Some(denied(text)), By::Policy, now));
    }
    if let Some(conflict) = conflict.filter(|_| outcome.allows()) {
        let text = format!(
            "Nothing was written: {conflict}. Read the file again, and make the call anew if it \
             is still wanted."
        );
        return Ok(Decided::new(case, Some(denied(text)), By::Nobody, why));
    }
    let told = match &kept {
        Ok(notices) => notices.iter().map(|text| (Level::Info, text.clone())).collect(),
        Err(refusal) => vec![(Level::Warning, format!("Nothing ran: {refusal}."))],
    };
    for (level, text) in told {
        agent.journal.record(Event::Notice { level, text }).await?;
    }
    if let Err(refusal) = kept {
        let text = format!(
            "This call did not run: the rule that the user wanted to keep with it cannot be kept \
             ({refusal}). They have been told."
        );
        return Ok(Decided::new(case, Some(denied(text)), By::User, why));
    }
    if let Some(how) = how(&outcome, &case, &left) {
        why.reason = format!("{}; {how}", why.reason);
    }
    let (mut refused, mut part): (_, Option<Box<dyn Invocation>>) = (None, None);
    let mut by = By::User;
    match outcome {
        PermissionOutcome::AllowOnce | PermissionOutcome::Always { .. } => {}
        PermissionOutcome::AllowSession => {
            if let Some(rule) = &why.offer {
                let mut policy = agent.policy.write().unwrap_or_else(PoisonError::into_inner);
                // The rule was made by the policy itself; one that it cannot read grants nothing.
                let _ = policy.grant(rule);
            }
        }
        PermissionOutcome::AllowPart { .. } => match left {
            Left::Part(invocation) => part = Some(invocation),
            Left::Nothing(text) => refused = Some(denied(text)),
            Left::All => refused = Some(denied("The answer could not be carried out.".to_owned())),
        },
        PermissionOutcome::Change { .. } => {
            refused = Some(denied("The answer could not be carried out.".to_owned()));
        }
        PermissionOutcome::Deny { message: Some(words) } => {
            refused = Some(denied(format!("The user denied this call and says: {words}")));
        }
        PermissionOutcome::Deny { message: None } => {
            let text = "The user denied this call. It did not run. Go on without it, or ask what \
                        they want.";
            refused = Some(denied(text.to_owned()));
        }
        PermissionOutcome::Cancelled => {
            let text = "The user stopped the turn. This call did not run.";
            refused = Some(ToolOutcome::new(ToolStatus::Cancelled, text).into());
            by = By::Nobody;
        }
    }
    Ok(Decided { case, refused, by, why, asked: Some(request), part })
}

/// How the user allowed it, for the audit log; none where as it was asked.
fn how(outcome: &PermissionOutcome, case: &Case, left: &Left) -> Option<String> {
    let mut how = Vec::new();
    if case.judged.edited {
        how.push("the user changed the call".to_owned());
    }
    match (outcome, left) {
        (PermissionOutcome::AllowPart { part }, _) if !part.left_out.is_empty() => {
            let lines: HashSet<_> = part.left_out.iter().collect();
            how.push(format!("the user left {} lines of it out", lines.len()));
        }
        (PermissionOutcome::Always { rules, scope }, _) if !rules.is_empty() => {
            let whose = match scope {
                RuleScope::Session => "this session",
                RuleScope::Project => "this project",
                RuleScope::User => "the user",
            };
            how.push(format!("from now on {} holds for {whose}", rules.join(", ")));
        }
        _ => {}
    }
    (!how.is_empty()).then(|| how.join("; "))
}

impl Open {
    fn new(agent: &Agent, case: &Case) -> Self {
        let why = case.why().cloned().unwrap_or_default();
        let request = question(&case.call, &why, &case.judged);
        let answer = agent.approvals.open(&request, case.invocation.text());
        Self { request, answer, seen: None, conflict: None }
    }

    async fn announce(&self, agent: &Agent) -> Result<()> {
        agent.journal.record(Event::PermissionRequested { request: self.request.clone() }).await
    }

    /// Until there is an answer, or the file is another than when it was looked at last.
    async fn wait(&mut self, basis: Option<&Path>, cancel: &CancellationToken) -> Woken {
        let gone = Answer::Given(PermissionOutcome::Cancelled);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Woken::Answer(gone),
                answer = &mut self.answer => return Woken::Answer(answer.unwrap_or(gone)),
                () = tokio::time::sleep(LOOK), if basis.is_some() => {}
            }
            let Some(path) = basis else { continue };
            let now = look(path).await;
            if self.seen != Some(now) {
                self.seen = Some(now);
                return Woken::Disk;
            }
        }
    }

    /// The answer was to something else than what is asked: the same question is put anew.
    async fn stale(&mut self, agent: &Agent, case: &Case) -> Result<()> {
        let (request, outcome) = (self.request.id.clone(), PermissionOutcome::Cancelled);
        agent.approvals.close(&request);
        agent.journal.record(Event::PermissionResolved { request, outcome }).await?;
        let text = "The answer was for something else than what is asked, so nothing ran. Look at \
                    the question again, and answer it.";
        let (level, text) = (Level::Warning, text.to_owned());
        agent.journal.record(Event::Notice { level, text }).await?;
        self.request.id = RequestId::fresh();
        self.answer = agent.approvals.open(&self.request, self.text(case));
        self.announce(agent).await
    }

    /// The question asks what `case` is by now, under its old name.
    async fn renew(&mut self, agent: &Agent, case: &Case, why: String) -> Result<()> {
        let id = self.request.id.clone();
        let old = case.why().cloned().unwrap_or_default();
        let reason = match &self.conflict {
            Some(conflict) => format!("{conflict}; nothing can be written by it"),
            None => old.reason.clone(),
        };
        let shown = Why { reason, ..old };
        self.request = PermissionRequest { id, ..question(&case.call, &shown, &case.judged) };
        self.request.hash = hash(&case.call, &self.request);
        self.answer = agent.approvals.open(&self.request, self.text(case));
        let (request, call) = (self.request.clone(), Some(case.call.clone()));
        agent.journal.record(Event::PermissionRenewed { request, call, why }).await
    }

    /// What the user can make another text of.
    fn text(&self, case: &Case) -> Option<Arc<str>> {
        self.conflict.is_none().then(|| case.invocation.text()).flatten()
    }

    async fn resolve(self, agent: &Agent, outcome: PermissionOutcome) -> Result<()> {
        agent.approvals.close(&self.request.id);
        let resolved = Event::PermissionResolved { request: self.request.id, outcome };
        agent.journal.record(resolved).await
    }
}

async fn look(path: &Path) -> Seen {
    let found = tokio::fs::symlink_metadata(path).await.ok()?;
    Some((found.ino(), found.size(), found.mtime(), found.mtime_nsec(), found.ctime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_of_the_same_length_is_another_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        assert_eq!(look(&path).await, None);
        std::fs::write(&path, "a").unwrap();
        let one = look(&path).await;
        std::fs::write(dir.path().join("g"), "b").unwrap();
        std::fs::rename(dir.path().join("g"), &path).unwrap();
        assert!(one.is_some() && look(&path).await != one);
    }
}

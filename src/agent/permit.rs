//! May it run? The policy's verdict, what the sandbox makes of it, and the question to the user.

mod asked;
mod keep;
mod other;
mod question;

use std::sync::{Arc, PoisonError};

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::agent::call::Prepared;
use crate::agent::permit::question::{by, covered, hash, question};
use crate::agent::witness::Witness;
use crate::audit::By;
use crate::exec::Sandbox;
use crate::exec::sandbox::State;
use crate::policy::{Finding, Verdict, Why};
use crate::protocol::{
    Access, Covered, Event, Mode, PermissionOutcome, PermissionRequest, SandboxState, ToolCall,
    ToolOutcome, ToolStatus,
};
use crate::tool::Invocation;

mod typed;

pub use keep::try_rules;
pub(super) use typed::typed;

/// What holds a command back while it runs.
pub(super) struct Held {
    state: State,
    /// The model wants it outside.
    out: bool,
}

impl Held {
    /// What will hold this call back; waits for the self-test where it runs a command.
    pub(super) async fn of(agent: &Agent, call: &ToolCall, invocation: &dyn Invocation) -> Self {
        let state = if script(call).is_some() {
            agent.sandbox.state(&agent.audit).await
        } else {
            State::Off
        };
        Self { state, out: invocation.outside_sandbox() }
    }

    /// The sandbox that it runs in.
    pub(super) fn sandbox(&self) -> Option<Arc<Sandbox>> {
        match &self.state {
            State::Confined(sandbox) if !self.out => Some(sandbox.clone()),
            _ => None,
        }
    }

    fn shown(&self, call: &ToolCall) -> Option<SandboxState> {
        script(call)?;
        let leaves = self.out && matches!(self.state, State::Confined(_));
        Some(if leaves { SandboxState::Outside } else { self.state.shown() })
    }

    /// A question as it would be put for `call` now.
    fn again(&self, call: &ToolCall, asked: &PermissionRequest) -> PermissionRequest {
        let (cwd, sandbox) = (script(call).map(|script| script.cwd.clone()), self.shown(call));
        PermissionRequest { cwd, sandbox, ..asked.clone() }
    }
}

fn script(call: &ToolCall) -> Option<&crate::protocol::Script> {
    call.access.iter().find_map(|access| match access {
        Access::Shell { script } => Some(script),
        _ => None,
    })
}

/// What the policy says.
pub(super) struct Judged {
    verdict: Verdict,
    mode: Mode,
    parts: Vec<Finding>,
    covers: Option<Covered>,
    held: Option<SandboxState>,
    /// A rule may be kept for it.
    offers: bool,
    /// The user made it of another call.
    edited: bool,
}

/// A call that is judged: what is shown, what would run, and what holds meanwhile.
pub(super) struct Case {
    pub(super) call: Arc<ToolCall>,
    pub(super) invocation: Box<dyn Invocation>,
    pub(super) held: Held,
    pub(super) witness: Witness,
    judged: Judged,
    /// Its file is not what the model has seen.
    pub(super) unseen: bool,
}

impl Case {
    async fn of(agent: &Agent, prepared: Prepared, edited: bool, open: bool) -> Self {
        let Prepared { call, invocation, .. } = prepared;
        let held = Held::of(agent, &call, &*invocation).await;
        let (witness, judged) = judge(agent, &call, &held, edited, open);
        Self { call, invocation, held, witness, judged, unseen: false }
    }

    /// Why it is asked; none where it is not.
    fn why(&self) -> Option<&Why> {
        match &self.judged.verdict {
            Verdict::Ask(why) => Some(why),
            Verdict::Allow(_) | Verdict::Deny(_) => None,
        }
    }

    /// What the model is told before the result, where it is not the call that it made.
    pub(super) fn said(&self) -> Option<String> {
        other::said(&self.call, self.judged.edited, self.unseen)
    }
}

/// Judges a call by the rules and by what will hold it back. A question that is `open` stays one.
fn judge(
    agent: &Agent,
    call: &ToolCall,
    held: &Held,
    edited: bool,
    open: bool,
) -> (Witness, Judged) {
    let mode = agent.journal.look(|state| state.mode);
    let policy = agent.policy.read().unwrap_or_else(PoisonError::into_inner);
    let witness = Witness::new(call, mode, &policy);
    let mut verdict = beneath(policy.decide(mode, &call.access), held, mode);
    // Where something else than the rules makes it a question, no rule answers it.
    let by_rules = match &held.state {
        State::Off => true,
        State::Confined(_) => !held.out,
        State::Unavailable(_) => false,
    };
    let offers = by_rules && !agent.kept.is_closed();
    verdict = match verdict {
        Verdict::Allow(why) if open => Verdict::Ask(Why { offer: None, ..why }),
        Verdict::Ask(why) => Verdict::Ask(Why { offer: why.offer.filter(|_| offers), ..why }),
        verdict => verdict,
    };
    let (mut parts, mut covers) = (Vec::new(), None);
    if let Verdict::Ask(why) = &verdict {
        parts.extend(call.access.iter().flat_map(|access| policy.explain(mode, access)));
        covers = why.offer.as_deref().map(|rule| covered(agent, call, &policy, rule));
    }
    (witness, Judged { verdict, mode, parts, covers, held: held.shown(call), offers, edited })
}

/// A command that was to run confined and will not be is asked each time, whatever allows it.
fn beneath(verdict: Verdict, held: &Held, mode: Mode) -> Verdict {
    let (reason, risky) = match &held.state {
        State::Unavailable(problem) => (format!("the sandbox is not available: {problem}"), false),
        State::Confined(_) if held.out => ("it would run OUTSIDE the sandbox".to_owned(), true),
        State::Off | State::Confined(_) => return verdict,
    };
    match verdict {
        Verdict::Allow(_) if mode == Mode::DontAsk => {
            let reason = format!("{reason}; in this mode nobody is asked");
            Verdict::Deny(Why { reason, ..Why::default() })
        }
        Verdict::Allow(why) => {
            let risky = risky || why.risky;
            Verdict::Ask(Why { reason, risky, ..Why::default() })
        }
        Verdict::Ask(why) => {
            let reason = if risky { format!("{reason}; {}", why.reason) } else { why.reason };
            Verdict::Ask(Why { reason, offer: None, risky: risky || why.risky, ..why })
        }
        Verdict::Deny(why) => Verdict::Deny(why),
    }
}

/// What was decided, and by whom.
pub(super) struct Decided {
    pub(super) case: Case,
    /// The result of a call that may not run.
    pub(super) refused: Option<Arc<ToolOutcome>>,
    pub(super) by: By,
    pub(super) why: Why,
    /// The question that was answered with yes.
    pub(super) asked: Option<PermissionRequest>,
    /// What the user left of the call; none where all of it.
    pub(super) part: Option<Box<dyn Invocation>>,
}

impl Decided {
    fn new(case: Case, refused: Option<Arc<ToolOutcome>>, by: By, why: Why) -> Self {
        Self { case, refused, by, why, asked: None, part: None }
    }
}

/// Asks the user where the policy says so.
pub(super) async fn permitted(
    agent: &Agent,
    prepared: Prepared,
    cancel: &CancellationToken,
) -> Result<Decided> {
    let case = Case::of(agent, prepared, false, false).await;
    let why = match &case.judged.verdict {
        Verdict::Allow(why) => {
            let why = why.clone();
            return Ok(Decided::new(case, None, By::Policy, why));
        }
        Verdict::Deny(why) => {
            let (refused, why) = (forbidden(&case, why), why.clone());
            return Ok(Decided::new(case, Some(refused), By::Policy, why));
        }
        Verdict::Ask(why) => why.clone(),
    };
    if agent.limits.unattended {
        let request = question(&case.call, &why, &case.judged);
        let text = format!(
            "This needs the user's permission, and nobody can be asked in this run: {}.",
            request.reason
        );
        let outcome = PermissionOutcome::Deny { message: Some(text.clone()) };
        let resolved = Event::PermissionResolved { request: request.id.clone(), outcome };
        agent.journal.record(Event::PermissionRequested { request }).await?;
        agent.journal.record(resolved).await?;
        return Ok(Decided::new(case, Some(denied(text)), By::Nobody, why));
    }
    asked::ask(agent, case, cancel).await
}

/// The result of a call that the policy denies.
fn forbidden(case: &Case, why: &Why) -> Arc<ToolOutcome> {
    let said = by(why, case.judged.mode);
    let text = format!("Denied by the user's policy: {said}. Do not try it another way.");
    if case.judged.edited {
        return denied(format!("The user changed this call to `{}`. {text}", case.call.title));
    }
    denied(text)
}

/// Why another mode than the one it was asked in forbids it; none where it does not.
fn forbidden_since(agent: &Agent, call: &ToolCall, asked: Mode) -> Option<Why> {
    let mode = agent.journal.look(|state| state.mode);
    let policy = agent.policy.read().unwrap_or_else(PoisonError::into_inner);
    match policy.decide(mode, &call.access) {
        Verdict::Deny(why) if mode != asked => Some(why),
        _ => None,
    }
}

/// The result of a call that is not any more what was judged, or what the user was asked for.
pub(super) fn changed(
    judged: &ToolCall,
    now: &ToolCall,
    asked: Option<&PermissionRequest>,
    held: &Held,
) -> Option<Arc<ToolOutcome>> {
    let agreed = |asked: &PermissionRequest| asked.hash == hash(now, &held.again(now, asked));
    if judged == now && asked.is_none_or(agreed) {
        return None;
    }
    let text = "This call did not run: it is not what was judged and shown any more. Call it \
                again, so that it is judged anew.";
    Some(Arc::new(ToolOutcome::new(ToolStatus::Failed, text)))
}

/// The result of a call of which the user's part is more than a part.
pub(super) fn widened(shown: &ToolCall, part: &ToolCall) -> Option<Arc<ToolOutcome>> {
    let same = ToolCall { preview: shown.preview.clone(), ..part.clone() } == *shown;
    (!same).then(|| {
        let text = "This call did not run: its part is not a part of what was shown.";
        Arc::new(ToolOutcome::new(ToolStatus::Failed, text))
    })
}

fn denied(text: String) -> Arc<ToolOutcome> {
    Arc::new(ToolOutcome {
        summary: "denied".to_owned(),
        ..ToolOutcome::new(ToolStatus::Denied, text)
    })
}

#[cfg(test)]
mod tests;

//! May it run? The policy's verdict, what the sandbox makes of it, and the question to the user.

use std::sync::{Arc, PoisonError};

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::agent::approvals::Answer;
use crate::agent::witness::Witness;
use crate::audit::By;
use crate::base::{cap, digest, text};
use crate::exec::Sandbox;
use crate::exec::sandbox::State;
use crate::policy::{Finding, Policy, Verdict, Why};
use crate::protocol::{
    Access, Covered, Decision, Event, Level, Mode, Part, PermissionOutcome, PermissionRequest,
    RequestId, SandboxState, ToolCall, ToolOutcome, ToolStatus,
};
use crate::tool::Invocation;

mod typed;

pub(super) use typed::typed;

/// Most parts of a question, and most paths of a part.
const MOST: (usize, usize) = (32, 12);
/// Most bytes of a part's text, of its reason, and of a path.
const LONGEST: usize = 400;
/// Earlier calls that a rule is tried on, and the bytes of their commands together.
const EARLIER: (usize, usize) = (200, 128 << 10);
/// Cells of an example.
const EXAMPLE: usize = 60;

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
}

/// Judges a call by the rules and by what will hold it back.
pub(super) fn judge(agent: &Agent, call: &ToolCall, held: &Held) -> (Witness, Judged) {
    let mode = agent.journal.look(|state| state.mode);
    let policy = agent.policy.read().unwrap_or_else(PoisonError::into_inner);
    let witness = Witness::new(call, mode, &policy);
    let verdict = beneath(policy.decide(mode, &call.access), held, mode);
    let (mut parts, mut covers) = (Vec::new(), None);
    if let Verdict::Ask(why) = &verdict {
        parts.extend(call.access.iter().flat_map(|access| policy.explain(mode, access)));
        covers = why.offer.as_deref().map(|rule| covered(agent, call, &policy, rule));
    }
    (witness, Judged { verdict, mode, parts, covers, held: held.shown(call) })
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
    /// The result of a call that may not run.
    pub(super) refused: Option<Arc<ToolOutcome>>,
    pub(super) by: By,
    pub(super) why: Why,
    /// The question that was answered with yes.
    pub(super) asked: Option<PermissionRequest>,
}

/// Asks the user where the policy says so.
pub(super) async fn permitted(
    agent: &Agent,
    call: &ToolCall,
    judged: Judged,
    cancel: &CancellationToken,
) -> Result<Decided> {
    let mode = judged.mode;
    let why = match &judged.verdict {
        Verdict::Allow(why) => {
            return Ok(Decided { refused: None, by: By::Policy, why: why.clone(), asked: None });
        }
        Verdict::Deny(why) => {
            let said = by(why, mode);
            let text = format!("Denied by the user's policy: {said}. Do not try it another way.");
            let (refused, why) = (Some(denied(text)), why.clone());
            return Ok(Decided { refused, by: By::Policy, why, asked: None });
        }
        Verdict::Ask(why) => why.clone(),
    };
    let request = question(call, &why, judged);
    if agent.limits.unattended {
        let text = format!(
            "This needs the user's permission, and nobody can be asked in this run: {}.",
            request.reason
        );
        let outcome = PermissionOutcome::Deny { message: Some(text.clone()) };
        let resolved = Event::PermissionResolved { request: request.id.clone(), outcome };
        agent.journal.record(Event::PermissionRequested { request }).await?;
        agent.journal.record(resolved).await?;
        return Ok(Decided { refused: Some(denied(text)), by: By::Nobody, why, asked: None });
    }
    let (request, outcome) = answered(agent, request, cancel).await?;
    if let Some(why) = forbidden_since(agent, call, mode).filter(|_| outcome.allows()) {
        let text = format!("The mode was changed while it was asked: {}.", why.reason);
        return Ok(Decided { refused: Some(denied(text)), by: By::Policy, why, asked: None });
    }
    let (refused, by) = match outcome {
        PermissionOutcome::AllowOnce => (None, By::User),
        PermissionOutcome::AllowSession => {
            if let Some(rule) = &why.offer {
                let mut policy = agent.policy.write().unwrap_or_else(PoisonError::into_inner);
                // The rule was made by the policy itself; one that it cannot read grants nothing.
                let _ = policy.grant(rule);
            }
            (None, By::User)
        }
        PermissionOutcome::Always { .. }
        | PermissionOutcome::AllowPart { .. }
        | PermissionOutcome::Change { .. } => {
            (Some(denied("The answer could not be carried out.".to_owned())), By::Nobody)
        }
        PermissionOutcome::Deny { message: Some(words) } => {
            (Some(denied(format!("The user denied this call and says: {words}"))), By::User)
        }
        PermissionOutcome::Deny { message: None } => {
            let text = "The user denied this call. It did not run. Go on without it, or ask what \
                        they want.";
            (Some(denied(text.to_owned())), By::User)
        }
        PermissionOutcome::Cancelled => {
            let text = "The user stopped the turn. This call did not run.";
            (Some(Arc::new(ToolOutcome::new(ToolStatus::Cancelled, text))), By::Nobody)
        }
    };
    Ok(Decided { refused, by, why, asked: Some(request) })
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

/// Records the question and waits for the first answer, or for the end of the turn. An answer to
/// something else than what is asked brings the same question anew.
async fn answered(
    agent: &Agent,
    mut request: PermissionRequest,
    cancel: &CancellationToken,
) -> Result<(PermissionRequest, PermissionOutcome)> {
    loop {
        let id = request.id.clone();
        let answer = agent.approvals.open(&request);
        agent.journal.record(Event::PermissionRequested { request: request.clone() }).await?;
        let answer = tokio::select! {
            biased;
            () = cancel.cancelled() => Answer::Given(PermissionOutcome::Cancelled),
            answer = answer => answer.unwrap_or(Answer::Given(PermissionOutcome::Cancelled)),
        };
        agent.approvals.close(&id);
        if let Answer::Given(outcome) = answer {
            let resolved = Event::PermissionResolved { request: id, outcome: outcome.clone() };
            agent.journal.record(resolved).await?;
            return Ok((request, outcome));
        }
        let outcome = PermissionOutcome::Cancelled;
        agent.journal.record(Event::PermissionResolved { request: id, outcome }).await?;
        let text = "The answer was for something else than what is asked, so nothing ran. Look at \
                    the question again, and answer it.";
        let (level, text) = (Level::Warning, text.to_owned());
        agent.journal.record(Event::Notice { level, text }).await?;
        request.id = RequestId::fresh();
    }
}

fn question(call: &ToolCall, why: &Why, judged: Judged) -> PermissionRequest {
    let Judged { mode, parts: findings, covers, held, .. } = judged;
    let mut parts: Vec<_> = findings.into_iter().map(part).collect();
    parts.sort_by_key(|part| part.decision == Decision::Allow);
    let more = parts.len().saturating_sub(MOST.0);
    parts.truncate(MOST.0);
    let mut request = PermissionRequest {
        rule: why.offer.clone(),
        covers,
        risky: why.risky,
        parts,
        more,
        cwd: script(call).map(|script| script.cwd.clone()),
        sandbox: held,
        ..PermissionRequest::new(RequestId::fresh(), call.id.clone(), by(why, mode))
    };
    request.hash = hash(call, &request);
    request
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

/// The hash of what a question shows and of what runs where it is allowed.
fn hash(call: &ToolCall, request: &PermissionRequest) -> String {
    let PermissionRequest { reason, rule, risky, parts, more, cwd, sandbox, .. } = request;
    let ToolCall { id: _, name, input, verb, title, kind: _, access, preview } = call;
    let runs = (name, input, verb, title, access, preview);
    let shown = (reason, rule, risky, parts, more, cwd, sandbox);
    // A path that is no text cannot be spelled out, so it cannot be allowed: no hash is no match.
    serde_json::to_vec(&(runs, shown)).map_or_else(|_| String::new(), |all| digest::sha256(&all))
}

fn part(finding: Finding) -> Part {
    let Finding { atom, verdict, reads, writes, .. } = finding;
    let (decision, why) = match verdict {
        Verdict::Allow(why) => (Decision::Allow, why),
        Verdict::Ask(why) => (Decision::Ask, why),
        Verdict::Deny(why) => (Decision::Deny, why),
    };
    let unlisted = reads.len().saturating_sub(MOST.1) + writes.len().saturating_sub(MOST.1);
    let few = |paths: Vec<String>| paths.iter().take(MOST.1).map(|path| short(path)).collect();
    Part {
        text: short(&atom),
        decision,
        reason: short(&why.reason),
        rule: why.rule.as_deref().map(short),
        source: why.source.as_deref().map(short),
        reads: few(reads),
        writes: few(writes),
        unlisted,
        always: None,
    }
}

/// A text, or its beginning and how much is missing.
fn short(text: &str) -> String {
    let end = cap::floor(text, LONGEST);
    match text.len() - end {
        0 => text.to_owned(),
        cut => format!("{} [… {cut} more bytes]", &text[..end]),
    }
}

/// What else in this session the rule would have let run without a question.
fn covered(agent: &Agent, call: &ToolCall, policy: &Policy, rule: &str) -> Covered {
    let earlier: Vec<_> = agent.journal.look(|state| {
        let ended = state.calls().rev().filter(|entry| entry.outcome.is_some());
        ended.take(EARLIER.0).map(|entry| entry.call.clone()).collect()
    });
    let mut room = EARLIER.1;
    let earlier =
        earlier.into_iter().filter(|earlier| earlier.id != call.id).take_while(|earlier| {
            let size = script(earlier).map_or(0, |script| script.command.len());
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        });
    let matching: Vec<_> = {
        let earlier: Vec<_> = earlier.collect();
        let which = policy.covered(rule, earlier.iter().map(|call| call.access.as_slice()));
        which.into_iter().filter_map(|at| earlier.get(at).cloned()).collect()
    };
    let mut examples: Vec<String> = Vec::new();
    for call in &matching {
        let example = text::truncate(&call.title, EXAMPLE);
        if examples.len() < 3 && !examples.contains(&example) {
            examples.push(example);
        }
    }
    Covered { count: matching.len(), examples }
}

fn denied(text: String) -> Arc<ToolOutcome> {
    Arc::new(ToolOutcome {
        summary: "denied".to_owned(),
        ..ToolOutcome::new(ToolStatus::Denied, text)
    })
}

/// The reason with the rule that decided and where it stands, else with what else decided.
fn by(why: &Why, mode: Mode) -> String {
    let reason = &why.reason;
    match (why.rule.as_deref(), why.source.as_deref()) {
        (Some(rule), Some("session")) => format!("{reason}: {rule}, of this session"),
        (Some(rule), Some(source)) => format!("{reason}: {rule}, from {source}"),
        (Some(rule), None) => format!("{reason}: {rule}"),
        (None, Some("default")) => format!("{reason} ({})", mode.name()),
        (None, Some(source)) => format!("{reason} ({source})"),
        (None, None) => reason.clone(),
    }
}

#[cfg(test)]
mod tests;

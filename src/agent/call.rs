//! One call: prepared, judged, run, recorded.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::agent::witness::Witness;
use crate::audit::By;
use crate::base::{cap, clock, redact};
use crate::exec::sandbox::State;
use crate::policy::{Verdict, Why};
use crate::protocol::{
    Access, Author, Event, FileChange, Mode, PermissionOutcome, PermissionRequest, RequestId,
    ToolCall, ToolKind, ToolOutcome, ToolStatus, ToolUse,
};
use crate::tool::{Context, Invocation, Output, Progress, Start, ToolError};

/// Most bytes of a result that go to the model, whatever its tool allows itself.
const MAX_RESULT: usize = 400 << 10;

/// How often the tail of a running call is shown.
const PROGRESS: Duration = Duration::from_millis(50);

/// How long a cancelled call has to end by itself.
const GRACE: Duration = Duration::from_secs(2);

/// A call that is ready: what is shown, and what will run. They belong together.
pub(super) struct Prepared {
    /// What is shown and judged.
    pub(super) call: Arc<ToolCall>,
    invocation: Box<dyn Invocation>,
}

/// Checks what the model asks for and works out what it will do.
///
/// # Errors
///
/// The result that tells the model what is wrong with it.
pub(super) async fn prepare(agent: &Agent, asked: &ToolUse) -> Result<Prepared, Arc<ToolOutcome>> {
    let failed = |text: String| Arc::new(ToolOutcome::new(ToolStatus::Failed, text));
    let Some(tool) = agent.registry.get(&asked.name).cloned() else {
        let known: Vec<_> = agent.tools.iter().map(|spec| spec.name.as_str()).collect();
        let known = known.join(", ");
        return Err(failed(format!("There is no tool \"{}\". There are: {known}.", asked.name)));
    };
    if let serde_json::Value::String(raw) = &asked.input {
        let shown = cap::head_tail(raw, 200, 100).text;
        let text = format!("The input is no JSON object; was it cut off? It began: {shown}");
        return Err(failed(text));
    }
    let (workspace, input) = (agent.workspace.clone(), asked.input.clone());
    let prepared = tokio::task::spawn_blocking(move || tool.prepare(input, &workspace)).await;
    let invocation = match prepared {
        Ok(Ok(invocation)) => invocation,
        Ok(Err(error)) => return Err(failed(error.to_string())),
        Err(_) => return Err(failed("The tool crashed on this input. Try another.".into())),
    };
    let call = Arc::new(ToolCall {
        id: asked.id.clone(),
        name: asked.name.clone(),
        input: asked.input.clone(),
        verb: invocation.verb().to_owned(),
        title: invocation.title(),
        kind: invocation.kind(),
        access: invocation.access(),
        preview: invocation.preview(),
    });
    Ok(Prepared { call, invocation })
}

/// Records a call that is not run, with the result that says why.
pub(super) async fn refuse(
    agent: &Agent,
    asked: &ToolUse,
    outcome: Arc<ToolOutcome>,
) -> Result<()> {
    let call = Arc::new(ToolCall {
        id: asked.id.clone(),
        name: asked.name.clone(),
        input: asked.input.clone(),
        verb: asked.name.clone(),
        title: String::new(),
        kind: ToolKind::Other,
        access: Vec::new(),
        preview: None,
    });
    agent.journal.record(Event::ToolCallStarted { call }).await?;
    finish(agent, asked.id.clone(), outcome, Vec::new()).await
}

/// Judges a prepared call, runs it where it may run, and records what came of it.
pub(super) async fn run(
    agent: &Agent,
    prepared: Prepared,
    cancel: &CancellationToken,
) -> Result<()> {
    let Prepared { call, invocation } = prepared;
    agent.journal.record(Event::ToolCallStarted { call: call.clone() }).await?;
    let commands = call.access.iter().any(|access| matches!(access, Access::Shell { .. }));
    let confined = if commands { agent.sandbox.state().await } else { State::Off };
    let mode = agent.journal.look(|state| state.mode);
    let (witness, verdict) = {
        let policy = agent.policy.read().unwrap_or_else(PoisonError::into_inner);
        (Witness::new(&call, mode, &policy), policy.decide(mode, &call.access))
    };
    let verdict = beneath(verdict, &confined);
    let Decided { refused, by, why } = permitted(agent, &call, (verdict, mode), cancel).await?;
    let written = witness.decided(agent, &call, refused.is_none(), by, &why).await;
    let start = match (refused, written) {
        (Some(outcome), _) => Err(outcome),
        (None, Err(error)) => Err(unwritten(&error)),
        (None, Ok(())) => {
            let sandbox = match confined {
                State::Confined(sandbox) => Some(sandbox),
                State::Off | State::Unavailable(_) => None,
            };
            witness.starts(agent, &call, sandbox).await.map_err(|error| unwritten(&error))
        }
    };
    let start = match start {
        Ok(start) => start,
        Err(outcome) => return finish(agent, call.id.clone(), outcome, Vec::new()).await,
    };
    before(agent, &call).await;
    let since = clock::instant();
    let ended = watched(agent, &call, invocation, start, cancel).await?;
    let took = since.elapsed();
    let (mut outcome, changes) = match ended {
        Ok(output) => finished(output),
        Err(ToolError::Cancelled(text)) => {
            (ToolOutcome::new(ToolStatus::Cancelled, text), Vec::new())
        }
        Err(error) => (ToolOutcome::new(ToolStatus::Failed, error.to_string()), Vec::new()),
    };
    outcome.took = took;
    outcome.text =
        cap::head_tail(&redact::values(&outcome.text), MAX_RESULT / 2, MAX_RESULT / 2).text;
    after(agent, &call);
    finish(agent, call.id.clone(), Arc::new(outcome), changes).await
}

fn finished(output: Output) -> (ToolOutcome, Vec<FileChange>) {
    let status = if output.failed { ToolStatus::Failed } else { ToolStatus::Done };
    let Output { text, image, summary, changes, failed: _ } = output;
    (ToolOutcome { status, text, image, summary, took: Duration::ZERO }, changes)
}

async fn finish(
    agent: &Agent,
    call: crate::protocol::CallId,
    outcome: Arc<ToolOutcome>,
    changes: Vec<FileChange>,
) -> Result<()> {
    agent.journal.record(Event::ToolCallFinished { call, outcome, changes }).await
}

/// What was decided, and by whom.
struct Decided {
    /// The result of a call that may not run.
    refused: Option<Arc<ToolOutcome>>,
    by: By,
    why: Why,
}

/// Asks the user where the policy says so.
async fn permitted(
    agent: &Agent,
    call: &ToolCall,
    (verdict, mode): (Verdict, Mode),
    cancel: &CancellationToken,
) -> Result<Decided> {
    let why = match verdict {
        Verdict::Allow(why) => return Ok(Decided { refused: None, by: By::Policy, why }),
        Verdict::Deny(why) => {
            let text = format!(
                "Denied by the user's policy: {}. Do not try it another way.",
                by(&why, mode)
            );
            return Ok(Decided { refused: Some(denied(text)), by: By::Policy, why });
        }
        Verdict::Ask(why) if agent.limits.unattended => {
            let text = format!(
                "This needs the user's permission, and nobody can be asked in this run: {}.",
                by(&why, mode)
            );
            let outcome = PermissionOutcome::Deny { message: Some(text.clone()) };
            let request = question(call, &why, mode);
            let resolved = Event::PermissionResolved { request: request.id.clone(), outcome };
            agent.journal.record(Event::PermissionRequested { request }).await?;
            agent.journal.record(resolved).await?;
            return Ok(Decided { refused: Some(denied(text)), by: By::Nobody, why });
        }
        Verdict::Ask(why) => why,
    };
    let outcome = answered(agent, question(call, &why, mode), cancel).await?;
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
    Ok(Decided { refused, by, why })
}

/// What is not written down does not happen.
fn unwritten(error: &anyhow::Error) -> Arc<ToolOutcome> {
    let text = format!(
        "This call did not run: what runs has to be written into the audit log first, and that \
         failed: {error:#}. No call can run until the user has put it right: tell them."
    );
    Arc::new(ToolOutcome::new(ToolStatus::Failed, text))
}

/// A command that was to run confined and cannot be is asked each time, whatever allows it.
fn beneath(verdict: Verdict, confined: &State) -> Verdict {
    let State::Unavailable(problem) = confined else { return verdict };
    match verdict {
        Verdict::Allow(why) => Verdict::Ask(Why {
            reason: format!("the sandbox is not available: {problem}"),
            risky: why.risky,
            ..Why::default()
        }),
        Verdict::Ask(why) => Verdict::Ask(Why { offer: None, ..why }),
        Verdict::Deny(why) => Verdict::Deny(why),
    }
}

fn question(call: &ToolCall, why: &Why, mode: Mode) -> PermissionRequest {
    PermissionRequest {
        id: RequestId::fresh(),
        call: call.id.clone(),
        reason: by(why, mode),
        rule: why.offer.clone(),
        risky: why.risky,
    }
}

/// Records the question and waits for the first answer, or for the end of the turn.
async fn answered(
    agent: &Agent,
    request: PermissionRequest,
    cancel: &CancellationToken,
) -> Result<PermissionOutcome> {
    let id = request.id.clone();
    let answer = agent.approvals.open(id.clone());
    agent.journal.record(Event::PermissionRequested { request }).await?;
    let outcome = tokio::select! {
        biased;
        () = cancel.cancelled() => PermissionOutcome::Cancelled,
        answer = answer => answer.unwrap_or(PermissionOutcome::Cancelled),
    };
    agent.approvals.close(&id);
    let resolved = Event::PermissionResolved { request: id, outcome: outcome.clone() };
    agent.journal.record(resolved).await?;
    Ok(outcome)
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

/// Runs the invocation on its own task, so that one that crashes is an error, and shows its tail.
async fn watched(
    agent: &Agent,
    call: &ToolCall,
    invocation: Box<dyn Invocation>,
    start: Option<Start>,
    cancel: &CancellationToken,
) -> Result<Result<Output, ToolError>> {
    let (progress, mut tail) = watch::channel(Progress::default());
    let cx = Context {
        workspace: agent.workspace.clone(),
        cancel: cancel.clone(),
        progress,
        spill: agent.spill.clone(),
        start,
    };
    let mut running = tokio::spawn(invocation.run(cx));
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut running => break ended,
            () = gone(cancel) => {
                running.abort();
                break Ok(Err(ToolError::Cancelled("The call was stopped.".to_owned())));
            }
            Progress { tail, bytes } = due(&mut tail) => {
                let (call, tail) = (call.id.clone(), redact::values(&tail).into_owned());
                agent.journal.record(Event::ToolCallProgress { call, tail, bytes }).await?;
            }
        }
    };
    Ok(ended.unwrap_or_else(|_| Err(ToolError::Failed("The tool crashed.".to_owned()))))
}

/// What was printed since it was shown last; not more often than every [`PROGRESS`].
async fn due(tail: &mut watch::Receiver<Progress>) -> Progress {
    if tail.changed().await.is_err() {
        // The call prints no more: its end is awaited elsewhere.
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(PROGRESS).await;
    tail.borrow_and_update().clone()
}

/// Cancelled, and the time to end by itself is over.
async fn gone(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(GRACE).await;
}

/// What is about to be changed has to be known as it was.
async fn before(agent: &Agent, call: &ToolCall) {
    let Some(tracker) = &agent.tracker else { return };
    for access in &call.access {
        match access {
            Access::Write { path } => {
                let (tracker, path) = (tracker.clone(), path.real.clone());
                // A file that cannot be read now has no other content to compare with.
                let _ = tokio::task::spawn_blocking(move || tracker.note(&path)).await;
            }
            Access::Shell { .. } => {
                tracker.ready().await;
                tracker.command_running(true);
            }
            _ => {}
        }
    }
}

/// Who changed it.
fn after(agent: &Agent, call: &ToolCall) {
    let Some(tracker) = &agent.tracker else { return };
    for access in &call.access {
        match access {
            Access::Write { path } => {
                let stamp = agent.workspace.ledger.known(&path.real);
                tracker.expect(&path.real, stamp, Author::Agent);
            }
            Access::Shell { .. } => tracker.command_running(false),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_sentence() {
        let table = [
            // rule                    source                    sentence
            (
                Some("Bash(git push:*)"),
                Some("~/.claw.toml:14"),
                "R: Bash(git push:*), from ~/.claw.toml:14",
            ),
            (Some("Edit(./a)"), Some("session"), "R: Edit(./a), of this session"),
            (None, Some("built-in table"), "R (built-in table)"),
            (None, Some("plan mode"), "R (plan mode)"),
            (None, Some("default"), "R (default mode)"),
            (None, None, "R"),
        ];
        for (rule, source, sentence) in table {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            let (rule, source) = (owned(rule), owned(source));
            let why = Why { reason: "R".to_owned(), rule, source, ..Why::default() };
            assert_eq!(by(&why, Mode::Default), sentence);
        }
    }
}

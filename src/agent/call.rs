//! One call: prepared, judged, run, recorded.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::agent::keep;
use crate::agent::permit::{Case, Decided, changed, permitted, typed, widened};
use crate::agent::prompt::discover;
use crate::agent::witness::Unlisted;
use crate::base::{cap, clock, redact};
use crate::protocol::{
    Access, Author, Event, FileChange, ToolCall, ToolKind, ToolOutcome, ToolStatus, ToolUse,
};
use crate::tool::{Context, Invocation, Output, Progress, Start, ToolError};

/// Most bytes of a result that go to the model, whatever its tool allows itself.
const MAX_RESULT: usize = 400 << 10;

/// In place of a tool's verb where the user called it.
const YOU: &str = "You";

/// How often the tail of a running call is shown.
const PROGRESS: Duration = Duration::from_millis(50);

/// How long a cancelled call has to end by itself.
const GRACE: Duration = Duration::from_secs(2);

/// A call that is ready: what is shown, and what will run. They belong together.
pub(super) struct Prepared {
    /// What is shown and judged.
    pub(super) call: Arc<ToolCall>,
    pub(super) invocation: Box<dyn Invocation>,
    /// The user typed it.
    typed: bool,
}

impl Prepared {
    /// A call of the model's.
    pub(super) fn new(call: Arc<ToolCall>, invocation: Box<dyn Invocation>) -> Self {
        Self { call, invocation, typed: false }
    }

    /// The same, typed by the user: marked so, and not asked.
    pub(super) fn typed(self) -> Self {
        let call = Arc::new(ToolCall { verb: YOU.to_owned(), ..(*self.call).clone() });
        Self { call, typed: true, ..self }
    }
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
    let call = Arc::new(shown(asked, &*invocation));
    Ok(Prepared::new(call, invocation))
}

/// What an invocation says of itself.
pub(super) fn shown(asked: &ToolUse, invocation: &dyn Invocation) -> ToolCall {
    ToolCall {
        id: asked.id.clone(),
        name: asked.name.clone(),
        input: asked.input.clone(),
        verb: invocation.verb().to_owned(),
        title: invocation.title(),
        kind: invocation.kind(),
        access: invocation.access(),
        preview: invocation.preview(),
    }
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
    let by_user = prepared.typed;
    let running = agent.running.begin(&prepared.call.id, cancel);
    let started = Event::ToolCallStarted { call: prepared.call.clone() };
    agent.journal.record(started).await?;
    let decided = if by_user {
        typed(agent, prepared).await
    } else {
        permitted(agent, prepared, &running.cancel).await?
    };
    let Decided { case, refused, by, why, asked, part } = decided;
    // Stopped by itself, not with its turn.
    let alone = || running.cancel.is_cancelled() && !cancel.is_cancelled();
    let said = case.said();
    let Case { call, invocation, held, witness, unseen, .. } = case;
    // What was shown is what runs: it is looked at once more, just before it starts.
    let (id, name, input) = (call.id.clone(), call.name.clone(), call.input.clone());
    let asked_for = ToolUse { id, name, input };
    let mut now = shown(&asked_for, &*invocation);
    if by_user {
        YOU.clone_into(&mut now.verb);
    }
    let refused = refused.map(|outcome| if alone() { stopped_before() } else { outcome });
    let refused = refused.or_else(|| changed(&call, &now, asked.as_ref(), &held));
    let (refused, invocation) = match part {
        Some(part) => (refused.or_else(|| widened(&now, &shown(&asked_for, &*part))), part),
        None => (refused, invocation),
    };
    let written = witness.decided(agent, &call, refused.is_none(), by, &why).await;
    let start = match (refused, written) {
        (Some(outcome), _) => Err(outcome),
        (None, Err(error)) => Err(unwritten(&error)),
        (None, Ok(())) => {
            let started = witness.starts(agent, &call, held.sandbox()).await;
            started.map_err(|error| not_started(&error))
        }
    };
    let start = match start {
        Ok(start) => start,
        Err(outcome) => return finish(agent, call.id.clone(), outcome, Vec::new()).await,
    };
    // What may change something is known before it does, also where the power fails in the midst.
    if !call.access.iter().all(|access| matches!(access, Access::Read { .. }))
        && let Err(error) = agent.journal.sync().await
    {
        return finish(agent, call.id.clone(), unsynced(&error), Vec::new()).await;
    }
    before(agent, &call, by_user).await;
    // What the user's own line changes is theirs: a rewind leaves it alone.
    let shot = if by_user { None } else { keep::before(agent, &call, &*invocation).await? };
    let since = clock::instant();
    let ended = watched(agent, &call, invocation, start, &running.cancel).await?;
    let took = since.elapsed();
    keep::after(agent, &call, shot).await?;
    let plan = ended.as_ref().ok().and_then(|output| output.plan.clone());
    let (mut outcome, changes) = match ended {
        Ok(output) => finished(output),
        Err(ToolError::Cancelled(text)) => {
            let summary = "stopped".to_owned();
            let outcome = ToolOutcome::new(ToolStatus::Cancelled, text);
            (ToolOutcome { summary, ..outcome }, Vec::new())
        }
        Err(error) => (ToolOutcome::new(ToolStatus::Failed, error.to_string()), Vec::new()),
    };
    if let Some(said) = said {
        outcome.text.insert_str(0, &said);
    }
    if outcome.status == ToolStatus::Cancelled && alone() {
        outcome.text.push_str("\n[the user stopped this call alone: go on without it, or ask]");
    }
    outcome.took = took;
    outcome.text =
        cap::head_tail(&redact::values(&outcome.text), MAX_RESULT / 2, MAX_RESULT / 2).text;
    after(agent, &call, by_user);
    if unseen {
        forget(agent, &call);
    }
    if !by_user {
        discover(agent, &call).await?;
    }
    if let Some(steps) = plan {
        agent.journal.record(Event::PlanChanged { steps }).await?;
    }
    finish(agent, call.id.clone(), Arc::new(outcome), changes).await
}

fn finished(output: Output) -> (ToolOutcome, Vec<FileChange>) {
    let status = if output.failed { ToolStatus::Failed } else { ToolStatus::Done };
    let Output { text, image, summary, changes, .. } = output;
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

/// The result of a call that was stopped while it waited for the user.
fn stopped_before() -> Arc<ToolOutcome> {
    let text = "The user stopped this call before it ran. Go on without it, or ask.";
    Arc::new(ToolOutcome {
        summary: "stopped".to_owned(),
        ..ToolOutcome::new(ToolStatus::Cancelled, text)
    })
}

/// What is not written down does not happen.
fn unwritten(error: &anyhow::Error) -> Arc<ToolOutcome> {
    let text = format!(
        "This call did not run: what runs has to be written into the audit log first, and that \
         failed: {error:#}. No call can run until the user has put it right: tell them."
    );
    Arc::new(ToolOutcome::new(ToolStatus::Failed, text))
}

/// What is not on the disk does not happen.
fn unsynced(error: &anyhow::Error) -> Arc<ToolOutcome> {
    let text = format!("This call did not run, as it could not be kept: {error:#}. Tell the user.");
    Arc::new(ToolOutcome::new(ToolStatus::Failed, text))
}

/// What could not be written down, or git whose programs are not known.
fn not_started(error: &anyhow::Error) -> Arc<ToolOutcome> {
    let Some(Unlisted(problem)) = error.downcast_ref() else { return unwritten(error) };
    let text = format!(
        "This call did not run: it asks git, and git's settings have to be listed first, so that \
         git runs nothing that a repository chose. That failed: {problem}. Call git in a directory \
         that is there, and with settings that it can read; if they cannot be, tell the user."
    );
    Arc::new(ToolOutcome::new(ToolStatus::Failed, text))
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
                let printed = tail.borrow().tail.clone();
                let text = format!("{printed}\n[stopped by the user]").trim_start().to_owned();
                break Ok(Err(ToolError::Cancelled(text)));
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
async fn before(agent: &Agent, call: &ToolCall, by_user: bool) {
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
                // What the user's own line changes, the user changed.
                if !by_user {
                    tracker.command_running(true);
                }
            }
            _ => {}
        }
    }
}

/// The model has not seen all of what it wrote into.
fn forget(agent: &Agent, call: &ToolCall) {
    for access in &call.access {
        if let Access::Write { path } = access {
            agent.workspace.ledger.forget(&path.real);
        }
    }
}

/// Who changed it.
fn after(agent: &Agent, call: &ToolCall, by_user: bool) {
    let Some(tracker) = &agent.tracker else { return };
    for access in &call.access {
        match access {
            Access::Write { path } => {
                let stamp = agent.workspace.ledger.known(&path.real);
                tracker.expect(&path.real, stamp, Author::Agent);
            }
            Access::Shell { .. } if !by_user => tracker.command_running(false),
            _ => {}
        }
    }
}

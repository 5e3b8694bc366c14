//! A turn is a straight line with waits in it: ask, run, ask again.

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::agent::ask::{Reply, ask};
use crate::agent::budget;
use crate::agent::compact::make_room;
use crate::agent::context::is_cut;
use crate::agent::execute::execute;
use crate::protocol::{Content, Event, Level, StopReason, TurnId, Usage};
use crate::session::{Entry, cited};

/// How often an answer that was cut off at the output limit goes on by itself.
const CONTINUED: u32 = 3;

/// Runs one turn to its end. Every `TurnStarted` is followed by exactly one `TurnFinished`.
///
/// # Errors
///
/// Where the log takes no more; the turn is closed all the same.
pub async fn run_turn(
    agent: &Agent,
    turn: TurnId,
    prompt: Vec<Content>,
    cancel: &CancellationToken,
) -> Result<StopReason> {
    let prompt = agent.journal.look(|state| cited(state, prompt));
    let started = agent.journal.record(Event::TurnStarted { turn: turn.clone(), prompt }).await;
    let stop = match started {
        Ok(()) => rounds(agent, cancel).await,
        Err(error) => Err(error),
    };
    let (stop, lost) = match stop {
        Ok(stop) => (stop, None),
        Err(error) => (StopReason::Failed { error: format!("{error:#}") }, Some(error)),
    };
    let usage = agent.journal.look(|state| used_since_prompt(&state.entries));
    let finished = Event::TurnFinished { turn, stop: stop.clone(), usage };
    // Before its end is told: who hears of that can begin the next one at once.
    let synced = agent.journal.sync().await;
    agent.journal.record(finished).await?;
    lost.map_or(synced.map(|()| stop), Err)
}

async fn rounds(agent: &Agent, cancel: &CancellationToken) -> Result<StopReason> {
    let (mut requests, mut cut) = (0, 0);
    loop {
        if agent.limits.requests.is_some_and(|most| requests >= most) {
            return Ok(StopReason::TurnLimit);
        }
        if !budget::allows(agent, cancel).await? {
            return Ok(StopReason::Budget);
        }
        requests += 1;
        take_steering(agent).await?;
        make_room(agent, cancel).await?;
        if cancel.is_cancelled() {
            return Ok(StopReason::Cancelled);
        }
        let message = match ask(agent, requests == 1, cancel).await? {
            Reply::Whole(message) => message,
            Reply::None(stop) => return Ok(stop),
        };
        budget::warn(agent, &message).await?;
        let uses: Vec<_> = message.tool_uses().cloned().collect();
        let goes_on = execute(agent, &uses, cancel).await?;
        if cancel.is_cancelled() {
            return Ok(StopReason::Cancelled);
        }
        if !goes_on {
            return Ok(StopReason::Repeated);
        }
        let steered = agent.inbox.list().iter().any(|item| item.steer);
        cut = if is_cut(&message) && !steered { cut + 1 } else { 0 };
        if (1..=CONTINUED).contains(&cut) {
            let text = format!(
                "The answer was cut off at the model's output limit: it goes on ({cut} of \
                 {CONTINUED})."
            );
            agent.journal.record(Event::Notice { level: Level::Info, text }).await?;
            continue;
        }
        if uses.is_empty() && !steered {
            return Ok(message.stop.clone());
        }
    }
}

/// What the user said meanwhile goes in before the next request.
async fn take_steering(agent: &Agent) -> Result<()> {
    let steering = agent.inbox.take_steering();
    if steering.is_empty() {
        return Ok(());
    }
    for item in steering {
        let content = agent.journal.look(|state| cited(state, item.content));
        agent.journal.record(Event::Steered { content }).await?;
    }
    agent.journal.record(Event::QueueChanged { queue: agent.inbox.list() }).await
}

fn used_since_prompt(entries: &[Entry]) -> Usage {
    let mut used = Usage::default();
    for entry in entries.iter().rev() {
        if matches!(entry, Entry::Prompt { steer: false, .. }) {
            break;
        }
        if let Some((_, usage)) = entry.used() {
            used.add(usage);
        }
    }
    used
}

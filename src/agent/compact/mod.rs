//! A session that outgrows its model's window: old results are sent as a line, then the older part
//! as a summary. Nothing of it leaves the log.

mod constraint;
mod cut;
mod micro;
mod summary;
mod told;
mod transcript;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::agent::compact::cut::{Cut, Uncut, cut};
use crate::agent::compact::micro::{Short, micro};
use crate::agent::compact::summary::Summary;
use crate::agent::compact::told::told;
use crate::agent::{Agent, size};
use crate::protocol::{Compaction, Event, Level, ModelId, Trigger};
use crate::provider::{Catalogue, Model};
use crate::session::{Entry, State};

/// When a session is compacted by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    /// Is it at all?
    pub auto: bool,
    /// At which share of the tokens that a prompt may have, from 0.1 to 1.
    pub at: f64,
}

impl Default for Room {
    fn default() -> Self {
        Self { auto: true, at: 0.8 }
    }
}

/// A compaction that the user asked for.
#[derive(Debug)]
pub struct Wish {
    /// What matters to them in the summary; none: nothing in particular.
    pub instructions: Option<String>,
}

/// What the user asked for while a turn ran: carried out before the next request.
#[derive(Debug, Default)]
pub struct Wanted(Mutex<Option<Wish>>);

impl Wanted {
    /// Asks for it; the last wish counts.
    pub fn ask(&self, wish: Wish) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(wish);
    }

    /// Takes what was asked for.
    pub fn take(&self) -> Option<Wish> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Makes room for the next request where that is wanted or needed.
pub(super) async fn make_room(agent: &Agent, cancel: &CancellationToken) -> Result<()> {
    if let Some(Wish { instructions }) = agent.wanted.take() {
        compact(agent, Trigger::Asked, instructions.as_deref(), cancel).await?;
        return Ok(());
    }
    if !agent.room.auto {
        return Ok(());
    }
    let Some(fixed) = fixed(agent).await else { return Ok(()) };
    let usable = size::usable(&model(agent));
    let most = (usable as f64 * agent.room.at) as u64;
    let before = agent.journal.look(|state| size::now(state, fixed));
    if before <= most {
        return Ok(());
    }
    // Shortening costs the provider's cache: so it is done seldom, and frees a lot.
    let wanted = before.saturating_sub(most / 3 * 2);
    if let Some(Short { calls, freed }) = agent.journal.look(|state| micro(state, wanted)) {
        return agent.journal.record(Event::Shortened { calls, freed }).await;
    }
    compact(agent, Trigger::Full, None, cancel).await.map(|_| ())
}

/// Sends a summary in place of the older part from now on. False where that was not done: it frees
/// too little, or the user stopped it.
///
/// # Errors
///
/// Where the log takes no more.
pub async fn compact(
    agent: &Agent,
    why: Trigger,
    instructions: Option<&str>,
    cancel: &CancellationToken,
) -> Result<bool> {
    let Some(fixed) = fixed(agent).await else { return Ok(false) };
    let usable = size::usable(&model(agent));
    let planned = agent.journal.look(|state| cut(state, fixed, usable, why));
    let cut = match planned {
        Ok(cut) => cut,
        Err(uncut) => return not_done(agent, uncut, why).await.map(|()| false),
    };
    agent.journal.record(Event::Compacting { why: Some(why) }).await?;
    let made = summed_up(agent, &cut, why, instructions, cancel).await;
    let (done, told) = match made {
        Ok(Some(compaction)) => {
            let compaction = Arc::new(compaction);
            (true, agent.journal.record(Event::Compacted { compaction }).await)
        }
        Ok(None) => {
            let text = "The compaction was stopped: the session is as it was.".to_owned();
            (false, agent.journal.record(Event::Notice { level: Level::Info, text }).await)
        }
        Err(error) => (false, Err(error)),
    };
    agent.journal.record(Event::Compacting { why: None }).await?;
    told.map(|()| done)
}

/// The compaction; none where the user stopped it.
async fn summed_up(
    agent: &Agent,
    cut: &Cut,
    why: Trigger,
    instructions: Option<&str>,
    cancel: &CancellationToken,
) -> Result<Option<Compaction>> {
    let (model, summary) = match summary::ask(agent, cut, instructions, cancel).await? {
        Summary::Written(model, summary) => (Some(model), summary),
        Summary::None(why) => {
            let text = format!(
                "No model wrote the summary ({}): claw made one from the log.",
                why.trim_end_matches('.')
            );
            agent.journal.record(Event::Notice { level: Level::Warning, text }).await?;
            (None, agent.journal.look(|state| transcript::extract(state, cut)))
        }
        Summary::Cancelled => return Ok(None),
    };
    Ok(Some(agent.journal.look(|state| made(state, cut, why, model, &summary))))
}

/// The compaction of a session that is cut so. Pure: the same summary gives the same.
fn made(
    state: &State,
    cut: &Cut,
    why: Trigger,
    model: Option<ModelId>,
    summary: &str,
) -> Compaction {
    let text = told(state, cut, summary, model.as_ref());
    let after = cut.stays + size::text(&text) + 8;
    // What the user ran meanwhile came behind the cut and stays.
    let since = state.entries[cut.from..].iter();
    let said = since.filter(|it| matches!(it, Entry::Prompt { .. } | Entry::Message { .. }));
    let kept = said.count();
    Compaction { why, text, model, kept, before: cut.before, after }
}

/// Says why nothing was done, and what can be; once a turn where nobody asked for it.
async fn not_done(agent: &Agent, uncut: Uncut, why: Trigger) -> Result<()> {
    // The turn ends with that.
    if why == Trigger::TooLong {
        return Ok(());
    }
    let (size, stays) = match uncut {
        Uncut::Little(before, stays) => (before, stays),
        Uncut::Again(before) => (before, before),
    };
    let text = if why == Trigger::Asked {
        format!(
            "There is too little to compact: of {} tokens, {} would stay.",
            thousand(size),
            thousand(stays)
        )
    } else {
        format!(
            "The model's window is nearly full ({} tokens) and compacting would free too little. \
             Ask a model with a larger window (/model), go back to an earlier turn (/rewind), or \
             begin a new session.",
            thousand(size)
        )
    };
    let said = |state: &State| {
        let turn = state.entries.iter().rev();
        let mut turn = turn.take_while(|it| !matches!(it, Entry::Prompt { steer: false, .. }));
        turn.any(|it| matches!(it, Entry::Notice { text, .. } if text.starts_with("The model's window is nearly full")))
    };
    if why != Trigger::Asked && agent.journal.look(said) {
        return Ok(());
    }
    agent.journal.record(Event::Notice { level: Level::Warning, text }).await
}

/// A number of tokens, in thousands.
fn thousand(tokens: u64) -> String {
    if tokens < 1_000 { tokens.to_string() } else { format!("{}k", tokens / 1_000) }
}

/// What stands before everything that was said; none while the instructions cannot be made.
async fn fixed(agent: &Agent) -> Option<u64> {
    let instructions = agent.system.clone().await.ok()?;
    let system = agent.journal.look(|state| instructions.text(&state.chosen));
    Some(size::fixed(&system, &agent.tools))
}

fn model(agent: &Agent) -> Arc<Model> {
    Catalogue::current().lookup(&agent.journal.look(|state| state.asked().0.clone()))
}

#[cfg(test)]
pub(super) mod tests;

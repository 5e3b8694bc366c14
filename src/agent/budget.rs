//! What a session may use: warned when most of it is gone, asked before more is used.

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::protocol::{Event, Level, Message, ModelId, Spent, Usage};
use crate::provider::Catalogue;
use crate::session::{Entry, State};

/// The share of the budget at which the user is warned.
const NEARLY: f64 = 0.8;

/// Waits until the next request may begin; false where it may not: nobody raised the budget.
pub(super) async fn allows(agent: &Agent, cancel: &CancellationToken) -> Result<bool> {
    if agent.journal.look(|state| state.budget.is_none()) {
        return Ok(true);
    }
    unpriced(agent).await?;
    loop {
        let (budget, spent, asked) =
            agent.journal.look(|state| (state.budget, spent(state), state.over.is_some()));
        if budget.share(&spent) < 1.0 {
            return Ok(true);
        }
        if !asked {
            agent.journal.record(Event::BudgetReached { spent, budget }).await?;
        }
        if agent.limits.unattended {
            return Ok(false);
        }
        if !asked {
            let text = format!(
                "The budget of this session is used up ({}). The turn waits: /budget raises it, \
                 or stop the turn.",
                budget.words(&spent)
            );
            agent.journal.record(Event::Notice { level: Level::Warning, text }).await?;
        }
        tokio::select! {
            biased;
            () = cancel.cancelled() => return Ok(false),
            () = agent.budgeted.notified() => {}
        }
    }
}

/// May another request begin, without waiting for anybody?
pub(super) fn is_left(agent: &Agent) -> bool {
    agent.journal.look(|state| state.budget.share(&spent(state)) < 1.0)
}

/// Warns where this message, the last one, took the session over most of its budget.
pub(super) async fn warn(agent: &Agent, message: &Message) -> Result<()> {
    let budget = agent.journal.look(|state| state.budget);
    if budget.is_none() {
        return Ok(());
    }
    let now = agent.journal.look(spent);
    let before = Spent {
        usd: now.usd - cost(&message.model, &message.usage).unwrap_or(0.0),
        tokens: now.tokens.saturating_sub(tokens(&message.usage)),
        ..now
    };
    let share = budget.share(&now);
    if budget.share(&before) >= NEARLY || share < NEARLY {
        return Ok(());
    }
    let words = budget.words(&now);
    let text = if share < 1.0 {
        format!("{:.0} % of this session's budget is used: {words}.", (share * 100.0).floor())
    } else {
        format!("The budget of this session is used up ({words}): no further request begins.")
    };
    agent.journal.record(Event::Notice { level: Level::Warning, text }).await
}

/// Says once that a model has no known price: no sum of dollars holds it.
async fn unpriced(agent: &Agent) -> Result<()> {
    let (model, budget) = agent.journal.look(|state| (state.asked().clone(), state.budget));
    if budget.usd.is_none() || Catalogue::current().lookup(&model.0).price.is_some() {
        return Ok(());
    }
    let holds = match budget.tokens {
        Some(_) => "Only the budget of tokens holds it",
        None => "Set a budget of tokens to limit it",
    };
    let text = format!(
        "The price of {model} is not known: what it costs does not count against the budget in \
         dollars. {holds}."
    );
    let said = |state: &State| {
        state
            .entries
            .iter()
            .any(|entry| matches!(entry, Entry::Notice { text: t, .. } if *t == text))
    };
    if agent.journal.look(said) {
        return Ok(());
    }
    agent.journal.record(Event::Notice { level: Level::Warning, text }).await
}

/// What all requests of a session used. Costs are added, not usages: some prices depend on the
/// length of a single prompt.
fn spent(state: &State) -> Spent {
    let mut spent = Spent::default();
    for entry in &state.entries {
        let Some((model, usage)) = entry.used() else { continue };
        spent.tokens = spent.tokens.saturating_add(tokens(usage));
        match cost(model, usage) {
            Some(usd) => spent.usd += usd,
            None => spent.unpriced = true,
        }
    }
    spent
}

fn tokens(usage: &Usage) -> u64 {
    usage.prompt().saturating_add(usage.output)
}

fn cost(model: &ModelId, usage: &Usage) -> Option<f64> {
    Catalogue::current().lookup(&model.0).cost(usage)
}

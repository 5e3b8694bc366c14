//! What a session may use: warned when most of it is gone, asked before more is used.

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::protocol::{Event, Level, Message, Spent, Usage};
use crate::provider::offers::price;
use crate::session::{Entry, Spending, State, Sum};

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

/// Warns where this message, the last one, took the session over most of its budget. That all of
/// it is gone is said where something waits for that.
pub(super) async fn warn(agent: &Agent, message: &Message) -> Result<()> {
    let budget = agent.journal.look(|state| state.budget);
    if budget.is_none() {
        return Ok(());
    }
    let now = agent.journal.look(spent);
    let mut last = Sum::default();
    last.add(message, price);
    let last = last.spent();
    let before =
        Spent { usd: now.usd - last.usd, tokens: now.tokens.saturating_sub(last.tokens), ..now };
    let share = budget.share(&now);
    if budget.share(&before) >= NEARLY || !(NEARLY..1.0).contains(&share) {
        return Ok(());
    }
    let (percent, words) = ((share * 100.0).floor(), budget.words(&now));
    let text = format!("{percent:.0} % of this session's budget is used: {words}.");
    agent.journal.record(Event::Notice { level: Level::Warning, text }).await
}

/// Says once that a model has no known price: no sum of dollars holds it.
async fn unpriced(agent: &Agent) -> Result<()> {
    let (model, budget) = agent.journal.look(|state| (state.asked().clone(), state.budget));
    if budget.usd.is_none() || price(&model, &Usage::default()).is_some() {
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

fn spent(state: &State) -> Spent {
    Spending::of_session(state, price).total().spent()
}

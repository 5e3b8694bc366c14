//! The calls of one reply: reading ones side by side, all others in their order.

use std::sync::Arc;

use anyhow::Result;
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::agent::call::{Prepared, prepare, refuse, run};
use crate::agent::repeat::{Circle, circle, told};
use crate::protocol::{Access, ToolOutcome, ToolStatus, ToolUse};

/// Runs the calls; each has exactly one result when this returns, cancelled or not. False where the
/// model goes round in a circle and the turn has to end.
pub(super) async fn execute(
    agent: &Agent,
    uses: &[ToolUse],
    cancel: &CancellationToken,
) -> Result<bool> {
    let mut reading: Vec<Prepared> = Vec::new();
    let mut goes_on = true;
    for asked in uses {
        if cancel.is_cancelled() || !goes_on {
            run_all(agent, &mut reading, cancel).await?;
            refuse(agent, asked, not_run(goes_on)).await?;
            continue;
        }
        if !reading.is_empty() && may_repeat(agent, &reading, asked) {
            // Only what has a result can be compared.
            run_all(agent, &mut reading, cancel).await?;
        }
        let circle = agent.journal.look(|state| circle(state, asked));
        if circle != Circle::No {
            goes_on = circle == Circle::Tell;
            refuse(agent, asked, told()).await?;
            continue;
        }
        match prepare(agent, asked).await {
            Ok(prepared) if only_reads(&prepared) => reading.push(prepared),
            Ok(prepared) => {
                run_all(agent, &mut reading, cancel).await?;
                // What was read meanwhile changed nothing, so what was prepared still holds.
                run(agent, prepared, cancel).await?;
            }
            Err(outcome) => {
                run_all(agent, &mut reading, cancel).await?;
                refuse(agent, asked, outcome).await?;
            }
        }
    }
    run_all(agent, &mut reading, cancel).await?;
    Ok(goes_on)
}

/// Is it like a call that waits to be read, or like those before them?
fn may_repeat(agent: &Agent, reading: &[Prepared], asked: &ToolUse) -> bool {
    let waits = |it: &Prepared| it.call.name == asked.name && it.call.input == asked.input;
    reading.iter().any(waits) || agent.journal.look(|state| circle(state, asked)) != Circle::No
}

async fn run_all(
    agent: &Agent,
    reading: &mut Vec<Prepared>,
    cancel: &CancellationToken,
) -> Result<()> {
    let running = reading.drain(..).map(|prepared| run(agent, prepared, cancel));
    join_all(running).await.into_iter().collect()
}

fn only_reads(prepared: &Prepared) -> bool {
    prepared.call.access.iter().all(|access| matches!(access, Access::Read { .. }))
}

fn not_run(stopped: bool) -> Arc<ToolOutcome> {
    let text = if stopped {
        "The user stopped the turn before this call was run."
    } else {
        "The turn ended before this call was run."
    };
    Arc::new(ToolOutcome::new(ToolStatus::Cancelled, text))
}

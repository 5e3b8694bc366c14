//! The calls of one reply: reading ones side by side, all others in their order.

use std::sync::Arc;

use anyhow::Result;
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::agent::call::{Prepared, prepare, refuse, run};
use crate::protocol::{Access, ToolOutcome, ToolStatus, ToolUse};

/// Runs the calls; each has exactly one result when this returns, cancelled or not.
pub(super) async fn execute(
    agent: &Agent,
    uses: &[ToolUse],
    cancel: &CancellationToken,
) -> Result<()> {
    let mut reading: Vec<Prepared> = Vec::new();
    for asked in uses {
        if cancel.is_cancelled() {
            run_all(agent, &mut reading, cancel).await?;
            refuse(agent, asked, not_run()).await?;
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
    run_all(agent, &mut reading, cancel).await
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

fn not_run() -> Arc<ToolOutcome> {
    let text = "The user stopped the turn before this call was run.";
    Arc::new(ToolOutcome::new(ToolStatus::Cancelled, text))
}

//! The user's own command lines: beside the turn, each on a task of its own.

use std::sync::Arc;

use anyhow::{Result, bail};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, run_line};
use crate::protocol::{Event, Level};

/// Lines that run side by side, at most.
const MOST: usize = 16;

/// The lines that run.
#[derive(Debug, Default)]
pub(super) struct Lines {
    tasks: JoinSet<()>,
    cancel: CancellationToken,
}

impl Lines {
    /// Starts one.
    pub(super) fn start(&mut self, agent: &Arc<Agent>, command: String) -> Result<()> {
        while self.tasks.try_join_next().is_some() {}
        if self.tasks.len() >= MOST {
            bail!("running `{command}`: {MOST} lines of yours run already; stop one of them first");
        }
        let (agent, cancel) = (agent.clone(), self.cancel.clone());
        self.tasks.spawn(async move {
            if let Err(error) = run_line(&agent, &command, &cancel).await {
                let (level, text) = (Level::Error, format!("{error:#}"));
                // The notice itself goes to the screen even where the log takes no more.
                let _ = agent.journal.record(Event::Notice { level, text }).await;
            }
        });
        Ok(())
    }

    /// Stops all of them, and waits until each has its result.
    pub(super) async fn end(&mut self) {
        self.cancel.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

//! One task a session: ops in, turns strictly one after the other.

use std::sync::Arc;

use anyhow::Result;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, Wish, compact, find_title, run_turn, try_rules};
use crate::engine::changes::Desk;
use crate::engine::context;
use crate::engine::modes::Modes;
use crate::engine::rewind::{self, at_rest};
use crate::engine::shell::Lines;
use crate::protocol::{
    Baseline, Content, Event, Level, Mode, Op, QueueItem, StopReason, Trigger, TurnId, Usage,
};

/// A session's task.
pub(super) struct Actor {
    agent: Arc<Agent>,
    ops: mpsc::Receiver<Op>,
    closing: bool,
    desk: Desk,
    lines: Lines,
    modes: Modes,
}

impl Actor {
    pub(super) fn new(agent: Arc<Agent>, ops: mpsc::Receiver<Op>, modes: Modes) -> Self {
        let desk = Desk::new(agent.clone());
        Self { agent, ops, closing: false, desk, lines: Lines::default(), modes }
    }

    /// Until the session is closed or nobody holds its queue.
    pub(super) async fn run(mut self) {
        while !self.closing {
            let Some(op) = self.ops.recv().await else { break };
            let kept = match op {
                Op::Prompt { content } | Op::Steer { content } => self.turns(content).await,
                Op::Compact { instructions } => self.compacted(instructions).await,
                op => self.idle(op).await,
            };
            self.told(kept).await;
        }
        self.lines.end().await;
        let Self { agent, desk, .. } = self;
        desk.end().await;
        let kept = agent.journal.close().await;
        told(&agent, kept).await;
    }

    /// A turn, and the turns that were queued behind it.
    async fn turns(&mut self, prompt: Vec<Content>) -> Result<()> {
        let mut next = Some(prompt);
        while let Some(prompt) = next.take() {
            let stop = self.turn(prompt).await?;
            if let Some(Wish { instructions }) = self.agent.wanted.take() {
                self.compact(instructions).await?;
            }
            if !self.closing && stop == StopReason::EndTurn {
                find_title(&self.agent);
            }
            // After a stop the queue waits for the user: what was stopped is not started anew.
            if self.closing || stop != StopReason::EndTurn {
                break;
            }
            if let Some(item) = self.agent.inbox.next() {
                self.queue_changed().await?;
                next = Some(item.content);
            }
        }
        Ok(())
    }

    /// One turn on a task of its own, while ops go on being taken.
    async fn turn(&mut self, prompt: Vec<Content>) -> Result<StopReason> {
        let (turn, cancel) = (TurnId::fresh(), CancellationToken::new());
        if let Some(tracker) = &self.agent.tracker {
            tracker.mark(Baseline::LastTurn);
        }
        let (agent, name, token) = (self.agent.clone(), turn.clone(), cancel.clone());
        let running = tokio::spawn(async move { run_turn(&agent, name, prompt, &token).await });
        match self.beside(running, &cancel).await {
            Ok(stop) => stop,
            Err(crash) => self.crashed(turn, &crash.to_string()).await,
        }
    }

    /// A compaction between turns, and the turns that were queued behind it.
    async fn compacted(&mut self, instructions: Option<String>) -> Result<()> {
        // What waits since a turn was stopped waits on.
        let waited = !self.agent.inbox.list().is_empty();
        self.compact(instructions).await?;
        if waited || self.closing {
            return Ok(());
        }
        let Some(item) = self.agent.inbox.next() else { return Ok(()) };
        self.queue_changed().await?;
        self.turns(item.content).await
    }

    /// A compaction on a task of its own, while ops go on being taken.
    async fn compact(&mut self, instructions: Option<String>) -> Result<()> {
        let cancel = CancellationToken::new();
        let (agent, token) = (self.agent.clone(), cancel.clone());
        let running = tokio::spawn(async move {
            compact(&agent, Trigger::Asked, instructions.as_deref(), &token).await
        });
        match self.beside(running, &cancel).await {
            Ok(done) => done.map(|_| ()),
            Err(crash) => {
                self.agent.journal.record(Event::Compacting { why: None }).await?;
                anyhow::bail!("the compaction failed inside ({crash}); the session is as it was")
            }
        }
    }

    /// Waits for what runs, and takes ops meanwhile.
    async fn beside<T>(
        &mut self,
        mut running: JoinHandle<T>,
        cancel: &CancellationToken,
    ) -> Result<T, JoinError> {
        loop {
            tokio::select! {
                // What is asked after its end is no longer asked beside it.
                biased;
                ended = &mut running => break ended,
                op = self.ops.recv(), if !self.closing => match op {
                    Some(op) => {
                        let kept = self.busy(op, cancel).await;
                        self.told(kept).await;
                    }
                    None => {
                        self.closing = true;
                        cancel.cancel();
                    }
                },
            }
        }
    }

    async fn crashed(&self, turn: TurnId, crash: &str) -> Result<StopReason> {
        let error = format!("claw failed inside ({crash}). Your session is kept; send it again.");
        let stop = StopReason::Failed { error };
        let usage = Usage::default();
        for event in self.agent.journal.look(crate::session::repairs) {
            // What the user runs beside the turn goes on.
            let runs = |call| self.agent.running.contains(call);
            let of_user = matches!(&event, Event::ToolCallFinished { call, .. } if runs(call));
            if !of_user && !matches!(event, Event::TurnFinished { .. }) {
                self.agent.journal.record(event).await?;
            }
        }
        self.agent.journal.record(Event::TurnFinished { turn, stop: stop.clone(), usage }).await?;
        Ok(stop)
    }

    async fn busy(&mut self, op: Op, cancel: &CancellationToken) -> Result<()> {
        match op {
            Op::Prompt { content } => self.queue(QueueItem { content, steer: false }).await,
            Op::Steer { content } => self.queue(QueueItem { content, steer: true }).await,
            Op::Cancel => {
                cancel.cancel();
                Ok(())
            }
            Op::Close => {
                self.closing = true;
                cancel.cancel();
                Ok(())
            }
            Op::Rewind { .. } | Op::Redo => at_rest(&self.agent, true),
            op => self.idle(op).await,
        }
    }

    /// What can be asked at any time.
    async fn idle(&mut self, op: Op) -> Result<()> {
        match op {
            Op::Prompt { content } => self.queue(QueueItem { content, steer: false }).await,
            Op::Steer { content } => self.queue(QueueItem { content, steer: true }).await,
            Op::Unqueue { item } => {
                // Who asked for one that is gone has to know that, too.
                let _ = self.agent.inbox.take_back(item.as_ref());
                self.queue_changed().await
            }
            // The first answer counts; one to a question that is gone changes nothing.
            Op::Decide { request, hash, outcome } => {
                self.agent.approvals.decide(&request, &hash, outcome);
                Ok(())
            }
            Op::SetMode { mode: Mode::Bypass } if self.agent.no_bypass => {
                let text = "The managed policy forbids bypass: the mode stays as it is.".to_owned();
                self.agent.journal.record(Event::Notice { level: Level::Warning, text }).await
            }
            Op::SetMode { mode } => self.set_mode(mode).await,
            Op::SetModel { model } => {
                self.modes.by_hand();
                self.agent.journal.record(Event::ModelChanged { model }).await
            }
            Op::SetEffort { effort } => {
                self.agent.journal.record(Event::EffortChanged { effort }).await
            }
            Op::SetBudget { budget } => {
                let kept = self.agent.journal.record(Event::BudgetChanged { budget }).await;
                self.agent.budgeted.notify_one();
                kept
            }
            // Before the running turn's next request, or after it.
            Op::Compact { instructions } => {
                self.agent.wanted.ask(Wish { instructions });
                Ok(())
            }
            Op::SetContext { part, state } => {
                self.agent.journal.record(Event::ContextChanged { part, state }).await
            }
            Op::TellContext => context::tell(&self.agent).await,
            Op::AddNote { path, text } => context::add(&self.agent, path, text).await,
            Op::AllowImport { path } => context::allow(&self.agent, path).await,
            Op::Close => {
                self.closing = true;
                Ok(())
            }
            Op::TellText { request } => match self.agent.approvals.tell(&request) {
                Some(told) => self.agent.journal.record(told).await,
                None => Ok(()),
            },
            Op::TryRules { request, rules } => try_rules(&self.agent, request, rules).await,
            Op::StopCall { call } => {
                self.agent.running.stop(&call);
                Ok(())
            }
            Op::Shell { command } => self.lines.start(&self.agent, command),
            Op::Rewind { to, what, force } => {
                at_rest(&self.agent, false)?;
                rewind::rewind(&self.agent, to, what, force).await
            }
            Op::Redo => {
                at_rest(&self.agent, false)?;
                rewind::redo(&self.agent).await
            }
            Op::TryRewind { .. }
            | Op::Compare { .. }
            | Op::Looked
            | Op::Stage { .. }
            | Op::Revert { .. }
            | Op::UndoRevert => self.desk.take(op),
            // There is nothing to stop.
            Op::Cancel => Ok(()),
        }
    }

    async fn set_mode(&mut self, mode: Mode) -> Result<()> {
        let journal = &self.agent.journal;
        let now = journal.look(|state| state.model.clone());
        let model = self.modes.turn_to(mode, &now);
        journal.record(Event::ModeChanged { mode }).await?;
        if model == now {
            return Ok(());
        }
        journal.record(Event::ModelChanged { model }).await
    }

    async fn queue(&self, item: QueueItem) -> Result<()> {
        self.agent.inbox.push(item);
        self.queue_changed().await
    }

    async fn queue_changed(&self) -> Result<()> {
        let queue = self.agent.inbox.list();
        self.agent.journal.record(Event::QueueChanged { queue }).await
    }

    async fn told(&self, kept: Result<()>) {
        told(&self.agent, kept).await;
    }
}

/// What could not be kept is told; the session goes on.
async fn told(agent: &Agent, kept: Result<()>) {
    if let Err(error) = kept {
        let (level, text) = (Level::Error, format!("{error:#}"));
        // The notice itself goes to the screen even where the log takes no more.
        let _ = agent.journal.record(Event::Notice { level, text }).await;
    }
}

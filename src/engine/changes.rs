//! What the user does with the changes: compare, stage, take back. One act after the other, beside
//! the turn; each is written into the audit log before it happens, and asked of nobody.

mod revert;
mod stage;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::agent::Agent;
use crate::audit::{By, Entry, Record};
use crate::engine::changes::revert::Reverted;
use crate::engine::rewind;
use crate::protocol::{Baseline, Event, Level, Op};
use crate::workspace::Tracker;

/// Why a change of the user's is allowed.
const PANE: &str = "the user did it in the changes pane";

/// Acts that wait.
const QUEUE: usize = 64;

/// Where the acts are carried out.
#[derive(Debug)]
pub(super) struct Desk {
    acts: mpsc::Sender<Op>,
    task: JoinHandle<()>,
}

impl Desk {
    /// The desk of a session.
    pub(super) fn new(agent: Arc<Agent>) -> Self {
        let (acts, mut taken) = mpsc::channel(QUEUE);
        let task = tokio::spawn(async move {
            let mut reverted = Reverted::default();
            while let Some(op) = taken.recv().await {
                if let Err(error) = act(&agent, &mut reverted, op).await {
                    let (level, text) = (Level::Warning, format!("{error:#}"));
                    // Where the log takes no more, the next turn says so.
                    let _ = agent.journal.record(Event::Notice { level, text }).await;
                }
            }
        });
        Self { acts, task }
    }

    /// Takes an act without waiting.
    pub(super) fn take(&self, op: Op) -> Result<()> {
        let full = |_| anyhow!("too many acts wait already: that one is not done");
        self.acts.try_send(op).map_err(full)
    }

    /// Ends it; what was taken is done before.
    pub(super) async fn end(self) {
        drop(self.acts);
        // One that crashed has ended, too.
        let _ = self.task.await;
    }
}

async fn act(agent: &Arc<Agent>, reverted: &mut Reverted, op: Op) -> Result<()> {
    let tracker = agent.tracker.as_deref().context("changes are not followed in this run");
    match op {
        Op::Compare { baseline } => {
            let doing = || format!("comparing with {}", name(baseline));
            tracker.with_context(doing)?.compare(baseline).await.with_context(doing)
        }
        Op::TryRewind { to } => rewind::tell(agent, to).await,
        Op::Looked => {
            // Where nobody follows there is nothing to look at.
            if let Ok(tracker) = tracker {
                tracker.mark(Baseline::LastLook);
            }
            Ok(())
        }
        Op::Stage { path, hunks, unstage } => {
            let verb = if unstage { "unstage" } else { "stage" };
            let doing = || {
                format!("{} {}", if unstage { "unstaging" } else { "staging" }, shown(agent, &path))
            };
            let tracker = tracker.with_context(doing)?;
            inside(agent, &path).with_context(doing)?;
            audited(agent, verb, &path, PANE).await.with_context(doing)?;
            stage::stage(tracker, &path, &hunks, unstage).await.with_context(doing)
        }
        Op::Revert { path, hunks } => {
            let doing = || format!("reverting {}", shown(agent, &path));
            let tracker = tracker.with_context(doing)?;
            inside(agent, &path).with_context(doing)?;
            audited(agent, "revert", &path, PANE).await.with_context(doing)?;
            reverted.revert(agent, tracker, &path, &hunks).await.with_context(doing)
        }
        Op::UndoRevert => {
            let Some(path) = reverted.last() else {
                let text = "there is no revert to undo".to_owned();
                return agent.journal.record(Event::Notice { level: Level::Info, text }).await;
            };
            let doing = || format!("undoing the revert of {}", shown(agent, &path));
            audited(agent, "undo", &path, PANE).await.with_context(doing)?;
            reverted.undo(agent, tracker.ok()).await.with_context(doing)
        }
        _ => Ok(()),
    }
}

fn name(baseline: Baseline) -> &'static str {
    match baseline {
        Baseline::SessionStart => "the session's start",
        Baseline::LastTurn => "the last turn's start",
        Baseline::LastLook => "the last look",
        Baseline::Head => "git's HEAD",
        Baseline::Index => "git's index",
    }
}

fn shown(agent: &Agent, path: &Path) -> String {
    agent.workspace.shown(path)
}

/// The user's acts reach as far as the project.
fn inside(agent: &Agent, path: &Path) -> Result<()> {
    let plain = path.components().all(|part| !matches!(part, std::path::Component::ParentDir));
    let below = path.starts_with(agent.workspace.root()) && plain;
    ensure!(below, "it is not in the project");
    let git = path.components().any(|part| part.as_os_str() == ".git");
    ensure!(!git, "git's own files stay as they are");
    Ok(())
}

/// Writes down what the user does.
pub(super) async fn audited(agent: &Agent, verb: &str, path: &Path, why: &str) -> Result<()> {
    let record = Record {
        session: agent.journal.session().clone(),
        call: "".into(),
        tool: verb.to_owned(),
        title: path.display().to_string(),
        call_hash: String::new(),
        mode: Some(agent.journal.look(|state| state.mode)),
        policy: String::new(),
        entry: Entry::Decision {
            allowed: true,
            by: By::User,
            reason: why.to_owned(),
            rule: None,
            source: None,
        },
    };
    let audit = Arc::clone(&agent.audit);
    // Another process may be appending: that is waited for where it holds up nobody else.
    let done = tokio::task::spawn_blocking(move || audit.append(&record)).await;
    done.unwrap_or_else(|crash| Err(anyhow!("writing the audit log: {crash}")))
}

/// The path that a change's file had before, where it was renamed.
fn renamed_from(tracker: &Tracker, path: &Path) -> Option<std::path::PathBuf> {
    tracker.change(path).and_then(|change| change.from)
}

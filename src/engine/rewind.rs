//! Back to before a turn, and forward again: the user's own act, written down before it happens and
//! asked of nobody.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::agent::Agent;
use crate::engine::changes::audited;
use crate::protocol::{Author, Event, Held, KeptFile, Level, Rewind, RewindFile, TurnId};
use crate::session::checkpoint::{Look, Step, steps, steps_forward};
use crate::workspace::Stamp;

/// Files that are named one by one where they stay as they are.
const NAMED: usize = 10;

/// Tells what a rewind would do to files.
pub(super) async fn tell(agent: &Arc<Agent>, to: TurnId) -> Result<()> {
    let steps = back(agent, &to).context("rewinding")?;
    let with = agent.clone();
    let told = tokio::task::spawn_blocking(move || {
        steps.iter().filter_map(|step| with.keeper.tell(step)).collect::<Vec<RewindFile>>()
    });
    let files = Arc::new(told.await.context("looking at the files")?);
    agent.journal.record(Event::RewindTried { to, files }).await
}

/// Goes back to before a turn. No turn runs.
pub(super) async fn rewind(
    agent: &Arc<Agent>,
    to: TurnId,
    what: Rewind,
    force: Vec<PathBuf>,
) -> Result<()> {
    let steps = back(agent, &to).context("rewinding")?;
    let steps = if what.files() { steps } else { Vec::new() };
    let (files, _) = carried(agent, "rewind", steps, force).await.context("rewinding")?;
    if what == Rewind::Files && files.is_empty() {
        let text = "No file went back: each is as it was, or stays as it is.".to_owned();
        return agent.journal.record(Event::Notice { level: Level::Info, text }).await;
    }
    agent.journal.record(Event::Rewound { to, what, files }).await
}

/// Takes the last rewind back. No turn runs.
pub(super) async fn redo(agent: &Arc<Agent>) -> Result<()> {
    let steps = agent
        .journal
        .look(|state| state.past.redoable().map(|(_, _, changed)| steps_forward(changed)));
    let Some(steps) = steps else {
        let text = "There is no rewind to take back.".to_owned();
        return agent.journal.record(Event::Notice { level: Level::Info, text }).await;
    };
    let carried = carried(agent, "redo", steps, Vec::new()).await;
    let (mut files, same) = carried.context("taking a rewind back")?;
    let there = same.into_iter().map(|Step { path, target, .. }| {
        let (before, after) = (target.clone(), target);
        KeptFile { path, before, after }
    });
    files.extend(there);
    agent.journal.record(Event::Redone { files }).await
}

/// The steps to before a turn.
fn back(agent: &Agent, to: &TurnId) -> Result<Vec<Step>> {
    let steps = agent.journal.look(|state| state.past.since(to).map(steps));
    steps.context("there is no such turn to go back to")
}

/// Carries the steps out that may be, and says which were not. The files that changed, and those that
/// were as they shall be.
async fn carried(
    agent: &Arc<Agent>,
    verb: &'static str,
    steps: Vec<Step>,
    force: Vec<PathBuf>,
) -> Result<(Vec<KeptFile>, Vec<Step>)> {
    // The model has not seen what is there now, or will not have.
    agent.workspace.ledger.forget_all();
    let with = agent.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let look = |step: Step| (with.keeper.look(&step), step);
        steps.into_iter().map(look).collect::<Vec<_>>()
    });
    let (mut done, mut same, mut stayed) = (Vec::new(), Vec::new(), Vec::new());
    for (look, step) in looked.await.context("looking at the files")? {
        let change = match look {
            // Whoever made it so.
            Look::Same => {
                same.push(step);
                continue;
            }
            Look::Stays(why) => {
                stayed.push((step.path, why));
                continue;
            }
            Look::Changes(change) => change,
        };
        if let Some(doubt) = change.doubt.clone().filter(|_| !force.contains(&step.path)) {
            stayed.push((step.path, doubt));
            continue;
        }
        audited(agent, verb, &step.path, "the user went back to an earlier turn").await?;
        let (with, path) = (agent.clone(), step.path.clone());
        let made = tokio::task::spawn_blocking(move || with.keeper.make(&step, &change));
        match made.await.context("writing the files")? {
            Ok(file) => {
                expect(agent, &file);
                done.push(file);
            }
            Err(error) => stayed.push((path, error.to_string())),
        }
    }
    told(agent, &stayed).await?;
    Ok((done, same))
}

/// What is changed here, the user changed.
fn expect(agent: &Agent, file: &KeptFile) {
    let Some(tracker) = &agent.tracker else { return };
    let stamp = match &file.after {
        Held::File { hash, .. } => Stamp::named(hash),
        _ => None,
    };
    tracker.expect(&file.path, stamp, Author::User);
}

/// Says which files stay as they are, and why.
async fn told(agent: &Agent, stayed: &[(PathBuf, String)]) -> Result<()> {
    let level = Level::Warning;
    for (path, why) in stayed.iter().take(NAMED) {
        let text = format!("{} stays as it is: {why}.", agent.workspace.shown(path));
        agent.journal.record(Event::Notice { level, text }).await?;
    }
    if let Some(more) = stayed.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let text = format!("{more} more files stay as they are.");
        agent.journal.record(Event::Notice { level, text }).await?;
    }
    Ok(())
}

/// An error where a turn, or a line of the user's, still runs.
pub(super) fn at_rest(agent: &Agent, turn: bool) -> Result<()> {
    if turn {
        bail!("a turn runs: stop it first, then go back");
    }
    if !agent.running.is_empty() {
        bail!("a command of yours still runs: stop it first, then go back");
    }
    Ok(())
}

//! Changes taken back in the files themselves, and that undone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::agent::Agent;
use crate::diff;
use crate::protocol::{Author, ChangeKind, FileChange, Hunk};
use crate::workspace::{Beneath, Kept, Stamp, Tracker};

/// Reverts that can be undone, and the bytes that are kept for them.
const MOST: (usize, usize) = (100, 64 << 20);

/// What was reverted, the last one last.
#[derive(Debug, Default)]
pub(super) struct Reverted {
    done: Vec<Vec<Step>>,
}

/// One file that a revert changed.
#[derive(Debug, Clone)]
struct Step {
    path: PathBuf,
    /// As it was before the revert; none: it was not there.
    from: Option<Kept>,
    /// As the revert left it.
    to: Option<Kept>,
}

impl Reverted {
    /// The file of the revert that would be undone.
    pub(super) fn last(&self) -> Option<PathBuf> {
        Some(self.done.last()?.first()?.path.clone())
    }

    /// Takes these lines of a change back; all of it where there are no hunks.
    pub(super) async fn revert(
        &mut self,
        agent: &Agent,
        tracker: &Tracker,
        path: &Path,
        hunks: &[Hunk],
    ) -> Result<()> {
        let change = tracker.change(path).context("it does not differ any more")?;
        let beneath = agent.workspace.beneath();
        let now = taken(beneath, path).await?;
        let mut steps = Vec::new();
        if hunks.is_empty() {
            let old = change.from.as_deref().unwrap_or(path);
            let before = tracker.before(old).await?;
            if let Some(from) = &change.from {
                let to = Some(Kept {
                    content: before.context("its old content is not known")?,
                    mode: now.as_ref().and_then(|now| now.mode),
                });
                steps.push(Step { path: from.clone(), from: None, to });
                steps.push(Step { path: path.to_owned(), from: now, to: None });
            } else {
                let mode = mode(tracker, path, now.as_ref()).await;
                let to = before.map(|content| Kept { content, mode });
                steps.push(Step { path: path.to_owned(), from: now, to });
            }
        } else {
            let to = part(&change, now.as_ref(), hunks)?;
            let to = match to {
                Some(content) => {
                    let mode = mode(tracker, path, now.as_ref()).await;
                    Some(Kept { content, mode })
                }
                None => None,
            };
            steps.push(Step { path: path.to_owned(), from: now, to });
        }
        for step in &steps {
            put(beneath, tracker_of(agent), step.clone()).await?;
        }
        self.keep(steps);
        Ok(())
    }

    /// Undoes the last revert that is not undone.
    pub(super) async fn undo(&mut self, agent: &Agent, tracker: Option<&Tracker>) -> Result<()> {
        let Some(steps) = self.done.last() else { return Ok(()) };
        let beneath = agent.workspace.beneath();
        for step in steps {
            let now = taken(beneath, &step.path).await?;
            let content = |kept: &Option<Kept>| kept.as_ref().map(|kept| kept.content.clone());
            if content(&now) != content(&step.to) {
                bail!("it changed since: it stays as it is");
            }
        }
        for step in steps.iter().rev() {
            let Step { path, from, to } = step.clone();
            put(beneath, tracker, Step { path, from: to, to: from }).await?;
        }
        self.done.pop();
        Ok(())
    }

    fn keep(&mut self, steps: Vec<Step>) {
        self.done.push(steps);
        let size = |kept: &Option<Kept>| kept.as_ref().map_or(0, |kept| kept.content.len());
        let weight = |steps: &Vec<Step>| -> usize {
            steps.iter().map(|step| size(&step.from) + size(&step.to)).sum()
        };
        let mut bytes: usize = self.done.iter().map(weight).sum();
        while self.done.len() > 1 && (self.done.len() > MOST.0 || bytes > MOST.1) {
            bytes -= weight(&self.done.remove(0));
        }
    }
}

fn tracker_of(agent: &Agent) -> Option<&Tracker> {
    agent.tracker.as_deref()
}

/// The file's content with these lines taken back; none where it goes.
fn part(change: &FileChange, now: Option<&Kept>, hunks: &[Hunk]) -> Result<Option<Vec<u8>>> {
    let content = now.map_or(&[][..], |now| &now.content);
    let text = std::str::from_utf8(content).context("it is no text: revert the whole file")?;
    let left = diff::apply(text, hunks).context("it changed meanwhile: look at it again")?;
    let goes = change.kind == ChangeKind::Added && left.is_empty();
    Ok((!goes).then(|| left.into_bytes()))
}

/// The permission bits of a file that comes back: git's, where it knows it.
async fn mode(tracker: &Tracker, path: &Path, now: Option<&Kept>) -> Option<u32> {
    if let Some(now) = now {
        return now.mode;
    }
    let entry = tracker.git()?.entry(path).await.ok()?;
    let slot = entry.head.or(entry.index)?;
    (slot.mode == "100755").then_some(0o755)
}

async fn taken(beneath: &Arc<Beneath>, path: &Path) -> Result<Option<Kept>> {
    let (beneath, path) = (beneath.clone(), path.to_owned());
    let taken = tokio::task::spawn_blocking(move || beneath.take(&path)).await;
    Ok(taken.context("reading the file")??)
}

async fn put(beneath: &Arc<Beneath>, tracker: Option<&Tracker>, step: Step) -> Result<()> {
    let (beneath, stamp) = (beneath.clone(), step.to.as_ref().map(|to| Stamp::of(&to.content)));
    let path = step.path.clone();
    let put = tokio::task::spawn_blocking(move || {
        let from = step.from.as_ref().map(|from| from.content.as_slice());
        beneath.put(&step.path, from, step.to.as_ref())
    });
    put.await.context("writing the file")??;
    if let Some(tracker) = tracker {
        tracker.expect(&path, stamp, Author::User);
    }
    Ok(())
}

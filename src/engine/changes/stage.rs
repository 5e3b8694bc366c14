//! Lines into git's index, and out of it.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::diff;
use crate::engine::changes::renamed_from;
use crate::protocol::Hunk;
use crate::workspace::Tracker;
use crate::workspace::git::{Entry, Git, Slot};

/// Why lines cannot be staged that were made of another text.
const ELSEWHERE: &str =
    "these lines are not in the index as they are shown: compare with the index, then stage them";

/// Puts these lines of a file into the index, or takes them out; all of the file where there are no
/// hunks.
pub(super) async fn stage(
    tracker: &Tracker,
    path: &Path,
    hunks: &[Hunk],
    unstage: bool,
) -> Result<()> {
    tracker.ready().await;
    let git = tracker.git().context("the project is in no git repository")?;
    let entry = git.entry(path).await?;
    let from = renamed_from(tracker, path);
    let done = match (unstage, hunks.is_empty()) {
        (false, true) => git.put(path, on_disk(path).await?.as_ref()).await,
        (false, false) => {
            let old = match (&entry.index, &from) {
                (None, Some(from)) => git.entry(from).await?.index,
                _ => None,
            };
            let slot = with(path, entry, old, hunks).await?;
            git.put(path, slot.as_ref()).await
        }
        (true, true) => git.put(path, entry.head.as_ref()).await,
        (true, false) => git.put(path, without(&entry, hunks)?.as_ref()).await,
    };
    done?;
    if let Some(from) = from {
        moved(git, &from, unstage).await?;
    }
    tracker.git_changed();
    Ok(())
}

/// The old name of a renamed file goes out of the index with it, and comes back with it.
async fn moved(git: &Git, from: &Path, unstage: bool) -> Result<()> {
    let entry = git.entry(from).await?;
    match (unstage, &entry.index) {
        (false, Some(_)) => git.put(from, None).await,
        (true, None) => git.put(from, entry.head.as_ref()).await,
        _ => Ok(()),
    }
}

/// What the index holds with these lines; none where the file goes.
async fn with(
    path: &Path,
    entry: Entry,
    old: Option<Slot>,
    hunks: &[Hunk],
) -> Result<Option<Slot>> {
    let held = entry.index.or(old);
    let text = match &held {
        Some(slot) => text(&slot.content)?,
        None => "",
    };
    let staged = diff::fit(text, hunks).context(ELSEWHERE)?;
    let there = on_disk(path).await?;
    if there.is_none() && staged.is_empty() {
        return Ok(None);
    }
    let mode = held.or(there).map_or_else(|| "100644".to_owned(), |slot| slot.mode);
    Ok(Some(Slot { mode, content: staged.into_bytes() }))
}

/// What the index holds without these lines; none where the file goes.
fn without(entry: &Entry, hunks: &[Hunk]) -> Result<Option<Slot>> {
    let side = |slot: &Option<Slot>| match slot {
        Some(slot) => text(&slot.content).map(str::to_owned),
        None => Ok(String::new()),
    };
    let (head, index) = (side(&entry.head)?, side(&entry.index)?);
    let left = diff::without(&head, &index, hunks).context("none of these lines is staged")?;
    if left.is_empty() && entry.head.is_none() {
        return Ok(None);
    }
    let slot = entry.index.as_ref().or(entry.head.as_ref());
    let mode = slot.map_or_else(|| "100644".to_owned(), |slot| slot.mode.clone());
    Ok(Some(Slot { mode, content: left.into_bytes() }))
}

fn text(content: &[u8]) -> Result<&str> {
    std::str::from_utf8(content).context("it is no text: stage the whole file")
}

/// The file as git would take it.
async fn on_disk(path: &Path) -> Result<Option<Slot>> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || Slot::on_disk(&path)).await;
    match read {
        Ok(slot) => Ok(slot?),
        Err(crash) => bail!("reading the file: {crash}"),
    }
}

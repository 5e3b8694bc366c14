//! What is said of sessions beside their logs: names, pins, tags, and which are put away.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::config::write_private;
use crate::session::listing::parsed;
use crate::session::store::Store;

/// In a project's directory: what is said of its sessions.
const MARKS: &str = "marks.json";
/// Held while that file is changed: it is replaced, so it cannot be locked itself.
const LOCK: &str = "marks.lock";
/// The longest tag, in characters.
const LONGEST: usize = 40;

/// What is said of a session beside its log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Mark {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) pinned: bool,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) tags: BTreeSet<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) archived: bool,
    /// The git branch that was checked out when a turn last began or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) branch: Option<String>,
}

impl Mark {
    /// What of it can be searched for.
    #[cfg(feature = "index")]
    pub(super) fn words(&self) -> String {
        let tags = self.tags.iter().map(String::as_str);
        self.name.as_deref().into_iter().chain(tags).collect::<Vec<_>>().join(" ")
    }
}

impl Store {
    /// Names a session, or takes its name away.
    pub fn rename(&self, log: &Path, name: Option<String>) -> Result<()> {
        mark(log, |mark| mark.name = name)
    }

    /// Puts a session above the others, or back.
    pub fn pin(&self, log: &Path, pinned: bool) -> Result<()> {
        mark(log, |mark| mark.pinned = pinned)
    }

    /// Puts a session away: lists leave it out where nobody asks for it. Or has it back.
    pub fn archive(&self, log: &Path, archived: bool) -> Result<()> {
        mark(log, |mark| mark.archived = archived)
    }

    /// Gives a session tags, and takes others away.
    ///
    /// # Errors
    ///
    /// Where one of them is no word that a filter could ask for.
    pub fn tag(&self, log: &Path, add: &[String], remove: &[String]) -> Result<()> {
        let read = |tags: &[String]| tags.iter().map(|tag| tag_of(tag)).collect::<Result<Vec<_>>>();
        let (add, remove) = (read(add)?, read(remove)?);
        mark(log, |mark| {
            mark.tags.extend(add);
            mark.tags.retain(|tag| !remove.contains(tag));
        })
    }

    /// A session's tags, in order.
    pub fn tags(&self, log: &Path) -> BTreeSet<String> {
        mark_of(log).tags
    }

    /// Remembers the git branch that a session works on.
    pub fn on_branch(&self, log: &Path, branch: Option<String>) -> Result<()> {
        if mark_of(log).branch == branch {
            return Ok(());
        }
        mark(log, |mark| mark.branch = branch)
    }
}

/// A tag as it is kept: in lower case, without the sign that may stand before it.
fn tag_of(text: &str) -> Result<String> {
    let tag = text.trim().trim_start_matches('#').to_lowercase();
    let is_word = !tag.is_empty() && !tag.chars().any(|c| c.is_whitespace() || c.is_control());
    ensure!(is_word && !tag.contains(','), "\"{text}\" is no tag: give one word");
    ensure!(tag.chars().count() <= LONGEST, "the tag \"{text}\" is too long");
    Ok(tag)
}

/// What is said of the sessions of a project, by the names of their logs.
pub(super) fn marks_in(dir: &Path) -> BTreeMap<String, Mark> {
    parsed(&dir.join(MARKS)).unwrap_or_default()
}

/// What is said of the session of this log.
pub(super) fn mark_of(log: &Path) -> Mark {
    let found = parts(log).ok().and_then(|(dir, name)| marks_in(dir).remove(&name));
    found.unwrap_or_default()
}

fn mark(log: &Path, change: impl FnOnce(&mut Mark)) -> Result<()> {
    let (dir, name) = parts(log)?;
    let file = dir.join(MARKS);
    let _lock = locked(dir)?;
    let mut marks = marks_in(dir);
    change(marks.entry(name).or_default());
    marks.retain(|_, mark| *mark != Mark::default());
    let text = serde_json::to_vec_pretty(&marks)?;
    write_private(&file, &text).with_context(|| format!("writing {}", file.display()))
}

fn locked(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK);
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(&path).with_context(|| format!("opening {}", path.display()))?;
    lock.lock().with_context(|| format!("locking {}", path.display()))?;
    Ok(lock)
}

/// A log's directory and name.
pub(super) fn parts(log: &Path) -> Result<(&Path, String)> {
    let name = log.file_name().and_then(|name| name.to_str());
    let (dir, name) =
        log.parent().zip(name).with_context(|| format!("{} is no log", log.display()))?;
    Ok((dir, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_come_and_go_and_are_words() {
        let dir = tempfile::tempdir().unwrap();
        let (store, log) = (Store::new(dir.path()), dir.path().join("s.jsonl"));
        let owned = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        store.tag(&log, &owned(&["#Net", "ci", "net"]), &[]).unwrap();
        assert!(mark_of(&log).tags.iter().eq(["ci", "net"]));
        store.tag(&log, &owned(&["urgent"]), &owned(&["CI", "none"])).unwrap();
        assert!(mark_of(&log).tags.iter().eq(["net", "urgent"]));
        for tag in ["", "#", "two words", "a,b", &"x".repeat(41)] {
            assert!(store.tag(&log, &owned(&[tag]), &[]).is_err(), "{tag:?}");
        }
        store.tag(&log, &[], &owned(&["net", "urgent"])).unwrap();
        assert_eq!(marks_in(dir.path()), BTreeMap::new(), "who says nothing takes no room");
    }

    #[test]
    fn marks_that_two_make_at_once_are_all_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        std::thread::scope(|scope| {
            for at in 0..8 {
                let (store, log) = (&store, dir.path().join(format!("{at}.jsonl")));
                scope.spawn(move || store.pin(&log, true).unwrap());
            }
        });
        assert_eq!(marks_in(dir.path()).len(), 8);
    }
}

//! Sessions that were deleted: out of sight, and to be had back for a while.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::base::clock::Millis;
use crate::session::listing::seen;
use crate::session::marks::parts;
use crate::session::store::{Store, children};

/// In a project's directory: what was deleted, each file with the time before its name.
const TRASH: &str = "trash";
/// For how long a deleted session can be had back, in milliseconds: 30 days.
pub(super) const KEPT: u64 = 30 * 24 * 60 * 60 * 1000;
/// What belongs to a session beside its log, by the end of its name.
const BESIDE: [&str; 2] = ["draft.json", "damaged"];

/// A session that can be had back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// Where its log was.
    pub log: PathBuf,
    /// When it was deleted.
    pub at: Millis,
}

impl Store {
    /// Moves a log, and what belongs to it, out of sight for 30 days.
    ///
    /// # Errors
    ///
    /// Where another process has it open, or it cannot be moved.
    pub fn delete(&self, log: &Path, now: Millis) -> Result<()> {
        let shown = log.display();
        let file = fs::File::open(log).with_context(|| format!("opening the log {shown}"))?;
        if file.try_lock().is_err() {
            bail!("the session is open in another claw: close it there first");
        }
        let (dir, name) = parts(log)?;
        let trash = dir.join(TRASH);
        fs::create_dir_all(&trash).with_context(|| format!("making {}", trash.display()))?;
        let place = trash.join(format!("{}-{name}", now.0));
        fs::rename(log, &place).with_context(|| format!("moving {shown} away"))?;
        for end in BESIDE {
            // Most have none of them; what stays belongs to nobody and is read by nobody.
            let _ = fs::rename(log.with_extension(end), place.with_extension(end));
        }
        Ok(())
    }

    /// Puts a log back that was deleted: the last one where several were deleted in its place.
    ///
    /// # Errors
    ///
    /// Where it was deleted for good, or there is another one in its place.
    pub fn restore(&self, log: &Path) -> Result<()> {
        let (dir, _) = parts(log)?;
        let fitting = in_trash(dir).into_iter().filter(|(_, deleted)| deleted.log == *log);
        let last = fitting.max_by_key(|(_, deleted)| deleted.at);
        let (place, _) = last.context("the session was deleted for good already")?;
        if log.exists() {
            bail!("there is another session in its place: {}", log.display());
        }
        fs::rename(&place, log).with_context(|| format!("moving {} back", log.display()))?;
        for end in BESIDE {
            // Most had none of them.
            let _ = fs::rename(place.with_extension(end), log.with_extension(end));
        }
        Ok(())
    }

    /// The sessions that can be had back, the last deleted one first; of one project where given.
    pub fn deleted(&self, cwd: Option<&Path>) -> Vec<Deleted> {
        let dirs = self.projects(cwd);
        let found = dirs.iter().flat_map(|dir| in_trash(dir));
        let logs = found.filter(|(place, _)| seen(place).is_some());
        let mut found: Vec<_> = logs.map(|(_, deleted)| deleted).collect();
        found.sort_by(|a, b| (b.at, &b.log).cmp(&(a.at, &a.log)));
        found
    }

    /// Deletes for good what was deleted 30 days ago.
    pub fn purge(&self, now: Millis) {
        for dir in self.projects(None) {
            for (place, Deleted { at, .. }) in in_trash(&dir) {
                if now.0.saturating_sub(at.0) > KEPT {
                    // What cannot be deleted now is tried again the next time.
                    let _ = fs::remove_file(place);
                }
            }
        }
    }
}

/// What a project's trash has: each file, and what it was.
fn in_trash(dir: &Path) -> Vec<(PathBuf, Deleted)> {
    let read = |place: PathBuf| {
        let (at, name) = place.file_name()?.to_str()?.split_once('-')?;
        let deleted = Deleted { log: dir.join(name), at: Millis(at.parse().ok()?) };
        Some((place, deleted))
    };
    children(&dir.join(TRASH)).into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_session_goes_and_comes_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let (store, project) = (Store::new(dir.path()), dir.path().join("p-1"));
        fs::create_dir(&project).unwrap();
        let log = project.join("s.jsonl");
        let write = |text: &str| {
            fs::write(&log, text).unwrap();
            fs::write(log.with_extension("draft.json"), text).unwrap();
        };
        write("first");
        store.delete(&log, Millis(5)).unwrap();
        assert!(!log.exists() && !log.with_extension("draft.json").exists());
        write("second");
        assert!(store.restore(&log).unwrap_err().to_string().contains("another session"));
        store.delete(&log, Millis(9)).unwrap();
        let at: Vec<_> = store.deleted(None).iter().map(|deleted| deleted.at.0).collect();
        assert_eq!(at, [9, 5], "drafts are no sessions");
        store.restore(&log).unwrap();
        assert_eq!(fs::read_to_string(&log).unwrap(), "second");
        assert_eq!(fs::read_to_string(log.with_extension("draft.json")).unwrap(), "second");
        store.purge(Millis(6 + KEPT));
        assert_eq!(store.deleted(None), []);
        assert_eq!(children(&project.join(TRASH)), Vec::<PathBuf>::new());
    }
}

//! The files that differ, bounded in number and in text.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::protocol::FileChange;
use crate::workspace::Stamp;
use crate::workspace::tracker::rename::{self, Stamped};

/// Files that are listed.
pub(super) const MAX_LISTED: usize = 2_000;

/// Bytes of text in all hunks together.
const MAX_TEXT: usize = 16 << 20;

/// All files that differ from the baseline.
#[derive(Debug, Default)]
pub(super) struct List {
    listed: BTreeMap<PathBuf, Stamped>,
    /// Files for which there was no room.
    waiting: BTreeSet<PathBuf>,
    text: usize,
    changed: bool,
}

impl List {
    pub(super) fn contains(&self, path: &Path) -> bool {
        self.listed.contains_key(path) || self.waiting.contains(path)
    }

    /// The files that differ.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.listed.keys().chain(&self.waiting).cloned().collect()
    }

    /// Says how a file differs now; none where it does not. `stamp` is of its content: the one it
    /// has, or where it is gone, had.
    pub(super) fn set(&mut self, path: &Path, change: Option<FileChange>, stamp: Option<Stamp>) {
        self.waiting.remove(path);
        if let Some((old, _)) = self.listed.remove(path) {
            self.text -= text(&old);
            self.changed = true;
        }
        let Some(mut change) = change else { return };
        if self.listed.len() >= MAX_LISTED {
            self.waiting.insert(path.to_owned());
            return;
        }
        if self.text + text(&change) > MAX_TEXT {
            change.hunks.clear();
            change.note = Some("too many changes".to_owned());
        }
        self.text += text(&change);
        self.changed = true;
        self.listed.insert(path.to_owned(), (change, stamp));
    }

    /// The files that can be listed now that others are gone.
    pub(super) fn due(&self) -> Vec<PathBuf> {
        let room = MAX_LISTED.saturating_sub(self.listed.len());
        self.waiting.iter().take(room).cloned().collect()
    }

    /// How many files differ but are not listed.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// It has to be told again though no file of it changed.
    pub(super) fn retell(&mut self) {
        self.changed = true;
    }

    /// The list, sorted by path, where it has changed since it was last taken. `staged` says how
    /// many lines of a file stand in the index.
    pub(super) fn take(&mut self, staged: &HashMap<PathBuf, usize>) -> Option<Vec<FileChange>> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let mut changes = rename::join(&self.listed.values().cloned().collect::<Vec<_>>());
        for change in &mut changes {
            change.staged = staged.get(&change.path).copied().unwrap_or_default();
        }
        Some(changes)
    }
}

/// Bytes that the hunks of a change hold, about.
fn text(change: &FileChange) -> usize {
    let lines = change.hunks.iter().flat_map(|hunk| &hunk.lines);
    lines.map(|line| line.text.len() + size_of_val(line)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff;
    use crate::protocol::Author;

    fn added(path: &str, content: &str) -> Option<FileChange> {
        diff::change(Path::new(path), None, Some(content.as_bytes()), Author::User)
    }

    #[test]
    fn too_many_files_wait_until_there_is_room() {
        let mut list = List::default();
        for at in 0..=MAX_LISTED {
            let path = format!("/{at:05}");
            list.set(Path::new(&path), added(&path, "x"), None);
        }
        assert_eq!((list.take(&HashMap::new()).unwrap().len(), list.waiting()), (MAX_LISTED, 1));
        assert!(list.due().is_empty() && list.take(&HashMap::new()).is_none());
        list.set(Path::new("/00000"), None, None);
        assert_eq!(list.due(), [Path::new("/02000")]);
    }

    #[test]
    fn too_much_text_is_counted_but_not_shown() {
        let mut list = List::default();
        let content = "x\n".repeat(100_000);
        for at in 0..9 {
            let path = format!("/{at}");
            list.set(Path::new(&path), added(&path, &content), None);
        }
        let got = list.take(&HashMap::new()).unwrap();
        assert!(got.iter().all(|change| change.added == 100_000));
        let bare: Vec<_> = got.iter().filter(|change| change.hunks.is_empty()).collect();
        assert!(!bare.is_empty() && bare.len() < 9);
        assert!(bare.iter().all(|change| change.note.as_deref() == Some("too many changes")));
        for at in 0..9 {
            list.set(Path::new(&format!("/{at}")), None, None);
        }
        assert_eq!((list.text, list.take(&HashMap::new()).unwrap().len()), (0, 0));
    }
}

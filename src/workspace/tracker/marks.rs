//! What files were at later moments than the session's start: the last turn's, the last look's.
//!
//! Only what differs from the session's start by then is kept; all else is as it was.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::protocol::Baseline;
use crate::workspace::tracker::baseline::{Meta, Snapshot};

/// Bytes of contents that each of the two keeps.
const MAX_TOTAL: usize = 32 << 20;

/// Both moments.
#[derive(Debug, Default)]
pub(super) struct Marks {
    turn: Mark,
    look: Mark,
    /// Nobody gathers any more.
    over: bool,
}

/// One moment.
#[derive(Debug, Default)]
struct Mark {
    files: HashMap<PathBuf, Snapshot>,
    bytes: usize,
    /// It was made, but what differed by then is not gathered yet.
    due: bool,
}

impl Marks {
    fn of(&self, moment: Baseline) -> Option<&Mark> {
        match moment {
            Baseline::LastTurn => Some(&self.turn),
            Baseline::LastLook => Some(&self.look),
            _ => None,
        }
    }

    fn of_mut(&mut self, moment: Baseline) -> Option<&mut Mark> {
        match moment {
            Baseline::LastTurn => Some(&mut self.turn),
            Baseline::LastLook => Some(&mut self.look),
            _ => None,
        }
    }

    /// The moment is now. Has what differs to be gathered?
    pub(super) fn make(&mut self, moment: Baseline) -> bool {
        let over = self.over;
        match self.of_mut(moment) {
            Some(mark) if !over => {
                *mark = Mark { due: true, ..Mark::default() };
                true
            }
            _ => false,
        }
    }

    /// Nobody gathers any more: what is due is as it is.
    pub(super) fn end(&mut self) {
        (self.over, self.turn.due, self.look.due) = (true, false, false);
    }

    /// The moments that are not gathered yet.
    pub(super) fn due(&self) -> Vec<Baseline> {
        let both = [Baseline::LastTurn, Baseline::LastLook];
        both.into_iter().filter(|moment| self.of(*moment).is_some_and(|mark| mark.due)).collect()
    }

    /// Is the file as it was at that moment still to be kept, should the agent write to it now?
    pub(super) fn lacks(&self, path: &Path) -> bool {
        [&self.turn, &self.look].iter().any(|mark| mark.due && !mark.files.contains_key(path))
    }

    /// Keeps what a file is before the agent writes to it.
    pub(super) fn note(&mut self, path: &Path, snapshot: &Snapshot) {
        for mark in [&mut self.turn, &mut self.look] {
            if mark.due {
                mark.keep(path, snapshot);
            }
        }
    }

    /// Keeps what a file that differs is; true where there was no room for its content.
    pub(super) fn gather(&mut self, moment: Baseline, path: &Path, snapshot: &Snapshot) -> bool {
        self.of_mut(moment).is_some_and(|mark| !mark.keep(path, snapshot))
    }

    /// All that differed is gathered.
    pub(super) fn gathered(&mut self, moment: Baseline) {
        if let Some(mark) = self.of_mut(moment) {
            mark.due = false;
        }
    }

    /// What the file was at that moment; none where it was as at the session's start.
    pub(super) fn get(&self, moment: Baseline, path: &Path) -> Option<&Snapshot> {
        self.of(moment)?.files.get(path)
    }

    /// The files that were kept.
    pub(super) fn paths(&self, moment: Baseline) -> Vec<PathBuf> {
        self.of(moment).map(|mark| mark.files.keys().cloned().collect()).unwrap_or_default()
    }
}

impl Mark {
    /// The first to be kept counts: it is the oldest. False where there is no room.
    fn keep(&mut self, path: &Path, snapshot: &Snapshot) -> bool {
        if self.files.contains_key(path) {
            return true;
        }
        let fits = self.bytes + snapshot.weight() <= MAX_TOTAL;
        let kept = if fits {
            self.bytes += snapshot.weight();
            snapshot.clone()
        } else {
            Snapshot::Unread(Meta::of_length(snapshot.weight() as u64))
        };
        self.files.insert(path.to_owned(), kept);
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_only_known_to_have_been_there() {
        let mut marks = Marks::default();
        marks.make(Baseline::LastTurn);
        let half: Snapshot = Snapshot::Content(vec![b'x'; MAX_TOTAL / 2].into());
        let full: Vec<_> = ["/a", "/b", "/c"]
            .map(|path| marks.gather(Baseline::LastTurn, Path::new(path), &half))
            .to_vec();
        assert_eq!(full, [false, false, true]);
        assert_eq!(marks.get(Baseline::LastTurn, Path::new("/a")), Some(&half));
        assert!(matches!(
            marks.get(Baseline::LastTurn, Path::new("/c")),
            Some(Snapshot::Unread(_))
        ));
        assert_eq!(marks.get(Baseline::LastLook, Path::new("/a")), None);
        assert_eq!(marks.due(), [Baseline::LastTurn]);
        marks.gathered(Baseline::LastTurn);
        assert!(!marks.lacks(Path::new("/d")) && marks.due().is_empty());
    }
}

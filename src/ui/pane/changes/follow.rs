//! What is shown, as it changes: the reader keeps the line he reads, follows what is newest, or
//! has the pane stand still.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::clock::Millis;
use crate::protocol::{Baseline, Envelope, Event, FileChange};
use crate::session::State;
use crate::ui::pane::changes::ChangesPane;
use crate::ui::pane::changes::rows::{Like, Rows};

/// Files as they were told, and when each changed last.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// What was told last, and from what it differs.
    latest: Arc<Vec<FileChange>>,
    against: Baseline,
    /// When each file last changed.
    changed: HashMap<PathBuf, Millis>,
    /// The newest change: its file, and which of its hunks.
    newest: Option<(PathBuf, usize)>,
}

impl Known {
    /// Takes an event in: which files are as they were not before.
    fn tell(&mut self, changes: &Arc<Vec<FileChange>>, against: Baseline, at: Millis) {
        if against == self.against {
            let before: HashMap<_, _> =
                self.latest.iter().map(|known| (&known.path, known)).collect();
            let mut newest = None;
            for change in changes.iter() {
                let old = before.get(&change.path).copied();
                if old == Some(change) {
                    continue;
                }
                let first = old.map_or(0, |old| first_new(old, change));
                newest = newest.or_else(|| Some((change.path.clone(), first)));
                self.changed.insert(change.path.clone(), at);
            }
            // Of several at once the first: one reads on from there.
            self.newest = newest.or(self.newest.take());
        } else {
            // Seen from elsewhere: nothing changed by that.
            self.newest = None;
        }
        let listed: HashSet<_> = changes.iter().map(|change| &change.path).collect();
        self.changed.retain(|path, _| listed.contains(path));
        (self.latest, self.against) = (changes.clone(), against);
    }

    /// When a file last changed.
    pub(super) fn when(&self, path: &std::path::Path) -> Option<&Millis> {
        self.changed.get(path)
    }

    /// Did one of them change just now?
    pub(super) fn is_fresh(&self, now: Millis) -> bool {
        self.changed.values().any(|at| super::list::fresh(Some(at), now).is_some())
    }
}

/// The first hunk that was not there before.
fn first_new(old: &FileChange, new: &FileChange) -> usize {
    let same = old.hunks.iter().zip(&new.hunks).take_while(|(a, b)| a.lines == b.lines).count();
    same.min(new.hunks.len().saturating_sub(1))
}

impl ChangesPane {
    /// An event of the workspace, or word that watching failed.
    pub(super) fn told(&mut self, envelope: &Envelope, session: &State) {
        self.adopt(session);
        match &envelope.event {
            Event::FilesChanged { against, changes, .. } => {
                self.known.tell(changes, *against, envelope.at);
                if self.paused {
                    let shown: HashMap<_, _> =
                        self.shown.iter().map(|change| (&change.path, change)).collect();
                    let other = |change: &&FileChange| shown.get(&change.path) != Some(change);
                    let gone = shown.len() + changes.iter().filter(other).count();
                    let kept = changes.iter().filter(|c| shown.contains_key(&c.path)).count();
                    self.newer = gone - kept;
                }
                self.sync(session);
            }
            Event::Notice { text, .. } if text.starts_with(crate::engine::POLLING) => {
                self.polling = true;
            }
            _ => {}
        }
    }

    /// Another session begins anew; how it is looked at stays.
    fn adopt(&mut self, session: &State) {
        if self.session.as_ref() != Some(&session.id) {
            let (full, wordless, split) = (self.full, self.wordless, self.split);
            *self = Self { full, wordless, split, follow: true, ..Self::default() };
            self.session = Some(session.id.clone());
        }
    }

    /// Shows what the session says now, unless the pane is to stand still.
    pub(super) fn sync(&mut self, session: &State) {
        self.adopt(session);
        self.git = session.live.branch.is_some();
        let same = Arc::ptr_eq(&self.told, &session.live.changes);
        if self.paused || same && self.against == session.live.against {
            return;
        }
        self.paint.forget_places();
        self.armed = None;
        self.told = session.live.changes.clone();
        let (shown, against) = (self.unfolded.within(&self.told), session.live.against);
        if against != self.against {
            self.against = against;
            self.shown = shown;
            self.anchor = None;
            self.rebuild();
            (self.cursor, self.top) = (0, 0);
            return;
        }
        let held = self.held();
        let anchor = self.anchor.and_then(|at| self.place_of(at));
        self.shown = shown;
        self.rebuild();
        self.anchor = anchor.map(|(path, like)| self.find(&path, like));
        match self.known.newest.clone().filter(|_| self.follow) {
            Some((path, hunk)) => self.look_at(&path, hunk),
            None => self.hold(held),
        }
    }

    /// The rows anew, of what is shown.
    pub(super) fn rebuild(&mut self) {
        self.rows = Rows::new(&self.shown, self.two, &self.folded);
    }

    /// In one column or in two, or with other files folded: the reader keeps his line.
    pub(super) fn reshape(&mut self) {
        let held = self.held();
        self.anchor = None;
        self.rebuild();
        self.hold(held);
    }

    /// To the newest change, and to those that come.
    pub(super) fn follow(&mut self) {
        self.follow = true;
        self.anchor = None;
        let last = || self.shown.first().map(|change| (change.path.clone(), 0));
        if let Some((path, hunk)) = self.known.newest.clone().or_else(last) {
            self.look_at(&path, hunk);
        }
    }

    fn look_at(&mut self, path: &std::path::Path, hunk: usize) {
        let at = self.find(path, Like::Hunk(hunk));
        self.cursor = at;
        // The name of the file stays in sight, where that is near.
        let file = self.find(path, Like::File);
        self.top = if at - file.min(at) < 3 { file } else { at };
    }

    /// What the cursor is on, and how far below the first row in sight.
    fn held(&self) -> Option<((PathBuf, Like), usize)> {
        Some((self.place_of(self.cursor)?, self.cursor.saturating_sub(self.top)))
    }

    fn hold(&mut self, held: Option<((PathBuf, Like), usize)>) {
        let Some(((path, like), below)) = held else {
            (self.cursor, self.top) = (0, 0);
            return;
        };
        self.cursor = self.find(&path, like);
        self.top = self.cursor.saturating_sub(below);
    }

    fn place_of(&self, row: usize) -> Option<(PathBuf, Like)> {
        let spot = self.rows.spot(row)?;
        Some((self.shown.get(spot.file())?.path.clone(), self.rows.like(row)))
    }

    /// The row of a file that is most like that one; of a file that is gone the one that came next.
    fn find(&self, path: &std::path::Path, like: Like) -> usize {
        let at = self.shown.partition_point(|change| change.path.as_path() < path);
        let exact = self.shown.iter().position(|change| change.path == *path);
        let found = match exact {
            Some(at) => self.rows.find(at, like),
            None => self.rows.of_file(at.min(self.shown.len().saturating_sub(1))).start,
        };
        found.min(self.rows.len().saturating_sub(1))
    }
}

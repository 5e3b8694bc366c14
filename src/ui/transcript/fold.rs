//! What can be folded, and folding it.

use crate::protocol::Content;
use crate::session::{Entry, State};
use crate::ui::transcript::anchor::Place;
use crate::ui::transcript::column::Column;
use crate::ui::transcript::group::Group;

/// What to do with a fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Show all.
    Open,
    /// Show the line.
    Close,
    /// The other of the two.
    Toggle,
}

/// How something was folded before it was unfolded to be looked at.
#[derive(Debug, Clone, Copy)]
pub struct Folded {
    at: usize,
    cell: Option<bool>,
    run: Option<(usize, Option<bool>)>,
}

impl Column {
    /// Has the cell something to fold?
    pub fn can_fold(&self, at: usize, session: &State) -> bool {
        match session.entries.get(at) {
            Some(
                Entry::Call(_) | Entry::Prompt { .. } | Entry::Open(_) | Entry::Compacted { .. },
            ) => true,
            Some(Entry::Message { message, .. }) => {
                message.content.iter().any(|content| matches!(content, Content::Thinking { .. }))
            }
            _ => false,
        }
    }

    /// Folds or unfolds what is at `place`: a run of calls by its line, else the cell. Gives the
    /// place of the line that stays.
    pub fn fold(&mut self, place: Place, fold: Fold, session: &State) -> Place {
        let at = place.cell;
        let first = self.rows(at).iter().position(|row| !row.is_empty()).unwrap_or(0);
        let on_line = place.row <= first;
        let head = match self.cells.get(at).map(|cell| cell.group) {
            Some(Group::Head { .. }) if on_line || !self.is_run_unfolded(at) => Some(at),
            Some(Group::Member { head }) if fold == Fold::Close && !self.is_unfolded(at) => {
                Some(head)
            }
            _ => None,
        };
        if let Some(head) = head {
            let open = wanted(fold, self.is_run_unfolded(head));
            self.fold_run(head, Some(open), session);
            return Place::cell(head);
        }
        if let Some(open) = self.can_fold(at, session).then(|| wanted(fold, self.is_unfolded(at))) {
            self.cells[at].unfolded = Some(open);
            self.refresh(at, session);
        }
        Place { cell: at, row: first.min(place.row) }
    }

    /// Unfolds a cell and the run that it is part of; what was folded, to fold it again.
    pub fn reveal(&mut self, at: usize, session: &State) -> Folded {
        let head = match self.cells.get(at).map(|cell| cell.group) {
            Some(Group::Member { head }) => Some(head),
            Some(Group::Head { .. }) => Some(at),
            _ => None,
        };
        let run = head.map(|head| (head, self.cells[head].run_unfolded));
        let cell = self.cells.get(at).and_then(|cell| cell.unfolded);
        if let Some(head) = head {
            self.fold_run(head, Some(true), session);
        }
        if self.can_fold(at, session) {
            self.cells[at].unfolded = Some(true);
            self.refresh(at, session);
        }
        Folded { at, cell, run }
    }

    /// Folds again what was unfolded.
    pub fn conceal(&mut self, folded: &Folded, session: &State) {
        if let Some((head, open)) = folded.run.filter(|(head, _)| *head < self.cells.len()) {
            self.fold_run(head, open, session);
        }
        if let Some(cell) = self.cells.get_mut(folded.at) {
            cell.unfolded = folded.cell;
            self.refresh(folded.at, session);
        }
    }

    fn fold_run(&mut self, head: usize, open: Option<bool>, session: &State) {
        self.cells[head].run_unfolded = open;
        let members = (head..self.cells.len()).take_while(|&member| {
            let group = self.cells[member].group;
            member == head
                || group == Group::Member { head }
                || group == Group::Alone && self.rows(member).is_empty()
        });
        for member in members.collect::<Vec<_>>() {
            self.refresh(member, session);
        }
    }

    /// Wraps long lines of what tools print, or cuts them.
    pub fn toggle_wrap(&mut self, session: &State) {
        self.cut_lines = !self.cut_lines;
        self.folds += 1;
        self.forget_all(session);
    }

    /// Says when something was said and done, or does not.
    pub fn toggle_times(&mut self, session: &State) {
        self.times = !self.times;
        self.forget_all(session);
    }

    /// Is all unfolded?
    pub fn is_all_unfolded(&self) -> bool {
        self.all_unfolded
    }

    /// Folds or unfolds everything.
    pub fn fold_all(&mut self, open: bool, session: &State) {
        self.all_unfolded = open;
        self.folds += 1;
        for cell in &mut self.cells {
            cell.unfolded = None;
            cell.run_unfolded = None;
        }
        self.forget_all(session);
    }
}

fn wanted(fold: Fold, is_open: bool) -> bool {
    match fold {
        Fold::Open => true,
        Fold::Close => false,
        Fold::Toggle => !is_open,
    }
}

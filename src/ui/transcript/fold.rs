//! What can be folded, and folding it.

use crate::protocol::{Content, TextKind, text_of};
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

impl Column {
    /// Has the cell something to fold?
    pub fn can_fold(&self, at: usize, session: &State) -> bool {
        match session.entries.get(at) {
            Some(Entry::Call(_) | Entry::Prompt { .. } | Entry::Open(_)) => true,
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
            self.cells[head].run_unfolded = Some(open);
            let members = (head..self.cells.len()).take_while(|&member| {
                let group = self.cells[member].group;
                member == head
                    || group == Group::Member { head }
                    || group == Group::Alone && self.rows(member).is_empty()
            });
            for member in members.collect::<Vec<_>>() {
                self.refresh(member, session);
            }
            return Place::cell(head);
        }
        if let Some(open) = self.can_fold(at, session).then(|| wanted(fold, self.is_unfolded(at))) {
            self.cells[at].unfolded = Some(open);
            self.refresh(at, session);
        }
        Place { cell: at, row: first.min(place.row) }
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

/// The source of an entry, for the clipboard: markdown as it was said, output as it came.
pub fn source(entry: &Entry) -> Option<String> {
    let text = match entry {
        Entry::Prompt { content, .. } => text_of(content),
        Entry::Message { message, .. } => text_of(&message.content),
        Entry::Open(open) => {
            let texts = open.blocks.iter().filter(|block| block.kind == TextKind::Text);
            texts.map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n")
        }
        Entry::Call(call) => match &call.outcome {
            Some(outcome) if !outcome.text.is_empty() => outcome.text.clone(),
            _ => call.call.title.clone(),
        },
        Entry::Notice { text, .. } => text.clone(),
        Entry::TurnEnd { .. } => return None,
    };
    (!text.is_empty()).then_some(text)
}

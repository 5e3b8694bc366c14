//! A cell: the rows of one entry, kept only while they are near the view.

use crate::protocol::ModelId;
use crate::ui::row::Row;
use crate::ui::transcript::group::Group;

/// What an entry looks like from afar: which blank rows stand between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    /// Nothing is shown.
    #[default]
    Nothing,
    Prompt,
    Message,
    Call,
    End,
    Notice,
}

/// What stands above an entry and decides how it begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Above {
    /// The last entry that shows something.
    pub(super) kind: Kind,
    /// The model that speaks since the last prompt; its name is not said again.
    pub(super) speaker: Option<ModelId>,
}

/// The rows of one entry. Its height stands in the column's index.
#[derive(Debug, Default)]
pub(super) struct Cell {
    /// Its rows, where it is laid out.
    pub(super) rows: Vec<Row>,
    /// The rows are up to date and the height is exact.
    pub(super) laid_out: bool,
    pub(super) above: Above,
    pub(super) group: Group,
    /// The user folded or unfolded it.
    pub(super) unfolded: Option<bool>,
    /// The user folded or unfolded the run that begins here.
    pub(super) run_unfolded: Option<bool>,
    /// Code that its rows wait for.
    pub(super) waits: bool,
}

impl Cell {
    /// Forgets the rows; the height stays as a guess.
    pub(super) fn forget(&mut self) {
        self.rows = Vec::new();
        self.laid_out = false;
    }
}

//! A place in the transcript, and how it is found again when rows have other widths.

use crate::ui::row::Row;

/// A row: which cell, and which of its rows. The end is the cell after the last, row 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The cell, which is the entry of the same number.
    pub cell: usize,
    /// Its row.
    pub row: usize,
}

impl Place {
    /// The first row of a cell.
    pub fn cell(cell: usize) -> Self {
        Self { cell, row: 0 }
    }
}

/// The row that the reader holds on to. It remembers how it was taken, so that a size that comes
/// back brings back the same row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Anchor {
    place: Place,
    /// Of which layout `place` speaks.
    layout: u64,
    /// Letters of the cell before the row.
    letters: usize,
}

impl Anchor {
    /// Holds on to `place`, in a cell of these rows.
    pub(super) fn new(place: Place, layout: u64, rows: &[Row]) -> Self {
        let before = rows.get(..place.row.min(rows.len())).unwrap_or_default();
        Self { place, layout, letters: before.iter().map(letters).sum() }
    }

    /// The cell it is in.
    pub(super) fn cell(&self) -> usize {
        self.place.cell
    }

    /// Where it is in this layout: the row that holds the same letters.
    pub(super) fn place(&self, layout: u64, rows: &[Row]) -> Place {
        if layout == self.layout {
            return self.place;
        }
        let (mut before, mut row) = (0, 0);
        for (at, candidate) in rows.iter().enumerate() {
            if before > self.letters {
                break;
            }
            row = at;
            before += letters(candidate);
        }
        Place { row, ..self.place }
    }
}

/// What does not depend on the width: no blanks, no lines.
fn letters(row: &Row) -> usize {
    row.text()
        .chars()
        .filter(|c| !c.is_whitespace() && !('\u{2500}'..='\u{257f}').contains(c))
        .count()
}

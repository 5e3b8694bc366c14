//! A text in rows: where lines break at a width, and which cell each character takes.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::base::text;
use crate::ui::composer::atom::Atoms;

/// Cells from one stop of the tabulator to the next.
const TAB: usize = 4;

/// How many cells what is seen as one character takes, where it begins in column `col`.
pub(super) fn cells(atoms: &Atoms, grapheme: &str, col: usize) -> usize {
    match atoms.label(grapheme) {
        Some(label) => text::width(label),
        None if grapheme == "\t" => TAB - col % TAB,
        None => text::width(grapheme),
    }
}

/// The rows of a text, as the ranges of their bytes. A line's end belongs to no row; blanks at
/// which a row breaks stand at its end, beyond the width where they have no room.
pub(super) fn wrap(atoms: &Atoms, text: &str, width: usize) -> Vec<Range<usize>> {
    let width = width.max(1);
    let mut rows = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        wrap_line(atoms, line, start, width, &mut rows);
        start += line.len() + 1;
    }
    rows
}

fn wrap_line(atoms: &Atoms, line: &str, offset: usize, width: usize, rows: &mut Vec<Range<usize>>) {
    let (mut start, mut col) = (0, 0);
    // Where the row may break: after the last blank, and how wide it is up to there.
    let mut stop: Option<(usize, usize)> = None;
    for (at, grapheme) in line.grapheme_indices(true) {
        let blank = grapheme.chars().all(char::is_whitespace);
        let mut room = cells(atoms, grapheme, col);
        if col + room > width && !blank && at > start {
            let (end, used) = stop.unwrap_or((at, col));
            rows.push(offset + start..offset + end);
            start = end;
            col = col.saturating_sub(used);
            stop = None;
            // A word that is longer than a row breaks where the row is full.
            if col + room > width && at > start {
                rows.push(offset + start..offset + at);
                start = at;
                col = 0;
            }
            room = cells(atoms, grapheme, col);
        }
        col += room;
        if blank {
            stop = Some((at + grapheme.len(), col));
        }
    }
    rows.push(offset + start..offset + line.len());
}

/// The row that a place stands in; at a break, the later one.
pub(super) fn row_of(rows: &[Range<usize>], at: usize) -> usize {
    rows.partition_point(|row| row.start <= at).saturating_sub(1)
}

/// The column of a place in its row.
pub(super) fn column(atoms: &Atoms, text: &str, row: &Range<usize>, at: usize) -> usize {
    let before = &text[row.start..at.clamp(row.start, row.end)];
    before.graphemes(true).fold(0, |col, grapheme| col + cells(atoms, grapheme, col))
}

/// The place in a row that is nearest to a column and not after it; within the row, also where
/// the row goes on in the next one.
pub(super) fn place(
    atoms: &Atoms,
    text: &str,
    rows: &[Range<usize>],
    row: usize,
    col: usize,
) -> usize {
    let Some(range) = rows.get(row) else { return text.len() };
    let soft = rows.get(row + 1).is_some_and(|next| next.start == range.end);
    let (mut at, mut used) = (range.start, 0);
    for grapheme in text[range.clone()].graphemes(true) {
        let room = cells(atoms, grapheme, used);
        let after = at + grapheme.len();
        if used + room > col || (soft && after >= range.end) {
            break;
        }
        used += room;
        at = after;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_break_at_blanks_and_keep_all_of_the_text() {
        let atoms = Atoms::default();
        let table: &[(&str, usize, &[&str])] = &[
            ("", 10, &[""]),
            ("one two three", 7, &["one two ", "three"]),
            ("one two three", 8, &["one two ", "three"]),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
            ("a abcdefghij", 4, &["a ", "abcd", "efgh", "ij"]),
            ("\u{65e5}\u{672c}\u{8a9e}", 4, &["\u{65e5}\u{672c}", "\u{8a9e}"]),
            ("a\n\nb", 10, &["a", "", "b"]),
            ("e\u{301}e\u{301}e\u{301}", 2, &["e\u{301}e\u{301}", "e\u{301}"]),
            ("a    b", 3, &["a    ", "b"]),
            ("\u{65e5}", 1, &["\u{65e5}"]),
        ];
        for (text, width, expected) in table {
            let rows = wrap(&atoms, text, *width);
            let got: Vec<_> = rows.iter().map(|row| &text[row.clone()]).collect();
            assert_eq!(&got, expected, "{text:?} at {width}");
        }
    }
}

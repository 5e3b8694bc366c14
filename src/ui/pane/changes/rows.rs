//! The rows of all changes, one file after the other: what stands where. Made once per change; a
//! row is drawn from its [`Spot`] when it is in sight.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::protocol::{DiffLine, FileChange, Hunk, LineKind};
use crate::ui::widget::diff_rows::is_marker;

/// Line numbers of hostile hunks do not push the text out of sight.
const MOST_DIGITS: u32 = 7;

/// A line of a hunk on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Side {
    /// Which line of the hunk.
    pub at: u32,
    /// Its number in the file; 0 where it has none.
    pub number: u32,
}

/// What a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// A file begins.
    File(u32),
    /// A file that is not shown as lines.
    Note(u32),
    /// A hunk begins.
    Hunk {
        /// The file.
        file: u32,
        /// The hunk.
        hunk: u32,
    },
    /// A line; in two columns the two that stand beside each other.
    Line {
        /// The file.
        file: u32,
        /// The hunk.
        hunk: u32,
        /// The old line.
        left: Option<Side>,
        /// The new line.
        right: Option<Side>,
    },
}

impl Spot {
    /// Its file.
    pub(super) fn file(self) -> usize {
        let (Self::File(file) | Self::Note(file)) = self else {
            let (Self::Hunk { file, .. } | Self::Line { file, .. }) = self else { return 0 };
            return file as usize;
        };
        file as usize
    }

    /// Its hunk; none where it is of no hunk.
    pub(super) fn hunk(self) -> Option<usize> {
        match self {
            Self::Hunk { hunk, .. } | Self::Line { hunk, .. } => Some(hunk as usize),
            Self::File(_) | Self::Note(_) => None,
        }
    }

    /// The lines of the hunk that it shows: one, or two that stand beside each other.
    pub(super) fn lines(self) -> impl Iterator<Item = usize> {
        let (left, right) = match self {
            Self::Line { left, right, .. } => (left, right),
            _ => (None, None),
        };
        let right = right.filter(|right| left.is_none_or(|left| left.at != right.at));
        left.into_iter().chain(right).map(|side| side.at as usize)
    }
}

/// A row as it can be found again after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Like {
    File,
    Hunk(usize),
    Old(u32),
    New(u32),
}

/// All rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    spots: Vec<Spot>,
    files: Vec<usize>,
    hunks: Vec<usize>,
    digits: Vec<usize>,
}

impl Rows {
    /// The rows of `changes`, in one column or in two; of a folded file only its first.
    pub(super) fn new(changes: &[FileChange], split: bool, folded: &HashSet<PathBuf>) -> Self {
        let mut rows = Self::default();
        for (file, change) in (0..).zip(changes) {
            rows.files.push(rows.spots.len());
            rows.digits.push(digits(change));
            rows.spots.push(Spot::File(file));
            if folded.contains(&change.path) {
                continue;
            }
            if change.hunks.is_empty() {
                rows.spots.push(Spot::Note(file));
            }
            for (hunk, lines) in (0..).zip(&change.hunks) {
                rows.hunks.push(rows.spots.len());
                rows.spots.push(Spot::Hunk { file, hunk });
                rows.push(file, hunk, lines, split);
            }
        }
        rows
    }

    fn push(&mut self, file: u32, hunk: u32, of: &Hunk, split: bool) {
        let first = |start: usize| u32::try_from(start).unwrap_or(u32::MAX);
        let (mut old, mut new) = (first(of.old_start), first(of.new_start));
        let (mut removed, mut added) = (Vec::new(), Vec::new());
        let mut pair = |removed: &mut Vec<Side>, added: &mut Vec<Side>| {
            for at in 0..removed.len().max(added.len()) {
                let (left, right) = (removed.get(at).copied(), added.get(at).copied());
                self.spots.push(Spot::Line { file, hunk, left, right });
            }
            removed.clear();
            added.clear();
        };
        for (at, line) in (0..).zip(&of.lines) {
            match line.kind {
                LineKind::Removed => {
                    if !added.is_empty() {
                        pair(&mut removed, &mut added);
                    }
                    removed.push(side(at, line, &mut old));
                }
                LineKind::Added => added.push(side(at, line, &mut new)),
                LineKind::Context => {
                    pair(&mut removed, &mut added);
                    removed.push(side(at, line, &mut old));
                    added.push(side(at, line, &mut new));
                }
            }
            // In one column each line has its own row.
            if !split || line.kind == LineKind::Context {
                pair(&mut removed, &mut added);
            }
        }
        pair(&mut removed, &mut added);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.spots.len()
    }

    /// What row `at` is of.
    pub(super) fn spot(&self, at: usize) -> Option<Spot> {
        self.spots.get(at).copied()
    }

    /// The rows on which files begin.
    pub(super) fn files(&self) -> &[usize] {
        &self.files
    }

    /// The rows on which hunks begin.
    pub(super) fn hunks(&self) -> &[usize] {
        &self.hunks
    }

    /// The rows of a file.
    pub(super) fn of_file(&self, file: usize) -> std::ops::Range<usize> {
        let from = self.files.get(file).copied().unwrap_or(self.spots.len());
        from..self.files.get(file + 1).copied().unwrap_or(self.spots.len())
    }

    /// The rows of the hunk that row `at` is of, without its first; none where it is of no hunk.
    pub(super) fn of_hunk(&self, at: usize) -> Option<std::ops::Range<usize>> {
        self.spot(at)?.hunk()?;
        let place = self.hunks.partition_point(|&from| from <= at).checked_sub(1)?;
        let from = self.hunks[place];
        let file = self.of_file(self.spots[from].file());
        let to = self.hunks.get(place + 1).copied().unwrap_or(file.end).min(file.end);
        Some(from + 1..to)
    }

    /// Cells of the line numbers of a file, per side.
    pub(super) fn digits(&self, file: usize) -> usize {
        self.digits.get(file).copied().unwrap_or(3)
    }

    /// How row `at` can be found again.
    pub(super) fn like(&self, at: usize) -> Like {
        match self.spot(at) {
            Some(Spot::Hunk { hunk, .. }) => Like::Hunk(hunk as usize),
            Some(Spot::Line { right: Some(side), .. }) => Like::New(side.number),
            Some(Spot::Line { left: Some(side), .. }) => Like::Old(side.number),
            _ => Like::File,
        }
    }

    /// The row of a file that is most like that one.
    pub(super) fn find(&self, file: usize, like: Like) -> usize {
        let rows = self.of_file(file);
        let last = rows.end.saturating_sub(1).max(rows.start);
        let found = rows.clone().find(|&at| match (like, self.spots[at]) {
            (Like::File, _) => true,
            (Like::Hunk(hunk), spot) => spot.hunk() == Some(hunk),
            (Like::New(number), Spot::Line { right: Some(right), .. }) => right.number >= number,
            (Like::Old(number), Spot::Line { left: Some(left), right, .. }) => {
                left.number >= number && right.is_none()
            }
            _ => false,
        });
        let found = found.or_else(|| {
            let Like::Old(number) = like else { return None };
            rows.clone().find(|&at| {
                matches!(self.spots[at], Spot::Line { left: Some(left), .. } if left.number >= number)
            })
        });
        found.unwrap_or(last)
    }
}

/// A line on its side; only a real one is counted.
fn side(at: u32, line: &DiffLine, number: &mut u32) -> Side {
    if is_marker(line) {
        return Side { at, number: 0 };
    }
    let side = Side { at, number: *number };
    *number = number.saturating_add(1);
    side
}

fn digits(change: &FileChange) -> usize {
    let last = change
        .hunks
        .last()
        .map_or(0, |hunk| hunk.old_start.max(hunk.new_start).saturating_add(hunk.lines.len()));
    (last.checked_ilog10().unwrap_or(0) + 1).clamp(3, MOST_DIGITS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::pane::tests::change;

    /// Rows as `old|new`, a letter for what is no line.
    fn drawn(rows: &Rows) -> Vec<String> {
        let number =
            |side: Option<Side>| side.map_or(String::new(), |side| side.number.to_string());
        let one = |spot: &Spot| match *spot {
            Spot::File(_) => "f".to_owned(),
            Spot::Note(_) => "n".to_owned(),
            Spot::Hunk { .. } => "h".to_owned(),
            Spot::Line { left, right, .. } => format!("{}|{}", number(left), number(right)),
        };
        rows.spots.iter().map(one).collect()
    }

    #[test]
    fn one_column_and_two_show_the_same_lines() {
        let changes = [
            change("/w/a", &[(4, 4, &[" a", "-b", "-c", "+d", " e", "+f"]), (90, 90, &["-x"])]),
            change("/w/b", &[]),
        ];
        let none = HashSet::new();
        let one = Rows::new(&changes, false, &none);
        let two = Rows::new(&changes, true, &none);
        let both = ["f", "h", "4|4", "5|", "6|", "|5", "7|6", "|7", "h", "90|", "f", "n"];
        assert_eq!(drawn(&one), both);
        assert_eq!(drawn(&two), ["f", "h", "4|4", "5|5", "6|", "7|6", "|7", "h", "90|", "f", "n"]);
        assert_eq!((one.files(), one.hunks()), (&[0, 10][..], &[1, 8][..]));
        assert_eq!(
            (one.of_hunk(3), one.of_hunk(9), one.of_hunk(0)),
            (Some(2..8), Some(9..10), None)
        );
        let folded = HashSet::from(["/w/a".into()]);
        assert_eq!(drawn(&Rows::new(&changes, true, &folded)), ["f", "f", "n"]);
    }

    #[test]
    fn a_row_is_found_again_after_lines_came_before_it() {
        let none = HashSet::new();
        let before = [change("/w/a", &[(4, 4, &[" a", "-b", "+c", " d"])])];
        let after = [change("/w/a", &[(1, 1, &["+new"]), (4, 4, &[" a", "-b", "+c", " d"])])];
        let (before, after) = (Rows::new(&before, false, &none), Rows::new(&after, true, &none));
        let table = [(0, 0), (1, 1), (2, 4), (3, 5), (4, 5), (5, 6)];
        for (at, expected) in table {
            assert_eq!(after.find(0, before.like(at)), expected, "{at}");
        }
        assert_eq!(after.find(7, Like::New(3)), after.len(), "there is no such file");
    }

    #[test]
    fn five_thousand_hunks_are_indexed_at_once() {
        let lines: &[&str] = &[" a", "-b", "+c", " d"];
        let hunks: Vec<_> = (0..5_000).map(|at| (at * 20 + 1, at * 20 + 1, lines)).collect();
        let changes = [change("/w/a", &hunks)];
        let rows = Rows::new(&changes, false, &HashSet::new());
        assert_eq!((rows.len(), rows.hunks().len()), (1 + 5_000 * 5, 5_000));
        assert_eq!(rows.of_hunk(rows.len() - 1), Some(rows.len() - 4..rows.len()));
    }
}

//! The rows of a change, unified: line numbers, signs, text.

use std::path::Path;

use crate::base::text;
use crate::protocol::{DiffLine, FileChange, LineKind};
use crate::ui::theme::Role;
use crate::ui::widget::row::Row;

/// Line numbers of hostile hunks do not push the text out of sight.
const MOST_DIGITS: usize = 7;

/// Which line numbers stand before a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Old and new.
    Both,
    /// The new one; of a removed line the old one.
    One,
}

/// A change seen as rows: a separator before each hunk, then the hunk's lines.
///
/// An index over the hunks only: a row is made when it is asked for.
#[derive(Debug, Clone)]
pub struct DiffRows<'a> {
    change: &'a FileChange,
    name: String,
    numbers: Numbers,
    separators: Vec<usize>,
    len: usize,
    digits: usize,
}

/// What one row is of.
enum Part<'a> {
    Note,
    Separator(usize),
    Line { old: usize, new: usize, line: &'a DiffLine },
}

impl<'a> DiffRows<'a> {
    /// The rows of `change`; `name` is what its first separator calls the file.
    pub fn new(change: &'a FileChange, name: &str, numbers: Numbers) -> Self {
        let mut separators = Vec::with_capacity(change.hunks.len());
        let (mut len, mut last) = (0, 0);
        for hunk in &change.hunks {
            separators.push(len);
            len += hunk.lines.len() + 1;
            let start = hunk.old_start.max(hunk.new_start);
            last = last.max(start.saturating_add(hunk.lines.len()));
        }
        let digits = last.checked_ilog10().unwrap_or(0) as usize + 1;
        let name = text::sanitise(name).into_string();
        Self {
            change,
            name,
            numbers,
            separators,
            len: len.max(1),
            digits: digits.clamp(3, MOST_DIGITS),
        }
    }

    /// How many rows there are, unwrapped; at least one.
    #[allow(clippy::len_without_is_empty, reason = "there is always a row")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The row of each hunk's separator.
    pub fn separators(&self) -> &[usize] {
        &self.separators
    }

    /// At most `count` rows from row `from` on, each cut to `cells`.
    pub fn rows(&self, from: usize, count: usize, cells: usize) -> Vec<Row> {
        let parts = self.parts(from).take(count);
        parts.map(|part| self.row(&part, cells).truncated(cells)).collect()
    }

    /// All rows, wrapped so that nothing is cut, and where the separators stand among them.
    pub fn wrapped(&self, cells: usize) -> (Vec<Row>, Vec<usize>) {
        let (mut rows, mut separators) = (Vec::with_capacity(self.len), Vec::new());
        for part in self.parts(0) {
            if matches!(part, Part::Separator(_)) {
                separators.push(rows.len());
            }
            let indent = if matches!(part, Part::Line { .. }) { self.gutter() + 2 } else { 0 };
            rows.extend(self.row(&part, cells).wrapped(cells, indent));
        }
        (rows, separators)
    }

    fn parts(&self, from: usize) -> impl Iterator<Item = Part<'a>> {
        let hunk = self.separators.partition_point(|&at| at <= from).saturating_sub(1);
        let skip = from - self.separators.get(hunk).copied().unwrap_or(0).min(from);
        let hunks = self.change.hunks.iter().enumerate().skip(hunk);
        let parts = hunks.flat_map(|(at, hunk)| {
            let (mut old, mut new) = (hunk.old_start, hunk.new_start);
            let lines = hunk.lines.iter().map(move |line| {
                let part = Part::Line { old, new, line };
                old = old.saturating_add(usize::from(line.kind != LineKind::Added));
                new = new.saturating_add(usize::from(line.kind != LineKind::Removed));
                part
            });
            std::iter::once(Part::Separator(at)).chain(lines)
        });
        let note = self.change.hunks.is_empty().then_some(Part::Note);
        note.into_iter().chain(parts).skip(skip)
    }

    fn gutter(&self) -> usize {
        match self.numbers {
            Numbers::Both => 2 * self.digits + 1,
            Numbers::One => self.digits,
        }
    }

    fn row(&self, part: &Part<'_>, cells: usize) -> Row {
        match part {
            Part::Note => Row::new(Role::Muted, self.note()),
            Part::Separator(at) => self.separator(*at, cells),
            Part::Line { old, new, line } => self.line(*old, *new, line, cells),
        }
    }

    fn note(&self) -> String {
        match &self.change.note {
            Some(note) => format!("{}: not shown as lines", text::sanitise(note)),
            None if self.change.added + self.change.removed == 0 => "no line differs".to_owned(),
            None => "not shown as lines".to_owned(),
        }
    }

    fn separator(&self, at: usize, cells: usize) -> Row {
        let of = self.change.hunks.len();
        let hunk = format!("hunk {}/{of} ", at + 1);
        let row = Row::new(Role::Border, "─ ");
        let row = if at == 0 && !self.name.is_empty() {
            let room = cells.saturating_sub(text::width(&hunk) + 6);
            let name = text::truncate_start(&self.name, room);
            row.with(Role::Heading, name).with(Role::Border, " ─ ")
        } else {
            row
        };
        let row = row.with(Role::Muted, hunk);
        let rule = "─".repeat(cells.saturating_sub(row.width()));
        row.with(Role::Border, rule)
    }

    fn line(&self, old: usize, new: usize, line: &DiffLine, cells: usize) -> Row {
        let digits = self.digits;
        let (sign, role) = match line.kind {
            LineKind::Context => (' ', Role::Text),
            LineKind::Added => ('+', Role::DiffAdd),
            LineKind::Removed => ('-', Role::DiffDel),
        };
        let gutter = match (self.numbers, line.kind) {
            (Numbers::Both, LineKind::Context) => format!("{old:>digits$} {new:>digits$}"),
            (Numbers::Both, LineKind::Removed) => format!("{old:>digits$} {:digits$}", ""),
            (Numbers::Both, LineKind::Added) => format!("{:digits$} {new:>digits$}", ""),
            (Numbers::One, LineKind::Removed) => format!("{old:>digits$}"),
            (Numbers::One, _) => format!("{new:>digits$}"),
        };
        let row = Row::new(Role::DiffGutter, gutter)
            .with(role, format!(" {sign} "))
            .with(role, shown(line));
        if line.kind == LineKind::Context { row } else { row.filled(role, cells) }
    }
}

/// A path as it is shown: inside the project from there on, else whole.
pub fn relative(path: &Path, project: &Path) -> String {
    let inner = path.strip_prefix(project).ok().filter(|inner| !inner.as_os_str().is_empty());
    text::sanitise(&inner.unwrap_or(path).to_string_lossy()).into_string()
}

/// A line as it is shown: tabs as blanks, what is invisible as its number, and blanks at the end
/// of an added line as dots, for they are what nobody sees.
fn shown(line: &DiffLine) -> String {
    let pieces: Vec<_> =
        line.text.split('\n').map(|piece| text::sanitise_lines(piece).into_string()).collect();
    let mut shown = pieces.join("<U+000A>");
    if line.kind == LineKind::Added {
        let kept = shown.trim_end_matches(' ').len();
        let blanks = shown.len() - kept;
        shown.truncate(kept);
        shown.extend(std::iter::repeat_n('·', blanks));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::pane::tests::{change, line};

    fn texts(rows: &[Row]) -> Vec<String> {
        rows.iter().map(|row| row.text().trim_end().to_owned()).collect()
    }

    #[test]
    fn numbers_follow_the_lines() {
        let change = change("/w/a.rs", &[(39, 39, &[" a", "-b", "+c", "+d ", " e"])]);
        let rows = DiffRows::new(&change, "a.rs", Numbers::Both);
        assert_eq!(
            texts(&rows.rows(0, 10, 30)),
            [
                "─ a.rs ─ hunk 1/1 ────────────",
                " 39  39   a",
                " 40     - b",
                "     40 + c",
                "     41 + d·",
                " 41  42   e",
            ]
        );
        let rows = DiffRows::new(&change, "a.rs", Numbers::One);
        assert_eq!(texts(&rows.rows(2, 2, 30)), [" 40 - b", " 40 + c"]);
    }

    #[test]
    fn any_window_is_the_same_part_of_the_whole() {
        let hunk: &[&str] = &[" a", "-b", "+c"];
        let change = change("/w/a.rs", &[(1, 1, hunk), (20, 20, hunk), (400, 400, hunk)]);
        let rows = DiffRows::new(&change, "a.rs", Numbers::Both);
        let all = rows.rows(0, usize::MAX, 40);
        assert_eq!(all.len(), rows.len());
        for from in 0..all.len() + 2 {
            assert_eq!(
                rows.rows(from, 3, 40),
                all[from.min(all.len())..][..3.min(all.len().saturating_sub(from))]
            );
        }
    }

    #[test]
    fn hostile_lines_are_shown_and_wrapping_cuts_nothing() {
        let mut hostile =
            change("/w/a.rs", &[(usize::MAX, 0, &["+x\u{1b}[2J\u{202e}y\n\tz", "-b"])]);
        let rows = DiffRows::new(&hostile, "a\u{1b}b", Numbers::Both);
        let (wrapped, separators) = rows.wrapped(90);
        let whole: String = wrapped.iter().map(Row::text).collect();
        assert!(whole.contains("x<U+001B>[2J<U+202E>y<U+000A>"), "{whole}");
        assert!(whole.contains("a<U+001B>b"), "{whole}");
        assert_eq!(separators, [0]);
        hostile.hunks.clear();
        hostile.note = Some("binary".into());
        let rows = DiffRows::new(&hostile, "a", Numbers::Both).rows(0, 5, 40);
        assert_eq!(texts(&rows), ["binary: not shown as lines"]);
    }

    #[test]
    fn a_long_line_is_cut_with_a_mark_or_wrapped_whole() {
        let mut long = change("/w/a.rs", &[(1, 1, &["+x"])]);
        long.hunks[0].lines = vec![line(&format!("+{}", "0123456789".repeat(9)))];
        let rows = DiffRows::new(&long, "a.rs", Numbers::One);
        assert!(rows.rows(1, 1, 40)[0].text().ends_with('…'));
        let digits: usize = rows.wrapped(40).0[1..]
            .iter()
            .map(|row| row.text().matches(|c: char| c.is_ascii_digit()).count())
            .sum();
        assert_eq!(digits, 90 + 1);
    }
}

//! The rows of a change, unified: line numbers, signs, text.

use std::ops::Range;
use std::path::Path;

use crate::base::text;
use crate::base::text::Sanitised;
use crate::diff;
use crate::protocol::{DiffLine, FileChange, Hunk, LineKind};
use crate::ui::row::{Ink, Row};
use crate::ui::theme::Role;

/// Line numbers of hostile hunks do not push the text out of sight.
const MOST_DIGITS: usize = 7;
/// How far into a run of changed lines a line's counterpart is looked for.
const NEAR: usize = 200;
/// Rows of a wrapped change in which words are pointed out: the rest would take too long at once.
const WORDY: usize = 1_000;

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
    name: Sanitised,
    numbers: Numbers,
    separators: Vec<usize>,
    len: usize,
    digits: usize,
}

/// What one row is of.
enum Part<'a> {
    Note,
    Separator(usize),
    Line { old: usize, new: usize, lines: &'a [DiffLine], at: usize },
}

impl<'a> DiffRows<'a> {
    /// The rows of `change`; `name` is what its first separator calls the file.
    pub fn new(change: &'a FileChange, name: Sanitised, numbers: Numbers) -> Self {
        let mut separators = Vec::with_capacity(change.hunks.len());
        let (mut len, mut last) = (0, 0);
        for hunk in &change.hunks {
            separators.push(len);
            len += hunk.lines.len() + 1;
            let start = hunk.old_start.max(hunk.new_start);
            last = last.max(start.saturating_add(hunk.lines.len()));
        }
        let digits = last.checked_ilog10().unwrap_or(0) as usize + 1;
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
        parts.map(|part| self.row(&part, cells, true).truncated(cells)).collect()
    }

    /// All rows, wrapped so that nothing is cut, and where the separators stand among them.
    pub fn wrapped(&self, cells: usize) -> (Vec<Row>, Vec<usize>) {
        let (mut rows, mut separators) = (Vec::with_capacity(self.len), Vec::new());
        for part in self.parts(0) {
            if matches!(part, Part::Separator(_)) {
                separators.push(rows.len());
            }
            let indent = if matches!(part, Part::Line { .. }) { self.gutter() + 2 } else { 0 };
            let row = self.row(&part, cells, rows.len() < WORDY);
            rows.extend(row.wrapped(cells, indent));
        }
        (rows, separators)
    }

    /// The rows of each line, hunk after hunk, without separators: wrapped so that nothing is cut.
    /// With `words`, what differs inside a line stands out.
    pub fn lines(&self, cells: usize, words: bool) -> impl Iterator<Item = Vec<Row>> {
        let lines = self.parts(0).filter(|part| matches!(part, Part::Line { .. }));
        lines.enumerate().map(move |(at, part)| {
            self.row(&part, cells, words && at < WORDY).wrapped(cells, self.gutter() + 2)
        })
    }

    fn parts(&self, from: usize) -> impl Iterator<Item = Part<'a>> {
        let hunk = self.separators.partition_point(|&at| at <= from).saturating_sub(1);
        let skip = from - self.separators.get(hunk).copied().unwrap_or(0).min(from);
        let hunks = self.change.hunks.iter().enumerate().skip(hunk);
        let parts = hunks.flat_map(|(at, hunk)| {
            let (mut old, mut new) = (hunk.old_start, hunk.new_start);
            let lines = hunk.lines.iter().enumerate().map(move |(at, line)| {
                let part = Part::Line { old, new, lines: &hunk.lines, at };
                let counts = !is_marker(line);
                old = old.saturating_add(usize::from(counts && line.kind != LineKind::Added));
                new = new.saturating_add(usize::from(counts && line.kind != LineKind::Removed));
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

    fn row(&self, part: &Part<'_>, cells: usize, words: bool) -> Row {
        match part {
            Part::Note => Row::new(text::sanitise(&self.note()), Role::Muted),
            Part::Separator(at) => self.separator(*at, cells),
            Part::Line { old, new, lines, at } => {
                let line = &lines[*at];
                let differs = if words { differing(lines, *at) } else { Vec::new() };
                self.line(*old, *new, line, &differs, cells)
            }
        }
    }

    fn note(&self) -> String {
        match &self.change.note {
            Some(note) => format!("{note}: not shown as lines"),
            None if self.change.added + self.change.removed == 0 => "no line differs".to_owned(),
            None => "not shown as lines".to_owned(),
        }
    }

    fn separator(&self, at: usize, cells: usize) -> Row {
        let of = self.change.hunks.len();
        let hunk = format!("hunk {}/{of} · {} ", at + 1, lines_of(&self.change.hunks[at]));
        let mut row = Row::new("─ ", Role::Border);
        if at == 0 && !self.name.as_str().is_empty() {
            let room = cells.saturating_sub(text::width(&hunk) + 6);
            row = row.with(self.name.truncate_start(room), Role::Heading).with(" ─ ", Role::Border);
        }
        row.push(text::sanitise(&hunk), Role::Muted);
        row.repeat("─", cells.saturating_sub(row.width()), Role::Border);
        row
    }

    fn line(
        &self,
        old: usize,
        new: usize,
        line: &DiffLine,
        differs: &[Range<usize>],
        cells: usize,
    ) -> Row {
        let digits = self.digits;
        let (sign, role, word) = match line.kind {
            LineKind::Context => ("   ", Role::Text, Role::Text),
            LineKind::Added => (" + ", Role::DiffAdd, Role::DiffAddWord),
            LineKind::Removed => (" - ", Role::DiffDel, Role::DiffDelWord),
        };
        let gutter = match (self.numbers, line.kind) {
            _ if is_marker(line) => " ".repeat(self.gutter()),
            (Numbers::Both, LineKind::Context) => format!("{old:>digits$} {new:>digits$}"),
            (Numbers::Both, LineKind::Removed) => format!("{old:>digits$} {:digits$}", ""),
            (Numbers::Both, LineKind::Added) => format!("{:digits$} {new:>digits$}", ""),
            (Numbers::One, LineKind::Removed) => format!("{old:>digits$}"),
            (Numbers::One, _) => format!("{new:>digits$}"),
        };
        let mut row = Row::new(text::sanitise(&gutter), Role::DiffGutter).with(sign, role);
        let all = text::sanitise_line(&line.text);
        // Blanks at the end of an added line are what nobody sees: they are shown as dots.
        let whole = all.as_str().len();
        let kept = if line.kind == LineKind::Added { all.trim_end() } else { all };
        let length = kept.as_str().len();
        // What is shown of a prefix is a prefix of what is shown.
        let place = |at: usize| {
            let prefix = text::sanitise_line(line.text.get(..at).unwrap_or(""));
            prefix.as_str().len().min(length)
        };
        let words = differs.iter().map(|at| (place(at.start)..place(at.end), Ink::exact(word)));
        let mut said = Row::new(kept, Ink::exact(role));
        said.paint(&words.collect::<Vec<_>>());
        row.join(&said);
        row.repeat("·", whole - length, word);
        if line.kind == LineKind::Context { row } else { row.padded(role, cells) }
    }
}

/// Which lines a hunk is about: of the new file; of the old one, where nothing is left.
pub fn lines_of(hunk: &Hunk) -> String {
    let count = |but| hunk.lines.iter().filter(|l| l.kind != but && !is_marker(l)).count();
    let (from, count) = match count(LineKind::Removed) {
        0 => (hunk.old_start, count(LineKind::Added)),
        new => (hunk.new_start, new),
    };
    match count {
        0 | 1 => format!("line {from}"),
        _ => format!("lines {from}-{}", from.saturating_add(count - 1)),
    }
}

/// Does it only say that the line before it has no newline?
pub fn is_marker(line: &DiffLine) -> bool {
    line.text == diff::NO_NEWLINE
}

/// What of a changed line is not in its counterpart: the line of the same place in the other half
/// of a run of removed and then added lines.
pub fn differing(lines: &[DiffLine], at: usize) -> Vec<Range<usize>> {
    let kind = lines[at].kind;
    let of = |want: LineKind| move |line: &&DiffLine| line.kind == want;
    let before =
        |want, end: usize| lines[..end].iter().rev().take(NEAR).take_while(of(want)).count();
    let inside = before(kind, at);
    let other = match kind {
        _ if inside == NEAR => None,
        LineKind::Context => None,
        LineKind::Removed => {
            let rest = lines[at..].iter().take(NEAR).take_while(of(LineKind::Removed)).count();
            Some(at + rest + inside)
        }
        LineKind::Added => Some(at - before(LineKind::Removed, at - inside)),
    };
    let Some(other) = other.and_then(|at| lines.get(at)) else { return Vec::new() };
    match (kind, other.kind) {
        (LineKind::Removed, LineKind::Added) => diff::words(&lines[at].text, &other.text).old,
        (LineKind::Added, LineKind::Removed) => diff::words(&other.text, &lines[at].text).new,
        _ => Vec::new(),
    }
}

/// How many lines were added and removed: `+9 -2`.
pub fn counts(change: &FileChange) -> Row {
    Row::new(text::sanitise(&format!("+{}", change.added)), Role::DiffAddCount)
        .with(" ", Role::Text)
        .with(text::sanitise(&format!("-{}", change.removed)), Role::DiffDelCount)
}

/// A path as it is shown: inside the project from there on, else whole.
pub fn relative(path: &Path, project: &Path) -> Sanitised {
    let inner = path.strip_prefix(project).ok().filter(|inner| !inner.as_os_str().is_empty());
    text::sanitise_exact_line(&inner.unwrap_or(path).to_string_lossy())
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
        let rows = DiffRows::new(&change, text::sanitise("a.rs"), Numbers::Both);
        assert_eq!(
            texts(&rows.rows(0, 10, 40)),
            [
                "─ a.rs ─ hunk 1/1 · lines 39-42 ────────",
                " 39  39   a",
                " 40     - b",
                "     40 + c",
                "     41 + d·",
                " 41  42   e",
            ]
        );
        let rows = DiffRows::new(&change, text::sanitise("a.rs"), Numbers::One);
        assert_eq!(texts(&rows.rows(2, 2, 30)), [" 40 - b", " 40 + c"]);
    }

    #[test]
    fn any_window_is_the_same_part_of_the_whole() {
        let hunk: &[&str] = &[" a", "-b", "+c"];
        let change = change("/w/a.rs", &[(1, 1, hunk), (20, 20, hunk), (400, 400, hunk)]);
        let rows = DiffRows::new(&change, text::sanitise("a.rs"), Numbers::Both);
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
        let rows = DiffRows::new(&hostile, text::sanitise("a\u{1b}b"), Numbers::Both);
        let (wrapped, separators) = rows.wrapped(90);
        let whole: String = wrapped.iter().map(Row::text).collect();
        assert!(whole.contains("x<U+001B>[2J<U+202E>y<U+000A>"), "{whole}");
        assert!(whole.contains("a<U+001B>b"), "{whole}");
        assert_eq!(separators, [0]);
        hostile.hunks.clear();
        hostile.note = Some("binary".into());
        let rows = DiffRows::new(&hostile, text::sanitise("a"), Numbers::Both).rows(0, 5, 40);
        assert_eq!(texts(&rows), ["binary: not shown as lines"]);
    }

    #[test]
    fn a_long_line_is_cut_with_a_mark_or_wrapped_whole() {
        let mut long = change("/w/a.rs", &[(1, 1, &["+x"])]);
        long.hunks[0].lines = vec![line(&format!("+{}", "0123456789".repeat(9)))];
        let rows = DiffRows::new(&long, text::sanitise("a.rs"), Numbers::One);
        assert!(rows.rows(1, 1, 40)[0].text().ends_with('…'));
        let digits: usize = rows.wrapped(40).0[1..]
            .iter()
            .map(|row| row.text().matches(|c: char| c.is_ascii_digit()).count())
            .sum();
        assert_eq!(digits, 90 + 1);
    }

    #[test]
    fn words_that_differ_stand_out_in_their_lines() {
        let change = change(
            "/w/a.rs",
            &[(
                1,
                1,
                &["-\tlet a = one;", "-let b = 1;", "+\tlet a = two;", "+let b = 2;", "+new"],
            )],
        );
        let rows = DiffRows::new(&change, text::sanitise("a.rs"), Numbers::One).rows(1, 5, 40);
        let words = |role| -> Vec<String> { rows.iter().map(|row| row.of(role)).collect() };
        assert_eq!(words(Role::DiffDelWord), ["one", "1", "", "", ""]);
        assert_eq!(words(Role::DiffAddWord), ["", "", "two", "2", ""]);
        assert_eq!(rows[0].text().trim_end(), "  1 -     let a = one;");
    }

    #[test]
    fn a_missing_newline_has_no_number() {
        let change = change("/w/a", &[(7, 7, &["-a", "-\\ No newline at end of file", "+a"])]);
        let rows = DiffRows::new(&change, text::sanitise("a"), Numbers::One);
        let want = ["  7 - a", "    - \\ No newline at end of file", "  7 + a"];
        assert_eq!(texts(&rows.rows(1, 3, 40)), want);
    }

    #[test]
    fn a_long_change_is_wrapped_quickly_and_windowed_anywhere() {
        let old = (0..20_000).map(|n| format!("-let value_{n} = {n};"));
        let new = (0..20_000).map(|n| format!("+let value_{n} = {};", n + 1));
        let lines: Vec<String> = old.chain(new).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let change = change("/w/a", &[(1, 1, &lines)]);
        let rows = DiffRows::new(&change, text::sanitise("a"), Numbers::Both);
        assert_eq!(rows.wrapped(80).0.len(), 40_001);
        assert!(rows.rows(30_000, 1, 80)[0].text().contains("value_9999 = 10000"));
    }
}

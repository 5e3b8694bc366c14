//! The rows of an edit whose hunks can be chosen: a box before each, what is left out, comments.

use crate::base::text;
use crate::protocol::{FileChange, Hunk, LineKind};
use crate::ui::pane::permission::content::Content;
use crate::ui::pane::permission::pick::{Chosen, Picks, Stop};
use crate::ui::row::Row;
use crate::ui::theme::Role;
use crate::ui::widget::diff_rows::{DiffRows, Numbers};

/// Cells before a line: the cursor, whether it is left out, air.
const MARGIN: usize = 3;
/// Below so many cells there is one line number.
const WIDE: usize = 70;
/// From so many cells on two sides stand beside each other.
const SIDES: usize = 60;

/// How a change is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// Old and new beside each other.
    pub(super) split: bool,
    /// What differs inside a line stands out.
    pub(super) words: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self { split: false, words: true }
    }
}

/// Appends the rows of `change`, no wider than `cells`.
pub(super) fn rows(
    content: &mut Content,
    change: &FileChange,
    picks: &Picks,
    manner: Manner,
    cells: usize,
) {
    let split = manner.split && cells >= SIDES;
    let room = cells.saturating_sub(MARGIN);
    let room = if split { room.saturating_sub(3) / 2 } else { room };
    let numbers = if split || cells < WIDE { Numbers::One } else { Numbers::Both };
    let diff = DiffRows::new(change, text::sanitise(""), numbers);
    let mut lines = diff.lines(room, manner.words);
    for (at, hunk) in change.hunks.iter().enumerate() {
        if at > 0 {
            content.rows.push(Row::default());
        }
        content.hunks.push(content.rows.len());
        content.stops.push((content.rows.len(), Stop { hunk: at, line: None }));
        content.rows.push(head(change, picks, at, cells));
        let of: Vec<Vec<Row>> = lines.by_ref().take(hunk.lines.len()).collect();
        if split {
            beside(content, hunk, picks, at, &of, (room, cells));
        } else {
            for (line, rows) in of.into_iter().enumerate() {
                place(content, Stop { hunk: at, line: Some(line) });
                let out = picks.is_out(at, line);
                for (nth, row) in rows.into_iter().enumerate() {
                    content.rows.push(margin(out && nth == 0).then(&toned(row, out)));
                }
                comment(content, picks, at, line, cells);
            }
        }
    }
}

fn place(content: &mut Content, stop: Stop) {
    content.stops.push((content.rows.len(), stop));
}

/// What stands before a line: the cell of the cursor, and a sign where it is left out.
fn margin(out: bool) -> Row {
    if out {
        Row::new(" ", Role::Text).with("✗", Role::RiskChange).with(" ", Role::Text)
    } else {
        Row::new("   ", Role::Text)
    }
}

/// The row, quieter where it is left out. Blanks that it begins with are blanks of its text then.
fn toned(row: Row, out: bool) -> Row {
    let mut toned = flat(row);
    if out {
        let whole = 0..toned.text().len();
        toned.paint(&[(whole, Role::Muted)]);
    }
    toned
}

/// The row without an indent: as blanks.
fn flat(row: Row) -> Row {
    let indent = row.width() - text::width(row.text());
    if indent == 0 {
        return row;
    }
    let mut flat = Row::default();
    flat.repeat(" ", indent, Role::Text);
    flat.then(&row)
}

/// A comment, below its line.
fn comment(content: &mut Content, picks: &Picks, hunk: usize, line: usize, cells: usize) {
    if let Some(said) = picks.comment(hunk, line) {
        let row = Row::new("      ^ your comment: ", Role::Accent)
            .with(text::sanitise(said), Role::Prompt);
        content.rows.extend(row.wrapped(cells, 8));
    }
}

/// The head of a hunk: its box, which lines it is about, and how much of it is chosen.
fn head(change: &FileChange, picks: &Picks, at: usize, cells: usize) -> Row {
    let hunk = &change.hunks[at];
    let (mark, role, word) = match picks.chosen(at) {
        Chosen::All => ("[x]", Role::Ok, "chosen"),
        Chosen::Part => ("[-]", Role::Wait, "in part"),
        Chosen::None => ("[ ]", Role::Muted, "left out"),
    };
    let count = |kind| hunk.lines.iter().filter(|line| line.kind == kind).count();
    let words = format!(
        " hunk {}/{} · {}",
        at + 1,
        change.hunks.len(),
        crate::ui::widget::diff_rows::lines_of(hunk)
    );
    let (added, removed) = (count(LineKind::Added), count(LineKind::Removed));
    let right = Row::new(text::sanitise(&format!("+{added}")), Role::DiffAddCount)
        .with(" ", Role::Text)
        .with(text::sanitise(&format!("-{removed}")), Role::DiffDelCount)
        .with(text::sanitise(&format!("  {word:8}")), role);
    let left =
        Row::new(" ", Role::Text).with(mark, role).with(text::sanitise(&words), Role::Heading);
    left.justified(&right, cells)
}

/// Old and new beside each other: a run of removed lines on the left, what was added instead on the
/// right. Nothing is cut: the longer side makes the row longer.
fn beside(
    content: &mut Content,
    hunk: &Hunk,
    picks: &Picks,
    at: usize,
    rows: &[Vec<Row>],
    (room, cells): (usize, usize),
) {
    let kind = |line: usize| hunk.lines.get(line).map(|line| line.kind);
    let run = |from: usize, wanted: LineKind| {
        (from..hunk.lines.len()).take_while(|line| kind(*line) == Some(wanted)).count()
    };
    let mut from = 0;
    while from < hunk.lines.len() {
        let (old, new) = match kind(from) {
            Some(LineKind::Context) => {
                pair(content, picks, at, (Some(from), Some(from)), rows, room);
                comment(content, picks, at, from, cells);
                from += 1;
                continue;
            }
            _ => {
                let old = run(from, LineKind::Removed);
                (old, run(from + old, LineKind::Added))
            }
        };
        for nth in 0..old.max(new) {
            let left = (nth < old).then_some(from + nth);
            let right = (nth < new).then_some(from + old + nth);
            pair(content, picks, at, (left, right), rows, room);
            for line in left.into_iter().chain(right) {
                comment(content, picks, at, line, cells);
            }
        }
        from += old + new;
    }
}

fn pair(
    content: &mut Content,
    picks: &Picks,
    at: usize,
    (left, right): (Option<usize>, Option<usize>),
    rows: &[Vec<Row>],
    room: usize,
) {
    for line in left.into_iter().chain(right.filter(|right| Some(*right) != left)) {
        place(content, Stop { hunk: at, line: Some(line) });
    }
    let of =
        |line: Option<usize>| line.and_then(|line| rows.get(line)).map_or(&[][..], |rows| rows);
    let out = |line: Option<usize>| line.is_some_and(|line| picks.is_out(at, line));
    for nth in 0..of(left).len().max(of(right).len()) {
        let side = |line: Option<usize>| {
            let row = of(line).get(nth).cloned().unwrap_or_default();
            toned(row, out(line))
        };
        let middle = if out(right) && nth == 0 { " ✗ " } else { " │ " };
        let row = margin(out(left) && nth == 0)
            .then(&side(left).padded(Role::Text, room))
            .with(middle, Role::Border)
            .then(&side(right));
        content.rows.push(row);
    }
}

//! Tool calls: one line each, what they print while they run, what they changed, and all of it
//! where they are unfolded.

use std::path::Path;

use crate::base::cap;
use crate::base::clock;
use crate::base::text;
use crate::protocol::{FileChange, LineKind, Preview, ToolKind, ToolOutcome, ToolStatus};
use crate::session::CallEntry;
use crate::ui::row::{Origin, Row};
use crate::ui::theme::{Role, spinner};
use crate::ui::transcript::build::{Moment, plain_of};
use crate::ui::transcript::source::{ASKED, LINES, OUTPUT, TITLE, asked};
use crate::ui::widget::elapsed;

/// Lines of a running call's output.
const TAIL: usize = 3;
/// Last lines of a failed call's output.
const FAILED: usize = 5;
/// Lines of the first hunk.
const HUNK: usize = 8;
/// Rows of an unfolded part.
const UNFOLDED: usize = 400;
/// Bytes of a text of which rows are made at most.
const BYTES: usize = 128 * 1024;

/// How a call is looked at.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is switched by itself")]
pub(super) struct Manner {
    pub(super) width: usize,
    pub(super) unfolded: bool,
    /// A question about it waits for the user.
    pub(super) asked: bool,
    pub(super) moment: Moment,
    /// Long lines are wrapped, not cut.
    pub(super) wrap: bool,
    /// It is said when it began.
    pub(super) times: bool,
}

/// The rows of a call.
pub(super) fn rows(entry: &CallEntry, manner: Manner) -> Vec<Row> {
    let mut rows = vec![head(entry, manner)];
    if manner.unfolded {
        input(entry, manner, &mut rows);
    }
    let changes = changes(entry);
    if !changes.is_empty() {
        diff(changes, manner, &mut rows);
    }
    match entry.outcome.as_deref() {
        None if entry.tail.is_empty() => {}
        None => tail(&entry.tail, TAIL, manner, &mut rows),
        Some(outcome) if manner.unfolded => {
            output(&outcome.text, manner, &mut rows);
        }
        Some(outcome) if outcome.status == ToolStatus::Failed => {
            tail(&outcome.text, FAILED, manner, &mut rows);
        }
        Some(outcome) if outcome.status == ToolStatus::Denied => {
            tail(&outcome.text, 1, manner, &mut rows);
        }
        Some(_) => {}
    }
    rows
}

/// How many rows it will take, roughly.
pub(super) fn estimate(entry: &CallEntry) -> usize {
    let first = changes(entry).first().and_then(|change| change.hunks.first());
    let hunk = first.map_or(0, |hunk| {
        hunk.lines.iter().filter(|line| line.kind != LineKind::Context).take(HUNK).count()
    });
    let failed = entry.outcome.as_ref().is_some_and(|o| o.status == ToolStatus::Failed);
    1 + hunk + if failed { FAILED } else { 0 }
}

/// What it changed, or will.
pub(super) fn changes(entry: &CallEntry) -> &[FileChange] {
    let edits = entry.call.kind == ToolKind::Edit;
    match (&entry.outcome, &entry.call.preview) {
        (Some(outcome), _) if edits && outcome.status == ToolStatus::Done => &entry.changes,
        (None, Some(Preview::Diff { change })) => std::slice::from_ref(change),
        _ => &[],
    }
}

fn head(entry: &CallEntry, manner: Manner) -> Row {
    let call = &entry.call;
    let open = manner.unfolded || !changes(entry).is_empty();
    let mut row = Row::new(if open { "▾ " } else { "  " }, Role::Muted);
    let (glyph, role) = sign(entry, manner.asked, manner.moment.phase);
    row.push(glyph, role);
    row.push(" ", Role::Text);
    let verb = text::sanitise(&call.verb).truncate(20);
    let pad = 6_usize.saturating_sub(text::width(verb.as_str())) + 1;
    row.push(&verb, Role::Strong);
    row.repeat(" ", pad, Role::Text);
    let mut right = right(entry, manner);
    if manner.times {
        right.push(text::sanitise(&format!("  {}", clock::time_of_day(entry.at))), Role::Muted);
    }
    let room = manner.width.saturating_sub(row.width() + right.width() + 2);
    let title = &call.title[..cap::floor(&call.title, 2_000)];
    let shown = text::sanitise(title);
    let origin = Some(Origin { part: TITLE, at: 0 });
    row.join(&Row::new(shown, Role::Text).from(origin, call.title.len()).truncated(room));
    row.justified(&right, manner.width)
}

/// What a call's line begins with. `asked`: the user has to say whether it may run.
pub fn sign(entry: &CallEntry, asked: bool, phase: usize) -> (&'static str, Role) {
    match entry.outcome.as_deref().map(|outcome| outcome.status) {
        None if asked => ("!", Role::Wait),
        None => (spinner(phase), Role::Run),
        Some(ToolStatus::Done) => ("✓", Role::Ok),
        Some(ToolStatus::Failed | ToolStatus::Denied) => ("✗", Role::Err),
        Some(ToolStatus::Cancelled) => ("-", Role::Muted),
    }
}

/// What came of it, and how long it took.
fn right(entry: &CallEntry, manner: Manner) -> Row {
    let Some(outcome) = entry.outcome.as_deref() else {
        let runs = elapsed::whole(manner.moment.now.since(entry.at));
        let words = if manner.asked { "waits for you".to_owned() } else { runs };
        let role = if manner.asked { Role::Wait } else { Role::Muted };
        return Row::new(text::sanitise(&words), role);
    };
    let mut row = Row::default();
    let role = if outcome.status == ToolStatus::Failed { Role::Err } else { Role::Muted };
    row.push(text::sanitise(&summary(entry, outcome)).truncate(manner.width / 3), role);
    let took = elapsed::elapsed(outcome.took);
    row.push(text::sanitise(&format!("{took:>8}")), Role::Muted);
    row
}

fn summary(entry: &CallEntry, outcome: &ToolOutcome) -> String {
    match outcome.status {
        ToolStatus::Denied => "denied".to_owned(),
        ToolStatus::Cancelled => "cancelled".to_owned(),
        _ if !outcome.summary.is_empty() => outcome.summary.clone(),
        _ if !entry.changes.is_empty() => {
            let added: usize = entry.changes.iter().map(|change| change.added).sum();
            let removed: usize = entry.changes.iter().map(|change| change.removed).sum();
            format!("+{added} -{removed}")
        }
        _ => String::new(),
    }
}

/// What the model asked for, where the line does not say all of it.
fn input(entry: &CallEntry, manner: Manner, rows: &mut Vec<Row>) {
    let Some(asked) = asked(entry) else { return };
    // Here each character counts: nothing is smoothed as in prose.
    for (at, line) in text::lines(&asked).take(UNFOLDED) {
        let line = &line[..cap::floor(line, BYTES)];
        let row = Row::new(text::sanitise_lines(line), Role::Code);
        let row = row.from(Some(Origin { part: ASKED, at }), line.len());
        rows.extend(manner.cells(row).iter().map(framed));
    }
}

/// What it printed; of much, the beginning and the end.
fn output(said: &str, manner: Manner, rows: &mut Vec<Row>) {
    let origin = |at| Some(Origin { part: OUTPUT, at });
    let shown = cap::head_tail(said, BYTES / 2, BYTES / 2);
    let width = if manner.wrap { manner.width.saturating_sub(4) } else { BYTES };
    if shown.omitted == 0 {
        let words = plain_of(said, origin(0), width, Role::Text, UNFOLDED);
        rows.extend(words.flat_map(|row| manner.cells(row)).map(|row| framed(&row)));
        return;
    }
    let (head, tail) = (cap::floor(said, BYTES / 2), cap::ceil(said, said.len() - BYTES / 2));
    let left_out = format!("[… {} left out …]", text::bytes((tail - head) as u64));
    let first = plain_of(&said[..head], origin(0), width, Role::Text, UNFOLDED / 2);
    let last = plain_of(&said[tail..], origin(tail), width, Role::Text, UNFOLDED / 2);
    let between = Row::new(text::sanitise(&left_out), Role::Muted);
    let all = first.chain([between]).chain(last);
    rows.extend(all.flat_map(|row| manner.cells(row)).map(|row| framed(&row)));
}

impl Manner {
    /// A line at the width of a frame: wrapped, or cut.
    fn cells(self, row: Row) -> Vec<Row> {
        let room = self.width.saturating_sub(4);
        if self.wrap { row.wrap(room) } else { vec![row.truncated(room)] }
    }
}

/// The last `most` lines of an output, each on one row.
fn tail(output: &str, most: usize, manner: Manner, rows: &mut Vec<Row>) {
    let from = cap::ceil(output, output.len().saturating_sub(16 * 1024));
    let lines = text::lines(&output[from..]).filter(|(_, line)| !line.trim().is_empty());
    let lines: Vec<(usize, &str)> = lines.collect();
    for &(at, line) in &lines[lines.len().saturating_sub(most)..] {
        let row = Row::new(text::sanitise_lines(line), Role::Muted);
        let row = row.from(Some(Origin { part: OUTPUT, at: from + at }), line.len());
        rows.push(framed(&row.truncated(manner.width.saturating_sub(4))));
    }
}

fn framed(row: &Row) -> Row {
    let mut framed = Row::new("│ ", Role::Border);
    framed.join(row);
    framed.indented(2)
}

/// The first hunk's changed lines; all hunks with their surroundings where it is unfolded.
fn diff(changes: &[FileChange], manner: Manner, rows: &mut Vec<Row>) {
    let hunks: usize = changes.iter().map(|change| change.hunks.len()).sum();
    let (mut lines, mut shown, mut cut, mut part) = (0, 0, 0, LINES);
    let most = if manner.unfolded { UNFOLDED } else { HUNK };
    for change in changes {
        if manner.unfolded && changes.len() > 1 {
            rows.push(framed(&Row::new(file_name(&change.path), Role::Strong)));
        }
        for hunk in &change.hunks {
            if lines >= most || (shown > 0 && !manner.unfolded) {
                part += hunk.lines.len() as u32;
                continue;
            }
            shown += 1;
            let (mut old, mut new) = (hunk.old_start, hunk.new_start);
            for (line, part) in hunk.lines.iter().zip(part..) {
                let number = if line.kind == LineKind::Removed { old } else { new };
                old += usize::from(line.kind != LineKind::Added);
                new += usize::from(line.kind != LineKind::Removed);
                if line.kind == LineKind::Context && !manner.unfolded {
                    continue;
                }
                if lines >= most {
                    cut += 1;
                    continue;
                }
                lines += 1;
                let origin = Origin { part, at: 0 };
                rows.push(diff_line(line.kind, number, &line.text, origin, manner.width));
            }
            part += hunk.lines.len() as u32;
        }
    }
    let more = match (cut, hunks - shown) {
        (0, 0) => return,
        (0, 1) => "1 more hunk".to_owned(),
        (0, hunks) => format!("{hunks} more hunks"),
        (lines, 0) => format!("{lines} more lines"),
        (lines, hunks) => format!("{lines} more lines, {hunks} more hunks"),
    };
    let mut row = Row::new("└ ", Role::Border);
    row.push(text::sanitise(&more), Role::Muted);
    rows.push(row.indented(2));
}

fn diff_line(kind: LineKind, number: usize, line: &str, origin: Origin, width: usize) -> Row {
    let (sign, role) = match kind {
        LineKind::Added => (" + ", Role::DiffAdd),
        LineKind::Removed => (" - ", Role::DiffDel),
        LineKind::Context => ("   ", Role::Text),
    };
    let mut row = Row::new("│ ", Role::Border);
    row.push(text::sanitise(&format!("{number:>4}")), Role::DiffGutter);
    row.push(sign, role);
    let shown = &line[..cap::floor(line, 2_000)];
    let room = width.saturating_sub(row.width() + 2);
    let words = Row::new(text::sanitise_lines(shown), role).from(Some(origin), line.len());
    row.join(&words.truncated(room));
    // A ground goes as far as the others do, not as far as the words.
    let row = match kind {
        LineKind::Context => row,
        _ => row.padded(role, width.saturating_sub(2)),
    };
    row.indented(2)
}

fn file_name(path: &Path) -> text::Sanitised {
    text::sanitise(&path.to_string_lossy())
}

/// The line of a run of finished reads and searches.
pub(super) fn group(reads: usize, searches: usize, hits: usize, unfolded: bool) -> Row {
    let mut row = Row::new(if unfolded { "▾ " } else { "▸ " }, Role::Muted);
    row.push("✓ ", Role::Ok);
    let files = if reads == 1 { "Read 1 file".to_owned() } else { format!("Read {reads} files") };
    let times = if searches == 1 { "1 time".to_owned() } else { format!("{searches} times") };
    let words = match (reads, searches) {
        (0, _) => format!("Searched {times}"),
        (_, 0) => files,
        _ => format!("{files}, searched {times}"),
    };
    row.push(text::sanitise(&words), Role::Text);
    match hits {
        0 => {}
        1 => row.push(" · 1 hit", Role::Muted),
        hits => row.push(text::sanitise(&format!(" · {hits} hits")), Role::Muted),
    }
    row
}

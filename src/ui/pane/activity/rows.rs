//! The rows of one call.

use crate::base::cap;
use crate::base::text;
use crate::base::text::Sanitised;
use crate::protocol::{ToolOutcome, ToolStatus};
use crate::session::CallEntry;
use crate::session::State;
use crate::ui::pane::Look;
use crate::ui::row::Row;
use crate::ui::theme::Role;
use crate::ui::transcript::sign;
use crate::ui::widget::elapsed;

/// Bytes of the beginning and of the end of a call's text that are unfolded.
const HEAD: usize = 4_000;
const TAIL: usize = 12_000;
/// Rows of an unfolded text.
pub(super) const MOST: usize = 400;
/// Last lines that a running call shows.
pub(super) const LAST: usize = 2;
/// Bytes a second above which only the tail can be followed.
const FAST: u64 = 1_000_000;

/// A call's first row.
pub(super) fn head(
    call: &CallEntry,
    session: &State,
    look: &Look<'_>,
    selected: bool,
    cells: usize,
) -> Row {
    let waits = waits(call, session);
    let (glyph, role) = sign(call, waits, look.phase);
    let mark = if selected && look.focused { "›" } else { " " };
    let verb = text::sanitise(&call.call.verb);
    let left = Row::new(mark, Role::Text)
        .with(glyph, role)
        .with(text::sanitise(&format!(" {:<5} ", verb.as_str())), Role::Strong)
        .with(text::sanitise(&call.call.title), Role::Text);
    let (summary, took) = match call.outcome.as_deref() {
        Some(outcome) => (ended(outcome), elapsed(outcome.took)),
        None if waits => Default::default(),
        None => (Sanitised::default(), elapsed::whole(look.now.since(call.at))),
    };
    // The words beside the title never take more than half of the row.
    let summary = summary.truncate((cells / 2).saturating_sub(8));
    let right = Row::new(summary, if role == Role::Err { role } else { Role::Muted })
        .with(text::sanitise(&format!(" {took:>4} ")), Role::Muted);
    left.justified(&right, cells)
}

/// How it ended; where it went wrong, never by a sign alone.
fn ended(outcome: &ToolOutcome) -> Sanitised {
    let word = match outcome.status {
        ToolStatus::Done => "",
        ToolStatus::Failed => "failed",
        ToolStatus::Denied => "denied",
        ToolStatus::Cancelled => "stopped",
    };
    text::sanitise(if outcome.summary.is_empty() { word } else { &outcome.summary })
}

/// How many rows a folded call has below its first.
pub(super) fn folded(call: &CallEntry, session: &State) -> usize {
    match call.outcome.as_deref() {
        // All of them at the first output: from then on nothing moves.
        None if call.bytes > 0 && !waits(call, session) => 1 + LAST,
        None => 1,
        Some(outcome) => usize::from(last_words(outcome).is_some()),
    }
}

/// The rows below the first where it is folded.
pub(super) fn below(call: &CallEntry, session: &State, look: &Look<'_>, cells: usize) -> Vec<Row> {
    let muted =
        |said: &str| Row::new(text::sanitise(said), Role::Muted).indented(3).truncated(cells);
    if let Some(outcome) = call.outcome.as_deref() {
        return last_words(outcome).map(muted).into_iter().collect();
    }
    if waits(call, session) {
        return vec![muted("waits for your answer: Ctrl+X a")];
    }
    if call.bytes == 0 {
        return vec![muted("no output yet")];
    }
    let seconds = look.now.since(call.at).as_secs().max(1);
    let fast = if call.bytes / seconds > FAST { " · showing tail" } else { "" };
    let mut rows = vec![muted(&format!("{} out{fast}", text::bytes(call.bytes)))];
    let lines: Vec<_> = call.tail.lines().filter(|line| !line.trim().is_empty()).collect();
    for line in &lines[lines.len().saturating_sub(LAST)..] {
        rows.push(line_of(line).truncated(cells));
    }
    rows.resize(1 + LAST, Row::new(" │", Role::Border));
    rows
}

fn line_of(line: &str) -> Row {
    Row::new(" │ ", Role::Border).with(text::sanitise(line), Role::Muted)
}

/// The last line that a command printed before it failed.
fn last_words(outcome: &ToolOutcome) -> Option<&str> {
    let lines = outcome.text.lines().rev().filter(|line| !line.trim().is_empty());
    let mut own = lines.skip_while(|line| line.starts_with('[') && line.ends_with(']'));
    own.next().filter(|_| outcome.status == ToolStatus::Failed)
}

/// Does the user have to say whether it may run?
pub(super) fn waits(call: &CallEntry, session: &State) -> bool {
    session.pending.iter().any(|request| request.call == call.call.id)
}

/// A call's output, as far as it is known.
pub(super) fn output(call: &CallEntry) -> &str {
    call.outcome.as_ref().map_or(call.tail.as_str(), |outcome| outcome.text.as_str())
}

/// A call's output, or what is known of it so far, as rows.
pub(super) fn unfold(call: &CallEntry, cells: usize) -> Vec<Row> {
    let said = output(call);
    if said.is_empty() {
        return vec![Row::new("   no output", Role::Muted)];
    }
    let said = cap::head_tail(said, HEAD, TAIL).text;
    let mut rows = Vec::new();
    for line in text::sanitise_lines(&said).lines() {
        rows.extend(Row::new(" │ ", Role::Border).with(line, Role::Muted).wrapped(cells, 3));
    }
    if rows.len() > MOST {
        let left_out = rows.len() - MOST;
        let tail = rows.split_off(rows.len() - MOST / 2);
        rows.truncate(MOST / 2);
        let words = text::sanitise(&format!("… {left_out} rows left out …"));
        rows.push(Row::new(" │ ", Role::Border).with(words, Role::Wait));
        rows.extend(tail);
    }
    rows
}

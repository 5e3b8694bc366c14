//! The rows of turns, and of files above their differences.

use crate::base::clock::{Millis, ago, time_of_day};
use crate::base::text::sanitise;
use crate::protocol::{ChangeKind, RewindFile, TurnId, text_of};
use crate::session::{Entry, State, uncited};
use crate::ui::pane::Look;
use crate::ui::row::Row;
use crate::ui::theme::Role;

/// A turn in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) turn: TurnId,
    pub(super) number: u32,
    pub(super) at: Millis,
    pub(super) prompt: String,
    pub(super) files: usize,
    pub(super) added: usize,
    pub(super) removed: usize,
}

/// The turns that can be gone back to, the newest first.
pub(super) fn lines(session: &State) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for entry in &session.entries {
        match entry {
            Entry::Prompt { turn, number, at, content, steer: false } => {
                let text = text_of(uncited(content));
                let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
                lines.push(Line {
                    turn: turn.clone(),
                    number: *number,
                    at: *at,
                    prompt: first.trim().to_owned(),
                    files: session.past.files_of(turn).len(),
                    added: 0,
                    removed: 0,
                });
            }
            Entry::Call(call) => {
                if let Some(line) = lines.last_mut() {
                    for change in call.changes.iter() {
                        line.added = line.added.saturating_add(change.added);
                        line.removed = line.removed.saturating_add(change.removed);
                    }
                }
            }
            _ => {}
        }
    }
    lines.reverse();
    lines
}

/// A turn's row.
pub(super) fn turn_row(line: &Line, chosen: bool, look: &Look<'_>, cells: usize) -> Row {
    let mark = if chosen { "› " } else { "  " };
    let number = format!("#{:<3} ", line.number);
    let left = Row::new(mark, Role::Text)
        .with(sanitise(&number), Role::Muted)
        .with(sanitise(&line.prompt), Role::Text);
    let mut right = Row::default();
    if line.files > 0 {
        let noun = if line.files == 1 { "file" } else { "files" };
        right.push(sanitise(&format!("  {} {noun}", line.files)), Role::Muted);
    }
    if line.added > 0 {
        right.push(sanitise(&format!(" +{}", line.added)), Role::DiffAddCount);
    }
    if line.removed > 0 {
        right.push(sanitise(&format!(" -{}", line.removed)), Role::DiffDelCount);
    }
    let when = format!("  {} · {}", time_of_day(line.at), ago(look.now.since(line.at)));
    right.push(sanitise(&when), Role::Muted);
    left.justified(&right, cells)
}

/// A file's row: what becomes of it.
pub(super) fn head(file: &RewindFile, forced: bool, session: &State, cells: usize) -> Row {
    let stays = file.refused.is_some() && !forced;
    let (mark, role) = match (stays, file.change.kind) {
        (true, _) => ("✗ ", Role::Wait),
        (_, ChangeKind::Added) => ("A ", Role::DiffAddCount),
        (_, ChangeKind::Modified) => ("M ", Role::Accent),
        (_, ChangeKind::Deleted) => ("D ", Role::DiffDelCount),
    };
    let name = file.change.path.strip_prefix(&session.cwd).unwrap_or(&file.change.path);
    let left =
        Row::new("  ", role).with(mark, role).with(sanitise(&name.to_string_lossy()), Role::Strong);
    let mut right = Row::default();
    match (stays, file.forcible, forced) {
        (true, true, _) => right.push("stays as it is", Role::Wait),
        (true, false, _) => right.push("cannot go back", Role::Wait),
        (_, _, true) => right.push("overwritten", Role::RiskChange),
        _ => {
            let word = match file.change.kind {
                ChangeKind::Added => "comes back",
                ChangeKind::Modified => "changes back",
                ChangeKind::Deleted => "goes away",
            };
            right.push(word, Role::Muted);
        }
    }
    if file.change.added > 0 {
        right.push(sanitise(&format!(" +{}", file.change.added)), Role::DiffAddCount);
    }
    if file.change.removed > 0 {
        right.push(sanitise(&format!(" -{}", file.change.removed)), Role::DiffDelCount);
    }
    left.justified(&right, cells)
}

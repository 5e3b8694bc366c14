//! Going to places in the transcript: calls, errors, turns; and what stands under the cursor.

use std::path::PathBuf;

use crate::base::text;
use crate::protocol::{StopReason, ToolStatus, TurnId, text_of};
use crate::session::{Entry, State};
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::Item;
use crate::ui::pane::transcript::TranscriptPane;
use crate::ui::pane::transcript::link::files;
use crate::ui::row::Row;
use crate::ui::transcript::{Place, addresses, markdown, part, quoted, source};
use crate::ui::widget::elapsed;

/// Bytes of a quote.
const QUOTE: usize = 32 << 10;

/// What can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An address in the web.
    Link(String),
    /// A file, as it was written, and a line from 1.
    File(PathBuf, usize),
}

/// What one can go to, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Tool,
    Error,
}

/// Did it go wrong?
pub(super) fn is_error(entry: &Entry) -> bool {
    match entry {
        Entry::Call(call) => {
            call.outcome.as_ref().is_some_and(|outcome| outcome.status == ToolStatus::Failed)
        }
        Entry::TurnEnd { stop, .. } => matches!(stop, StopReason::Failed { .. }),
        _ => false,
    }
}

impl TranscriptPane {
    /// Goes to the next call or error, or to the one before.
    pub(super) fn jump(&mut self, mark: Mark, back: bool, session: &State) {
        self.sync(session);
        let from = self.view.cursor().map_or(self.view.top().cell, |place| place.cell);
        let fits = |at: &usize| {
            let entry = &session.entries[*at];
            match mark {
                Mark::Tool => matches!(entry, Entry::Call(_)),
                Mark::Error => is_error(entry),
            }
        };
        let found = if back {
            (0..from.min(session.entries.len())).rev().find(fits)
        } else {
            (from.saturating_add(1)..session.entries.len()).find(fits)
        };
        if let Some(at) = found {
            self.show(at, session);
        }
    }

    /// Shows an entry, wherever it is folded away.
    fn show(&mut self, at: usize, session: &State) {
        self.sync(session);
        if self.column.lay_out(at, session) == 0 {
            self.column.reveal(at, session);
        }
        let rows = self.column.rows(at).iter();
        let row = rows.take_while(|row| row.is_empty()).count();
        self.view.reach(Place { cell: at, row }, &mut self.column, session);
    }

    /// Goes to the prompt of a turn. Is there one?
    pub fn go_to_turn(&mut self, turn: &TurnId, session: &State) -> bool {
        self.sync(session);
        let is = |entry: &Entry| matches!(entry, Entry::Prompt { turn: its, steer: false, .. } if its == turn);
        let Some(at) = session.entries.iter().position(is) else { return false };
        self.view.go(at, &mut self.column, session);
        true
    }

    /// The number of the turn under the cursor; none where it is the last one, or there is no
    /// cursor.
    pub fn earlier_turn(&self, session: &State) -> Option<u32> {
        let at = self.view.cursor()?.cell;
        let number = |entry: &Entry| match entry {
            Entry::Prompt { number, steer: false, .. } => Some(*number),
            _ => None,
        };
        let here = session.entries.get(..=at)?.iter().rev().find_map(number)?;
        (here < session.turns).then_some(here)
    }

    /// The turns as rows of a list, the first one first.
    pub fn turns(&self, session: &State) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut calls = 0;
        for entry in &session.entries {
            match entry {
                Entry::Prompt { turn, number, content, steer: false, .. } => {
                    calls = 0;
                    let words = text_of(content);
                    let line = words.lines().find(|line| !line.trim().is_empty());
                    items.push(Item {
                        label: format!("#{number} {}", line.unwrap_or_default().trim()),
                        chosen: Some(Msg::Chosen(Chosen::Turn(turn.clone()))),
                        ..Item::default()
                    });
                }
                Entry::Call(_) => calls += 1,
                Entry::TurnEnd { took, .. } => {
                    if let Some(item) = items.last_mut() {
                        let plural = if calls == 1 { "" } else { "s" };
                        item.right = format!("{calls} call{plural} · {}", elapsed::elapsed(*took));
                    }
                }
                _ => {}
            }
        }
        items
    }

    /// The whole turn under the cursor as markdown; of a selection, its lines with their signs.
    pub fn copy_turn(&mut self, session: &State) -> Option<String> {
        self.sync(session);
        if let Some(text) = self.selected(true, session) {
            return Some(text);
        }
        let at =
            self.view.cursor().map_or_else(|| session.entries.len().saturating_sub(1), |p| p.cell);
        let turn = self.turn_of(at);
        let entries = session.entries.get(turn.start..turn.end.min(session.entries.len()))?;
        Some(markdown(entries)).filter(|text| !text.is_empty())
    }

    /// The last turn as markdown, safe for a terminal.
    pub fn last_turn(&self, session: &State) -> String {
        let begins = |entry: &Entry| matches!(entry, Entry::Prompt { steer: false, .. });
        let from = session.entries.iter().rposition(begins).unwrap_or(0);
        text::sanitise_lines(&markdown(&session.entries[from..])).into_string()
    }

    /// All of it as markdown, safe for a terminal.
    pub fn printed(&self, session: &State) -> String {
        text::sanitise_lines(&markdown(&session.entries)).into_string()
    }

    /// What is selected, or the entry under the cursor, as a quote.
    pub fn quoted(&mut self, session: &State) -> Option<String> {
        let text = self.selected(false, session).or_else(|| {
            let place = self.target(session)?;
            source(session.entries.get(place.cell)?)
        })?;
        let text = &text[..crate::base::cap::floor(&text, QUOTE)];
        Some(quoted(text)).filter(|quote| !quote.is_empty())
    }

    /// What can be opened on the line under the cursor; where nothing stands there, in its entry.
    pub fn targets(&mut self, session: &State) -> Vec<Target> {
        self.sync(session);
        let Some(place) = self.target(session) else { return Vec::new() };
        let Some(entry) = session.entries.get(place.cell) else { return Vec::new() };
        self.column.lay_out(place.cell, session);
        let pieces = self.column.rows(place.cell).get(place.row).map(Row::pieces);
        let mut found = Vec::new();
        for piece in pieces.unwrap_or_default() {
            let Some(text) = part(entry, piece.part) else { continue };
            let start = text[..piece.said.start].rfind('\n').map_or(0, |end| end + 1);
            let end = text[piece.said.end..].find('\n').map_or(text.len(), |n| piece.said.end + n);
            collect(&text[start..end], &mut found);
        }
        if let Entry::Call(call) = entry {
            let changed = call.changes.iter();
            let changed = changed.map(|change| {
                let line = change.hunks.first().map_or(1, |hunk| hunk.new_start.max(1));
                Target::File(change.path.clone(), line)
            });
            found.extend(changed);
            let title = call.call.title.split_whitespace().next().unwrap_or_default();
            let is_file = call.call.kind == crate::protocol::ToolKind::Read && !title.is_empty();
            found.extend(is_file.then(|| Target::File(title.into(), 1)));
        }
        if found.is_empty() {
            collect(&source(entry).unwrap_or_default(), &mut found);
        }
        let mut once: Vec<Target> = Vec::new();
        found.retain(|target| {
            let new = !once.contains(target);
            once.push(target.clone());
            new
        });
        found
    }
}

/// The addresses and the files with a line number in a text.
fn collect(said: &str, found: &mut Vec<Target>) {
    let links = addresses(said);
    found.extend(links.iter().map(|range| Target::Link(said[range.clone()].to_owned())));
    found.extend(files(said).into_iter().map(|(_, path, line)| Target::File(path.into(), line)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_with_lines_and_addresses_are_found() {
        let mut found = Vec::new();
        collect(
            "see `src/a.rs:42:7`, (https://x.org/a_(b)). And README.md:3; 10:30 is a time",
            &mut found,
        );
        let file = |path: &str, line| Target::File(path.into(), line);
        let link = Target::Link("https://x.org/a_(b)".to_owned());
        assert_eq!(found, [link, file("src/a.rs", 42), file("README.md", 3)]);
    }
}

//! Below the content: the choices or the editor, and what the question waits for.

use ratatui::layout::{Position, Rect};

use crate::base::text;
use crate::protocol::{PermissionRequest, Preview};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::pane::permission::PermissionPane;
use crate::ui::pane::permission::panel::Panel;
use crate::ui::row::{Ink, Row};
use crate::ui::theme::Role;
use crate::ui::widget::diff_rows::counts;

/// Rows of the content that stay in sight where there is room for them.
const LEAST: u16 = 3;
/// Rows of it that are worth more than an answer a row.
const ENOUGH: u16 = 6;
/// Below so many cells the answers on one line stand close.
const CLOSE: usize = 46;
/// Cells of an answer before what comes of it.
const BEFORE: usize = 27;

/// How many rows each part takes, from top to bottom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foot {
    page: u16,
    rule: u16,
    body: Body,
    note: u16,
    next: u16,
}

#[derive(Debug, Clone, Copy)]
enum Body {
    /// A row for each choice.
    List(u16),
    /// All choices in one row, or none.
    Line(u16),
    /// An editor, or the rules.
    Panel(u16),
}

impl Foot {
    /// The choices; `next` where another question waits behind this one.
    pub(super) fn choosing(area: Rect, choices: usize, next: bool) -> Self {
        let (high, list, next) = (area.height, choices as u16, u16::from(next));
        let with = |body, rows: u16, rule, note, next| {
            let page = high.saturating_sub(rows + rule + note + next);
            Self { page, rule, body, note, next }
        };
        if high >= list + 2 + next + ENOUGH {
            with(Body::List(list), list, 1, 1, next)
        } else if high >= list + 2 + ENOUGH {
            with(Body::List(list), list, 1, 1, 0)
        } else if high >= 3 + LEAST {
            with(Body::Line(1), 1, 1, 1, 0)
        } else {
            let line = u16::from(high >= 2);
            with(Body::Line(line), line, u16::from(high >= 3), 0, 0)
        }
    }

    /// An editor or the rules, of `rows` rows; as many of them as leave a few rows to the content.
    /// What is `greedy` takes more of its room.
    pub(super) fn panel(area: Rect, rows: usize, greedy: bool) -> Self {
        let high = area.height;
        let (rule, note) = (u16::from(high >= 3), u16::from(high >= 4));
        let room = high.saturating_sub(rule + note);
        let least = if greedy { room.min(LEAST) } else { room / 2 };
        let rows = u16::try_from(rows)
            .unwrap_or(u16::MAX)
            .min(room.saturating_sub(least))
            .max(room.min(1));
        let page = room.saturating_sub(rows);
        Self { page, rule, body: Body::Panel(rows), note, next: 0 }
    }

    /// Rows for the content.
    pub(super) fn page(&self) -> usize {
        usize::from(self.page)
    }

    /// Does the rule not fit into its choice?
    pub(super) fn hides_rule(&self, request: &PermissionRequest, cells: usize) -> bool {
        request.rule.as_ref().is_some_and(|rule| {
            let wide = BEFORE + text::width(text::sanitise(rule).as_str());
            !matches!(self.body, Body::List(_)) || wide > cells
        })
    }

    /// The choice at a cell of `area`.
    pub(super) fn choice_at(&self, at: Position, area: Rect) -> Option<usize> {
        let first = area.y + self.page + self.rule;
        let Body::List(rows) = self.body else { return None };
        let row = at.y.checked_sub(first)?;
        (row < rows && area.contains(at)).then_some(usize::from(row))
    }

    /// Where the cursor stands.
    pub(super) fn cursor(
        &self,
        pane: &PermissionPane,
        session: &State,
        area: Rect,
    ) -> Option<Position> {
        let top = area.y + self.page + self.rule;
        match self.body {
            Body::Panel(rows) => {
                let panel = pane.panel(session, usize::from(area.width))?;
                let row = panel.focus - first(&panel, rows).min(panel.focus);
                let row = (row as u16).min(rows.checked_sub(1)?);
                let cell = (panel.caret as u16).min(area.width.checked_sub(1)?);
                Some(Position { x: area.x + cell, y: top + row })
            }
            Body::List(rows) => {
                let row = (pane.selected as u16).min(rows.checked_sub(1)?);
                Some(Position { x: area.x, y: top + row })
            }
            Body::Line(rows) => (rows > 0).then_some(Position { x: area.x, y: top }),
        }
    }

    /// The rows: where they stand below the top of `area`, and whether they are selected.
    pub(super) fn rows(
        &self,
        pane: &PermissionPane,
        session: &State,
        request: &PermissionRequest,
        area: Rect,
    ) -> Vec<(u16, Row, bool)> {
        let cells = usize::from(area.width);
        let mut rows = Vec::new();
        if self.rule > 0 {
            rows.push((rule(pane, cells), false));
        }
        match self.body {
            Body::List(_) => {
                let selected = |at| at == pane.selected && pane.can_answer();
                let choices = pane.choices().iter().enumerate();
                rows.extend(
                    choices.map(|(at, choice)| (row_of(pane, *choice, at, request), selected(at))),
                );
            }
            Body::Line(count) => rows.extend((0..count).map(|_| (line_of(pane, cells), false))),
            Body::Panel(shown) => {
                let Some(panel) = pane.panel(session, cells) else { return Vec::new() };
                let from = first(&panel, shown);
                let seen = panel.rows.into_iter().skip(from).take(usize::from(shown));
                rows.extend(seen.map(|row| (row, false)));
            }
        }
        let body = self.page + self.rule + self.body_rows();
        let mut placed: Vec<_> =
            (self.page..).zip(rows).map(|(y, (row, on))| (y, row.truncated(cells), on)).collect();
        if self.note > 0 {
            placed.push((body, super::panel::note(pane).truncated(cells), false));
        }
        if self.next > 0 {
            let next = next(session, request).unwrap_or_default();
            let next = match pane.count_alike(session) {
                0 | 1 => next,
                all => {
                    let words = format!("  · Y or N answers all {all} of this kind");
                    next.with(text::sanitise(&words), Role::Muted)
                }
            };
            placed.push((body + self.note, next.truncated(cells), false));
        }
        placed
    }

    fn body_rows(&self) -> u16 {
        match self.body {
            Body::List(rows) | Body::Line(rows) | Body::Panel(rows) => rows,
        }
    }
}

/// The first row of a panel that is seen, so that the one being changed is; the title goes first.
fn first(panel: &Panel, rows: u16) -> usize {
    let all = panel.rows.len().saturating_sub(usize::from(rows));
    (panel.focus + 1).saturating_sub(usize::from(rows)).min(all)
}

/// The line between the content and the choices; it says where in the content one is.
fn rule(pane: &PermissionPane, cells: usize) -> Row {
    let all = pane.content.rows.len();
    if pane.fits() {
        let mut row = Row::default();
        row.repeat("─", cells, Role::Border);
        return row;
    }
    let last = (pane.scroll + pane.page).min(all);
    let place = format!("rows {}-{last} of {all} ", pane.scroll + 1);
    let mut row = Row::new("─ ", Role::Border).with(text::sanitise(&place), Role::Wait);
    row.repeat("─", cells.saturating_sub(row.width()), Role::Border);
    row
}

/// A choice's letter, its words, and what comes of it.
fn words_of(pane: &PermissionPane, choice: Action) -> (&'static str, String, String) {
    let (letter, words, outcome) = match choice {
        Action::AllowOnce if pane.picks.change().is_some() => {
            let (words, outcome) = pane.picks.words();
            return ("y", words, outcome);
        }
        Action::AllowOnce => ("y", "Allow once", ""),
        Action::Always => ("a", "Always allow...", ""),
        Action::ChangeFirst if pane.picks.change().is_some() => {
            ("e", "Edit the result", "in your editor; then you are asked again")
        }
        Action::ChangeFirst => ("e", "Edit the command", "then you are asked again"),
        Action::Deny if pane.picks.change().is_some() => {
            ("n", "Deny", "nothing is written; the agent goes on")
        }
        Action::Deny => ("n", "Deny", "the agent goes on without it"),
        _ => ("d", "Deny and say why", "your words go back as the tool's result"),
    };
    (letter, words.to_owned(), outcome.to_owned())
}

fn row_of(pane: &PermissionPane, choice: Action, at: usize, request: &PermissionRequest) -> Row {
    let (letter, words, outcome) = words_of(pane, choice);
    let (key, text) =
        if pane.can_answer() { (Role::Key, Role::Text) } else { (Role::Muted, Role::Muted) };
    let mark = if at == pane.selected { "› " } else { "  " };
    let row = Row::new(mark, text).with(letter, key).with("  ", text);
    let row = row.with(text::sanitise(&format!("{words:22}")), text);
    match (choice, &request.rule) {
        (Action::Always, Some(rule)) => row.with(text::sanitise(rule), Ink::exact(Role::Code)),
        (Action::Always, None) => row.with("shows first what a rule would allow", Role::Muted),
        _ => row.with(text::sanitise(&outcome), Role::Muted),
    }
}

fn line_of(pane: &PermissionPane, cells: usize) -> Row {
    let key = if pane.can_answer() { Role::Key } else { Role::Muted };
    let mut row = Row::default();
    for choice in pane.choices() {
        let (letter, _, _) = words_of(pane, *choice);
        let (chosen, all) = pane.picks.count();
        let words = match choice {
            Action::AllowOnce if chosen < all => format!(" {chosen} of {all}"),
            Action::AllowOnce => " once".to_owned(),
            Action::Always => " always".to_owned(),
            Action::ChangeFirst => " edit".to_owned(),
            Action::Deny => " deny".to_owned(),
            _ => " +why".to_owned(),
        };
        let gap = if cells < CLOSE { " " } else { "  " };
        row = row.with(letter, key).with(text::sanitise(&words), Role::Text).with(gap, Role::Text);
    }
    row
}

/// What is asked after this one.
fn next(session: &State, request: &PermissionRequest) -> Option<Row> {
    let at = session.pending.iter().position(|pending| pending.id == request.id)?;
    let next = session.pending.get(at + 1)?;
    let Some((_, entry)) = session.call(&next.call) else {
        return Some(Row::new("Next in line: a call that is not known", Role::Muted));
    };
    let call = &entry.call;
    let words = text::sanitise(&format!("{} {}", call.verb, call.title));
    let row = Row::new("Next in line: ", Role::Muted).with(words, Role::Text);
    Some(match &call.preview {
        Some(Preview::Diff { change }) => row.with("  ", Role::Text).then(&counts(change)),
        _ => row,
    })
}

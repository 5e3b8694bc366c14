//! How the list of sessions is drawn.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget as _;

use crate::base::text::{sanitise, width};
use crate::session::{Overview, Snippet, Status};
use crate::ui::pane::Look;
use crate::ui::pane::sessions::filter::WORDS;
use crate::ui::pane::sessions::list::{Line, Placed};
use crate::ui::pane::sessions::{HEAD, SessionsPane};
use crate::ui::row::Row;
use crate::ui::theme::Role;
use crate::ui::theme::spinner;
use crate::ui::widget::elapsed::tokens;
use crate::ui::widget::scrollbar::Scrollbar;

/// From this many cells on a row says how full its window is.
const ROOMY: usize = 44;

impl SessionsPane {
    pub(super) fn draw(&self, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let cells = usize::from(area.width.saturating_sub(1));
        let list = Self::room(area);
        self.filter_row(cells).draw(area, 0, look.theme, buf);
        if area.height > 1 {
            self.count_row().truncated(cells).draw(area, 1, look.theme, buf);
        }
        if self.lines.is_empty() {
            self.nothing().truncated(cells).draw(list, 0, look.theme, buf);
            return;
        }
        let seen = self.lines.iter().skip(self.top).take(usize::from(list.height));
        for (y, line) in (0..).zip(seen) {
            let row = self.line(*line, look, cells);
            let chosen = |at: &usize| Some(*at) == self.chosen();
            match line {
                Line::Title(at) if chosen(at) => {
                    row.draw_on(Role::Selection, list, y, look.theme, buf);
                }
                _ => row.draw(list, y, look.theme, buf),
            }
        }
        Scrollbar { theme: look.theme, top: self.top, rows: self.lines.len() }.render(list, buf);
    }

    fn filter_row(&self, cells: usize) -> Row {
        let scope = if self.all { "all projects" } else { "this project" };
        let right = Row::new(scope, Role::Muted);
        let line = Row::new(" / ", Role::Key);
        let line = match self.filter_text() {
            "" if self.writes_filter() => line,
            "" => line.with("filter", Role::Muted),
            // The end is where one writes.
            text => line.with(sanitise(text).truncate_start(cells.saturating_sub(18)), Role::Text),
        };
        line.justified(&right, cells)
    }

    fn count_row(&self) -> Row {
        if self.filter_text().is_empty() {
            let words = if self.writes_filter() { WORDS } else { "" };
            return Row::new("   ", Role::Text).with(words, Role::Muted);
        }
        let mut said = format!("   {} in titles", self.in_titles);
        if !self.hits.is_empty() || self.searches() {
            // Writing to a String cannot fail.
            let _ = write!(said, " · {} in messages", self.hits.len());
        }
        if self.searches() {
            said.push('…');
        }
        Row::new(sanitise(&said), Role::Muted)
    }

    fn nothing(&self) -> Row {
        let said = match (self.is_loaded(), self.filter_text(), self.all) {
            (false, ..) => " loading the list …".to_owned(),
            (_, "", false) => " no sessions in this project; a shows all".to_owned(),
            (_, "", true) => " no sessions yet; n begins one".to_owned(),
            (_, text, _) => format!(" nothing for '{text}'"),
        };
        Row::new(sanitise(&said), Role::Muted)
    }

    fn line(&self, line: Line, look: &Look<'_>, cells: usize) -> Row {
        match line {
            Line::Heading(group) => Row::new(" ", Role::Text).with(group.name(), Role::Heading),
            Line::Title(at) => self.title_row(at, look, cells),
            Line::Snippet(at) => {
                let place = self.placed.get(at).and_then(|place| self.sessions.get(place.at));
                let hit = place.and_then(|one| self.hits.get(&one.id));
                hit.map_or_else(Row::default, quoted).truncated(cells)
            }
            Line::Stats(at) => self.stats_row(at, cells),
        }
    }

    fn title_row(&self, at: usize, look: &Look<'_>, cells: usize) -> Row {
        let Some((place, one)) = self.session_at(at) else { return Row::default() };
        let chosen = Some(at) == self.chosen();
        let mark = if chosen { " › " } else { "   " };
        let (sign, role) = self.sign(one, look);
        let mut row =
            Row::new(mark, Role::Text).with(if place.below { "└ " } else { "" }, Role::Muted);
        row.push(sign, role);
        row.push(" ", Role::Text);
        if let Some(name) = self.naming().filter(|(id, _)| **id == one.id).map(|(_, name)| name) {
            return row.with(sanitise(name), Role::Prompt).truncated(cells);
        }
        if one.forked.is_some() {
            row.push("fork: ", Role::Muted);
        }
        let seen = Some(&one.id) == self.seen.as_ref();
        let words = if one.called().is_empty() { "(no prompt yet)" } else { one.called() };
        row.push(sanitise(words), if seen { Role::Strong } else { Role::Text });
        if one.parent.is_some() {
            row.push(" (sub-agent)", Role::Muted);
        }
        let mut right = format!("{:>5}", age(look.now.since(one.touched).as_secs()));
        if cells >= ROOMY {
            // Writing to a String cannot fail.
            let _ = write!(right, "  {:>4}", self.fill(one));
        }
        row.justified(&Row::new(sanitise(&right), Role::Muted), cells)
    }

    fn sign(&self, one: &Overview, look: &Look<'_>) -> (&'static str, Role) {
        match (&one.damage, self.status(&one.id)) {
            (Some(_), _) => ("!", Role::Err),
            (_, Some(Status::Waiting)) => ("!", Role::Wait),
            (_, Some(Status::Running)) => (spinner(look.phase), Role::Run),
            _ if one.pinned => ("●", Role::Accent),
            _ => ("○", Role::Muted),
        }
    }

    fn stats_row(&self, at: usize, cells: usize) -> Row {
        let Some((_, one)) = self.session_at(at) else { return Row::default() };
        let row = Row::new("     ", Role::Text);
        if self.deletes(&one.id) {
            return row.with("D again deletes it", Role::Wait).truncated(cells);
        }
        if let Some(damage) = &one.damage {
            return row.with(sanitise(damage), Role::Err).truncated(cells);
        }
        let mut row = row;
        let mut parts: Vec<String> = Vec::new();
        if !one.files.is_empty() {
            for (sign, count, role) in
                [('+', one.added, Role::DiffAddCount), ('-', one.removed, Role::DiffDelCount)]
            {
                row.push(sanitise(&format!("{sign}{count} ")), role);
            }
            let noun = if one.files.len() == 1 { "file" } else { "files" };
            if cells >= ROOMY {
                parts.push(format!("in {} {noun}", one.files.len()));
            } else {
                row.push("· ", Role::Muted);
            }
        }
        parts.extend(one.archived.then(|| "archived".to_owned()));
        parts.extend(one.tags.iter().map(|tag| format!("#{tag}")));
        if let Some(dollars) = one.dollars.filter(|dollars| *dollars >= 0.005) {
            parts.push(format!("${dollars:.2}"));
        }
        if cells < ROOMY && one.context > 0 {
            parts.push(self.fill(one));
        }
        if cells >= ROOMY || parts.is_empty() {
            let noun = if one.turns == 1 { "turn" } else { "turns" };
            parts.push(format!("{} {noun}", one.turns));
        }
        if self.all {
            let project = one.cwd.file_name().unwrap_or_default().to_string_lossy();
            parts.insert(0, project.into_owned());
        }
        row.with(sanitise(&parts.join(" · ")), Role::Muted).truncated(cells)
    }

    /// How full the model's window is; in tokens where its size is not known.
    fn fill(&self, one: &Overview) -> String {
        match (one.context, self.window(one)) {
            (0, _) => String::new(),
            (context, Some(window)) => format!("{}%", context.saturating_mul(100) / window),
            (context, None) => tokens(context),
        }
    }

    fn session_at(&self, at: usize) -> Option<(&Placed, &Overview)> {
        let place = self.placed.get(at)?;
        Some((place, self.sessions.get(place.at)?))
    }

    /// Where text goes; none where keys are commands.
    pub fn caret(&self, area: Rect) -> Option<Position> {
        let end = area.right().saturating_sub(2).max(area.x);
        let within = |y: u16, cells: usize| {
            let x = area.x.saturating_add(u16::try_from(cells).unwrap_or(u16::MAX)).min(end);
            Some(Position::new(x, y))
        };
        if let Some((id, name)) = self.naming() {
            let is_it = |line: &Line| match line {
                Line::Title(at) => self.session_at(*at).is_some_and(|(_, one)| one.id == *id),
                _ => false,
            };
            let line = self.lines.iter().position(is_it)?.checked_sub(self.top)?;
            let y = area.y + HEAD + u16::try_from(line).ok()?;
            let below = self
                .chosen()
                .and_then(|at| self.session_at(at))
                .is_some_and(|(place, _)| place.below);
            let before = if below { 7 } else { 5 };
            return (y < area.bottom())
                .then(|| within(y, before + width(sanitise(name).as_str())))?;
        }
        let text = sanitise(self.filter_text());
        let shown = text.truncate_start(usize::from(area.width.saturating_sub(19)));
        self.writes_filter().then(|| within(area.y, 3 + width(shown.as_str())))?
    }
}

/// What was found, in quotes, with what was looked for marked.
fn quoted(found: &Snippet) -> Row {
    let mut row = Row::new("     \"", Role::Muted);
    let mut from = 0;
    for mark in &found.marks {
        let (before, it) = (found.text.get(from..mark.start), found.text.get(mark.clone()));
        row.push(sanitise(before.unwrap_or_default()), Role::Muted);
        row.push(sanitise(it.unwrap_or_default()), Role::Match);
        from = mark.end;
    }
    row.with(sanitise(found.text.get(from..).unwrap_or_default()), Role::Muted)
        .with("\"", Role::Muted)
}

/// How long ago: `now`, `8m`, `22h`, `4d`, `7w`.
pub(super) fn age(seconds: u64) -> String {
    let minutes = seconds / 60;
    match (minutes, minutes / 60, minutes / (60 * 24)) {
        (0, ..) => "now".to_owned(),
        (minutes, 0, _) => format!("{minutes}m"),
        (_, hours, 0) => format!("{hours}h"),
        (.., days @ ..28) => format!("{days}d"),
        (.., days) => format!("{}w", days / 7),
    }
}

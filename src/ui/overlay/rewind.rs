//! The turns that can be gone back to, and what going back would do to files.

mod rows;

use std::collections::BTreeSet;
use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget as _;

use crate::base::text::sanitise;
use crate::protocol::{Op, Rewind, RewindFile, TurnId};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::keymap::Context;
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::{Answer, Layer};
use crate::ui::pane::Look;
use crate::ui::row::Row;
use crate::ui::theme::Role;
use crate::ui::widget::diff_rows::{DiffRows, Numbers};
use crate::ui::widget::scrollbar::Scrollbar;

use rows::{Line, head, lines, turn_row};

/// Columns and rows of it, with its border.
const SIZE: (u16, u16) = (104, 36);
/// Rows of all differences together: the rest is said to be there.
const MOST: usize = 4_000;
/// Below so many cells there is one line number.
const WIDE: usize = 70;

/// The list, the newest turn first; below it what would become of files.
#[derive(Debug)]
pub struct RewindLayer {
    lines: Vec<Line>,
    selected: usize,
    top: usize,
    /// A turn is chosen: what goes back is asked.
    chosen: bool,
    /// What the rows below the list are of, and how wide they are.
    of: Option<(TurnId, usize, usize)>,
    rows: Vec<Row>,
    /// The file that each head is of, and its row.
    heads: Vec<(usize, usize)>,
    /// The file under the cursor.
    file: usize,
    scroll: usize,
    page: usize,
    /// Files that go back though somebody else changed them.
    force: BTreeSet<PathBuf>,
}

impl RewindLayer {
    /// Of a session; none where there is no turn yet.
    pub fn new(session: &State) -> Option<Self> {
        let lines = lines(session);
        (!lines.is_empty()).then(|| Self {
            lines,
            selected: 0,
            top: 0,
            chosen: false,
            of: None,
            rows: Vec::new(),
            heads: Vec::new(),
            file: 0,
            scroll: 0,
            page: 1,
            force: BTreeSet::new(),
        })
    }

    /// With the cursor on a turn, by its number.
    #[must_use]
    pub fn at(mut self, number: u32) -> Option<Self> {
        self.selected = self.lines.iter().position(|line| line.number == number)?;
        Some(self)
    }

    /// What has to be asked of the engine to show the turn under the cursor.
    pub fn wanted(&self) -> Option<Op> {
        self.line().map(|line| Op::TryRewind { to: line.turn.clone() })
    }

    fn line(&self) -> Option<&Line> {
        self.lines.get(self.selected)
    }

    /// What would become of files, where that is known of the turn under the cursor.
    fn files<'s>(&self, session: &'s State) -> Option<&'s [RewindFile]> {
        let (turn, files) = session.live.rewind.as_ref()?;
        (*turn == self.line()?.turn).then_some(files)
    }

    /// The list above, the line between, and the differences below.
    fn parts(&self, area: Rect) -> (Rect, Rect, Rect) {
        let most = if self.chosen { 1 } else { (area.height / 3).max(3) };
        let list = u16::try_from(self.lines.len()).unwrap_or(u16::MAX).min(most).min(area.height);
        let rule = u16::from(area.height > list);
        let list_area = Rect { height: list, ..area };
        let rule_area = Rect { y: area.y + list, height: rule, ..area };
        let rest = area.height - list - rule;
        (list_area, rule_area, Rect { y: area.y + list + rule, height: rest, ..area })
    }

    fn go(&mut self, at: usize) -> Answer {
        let at = at.min(self.lines.len().saturating_sub(1));
        if at == self.selected {
            return Answer::default();
        }
        self.selected = at;
        (self.file, self.scroll) = (0, 0);
        self.force.clear();
        self.ask()
    }

    fn ask(&self) -> Answer {
        let turn = self.line().map(|line| line.turn.clone());
        turn.map_or_else(Answer::default, |turn| Answer::tell(Msg::Chosen(Chosen::TryRewind(turn))))
    }

    fn go_to_file(&mut self, at: usize) {
        self.file = at.min(self.heads.len().saturating_sub(1));
        if let Some((_, row)) = self.heads.get(self.file) {
            self.scroll = *row;
        }
    }

    fn scroll(&mut self, to: usize) {
        self.scroll = to.min(self.rows.len().saturating_sub(self.page));
        let under = self.heads.partition_point(|(_, row)| *row <= self.scroll);
        self.file = under.saturating_sub(1);
    }

    fn done(&self, what: Rewind) -> Answer {
        let Some(line) = self.line() else { return Answer::close() };
        let force = if what.files() { self.force.iter().cloned().collect() } else { Vec::new() };
        Answer::done(Msg::Chosen(Chosen::Rewind(line.turn.clone(), what, force)))
    }

    /// Lets the refused file under the cursor go back all the same, or not.
    fn toggle(&mut self, session: &State) {
        let at = self.heads.get(self.file).map(|(file, _)| *file);
        let file = at.and_then(|at| self.files(session)?.get(at));
        let Some(file) = file.filter(|file| file.forcible) else { return };
        let path = file.change.path.clone();
        if !self.force.remove(&path) {
            self.force.insert(path);
        }
        self.of = None;
    }

    /// Makes the rows of the differences anew, where they are of something else.
    fn lay_out(&mut self, session: &State, cells: usize) {
        let known = self.files(session).map_or(0, |files| files.len() + 1);
        let of = self.line().map(|line| (line.turn.clone(), known, cells));
        if self.of == of {
            return;
        }
        self.of = of;
        (self.rows, self.heads) = (Vec::new(), Vec::new());
        let Some(files) = self.files(session) else {
            self.rows.push(Row::new("looking at the files …", Role::Muted));
            return;
        };
        let (mut rows, mut heads) = (Vec::new(), Vec::new());
        for (at, file) in files.iter().enumerate() {
            if rows.len() >= MOST {
                let more = files.len() - at;
                rows.push(Row::new(sanitise(&format!("and {more} more files")), Role::Muted));
                break;
            }
            if at > 0 {
                rows.push(Row::default());
            }
            heads.push((at, rows.len()));
            let forced = self.force.contains(&file.change.path);
            rows.push(head(file, forced, session, cells));
            if let Some(why) = &file.refused {
                let role = if forced { Role::RiskChange } else { Role::Muted };
                let said = if forced { format!("{why}: it is overwritten") } else { why.clone() };
                rows.extend(Row::new("    ", role).with(sanitise(&said), role).wrapped(cells, 4));
            }
            if file.change.hunks.is_empty() && (file.refused.is_some() && !file.forcible) {
                continue;
            }
            let numbers = if cells < WIDE { Numbers::One } else { Numbers::Both };
            let diff = DiffRows::new(&file.change, sanitise(""), numbers);
            let room = MOST.saturating_sub(rows.len());
            rows.extend(diff.rows(0, diff.len().min(room), cells));
        }
        (self.rows, self.heads) = (rows, heads);
    }

    /// What goes back and what stays, in one line.
    fn summary(&self, session: &State) -> Row {
        let Some(line) = self.line() else { return Row::default() };
        let before = format!("before #{}", line.number);
        let row = Row::new("─ ", Role::Border).with(sanitise(&before), Role::Heading);
        let Some(files) = self.files(session) else { return row };
        let stays =
            |file: &&RewindFile| file.refused.is_some() && !self.force.contains(&file.change.path);
        let stay = files.iter().filter(stays).count();
        let go = files.len() - stay;
        let stays = match stay {
            0 => String::new(),
            1 => ", 1 stays as it is".to_owned(),
            stay => format!(", {stay} stay as they are"),
        };
        let words = match go + stay {
            0 => " · no file differs".to_owned(),
            _ => format!(" · {go} {} would change{stays}", if go == 1 { "file" } else { "files" }),
        };
        row.with(sanitise(&words), Role::Muted)
    }
}

impl Layer for RewindLayer {
    fn context(&self) -> Context {
        if self.chosen { Context::RewindTo } else { Context::Rewind }
    }

    fn title(&self) -> (String, String) {
        let count = match self.lines.len() {
            1 => "1 turn".to_owned(),
            count => format!("{count} turns"),
        };
        match self.line().filter(|_| self.chosen) {
            Some(line) => (format!("Rewind to before #{}", line.number), count),
            None => ("Rewind".to_owned(), count),
        }
    }

    fn hints(&self) -> &'static [Action] {
        if self.chosen {
            &[
                Action::Confirm,
                Action::RewindTalk,
                Action::RewindFiles,
                Action::Toggle,
                Action::Escape,
            ]
        } else {
            &[Action::Confirm, Action::Down, Action::Up, Action::PageDown, Action::Escape]
        }
    }

    fn size(&self) -> (u16, u16) {
        SIZE
    }

    fn arrange(&mut self, session: &State, area: Rect) {
        let under = self.line().map(|line| line.turn.clone());
        self.lines = lines(session);
        let at = self.lines.iter().position(|line| Some(&line.turn) == under.as_ref());
        self.selected = at.unwrap_or(0);
        let (list, _, below) = self.parts(area);
        let rows = usize::from(list.height).max(1);
        self.top = self.top.clamp((self.selected + 1).saturating_sub(rows), self.selected);
        self.lay_out(session, usize::from(below.width.saturating_sub(1)));
        self.page = usize::from(below.height).max(1);
        self.scroll = self.scroll.min(self.rows.len().saturating_sub(self.page));
    }

    fn view(&self, session: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let (list, rule, below) = self.parts(area);
        let cells = usize::from(area.width.saturating_sub(1));
        let seen = self.lines.iter().enumerate().skip(self.top);
        for (y, (at, line)) in (0..list.height).zip(seen) {
            let chosen = at == self.selected;
            let row = turn_row(line, chosen, look, cells);
            if chosen {
                row.draw_on(Role::Selection, list, y, look.theme, buf);
            } else {
                row.draw(list, y, look.theme, buf);
            }
        }
        if !self.chosen {
            let bar = Scrollbar { theme: look.theme, top: self.top, rows: self.lines.len() };
            bar.render(list, buf);
        }
        if rule.height > 0 {
            let row = self.summary(session).truncated(cells);
            row.draw(rule, 0, look.theme, buf);
        }
        let under = self.heads.get(self.file).filter(|_| self.chosen).map(|(_, row)| *row);
        for (y, (at, row)) in (0..below.height).zip(self.rows.iter().enumerate().skip(self.scroll))
        {
            if under == Some(at) {
                row.draw_on(Role::Selection, below, y, look.theme, buf);
            } else {
                row.draw(below, y, look.theme, buf);
            }
        }
        Scrollbar { theme: look.theme, top: self.scroll, rows: self.rows.len() }.render(below, buf);
    }

    fn act(&mut self, action: Action, session: &State) -> Answer {
        match (action, self.chosen) {
            (Action::Escape, true) => self.chosen = false,
            (Action::Escape, false) => return Answer::close(),
            (Action::PageDown, _) => self.scroll(self.scroll + self.page),
            (Action::PageUp, _) => self.scroll(self.scroll.saturating_sub(self.page)),
            (Action::Confirm, false) => self.chosen = true,
            (Action::Up, false) => return self.go(self.selected.saturating_sub(1)),
            (Action::Down, false) => return self.go(self.selected + 1),
            (Action::Top, false) => return self.go(0),
            (Action::Bottom, false) => return self.go(usize::MAX),
            (Action::Confirm, true) => return self.done(Rewind::Both),
            (Action::RewindTalk, true) => return self.done(Rewind::Conversation),
            (Action::RewindFiles, true) => return self.done(Rewind::Files),
            (Action::Up, true) => self.go_to_file(self.file.saturating_sub(1)),
            (Action::Down, true) => self.go_to_file(self.file + 1),
            (Action::Toggle, true) => self.toggle(session),
            _ => {}
        }
        Answer::default()
    }

    fn click(&mut self, at: Position, area: Rect, _: &State) -> Answer {
        let (list, _, below) = self.parts(area);
        if !self.chosen && list.contains(at) {
            return self.go(self.top + usize::from(at.y - list.y));
        }
        if below.contains(at) {
            let row = self.scroll + usize::from(at.y - below.y);
            let under = self.heads.partition_point(|(_, head)| *head <= row);
            self.file = under.saturating_sub(1);
        }
        Answer::default()
    }
}

#[cfg(test)]
pub(crate) mod tests;

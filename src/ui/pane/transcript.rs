//! The transcript: what was said and done, in the order it happened.

mod behind;
mod find;
mod jump;
mod link;
mod marks;
mod offer;
mod select;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget as _;

use crate::base::text;
use crate::protocol::{Content, Envelope, Event, SessionId, Topics, text_of};
use crate::session::{Entry, State, Status};
use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::highlight::Highlighted;
use crate::ui::pane::{Look, Pane};
use crate::ui::row::Row;
use crate::ui::theme::Role;
use crate::ui::transcript::{Column, Fold, Moment, Place, Price, Selection, View, source};
use crate::ui::widget::scrollbar::Scrollbar;

pub use jump::Target;
pub use offer::Offer;

use find::Find;
use jump::Mark;
use select::Button;

/// The text is no wider, however wide the pane is.
const MAX_WIDTH: u16 = 96;

/// The transcript of one session. Give it another session's state, and it begins anew.
///
/// The last column of its area is the scrollbar's, the one before it stays free.
#[derive(Debug, Default)]
pub struct TranscriptPane {
    column: Column,
    view: View,
    session: Option<SessionId>,
    width: usize,
    moment: Moment,
    find: Option<Find>,
    selection: Option<Selection>,
    button: Button,
    /// Entries there were when the terminal lost the focus.
    away: Option<usize>,
    /// It is said what happened meanwhile.
    marked: bool,
    offers: Vec<Offer>,
}

impl TranscriptPane {
    /// A transcript that follows its end.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first row that is seen and all rows; roughly, where cells were not seen yet.
    pub fn scroll(&self) -> (usize, usize) {
        (self.column.rows_above(self.view.top()), self.column.total())
    }

    /// Goes to a row of all rows: the scrollbar was dragged.
    pub fn scroll_to(&mut self, row: usize, session: &State) {
        let Place { cell, row } = self.column.place_of(row);
        self.view.go(cell, &mut self.column, session);
        self.view.page(row as isize, &mut self.column, session);
    }

    /// Does it follow what comes?
    pub fn follows(&self) -> bool {
        self.view.follows()
    }

    /// The first row that is seen: entry and row of it.
    pub fn top(&self) -> Place {
        self.view.top()
    }

    /// Rows that are kept in memory.
    pub fn rows_in_memory(&self) -> usize {
        self.column.rows_in_memory()
    }

    /// Code that should be highlighted: to be performed after `arrange`.
    pub fn wanted(&mut self) -> Effects {
        self.column.wanted()
    }

    /// Code was highlighted; nothing moves by it.
    pub fn highlighted(&mut self, done: Highlighted) {
        self.column.highlighted(done);
    }

    /// Takes what one request costs.
    pub fn set_price(&mut self, price: Price) {
        self.column.set_price(price);
    }

    fn sync(&mut self, session: &State) {
        if self.session.as_ref() != Some(&session.id) {
            self.session = Some(session.id.clone());
            self.view = View::default();
            (self.find, self.selection) = (None, None);
        }
        self.column.sync(session, self.width, self.moment);
    }

    /// What the keys act on: the row of the cursor; without one the last that can be folded.
    fn target(&self, session: &State) -> Option<Place> {
        let unmoved = || {
            let cells = (self.view.top().cell..self.column.count()).rev();
            let mut seen = cells.filter(|&at| !self.column.rows(at).is_empty());
            seen.find(|&at| {
                matches!(session.entries.get(at), Some(Entry::Call(_) | Entry::Message { .. }))
                    && self.column.can_fold(at, session)
            })
        };
        self.view.cursor().or_else(|| unmoved().map(Place::cell))
    }

    fn fold(&mut self, fold: Fold, session: &State) {
        let Some(place) = self.target(session) else { return };
        let top = self.view.top();
        let line = self.column.fold(place, fold, session);
        // The line that was acted on stays where it is; what is above is not touched.
        self.view.hold(
            top.min(line.max(Place::cell(top.cell.min(line.cell)))),
            &mut self.column,
            session,
        );
        self.view.point(line);
    }

    fn section(&mut self, back: bool, session: &State) {
        let top = self.view.top();
        let prompts = self.column.prompts();
        let found = if back {
            prompts.iter().rev().find(|&&at| Place::cell(at) < top)
        } else {
            prompts.iter().find(|&&at| at > top.cell)
        };
        match found.copied() {
            Some(at) => self.view.go(at, &mut self.column, session),
            None if back => self.view.go(0, &mut self.column, session),
            None => self.view.follow(),
        }
    }

    /// The selected entry's source; where none is selected, the last answer's.
    fn copy(&mut self, session: &State) -> Effects {
        if let Some(text) = self.selected(false, session) {
            return vec![Effect::Copy(text)];
        }
        let selected = self.view.cursor().and_then(|place| session.entries.get(place.cell));
        let answer = || {
            session.entries.iter().rev().find(|entry| match entry {
                Entry::Open(_) => true,
                Entry::Message { message, .. } => {
                    message.content.iter().any(|content| matches!(content, Content::Text { .. }))
                }
                _ => false,
            })
        };
        let text = selected.or_else(answer).and_then(source);
        text.map(Effect::Copy).into_iter().collect()
    }

    /// The rows that are seen, from the top: number, place and row.
    fn seen(&self) -> impl Iterator<Item = (usize, Place, &Row)> {
        let top = self.view.top();
        let rows = (top.cell..self.column.count()).flat_map(move |cell| {
            let skip = if cell == top.cell { top.row } else { 0 };
            let rows = self.column.rows(cell).iter().enumerate().skip(skip);
            rows.map(move |(row, text)| (Place { cell, row }, text))
        });
        rows.take(self.view.room()).enumerate().map(|(at, (place, row))| (at, place, row))
    }

    fn marker(&self, session: &State) -> Row {
        let news = self.view.news(&self.column);
        let new = news.filter(|&at| {
            matches!(session.entries.get(at), Some(entry) if !matches!(entry, Entry::TurnEnd { .. }))
        });
        let mut row = Row::new("v ", Role::Accent);
        match new.count() {
            0 => row.push("more", Role::Accent),
            count => row.push(text::sanitise(&format!("{count} new")), Role::Accent),
        }
        if !session.pending.is_empty() {
            let asks = format!(" · {} needs you", session.pending.len());
            row.push(text::sanitise(&asks), Role::Wait);
        }
        row.push(" · End", Role::Muted);
        row.indented(2)
    }
}

impl Pane for TranscriptPane {
    fn topics(&self) -> Topics {
        Topics::SESSION | Topics::MESSAGE | Topics::TOOL | Topics::PERMISSION
    }

    fn observe(&mut self, envelope: &Envelope, session: &State) {
        if matches!(envelope.event, Event::TurnStarted { .. } | Event::Steered { .. }) {
            self.caught_up(session);
        }
        if matches!(envelope.event, Event::Rewound { .. } | Event::Redone { .. }) {
            // Other entries may stand where others stood, in the same number.
            self.column.begin_anew();
            self.session = None;
        }
        // `arrange` finds what is new in O(new): many events between two frames cost one look.
    }

    fn act(&mut self, action: Action, session: &State) -> Effects {
        if self.width == 0 {
            return Effects::new();
        }
        self.sync(session);
        let page = self.view.room().saturating_sub(1).max(1) as isize;
        let (view, column) = (&mut self.view, &mut self.column);
        match action {
            Action::Up => view.step(-1, column, session),
            Action::Down => view.step(1, column, session),
            Action::ScrollUp => view.scroll(-1, column, session),
            Action::ScrollDown => view.scroll(1, column, session),
            Action::HalfPageUp => view.page(-(page / 2).max(1), column, session),
            Action::HalfPageDown => view.page((page / 2).max(1), column, session),
            Action::PageUp => view.page(-page, column, session),
            Action::PageDown => view.page(page, column, session),
            Action::Top => view.go(0, column, session),
            Action::Bottom => view.follow(),
            Action::PreviousSection => self.section(true, session),
            Action::NextSection => self.section(false, session),
            Action::Toggle => self.fold(Fold::Toggle, session),
            Action::Open => self.fold(Fold::Open, session),
            Action::Close => self.fold(Fold::Close, session),
            Action::OpenAll => column.fold_all(true, session),
            Action::CloseAll => column.fold_all(false, session),
            Action::Copy => return self.copy(session),
            Action::NextTool => self.jump(Mark::Tool, false, session),
            Action::PreviousTool => self.jump(Mark::Tool, true, session),
            Action::NextError => self.jump(Mark::Error, false, session),
            Action::PreviousError => self.jump(Mark::Error, true, session),
            Action::ToggleWrap => self.column.toggle_wrap(session),
            Action::ToggleTimes => self.column.toggle_times(session),
            Action::ToggleDetails => {
                let open = self.column.is_all_unfolded();
                self.column.fold_all(!open, session);
            }
            Action::FindNext => self.next_hit(false, session),
            Action::FindPrevious => self.next_hit(true, session),
            other => {
                if let Some(grain) = Self::grain_of(other) {
                    self.select(grain, session);
                }
            }
        }
        self.stretch(session);
        Effects::new()
    }

    fn arrange(&mut self, session: &State, look: &Look<'_>, area: Rect) {
        self.width = usize::from(area.width.saturating_sub(2).min(MAX_WIDTH)).max(1);
        self.moment = Moment { now: look.now, phase: look.phase };
        self.sync(session);
        // It is of cells: other cells, nothing is selected.
        self.selection.take_if(|selection| selection.layout != self.column.layout());
        self.view.settle(&mut self.column, session, usize::from(area.height));
    }

    fn view(&self, session: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        let row_at = |row: usize| {
            let y = area.y.saturating_add(row.min(usize::from(area.height)) as u16);
            let width = (self.width as u16).min(area.width);
            Rect { y, height: u16::from(y < area.bottom()), width, ..area }
        };
        if session.entries.is_empty() {
            let first = usize::from(area.height.saturating_sub(3) / 3);
            for (at, row) in self.beginning(session).into_iter().enumerate() {
                row.indented(2).draw(row_at(first + at), 0, look.theme, buf);
            }
            return;
        }
        for (at, place, row) in self.seen() {
            let area = row_at(at);
            row.draw(area, 0, look.theme, buf);
            if look.focused && self.view.cursor() == Some(place) {
                buf.set_style(area, look.theme.style(Role::CursorLine));
            }
            if let Some(find) = &self.find {
                find.mark(place.cell, row, session, look.theme, area, buf);
            }
            if let Some(columns) = self.selection.and_then(|one| one.columns(place, row)) {
                let from = (columns.start as u16).min(area.width);
                let to = (columns.end as u16).min(area.width);
                let cells = Rect { x: area.x + from, width: to - from, ..area };
                buf.set_style(cells, look.theme.style(Role::Selection));
            }
        }
        if self.view.has_more() {
            self.marker(session).draw(row_at(self.view.room()), 0, look.theme, buf);
        }
        let (top, rows) = self.scroll();
        Scrollbar { theme: look.theme, top, rows }.render(area, buf);
        self.view_marks(session, look.theme, rows, area, buf);
    }

    fn title(&self, session: &State, _: &Look<'_>) -> (String, String) {
        let first = session.entries.iter().find_map(|entry| match entry {
            Entry::Prompt { content, .. } => Some(text_of(content)),
            _ => None,
        });
        let first = first.unwrap_or_default();
        let line = first.lines().next().unwrap_or_default();
        let name = text::sanitise_prose(line).truncate(40).into_string();
        let mut right = String::new();
        if session.turns > 0 {
            right = format!("turn {}", session.turns);
        }
        if session.status() == Status::Waiting {
            right.push_str(" · waiting for you");
        }
        (name, right)
    }

    fn hints(&self) -> &'static [Action] {
        if self.is_finding() {
            &[Action::Confirm, Action::FindNext, Action::FindPrevious, Action::Escape]
        } else if self.find.is_some() {
            &[Action::FindNext, Action::FindPrevious, Action::Copy, Action::SelectLines]
        } else if self.view.has_more() {
            &[Action::Bottom, Action::Toggle, Action::Copy, Action::PreviousSection]
        } else {
            &[Action::Toggle, Action::Copy, Action::PreviousSection, Action::PageUp]
        }
    }

    fn click(&mut self, at: Position, area: Rect, session: &State) -> Effects {
        let row = usize::from(at.y.saturating_sub(area.y));
        if self.view.has_more() && row >= self.view.room() {
            self.view.follow();
            return Effects::new();
        }
        self.sync(session);
        let place = self.column.step(self.view.top(), row as isize, session);
        let rows = self.column.rows(place.cell);
        let line = rows.iter().position(|row| !row.is_empty());
        if rows.is_empty() {
            return Effects::new();
        }
        self.view.point(place);
        if line == Some(place.row)
            && matches!(session.entries.get(place.cell), Some(Entry::Call(_)))
        {
            self.fold(Fold::Toggle, session);
        }
        Effects::new()
    }

    fn is_animated(&self, session: &State) -> bool {
        session.turn.is_some() || self.column.is_live()
    }
}

#[cfg(test)]
mod tests;

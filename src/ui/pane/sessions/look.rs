//! The list as a pane.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::protocol::{Envelope, Topics};
use crate::session::{State, Status};
use crate::ui::action::Action;
use crate::ui::effect::Effects;
use crate::ui::pane::sessions::SessionsPane;
use crate::ui::pane::sessions::list::Line;
use crate::ui::pane::sessions::words::Writing;
use crate::ui::pane::{Look, Pane, paged};

impl Pane for SessionsPane {
    fn topics(&self) -> Topics {
        Topics::NONE
    }

    fn observe(&mut self, _: &Envelope, _: &State) {}

    fn act(&mut self, action: Action, _: &State) -> Effects {
        match action {
            Action::Up => self.step(false),
            Action::Down => self.step(true),
            Action::NextSection => self.choose(self.section(true)),
            Action::PreviousSection => self.choose(self.section(false)),
            Action::FilterSessions => self.writing = Writing::Filter,
            Action::AllSessions => {
                self.all = !self.all;
                self.stale = true;
            }
            _ => {
                let at = self.chosen().unwrap_or(0);
                if let Some(at) = paged(action, at, self.page) {
                    self.choose(at);
                }
            }
        }
        Effects::new()
    }

    fn arrange(&mut self, _: &State, _: &Look<'_>, area: Rect) {
        self.shown = true;
        if std::mem::take(&mut self.changed) {
            self.arrange_lines();
        }
        self.page = usize::from(Self::room(area).height).max(1);
        let is_it = |line: &Line| matches!(line, Line::Title(at) if Some(*at) == self.chosen());
        let at = self.lines.iter().position(is_it).unwrap_or(0);
        // Its last line, and the heading above the first one, stay in sight with it.
        let last = (at + 1).min(self.lines.len().saturating_sub(1));
        let first = if at == 1 { 0 } else { at };
        self.top = self.top.clamp((last + 1).saturating_sub(self.page).min(first), first);
        self.top = self.top.min(self.lines.len().saturating_sub(self.page));
    }

    fn view(&self, _: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        self.draw(look, area, buf);
    }

    fn title(&self, _: &State, _: &Look<'_>) -> (String, String) {
        (String::new(), self.placed.len().to_string())
    }

    fn hints(&self) -> &'static [Action] {
        match (self.is_writing(), self.placed.is_empty()) {
            (true, _) => &[Action::Confirm, Action::Escape],
            (_, true) => &[Action::NewSession, Action::AllSessions],
            _ => &[
                Action::Open,
                Action::PreviewSession,
                Action::NewSession,
                Action::ForkSession,
                Action::RenameSession,
                Action::PinSession,
                Action::DeleteSession,
                Action::AllSessions,
                Action::FilterSessions,
            ],
        }
    }

    fn click(&mut self, at: Position, area: Rect, _: &State) -> Effects {
        if at.y == area.y {
            self.writing = Writing::Filter;
        } else if let Some(place) = self.at(at, area) {
            self.choose(place);
        }
        Effects::new()
    }

    fn is_animated(&self, _: &State) -> bool {
        self.live.values().any(|live| live.status == Status::Running)
    }
}

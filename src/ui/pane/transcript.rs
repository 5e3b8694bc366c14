//! What was said and done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget as _;

use crate::protocol::Envelope;
use crate::protocol::Topics;
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::effect::Effects;
use crate::ui::pane::Look;
use crate::ui::pane::Pane;
use crate::ui::theme::Role;

/// What was said and done.
#[derive(Debug, Default)]
pub struct TranscriptPane {
    shown: usize,
}

impl Pane for TranscriptPane {
    fn topics(&self) -> Topics {
        Topics::ALL
    }
    fn observe(&mut self, _: &Envelope, _: &State) {}
    fn act(&mut self, _: Action, _: &State) -> Effects {
        Effects::new()
    }
    fn arrange(&mut self, session: &State, _: &Look<'_>, _: Rect) {
        self.shown = session.entries.len();
    }
    fn view(&self, _: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let text = format!("{} entries", self.shown);
        Line::styled(text, look.theme.style(Role::Muted)).render(area, buf);
    }
    fn title(&self, _: &State, _: &Look<'_>) -> (String, String) {
        (String::new(), String::new())
    }
    fn hints(&self) -> &'static [Action] {
        &[Action::Down, Action::Up, Action::Top, Action::Bottom]
    }
}

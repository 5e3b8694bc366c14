//! A pane: reads the session, owns only how it is looked at.

pub mod activity;
pub mod changes;
pub mod composer;
pub mod permission;
pub mod sessions;
pub mod status;
pub mod transcript;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::base::clock::Millis;
use crate::protocol::{Envelope, Topics};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::effect::Effects;
use crate::ui::theme::Theme;

/// A part of the screen. Panes do not know each other.
///
/// Before each frame `arrange` is called with the room inside the border; `view` then draws what
/// was arranged and changes nothing.
pub trait Pane {
    /// What it subscribes to.
    fn topics(&self) -> Topics;
    /// An event of its topics was folded into `session`.
    fn observe(&mut self, envelope: &Envelope, session: &State);
    /// An action for it. `Effect`s are carried out; what it does not know it leaves alone.
    fn act(&mut self, action: Action, session: &State) -> Effects;
    /// Lays out what will be seen in `area`. Cheap where nothing changed.
    fn arrange(&mut self, session: &State, look: &Look<'_>, area: Rect);
    /// Draws itself into `area`, the room inside its border.
    fn view(&self, session: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer);
    /// The words in its upper border: left, after the pane's name, and right.
    fn title(&self, session: &State, look: &Look<'_>) -> (String, String);
    /// What it can do now, for its lower border, most useful first.
    fn hints(&self) -> &'static [Action];
    /// A click into it, at a cell inside `area`.
    fn click(&mut self, at: Position, area: Rect, session: &State) -> Effects {
        let _ = (at, area, session);
        Effects::new()
    }
    /// Does it show something that moves with time: a spinner, a timer?
    fn is_animated(&self, session: &State) -> bool {
        let _ = session;
        false
    }
}

/// How things are looked at in this frame.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// What a role looks like.
    pub theme: &'a Theme,
    /// The wall clock.
    pub now: Millis,
    /// The spinner's phase; stands still under reduced motion.
    pub phase: usize,
    /// This pane has the focus.
    pub focused: bool,
}

/// The first row in sight after an action that scrolls by pages or to an end; it may be past the
/// last. None where the action is another one.
fn paged(action: Action, at: usize, page: usize) -> Option<usize> {
    let page = page.max(1);
    let half = page.div_ceil(2);
    Some(match action {
        Action::HalfPageUp => at.saturating_sub(half),
        Action::HalfPageDown => at.saturating_add(half),
        Action::PageUp => at.saturating_sub(page),
        Action::PageDown => at.saturating_add(page),
        Action::Top => 0,
        Action::Bottom => usize::MAX,
        _ => return None,
    })
}

#[cfg(test)]
pub(crate) mod tests;

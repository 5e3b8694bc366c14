//! What lies over the screen and takes the keys while it is there.

pub mod choice;
pub mod context;
pub mod cost;
pub mod effort;
pub mod help;
pub mod keys;
pub mod messages;
pub mod models;
pub mod palette;
pub mod picker;
pub mod preview;
pub mod rewind;
pub mod toast;
pub mod which_key;
pub mod why;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::session::State;
use crate::ui::action::Action;
use crate::ui::keymap::Context;
use crate::ui::msg::{Loaded, Msg};
use crate::ui::pane::Look;

/// Something that lies over the screen. Layers stack: keys go to the top one alone, and closing it
/// gives the focus back to what had it.
pub trait Layer: std::fmt::Debug + Send {
    /// Which keys hold in it.
    fn context(&self) -> Context;
    /// The words in its upper border: left and right.
    fn title(&self) -> (String, String);
    /// What it can do now, for its lower border, most useful first.
    fn hints(&self) -> &'static [Action];
    /// The columns and rows that it would like, with its border.
    fn size(&self) -> (u16, u16);
    /// Lays out what will be seen in `area`, the room inside its border.
    fn arrange(&mut self, session: &State, area: Rect);
    /// Draws itself into `area`.
    fn view(&self, session: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer);
    /// Where text goes; none where keys are commands.
    fn caret(&self, area: Rect) -> Option<Position> {
        let _ = area;
        None
    }
    /// An action for it; `Escape` has to close it sooner or later.
    fn act(&mut self, action: Action, session: &State) -> Answer;
    /// Text that was typed or pasted.
    fn write(&mut self, text: &str) -> Answer {
        let _ = text;
        Answer::default()
    }
    /// A click into it, at a cell inside `area`.
    fn click(&mut self, at: Position, area: Rect, session: &State) -> Answer {
        let _ = (at, area, session);
        Answer::default()
    }
    /// Other rows, where it is a list that stays open while they change.
    fn renew(&mut self, items: &[picker::Item]) {
        let _ = items;
    }
    /// A result of work off the loop. Is there something new to be seen?
    fn loaded(&mut self, loaded: &Loaded) -> bool {
        let _ = loaded;
        false
    }
}

/// What comes of an action on a layer.
#[derive(Debug, Default)]
pub struct Answer {
    /// It goes.
    pub close: bool,
    /// What the model is told then, in order, after it went.
    pub msgs: Vec<Msg>,
}

impl Answer {
    /// It goes.
    pub fn close() -> Self {
        Self { close: true, msgs: Vec::new() }
    }

    /// It goes, and the model is told this.
    pub fn done(msg: Msg) -> Self {
        Self { close: true, msgs: vec![msg] }
    }

    /// It stays, and the model is told this.
    pub fn tell(msg: Msg) -> Self {
        Self { close: false, msgs: vec![msg] }
    }
}

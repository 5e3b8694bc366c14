//! What reaches the screen's model.

use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::base::clock::Millis;
use crate::protocol::Envelope;
use crate::protocol::{Baseline, Op, TurnId};
use crate::ui::action::Action;
use crate::ui::highlight::Highlighted;

/// One message to `update`.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// An action was chosen other than by its key: from the palette, by a click.
    Act(Action),
    /// A row of a list was chosen.
    Chosen(Chosen),
    /// A key was pressed or repeats.
    Key(KeyEvent),
    /// A text was pasted.
    Paste(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Something happened in a session.
    Event(Arc<Envelope>),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
    /// The terminal got (true) or lost (false) the focus.
    Focus(bool),
    /// The time: told before other messages, and when `Model::next_tick` asked for it. A screen at
    /// rest gets none.
    Tick(Millis),
    /// A result of work off the loop.
    Loaded(Loaded),
    /// The session's queue was full: it did not take this.
    Refused(Op),
}

/// What a row of a list stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Chosen {
    /// The theme of that name.
    Theme(String),
    /// From what changes are told.
    Baseline(Baseline),
    /// A turn, to look at.
    Turn(TurnId),
}

/// What work off the loop gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded {
    /// Something failed that the user has to know: in a sentence.
    Failed(String),
    /// The user's editor gave the terminal back.
    EditorClosed,
    /// A code block is highlighted.
    Highlighted(Highlighted),
}

//! What reaches the screen's model.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::base::clock::Millis;
use crate::protocol::Envelope;
use crate::protocol::Op;
use crate::protocol::TurnId;
use crate::ui::action::Action;
use crate::ui::clipboard::Way;
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
    /// The transcript at that turn.
    Turn(TurnId),
    /// A web address, to be opened.
    Link(String),
    /// A file, and a line of it from 1, to be opened in the editor.
    File(PathBuf, usize),
}

/// What work off the loop gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded {
    /// Something failed that the user has to know: in a sentence.
    Failed(String),
    /// Something was done that the user waits for: in a sentence.
    Done(String),
    /// A text is still to be said to the terminal, and what is known of the copy so far.
    Uncopied {
        /// The text.
        text: String,
        /// Through what.
        way: Way,
        /// What a program said that took it.
        said: Option<String>,
    },
    /// A code block is highlighted.
    Highlighted(Highlighted),
}

//! What the screen wants done in the world: data, carried out by `perform`.

use std::path::PathBuf;

use crate::protocol::{Op, SessionId};
use crate::ui::highlight::Request;

/// Something to be done outside the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the engine.
    Send(SessionId, Op),
    /// Put a text on the clipboard.
    Copy(String),
    /// Highlight a code block, off the loop; the answer comes as `Loaded::Highlighted`.
    Highlight(Request),
    /// Open a file in the user's editor, at a line counted from 1; the screen waits behind it.
    OpenFile {
        /// Which.
        path: PathBuf,
        /// At which line.
        line: usize,
    },
    /// Turn the terminal's mouse reports on or off.
    Mouse(bool),
    /// Clear and draw everything again.
    Repaint,
    /// Give the shell the terminal until `fg`.
    Suspend,
    /// Leave.
    Quit,
}

/// Several.
pub type Effects = Vec<Effect>;

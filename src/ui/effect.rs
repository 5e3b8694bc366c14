//! What the screen wants done in the world: data, carried out by `perform`.

use std::path::PathBuf;

use crate::protocol::{Op, SessionId};
use crate::ui::clipboard::Way;
use crate::ui::highlight::Request;

/// Something to be done outside the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the engine.
    Send(SessionId, Op),
    /// Put a text on the clipboard, off the loop.
    Copy(String),
    /// Ask the terminal to take a text, through what lies between.
    Tell(String, Way),
    /// Open a web address, off the loop.
    OpenLink(String),
    /// Open a file in the user's editor, at a line from 1.
    OpenFile {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// Print a text, which is safe to print, into the terminal's own scrollback.
    Print(String),
    /// Highlight a code block, off the loop; the answer comes as `Loaded::Highlighted`.
    Highlight(Request),
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

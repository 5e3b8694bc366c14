//! What the screen wants done in the world: data, carried out by `perform`.

use crate::engine::Start;
use crate::protocol::{Op, SessionId};
use crate::ui::composer::complete::Query;
use crate::ui::highlight::Request;
use crate::ui::library;
use crate::ui::signal::Signal;

/// Something to be done outside the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the engine.
    Send(SessionId, Op),
    /// Put a text on the clipboard.
    Copy(String),
    /// Highlight a code block, off the loop; the answer comes as `Loaded::Highlighted`.
    Highlight(Request),
    /// Look for files, off the loop; the answers come as `Loaded::Files`.
    FindFiles(Query),
    /// Open a session; the answer comes as `Loaded::Opened` and bears the number.
    Open(u64, Start),
    /// End a session that is live, then delete it.
    Delete(library::Request, SessionId),
    /// Ask the library, off the loop; the answer comes as `Loaded::Library`.
    Library(library::Request),
    /// Turn the terminal's mouse reports on or off.
    Mouse(bool),
    /// Tell the terminal something besides what it shows.
    Tell(Signal),
    /// Clear and draw everything again.
    Repaint,
    /// Give the shell the terminal until `fg`.
    Suspend,
    /// Leave.
    Quit,
}

/// Several.
pub type Effects = Vec<Effect>;

//! What the screen wants done in the world: data, carried out by `perform`.

use std::path::PathBuf;

use crate::config::Knob;
use crate::desk::clipboard::Way;
use crate::engine::Start;
use crate::protocol::{Op, SessionId};
use crate::session::{Draft, Prompt};
use crate::ui::composer::complete::Query;
use crate::ui::highlight::Request;
use crate::ui::library;
use crate::ui::pane::changes::Asked;
use crate::ui::signal::Signal;

/// Something to be done outside the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the engine.
    Send(SessionId, Op),
    /// Put a text on the clipboard, off the loop.
    Copy(String),
    /// Ask the terminal to take a text, through what lies between.
    Say(String, Way),
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
    /// Read lines of a file, off the loop; the answer comes as `Loaded::Lines`.
    ReadLines(Asked),
    /// Look for files, off the loop; the answers come as `Loaded::Files`.
    FindFiles(Query),
    /// Ask which servers of one's own run on this machine, off the loop; the answer comes as
    /// `Loaded::Models` and bears the number.
    FindModels(u64),
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
    /// Keep what is being written in a session, off the loop; the newest is what counts.
    Keep {
        /// Which session.
        session: SessionId,
        /// Its project.
        cwd: PathBuf,
        /// What is being written.
        draft: Draft,
    },
    /// Keep a setting of the screen in the user's own file, off the loop; the answer comes as
    /// `Loaded::Saved`.
    Save(Knob, String),
    /// Keep a prompt for other sessions, off the loop.
    Remember(Prompt),
    /// Let the user write a text in an editor of their choice; the answer comes as
    /// `Loaded::TextEdited`.
    EditText {
        /// Who asks.
        key: String,
        /// The text.
        text: String,
        /// What the file's name ends with.
        suffix: String,
    },
    /// Read the clipboard, off the loop; the answer comes as `Loaded::Pasted`.
    PasteClipboard,
    /// Read a picture from a file whose path was pasted; the answer comes as `Loaded::Pasted`
    /// where it is one.
    LoadImage {
        /// The file.
        path: PathBuf,
        /// The path as it was pasted.
        pasted: String,
    },
    /// Write a session to a file, off the loop; the answer says where.
    Export {
        /// Which session.
        session: SessionId,
        /// The file; empty: one that is made of its title.
        file: String,
    },
    /// Keep the screen as a text; the answer says where.
    SaveScreen,
    /// Clear and draw everything again.
    Repaint,
    /// Give the shell the terminal until `fg`.
    Suspend,
    /// Leave.
    Quit,
}

/// Several.
pub type Effects = Vec<Effect>;

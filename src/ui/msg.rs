//! What reaches the screen's model.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::base::clock::Millis;
use crate::config::{Knob, Source};
use crate::desk::clipboard::Way;
use crate::engine::Start;
use crate::protocol::Envelope;
use crate::protocol::{
    Baseline, Budget, ContextPart, Effort, Image, Mode, ModelId, Op, PartState, QueueItem, Rewind,
    SessionId, TurnId,
};
use crate::provider::offers::Offer;
use crate::session::{Draft, Held, State};
use crate::ui::action::Action;
use crate::ui::composer::complete::Files;
use crate::ui::highlight::Highlighted;
use crate::ui::keymap::Context;
use crate::ui::library;
use crate::ui::pane::changes::Lines;
use crate::ui::theme::Shelf;
use crate::ui::update::Fate;

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
    /// A command, where it holds.
    Run(Context, Action),
    /// What the draft begins with.
    Write(String),
    /// What the session may cost.
    Budget(Budget),
    /// The turn is stopped.
    StopTurn,
    /// How much is asked.
    Mode(Mode),
    /// The theme of that name.
    Theme(String),
    /// A prompt of the history, as it is shown.
    Draft(String),
    /// A prompt that waits: what can be done with it is asked.
    Queued(QueueItem),
    /// A prompt that waits is taken out of the queue.
    Unqueue(QueueItem, Fate),
    /// Stop the turn, and leave.
    StopAndQuit,
    /// Nothing: the turn goes on.
    KeepWorking,
    /// The model of that name.
    Model(ModelId),
    /// How hard models think; none: as each does by itself.
    Effort(Option<Effort>),
    /// The theme of that name, to look at it before it is chosen.
    Preview(String),
    /// The next value of a setting.
    Knob(Knob),
    /// The sidebar by the screen's size, always, or never.
    Sidebar,
    /// The session.
    Session(SessionId),
    /// A part of the context, and what shall become of it.
    Context(ContextPart, PartState),
    /// A line for a file of notes.
    Note(PathBuf, String),
    /// A file that notes may import.
    Import(PathBuf),
    /// A session, opened in this way.
    Start(Start),
    /// From what changes are told.
    Baseline(Baseline),
    /// A turn, to look at.
    Turn(TurnId),
    /// What going back to before a turn would do is asked.
    TryRewind(TurnId),
    /// Back to before a turn; these files also where somebody else changed them.
    Rewind(TurnId, Rewind, Vec<PathBuf>),
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
    /// What was being written in a session that was just opened.
    Draft(SessionId, Draft),
    /// A setting of the screen was kept, or why not, in a sentence.
    Saved {
        /// Which.
        knob: Knob,
        /// What it is.
        word: String,
        /// Where each setting stands in the user's own file now.
        done: Result<Vec<(Knob, Source)>, String>,
    },
    /// Files were found for a completion.
    Files(Files),
    /// A session is open: its state then; or why not, in a sentence.
    Opened(u64, Result<Box<State>, String>),
    /// A session cannot go on here: it can be copied or looked at.
    Held(u64, Held),
    /// Lines of a file were read.
    Lines(Lines),
    /// Which servers of one's own run on this machine; the number is of who asked.
    Models(u64, Vec<Offer>),
    /// The library answered.
    Library(library::Answer),
    /// The user's editor gave the terminal back.
    EditorClosed,
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
    /// A theme's file changed: all themes, and what of their files cannot be read.
    Themes(Shelf, Vec<String>),
    /// The user's editor is done with a text that was given to it under a key; none where it
    /// stays as it was.
    TextEdited {
        /// Who asked.
        key: String,
        /// The text as it is now.
        text: Option<String>,
    },
    /// What was on the clipboard, or in a file whose path was pasted.
    Pasted(Clip),
}

impl Loaded {
    /// What came of opening a session.
    pub(super) fn opened(asked: u64, opened: anyhow::Result<Box<State>>) -> Self {
        let failed = match opened {
            Ok(state) => return Self::Opened(asked, Ok(state)),
            Err(error) => error,
        };
        match failed.downcast::<Held>() {
            Ok(held) => Self::Held(asked, held),
            Err(error) => Self::Opened(asked, Err(format!("{error:#}"))),
        }
    }
}

/// What can be pasted besides what the terminal pastes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clip {
    /// A picture.
    Image {
        /// The picture.
        image: Image,
        /// Its columns and rows.
        size: (u32, u32),
        /// The path that was pasted for it.
        path: Option<String>,
    },
    /// A text.
    Text(String),
    /// None of them: why, in a sentence.
    Nothing(String),
}

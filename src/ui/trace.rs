//! What a trace says, line by line: how the screen began, what it was told, and when it was drawn.
//!
//! Results of work off the loop (files, lists of sessions, pictures, other sessions' states) are
//! not in it: what they brought stays absent when the trace is played. Code is highlighted again.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{
    KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use serde::{Deserialize, Serialize};

use crate::base::clock::Millis;
use crate::desk::clipboard;
use crate::protocol::{Baseline, Content, Envelope, Event, Op, SessionId};
use crate::session::{Draft, Prompt};
use crate::ui::keymap::Chord;
use crate::ui::layout::Kept;
use crate::ui::model::{Model, Motion};
use crate::ui::msg::{Loaded, Msg};
use crate::ui::theme::Depth;
use crate::ui::update::{recall, restore, update};

/// The version of the format.
pub const VERSION: u32 = 1;

/// The first line: all that the screen began with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the format.
    pub trace: u32,
    /// The version of claw.
    pub claw: String,
    /// The session.
    pub session: SessionId,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The theme's name.
    pub theme: String,
    /// How many colours the terminal has.
    pub depth: Depth,
    /// Is it drawn with ASCII alone?
    pub ascii: bool,
    /// How much may move.
    pub motion: Motion,
    /// The user's home, to shorten paths.
    pub home: Option<PathBuf>,
    /// The project's directory.
    pub project: PathBuf,
    /// What the mouse selects is copied at once.
    pub copy_on_select: bool,
    /// The text of the user's `keys.toml`; empty where the keys are the usual ones.
    pub keys: String,
    /// What the user found on the screen.
    pub opening: Opening,
    /// The session's log so far, and what was known of it besides.
    pub log: Vec<Envelope>,
}

impl Head {
    /// Of a screen that has just been made; `log` is the session's.
    pub fn new(
        model: &Model,
        opening: &Opening,
        size: (u16, u16),
        keys: String,
        mut log: Vec<Envelope>,
    ) -> Self {
        let (state, setting) = (&model.session, &model.setting);
        // What came later comes as an event.
        log.retain(|envelope| envelope.seq <= state.seq);
        let live = &state.live;
        let mut known = Vec::new();
        if live.branch.is_some() {
            known.push(Event::GitChanged { branch: live.branch.clone(), dirty: live.dirty });
        }
        if let Some(state) = live.sandbox.clone() {
            known.push(Event::SandboxTested { state });
        }
        if !live.changes.is_empty() || live.against != Baseline::default() {
            let (against, changes, unlisted) = (live.against, live.changes.clone(), live.unlisted);
            known.push(Event::FilesChanged { against, changes, unlisted });
        }
        let (session, seq, at) = (&state.id, state.seq, state.touched);
        let known =
            known.into_iter().map(|event| Envelope { session: session.clone(), seq, at, event });
        log.extend(known);
        Self {
            trace: VERSION,
            claw: env!("CARGO_PKG_VERSION").to_owned(),
            session: state.id.clone(),
            size,
            theme: model.theme.name().to_owned(),
            depth: setting.depth,
            ascii: model.theme.is_ascii(),
            motion: setting.motion,
            home: setting.home.clone(),
            project: setting.project.clone(),
            copy_on_select: setting.copy_on_select,
            keys,
            opening: opening.clone(),
            log,
        }
    }
}

/// What the user finds on the screen at the beginning.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// When.
    pub now: Millis,
    /// Is the mouse reported?
    pub mouse: bool,
    /// Does the composer have vim's keys?
    pub vim: bool,
    /// What is remembered of the project's screen.
    pub layout: Kept,
    /// What was being written.
    pub draft: Option<Draft>,
    /// Why that cannot be read, in a sentence.
    pub failed: Option<String>,
    /// What already stands in the composer.
    pub prompt: Option<String>,
    /// What the user has to know, a sentence each.
    pub notices: Vec<String>,
}

impl Opening {
    /// Makes the screen so; `prompts` are the earlier ones of all sessions.
    pub fn apply(self, model: &mut Model, prompts: Vec<Prompt>) {
        let Self { now, mouse, vim, layout, draft, failed, prompt, notices } = self;
        model.mouse = mouse;
        recall(model, layout);
        let _ = update(model, Msg::Tick(now));
        if vim {
            model.composer.toggle_vim();
        }
        match failed {
            None => restore(model, draft, prompts),
            Some(failed) => model.toasts.fail(failed, model.now),
        }
        if let Some(prompt) = prompt {
            model.composer.give_back(&[Content::text(prompt)]);
        }
        for notice in notices {
            model.toasts.say(notice, model.now);
        }
    }
}

/// Any line behind the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When.
    pub at: Millis,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What the screen was told, in the order in which `update` got it, or that it was drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A key, as chords are written.
    Key(String),
    /// A key that is held down.
    Repeat(String),
    /// A text was pasted.
    Paste(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// The terminal has another size.
    Resize(u16, u16),
    /// The terminal got or lost the focus.
    Focus(bool),
    /// Something happened in a session.
    Event(Arc<Envelope>),
    /// The time.
    Tick(Millis),
    /// Something was done that the user waited for.
    Done(String),
    /// Something failed.
    Failed(String),
    /// The user's editor gave a text back.
    Edited {
        /// Who had asked.
        key: String,
        /// The text; none where it stays as it was.
        text: Option<String>,
    },
    /// The session's queue was full.
    Refused(Op),
    /// A frame was drawn, at this size.
    Frame(u16, u16),
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mouse {
    /// How.
    act: MouseAct,
    /// Column and row.
    at: (u16, u16),
    /// Shift, Control and Alt as bits.
    #[serde(default)]
    held: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MouseAct {
    Down,
    RightDown,
    Drag,
    Up,
    ScrollUp,
    ScrollDown,
}

/// What each means to the terminal.
const MOUSE: &[(MouseAct, MouseEventKind)] = &[
    (MouseAct::Down, MouseEventKind::Down(MouseButton::Left)),
    (MouseAct::RightDown, MouseEventKind::Down(MouseButton::Right)),
    (MouseAct::Drag, MouseEventKind::Drag(MouseButton::Left)),
    (MouseAct::Up, MouseEventKind::Up(MouseButton::Left)),
    (MouseAct::ScrollUp, MouseEventKind::ScrollUp),
    (MouseAct::ScrollDown, MouseEventKind::ScrollDown),
];

impl Mouse {
    fn of(event: MouseEvent) -> Option<Self> {
        let (act, _) = MOUSE.iter().find(|(_, kind)| *kind == event.kind)?;
        Some(Self { act: *act, at: (event.column, event.row), held: event.modifiers.bits() })
    }

    fn event(self) -> Option<MouseEvent> {
        let (_, kind) = MOUSE.iter().find(|(act, _)| *act == self.act)?;
        let (column, row) = self.at;
        let modifiers = KeyModifiers::from_bits_truncate(self.held);
        Some(MouseEvent { kind: *kind, column, row, modifiers })
    }
}

impl What {
    /// What a message says; none where a trace has no word for it.
    pub fn of(msg: &Msg) -> Option<Self> {
        Some(match msg {
            Msg::Key(key) => {
                let chord = Chord::of(*key)?.to_string();
                match key.kind {
                    KeyEventKind::Repeat => Self::Repeat(chord),
                    _ => Self::Key(chord),
                }
            }
            Msg::Paste(text) => Self::Paste(text.clone()),
            Msg::Mouse(event) => Self::Mouse(Mouse::of(*event)?),
            Msg::Resize(columns, rows) => Self::Resize(*columns, *rows),
            Msg::Focus(awake) => Self::Focus(*awake),
            Msg::Event(envelope) => Self::Event(Arc::clone(envelope)),
            Msg::Tick(now) => Self::Tick(*now),
            Msg::Refused(op) => Self::Refused(op.clone()),
            Msg::Loaded(Loaded::Done(text)) => Self::Done(text.clone()),
            Msg::Loaded(Loaded::Uncopied { text, said, .. }) => {
                Self::Done(said.clone().unwrap_or_else(|| clipboard::sent(text)))
            }
            Msg::Loaded(Loaded::Failed(text)) => Self::Failed(text.clone()),
            Msg::Loaded(Loaded::TextEdited { key, text }) => {
                Self::Edited { key: key.clone(), text: text.clone() }
            }
            Msg::Loaded(_) | Msg::Act(_) | Msg::Chosen(_) => return None,
        })
    }

    /// The message that it is; none for a frame, and for a key that there is not.
    pub fn message(self) -> Option<Msg> {
        let key = |text: &str| Chord::parse(text).map(Chord::key);
        Some(match self {
            Self::Key(text) => Msg::Key(key(&text)?),
            Self::Repeat(text) => Msg::Key(KeyEvent { kind: KeyEventKind::Repeat, ..key(&text)? }),
            Self::Paste(text) => Msg::Paste(text),
            Self::Mouse(mouse) => Msg::Mouse(mouse.event()?),
            Self::Resize(columns, rows) => Msg::Resize(columns, rows),
            Self::Focus(awake) => Msg::Focus(awake),
            Self::Event(envelope) => Msg::Event(envelope),
            Self::Tick(now) => Msg::Tick(now),
            Self::Refused(op) => Msg::Refused(op),
            Self::Done(text) => Msg::Loaded(Loaded::Done(text)),
            Self::Failed(text) => Msg::Loaded(Loaded::Failed(text)),
            Self::Edited { key, text } => Msg::Loaded(Loaded::TextEdited { key, text }),
            Self::Frame(..) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_the_same_after_it_was_written_down() {
        let key = |text: &str| Chord::parse(text).unwrap().key();
        let mouse = |kind| MouseEvent { kind, column: 3, row: 7, modifiers: KeyModifiers::SHIFT };
        let delta = Event::MessageDelta {
            message: "m".into(),
            block: 1,
            kind: crate::protocol::TextKind::Text,
            start: 5,
            text: "é\u{1b}[31m".into(),
        };
        let event = Envelope { session: "s".into(), seq: 3, at: Millis(9), event: delta };
        let messages = [
            Msg::Key(key("Ctrl+X")),
            Msg::Key(key("+")),
            Msg::Key(KeyEvent { kind: KeyEventKind::Repeat, ..key("Ü") }),
            Msg::Paste("a\nb\u{1b}".into()),
            Msg::Mouse(mouse(MouseEventKind::Down(MouseButton::Right))),
            Msg::Mouse(mouse(MouseEventKind::ScrollUp)),
            Msg::Resize(80, 24),
            Msg::Focus(false),
            Msg::Event(Arc::new(event)),
            Msg::Tick(Millis(77)),
            Msg::Refused(Op::Cancel),
            Msg::Loaded(Loaded::Done("copied".into())),
            Msg::Loaded(Loaded::Failed("no".into())),
            Msg::Loaded(Loaded::TextEdited { key: "k".into(), text: None }),
        ];
        for msg in messages {
            let line = Line { at: Millis(1), what: What::of(&msg).unwrap() };
            let text = serde_json::to_string(&line).unwrap();
            let read: Line = serde_json::from_str(&text).unwrap();
            assert_eq!(read, line, "{text}");
            assert_eq!(read.what.message(), Some(msg), "{text}");
        }
    }

    #[test]
    fn a_copy_that_the_terminal_was_told_of_is_what_was_said_of_it() {
        let way = clipboard::Way::Plain;
        let msg = Msg::Loaded(Loaded::Uncopied { text: "abc".into(), way, said: None });
        assert_eq!(What::of(&msg), Some(What::Done(clipboard::sent("abc"))));
    }
}

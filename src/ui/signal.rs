//! What the terminal is told besides what it shows: the agent's state, calls to the user, keys.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::base::text::sanitise;
use crate::ui::terminal::{Call, Multiplexer, Place};

/// What the agent does, as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Agent {
    /// Nothing.
    #[default]
    Idle,
    /// A turn runs.
    Working,
    /// It waits for the user.
    Waiting,
}

/// Something that the terminal is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// What the agent does now.
    Agent(Agent),
    /// The user is needed, or something is done, and they are elsewhere: in a few words.
    Call(String),
    /// A question takes keys, or none does: a held key is told from one that is pressed.
    Armed(bool),
    /// Where the session works.
    Directory(PathBuf),
}

/// What holds where the screen is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manner {
    /// The terminal.
    pub place: Place,
    /// The user is called.
    pub calls: bool,
    /// The agent's state is told (OSC 7501).
    pub osc7501: bool,
    /// tmux lets sequences through.
    pub passthrough: bool,
}

impl Signal {
    /// The bytes to write; none where this terminal has no use for it.
    pub fn bytes(&self, manner: &Manner) -> String {
        match self {
            Self::Agent(agent) => state(*agent, manner),
            Self::Call(text) if manner.calls => call(text, manner),
            // 1: keys are told apart; 2: and whether they are pressed, held or let go.
            Self::Armed(armed) => format!("\x1b[={};1u", if *armed { 3 } else { 1 }),
            Self::Directory(path) if manner.place.takes_directory() => directory(path),
            Self::Call(_) | Self::Directory(_) => String::new(),
        }
    }
}

fn state(agent: Agent, manner: &Manner) -> String {
    let (word, progress) = match agent {
        Agent::Idle => ("idle", 0),
        Agent::Working => ("working", 3),
        Agent::Waiting => ("waiting", 4),
    };
    let mut out = String::new();
    // Writing to a string does not fail.
    if manner.osc7501 {
        let _ = write!(out, "\x1b]7501;state={word}:app=claw\x1b\\");
    }
    if manner.place.progress {
        let _ = write!(out, "\x1b]9;4;{progress}\x1b\\");
    }
    out
}

/// The bell, and a notification where this terminal is known to show one.
fn call(text: &str, manner: &Manner) -> String {
    // A semicolon would end the text, and a text that begins with a number be another command.
    let text = sanitise(text).into_string().replace(';', ",");
    let sequence = match manner.place.call(manner.passthrough) {
        Call::Bell => String::new(),
        Call::Osc9 => format!("\x1b]9;claw: {text}\x1b\\"),
        Call::Osc777 => format!("\x1b]777;notify;claw;{text}\x1b\\"),
        Call::Osc99 => {
            format!("\x1b]99;i=claw:d=0;claw\x1b\\\x1b]99;i=claw:d=1:p=body;{text}\x1b\\")
        }
    };
    let tmux = manner.place.multiplexer == Some(Multiplexer::Tmux) && !sequence.is_empty();
    if tmux {
        let inside = sequence.replace('\x1b', "\x1b\x1b");
        return format!("\x07\x1bPtmux;{inside}\x1b\\");
    }
    format!("\x07{sequence}")
}

fn directory(path: &Path) -> String {
    format!("\x1b]7;{}\x1b\\", file_url(path))
}

/// A path as an address: printable ASCII.
pub fn file_url(path: &Path) -> String {
    let mut out = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(*byte));
            }
            // Writing to a string does not fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::terminal::Kind;

    fn manner(kind: Kind) -> Manner {
        let place = Place { kind, ..Place::default() };
        Manner { place, calls: true, osc7501: false, passthrough: false }
    }

    #[test]
    fn a_call_is_written_as_the_terminal_reads_it() {
        let call = Signal::Call("done; 3 files\x1b]52;c;x\x07".to_owned());
        let text = |manner: &Manner| call.bytes(manner);
        let words = "done, 3 files";
        let table = [
            (Kind::Unknown, "\x07".to_owned()),
            (Kind::Ghostty, format!("\x07\x1b]9;claw: {words}")),
            (Kind::Foot, format!("\x07\x1b]777;notify;claw;{words}")),
            (
                Kind::Kitty,
                format!("\x07\x1b]99;i=claw:d=0;claw\x1b\\\x1b]99;i=claw:d=1:p=body;{words}"),
            ),
        ];
        for (kind, expected) in table {
            let got = text(&manner(kind));
            assert!(got.starts_with(&expected), "{kind:?} {got:?}");
            let escapes = expected.matches('\x1b').count();
            assert_eq!(got.matches('\x1b').count(), escapes + usize::from(escapes > 0), "{got:?}");
        }
        assert_eq!(text(&Manner { calls: false, ..manner(Kind::Kitty) }), "");
    }

    #[test]
    fn tmux_lets_a_call_through_where_it_is_told_to() {
        let mut manner = manner(Kind::Ghostty);
        manner.place.multiplexer = Some(Multiplexer::Tmux);
        let call = Signal::Call("done".to_owned());
        assert_eq!(call.bytes(&manner), "\x07");
        manner.passthrough = true;
        let wrapped = "\x07\x1bPtmux;\x1b\x1b]9;claw: done\x1b\x1b\\\x1b\\";
        assert_eq!(call.bytes(&manner), wrapped);
    }

    #[test]
    fn a_state_is_told_only_where_somebody_listens() {
        let mut manner = manner(Kind::Ghostty);
        let told = |manner: &Manner| Signal::Agent(Agent::Waiting).bytes(manner);
        assert_eq!(told(&manner), "");
        manner.place.progress = true;
        assert_eq!(told(&manner), "\x1b]9;4;4\x1b\\");
        manner.osc7501 = true;
        assert_eq!(told(&manner), "\x1b]7501;state=waiting:app=claw\x1b\\\x1b]9;4;4\x1b\\");
    }

    #[test]
    fn a_directory_is_written_as_an_address() {
        let told = |kind| Signal::Directory("/tmp/a b;ü".into()).bytes(&manner(kind));
        assert_eq!(told(Kind::Kitty), "\x1b]7;file:///tmp/a%20b%3B%C3%BC\x1b\\");
        assert_eq!(told(Kind::Plain), "");
    }
}

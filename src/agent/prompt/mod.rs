//! What a model is sent, with where each part of it comes from: assembled from data alone.

pub(super) mod chosen;
mod discover;
mod window;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use crate::protocol::{ContextPart, Group, ToolSpec};
use crate::provider::{Input, Model};
use crate::session::{Chosen, State};
use crate::workspace::notes::{Layer, Nested, Note};

pub(super) use discover::discover;
pub use window::window;

/// The instructions of a session, part by part. Made once: the service's cache lives on equal bytes.
#[derive(Debug, Clone, Default)]
pub struct Instructions {
    /// The parts, in the order in which they are sent.
    pub pieces: Vec<Piece>,
    /// How instructions are found that come in later; none in a folder without a say.
    pub nested: Option<Arc<Nested>>,
    /// Notes that are there and are not sent, and why.
    pub unread: Vec<(PathBuf, String)>,
    /// Imports that lead out of the project.
    pub outside: Vec<PathBuf>,
    /// Where a line can be added to notes, each with the directory that it has to be in.
    pub targets: Vec<(PathBuf, PathBuf)>,
    /// Where it is written down which imports are allowed.
    pub imports: PathBuf,
}

/// A part of the instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What kind of thing.
    pub group: Group,
    /// What it is.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// What it says.
    pub text: String,
    /// The file it stands in, which the user can take out.
    pub path: Option<PathBuf>,
}

impl Piece {
    /// A part that claw makes itself.
    pub fn own(title: &str, source: &str, text: impl Into<String>) -> Self {
        let (title, source, text) = (title.to_owned(), source.to_owned(), text.into());
        Self { group: Group::System, title, source, text, path: None }
    }

    /// A file of notes.
    pub fn note(note: &Note) -> Self {
        let by = note.by.as_ref().map(|by| format!(", imported by {}", by.display()));
        let name = note.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            group: if note.layer == Layer::User { Group::Memory } else { Group::Notes },
            title: format!("{name} ({})", note.layer.words()),
            source: format!("{}{}", note.path.display(), by.unwrap_or_default()),
            text: format!("# From {}\n\n{}", note.path.display(), note.text.trim()),
            path: Some(note.path.clone()),
        }
    }

    /// What it can be named by.
    pub fn part(&self) -> Option<ContextPart> {
        self.path.clone().map(|path| ContextPart::Note { path })
    }

    fn is_sent(&self, chosen: &Chosen) -> bool {
        self.part().is_none_or(|part| !chosen.is_dropped(&part))
    }
}

impl Instructions {
    /// As they are sent: the same bytes as long as the user takes nothing out.
    pub fn text(&self, chosen: &Chosen) -> Arc<str> {
        let mut out = String::new();
        for piece in self.pieces.iter().filter(|piece| piece.is_sent(chosen)) {
            let between = if out.is_empty() { "" } else { "\n\n" };
            // Writing to a String cannot fail.
            let _ = write!(out, "{between}{}", piece.text.trim_end());
        }
        out.into()
    }
}

/// Everything that a request says, before a service's own words are made of it.
#[derive(Debug, Clone)]
pub struct Assembled {
    /// The instructions.
    pub system: Arc<str>,
    /// What was said so far, each with where it comes from.
    pub messages: Vec<(String, Input)>,
}

/// The next request of a session.
pub fn assemble(state: &State, instructions: &Instructions) -> Assembled {
    let messages = super::context::placed(state).into_iter();
    let messages = messages.map(|(at, input)| (window::source(state, at, &input), input));
    Assembled { system: instructions.text(&state.chosen), messages: messages.collect() }
}

/// What is known besides the session to say what fills a window.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The instructions.
    pub instructions: &'a Instructions,
    /// The tools, in the order in which they are sent.
    pub tools: &'a [ToolSpec],
    /// Who is asked.
    pub model: &'a Model,
}

#[cfg(test)]
mod tests;

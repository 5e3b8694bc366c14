//! What was, seen again: the frames of a trace, or the turns of a session's log. Nothing runs.

mod film;
mod player;
mod tape;
mod turns;

pub use film::Film;
pub use player::{Player, Press};
pub use tape::{Tape, read};
pub use turns::Turns;

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::clock::Millis;
use crate::protocol::{Effort, ModelId, Usage};
use crate::provider::offers::Offer;
use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::highlight::{Highlighted, highlight};
use crate::ui::model::Model;
use crate::ui::msg::{Loaded, Msg};
use crate::ui::theme::{Depth, Shelf, Theme};
use crate::ui::update::{signals, update};
use crate::ui::view::view;

/// The largest screen that is drawn, in columns and rows.
const LARGEST: (u16, u16) = (1000, 500);

/// What the screen knew from elsewhere, as it is here and now.
#[derive(Clone)]
pub struct Facts {
    /// All themes.
    pub themes: Shelf,
    /// The one for what says none.
    pub theme: Theme,
    /// How many colours the terminal has.
    pub depth: Depth,
    /// The user's home, to shorten paths.
    pub home: Option<PathBuf>,
    /// The size of a model's window in tokens, where it is known.
    pub window: fn(&ModelId) -> Option<u64>,
    /// The models that can be chosen, but for those of this machine's servers.
    pub offers: Arc<[Offer]>,
    /// The efforts that a model takes, from the least.
    pub efforts: fn(&ModelId) -> Vec<Effort>,
    /// What one request to a model cost in US dollars, where prices are known.
    pub price: fn(&ModelId, &Usage) -> Option<f64>,
    /// The size that was asked for.
    pub size: Option<(u16, u16)>,
}

/// Pictures, one after the other.
pub enum Reel {
    /// The frames of a trace.
    Film(Box<Film>),
    /// The turns of a session, its beginning first.
    Turns(Box<Turns>),
}

impl Reel {
    /// Of what was read, and what has to be said of it.
    ///
    /// # Errors
    ///
    /// Where it has no picture.
    pub fn new(tape: Tape, facts: Facts) -> anyhow::Result<(Self, Vec<String>)> {
        Ok(match tape {
            Tape::Trace(head, lines) => {
                let (film, notes) = Film::new(*head, lines, facts)?;
                (Self::Film(Box::new(film)), notes)
            }
            Tape::Log(log) => (Self::Turns(Box::new(Turns::new(log, facts)?)), Vec::new()),
        })
    }

    /// When each picture was, from the first on.
    pub fn times(&self) -> &[Millis] {
        match self {
            Self::Film(film) => film.times(),
            Self::Turns(turns) => turns.times(),
        }
    }

    /// The picture of a number from 0, or the last one before it that could be made in a moment:
    /// which it is then.
    pub fn show(&mut self, wanted: usize) -> (usize, Buffer) {
        match self {
            Self::Film(film) => film.show(wanted),
            Self::Turns(turns) => (wanted, turns.show(wanted)),
        }
    }

    /// The room for pictures that have no size of their own.
    pub fn fit(&mut self, size: (u16, u16)) {
        if let Self::Turns(turns) = self {
            turns.fit(size);
        }
    }

    /// Scrolls what can be scrolled.
    pub fn scroll(&mut self, action: Action) {
        if let Self::Turns(turns) = self {
            turns.scroll(action);
        }
    }

    /// The picture of a number as users count: frames from 1, turns from 0, the beginning; none is
    /// the last one.
    ///
    /// # Errors
    ///
    /// Where there is none of that number.
    pub fn text(&mut self, number: Option<usize>) -> anyhow::Result<String> {
        let (first, last, what) = match self {
            Self::Film(film) => (1, film.times().len(), "frames"),
            Self::Turns(turns) => (0, turns.times().len() - 1, "turns"),
        };
        let number = number.unwrap_or(last);
        anyhow::ensure!(
            (first..=last).contains(&number),
            "there is no {number}: the {what} go from {first} to {last}"
        );
        let wanted = number - first;
        loop {
            let (shown, picture) = self.show(wanted);
            if shown == wanted {
                return Ok(crate::ui::shot::text(&picture));
            }
        }
    }
}

/// A size that can be drawn.
fn bounded((columns, rows): (u16, u16)) -> (u16, u16) {
    (columns.clamp(1, LARGEST.0), rows.clamp(1, LARGEST.1))
}

/// Lays a model out and draws it, as the loop does before a frame.
fn drawn(model: &mut Model) -> Buffer {
    model.arrange();
    model.dirty = false;
    let mut wanted = model.panes.transcript.wanted();
    wanted.extend(signals(model));
    wanted.extend(model.panes.sessions.wanted());
    wanted.extend(model.panes.changes.wanted());
    if perform(model, wanted) {
        model.arrange();
    }
    let (columns, rows) = model.size;
    let drawn = Terminal::new(TestBackend::new(columns, rows))
        .and_then(|mut terminal| Ok(terminal.draw(|frame| view(model, frame))?.buffer.clone()));
    // A screen in memory refuses nothing.
    drawn.unwrap_or_else(|never: std::convert::Infallible| match never {})
}

/// Highlights code; nothing else is done. Was there any?
fn perform(model: &mut Model, effects: Effects) -> bool {
    let mut any = false;
    for effect in effects {
        let Effect::Highlight(request) = effect else { continue };
        let lines = Arc::new(highlight(&request.language, &request.code));
        let done = Highlighted { key: request.key, lines };
        let _ = update(model, Msg::Loaded(Loaded::Highlighted(done)));
        any = true;
    }
    any
}

/// An empty screen.
fn empty() -> Buffer {
    Buffer::empty(Rect::new(0, 0, 1, 1))
}

#[cfg(test)]
mod tests;

//! The frames of a trace: the real screen, told again what it was told.

use anyhow::{Result, ensure};
use ratatui::buffer::{Buffer, Cell};

use crate::base::clock::Millis;
use crate::session::State;
use crate::ui::keymap::Keymap;
use crate::ui::model::{Model, Setting};
use crate::ui::replay::{Facts, bounded, drawn, empty};
use crate::ui::trace::{Head, Line, What};
use crate::ui::update::update;

/// Every so many frames one is kept whole.
const WHOLE: usize = 64;
/// So many frames are made before keys are looked for.
const MOMENT: usize = 32;

/// The frames of a trace. Those that were made are kept, as what changed since the one before.
pub struct Film {
    model: Model,
    lines: std::vec::IntoIter<Line>,
    size: Option<(u16, u16)>,
    times: Vec<Millis>,
    made: Vec<Frame>,
    last: Buffer,
}

enum Frame {
    Whole(Buffer),
    /// Which cells are others now.
    Changed(Vec<(usize, Cell)>),
}

impl Film {
    /// The screen as it began, and what of it cannot be had here.
    ///
    /// # Errors
    ///
    /// Where no frame was drawn.
    pub fn new(head: Head, lines: Vec<Line>, facts: Facts) -> Result<(Self, Vec<String>)> {
        let mut notes = Vec::new();
        let frames = lines.iter().filter(|line| matches!(line.what, What::Frame(..)));
        let begun = head.opening.now;
        let times: Vec<_> = frames
            .map(|line| Millis(u64::try_from(line.at.since(begun).as_millis()).unwrap_or(0)))
            .collect();
        ensure!(!times.is_empty(), "no frame was drawn in this trace: there is nothing to play");
        let theme = facts.themes.load(&head.theme, head.depth).unwrap_or_else(|_| {
            let other = facts.theme.name();
            notes.push(format!("the theme \"{}\" is not here: {other} is used", head.theme));
            facts.theme.clone()
        });
        let keymap = Keymap::read("keys of the trace", &head.keys).unwrap_or_else(|error| {
            notes.push(format!("{error:#}"));
            Keymap::default()
        });
        let mut state = State::new(head.session);
        for envelope in &head.log {
            state.apply(envelope);
        }
        let setting = Setting {
            motion: head.motion,
            depth: head.depth,
            themes: facts.themes,
            home: head.home,
            window: facts.window,
            offers: facts.offers,
            efforts: facts.efforts,
            price: facts.price,
            project: head.project,
            copy_on_select: head.copy_on_select,
            ..Setting::default()
        };
        let mut model = Model::new(state, theme.with_ascii(head.ascii), setting);
        model.keymap = keymap;
        head.opening.apply(&mut model, Vec::new());
        let (lines, made, last) = (lines.into_iter(), Vec::new(), empty());
        Ok((Self { model, lines, size: facts.size, times, made, last }, notes))
    }

    /// When each frame was drawn, from the beginning on.
    pub(super) fn times(&self) -> &[Millis] {
        &self.times
    }

    /// A frame, or one before it where that takes too long for now.
    pub(super) fn show(&mut self, wanted: usize) -> (usize, Buffer) {
        let wanted = wanted.min(self.times.len() - 1);
        for _ in 0..MOMENT {
            if self.made.len() > wanted || !self.make() {
                break;
            }
        }
        let shown = wanted.min(self.made.len().saturating_sub(1));
        (shown, self.kept(shown))
    }

    /// Tells the screen what comes before the next frame, and draws it. Is there one?
    fn make(&mut self) -> bool {
        for line in self.lines.by_ref() {
            if let What::Frame(columns, rows) = line.what {
                self.model.size = bounded(self.size.unwrap_or((columns, rows)));
                let picture = drawn(&mut self.model);
                self.keep(picture);
                return true;
            }
            let Some(msg) = line.what.message() else { continue };
            // What it wants done was done then: only what came of that is told.
            let effects = update(&mut self.model, msg);
            super::perform(&mut self.model, effects);
        }
        false
    }

    fn keep(&mut self, picture: Buffer) {
        let whole = self.made.len().is_multiple_of(WHOLE) || picture.area != self.last.area;
        let frame = if whole {
            Frame::Whole(picture.clone())
        } else {
            let cells = picture.content.iter().zip(&self.last.content).enumerate();
            let others = cells.filter(|(_, (now, before))| now != before);
            Frame::Changed(others.map(|(at, (now, _))| (at, now.clone())).collect())
        };
        self.made.push(frame);
        self.last = picture;
    }

    /// A frame that was made.
    fn kept(&self, at: usize) -> Buffer {
        let mut changes = Vec::new();
        let mut picture = empty();
        for frame in self.made.iter().take(at + 1).rev() {
            match frame {
                Frame::Whole(whole) => {
                    picture.clone_from(whole);
                    break;
                }
                Frame::Changed(cells) => changes.push(cells),
            }
        }
        for (at, cell) in changes.into_iter().rev().flatten() {
            if let Some(place) = picture.content.get_mut(*at) {
                place.clone_from(cell);
            }
        }
        picture
    }
}

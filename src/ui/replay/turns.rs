//! The turns of a session's log: the screen as it was when each was over.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use ratatui::buffer::Buffer;

use crate::base::clock::Millis;
use crate::protocol::{Baseline, ChangeKind, Envelope, Event, FileChange};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::layout::PaneId;
use crate::ui::model::{Focus, Model, Motion, Setting};
use crate::ui::msg::Msg;
use crate::ui::replay::{Facts, bounded, drawn};
use crate::ui::update::update;

/// The size where nobody says one.
const SIZE: (u16, u16) = (120, 40);

/// A session at the end of each of its turns; first of all, before the first of them.
pub struct Turns {
    log: Vec<Envelope>,
    /// How much of the log was written then.
    ends: Vec<usize>,
    times: Vec<Millis>,
    facts: Facts,
    size: (u16, u16),
    /// The moment that is looked at, and how.
    seen: Option<(usize, Model)>,
}

impl Turns {
    /// Of a log.
    ///
    /// # Errors
    ///
    /// Where it is empty.
    pub fn new(log: Vec<Envelope>, facts: Facts) -> Result<Self> {
        let begun = log.first().context("the log is empty: there is nothing to play")?.at;
        let starts = log.iter().enumerate();
        let starts = starts.filter(|(_, one)| matches!(one.event, Event::TurnStarted { .. }));
        let mut ends: Vec<_> = starts.map(|(at, _)| at).collect();
        ends.push(log.len());
        let time = |end: &usize| {
            let last = log[..*end].last().map_or(begun, |envelope| envelope.at);
            Millis(u64::try_from(last.since(begun).as_millis()).unwrap_or(0))
        };
        let times = ends.iter().map(time).collect();
        let size = bounded(facts.size.unwrap_or(SIZE));
        Ok(Self { log, ends, times, facts, size, seen: None })
    }

    /// When each turn was over, from the beginning on.
    pub(super) fn times(&self) -> &[Millis] {
        &self.times
    }

    /// The room that there is; the size that was asked for stays.
    pub(super) fn fit(&mut self, size: (u16, u16)) {
        self.size = bounded(self.facts.size.unwrap_or(size));
    }

    /// Moves through the transcript of the moment that is looked at.
    pub(super) fn scroll(&mut self, action: Action) {
        if let Some((_, model)) = &mut self.seen {
            let _ = update(model, Msg::Act(action));
        }
    }

    /// The screen at the end of a turn.
    pub(super) fn show(&mut self, wanted: usize) -> Buffer {
        let wanted = wanted.min(self.ends.len() - 1);
        let seen = self.seen.take().filter(|(at, _)| *at == wanted);
        let (_, model) = self.seen.insert(match seen {
            Some(seen) => seen,
            None => (wanted, model(&self.log[..self.ends[wanted]], &self.facts)),
        });
        model.size = self.size;
        drawn(model)
    }
}

/// The screen of a session of which this is the log.
fn model(log: &[Envelope], facts: &Facts) -> Model {
    let session = log.first().map_or_else(|| "".into(), |first| first.session.clone());
    let mut state = State::new(session);
    for envelope in log {
        state.apply(envelope);
    }
    let setting = Setting {
        motion: Motion::Reduced,
        depth: facts.depth,
        themes: facts.themes.clone(),
        home: facts.home.clone(),
        window: facts.window,
        offers: facts.offers.clone(),
        efforts: facts.efforts,
        price: facts.price,
        project: state.cwd.clone(),
        ..Setting::default()
    };
    let (id, seq, now) = (state.id.clone(), state.seq, state.touched);
    let mut model = Model::new(state, facts.theme.clone(), setting);
    model.focus = Focus::Pane(PaneId::Transcript);
    model.sidebar = Some(false);
    let _ = update(&mut model, Msg::Tick(now));
    let changes = Arc::new(changes(log));
    let event = Event::FilesChanged { against: Baseline::SessionStart, changes, unlisted: 0 };
    let told = Envelope { session: id, seq, at: now, event };
    let _ = update(&mut model, Msg::Event(Arc::new(told)));
    model
}

/// What the calls say that they changed: of each file all of it, one after the other.
fn changes(log: &[Envelope]) -> Vec<FileChange> {
    let mut all: Vec<FileChange> = Vec::new();
    let told = log.iter().filter_map(|envelope| match &envelope.event {
        Event::ToolCallFinished { changes, .. } => Some(changes),
        _ => None,
    });
    for change in told.flatten() {
        let Some(known) = all.iter_mut().find(|known| known.path == change.path) else {
            all.push(change.clone());
            continue;
        };
        known.kind = match (known.kind, change.kind) {
            (ChangeKind::Added, ChangeKind::Modified) => ChangeKind::Added,
            (_, last) => last,
        };
        known.added += change.added;
        known.removed += change.removed;
        known.hunks.extend(change.hunks.iter().cloned());
        known.note.clone_from(&change.note);
    }
    all
}

//! The sessions that are live and out of sight: what they did, and how each was looked at.

use std::collections::HashMap;
use std::sync::Arc;

use crate::protocol::{Envelope, Event, SessionId};
use crate::session::State;
use crate::ui::composer::Composer;
use crate::ui::model::{Model, Panes};
use crate::ui::update::{Asked, Kept, come};

/// The most events that are kept for a session that is being opened.
const EARLY: usize = 65_536;

/// How a session was looked at when it left the screen: places, folds, the draft.
#[derive(Default)]
pub struct Seat {
    /// Its panes; not the list of sessions, which is of all.
    pub panes: Panes,
    /// What was being written.
    pub composer: Composer,
    /// Queued prompts that were asked back and did not come yet.
    pub unqueued: Vec<Asked>,
    /// What of the draft is written down.
    pub kept: Kept,
}

/// What is kept of the sessions out of sight, beside their states.
#[derive(Default)]
pub struct Seats {
    /// How each was looked at.
    pub away: HashMap<SessionId, Seat>,
    /// The number of the last session that was asked for; shown is only that one.
    pub asked: u64,
    /// How many of them did not come yet.
    pub opening: usize,
    /// What came of sessions of which the state is not here yet: it is taken in with that.
    early: Vec<Arc<Envelope>>,
}

impl Model {
    /// Folds an event of a session out of sight in.
    ///
    /// The state of a session that is being opened comes beside its events: those that are here
    /// first wait for it.
    pub(in crate::ui) fn observe_away(&mut self, envelope: &Arc<Envelope>) {
        let id = &envelope.session;
        if let Some(state) = self.others.get_mut(id) {
            if let Some(seat) = self.seats.away.get_mut(id) {
                seat.take_back(envelope, state);
                state.apply(envelope);
                seat.observe(envelope, state);
            } else {
                state.apply(envelope);
            }
        } else if matches!(envelope.event, Event::SessionStarted { .. }) {
            let mut state = State::new(id.clone());
            state.apply(envelope);
            self.others.insert(id.clone(), state);
        } else if self.seats.opening > 0 && self.seats.early.len() < EARLY {
            self.seats.early.push(envelope.clone());
        }
    }

    /// A session was opened, and this was its state then.
    pub(in crate::ui) fn opened(&mut self, state: State) {
        let id = state.id.clone();
        let early = std::mem::take(&mut self.seats.early);
        let known = self.others.get(&id).is_some_and(|known| known.seq >= state.seq);
        if !known && id != self.session.id {
            self.others.insert(id.clone(), state);
        }
        for envelope in early {
            if envelope.session == id {
                self.observe_away(&envelope);
            } else if self.seats.opening > 0 {
                self.seats.early.push(envelope);
            }
        }
    }

    /// The seat of a session that was not looked at yet: the prompts before are the user's own.
    fn fresh(&self) -> Seat {
        Seat { composer: self.composer.fresh(), ..Seat::default() }
    }

    /// Shows a live session instead of the one that is seen. Is there one of that name?
    pub(in crate::ui) fn show(&mut self, id: &SessionId) -> bool {
        let Some(state) = self.others.remove(id) else { return false };
        let before = std::mem::replace(&mut self.session, state);
        let mut seat = self.seats.away.remove(id).unwrap_or_else(|| self.fresh());
        std::mem::swap(&mut seat.panes, &mut self.panes);
        std::mem::swap(&mut seat.panes.sessions, &mut self.panes.sessions);
        std::mem::swap(&mut seat.composer, &mut self.composer);
        std::mem::swap(&mut seat.unqueued, &mut self.unqueued);
        std::mem::swap(&mut seat.kept, &mut self.kept);
        self.seats.away.insert(before.id.clone(), seat);
        self.others.insert(before.id.clone(), before);
        self.ladder.reset();
        // Who just chose a session is at the keys: its question does not take them at once.
        self.panes.permission.tick(self.now, &self.session);
        self.panes.permission.typed(self.now);
        self.dirty = true;
        true
    }
}

impl Seat {
    fn observe(&mut self, envelope: &Envelope, state: &State) {
        for pane in self.panes.all_mut() {
            if pane.topics().contains(envelope.event.topic()) {
                pane.observe(envelope, state);
            }
        }
    }

    fn take_back(&mut self, envelope: &Envelope, before: &State) {
        // Out of sight it comes back to be edited, whatever it was asked for: nothing is said unseen.
        if let Some(asked) = come(envelope, before, &mut self.unqueued) {
            self.composer.give_back(&asked.item.content);
        }
    }
}

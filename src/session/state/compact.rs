//! What is no longer sent as it was said.

use crate::base::clock::Millis;
use crate::protocol::{CallId, Event, ModelId, Usage};
use crate::session::state::{Entry, State};

impl Entry {
    /// What it used, where it is what came of a request.
    pub fn used(&self) -> Option<(&ModelId, &Usage)> {
        match self {
            Self::Message { message, .. } => Some((&message.model, &message.usage)),
            Self::Used { model, usage } => Some((model, usage)),
            _ => None,
        }
    }
}

impl State {
    pub(super) fn compact(&mut self, event: &Event, at: Millis) {
        match event {
            Event::Compacting { why } => self.live.compacting = why.map(|why| (why, at)),
            Event::Compacted { compaction } => {
                self.drop_open();
                self.live.compacting = None;
                self.context = compaction.after;
                self.entries.push(Entry::Compacted { compaction: compaction.clone(), at });
            }
            Event::Shortened { calls, freed } => {
                self.shorten(calls);
                self.context = self.context.saturating_sub(*freed);
            }
            Event::Used { model, usage } => {
                self.usage.add(usage);
                self.entries.push(Entry::Used { model: model.clone(), usage: *usage });
            }
            _ => {}
        }
    }

    fn shorten(&mut self, calls: &[CallId]) {
        for call in calls {
            if let Some(entry) = self.call_mut(call) {
                entry.short = true;
            }
        }
    }
}

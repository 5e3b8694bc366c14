//! What the list asks the library for, and what it is answered.

use crate::protocol::SessionId;
use crate::session::{Overview, Snippet};
use crate::ui::effect::{Effect, Effects};
use crate::ui::library::Request;
use crate::ui::pane::sessions::SessionsPane;
use crate::ui::pane::sessions::filter::Filter;

/// The shortest text that is looked for in what was said, in characters.
const SEARCHED: usize = 2;

impl SessionsPane {
    /// What has to be asked for: to be performed after `arrange`.
    pub fn wanted(&mut self) -> Effects {
        let mut effects = Effects::new();
        if !std::mem::take(&mut self.shown) {
            return effects;
        }
        let first = !std::mem::replace(&mut self.asked, true);
        if std::mem::take(&mut self.stale) || first {
            let mut live: Vec<_> = self.live.keys().cloned().collect();
            live.sort();
            effects.push(Effect::Library(Request::List { all: self.all, live }));
        }
        if std::mem::take(&mut self.search.0) {
            let filter = Filter::parse(&self.filter);
            let searched = filter.text.chars().count() >= SEARCHED;
            let fitting = self.sessions.iter().filter(|one| filter.fits(one, self.now));
            let logs = fitting.filter(|one| !one.path.as_os_str().is_empty());
            let logs = logs.map(|one| (one.id.clone(), one.path.clone())).collect();
            let needle = if searched { filter.text } else { String::new() };
            self.search.1 = searched;
            let generation = self.generation;
            effects.push(Effect::Library(Request::Search { generation, needle, logs }));
        }
        effects
    }

    /// The list came.
    pub fn listed(&mut self, all: bool, sessions: Vec<Overview>) {
        if all == self.all {
            self.listed = Some(sessions);
            self.changed = true;
        }
    }

    /// Some were found in what was said.
    pub fn found(&mut self, generation: u64, hits: Vec<(SessionId, Snippet)>, more: bool) {
        if generation == self.generation {
            self.hits.extend(hits);
            self.search.1 = more;
            self.changed = true;
        }
    }
}

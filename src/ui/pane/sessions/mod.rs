//! All sessions: those of the project or of all, the live ones with what they do now.

mod filter;
mod list;
mod look;
mod recent;
mod search;
mod view;
mod words;

use std::collections::HashMap;
use std::path::PathBuf;

use ratatui::layout::{Position, Rect};

use crate::base::clock::Millis;
use crate::protocol::SessionId;
use crate::session::{Overview, Snippet, State, Status};
use crate::ui::model::Setting;
use filter::Filter;
use list::{Line, Placed, Sieve};
use words::Writing;

pub use recent::LAST;
pub use words::Done;

/// Rows above the list: the filter, and what it found.
const HEAD: u16 = 2;
/// For how long what a live session did is not counted anew, in milliseconds.
const COUNTED: u64 = 1000;

/// What a live session does.
#[derive(Debug)]
struct Live {
    status: Status,
    overview: Overview,
    seq: u64,
    counted: Millis,
}

/// The list of sessions. Its cursor stays on a session, wherever that moves to.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is about something of its own")]
pub struct SessionsPane {
    /// The logs of the sessions that were deleted, the last one last.
    pub deleted: Vec<PathBuf>,
    /// Of all projects.
    all: bool,
    /// What the logs say; none before that is known.
    listed: Option<Vec<Overview>>,
    live: HashMap<SessionId, Live>,
    /// The two together.
    sessions: Vec<Overview>,
    placed: Vec<Placed>,
    lines: Vec<Line>,
    /// Something of that changed.
    changed: bool,
    /// The list is older than what it tells of.
    stale: bool,
    /// It was asked for once.
    asked: bool,
    /// It was laid out for a frame.
    shown: bool,
    filter: String,
    in_titles: usize,
    /// What was found in messages, by the search of this number.
    hits: HashMap<SessionId, Snippet>,
    generation: u64,
    /// The search is to be begun; it goes on.
    search: (bool, bool),
    writing: Writing,
    /// The session that is seen.
    seen: Option<SessionId>,
    selected: Option<SessionId>,
    /// The one that a second press deletes.
    confirmed: Option<SessionId>,
    top: usize,
    page: usize,
    now: Millis,
    day: Option<fn(Millis) -> i64>,
    window: Option<fn(&crate::protocol::ModelId) -> Option<u64>>,
}

impl SessionsPane {
    /// Looks at the live sessions before a frame.
    pub fn follow(
        &mut self,
        seen: &State,
        others: &HashMap<SessionId, State>,
        setting: &Setting,
        now: Millis,
    ) {
        let day = self.day.is_some_and(|day| day(self.now) != day(now));
        (self.now, self.day, self.window) = (now, Some(setting.day), Some(setting.window));
        self.changed |= day || self.seen.as_ref() != Some(&seen.id);
        self.seen = Some(seen.id.clone());
        if self.selected.is_none() {
            self.selected = Some(seen.id.clone());
        }
        let count = self.live.len();
        self.live.retain(|id, _| *id == seen.id || others.contains_key(id));
        self.changed |= self.live.len() != count;
        for state in others.values().chain([seen]) {
            let status = state.status();
            let old = self.live.get(&state.id);
            let same = old.is_some_and(|live| {
                let fresh = live.seq == state.seq
                    || now.since(live.counted).as_millis() < u128::from(COUNTED);
                live.status == status && fresh
            });
            if same {
                continue;
            }
            self.changed = true;
            let overview = Overview::of(state, setting.price);
            let live = Live { status, overview, seq: state.seq, counted: now };
            self.live.insert(state.id.clone(), live);
        }
    }

    /// The list is asked for anew when it is seen.
    pub fn refresh(&mut self) {
        self.stale = true;
    }

    /// The session under the cursor.
    pub fn selected(&self) -> Option<&Overview> {
        self.row(self.selected.as_ref()?)
    }

    /// What is known of a session.
    pub fn row(&self, id: &SessionId) -> Option<&Overview> {
        self.sessions.iter().find(|one| one.id == *id)
    }

    /// Puts the cursor on a session.
    pub fn select(&mut self, id: &SessionId) {
        self.selected = Some(id.clone());
        self.confirmed = None;
        self.changed = true;
    }

    /// Is a filter or a name being written?
    pub fn is_writing(&self) -> bool {
        self.writing != Writing::Nothing
    }

    /// The first press on a session asks; the second is meant.
    pub fn confirm(&mut self, id: &SessionId) -> bool {
        if self.confirmed.take().as_ref() == Some(id) {
            return true;
        }
        self.confirmed = Some(id.clone());
        false
    }

    /// Another key was pressed: nothing is about to be deleted.
    pub fn reconsider(&mut self) {
        self.confirmed = None;
    }

    /// Is the session at a cell the selected one?
    pub fn is_chosen(&self, at: Position, area: Rect) -> bool {
        self.at(at, area).is_some_and(|place| Some(place) == self.chosen())
    }

    fn at(&self, at: Position, area: Rect) -> Option<usize> {
        let list = Self::room(area);
        let line = usize::from(at.y.checked_sub(list.y)?) + self.top;
        match self.lines.get(line).filter(|_| list.contains(at))? {
            Line::Title(at) | Line::Snippet(at) | Line::Stats(at) => Some(*at),
            Line::Heading(_) => None,
        }
    }

    fn room(area: Rect) -> Rect {
        let head = HEAD.min(area.height);
        Rect { y: area.y + head, height: area.height - head, ..area }
    }

    /// Which of the placed ones has the cursor.
    fn chosen(&self) -> Option<usize> {
        let id = self.selected.as_ref()?;
        self.placed.iter().position(|place| self.sessions[place.at].id == *id)
    }

    fn choose(&mut self, at: usize) {
        let at = at.min(self.placed.len().saturating_sub(1));
        if let Some(place) = self.placed.get(at) {
            self.selected = Some(self.sessions[place.at].id.clone());
        }
        self.confirmed = None;
        self.changed = true;
    }

    fn step(&mut self, down: bool) {
        let at = self.chosen().unwrap_or(0);
        self.choose(if down { at + 1 } else { at.saturating_sub(1) });
    }

    /// The first session of the group after or before the cursor's.
    fn section(&self, next: bool) -> usize {
        let at = self.chosen().unwrap_or(0);
        let group = |at: usize| self.placed.get(at).map(|place| place.group);
        let first = |of| self.placed.iter().position(|place| Some(place.group) == of);
        if next {
            let later = (at..self.placed.len()).find(|other| group(*other) != group(at));
            return later.unwrap_or(at);
        }
        let here = first(group(at)).unwrap_or(0);
        if here < at { here } else { first(group(here.saturating_sub(1))).unwrap_or(0) }
    }

    /// What the logs say and what the live sessions do, in one list.
    fn gather(&mut self) {
        let listed = self.listed.iter().flatten();
        let mut sessions: Vec<Overview> = listed
            .map(|one| match self.live.get(&one.id) {
                Some(Live { overview, .. }) => Overview {
                    path: one.path.clone(),
                    name: one.name.clone(),
                    pinned: one.pinned,
                    tags: one.tags.clone(),
                    archived: one.archived,
                    branch: one.branch.clone(),
                    ..overview.clone()
                },
                None => one.clone(),
            })
            .collect();
        let new = self.live.values().map(|live| &live.overview);
        let new = new.filter(|one| !sessions.iter().any(|listed| listed.id == one.id));
        let new: Vec<_> = new.cloned().collect();
        sessions.extend(new);
        self.sessions = sessions;
    }

    fn arrange_lines(&mut self) {
        self.gather();
        let filter = Filter::parse(&self.filter);
        let titled = |one: &&Overview| filter.fits(one, self.now) && filter.is_in_title(one);
        let filtered = !filter.text.is_empty();
        self.in_titles = if filtered { self.sessions.iter().filter(titled).count() } else { 0 };
        let day = self.day.unwrap_or(crate::base::clock::day);
        let sieve = Sieve { filter: &filter, hits: &self.hits, now: self.now, day };
        self.placed = sieve.place(&self.sessions, |id| self.status(id));
        if self.chosen().is_none() && self.is_loaded() {
            let first = self.placed.first().map(|place| self.sessions[place.at].id.clone());
            self.selected = first.or(self.selected.take());
        }
        let found = |at: usize| {
            let searched = !filter.text.is_empty();
            searched && self.sessions.get(at).is_some_and(|one| self.hits.contains_key(&one.id))
        };
        self.lines = list::lines(&self.placed, self.chosen(), found);
    }

    fn status(&self, id: &SessionId) -> Option<Status> {
        self.live.get(id).map(|live| live.status)
    }

    fn window(&self, one: &Overview) -> Option<u64> {
        self.window.and_then(|window| window(&one.model)).filter(|size| *size > 0)
    }

    fn is_loaded(&self) -> bool {
        self.listed.is_some()
    }

    fn searches(&self) -> bool {
        self.search.1
    }

    fn deletes(&self, id: &SessionId) -> bool {
        self.confirmed.as_ref() == Some(id)
    }
}

#[cfg(test)]
pub(crate) mod tests;

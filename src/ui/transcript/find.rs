//! Finds words in the sources of all entries, slice by slice: a long session holds up no key.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use crate::session::{Entry, State};
use crate::ui::transcript::source::parts;

/// Bytes that are searched at once.
const SLICE: usize = 1 << 20;
/// Hits that are kept.
const MOST: usize = 10_000;

/// Where the words stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// In which entry.
    pub cell: usize,
    /// In which of its texts.
    pub part: u32,
    /// In which bytes of it.
    pub range: Range<usize>,
}

/// A search through a session.
#[derive(Debug, Clone, Default)]
pub struct Search {
    words: Option<Regex>,
    /// The entry that is searched next.
    next: usize,
    /// Entries that were not complete when they were searched.
    open: Vec<usize>,
    hits: Vec<Hit>,
}

impl Search {
    /// Begins to look for `needle`; small letters find capitals, too.
    pub fn begin(needle: &str) -> Self {
        let small = !needle.chars().any(char::is_uppercase);
        let words = RegexBuilder::new(&regex::escape(needle)).case_insensitive(small).build();
        Self { words: words.ok().filter(|_| !needle.is_empty()), ..Self::default() }
    }

    /// What was found so far, in the order of the session.
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// The hits in one entry.
    pub fn within(&self, cell: usize) -> &[Hit] {
        let from = self.hits.partition_point(|hit| hit.cell < cell);
        let count = self.hits[from..].partition_point(|hit| hit.cell == cell);
        &self.hits[from..from + count]
    }

    /// Has all been searched that is complete?
    pub fn is_done(&self, session: &State) -> bool {
        let open = |at: &usize| session.entries.get(*at).is_some_and(|entry| !is_complete(entry));
        let rest = self.next >= session.entries.len() && self.open.iter().all(open);
        self.words.is_none() || self.hits.len() >= MOST || rest
    }

    /// Searches a slice. Is something new found?
    pub fn advance(&mut self, session: &State) -> bool {
        let Some(words) = self.words.clone() else { return false };
        let before = self.hits.len();
        let mut left = SLICE;
        let ready = |at: &mut usize| session.entries.get(*at).is_none_or(is_complete);
        for at in self.open.extract_if(.., ready).collect::<Vec<_>>() {
            self.hits.retain(|hit| hit.cell != at);
            let place = self.hits.partition_point(|hit| hit.cell < at);
            let found = session.entries.get(at).map(|entry| search(&words, at, entry, &mut left));
            self.hits.splice(place..place, found.into_iter().flatten());
        }
        while left > 0 && self.hits.len() < MOST {
            let Some(entry) = session.entries.get(self.next) else { break };
            self.hits.extend(search(&words, self.next, entry, &mut left));
            if !is_complete(entry) {
                self.open.push(self.next);
            }
            self.next += 1;
            // An entry costs something even where it says nothing.
            left = left.saturating_sub(256);
        }
        self.hits.truncate(MOST);
        self.hits.len() != before
    }
}

fn is_complete(entry: &Entry) -> bool {
    match entry {
        Entry::Open(_) => false,
        Entry::Call(call) => call.outcome.is_some(),
        _ => true,
    }
}

fn search(words: &Regex, cell: usize, entry: &Entry, left: &mut usize) -> Vec<Hit> {
    let mut found = Vec::new();
    for (part, text) in parts(entry) {
        *left = left.saturating_sub(text.len());
        let all = words.find_iter(&text).take(MOST);
        found.extend(all.map(|hit| Hit { cell, part, range: hit.range() }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::protocol::Level;

    fn notice(text: String) -> Entry {
        Entry::Notice { level: Level::Info, text, at: Millis(0) }
    }

    #[test]
    fn a_long_session_is_searched_in_slices_and_small_letters_find_capitals() {
        let mut session = State::new("s".into());
        session.entries.extend((0..12_000).map(|n| notice(format!("Line {n} of words"))));
        session.entries.push(notice("a NEEDLE, a needle".into()));
        let mut search = Search::begin("needle");
        let mut steps = 0;
        while !search.is_done(&session) {
            let _ = search.advance(&session);
            steps += 1;
            assert!(steps < 100, "it never ends");
        }
        assert!(steps > 1, "one slice is the whole session");
        assert_eq!(search.within(12_000).len(), 2);
        assert_eq!(search.hits().len(), 2);

        let mut exact = Search::begin("NEEDLE");
        while !exact.is_done(&session) {
            let _ = exact.advance(&session);
        }
        assert_eq!(exact.hits().len(), 1);

        session.entries.push(notice("another needle".into()));
        assert!(!search.is_done(&session), "what comes later is searched, too");
        assert!(search.advance(&session));
        assert_eq!(search.hits().len(), 3);
    }

    #[test]
    fn nothing_is_looked_for_where_nothing_is_written() {
        let mut session = State::new("s".into());
        session.entries.push(notice("words".into()));
        let mut search = Search::begin("");
        assert!(search.is_done(&session) && !search.advance(&session));
    }
}

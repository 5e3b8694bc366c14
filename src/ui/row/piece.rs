//! Where the words of a row come from: the way back from what is seen to what was said.

use std::ops::Range;

use crate::base::text;

/// A stretch of one of the texts that something consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Which text.
    pub part: u32,
    /// From which byte of it on.
    pub at: usize,
}

impl Origin {
    /// The same text, `bytes` further on.
    #[must_use]
    pub fn after(self, bytes: usize) -> Self {
        Self { at: self.at + bytes, ..self }
    }

    /// The next `bytes` of the text.
    pub fn range(self, bytes: usize) -> Range<usize> {
        self.at..self.at + bytes
    }
}

/// A stretch of a row that shows a stretch of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Bytes of the row's text.
    pub shown: Range<usize>,
    /// Which text it comes from.
    pub part: u32,
    /// The bytes of that text that the stretch stands for, with what other rows show of it.
    pub said: Range<usize>,
    /// Bytes of the stretch, as it is shown, that stand in rows before.
    before: usize,
    /// Bytes of the stretch, as it is shown in all rows.
    whole: usize,
}

impl Piece {
    /// A stretch that stands in one row.
    pub(super) fn new(shown: Range<usize>, part: u32, said: Range<usize>) -> Self {
        let whole = shown.len();
        Self { shown, part, said, before: 0, whole }
    }

    /// What of it stands in this part of the row, counted from the part's beginning.
    pub(super) fn within(&self, part: &Range<usize>) -> Option<Self> {
        let start = self.shown.start.max(part.start);
        let end = self.shown.end.min(part.end);
        (start < end || start == end && self.shown.is_empty()).then(|| Self {
            shown: start - part.start..end - part.start,
            before: self.before + (start - self.shown.start),
            ..self.clone()
        })
    }

    /// The same, `bytes` further to the right.
    pub(super) fn shifted(&self, bytes: usize) -> Self {
        Self { shown: self.shown.start + bytes..self.shown.end + bytes, ..self.clone() }
    }

    /// Does `next`, in a row below, show more of the same stretch?
    pub fn goes_on_in(&self, next: &Self) -> bool {
        self.part == next.part && self.said == next.said && next.before > self.before
    }

    /// The byte of the source that stands at byte `at` of the row. `text` is the whole source.
    pub fn source(&self, at: usize, text: &str) -> usize {
        let seen = self.before + at.clamp(self.shown.start, self.shown.end) - self.shown.start;
        let Some(said) = text.get(self.said.clone()) else { return self.said.start };
        if seen >= self.whole {
            return self.said.end;
        }
        if said.len() == self.whole {
            return self.said.start + crate::base::cap::floor(said, seen);
        }
        // The last place whose beginning is shown no longer than that.
        let places: Vec<usize> = said.char_indices().map(|(at, _)| at).collect();
        let fits = places.partition_point(|&place| shown(&said[..place], self.whole, said) <= seen);
        self.said.start + places.get(fits.saturating_sub(1)).copied().unwrap_or(0)
    }

    /// The bytes of the row that show these bytes of the source; none where it shows none of them.
    pub fn seen(&self, range: &Range<usize>, text: &str) -> Option<Range<usize>> {
        let start = range.start.max(self.said.start);
        let end = range.end.min(self.said.end);
        let said = text.get(self.said.clone()).filter(|_| start < end)?;
        let place = |at: usize| {
            let inside = at - self.said.start;
            let seen = if said.len() == self.whole {
                inside
            } else {
                shown(said.get(..inside).unwrap_or(said), self.whole, said)
            };
            let seen = seen.clamp(self.before, self.before + self.shown.len());
            self.shown.start + seen - self.before
        };
        let seen = place(start)..place(end);
        (!seen.is_empty()).then_some(seen)
    }
}

/// How many bytes are shown for `start`, the beginning of `all`, which takes `whole`.
fn shown(start: &str, whole: usize, all: &str) -> usize {
    let exact = text::sanitise_lines(all).as_str().len() == whole;
    let safe = if exact { text::sanitise_lines(start) } else { text::sanitise_prose(start) };
    safe.as_str().len()
}

//! What is selected: from a place to another one, by letters, words, lines, turns or a block of
//! cells. What it gives is a stretch of the sources, not of the screen.

use std::ops::Range;

use crate::base::text;
use crate::session::{Entry, State};
use crate::ui::row::Row;
use crate::ui::transcript::anchor::Place;
use crate::ui::transcript::column::Column;
use crate::ui::transcript::source::{LINES, line, part, sign};

/// Rows that are copied at most.
const MOST: usize = 20_000;

/// A cell of the screen in the transcript: a row, and a column of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The row.
    pub place: Place,
    /// The column, from the row's left end.
    pub column: usize,
}

/// By what a selection grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// Letters.
    Letter,
    /// Words; an address is one.
    Word,
    /// Lines, as they were written.
    Line,
    /// Turns.
    Turn,
    /// A block of cells, as they are seen.
    Block,
}

/// Two ends, and what lies between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// Where it began.
    pub from: Spot,
    /// Where it is now.
    pub to: Spot,
    /// By what it grows.
    pub grain: Grain,
    /// For which layout it holds.
    pub layout: u64,
}

/// A stretch of one text of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chunk {
    cell: usize,
    part: u32,
    range: Range<usize>,
}

impl Selection {
    /// The upper end and the lower one.
    pub fn ends(&self) -> (Spot, Spot) {
        (self.from.min(self.to), self.from.max(self.to))
    }

    /// Is it of whole rows?
    fn is_whole(&self) -> bool {
        matches!(self.grain, Grain::Line | Grain::Turn)
    }

    /// The columns of a row that are selected.
    pub fn columns(&self, place: Place, row: &Row) -> Option<Range<usize>> {
        let (first, last) = self.ends();
        if place < first.place || place > last.place {
            return None;
        }
        let end = row.width().max(1);
        if self.is_whole() {
            return Some(0..end);
        }
        if self.grain == Grain::Block {
            let (left, right) =
                (self.from.column.min(self.to.column), self.from.column.max(self.to.column));
            return Some(left..right + 1);
        }
        let start = if place == first.place { first.column } else { 0 };
        let end = if place == last.place { last.column + 1 } else { end };
        (start < end).then_some(start..end)
    }

    /// What it gives: prose without the breaks of the screen, code without what stands beside it,
    /// tables as they were written, what tools printed as it came. `signs`: lines of a patch keep
    /// their signs.
    pub fn text(&self, column: &mut Column, session: &State, signs: bool) -> Option<String> {
        let (first, last) = self.ends();
        let mut chunks: Vec<Chunk> = Vec::new();
        let mut seen = Vec::new();
        let mut place = first.place;
        while place <= last.place && seen.len() < MOST {
            let height = column.lay_out(place.cell, session);
            if place.row >= height {
                if place.cell + 1 >= column.count() {
                    break;
                }
                place = Place::cell(place.cell + 1);
                continue;
            }
            let rows = column.rows(place.cell);
            let row = &rows[place.row];
            if let Some(columns) = self.columns(place, row) {
                let bytes = row.byte_at(columns.start)..row.byte_at(columns.end);
                seen.push(row.text().get(bytes).unwrap_or_default().trim_end().to_owned());
                if self.grain != Grain::Block
                    && let Some(entry) = session.entries.get(place.cell)
                {
                    self.take(entry, rows, place, &columns, &mut chunks);
                }
            }
            place.row += 1;
        }
        let text =
            if chunks.is_empty() { seen.join("\n") } else { joined(&chunks, session, signs) };
        let text = text.trim_end_matches(['\n', '\r']).to_owned();
        (!text.trim().is_empty()).then_some(text)
    }

    /// Takes what a row shows of its sources.
    fn take(
        &self,
        entry: &Entry,
        rows: &[Row],
        place: Place,
        columns: &Range<usize>,
        chunks: &mut Vec<Chunk>,
    ) {
        let row = &rows[place.row];
        let (first, last) = self.ends();
        let bytes = row.byte_at(columns.start)..row.byte_at(columns.end);
        let begins = row.pieces().first().map_or(0, |piece| row.column_at(piece.shown.start));
        let from_left = self.is_whole() || place > first.place || columns.start < begins;
        let to_right = self.is_whole() || place < last.place || columns.end > row.width();
        let above = place.row.checked_sub(1).and_then(|at| rows.get(at)?.pieces().last());
        let below = rows.get(place.row + 1).and_then(|row| row.pieces().first());
        let count = row.pieces().len();
        for (at, piece) in row.pieces().iter().enumerate() {
            let empty = piece.shown.is_empty();
            if !empty && (piece.shown.end <= bytes.start || piece.shown.start >= bytes.end) {
                continue;
            }
            let Some(text) = part(entry, piece.part) else { continue };
            let mut start = piece.source(bytes.start.max(piece.shown.start), &text);
            let reached = to_right || bytes.end >= piece.shown.end;
            let mut end = match below {
                // The rest of a line that was cut stands nowhere else.
                Some(below) if reached && !piece.goes_on_in(below) => piece.said.end,
                None if reached => piece.said.end,
                _ => piece.source(bytes.end, &text),
            };
            if at == 0 && from_left {
                let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
                let other =
                    above.is_some_and(|above| above.part == piece.part && above.said.end > line);
                start = if other { start } else { line };
            }
            if at + 1 == count && to_right {
                let line = text[end..].find('\n').map_or(text.len(), |at| end + at);
                let other =
                    below.is_some_and(|below| below.part == piece.part && below.said.start < line);
                end = if other { end } else { line };
            }
            let range = start.min(end)..end.max(start);
            match chunks.last_mut() {
                Some(chunk) if (chunk.cell, chunk.part) == (place.cell, piece.part) => {
                    chunk.range.start = chunk.range.start.min(range.start);
                    chunk.range.end = chunk.range.end.max(range.end);
                }
                _ => chunks.push(Chunk { cell: place.cell, part: piece.part, range }),
            }
        }
    }
}

/// The stretches, one after the other.
fn joined(chunks: &[Chunk], session: &State, signs: bool) -> String {
    let mut out = String::new();
    let mut before: Option<&Chunk> = None;
    for chunk in chunks {
        let Some(entry) = session.entries.get(chunk.cell) else { continue };
        let Some(text) = part(entry, chunk.part) else { continue };
        let calls = matches!(entry, Entry::Call(_));
        match before {
            Some(before) if before.cell == chunk.cell || calls && before.cell + 1 == chunk.cell => {
                out.push('\n');
            }
            Some(_) => out.push_str("\n\n"),
            None => {}
        }
        let of_patch = match entry {
            Entry::Call(call) if chunk.part >= LINES => line(call, chunk.part),
            _ => None,
        };
        if let Some((kind, _)) = of_patch.filter(|_| signs) {
            out.push_str(sign(kind));
        }
        let range = if matches!(entry, Entry::Call(_)) {
            chunk.range.clone()
        } else {
            whole_rows(&text, chunk.range.clone())
        };
        out.push_str(text.get(range).unwrap_or_default().trim_end_matches(['\n', '\r']));
        before = Some(chunk);
    }
    out
}

/// Several rows of a table are taken whole: half a row is no table.
fn whole_rows(text: &str, range: Range<usize>) -> Range<usize> {
    let Some(taken) = text.get(range.clone()).filter(|taken| taken.contains('\n')) else {
        return range;
    };
    let start = text[..range.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at);
    let last = taken.rfind('\n').map_or(range.start, |at| range.start + at + 1);
    let is_row = |from: usize, to: usize| text[from..to].trim_start().starts_with('|');
    let from = if is_row(start, end) { start } else { range.start };
    let to = if is_row(last, end) { end } else { range.end };
    from..to
}

/// The word around a column of a row, in columns. What is no word stands alone; an address and a
/// path are one word.
pub fn word(row: &Row, column: usize) -> Range<usize> {
    let at = row.byte_at(column);
    let kind = |letter: &str| {
        letter.chars().next().map_or(0, |c| match c {
            c if c.is_alphanumeric() || c == '_' => 1,
            c if c.is_whitespace() => 2,
            _ => 3,
        })
    };
    if let Some(address) = address(row.text(), at) {
        return row.column_at(address.start)..row.column_at(address.end);
    }
    let letters: Vec<(usize, &str)> = text::letters(row.text()).collect();
    let Some(here) = letters.iter().rposition(|(start, _)| *start <= at) else {
        return column..column + 1;
    };
    let same = kind(letters[here].1);
    let start =
        letters[..here].iter().rposition(|(_, letter)| kind(letter) != same).map_or(0, |at| at + 1);
    let end = letters[here..]
        .iter()
        .position(|(_, letter)| kind(letter) != same)
        .map_or(row.text().len(), |n| letters[here + n].0);
    row.column_at(letters[start].0)..row.column_at(end)
}

/// The web address that stands at byte `at`.
fn address(text: &str, at: usize) -> Option<Range<usize>> {
    addresses(text).into_iter().find(|range| range.contains(&at))
}

/// All web addresses of a text, without what only ends the sentence they stand in.
pub fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = ["http://", "https://"].iter().filter_map(|s| text[from..].find(s)).min() {
        let start = from + at;
        let ends = |c: char| {
            c.is_whitespace()
                || c.is_control()
                || matches!(c, '<' | '>' | '"' | '`' | '│' | '\'' | '{' | '}' | '\\' | '^')
        };
        let end = text[start..].find(ends).map_or(text.len(), |n| start + n);
        let mut address =
            text[start..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
        for (open, close) in [('(', ')'), ('[', ']')] {
            while address.ends_with(close)
                && address.matches(close).count() > address.matches(open).count()
            {
                address =
                    address.trim_end_matches(['.', ',']).strip_suffix(close).unwrap_or(address);
            }
        }
        if address.len() > "https://".len() {
            found.push(start..start + address.len());
        }
        from = end.max(start + 1);
        from = crate::base::cap::ceil(text, from);
    }
    found
}

/// The first and the last row of the line that `place` is a row of.
pub fn line_of(column: &Column, place: Place, session: &State) -> (Place, Place) {
    let rows = column.rows(place.cell);
    let goes_on = |at: usize| {
        let above = rows.get(at).and_then(|row| row.pieces().last());
        let below = rows.get(at + 1).and_then(|row| row.pieces().first());
        let Some((above, below)) = above.zip(below).filter(|(a, b)| a.part == b.part) else {
            return false;
        };
        let entry = session.entries.get(place.cell);
        let text = entry.and_then(|entry| part(entry, above.part)).unwrap_or_default();
        let between = text.get(above.said.start..below.said.start).unwrap_or_default();
        !between.contains('\n')
    };
    let (mut first, mut last) = (place.row, place.row);
    while first > 0 && goes_on(first - 1) {
        first -= 1;
    }
    while goes_on(last) {
        last += 1;
    }
    (Place { row: first, ..place }, Place { row: last, ..place })
}

//! The column of cells: one an entry, laid out where it is seen, guessed where it is not.

use std::collections::HashMap;
use std::time::Duration;

use crate::protocol::{MessageId, SessionId, TextKind};
use crate::session::{Entry, State};
use crate::ui::effect::Effects;
use crate::ui::highlight::Highlighted;
use crate::ui::row::Row;
use crate::ui::transcript::anchor::Place;
use crate::ui::transcript::build::{self, Moment};
use crate::ui::transcript::cell::{Above, Cell};
use crate::ui::transcript::group::{self, Group};
use crate::ui::transcript::guess::{above, estimate};
use crate::ui::transcript::height::Heights;
use crate::ui::transcript::lay::Price;
use crate::ui::transcript::message::Writer;
use crate::ui::transcript::paint::Paints;

/// The cells of one session. The last cell is not an entry: it shows what is waited for.
#[derive(Debug, Default)]
pub struct Column {
    session: Option<SessionId>,
    pub(super) width: usize,
    pub(super) moment: Moment,
    pub(super) cells: Vec<Cell>,
    pub(super) heights: Heights,
    /// Entries that have a cell.
    known: usize,
    /// Cells of prompts, ascending.
    prompts: Vec<usize>,
    /// Cells of calls that have not ended, ascending.
    live: Vec<usize>,
    /// Cells that are laid out.
    near: Vec<usize>,
    /// The message that is being said: its cell, and what was written of it.
    pub(super) open: Option<(usize, MessageId, Option<Writer>)>,
    /// How long messages thought, where that was seen.
    pub(super) thought: HashMap<MessageId, Duration>,
    /// All is unfolded, but for what was folded by hand since.
    pub(super) all_unfolded: bool,
    /// Counts the times that all was folded or unfolded.
    pub(super) folds: u64,
    /// Long lines of what tools print are cut, not wrapped.
    pub(super) cut_lines: bool,
    /// It is said when something was said and done.
    pub(super) times: bool,
    /// What one request costs, where prices are known.
    pub(super) price: Option<Price>,
    /// What happened while nobody looked, and before which cell that is said.
    pub(super) behind: Option<(usize, Vec<String>)>,
    pub(super) paints: Paints,
}

impl Column {
    /// Takes in what happened since the last time. O(what is new and what runs).
    pub fn sync(&mut self, session: &State, width: usize, moment: Moment) {
        self.moment = moment;
        if self.session.as_ref() != Some(&session.id) || self.known > session.entries.len() {
            let paints = std::mem::take(&mut self.paints);
            let (price, times, cut_lines) = (self.price, self.times, self.cut_lines);
            let session = Some(session.id.clone());
            *self = Self { session, moment, cut_lines, times, price, paints, ..Self::default() };
        }
        if let Some((at, id, _)) = &self.open
            && !matches!(session.entries.get(*at), Some(Entry::Open(open)) if open.id == *id)
        {
            let at = *at;
            self.cut(at);
        }
        self.cut(self.known);
        if self.width != width {
            self.width = width;
            self.forget_all(session);
        }
        let mut changed = self.known;
        self.live.retain(|&at| match &session.entries[at] {
            Entry::Call(call) if call.outcome.is_some() => {
                changed = changed.min(at);
                self.cells[at].forget();
                false
            }
            entry => {
                self.cells[at].forget();
                self.heights.set(at, estimate(entry, &self.cells[at], width, false));
                true
            }
        });
        for (at, entry) in session.entries.iter().enumerate().skip(self.known) {
            self.append(session, at, entry);
        }
        self.known = session.entries.len();
        if changed < self.known {
            self.regroup(session, changed);
        }
        self.see_open(session);
        let rows = build::footer(session, width, moment);
        self.heights.push(rows.len());
        self.cells.push(Cell { rows, laid_out: true, ..Cell::default() });
    }

    /// All entries may be others: each is laid out anew.
    pub fn begin_anew(&mut self) {
        self.session = None;
    }

    /// How many cells there are, the one below the last entry included.
    pub fn count(&self) -> usize {
        self.cells.len()
    }

    /// Which layout this is: the same for the same width and folds.
    pub fn layout(&self) -> u64 {
        (self.folds << 16) | self.width as u64
    }

    /// Cells of prompts, ascending.
    pub fn prompts(&self) -> &[usize] {
        &self.prompts
    }

    /// Does something in it move with time?
    pub fn is_live(&self) -> bool {
        !self.live.is_empty() || self.open.is_some()
    }

    /// The rows above a place; where cells were not seen yet, roughly.
    pub fn rows_above(&self, place: Place) -> usize {
        self.heights.before(place.cell) + place.row
    }

    /// All rows; where cells were not seen yet, roughly.
    pub fn total(&self) -> usize {
        self.heights.total()
    }

    /// The place of a row of all rows.
    pub fn place_of(&self, row: usize) -> Place {
        let (cell, row) = self.heights.find(row);
        Place { cell, row }
    }

    /// The rows of a cell, where it is laid out.
    pub fn rows(&self, at: usize) -> &[Row] {
        self.cells.get(at).map_or(&[], |cell| &cell.rows)
    }

    /// Lays a cell out where that was not done; its height.
    pub fn lay_out(&mut self, at: usize, session: &State) -> usize {
        let Some(cell) = self.cells.get(at) else { return 0 };
        if !cell.laid_out {
            let before = cell.rows.len();
            let mut cell = std::mem::take(&mut self.cells[at]);
            self.build(at, &mut cell, session);
            cell.laid_out = true;
            if before == 0 && !self.near.contains(&at) {
                self.near.push(at);
            }
            self.heights.set(at, cell.rows.len());
            self.cells[at] = cell;
        }
        self.cells[at].rows.len()
    }

    /// The place `rows` below (or above) `place`, the end of all at most. Lays out what it passes.
    pub fn step(&mut self, place: Place, rows: isize, session: &State) -> Place {
        let Place { mut cell, mut row } = place;
        let mut left = rows;
        while left < 0 {
            if row >= left.unsigned_abs() {
                return Place { cell, row: row - left.unsigned_abs() };
            }
            if cell == 0 {
                return Place::default();
            }
            left += row as isize + 1;
            cell -= 1;
            let height = self.lay_out(cell, session);
            if height == 0 {
                left -= 1;
                row = 0;
            } else {
                row = height - 1;
            }
        }
        loop {
            if cell >= self.cells.len() {
                return Place::cell(self.cells.len());
            }
            let height = self.lay_out(cell, session);
            let rest = height.saturating_sub(row);
            if (left as usize) < rest {
                return Place { cell, row: row + left as usize };
            }
            left -= rest as isize;
            (cell, row) = (cell + 1, 0);
        }
    }

    /// The cell of the message that is being said.
    pub(super) fn open(&self) -> Option<usize> {
        self.open.as_ref().map(|(at, ..)| *at)
    }

    /// Forgets the rows that are more than `rows` away from the view that begins at `top`.
    pub fn trim(&mut self, top: Place, rows: usize) {
        let above = self.rows_above(top);
        let (from, to) = (above.saturating_sub(rows), above + 2 * rows);
        let (cells, heights) = (&mut self.cells, &self.heights);
        self.near.retain(|&at| {
            let start = heights.before(at);
            let near = start <= to && start + heights.get(at) >= from;
            if !near && let Some(cell) = cells.get_mut(at) {
                cell.forget();
            }
            near
        });
    }

    /// How many cells have rows in memory.
    pub fn rows_in_memory(&self) -> usize {
        self.cells.iter().map(|cell| cell.rows.len()).sum()
    }

    /// Code that should be highlighted.
    pub fn wanted(&mut self) -> Effects {
        self.paints.wanted()
    }

    /// Takes highlighted code in: the cells that wait for code are laid out again, at the same height.
    pub fn highlighted(&mut self, done: Highlighted) {
        self.paints.take(done);
        for &at in &self.near {
            if let Some(cell) = self.cells.get_mut(at).filter(|cell| cell.waits) {
                cell.laid_out = false;
            }
        }
        if let Some((at, _, writer)) = &mut self.open
            && self.cells.get(*at).is_some_and(|cell| cell.waits)
        {
            *writer = None;
        }
    }

    /// Is the cell unfolded?
    pub(super) fn is_unfolded(&self, at: usize) -> bool {
        self.cells.get(at).is_some_and(|cell| cell.unfolded.unwrap_or(self.all_unfolded))
    }

    /// Is the run that begins here unfolded?
    pub(super) fn is_run_unfolded(&self, head: usize) -> bool {
        self.cells.get(head).is_some_and(|cell| cell.run_unfolded.unwrap_or(self.all_unfolded))
    }

    /// Every cell is laid out anew where it is seen.
    pub(super) fn forget_all(&mut self, session: &State) {
        self.near.clear();
        let mut heights = Heights::default();
        for at in 0..self.cells.len() {
            self.cells[at].forget();
            let hidden = self.is_hidden(at);
            let guess = session
                .entries
                .get(at)
                .map_or(0, |entry| estimate(entry, &self.cells[at], self.width, hidden));
            heights.push(guess);
        }
        self.heights = heights;
        if let Some((_, _, writer)) = &mut self.open {
            *writer = None;
        }
    }

    fn is_hidden(&self, at: usize) -> bool {
        match self.cells[at].group {
            Group::Member { head } => !self.is_run_unfolded(head),
            _ => false,
        }
    }

    /// Drops the cells from `at` on.
    fn cut(&mut self, at: usize) {
        self.cells.truncate(at);
        self.heights.truncate(at);
        self.known = self.known.min(at);
        for list in [&mut self.prompts, &mut self.live, &mut self.near] {
            list.retain(|&cell| cell < at);
        }
        self.open.take_if(|(open, ..)| *open >= at);
    }

    fn append(&mut self, session: &State, at: usize, entry: &Entry) {
        let over = match (at.checked_sub(1), self.cells.last()) {
            (Some(before), Some(last)) => above(&session.entries[before], &last.above, session),
            _ => Above::default(),
        };
        match entry {
            Entry::Prompt { .. } => self.prompts.push(at),
            Entry::Call(call) if call.outcome.is_none() => self.live.push(at),
            Entry::Open(open) => self.open = Some((at, open.id.clone(), None)),
            _ => {}
        }
        let cell = Cell { above: over, ..Cell::default() };
        self.heights.push(estimate(entry, &cell, self.width, false));
        self.cells.push(cell);
    }

    /// Finds the runs of reads and searches again, from the one that `changed` is part of.
    fn regroup(&mut self, session: &State, changed: usize) {
        let from = group::start(&session.entries, changed);
        for (at, group) in (from..).zip(group::groups(&session.entries, from)) {
            if self.cells[at].group != group {
                self.cells[at].group = group;
                self.refresh(at, session);
            }
        }
    }

    /// Lays a cell out anew where it is seen.
    pub(super) fn refresh(&mut self, at: usize, session: &State) {
        let Some(entry) = session.entries.get(at) else { return };
        let hidden = self.is_hidden(at);
        self.cells[at].laid_out = false;
        self.heights.set(at, estimate(entry, &self.cells[at], self.width, hidden));
        if let Some((open, _, writer)) = &mut self.open
            && *open == at
        {
            *writer = None;
        }
    }

    fn see_open(&mut self, session: &State) {
        let Some((at, id, _)) = &self.open else { return };
        let at = *at;
        let Some(Entry::Open(open)) = session.entries.get(at) else { return };
        if open.blocks.last().is_some_and(|block| block.kind == TextKind::Thinking) {
            self.thought.insert(id.clone(), self.moment.now.since(open.at));
        }
        // Its rows stay: only the last block is written again, and only if it is seen.
        self.cells[at].laid_out = false;
        if self.cells[at].rows.is_empty() {
            let guess = estimate(&session.entries[at], &self.cells[at], self.width, false);
            self.heights.set(at, guess);
        }
    }
}

//! Where the reader is: at the end, following, or holding on to a row; and the row of the cursor.

use crate::session::State;
use crate::ui::transcript::anchor::{Anchor, Place};
use crate::ui::transcript::column::Column;

/// By how many rows the view leaps ahead of words that come, at most.
const LEAP: usize = 12;

/// The part of the column that is seen.
#[derive(Debug, Default)]
pub struct View {
    /// The first row that is seen, where the reader holds on to it; none where the end is followed.
    anchor: Option<Anchor>,
    top: Place,
    height: usize,
    /// There is more below: the last row says so.
    more: bool,
    cursor: Option<Place>,
    /// Cells there were when the reader left the end.
    seen: usize,
}

impl View {
    /// The first row that is seen.
    pub fn top(&self) -> Place {
        self.top
    }

    /// Does it follow the end?
    pub fn follows(&self) -> bool {
        self.anchor.is_none()
    }

    /// Is there more below?
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// The row of the cursor, where it was moved.
    pub fn cursor(&self) -> Option<Place> {
        self.cursor
    }

    /// Cells that came since the reader left the end: their numbers.
    pub fn news(&self, column: &Column) -> std::ops::Range<usize> {
        let end = column.count().saturating_sub(1);
        self.seen.min(end)..end
    }

    /// Rows for the text, without the one that says that there is more.
    pub fn room(&self) -> usize {
        self.height - usize::from(self.more && self.height > 1)
    }

    /// Finds the first row for a view of `height` rows, and lays out what is seen. Nothing moves
    /// that the reader holds on to.
    pub fn settle(&mut self, column: &mut Column, session: &State, height: usize) {
        self.height = height;
        let lowest = self.lowest(column, session);
        let held = self.anchor.map(|anchor| {
            column.lay_out(anchor.cell(), session);
            let place = anchor.place(column.layout(), column.rows(anchor.cell()));
            column.step(place, 0, session)
        });
        self.more = held.is_some_and(|place| place < lowest);
        self.top = held.map_or(lowest, |place| place.min(lowest));
        // Lays out the rest of the view.
        column.step(self.top, height as isize, session);
        if self.cursor.is_some_and(|cursor| cursor < self.top) && self.anchor.is_none() {
            self.cursor = None;
        }
        column.trim(self.top, height.saturating_mul(2));
    }

    /// Follows the end.
    pub fn follow(&mut self) {
        self.anchor = None;
        self.cursor = None;
        self.more = false;
    }

    /// Moves the view, and the cursor where it would leave it.
    pub fn scroll(&mut self, rows: isize, column: &mut Column, session: &State) {
        if rows > 0 && self.anchor.is_none() {
            return;
        }
        let top = column.step(self.top, rows, session);
        self.show(top, rows > 0, column, session);
        if let Some(cursor) = self.cursor {
            let last = column.step(self.top, self.room() as isize - 1, session);
            self.cursor = Some(cursor.clamp(self.top, last.max(self.top)));
        }
    }

    /// Moves the view and the cursor by the same.
    pub fn page(&mut self, rows: isize, column: &mut Column, session: &State) {
        if let Some(cursor) = self.cursor {
            self.cursor = Some(column.step(cursor, rows, session));
        }
        self.scroll(rows, column, session);
    }

    /// Moves the cursor; the view follows it.
    pub fn step(&mut self, rows: isize, column: &mut Column, session: &State) {
        let end = column.step(Place::cell(column.count()), -1, session);
        let from = self
            .cursor
            .unwrap_or_else(|| column.step(self.top, self.room() as isize - 1, session).min(end));
        let to = column.step(from, rows, session).min(end);
        self.hold(self.top, column, session);
        if to >= end && rows > 0 {
            self.follow();
            return;
        }
        self.cursor = Some(to);
        let room = self.room() as isize;
        if to < self.top {
            self.show(to, false, column, session);
        } else if to >= column.step(self.top, room, session) {
            let top = column.step(to, 1 - room, session);
            self.show(top, true, column, session);
        }
    }

    /// Goes to a cell, with its first row at the top.
    pub fn go(&mut self, cell: usize, column: &mut Column, session: &State) {
        let place = column.step(Place::cell(cell), 0, session);
        self.cursor = Some(place);
        self.show(place, false, column, session);
    }

    /// Puts the cursor on a row, and moves the view only where it is out of sight: then a third of
    /// the view stands above it.
    pub fn reach(&mut self, place: Place, column: &mut Column, session: &State) {
        let last = column.step(self.top, self.room().saturating_sub(1) as isize, session);
        if place < self.top || place > last {
            let above = (self.room() / 3) as isize;
            let top = column.step(place, -above, session);
            self.show(top, true, column, session);
        } else {
            self.hold(self.top, column, session);
        }
        self.cursor = Some(place);
    }

    /// Puts the cursor on a row without moving anything.
    pub fn point(&mut self, at: Place) {
        self.cursor = Some(at);
    }

    /// Holds on to the row at the top of the view, whatever happens above and below.
    pub fn hold(&mut self, top: Place, column: &mut Column, session: &State) {
        if self.anchor.is_none() {
            self.seen = session.entries.len();
        }
        column.lay_out(top.cell, session);
        self.anchor = Some(Anchor::new(top, column.layout(), column.rows(top.cell)));
        self.top = top;
    }

    fn show(&mut self, top: Place, follows: bool, column: &mut Column, session: &State) {
        if follows && top >= self.lowest(column, session) {
            self.follow();
        } else {
            self.hold(top, column, session);
        }
    }

    /// The first row of the view that shows the end.
    fn lowest(&self, column: &mut Column, session: &State) -> Place {
        let free = self.room_to_come(column, session);
        column.step(Place::cell(column.count()), -((self.height - free) as isize), session)
    }

    /// Rows that stay free below a message that is being said: the view moves in leaps, so that
    /// what is read stands still for longer, and a terminal is sent a fraction of it.
    fn room_to_come(&self, column: &mut Column, session: &State) -> usize {
        let leap = (self.height / 3).clamp(1, LEAP);
        let Some(open) = column.open() else { return 0 };
        (leap - column.lay_out(open, session) % leap) % leap
    }
}

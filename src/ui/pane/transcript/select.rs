//! What is selected in the transcript, by keys and by the mouse.

use ratatui::layout::{Position, Rect};

use crate::base::clock::Millis;
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::pane::transcript::TranscriptPane;
use crate::ui::transcript::{Grain, Place, Selection, Spot, line_of, word};

/// Two clicks within this time, in milliseconds, are a double one.
const DOUBLE: u64 = 400;
/// How often the view moves while the pointer is held beyond its edge, in milliseconds.
const SCROLL: u64 = 50;

/// The left button of the mouse, and what it did last.
#[derive(Debug, Default)]
pub(super) struct Button {
    /// When and where it went down, and how often in a row.
    last: Option<(Millis, Position, u8)>,
    /// It is down; where the selection began.
    down: Option<(Spot, Grain)>,
    /// It was moved while it was down.
    moved: bool,
    /// The pointer is beyond the upper (-1) or the lower edge, and when the view moved for it.
    beyond: Option<(isize, Position, Millis)>,
}

impl TranscriptPane {
    /// What is selected.
    pub fn selection(&self) -> Option<&Selection> {
        self.selection.as_ref()
    }

    /// Nothing is selected any more. Was something?
    pub fn unselect(&mut self) -> bool {
        self.selection.take().is_some()
    }

    /// Begins to select with the keys, or ends it.
    pub(super) fn select(&mut self, grain: Grain, session: &State) {
        if self.selection.take_if(|old| old.grain == grain).is_some() {
            return;
        }
        let place = self.view.cursor().or_else(|| self.target(session)).unwrap_or_else(|| {
            self.column.step(self.view.top(), self.view.room() as isize - 1, session)
        });
        self.view.hold(self.view.top(), &mut self.column, session);
        self.view.point(place);
        let spot = Spot { place, column: 0 };
        self.selection =
            Some(Selection { from: spot, to: spot, grain, layout: self.column.layout() });
        self.stretch(session);
    }

    /// The cursor moved: what is selected with the keys goes with it.
    pub(super) fn stretch(&mut self, session: &State) {
        let Some(mut selection) = self.selection.filter(|_| self.button.down.is_none()) else {
            return;
        };
        let end = self.column.step(Place::cell(self.column.count()), -1, session);
        let cursor = self.view.cursor().unwrap_or(end);
        match selection.grain {
            Grain::Line => selection.to.place = cursor,
            Grain::Turn => {
                let (first, last) = (selection.from.place.cell, cursor.cell);
                let from = self.turn_of(first.min(last)).start;
                let to = self.turn_of(first.max(last)).end;
                let last = self.column.step(Place::cell(to), -1, session);
                let ends = (Place::cell(from), last);
                let (near, far) = if cursor.cell < first { (ends.1, ends.0) } else { ends };
                selection.from.place = near;
                selection.to.place = far;
            }
            _ => return,
        }
        self.selection = Some(selection);
    }

    /// The cells of the turn that a cell is in.
    pub(super) fn turn_of(&self, cell: usize) -> std::ops::Range<usize> {
        let prompts = self.column.prompts();
        let next = prompts.partition_point(|&prompt| prompt <= cell);
        let start = next.checked_sub(1).map_or(0, |at| prompts[at]);
        let end = prompts.get(next).copied().unwrap_or(self.column.count().saturating_sub(1));
        start..end.max(start + 1)
    }

    /// Puts the cursor on the row that stands there.
    pub fn point(&mut self, at: Position, area: Rect, session: &State) {
        let spot = self.spot(at, area, session);
        self.view.point(spot.place);
    }

    /// What is selected, for the clipboard.
    pub fn selected(&mut self, signs: bool, session: &State) -> Option<String> {
        let selection = self.selection?;
        self.sync(session);
        selection.text(&mut self.column, session, signs)
    }

    fn spot(&mut self, at: Position, area: Rect, session: &State) -> Spot {
        self.sync(session);
        let last =
            usize::from(area.height.saturating_sub(1)).min(self.view.room().saturating_sub(1));
        let row = usize::from(at.y.saturating_sub(area.y)).min(last);
        let place = self.column.step(self.view.top(), row as isize, session);
        let end = self.column.step(Place::cell(self.column.count()), -1, session);
        let column = usize::from(at.x.saturating_sub(area.x));
        Spot { place: place.min(end), column }
    }

    /// The left button goes down. Its second time in a row takes a word, its third one a line.
    pub fn press(&mut self, at: Position, area: Rect, block: bool, now: Millis, session: &State) {
        let spot = self.spot(at, area, session);
        let times = match self.button.last {
            Some((then, there, times)) if there == at && now.0 <= then.0 + DOUBLE => times % 3 + 1,
            _ => 1,
        };
        self.button.last = Some((now, at, times));
        self.button.moved = false;
        self.button.beyond = None;
        let grain = match times {
            _ if block => Grain::Block,
            2 => Grain::Word,
            3 => Grain::Line,
            _ => Grain::Letter,
        };
        self.button.down = Some((spot, grain));
        self.selection = None;
        if times > 1 {
            self.reach_to(spot, session);
        }
    }

    /// The pointer moved while the button is down.
    pub fn drag(&mut self, at: Position, area: Rect, now: Millis, session: &State) {
        if self.button.down.is_none() {
            return;
        }
        let by = match at.y {
            y if y < area.y || y == area.y && self.view.top() > Place::default() => -1,
            y if y + 1 >= area.bottom() && self.view.has_more() || y >= area.bottom() => 1,
            _ => 0,
        };
        self.button.moved = true;
        self.button.beyond = (by != 0).then_some((by, at, now));
        let inside = at.y.clamp(area.y, area.bottom().saturating_sub(1).max(area.y));
        let spot = self.spot(Position::new(at.x, inside), area, session);
        self.reach_to(spot, session);
    }

    /// Time passes with the pointer beyond an edge. Did the view move?
    pub fn drag_on(&mut self, area: Rect, now: Millis, session: &State) -> bool {
        let Some((by, at, then)) = self.button.beyond else { return false };
        if now.0 < then.0 + SCROLL || area.is_empty() {
            return false;
        }
        self.sync(session);
        self.view.scroll(by, &mut self.column, session);
        self.drag(at, area, now, session);
        true
    }

    /// When the view moves next because of the pointer.
    pub fn next_drag(&self) -> Option<Millis> {
        self.button.beyond.map(|(.., then)| Millis(then.0 + SCROLL))
    }

    /// The button goes up. Was it a click, and nothing else?
    pub fn release(&mut self) -> bool {
        let down = self.button.down.take().is_some();
        self.button.beyond = None;
        down && !self.button.moved && self.selection.is_none()
    }

    /// Takes in all between where the button went down and `spot`.
    fn reach_to(&mut self, spot: Spot, session: &State) {
        let Some((start, grain)) = self.button.down else { return };
        let (mut from, mut to) = (start.min(spot), start.max(spot));
        match grain {
            Grain::Word => {
                let words = |spot: Spot, rows: &[crate::ui::row::Row]| {
                    rows.get(spot.place.row).map(|row| word(row, spot.column))
                };
                if let Some(first) = words(from, self.column.rows(from.place.cell)) {
                    from.column = first.start;
                }
                if let Some(last) = words(to, self.column.rows(to.place.cell)) {
                    to.column = last.end.saturating_sub(1).max(last.start);
                }
            }
            Grain::Line => {
                from.place = line_of(&self.column, from.place, session).0;
                to.place = line_of(&self.column, to.place, session).1;
            }
            Grain::Block => (from, to) = (start, spot),
            Grain::Letter | Grain::Turn => {}
        }
        let layout = self.column.layout();
        self.selection = Some(Selection { from, to, grain, layout });
        if self.view.follows() {
            // What comes would move what is being selected.
            self.view.hold(self.view.top(), &mut self.column, session);
        }
    }

    /// Selects as `v` and `V` do.
    pub(super) fn grain_of(action: Action) -> Option<Grain> {
        match action {
            Action::SelectLines => Some(Grain::Line),
            Action::SelectTurns => Some(Grain::Turn),
            _ => None,
        }
    }
}

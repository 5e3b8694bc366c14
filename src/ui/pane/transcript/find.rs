//! The find line of the transcript: what is looked for, and the hit that is visited.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::base::text;
use crate::session::State;
use crate::ui::pane::transcript::TranscriptPane;
use crate::ui::row::Row;
use crate::ui::theme::{Role, Theme};
use crate::ui::transcript::{Folded, Hit, Place, Search, part};

/// The longest words that are looked for, in bytes.
const LONGEST: usize = 200;

/// What is looked for, and how far one is.
#[derive(Debug, Default)]
pub(super) struct Find {
    needle: String,
    /// The keys write what is looked for.
    typing: bool,
    search: Search,
    /// The hit that is visited.
    at: Option<Hit>,
    /// The row that was at the lower end of the view when it began: the nearest hit above it comes
    /// first.
    from: Place,
    /// The nearest hit is visited once it is known.
    goes: bool,
    /// What was unfolded to show the hit.
    unfolded: Option<Folded>,
}

impl Find {
    /// Which of the hits is visited, from 1.
    fn number(&self) -> Option<usize> {
        let at = self.at.as_ref()?;
        self.search.hits().iter().position(|hit| hit == at).map(|at| at + 1)
    }

    /// The hits.
    pub(super) fn hits(&self) -> &[Hit] {
        self.search.hits()
    }

    /// Marks what is found in a row that stands in `area`.
    pub(super) fn mark(
        &self,
        cell: usize,
        row: &Row,
        session: &State,
        theme: &Theme,
        area: Rect,
        buf: &mut Buffer,
    ) {
        let Some(entry) = session.entries.get(cell) else { return };
        for hit in self.search.within(cell) {
            let pieces = row.pieces().iter().filter(|piece| piece.part == hit.part);
            for piece in pieces {
                let Some(text) = part(entry, hit.part) else { continue };
                let Some(seen) = piece.seen(&hit.range, &text) else { continue };
                let from = row.column_at(seen.start).min(usize::from(area.width));
                let to = row.column_at(seen.end).min(usize::from(area.width));
                let cells = Rect { x: area.x + from as u16, width: (to - from) as u16, ..area };
                buf.set_style(cells, theme.style(Role::Match));
                if self.at.as_ref() == Some(hit) {
                    buf.set_style(cells, theme.style(Role::Selection));
                }
            }
        }
    }
}

impl TranscriptPane {
    /// Begins to look for something, or goes on writing it.
    pub fn begin_find(&mut self, session: &State) {
        self.sync(session);
        let from = self.column.step(self.view.top(), self.view.room() as isize, session);
        let find = self.find.get_or_insert_with(Find::default);
        find.typing = true;
        find.from = from;
    }

    /// Do keys write what is looked for?
    pub fn is_finding(&self) -> bool {
        self.find.as_ref().is_some_and(|find| find.typing)
    }

    /// Is there a find line?
    pub fn has_find(&self) -> bool {
        self.find.is_some()
    }

    /// The keys are commands again; what was found stays marked.
    pub fn end_typing(&mut self) {
        if let Some(find) = &mut self.find {
            find.typing = false;
        }
        self.find.take_if(|find| find.needle.is_empty());
    }

    /// What is looked for is forgotten; the view stays where it is. Was there something?
    pub fn end_find(&mut self) -> bool {
        self.find.take().is_some()
    }

    /// Changes what is looked for.
    pub fn rewrite_find(&mut self, change: impl FnOnce(&mut String), session: &State) {
        let Some(find) = &mut self.find else { return };
        change(&mut find.needle);
        find.needle.retain(|c| !c.is_control());
        find.needle.truncate(crate::base::cap::floor(&find.needle, LONGEST));
        find.search = Search::begin(&find.needle);
        find.at = None;
        find.goes = true;
        self.advance_find(session);
    }

    /// Searches another slice. Is there something new to be seen?
    pub fn advance_find(&mut self, session: &State) -> bool {
        let Some(find) = &mut self.find else { return false };
        if find.search.is_done(session) && !find.goes {
            return false;
        }
        let new = find.search.advance(session);
        if !(find.goes && find.search.is_done(session)) {
            return new;
        }
        find.goes = false;
        let hits = find.search.hits();
        let near = hits.partition_point(|hit| Place::cell(hit.cell) < find.from);
        let nearest = hits[..near].last().or(hits.first()).cloned();
        if let Some(hit) = nearest {
            self.visit(hit, session);
        }
        true
    }

    /// Is there more to be searched?
    pub fn is_searching(&self, session: &State) -> bool {
        self.find.as_ref().is_some_and(|find| find.goes || !find.search.is_done(session))
    }

    /// Visits the next hit, or the one before; round and round.
    pub(super) fn next_hit(&mut self, back: bool, session: &State) {
        let Some(find) = &self.find else { return };
        let hits = find.search.hits();
        let Some(last) = hits.len().checked_sub(1) else { return };
        let next = match (find.number(), back) {
            (None, false) => 0,
            (None | Some(1), true) => last,
            (Some(number), true) => number - 2,
            (Some(number), false) if number > last => 0,
            (Some(number), false) => number,
        };
        let hit = hits[next].clone();
        self.visit(hit, session);
    }

    /// Goes to a hit and unfolds what hides it.
    fn visit(&mut self, hit: Hit, session: &State) {
        let shows = |pane: &Self| {
            let entry = session.entries.get(hit.cell)?;
            let text = part(entry, hit.part)?;
            let rows = pane.column.rows(hit.cell).iter();
            rows.enumerate().find_map(|(at, row)| {
                let pieces = row.pieces().iter().filter(|piece| piece.part == hit.part);
                let mut seen = pieces.filter_map(|piece| piece.seen(&hit.range, &text));
                seen.next().map(|_| at)
            })
        };
        self.sync(session);
        // What was only looked at folds again when one goes on.
        let before = self.find.as_mut().and_then(|find| find.unfolded.take());
        if let Some(folded) = before {
            self.column.conceal(&folded, session);
        }
        self.column.lay_out(hit.cell, session);
        let mut row = shows(self);
        if row.is_none() {
            let folded = self.column.reveal(hit.cell, session);
            if let Some(find) = &mut self.find {
                find.unfolded = Some(folded);
            }
            self.column.lay_out(hit.cell, session);
            row = shows(self);
        }
        let place = Place { cell: hit.cell, row: row.unwrap_or(0) };
        self.view.reach(place, &mut self.column, session);
        if let Some(find) = &mut self.find {
            find.at = Some(hit);
        }
    }

    /// The find line, and where its caret stands; none where nothing is looked for.
    pub fn find_line(&self, session: &State) -> Option<(Row, usize)> {
        let find = self.find.as_ref()?;
        let count = find.hits().len();
        let words = text::sanitise(&find.needle);
        let caret = 7 + text::width(words.as_str());
        let mut row = Row::new(" find: ", Role::Muted).with(words, Role::Text);
        let busy = if find.search.is_done(session) { "" } else { "…" };
        let said = match (find.number(), count) {
            _ if find.needle.is_empty() => String::new(),
            (_, 0) if busy.is_empty() => "nothing".to_owned(),
            (Some(number), count) => format!("{number} of {count}{busy}"),
            (None, count) => format!("{count}{busy}"),
        };
        row.push("  ", Role::Muted);
        row.push(text::sanitise(&said), Role::Accent);
        row.push(" ", Role::Muted);
        Some((row, caret))
    }

    /// Where the find line is drawn: in the lower border, or in the last row where there is none.
    pub fn find_area(outer: Rect, inner: Rect) -> Rect {
        let bordered = outer.bottom() > inner.bottom();
        let y = if bordered { inner.bottom() } else { inner.bottom().saturating_sub(1) };
        Rect { y, height: 1, ..inner }
    }

    /// Draws the find line. The room that is left beside it.
    pub fn view_find(&self, session: &State, theme: &Theme, area: Rect, buf: &mut Buffer) -> Rect {
        let Some((row, _)) = self.find_line(session) else { return area };
        let width = row.width().min(usize::from(area.width)) as u16;
        let line = Rect { width, ..area }.intersection(buf.area);
        buf.set_style(line, theme.style(Role::Text));
        row.truncated(usize::from(line.width)).draw(line, 0, theme, buf);
        Rect { x: area.x + width, width: area.width - width, ..area }.intersection(buf.area)
    }

    /// Where what is looked for is written.
    pub fn find_caret(&self, session: &State, area: Rect) -> Option<Position> {
        let (_, caret) = self.find_line(session)?;
        let caret = caret.min(usize::from(area.width.saturating_sub(1)));
        Some(Position::new(area.x + caret as u16, area.y))
    }
}

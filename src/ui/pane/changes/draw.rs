//! The diff, row by row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::protocol::LineKind;
use crate::session::State;
use crate::ui::pane::Look;
use crate::ui::pane::changes::ChangesPane;
use crate::ui::pane::changes::paint::{self, Fold, Lens};
use crate::ui::pane::changes::rows::{Side, Spot};
use crate::ui::row::Row;
use crate::ui::theme::Role;

impl ChangesPane {
    pub(super) fn view_diff(&self, session: &State, look: &Look<'_>, buf: &mut Buffer) {
        let area = self.parts.diff;
        for y in 0..area.height {
            let at = self.top + usize::from(y);
            let Some(spot) = self.rows.spot(at) else { break };
            self.view_row(spot, session, look, area, y, buf);
            let ground = match (self.selected(at), at == self.cursor && look.focused) {
                (true, _) => Role::Selection,
                (false, true) => Role::CursorLine,
                (false, false) => continue,
            };
            let mut style = look.theme.style(ground);
            if style.bg.is_some() {
                // The colours of the line stay.
                style.fg = None;
            }
            let line = Rect { y: area.y + y, height: 1, ..area };
            buf.set_style(line.intersection(buf.area), style);
        }
    }

    fn view_row(
        &self,
        spot: Spot,
        session: &State,
        look: &Look<'_>,
        area: Rect,
        y: u16,
        buf: &mut Buffer,
    ) {
        let Some(change) = self.shown.get(spot.file()) else { return };
        let cells = usize::from(area.width);
        let row = match spot {
            Spot::File(_) => {
                paint::file(change, &session.cwd, self.folded.contains(&change.path), cells)
            }
            Spot::Note(_) => paint::note(change, cells),
            Spot::Hunk { hunk, .. } => {
                let unfolded = self
                    .told
                    .get(spot.file())
                    .map_or(0, |told| self.unfolded.count(told, hunk as usize));
                let key = look.focused && self.rows.spot(self.cursor) == Some(spot);
                paint::hunk(change, hunk as usize, &Fold { unfolded, key }, cells)
            }
            Spot::Line { left, right, .. } if self.two => {
                let half = area.width.saturating_sub(1) / 2;
                let old = Rect { width: half, ..area };
                let new = Rect { x: area.x + half + 1, width: area.width - half - 1, ..area };
                self.line(spot, left, look, half).draw(old, y, look.theme, buf);
                let rule = if look.theme.is_ascii() { "|" } else { "│" };
                let border = look.theme.style(Role::Border);
                buf.set_string(area.x + half, area.y + y, rule, border);
                self.line(spot, right, look, new.width).draw(new, y, look.theme, buf);
                return;
            }
            Spot::Line { left, right, .. } => self.line(spot, right.or(left), look, area.width),
        };
        row.draw(area, y, look.theme, buf);
    }

    /// A line of one side; where it has none, a mark that nothing stands there.
    fn line(&self, spot: Spot, side: Option<Side>, look: &Look<'_>, cells: u16) -> Row {
        let digits = self.rows.digits(spot.file());
        let Some(side) = side else {
            let mut row = Row::default().indented(digits);
            row.push(if look.theme.is_ascii() { "/" } else { "╱" }, Role::Muted);
            return row;
        };
        let found = spot.hunk().and_then(|at| self.shown.get(spot.file())?.hunks.get(at));
        let Some(hunk) = found else { return Row::default() };
        let kind = hunk.lines.get(side.at as usize).map_or(LineKind::Context, |line| line.kind);
        let syntax = spot.hunk().and_then(|at| self.paint.of(spot.file(), at, kind));
        let lens = Lens {
            digits,
            words: !self.wordless,
            grounds: look.theme.style(Role::DiffAdd).bg.is_some(),
            column: self.column,
            cells: usize::from(cells),
        };
        paint::line(hunk, side, syntax, &lens)
    }
}

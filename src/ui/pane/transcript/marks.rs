//! Marks on the scrollbar: where one asked, what went wrong, what was found.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::session::State;
use crate::ui::pane::transcript::TranscriptPane;
use crate::ui::pane::transcript::find::Find;
use crate::ui::pane::transcript::jump::is_error;
use crate::ui::theme::{Role, Theme};
use crate::ui::transcript::Place;

impl TranscriptPane {
    /// Draws them over the scrollbar of `rows` rows in the last column of `area`. What matters more
    /// comes later, over the rest.
    pub(super) fn view_marks(
        &self,
        session: &State,
        theme: &Theme,
        rows: usize,
        area: Rect,
        buf: &mut Buffer,
    ) {
        let height = usize::from(area.height);
        if area.is_empty() || rows <= height {
            return;
        }
        let mut roles = vec![None; height];
        let mut mark = |cell: usize, role: Role| {
            let row = self.column.rows_above(Place::cell(cell)) * height / rows;
            if let Some(place) = roles.get_mut(row) {
                *place = Some(role);
            }
        };
        // So many that each row had one would say nothing.
        let prompts = self.column.prompts();
        let few = if prompts.len() * 2 <= height { prompts } else { &[] };
        for &cell in few {
            mark(cell, Role::Prompt);
        }
        let errors = session.entries.iter().enumerate().filter(|(_, entry)| is_error(entry));
        for (cell, _) in errors {
            mark(cell, Role::Err);
        }
        let hits = self.find.iter().flat_map(Find::hits);
        for hit in hits {
            mark(hit.cell, Role::Match);
        }
        let x = area.right() - 1;
        for (row, role) in roles.into_iter().enumerate() {
            let Some(role) = role else { continue };
            let y = area.y + row as u16;
            let Some(cell) = buf.cell_mut((x, y)) else { continue };
            // On the part in view the mark is a colour, beside it a sign.
            if cell.symbol() == theme.glyphs().track {
                cell.set_symbol(theme.glyphs().rule);
            }
            cell.set_style(theme.style(role));
        }
    }
}

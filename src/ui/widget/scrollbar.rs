//! A scrollbar of one column.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::ui::theme::{Role, Theme};

/// Which part of something long is in view. Draws nothing where all of it is.
#[derive(Debug)]
pub struct Scrollbar<'a> {
    /// The theme.
    pub theme: &'a Theme,
    /// The first row in view.
    pub top: usize,
    /// How many rows there are.
    pub rows: usize,
}

impl Widget for &Scrollbar<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let height = usize::from(area.height);
        if area.is_empty() || self.rows <= height {
            return;
        }
        let thumb = (height * height / self.rows).max(1);
        let most = self.rows - height;
        let start = (height - thumb) * self.top.min(most) / most;
        let glyphs = self.theme.glyphs();
        for row in 0..height {
            let (glyph, role) = if (start..start + thumb).contains(&row) {
                (glyphs.thumb, Role::Border)
            } else {
                (glyphs.track, Role::Border)
            };
            let place = (area.right() - 1, area.y + row as u16);
            buf.set_string(place.0, place.1, glyph, self.theme.style(role));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumb_shows_which_part_is_in_view() {
        let drawn = |top, rows| {
            let area = Rect::new(0, 0, 1, 4);
            let mut buf = Buffer::empty(area);
            Scrollbar { theme: &Theme::dark(), top, rows }.render(area, &mut buf);
            buf.content().iter().map(|cell| cell.symbol().to_owned()).collect::<String>()
        };
        let table = [
            (0, 4, "    "),
            (0, 8, "██  "),
            (4, 8, "  ██"),
            (99, 8, "  ██"),
            (0, 4000, "█   "),
            (3996, 4000, "   █"),
        ];
        for (top, rows, expected) in table {
            assert_eq!(drawn(top, rows), expected, "{top} of {rows}");
        }
    }
}

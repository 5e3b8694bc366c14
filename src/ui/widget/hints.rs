//! Keys and what they do, on one line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::base::text::width;
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::frame::alone;

/// Keys and words, from the left; a hint that does not fit whole is left out, with all after it.
#[derive(Debug)]
pub struct Hints<'a> {
    /// The theme.
    pub theme: &'a Theme,
    /// Keys and what they do, most useful first.
    pub hints: &'a [(String, String)],
}

impl Hints<'_> {
    /// The cells that all of them take.
    pub fn width(&self) -> usize {
        let each = self.hints.iter().map(|(keys, label)| width(keys) + width(label) + 3);
        each.sum::<usize>() + self.hints.len().saturating_sub(1)
    }
}

impl Widget for &Hints<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let (muted, key) =
            (alone(self.theme.style(Role::Muted)), alone(self.theme.style(Role::Key)));
        let mut x = area.x;
        for (at, (keys, label)) in self.hints.iter().enumerate() {
            let before = if at == 0 { "" } else { self.theme.glyphs().dot };
            let needed = width(before) + width(keys) + width(label) + 3;
            if needed > usize::from(area.right().saturating_sub(x)) || area.height == 0 {
                break;
            }
            let after = format!(" {label} ");
            for (text, style) in [(before, muted), (" ", muted), (keys, key), (&after, muted)] {
                x = buf.set_stringn(x, area.y, text, needed, style).0;
            }
        }
    }
}

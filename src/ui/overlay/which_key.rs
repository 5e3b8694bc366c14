//! What may follow the leader, where the user waits.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::text::width;
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::frame::Framed;

/// How long it waits before it shows itself, in milliseconds.
pub const DELAY: u64 = 350;

/// Draws the keys that may follow at the bottom of an area, in columns.
pub fn view(
    leader: &str,
    keys: &[(String, &'static str)],
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let column = keys.iter().map(|(keys, label)| width(keys) + width(label)).max();
    let column = column.unwrap_or(0) + 4;
    let columns = (usize::from(area.width.saturating_sub(4)) / column).max(1);
    let rows = keys.len().div_ceil(columns);
    let height = u16::try_from(rows + 2).unwrap_or(u16::MAX).min(area.height);
    let outer = Rect { y: area.bottom() - height, height, ..area };
    let framed = Framed {
        theme,
        focused: true,
        title: leader.to_owned(),
        right: String::new(),
        hints: vec![("Esc".to_owned(), "cancel".to_owned())],
    };
    framed.over(outer, buf);
    for (at, (keys, label)) in keys.iter().enumerate() {
        let (x, y) = (2 + (at / rows) * column, 1 + at % rows);
        if y + 1 >= usize::from(height) || x + column > usize::from(area.width) {
            continue;
        }
        let (x, y) = (outer.x + x as u16, outer.y + y as u16);
        let (x, _) = buf.set_stringn(x, y, keys, column, theme.style(Role::Key));
        buf.set_stringn(x + 1, y, label, column, theme.style(Role::Text));
    }
}

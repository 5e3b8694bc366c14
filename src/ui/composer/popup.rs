//! The list of completions, above the draft.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::text::{sanitise, truncate, width as width_of};
use crate::ui::composer::complete::{Kind, Offer};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::frame::Framed;

/// The most rows that are seen at once.
const ROWS: u16 = 10;

/// Draws it over the last rows of `above`, from the column of the draft on.
pub fn view(
    offer: &Offer,
    hints: Vec<(String, String)>,
    theme: &Theme,
    above: Rect,
    buf: &mut Buffer,
) {
    let rows = u16::try_from(offer.rows.len()).unwrap_or(ROWS).clamp(1, ROWS);
    let height = (rows + 2).min(above.height);
    if height < 3 {
        return;
    }
    let width = above.width.min(84);
    let area = Rect { y: above.bottom() - height, height, width, ..above };
    let title = match offer.trigger.kind {
        Kind::Command => "Commands".to_owned(),
        Kind::Argument => format!("/{}", offer.trigger.command),
        Kind::File => "Files".to_owned(),
        Kind::Turn => "Turns".to_owned(),
    };
    let framed = Framed { theme, focused: false, title, right: offer.note.clone(), hints };
    framed.over(area, buf);
    let inner =
        Rect { x: area.x + 2, width: width.saturating_sub(4), y: area.y + 1, height: height - 2 };
    if offer.rows.is_empty() {
        let none = truncate(
            &format!("nothing for '{}'", sanitise(&offer.trigger.query)),
            usize::from(inner.width),
        );
        buf.set_stringn(inner.x, inner.y, none, usize::from(inner.width), theme.style(Role::Muted));
        return;
    }
    let page = usize::from(inner.height);
    let top = (offer.selected + 1).saturating_sub(page);
    // The words beside the labels stand under each other.
    let column = offer.rows.iter().map(|row| width_of(&row.label)).max().unwrap_or(0).min(28);
    let seen = offer.rows.iter().enumerate().skip(top).take(page);
    for ((at, row), y) in seen.zip(inner.y..) {
        let line = Rect { y, height: 1, ..inner };
        let room = usize::from(line.width);
        let chosen = at == offer.selected;
        let sign = if chosen { theme.glyphs().caret } else { " " };
        let label = sanitise(&row.label);
        let (end, _) =
            buf.set_stringn(line.x, y, format!("{sign} {label}"), room, theme.style(Role::Text));
        let x = end.max(line.x + 2 + column as u16);
        let detail = sanitise(&row.detail);
        let left = usize::from(line.right().saturating_sub(x + 2)).min(room);
        if !row.detail.is_empty() && left > 4 {
            let text = truncate(detail.as_str(), left);
            buf.set_stringn(x + 2, y, text, left, theme.style(Role::Muted));
        }
        if chosen {
            buf.set_style(line, theme.style(Role::Selection));
        }
    }
}

//! The frame around a part of the screen: title, what is said at the right, hints below.

use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, Clear, Widget};

use crate::base::text::{sanitise, truncate, width};
use crate::ui::row::signed;
use crate::ui::theme::{Role, Theme};

/// Cells that the title keeps beside what stands at the right.
const LEAST: usize = 16;

/// A frame. Heavy lines and a bold title say that it has the focus.
#[derive(Debug)]
pub struct Framed<'a> {
    /// The theme.
    pub theme: &'a Theme,
    /// It has the focus.
    pub focused: bool,
    /// In the upper line, at the left.
    pub title: String,
    /// In the upper line, at the right.
    pub right: String,
    /// In the lower line: keys and words, cut where they do not fit.
    pub hints: Vec<(String, String)>,
}

impl Framed<'_> {
    fn role(&self) -> Role {
        if self.focused { Role::BorderFocus } else { Role::Border }
    }

    /// Draws it over what was there, with an empty room inside.
    pub fn over(&self, area: Rect, buf: &mut Buffer) {
        clear(area, buf);
        buf.set_style(area, self.theme.style(Role::Background));
        self.render(area, buf);
    }

    /// The upper line: title, a rule, and what stands at the right. Where both are long the title is
    /// cut; where there is hardly room for one, only it is there.
    pub fn upper(&self, area: Rect, buf: &mut Buffer) {
        let room = usize::from(area.width.saturating_sub(4));
        let right = sanitise(&self.right);
        // A blank on both sides, and some of the rule before it.
        let taken = if self.right.is_empty() { 0 } else { width(right.as_str()) + 4 };
        let fits = taken > 0 && taken + LEAST <= room;
        let title_room = room.saturating_sub(if fits { taken } else { 0 } + 2);
        let title = truncate(sanitise(&self.title).as_str(), title_room);
        if !title.is_empty() {
            let role = if self.focused { Role::BorderFocus } else { Role::Text };
            put(buf, area, 2, &signed(&format!(" {title} "), self.theme), self.theme.style(role));
        }
        if fits {
            let at = area.width - taken as u16;
            put(
                buf,
                area,
                at,
                &signed(&format!(" {right} "), self.theme),
                self.theme.style(Role::Muted),
            );
        }
    }

    /// The lower line: hints, as many as fit.
    pub fn lower(&self, area: Rect, buf: &mut Buffer) {
        let inside = Rect { x: area.x + 2.min(area.width), ..area };
        let room = Rect { width: area.width.saturating_sub(4), ..inside };
        super::hints::Hints { theme: self.theme, hints: &self.hints }.render(room, buf);
    }

    /// A horizontal rule instead of a frame: the upper line of a part that has no sides.
    pub fn rule(&self, area: Rect, buf: &mut Buffer) {
        let glyphs = self.theme.glyphs();
        let line = if self.focused { glyphs.heavy_rule } else { glyphs.rule };
        let style = self.theme.style(self.role());
        buf.set_string(area.x, area.y, line.repeat(usize::from(area.width)), style);
    }
}

impl Widget for &Framed<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        if area.width < 2 || area.height < 2 {
            return;
        }
        Block::bordered()
            .border_set(self.theme.border(self.focused))
            .border_style(self.theme.style(self.role()))
            .render(area, buf);
        self.upper(Rect { height: 1, ..area }, buf);
        self.lower(Rect { y: area.bottom() - 1, height: 1, ..area }, buf);
    }
}

/// Empties an area. A wide sign that reaches into it goes as a whole: its half would hide the border.
pub fn clear(area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    Clear.render(area, buf);
    let before = Rect { x: area.x.saturating_sub(1), width: 1, ..area };
    for place in before.intersection(buf.area).positions().filter(|place| place.x < area.x) {
        let cell = &mut buf[place];
        if cell.cell_width() > 1 {
            cell.set_symbol(" ");
        }
    }
}

/// A style that does not take over how a border stands out: a heavy one makes no words bold.
pub fn alone(style: Style) -> Style {
    let weight = Modifier::BOLD | Modifier::DIM;
    style.remove_modifier(weight.difference(style.add_modifier))
}

/// Writes into the first row of an area, from a column on, inside its sides.
fn put(buf: &mut Buffer, area: Rect, column: u16, text: &str, style: Style) {
    let style = alone(style);
    let room = area.width.saturating_sub(column + 2);
    if room > 0 && area.height > 0 {
        buf.set_stringn(area.x + column, area.y, text, usize::from(room), style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_wide_sign_hides_no_border() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 2));
        buf.set_string(0, 0, "日本日本", Style::new());
        clear(Rect::new(3, 0, 3, 2), &mut buf);
        buf.set_string(3, 0, "┃", Style::new());
        let shown: Vec<_> = (0..8).map(|x| buf[(x, 0)].symbol()).collect();
        assert_eq!(shown, ["日", " ", " ", "┃", " ", " ", "本", " "]);
    }
}

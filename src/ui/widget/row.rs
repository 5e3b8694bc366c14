//! A row of the screen as pieces of text, each with its role.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::base::text;
use crate::ui::theme::Role;
use crate::ui::theme::Theme;

/// A row. Built without a theme, so that it can be kept and drawn with any.
///
/// Foreign text is put in as [`text::Sanitised`] shows it; claw's own words go in as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row(Vec<(Role, String)>);

impl Row {
    /// A row of one piece.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self::default().with(role, text)
    }

    /// The row and one more piece.
    #[must_use]
    pub fn with(mut self, role: Role, text: impl Into<String>) -> Self {
        self.push(role, text);
        self
    }

    /// Adds a piece.
    pub fn push(&mut self, role: Role, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.0.push((role, text));
        }
    }

    /// Adds a character to the last piece, or begins one where that has another role.
    pub fn push_char(&mut self, role: Role, c: char) {
        match self.0.last_mut() {
            Some((last, text)) if *last == role => text.push(c),
            _ => self.0.push((role, c.into())),
        }
    }

    /// The pieces of another row, after its own.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// How many cells it takes.
    pub fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text::width(text)).sum()
    }

    /// The words, without roles.
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// The words of one role.
    #[cfg(test)]
    pub(crate) fn of(&self, role: Role) -> String {
        self.0.iter().filter(|(of, _)| *of == role).map(|(_, text)| text.as_str()).collect()
    }

    /// The row, no wider than `cells`; where something is cut, the last cell is `…`.
    #[must_use]
    pub fn truncated(mut self, cells: usize) -> Self {
        let mut left = cells;
        if self.width() <= cells {
            return self;
        }
        for at in 0..self.0.len() {
            let wide = text::width(&self.0[at].1);
            // Something follows, so a piece that just fits is cut too: the mark needs a cell.
            let more = self.0[at + 1..].iter().any(|(_, text)| !text.is_empty());
            if wide + usize::from(more) <= left {
                left -= wide;
                continue;
            }
            let cut = text::truncate(&format!("{}  ", self.0[at].1), left);
            self.0[at].1 = cut;
            self.0.truncate(at + 1);
            break;
        }
        self
    }

    /// The row filled with blanks of `role` up to `cells`.
    #[must_use]
    pub fn filled(self, role: Role, cells: usize) -> Self {
        let missing = cells.saturating_sub(self.width());
        if missing == 0 { self } else { self.with(role, " ".repeat(missing)) }
    }

    /// The row with `right` at the end of `cells`: where both do not fit, the left one is cut.
    #[must_use]
    pub fn justified(self, right: Self, cells: usize) -> Self {
        let right = right.truncated(cells);
        let wide = right.width();
        if wide == 0 {
            return self.truncated(cells);
        }
        let room = cells.saturating_sub(wide + 1);
        self.truncated(room).filled(Role::Text, cells - wide).then(right)
    }

    /// The row in as many rows as it takes in `cells`; all but the first begin with `indent` blanks.
    pub fn wrapped(&self, cells: usize, indent: usize) -> Vec<Self> {
        if self.width() <= cells {
            return vec![self.clone()];
        }
        let indent = if indent + 8 > cells { 0 } else { indent };
        let whole = self.text();
        // Blanks that begin the row are its first row's indent and are wrapped with it.
        let mut rows = Vec::new();
        let first = text::wrap(&whole, cells).swap_remove(0);
        rows.push(self.part(first.start, first.end));
        if first.end < whole.len() {
            for range in text::wrap(&whole[first.end..], cells - indent) {
                let part = self.part(first.end + range.start, first.end + range.end);
                rows.push(Self::new(Role::Text, " ".repeat(indent)).then(part));
            }
        }
        rows
    }

    /// The bytes `from..to` of the row's text.
    fn part(&self, from: usize, to: usize) -> Self {
        let mut part = Self::default();
        let mut at = 0;
        for (role, text) in &self.0 {
            let end = at + text.len();
            if at < to && end > from {
                part.push(*role, &text[from.saturating_sub(at)..to.min(end) - at]);
            }
            at = end;
        }
        part
    }

    /// Draws it into row `y` of `area`, counted from 0; nothing where that is outside.
    pub fn draw(&self, area: Rect, y: u16, theme: &Theme, buf: &mut Buffer) {
        self.draw_on(Style::default(), area, y, theme, buf);
    }

    /// Draws it with another ground: the style of a selected row goes over the whole width.
    pub fn draw_selected(&self, area: Rect, y: u16, theme: &Theme, buf: &mut Buffer) {
        self.draw_on(theme.style(Role::Selection), area, y, theme, buf);
    }

    fn draw_on(&self, over: Style, area: Rect, y: u16, theme: &Theme, buf: &mut Buffer) {
        let row = Rect { y: area.y.saturating_add(y), height: 1, ..area };
        let row = row.intersection(area).intersection(buf.area);
        if row.is_empty() {
            return;
        }
        let mut x = row.x;
        for (role, text) in &self.0 {
            let left = usize::from(row.right().saturating_sub(x));
            (x, _) = buf.set_stringn(x, row.y, text, left, theme.style(*role));
        }
        buf.set_style(row, over);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row::new(Role::Key, "one ").with(Role::Text, "two three")
    }

    #[test]
    fn cuts_leave_a_mark() {
        for (cells, want) in [(13, "one two three"), (9, "one two …"), (4, "one…"), (0, "")] {
            assert_eq!(row().truncated(cells).text(), want, "{cells}");
            assert!(row().truncated(cells).width() <= cells);
        }
    }

    #[test]
    fn the_right_side_keeps_its_place() {
        let right = || Row::new(Role::Muted, "12s");
        assert_eq!(row().justified(right(), 20).text(), "one two three    12s");
        assert_eq!(row().justified(right(), 10).text(), "one t… 12s");
        assert_eq!(row().justified(right(), 2).text(), "1…");
    }

    #[test]
    fn wrapping_loses_nothing_and_keeps_roles() {
        let rows = Row::new(Role::Key, "abcdef").with(Role::Text, "ghijklmnop qr").wrapped(10, 2);
        let texts: Vec<_> = rows.iter().map(Row::text).collect();
        assert_eq!(texts, ["abcdefghij", "  klmnop ", "  qr"]);
        assert_eq!(rows[0].0[0], (Role::Key, "abcdef".into()));
    }
}

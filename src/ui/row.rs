//! A row of text in roles: safe to draw, and ignorant of colours, so that a change of the theme
//! needs no new layout.

mod piece;
mod words;

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::base::cap;
use crate::base::text;
use crate::ui::theme::{Role, Theme};

pub use piece::{Origin, Piece};
pub use words::{Words, signed};

/// Bytes of one line that are laid out; of the rest it is said how much it is.
const MAX_LINE: usize = 16 * 1024;

/// What a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is said of a text by itself")]
pub struct Ink {
    /// Its role.
    pub role: Role,
    /// Strong, on top of its role.
    pub strong: bool,
    /// Emphasised, on top of its role.
    pub emphasis: bool,
    /// Struck through.
    pub struck: bool,
    /// Each character counts: not even a terminal without Unicode gets another sign for it.
    pub exact: bool,
}

impl From<Role> for Ink {
    fn from(role: Role) -> Self {
        Self { role, strong: false, emphasis: false, struck: false, exact: false }
    }
}

impl Ink {
    /// Of what is to be seen as it is: a command, a line of a file.
    pub fn exact(role: Role) -> Self {
        Self { exact: true, ..Self::from(role) }
    }

    /// How it looks.
    pub fn style(self, theme: &Theme) -> Style {
        let mut style = theme.style(self.role);
        if self.strong {
            style = style.patch(theme.style(Role::Strong));
        }
        if self.emphasis {
            style = style.patch(theme.style(Role::Emphasis));
        }
        if self.struck {
            style = style.add_modifier(Modifier::CROSSED_OUT);
        }
        style
    }
}

/// A line of text, or one row of it after wrapping. Built without a theme, so that it can be kept
/// and drawn with any. What enters it is [`Words`]: foreign text is shown as it is safe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    text: String,
    /// Where each stretch ends, in bytes.
    spans: Vec<(usize, Ink)>,
    /// Blank cells before the text.
    indent: usize,
    /// The role of the whole row, behind the text.
    fill: Option<Role>,
    /// Where its stretches come from, left to right; what is ours comes from nowhere.
    pieces: Vec<Piece>,
}

impl Row {
    /// A row of one ink.
    pub fn new(words: impl Into<Words>, ink: impl Into<Ink>) -> Self {
        Self::default().with(words, ink)
    }

    /// The row and more words.
    #[must_use]
    pub fn with(mut self, words: impl Into<Words>, ink: impl Into<Ink>) -> Self {
        self.push(words, ink);
        self
    }

    /// Its text, without the indent.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Is there nothing in it?
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// How many cells it takes, the indent included.
    pub fn width(&self) -> usize {
        self.indent + text::width(&self.text)
    }

    /// Appends words.
    pub fn push(&mut self, words: impl Into<Words>, ink: impl Into<Ink>) {
        self.text.push_str(words.into().as_str());
        self.close(ink.into());
    }

    /// Appends our own glyph, `times` times.
    pub fn repeat(&mut self, glyph: &'static str, times: usize, ink: impl Into<Ink>) {
        self.text.extend(std::iter::repeat_n(glyph, times));
        self.close(ink.into());
    }

    /// Appends words that show a stretch of a source.
    pub fn push_from(
        &mut self,
        words: impl Into<Words>,
        ink: impl Into<Ink>,
        part: u32,
        said: Range<usize>,
    ) {
        let start = self.text.len();
        self.push(words, ink);
        self.pieces.push(Piece::new(start..self.text.len(), part, said));
    }

    /// The row, all of which shows a stretch of a source.
    #[must_use]
    pub fn from(mut self, origin: Option<Origin>, bytes: usize) -> Self {
        let piece = origin.map(|o| Piece::new(0..self.text.len(), o.part, o.range(bytes)));
        self.pieces = piece.into_iter().collect();
        self
    }

    /// Where its stretches come from, left to right.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The byte of its text in column `column` of the screen, counted from the row's first one.
    pub fn byte_at(&self, column: usize) -> usize {
        let left = column.saturating_sub(self.indent);
        let mut used = 0;
        for (at, letter) in text::letters(&self.text) {
            used += text::width(letter);
            if used > left {
                return at;
            }
        }
        self.text.len()
    }

    /// The column of the screen where byte `at` of its text stands.
    pub fn column_at(&self, at: usize) -> usize {
        self.indent + text::width(self.text.get(..at).unwrap_or(&self.text))
    }

    /// Appends another row; its indent and fill are not taken over.
    pub fn join(&mut self, other: &Self) {
        let base = self.text.len();
        self.pieces.extend(other.pieces.iter().map(|piece| piece.shifted(base)));
        self.text.push_str(&other.text);
        self.spans.extend(other.spans.iter().map(|&(end, ink)| (base + end, ink)));
    }

    /// The row and another one after it, as [`Self::join`] does.
    #[must_use]
    pub fn then(mut self, other: &Self) -> Self {
        self.join(other);
        self
    }

    /// The row, no wider than `cells`; where something is cut, the last cell is `…`.
    #[must_use]
    pub fn truncated(self, cells: usize) -> Self {
        if self.width() <= cells {
            return self;
        }
        let room = cells.saturating_sub(self.indent);
        let cut = text::truncate(&self.text, room);
        let at = cut.len().saturating_sub("…".len());
        let mut part = self.slice(0..at);
        if room > 0 {
            let ink = self.spans.iter().find(|(end, _)| *end > at).map(|&(_, ink)| ink);
            part.push("…", ink.unwrap_or(Role::Text.into()));
        }
        part
    }

    /// The row without its first `cells` cells.
    #[must_use]
    pub fn skipped(self, cells: usize) -> Self {
        if cells == 0 {
            return self;
        }
        // With two blanks more it is cut wherever something is left.
        let long = format!("{}  ", self.text);
        let cut = text::truncate(&long, cells + 1);
        let kept = if cut == long { long.len() } else { cut.len().saturating_sub("…".len()) };
        let at = kept.min(self.text.len());
        self.slice(at..self.text.len())
    }

    /// The row with blanks of `role` up to `cells`.
    #[must_use]
    pub fn padded(mut self, role: Role, cells: usize) -> Self {
        self.repeat(" ", cells.saturating_sub(self.width()), role);
        self
    }

    /// The row with `right` at the end of `cells`: where both do not fit, the left one is cut.
    #[must_use]
    pub fn justified(self, right: &Self, cells: usize) -> Self {
        let right = right.clone().truncated(cells);
        let wide = right.width();
        if wide == 0 {
            return self.truncated(cells);
        }
        let room = cells.saturating_sub(wide + 1);
        self.truncated(room).padded(Role::Text, cells - wide).then(&right)
    }

    /// The same, `cells` further to the right.
    #[must_use]
    pub fn indented(mut self, cells: usize) -> Self {
        self.indent += cells;
        self
    }

    /// The same, with a role behind the whole row.
    #[must_use]
    pub fn filled(mut self, role: Role) -> Self {
        self.fill = Some(role);
        self
    }

    /// Gives stretches of the text another ink. Ranges are bytes, ascending; what is no character
    /// boundary or out of the text is left alone.
    pub fn paint<I: Into<Ink> + Copy>(&mut self, inks: &[(Range<usize>, I)]) {
        let Some(&(_, plain)) = self.spans.first() else { return };
        let mut spans = Vec::with_capacity(inks.len() * 2 + 1);
        let mut at = 0;
        for (range, ink) in inks {
            if range.start < at || range.is_empty() || self.text.get(range.clone()).is_none() {
                continue;
            }
            if range.start > at {
                spans.push((range.start, plain));
            }
            spans.push((range.end, (*ink).into()));
            at = range.end;
        }
        if at < self.text.len() {
            spans.push((self.text.len(), plain));
        }
        self.spans = spans;
    }

    /// Its rows at `cells` cells; at least one. Of a line of more than 16 KB the end is only counted.
    pub fn wrap(mut self, cells: usize) -> Vec<Self> {
        if self.text.len() > MAX_LINE {
            let keep = cap::floor(&self.text, MAX_LINE);
            let left = self.text.len() - keep;
            self = self.slice(0..keep);
            self.push(text::sanitise(&format!("… {left} more bytes")), Role::Muted);
        }
        self.wrapped(cells, 0)
    }

    /// All of it in as many rows as it takes in `cells` cells, at least one; all but the first stand
    /// `hang` cells further to the right. Only blanks at the end of a row are left out.
    pub fn wrapped(self, cells: usize, hang: usize) -> Vec<Self> {
        // No character is wider than its bytes are many.
        if self.text.len() <= cells || text::width(&self.text) <= cells {
            return vec![self];
        }
        let hang = if hang + 8 > cells { 0 } else { hang };
        let row = |start: usize, end: usize| {
            self.slice(start..start + self.text[start..end].trim_end_matches(' ').len())
        };
        // Blanks that begin the row are its first row's indent and are wrapped with it.
        let first = text::wrap(&self.text, cells).swap_remove(0).end;
        let rest = text::wrap(&self.text[first..], cells - hang).into_iter();
        let rest = rest.map(|range| row(first + range.start, first + range.end).indented(hang));
        std::iter::once(row(0, first)).chain(rest).collect()
    }

    /// A part of it, by bytes on character boundaries.
    fn slice(&self, range: Range<usize>) -> Self {
        let mut part = Self { indent: self.indent, fill: self.fill, ..Self::default() };
        part.text.push_str(&self.text[range.clone()]);
        part.pieces = self.pieces.iter().filter_map(|piece| piece.within(&range)).collect();
        for &(end, ink) in &self.spans {
            if end > range.start {
                part.spans.push((end.min(range.end) - range.start, ink));
            }
            if end >= range.end {
                break;
            }
        }
        part
    }

    fn close(&mut self, ink: Ink) {
        let end = self.text.len();
        match self.spans.last_mut() {
            Some((last, _)) if *last == end => {}
            Some((last, same)) if *same == ink => *last = end,
            _ if end > 0 => self.spans.push((end, ink)),
            _ => {}
        }
    }

    /// The stretches: text and ink.
    pub fn spans(&self) -> impl Iterator<Item = (&str, Ink)> {
        let starts = std::iter::once(0).chain(self.spans.iter().map(|&(end, _)| end));
        starts.zip(&self.spans).map(|(start, &(end, ink))| (&self.text[start..end], ink))
    }

    /// The words of one role.
    #[cfg(test)]
    pub(crate) fn of(&self, role: Role) -> String {
        self.spans().filter(|(_, ink)| ink.role == role).map(|(text, _)| text).collect()
    }

    /// Draws it into row `y` of `area`, counted from 0; nothing where that is outside.
    pub fn draw(&self, area: Rect, y: u16, theme: &Theme, buf: &mut Buffer) {
        let area = line(area, y).intersection(buf.area);
        if area.is_empty() {
            return;
        }
        if let Some(role) = self.fill {
            buf.set_style(area, theme.style(role));
        }
        let mut x = area.x.saturating_add(self.indent.min(usize::from(area.width)) as u16);
        for (text, ink) in self.spans() {
            let left = usize::from(area.right().saturating_sub(x));
            if left == 0 {
                break;
            }
            let style = ink.style(theme);
            let text = if ink.exact { text.into() } else { words::signed(text, theme) };
            x = buf.set_stringn(x, area.y, text, left, style).0;
        }
    }

    /// Draws it with another ground, which goes over the whole width.
    pub fn draw_on(&self, ground: Role, area: Rect, y: u16, theme: &Theme, buf: &mut Buffer) {
        self.draw(area, y, theme, buf);
        buf.set_style(line(area, y).intersection(buf.area), theme.style(ground));
    }
}

/// Row `y` of an area; empty where that is outside.
fn line(area: Rect, y: u16) -> Rect {
    Rect { y: area.y.saturating_add(y), height: 1, ..area }.intersection(area)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(parts: &[(&'static str, Role)]) -> Row {
        let mut row = Row::default();
        for &(text, role) in parts {
            row.push(text, role);
        }
        row
    }

    #[test]
    fn wrapping_keeps_each_stretch_its_ink() {
        let rows = row(&[("one ", Role::Text), ("two three", Role::Code)]).wrap(7);
        assert_eq!(rows[0], row(&[("one ", Role::Text), ("two", Role::Code)]));
        assert_eq!(rows[1], row(&[("three", Role::Code)]));
    }

    #[test]
    fn paint_leaves_alone_what_does_not_fit_the_text() {
        let mut painted = row(&[("let ä = 1", Role::Code)]);
        let roles = [
            (0..3, Role::SyntaxKeyword),
            (2..4, Role::SyntaxType),
            (5..6, Role::SyntaxType),
            (9..10, Role::SyntaxNumber),
            (10..99, Role::SyntaxType),
        ];
        painted.paint(&roles);
        let want =
            row(&[("let", Role::SyntaxKeyword), (" ä = ", Role::Code), ("1", Role::SyntaxNumber)]);
        assert_eq!(painted, want);
    }

    #[test]
    fn the_end_of_an_endless_line_is_counted() {
        let line = Row::new(text::sanitise(&"x".repeat(MAX_LINE + 5)), Role::Text);
        let rows = line.wrap(100);
        assert!(rows.last().is_some_and(|row| row.text().ends_with("… 5 more bytes")));
    }

    #[test]
    fn the_right_part_keeps_its_place() {
        let justified = |cells| {
            let left = row(&[("日本", Role::Text), (" one", Role::Key)]);
            left.justified(&row(&[("12s", Role::Muted)]), cells).text().to_owned()
        };
        let table = [(14, "日本 one   12s"), (10, "日本 … 12s"), (3, "12s"), (2, "1…"), (0, "")];
        for (cells, want) in table {
            assert_eq!(justified(cells), want, "{cells}");
        }
    }

    #[test]
    fn cuts_leave_a_mark() {
        let cut = |cells| row(&[("one ", Role::Key), ("two three", Role::Text)]).truncated(cells);
        for (cells, want) in [(13, "one two three"), (9, "one two …"), (4, "one…"), (0, "")] {
            assert_eq!(cut(cells).text(), want, "{cells}");
            assert!(cut(cells).width() <= cells);
        }
        assert_eq!(cut(9).of(Role::Text), "two …");
        assert_eq!(cut(4).of(Role::Key), "one…");
    }

    #[test]
    fn hanging_rows_lose_nothing_and_keep_roles() {
        let line = row(&[("abcdef", Role::Key), ("ghijklmnop qr", Role::Text)]);
        let rows = line.wrapped(10, 2);
        let seen: Vec<_> = rows.iter().map(|row| (row.indent, row.text())).collect();
        assert_eq!(seen, [(0, "abcdefghij"), (2, "klmnop"), (2, "qr")]);
        assert_eq!(rows[0].of(Role::Key), "abcdef");
    }

    #[test]
    fn only_what_is_exact_keeps_its_signs_in_ascii() {
        let theme = Theme::dark().with_ascii(true);
        let area = Rect::new(0, 0, 4, 1);
        let mut buf = Buffer::empty(area);
        Row::new("│✓", Role::Border)
            .with("│", Ink::exact(Role::Code))
            .draw(area, 0, &theme, &mut buf);
        assert_eq!(buf, {
            let mut want = Buffer::with_lines(["|+│ "]);
            for x in 0..3 {
                want[(x, 0)].set_style(buf[(x, 0)].style());
            }
            want
        });
    }
}

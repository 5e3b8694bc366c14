//! A row of text in roles: safe to draw, and ignorant of colours, so that a change of the theme
//! needs no new layout.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::base::cap;
use crate::base::text;
use crate::base::text::Sanitised;
use crate::ui::theme::{Role, Theme};

/// Bytes of one line that are laid out; of the rest it is said how much it is.
const MAX_LINE: usize = 16 * 1024;

/// What a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink {
    /// Its role.
    pub role: Role,
    /// Strong, on top of its role.
    pub strong: bool,
    /// Emphasised, on top of its role.
    pub emphasis: bool,
    /// Struck through.
    pub struck: bool,
}

impl From<Role> for Ink {
    fn from(role: Role) -> Self {
        Self { role, strong: false, emphasis: false, struck: false }
    }
}

impl Ink {
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

/// A line of text, or one row of it after wrapping. Foreign text enters only as [`Sanitised`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    text: String,
    /// Where each stretch ends, in bytes.
    spans: Vec<(usize, Ink)>,
    /// Blank cells before the text.
    indent: usize,
    /// The role of the whole row, behind the text.
    fill: Option<Role>,
}

impl Row {
    /// A row of one ink.
    pub fn plain(text: Sanitised, ink: impl Into<Ink>) -> Self {
        let mut row = Self { text: text.into_string(), ..Self::default() };
        row.close(ink.into());
        row
    }

    /// A row of our own words.
    pub fn own(text: &'static str, ink: impl Into<Ink>) -> Self {
        let mut row = Self::default();
        row.mark(text, ink);
        row
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

    /// Appends foreign text.
    pub fn push(&mut self, text: &Sanitised, ink: impl Into<Ink>) {
        self.text.push_str(text.as_str());
        self.close(ink.into());
    }

    /// Appends our own words.
    pub fn mark(&mut self, text: &'static str, ink: impl Into<Ink>) {
        self.text.push_str(text);
        self.close(ink.into());
    }

    /// Appends our own glyph, `times` times.
    pub fn repeat(&mut self, glyph: &'static str, times: usize, ink: impl Into<Ink>) {
        self.text.extend(std::iter::repeat_n(glyph, times));
        self.close(ink.into());
    }

    /// Appends another row; its indent and fill are not taken over.
    pub fn join(&mut self, other: &Self) {
        let base = self.text.len();
        self.text.push_str(&other.text);
        self.spans.extend(other.spans.iter().map(|&(end, ink)| (base + end, ink)));
    }

    /// Appends `right` so that it ends in cell `width`; one blank at least stands between.
    pub fn right(&mut self, right: &Self, width: usize) {
        let gap = width.saturating_sub(self.width() + right.width()).max(1);
        self.repeat(" ", gap, Role::Text);
        self.join(right);
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

    /// Gives stretches of the text another role. Ranges are bytes, ascending; what is no character
    /// boundary or out of the text is left alone.
    pub fn paint(&mut self, roles: &[(Range<usize>, Role)]) {
        let Some(&(_, plain)) = self.spans.first() else { return };
        let mut spans = Vec::with_capacity(roles.len() * 2 + 1);
        let mut at = 0;
        for (range, role) in roles {
            if range.start < at || range.is_empty() || self.text.get(range.clone()).is_none() {
                continue;
            }
            if range.start > at {
                spans.push((range.start, plain));
            }
            spans.push((range.end, Ink::from(*role)));
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
            self.push(&text::sanitise(&format!("… {left} more bytes")), Role::Muted);
        }
        // No character is wider than its bytes are many.
        if self.text.len() <= cells || text::width(&self.text) <= cells {
            return vec![self];
        }
        let rows = text::wrap(&self.text, cells).into_iter();
        rows.map(|range| {
            let end = range.start + self.text[range.clone()].trim_end_matches(' ').len();
            self.slice(range.start..end)
        })
        .collect()
    }

    /// A part of it, by bytes on character boundaries.
    fn slice(&self, range: Range<usize>) -> Self {
        let mut part = Self { indent: self.indent, fill: self.fill, ..Self::default() };
        part.text.push_str(&self.text[range.clone()]);
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

    /// Draws it into the first row of `area`.
    pub fn draw(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        if let Some(role) = self.fill {
            buf.set_style(Rect { height: 1, ..area }, theme.style(role));
        }
        let mut x = area.x.saturating_add(self.indent.min(usize::from(area.width)) as u16);
        for (text, ink) in self.spans() {
            let left = usize::from(area.right().saturating_sub(x));
            if left == 0 {
                break;
            }
            let style = ink.style(theme);
            x = if theme.is_ascii() && !text.is_ascii() {
                buf.set_stringn(x, area.y, plain(text), left, style).0
            } else {
                buf.set_stringn(x, area.y, text, left, style).0
            };
        }
    }
}

/// The signs of ours in ASCII, each as wide as before. Rows know no theme when they are made.
fn plain(text: &str) -> String {
    let signs = text.chars().map(|c| match c {
        '✗' => 'x',
        '▸' => '>',
        '▾' => 'v',
        '▌' | '│' => '|',
        '─' | '·' => '-',
        '✓' | '└' | '┼' => '+',
        '…' => '~',
        '\u{2801}'..='\u{28ff}' => '*',
        c => c,
    });
    signs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(parts: &[(&'static str, Role)]) -> Row {
        let mut row = Row::default();
        for &(text, role) in parts {
            row.mark(text, role);
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
        let line = Row::plain(text::sanitise(&"x".repeat(MAX_LINE + 5)), Role::Text);
        let rows = line.wrap(100);
        assert!(rows.last().is_some_and(|row| row.text().ends_with("… 5 more bytes")));
    }

    #[test]
    fn the_right_part_ends_in_the_last_cell() {
        let mut line = row(&[("日本", Role::Text)]);
        line.right(&row(&[("#1", Role::Muted)]), 10);
        assert_eq!(line.text(), "日本    #1");
    }
}

//! The draft on the screen: its rows, where its caret stands in them, and what is drawn.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::base::text::truncate;
use crate::ui::action::Edit;
use crate::ui::composer::atom::Atoms;
use crate::ui::composer::text::Text;
use crate::ui::composer::{motion, rows};

/// How its parts look.
#[derive(Debug, Clone, Copy)]
pub struct Looks {
    /// The text.
    pub text: Style,
    /// What stands for a paste or a picture.
    pub atom: Style,
    /// What is selected.
    pub selected: Style,
}

/// A text of several lines, wrapped at its width, with a caret.
#[derive(Debug, Default)]
pub struct Editor {
    text: Text,
    /// What stands in it as one character.
    pub(super) atoms: Atoms,
    /// The rows, and of which text at which width they are.
    rows: Vec<Range<usize>>,
    made: Option<(u64, u16)>,
    /// The first row in view.
    top: usize,
    /// What is shown as selected by a mode of the keys.
    marked: Option<Range<usize>>,
    /// The column that the caret keeps to while it goes up and down.
    column: Option<usize>,
}

impl Editor {
    /// The text; a paste or a picture is one character in it.
    pub fn text(&self) -> &str {
        self.text.as_str()
    }

    /// Is nothing written?
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// Grows with every change of the text.
    pub fn version(&self) -> u64 {
        self.text.version()
    }

    /// Where the caret stands in the text, in bytes.
    pub fn place(&self) -> usize {
        self.text.caret()
    }

    /// Puts `text` in place of what is there; undo brings that back. The caret goes to the end.
    pub fn set_text(&mut self, text: &str) {
        self.column = None;
        self.text.replace(0..self.text().len(), text);
    }

    /// Writes `text` at the caret, in place of what is selected.
    pub fn insert(&mut self, text: &str) {
        self.column = None;
        self.text.insert(text);
    }

    /// Begins a new line at the caret.
    pub fn newline(&mut self) {
        self.insert("\n");
    }

    /// Takes a `\` before the caret away: then Enter means a new line. Was one there?
    pub fn take_backslash(&mut self) -> bool {
        let at = self.place();
        let found = self.text()[..at].ends_with('\\');
        if found {
            self.replace(at - 1..at, "");
        }
        found
    }

    /// What stands in the caret's line before it, and whether that is the first line.
    pub fn before_caret(&self) -> (String, bool) {
        let (text, at) = (self.text(), self.place());
        let line = motion::line(text, at);
        (text[line.start..at].to_owned(), line.start == 0)
    }

    /// Writes `text` in place of the last `count` characters before the caret.
    pub fn replace_before(&mut self, count: usize, text: &str) {
        let at = self.place();
        let before = self.text()[..at].char_indices().rev().take(count).last();
        self.replace(before.map_or(at, |(start, _)| start)..at, text);
    }

    /// Puts `with` in place of a range, and the caret behind it.
    pub fn replace(&mut self, range: Range<usize>, with: &str) {
        self.column = None;
        self.text.replace(range, with);
    }

    /// Puts the caret on the border nearest to a place; what is selected goes from `anchor` to it.
    pub fn set_caret(&mut self, at: usize, anchor: Option<usize>) {
        self.column = None;
        self.text.set_caret(at);
        self.text.set_anchor(anchor);
    }

    /// From now on all changes are one, until it is said again with `false`.
    pub fn group(&mut self, open: bool) {
        self.text.group(open);
    }

    /// Changes the text, or moves the caret.
    pub fn edit(&mut self, edit: Edit) {
        self.column = None;
        self.text.edit(edit, false);
    }

    /// Moves the caret, and with it the end of the selection.
    pub fn select(&mut self, edit: Edit) {
        self.column = None;
        self.text.edit(edit, true);
    }

    /// Shows a range as selected.
    pub fn mark(&mut self, range: Option<Range<usize>>) {
        self.marked = range;
    }

    /// What is selected, as it is said; none where that is nothing.
    pub fn selected(&self) -> Option<String> {
        let range = self.text.selection()?;
        Some(self.atoms.said(&self.text()[range]))
    }

    /// Nothing is selected any more. Was something?
    pub fn unselect(&mut self) -> bool {
        let found = self.text.selection().is_some();
        self.text.set_anchor(None);
        found
    }

    /// May a character be forgotten: does neither the text nor the way back have it?
    pub(super) fn remembers(&self, c: char) -> bool {
        self.text.remembers(c)
    }

    /// The caret a visual row up; false where it stands in the first one.
    pub fn up(&mut self) -> bool {
        self.step(-1, false)
    }

    /// The caret a visual row down; false where it stands in the last one.
    pub fn down(&mut self) -> bool {
        self.step(1, false)
    }

    /// A row up or down; `select`: with the selection's end, and at the edge to the text's.
    pub fn step(&mut self, by: isize, select: bool) -> bool {
        let width = self.made.map_or(u16::MAX, |(_, width)| width);
        self.wrap(width);
        let at = self.place();
        let row = rows::row_of(&self.rows, at);
        let to = row.checked_add_signed(by).filter(|to| *to < self.rows.len());
        let Some(to) = to else {
            if select {
                self.text.go(if by < 0 { 0 } else { self.text().len() }, true);
            }
            return false;
        };
        let here = rows::column(&self.atoms, self.text(), &self.rows[row], at);
        let column = self.column.unwrap_or(here);
        let place = rows::place(&self.atoms, self.text(), &self.rows, to, column);
        self.text.go(place, select);
        self.column = Some(column);
        true
    }

    fn wrap(&mut self, width: u16) {
        let wanted = (self.text.version(), width);
        if self.made != Some(wanted) {
            self.rows = rows::wrap(&self.atoms, self.text.as_str(), usize::from(width));
            self.made = Some(wanted);
        }
    }

    /// How many rows the text takes at a width, counted up to `most`.
    pub fn rows(&mut self, width: u16, most: u16) -> u16 {
        self.wrap(width);
        u16::try_from(self.rows.len()).unwrap_or(u16::MAX).clamp(1, most.max(1))
    }

    /// Fits the text to the area that it will be drawn into: the caret is in view, and no row is
    /// left empty at the end while rows are out of sight at the start.
    pub fn arrange(&mut self, area: Rect) {
        self.wrap(area.width);
        let height = usize::from(area.height).max(1);
        let row = rows::row_of(&self.rows, self.place());
        let last = self.rows.len().saturating_sub(height);
        self.top = self.top.clamp((row + 1).saturating_sub(height), row).min(last);
    }

    /// Draws the text, as much of it as the area holds.
    pub fn view(&self, looks: &Looks, area: Rect, buf: &mut Buffer) {
        let selection = self.marked.clone().or_else(|| self.text.selection()).unwrap_or_default();
        let shown = self.rows.iter().skip(self.top);
        for (row, y) in shown.zip(area.y..area.bottom()) {
            let (mut col, room) = (0, usize::from(area.width));
            let start = row.start.min(self.text().len());
            let line = &self.text()[start..row.end.min(self.text().len()).max(start)];
            for (at, grapheme) in line.grapheme_indices(true) {
                let cells = rows::cells(&self.atoms, grapheme, col);
                let at = start + at;
                let label = self.atoms.label(grapheme).map(|label| truncate(label, room));
                let mut style = if label.is_some() { looks.atom } else { looks.text };
                if selection.contains(&at) {
                    style = style.patch(looks.selected);
                }
                let word = label.as_deref().unwrap_or(grapheme);
                let word = if grapheme == "\t" { &"    "[..cells.min(4)] } else { word };
                let x = area.x.saturating_add(u16::try_from(col).unwrap_or(u16::MAX));
                buf.set_stringn(x, y, word, room.saturating_sub(col), style);
                col += cells;
                if col >= room {
                    break;
                }
            }
        }
    }

    /// Where the caret stands in the area that the text was drawn into.
    pub fn caret(&self, area: Rect) -> Position {
        let at = self.place();
        let row = rows::row_of(&self.rows, at);
        let col = match self.rows.get(row) {
            Some(range) if range.end <= self.text().len() => {
                rows::column(&self.atoms, self.text(), range, at)
            }
            _ => 0,
        };
        let row = row.saturating_sub(self.top).min(usize::from(area.height.saturating_sub(1)));
        let col = col.min(usize::from(area.width.saturating_sub(1)));
        Position::new(area.x + col as u16, area.y + row as u16)
    }

    /// Puts the caret where a click into the area was.
    pub fn click(&mut self, at: Position, area: Rect) {
        self.wrap(area.width);
        let row = self.top + usize::from(at.y.saturating_sub(area.y));
        let col = usize::from(at.x.saturating_sub(area.x));
        let place = rows::place(&self.atoms, self.text(), &self.rows, row, col);
        self.set_caret(place, None);
    }

    /// The first row in view, of how many.
    pub fn scrolled(&self) -> u16 {
        u16::try_from(self.top).unwrap_or(u16::MAX)
    }

    /// The range of the paste or picture that the caret stands on or behind.
    pub(super) fn atom_here(&self) -> Option<(Range<usize>, char)> {
        let (text, at) = (self.text(), self.place());
        let known = |range: Range<usize>| {
            let c = text[range.clone()].chars().next().filter(|c| self.atoms.get(*c).is_some())?;
            Some((range, c))
        };
        known(at..motion::next(text, at)).or_else(|| known(motion::previous(text, at)..at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn editor(text: &str) -> Editor {
        let mut editor = Editor::default();
        editor.insert(text);
        editor
    }

    fn looks() -> Looks {
        Looks { text: Style::new(), atom: Style::new(), selected: Style::new() }
    }

    #[test]
    fn rows_are_counted_as_they_are_drawn() {
        let table = [
            ("", 10, 1),
            ("abc", 10, 1),
            ("one two three", 7, 2),
            ("a\nb\nc", 10, 3),
            ("abcdefghij", 4, 3),
            ("日本語", 4, 2),
            ("a\n\n\nb", 10, 4),
            ("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14", 10, 12),
        ];
        for (text, width, expected) in table {
            assert_eq!(editor(text).rows(width, 12), expected, "{text:?} at {width}");
        }
    }

    #[test]
    fn the_caret_moves_by_visual_rows_and_stays_in_the_area() {
        let mut editor = editor("one two three");
        let area = Rect::new(2, 3, 7, 2);
        editor.arrange(area);
        let mut buf = Buffer::empty(Rect::new(0, 0, 20, 10));
        editor.view(&looks(), area, &mut buf);
        assert_eq!(buf[(2, 4)].symbol(), "t");
        assert_eq!(editor.caret(area), Position::new(7, 4));
        assert!(editor.up());
        assert_eq!(editor.caret(area), Position::new(7, 3));
        assert!(!editor.up());
        assert!(editor.down());
        assert!(!editor.down());
        assert_eq!(editor.caret(area), Position::new(7, 4));
        editor.click(Position::new(2, 4), area);
        editor.insert("X");
        assert_eq!(editor.text(), "one two Xthree");
    }

    #[test]
    fn wide_characters_keep_their_column() {
        let mut editor = editor("日本語\nab\n日本語");
        let area = Rect::new(0, 0, 10, 3);
        editor.arrange(area);
        editor.edit(Edit::Left);
        assert_eq!(editor.caret(area), Position::new(4, 2));
        assert!(editor.up());
        assert_eq!(editor.caret(area), Position::new(2, 1));
        assert!(editor.up());
        assert_eq!(editor.caret(area), Position::new(4, 0), "the column is kept");
        editor.click(Position::new(3, 0), area);
        assert_eq!(editor.place(), "日".len(), "a click on a half takes the whole");
    }

    #[test]
    fn what_was_scrolled_away_comes_back_when_there_is_room() {
        let area = Rect::new(0, 0, 10, 3);
        let mut editor = editor("1\n2\n3\n4\n5");
        editor.arrange(area);
        assert_eq!(editor.scrolled(), 2);
        for _ in 0..6 {
            editor.edit(Edit::DeleteBefore);
        }
        editor.arrange(area);
        assert_eq!((editor.scrolled(), editor.text()), (0, "1\n2"));
        assert_eq!(editor.caret(area), Position::new(1, 1));
    }

    #[test]
    fn what_was_replaced_comes_back() {
        let mut editor = editor("a\nb");
        editor.set_text("");
        assert!(editor.is_empty());
        editor.edit(Edit::Undo);
        assert_eq!(editor.text(), "a\nb");
    }

    #[test]
    fn a_backslash_before_the_caret_is_taken() {
        let mut editor = editor("a\\");
        assert!(editor.take_backslash());
        assert!(!editor.take_backslash());
        assert_eq!(editor.text(), "a");
    }
}

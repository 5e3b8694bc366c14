//! The text that is being written, and its caret: the one door to the text area widget.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::Widget as _;
use tui_textarea::{CursorMove, TextArea, WrapMode};

use crate::ui::action::Edit;

/// How many changes can be taken back.
const UNDO: usize = 1000;

/// A text of several lines, wrapped at its width, with a caret.
#[derive(Debug)]
pub struct Editor {
    area: TextArea<'static>,
    /// The width that rows were wrapped at last.
    width: u16,
}

impl Default for Editor {
    fn default() -> Self {
        let mut area = TextArea::default();
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.set_max_histories(UNDO);
        // The real cursor of the terminal stands at the caret; input methods need it.
        area.set_cursor_style(Style::new());
        area.set_cursor_line_style(Style::new());
        Self { area, width: 0 }
    }
}

impl Editor {
    /// The text; lines end with `\n`, the last one without.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Is nothing written?
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Puts `text` in place of what is there; undo brings that back. The caret goes to the end.
    pub fn set_text(&mut self, text: &str) {
        self.area.clear();
        self.area.insert_str(text);
    }

    /// Writes `text` at the caret.
    pub fn insert(&mut self, text: &str) {
        self.area.insert_str(text);
    }

    /// Begins a new line at the caret.
    pub fn newline(&mut self) {
        self.area.insert_newline();
    }

    /// Takes a `\` before the caret away: then Enter means a new line. Was one there?
    pub fn take_backslash(&mut self) -> bool {
        let cursor = self.area.cursor();
        let line = self.area.lines().get(cursor.0);
        let before = cursor.1.checked_sub(1).and_then(|at| line?.chars().nth(at));
        before == Some('\\') && self.area.delete_char()
    }

    /// What stands in the caret's line before it, and whether that is the first line.
    pub fn before_caret(&self) -> (String, bool) {
        let cursor = self.area.cursor();
        let line = self.area.lines().get(cursor.0);
        let before = line.map(|line| line.chars().take(cursor.1).collect());
        (before.unwrap_or_default(), cursor.0 == 0)
    }

    /// Writes `text` in place of the last `count` characters before the caret.
    pub fn replace_before(&mut self, count: usize, text: &str) {
        for _ in 0..count {
            self.area.delete_char();
        }
        self.area.insert_str(text);
    }

    /// Changes the text, or moves the caret.
    pub fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Left => self.area.move_cursor(CursorMove::Back),
            Edit::Right => self.area.move_cursor(CursorMove::Forward),
            Edit::WordLeft => self.area.move_cursor(CursorMove::WordBack),
            Edit::WordRight => self.area.move_cursor(CursorMove::WordForward),
            Edit::LineStart => self.area.move_cursor(CursorMove::Head),
            Edit::LineEnd => self.area.move_cursor(CursorMove::End),
            Edit::DeleteBefore => drop(self.area.delete_char()),
            Edit::DeleteAt => drop(self.area.delete_next_char()),
            Edit::DeleteWordBefore => drop(self.area.delete_word()),
            Edit::DeleteWordAfter => drop(self.area.delete_next_word()),
            Edit::DeleteToStart => drop(self.area.delete_line_by_head()),
            Edit::DeleteToEnd => drop(self.area.delete_line_by_end()),
            Edit::Yank => drop(self.area.paste()),
            Edit::Undo => drop(self.area.undo()),
            Edit::Redo => drop(self.area.redo()),
        }
    }

    /// The caret a visual row up; false where it stands in the first one.
    pub fn up(&mut self) -> bool {
        self.step(CursorMove::Up)
    }

    /// The caret a visual row down; false where it stands in the last one.
    pub fn down(&mut self) -> bool {
        self.step(CursorMove::Down)
    }

    fn step(&mut self, step: CursorMove) -> bool {
        let before = self.area.screen_cursor().row;
        self.area.move_cursor(step);
        self.area.screen_cursor().row != before
    }

    /// How many rows the text takes at a width, counted up to `most`.
    pub fn rows(&mut self, width: u16, most: u16) -> u16 {
        if self.width != width {
            // The widget learns its width by being drawn.
            self.width = width;
            self.draw_unseen(Rect::new(0, 0, width, most));
        }
        // Each row begins elsewhere in the text; a row below the last one is the last one.
        let start = |row: u16| self.area.screen_to_data(usize::from(row), 0);
        (1..most).find(|&row| start(row) == start(row - 1)).unwrap_or(most).max(1)
    }

    /// Fits the text to the area that it will be drawn into: no row is left empty at its end while
    /// rows are out of sight at its start.
    pub fn arrange(&mut self, area: Rect) {
        let top = self.scrolled();
        let end = top.saturating_add(area.height);
        if top == 0 || self.rows(area.width, end) >= end {
            return;
        }
        // The widget only scrolls to keep the caret in sight: it is shown the way.
        let caret = self.area.cursor();
        let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(0, 0));
        self.draw_unseen(area);
        self.area.move_cursor(CursorMove::Jump(place(caret.0), place(caret.1)));
        self.draw_unseen(area);
    }

    fn draw_unseen(&self, area: Rect) {
        (&self.area).render(area, &mut Buffer::empty(area));
    }

    /// Draws the text in a style, as much of it as the area holds, with the caret in view.
    pub fn view(&self, style: Style, area: Rect, buf: &mut Buffer) {
        (&self.area).render(area, buf);
        buf.set_style(area, style);
    }

    /// Where the caret stands in the area that the text was drawn into.
    pub fn caret(&self, area: Rect) -> Position {
        let (caret, top) = (self.area.screen_cursor(), usize::from(self.area.scroll_offset().0));
        let row = caret.row.saturating_sub(top).min(usize::from(area.height.saturating_sub(1)));
        let col = caret.col.min(usize::from(area.width.saturating_sub(1)));
        Position::new(area.x + col as u16, area.y + row as u16)
    }

    /// Puts the caret where a click into the area was.
    pub fn click(&mut self, at: Position, area: Rect) {
        let top = usize::from(self.area.scroll_offset().0);
        let row = top + usize::from(at.y.saturating_sub(area.y));
        let place = self.area.screen_to_data(row, usize::from(at.x.saturating_sub(area.x)));
        let (row, col) = (u16::try_from(place.0), u16::try_from(place.1));
        self.area.move_cursor(CursorMove::Jump(row.unwrap_or(u16::MAX), col.unwrap_or(u16::MAX)));
    }

    /// The first row in view, of how many.
    pub fn scrolled(&self) -> u16 {
        self.area.scroll_offset().0
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
        editor.rows(area.width, 12);
        editor.arrange(area);
        editor.view(Style::new(), area, &mut Buffer::empty(Rect::new(0, 0, 20, 10)));
        assert_eq!(editor.caret(area), Position::new(8, 4));
        assert!(editor.up());
        assert_eq!(editor.caret(area), Position::new(8, 3));
        assert!(!editor.up());
        assert!(editor.down());
        assert!(!editor.down());
        editor.click(Position::new(2, 4), area);
        editor.insert("X");
        assert_eq!(editor.text(), "one twoX three");
    }

    #[test]
    fn what_was_scrolled_away_comes_back_when_there_is_room() {
        let area = Rect::new(0, 0, 10, 3);
        let mut buf = Buffer::empty(area);
        let mut editor = editor("1\n2\n3\n4\n5");
        editor.rows(area.width, 3);
        editor.arrange(area);
        editor.view(Style::new(), area, &mut buf);
        assert_eq!(editor.scrolled(), 2);
        for _ in 0..6 {
            editor.edit(Edit::DeleteBefore);
        }
        editor.arrange(area);
        assert_eq!((editor.scrolled(), editor.text().as_str()), (0, "1\n2"));
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

//! What is written and every edit of it: the only door to the library that holds both.
//!
//! The library's own moves go from `char` to `char`; what is seen as one character may be more,
//! and a paste is one that looks like many. So moves, rows and atoms are the composer's, and a
//! place here is one in bytes, as it is there.

use std::borrow::Cow;
use std::ops::Range;

use tui_textarea::{CursorMove, DataCursor, TextArea};

/// How many edits can be taken back; the older ones are forgotten.
pub(super) const EDITS: usize = 10_000;
/// What the library forgets too soon: it makes room before it drops what was taken back, also where
/// that was only to get to a far place or to make an edit longer.
const SPARE: usize = 1;
/// How long an edit gets by more that is written behind it, in bytes.
const RUN: usize = 1024;

/// A text, and the edits that led to it.
#[derive(Debug)]
pub(super) struct Buffer {
    area: TextArea<'static>,
    /// Its lines in one piece.
    all: String,
    /// What the last edit put in, where more may join it.
    run: Range<usize>,
}

impl Default for Buffer {
    fn default() -> Self {
        let mut area = TextArea::default();
        area.set_max_histories(EDITS + SPARE);
        // It measures all of the text after each edit, to draw it, which is not done here. Where
        // a character that takes no cells stands for all others that costs next to nothing.
        area.set_mask_char('\0');
        Self { area, all: String::new(), run: 0..0 }
    }
}

impl Buffer {
    /// The text.
    pub(super) fn as_str(&self) -> &str {
        &self.all
    }

    /// Puts `with` in place of a range. How many edits that is.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &str) -> usize {
        self.go(range.start);
        let taken = self.area.delete_str(self.all[range.clone()].chars().count());
        let put = self.area.insert_str(&*kept(with));
        self.run = range.start..range.start + with.len();
        self.all.replace_range(range, with);
        usize::from(taken) + usize::from(put)
    }

    /// Puts `with` in at a place, as a part of the last edit where it goes on there: to take back
    /// what was typed is then one step, not one for each key. How many edits more that is.
    pub(super) fn write(&mut self, at: usize, with: &str) -> usize {
        let Range { start, end } = self.run;
        if start == end || end != at || end - start + with.len() > RUN {
            return self.replace(at..at, with);
        }
        self.area.undo();
        self.all.insert_str(at, with);
        self.run.end += with.len();
        self.area.insert_str(&*kept(&self.all[self.run.clone()]));
        0
    }

    /// Takes the last edits back.
    pub(super) fn undo(&mut self, edits: usize) {
        for _ in 0..edits {
            self.area.undo();
        }
        self.join();
    }

    /// Makes the edits again that were taken back last.
    pub(super) fn redo(&mut self, edits: usize) {
        for _ in 0..edits {
            self.area.redo();
        }
        self.join();
    }

    /// Keeps the text, and forgets how it came about.
    pub(super) fn forget(&mut self) {
        self.run = 0..0;
        self.area.set_max_histories(EDITS + SPARE);
    }

    fn join(&mut self) {
        self.run = 0..0;
        self.all.clear();
        for (row, line) in self.area.lines().iter().enumerate() {
            if row > 0 {
                self.all.push('\n');
            }
            self.all.push_str(line);
        }
    }

    /// The library's caret to a place. Its jumps end at row and column 65,535: from there to a
    /// place beyond, all is deleted and comes back, which leaves the caret behind it.
    fn go(&mut self, at: usize) {
        let (row, col) = self.cell(at);
        if self.area.cursor() == (row, col) {
            return;
        }
        let near = |cell| u16::try_from(cell).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(near(row), near(col)));
        let there = self.area.cursor();
        if there != (row, col) {
            let rest = &self.all[self.byte(there)..at];
            self.area.delete_str(rest.chars().count());
            self.area.undo();
        }
    }

    /// The row and the column, in `char`s, of a place.
    fn cell(&self, at: usize) -> (usize, usize) {
        let before = &self.all[..at];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        (memchr::memchr_iter(b'\n', before.as_bytes()).count(), before[start..].chars().count())
    }

    /// The place of a row and a column.
    fn byte(&self, DataCursor(row, col): DataCursor) -> usize {
        let ends = || memchr::memchr_iter(b'\n', self.all.as_bytes());
        let start = row.checked_sub(1).and_then(|before| ends().nth(before)).map_or(0, |at| at + 1);
        let col = self.all[start..].char_indices().nth(col);
        col.map_or(self.all.len(), |(at, _)| start + at)
    }
}

/// What the library takes for `text`: it takes a `\r` from the end of each line, so one more is
/// given to it.
fn kept(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return text.into();
    }
    let more = |line: &str| {
        let more = if line.ends_with('\r') { "\r" } else { "" };
        format!("{line}{more}")
    };
    text.split('\n').map(more).collect::<Vec<_>>().join("\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(buffer: &Buffer, expected: &str) {
        assert!(buffer.as_str() == expected);
        assert!(buffer.area.lines().join("\n") == expected);
    }

    #[test]
    fn places_are_cells_of_the_library() {
        let mut buffer = Buffer::default();
        buffer.replace(0..0, "\u{65e5}a\n\n\tb\u{301}c");
        for (at, cell) in [
            (0, (0, 0)),
            (3, (0, 1)),
            (4, (0, 2)),
            (5, (1, 0)),
            (6, (2, 0)),
            (8, (2, 2)),
            (11, (2, 4)),
        ] {
            assert_eq!((buffer.cell(at), buffer.byte(DataCursor(cell.0, cell.1))), (cell, at));
            buffer.go(at);
            assert_eq!(buffer.area.cursor(), cell);
        }
    }

    #[test]
    fn what_is_put_in_is_there_as_it_was() {
        for text in ["\t", "\r", "a\r\nb\r\r\n\r", "\n\n", "a\u{2028}b\u{85}c\0", "  \n  "] {
            let mut buffer = Buffer::default();
            let edits = buffer.replace(0..0, text);
            check(&buffer, text);
            buffer.undo(edits);
            check(&buffer, "");
            buffer.redo(edits);
            check(&buffer, text);
        }
    }

    /// Its jumps take 16 bits.
    #[test]
    fn lines_may_be_longer_and_more_than_the_library_can_jump() {
        for text in ["\u{e9}x".repeat(80_000), "\u{e9}\n".repeat(80_000)] {
            let mut buffer = Buffer::default();
            buffer.replace(0..0, &text);
            let mut model = text.clone();
            let mut edits = 0;
            for (range, with) in [
                (text.len() - 3..text.len() - 3, "far"),
                (0..3, "abc"),
                (text.len() - 30..text.len(), ""),
                (210_000..210_000, "back\nward"),
                (9..text.len() - 60, "both"),
            ] {
                edits += buffer.replace(range.clone(), with);
                model.replace_range(range, with);
                check(&buffer, &model);
            }
            buffer.undo(edits);
            check(&buffer, &text);
            buffer.redo(edits);
            check(&buffer, &model);
        }
    }
}

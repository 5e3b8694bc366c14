//! The text that is being written: its caret, its selection, and the way back.

use std::collections::VecDeque;
use std::ops::Range;

use crate::ui::action::Edit;
use crate::ui::composer::atom::is_atom;
use crate::ui::composer::buffer::{Buffer, EDITS};
use crate::ui::composer::motion;

/// How much text the way back holds, in bytes; one change alone may be more.
const UNDO_BYTES: usize = 16 << 20;

/// What can be taken back, or made again, at once.
#[derive(Debug, Default)]
struct Change {
    /// How many edits of the buffer it is.
    edits: usize,
    /// How much of the way back it is, in bytes.
    bytes: usize,
    /// Where the caret goes with it.
    caret: usize,
    /// The atoms that it put in or took out.
    atoms: String,
}

/// A text of several lines with a caret, which always stands on a border of what is seen as one
/// character.
#[derive(Debug, Default)]
pub(super) struct Text {
    buffer: Buffer,
    caret: usize,
    /// Where the selection began; the caret is its other end.
    anchor: Option<usize>,
    killed: String,
    undo: VecDeque<Change>,
    redo: Vec<Change>,
    /// The last change was typing that ended here: more of it is the same change.
    typed: Option<usize>,
    /// All changes are one, until it is closed: (it is open, it has begun).
    group: (bool, bool),
    /// Counts up with every change.
    version: u64,
}

impl Text {
    pub(super) fn as_str(&self) -> &str {
        self.buffer.as_str()
    }

    pub(super) fn caret(&self) -> usize {
        self.caret
    }

    /// Grows with every change of the text.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// What is selected; none where that is nothing.
    pub(super) fn selection(&self) -> Option<Range<usize>> {
        let anchor = self.anchor.filter(|anchor| *anchor != self.caret)?;
        Some(anchor.min(self.caret)..anchor.max(self.caret))
    }

    /// Selects from a place to the caret, or nothing.
    pub(super) fn set_anchor(&mut self, at: Option<usize>) {
        self.anchor = at.map(|at| motion::border(self.as_str(), at));
    }

    /// Puts the caret on the border nearest to a place.
    pub(super) fn set_caret(&mut self, at: usize) {
        self.caret = motion::border(self.as_str(), at);
        self.typed = None;
    }

    /// Moves the caret; with it the end of the selection, or without one.
    pub(super) fn go(&mut self, at: usize, select: bool) {
        let anchor = self.anchor.unwrap_or(self.caret);
        self.anchor = select.then_some(anchor);
        self.set_caret(at);
    }

    /// From now on all changes are one change, until it is said again with `false`.
    pub(super) fn group(&mut self, open: bool) {
        self.group = (open, false);
        self.typed = None;
    }

    /// Puts `with` in place of a range, and the caret behind it.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &str) {
        if range.is_empty() && with.is_empty() {
            return;
        }
        let goes_on = self.group.0 && self.group.1;
        self.group.1 = true;
        self.change(range, with, goes_on);
    }

    /// Changes the text; `goes_on`: as a part of the last change.
    fn change(&mut self, range: Range<usize>, with: &str, goes_on: bool) {
        self.redo.clear();
        let (old, end) = (&self.as_str()[range.clone()], range.start + with.len());
        let atoms: String = old.chars().chain(with.chars()).filter(|c| is_atom(*c)).collect();
        let bytes = weight(old) + weight(with);
        if bytes + self.undo.iter().map(|change| change.bytes).sum::<usize>() > UNDO_BYTES {
            self.undo.clear();
            self.buffer.forget();
        }
        if !goes_on || self.undo.is_empty() {
            self.undo.push_back(Change { caret: self.caret, ..Change::default() });
        }
        let edits = if goes_on && range.is_empty() {
            self.buffer.write(range.start, with)
        } else {
            self.buffer.replace(range, with)
        };
        if let Some(change) = self.undo.back_mut() {
            change.edits += edits;
            change.bytes += bytes;
            change.atoms.push_str(&atoms);
        }
        self.forget();
        // What was put in may have joined with what stands beside it.
        let joined = motion::border(self.as_str(), end);
        self.caret = if joined < end { motion::next(self.as_str(), joined) } else { end };
        self.changed();
    }

    /// Forgets the oldest changes where the buffer has forgotten their edits.
    fn forget(&mut self) {
        let mut edits: usize = self.undo.iter().map(|change| change.edits).sum();
        while edits > EDITS && self.undo.len() > 1 {
            edits -= self.undo.pop_front().map_or(0, |change| change.edits);
        }
        if let Some(change) = self.undo.front_mut() {
            change.edits = change.edits.min(EDITS);
        }
    }

    fn changed(&mut self) {
        self.anchor = None;
        self.typed = None;
        self.version += 1;
    }

    /// Writes at the caret, in place of what is selected. A word that is typed is one change.
    pub(super) fn insert(&mut self, text: &str) {
        let one = text.chars().count() == 1 && !text.starts_with(char::is_whitespace);
        let range = self.selection().unwrap_or(self.caret..self.caret);
        if one && range.is_empty() && self.typed == Some(self.caret) {
            self.change(range, text, true);
        } else {
            self.replace(range, text);
        }
        self.typed = one.then_some(self.caret);
    }

    /// Changes the text, or moves the caret; `select`: with the selection's end.
    pub(super) fn edit(&mut self, edit: Edit, select: bool) {
        let (text, at) = (self.as_str(), self.caret);
        let line = motion::line(text, at);
        match edit {
            Edit::Left | Edit::Right if !select && self.selection().is_some() => {
                let range = self.selection().unwrap_or(at..at);
                let to = if edit == Edit::Left { range.start } else { range.end };
                self.go(to, false);
            }
            Edit::Left => self.go(motion::previous(text, at), select),
            Edit::Right => self.go(motion::next(text, at), select),
            Edit::WordLeft => self.go(motion::word_left(text, at), select),
            Edit::WordRight => self.go(motion::word_right(text, at), select),
            Edit::LineStart => self.go(line.start, select),
            Edit::LineEnd => self.go(line.end, select),
            Edit::All => {
                self.anchor = Some(0);
                self.set_caret(self.as_str().len());
            }
            Edit::DeleteBefore => self.delete(motion::previous(text, at)..at, false),
            Edit::DeleteAt => self.delete(at..motion::next(text, at), false),
            Edit::DeleteWordBefore => self.delete(motion::word_left(text, at)..at, true),
            Edit::DeleteWordAfter => self.delete(at..motion::word_right(text, at), true),
            Edit::DeleteToStart => {
                let start = if line.start == at { at.saturating_sub(1) } else { line.start };
                self.delete(start..at, true);
            }
            Edit::DeleteToEnd => {
                let end = if line.end == at { (at + 1).min(text.len()) } else { line.end };
                self.delete(at..end, true);
            }
            Edit::Yank => {
                let killed = self.killed.clone();
                let range = self.selection().unwrap_or(at..at);
                self.replace(range, &killed);
            }
            Edit::Undo => self.undo(),
            Edit::Redo => self.redo(),
        }
    }

    /// Deletes what is selected, else a range.
    fn delete(&mut self, range: Range<usize>, kill: bool) {
        let range = self.selection().unwrap_or(range);
        if range.is_empty() {
            return;
        }
        if kill {
            self.killed = self.as_str()[range.clone()].to_owned();
        }
        self.replace(range, "");
    }

    /// Takes the last change back.
    pub(super) fn undo(&mut self) {
        if let Some(change) = self.undo.pop_back() {
            self.buffer.undo(change.edits);
            let change = self.went(change);
            self.redo.push(change);
        }
    }

    /// Makes the change again that was taken back last.
    pub(super) fn redo(&mut self) {
        if let Some(change) = self.redo.pop() {
            self.buffer.redo(change.edits);
            let change = self.went(change);
            self.undo.push_back(change);
        }
    }

    /// A change was taken back or made again: what goes the other way.
    fn went(&mut self, change: Change) -> Change {
        let caret = self.caret;
        self.set_caret(change.caret);
        self.group.1 = false;
        self.changed();
        Change { caret, ..change }
    }

    /// Is this atom in what can be gone back to?
    pub(super) fn remembers(&self, atom: char) -> bool {
        let past = self.undo.iter().chain(&self.redo).any(|past| past.atoms.contains(atom));
        past || self.as_str().contains(atom)
    }
}

/// What a text takes in the way back, which has it by lines.
fn weight(text: &str) -> usize {
    text.len() + size_of::<String>() * memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

#[cfg(test)]
mod tests;

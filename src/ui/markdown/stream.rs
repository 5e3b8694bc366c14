//! Markdown that is still being said: what is closed keeps its rows, only the open block is read again.

use std::borrow::Cow;

use crate::ui::markdown::Paint;
use crate::ui::markdown::block::{self, Fence};
use crate::ui::markdown::code;
use crate::ui::markdown::render::{MIN_WIDTH, render};
use crate::ui::row::{Origin, Row};

/// A block of more bytes is closed at the end of a line.
const MAX_BLOCK: usize = 64 * 1024;

/// A text on its way to rows, at one width.
///
/// Its rows depend on the text alone, not on the pieces in which it came.
#[derive(Debug)]
pub struct Stream {
    width: usize,
    indent: usize,
    /// Which text it is, where rows remember it.
    part: Option<u32>,
    /// Bytes whose blocks are closed.
    closed: usize,
    /// Rows of the sink that stay as they are.
    kept: usize,
    /// Nothing is shown yet: no blank row comes before the next block.
    first: bool,
    fence: Option<OpenFence>,
}

/// A fenced block that is not closed yet. Its complete lines are final too.
#[derive(Debug)]
struct OpenFence {
    fence: Fence,
    /// Up to which byte its lines have rows.
    read: usize,
    /// Rows of the sink before it.
    rows: usize,
    /// Nothing was shown before it.
    first: bool,
}

impl Stream {
    /// A text of `width` cells, `indent` cells from the left, whose rows come after the `kept` that
    /// the sink has already.
    pub fn new(width: usize, indent: usize, kept: usize) -> Self {
        let width = width.max(MIN_WIDTH);
        Self { width, indent, part: None, closed: 0, kept, first: true, fence: None }
    }

    /// The same, whose rows remember where in this text their words stand.
    #[must_use]
    pub fn of(mut self, part: u32) -> Self {
        self.part = Some(part);
        self
    }

    fn origin(&self, at: usize) -> Option<Origin> {
        self.part.map(|part| Origin { part, at })
    }

    /// How many rows of the sink will not change any more.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Brings `rows` up to date with `text`, all that was said so far: the rows from [`Self::kept`]
    /// on are made anew. `finished` where nothing more will come.
    pub fn advance(&mut self, text: &str, finished: bool, rows: &mut Vec<Row>, paint: Paint<'_>) {
        let text = &*line_feeds(text);
        rows.truncate(self.kept);
        let complete = if finished { text.len() } else { text.rfind('\n').map_or(0, |at| at + 1) };
        let complete = complete.max(self.closed);
        while self.close_some(text, complete, rows, paint) {}
        self.kept = rows.len();
        if finished {
            self.close(text, text.len(), rows, Some(paint));
            self.kept = rows.len();
        } else if let Some(open) = &self.fence {
            let rest = &text[open.read..];
            if !rest.is_empty() {
                let code = open.fence.code(rest);
                // Only what indents the fence is left out before it.
                let at = open.read + rest.trim_end_matches('\n').len() - code.len();
                let line = code::line(code, self.width, self.origin(at)).into_iter();
                rows.extend(line.map(|row| row.indented(self.indent)));
            }
            rows.push(code::foot().indented(self.indent));
        } else {
            let (closed, first) = (self.closed, self.first);
            self.close(text, text.len(), rows, None);
            (self.closed, self.first) = (closed, first);
        }
    }

    /// Closes what complete lines have closed; true where there may be more.
    fn close_some(
        &mut self,
        text: &str,
        complete: usize,
        rows: &mut Vec<Row>,
        paint: Paint<'_>,
    ) -> bool {
        if self.fence.is_some() {
            return self.read_fence(text, complete, rows, paint);
        }
        let tail = &text[self.closed..complete];
        let base = self.closed;
        let blocks = block::split(tail);
        for pair in blocks.windows(2) {
            let end = base + pair[1].start;
            if !pair[0].fenced && self.close_long(text, end, rows, paint) {
                return true;
            }
            self.close(text, end, rows, Some(paint));
        }
        let Some(last) = blocks.last().filter(|last| last.fenced) else {
            return self.close_long(text, complete, rows, paint);
        };
        let start = base + last.start;
        let end = block::line_end(text, start);
        let Some(fence) = Fence::open(&text[start..end]) else { return false };
        let (before, first) = (rows.len(), self.first);
        self.separate(rows);
        rows.push(code::head(&fence.language).indented(self.indent));
        self.fence = Some(OpenFence { fence, read: end, rows: before, first });
        true
    }

    /// Closes a block that is too long, at the end of one of its lines.
    fn close_long(
        &mut self,
        text: &str,
        end: usize,
        rows: &mut Vec<Row>,
        paint: Paint<'_>,
    ) -> bool {
        let from = self.closed + MAX_BLOCK;
        // A line end is one byte: searched as such, no character is cut.
        let long =
            text.as_bytes().get(from..end).and_then(|rest| rest.iter().position(|&b| b == b'\n'));
        let Some(cut) = long.map(|at| from + at + 1).filter(|&cut| cut < end) else { return false };
        self.close(text, cut, rows, Some(paint));
        true
    }

    /// Takes complete lines of the open fence; true where it was closed.
    fn read_fence(
        &mut self,
        text: &str,
        complete: usize,
        rows: &mut Vec<Row>,
        paint: Paint<'_>,
    ) -> bool {
        let Some(mut open) = self.fence.take() else { return false };
        while open.read < complete {
            let end = block::line_end(text, open.read);
            let line = &text[open.read..end];
            open.read = end;
            if open.fence.is_closed_by(line) {
                // Once more, as a whole: now its roles are asked for.
                self.fence = Some(open);
                self.close(text, end, rows, Some(paint));
                return true;
            }
            let code = open.fence.code(line);
            let at = end - line.len() + line.trim_end_matches('\n').len() - code.len();
            let line = code::line(code, self.width, self.origin(at)).into_iter();
            rows.extend(line.map(|row| row.indented(self.indent)));
        }
        self.fence = Some(open);
        false
    }

    /// Lays out what is up to byte `end`, as one block.
    fn close(&mut self, text: &str, end: usize, rows: &mut Vec<Row>, paint: Option<Paint<'_>>) {
        if let Some(open) = self.fence.take() {
            rows.truncate(open.rows);
            self.first = open.first;
        }
        let made = render(&text[self.closed..end], self.width, paint, self.origin(self.closed));
        if !made.is_empty() {
            self.separate(rows);
            rows.extend(made.into_iter().map(|row| row.indented(self.indent)));
        }
        self.closed = end;
    }

    /// A blank row between blocks.
    fn separate(&mut self, rows: &mut Vec<Row>) {
        if !std::mem::replace(&mut self.first, false) {
            rows.push(Row::default());
        }
    }
}

/// The text with line feeds alone as ends of lines, byte for byte as long: markdown would end a
/// line at a carriage return too, and that would change its mind when a line feed follows.
fn line_feeds(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    // A tab before the line feed: two blanks there would mean a hard break.
    Cow::Owned(text.replace("\r\n", "\t\n").replace('\r', " "))
}

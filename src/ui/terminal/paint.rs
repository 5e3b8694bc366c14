//! A frame as bytes: one write, inside a synchronized update.

use std::collections::HashSet;
use std::io;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use crate::base::text;
use crate::ui::link::Link;
use crate::ui::terminal::{FRAME_BEGIN, FRAME_END, HIDE, SHOW};

/// What the backend ends a run of cells with, and what is enough.
const RESETS: &[u8] = b"\x1b[39m\x1b[49m\x1b[59m\x1b[0m";
const RESET: &[u8] = b"\x1b[0m";

/// A backend that paints into bytes, to be written at once.
#[derive(Debug, Default)]
pub(super) struct Paint {
    pub(super) bytes: Vec<u8>,
    pub(super) size: Size,
    pub(super) cursor: Option<Position>,
    /// Where signs of several characters stand.
    pub(super) signs: HashSet<(u16, u16)>,
    /// Cells that were painted since this was cleared, in their order: row, column.
    pub(super) painted: Vec<(u16, u16)>,
    /// What leads somewhere.
    pub(super) links: Vec<Link>,
    /// The cursor of the last frame, and whether there was one since the screen was taken.
    pub(super) drawn: (bool, Option<Position>),
}

impl Paint {
    /// What has to be written for this frame; nothing where nothing changed.
    pub(super) fn take_frame(&mut self) -> Vec<u8> {
        if self.bytes.is_empty() && self.drawn == (true, self.cursor) {
            return Vec::new();
        }
        let mut frame = Vec::with_capacity(self.bytes.len() + 48);
        frame.extend_from_slice(FRAME_BEGIN.as_bytes());
        frame.extend_from_slice(HIDE.as_bytes());
        frame.append(&mut self.bytes);
        if let Some(Position { x, y }) = self.cursor {
            frame.extend_from_slice(format!("\x1b[{};{}H{SHOW}", y + 1, x + 1).as_bytes());
        }
        frame.extend_from_slice(FRAME_END.as_bytes());
        self.drawn = (true, self.cursor);
        frame
    }
}

impl Backend for Paint {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        while content.peek().is_some() {
            // How wide a sign of several characters is, terminals do not agree: what stands behind
            // it is placed anew, so that no row is shifted; and where it was, nothing of it is left.
            let mut last = None;
            let run = std::iter::from_fn(|| {
                let (x, y, cell) = content.next_if(|_| last.is_none())?;
                self.painted.push((y, x));
                let many = cell.symbol().chars().nth(1).is_some();
                let was = if many {
                    self.signs.insert((x, y));
                    false
                } else {
                    self.signs.remove(&(x, y)) && text::width(cell.symbol()) < 2
                };
                let rest = was && content.peek().is_none_or(|next| (next.0, next.1) != (x + 1, y));
                last = (many || rest).then_some((x + 1, y, rest));
                Some((x, y, cell))
            });
            CrosstermBackend::new(&mut self.bytes).draw(run)?;
            // The last of its resets does what all of them do.
            if self.bytes.ends_with(RESETS) {
                self.bytes.truncate(self.bytes.len() - RESETS.len());
                self.bytes.extend_from_slice(RESET);
            }
            if let Some((x, y, _)) = last.filter(|&(x, _, rest)| rest && x < self.size.width) {
                self.bytes.extend_from_slice(format!("\x1b[{};{}H ", y + 1, x + 1).as_bytes());
            }
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.cursor = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor = Some(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        self.signs.clear();
        // A full screen is cleared whole; a second time in a frame it would be for nothing.
        if self.bytes.is_empty() {
            self.bytes.extend_from_slice(b"\x1b[0m\x1b[2J");
        }
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

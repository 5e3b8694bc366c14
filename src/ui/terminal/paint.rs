//! A frame as bytes: one write, inside a synchronized update.

use std::collections::HashSet;
use std::io;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::{Color, Modifier};

use crate::base::text;
use crate::ui::link::Link;
use crate::ui::terminal::{FRAME_BEGIN, FRAME_END, HIDE, SHOW};

/// What the backend ends a run of cells with, and what is enough.
const RESETS: &[u8] = b"\x1b[39m\x1b[49m\x1b[59m\x1b[0m";
const RESET: &[u8] = b"\x1b[0m";
/// To go over this many cells is longer than to write them again.
const GAP: u16 = 6;

/// A backend that paints into bytes, to be written at once.
#[derive(Debug, Default)]
pub(super) struct Paint {
    pub(super) bytes: Vec<u8>,
    pub(super) size: Size,
    pub(super) cursor: Option<Position>,
    /// Where signs of several characters stand.
    pub(super) signs: HashSet<(u16, u16)>,
    /// What the terminal shows, since it was cleared.
    pub(super) shown: Buffer,
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

/// A cell and where it stands: column and row.
type Placed<'a> = (u16, u16, &'a Cell);

/// What is drawn, and what is written again with it: between two of its cells a few plain ones of
/// the same look, which are shorter than a move; behind a sign of several characters that is gone
/// what stands there, as nobody knows how wide the terminal took the sign to be. A wide one and its
/// second half are not plain.
fn with_neighbours<'a>(
    content: &[Placed<'a>],
    shown: &'a Buffer,
    signs: &HashSet<(u16, u16)>,
) -> Vec<Placed<'a>> {
    let mut all: Vec<Placed<'a>> = Vec::with_capacity(content.len());
    for (at, &(x, y, cell)) in content.iter().enumerate() {
        if let Some(&(last, row, before)) = all.last()
            && row == y
            && (last + 1..=last + 1 + GAP).contains(&x)
            && is_plain(before)
        {
            let between = (last + 1..x).map(|x| Some((x, y, shown.cell((x, y))?)));
            let between: Option<Vec<_>> = between.collect();
            let again = |(_, _, cell): &Placed<'_>| is_plain(cell) && look(cell) == look(before);
            all.extend(between.filter(|cells| cells.iter().all(again)).into_iter().flatten());
        }
        all.push((x, y, cell));
        let next = (x + 1, y);
        let gone = signs.contains(&(x, y)) && text::width(cell.symbol()) < 2;
        if gone && content.get(at + 1).is_none_or(|&(x, y, _)| (x, y) != next) {
            all.extend(shown.cell(next).map(|cell| (next.0, next.1, cell)));
        }
    }
    all
}

/// Has it more than one character?
fn is_sign(cell: &Cell) -> bool {
    cell.symbol().chars().nth(1).is_some()
}

fn is_plain(cell: &Cell) -> bool {
    cell.symbol().len() == 1
}

fn look(cell: &Cell) -> (Color, Color, Color, Modifier) {
    (cell.fg, cell.bg, cell.underline_color, cell.modifier)
}

impl Backend for Paint {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let Self { bytes, signs, shown, painted, .. } = self;
        let drawn: Vec<Placed<'a>> = content.collect();
        let mut content = with_neighbours(&drawn, shown, signs).into_iter().peekable();
        while content.peek().is_some() {
            // How wide a sign of several characters is, terminals do not agree: what stands behind
            // it is placed anew, so that no row is shifted.
            let mut ended = false;
            let run = std::iter::from_fn(|| {
                let (x, y, cell) = content.next_if(|_| !ended)?;
                painted.push((y, x));
                ended = is_sign(cell);
                if ended {
                    signs.insert((x, y));
                } else {
                    signs.remove(&(x, y));
                }
                Some((x, y, cell))
            });
            CrosstermBackend::new(&mut *bytes).draw(run)?;
            // The last of its resets does what all of them do.
            if bytes.ends_with(RESETS) {
                bytes.truncate(bytes.len() - RESETS.len());
                bytes.extend_from_slice(RESET);
            }
        }
        drop(content);
        for (x, y, cell) in drawn {
            if let Some(old) = shown.cell_mut((x, y)) {
                old.clone_from(cell);
            }
            // What stood under the second half of a wide one is gone.
            if text::width(cell.symbol()) > 1
                && let Some(half) = shown.cell_mut((x + 1, y))
            {
                half.clone_from(cell);
                half.set_symbol(" ");
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
        self.shown = Buffer::empty(Rect::from((Position::ORIGIN, self.size)));
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

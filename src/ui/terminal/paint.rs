//! A frame as bytes: one write, inside a synchronized update.

use std::io;
use std::ops::Range;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::{Color, Modifier};

use crate::ui::link::Link;
use crate::ui::terminal::{FRAME_BEGIN, FRAME_END, HIDE, SHOW};

/// What the backend ends a run of cells with, and what is enough.
const RESETS: &[u8] = b"\x1b[39m\x1b[49m\x1b[59m\x1b[0m";
const RESET: &[u8] = b"\x1b[0m";
/// What finds no room at the end of a row: does it go to the next one?
const WRAP_OFF: &str = "\x1b[?7l";
const WRAP_ON: &str = "\x1b[?7h";
/// The most cells that are written again where a move of the cursor would be longer.
const GAP: u16 = 6;

/// A backend that paints into bytes, to be written at once.
#[derive(Debug, Default)]
pub(super) struct Paint {
    pub(super) bytes: Vec<u8>,
    pub(super) size: Size,
    pub(super) cursor: Option<Position>,
    /// What the terminal shows.
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

impl Paint {
    /// Takes the cells that changed over. Where each of them is, and the first column that neither
    /// what stood there nor what stands there now can reach.
    fn keep<'a>(
        &mut self,
        content: impl Iterator<Item = (u16, u16, &'a Cell)>,
    ) -> Vec<(Position, u16)> {
        let area = Rect::from((Position::ORIGIN, self.size));
        if self.shown.area != area {
            self.shown = Buffer::empty(area);
        }
        let mut changed = Vec::new();
        for (x, y, cell) in content {
            let Some(shown) = self.shown.cell_mut((x, y)) else { continue };
            let mut end = x.saturating_add(reach(shown.symbol()).max(reach(cell.symbol())));
            shown.clone_from(cell);
            for x in (x + 1..area.right()).take(usize::from(cell.cell_width()).saturating_sub(1)) {
                let hidden = &mut self.shown[(x, y)];
                end = end.max(x.saturating_add(reach(hidden.symbol())));
                hidden.reset();
            }
            changed.push((Position { x, y }, end));
        }
        changed
    }

    /// The cells that have to be written, in order. A run ends where the cursor may be elsewhere than
    /// it seems: the next one places it anew.
    fn runs(&self, changed: Vec<(Position, u16)>) -> Vec<Vec<(u16, u16, Cell)>> {
        let mut runs = vec![Vec::new()];
        let mut write = |x: u16, y: u16| {
            let cell = &self.shown[(x, y)];
            let (sure, cells) = (is_sure(cell.symbol()), cell.cell_width());
            let Some(run) = runs.last_mut() else { return };
            if !sure {
                // Where a terminal shows it narrower than we think, nothing else may be left.
                let mut blank = cell.clone();
                blank.set_symbol(" ");
                let room = (x..self.size.width).take(usize::from(cells.max(1)));
                run.extend(room.map(|x| (x, y, blank.clone())));
            }
            run.push((x, y, cell.clone()));
            // In the last column it may have taken the one before, too.
            if !sure && x + 1 == self.size.width {
                let before = [2, 1].into_iter().find_map(|back| {
                    let x = x.checked_sub(back)?;
                    Some((x, y, &self.shown[(x, y)])).filter(|(.., cell)| cell.cell_width() == back)
                });
                let before = before.filter(|(.., cell)| is_sure(cell.symbol()));
                run.extend(before.map(|(x, y, cell)| (x, y, cell.clone())));
            }
            // Behind what is two cells wide the cursor is placed in any case.
            if !sure && cells < 2 {
                runs.push(Vec::new());
            }
        };
        let mut changed = changed.into_iter().peekable();
        let mut end = None;
        while let Some((Position { x, y }, mut reach_to)) = changed.next() {
            for between in self.gap(end, (x, y)) {
                write(between, y);
            }
            let mut x = x;
            while x < reach_to.min(self.size.width) {
                let symbol = self.shown[(x, y)].symbol();
                if !is_sure(symbol) {
                    reach_to = reach_to.max(x.saturating_add(reach(symbol)));
                }
                write(x, y);
                x += symbol.cell_width().max(1);
                while let Some((_, to)) = changed.next_if(|(at, _)| at.y == y && at.x < x) {
                    reach_to = reach_to.max(to);
                }
            }
            end = Some((x, y));
        }
        runs.retain(|run| !run.is_empty());
        runs
    }

    /// The columns between what was written up to `end` and the cell at `next`, where they are few,
    /// plain, and look as what was written: they are shorter than a move of the cursor.
    fn gap(&self, end: Option<(u16, u16)>, next: (u16, u16)) -> Range<u16> {
        let none = 0..0;
        let Some((from, _)) = end.filter(|&(x, y)| y == next.1 && x <= next.0) else { return none };
        let last = from.checked_sub(1).and_then(|x| self.shown.cell((x, next.1)));
        let Some(last) = last.filter(|cell| is_plain(cell)) else { return none };
        let gap = from..next.0;
        let again = |x: u16| {
            let cell = self.shown.cell((x, next.1));
            cell.is_some_and(|cell| is_plain(cell) && look(cell) == look(last))
        };
        if gap.len() <= usize::from(GAP) && gap.clone().all(again) { gap } else { none }
    }
}

/// One character of one byte: nobody takes it for more or less than a cell.
fn is_plain(cell: &Cell) -> bool {
    cell.symbol().len() == 1
}

fn look(cell: &Cell) -> (Color, Color, Color, Modifier) {
    (cell.fg, cell.bg, cell.underline_color, cell.modifier)
}

/// Do all terminals agree on how wide it is? Not where it is made of several characters, and not
/// beyond the letters and signs that all of them count alike.
fn is_sure(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else { return false };
    match c {
        // Latin, Greek, Cyrillic; letters of Hebrew, Arabic, Devanagari, Thai that carry marks.
        ' '..='~'
        | '\u{a1}'..='\u{ac}'
        | '\u{ae}'..='\u{2ff}'
        | '\u{370}'..='\u{482}'
        | '\u{48a}'..='\u{52f}'
        | '\u{5d0}'..='\u{5ea}'
        | '\u{620}'..='\u{64a}'
        | '\u{904}'..='\u{939}'
        | '\u{e01}'..='\u{e30}'
        | '\u{e40}'..='\u{e46}'
        // Kana, ideographs, Hangul, full width.
        | '\u{3001}'..='\u{3029}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a0}'..='\u{30ff}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{ff01}'..='\u{ff60}' => true,
        // Punctuation, arrows, frames, blocks, braille: ours are among them. No emoji.
        '\u{2010}'..='\u{2027}'
        | '\u{2030}'..='\u{205e}'
        | '\u{2070}'..='\u{20bf}'
        | '\u{2100}'..='\u{25ff}'
        | '\u{2713}'..='\u{2718}'
        | '\u{2768}'..='\u{2775}'
        | '\u{27c0}'..='\u{2aff}' => symbol.cell_width() == 1,
        _ => false,
    }
}

/// How many cells it takes at most, in whatever terminal.
fn reach(symbol: &str) -> u16 {
    if is_sure(symbol) {
        return symbol.cell_width();
    }
    u16::try_from(symbol.chars().count()).unwrap_or(u16::MAX).saturating_mul(2)
}

impl Backend for Paint {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        // How wide some signs are, terminals do not agree. So that no row is shifted, what stands
        // behind one is placed anew; and what one may have covered, now or before, is written again.
        let changed = self.keep(content);
        let runs = self.runs(changed);
        let width = self.size.width;
        let over = runs
            .iter()
            .flatten()
            .any(|(x, _, cell)| x.saturating_add(reach(cell.symbol())) > width);
        if over {
            self.bytes.extend_from_slice(WRAP_OFF.as_bytes());
        }
        self.painted.extend(runs.iter().flatten().map(|(x, y, _)| (*y, *x)));
        self.painted.sort_unstable();
        for run in runs {
            let cells = run.iter().map(|(x, y, cell)| (*x, *y, cell));
            CrosstermBackend::new(&mut self.bytes).draw(cells)?;
            // The last of its resets does what all of them do.
            if self.bytes.ends_with(RESETS) {
                self.bytes.truncate(self.bytes.len() - RESETS.len());
                self.bytes.extend_from_slice(RESET);
            }
        }
        if over {
            self.bytes.extend_from_slice(WRAP_ON.as_bytes());
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
        self.shown.reset();
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

#[cfg(test)]
mod tests;

//! Terminals that count signs in ways of their own: what all agree on stands in its place.

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::style::Style;
use ratatui::widgets::{Block, Widget as _};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthChar as _;

use super::*;

const SIZE: Size = Size { width: 24, height: 6 };

/// How a terminal counts what terminals do not agree on.
#[derive(Debug, Clone, Copy)]
enum Counts {
    /// Nothing of it is shown.
    Nothing,
    /// One cell for all of it.
    One,
    /// Each character by itself, as `wcwidth` does.
    Characters,
    /// Two cells for each character: as much as there can be.
    Most,
}

impl Counts {
    const ALL: [Self; 4] = [Self::Nothing, Self::One, Self::Characters, Self::Most];
}

/// What a terminal shows: a sign in each cell, none in the second half of a wide one.
struct Screen {
    counts: Counts,
    cells: Vec<Vec<String>>,
    at: (usize, usize),
    wraps: bool,
}

impl Screen {
    fn new(counts: Counts) -> Self {
        let row = vec![" ".to_owned(); SIZE.width.into()];
        Self { counts, cells: vec![row; SIZE.height.into()], at: (0, 0), wraps: true }
    }

    fn read(&mut self, bytes: &[u8]) {
        let mut rest = std::str::from_utf8(bytes).unwrap();
        while !rest.is_empty() {
            if let Some(sequence) = rest.strip_prefix("\x1b[") {
                let end = sequence.find(|c: char| c.is_ascii_alphabetic()).unwrap();
                self.obey(&sequence[..end], &sequence[end..=end]);
                rest = &sequence[end + 1..];
            } else {
                let end = rest.find('\x1b').unwrap_or(rest.len());
                rest[..end].graphemes(true).for_each(|sign| self.show(sign));
                rest = &rest[end..];
            }
        }
    }

    fn obey(&mut self, what: &str, verb: &str) {
        match (what, verb) {
            (place, "H") => {
                let (row, column) = place.split_once(';').unwrap();
                let number = |text: &str| text.parse::<usize>().unwrap() - 1;
                self.at = (number(column), number(row));
            }
            ("2", "J") => *self = Self { at: self.at, wraps: self.wraps, ..Self::new(self.counts) },
            ("?7", verb) => self.wraps = verb == "h",
            (_, "m") | ("?25" | "?2026", _) => {}
            other => panic!("{other:?}"),
        }
    }

    fn show(&mut self, sign: &str) {
        let letters = sign.chars().count();
        match self.counts {
            _ if is_sure(sign) => self.put(sign, sign.cell_width().into()),
            Counts::Nothing => {}
            Counts::One => self.put("?", 1),
            Counts::Characters => {
                let wide = |c: char| if c == '\u{fe0f}' { 0 } else { c.width().unwrap_or(1) };
                sign.chars().for_each(|c| self.put("?", wide(c)));
            }
            Counts::Most => (0..letters).for_each(|_| self.put("?", 2)),
        }
    }

    fn put(&mut self, sign: &str, wide: usize) {
        let (width, height) = (usize::from(SIZE.width), usize::from(SIZE.height));
        if wide == 0 {
            return;
        }
        if self.at.0 + wide > width && self.wraps {
            self.at = (0, self.at.1 + 1);
            if self.at.1 == height {
                self.cells.remove(0);
                self.cells.push(vec![" ".to_owned(); width]);
                self.at.1 -= 1;
            }
        }
        let (x, row) = (self.at.0.min(width - wide), &mut self.cells[self.at.1]);
        // Half of a wide sign is none.
        if row[x].is_empty() {
            row[x - 1] = " ".to_owned();
        }
        if row.get(x + wide).is_some_and(String::is_empty) {
            row[x + wide] = " ".to_owned();
        }
        row[x..x + wide].fill(String::new());
        sign.clone_into(&mut row[x]);
        self.at.0 = x + wide;
    }
}

/// What all terminals agree on stands where it was drawn.
fn check(screen: &Screen, shown: &Buffer) {
    for y in 0..SIZE.height {
        let mut x = 0;
        while x < SIZE.width {
            let symbol = shown[(x, y)].symbol();
            if is_sure(symbol) {
                let got = &screen.cells[usize::from(y)][usize::from(x)];
                assert_eq!(got, symbol, "{:?}, {x},{y}\n{:#?}", screen.counts, screen.cells);
            }
            x += symbol.cell_width().max(1);
        }
    }
}

const SIGNS: [&str; 22] = [
    " ",
    "a",
    "words",
    "日",
    "한",
    "é",
    "e\u{301}",
    "\u{1f1e9}\u{1f1ea}",
    "\u{1f1e9}",
    "\u{1f44d}\u{1f3fd}",
    "\u{1f3fd}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "\u{2764}",
    "\u{2764}\u{fe0f}",
    "\u{2764}\u{fe0e}",
    "1\u{fe0f}\u{20e3}",
    "\u{644}\u{627}",
    "क्षि",
    "กำ",
    "\u{10ffff}",
    "\u{e0b0}",
    "\u{ff76}\u{ff9e}",
];

fn frames() -> impl Strategy<Value = Vec<Vec<String>>> {
    let text = prop::collection::vec(prop::sample::select(&SIGNS[..]), 0..14);
    let text = text.prop_map(|signs| signs.concat());
    prop::collection::vec(prop::collection::vec(text, 4), 1..6)
}

proptest! {
    #[test]
    fn nothing_is_shifted_however_a_terminal_counts(frames in frames()) {
        let mut terminal = Terminal::new(Paint { size: SIZE, ..Paint::default() }).unwrap();
        let mut screens = Counts::ALL.map(Screen::new);
        for (at, rows) in frames.iter().enumerate() {
            let drawn = terminal.draw(|frame| {
                // Now with a frame around it, now up to the edges of the screen.
                let area = frame.area();
                let framed = at % 3 != 2;
                if framed {
                    Block::bordered().render(area, frame.buffer_mut());
                }
                for (y, text) in (1..).zip(rows) {
                    let x = u16::from(framed);
                    let room = usize::from(area.width - 2 * x);
                    frame.buffer_mut().set_stringn(x, y, text, room, Style::new());
                }
            });
            let drawn = drawn.unwrap().buffer.clone();
            let bytes = terminal.backend_mut().take_frame();
            for screen in &mut screens {
                screen.read(&bytes);
                assert!(screen.wraps, "as it was");
                check(screen, &drawn);
            }
        }
    }
}

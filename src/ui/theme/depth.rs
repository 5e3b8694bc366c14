//! Colours: how they are written, and the nearest one that a terminal has.

use ratatui::style::Color;
use serde::{Deserialize, Serialize};

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// 16.8 million.
    True,
    /// 256: the sixteen, a cube of 6x6x6, 24 greys.
    Ansi256,
    /// The sixteen whose look the terminal decides.
    Ansi16,
}

impl Depth {
    /// What `FORCE_COLOR`, else `COLORTERM`, else `TERM` says.
    pub fn detect(force: Option<&str>, colorterm: Option<&str>, term: Option<&str>) -> Self {
        let term = term.unwrap_or_default();
        let by_name =
            || TRUE.iter().any(|name| term.starts_with(name)) || term.ends_with("-direct");
        match (force, colorterm) {
            (Some("2"), _) => Self::Ansi256,
            (Some("1"), _) => Self::Ansi16,
            (Some("3"), _) | (_, Some("truecolor" | "24bit")) => Self::True,
            _ if by_name() => Self::True,
            _ if term.contains("256color") => Self::Ansi256,
            _ => Self::Ansi16,
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::True => "16.8 million colours",
            Self::Ansi256 => "256 colours",
            Self::Ansi16 => "16 colours",
        }
    }

    /// The nearest colour of this depth.
    pub(super) fn convert(self, colour: Color) -> Color {
        match (self, colour) {
            (Self::Ansi256, Color::Rgb(r, g, b)) => Color::Indexed(nearest_256([r, g, b])),
            (Self::Ansi16, Color::Rgb(r, g, b)) => SIXTEEN[nearest_16([r, g, b])].0,
            _ => colour,
        }
    }
}

/// Terminals with all colours that say so only by their name: ssh hands on nothing else.
const TRUE: [&str; 6] = ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour"];

/// Reads `#rrggbb`, `ansi:4`, `ansi:bright-blue` or `default`.
pub(super) fn parse(text: &str) -> Option<Color> {
    if text == "default" {
        return Some(Color::Reset);
    }
    if let Some(name) = text.strip_prefix("ansi:") {
        let by_number = name.parse::<usize>().ok().and_then(|at| SIXTEEN.get(at));
        let found = by_number.or_else(|| {
            let at = NAMES.iter().position(|known| *known == name)?;
            SIXTEEN.get(at)
        });
        return found.map(|(colour, _)| *colour);
    }
    let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
    Some(Color::Rgb(part(0)?, part(2)?, part(4)?))
}

const NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// The sixteen, with what xterm makes of them.
const SIXTEEN: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The steps of the cube's sides.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn nearest_256(rgb: [u8; 3]) -> u8 {
    let step = |c: u8| {
        let at = (0..6).min_by_key(|&at| CUBE[at].abs_diff(c)).unwrap_or(0);
        (at as u8, CUBE[at])
    };
    let [r, g, b] = rgb.map(step);
    let cube = [r.1, g.1, b.1];
    let mean = rgb.iter().map(|&c| u32::from(c)).sum::<u32>() / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    let shade = 8 + 10 * grey;
    if distance(rgb, [shade; 3]) < distance(rgb, cube) {
        232 + grey
    } else {
        16 + 36 * r.0 + 6 * g.0 + b.0
    }
}

fn nearest_16(rgb: [u8; 3]) -> usize {
    (0..16).min_by_key(|&at| distance(rgb, SIXTEEN[at].1)).unwrap_or(7)
}

/// How far two colours are apart, weighted as the eye sees them.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let part = |at: usize| u32::from(a[at].abs_diff(b[at])).pow(2);
    2 * part(0) + 4 * part(1) + 3 * part(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read() {
        let table = [
            ("#7aa2ff", Some(Color::Rgb(0x7a, 0xa2, 0xff))),
            ("ansi:4", Some(Color::Blue)),
            ("ansi:bright-blue", Some(Color::LightBlue)),
            ("default", Some(Color::Reset)),
            ("#12345", None),
            ("#ääü", None),
            ("ansi:16", None),
            ("blue", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn the_nearest_colour_is_taken() {
        let table = [
            (Depth::Ansi256, Color::Rgb(0, 0, 0), Color::Indexed(16)),
            (Depth::Ansi256, Color::Rgb(255, 255, 255), Color::Indexed(231)),
            (Depth::Ansi256, Color::Rgb(0x1c, 0x1f, 0x27), Color::Indexed(234)),
            (Depth::Ansi256, Color::Rgb(0x7a, 0xa2, 0xff), Color::Indexed(111)),
            (Depth::Ansi16, Color::Rgb(0xff, 0x00, 0x10), Color::LightRed),
            (Depth::Ansi16, Color::Reset, Color::Reset),
            (Depth::True, Color::Rgb(1, 2, 3), Color::Rgb(1, 2, 3)),
        ];
        for (depth, colour, expected) in table {
            assert_eq!(depth.convert(colour), expected, "{depth:?} {colour:?}");
        }
    }

    #[test]
    fn the_depth_is_detected() {
        let table = [
            (None, Some("truecolor"), Some("xterm"), Depth::True),
            (None, None, Some("xterm-256color"), Depth::Ansi256),
            (None, None, Some("xterm-direct"), Depth::True),
            (None, None, Some("xterm-kitty"), Depth::True),
            (None, Some(""), Some("linux"), Depth::Ansi16),
            (None, None, None, Depth::Ansi16),
            (Some("3"), None, Some("linux"), Depth::True),
            (Some("2"), Some("truecolor"), None, Depth::Ansi256),
            (Some("1"), Some("truecolor"), None, Depth::Ansi16),
            (Some("true"), None, Some("xterm-256color"), Depth::Ansi256),
        ];
        for (force, colorterm, term, expected) in table {
            let got = Depth::detect(force, colorterm, term);
            assert_eq!(got, expected, "{force:?} {colorterm:?} {term:?}");
        }
    }
}

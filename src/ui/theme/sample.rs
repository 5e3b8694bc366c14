//! A theme as it looks: every role, written in its own style.

use std::fmt::Write as _;

use ratatui::style::{Color, Modifier, Style};

use crate::base::text::sanitise;
use crate::ui::theme::Theme;
use crate::ui::theme::role::Role;

impl Theme {
    /// A line for each role, in its look where `styled`; else in words.
    pub fn sample(&self, styled: bool) -> String {
        let mut out = String::new();
        let ground = self.style(Role::Background);
        for role in Role::ALL {
            let style = ground.patch(self.style(*role));
            // Writing to a string does not fail.
            let _ = if styled {
                writeln!(out, "{} {:<18} AaBb 0123 \x1b[0m", escapes(style), role.name())
            } else {
                writeln!(out, "{:<18} {}", role.name(), words(style))
            };
        }
        let glyphs = self.glyphs();
        let signs = [glyphs.ok, glyphs.err, glyphs.wait, glyphs.caret, glyphs.dot, glyphs.full];
        let _ = writeln!(out, "{:<18} {}", "signs", sanitise(&signs.join(" ")));
        out
    }
}

/// Every modifier that a theme can ask for: its name, and its number in SGR.
const MODIFIERS: [(Modifier, &str, u8); 6] = [
    (Modifier::BOLD, "bold", 1),
    (Modifier::DIM, "dim", 2),
    (Modifier::ITALIC, "italic", 3),
    (Modifier::UNDERLINED, "underlined", 4),
    (Modifier::REVERSED, "reversed", 7),
    (Modifier::CROSSED_OUT, "crossed_out", 9),
];

fn escapes(style: Style) -> String {
    let mut codes = vec!["0".to_owned()];
    for (modifier, _, code) in MODIFIERS {
        if style.add_modifier.contains(modifier) {
            codes.push(code.to_string());
        }
    }
    codes.extend(style.fg.map(|colour| code(colour, 30)));
    codes.extend(style.bg.map(|colour| code(colour, 40)));
    format!("\x1b[{}m", codes.join(";"))
}

/// A colour's numbers in SGR, of the text from 30 on, of the ground from 40 on.
fn code(colour: Color, from: u8) -> String {
    let sixteen = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match colour {
        Color::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", from + 8),
        Color::Indexed(at) => format!("{};5;{at}", from + 8),
        colour => match sixteen.iter().position(|known| *known == colour) {
            Some(at @ 0..8) => (from + at as u8).to_string(),
            Some(at) => (from + 60 + at as u8 - 8).to_string(),
            None => (from + 9).to_string(),
        },
    }
}

fn words(style: Style) -> String {
    let mut words = Vec::new();
    let colour = |colour: Color| match colour {
        Color::Reset => "the terminal's own".to_owned(),
        colour => colour.to_string().to_lowercase(),
    };
    words.extend(style.fg.map(colour));
    words.extend(style.bg.map(|bg| format!("on {}", colour(bg))));
    for (modifier, name, _) in MODIFIERS {
        if style.add_modifier.contains(modifier) {
            words.push(name.to_owned());
        }
    }
    if words.is_empty() {
        words.push("as the terminal writes".to_owned());
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_shows_every_role_once() {
        let theme = Theme::builtin("claw-light").unwrap();
        for styled in [true, false] {
            let sample = theme.sample(styled);
            for role in Role::ALL {
                let name = format!("{:<18} ", role.name());
                assert_eq!(sample.matches(&name).count(), 1, "{}", role.name());
            }
        }
        let line = |text: &str| theme.sample(false).lines().any(|line| line == text);
        assert!(line("state.err          #b3202c on #fbfbf9 bold"), "{}", theme.sample(false));
    }

    #[test]
    fn a_style_is_written_in_sgr() {
        let table = [
            (Style::new(), "\x1b[0m"),
            (Style::new().fg(Color::Reset), "\x1b[0;39m"),
            (Style::new().fg(Color::Green).bg(Color::LightBlue), "\x1b[0;32;104m"),
            (Style::new().fg(Color::Indexed(111)), "\x1b[0;38;5;111m"),
            (Style::new().bg(Color::Rgb(1, 2, 3)), "\x1b[0;48;2;1;2;3m"),
            (Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED), "\x1b[0;1;7m"),
        ];
        for (style, expected) in table {
            assert_eq!(escapes(style), expected);
        }
    }
}

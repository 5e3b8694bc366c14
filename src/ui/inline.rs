//! `claw --inline`: the linear face for eyes. Its lines are the same and are appended one after the
//! other, without another screen and without panes; what each begins with becomes its colour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::text::sanitise;
use crate::ui::row::Row;
use crate::ui::shot::Shot;
use crate::ui::theme::{Role, Theme};

/// A line of the linear face as a terminal shows it: with the theme's colours, secrets masked.
///
/// The line is one that [`crate::plain`] says: a word and a colon, or an indented part of a question.
/// The terminal wraps it, and keeps it in its own scrollback.
pub fn dressed(line: &str, theme: &Theme) -> String {
    let row = row(line);
    let width = u16::try_from(row.width()).unwrap_or(u16::MAX).max(1);
    let area = Rect { x: 0, y: 0, width, height: 1 };
    let mut screen = Buffer::empty(area);
    row.draw(area, 0, theme, &mut screen);
    let mut shown = Shot::new(&screen).ansi();
    shown.truncate(shown.trim_end_matches('\n').len());
    shown
}

fn row(line: &str) -> Row {
    let whole = |text: &str, role: Role| Row::new(sanitise(text), role);
    let (word, text) = line.split_once(": ").unwrap_or((line, ""));
    match word {
        "Claw" => whole(text, Role::Text),
        "Code" if text == "ends" => whole("```", Role::Muted),
        "Code" => match text.strip_prefix("begins") {
            Some(language) => whole(&format!("```{}", language.trim_start()), Role::Muted),
            None => whole(&format!("  {text}"), Role::Code),
        },
        "  plus" => whole(&format!("+ {text}"), Role::DiffAdd),
        "  minus" => whole(&format!("- {text}"), Role::DiffDel),
        "  same" => whole(&format!("  {text}"), Role::Muted),
        "You" | "You, into this turn" => labelled(word, Role::Prompt, text, Role::Prompt),
        "Tool" if text.contains(" failed") => labelled(word, Role::Err, text, Role::Text),
        "Tool" if text.contains(" denied") => labelled(word, Role::Wait, text, Role::Text),
        "Tool" | "Changed" => labelled(word, Role::Run, text, Role::Text),
        "Waiting" | "Later" => labelled(word, Role::Wait, text, Role::Strong),
        "Error" | "Failed" => labelled(word, Role::Err, text, Role::Text),
        "Done" => labelled(word, Role::Ok, text, Role::Muted),
        _ if line.starts_with("  ") => whole(line, Role::Text),
        _ => labelled(word, Role::Muted, text, Role::Muted),
    }
}

fn labelled(word: &str, label: Role, text: &str, role: Role) -> Row {
    let row = Row::new(sanitise(word), label);
    if text.is_empty() { row } else { row.with(": ", Role::Muted).with(sanitise(text), role) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_words_and_get_colours() {
        let theme = Theme::builtin("claw-dark").unwrap();
        let table = [
            ("Claw: It works.", "It works."),
            ("Code: begins rust", "```rust"),
            ("Code: let a = 1;", "  let a = 1;"),
            ("Code: ends", "```"),
            ("  plus: five", "+ five"),
            ("  minus: 5", "- 5"),
            ("Tool: Run failed, exit 1", "Tool: Run failed, exit 1"),
            ("Waiting: may this run? Run ls", "Waiting: may this run? Run ls"),
            ("  1 allow once", "  1 allow once"),
            ("Note: a: b", "Note: a: b"),
            ("no colon", "no colon"),
            ("", ""),
        ];
        for (line, seen) in table {
            let shown = dressed(line, &theme);
            let mut screen = vt100::Parser::default();
            screen.process(shown.as_bytes());
            assert_eq!(screen.screen().contents().trim_end(), seen, "{shown:?}");
            assert!(!shown.contains('\n'), "{shown:?}");
        }
        let add = dressed("  plus: x", &theme);
        assert!(add.contains("\x1b[38;2;") && add.ends_with("\x1b[0m"), "{add:?}");
        let mono = dressed("Error: x", &Theme::builtin("mono").unwrap());
        assert!(!mono.contains("38;2"), "{mono:?}");
    }

    #[test]
    fn nothing_raw_gets_through() {
        let theme = Theme::builtin("claw-dark").unwrap();
        let shown = dressed("Claw: a\u{1b}]52;c;eA==\u{7}b", &theme);
        assert!(!shown.contains("\u{1b}]") && !shown.contains('\u{7}'), "{shown:?}");
    }
}

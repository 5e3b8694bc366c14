//! A chord: a key and what is held with it, the same however a terminal reports it.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key and what is held with it.
///
/// Shift is part of a character (`G`, `?`) and a modifier only of other keys (`Shift+Tab`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Keys that are no character, as they are written.
const NAMED: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Ins", KeyCode::Insert),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
];

/// Modifiers as they are written, in this order.
const MODIFIERS: &[(&str, KeyModifiers)] = &[
    ("Ctrl+", KeyModifiers::CONTROL),
    ("Alt+", KeyModifiers::ALT),
    ("Shift+", KeyModifiers::SHIFT),
];

impl Chord {
    /// The chord of a key that was pressed or repeats; none for a key that was let go, and for
    /// keys that have no name here.
    pub fn of(key: KeyEvent) -> Option<Self> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let held = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        // What is held besides (Super, Hyper, Meta) makes a chord of the window system.
        if !held.contains(key.modifiers) {
            return None;
        }
        Self::normal(key.code, key.modifiers)
    }

    fn normal(code: KeyCode, mut modifiers: KeyModifiers) -> Option<Self> {
        let code = match code {
            KeyCode::BackTab => {
                modifiers |= KeyModifiers::SHIFT;
                KeyCode::Tab
            }
            KeyCode::Char(c) if c != ' ' => {
                let shifted = modifiers.contains(KeyModifiers::SHIFT) && c.is_lowercase();
                modifiers -= KeyModifiers::SHIFT;
                let c = if shifted { c.to_uppercase().next().unwrap_or(c) } else { c };
                // One byte (0x1F) stands for all of these in terminals without the kitty keys.
                let control = modifiers.contains(KeyModifiers::CONTROL);
                KeyCode::Char(if control && matches!(c, '7' | '_' | '/') { '-' } else { c })
            }
            KeyCode::Char(' ') => {
                modifiers -= KeyModifiers::SHIFT;
                KeyCode::Char(' ')
            }
            KeyCode::F(_) => code,
            other if NAMED.iter().any(|(_, known)| *known == other) => other,
            _ => return None,
        };
        Some(Self { code, modifiers })
    }

    /// Reads `Ctrl+X`, `Shift+Tab`, `G`, `F1`.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut rest, mut modifiers) = (text, KeyModifiers::NONE);
        for (name, modifier) in MODIFIERS {
            if let Some(after) = rest.strip_prefix(name).filter(|after| !after.is_empty()) {
                rest = after;
                modifiers |= *modifier;
            }
        }
        let named = NAMED.iter().find(|(name, _)| *name == rest).map(|(_, code)| *code);
        let function = || rest.strip_prefix('F')?.parse().ok().map(KeyCode::F);
        let letter = || {
            let mut chars = rest.chars();
            let c = chars.next().filter(|_| chars.as_str().is_empty())?;
            // `Ctrl+X` is written with a capital and pressed without Shift.
            let control = modifiers.contains(KeyModifiers::CONTROL);
            let lower = control && !modifiers.contains(KeyModifiers::SHIFT);
            Some(KeyCode::Char(if lower { c.to_ascii_lowercase() } else { c }))
        };
        Self::normal(named.or_else(function).or_else(letter)?, modifiers)
    }

    /// The character that it types; none for a command.
    pub fn text(&self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    /// Does it type a character?
    pub fn is_text(&self) -> bool {
        self.text().is_some()
    }

    /// A key event of this chord.
    pub(crate) fn key(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// Is it this key, with nothing held?
    pub fn is(&self, code: KeyCode) -> bool {
        self.code == code && self.modifiers.is_empty()
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let control = self.modifiers.contains(KeyModifiers::CONTROL);
        for (name, modifier) in MODIFIERS {
            if self.modifiers.contains(*modifier) {
                f.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::F(number) => write!(f, "F{number}"),
            KeyCode::Char(c) if c != ' ' => match c.is_ascii_uppercase() && control {
                true => write!(f, "Shift+{c}"),
                false if control => write!(f, "{}", c.to_ascii_uppercase()),
                false => write!(f, "{c}"),
            },
            code => {
                let name = NAMED.iter().find(|(_, known)| *known == code);
                f.write_str(name.map_or("?", |(name, _)| name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chord_is_read_as_it_is_written() {
        for text in [
            "Ctrl+X",
            "Shift+Tab",
            "G",
            "g",
            "F1",
            "Alt+Up",
            "Ctrl+Shift+P",
            "Space",
            "]",
            "+",
            "Ctrl+-",
            "Shift+F6",
            "Alt+B",
            "Alt+b",
            "PgUp",
            "Ctrl+Home",
        ] {
            assert_eq!(Chord::parse(text).map(|chord| chord.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Chord::parse("Nope"), None);
        assert_eq!(Chord::parse(""), None);
    }

    #[test]
    fn terminals_report_the_same_chord_in_their_ways() {
        let key = |code, modifiers| Chord::of(KeyEvent::new(code, modifiers));
        let none = KeyModifiers::NONE;
        let (control, shift) = (KeyModifiers::CONTROL, KeyModifiers::SHIFT);
        let table = [
            ("Shift+Tab", key(KeyCode::BackTab, none)),
            ("Shift+Tab", key(KeyCode::BackTab, shift)),
            ("Shift+Tab", key(KeyCode::Tab, shift)),
            ("G", key(KeyCode::Char('G'), shift)),
            ("G", key(KeyCode::Char('g'), shift)),
            ("?", key(KeyCode::Char('?'), shift)),
            ("Space", key(KeyCode::Char(' '), shift)),
            ("Ctrl+-", key(KeyCode::Char('7'), control)),
            ("Ctrl+Shift+P", key(KeyCode::Char('P'), control | shift)),
            ("Ctrl+Shift+P", key(KeyCode::Char('p'), control | shift)),
            ("Ctrl+P", key(KeyCode::Char('p'), control)),
        ];
        for (expected, got) in table {
            assert_eq!(got, Chord::parse(expected), "{expected}");
        }
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::SUPER), None);
        let mut released = KeyEvent::new(KeyCode::Enter, none);
        released.kind = KeyEventKind::Release;
        assert_eq!(Chord::of(released), None);
    }
}

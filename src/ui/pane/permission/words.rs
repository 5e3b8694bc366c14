//! The words that go back to the model with a refusal: a small editor.

use crossterm::event::KeyCode;
use crossterm::event::KeyEvent;
use crossterm::event::KeyModifiers;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::base::cap;
use crate::base::text;
use crate::base::text::Sanitised;

/// Bytes that a refusal may say.
const MOST: usize = 4_000;
/// Earlier words that `Up` brings back.
const KEPT: usize = 20;

/// What a key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    /// The words changed, or nothing did.
    Edited,
    /// Refuse with these words.
    Send,
    /// Back to the choices.
    Back,
}

/// The editor. Its words outlive it: what was typed is brought back by `Up`.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    text: String,
    caret: usize,
    earlier: Vec<String>,
    recalled: Option<usize>,
}

impl Words {
    /// What was typed, without blanks around it; none where that is nothing.
    pub(super) fn message(&self) -> Option<String> {
        let text = self.text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Empties it; what was typed can be brought back.
    pub(super) fn clear(&mut self) {
        if let Some(message) = self.message() {
            self.earlier.retain(|earlier| *earlier != message);
            self.earlier.push(message);
            self.earlier.drain(..self.earlier.len().saturating_sub(KEPT));
        }
        self.text.clear();
        (self.caret, self.recalled) = (0, None);
    }

    /// Puts text in at the caret: line breaks stay, other controls do not. What is too long is cut.
    pub(super) fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let clean: String = text
            .chars()
            .map(|c| if c == '\t' { ' ' } else { c })
            .filter(|c| *c == '\n' || !c.is_control())
            .collect();
        let room = cap::floor(&clean, MOST.saturating_sub(self.text.len()));
        self.text.insert_str(self.caret, &clean[..room]);
        self.caret += room;
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent) -> Typed {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let line_break = key.modifiers.intersects(KeyModifiers::SHIFT | KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('j') if control => self.paste("\n"),
            KeyCode::Enter if line_break => self.paste("\n"),
            KeyCode::Enter => return Typed::Send,
            KeyCode::Esc => return Typed::Back,
            KeyCode::Char('a') if control => self.caret = self.line_start(),
            KeyCode::Char('e') if control => self.caret = self.line_end(),
            KeyCode::Char('u') if control => self.remove(self.line_start(), self.caret),
            KeyCode::Char('k') if control => self.remove(self.caret, self.line_end()),
            KeyCode::Char('w') if control => self.remove(self.word_start(), self.caret),
            KeyCode::Char(c) if !control && !key.modifiers.contains(KeyModifiers::ALT) => {
                self.paste(c.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Backspace => self.remove(self.before(), self.caret),
            KeyCode::Delete => self.remove(self.caret, self.after()),
            KeyCode::Left => self.caret = self.before(),
            KeyCode::Right => self.caret = self.after(),
            KeyCode::Home => self.caret = self.line_start(),
            KeyCode::End => self.caret = self.line_end(),
            KeyCode::Up => self.recall(true),
            KeyCode::Down => self.recall(false),
            _ => {}
        }
        Typed::Edited
    }

    /// The words as rows no wider than `cells`, and the caret: its row and its cell.
    pub(super) fn rows(&self, cells: usize) -> (Vec<Sanitised>, (usize, usize)) {
        let (mut rows, mut caret, mut start) = (Vec::new(), (0, 0), 0);
        for line in self.text.split('\n') {
            let shown = text::sanitise(line).into_string();
            let end = start + line.len();
            // What is shown of a prefix is a prefix of what is shown.
            let at = (start..=end)
                .contains(&self.caret)
                .then(|| text::sanitise(&self.text[start..self.caret]).as_str().len());
            // One cell stays free: the caret stands behind the last letter.
            for range in text::wrap(&shown, cells.saturating_sub(1).max(1)) {
                if let Some(at) = at.filter(|at| range.contains(at) || *at == range.end) {
                    let column = text::width(&shown[range.start..at]);
                    caret = (rows.len(), column.min(cells.saturating_sub(1)));
                }
                rows.push(text::sanitise(&shown[range]));
            }
            start = end + 1;
        }
        (rows, caret)
    }

    fn recall(&mut self, older: bool) {
        let next = match (self.recalled, older) {
            (None, true) => self.earlier.len().checked_sub(1),
            (None, false) => None,
            (Some(at), true) => Some(at.saturating_sub(1)),
            (Some(at), false) => Some(at + 1),
        };
        let Some(earlier) = next.and_then(|at| self.earlier.get(at)).cloned() else { return };
        // Words that were typed and not sent are kept among the earlier ones; their places stay.
        if let (None, Some(message)) = (self.recalled, self.message()) {
            self.earlier.push(message);
        }
        self.recalled = next;
        self.caret = earlier.len();
        self.text = earlier;
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.caret = from;
    }

    fn before(&self) -> usize {
        let before = self.text[..self.caret].graphemes(true).next_back();
        self.caret - before.map_or(0, str::len)
    }

    fn after(&self) -> usize {
        self.caret + self.text[self.caret..].graphemes(true).next().map_or(0, str::len)
    }

    fn line_start(&self) -> usize {
        self.text[..self.caret].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.caret..].find('\n').map_or(self.text.len(), |at| self.caret + at)
    }

    fn word_start(&self) -> usize {
        let before = self.text[..self.caret].trim_end();
        before
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn press(words: &mut Words, keys: &str) {
        for c in keys.chars() {
            let (code, modifiers) = match c {
                '<' => (KeyCode::Left, KeyModifiers::NONE),
                '>' => (KeyCode::Right, KeyModifiers::NONE),
                '#' => (KeyCode::Backspace, KeyModifiers::NONE),
                '^' => (KeyCode::Up, KeyModifiers::NONE),
                '\n' => (KeyCode::Char('j'), KeyModifiers::CONTROL),
                'A' | 'E' | 'U' | 'K' | 'W' => {
                    (KeyCode::Char(c.to_ascii_lowercase()), KeyModifiers::CONTROL)
                }
                c => (KeyCode::Char(c), KeyModifiers::NONE),
            };
            assert_eq!(words.key(KeyEvent::new(code, modifiers)), Typed::Edited);
        }
    }

    #[test]
    fn keys_edit() {
        let table = [
            ("abc", "abc"),
            ("abc<<x", "axbc"),
            ("abc#", "ab"),
            ("ä日<#", "日"),
            ("one twoW", "one "),
            ("one two  W", "one "),
            ("one\ntwoUx", "one\nx"),
            ("oneAK", ""),
            ("one\ntwoA#", "onetwo"),
            ("<>#", ""),
        ];
        for (keys, want) in table {
            let mut words = Words::default();
            press(&mut words, keys);
            assert_eq!(words.text, want, "{keys:?}");
        }
    }

    #[test]
    fn what_was_typed_comes_back() {
        let mut words = Words::default();
        press(&mut words, "first");
        words.clear();
        press(&mut words, "second^");
        assert_eq!(words.text, "first");
    }

    #[test]
    fn a_paste_is_cleaned_and_bounded() {
        let mut words = Words::default();
        words.paste("a\r\nb\tc\u{1b}[2J\u{9b}");
        assert_eq!(words.text, "a\nb c[2J");
        words.paste(&"ä".repeat(9_000));
        assert!(words.text.len() <= MOST);
    }

    proptest! {
        #[test]
        fn the_caret_is_always_in_its_rows(keys in "[a-c <>#^\nAEUKW日\u{202e}]{0,40}", cells in 0usize..12) {
            let mut words = Words::default();
            for (at, c) in keys.chars().enumerate() {
                press(&mut words, c.encode_utf8(&mut [0; 4]));
                if at % 7 == 6 && c == ' ' {
                    words.clear();
                }
                let (rows, (row, cell)) = words.rows(cells);
                prop_assert!(row < rows.len());
                prop_assert!(cell <= cells);
            }
        }
    }
}

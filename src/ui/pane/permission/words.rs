//! A small editor: for words to the model, a command line, a rule. What it shows is always safe to
//! show, also of a text that was the model's.

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
    /// It is done.
    Send,
    /// Back to what was there before.
    Back,
}

/// The editor. Words to the model outlive it: what was typed is brought back by `Up`.
#[derive(Debug, Clone)]
pub(super) struct Words {
    text: String,
    caret: usize,
    earlier: Vec<String>,
    recalled: Option<usize>,
    /// Bytes that it takes.
    most: usize,
    kind: Kind,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Words to the model.
    Words,
    /// Text of several lines that is to stay as it is: `Up` and `Down` move the caret.
    Exact,
    /// One line.
    Line,
}

impl Default for Words {
    fn default() -> Self {
        let (text, earlier) = (String::new(), Vec::new());
        Self { text, caret: 0, earlier, recalled: None, most: MOST, kind: Kind::Words }
    }
}

impl Words {
    /// A text of several lines to be changed, with the caret at its end.
    pub(super) fn exact(text: &str) -> Self {
        let most = text.len() + 4 * MOST;
        Self {
            text: text.to_owned(),
            caret: text.len(),
            most,
            kind: Kind::Exact,
            ..Self::default()
        }
    }

    /// A line to be changed, with the caret at its end.
    pub(super) fn line(text: &str) -> Self {
        Self { text: text.to_owned(), caret: text.len(), kind: Kind::Line, ..Self::default() }
    }

    /// The text as it is.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

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
            .map(|c| match (c, self.kind) {
                ('\t', Kind::Words | Kind::Line) | ('\n', Kind::Line) => ' ',
                _ => c,
            })
            .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
            .collect();
        let room = cap::floor(&clean, self.most.saturating_sub(self.text.len()));
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
            KeyCode::Up if self.kind == Kind::Exact => self.row_up(),
            KeyCode::Down if self.kind == Kind::Exact => self.row_down(),
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
            let all = text::sanitise(line);
            let shown = all.as_str();
            let end = start + line.len();
            // What is shown of a prefix is a prefix of what is shown.
            let at = (start..=end)
                .contains(&self.caret)
                .then(|| text::sanitise(&self.text[start..self.caret]).as_str().len());
            // One cell stays free: the caret stands behind the last letter.
            for range in text::wrap(shown, cells.saturating_sub(1).max(1)) {
                if let Some(at) = at.filter(|at| range.contains(at) || *at == range.end) {
                    let column = text::width(&shown[range.start..at]);
                    caret = (rows.len(), column.min(cells.saturating_sub(1)));
                }
                rows.push(all.part(range));
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

    /// The caret to the same column of the line above.
    fn row_up(&mut self) {
        let start = self.line_start();
        let column = self.text[start..self.caret].graphemes(true).count();
        let Some(end) = start.checked_sub(1) else { return };
        let above = self.text[..end].rfind('\n').map_or(0, |at| at + 1);
        self.caret = self.column(above, end, column);
    }

    /// The caret to the same column of the line below.
    fn row_down(&mut self) {
        let column = self.text[self.line_start()..self.caret].graphemes(true).count();
        let end = self.line_end();
        if end == self.text.len() {
            return;
        }
        let below = self.text[end + 1..].find('\n').map_or(self.text.len(), |at| end + 1 + at);
        self.caret = self.column(end + 1, below, column);
    }

    fn column(&self, start: usize, end: usize, column: usize) -> usize {
        let line = self.text[start..end].grapheme_indices(true);
        line.skip(column).map(|(at, _)| start + at).next().unwrap_or(end)
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
    fn a_command_stays_as_it_is_and_up_moves() {
        let mut words = Words::exact("a\tb\u{200b}\ncd");
        press(&mut words, "^x");
        assert_eq!(words.text(), "a\txb\u{200b}\ncd");
        let _ = words.key(KeyEvent::new(KeyCode::Down, KeyModifiers::NONE));
        press(&mut words, "!");
        assert_eq!(words.text(), "a\txb\u{200b}\ncd!");
        assert_eq!(words.rows(40).0[0].as_str(), "a<U+0009>xb<U+200B>");
        let mut line = Words::line("one");
        line.paste(" two\nthree");
        assert_eq!(line.text(), "one two three");
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

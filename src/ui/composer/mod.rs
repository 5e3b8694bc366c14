//! What the user writes: the draft, what was pasted into it, and the prompts before it.

mod editor;
mod history;

pub use editor::Editor;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::base::text::is_hidden;
use history::History;

/// From how many lines on a paste is folded.
const FOLD_LINES: usize = 8;
/// From how many characters on a paste is folded.
const FOLD_CHARS: usize = 800;
/// The longest text that is taken at once, in bytes.
pub const MAX_PASTE: usize = 1 << 20;

/// The draft, the pastes that are folded in it, and the prompts before it.
#[derive(Debug, Default)]
pub struct Composer {
    /// The draft.
    pub editor: Editor,
    history: History,
    /// Folded pastes by their number, as long as the draft or the history has their sign.
    pastes: BTreeMap<u32, String>,
    /// The number of the last folded paste.
    last: u32,
}

/// A paste that is longer than [`MAX_PASTE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl Composer {
    /// The draft as it is shown: pastes are folded.
    pub fn draft(&self) -> String {
        self.editor.text()
    }

    /// The draft as it is sent: pastes stand in it.
    pub fn text(&self) -> String {
        self.unfold(&self.draft())
    }

    /// Is nothing but blanks written?
    pub fn is_blank(&self) -> bool {
        self.editor.is_empty() || self.draft().trim().is_empty()
    }

    /// All that can be gone back to, as it would be sent.
    #[cfg(test)]
    pub(crate) fn history(&self) -> impl Iterator<Item = String> {
        self.history.all().map(|entry| self.unfold(entry))
    }

    /// Takes a paste in, whole: as text, or folded where it is long.
    ///
    /// # Errors
    ///
    /// Takes nothing where the paste is longer than [`MAX_PASTE`].
    pub fn paste(&mut self, text: &str) -> Result<(), TooLong> {
        if text.len() > MAX_PASTE {
            return Err(TooLong);
        }
        let text = clean(text);
        let lines = text.lines().count();
        if lines < FOLD_LINES && text.chars().count() < FOLD_CHARS {
            self.editor.insert(&text);
            return Ok(());
        }
        self.last += 1;
        self.editor.insert(&sign(&text, self.last));
        self.pastes.insert(self.last, text);
        Ok(())
    }

    /// The draft leaves the composer: it is empty then, and the history has it.
    pub fn take(&mut self) -> String {
        let (draft, text) = (self.draft(), self.text());
        self.history.keep(&draft);
        self.editor.set_text("");
        let kept = self.history.entries();
        self.pastes.retain(|number, paste| {
            let sign = sign(paste, *number);
            kept.iter().any(|entry| entry.contains(&sign))
        });
        text
    }

    /// Writes a quote where the caret is, on lines of its own; the caret comes behind it.
    pub fn quote(&mut self, text: &str) {
        let before = if self.editor.is_empty() { "" } else { "\n" };
        self.editor.insert(&format!("{before}{}\n\n", clean(text)));
    }

    /// Gives a text back that was taken or queued: above what has been written since.
    pub fn give_back(&mut self, text: &str) {
        let draft = self.draft();
        let both = if draft.is_empty() { clean(text) } else { format!("{}\n{draft}", clean(text)) };
        self.editor.set_text(&both);
    }

    /// The caret a row up, or the prompt before.
    pub fn up(&mut self) {
        if !self.editor.up()
            && let Some(text) = self.history.previous(&self.editor.text())
        {
            self.editor.set_text(&text);
        }
    }

    /// The caret a row down, or the prompt after.
    pub fn down(&mut self) {
        if !self.editor.down()
            && let Some(text) = self.history.next(&self.editor.text())
        {
            self.editor.set_text(&text);
        }
    }

    /// Puts the pastes in place of their signs, in one walk: a paste that looks like a sign stays.
    fn unfold(&self, draft: &str) -> String {
        let mut out = String::with_capacity(draft.len());
        let mut rest = draft;
        while let Some(at) = rest.find("[Pasted ") {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let found = self.pastes.iter().find_map(|(number, paste)| {
                let sign = sign(paste, *number);
                from.starts_with(&sign).then_some((paste, sign.len()))
            });
            let (text, length) = found.map_or((&from[..1], 1), |(paste, len)| (paste, len));
            out.push_str(text);
            rest = &from[length..];
        }
        out.push_str(rest);
        out
    }
}

/// What stands in the draft for a folded paste.
fn sign(text: &str, number: u32) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write!(out, "[Pasted {} lines #{number}]", text.lines().count());
    out
}

/// May a character stand in the draft? Blanks of all scripts and the parts of an emoji may;
/// controls and what changes the direction of writing may not.
pub fn is_writable(c: char) -> bool {
    let harmless = matches!(c, '\u{a0}' | '\u{3000}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}');
    harmless || !is_hidden(c)
}

/// A foreign text as the draft takes it: `\n` ends a line, tabs stay.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|&c| c == '\n' || c == '\t' || is_writable(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_paste_is_text_and_loses_its_controls() {
        let mut composer = Composer::default();
        composer.paste("a\r\nb\u{1b}[31m\u{9b}c\rd\u{202e}").unwrap();
        assert_eq!(composer.draft(), "a\nb[31mc\nd");
    }

    #[test]
    fn a_long_paste_is_folded_and_sent_whole() {
        let mut composer = Composer::default();
        let lines = "line\n".repeat(8);
        let long = "x".repeat(800);
        composer.editor.insert("see ");
        composer.paste(&lines).unwrap();
        composer.paste(&long).unwrap();
        composer.paste("[Pasted 8 lines #7]").unwrap();
        assert_eq!(
            composer.draft(),
            "see [Pasted 8 lines #1][Pasted 1 lines #2][Pasted 8 lines #7]"
        );
        assert_eq!(composer.text(), format!("see {lines}{long}[Pasted 8 lines #7]"));
        let sent = composer.take();
        assert!(composer.is_blank());
        composer.up();
        assert_eq!(composer.text(), sent, "a prompt of the history still has its pastes");
    }

    #[test]
    fn a_paste_without_end_is_refused() {
        let mut composer = Composer::default();
        assert_eq!(composer.paste(&"x".repeat(MAX_PASTE + 1)), Err(TooLong));
        assert!(composer.is_blank());
    }
}

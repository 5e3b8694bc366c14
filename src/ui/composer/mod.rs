//! What the user writes: the draft, what was pasted into it, and the prompts before it.

mod atom;
mod buffer;
pub mod complete;
mod editor;
mod history;
mod modal;
mod motion;
pub mod popup;
mod rows;
mod text;
pub mod vim;

pub use editor::{Editor, Looks};
pub use history::Entry;

use std::path::Path;

use crate::base::clock::Millis;
use crate::base::text::is_hidden;
use crate::protocol::{Content, Image};
use crate::session::{Atom, Body, Draft};
use atom::is_atom;
use history::History;
use vim::Vim;

/// From how many lines on a paste is folded.
const FOLD_LINES: usize = 8;
/// From how many characters on a paste is folded.
const FOLD_CHARS: usize = 800;
/// The longest text that is taken at once, in bytes.
pub const MAX_PASTE: usize = 1 << 20;
/// How many prompts that left are known by their drafts, in case they come back.
const SENT: usize = 32;

/// The draft, what stands in it, and the prompts before it.
#[derive(Debug, Default)]
pub struct Composer {
    /// The draft.
    pub editor: Editor,
    /// Modal keys; none where they are off.
    pub vim: Option<Vim>,
    /// What was put aside.
    stash: Option<String>,
    /// Counts up with every change of what is aside.
    stashes: u64,
    history: History,
    /// What was sent, and the draft that it was.
    sent: Vec<(Vec<Content>, String)>,
}

/// A paste that is longer than [`MAX_PASTE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl Composer {
    /// The draft as it is shown: pastes are folded.
    pub fn draft(&self) -> String {
        self.editor.atoms.shown(self.editor.text())
    }

    /// The draft in words: pastes stand in it.
    pub fn text(&self) -> String {
        self.editor.atoms.said(self.editor.text())
    }

    /// The pictures in the draft.
    pub fn images(&self) -> usize {
        let atoms = self.editor.text().chars().filter_map(|c| self.editor.atoms.get(c));
        atoms.filter(|atom| matches!(atom.body, Body::Image(_))).count()
    }

    /// Does a paste or a picture stand in the draft?
    pub fn has_atoms(&self) -> bool {
        self.editor.text().chars().any(is_atom)
    }

    /// Is nothing but blanks written?
    pub fn is_blank(&self) -> bool {
        self.editor.text().trim().is_empty()
    }

    /// Is something put aside?
    pub fn is_stashed(&self) -> bool {
        self.stash.is_some()
    }

    /// All that can be gone back to, in words.
    #[cfg(test)]
    pub(crate) fn history(&self) -> impl Iterator<Item = String> {
        let all = self.history.all().chain(&self.stash);
        all.map(|entry| self.editor.atoms.said(entry))
    }

    /// The prompts before, oldest first: each as it is shown.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (&Entry, String)> {
        let shown = |entry| (entry, self.editor.atoms.shown(&Entry::clone(entry).text));
        self.history.entries().iter().map(shown)
    }

    /// Begins with the prompts of sessions before.
    pub fn load(&mut self, before: Vec<Entry>, here: &Path) {
        let cleaned = before.into_iter().map(|entry| Entry { text: clean(&entry.text), ..entry });
        self.history.load(cleaned.collect(), here);
    }

    /// The composer of another session: nothing is written, the prompts before and the keys are
    /// the same.
    #[must_use]
    pub fn fresh(&self) -> Self {
        let mut fresh = Self { vim: self.vim.as_ref().map(|_| Vim::default()), ..Self::default() };
        for entry in self.history.entries() {
            fresh.history.keep(&self.editor.atoms.said(&entry.text), entry.at);
        }
        fresh
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
        let what =
            if lines == 1 { "Pasted 1 line".into() } else { format!("Pasted {lines} lines") };
        match self.editor.atoms.add(&what, Body::Text(text.clone())) {
            Some(sign) => self.editor.insert(sign.encode_utf8(&mut [0; 4])),
            None => self.editor.insert(&text),
        }
        Ok(())
    }

    /// Puts the paste that the caret stands on in the place of its label. Was there one?
    pub fn expand(&mut self) -> bool {
        let Some((range, c)) = self.editor.atom_here() else { return false };
        let Some(Atom { body: Body::Text(text), .. }) = self.editor.atoms.get(c).cloned() else {
            return false;
        };
        self.editor.replace(range, &text);
        true
    }

    /// Writes a quote where the caret is, on lines of its own; the caret comes behind it.
    pub fn quote(&mut self, text: &str) {
        let before = if self.editor.is_empty() { "" } else { "\n" };
        self.editor.insert(&format!("{before}{}\n\n", clean(text)));
    }

    /// Takes a picture in: in the place of the path that was pasted for it, where that still
    /// stands in the draft, else at the caret.
    pub fn attach(&mut self, image: Image, size: (u32, u32), path: Option<&str>) {
        let (columns, rows) = size;
        let what = format!("image {columns}x{rows}");
        let Some(sign) = self.editor.atoms.add(&what, Body::Image(image)) else { return };
        let mut room = [0; 4];
        let sign = sign.encode_utf8(&mut room);
        let place = path.and_then(|path| Some((self.editor.text().rfind(path)?, path.len())));
        match place {
            Some((at, length)) => {
                let caret = self.editor.place();
                self.editor.replace(at..at + length, sign);
                if caret < at {
                    self.editor.set_caret(caret, None);
                } else if caret > at + length {
                    self.editor.set_caret(caret - length + sign.len(), None);
                }
            }
            None => self.editor.insert(sign),
        }
    }

    /// The draft leaves the composer: it is empty then, and the history has it.
    pub fn take(&mut self, now: Millis) -> Vec<Content> {
        let draft = self.editor.text().to_owned();
        let content = self.editor.atoms.content(&draft);
        self.history.keep(&draft, now);
        self.sent.push((content.clone(), draft));
        let over = self.sent.len().saturating_sub(SENT);
        self.sent.drain(..over);
        self.editor.set_text("");
        if let Some(vim) = &mut self.vim {
            vim.insert();
            self.editor.mark(None);
        }
        self.forget();
        content
    }

    /// Forgets the pastes and pictures that nothing leads back to.
    fn forget(&mut self) {
        let Self { editor, stash, history, sent, .. } = self;
        let mut atoms = std::mem::take(&mut editor.atoms);
        atoms.retain(|c| {
            editor.remembers(c)
                || history.all().chain(stash.iter()).any(|text| text.contains(c))
                || sent.iter().any(|(_, draft)| draft.contains(c))
        });
        editor.atoms = atoms;
    }

    /// Gives back what was taken or queued: above what has been written since.
    pub fn give_back(&mut self, content: &[Content]) {
        let known = self.sent.iter().rev().find(|(sent, _)| sent == content);
        let text = match known.map(|(_, draft)| draft.clone()) {
            Some(draft) => draft,
            None => self.drafted(content),
        };
        self.put_above(&text);
    }

    fn put_above(&mut self, text: &str) {
        let draft = self.editor.text();
        let both = if draft.is_empty() { text.to_owned() } else { format!("{text}\n{draft}") };
        self.editor.set_text(&both);
    }

    /// A draft of which this would come.
    fn drafted(&mut self, content: &[Content]) -> String {
        let mut out = String::new();
        for block in content {
            match block {
                Content::Text { text } => out.push_str(&clean(text)),
                Content::Image(image) => {
                    // Its label stands before it already, under another number.
                    let label = out.rfind("[image ").filter(|_| out.ends_with(']'));
                    let label = label.map(|at| out.split_off(at)).unwrap_or_default();
                    let what = label.trim_start_matches('[').split(" #").next();
                    let what = what.filter(|what| !what.is_empty()).unwrap_or("image").to_owned();
                    out.extend(self.editor.atoms.add(&what, Body::Image(image.clone())));
                }
                _ => {}
            }
        }
        out
    }

    /// Puts a text in the place of the draft, which the history keeps.
    pub fn replace_with(&mut self, text: &str, now: Millis) {
        let draft = self.editor.text().to_owned();
        if draft.trim() != text.trim() {
            self.history.keep(&draft, now);
        }
        self.editor.set_text(text);
    }

    /// Puts a prompt of the history, given as it is shown, in the place of the draft.
    pub fn recall(&mut self, shown: &str, now: Millis) {
        let found = self.entries().rev().find(|(_, entry)| entry == shown);
        let text = found.map_or_else(|| clean(shown), |(entry, _)| entry.text.clone());
        self.replace_with(&text, now);
    }

    /// Keeps what was said and is not wanted now.
    pub fn keep(&mut self, content: &[Content], now: Millis) {
        let known = self.sent.iter().rev().find(|(sent, _)| sent == content);
        let text = match known.map(|(_, draft)| draft.clone()) {
            Some(draft) => draft,
            None => self.drafted(content),
        };
        self.history.keep(&text, now);
    }

    /// Puts a text of a foreign editor in the place of the draft; undo brings that back.
    pub fn write_over(&mut self, text: &str) {
        self.editor.set_text(&clean(text));
    }

    /// Grows with every change of what has to outlive the program.
    pub fn stamp(&self) -> u64 {
        self.editor.version() + self.stashes
    }

    /// Puts the draft aside, or brings back what was; where both are there they change places.
    pub fn stash(&mut self) {
        self.stashes += 1;
        let draft = self.editor.text().to_owned();
        let back = self.stash.take();
        self.stash = (!draft.trim().is_empty()).then_some(draft);
        self.editor.set_text(&back.unwrap_or_default());
    }

    /// What has to outlive the program.
    pub fn kept(&self) -> Draft {
        let text = self.editor.text().to_owned();
        let both = format!("{text}{}", self.stash.as_deref().unwrap_or_default());
        let atoms = self.editor.atoms.within(&both);
        Draft { text, caret: self.editor.place(), stash: self.stash.clone(), atoms }
    }

    /// Has what was kept again.
    pub fn restore(&mut self, kept: Draft) {
        self.editor.atoms.restore(kept.atoms);
        let known = |text: &str| {
            let fits = |c: &char| match self.editor.atoms.get(*c) {
                Some(_) => true,
                None => matches!(c, '\n' | '\t') || is_writable(*c),
            };
            text.chars().filter(fits).collect::<String>()
        };
        let (text, stash) = (known(&kept.text), kept.stash.as_deref().map(known));
        self.editor.set_text(&text);
        self.editor.set_caret(kept.caret, None);
        self.stash = stash;
    }

    /// The caret a row up, or the prompt before.
    pub fn up(&mut self) {
        if !self.editor.up()
            && let Some(text) = self.history.previous(self.editor.text())
        {
            self.editor.set_text(&text);
        }
    }

    /// The caret a row down, or the prompt after.
    pub fn down(&mut self) {
        if !self.editor.down()
            && let Some(text) = self.history.next(self.editor.text())
        {
            self.editor.set_text(&text);
        }
    }
}

/// May a character stand in the draft? Blanks of all scripts and the parts of an emoji may;
/// controls, what changes the direction of writing, and what stands for a paste may not.
pub fn is_writable(c: char) -> bool {
    let harmless = matches!(c, '\u{a0}' | '\u{3000}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}');
    harmless || !is_hidden(c) && !is_atom(c)
}

/// A foreign text as the draft takes it: `\n` ends a line, tabs stay.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|&c| c == '\n' || c == '\t' || is_writable(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1);

    fn picture() -> Image {
        Image { media_type: "image/png".into(), data: "AAAA".into() }
    }

    #[test]
    fn a_short_paste_is_text_and_loses_its_controls() {
        let mut composer = Composer::default();
        composer.paste("a\r\nb\u{1b}[31m\u{9b}c\rd\u{202e}\u{100001}").unwrap();
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
        let shown = "see [Pasted 8 lines #1][Pasted 1 line #2][Pasted 8 lines #7]";
        assert_eq!(composer.draft(), shown);
        let said = format!("see {lines}{long}[Pasted 8 lines #7]");
        assert_eq!(composer.take(NOW), [Content::text(said.clone())]);
        assert!(composer.is_blank());
        composer.up();
        assert_eq!(composer.draft(), shown, "a prompt of the history still has its pastes");
        composer.editor.set_text("");
        composer.give_back(&[Content::text(said)]);
        assert_eq!(composer.draft(), shown, "what comes back is folded as it was");
    }

    #[test]
    fn a_folded_paste_is_one_character_until_it_is_expanded() {
        use crate::ui::action::Edit;
        let mut composer = Composer::default();
        let lines = "line\n".repeat(9);
        composer.paste(&lines).unwrap();
        composer.editor.edit(Edit::Left);
        assert_eq!(composer.editor.place(), 0);
        composer.editor.edit(Edit::DeleteAt);
        assert_eq!(composer.draft(), "");
        composer.editor.edit(Edit::Undo);
        assert!(composer.expand());
        assert_eq!(composer.draft(), lines);
        assert!(!composer.expand());
        composer.editor.edit(Edit::Undo);
        assert_eq!(composer.draft(), "[Pasted 9 lines #1]");
    }

    #[test]
    fn a_picture_takes_the_place_of_its_path_and_follows_its_label() {
        let mut composer = Composer::default();
        composer.editor.insert("see /a/b.png and ");
        composer.attach(picture(), (1280, 720), Some("/a/b.png"));
        composer.editor.insert("say");
        assert_eq!(composer.draft(), "see [image 1280x720 #1] and say");
        let sent = composer.take(NOW);
        let (before, after) = ("see [image 1280x720 #1]", " and say");
        let image = Content::Image(picture());
        assert_eq!(sent, [Content::text(before), image, Content::text(after)]);
        let mut other = Composer::default();
        other.give_back(&sent);
        assert_eq!(other.draft(), "see [image 1280x720 #1] and say");
        assert_eq!(other.take(NOW), sent);
    }

    #[test]
    fn a_paste_without_end_is_refused() {
        let mut composer = Composer::default();
        assert_eq!(composer.paste(&"x".repeat(MAX_PASTE + 1)), Err(TooLong));
        assert!(composer.is_blank());
    }

    #[test]
    fn what_is_put_aside_comes_back() {
        let mut composer = Composer::default();
        composer.editor.insert("one");
        composer.stash();
        assert_eq!((composer.draft().as_str(), composer.is_stashed()), ("", true));
        composer.editor.insert("two");
        composer.stash();
        assert_eq!(composer.draft(), "one");
        composer.editor.set_text("");
        composer.stash();
        assert_eq!((composer.draft().as_str(), composer.is_stashed()), ("two", false));
    }

    #[test]
    fn what_is_kept_comes_back_whole() {
        let mut composer = Composer::default();
        composer.paste(&"line\n".repeat(9)).unwrap();
        composer.stash();
        composer.editor.insert("ab");
        composer.editor.set_caret(1, None);
        let kept = composer.kept();
        let mut again = Composer::default();
        again.restore(kept.clone());
        assert_eq!(again.kept(), kept);
        again.stash();
        assert_eq!(again.text(), "line\n".repeat(9));
    }
}

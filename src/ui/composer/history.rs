//! The prompts that were sent or cleared, to go back to.

use std::path::{Path, PathBuf};

use crate::base::clock::Millis;

/// How many are kept.
const MOST: usize = 1000;

/// A prompt that left the composer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The text; a paste or a picture is one character in it.
    pub text: String,
    /// In which project; none for this one.
    pub cwd: Option<PathBuf>,
    /// When.
    pub at: Millis,
}

/// Prompts, oldest first, and the place in them that is looked at.
#[derive(Debug, Default)]
pub(super) struct History {
    entries: Vec<Entry>,
    /// While one looks back: this project's prompts and the draft, as they were left, and which
    /// is shown.
    open: Option<(Vec<String>, usize)>,
}

impl History {
    /// All prompts, oldest first.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Begins with the prompts of sessions before.
    pub(super) fn load(&mut self, before: Vec<Entry>, here: &Path) {
        let own = std::mem::take(&mut self.entries);
        self.entries = before;
        for entry in &mut self.entries {
            entry.cwd.take_if(|cwd| cwd == here);
        }
        for entry in own {
            self.push(entry.text, entry.at);
        }
    }

    /// All that can be gone back to: the prompts, and what was changed while one looks back.
    pub(super) fn all(&self) -> impl Iterator<Item = &String> {
        let open = self.open.iter().flat_map(|(all, _)| all);
        self.entries.iter().map(|entry| &entry.text).chain(open)
    }

    /// This project's.
    fn own(&self) -> Vec<String> {
        let own = self.entries.iter().filter(|entry| entry.cwd.is_none());
        own.map(|entry| entry.text.clone()).collect()
    }

    /// What stands before `draft`; none at the oldest.
    pub(super) fn previous(&mut self, draft: &str) -> Option<String> {
        if self.open.is_none() {
            let mut all = self.own();
            all.push(draft.to_owned());
            let at = all.len() - 1;
            self.open = Some((all, at));
        }
        self.step(draft, usize::checked_sub)
    }

    /// What stands after `draft`; none at the draft that one came from.
    pub(super) fn next(&mut self, draft: &str) -> Option<String> {
        self.step(draft, usize::checked_add)
    }

    fn step(&mut self, draft: &str, to: fn(usize, usize) -> Option<usize>) -> Option<String> {
        let (all, at) = self.open.as_mut()?;
        draft.clone_into(&mut all[*at]);
        let next = to(*at, 1).filter(|next| *next < all.len())?;
        *at = next;
        Some(all[next].clone())
    }

    /// Keeps a prompt that leaves the composer, and what was changed on the way to it.
    pub(super) fn keep(&mut self, prompt: &str, now: Millis) {
        if let Some((all, at)) = self.open.take() {
            let known = self.own();
            for (place, text) in all.into_iter().enumerate() {
                let changed = known.get(place) != Some(&text);
                if changed && place != at {
                    self.push(text, now);
                }
            }
        }
        self.push(prompt.to_owned(), now);
    }

    /// A text stands in it once: where it was used last.
    fn push(&mut self, text: String, at: Millis) {
        if text.trim().is_empty() {
            return;
        }
        self.entries.retain(|entry| entry.cwd.is_some() || entry.text != text);
        self.entries.push(Entry { text, cwd: None, at });
        let over = self.entries.len().saturating_sub(MOST);
        self.entries.drain(..over);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(history: &History) -> Vec<&str> {
        history.entries().iter().map(|entry| entry.text.as_str()).collect()
    }

    #[test]
    fn looking_back_keeps_the_draft_and_what_was_changed() {
        let mut history = History::default();
        for text in ["one", "two", "two"] {
            history.keep(text, Millis(1));
        }
        assert_eq!(texts(&history), ["one", "two"]);
        assert_eq!(history.previous("draft").as_deref(), Some("two"));
        assert_eq!(history.previous("two, changed").as_deref(), Some("one"));
        assert_eq!(history.previous("one"), None);
        assert_eq!(history.next("one").as_deref(), Some("two, changed"));
        assert_eq!(history.next("two, changed").as_deref(), Some("draft"));
        assert_eq!(history.next("draft"), None);
        assert_eq!(history.previous("draft").as_deref(), Some("two, changed"));
        history.keep("three", Millis(2));
        assert_eq!(texts(&history), ["one", "two", "draft", "three"]);
    }

    #[test]
    fn up_walks_through_the_prompts_of_this_project() {
        let entry = |text: &str, cwd: &str| Entry {
            text: text.into(),
            cwd: Some(cwd.into()),
            at: Millis(1),
        };
        let mut history = History::default();
        history.keep("now", Millis(2));
        history.load(vec![entry("here", "/w"), entry("there", "/v")], Path::new("/w"));
        assert_eq!(texts(&history), ["here", "there", "now"]);
        assert_eq!(history.previous("").as_deref(), Some("now"));
        assert_eq!(history.previous("now").as_deref(), Some("here"));
        assert_eq!(history.previous("here"), None);
    }
}

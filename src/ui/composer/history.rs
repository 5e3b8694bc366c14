//! The prompts that were sent or cleared, to go back to.

/// How many are kept.
const MOST: usize = 200;

/// Prompts, oldest first, and the place in them that is looked at.
#[derive(Debug, Default)]
pub(super) struct History {
    entries: Vec<String>,
    /// While one looks back: all entries and the draft, as they were left, and which is shown.
    open: Option<(Vec<String>, usize)>,
}

impl History {
    /// All prompts, oldest first.
    pub(super) fn entries(&self) -> &[String] {
        &self.entries
    }

    /// All that can be gone back to: the prompts, and what was changed while one looks back.
    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = &String> {
        let open = self.open.iter().flat_map(|(all, _)| all);
        self.entries.iter().chain(open)
    }

    /// What stands before `draft`; none at the oldest.
    pub(super) fn previous(&mut self, draft: &str) -> Option<String> {
        if self.open.is_none() {
            let mut all = self.entries.clone();
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
    pub(super) fn keep(&mut self, prompt: &str) {
        if let Some((all, at)) = self.open.take() {
            for (place, text) in all.into_iter().enumerate() {
                let changed = self.entries.get(place) != Some(&text);
                if changed && place != at {
                    self.push(&text);
                }
            }
        }
        self.push(prompt);
    }

    fn push(&mut self, prompt: &str) {
        if prompt.trim().is_empty() || self.entries.last().is_some_and(|last| last == prompt) {
            return;
        }
        self.entries.push(prompt.to_owned());
        let over = self.entries.len().saturating_sub(MOST);
        self.entries.drain(..over);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_back_keeps_the_draft_and_what_was_changed() {
        let mut history = History::default();
        history.keep("one");
        history.keep("two");
        history.keep("two");
        assert_eq!(history.entries(), ["one", "two"]);
        assert_eq!(history.previous("draft").as_deref(), Some("two"));
        assert_eq!(history.previous("two, changed").as_deref(), Some("one"));
        assert_eq!(history.previous("one"), None);
        assert_eq!(history.next("one").as_deref(), Some("two, changed"));
        assert_eq!(history.next("two, changed").as_deref(), Some("draft"));
        assert_eq!(history.next("draft"), None);
        assert_eq!(history.previous("draft").as_deref(), Some("two, changed"));
        history.keep("three");
        assert_eq!(history.entries(), ["one", "two", "draft", "three"]);
    }
}

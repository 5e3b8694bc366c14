//! What stands in a draft as one character though it is more: a long paste, a picture.

use std::collections::BTreeMap;

use crate::protocol::Content;
use crate::session::{Atom, Body};

/// The characters that stand for them: the last plane of private use, which no font fills.
const FIRST: u32 = 0x10_0000;
const LAST: u32 = 0x10_FFFD;

/// All atoms, by the character that stands for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Atoms(BTreeMap<char, Atom>);

/// Does this character stand for an atom? Then nobody may type or paste it.
pub(super) fn is_atom(c: char) -> bool {
    u32::from(c) >= FIRST
}

impl Atoms {
    /// Takes one in. The character that stands for it; none where there are too many.
    pub(super) fn add(&mut self, what: &str, body: Body) -> Option<char> {
        let last = self.0.keys().next_back().map_or(FIRST, |last| u32::from(*last));
        let sign = char::from_u32(last + 1).filter(|_| last < LAST)?;
        let label = format!("[{what} #{}]", u32::from(sign) - FIRST);
        self.0.insert(sign, Atom { label, body });
        Some(sign)
    }

    /// What a character stands for.
    pub(super) fn get(&self, c: char) -> Option<&Atom> {
        self.0.get(&c)
    }

    /// What is shown for what is seen as one character; none where that is itself.
    pub(super) fn label(&self, grapheme: &str) -> Option<&str> {
        let c = grapheme.chars().next().filter(|c| is_atom(*c))?;
        self.get(c).map(|atom| atom.label.as_str())
    }

    /// Those that stand in a text.
    pub(super) fn within(&self, text: &str) -> BTreeMap<char, Atom> {
        text.chars().filter_map(|c| Some((c, self.get(c)?.clone()))).collect()
    }

    /// Takes those of a kept draft in, where they stood.
    pub(super) fn restore(&mut self, kept: BTreeMap<char, Atom>) {
        self.0.extend(kept.into_iter().filter(|(c, _)| is_atom(*c)));
    }

    /// Forgets those of which this does not hold.
    pub(super) fn retain(&mut self, holds: impl Fn(char) -> bool) {
        self.0.retain(|c, _| holds(*c));
    }

    /// A draft as it is shown.
    pub(super) fn shown(&self, text: &str) -> String {
        self.put(text, |atom| &atom.label)
    }

    /// A draft in words: pastes stand in it, and pictures by their labels.
    pub(super) fn said(&self, text: &str) -> String {
        self.put(text, |atom| match &atom.body {
            Body::Text(text) => text,
            Body::Image(_) => &atom.label,
        })
    }

    fn put<'a>(&'a self, text: &str, word: impl Fn(&'a Atom) -> &'a str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match self.get(c) {
                Some(atom) => out.push_str(word(atom)),
                None if is_atom(c) => {}
                None => out.push(c),
            }
        }
        out
    }

    /// A draft as it is sent: a picture stands behind the words that end with its label.
    pub(super) fn content(&self, text: &str) -> Vec<Content> {
        let mut out = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(is_atom) {
            let end = at + rest[at..].chars().next().map_or(1, char::len_utf8);
            let c = rest[at..end].chars().next();
            if let Some(Atom { body: Body::Image(image), .. }) = c.and_then(|c| self.get(c)) {
                push(&mut out, &self.said(&rest[..end]));
                out.push(Content::Image(image.clone()));
            } else {
                push(&mut out, &self.said(&rest[..end]));
            }
            rest = &rest[end..];
        }
        push(&mut out, rest);
        out
    }
}

/// Words after words are one block.
fn push(out: &mut Vec<Content>, words: &str) {
    match out.last_mut() {
        _ if words.is_empty() => {}
        Some(Content::Text { text }) => text.push_str(words),
        _ => out.push(Content::text(words)),
    }
}

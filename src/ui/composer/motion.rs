//! Places in a text: borders of what is seen as one character, of lines and of words.

use std::ops::Range;

use unicode_segmentation::GraphemeCursor;

/// What a character is to the moves by words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Between words.
    Blank,
    /// Part of a word.
    Word,
    /// A sign between words, part of a run of such.
    Mark,
}

/// The border after `at`; `at` itself at the end.
pub(super) fn next(text: &str, at: usize) -> usize {
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    cursor.next_boundary(text, 0).ok().flatten().unwrap_or(text.len())
}

/// The border before `at`; 0 at the start.
pub(super) fn previous(text: &str, at: usize) -> usize {
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    cursor.prev_boundary(text, 0).ok().flatten().unwrap_or(0)
}

/// The nearest border that is not after `at`.
pub(super) fn border(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    if cursor.is_boundary(text, 0).unwrap_or(true) { at } else { previous(text, at) }
}

/// The line that `at` stands in, without its end.
pub(super) fn line(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    start..end
}

/// What stands at `at`; all that is no blank is of one class where `big`. Blank at the end.
pub(super) fn class(text: &str, at: usize, big: bool) -> Class {
    match text[at..].chars().next() {
        None => Class::Blank,
        Some(c) if c.is_whitespace() => Class::Blank,
        Some(c) if big || c.is_alphanumeric() || c == '_' => Class::Word,
        Some(_) => Class::Mark,
    }
}

/// Goes on from `at` while what stands there holds.
fn skip(text: &str, mut at: usize, holds: impl Fn(Class) -> bool, big: bool) -> usize {
    while at < text.len() && holds(class(text, at, big)) {
        at = next(text, at);
    }
    at
}

/// Goes back from `at` while what stands before it holds.
fn skip_back(text: &str, mut at: usize, holds: impl Fn(Class) -> bool, big: bool) -> usize {
    while at > 0 && holds(class(text, previous(text, at), big)) {
        at = previous(text, at);
    }
    at
}

/// The end of the word at or after `at`, as the shell's line has it.
pub(super) fn word_right(text: &str, at: usize) -> usize {
    let at = skip(text, at, |class| class == Class::Blank, false);
    let kind = class(text, at, false);
    skip(text, at, |class| class == kind && class != Class::Blank, false)
}

/// The start of the word before `at`.
pub(super) fn word_left(text: &str, at: usize) -> usize {
    word_back(text, at, false)
}

/// The same; `big`: what stands between blanks is one word.
pub(super) fn word_back(text: &str, at: usize, big: bool) -> usize {
    let at = skip_back(text, at, |class| class == Class::Blank, big);
    if at == 0 {
        return 0;
    }
    let kind = class(text, previous(text, at), big);
    skip_back(text, at, |class| class == kind, big)
}

/// The start of the next word.
pub(super) fn word_start(text: &str, at: usize, big: bool) -> usize {
    let kind = class(text, at, big);
    let at = skip(text, at, |class| class == kind && class != Class::Blank, big);
    skip(text, at, |class| class == Class::Blank, big)
}

/// The last character of this word, or of the next one where `at` is on it already.
pub(super) fn word_end(text: &str, at: usize, big: bool) -> usize {
    let from = skip(text, next(text, at), |class| class == Class::Blank, big);
    let kind = class(text, from, big);
    let end = skip(text, from, |class| class == kind && class != Class::Blank, big);
    if end > from { previous(text, end) } else { at }
}

/// The run of one class around `at`, within its line.
pub(super) fn run(text: &str, at: usize, big: bool) -> Range<usize> {
    let line = line(text, at);
    let kind = class(text, at, big);
    let start = skip_back(text, at, |class| class == kind, big).max(line.start);
    let end = skip(text, at, |class| class == kind, big).min(line.end).max(at);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_borders() {
        let text = "let x_1 = a.b();\n\u{65e5}\u{672c} e\u{301}nd";
        let mut seen = Vec::new();
        let mut at = 0;
        while at < text.len() {
            at = word_right(text, at);
            seen.push(&text[..at]);
        }
        assert_eq!(seen[..4], ["let", "let x_1", "let x_1 =", "let x_1 = a"]);
        assert_eq!(word_left(text, text.len()), text.len() - "e\u{301}nd".len());
        assert_eq!(word_left(text, 3), 0);
        assert_eq!(word_left(text, 0), 0);
        assert_eq!((border(text, 18), next(text, 17), previous(text, 20)), (17, 20, 17));
    }
}

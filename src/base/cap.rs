//! Keeping the head and the tail of what is too long.

/// A text cut to its first and last parts, and what was left out between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capped {
    /// What is kept, with a marker line where something is missing.
    pub text: String,
    /// Bytes that were left out; 0 where the text is whole.
    pub omitted: usize,
}

/// Keeps at most `head` bytes from the start and `tail` bytes from the end of `text`.
///
/// Cuts stand on character boundaries. Between the two parts a marker line says how many bytes
/// and lines are missing. A text no longer than `head + tail` comes back whole.
pub fn head_tail(text: &str, head: usize, tail: usize) -> Capped {
    if text.len() <= head.saturating_add(tail) {
        return Capped { text: text.to_owned(), omitted: 0 };
    }
    let head = floor(text, head);
    let tail = ceil(text, text.len() - tail);
    let cut = &text[head..tail];
    let lines = cut.bytes().filter(|&b| b == b'\n').count();
    let marker = format!("\n[… {} bytes, {lines} lines left out …]\n", cut.len());
    Capped { text: format!("{}{marker}{}", &text[..head], &text[tail..]), omitted: cut.len() }
}

/// The greatest character boundary at or below `at`.
pub fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The least character boundary at or above `at`.
pub fn ceil(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_whole() {
        assert_eq!(head_tail("abc", 2, 1), Capped { text: "abc".into(), omitted: 0 });
    }

    #[test]
    fn a_long_text_keeps_both_ends_on_boundaries() {
        let text = "ä".repeat(50);
        let got = head_tail(&text, 5, 5);
        assert!(got.text.starts_with("ää\n[… "), "{}", got.text);
        assert!(got.text.ends_with("]\nää"), "{}", got.text);
        assert_eq!(got.omitted, 92);
    }
}

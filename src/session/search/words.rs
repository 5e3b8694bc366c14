//! Words of any script, as they are looked for: where they stand in a text, and how they are spelt
//! when case, accents and width do not count.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Characters of a word that count.
const LONGEST: usize = 64;

/// The words of a text.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// All of them, folded, one after the other.
    folded: String,
    /// Where each stands in the text, and where its folded form ends.
    places: Vec<(Range<usize>, usize)>,
}

impl Words {
    /// The words of this text.
    pub(crate) fn of(text: &str) -> Self {
        let mut words = Self::default();
        let mut open: Option<(usize, usize)> = None;
        let mut length = 0;
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            match Kind::of(c) {
                Kind::Letter => {
                    let (from, _) = *open.get_or_insert((at, end));
                    open = Some((from, end));
                    length += 1;
                    if length <= LONGEST {
                        fold(c, &mut words.folded);
                    }
                }
                // It belongs to the letter before it.
                Kind::Mark => {
                    if let Some((from, _)) = open {
                        open = Some((from, end));
                        fold(c, &mut words.folded);
                    } else if let Some((place, stop)) = words.places.last_mut()
                        && place.end == at
                    {
                        place.end = end;
                        fold(c, &mut words.folded);
                        *stop = words.folded.len();
                    }
                }
                kind => {
                    words.close(open.take());
                    length = 0;
                    if kind == Kind::Alone {
                        fold(c, &mut words.folded);
                        words.close(Some((at, end)));
                    }
                }
            }
        }
        words.close(open);
        words
    }

    fn close(&mut self, open: Option<(usize, usize)>) {
        let begin = self.places.last().map_or(0, |(_, end)| *end);
        if let Some((from, to)) = open
            && self.folded.len() > begin
        {
            self.places.push((from..to, self.folded.len()));
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Where a word stands in the text.
    pub(crate) fn place(&self, at: usize) -> Range<usize> {
        self.places[at].0.clone()
    }

    /// A word as it is looked for.
    pub(crate) fn folded(&self, at: usize) -> &str {
        let from = at.checked_sub(1).map_or(0, |before| self.places[before].1);
        &self.folded[from..self.places[at].1]
    }

    /// All of them with a blank between each two.
    #[cfg(feature = "index")]
    pub(crate) fn joined(&self) -> String {
        let mut joined = String::with_capacity(self.folded.len() + self.places.len());
        for at in 0..self.len() {
            joined.push_str(self.folded(at));
            joined.push(' ');
        }
        joined
    }
}

/// The pieces of a name that is written with capitals inside, folded: `RetryBackoff` has `retry`
/// and `backoff`. None of them for another word.
pub(crate) fn pieces(word: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let humps = word.is_ascii() && word.len() <= LONGEST;
    let bytes = word.as_bytes();
    let starts = (1..if humps { bytes.len() } else { 0 }).filter(|&at| {
        let next = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        bytes[at].is_ascii_uppercase() && (bytes[at - 1].is_ascii_lowercase() || next)
    });
    let mut cuts: Vec<usize> = starts.collect();
    if !cuts.is_empty() {
        cuts.insert(0, 0);
        cuts.push(word.len());
    }
    let pairs: Vec<_> = cuts.windows(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.into_iter().map(move |(from, to)| Cow::Owned(word[from..to].to_ascii_lowercase()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Mark,
    /// A word of its own: a sign of a script that puts no blanks between words, or a picture.
    Alone,
    Between,
}

impl Kind {
    fn of(c: char) -> Self {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' => Self::Letter,
            '\0'..='\u{7f}' => Self::Between,
            c if is_combining_mark(c) => Self::Mark,
            // Thai, Lao, Tibetan, Myanmar, Khmer; jamo; kana, Han, Hangul; pictures.
            '\u{e00}'..='\u{fff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}'
            | '\u{2600}'..='\u{27bf}'
            | '\u{1f000}'..='\u{1faff}'
            | '\u{20000}'..='\u{3ffff}' => Self::Alone,
            c if c.is_alphanumeric() => Self::Letter,
            _ => Self::Between,
        }
    }
}

/// Adds a character without its case, width and accents.
fn fold(c: char, to: &mut String) {
    if c.is_ascii() {
        to.push(c.to_ascii_lowercase());
        return;
    }
    if ('\u{ac00}'..='\u{d7af}').contains(&c) {
        to.push(c);
        return;
    }
    for c in std::iter::once(c).nfkd().flat_map(char::to_lowercase).nfkd() {
        let accent = ('\u{300}'..='\u{36f}').contains(&c);
        if !accent && (!c.is_ascii() || c.is_ascii_alphanumeric()) {
            to.push(c.to_ascii_lowercase());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<(String, String)> {
        let words = Words::of(text);
        let all = (0..words.len())
            .map(|at| (text[words.place(at)].to_owned(), words.folded(at).to_owned()));
        all.collect()
    }

    #[test]
    fn words_of_any_script() {
        #[rustfmt::skip]
        let table: &[(&str, &[&str])] = &[
            ("Make the RETRY-delay!", &["make", "the", "retry", "delay"]),
            ("snake_case::path/to.rs", &["snake", "case", "path", "to", "rs"]),
            ("Café ÉTÉ résumé", &["cafe", "ete", "resume"]),
            ("cafe\u{301}", &["cafe"]),
            ("Straße ΣΊΣΥΦΟΣ Ёж", &["straße", "σισυφοσ", "еж"]),
            ("重试 delay", &["重", "试", "delay"]),
            ("재시도", &["재", "시", "도"]),
            ("ＦＵＬＬ１２", &["full12"]),
            ("مرحبا שלום", &["مرحبا", "שלום"]),
            ("हिन्दी", &["हिन्दी"]),
            ("🦀 rust", &["🦀", "rust"]),
            (" \n\t–… ", &[]),
        ];
        for (text, expected) in table {
            let got: Vec<_> = words(text).into_iter().map(|(_, folded)| folded).collect();
            let expected: Vec<String> = expected
                .iter()
                .map(
                    |word| {
                        if word.contains('न') { Words::of(word).folded } else { (*word).into() }
                    },
                )
                .collect();
            assert_eq!(got, expected, "{text}");
        }
        assert_eq!(words("x Café,")[1].0, "Café");
    }

    #[test]
    fn names_with_capitals_inside_have_pieces() {
        let table: &[(&str, &[&str])] = &[
            ("RetryBackoff", &["retry", "backoff"]),
            ("getHTTPClient", &["get", "http", "client"]),
            ("Retry", &[]),
            ("RETRY", &[]),
            ("retry", &[]),
            ("ÀB", &[]),
        ];
        for (word, expected) in table {
            assert_eq!(pieces(word).collect::<Vec<_>>(), *expected, "{word}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_words_in_order_that_stand_where_they_say(text in "\\PC{0,60}") {
            let words = Words::of(&text);
            let mut before = 0;
            for at in 0..words.len() {
                let place = words.place(at);
                prop_assert!(before <= place.start && place.start < place.end);
                before = place.end;
                prop_assert!(text.get(place).is_some());
                let folded = words.folded(at);
                prop_assert!(!folded.is_empty());
                // What the index takes for one word.
                prop_assert!(folded.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric()));
            }
        }
    }
}

//! Reasoning that stands in the answer: `<think>…</think>` at its very beginning, as servers of
//! one's own send it where they do not know the model's template.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
/// Most bytes of white space that are held back before the first word.
const MAX_BLANK: usize = 1024;

/// Parts reasoning from answer, however the words are cut.
#[derive(Debug, Default)]
pub(super) struct Tags {
    place: Place,
    /// What may be a tag, or its beginning.
    held: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Place {
    /// Nothing but white space has come.
    #[default]
    Before,
    /// Between the tags.
    Within,
    /// Behind them, with only white space so far.
    Behind,
    /// In the answer.
    Answer,
}

impl Tags {
    /// Takes more words, and gives what is certain now: reasoning, then answer.
    pub(super) fn feed(&mut self, text: &str) -> (String, String) {
        let mut thought = String::new();
        if self.place == Place::Answer {
            return (thought, text.to_owned());
        }
        self.held.push_str(text);
        if self.place == Place::Before {
            let begun = self.held.trim_start();
            if let Some(rest) = begun.strip_prefix(OPEN) {
                self.held = rest.to_owned();
                self.place = Place::Within;
            } else if OPEN.starts_with(begun) && self.held.len() <= MAX_BLANK {
                return (thought, String::new());
            } else {
                self.place = Place::Answer;
                return (thought, std::mem::take(&mut self.held));
            }
        }
        if self.place == Place::Within {
            if let Some(at) = self.held.find(CLOSE) {
                thought.push_str(&self.held[..at]);
                self.held.drain(..at + CLOSE.len());
                self.place = Place::Behind;
            } else {
                let certain = self.held.len() - tail(&self.held);
                return (self.held.drain(..certain).collect(), String::new());
            }
        }
        let said = self.held.trim_start().to_owned();
        self.held.clear();
        if !said.is_empty() {
            self.place = Place::Answer;
        }
        (thought, said)
    }

    /// No more words come that could complete a tag.
    pub(super) fn end(&mut self) -> (String, String) {
        let held = std::mem::take(&mut self.held);
        match self.place {
            Place::Within => (held, String::new()),
            Place::Before | Place::Behind | Place::Answer => (String::new(), held),
        }
    }
}

/// How many bytes at the end of `text` may be the beginning of the closing tag.
fn tail(text: &str) -> usize {
    (1..CLOSE.len()).rev().find(|&length| text.ends_with(&CLOSE[..length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed<'a>(parts: impl IntoIterator<Item = &'a str>) -> (String, String) {
        let (mut tags, mut thought, mut said) = Default::default();
        let mut add = |(a, b): (String, String)| {
            thought = format!("{thought}{a}");
            said = format!("{said}{b}");
        };
        for part in parts {
            add(Tags::feed(&mut tags, part));
        }
        add(tags.end());
        (thought, said)
    }

    #[test]
    fn tags_are_found_wherever_the_words_are_cut() {
        let table = [
            ("hello", "", "hello"),
            ("", "", ""),
            (" \n", "", " \n"),
            ("<think>hm, ä</think>\n\nyes", "hm, ä", "yes"),
            ("\n <think>\nhm\n</think>yes", "\nhm\n", "yes"),
            ("<think></think>yes", "", "yes"),
            ("<think>a < b </thin </think> c </think> d", "a < b </thin ", "c </think> d"),
            ("<think>never closed</thi", "never closed</thi", ""),
            ("<thin", "", "<thin"),
            ("<thinking>no</thinking>", "", "<thinking>no</thinking>"),
            ("say <think>no</think>", "", "say <think>no</think>"),
            ("<think>a</think><think>b</think>", "a", "<think>b</think>"),
        ];
        for (text, thought, said) in table {
            let expected = (thought.to_owned(), said.to_owned());
            let cuts: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
            for &at in &cuts {
                assert_eq!(fed([&text[..at], &text[at..]]), expected, "{text:?} cut at {at}");
            }
            let letters = text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]);
            assert_eq!(fed(letters), expected, "{text:?} letter by letter");
        }
    }

    #[test]
    fn white_space_is_not_held_without_end() {
        let blank = " ".repeat(MAX_BLANK);
        let mut tags = Tags::default();
        assert_eq!(tags.feed(&blank), Default::default());
        assert_eq!(tags.feed("\n"), (String::new(), format!("{blank}\n")));
    }
}

//! A query: a text, never a language of its own. Quotes make a phrase; all else is words.

use std::ops::Range;

use crate::session::search::words::{Words, pieces};

/// Most words and phrases that are looked for.
const TERMS: usize = 16;
/// Characters before what was found.
const BEFORE: usize = 24;
/// Characters after the first place.
const AFTER: usize = 72;

/// What is looked for: every word or phrase of it has to be there, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    /// One after the other.
    words: Vec<String>,
    /// The last one may go on.
    open: bool,
}

/// A few words of what was found, on one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The words.
    pub text: String,
    /// Where the query stands in them, in bytes.
    pub marks: Vec<Range<usize>>,
}

impl Query {
    /// Reads what the user wrote. Any text is a query; one without a word finds nothing.
    ///
    /// A word also stands for longer ones that begin so; what stands in `"quotes"` does not.
    pub fn parse(text: &str) -> Self {
        let mut terms = Vec::new();
        for (at, part) in text.split('"').enumerate() {
            let quoted = at % 2 == 1;
            let parts: Vec<&str> =
                if quoted { vec![part] } else { part.split_whitespace().collect() };
            for part in parts {
                let words = Words::of(part);
                let words: Vec<_> =
                    (0..words.len()).map(|at| words.folded(at).to_owned()).collect();
                // One letter or two are the beginning of too much.
                let long = words.last().is_some_and(|word| word.chars().count() > 2);
                let term = Term { words, open: !quoted && long };
                if !term.words.is_empty() && terms.len() < TERMS && !terms.contains(&term) {
                    terms.push(term);
                }
            }
        }
        Self { terms }
    }

    /// Has it no word?
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The same for SQLite: only words in quotes, which have no quotes in them.
    #[cfg(feature = "index")]
    pub(crate) fn fts(&self) -> String {
        let terms = self.terms.iter().map(|term| {
            let star = if term.open { " *" } else { "" };
            format!("\"{}\"{star}", term.words.join(" "))
        });
        terms.collect::<Vec<_>>().join(" ")
    }

    /// Can a line of a log have all of it? Says yes where that is not known.
    pub(super) fn may_be_in(&self, line: &[u8]) -> bool {
        if !line.is_ascii() {
            return true;
        }
        let line = line.to_ascii_lowercase();
        let words = self.terms.iter().flat_map(|term| &term.words);
        words.into_iter().all(|word| memchr::memmem::find(&line, word.as_bytes()).is_some())
    }

    /// Where a text has it, in order; none where something is missing.
    pub(crate) fn places(&self, text: &str) -> Option<Vec<Range<usize>>> {
        let words = Words::of(text);
        let mut places = Vec::new();
        for term in &self.terms {
            let before = places.len();
            let most = words.len().saturating_sub(term.words.len() - 1);
            places.extend(
                (0..most)
                    .filter(|&at| term.fits(text, &words, at))
                    .map(|at| words.place(at).start..words.place(at + term.words.len() - 1).end),
            );
            if places.len() == before {
                return None;
            }
        }
        places.sort_by_key(|place| (place.start, place.end));
        (!places.is_empty()).then_some(places)
    }

    /// A few words around the place where most of it stands together.
    pub fn snippet(&self, text: &str) -> Option<Snippet> {
        let places = self.places(text)?;
        let near = |from: &Range<usize>| {
            let within = |place: &&Range<usize>| {
                place.start >= from.start && place.end <= from.start.saturating_add(AFTER)
            };
            let mut near: Vec<_> =
                places.iter().filter(within).map(|at| &text[at.clone()]).collect();
            near.sort_unstable();
            near.dedup();
            near.len()
        };
        // The first of the best.
        let best = places.iter().take(256).rev().max_by_key(|place| near(place))?;
        Some(around(text, best.start, &places))
    }
}

impl Term {
    fn fits(&self, text: &str, words: &Words, at: usize) -> bool {
        let last = self.words.len() - 1;
        let whole = self.words.iter().enumerate().all(|(offset, wanted)| {
            let word = words.folded(at + offset);
            if offset == last && self.open { word.starts_with(wanted) } else { word == wanted }
        });
        let piece = |piece: &str| {
            if self.open { piece.starts_with(&*self.words[0]) } else { piece == self.words[0] }
        };
        whole || last == 0 && pieces(&text[words.place(at)]).any(|one| piece(&one))
    }
}

/// A line of words from a little before `start`; blanks and breaks are one blank.
fn around(text: &str, start: usize, places: &[Range<usize>]) -> Snippet {
    let before = text[..start].char_indices().rev();
    let from =
        before.take(BEFORE).take_while(|(_, c)| *c != '\n').last().map_or(start, |(at, _)| at);
    let cut = text[..from].chars().next_back().is_some_and(|c| c != '\n');
    // No half word, where there are words.
    let blank = text[from..start].find(char::is_whitespace).filter(|_| cut);
    let from = blank.map_or(from, |at| from + at);
    let mut line = String::from(if cut { "…" } else { "" });
    let mut marks: Vec<Range<usize>> = Vec::new();
    let mut rest = places.iter().filter(|place| place.start >= from).peekable();
    let mut inside: Option<(usize, usize)> = None;
    let mut left = BEFORE + AFTER;
    let mut ended = true;
    for (at, c) in text[from..].char_indices() {
        let at = from + at;
        if let Some((begin, _)) = inside.filter(|(_, end)| at >= *end) {
            marks.push(begin..line.len());
            inside = None;
        }
        if left == 0 {
            ended = false;
            break;
        }
        while rest.peek().is_some_and(|place| place.start < at) {
            rest.next();
        }
        if inside.is_none()
            && let Some(place) = rest.next_if(|place| place.start == at)
        {
            inside = Some((line.len(), place.end));
        }
        match c {
            c if c.is_whitespace() => {
                if !line.is_empty() && !line.ends_with([' ', '…']) {
                    line.push(' ');
                }
            }
            c => line.push(c),
        }
        left -= 1;
    }
    if let Some((begin, _)) = inside {
        marks.push(begin..line.len());
    }
    line.truncate(line.trim_end().len());
    let end = line.len();
    marks.retain_mut(|mark| {
        mark.end = mark.end.min(end);
        mark.start < mark.end
    });
    if !ended {
        line.push('…');
    }
    Snippet { text: line, marks }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(snippet: &Snippet) -> Vec<&str> {
        snippet.marks.iter().map(|mark| &snippet.text[mark.clone()]).collect()
    }

    #[test]
    fn words_and_phrases_are_found() {
        let text = "first line\nmake the \"RETRY\" delay of RetryBackoff in snake_case exponential, \
                    and 重试 later: Café";
        #[rustfmt::skip]
        let table = [
            ("retry delay", true),
            ("delay retry", true),
            ("\"delay retry\"", false),
            ("\"retry delay\"", true),
            ("\"retry del\"", false),
            ("expo", true),
            ("\"expo\"", false),
            ("xponential", false),
            ("backoff", true),
            ("snake_case", true),
            ("case_snake", false),
            ("试", true),
            ("重试", true),
            ("试重", false),
            ("CAFE", true),
            ("ex", false),
            ("exp", true),
            ("retry missing", false),
            ("\"retry", true),
            ("", false),
            ("?!", false),
        ];
        for (query, found) in table {
            assert_eq!(Query::parse(query).places(text).is_some(), found, "{query}");
        }
    }

    #[test]
    fn a_snippet_is_one_line_with_its_marks() {
        let text =
            "one\ntwo\n".repeat(30) + "here is the\n\tretry of a long delay" + &" x".repeat(90);
        let snippet = Query::parse("delay retry").snippet(&text).unwrap();
        assert!(snippet.text.starts_with("retry of a long delay x x"), "{snippet:?}");
        assert!(snippet.text.ends_with('…') && !snippet.text.contains('\n'));
        assert_eq!(marked(&snippet), ["retry", "delay"]);
        let snippet = Query::parse("delay").snippet(&text).unwrap();
        assert!(snippet.text.starts_with("retry of a long delay"), "{snippet:?}");
        let long = "word ".repeat(50) + "needle";
        let snippet = Query::parse("needle").snippet(&long).unwrap();
        assert_eq!(snippet.text, "…word word word word needle");
        // Where most of it stands together is where one looks.
        let text = format!("retry{}retry and delay", " .".repeat(200));
        assert_eq!(marked(&Query::parse("retry delay").snippet(&text).unwrap()).len(), 2);
    }

    proptest! {
        #[test]
        fn any_query_in_any_text_is_no_error(query in "\\PC{0,30}", text in "(\\PC|\n){0,200}") {
            let read = Query::parse(&query);
            if let Some(snippet) = read.snippet(&text) {
                prop_assert!(!snippet.marks.is_empty());
                for mark in &snippet.marks {
                    prop_assert!(snippet.text.get(mark.clone()).is_some_and(|it| !it.is_empty()));
                }
                prop_assert!(!snippet.text.contains('\n'));
            }
        }

        #[test]
        fn what_a_text_says_is_found_in_it(text in "(\\PC|\n){1,80}") {
            let phrase = Query::parse(&format!("\"{}\"", text.replace('"', " ")));
            prop_assert!(phrase.is_empty() || phrase.places(&text).is_some());
        }
    }
}

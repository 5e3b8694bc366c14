//! What the list of sessions is filtered by: words with a colon, and a text.

use crate::base::clock::Millis;
use crate::session::{Overview, Query};

/// The words that are understood, as they are offered.
pub(super) const WORDS: &str = "f:name tag:x branch:x archived: since:7d cost:>1 is:pinned";

/// A filter, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Filter {
    /// In lower case; looked for in titles, and in what was said.
    pub(super) text: String,
    query: Query,
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq)]
enum Word {
    /// A changed file's name has this in it.
    File(String),
    /// Not older than so many milliseconds.
    Since(u64),
    /// It cost more.
    Cost(f64),
    /// It changed files.
    Edits,
    /// It stands above the others.
    Pinned,
    /// The model's name has this in it.
    Model(String),
    /// It has the tag.
    Tag(String),
    /// The branch's name has this in it.
    Branch(String),
    /// It was put away; those are seen only where this asks for them.
    Archived,
}

impl Filter {
    /// Reads a line. A word that is not understood is part of the text.
    pub(super) fn parse(line: &str) -> Self {
        let mut filter = Self::default();
        let mut text = Vec::new();
        for part in line.split_whitespace() {
            match word(part) {
                Some(word) => filter.words.push(word),
                None => text.push(part.to_lowercase()),
            }
        }
        filter.text = text.join(" ");
        filter.query = Query::parse(&filter.text);
        filter
    }

    /// Do the words let this session through?
    pub(super) fn fits(&self, one: &Overview, now: Millis) -> bool {
        if one.archived && !self.words.contains(&Word::Archived) {
            return false;
        }
        self.words.iter().all(|word| match word {
            Word::File(name) => one.files.iter().any(|file| file.to_lowercase().contains(name)),
            Word::Since(age) => now.0.saturating_sub(one.touched.0) <= *age,
            Word::Cost(least) => one.dollars.is_some_and(|dollars| dollars > *least),
            Word::Edits => !one.files.is_empty(),
            Word::Pinned => one.pinned,
            Word::Model(name) => one.model.0.to_lowercase().contains(name),
            Word::Tag(tag) => one.tags.contains(tag),
            Word::Branch(name) => {
                one.branch.as_ref().is_some_and(|branch| branch.to_lowercase().contains(name))
            }
            Word::Archived => one.archived,
        })
    }

    /// Has the title the text in it?
    pub(super) fn is_in_title(&self, one: &Overview) -> bool {
        self.text.is_empty()
            || one.called().to_lowercase().contains(&self.text)
            || self.query.places(one.called()).is_some()
    }
}

fn word(part: &str) -> Option<Word> {
    if part == "archived:" {
        return Some(Word::Archived);
    }
    let (key, value) = part.split_once(':').filter(|(_, value)| !value.is_empty())?;
    let value = value.to_lowercase();
    Some(match (key, value.as_str()) {
        ("f", _) => Word::File(value),
        ("model", _) => Word::Model(value),
        ("tag", _) => Word::Tag(value.trim_start_matches('#').to_owned()),
        ("branch", _) => Word::Branch(value),
        ("is", "archived") => Word::Archived,
        ("has", "edits") => Word::Edits,
        ("is", "pinned") => Word::Pinned,
        ("cost", _) => Word::Cost(value.trim_start_matches(['>', '$']).parse().ok()?),
        ("since", _) => Word::Since(age(&value)?),
        _ => return None,
    })
}

/// `90m`, `12h`, `7d`, `2w`, in milliseconds.
fn age(text: &str) -> Option<u64> {
    let (at, unit) = text.char_indices().next_back()?;
    let unit: u64 = match unit {
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return None,
    };
    Some(text[..at].parse::<u64>().ok()?.saturating_mul(unit * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::State;

    #[test]
    fn words_sift_and_the_rest_is_text() {
        let mut one = Overview::of(&State::new("s".into()), |_, _| None);
        one.title = "Retry the backoff".to_owned();
        one.files = vec!["src/Net/client.rs".to_owned()];
        one.dollars = Some(1.5);
        one.model = "sonnet-4.5".into();
        one.tags = ["net".to_owned()].into();
        one.branch = Some("fix/Retry".to_owned());
        one.touched = Millis(1_000_000_000);
        let now = Millis(1_000_000_000 + 2 * 60 * 60 * 1000);
        let table = [
            ("", true),
            ("f:net", true),
            ("f:other", false),
            ("since:3h", true),
            ("since:1h", false),
            ("cost:>1", true),
            ("cost:2", false),
            ("has:edits model:SONNET", true),
            ("is:pinned", false),
            ("tag:Net", true),
            ("tag:ne", false),
            ("branch:retry", true),
            ("branch:main", false),
            ("archived:", false),
            ("BACKOFF", true),
            ("\"retry the\"", true),
            ("backoff retry", true),
            ("\"backoff the\"", false),
            // No word of ours: a text.
            ("since:ever", false),
            ("https://x", false),
        ];
        for (line, fits) in table {
            let filter = Filter::parse(line);
            assert_eq!(filter.fits(&one, now) && filter.is_in_title(&one), fits, "{line}");
        }
        one.archived = true;
        assert!(!Filter::parse("").fits(&one, now), "what is put away is out of sight");
        assert!(Filter::parse("archived: tag:net").fits(&one, now));
    }

    #[test]
    fn every_word_that_is_offered_is_understood() {
        for part in WORDS.split(' ') {
            assert!(word(part).is_some(), "{part}");
        }
    }
}

//! What of a reasoning item stands beside its words in the log.
//!
//! The service gives an item `{id, summary: [{text}], encrypted_content}` and wants it back unchanged.
//! We keep its summary as the words of a `Content::Thinking`, and as its signature this JSON:
//! `{"id": …, "encrypted_content": …, "summary": [the bytes of each part]}`.
//!
//! A message has a phase, too (`commentary`, `final_answer`), without which newer models stop early. It
//! stands right after the message's words, as `{"phase": …}` in a `Content::Thinking` of no words.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What stands between two parts of a summary.
pub(super) const BETWEEN: &str = "\n\n";

/// The seal of a reasoning item.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Seal<'a> {
    #[serde(borrow, default)]
    pub id: Cow<'a, str>,
    #[serde(borrow)]
    pub encrypted_content: Cow<'a, str>,
    /// How many bytes each part of the summary has.
    #[serde(default)]
    pub summary: Vec<usize>,
}

impl<'a> Seal<'a> {
    /// As it stands in the log.
    pub(super) fn write(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// None of what is no seal of ours.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The parts of the summary as they came. Words that do not fit are one part.
    pub(super) fn parts<'t>(&self, words: &'t str) -> Vec<&'t str> {
        let mut rest = words;
        let mut parts = Vec::new();
        for (at, &length) in self.summary.iter().enumerate() {
            let part = if at == 0 { Some(rest) } else { rest.strip_prefix(BETWEEN) };
            let Some((part, after)) = part.and_then(|part| part.split_at_checked(length)) else {
                return vec![words];
            };
            parts.push(part);
            rest = after;
        }
        if self.summary.is_empty() || rest.is_empty() { parts } else { vec![words] }
    }
}

/// What a message is in its reply.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Phase<'a> {
    #[serde(borrow)]
    pub phase: Cow<'a, str>,
}

impl<'a> Phase<'a> {
    /// As it stands in the log.
    pub(super) fn write(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// None of what is no phase.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_keeps_its_parts() {
        let table: &[(&[usize], &str, &[&str])] = &[
            (&[], "", &[]),
            // Reasoning that came in full has no summary.
            (&[], "raw words", &[]),
            (&[3], "abc", &["abc"]),
            (&[2, 3], "ä\n\nabc", &["ä", "abc"]),
            (&[4, 1], "a\n\nb\n\nc", &["a\n\nb", "c"]),
            // Of another length, without what stands between, in the middle of a letter.
            (&[2], "abc", &["abc"]),
            (&[9], "abc", &["abc"]),
            (&[1, 1], "abcd", &["abcd"]),
            (&[1], "ä", &["ä"]),
            (&[usize::MAX, usize::MAX], "abc", &["abc"]),
        ];
        for (summary, words, expected) in table {
            let seal =
                Seal { id: "r".into(), encrypted_content: "e".into(), summary: summary.to_vec() };
            assert_eq!(seal.parts(words), *expected, "{summary:?} of {words:?}");
            let text = seal.write().unwrap();
            assert_eq!(Seal::read(&text).unwrap(), seal, "{text}");
        }
    }

    #[test]
    fn what_is_no_seal_is_none() {
        for text in ["", "c2lnbmVk", "{}", "[]", r#"{"id":"r"}"#, r#"{"encrypted_content":7}"#] {
            assert_eq!(Seal::read(text), None, "{text}");
            assert_eq!(Phase::read(text), None, "{text}");
        }
        let phase = Phase { phase: "commentary".into() }.write().unwrap();
        assert_eq!(Seal::read(&phase), None);
        assert_eq!(Phase::read(&phase).unwrap().phase, "commentary");
    }
}

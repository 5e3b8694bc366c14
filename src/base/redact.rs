//! Secrets taken out of text: those whose values are known, and what has the shape of one.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use regex::bytes::{Captures, Regex, Replacer};

/// What stands in a secret's place.
pub const MARK: &str = "[secret]";

/// A value shorter than this is no secret that could be told from other text.
const SHORTEST: usize = 8;

/// Values that are remembered, at most.
const MOST: usize = 256;

/// The values of this process, the longest first: one that holds another goes as a whole.
static KNOWN: RwLock<Vec<Arc<str>>> = RwLock::new(Vec::new());

/// What is a secret from its first to its last character.
///
/// Both work on bytes: what begins and ends a secret is ASCII, and the tables of Unicode would take
/// longer to make than the rest of a start.
static WHOLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let key = "[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----";
    let shapes = [
        &format!(r"-----BEGIN {key}(?s:.*?)(?:-----END {key}|\z)"),
        r"\bsk-[A-Za-z0-9_-]{20,}",
        r"\b[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}",
        r"\bgh[pousr]_[A-Za-z0-9]{20,}",
        r"\bgithub_pat_[A-Za-z0-9_]{20,}",
        r"\bglpat-[A-Za-z0-9_-]{20,}",
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"\bAIza[A-Za-z0-9_-]{35}",
        r"\bya29\.[A-Za-z0-9_-]{20,}",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"\bnpm_[A-Za-z0-9]{30,}",
        r"\bpypi-[A-Za-z0-9_-]{30,}",
        r"\bhf_[A-Za-z0-9]{30,}",
        r"\bgsk_[A-Za-z0-9]{40,}",
        r"\bxai-[A-Za-z0-9]{40,}",
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        r"\bAGE-SECRET-KEY-1[A-Z0-9]{50,}",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    ];
    Regex::new(&format!("(?-u){}", shapes.join("|"))).ok()
});

/// What is a secret behind the words that announce it; the words stay.
static ANNOUNCED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let shapes = concat!(
        r"(?i-u)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{12,}",
        r#"|((?:api[_-]?key|access[_-]?key|secret|token|passw(?:or)?d|passphrase)\\?["']?"#,
        r#"\s{0,4}[:=]\s{0,4}\\?["']?)[^\s"'\\,;&\[\]{}()<>]{8,}"#,
        r"|(\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]{0,100}:)[^\s/@]{1,200}@",
    );
    Regex::new(shapes).ok()
});

/// From now on this value is taken out wherever text is redacted. One that is shorter than 8 bytes
/// is not: it could be any word.
pub fn learn(secret: &str) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if secret.len() >= SHORTEST && known.len() < MOST && !known.iter().any(|one| **one == *secret) {
        known.push(secret.into());
        known.sort_by_key(|one| std::cmp::Reverse(one.len()));
    }
}

fn known() -> Vec<Arc<str>> {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// `text` without the secrets that are known by their values. Linear in the text.
pub fn values(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    for value in known() {
        // The same value as JSON has it, which most of what is written is.
        let json = value.replace('\\', r"\\").replace('"', "\\\"");
        for form in [&*value, &*json] {
            if out.contains(form) {
                out = Cow::Owned(out.replace(form, MARK));
            }
        }
    }
    out
}

/// `text` without known secrets and without what looks like one: for logs and reports, where a word
/// too many that is taken out does no harm. Linear in the text.
pub fn all(text: &str) -> Cow<'_, str> {
    let mut out = values(text);
    let shapes = WHOLE.as_ref().and_then(|shapes| replaced(shapes, &out, MARK.as_bytes()));
    out = shapes.map_or(out, Cow::Owned);
    let marked = |found: &Captures<'_>| {
        let words = (1..4).find_map(|at| found.get(at)).map_or(&b""[..], |words| words.as_bytes());
        let end: &[u8] = if found.get(3).is_some() { b"@" } else { b"" };
        [words, MARK.as_bytes(), end].concat()
    };
    let shapes = ANNOUNCED.as_ref().and_then(|shapes| replaced(shapes, &out, marked));
    shapes.map_or(out, Cow::Owned)
}

/// `text` with something else for what matches; none where nothing does.
fn replaced(shapes: &Regex, text: &str, with: impl Replacer) -> Option<String> {
    match shapes.replace_all(text.as_bytes(), with) {
        Cow::Borrowed(_) => None,
        Cow::Owned(bytes) => Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
    }
}

/// Bytes that come in pieces, without the known secrets, wherever the pieces were cut.
#[derive(Debug, Default)]
pub struct Stream {
    /// The beginning of what may become a secret.
    held: Vec<u8>,
}

impl Stream {
    /// What of the bytes so far can be passed on.
    pub fn push<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let known = known();
        if known.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut all = std::mem::take(&mut self.held);
        let fresh = all.is_empty();
        all.extend_from_slice(bytes);
        let mut changed = false;
        for value in &known {
            changed |= replace(&mut all, value.as_bytes());
        }
        let held = known.iter().map(|value| begun(&all, value.as_bytes())).max().unwrap_or(0);
        if fresh && held == 0 && !changed {
            return Cow::Borrowed(bytes);
        }
        self.held = all.split_off(all.len() - held);
        Cow::Owned(all)
    }

    /// What was held back to the end: no secret after all.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }
}

/// How many bytes at the end of `text` are the beginning of `value`, but not all of it.
fn begun(text: &[u8], value: &[u8]) -> usize {
    let most = text.len().min(value.len() - 1);
    (1..=most).rev().find(|&n| text.ends_with(&value[..n])).unwrap_or(0)
}

/// Puts the mark into the place of each `value`.
fn replace(text: &mut Vec<u8>, value: &[u8]) -> bool {
    let mut found = memchr::memmem::find_iter(text, value).peekable();
    if found.peek().is_none() {
        return false;
    }
    let (mut out, mut from) = (Vec::with_capacity(text.len()), 0);
    for at in found {
        out.extend_from_slice(&text[from..at]);
        out.extend_from_slice(MARK.as_bytes());
        from = at + value.len();
    }
    out.extend_from_slice(&text[from..]);
    *text = out;
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shapes_go_and_words_stay() {
        // Put together here: no scanner shall take this file for a leak.
        let long = "Ab1".repeat(14);
        let key =
            format!("-----BEGIN RSA {}-----\nMII\n-----END RSA PRIVATE KEY-----", "PRIVATE KEY");
        let table = [
            (format!("key sk-ant-{long} end"), "key [secret] end".to_owned()),
            (format!("ghp_{long}"), MARK.into()),
            (format!("AIza{}", "x".repeat(35)), MARK.into()),
            (format!("AKIA{}", "Q".repeat(16)), MARK.into()),
            (format!("eyJ{long}.{long}.{long}"), MARK.into()),
            (format!("Authorization: Bearer {long}"), "Authorization: Bearer [secret]".into()),
            (format!("a\n{key}\nb"), "a\n[secret]\nb".into()),
            ("postgres://me:hunter22@db/x".into(), "postgres://me:[secret]@db/x".into()),
            (format!("aws_secret_access_key = {long}"), "aws_secret_access_key = [secret]".into()),
            (format!(r#"{{"api_key":"{long}"}}"#), r#"{"api_key":"[secret]"}"#.into()),
            ("password=correcthorse rest".into(), "password=[secret] rest".into()),
            ("é password=größenwahn, ü".into(), "é password=[secret], ü".into()),
            ("ü mysql://mé:pässwort@db ü".into(), "ü mysql://mé:[secret]@db ü".into()),
            ("see https://docs.rs/regex:1 and a@b.c".into(), String::new()),
            ("the token is not here; risk-averse task-list".into(), String::new()),
            ("fn secret(token: &str) {}".into(), String::new()),
        ];
        for (text, expected) in table {
            let expected = if expected.is_empty() { &text } else { &expected };
            assert_eq!(all(&text), *expected, "{text}");
        }
    }

    #[test]
    fn known_values_go_in_every_form() {
        learn("canary-of-the-redactor");
        learn(r#"quoted"canary\of-it"#);
        learn("short");
        assert_eq!(values("a canary-of-the-redactor b short"), "a [secret] b short");
        let json = serde_json::to_string(r#"x quoted"canary\of-it"#).unwrap();
        assert_eq!(values(&json), "\"x [secret]\"");
        assert!(matches!(values("nothing"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_long_text_takes_linear_time() {
        // 8 MB of what begins like a secret again and again: a quadratic search would not end.
        let text = "-----BEGIN PRIVATE KEY".repeat(200_000) + &"token=".repeat(500_000);
        assert!(!all(&text).is_empty());
    }

    proptest! {
        #[test]
        fn no_cut_hides_a_secret(
            parts in prop::collection::vec("(ca|canary-of-the-stream|nary-|x){0,4}", 0..6),
            cuts in prop::collection::vec(0_usize..80, 0..6),
        ) {
            learn("canary-of-the-stream");
            let text = parts.concat();
            let mut cuts: Vec<_> = cuts.into_iter().filter(|&at| at < text.len()).collect();
            cuts.sort_unstable();
            cuts.push(text.len());
            let (mut stream, mut out, mut from) = (Stream::default(), Vec::new(), 0);
            for at in cuts {
                out.extend_from_slice(&stream.push(&text.as_bytes()[from..at]));
                from = at;
            }
            out.extend(stream.rest());
            prop_assert_eq!(String::from_utf8(out).unwrap(), text.replace("canary-of-the-stream", MARK));
        }
    }
}

//! One text for another inside a file's text; and what is wrong where it is not there.

use crate::base::text;
use crate::tool::file::LARGEST;

/// The new text, and how many places were replaced.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Replaced {
    pub(super) text: String,
    pub(super) count: usize,
}

/// Puts `new` for `old`: at the one place where it stands, or everywhere.
///
/// A file whose lines end in `\r\n` keeps that: the model writes `\n` and both sides are turned.
/// The error is for the model: where it stands, or what stands there instead.
pub(super) fn replace(text: &str, old: &str, new: &str, all: bool) -> Result<Replaced, String> {
    if old.is_empty() {
        return Err("`old_string` is empty: to make or replace a whole file, use write".into());
    }
    if old == new {
        return Err("`old_string` and `new_string` are equal: nothing would change".into());
    }
    let turned = (with_crlf(old), with_crlf(new));
    let returns = text.matches("\r\n").count();
    let (old, new) = match returns {
        0 => (old, new),
        _ if returns == text.matches('\n').count() => (&*turned.0, &*turned.1),
        // Mixed endings: as said, else as the other lines have it.
        _ if text.contains(old) => (old, new),
        _ => (&*turned.0, &*turned.1),
    };
    let count = text.matches(old).count();
    if count == 0 {
        return Err(format!("`old_string` is not in the file{}", hint(text, old)));
    }
    if count > 1 && !all {
        let lines = text.match_indices(old).take(5).map(|(at, _)| line_of(text, at).to_string());
        let lines = lines.collect::<Vec<_>>().join(", ");
        let dots = if count > 5 { ", …" } else { "" };
        return Err(format!(
            "`old_string` is in the file {count} times, at lines {lines}{dots}: give more of the \
             text around the one that is meant, or set `replace_all`"
        ));
    }
    let size = text.len() as u64 + (count as u64).saturating_mul(new.len() as u64);
    if size > LARGEST {
        return Err("the file would grow above 64 MiB".into());
    }
    Ok(Replaced { text: text.replace(old, new), count })
}

fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].bytes().filter(|&byte| byte == b'\n').count() + 1
}

/// What the model may have meant.
fn hint(text: &str, old: &str) -> String {
    if let Some(bare) = without_numbers(old)
        && text.contains(&bare)
    {
        return ": leave out the line numbers that read puts before each line".into();
    }
    let wanted: Vec<&str> = old.trim_matches('\n').lines().collect();
    let lines: Vec<&str> = text.lines().collect();
    let bare = |line: &str| line.split_whitespace().collect::<String>();
    let keys: Vec<String> = wanted.iter().map(|line| bare(line)).collect();
    let Some(first) = keys.iter().find(|key| !key.is_empty()) else {
        return ": it is nothing but blanks".into();
    };
    let stands_at = |at: usize| {
        let found = lines[at..].iter().take(keys.len());
        found.len() == keys.len() && found.zip(&keys).all(|(line, key)| bare(line) == *key)
    };
    if let Some(at) = (0..lines.len()).find(|&at| stands_at(at)) {
        let differs = |(is, said): &(&&str, &&str)| is != said;
        return match lines[at..].iter().zip(&wanted).enumerate().find(|(_, pair)| differs(pair)) {
            Some((n, (is, said))) => format!(
                "; only blanks differ: line {} is {:?}, not {:?}",
                at + n + 1,
                text::truncate(is, 200),
                text::truncate(said, 200)
            ),
            None => "; only the blank lines around it differ".into(),
        };
    }
    match nearest(&lines, first) {
        Some((at, line)) => {
            let line = text::truncate(line, 200);
            format!("; the nearest to its first line is line {}: {line:?}", at + 1)
        }
        None => "; nothing in it is like its first line: read the file again".into(),
    }
}

/// The text without `12⇥` before each line; none where a line has no number.
fn without_numbers(text: &str) -> Option<String> {
    let lines = text.lines().map(|line| {
        let (number, rest) = line.split_once('\t')?;
        let number = number.trim();
        (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(rest)
    });
    Some(lines.collect::<Option<Vec<_>>>()?.join("\n"))
}

/// The line that shares most of its beginning and end with `wanted`, blanks not counted: at least
/// half of it.
fn nearest<'a>(lines: &[&'a str], wanted: &str) -> Option<(usize, &'a str)> {
    let shared = |line: &str| {
        let line = || line.chars().filter(|c| !c.is_whitespace());
        let ahead = line().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
        let ends = line().rev().zip(wanted.chars().rev());
        let most = wanted.chars().count().min(line().count()) - ahead;
        ahead + ends.take_while(|(a, b)| a == b).count().min(most)
    };
    // A line made by a machine is not worth the time.
    let short = lines.iter().enumerate().filter(|(_, line)| line.len() < 2000);
    let best = short
        .map(|(at, line)| (shared(line), at, *line))
        .max_by_key(|(n, at, _)| (*n, std::cmp::Reverse(*at)))?;
    (best.0 * 2 >= wanted.chars().count()).then_some((best.1, best.2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[rustfmt::skip]
    #[test]
    fn replacements() {
        let table = [
            // text             old       new     all    result
            ("a\nb\nc\n",       "b",      "x",    false, Ok(("a\nx\nc\n", 1))),
            ("a\nb\nc",         "c",      "d",    false, Ok(("a\nb\nd", 1))),
            ("b b",             "b",      "x",    true,  Ok(("x x", 2))),
            ("b\nb\n",          "b",      "x",    false, Err("is in the file 2 times, at lines 1, 2:")),
            ("a\r\nb\r\nc\r\n", "a\nb",   "x\ny", false, Ok(("x\r\ny\r\nc\r\n", 1))),
            ("a\r\nb\r\n",      "a\r\nb", "x\nz", false, Ok(("x\r\nz\r\n", 1))),
            ("a\r\nb\nc\n",     "b\nc",   "x\ny", false, Ok(("a\r\nx\ny\n", 1))),
            ("a\r\nb\nc\n",     "a\nb",   "x\ny", false, Ok(("x\r\ny\nc\n", 1))),
            ("\u{feff}a\nb",    "a\n",    "c\n",  false, Ok(("\u{feff}c\nb", 1))),
            ("a",               "",       "x",    false, Err("is empty")),
            ("a",               "a",      "a",    false, Err("are equal")),
            ("\tlet a = 1;\n",  "    let a = 1;", "", false, Err("only blanks differ: line 1 is \"\\tlet a = 1;\", not \"    let a = 1;\"")),
            ("x\nlet a = 1;\n", "2\tlet a = 1;",  "", false, Err("leave out the line numbers")),
            ("fn one() {}\nfn two() {}\n", "fn twa() {}", "", false, Err("nearest to its first line is line 2: \"fn two() {}\"")),
            ("a\nb\n",          "zzz",    "",     false, Err("nothing in it is like its first line")),
            ("a\nb\n",          "\n\n\n", "",     false, Err("nothing but blanks")),
            ("a\nb\n",          "\n\na\nb", "",   false, Err("only the blank lines around it differ")),
            ("",                "a",      "b",    false, Err("is not in the file")),
        ];
        for (text, old, new, all, expected) in table {
            match (replace(text, old, new, all), expected) {
                (Ok(got), Ok((text, count))) => {
                    assert_eq!((got.text.as_str(), got.count), (text, count), "{old:?}");
                }
                (Err(got), Err(part)) => assert!(got.contains(part), "{old:?}: {got}"),
                (got, _) => panic!("{text:?} {old:?} gave {got:?}"),
            }
        }
    }

    #[test]
    fn a_file_does_not_grow_without_bound() {
        let got = replace(&"a".repeat(1 << 20), "a", &"b".repeat(1 << 10), true);
        assert!(got.unwrap_err().contains("64 MiB"));
    }

    proptest! {
        #[test]
        fn never_panics_and_changes_only_what_is_named(
            text in "[ab\t\r\n1ä]{0,40}", old in "[ab\t\n1ä]{0,4}", new in "[ab\n]{0,3}",
        ) {
            if let Ok(got) = replace(&text, &old, &new, false) {
                prop_assert_eq!(got.count, 1);
                prop_assert_ne!(got.text, text);
            }
        }
    }
}

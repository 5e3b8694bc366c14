//! One file of instructions: read within bounds, its front matter taken off, its comments stripped.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::base::cap;
use crate::base::regular;

/// The most that is used of one file, in bytes.
pub(super) const MAX_NOTE: usize = 64 << 10;

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// Where it really is: links are followed.
    pub(super) real: PathBuf,
    /// Its text, without front matter and comments.
    pub(super) text: String,
    /// It was longer.
    pub(super) cut: bool,
    /// Its front matter, without the lines around it.
    pub(super) front: String,
}

/// Reads a file that has to be below `bound`; none where there is no such file.
pub(super) fn read(path: &Path, bound: &Path) -> Result<Option<Written>, String> {
    let Some(real) = canonical(path)? else { return Ok(None) };
    let bound = bound.canonicalize().map_err(|error| error.to_string())?;
    if !real.starts_with(&bound) {
        return Err(format!("it is a link that leads out of {}", bound.display()));
    }
    read_real(real).map(Some)
}

/// Where a file really is; none where there is none.
pub(super) fn canonical(path: &Path) -> Result<Option<PathBuf>, String> {
    match path.canonicalize() {
        Ok(real) => Ok(Some(real)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Reads a file at its real place.
pub(super) fn read_real(real: PathBuf) -> Result<Written, String> {
    let content = regular::read(&real, MAX_NOTE).map_err(|error| error.to_string())?;
    if content.bytes.contains(&0) {
        return Err("it is no text".to_owned());
    }
    let mut text = String::from_utf8_lossy(&content.bytes).into_owned();
    // A character that the cut split, or bytes that are no text, may have grown.
    text.truncate(cap::floor(&text, MAX_NOTE));
    let (front, rest) = front(&text);
    let (front, mut text) = (front.to_owned(), without_comments(rest));
    if content.cut {
        text.push_str("\n[… the rest of this file is left out …]");
    }
    Ok(Written { real, text, cut: content.cut, front })
}

/// The front matter and what follows it; without one, nothing and all.
fn front(text: &str) -> (&str, &str) {
    let whole = ("", text);
    let Some(after) = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n")) else {
        return whole;
    };
    let mut at = 0;
    for line in after.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return (&after[..at], &after[at + line.len()..]);
        }
        at += line.len();
    }
    whole
}

/// The values of a key in front matter: `key: a, b`, `key: [a, b]`, or a list of lines below it.
pub(super) fn values(front: &str, key: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = front.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(value) = line.strip_prefix(key).and_then(|rest| rest.strip_prefix(':')) else {
            continue;
        };
        let value = value.trim();
        let value = value.strip_prefix('[').map_or(value, |list| list.trim_end_matches(']'));
        found.extend(split(value));
        while let Some(item) = lines.peek().and_then(|line| line.trim_start().strip_prefix("- ")) {
            found.extend(Some(bare(item)).filter(|item| !item.is_empty()));
            lines.next();
        }
    }
    found
}

/// Splits at commas, but not inside braces: `{ts,tsx}` is one pattern.
fn split(list: &str) -> Vec<String> {
    let (mut out, mut now, mut depth) = (Vec::new(), String::new(), 0_u32);
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c == ',' && depth == 0 {
            out.push(std::mem::take(&mut now));
        } else {
            now.push(c);
        }
    }
    out.push(now);
    out.iter().map(|item| bare(item)).filter(|item| !item.is_empty()).collect()
}

/// Without blanks and quotes around it.
fn bare(item: &str) -> String {
    let item = item.trim();
    let quoted = |quote: char| item.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(item).to_owned()
}

/// Does a line begin or end a block of code?
pub(super) fn is_fence(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("```") || line.starts_with("~~~")
}

/// Without comments that begin a line, outside of code.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut code, mut comment) = (false, false);
    for line in text.split_inclusive('\n') {
        if comment {
            comment = rest_of(line, &mut out);
        } else if !code && line.trim_start().starts_with("<!--") {
            comment = rest_of(&line.trim_start()[4..], &mut out);
        } else {
            code ^= is_fence(line);
            out.push_str(line);
        }
    }
    out
}

/// Keeps what stands behind the comment's end; true where that does not come.
fn rest_of(line: &str, out: &mut String) -> bool {
    let Some((_, rest)) = line.split_once("-->") else { return true };
    if !rest.trim().is_empty() {
        out.push_str(rest);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_that_begin_a_line_are_no_instructions() {
        let table = [
            ("a\n<!-- b -->\nc\n", "a\nc\n"),
            ("a\n  <!-- b\nc\n--> d\ne", "a\n d\ne"),
            ("a <!-- b --> c", "a <!-- b --> c"),
            ("```html\n<!-- b -->\n```\n", "```html\n<!-- b -->\n```\n"),
            ("<!-- never ends\na", ""),
        ];
        for (text, expected) in table {
            assert_eq!(without_comments(text), expected, "{text}");
        }
    }

    #[test]
    fn front_matter_is_read_as_people_write_it() {
        let table: &[(&str, &[&str], &str)] = &[
            ("---\npaths: src/**\n---\nx", &["src/**"], "x"),
            ("---\npaths: \"a\", 'b'\n---\nx", &["a", "b"], "x"),
            ("---\npaths: [a/*.{ts,tsx}, b]\n---\n", &["a/*.{ts,tsx}", "b"], ""),
            ("---\npaths:\n  - \"a\"\n  - b\nother: c\n---\nx", &["a", "b"], "x"),
            ("---\npaths: a\nnever ends", &[], "---\npaths: a\nnever ends"),
            ("no front", &[], "no front"),
        ];
        for (text, expected, rest) in table {
            let (found, after) = front(text);
            assert_eq!(values(found, "paths"), *expected, "{text}");
            assert_eq!(after, *rest, "{text}");
        }
    }
}

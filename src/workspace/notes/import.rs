//! `@path` in a file of instructions: another file that belongs to it.

use std::path::{Path, PathBuf};

use crate::workspace::absolute;
use crate::workspace::notes::text::is_fence;

/// How far imports of imports are followed.
pub(super) const HOPS: usize = 4;

/// Where the path of an import leads, seen from the directory of the file that says it.
pub(super) fn place(import: &str, from: &Path, home: Option<&Path>) -> PathBuf {
    absolute(import, from.parent().unwrap_or(from), home)
}

/// Is it plain that a file is meant? `@someone` and `@scope/package` are none where they are not there.
pub(super) fn is_path(import: &str) -> bool {
    ["./", "../", "~/", "/"].iter().any(|start| import.starts_with(start))
}

/// The paths that a text imports, in order, each once. What stands in code imports nothing.
pub(super) fn imports(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut code = false;
    for line in text.lines() {
        if is_fence(line) {
            code = !code;
        } else if !code {
            let plain = without_spans(line);
            let words = plain.split_whitespace().filter_map(|word| word.strip_prefix('@'));
            for word in words.map(|word| word.trim_end_matches(['.', ',', ';', ':', ')', '!', '?']))
            {
                if !word.is_empty() && !found.iter().any(|known| known == word) {
                    found.push(word.to_owned());
                }
            }
        }
    }
    found
}

/// A line without what stands between backticks. One that has no partner is a character.
fn without_spans(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let ticks = rest[at..].chars().take_while(|&c| c == '`').count();
        let (before, after) = (&rest[..at], &rest[at + ticks..]);
        out.push_str(before);
        match after.find(&rest[at..at + ticks]) {
            Some(end) => rest = &after[end + ticks..],
            None => rest = after,
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_imports() {
        let table: &[(&str, &[&str])] = &[
            ("@a.md", &["a.md"]),
            ("See @README.md, and @docs/x.md.", &["README.md", "docs/x.md"]),
            ("mail a@b.c, `@code` and ``@a ` @b`` then @c", &["c"]),
            ("```\n@in/code\n```\n@~/after", &["~/after"]),
            ("a ` alone @b", &["b"]),
            ("@a and @a, @", &["a"]),
        ];
        for (text, expected) in table {
            assert_eq!(imports(text), *expected, "{text}");
        }
    }
}

//! Two contents of a file → what changed.

use std::path::Path;
use std::time::Duration;

use similar::ChangeTag;
use similar::TextDiff;

use crate::diff::NO_NEWLINE;
use crate::protocol::Author;
use crate::protocol::ChangeKind;
use crate::protocol::DiffLine;
use crate::protocol::FileChange;
use crate::protocol::Hunk;
use crate::protocol::LineKind;

/// Unchanged lines around a difference.
const CONTEXT: usize = 3;

/// Bytes of a side above which no hunks are made.
const LARGE: usize = 1 << 20;

/// How long the shortest difference is looked for; after that any correct one is taken.
const PATIENCE: Duration = Duration::from_millis(200);

/// What became of the file at `path`; none where both contents are equal. No content: no file.
///
/// A content that is no text gives no hunks and the note `binary` or `not UTF-8`; above 1 MiB the
/// note is `too large`, and the counts span from the first line that differs to the last one.
pub fn change(
    path: &Path,
    before: Option<&[u8]>,
    after: Option<&[u8]>,
    author: Author,
) -> Option<FileChange> {
    let kind = match (before, after) {
        _ if before == after => return None,
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Deleted,
        _ => ChangeKind::Modified,
    };
    let (old, new) = (before.unwrap_or_default(), after.unwrap_or_default());
    let mut change = FileChange::new(path, kind, author);
    match (text(old), text(new)) {
        (Err(note), _) | (_, Err(note)) => change.note = Some(note.to_owned()),
        (Ok(old), Ok(new)) => compare(&mut change, &lines(old), &lines(new)),
    }
    Some(change)
}

/// The content as text, or why it is none.
fn text(content: &[u8]) -> Result<&str, &'static str> {
    if content.iter().take(8 << 10).any(|&byte| byte == 0) {
        return Err("binary");
    }
    std::str::from_utf8(content).map_err(|_| "not UTF-8")
}

/// Lines with their ends. A lone `\r` ends no line.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn compare(change: &mut FileChange, old: &[&str], new: &[&str]) {
    let size = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    if size(old) > LARGE || size(new) > LARGE {
        let ahead = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let (old, new) = (&old[ahead..], &new[ahead..]);
        let behind = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        (change.removed, change.added) = (old.len() - behind, new.len() - behind);
        change.note = Some("too large".to_owned());
        return;
    }
    // Such a line could not be told from our own: then the counts have to do.
    let ours = |lines: &[&str]| lines.iter().any(|line| line.trim_end_matches('\n') == NO_NEWLINE);
    let diff = TextDiff::configure().timeout(PATIENCE).diff_slices(old, new);
    for op in diff.ops() {
        let (tag, old, new) = op.as_tag_tuple();
        if tag != similar::DiffTag::Equal {
            change.removed += old.len();
            change.added += new.len();
        }
    }
    if ours(old) || ours(new) {
        change.note = Some("a line of it looks like a diff's own".to_owned());
        return;
    }
    change.hunks = diff.grouped_ops(CONTEXT).iter().map(|group| hunk(&diff, group)).collect();
}

fn hunk(diff: &TextDiff<'_, '_, str>, group: &[similar::DiffOp]) -> Hunk {
    let start = |range: Option<std::ops::Range<usize>>, len: usize| {
        range.filter(|_| len > 0).map_or(0, |range| range.start + 1)
    };
    let old_start = start(group.first().map(similar::DiffOp::old_range), diff.old_len());
    let new_start = start(group.first().map(similar::DiffOp::new_range), diff.new_len());
    let mut lines = Vec::new();
    for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
        let kind = match change.tag() {
            ChangeTag::Equal => LineKind::Context,
            ChangeTag::Insert => LineKind::Added,
            ChangeTag::Delete => LineKind::Removed,
        };
        let line = change.value();
        let text = line.strip_suffix('\n');
        lines.push(DiffLine { kind, text: text.unwrap_or(line).to_owned() });
        if text.is_none() {
            lines.push(DiffLine { kind, text: NO_NEWLINE.to_owned() });
        }
    }
    Hunk { old_start, new_start, lines }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;
    use crate::diff::apply;
    use proptest::prelude::*;

    fn changed(before: Option<&str>, after: Option<&str>) -> Option<FileChange> {
        let (before, after) = (before.map(str::as_bytes), after.map(str::as_bytes));
        change(Path::new("/f"), before, after, Author::Agent)
    }

    /// A hunk as `diff -u` would print it.
    fn printed(change: &FileChange) -> String {
        let mut out = Vec::new();
        for hunk in &change.hunks {
            out.push(format!("@{},{}\n", hunk.old_start, hunk.new_start));
            for line in &hunk.lines {
                let mark = match line.kind {
                    LineKind::Context => ' ',
                    LineKind::Added => '+',
                    LineKind::Removed => '-',
                };
                out.push(format!("{mark}{}\n", line.text));
            }
        }
        out.concat()
    }

    #[rustfmt::skip]
    #[test]
    fn hunks() {
        let none = "\\ No newline at end of file\n";
        let table = [
            // before           after            added removed  hunks
            (None,              Some("a\nb\n"),    2, 0, "@0,1\n+a\n+b\n".to_owned()),
            (Some("a\n"),       None,              0, 1, "@1,0\n-a\n".to_owned()),
            (None,              Some(""),          0, 0, String::new()),
            (Some("a\nb\n"),    Some("a\nc\n"),    1, 1, "@1,1\n a\n-b\n+c\n".to_owned()),
            (Some("a"),         Some("a\n"),       1, 1, format!("@1,1\n-a\n-{none}+a\n")),
            (Some("a\nb"),      Some("c\nb"),      1, 1, format!("@1,1\n-a\n+c\n b\n {none}")),
            (Some("a\r\n"),     Some("a\n"),       1, 1, "@1,1\n-a\r\n+a\n".to_owned()),
            (Some("1\n2\n3\n4\n5\n6\n"), Some("1\n2\n3\n4\n5\nx\n"), 1, 1,
                "@3,3\n 3\n 4\n 5\n-6\n+x\n".to_owned()),
        ];
        for (before, after, added, removed, expected) in table {
            let got = changed(before, after).unwrap();
            assert_eq!((got.added, got.removed), (added, removed), "{before:?} {after:?}");
            assert_eq!(printed(&got), expected, "{before:?} {after:?}");
        }
        assert_eq!(changed(Some("a"), Some("a")), None);
        assert_eq!(changed(None, None), None);
    }

    #[test]
    fn what_is_no_text_is_noted() {
        let big = "x\n".repeat(LARGE);
        let bigger = format!("{big}y\n");
        let table: [(&[u8], &[u8], &str, usize); 4] = [
            (b"a", b"\0", "binary", 0),
            (b"a", b"\xff", "not UTF-8", 0),
            (big.as_bytes(), bigger.as_bytes(), "too large", 1),
            (b"\\ No newline at end of file\n", b"", "a line of it looks like a diff's own", 0),
        ];
        for (before, after, note, added) in table {
            let got = change(Path::new("/f"), Some(before), Some(after), Author::User).unwrap();
            assert_eq!(got.note.as_deref(), Some(note));
            assert_eq!((got.added, got.hunks.len()), (added, 0), "{note}");
        }
    }

    #[test]
    fn a_hostile_pair_takes_bounded_time() {
        let text = |seed: u64| -> String {
            let lines = (0..100_000_u64).map(|n| (n * seed) % 65_521);
            lines.map(|n| format!("{}\n", n % 977)).collect::<Vec<_>>().concat()
        };
        let start = clock::instant();
        let (before, after) = (text(7919), text(104_729));
        let got = changed(Some(&before), Some(&after)).unwrap();
        assert_eq!(apply(&before, &got.hunks), Some(after));
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn hunks_make_the_new_text_of_the_old(
            old in "([abc]{0,2}\r?\n){0,20}[ab]?", new in "([abc]{0,2}\r?\n){0,20}[ab]?",
        ) {
            match changed(Some(&old), Some(&new)) {
                None => prop_assert_eq!(old, new),
                Some(change) => prop_assert_eq!(apply(&old, &change.hunks), Some(new)),
            }
        }

        #[test]
        fn each_choice_of_hunks_applies(lines in 20..60_usize, seed in any::<u64>()) {
            let text = |mark: &str| {
                let line = |n| if n % 9 == 0 { format!("{mark}{n}
") } else { format!("{n}
") };
                (0..lines).map(line).collect::<Vec<_>>().concat()
            };
            let (old, new) = (text(""), text("x"));
            let change = changed(Some(&old), Some(&new)).unwrap();
            let chosen: Vec<_> = change.hunks.iter().enumerate()
                .filter(|(at, _)| seed >> (at % 64) & 1 == 1).map(|(_, hunk)| hunk.clone()).collect();
            let got = apply(&old, &chosen).unwrap();
            let expected: usize = chosen.iter().flat_map(|h| &h.lines)
                .filter(|line| line.kind == LineKind::Added).count();
            prop_assert_eq!(got.lines().filter(|line| line.starts_with('x')).count(), expected);
        }
    }
}

//! The part of a change that the user wants: what the file becomes, and what the model is told.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::base::cap;
use crate::diff;
use crate::protocol::{DiffLine, EditPart, FileChange, Hunk, LineAt, LineKind};

/// Most declined lines that are quoted, and bytes of each.
const QUOTED: (usize, usize) = (400, 400);
/// Most comments that are told, and bytes of each.
const COMMENTS: (usize, usize) = (100, 4 << 10);

/// The file with only the chosen lines of the change from `before` to `after`; none where nothing is
/// left of it.
///
/// # Errors
///
/// A line is none of the change's, or the rest of them is no change of `before`.
pub(super) fn choose(
    change: &FileChange,
    before: &[u8],
    after: &[u8],
    part: &EditPart,
) -> Result<Option<Vec<u8>>, String> {
    let line = |at: &LineAt| {
        let hunk = change.hunks.get(at.hunk).filter(|_| at.file == 0)?;
        hunk.lines.get(at.line)
    };
    let changes = |at: &LineAt| line(at).is_some_and(|line| line.kind != LineKind::Context);
    if !part.left_out.iter().all(changes) {
        return Err("a line that was left out is none of those that change".to_owned());
    }
    if !part.comments.iter().all(|comment| line(&comment.at).is_some()) {
        return Err("a comment is to a line that is not shown".to_owned());
    }
    let out = left_out(change, part);
    if out.is_empty() {
        // The very bytes that were shown.
        return Ok(Some(after.to_vec()));
    }
    let mut hunks: Vec<Hunk> = Vec::new();
    for (hunk, lines) in change.hunks.iter().enumerate() {
        let chosen = |line: usize| !out.contains(&LineAt { file: 0, hunk, line });
        let changes = |(at, line): (usize, &DiffLine)| {
            line.kind != LineKind::Context && line.text != diff::NO_NEWLINE && chosen(at)
        };
        match diff::forward(lines, chosen) {
            Some(part) => hunks.push(part),
            None if lines.lines.iter().enumerate().any(changes) => return Err(glued()),
            None => {}
        }
    }
    if hunks.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(before).map_err(|_| "it is not UTF-8".to_owned())?;
    diff::apply(text, &hunks).map(|text| Some(text.into_bytes())).ok_or_else(glued)
}

fn glued() -> String {
    "these lines cannot be taken apart: a line without a newline at its end would run into the next \
     one"
    .to_owned()
}

/// The lines that are left out; the mark that a line has no newline goes with its line.
fn left_out(change: &FileChange, part: &EditPart) -> HashSet<LineAt> {
    let is_line = |at: &&LineAt| {
        let line = change.hunks.get(at.hunk).and_then(|hunk| hunk.lines.get(at.line));
        line.is_some_and(|line| line.text != diff::NO_NEWLINE)
    };
    part.left_out.iter().filter(is_line).copied().collect()
}

/// A line of a hunk with its number: in the file as it was where it is removed, else as proposed.
struct Numbered<'a> {
    at: LineAt,
    kind: LineKind,
    number: usize,
    text: &'a str,
}

/// What the model is told of the user's choice; the file is called `shown`.
pub(super) fn told(shown: &str, change: &FileChange, part: &EditPart) -> String {
    let lines: Vec<Vec<Numbered<'_>>> =
        change.hunks.iter().enumerate().map(|(at, hunk)| numbered(at, hunk)).collect();
    let out = left_out(change, part);
    let declined = |line: &Numbered<'_>| out.contains(&line.at);
    let (of, mut words) = (lines.len(), String::new());
    let all = lines.iter().flatten().filter(|line| line.kind != LineKind::Context);
    let left = all.filter(|line| !declined(line)).count();
    // Writing to a String cannot fail.
    if out.is_empty() {
        words.push_str("The user allowed all of it.");
    } else if left == 0 {
        let _ = write!(
            words,
            "The user declined every line of this change to {shown}, so nothing was written. Do \
             not try it another way."
        );
    } else {
        words.push_str(
            "The user applied only a part of this change: the file is not what you proposed.",
        );
        for (number, hunk) in (1..).zip(&lines) {
            let changed: Vec<_> = hunk.iter().filter(|l| l.kind != LineKind::Context).collect();
            let count = changed.iter().filter(|line| !declined(line)).count();
            let place = span(&changed);
            let _ = match count {
                0 => write!(words, "\nHunk {number} of {of} ({place}): declined."),
                n if n == changed.len() => {
                    write!(words, "\nHunk {number} of {of} ({place}): applied.")
                }
                n => write!(
                    words,
                    "\nHunk {number} of {of} ({place}): {n} of its {} changed lines applied.",
                    changed.len()
                ),
            };
        }
        words.push_str("\nThese lines of your change were declined and are not made:");
        let all: Vec<_> = lines.iter().flatten().filter(|line| declined(line)).collect();
        for line in all.iter().take(QUOTED.0) {
            let _ = write!(words, "\n{}: {}", line.number, quoted(line));
        }
        if let Some(more @ 1..) = all.len().checked_sub(QUOTED.0) {
            let _ = write!(words, "\n[… {more} more lines; read the file before you go on]");
        }
    }
    if !part.comments.is_empty() {
        words.push_str("\nThe user's comments on it:");
    }
    for comment in part.comments.iter().take(COMMENTS.0) {
        let line = lines.iter().flatten().find(|line| line.at == comment.at);
        let text = cap::head_tail(comment.text.trim(), COMMENTS.1, 0).text;
        if let Some(line) = line {
            let _ = write!(words, "\n{shown}:{} `{}`: {text}", line.number, quoted(line));
        }
    }
    words
}

fn quoted(line: &Numbered<'_>) -> String {
    let sign = match line.kind {
        LineKind::Added => '+',
        LineKind::Removed => '-',
        LineKind::Context => ' ',
    };
    let end = cap::floor(line.text, QUOTED.1);
    let more = if end < line.text.len() { " […]" } else { "" };
    format!("{sign}{}{more}", &line.text[..end])
}

/// The lines that changes are about: `line 7`, `lines 7-9`.
fn span(lines: &[&Numbered<'_>]) -> String {
    let numbers = || lines.iter().map(|line| line.number);
    match (numbers().min().unwrap_or(0), numbers().max().unwrap_or(0)) {
        (from, to) if from == to => format!("line {from}"),
        (from, to) => format!("lines {from}-{to}"),
    }
}

fn numbered(hunk: usize, of: &Hunk) -> Vec<Numbered<'_>> {
    let (mut old, mut new) = (of.old_start.max(1), of.new_start.max(1));
    let mut lines = Vec::new();
    for (line, DiffLine { kind, text }) in of.lines.iter().enumerate() {
        // The mark that a last line has no newline is no line.
        if text == diff::NO_NEWLINE {
            continue;
        }
        let number = if *kind == LineKind::Removed { old } else { new };
        old += usize::from(*kind != LineKind::Added);
        new += usize::from(*kind != LineKind::Removed);
        lines.push(Numbered { at: LineAt { file: 0, hunk, line }, kind: *kind, number, text });
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::protocol::{Author, LineComment};

    fn change(before: &str, after: &str) -> Option<FileChange> {
        diff::change(
            Path::new("/w/f"),
            Some(before.as_bytes()),
            Some(after.as_bytes()),
            Author::Agent,
        )
    }

    fn lines(lines: impl IntoIterator<Item = String>) -> String {
        lines.into_iter().flat_map(|line| [line, "\n".to_owned()]).collect()
    }

    fn at(hunk: usize, line: usize) -> LineAt {
        LineAt { file: 0, hunk, line }
    }

    fn chosen(before: &str, after: &str, part: &EditPart) -> Result<Option<String>, String> {
        let change = change(before, after).unwrap();
        let chosen = choose(&change, before.as_bytes(), after.as_bytes(), part)?;
        Ok(chosen.map(|text| String::from_utf8(text).unwrap()))
    }

    #[test]
    fn what_is_not_shown_is_no_part() {
        let part = |left_out: &[LineAt]| EditPart { left_out: left_out.to_vec(), comments: vec![] };
        let (before, after) = ("a\nb\nc\n", "a\nB\nc\n");
        assert_eq!(chosen(before, after, &part(&[at(0, 2)])), Ok(Some("a\nc\n".into())));
        assert_eq!(chosen(before, after, &part(&[at(0, 1)])), Ok(Some("a\nb\nB\nc\n".into())));
        assert_eq!(chosen(before, after, &part(&[at(0, 1), at(0, 2)])), Ok(None));
        for wrong in [at(0, 0), at(0, 9), at(1, 1), LineAt { file: 1, hunk: 0, line: 1 }] {
            assert!(chosen(before, after, &part(&[wrong])).is_err(), "{wrong:?}");
        }
        let comment = LineComment { at: at(3, 0), text: "x".into() };
        let part = EditPart { left_out: vec![], comments: vec![comment] };
        assert!(chosen(before, after, &part).is_err());
    }

    #[test]
    fn the_model_is_told_each_line_and_comment() {
        let before = lines((1..40).map(|n| n.to_string()));
        let after = before.replace("\n5\n", "\nfive\n").replace("\n30\n", "\nthirty\nmore\n");
        let change = change(&before, &after).unwrap();
        let comments = vec![
            LineComment { at: at(0, 4), text: " say it in digits ".into() },
            LineComment { at: at(1, 3), text: "keep it".into() },
        ];
        let part = EditPart { left_out: vec![at(0, 3), at(0, 4), at(1, 5)], comments };
        let expected = "The user applied only a part of this change: the file is not what you \
                        proposed.\nHunk 1 of 2 (line 5): declined.\nHunk 2 of 2 (lines 30-31): 2 of \
                        its 3 changed lines applied.\nThese lines of your change were declined and \
                        are not made:\n5: -5\n5: +five\n31: +more\nThe user's comments on it:\n\
                        src/f:5 `+five`: say it in digits\nsrc/f:30 `-30`: keep it";
        assert_eq!(told("src/f", &change, &part), expected);
        let all = EditPart { left_out: vec![], comments: vec![] };
        assert_eq!(told("f", &change, &all), "The user allowed all of it.");
    }

    #[test]
    fn what_is_told_is_bounded() {
        let after = lines((0..5_000).map(|n| format!("{n} {}", "x".repeat(2_000))));
        let change = change("", &after[..1 << 20]).unwrap();
        let left_out: Vec<_> =
            (0..change.hunks[0].lines.len() - 3).map(|line| at(0, line)).collect();
        let comment = |line| LineComment { at: at(0, line), text: "y".repeat(100_000) };
        let part = EditPart { left_out, comments: (0..200).map(comment).collect() };
        assert!(told("f", &change, &part).len() < 800 << 10);
    }

    /// The new text by walking the change line by line, without `select` and `apply`.
    fn by_hand(before: &str, change: &FileChange, out: &HashSet<LineAt>) -> String {
        let old: Vec<&str> = before.lines().collect();
        let (mut text, mut next) = (Vec::new(), 0);
        for (at, hunk) in change.hunks.iter().enumerate() {
            let start = hunk.old_start.max(1) - 1;
            text.extend_from_slice(&old[next..start]);
            next = start;
            for (line, DiffLine { kind, text: words }) in hunk.lines.iter().enumerate() {
                let out = out.contains(&LineAt { file: 0, hunk: at, line });
                next += usize::from(*kind != LineKind::Added);
                let stays = match kind {
                    LineKind::Context => true,
                    LineKind::Added => !out,
                    LineKind::Removed => out,
                };
                if stays {
                    text.push(words);
                }
            }
        }
        text.extend_from_slice(&old[next..]);
        lines(text.into_iter().map(str::to_owned))
    }

    proptest! {
        #[test]
        fn the_file_is_the_patch_of_exactly_the_chosen_lines(
            before in prop::collection::vec("[abc]", 0..40),
            after in prop::collection::vec("[abc]", 0..40),
            picks in prop::collection::vec(any::<bool>(), 128),
        ) {
            let (before, after) = (lines(before), lines(after));
            let Some(change) = change(&before, &after) else { return Ok(()) };
            let all = change.hunks.iter().enumerate().flat_map(|(hunk, lines)| {
                let changed = lines.lines.iter().enumerate();
                let changed = changed.filter(|(_, line)| line.kind != LineKind::Context);
                changed.map(move |(line, _)| at(hunk, line)).collect::<Vec<_>>()
            });
            let all: Vec<_> = all.collect();
            let picked = all.iter().zip(picks.iter().cycle()).filter(|(_, out)| **out);
            let left_out: Vec<_> = picked.map(|(at, _)| *at).collect();
            let part = EditPart { left_out: left_out.clone(), comments: vec![] };
            let got = chosen(&before, &after, &part).unwrap();
            if left_out.len() == all.len() {
                prop_assert_eq!(got, None);
            } else {
                let expected = by_hand(&before, &change, &left_out.into_iter().collect());
                prop_assert_eq!(got, Some(expected));
            }
        }
    }
}

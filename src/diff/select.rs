//! Some lines of a hunk → a hunk of just these.

use crate::diff::NO_NEWLINE;
use crate::protocol::{DiffLine, Hunk, LineKind};

/// The hunk that makes only the chosen changes: an added line that is not chosen is gone, a removed
/// one that is not chosen stays in the file. Its old side is the old side of `hunk`.
///
/// `chosen` is asked with the index of each added and removed line. None where nothing is left, or
/// where a line without an end would run into the next one.
pub fn forward(hunk: &Hunk, chosen: impl Fn(usize) -> bool) -> Option<Hunk> {
    select(hunk, LineKind::Removed, chosen)
}

/// The hunk from the new text back to the old one that takes only the chosen changes back: its old
/// side is the new side of `hunk`. None as with [`forward`].
pub fn backward(hunk: &Hunk, chosen: impl Fn(usize) -> bool) -> Option<Hunk> {
    let turned = Hunk {
        old_start: hunk.new_start,
        new_start: hunk.old_start,
        lines: hunk.lines.iter().map(turn).collect(),
    };
    select(&turned, LineKind::Removed, chosen)
}

fn turn(line: &DiffLine) -> DiffLine {
    let kind = match line.kind {
        LineKind::Context => LineKind::Context,
        LineKind::Added => LineKind::Removed,
        LineKind::Removed => LineKind::Added,
    };
    DiffLine { kind, text: line.text.clone() }
}

/// Unchosen lines of the kind `kept` become context, unchosen ones of the other kind go.
fn select(hunk: &Hunk, kept: LineKind, chosen: impl Fn(usize) -> bool) -> Option<Hunk> {
    let mut lines: Vec<DiffLine> = Vec::new();
    let (mut changed, mut gone) = (false, false);
    for (at, line) in hunk.lines.iter().enumerate() {
        // The mark that a line has no end goes with its line.
        let mark = line.text == NO_NEWLINE && line.kind != LineKind::Context;
        if mark && at > 0 && hunk.lines[at - 1].kind == line.kind {
            if let Some(last) = lines.last().filter(|_| !gone) {
                lines.push(DiffLine { kind: last.kind, text: line.text.clone() });
            }
            continue;
        }
        gone = false;
        match line.kind {
            LineKind::Context => lines.push(line.clone()),
            _ if chosen(at) => {
                changed = true;
                lines.push(line.clone());
            }
            kind if kind == kept => {
                lines.push(DiffLine { kind: LineKind::Context, text: line.text.clone() });
            }
            _ => gone = true,
        }
    }
    (changed && !is_glued(&lines)).then_some(Hunk {
        old_start: hunk.old_start,
        new_start: hunk.new_start,
        lines,
    })
}

/// Does a line without an end stand before another one in the new text? The two would be one.
fn is_glued(lines: &[DiffLine]) -> bool {
    let new = |line: &&DiffLine| line.kind != LineKind::Removed;
    let mut ended = lines.iter().filter(new).skip_while(|line| line.text != NO_NEWLINE);
    ended.next().is_some() && ended.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::apply;

    fn hunk() -> Hunk {
        let lines =
            [("c", "a"), ("-", "b"), ("+", "B"), ("+", "X"), ("c", "d")].map(|(kind, text)| {
                let kind = match kind {
                    "-" => LineKind::Removed,
                    "+" => LineKind::Added,
                    _ => LineKind::Context,
                };
                DiffLine { kind, text: text.to_owned() }
            });
        Hunk { old_start: 1, new_start: 1, lines: lines.to_vec() }
    }

    #[test]
    fn chosen_lines_are_made_and_taken_back() {
        let (old, new) = ("a\nb\nd\n", "a\nB\nX\nd\n");
        let table: [(&[usize], &str, &str); 4] = [
            (&[1, 2, 3], new, old),
            (&[3], "a\nb\nX\nd\n", "a\nB\nd\n"),
            (&[1], "a\nd\n", "a\nb\nB\nX\nd\n"),
            (&[1, 2], "a\nB\nd\n", "a\nb\nX\nd\n"),
        ];
        for (chosen, made, taken_back) in table {
            let by = |at: usize| chosen.contains(&at);
            assert_eq!(apply(old, &[forward(&hunk(), by).unwrap()]).as_deref(), Some(made));
            assert_eq!(apply(new, &[backward(&hunk(), by).unwrap()]).as_deref(), Some(taken_back));
        }
        assert_eq!(forward(&hunk(), |_| false), None);
    }
}

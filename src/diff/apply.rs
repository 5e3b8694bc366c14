//! A text and hunks → the new text.

use crate::diff::NO_NEWLINE;
use crate::protocol::Hunk;
use crate::protocol::LineKind;

/// What `before` becomes by these hunks: all that [`change`](crate::diff::change()) gave, or some.
///
/// The hunks stand in the order of the text. None where one of them does not fit: a line is not as
/// the hunk says, or hunks overlap.
pub fn apply(before: &str, hunks: &[Hunk]) -> Option<String> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let mut out = String::with_capacity(before.len());
    let mut at = 0;
    for hunk in hunks {
        let start = hunk.old_start.saturating_sub(1);
        out.extend(old.get(at..start)?.iter().copied());
        at = start;
        let mut lines = hunk.lines.iter().peekable();
        while let Some(line) = lines.next() {
            let bare =
                lines.next_if(|next| next.kind == line.kind && next.text == NO_NEWLINE).is_some();
            let end = if bare { "" } else { "\n" };
            if line.kind != LineKind::Added {
                let (text, ending) = split(old.get(at)?);
                if (text, ending) != (line.text.as_str(), end) {
                    return None;
                }
                at += 1;
            }
            if line.kind != LineKind::Removed {
                push(&mut out, &line.text, end)?;
            }
        }
    }
    for line in old.get(at..)? {
        let (text, end) = split(line);
        push(&mut out, text, end)?;
    }
    Some(out)
}

fn split(line: &str) -> (&str, &str) {
    line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"))
}

/// None where the line would be glued to one that has no end.
fn push(out: &mut String, text: &str, end: &str) -> Option<()> {
    if !out.is_empty() && !out.ends_with('\n') {
        return None;
    }
    out.push_str(text);
    out.push_str(end);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::DiffLine;

    fn hunk(old_start: usize, lines: &[&str]) -> Hunk {
        let line = |line: &&str| {
            let kind = match line.as_bytes()[0] {
                b'+' => LineKind::Added,
                b'-' => LineKind::Removed,
                _ => LineKind::Context,
            };
            DiffLine { kind, text: line[1..].to_owned() }
        };
        Hunk { old_start, new_start: 0, lines: lines.iter().map(line).collect() }
    }

    #[test]
    fn a_hunk_that_does_not_fit_is_refused() {
        let table: [(&[Hunk], Option<&str>); 7] = [
            (&[hunk(2, &["-b", "+x"])], Some("a\nx\nc")),
            (&[hunk(2, &["-y", "+x"])], None),
            (&[hunk(9, &["+x"])], None),
            (&[hunk(2, &["-b"]), hunk(1, &["-a"])], None),
            (&[hunk(2, &["-b"]), hunk(2, &["-b"])], None),
            (&[hunk(3, &[" c", "+d"])], None),
            (&[hunk(3, &["-c", "-\\ No newline at end of file", "+c"])], Some("a\nb\nc\n")),
        ];
        for (hunks, expected) in table {
            assert_eq!(apply("a\nb\nc", hunks).as_deref(), expected, "{hunks:?}");
        }
    }
}

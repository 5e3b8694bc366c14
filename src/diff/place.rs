//! Hunks of one text, put to use on another one that is much like it.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::diff::{NO_NEWLINE, apply, backward, change};
use crate::protocol::{Author, Hunk, LineKind};

/// What `before` becomes by these hunks, which may have been made of a text with more or fewer lines
/// around them: a hunk whose lines are not where it says is taken to the one place where they are.
///
/// None where a hunk fits nowhere, or in several places.
pub fn fit(before: &str, hunks: &[Hunk]) -> Option<String> {
    if let Some(text) = apply(before, hunks) {
        return Some(text);
    }
    let lines: Vec<&str> = before.split_inclusive('\n').collect();
    let mut placed = Vec::with_capacity(hunks.len());
    for hunk in hunks {
        let old = old_side(hunk);
        let found = lines.windows(old.len().max(1)).enumerate();
        let mut found = found.filter(|(_, window)| *window == old).map(|(at, _)| at);
        let at = found.next().filter(|_| !old.is_empty() && found.next().is_none())?;
        placed.push(Hunk { old_start: at + 1, ..hunk.clone() });
    }
    placed.sort_by_key(|hunk| hunk.old_start);
    apply(before, &placed)
}

/// The lines that a hunk wants to find, with their ends.
fn old_side(hunk: &Hunk) -> Vec<String> {
    let mut old: Vec<String> = Vec::new();
    let mut last = LineKind::Added;
    for line in &hunk.lines {
        if line.text == NO_NEWLINE && line.kind == last {
            if line.kind != LineKind::Added
                && let Some(before) = old.last_mut()
            {
                before.pop();
            }
        } else if line.kind != LineKind::Added {
            old.push(format!("{}\n", line.text));
        }
        last = line.kind;
    }
    old
}

/// What `new` becomes without the lines that these hunks, made of `old`, add and remove. Lines of
/// them that do not stand in `new` are passed over.
///
/// None where there is none of them in it.
pub fn without(old: &str, new: &str, hunks: &[Hunk]) -> Option<String> {
    // Where lines repeat, the same change can be told in several ways.
    if old != new && apply(old, hunks).as_deref() == Some(new) {
        return Some(old.to_owned());
    }
    let (mut removed, mut added): (HashSet<usize>, HashMap<(usize, &str), usize>) =
        Default::default();
    for hunk in hunks {
        each(hunk, |_, kind, at, text| match kind {
            LineKind::Removed => drop(removed.insert(at)),
            LineKind::Added => *added.entry((at, text)).or_default() += 1,
            LineKind::Context => {}
        });
    }
    let between = change(Path::new(""), Some(old.as_bytes()), Some(new.as_bytes()), Author::User)?;
    let mut back = Vec::new();
    for hunk in &between.hunks {
        let mut chosen = HashSet::new();
        each(hunk, |index, kind, at, text| {
            let wanted = match kind {
                LineKind::Removed => removed.contains(&at),
                LineKind::Added => added.get_mut(&(at, text)).is_some_and(|left| {
                    let there = *left > 0;
                    *left = left.saturating_sub(1);
                    there
                }),
                LineKind::Context => false,
            };
            if wanted {
                chosen.insert(index);
            }
        });
        back.extend(backward(hunk, |index| chosen.contains(&index)));
    }
    apply(new, &back).filter(|_| !back.is_empty())
}

/// Each line of a hunk: its index, its side, and before how many lines of the old text it stands.
fn each<'h>(hunk: &'h Hunk, mut line: impl FnMut(usize, LineKind, usize, &'h str)) {
    let mut at = hunk.old_start.saturating_sub(1);
    for (index, there) in hunk.lines.iter().enumerate() {
        if there.text == NO_NEWLINE && there.kind != LineKind::Context {
            continue;
        }
        line(index, there.kind, at, &there.text);
        if there.kind != LineKind::Added && there.text != NO_NEWLINE {
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::forward;

    fn hunks(old: &str, new: &str) -> Vec<Hunk> {
        let change =
            change(Path::new("/f"), Some(old.as_bytes()), Some(new.as_bytes()), Author::User);
        change.unwrap().hunks
    }

    #[test]
    fn a_hunk_is_found_where_its_lines_are() {
        let made = hunks("a\nb\nc\n", "a\nB\nc\n");
        let table = [
            ("a\nb\nc\n", Some("a\nB\nc\n")),
            ("0\n1\na\nb\nc\nd\n", Some("0\n1\na\nB\nc\nd\n")),
            ("0\na\nb\nc\na\nb\nc\n", None),
            ("x\n", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(fit(text, &made).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn chosen_lines_go_and_the_others_stay() {
        let (old, new) = ("1\n2\n3\n", "1\ntwo\nmore\n3\nend");
        let hunk = hunks(old, new).remove(0);
        let line = |wanted: &str| hunk.lines.iter().position(|line| line.text == wanted).unwrap();
        let table: [(&[&str], Option<&str>); 5] = [
            (&["more"], Some("1\ntwo\n3\nend")),
            (&["2", "two"], Some("1\n2\nmore\n3\nend")),
            (&["end"], Some("1\ntwo\nmore\n3\n")),
            (&["2", "two", "more", "end"], Some(old)),
            (&[], None),
        ];
        for (chosen, expected) in table {
            let chosen: Vec<_> = chosen.iter().map(|text| line(text)).collect();
            let picked: Vec<_> = forward(&hunk, |at| chosen.contains(&at)).into_iter().collect();
            assert_eq!(without(old, new, &picked).as_deref(), expected, "{chosen:?}");
        }
        // Told in another way than the shortest: an equal line before or after.
        let mut told = hunks("5\n", "5\n5\n").remove(0);
        told.lines.swap(0, 1);
        assert_eq!(without("5\n", "5\n5\n", &[told]).as_deref(), Some("5\n"));
        // Of what the new text does not hold, nothing can go.
        assert_eq!(without(old, "1\n2\n3\n4\n", &hunks(old, "0\n1\n2\n3\n")), None);
    }
}

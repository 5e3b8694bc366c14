//! A file that is gone and one that is new, of the same or nearly the same content: one that was
//! renamed.

use std::collections::HashMap;

use crate::diff;
use crate::protocol::{ChangeKind, FileChange};
use crate::workspace::Stamp;

/// Pairs of files whose lines are compared, at most.
const PAIRS: usize = 2_500;

/// Lines of a file that is compared, at most.
const LINES: usize = 5_000;

/// A change with the stamp of the file before, where it is gone, or now, where it is new.
pub(super) type Stamped = (FileChange, Option<Stamp>);

/// Makes one change of each pair. The order stays.
pub(super) fn join(changes: &[Stamped]) -> Vec<FileChange> {
    let of = |wanted: ChangeKind| {
        let all = changes.iter().enumerate();
        let of_kind = all.filter(move |(_, (change, _))| change.kind == wanted);
        of_kind.map(|(at, _)| at).collect::<Vec<_>>()
    };
    let (mut gone, mut new) = (of(ChangeKind::Deleted), of(ChangeKind::Added));
    let mut pairs: HashMap<usize, usize> = HashMap::new();
    let same =
        |old: usize, new: usize| changes[old].1.is_some() && changes[old].1 == changes[new].1;
    // An empty file is like every other one.
    let empty = Some(Stamp::of(&[]));
    gone.retain(|old| {
        let found = new.iter().position(|new| same(*old, *new) && changes[*old].1 != empty);
        if let Some(at) = found {
            pairs.insert(new.remove(at), *old);
        }
        found.is_none()
    });
    if gone.len() * new.len() <= PAIRS {
        for at in new {
            let likeness = |old: &usize| (alike(&changes[*old].0, &changes[at].0), *old);
            let best = gone.iter().map(likeness).filter(|(percent, _)| *percent >= 50).max();
            if let Some((_, old)) = best {
                gone.retain(|there| *there != old);
                pairs.insert(at, old);
            }
        }
    }
    let taken: Vec<usize> = pairs.values().copied().collect();
    let kept = (0..changes.len()).filter(|at| !taken.contains(at));
    kept.map(|at| match pairs.get(&at) {
        Some(old) => renamed(&changes[*old].0, &changes[at].0),
        None => changes[at].0.clone(),
    })
    .collect()
}

/// The one change of a file that was renamed.
fn renamed(old: &FileChange, new: &FileChange) -> FileChange {
    let (before, now) = (whole(old), whole(new));
    let text = before.zip(now).map(|(before, now)| {
        diff::change(&new.path, Some(before.as_bytes()), Some(now.as_bytes()), new.author)
    });
    let mut change = match text {
        Some(Some(change)) => change,
        // Not a line of it differs, or it has none.
        _ => FileChange { added: 0, removed: 0, hunks: Vec::new(), ..new.clone() },
    };
    (change.kind, change.from) = (ChangeKind::Modified, Some(old.path.clone()));
    change
}

/// The whole text of a file that is gone or new; none where its hunks do not tell it.
fn whole(change: &FileChange) -> Option<String> {
    match (change.kind, change.note.is_some()) {
        (_, true) => None,
        (ChangeKind::Added, _) => diff::apply("", &change.hunks),
        _ => {
            let back = change.hunks.iter().filter_map(|hunk| diff::backward(hunk, |_| true));
            diff::apply("", &back.collect::<Vec<_>>())
        }
    }
}

/// How many of a hundred lines stand in both.
fn alike(old: &FileChange, new: &FileChange) -> usize {
    let most = old.removed.max(new.added);
    // A file of a few lines is like many others.
    if !(3..=LINES).contains(&most) || old.note.is_some() || new.note.is_some() {
        return 0;
    }
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for line in old.hunks.iter().flat_map(|hunk| &hunk.lines) {
        *lines.entry(&line.text).or_default() += 1;
    }
    let both = new.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| {
        lines.get_mut(line.text.as_str()).is_some_and(|left| {
            let there = *left > 0;
            *left = left.saturating_sub(1);
            there
        })
    });
    both.count() * 100 / most
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::protocol::Author;

    fn change(path: &str, before: Option<&str>, now: Option<&str>) -> Stamped {
        let (old, new) = (before.map(str::as_bytes), now.map(str::as_bytes));
        let change = diff::change(Path::new(path), old, new, Author::User).unwrap();
        let whole = if now.is_none() { old } else { new };
        (change, whole.map(Stamp::of))
    }

    #[test]
    fn pairs_become_one() {
        let long = "1\n2\n3\n4\n5\n6\n";
        let near = "1\n2\n3\n4\n5\nsix\n";
        let table = [
            // gone          new            what is told
            (long, long, "/b <- /a +0-0"),
            (long, near, "/b <- /a +1-1"),
            (long, "x\ny\nz\n", "/a D +0-6, /b A +3-0"),
            ("1\n", "1\n2\n", "/a D +0-1, /b A +2-0"),
            ("1\n", "1\n", "/b <- /a +0-0"),
        ];
        for (old, new, expected) in table {
            let joined = join(&[change("/a", Some(old), None), change("/b", None, Some(new))]);
            let told: Vec<_> = joined
                .iter()
                .map(|change| {
                    let how = match (&change.from, change.kind) {
                        (Some(from), ChangeKind::Modified) => format!("<- {}", from.display()),
                        (None, ChangeKind::Added) => "A".to_owned(),
                        (None, ChangeKind::Deleted) => "D".to_owned(),
                        other => format!("{other:?}"),
                    };
                    let (path, added, removed) =
                        (change.path.display(), change.added, change.removed);
                    format!("{path} {how} +{added}-{removed}")
                })
                .collect();
            assert_eq!(told.join(", "), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn each_is_used_once_and_empty_files_are_not_alike() {
        let two = [
            change("/a", Some("1\n"), None),
            change("/b", None, Some("1\n")),
            change("/c", None, Some("1\n")),
        ];
        let froms: Vec<_> = join(&two).iter().map(|change| change.from.is_some()).collect();
        assert_eq!(froms, [true, false]);
        let empty = [change("/a", Some(""), None), change("/b", None, Some(""))];
        assert_eq!(join(&empty).len(), 2);
    }
}

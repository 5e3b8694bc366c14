//! What the keys act on, and what comes of it: patches to stage and to take back, copies, quotes.
//! Pure: rows and changes in, texts and hunks out.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::diff;
use crate::protocol::{ChangeKind, FileChange, Hunk, LineKind};
use crate::ui::pane::changes::rows::{Rows, Spot};
use crate::ui::widget::diff_rows::{is_marker, relative};

/// Lines of one file that the keys act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pick {
    /// Which file.
    pub file: usize,
    /// Its hunks, and which lines of each.
    pub hunks: Vec<(usize, BTreeSet<usize>)>,
}

impl Pick {
    /// What the keys act on: the rows of the selection, all in the cursor's file; without one the
    /// hunk under the cursor, or, where a file begins, all of it.
    pub(super) fn new(
        rows: &Rows,
        changes: &[FileChange],
        cursor: usize,
        anchor: Option<usize>,
    ) -> Option<Self> {
        let spot = rows.spot(cursor)?;
        let file = spot.file();
        let change = changes.get(file)?;
        let whole = |at: usize| (at, (0..change.hunks[at].lines.len()).collect());
        if let Some(anchor) = anchor {
            let own = rows.of_file(file);
            let (from, to) = (anchor.min(cursor).max(own.start), anchor.max(cursor));
            let mut hunks: Vec<(usize, BTreeSet<usize>)> = Vec::new();
            for spot in (from..=to.min(own.end.saturating_sub(1))).filter_map(|at| rows.spot(at)) {
                let Some(hunk) = spot.hunk() else { continue };
                for line in spot.lines() {
                    match hunks.last_mut() {
                        Some((last, lines)) if *last == hunk => _ = lines.insert(line),
                        _ => hunks.push((hunk, BTreeSet::from([line]))),
                    }
                }
            }
            return Some(Self { file, hunks });
        }
        let hunks = match spot.hunk() {
            Some(hunk) if hunk < change.hunks.len() => vec![whole(hunk)],
            _ => (0..change.hunks.len()).map(whole).collect(),
        };
        Some(Self { file, hunks })
    }

    /// How many lines of it differ.
    pub(super) fn count(&self, change: &FileChange) -> usize {
        let differs = |hunk: &Hunk, at: usize| {
            hunk.lines.get(at).is_some_and(|l| l.kind != LineKind::Context && !is_marker(l))
        };
        self.of(change)
            .map(|(hunk, lines)| lines.iter().filter(|at| differs(hunk, **at)).count())
            .sum()
    }

    /// The hunks from the old text that make only these lines.
    pub(super) fn forward(&self, change: &FileChange) -> Vec<Hunk> {
        self.of(change)
            .filter_map(|(hunk, lines)| diff::forward(hunk, |at| lines.contains(&at)))
            .collect()
    }

    /// The hunks from the text as it is now that take only these lines back.
    pub(super) fn backward(&self, change: &FileChange) -> Vec<Hunk> {
        self.of(change)
            .filter_map(|(hunk, lines)| diff::backward(hunk, |at| lines.contains(&at)))
            .collect()
    }

    /// The lines as they stand in the files, without signs.
    pub(super) fn text(&self, change: &FileChange) -> String {
        let mut out = String::new();
        for (hunk, lines) in self.of(change) {
            for line in lines.iter().filter_map(|at| hunk.lines.get(*at)) {
                if !is_marker(line) {
                    out.push_str(&line.text);
                    out.push('\n');
                }
            }
        }
        out
    }

    /// As a patch that `git apply` takes; none where no line differs.
    pub(super) fn patch(&self, change: &FileChange, project: &Path) -> Option<String> {
        let hunks = self.forward(change);
        if hunks.is_empty() {
            return None;
        }
        let name = |path: &Path| relative(path, project).into_string();
        let before = change.from.as_ref().unwrap_or(&change.path);
        let old = match change.kind {
            ChangeKind::Added => "/dev/null".to_owned(),
            _ => format!("a/{}", name(before)),
        };
        let new = match change.kind {
            ChangeKind::Deleted => "/dev/null".to_owned(),
            _ => format!("b/{}", name(&change.path)),
        };
        let mut out = format!("--- {old}\n+++ {new}\n");
        let mut moved: isize = 0;
        for hunk in &hunks {
            let count =
                |but| hunk.lines.iter().filter(|line| line.kind != but && !is_marker(line)).count();
            let (removed, added) = (count(LineKind::Added), count(LineKind::Removed));
            let start = match (hunk.old_start, added) {
                (0, 1..) => 1,
                (_, 0) if removed == 0 => 0,
                (old, 0) => old.saturating_sub(1).saturating_add_signed(moved),
                (old, _) => old.saturating_add_signed(moved),
            };
            moved = moved.saturating_add_unsigned(added).saturating_sub_unsigned(removed);
            // Writing to a String cannot fail.
            let _ = writeln!(out, "@@ -{},{removed} +{start},{added} @@", hunk.old_start);
            for line in &hunk.lines {
                let sign = if is_marker(line) { "" } else { sign(line.kind) };
                let _ = writeln!(out, "{sign}{}", line.text);
            }
        }
        Some(out)
    }

    /// Where the lines stand, and the lines as a fenced block: to ask about them.
    pub(super) fn quote(&self, change: &FileChange, project: &Path) -> Option<(String, String)> {
        let mut lines = String::new();
        let mut numbers: Option<(usize, usize)> = None;
        for (hunk, chosen) in self.of(change) {
            for at in chosen {
                let line = hunk.lines.get(*at)?;
                let sign = if is_marker(line) { "" } else { sign(line.kind) };
                let _ = writeln!(lines, "{sign}{}", line.text);
                let number = new_number(hunk, *at);
                numbers = Some(
                    numbers
                        .map_or((number, number), |(from, to)| (from.min(number), to.max(number))),
                );
            }
        }
        let name = relative(&change.path, project);
        let place = match numbers? {
            (from, to) if from == to => format!("{name}:{from}"),
            (from, to) => format!("{name}:{from}-{to}"),
        };
        let fence = fence(&lines);
        Some((place, format!("{fence}diff\n{lines}{fence}\n")))
    }

    fn of<'a>(
        &'a self,
        change: &'a FileChange,
    ) -> impl Iterator<Item = (&'a Hunk, &'a BTreeSet<usize>)> {
        self.hunks.iter().filter_map(|(at, lines)| Some((change.hunks.get(*at)?, lines)))
    }
}

/// The file and the line of it under the cursor, from 1: of a removed line where it would stand.
pub(super) fn place(
    rows: &Rows,
    changes: &[FileChange],
    cursor: usize,
) -> Option<(PathBuf, usize)> {
    let spot = rows.spot(cursor)?;
    let change = changes.get(spot.file())?;
    let hunk = spot.hunk().and_then(|at| change.hunks.get(at)).or(change.hunks.first());
    let line = match spot {
        Spot::Line { .. } => spot.lines().last().zip(hunk).map(|(at, hunk)| new_number(hunk, at)),
        // Where the first difference is.
        _ => hunk.map(|hunk| {
            let first = hunk.lines.iter().position(|line| line.kind != LineKind::Context);
            new_number(hunk, first.unwrap_or(0))
        }),
    };
    Some((change.path.clone(), line.unwrap_or(1).max(1)))
}

/// The number in the new file of a line of a hunk; of a removed one that of the line that follows.
pub(super) fn new_number(hunk: &Hunk, at: usize) -> usize {
    let before = hunk.lines.iter().take(at);
    let count = before.filter(|line| line.kind != LineKind::Removed && !is_marker(line)).count();
    hunk.new_start.saturating_add(count)
}

fn sign(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Context => " ",
        LineKind::Added => "+",
        LineKind::Removed => "-",
    }
}

/// A fence that is longer than any in the text.
fn fence(text: &str) -> String {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat((longest + 1).max(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::pane::tests::change;
    use std::collections::HashSet;

    fn one() -> [FileChange; 1] {
        [change(
            "/w/src/a.rs",
            &[(4, 4, &[" a", "-b", "+c", "+d", " e"]), (90, 91, &[" x", "-y", " z"])],
        )]
    }

    fn pick(changes: &[FileChange], split: bool, cursor: usize, anchor: Option<usize>) -> Pick {
        let rows = Rows::new(changes, split, &HashSet::new());
        Pick::new(&rows, changes, cursor, anchor).unwrap()
    }

    #[test]
    fn the_cursor_says_what_is_meant() {
        type Case<'a> = (usize, Option<usize>, &'a [(usize, usize)], usize);
        // file, hunk, " a", "-b", "+c", "+d", " e", hunk, " x", "-y", " z"
        let changes = one();
        let table: [Case<'_>; 6] = [
            (0, None, &[(0, 5), (1, 3)], 4),
            (1, None, &[(0, 5)], 3),
            (4, None, &[(0, 5)], 3),
            (4, Some(3), &[(0, 2)], 2),
            (9, Some(5), &[(0, 2), (1, 2)], 2),
            (2, Some(2), &[(0, 1)], 0),
        ];
        for (cursor, anchor, hunks, count) in table {
            let got = pick(&changes, false, cursor, anchor);
            let lines: Vec<_> = got.hunks.iter().map(|(at, lines)| (*at, lines.len())).collect();
            assert_eq!(lines, hunks, "{cursor} {anchor:?}");
            assert_eq!(got.count(&changes[0]), count, "{cursor} {anchor:?}");
        }
        assert_eq!(pick(&changes, true, 3, Some(3)).hunks, [(0, BTreeSet::from([1, 2]))]);
    }

    #[test]
    fn a_selection_ends_with_its_file() {
        let changes = [one(), one()].concat();
        let rows = Rows::new(&changes, false, &HashSet::new());
        let got = Pick::new(&rows, &changes, 12, Some(3)).unwrap();
        assert_eq!((got.file, got.hunks.len()), (1, 0), "the cursor is on the second file's hunk");
    }

    #[test]
    fn copies_and_patches() {
        let changes = one();
        let part = pick(&changes, false, 4, Some(3));
        assert_eq!(part.text(&changes[0]), "b\nc\n");
        let patch = part.patch(&changes[0], Path::new("/w")).unwrap();
        let want = "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -4,3 +4,3 @@\n a\n-b\n+c\n e\n";
        assert_eq!(patch, want);
        let all = pick(&changes, false, 0, None).patch(&changes[0], Path::new("/w")).unwrap();
        assert!(all.ends_with("@@ -90,3 +91,2 @@\n x\n-y\n z\n"), "{all}");
        let mut new = change("/w/n", &[(0, 1, &["+a", "+\\ No newline at end of file"])]);
        new.kind = ChangeKind::Added;
        let patch = pick(&[new.clone()], false, 1, None).patch(&new, Path::new("/w")).unwrap();
        assert_eq!(
            patch,
            "--- /dev/null\n+++ b/n\n@@ -0,0 +1,1 @@\n+a\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn a_quote_names_the_lines_and_cannot_be_broken_out_of() {
        let changes = [change("/w/a.md", &[(7, 9, &["-x", "+```rust", "+y"])])];
        let (place, block) =
            pick(&changes, false, 4, Some(3)).quote(&changes[0], Path::new("/w")).unwrap();
        assert_eq!(place, "a.md:9-10");
        assert_eq!(block, "````diff\n+```rust\n+y\n````\n");
        let gone = pick(&changes, false, 2, Some(2));
        assert_eq!(gone.quote(&changes[0], Path::new("/w")).unwrap().0, "a.md:9");
    }

    #[test]
    fn the_editor_goes_to_the_line() {
        let changes = one();
        let rows = Rows::new(&changes, false, &HashSet::new());
        let lines: Vec<_> = (0..11).map(|at| place(&rows, &changes, at).unwrap().1).collect();
        assert_eq!(lines, [5, 5, 4, 5, 5, 6, 7, 92, 91, 92, 92]);
        assert_eq!(place(&rows, &changes, 99), None);
    }
}

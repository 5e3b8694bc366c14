//! The lines between hunks that are as they were: shown when they are asked for, read from the
//! file as it is now.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::protocol::{DiffLine, FileChange, Hunk, LineKind, SessionId};
use crate::session::State;
use crate::ui::effect::{Effect, Effects};
use crate::ui::pane::changes::ChangesPane;
use crate::ui::pane::changes::paint;
use crate::ui::pane::changes::rows::Spot;
use crate::ui::widget::diff_rows::is_marker;

/// Most lines that are unfolded above a hunk: those next to it.
const MOST: usize = 1_000;

/// Lines of a file that are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Of which session.
    pub session: SessionId,
    /// The answer bears it.
    pub generation: u64,
    /// The file.
    pub path: PathBuf,
    /// The first of them, from 1.
    pub from: usize,
    /// How many.
    pub count: usize,
    /// What has to stand below them: else the file is another one by now.
    pub below: Vec<String>,
}

/// The lines, or why there are none, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// Of which session.
    pub session: SessionId,
    /// Of which question.
    pub generation: u64,
    /// The lines, without their ends.
    pub found: Result<Vec<String>, String>,
}

impl Asked {
    /// The lines, out of the file's text.
    ///
    /// # Errors
    ///
    /// A sentence, where it is not the text that was shown.
    pub fn pick(&self, text: &str) -> Result<Vec<String>, String> {
        let mut lines = text.split('\n').skip(self.from.saturating_sub(1));
        let found: Vec<String> = lines.by_ref().take(self.count).map(str::to_owned).collect();
        let fits = self.below.iter().all(|line| lines.next() == Some(line));
        if found.len() == self.count && fits {
            return Ok(found);
        }
        Err("the file changed just now: try again".to_owned())
    }
}

/// Unchanged lines that are seen above a hunk.
#[derive(Debug, Clone)]
struct Open {
    path: PathBuf,
    /// The hunk as it was told.
    hunk: Hunk,
    lines: Vec<String>,
}

impl Open {
    fn is_above(&self, path: &Path, hunk: &Hunk) -> bool {
        self.path == path && self.hunk == *hunk
    }
}

/// All that are seen, and what was asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Unfolded {
    open: Vec<Open>,
    asked: Option<(u64, PathBuf, Hunk)>,
    generation: u64,
}

impl Unfolded {
    /// The changes with the unfolded lines in their hunks. Those above a hunk that is another one
    /// by now are folded again.
    pub(super) fn within(&mut self, told: &Arc<Vec<FileChange>>) -> Arc<Vec<FileChange>> {
        let is_there = |open: &Open| {
            let mut of = told.iter().filter(|change| change.path == open.path);
            of.any(|change| change.hunks.contains(&open.hunk))
        };
        self.open.retain(is_there);
        if self.open.is_empty() {
            return told.clone();
        }
        let mut grown = Vec::clone(told);
        for open in &self.open {
            let hunks = grown.iter_mut().filter(|change| change.path == open.path);
            let mut hunks = hunks.flat_map(|change| &mut change.hunks);
            if let Some(hunk) = hunks.find(|hunk| **hunk == open.hunk) {
                let context = |text: &String| {
                    let (kind, text) = (LineKind::Context, text.clone());
                    DiffLine { kind, text }
                };
                hunk.old_start = hunk.old_start.saturating_sub(open.lines.len());
                hunk.new_start = hunk.new_start.saturating_sub(open.lines.len());
                hunk.lines.splice(0..0, open.lines.iter().map(context));
            }
        }
        Arc::new(grown)
    }

    /// How many lines are unfolded above a hunk of a file as it was told.
    pub(super) fn count(&self, change: &FileChange, at: usize) -> usize {
        let hunk = change.hunks.get(at);
        let of = |hunk| self.open.iter().find(|open| open.is_above(&change.path, hunk));
        hunk.and_then(of).map_or(0, |open| open.lines.len())
    }
}

impl ChangesPane {
    /// Is the cursor where a hunk begins, with unchanged lines above it, folded or not?
    pub fn on_unchanged(&self) -> bool {
        self.unchanged().is_some()
    }

    /// The file and the hunk that the cursor is at, and how many lines above are folded; as told.
    fn unchanged(&self) -> Option<(&FileChange, usize, usize)> {
        let Spot::Hunk { file, hunk } = self.rows.spot(self.cursor)? else { return None };
        let change = self.told.get(file as usize)?;
        let gap = paint::gap(change, hunk as usize);
        (gap > 0).then_some((change, hunk as usize, gap))
    }

    /// Shows the unchanged lines above the hunk of the cursor, or folds them again.
    pub(super) fn unfold(&mut self, session: &State) -> Effects {
        let Some((change, at, gap)) = self.unchanged() else { return Effects::new() };
        let (path, hunk) = (change.path.clone(), change.hunks[at].clone());
        self.follow = false;
        let open = self.unfolded.open.len();
        self.unfolded.open.retain(|open| !open.is_above(&path, &hunk));
        if self.unfolded.open.len() < open {
            self.regrow();
            return Effects::new();
        }
        if self.paused && !Arc::ptr_eq(&self.told, &session.live.changes) {
            self.say("it changed since you paused: p shows how");
            return Effects::new();
        }
        self.unfolded.generation += 1;
        let count = gap.min(MOST);
        let is_new = |line: &&DiffLine| line.kind != LineKind::Removed && !is_marker(line);
        let asked = Asked {
            session: session.id.clone(),
            generation: self.unfolded.generation,
            path: path.clone(),
            from: hunk.new_start.saturating_sub(count),
            count,
            below: hunk.lines.iter().filter(is_new).map(|line| line.text.clone()).collect(),
        };
        self.unfolded.asked = Some((asked.generation, path, hunk));
        vec![Effect::ReadLines(asked)]
    }

    /// Takes lines in that were asked for. The reader keeps the line he reads.
    pub fn unfolded(&mut self, lines: Lines) {
        let asked = self.unfolded.asked.take_if(|(asked, ..)| *asked == lines.generation);
        let Some((_, path, hunk)) = asked else { return };
        match lines.found {
            Ok(lines) => {
                self.unfolded.open.push(Open { path, hunk, lines });
                self.regrow();
            }
            Err(why) => self.say(why),
        }
    }

    fn regrow(&mut self) {
        self.shown = self.unfolded.within(&self.told);
        self.paint.forget_places();
        self.reshape();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::action::Action;
    use crate::ui::pane::Pane as _;
    use crate::ui::pane::changes::tests::{seen, told};
    use crate::ui::pane::tests::{area, change, golden, view};

    fn asked() -> Asked {
        let below = vec!["four".to_owned()];
        Asked { session: "s1".into(), generation: 3, path: "/w/a".into(), from: 2, count: 2, below }
    }

    #[test]
    fn lines_are_taken_only_from_the_file_that_was_shown() {
        let changed = || Err("the file changed just now: try again".to_owned());
        let lines = |lines: &[&str]| Ok(lines.iter().map(|&line| line.to_owned()).collect());
        let table = [
            ("one\ntwo\nthree\nfour\nfive\n", lines(&["two", "three"])),
            ("one\ntwo\r\nthree\nfour", lines(&["two\r", "three"])),
            ("one\nnew\ntwo\nthree\nfour\n", changed()),
            ("one\ntwo\nthree", changed()),
            ("", changed()),
        ];
        for (text, expected) in table {
            assert_eq!(asked().pick(text), expected, "{text:?}");
        }
    }

    fn lines(generation: u64, found: Result<Vec<String>, String>) -> Lines {
        Lines { session: "s1".into(), generation, found }
    }

    fn two() -> Vec<FileChange> {
        vec![change("/w/a.rs", &[(3, 3, &[" c", "-d", "+D"]), (9, 9, &[" i", "+I", " j"])])]
    }

    #[test]
    fn unchanged_lines_unfold_and_fold_again() {
        let (mut pane, session) = seen(two());
        let _ = view(&mut pane, &session, 30_000, area(60, 14));
        for action in [Action::Top, Action::NextHunk, Action::NextHunk] {
            assert_eq!(pane.act(action, &session), []);
        }
        assert!(pane.on_unchanged());
        let effects = pane.act(Action::Open, &session);
        let below = ["i", "I", "j"].map(str::to_owned).to_vec();
        let path = PathBuf::from("/w/a.rs");
        let asked =
            Asked { session: session.id.clone(), generation: 1, path, from: 5, count: 4, below };
        assert_eq!(effects, [Effect::ReadLines(asked)]);

        let found = || Ok(["e", "f", "g", "h"].map(str::to_owned).to_vec());
        pane.unfolded(lines(0, found()));
        assert_eq!(pane.shown[0], two()[0], "an old answer is none");
        pane.unfolded(lines(1, found()));
        golden("changes_unfolded", &view(&mut pane, &session, 30_000, area(60, 14)));
        pane.unfolded(lines(1, found()));
        assert_eq!(pane.shown[0].hunks[1].lines.len(), 7, "it is taken once");

        assert!(pane.on_unchanged(), "the cursor stays where it was");
        assert_eq!(pane.act(Action::Open, &session), []);
        assert_eq!(pane.shown[0], two()[0]);
    }

    #[test]
    fn what_is_unfolded_stays_while_its_hunk_does() {
        let (mut pane, mut session) = seen(two());
        let _ = view(&mut pane, &session, 30_000, area(60, 14));
        for action in [Action::Top, Action::NextHunk, Action::Open] {
            let _ = pane.act(action, &session);
        }
        let found = Ok(vec!["a".to_owned(), "b".to_owned()]);
        pane.unfolded(lines(1, found));
        let count = |pane: &ChangesPane| pane.shown[0].hunks[0].lines.len();
        assert_eq!((count(&pane), pane.shown[0].hunks[0].new_start), (5, 1));
        let mut next = two();
        next[0].hunks.pop();
        told(&mut pane, &mut session, next.clone(), 40_000);
        assert_eq!(count(&pane), 5, "another hunk is gone");
        next[0].hunks[0].lines[2].text = "other".to_owned();
        told(&mut pane, &mut session, next, 50_000);
        assert_eq!(count(&pane), 3, "this one is another");
    }

    #[test]
    fn lines_that_cannot_be_read_are_said() {
        let (mut pane, session) = seen(two());
        let _ = view(&mut pane, &session, 30_000, area(60, 14));
        for action in [Action::Top, Action::NextHunk, Action::Open] {
            let _ = pane.act(action, &session);
        }
        pane.unfolded(lines(1, Err("the file is gone".to_owned())));
        assert_eq!(pane.word.as_deref(), Some("the file is gone"));
        assert_eq!(pane.shown[0], two()[0]);
    }
}

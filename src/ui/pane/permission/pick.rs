//! Which lines of an edit the user wants, and what is said to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diff::NO_NEWLINE;
use crate::protocol::{
    EditPart, FileChange, Hunk, LineAt, LineComment, LineKind, PermissionOutcome, Preview, ToolCall,
};

/// A place of the cursor: the head of a hunk, or a line of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stop {
    pub(super) hunk: usize,
    /// None: the head.
    pub(super) line: Option<usize>,
}

/// How much of a hunk is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chosen {
    All,
    Part,
    None,
}

/// What is chosen of an edit. All of it, until the user says otherwise.
#[derive(Debug, Clone, Default)]
pub(super) struct Picks {
    call: Option<Arc<ToolCall>>,
    left_out: BTreeSet<LineAt>,
    comments: BTreeMap<LineAt, String>,
    cursor: Stop,
    /// Where lines began to be selected.
    anchor: Option<Stop>,
}

impl Picks {
    /// Everything of a call is chosen.
    pub(super) fn new(call: Option<&Arc<ToolCall>>) -> Self {
        Self { call: call.cloned(), ..Self::default() }
    }

    /// The choice for the same call as it is now: what was said of a hunk holds where that hunk is
    /// still the same.
    pub(super) fn renewed(&self, call: Option<&Arc<ToolCall>>) -> Self {
        let mut next = Self::new(call);
        let now: Vec<usize> = self
            .hunks()
            .iter()
            .map(|old| next.hunks().iter().position(|new| new.lines == old.lines))
            .map(|at| at.unwrap_or(usize::MAX))
            .collect();
        // Where two hunks are alike, nobody knows which of them was meant.
        let moved = |at: &LineAt| {
            let hunk = *now.get(at.hunk).filter(|hunk| **hunk != usize::MAX)?;
            let twins = now.iter().filter(|other| **other == hunk).count();
            let alike = |new: &Hunk| new.lines == next.hunks()[hunk].lines;
            let once = twins == 1 && next.hunks().iter().filter(|new| alike(new)).count() == 1;
            once.then_some(LineAt { hunk, ..*at })
        };
        let left_out = self.left_out.iter().filter_map(moved).collect();
        let comments = self.comments.iter();
        let comments = comments.filter_map(|(at, text)| Some((moved(at)?, text.clone()))).collect();
        (next.left_out, next.comments) = (left_out, comments);
        next
    }

    /// The change, where there are lines to choose from.
    pub(super) fn change(&self) -> Option<&FileChange> {
        match self.call.as_ref()?.preview.as_ref()? {
            Preview::Diff { change } if !change.hunks.is_empty() => Some(change),
            _ => None,
        }
    }

    fn hunks(&self) -> &[Hunk] {
        self.change().map_or(&[], |change| &change.hunks)
    }

    /// Where the cursor stands.
    pub(super) fn cursor(&self) -> Stop {
        self.cursor
    }

    /// Puts the cursor where the user points.
    pub(super) fn point(&mut self, stop: Stop) {
        self.cursor = stop;
    }

    /// Is a line among those that are being selected?
    pub(super) fn is_selected(&self, stop: Stop) -> bool {
        self.anchor.is_some_and(|anchor| {
            (anchor.min(self.cursor)..=anchor.max(self.cursor)).contains(&stop)
        })
    }

    /// Are lines being selected?
    pub(super) fn is_selecting(&self) -> bool {
        self.anchor.is_some()
    }

    /// Begins to select lines, or stops it.
    pub(super) fn select(&mut self) {
        self.anchor = if self.anchor.is_some() { None } else { Some(self.cursor) };
    }

    /// The cursor a line down or up.
    pub(super) fn step(&mut self, down: bool) {
        let Stop { hunk, line } = self.cursor;
        let lines = |hunk: usize| self.hunks().get(hunk).map_or(0, |hunk| hunk.lines.len());
        let next = match (down, line) {
            (true, None) if lines(hunk) > 0 => Stop { hunk, line: Some(0) },
            (true, Some(at)) if at + 1 < lines(hunk) => Stop { hunk, line: Some(at + 1) },
            (true, _) if hunk + 1 < self.hunks().len() => Stop { hunk: hunk + 1, line: None },
            (false, Some(at)) => Stop { hunk, line: at.checked_sub(1) },
            (false, None) if hunk > 0 => {
                Stop { hunk: hunk - 1, line: lines(hunk - 1).checked_sub(1) }
            }
            _ => self.cursor,
        };
        self.cursor = next;
    }

    /// The cursor to the next hunk, or to the head of this one or the one before.
    pub(super) fn jump(&mut self, down: bool) {
        let Stop { hunk, line } = self.cursor;
        let to = match (down, line) {
            (true, _) if hunk + 1 >= self.hunks().len() => return,
            (true, _) => hunk + 1,
            (false, Some(_)) => hunk,
            (false, None) => hunk.saturating_sub(1),
        };
        self.cursor = Stop { hunk: to, line: None };
    }

    /// The changed lines of a hunk: each with its place.
    fn changed(&self, hunk: usize) -> impl Iterator<Item = LineAt> {
        let lines = self.hunks().get(hunk).map_or(&[][..], |hunk| &hunk.lines);
        let differs = move |(at, line): (usize, &crate::protocol::DiffLine)| {
            let changed = line.kind != LineKind::Context && line.text != NO_NEWLINE;
            changed.then_some(LineAt { file: 0, hunk, line: at })
        };
        lines.iter().enumerate().filter_map(differs)
    }

    /// How much of a hunk is chosen.
    pub(super) fn chosen(&self, hunk: usize) -> Chosen {
        let out = self.changed(hunk).filter(|at| self.left_out.contains(at)).count();
        match out {
            0 => Chosen::All,
            out if out == self.changed(hunk).count() => Chosen::None,
            _ => Chosen::Part,
        }
    }

    /// Hunks of which something is chosen, and all of them.
    pub(super) fn count(&self) -> (usize, usize) {
        let all = self.hunks().len();
        ((0..all).filter(|hunk| self.chosen(*hunk) != Chosen::None).count(), all)
    }

    /// Is a line left out?
    pub(super) fn is_out(&self, hunk: usize, line: usize) -> bool {
        self.left_out.contains(&LineAt { file: 0, hunk, line })
    }

    /// What the user says to a line.
    pub(super) fn comment(&self, hunk: usize, line: usize) -> Option<&str> {
        self.comments.get(&LineAt { file: 0, hunk, line }).map(String::as_str)
    }

    /// Chooses what is left out and leaves out what is chosen: the selected lines, else the hunk.
    pub(super) fn toggle(&mut self) {
        let lines: Vec<LineAt> = match self.anchor.take() {
            Some(anchor) => {
                let (from, to) = (anchor.min(self.cursor), anchor.max(self.cursor));
                let inside = |at: &LineAt| {
                    (from..=to).contains(&Stop { hunk: at.hunk, line: Some(at.line) })
                };
                (from.hunk..=to.hunk).flat_map(|hunk| self.changed(hunk)).filter(inside).collect()
            }
            None => self.changed(self.cursor.hunk).collect(),
        };
        // What is partly chosen is chosen whole first, hunk or lines alike.
        if lines.iter().any(|at| self.left_out.contains(at)) {
            self.left_out.retain(|at| !lines.contains(at));
        } else {
            self.left_out.extend(lines);
        }
    }

    /// Chooses all of it again.
    pub(super) fn all(&mut self) {
        self.left_out.clear();
        self.anchor = None;
    }

    /// The line that a comment of the cursor's is for; the first that differs, at a hunk's head.
    fn spot(&self) -> Option<LineAt> {
        let Stop { hunk, line } = self.cursor;
        match line {
            Some(line) => Some(LineAt { file: 0, hunk, line }),
            None => self.changed(hunk).next(),
        }
    }

    /// What is said already where the cursor stands; none where nothing can be said.
    pub(super) fn said(&self) -> Option<&str> {
        let at = self.spot()?;
        Some(self.comments.get(&at).map_or("", String::as_str))
    }

    /// Says something where the cursor stands; nothing takes back what was said.
    pub(super) fn say(&mut self, text: Option<String>) {
        let Some(at) = self.spot() else { return };
        match text {
            Some(text) => drop(self.comments.insert(at, text)),
            None => drop(self.comments.remove(&at)),
        }
    }

    /// What allowing it means; none where nothing is chosen.
    pub(super) fn outcome(&self) -> Option<PermissionOutcome> {
        if self.left_out.is_empty() && self.comments.is_empty() {
            return Some(PermissionOutcome::AllowOnce);
        }
        if self.count().0 == 0 {
            return None;
        }
        let comments = self.comments.iter();
        let part = EditPart {
            left_out: self.left_out.iter().copied().collect(),
            comments: comments
                .map(|(at, text)| LineComment { at: *at, text: text.clone() })
                .collect(),
        };
        Some(PermissionOutcome::AllowPart { part })
    }

    /// What `y` does, and what comes of it.
    pub(super) fn words(&self) -> (String, String) {
        let (chosen, all) = self.count();
        let out: Vec<String> = (0..all)
            .filter(|hunk| self.chosen(*hunk) != Chosen::All)
            .map(|hunk| (hunk + 1).to_string())
            .collect();
        let label = match (chosen, all, out.len()) {
            (_, 1, 0) => "Apply it".to_owned(),
            (_, _, 0) => format!("Apply all {all} hunks"),
            (0, ..) => "Nothing is chosen".to_owned(),
            _ if chosen == all => "Apply the chosen lines".to_owned(),
            _ => format!("Apply {chosen} of {all} hunks"),
        };
        let whole = (0..all).all(|hunk| self.chosen(hunk) != Chosen::Part);
        let told = match out.as_slice() {
            [] => None,
            [one] if whole => Some(format!("is told hunk {one} was declined")),
            many if whole => Some(format!("is told hunks {} were declined", many.join(", "))),
            _ => Some("is told which lines were declined".to_owned()),
        };
        let comments = match self.comments.len() {
            0 => None,
            1 => Some("gets your comment".to_owned()),
            count => Some(format!("gets your {count} comments")),
        };
        let said: Vec<String> = told.into_iter().chain(comments).collect();
        let outcome = match (chosen, said.join(" and ")) {
            (0, _) => "n denies it".to_owned(),
            (_, said) if said.is_empty() => "writes the file".to_owned(),
            (_, said) => format!("writes the file; the agent {said}"),
        };
        (label, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::pane::tests::{change, edit};

    fn picks(hunks: &[(usize, usize, &[&str])]) -> Picks {
        Picks::new(Some(&Arc::new(edit("c1", change("/w/a.rs", hunks)))))
    }

    const HUNKS: &[(usize, usize, &[&str])] =
        &[(1, 1, &[" a", "-b", "+c"]), (9, 9, &["-d", "-\\ No newline at end of file", "+e"])];

    /// `j k` move, `] [` jump, `v` selects, Space toggles, `A` chooses all, `c` comments.
    fn press(picks: &mut Picks, keys: &str) {
        for key in keys.chars() {
            match key {
                'j' => picks.step(true),
                'k' => picks.step(false),
                ']' => picks.jump(true),
                '[' => picks.jump(false),
                'v' => picks.select(),
                ' ' => picks.toggle(),
                'A' => picks.all(),
                _ => picks.say(Some("why?".into())),
            }
        }
    }

    fn at(hunk: usize, line: usize) -> LineAt {
        LineAt { file: 0, hunk, line }
    }

    #[rustfmt::skip]
    #[test]
    fn keys_choose_hunks_and_lines() {
        let table: &[(&str, Vec<LineAt>, &str)] = &[
            // keys         left out                             what y says
            ("",            vec![],                              "Apply all 2 hunks"),
            (" ",           vec![at(0, 1), at(0, 2)],            "Apply 1 of 2 hunks"),
            ("  ",          vec![],                              "Apply all 2 hunks"),
            ("] ",          vec![at(1, 0), at(1, 2)],            "Apply 1 of 2 hunks"),
            ("] ]]]] ",     vec![],                              "Apply all 2 hunks"),
            ("jj ",         vec![at(0, 1), at(0, 2)],            "Apply 1 of 2 hunks"),
            ("jjv ",        vec![at(0, 1)],                      "Apply the chosen lines"),
            ("jjvj ",       vec![at(0, 1), at(0, 2)],            "Apply 1 of 2 hunks"),
            ("jjjvjj ",     vec![at(0, 2), at(1, 0)],            "Apply the chosen lines"),
            ("jjv  ",       vec![],                              "Apply all 2 hunks"),
            (" ] ",         vec![at(0, 1), at(0, 2), at(1, 0), at(1, 2)], "Nothing is chosen"),
            (" ] A",        vec![],                              "Apply all 2 hunks"),
            ("jv ",         vec![],                              "Apply all 2 hunks"),
            ("kkk[ jk[ ",   vec![],                              "Apply all 2 hunks"),
        ];
        for (keys, left_out, words) in table {
            let mut picks = picks(HUNKS);
            press(&mut picks, keys);
            let got: Vec<_> = picks.left_out.iter().copied().collect();
            assert_eq!((&got, picks.words().0.as_str()), (left_out, *words), "{keys:?}");
        }
    }

    #[test]
    fn what_is_sent_is_what_is_chosen() {
        let mut picks = picks(HUNKS);
        assert_eq!(picks.outcome(), Some(PermissionOutcome::AllowOnce));
        press(&mut picks, "]jc");
        let Some(PermissionOutcome::AllowPart { part }) = picks.outcome() else { unreachable!() };
        assert_eq!((part.left_out.len(), part.comments[0].at), (0, at(1, 0)));
        assert_eq!(picks.words().1, "writes the file; the agent gets your comment");
        press(&mut picks, " ");
        assert_eq!(
            picks.words().1,
            "writes the file; the agent is told hunk 2 was declined and gets your comment"
        );
        press(&mut picks, "[[ ");
        assert_eq!(picks.outcome(), None);
    }

    #[test]
    fn a_choice_goes_with_its_hunk_where_that_is_the_same() {
        let mut before = picks(HUNKS);
        press(&mut before, " ]c ");
        let shifted: &[(usize, usize, &[&str])] =
            &[(1, 1, &[" new"]), (5, 5, HUNKS[0].2), (13, 13, &["-d", "+other"])];
        let now = Arc::new(edit("c1", change("/w/a.rs", shifted)));
        let next = before.renewed(Some(&now));
        assert_eq!(next.left_out.iter().copied().collect::<Vec<_>>(), [at(1, 1), at(1, 2)]);
        assert!(next.comments.is_empty(), "its line is another");
        let twins = Arc::new(edit("c1", change("/w/a.rs", &[HUNKS[0], HUNKS[0]])));
        assert!(before.renewed(Some(&twins)).left_out.is_empty());
        assert!(before.renewed(None).left_out.is_empty());
    }
}

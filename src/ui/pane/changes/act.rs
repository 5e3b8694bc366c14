//! What the keys of the pane do.

use crate::protocol::{Baseline, FileChange, Op};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::pane::changes::rows::Spot;
use crate::ui::pane::changes::select::Pick;
use crate::ui::pane::changes::{ChangesPane, LEAST_WIDE};
use crate::ui::pane::paged;
use crate::ui::widget::diff_rows::relative;

/// Cells by which long lines are scrolled.
const SIDEWAYS: usize = 16;
/// Why some lines cannot be taken by themselves.
const GLUED: &str = "not by themselves: a line without a newline would run into the next one";

impl ChangesPane {
    /// Carries an action out, and forgets what waited for a second press of another.
    pub(super) fn carry_out(&mut self, action: Action, session: &State) -> Effects {
        self.word = None;
        let armed = self.armed.take();
        match action {
            Action::Up => self.go_to(self.cursor.saturating_sub(1)),
            Action::Down => self.go_to(self.cursor + 1),
            Action::ScrollUp => self.scroll(false),
            Action::ScrollDown => self.scroll(true),
            Action::NextHunk => self.jump(true, |pane| pane.rows.hunks()),
            Action::PreviousHunk => self.jump(false, |pane| pane.rows.hunks()),
            Action::NextSection => self.jump(true, |pane| pane.rows.files()),
            Action::PreviousSection => self.jump(false, |pane| pane.rows.files()),
            Action::ScrollLeft => self.column = self.column.saturating_sub(SIDEWAYS),
            Action::ScrollRight => self.column = (self.column + SIDEWAYS).min(self.widest()),
            Action::Open if self.on_unchanged() => return self.unfold(session),
            Action::Open => self.fold(Some(false)),
            Action::Close => self.fold(Some(true)),
            Action::Toggle => self.fold(None),
            Action::OpenAll => self.fold_all(false),
            Action::CloseAll => self.fold_all(true),
            Action::SelectLines => {
                self.follow = false;
                self.anchor = if self.anchor.is_some() { None } else { Some(self.cursor) };
            }
            Action::SelectHunk => self.select_hunk(),
            Action::Stage => return self.stage(session, false),
            Action::Unstage => return self.stage(session, true),
            Action::Revert => return self.revert(session, armed.as_ref()),
            Action::UndoRevert => return send(session, Op::UndoRevert),
            Action::Copy => return self.copy(session),
            Action::CopyPatch => {
                let patch = self.pick().and_then(|(pick, change)| pick.patch(change, &session.cwd));
                match patch {
                    Some(patch) => return vec![Effect::Copy(patch)],
                    None => self.say("no line here differs"),
                }
            }
            Action::ToggleWords => {
                self.wordless = !self.wordless;
                self.say(if self.wordless { "words: off" } else { "words: on" });
            }
            Action::ToggleSplit => {
                if self.parts.diff.width < LEAST_WIDE {
                    self.say("too narrow for two columns: Enter shows it in full screen");
                } else {
                    self.split = Some(!self.two);
                }
            }
            Action::PauseWatch => self.pause(session),
            Action::FollowLive => {
                if self.paused {
                    self.pause(session);
                }
                self.follow();
            }
            Action::RefreshChanges => {
                let baseline = session.live.against;
                return send(session, Op::Compare { baseline });
            }
            Action::MarkSeen => {
                self.say("seen: d, \"since you last looked\" shows what comes");
                return send(session, Op::Looked);
            }
            _ => {
                if let Some(row) = paged(action, self.cursor, self.page) {
                    self.go_to(row);
                }
            }
        }
        Effects::new()
    }

    /// What can be done now, most useful first. Without a repository nothing can be staged.
    pub(super) fn hinted(&self) -> &'static [Action] {
        use Action as A;
        match (self.anchor.is_some(), self.full, self.git) {
            _ if self.shown.is_empty() => &[A::ChooseBaseline, A::RefreshChanges],
            _ if self.rows.hunks().is_empty() => {
                &[A::NextSection, A::PreviousSection, A::ChooseBaseline]
            }
            (true, _, true) => &[A::Stage, A::Revert, A::Copy, A::CopyPatch, A::AskAbout],
            (true, _, false) => &[A::Revert, A::Copy, A::CopyPatch, A::AskAbout],
            (false, true, true) => &[
                A::NextHunk,
                A::PreviousHunk,
                A::NextSection,
                A::Stage,
                A::Revert,
                A::EditFile,
                A::ToggleWords,
                A::ToggleSplit,
                A::AskAbout,
                A::ShowWhy,
            ],
            (false, true, false) => &[
                A::NextHunk,
                A::PreviousHunk,
                A::NextSection,
                A::Revert,
                A::EditFile,
                A::ToggleWords,
                A::ToggleSplit,
                A::AskAbout,
                A::ShowWhy,
            ],
            (false, false, true) => {
                &[A::NextHunk, A::Stage, A::Revert, A::Open, A::PreviousHunk, A::ChooseBaseline]
            }
            (false, false, false) => {
                &[A::NextHunk, A::Revert, A::Open, A::PreviousHunk, A::ChooseBaseline]
            }
        }
    }

    pub(super) fn go_to_file(&mut self, file: usize) {
        self.follow = false;
        self.anchor = None;
        self.cursor = self.rows.of_file(file).start;
        self.top = self.cursor;
        self.settle();
    }

    fn go_to(&mut self, row: usize) {
        self.follow = false;
        self.cursor = row.min(self.rows.len().saturating_sub(1));
    }

    /// The view moves by a row; the cursor stays where it can.
    fn scroll(&mut self, down: bool) {
        self.follow = false;
        let last = self.rows.len().saturating_sub(self.page);
        self.top = if down { self.top + 1 } else { self.top.saturating_sub(1) }.min(last);
        self.cursor = self.cursor.clamp(self.top, self.top + self.page.saturating_sub(1));
    }

    /// To the next or the previous of these rows; it stands at the top then.
    fn jump(&mut self, next: bool, of: impl Fn(&Self) -> &[usize]) {
        self.follow = false;
        let rows = of(self);
        let at = rows.partition_point(|&row| row < self.cursor);
        let to = if next {
            rows[at..].iter().find(|&&row| row > self.cursor)
        } else {
            at.checked_sub(1).and_then(|at| rows.get(at))
        };
        if let Some(&to) = to {
            self.cursor = to;
            // What is in sight does not move.
            if !(self.top..self.top + self.page).contains(&(to + 2)) || to < self.top {
                self.top = to;
            }
        }
    }

    fn widest(&self) -> usize {
        let spot = self.rows.spot(self.cursor);
        let hunk = spot.and_then(|spot| self.shown.get(spot.file())?.hunks.get(spot.hunk()?));
        let lines = hunk.into_iter().flat_map(|hunk| &hunk.lines);
        lines.map(|line| line.text.len()).max().unwrap_or(0).saturating_sub(1)
    }

    fn fold(&mut self, fold: Option<bool>) {
        let Some((at, change)) = self.file() else { return };
        let path = change.path.clone();
        let folds = fold.unwrap_or(!self.folded.contains(&path));
        let changed = if folds { self.folded.insert(path) } else { self.folded.remove(&path) };
        if changed {
            self.follow = false;
            if folds {
                self.cursor = self.rows.of_file(at).start;
            }
            self.reshape();
        }
    }

    fn fold_all(&mut self, fold: bool) {
        self.follow = false;
        self.folded.clear();
        if fold {
            self.folded.extend(self.shown.iter().map(|change| change.path.clone()));
            if let Some((at, _)) = self.file() {
                self.cursor = self.rows.of_file(at).start;
            }
        }
        self.reshape();
    }

    fn select_hunk(&mut self) {
        self.follow = false;
        if let Some(rows) = self.rows.of_hunk(self.cursor).filter(|rows| !rows.is_empty()) {
            (self.anchor, self.cursor) = (Some(rows.start), rows.end - 1);
        }
    }

    pub(super) fn say(&mut self, word: impl Into<String>) {
        self.word = Some(word.into());
    }

    fn pause(&mut self, session: &State) {
        self.paused = !self.paused;
        self.newer = 0;
        if self.paused {
            self.say("paused: p goes on, f goes to what is newest");
        }
        self.sync(session);
    }

    /// Why lines cannot be acted on.
    fn refusal(&self, pick: &Pick, change: &FileChange, session: &State) -> Option<String> {
        let now = session.live.changes.iter().find(|now| now.path == change.path);
        let told = self.told.iter().find(|told| told.path == change.path);
        if self.paused && now != told {
            return Some("it changed since you paused: p shows how".to_owned());
        }
        if change.hunks.is_empty() {
            let why = change.note.as_deref().unwrap_or("no line differs");
            return Some(format!("{why}: there are no lines to choose"));
        }
        (pick.count(change) == 0).then(|| "no line here differs".to_owned())
    }

    fn stage(&mut self, session: &State, unstage: bool) -> Effects {
        let Some((pick, change)) = self.pick() else { return Effects::new() };
        let refusal = self.refusal(&pick, change, session).or_else(|| {
            let why = match (unstage, self.against) {
                _ if session.live.branch.is_none() => "there is no git repository here",
                (false, Baseline::Head) if change.staged > 0 => {
                    "some of it is staged: d, the index shows the rest"
                }
                (true, _) if change.staged == 0 => "nothing of it is staged",
                (true, Baseline::Index) => "d, HEAD shows what is staged",
                _ => return None,
            };
            Some(why.to_owned())
        });
        if let Some(refusal) = refusal {
            self.say(refusal);
            return Effects::new();
        }
        let Some(hunks) = pick.forward(change) else {
            self.say(GLUED);
            return Effects::new();
        };
        let path = change.path.clone();
        self.anchor = None;
        send(session, Op::Stage { path, hunks, unstage })
    }

    /// Asks first: the second press does it, if it is still the same.
    fn revert(&mut self, session: &State, armed: Option<&Op>) -> Effects {
        let Some((pick, change)) = self.pick() else { return Effects::new() };
        if let Some(refusal) = self.refusal(&pick, change, session) {
            self.say(refusal);
            return Effects::new();
        }
        let Some(hunks) = pick.backward(change) else {
            self.say(GLUED);
            return Effects::new();
        };
        let op = Op::Revert { path: change.path.clone(), hunks };
        if armed == Some(&op) {
            self.anchor = None;
            self.say("asked to take it back: U undoes it");
            return send(session, op);
        }
        let count = pick.count(change);
        let noun = if count == 1 { "line" } else { "lines" };
        let name = relative(&change.path, &session.cwd);
        self.say(format!("x again takes {count} {noun} of {name} back"));
        self.armed = Some(op);
        Effects::new()
    }

    /// The selected lines, else the line, the hunk or the name of the file under the cursor.
    fn copy(&mut self, session: &State) -> Effects {
        let text = match (self.anchor, self.rows.spot(self.cursor)) {
            (None, Some(Spot::File(_) | Spot::Note(_))) => {
                self.file().map(|(_, change)| relative(&change.path, &session.cwd).into_string())
            }
            (None, Some(Spot::Line { .. })) => {
                let at = Some(self.cursor);
                let pick = Pick::new(&self.rows, &self.shown, self.cursor, at);
                pick.and_then(|pick| Some(pick.text(self.shown.get(pick.file)?)))
            }
            _ => self.pick().map(|(pick, change)| pick.text(change)),
        };
        self.anchor = None;
        text.map(Effect::Copy).into_iter().collect()
    }
}

fn send(session: &State, op: Op) -> Effects {
    vec![Effect::Send(session.id.clone(), op)]
}

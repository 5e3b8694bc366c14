//! What differs, live: the files, and below them the lines of all of them, one file after the
//! other, under one cursor.

mod act;
mod draw;
mod follow;
mod list;
mod paint;
mod rows;
mod select;
mod unfold;
mod why;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::base::clock::Millis;
use crate::base::text;
use crate::protocol::{Baseline, Envelope, FileChange, Op, SessionId, Topics};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::effect::Effects;
use crate::ui::highlight::Highlighted;
use crate::ui::pane::changes::follow::Known;
use crate::ui::pane::changes::list::{Files, Parts};
use crate::ui::pane::changes::paint::Paints;
use crate::ui::pane::changes::rows::{Rows, Spot};
use crate::ui::pane::changes::unfold::Unfolded;
use crate::ui::pane::{Look, Pane};
use crate::ui::row::Row;
use crate::ui::theme::Role;
use crate::ui::widget::diff_rows::relative;

pub use unfold::{Asked, Lines};
pub use why::{Reason, Why};

/// Columns from which on the full screen shows old and new beside each other.
const WIDE: u16 = 84;
/// The fewest columns in which that can be asked for.
const LEAST_WIDE: u16 = 60;

/// The files that differ, and their lines. Follows the newest change until the user moves.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is switched by a key of its own")]
pub struct ChangesPane {
    session: Option<SessionId>,
    /// What is shown, and from what it differs; while paused not what is.
    shown: Arc<Vec<FileChange>>,
    /// The same, without the unchanged lines that were unfolded; and which those are.
    told: Arc<Vec<FileChange>>,
    unfolded: Unfolded,
    against: Baseline,
    rows: Rows,
    known: Known,
    folded: HashSet<PathBuf>,
    /// The row of the cursor, and the other end of the selection.
    cursor: usize,
    anchor: Option<usize>,
    /// The first row in sight, of how many that fit; cells that are out of sight at the left.
    top: usize,
    page: usize,
    column: usize,
    /// Old and new beside each other: as the user wants it, and as it is.
    split: Option<bool>,
    two: bool,
    wordless: bool,
    /// It goes to the newest change.
    follow: bool,
    /// It stands still, and how many files changed since.
    paused: bool,
    newer: usize,
    /// Changes are looked for every two seconds.
    polling: bool,
    /// The project is in a git repository.
    git: bool,
    /// It has the whole screen.
    full: bool,
    /// What a second press carries out.
    armed: Option<Op>,
    /// Said in the last row until the next key.
    word: Option<String>,
    paint: Paints,
    parts: Parts,
    now: Millis,
}

impl ChangesPane {
    /// Has it the whole screen?
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// It has the whole screen from now on, or no more.
    pub fn set_full(&mut self, full: bool) {
        self.full = full;
    }

    /// Is nothing shown?
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// From what the files differ that are shown.
    pub fn against(&self) -> Baseline {
        self.against
    }

    /// Is the cursor on a file that is folded?
    pub fn on_folded(&self) -> bool {
        self.file().is_some_and(|(_, change)| self.folded.contains(&change.path))
    }

    /// Lets go of the selection and of what waits for a second press. Was there one?
    pub fn dismiss(&mut self) -> bool {
        let armed = self.armed.take().is_some();
        self.word = None;
        self.anchor.take().is_some() || armed
    }

    /// The file under the cursor, and the line of it, from 1.
    pub fn place(&self) -> Option<(PathBuf, usize)> {
        select::place(&self.rows, &self.shown, self.cursor)
    }

    /// Where the selected lines stand, and a fenced block of them: to ask about them.
    pub fn quote(&self, project: &Path) -> Option<(String, String)> {
        let (pick, change) = self.pick()?;
        pick.quote(change, project)
    }

    /// Why the line under the cursor is as it is.
    pub fn reason(&self, session: &State) -> Option<Reason> {
        why::why(session, &self.rows, &self.shown, self.cursor)
    }

    /// Code that should be highlighted: to be performed after `arrange`.
    pub fn wanted(&mut self) -> Effects {
        self.paint.wanted()
    }

    /// Code was highlighted. Is it of this pane? Nothing moves by it.
    pub fn highlighted(&mut self, done: &Highlighted) -> bool {
        self.paint.take(done.clone())
    }

    /// Is there the cursor's row, below a click?
    pub fn is_cursor(&self, at: Position) -> bool {
        self.row_at(at) == Some(self.cursor)
    }

    fn row_at(&self, at: Position) -> Option<usize> {
        let below = usize::from(at.y.checked_sub(self.parts.diff.y)?);
        let row = self.top + below;
        (self.parts.diff.contains(at) && row < self.rows.len()).then_some(row)
    }

    /// The file of the cursor.
    fn file(&self) -> Option<(usize, &FileChange)> {
        let at = self.rows.spot(self.cursor)?.file();
        Some((at, self.shown.get(at)?))
    }

    fn pick(&self) -> Option<(select::Pick, &FileChange)> {
        let pick = select::Pick::new(&self.rows, &self.shown, self.cursor, self.anchor)?;
        let change = self.shown.get(pick.file)?;
        Some((pick, change))
    }

    /// Keeps the cursor in sight, and the last row at the end.
    fn settle(&mut self) {
        let last = self.rows.len().saturating_sub(1);
        let page = self.page.max(1);
        self.cursor = self.cursor.min(last);
        self.anchor = self.anchor.map(|at| at.min(last));
        let lowest = (self.cursor + 1).saturating_sub(page);
        self.top = self.top.clamp(lowest, self.cursor.max(lowest));
        self.top = self.top.min(self.rows.len().saturating_sub(page).max(lowest));
    }

    /// The rows of the selection.
    fn selected(&self, row: usize) -> bool {
        self.anchor.is_some_and(|at| (at.min(self.cursor)..=at.max(self.cursor)).contains(&row))
    }

    fn files<'a>(
        &'a self,
        session: &'a State,
        fresh: &'a dyn Fn(&Path) -> Option<u64>,
    ) -> Files<'a> {
        let at = self.file().map_or(0, |(at, _)| at);
        let (changes, project) = (self.shown.as_slice(), session.cwd.as_path());
        let unlisted = session.live.unlisted;
        Files { changes, project, at, against: self.against, unlisted, fresh }
    }
}

impl Pane for ChangesPane {
    fn topics(&self) -> Topics {
        Topics::WORKSPACE | Topics::SESSION
    }

    fn observe(&mut self, envelope: &Envelope, session: &State) {
        self.told(envelope, session);
    }

    fn act(&mut self, action: Action, session: &State) -> Effects {
        self.sync(session);
        let effects = self.carry_out(action, session);
        self.settle();
        effects
    }

    fn arrange(&mut self, session: &State, look: &Look<'_>, area: Rect) {
        self.sync(session);
        self.now = look.now;
        self.parts = list::parts(area, self.shown.len(), self.full);
        let wide = self.parts.diff.width;
        let two = self.split.unwrap_or(self.full && wide >= WIDE) && wide >= LEAST_WIDE;
        if two != self.two {
            self.two = two;
            self.reshape();
        }
        self.page = usize::from(self.parts.diff.height);
        self.settle();
        let seen = (self.top..self.top + self.page).filter_map(|at| self.rows.spot(at));
        let mut last = None;
        for (file, hunk) in seen.filter_map(|spot| Some((spot.file(), spot.hunk()?))) {
            if last != Some((file, hunk)) {
                last = Some((file, hunk));
                self.paint.want(&self.shown[file], file, hunk);
            }
        }
    }

    fn view(&self, session: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        if self.shown.is_empty() {
            list::view_empty(self.against, self.git, look, area, buf);
        } else {
            let fresh = |path: &Path| list::fresh(self.known.when(path), look.now);
            self.files(session, &fresh).view(&self.parts, look, buf);
            self.view_diff(session, look, buf);
        }
        if let Some(word) = self.word.as_ref().filter(|_| area.height > 0) {
            let room = if self.shown.is_empty() { area } else { self.parts.diff };
            let cells = usize::from(room.width);
            let row = Row::new(text::sanitise(&format!(" {word}")), Role::Wait);
            let row = row.truncated(cells).padded(Role::Text, cells);
            row.draw(room, room.height.saturating_sub(1), look.theme, buf);
        }
    }

    fn title(&self, session: &State, look: &Look<'_>) -> (String, String) {
        let mut right = Vec::new();
        let mut left = match self.against {
            Baseline::SessionStart => "since start".to_owned(),
            Baseline::LastLook => "since last look".to_owned(),
            other => format!("since {}", list::since(other)),
        };
        match self.file().filter(|_| self.full) {
            Some((at, change)) => {
                let name = relative(&change.path, &session.cwd);
                let how = if self.two { "side by side" } else { "one column" };
                left = format!("{name} · {how}");
                let hunk = self.rows.spot(self.cursor).and_then(Spot::hunk);
                right.push(match hunk {
                    Some(hunk) => format!("hunk {}/{}", hunk + 1, change.hunks.len()),
                    None => format!("file {}/{}", at + 1, self.shown.len()),
                });
                if list::fresh(self.known.when(&change.path), look.now).is_some() {
                    right.push("●live".to_owned());
                }
            }
            // What is said in the pane says it.
            None if self.shown.is_empty() => left.clear(),
            None => {
                let sum = |count: fn(&FileChange) -> usize| -> usize {
                    self.shown.iter().map(count).fold(0, usize::saturating_add)
                };
                let files = self.shown.len();
                let noun = if files == 1 { "file" } else { "files" };
                let (added, removed) = (sum(|change| change.added), sum(|change| change.removed));
                let files = match session.live.unlisted {
                    0 => format!("{files} {noun}"),
                    more => format!("{files} of {} files", files.saturating_add(more)),
                };
                right.push(format!("{files} +{added} -{removed}"));
            }
        }
        match (self.paused, self.newer) {
            (true, 0) => right.push("paused".to_owned()),
            (true, newer) => right.push(format!("paused · {newer} newer")),
            (false, _) if self.polling => right.push("watch lost: polling 2 s".to_owned()),
            (false, _) if self.full && self.follow => right.push("following".to_owned()),
            (false, _) if self.full => right.push("watching".to_owned()),
            (false, _) => {}
        }
        (left, right.join(" · "))
    }

    fn hints(&self) -> &'static [Action] {
        self.hinted()
    }

    fn click(&mut self, at: Position, area: Rect, session: &State) -> Effects {
        if !area.contains(at) {
            return Effects::new();
        }
        self.sync(session);
        self.armed = None;
        self.word = None;
        if let Some(row) = self.row_at(at) {
            (self.cursor, self.anchor, self.follow) = (row, None, false);
        } else if self.parts.list.contains(at) {
            let row = usize::from(at.y - self.parts.list.y);
            let file = self.files(session, &|_| None).hit(&self.parts, row);
            if let Some(file) = file {
                self.go_to_file(file);
            }
        }
        Effects::new()
    }

    fn is_animated(&self, _: &State) -> bool {
        self.known.is_fresh(self.now)
    }
}

#[cfg(test)]
mod tests;

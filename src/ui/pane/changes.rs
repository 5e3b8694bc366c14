//! What differs from the session's start, live: the files, and the lines of one of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::base::clock::Millis;
use crate::base::text;
use crate::base::text::Sanitised;
use crate::protocol::{Author, ChangeKind, Envelope, Event, FileChange, Topics};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::effect::Effects;
use crate::ui::pane::{Look, Pane, paged};
use crate::ui::row::Row;
use crate::ui::theme::Role;
use crate::ui::widget::diff_rows::DiffRows;
use crate::ui::widget::diff_rows::Numbers;
use crate::ui::widget::diff_rows::relative;

/// Milliseconds for which a change is marked as live.
const LIVE: u64 = 3_000;

/// The files that differ, and the diff of the one that is looked at: the latest that changed,
/// until the user chooses one; `Bottom` past the end of the diff changes nothing of that.
#[derive(Debug, Clone, Default)]
pub struct ChangesPane {
    /// What was seen last, to know what is new.
    known: Arc<Vec<FileChange>>,
    /// When each file last changed.
    changed: HashMap<PathBuf, Millis>,
    /// The file that is looked at, and whether the user chose it.
    file: Option<PathBuf>,
    chosen: bool,
    /// The first row of the diff in sight, and of how many how many are.
    scroll: usize,
    page: usize,
    rows: usize,
    hunks: usize,
    /// When it was last arranged.
    now: Millis,
}

impl ChangesPane {
    fn file<'s>(&self, session: &'s State) -> Option<(usize, &'s FileChange)> {
        let changes = &session.live.changes;
        let at = changes.iter().position(|change| Some(&change.path) == self.file.as_ref());
        let at = at.unwrap_or(0);
        Some((at, changes.get(at)?))
    }

    /// Looks at another file, from its first row on.
    fn look_at(&mut self, session: &State, at: usize) {
        let Some(change) = session.live.changes.get(at) else { return };
        self.file = Some(change.path.clone());
        self.chosen = true;
        self.scroll = 0;
        self.measure(session);
    }

    fn measure(&mut self, session: &State) {
        let rows = self.file(session).map(|(_, change)| {
            (DiffRows::new(change, Sanitised::default(), Numbers::One).len(), change.hunks.len())
        });
        (self.rows, self.hunks) = rows.unwrap_or_default();
        self.scroll_to(self.scroll);
    }

    fn scroll_to(&mut self, row: usize) {
        self.scroll = row.min(self.rows.saturating_sub(self.page));
    }

    /// To the hunk after or before the first row in sight.
    fn hunk(&mut self, session: &State, next: bool) {
        let Some((_, change)) = self.file(session) else { return };
        let rows = DiffRows::new(change, Sanitised::default(), Numbers::One);
        let mut separators = rows.separators().iter();
        let to = if next {
            separators.find(|at| **at > self.scroll)
        } else {
            separators.rfind(|at| **at < self.scroll)
        };
        if let Some(to) = to {
            self.scroll_to(*to);
        }
    }

    fn is_live(&self, path: &Path, now: Millis) -> bool {
        self.changed.get(path).is_some_and(|at| now.0.saturating_sub(at.0) < LIVE)
    }

    /// How many rows the list of files takes, of `high`: at most a third, so that the diff is seen.
    fn listed(files: usize, high: usize) -> usize {
        files.min((high / 3).max(3)).min(high)
    }

    /// The files in sight: from which on, and how many; the rest is counted in a row of its own.
    fn window(&self, session: &State, high: usize) -> (usize, usize) {
        let files = session.live.changes.len();
        let listed = Self::listed(files, high);
        let shown = if files > listed { listed.saturating_sub(1) } else { listed };
        let at = self.file(session).map_or(0, |(at, _)| at);
        let first = (at + 1).saturating_sub(shown).min(files.saturating_sub(shown));
        (first, shown)
    }

    fn entry(&self, change: &FileChange, session: &State, look: &Look<'_>, cells: usize) -> Row {
        let (letter, role) = match change.kind {
            ChangeKind::Added => ("A ", Role::DiffAddCount),
            ChangeKind::Modified => ("M ", Role::Accent),
            ChangeKind::Deleted => ("D ", Role::DiffDelCount),
        };
        let author = match change.author {
            Author::Agent => "agent",
            Author::Command => "command",
            Author::User => "you",
        };
        let (author, author_role) = if self.is_live(&change.path, look.now) {
            ("●live", Role::Run)
        } else {
            (author, Role::Muted)
        };
        let mut counts = Row::default();
        for (role, sign, count) in
            [(Role::DiffAddCount, '+', change.added), (Role::DiffDelCount, '-', change.removed)]
        {
            if count > 0 {
                counts.push(text::sanitise(&format!(" {sign}{count}")), role);
            }
        }
        let counts = counts.padded(Role::Text, 9);
        // Where it is narrow the path matters more.
        let author = if cells < 36 { String::new() } else { format!("  {author:7} ") };
        let right = counts.with(text::sanitise(&author), author_role).truncated(cells);
        let selected = self.file(session).is_some_and(|(_, at)| at.path == change.path);
        let mark = if selected && session.live.changes.len() > 1 { "›" } else { " " };
        let room = cells.saturating_sub(right.width() + 4);
        let path = relative(&change.path, &session.cwd).truncate_start(room);
        let left = Row::new(mark, Role::Text).with(letter, role);
        left.with(path, Role::Text).justified(&right, cells)
    }
}

impl Pane for ChangesPane {
    fn topics(&self) -> Topics {
        Topics::WORKSPACE
    }

    fn observe(&mut self, envelope: &Envelope, session: &State) {
        let Event::FilesChanged { changes, .. } = &envelope.event else { return };
        let before: HashMap<_, _> = self.known.iter().map(|known| (&known.path, known)).collect();
        let is_new = |change: &&FileChange| before.get(&change.path) != Some(change);
        let new: Vec<_> = changes.iter().filter(is_new).map(|change| change.path.clone()).collect();
        let latest = new.last().filter(|latest| Some(*latest) != self.file.as_ref());
        if let Some(latest) = latest.filter(|_| !self.chosen) {
            self.file = Some(latest.clone());
            self.scroll = 0;
        }
        self.changed.extend(new.into_iter().map(|path| (path, envelope.at)));
        self.changed.retain(|path, _| changes.iter().any(|change| change.path == *path));
        self.known = changes.clone();
        // The chosen file is as it was: follow again.
        self.chosen &= changes.iter().any(|change| Some(&change.path) == self.file.as_ref());
        self.measure(session);
    }

    fn act(&mut self, action: Action, session: &State) -> Effects {
        let at = self.file(session).map_or(0, |(at, _)| at);
        match action {
            Action::Up => self.scroll_to(self.scroll.saturating_sub(1)),
            Action::Down => self.scroll_to(self.scroll + 1),
            Action::NextHunk => self.hunk(session, true),
            Action::PreviousHunk => self.hunk(session, false),
            Action::NextSection => self.look_at(session, at + 1),
            Action::PreviousSection => self.look_at(session, at.saturating_sub(1)),
            _ => {
                if let Some(row) = paged(action, self.scroll, self.page) {
                    self.scroll_to(row);
                }
            }
        }
        Effects::new()
    }

    fn arrange(&mut self, session: &State, look: &Look<'_>, area: Rect) {
        self.now = look.now;
        let high = usize::from(area.height);
        self.page = high - Self::listed(session.live.changes.len(), high);
        self.measure(session);
    }

    fn view(&self, session: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let cells = usize::from(area.width);
        let high = usize::from(area.height);
        let Some((selected, change)) = self.file(session) else {
            let words = Row::new(" no changes since session start", Role::Muted);
            words.truncated(cells).draw(area, 0, look.theme, buf);
            return;
        };
        let changes = &session.live.changes;
        let (first, shown) = self.window(session, high);
        for (y, (at, change)) in (0..).zip(changes.iter().enumerate().skip(first).take(shown)) {
            let row = self.entry(change, session, look, cells);
            if at == selected && look.focused {
                row.draw_on(Role::Selection, area, y, look.theme, buf);
            } else {
                row.draw(area, y, look.theme, buf);
            }
        }
        let listed = Self::listed(changes.len(), high);
        if shown < listed {
            let more = format!("   … {} of {} files shown", shown, changes.len());
            let row = Row::new(text::sanitise(&more), Role::Muted).truncated(cells);
            row.draw(area, shown as u16, look.theme, buf);
        }
        let name = relative(&change.path, &session.cwd);
        let rows = DiffRows::new(change, name, Numbers::One);
        for (y, row) in (listed..).zip(rows.rows(self.scroll, high - listed, cells)) {
            row.draw(area, y as u16, look.theme, buf);
        }
    }

    fn title(&self, session: &State, _: &Look<'_>) -> (String, String) {
        let changes = &session.live.changes;
        let sum = |count: fn(&FileChange) -> usize| -> usize {
            changes.iter().map(count).fold(0, usize::saturating_add)
        };
        let right = match changes.len() {
            0 => String::new(),
            files => {
                let (added, removed) = (sum(|change| change.added), sum(|change| change.removed));
                let noun = if files == 1 { "file" } else { "files" };
                format!("{files} {noun} +{added} -{removed}")
            }
        };
        (String::new(), right)
    }

    fn hints(&self) -> &'static [Action] {
        match (self.hunks, self.known.len()) {
            (_, 0) => &[],
            (0 | 1, 1) => &[Action::Down, Action::Up],
            (0 | 1, _) => &[Action::NextSection, Action::PreviousSection, Action::Down, Action::Up],
            (_, 1) => &[Action::NextHunk, Action::PreviousHunk, Action::Down, Action::Up],
            _ => &[
                Action::NextHunk,
                Action::PreviousHunk,
                Action::NextSection,
                Action::PreviousSection,
            ],
        }
    }

    fn click(&mut self, at: Position, area: Rect, session: &State) -> Effects {
        let (first, shown) = self.window(session, usize::from(area.height));
        if area.contains(at) {
            let row = usize::from(at.y - area.y);
            if row < shown {
                self.look_at(session, first + row);
            }
        }
        Effects::new()
    }

    fn is_animated(&self, _: &State) -> bool {
        self.changed.keys().any(|path| self.is_live(path, self.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::pane::tests::{area, change, event, golden, session, view};

    fn three() -> Vec<FileChange> {
        let mut client = change(
            "/w/src/net/client.rs",
            &[
                (
                    39,
                    39,
                    &[
                        " for attempt in 0..MAX {",
                        "-    sleep(Duration::from_millis(500)).await;",
                        "+    let d = BASE;",
                        "+    sleep(d).await;",
                        " }",
                    ],
                ),
                (88, 89, &[" #[cfg(test)]", "+mod retry {"]),
            ],
        );
        client.kind = ChangeKind::Modified;
        let mut test = change("/w/tests/retry.rs", &[(0, 1, &["+#[test]"])]);
        test.kind = ChangeKind::Added;
        let mut logo = change("/w/logo.png", &[]);
        (logo.kind, logo.author, logo.note) =
            (ChangeKind::Deleted, Author::User, Some("binary".into()));
        vec![client, test, logo]
    }

    fn seen(changes: Vec<FileChange>) -> (ChangesPane, State) {
        let (mut pane, mut session) = (ChangesPane::default(), session());
        change_to(&mut pane, &mut session, changes, 10_000);
        (pane, session)
    }

    fn change_to(pane: &mut ChangesPane, session: &mut State, to: Vec<FileChange>, at: u64) {
        let envelope = event(
            session,
            at,
            Event::FilesChanged {
                against: crate::protocol::Baseline::SessionStart,
                changes: Arc::new(to),
            },
        );
        session.apply(&envelope);
        pane.observe(&envelope, session);
    }

    #[test]
    fn looks() {
        let (mut pane, session) = seen(three());
        golden("changes_binary", &view(&mut pane, &session, 12_000, area(46, 16)));
        let _ = pane.act(Action::PreviousSection, &session);
        let _ = pane.act(Action::PreviousSection, &session);
        golden("changes", &view(&mut pane, &session, 20_000, area(46, 16)));
        let _ = pane.act(Action::NextHunk, &session);
        golden("changes_small", &view(&mut pane, &session, 20_000, area(30, 6)));
        let (mut pane, session) = seen(Vec::new());
        golden("changes_empty", &view(&mut pane, &session, 20_000, area(46, 3)));
    }

    #[test]
    fn follows_the_latest_file_until_one_is_chosen() {
        let (mut pane, mut session) = seen(three());
        let named = |pane: &ChangesPane| pane.file.clone().unwrap().display().to_string();
        assert_eq!(named(&pane), "/w/logo.png");
        let mut next = three();
        next[1].added += 1;
        change_to(&mut pane, &mut session, next.clone(), 20_000);
        assert_eq!(named(&pane), "/w/tests/retry.rs");
        assert!(pane.is_live(Path::new("/w/tests/retry.rs"), Millis(22_999)));
        assert!(!pane.is_live(Path::new("/w/tests/retry.rs"), Millis(23_000)));
        assert!(!pane.is_live(Path::new("/w/logo.png"), Millis(20_000)));

        let _ = pane.act(Action::NextSection, &session);
        assert_eq!(named(&pane), "/w/logo.png");
        next[0].added += 1;
        change_to(&mut pane, &mut session, next.clone(), 30_000);
        assert_eq!(named(&pane), "/w/logo.png");

        next.truncate(2);
        change_to(&mut pane, &mut session, next.clone(), 40_000);
        next[0].added += 1;
        change_to(&mut pane, &mut session, next, 50_000);
        assert_eq!(named(&pane), "/w/src/net/client.rs");
    }

    #[test]
    fn hunks_and_ends_are_reached() {
        let hunk: Vec<String> = (0..100).map(|n| format!("+line {n}")).collect();
        let hunk: Vec<&str> = hunk.iter().map(String::as_str).collect();
        let big = change("/w/a.rs", &[(1, 1, &hunk), (300, 300, &hunk), (900, 900, &hunk)]);
        let (mut pane, session) = seen(vec![big]);
        let _ = view(&mut pane, &session, 0, area(46, 11));
        let mut at = |action| {
            let _ = pane.act(action, &session);
            pane.scroll
        };
        assert_eq!(at(Action::NextHunk), 101);
        assert_eq!(at(Action::Down), 102);
        assert_eq!(at(Action::PreviousHunk), 101);
        assert_eq!(at(Action::Bottom), 303 - 10);
        assert_eq!(at(Action::PageUp), 303 - 20);
        assert_eq!(at(Action::Top), 0);
        assert_eq!(at(Action::PreviousHunk), 0);
    }
    #[test]
    fn no_size_is_too_small() {
        for width in (0..60).step_by(3) {
            for height in 0..14 {
                let (mut pane, session) = seen([three(), three()].concat());
                for action in [Action::Top, Action::NextSection, Action::NextHunk, Action::Bottom] {
                    let _ = pane.act(action, &session);
                    let _ = view(&mut pane, &session, 11_000, area(width, height));
                    let at = Position { x: width / 2, y: height / 2 };
                    let _ = pane.click(at, area(width, height), &session);
                }
            }
        }
    }
}

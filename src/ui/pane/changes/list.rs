//! The files that differ: a list above the diff, or, in full screen, a tree beside it.

use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::clock::Millis;
use crate::base::text;
use crate::protocol::{Author, Baseline, FileChange};
use crate::ui::pane::Look;
use crate::ui::pane::changes::paint::{count, kind};
use crate::ui::row::Row;
use crate::ui::theme::Role;
use crate::ui::widget::diff_rows::relative;

/// From this width on the full screen has a tree beside the diff.
const TREE: u16 = 100;
/// Columns of the tree.
const TREE_WIDTH: u16 = 30;
/// Rows of the tree before its first file.
const HEAD: usize = 3;

/// Where the parts of the pane stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Parts {
    /// The files; empty where there is no room.
    pub list: Rect,
    /// They are a tree.
    pub tree: bool,
    /// The diff.
    pub diff: Rect,
}

/// Where the parts stand in `area`.
pub(super) fn parts(area: Rect, files: usize, full: bool) -> Parts {
    let none = Rect { height: 0, ..area };
    if files == 0 || full && area.width < TREE {
        return Parts { list: none, tree: false, diff: area };
    }
    if full {
        let list = Rect { width: TREE_WIDTH, ..area };
        let x = area.x + TREE_WIDTH + 1;
        let diff = Rect { x, width: area.width - TREE_WIDTH - 1, ..area };
        return Parts { list, tree: true, diff };
    }
    // At most a third, so that the diff is seen.
    let high = usize::from(area.height);
    let rows = files.min((high / 3).max(3)).min(high) as u16;
    let list = Rect { height: rows, ..area };
    let diff = Rect { y: area.y + rows, height: area.height - rows, ..area };
    Parts { list, tree: false, diff }
}

/// The files, and what is known of them.
pub(super) struct Files<'a> {
    /// All of them.
    pub changes: &'a [FileChange],
    /// The project.
    pub project: &'a Path,
    /// The one of the cursor.
    pub at: usize,
    /// From what they differ.
    pub against: Baseline,
    /// How many differ beside them.
    pub unlisted: usize,
    /// For how many milliseconds a file has been as it is, where it changed just now.
    pub fresh: &'a dyn Fn(&Path) -> Option<u64>,
}

/// A row of the tree.
enum Leaf<'a> {
    Folder(PathBuf),
    File(usize, &'a FileChange),
}

impl Files<'_> {
    /// Draws the list, or the tree with a rule beside it.
    pub(super) fn view(&self, parts: &Parts, look: &Look<'_>, buf: &mut Buffer) {
        if parts.list.is_empty() {
            return;
        }
        if parts.tree {
            self.view_tree(parts.list, look, buf);
            let rule = if look.theme.is_ascii() { "|" } else { "│" };
            let style = look.theme.style(Role::Border);
            for y in parts.list.top()..parts.list.bottom() {
                buf.set_string(parts.list.right(), y, rule, style);
            }
            return;
        }
        let (first, shown) = self.window(parts.list);
        let cells = usize::from(parts.list.width);
        let files = self.changes.iter().enumerate().skip(first).take(shown);
        for (y, (at, change)) in (0..).zip(files) {
            let row = self.entry(change, at, &self.name(change, false), cells);
            self.draw(&row, at, parts.list, y, look, buf);
        }
        if shown < usize::from(parts.list.height) && shown < self.changes.len() {
            let mut more = format!("   … {shown} of {} files shown", self.changes.len());
            if self.unlisted > 0 {
                more = format!("{more}, {} not listed", self.unlisted);
            }
            let row = Row::new(text::sanitise(&more), Role::Muted).truncated(cells);
            row.draw(parts.list, shown as u16, look.theme, buf);
        }
    }

    /// The file that a click at a row of the list means.
    pub(super) fn hit(&self, parts: &Parts, row: usize) -> Option<usize> {
        if parts.tree {
            let leaves = self.leaves();
            let at = row.checked_sub(HEAD)? + self.scrolled(&leaves, parts.list);
            return match leaves.get(at)? {
                Leaf::File(file, _) => Some(*file),
                Leaf::Folder(_) => None,
            };
        }
        let (first, shown) = self.window(parts.list);
        (row < shown).then_some(first + row)
    }

    /// The files in sight: from which on, and how many; the rest is counted in a row of its own.
    fn window(&self, list: Rect) -> (usize, usize) {
        let (files, listed) = (self.changes.len(), usize::from(list.height));
        let shown = if files > listed { listed.saturating_sub(1) } else { files };
        let first = (self.at + 1).saturating_sub(shown).min(files.saturating_sub(shown));
        (first, shown)
    }

    fn draw(&self, row: &Row, at: usize, area: Rect, y: u16, look: &Look<'_>, buf: &mut Buffer) {
        if at == self.at && look.focused {
            row.draw_on(Role::Selection, area, y, look.theme, buf);
        } else {
            row.draw(area, y, look.theme, buf);
        }
    }

    fn name(&self, change: &FileChange, short: bool) -> text::Sanitised {
        if short {
            let name = change.path.file_name().unwrap_or_default();
            return text::sanitise_exact_line(&name.to_string_lossy());
        }
        relative(&change.path, self.project)
    }

    fn entry(&self, change: &FileChange, at: usize, name: &text::Sanitised, cells: usize) -> Row {
        let (letter, role) = kind(change);
        let mut right = count(change);
        // Where it is narrow the path matters more.
        if cells >= 36 {
            right = Row::new(" ", Role::Text).then(&right).padded(Role::Text, 9);
            let (word, role) = self.word(change);
            right.push(text::sanitise(&format!("  {word:9}")), role);
        } else if (self.fresh)(&change.path).is_some() {
            right.push(" ●", Role::Run);
        } else if change.author == Author::User {
            right.push(" you", Role::Muted);
        }
        let right = right.truncated(cells);
        let mark = if at == self.at && self.changes.len() > 1 { "›" } else { " " };
        let room = cells.saturating_sub(right.width() + 4);
        let left = Row::new(mark, Role::Text).with(letter, role).with(" ", Role::Text);
        left.with(name.truncate_start(room), Role::Text).justified(&right, cells)
    }

    /// Who changed it; of what changed just now since when, of what is staged how much.
    fn word(&self, change: &FileChange) -> (String, Role) {
        if let Some(ms) = (self.fresh)(&change.path) {
            return (format!("●live {}s", ms / 1000), Role::Run);
        }
        if change.staged > 0 {
            return (format!("{} staged", change.staged), Role::Ok);
        }
        (author(change.author).to_owned(), Role::Muted)
    }

    fn leaves(&self) -> Vec<Leaf<'_>> {
        let mut leaves = Vec::with_capacity(self.changes.len() * 2);
        let mut folder = PathBuf::new();
        for (at, change) in self.changes.iter().enumerate() {
            let inner = change.path.strip_prefix(self.project).unwrap_or(&change.path);
            let own = inner.parent().unwrap_or(Path::new(""));
            if own != folder {
                own.clone_into(&mut folder);
                if !own.as_os_str().is_empty() {
                    leaves.push(Leaf::Folder(own.to_owned()));
                }
            }
            leaves.push(Leaf::File(at, change));
        }
        leaves
    }

    /// How many rows of the tree are above what is seen.
    fn scrolled(&self, leaves: &[Leaf<'_>], list: Rect) -> usize {
        let room = usize::from(list.height).saturating_sub(HEAD + 2).max(1);
        let at = |leaf: &Leaf<'_>| matches!(leaf, Leaf::File(at, _) if *at == self.at);
        let at = leaves.iter().position(at).unwrap_or(0);
        (at + 1).saturating_sub(room).min(leaves.len().saturating_sub(room))
    }

    fn view_tree(&self, list: Rect, look: &Look<'_>, buf: &mut Buffer) {
        let cells = usize::from(list.width);
        let since = format!(" since {}", since(self.against));
        let row = Row::new(text::sanitise(&since), Role::Heading);
        row.truncated(cells).draw(list, 0, look.theme, buf);
        let sum = |of: fn(&FileChange) -> usize| {
            self.changes.iter().map(of).fold(0, usize::saturating_add)
        };
        let (added, removed, staged) = (sum(|c| c.added), sum(|c| c.removed), sum(|c| c.staged));
        let mut row = Row::new(text::sanitise(&format!(" +{added}")), Role::DiffAddCount);
        row.push(text::sanitise(&format!(" -{removed}")), Role::DiffDelCount);
        if staged > 0 {
            row.push(text::sanitise(&format!(" · {staged} staged")), Role::Ok);
        }
        row.truncated(cells).draw(list, 1, look.theme, buf);
        if self.unlisted > 0 {
            let more = text::sanitise(&format!(" {} more are not listed", self.unlisted));
            Row::new(more, Role::Wait).truncated(cells).draw(list, 2, look.theme, buf);
        }
        let leaves = self.leaves();
        let room = usize::from(list.height).saturating_sub(HEAD + 2).max(1);
        let seen = leaves.iter().skip(self.scrolled(&leaves, list)).take(room);
        for (y, leaf) in (HEAD as u16..).zip(seen) {
            match leaf {
                Leaf::Folder(folder) => {
                    let name = text::sanitise_exact_line(&folder.to_string_lossy());
                    let name = name.truncate_start(cells.saturating_sub(3));
                    let row = Row::new(" ▾ ", Role::Border).with(name, Role::Muted);
                    row.draw(list, y, look.theme, buf);
                }
                Leaf::File(at, change) => {
                    let row = self.entry(change, *at, &self.name(change, true), cells);
                    self.draw(&row, *at, list, y, look, buf);
                }
            }
        }
        let Some(change) = self.changes.get(self.at) else { return };
        let words = match (self.fresh)(&change.path) {
            Some(ms) => {
                Row::new(text::sanitise(&format!(" ● changed {} s ago", ms / 1000)), Role::Run)
            }
            None => Row::new(
                text::sanitise(&format!(" last changed by {}", author_long(change.author))),
                Role::Muted,
            ),
        };
        words.truncated(cells).draw(list, list.height.saturating_sub(1), look.theme, buf);
    }
}

/// What is said where nothing differs.
pub(super) fn view_empty(
    against: Baseline,
    git: bool,
    look: &Look<'_>,
    area: Rect,
    buf: &mut Buffer,
) {
    let words = format!(" no changes since {}", since(against));
    let more = match (look.focused, git) {
        (false, _) => "",
        (true, true) => " d compares with HEAD, the index, the last turn",
        (true, false) => " compared with a snapshot: no git repository here",
    };
    let rows = [Row::new(text::sanitise(&words), Role::Muted), Row::new(more, Role::Muted)];
    for (y, row) in (0..area.height).zip(rows) {
        row.truncated(usize::from(area.width)).draw(area, y, look.theme, buf);
    }
}

fn author(author: Author) -> &'static str {
    match author {
        Author::Agent => "agent",
        Author::Command => "command",
        Author::User => "you",
    }
}

fn author_long(author: Author) -> &'static str {
    match author {
        Author::Agent => "the agent",
        Author::Command => "a command",
        Author::User => "you",
    }
}

/// What a baseline is called after "since".
pub(super) fn since(baseline: Baseline) -> &'static str {
    match baseline {
        Baseline::SessionStart => "session start",
        Baseline::LastTurn => "last turn",
        Baseline::LastLook => "you last looked",
        Baseline::Head => "HEAD",
        Baseline::Index => "the index",
    }
}

/// For how many milliseconds a change is marked as live.
const LIVE: u64 = 10_000;

/// How long ago a change was, where that is not long.
pub(super) fn fresh(at: Option<&Millis>, now: Millis) -> Option<u64> {
    at.map(|at| now.0.saturating_sub(at.0)).filter(|ms| *ms < LIVE)
}

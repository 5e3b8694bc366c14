//! What fills the window: a bar, a table by kind, and the parts of each kind, which can be taken out
//! or held.

use std::collections::HashSet;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget as _;

use crate::base::amount::tokens;
use crate::base::text::sanitise;
use crate::protocol::{ContextPart, Group, PartState, Window, WindowPart};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::keymap::Context;
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::{Answer, Layer};
use crate::ui::pane::Look;
use crate::ui::row::Row;
use crate::ui::theme::{Glyphs, Role};
use crate::ui::widget::scrollbar::Scrollbar;

/// Columns and rows of it, with its border.
const SIZE: (u16, u16) = (104, 30);
/// Rows above the list: the bar, its legend, an empty one.
const HEAD: u16 = 3;
/// Cells of the figures at the right: tokens and share.
const FIGURES: usize = 16;
/// From how many cells on a part's source stands beside its title.
const WIDE: usize = 70;

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// A kind: its number in `kinds`.
    Kind(usize),
    /// A part of the window, by its number there.
    Part(usize),
    /// What is free.
    Free,
    /// What is kept for the answer.
    Reserved,
}

/// Parts that belong together: of tools, those of one source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    group: Group,
    source: String,
}

/// The view. It shows what the engine told last.
#[derive(Debug, Default)]
pub struct ContextLayer {
    window: Option<Arc<Window>>,
    kinds: Vec<Kind>,
    open: HashSet<Kind>,
    lines: Vec<Line>,
    cursor: usize,
    top: usize,
    page: usize,
}

impl Kind {
    fn of(part: &WindowPart) -> Self {
        let source = if part.group == Group::Tools { part.source.clone() } else { String::new() };
        Self { group: part.group, source }
    }

    fn words(&self) -> String {
        let words = self.group.words();
        if self.source.is_empty() { words.to_owned() } else { format!("{words}: {}", self.source) }
    }
}

/// In which role a kind stands in the bar.
fn role(group: Group) -> Role {
    match group {
        Group::System => Role::Muted,
        Group::Tools => Role::Accent,
        Group::Notes => Role::ModeAsk,
        Group::Memory => Role::ModeAuto,
        Group::Messages => Role::Ok,
        Group::Results => Role::Wait,
    }
}

impl ContextLayer {
    /// Takes in what was told since.
    fn follow(&mut self, session: &State) {
        if self.window != session.live.window {
            self.window.clone_from(&session.live.window);
        }
        let Some(window) = &self.window else { return };
        let mut kinds: Vec<Kind> = Vec::new();
        for group in Group::ALL {
            for part in window.parts.iter().filter(|part| part.group == group) {
                let kind = Kind::of(part);
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
        self.lines.clear();
        for (at, kind) in kinds.iter().enumerate() {
            self.lines.push(Line::Kind(at));
            if self.open.contains(kind) {
                let parts = window.parts.iter().enumerate();
                let parts = parts.filter(|(_, part)| Kind::of(part) == *kind);
                self.lines.extend(parts.map(|(at, _)| Line::Part(at)));
            }
        }
        self.lines.extend([Line::Free, Line::Reserved]);
        self.kinds = kinds;
        self.hold();
    }

    fn hold(&mut self) {
        self.cursor = self.cursor.min(self.lines.len().saturating_sub(1));
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(self.page));
        self.top = self.top.min(self.lines.len().saturating_sub(self.page));
    }

    /// The part under the cursor.
    fn part(&self) -> Option<&WindowPart> {
        match (self.lines.get(self.cursor)?, &self.window) {
            (Line::Part(at), Some(window)) => window.parts.get(*at),
            _ => None,
        }
    }

    /// The kind under the cursor, or that of the part there; with where its row stands.
    fn kind(&self) -> Option<(usize, Kind)> {
        let above = self.lines.get(..=self.cursor)?.iter().enumerate().rev();
        let found = above.into_iter().find_map(|(row, line)| match line {
            Line::Kind(at) => Some((row, self.kinds.get(*at)?.clone())),
            _ => None,
        })?;
        let own = matches!(self.lines[self.cursor], Line::Kind(_) | Line::Part(_));
        own.then_some(found)
    }

    fn unfold(&mut self, open: Option<bool>) {
        let Some((row, kind)) = self.kind() else { return };
        let is_open = self.open.contains(&kind);
        if open.unwrap_or(!is_open) {
            self.open.insert(kind);
        } else {
            self.open.remove(&kind);
            self.cursor = row;
        }
    }

    /// The part under the cursor becomes this, or what it is by itself where it is this already.
    fn set(&self, wanted: PartState) -> Answer {
        let Some(part) = self.part() else {
            let why = "open a kind (Enter) and choose one of its parts first".to_owned();
            return Answer::tell(Msg::Loaded(crate::ui::msg::Loaded::Done(why)));
        };
        let (Some(name), true) = (&part.part, may(part, wanted)) else {
            let why = refusal(part, wanted).to_owned();
            return Answer::tell(Msg::Loaded(crate::ui::msg::Loaded::Done(why)));
        };
        let state = if part.state == wanted { PartState::Kept } else { wanted };
        Answer::tell(Msg::Chosen(Chosen::Context(name.clone(), state)))
    }

    fn bar(window: &Window, cells: usize, glyphs: &Glyphs) -> Row {
        let mut row = Row::default();
        let mut used = 0;
        let mut so_far = 0;
        for group in Group::ALL {
            so_far += window.of(group);
            // Each ends where it ends of the whole: what is rounded does not add up.
            let end = share(so_far, window.size, cells).max(used);
            let end = if window.of(group) > 0 { end.max(used + 1) } else { end }.min(cells);
            row.repeat(glyphs.full, end - used, role(group));
            used = end;
        }
        let kept = share(window.reserved, window.size, cells).min(cells - used);
        row.repeat(glyphs.empty, cells - used - kept, Role::Border);
        row.repeat(glyphs.dot, kept, Role::Border);
        row
    }

    fn row(&self, line: Line, cells: usize, glyphs: &Glyphs) -> Row {
        let Some(window) = &self.window else { return Row::default() };
        let left = cells.saturating_sub(FIGURES);
        let (row, size, role) = match line {
            Line::Kind(at) => {
                let kind = &self.kinds[at];
                let parts: Vec<_> =
                    window.parts.iter().filter(|part| Kind::of(part) == *kind).collect();
                let open = if self.open.contains(kind) { "-" } else { "+" };
                let sent = parts.iter().filter(|part| part.state != PartState::Dropped);
                let size = sent.map(|part| part.tokens).sum();
                let row = Row::new(open, Role::Muted)
                    .with(" ", Role::Text)
                    .with(glyphs.full, role(kind.group))
                    .with(" ", Role::Text)
                    .with(sanitise(&kind.words()), Role::Text);
                (row.with(sanitise(&format!("  {}", parts.len())), Role::Muted), size, Role::Text)
            }
            Line::Part(at) => {
                let part = &window.parts[at];
                let gone = part.state == PartState::Dropped;
                let role = if gone { Role::Muted } else { Role::Text };
                let mark = match part.state {
                    PartState::Kept => "",
                    PartState::Dropped => "out: ",
                    PartState::Pinned => "pinned: ",
                };
                let row = Row::new("      ", role).with(mark, Role::Wait);
                let row = row.with(sanitise(&part.title), role);
                (with_source(row, part, left), part.tokens, role)
            }
            Line::Free => (Row::new("    free", Role::Muted), window.free(), Role::Muted),
            Line::Reserved => {
                (Row::new("    kept for the answer", Role::Muted), window.reserved, Role::Muted)
            }
        };
        let row = row.truncated(left.saturating_sub(1)).padded(Role::Text, left);
        let figures = format!("{:>8}{:>7} ", tokens(size), percent(size, window.size));
        row.with(sanitise(&figures), role)
    }
}

/// A part's title and, where there is room, its source at the right.
fn with_source(row: Row, part: &WindowPart, cells: usize) -> Row {
    if cells < WIDE || part.source.is_empty() {
        return row;
    }
    let column = cells * 3 / 5;
    let row = row.truncated(column - 2).padded(Role::Text, column);
    row.with(sanitise(&part.source), Role::Muted)
}

/// May this become of a part?
fn may(part: &WindowPart, wanted: PartState) -> bool {
    match (&part.part, wanted) {
        (Some(ContextPart::Turn { .. }), to) => to != PartState::Dropped,
        (Some(ContextPart::Note { .. }), to) => to != PartState::Pinned,
        (part, _) => part.is_some(),
    }
}

fn refusal(part: &WindowPart, wanted: PartState) -> &'static str {
    match (&part.part, wanted) {
        (Some(ContextPart::Turn { .. }), _) => "what was said stays: /compact makes it shorter",
        (Some(ContextPart::Note { .. }), _) => "notes are always sent: compaction leaves them",
        _ => "this belongs to claw itself: it is always sent",
    }
}

/// So many cells of a row are this much of the whole.
fn share(part: u64, whole: u64, cells: usize) -> usize {
    let cells = cells as u64;
    usize::try_from((part * cells + whole / 2) / whole.max(1)).unwrap_or(0)
}

fn percent(part: u64, whole: u64) -> String {
    let tenths = part * 1000 / whole.max(1);
    match tenths {
        0 if part > 0 => "<0.1%".to_owned(),
        0..100 => format!("{}.{}%", tenths / 10, tenths % 10),
        _ => format!("{}%", tenths / 10),
    }
}

/// How the figures were come by.
fn legend(window: &Window) -> String {
    match (window.measured, window.off) {
        (Some(measured), Some(off)) => format!(
            "the service counted {} in the last request; the estimate was off by {off}%",
            tokens(measured)
        ),
        _ => "estimated: no request was counted yet".to_owned(),
    }
}

impl Layer for ContextLayer {
    fn context(&self) -> Context {
        Context::Window
    }

    fn title(&self) -> (String, String) {
        let right = self.window.as_ref().map_or_else(String::new, |window| {
            let (used, size) = (window.used(), window.size);
            format!("{} of {} ({})", tokens(used), tokens(size), percent(used, size))
        });
        ("Context".to_owned(), right)
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Toggle, Action::DropPart, Action::PinPart, Action::Escape]
    }

    fn size(&self) -> (u16, u16) {
        let rows = u16::try_from(self.lines.len()).unwrap_or(u16::MAX);
        (SIZE.0, rows.saturating_add(HEAD + 2).clamp(12, SIZE.1))
    }

    fn arrange(&mut self, session: &State, area: Rect) {
        self.page = usize::from(area.height.saturating_sub(HEAD)).max(1);
        self.follow(session);
    }

    fn view(&self, _: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let cells = usize::from(area.width.saturating_sub(1));
        let Some(window) = &self.window else {
            Row::new("counting…", Role::Muted).draw(area, 0, look.theme, buf);
            return;
        };
        let glyphs = look.theme.glyphs();
        Self::bar(window, cells, glyphs).draw(area, 0, look.theme, buf);
        let words = Row::new(sanitise(&legend(window)), Role::Muted).truncated(cells);
        words.draw(area, 1, look.theme, buf);
        let list = Rect {
            y: area.y + HEAD.min(area.height),
            height: area.height.saturating_sub(HEAD),
            ..area
        };
        let lines = self.lines.iter().enumerate().skip(self.top);
        for ((at, line), y) in lines.zip(0..list.height) {
            let row = self.row(*line, cells, glyphs);
            row.draw(list, y, look.theme, buf);
            if at == self.cursor {
                let line = Rect { y: list.y + y, height: 1, ..list };
                buf.set_style(line, look.theme.style(Role::Selection));
            }
        }
        Scrollbar { theme: look.theme, top: self.top, rows: self.lines.len() }.render(list, buf);
    }

    fn act(&mut self, action: Action, session: &State) -> Answer {
        match action {
            Action::Escape => return Answer::close(),
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Down => self.cursor += 1,
            Action::Top => self.cursor = 0,
            Action::Bottom => self.cursor = self.lines.len(),
            Action::Toggle => self.unfold(None),
            Action::Open => self.unfold(Some(true)),
            Action::Close => self.unfold(Some(false)),
            Action::DropPart => return self.set(PartState::Dropped),
            Action::PinPart => return self.set(PartState::Pinned),
            _ => {}
        }
        self.follow(session);
        self.hold();
        Answer::default()
    }

    fn click(&mut self, at: ratatui::layout::Position, area: Rect, session: &State) -> Answer {
        let Some(row) = at.y.checked_sub(area.y + HEAD) else { return Answer::default() };
        let row = self.top + usize::from(row);
        if row >= self.lines.len() {
            return Answer::default();
        }
        let again = self.cursor == row;
        self.cursor = row;
        if again { self.act(Action::Toggle, session) } else { Answer::default() }
    }
}

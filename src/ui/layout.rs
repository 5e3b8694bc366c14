//! Where everything stands, from the size of the screen and what is shown.

mod split;

use ratatui::layout::Rect;

pub use split::{Kept, Shares, Splitter};

/// Below this many columns one pane is shown, under a line of tabs.
const NARROW: u16 = 100;
/// From this many columns on the sidebar has a column of its own.
pub const ROOMY: u16 = 160;
/// From this many columns on the sidebar is shown until it is hidden.
pub const WIDE: u16 = 200;
/// The least that is drawn as a screen: columns, rows.
pub const LEAST: (u16, u16) = (40, 12);
/// The most rows of the queue that are shown above the draft.
const QUEUE: u16 = 3;

/// A pane of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PaneId {
    /// All sessions.
    Sessions,
    /// What was said and done.
    #[default]
    Transcript,
    /// What runs.
    Activity,
    /// What differs.
    Changes,
}

impl PaneId {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Sessions, Self::Transcript, Self::Activity, Self::Changes];

    /// Its number, on the border and after the leader.
    pub fn number(self) -> u8 {
        match self {
            Self::Sessions => 0,
            Self::Transcript => 1,
            Self::Activity => 2,
            Self::Changes => 3,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sessions => "Sessions",
            Self::Transcript => "Transcript",
            Self::Activity => "Activity",
            Self::Changes => "Changes",
        }
    }
}

/// What the layout depends on.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is shown or not by itself")]
pub struct Wanted {
    /// Columns and rows.
    pub size: (u16, u16),
    /// Is the sidebar with the sessions shown?
    pub sessions: bool,
    /// Is the activity pane shown?
    pub activity: bool,
    /// Is the changes pane shown?
    pub changes: bool,
    /// The pane in front: the one that is seen where only one is.
    pub front: PaneId,
    /// The pane in front takes the whole width.
    pub zoom: bool,
    /// What the columns share, where the user moved a border.
    pub shares: Shares,
    /// Rows of the draft, at the width of [`composer_width`].
    pub draft: u16,
    /// Prompts that wait behind the turn.
    pub queued: u16,
    /// A question is open: on a small screen the composer gives it its rows, but for one.
    pub question: bool,
}

/// A part of the screen: with its border, and the room inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// With the border.
    pub outer: Rect,
    /// Inside it.
    pub inner: Rect,
}

/// Where everything stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// The panes that are seen; one that lies over others comes after them.
    pub panes: Vec<(PaneId, Place)>,
    /// Borders that can be dragged.
    pub splitters: Vec<(Splitter, Rect)>,
    /// The line of tabs, where one pane is shown.
    pub tabs: Option<Rect>,
    /// The composer.
    pub composer: Place,
    /// The queue, inside the composer above the draft.
    pub queue: Rect,
    /// The draft, inside the composer.
    pub draft: Rect,
    /// The status line.
    pub status: Rect,
    /// The room of the panes and their tabs: all above the composer.
    pub above: Rect,
    /// Panes have borders.
    pub bordered: bool,
    /// The screen is smaller than [`LEAST`]: no pane is seen.
    pub too_small: bool,
}

/// How the composer is framed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// All around.
    Box,
    /// A rule above and one below.
    Rules,
    /// A rule above.
    Rule,
    /// Not at all.
    None,
}

fn framing((columns, rows): (u16, u16)) -> Framing {
    match (columns, rows) {
        _ if too_small((columns, rows)) => Framing::None,
        (_, ..20) => Framing::Rule,
        (..NARROW, _) => Framing::Rules,
        _ => Framing::Box,
    }
}

fn too_small((columns, rows): (u16, u16)) -> bool {
    columns < LEAST.0 || rows < LEAST.1
}

/// The columns of the draft: without border, margin and prompt sign.
pub fn composer_width(size: (u16, u16)) -> u16 {
    let around = if framing(size) == Framing::Box { 4 } else { 0 };
    // The sign before the text, and the column of the scrollbar.
    let sign = if size.0 > 4 { 3 } else { 0 };
    size.0.saturating_sub(around + sign).max(1)
}

/// The fewest and the most rows of the draft that are shown.
pub fn composer_rows((columns, rows): (u16, u16)) -> (u16, u16) {
    match framing((columns, rows)) {
        Framing::None => (1, (rows / 2).clamp(1, 3)),
        Framing::Rule => (1, 3),
        Framing::Rules => (2, (rows / 3).clamp(3, 12)),
        Framing::Box => (3, (rows / 3).clamp(3, 12)),
    }
}

impl Layout {
    /// Where everything stands.
    pub fn new(wanted: &Wanted) -> Self {
        let (columns, rows) = wanted.size;
        let screen = Rect::new(0, 0, columns, rows);
        let framing = framing(wanted.size);
        let too_small = framing == Framing::None;
        let gives = wanted.question && framing != Framing::Box && !too_small;
        let framing = if gives { Framing::Rule } else { framing };

        let (least, most) = composer_rows(wanted.size);
        let draft = if gives { 1 } else { wanted.draft.clamp(least, most) };
        let queue = if too_small || gives { 0 } else { wanted.queued.min(QUEUE) };
        let around = match framing {
            Framing::Box | Framing::Rules => 2,
            Framing::Rule => 1,
            Framing::None => 0,
        };
        let status_rows = u16::from(rows > 3);
        let height = (draft + queue + around).min(rows.saturating_sub(status_rows));
        let (above, bottom) = cut_bottom(screen, height + status_rows);
        let (outer, status) = cut_bottom(bottom, status_rows);

        let (top, below) = (u16::from(around > 0), u16::from(around > 1));
        let margin = if framing == Framing::Box { 2 } else { 0 };
        let inner = Rect {
            x: outer.x + margin.min(outer.width),
            y: outer.y + top.min(outer.height),
            width: outer.width.saturating_sub(2 * margin),
            height: outer.height.saturating_sub(top + below),
        };
        let (queue, text) = cut_top(inner, queue);
        let sign = if text.width > 4 { 2 } else { 0 };
        let draft = Rect {
            x: text.x + sign,
            width: composer_width(wanted.size).clamp(1, (text.width - sign).max(1)),
            ..text
        };

        let mut layout = Self {
            composer: Place { outer, inner },
            queue,
            draft,
            status,
            bordered: framing == Framing::Box,
            too_small,
            above,
            ..Self::default()
        };
        if !too_small {
            layout.arrange_panes(wanted, above);
        }
        layout
    }

    fn arrange_panes(&mut self, wanted: &Wanted, area: Rect) {
        let columns = wanted.size.0;
        if columns < NARROW {
            let (tabs, rest) = cut_top(area, 1);
            self.tabs = Some(tabs);
            self.panes.push((wanted.front, Place { outer: rest, inner: rest }));
            return;
        }
        if wanted.zoom {
            self.push(wanted.front, area);
            return;
        }
        // Where there is no room for a column more, the sidebar lies over the others.
        let beside = columns >= ROOMY;
        let side = if wanted.sessions { wanted.shares.sidebar(columns) } else { 0 };
        let (sidebar, rest) = cut_left(area, if beside { side } else { 0 });
        if wanted.sessions && beside {
            self.push(PaneId::Sessions, sidebar);
            self.splitters.push((Splitter::Sidebar, seam(sidebar)));
        }
        self.arrange_columns(wanted, rest);
        if wanted.sessions && !beside {
            self.push(PaneId::Sessions, Rect { width: side.min(area.width), ..area });
        }
    }

    /// The transcript, and the column at its right.
    fn arrange_columns(&mut self, wanted: &Wanted, area: Rect) {
        let (activity, changes) = (wanted.activity, wanted.changes);
        if !activity && !changes {
            self.push(PaneId::Transcript, area);
            return;
        }
        let (left, column) = cut_right(area, wanted.shares.right(wanted.size.0, area.width));
        self.push(PaneId::Transcript, left);
        self.splitters.push((Splitter::Right, seam(left)));
        if !(activity && changes) {
            self.push(if activity { PaneId::Activity } else { PaneId::Changes }, column);
            return;
        }
        let (above, below) = cut_top(column, wanted.shares.upper(column.height));
        self.push(PaneId::Activity, above);
        self.push(PaneId::Changes, below);
        let (_, row) = cut_bottom(above, 1);
        self.splitters.push((Splitter::Upper, row));
    }

    /// The border that can be dragged at a cell. What lies over it hides it.
    pub fn splitter(&self, at: ratatui::layout::Position) -> Option<Splitter> {
        let over = self.panes.last().filter(|(id, _)| *id == PaneId::Sessions);
        if over.is_some_and(|(_, place)| place.outer.contains(at)) {
            return None;
        }
        self.splitters.iter().find(|(_, area)| area.contains(at)).map(|(which, _)| *which)
    }

    fn push(&mut self, id: PaneId, outer: Rect) {
        let inner = if self.bordered { shrink(outer) } else { outer };
        self.panes.push((id, Place { outer, inner }));
    }

    /// Where a pane is seen.
    pub fn pane(&self, id: PaneId) -> Option<Place> {
        self.panes.iter().find(|(seen, _)| *seen == id).map(|(_, place)| *place)
    }
}

/// The borders on both sides of where a column ends.
fn seam(column: Rect) -> Rect {
    Rect { x: column.right().saturating_sub(1), width: 2, ..column }
}

/// Without a border of one cell.
pub fn shrink(area: Rect) -> Rect {
    Rect {
        x: area.x + 1.min(area.width),
        y: area.y + 1.min(area.height),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

fn cut_top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    let rest = Rect { y: area.y + rows, height: area.height - rows, ..area };
    (Rect { height: rows, ..area }, rest)
}

fn cut_bottom(area: Rect, rows: u16) -> (Rect, Rect) {
    cut_top(area, area.height.saturating_sub(rows))
}

fn cut_left(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    let rest = Rect { x: area.x + columns, width: area.width - columns, ..area };
    (Rect { width: columns, ..area }, rest)
}

fn cut_right(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    let left = Rect { width: area.width - columns, ..area };
    (left, Rect { x: area.x + left.width, width: columns, ..area })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(columns: u16, rows: u16) -> Layout {
        shown(columns, rows, false)
    }

    fn shown(columns: u16, rows: u16, sessions: bool) -> Layout {
        Layout::new(&Wanted {
            size: (columns, rows),
            sessions,
            shares: Shares::default(),
            activity: true,
            changes: true,
            front: PaneId::Transcript,
            zoom: false,
            draft: 1,
            queued: 0,
            question: false,
        })
    }

    #[test]
    fn the_columns_change_at_the_breakpoints() {
        let table = [
            // columns  transcript  right
            (100, 54, Some(46)),
            (120, 72, Some(48)),
            (159, 95, Some(64)),
            (160, 100, Some(60)),
            (200, 124, Some(76)),
            (99, 99, None),
        ];
        for (columns, left, right) in table {
            let layout = layout(columns, 40);
            let width = |id| layout.pane(id).map(|place| place.outer.width);
            assert_eq!(width(PaneId::Transcript), Some(left), "{columns}");
            assert_eq!(width(PaneId::Changes), right, "{columns}");
            assert_eq!(layout.tabs.is_some(), right.is_none(), "{columns}");
        }
    }

    #[test]
    fn the_sidebar_has_a_column_where_there_is_room_and_lies_over_the_others_where_not() {
        let table = [
            // columns  sidebar  transcript  right
            (100, 50, 54, Some(46)),
            (159, 50, 95, Some(64)),
            (160, 34, 66, Some(60)),
            (199, 34, 105, Some(60)),
            (200, 36, 88, Some(76)),
            (300, 36, 188, Some(76)),
        ];
        for (columns, side, left, right) in table {
            let layout = shown(columns, 40, true);
            let width = |id| layout.pane(id).map(|place| place.outer.width);
            assert_eq!(width(PaneId::Sessions), Some(side), "{columns}");
            assert_eq!(width(PaneId::Transcript), Some(left), "{columns}");
            assert_eq!(width(PaneId::Changes), right, "{columns}");
            let over = layout.pane(PaneId::Transcript).unwrap().outer.x == 0;
            assert_eq!(over, columns < ROOMY, "{columns}");
            let edge = ratatui::layout::Position::new(side - 1, 5);
            let dragged = layout.splitter(edge);
            assert_eq!(dragged == Some(Splitter::Sidebar), columns >= ROOMY, "{columns}");
        }
    }

    #[test]
    fn nothing_stands_outside_or_over_another() {
        for columns in [1, 5, 39, 40, 79, 80, 99, 100, 120, 160, 200, 500] {
            for rows in [1, 2, 5, 11, 12, 19, 20, 24, 40, 60, 150] {
                let layout = shown(columns, rows, columns >= ROOMY);
                let screen = Rect::new(0, 0, columns, rows);
                let mut parts: Vec<Rect> = layout.panes.iter().map(|(_, p)| p.outer).collect();
                parts.extend([layout.composer.outer, layout.status]);
                parts.extend(layout.tabs);
                let cells: u32 = parts.iter().map(|part| part.area()).sum();
                let inside = |part: &Rect| part.is_empty() || screen.intersection(*part) == *part;
                assert!(parts.iter().all(inside), "{columns}x{rows} {parts:?}");
                for (at, part) in parts.iter().enumerate() {
                    let over = parts[at + 1..].iter().any(|other| part.intersects(*other));
                    assert!(!over, "{columns}x{rows} {parts:?}");
                }
                if !layout.too_small {
                    assert_eq!(cells, screen.area(), "{columns}x{rows} has a hole");
                }
                let drafts = [layout.draft, layout.queue];
                assert!(drafts.iter().all(inside), "{columns}x{rows} {drafts:?}");
                assert!(layout.draft.height >= 1, "{columns}x{rows}");
            }
        }
    }
}

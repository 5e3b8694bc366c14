//! What the columns share: by the size of the screen, or where the user moved a border.

use serde::{Deserialize, Serialize};

/// The least that a sidebar or a column is wide.
const LEAST: u16 = 24;
/// The least that the transcript is wide.
const TRANSCRIPT: u16 = 40;
/// The fewest rows of a pane above or below another.
const ROWS: u16 = 4;
/// What `+` and `_` move, in thousandths.
const STEP: u16 = 25;

/// A border that can be dragged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Splitter {
    /// Between the sidebar and the transcript.
    Sidebar,
    /// Between the transcript and the column at its right.
    Right,
    /// Between the activity and the changes.
    Upper,
}

/// What each part has of the screen, in thousandths; none where its size says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Shares {
    /// The sidebar, of the screen's columns.
    pub sidebar: Option<u16>,
    /// The column at the right, of the screen's columns.
    pub right: Option<u16>,
    /// The activity, of the rows of the column at the right.
    pub upper: Option<u16>,
}

/// What is remembered of a project's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// What the columns share.
    pub shares: Shares,
    /// Is the sidebar shown, where the user said so?
    pub sessions: Option<bool>,
    /// The activity is hidden.
    pub no_activity: bool,
    /// The changes are hidden.
    pub no_changes: bool,
    /// The transcript takes the whole width.
    pub zoom: bool,
}

fn of(total: u16, share: u16) -> u16 {
    let part = u32::from(total) * u32::from(share.min(1000));
    u16::try_from((part + 500) / 1000).unwrap_or(u16::MAX)
}

fn share(part: u16, total: u16) -> u16 {
    let share = (u32::from(part) * 1000 + u32::from(total) / 2) / u32::from(total.max(1));
    u16::try_from(share.min(1000)).unwrap_or(1000)
}

impl Shares {
    /// How wide the sidebar is.
    pub(super) fn sidebar(self, columns: u16) -> u16 {
        let usual = match columns {
            ..160 => return 50,
            160..200 => 34,
            _ => 36,
        };
        self.sidebar.map_or(usual, |share| of(columns, share)).clamp(LEAST, columns / 3)
    }

    /// How wide the column at the right is, of `room` for it and the transcript.
    pub(super) fn right(self, columns: u16, room: u16) -> u16 {
        let usual = match columns {
            ..160 => (columns - columns * 3 / 5).max(46),
            160..200 => 60,
            _ => 76,
        };
        let most = room.saturating_sub(TRANSCRIPT).max(LEAST);
        self.right.map_or(usual, |share| of(columns, share)).clamp(LEAST, most)
    }

    /// How high the activity is, of `rows` for it and the changes.
    pub(super) fn upper(self, rows: u16) -> u16 {
        let most = rows.saturating_sub(ROWS).max(ROWS);
        let usual = u16::try_from(u32::from(rows) * 36 / 100).unwrap_or(u16::MAX);
        self.upper.map_or(usual, |share| of(rows, share)).clamp(ROWS.min(most), most)
    }

    /// With a border where the pointer is: so many columns from the left and rows from the top of
    /// the column, of so many.
    #[must_use]
    pub fn dragged(mut self, splitter: Splitter, (x, y): (u16, u16), size: (u16, u16)) -> Self {
        match splitter {
            Splitter::Sidebar => self.sidebar = Some(share(x.saturating_add(1), size.0)),
            Splitter::Right => {
                self.right = Some(share(size.0.saturating_sub(x.saturating_add(1)), size.0));
            }
            Splitter::Upper => self.upper = Some(share(y.saturating_add(1), size.1)),
        }
        self
    }

    /// With a part of `now` cells, of so many, a step larger or smaller.
    #[must_use]
    pub fn stepped(mut self, splitter: Splitter, now: u16, of: u16, grow: bool) -> Self {
        let now = share(now, of);
        let to = if grow { now + STEP } else { now.saturating_sub(STEP) };
        let to = Some(to.min(1000));
        match splitter {
            Splitter::Sidebar => self.sidebar = to,
            Splitter::Right => self.right = to,
            Splitter::Upper => self.upper = to,
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_share_takes_the_room_of_the_others() {
        for columns in [100, 120, 160, 200, 500] {
            for share in [0, 1, 300, 999, 1000] {
                let shares =
                    Shares { sidebar: Some(share), right: Some(share), upper: Some(share) };
                let side = if columns >= 160 { shares.sidebar(columns) } else { 0 };
                let right = shares.right(columns, columns - side);
                let left = columns - side - right;
                assert!(right >= LEAST && left >= TRANSCRIPT, "{columns} {share}: {left} {right}");
                for rows in [8, 9, 30, 100] {
                    let upper = shares.upper(rows);
                    assert!(upper >= ROWS && rows - upper >= ROWS, "{rows} {share}: {upper}");
                }
            }
        }
    }

    #[test]
    fn a_border_stands_where_it_was_dragged_to() {
        for x in [77, 100, 150] {
            let shares = Shares::default().dragged(Splitter::Right, (x, 0), (200, 50));
            assert_eq!(200 - shares.right(200, 164), x + 1, "{x}");
        }
        let shares = Shares::default().dragged(Splitter::Upper, (0, 20), (200, 50));
        assert_eq!(shares.upper(50), 21);
        let wider = shares.stepped(Splitter::Right, 76, 200, true);
        assert_eq!(wider.right(200, 164), 81);
    }
}

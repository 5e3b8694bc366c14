//! The sessions in their groups, and the lines that they take.

use std::collections::HashMap;

use crate::base::clock::Millis;
use crate::protocol::SessionId;
use crate::session::{Overview, Snippet, Status};
use crate::ui::pane::sessions::filter::Filter;

/// Where a session stands. The order of these is the order on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Pinned,
    NeedsYou,
    Working,
    Today,
    Yesterday,
    LastWeek,
    Older,
}

impl Group {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pinned => "Pinned",
            Self::NeedsYou => "Needs you",
            Self::Working => "Working",
            Self::Today => "Today",
            Self::Yesterday => "Yesterday",
            Self::LastWeek => "Last week",
            Self::Older => "Older",
        }
    }

    fn of(one: &Overview, status: Option<Status>, now: Millis, day: fn(Millis) -> i64) -> Self {
        match (one.pinned, status, day(now) - day(one.touched)) {
            (true, ..) => Self::Pinned,
            (_, Some(Status::Waiting), _) => Self::NeedsYou,
            (_, Some(Status::Running), _) => Self::Working,
            (.., ..1) => Self::Today,
            (.., 1) => Self::Yesterday,
            (.., 2..8) => Self::LastWeek,
            _ => Self::Older,
        }
    }
}

/// What decides which sessions are listed, and where.
pub(super) struct Sieve<'a> {
    pub(super) filter: &'a Filter,
    pub(super) hits: &'a HashMap<SessionId, Snippet>,
    pub(super) now: Millis,
    pub(super) day: fn(Millis) -> i64,
}

/// A session in its group; a copy stands below what it was copied from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    /// Which of the sessions.
    pub(super) at: usize,
    pub(super) group: Group,
    /// It stands below its original.
    pub(super) below: bool,
}

impl Sieve<'_> {
    /// The sessions that fit, in the order of the screen. Of those that are live `status` knows
    /// more than their log.
    pub(super) fn place(
        &self,
        sessions: &[Overview],
        status: impl Fn(&SessionId) -> Option<Status>,
    ) -> Vec<Placed> {
        let fits = |one: &Overview| {
            self.filter.fits(one, self.now)
                && (self.filter.is_in_title(one) || self.hits.contains_key(&one.id))
        };
        let all = sessions.iter().enumerate().filter(|(_, one)| fits(one));
        let mut placed: Vec<_> = all
            .map(|(at, one)| {
                let group = Group::of(one, status(&one.id), self.now, self.day);
                Placed { at, group, below: false }
            })
            .collect();
        // What works changes all the time, but not its place: there the one that began last is first.
        placed.sort_by_key(|place| {
            let one = &sessions[place.at];
            let moves = matches!(place.group, Group::NeedsYou | Group::Working);
            let touched = if moves { Millis(0) } else { one.touched };
            (place.group, std::cmp::Reverse((touched, one.id.clone())))
        });
        below_their_originals(&placed, sessions)
    }
}

fn below_their_originals(placed: &[Placed], sessions: &[Overview]) -> Vec<Placed> {
    let groups: HashMap<_, _> =
        placed.iter().map(|place| (&sessions[place.at].id, place.group)).collect();
    let original = |place: &Placed| {
        let from = sessions[place.at].forked.as_ref()?;
        (groups.get(from) == Some(&place.group)).then_some(from)
    };
    let mut copies: HashMap<&SessionId, Vec<Placed>> = HashMap::new();
    for place in placed {
        if let Some(from) = original(place) {
            copies.entry(from).or_default().push(Placed { below: true, ..*place });
        }
    }
    let mut out: Vec<Placed> = Vec::with_capacity(placed.len());
    let mut open: Vec<Placed> = Vec::new();
    for place in placed.iter().filter(|place| original(place).is_none()) {
        open.push(*place);
        while let Some(next) = open.pop() {
            out.push(next);
            let of = copies.remove(&sessions[next.at].id).unwrap_or_default();
            open.extend(of.into_iter().rev());
        }
    }
    out
}

/// A line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Heading(Group),
    /// A session; which of the placed ones.
    Title(usize),
    /// What was found in it.
    Snippet(usize),
    /// What it did and cost: of the selected one.
    Stats(usize),
}

/// The lines of these; the one that is selected has more of them.
pub(super) fn lines(
    placed: &[Placed],
    selected: Option<usize>,
    found: impl Fn(usize) -> bool,
) -> Vec<Line> {
    let mut lines = Vec::with_capacity(placed.len() + 10);
    let mut group = None;
    for (at, place) in placed.iter().enumerate() {
        if group.replace(place.group) != Some(place.group) {
            lines.push(Line::Heading(place.group));
        }
        lines.push(Line::Title(at));
        if found(place.at) {
            lines.push(Line::Snippet(at));
        }
        if selected == Some(at) {
            lines.push(Line::Stats(at));
        }
    }
    lines
}

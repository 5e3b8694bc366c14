//! What runs and what ran: tool calls, the running ones first; below them the plan.

mod deed;
mod log;
mod plan;
mod rows;

use std::collections::HashMap;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::base::text;
use crate::protocol::{CallId, Envelope, Event, PlanStep, SessionId, StepState, Topics};
use crate::session::CallEntry;
use crate::session::Entry;
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::effect::Effect;
use crate::ui::effect::Effects;
use crate::ui::pane::Look;
use crate::ui::pane::Pane;
use crate::ui::row::Row;
use crate::ui::theme::Role;

use log::Log;
use rows::{below, folded, head, output, unfold};

/// The calls of a session: running ones, then finished ones, the newest first.
#[derive(Debug, Clone, Default)]
pub struct ActivityPane {
    /// Places in `State::entries`, in the order of the rows; `running` of them run.
    order: Vec<usize>,
    running: usize,
    /// Of which session, and how many of its entries were looked at.
    known: (Option<SessionId>, usize),
    /// The call under the cursor and the row in it; none follows the first.
    cursor: Option<(CallId, usize)>,
    unfolded: HashMap<CallId, Unfolded>,
    scroll: usize,
    page: usize,
    /// The call whose whole output is looked at.
    log: Option<Log>,
    /// All calls stop at the next press.
    sure: bool,
}

/// An unfolded call's rows, and what they were made of.
#[derive(Debug, Clone, Default)]
struct Unfolded {
    made_of: Option<(usize, u64, bool)>,
    rows: Vec<Row>,
}

impl ActivityPane {
    fn calls<'s>(&self, session: &'s State) -> impl Iterator<Item = &'s CallEntry> {
        let entries = self.order.iter().filter_map(|at| session.entries.get(*at));
        entries.filter_map(|entry| match entry {
            Entry::Call(call) => Some(call),
            _ => None,
        })
    }

    /// Brings the order up to date. Where no call began or ended: O(what is new and what runs).
    fn sort(&mut self, session: &State) {
        let (id, seen) = &self.known;
        let same = id.as_ref() == Some(&session.id) && *seen <= session.entries.len();
        let from = if same { *seen } else { 0 };
        let runs = |entry: &Entry, want| matches!(entry, Entry::Call(call) if call.outcome.is_none() == want);
        let running = self.order[..self.running].iter();
        let mut known = running.filter_map(|at| session.entries.get(*at));
        let new = session.entries[from..].iter();
        let stands = known.all(|entry| runs(entry, true))
            && !new.clone().any(|entry| matches!(entry, Entry::Call(_)));
        // An open message may still leave its place to what follows.
        let seen = from + new.take_while(|entry| !matches!(entry, Entry::Open(_))).count();
        self.known = (Some(session.id.clone()), seen);
        if same && stands {
            return;
        }
        self.order.clear();
        let calls = session.entries.iter().enumerate();
        self.order.extend(calls.clone().filter(|(_, e)| runs(e, true)).map(|(at, _)| at));
        self.running = self.order.len();
        self.order.extend(calls.rev().filter(|(_, e)| runs(e, false)).map(|(at, _)| at));
    }

    fn height(&self, call: &CallEntry, session: &State) -> usize {
        let below = self.unfolded.get(&call.call.id).map(|unfolded| unfolded.rows.len());
        1 + below.unwrap_or_else(|| folded(call, session))
    }

    /// The first row of the call under the cursor, the row in it, and the call.
    fn place<'s>(&self, session: &'s State) -> Option<(usize, usize, &'s CallEntry)> {
        let first = || self.calls(session).next().map(|call| (0, 0, call));
        let Some((id, row)) = &self.cursor else { return first() };
        let mut top = 0;
        for call in self.calls(session) {
            let height = self.height(call, session);
            if *id == call.call.id {
                return Some((top, (*row).min(height - 1), call));
            }
            top += height;
        }
        first()
    }

    /// Puts the cursor on a row, counted over all calls: the last one where there are fewer. Of a
    /// call that is not unfolded only the first row is a place for it.
    fn go(&mut self, session: &State, row: usize) {
        let mut top = 0;
        let mut place = None;
        for call in self.calls(session) {
            let height = self.height(call, session);
            let inside = row.saturating_sub(top).min(height - 1);
            let open = self.unfolded.contains_key(&call.call.id);
            place = Some((call.call.id.clone(), if open { inside } else { 0 }));
            if row < top + height {
                break;
            }
            top += height;
        }
        self.cursor = place;
    }

    fn step(&mut self, session: &State, by: isize) {
        let Some((top, row, call)) = self.place(session) else { return };
        let open = self.unfolded.contains_key(&call.call.id);
        // Below a folded call stands the next call.
        let from = if by > 0 && !open { top + self.height(call, session) - 1 } else { top + row };
        self.go(session, from.saturating_add_signed(by));
    }

    fn section(&mut self, session: &State, down: bool) {
        let Some((top, row, call)) = self.place(session) else { return };
        let to = match (down, row) {
            (true, _) => top + self.height(call, session),
            (false, 0) => top.saturating_sub(1),
            (false, _) => top,
        };
        self.go(session, to);
        if let Some((_, row)) = &mut self.cursor {
            *row = 0;
        }
    }

    fn fold(&mut self, session: &State, action: Action) {
        let Some((_, _, call)) = self.place(session) else { return };
        let id = call.call.id.clone();
        let folds =
            action == Action::Close || action != Action::Open && self.unfolded.contains_key(&id);
        if folds {
            self.unfolded.remove(&id);
        } else {
            self.unfolded.entry(id.clone()).or_default();
        }
        self.cursor = Some((id, 0));
    }

    fn below(&self, call: &CallEntry, session: &State, look: &Look<'_>, cells: usize) -> Vec<Row> {
        match self.unfolded.get(&call.call.id) {
            Some(unfolded) => unfolded.rows.clone(),
            None => below(call, session, look, cells),
        }
    }

    /// The room of the calls, below the words that nothing runs and above the plan.
    fn room(&self, plan: usize, area: Rect) -> Rect {
        let lead = u16::from(self.running == 0 && area.height > 2);
        let height = area.height.saturating_sub(lead + plan as u16);
        Rect { y: area.y + lead, height, ..area }
    }

    fn view_calls(&self, session: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let cells = usize::from(area.width);
        let place = self.place(session);
        let cursor = place.map(|(top, row, _)| top + row);
        let end = self.scroll + usize::from(area.height);
        let mut top = 0;
        for call in self.calls(session) {
            let height = self.height(call, session);
            if top >= end {
                break;
            }
            if top + height > self.scroll {
                let selected = place.is_some_and(|(_, _, at)| at.call.id == call.call.id);
                let mut rows = vec![head(call, session, look, selected, cells)];
                rows.extend(self.below(call, session, look, cells));
                for (at, row) in (top..).zip(rows).filter(|(at, _)| (self.scroll..end).contains(at))
                {
                    let y = (at - self.scroll) as u16;
                    if look.focused && cursor == Some(at) {
                        row.draw_on(Role::Selection, area, y, look.theme, buf);
                    } else {
                        row.draw(area, y, look.theme, buf);
                    }
                }
            }
            top += height;
        }
    }
}

/// The plan's rows in this room: none where it is needed for the calls.
fn planned(session: &State, phase: usize, area: Rect) -> Vec<Row> {
    let most = if area.height < 6 { 0 } else { usize::from(area.height) / 2 };
    plan::rows(session, phase, usize::from(area.width), most)
}

impl Pane for ActivityPane {
    fn topics(&self) -> Topics {
        Topics::TOOL | Topics::PERMISSION | Topics::SESSION
    }

    fn observe(&mut self, envelope: &Envelope, session: &State) {
        if matches!(envelope.event, Event::Rewound { .. } | Event::Redone { .. }) {
            // Other entries may stand where others stood.
            self.known = (None, 0);
        }
        self.sort(session);
    }

    fn act(&mut self, action: Action, session: &State) -> Effects {
        self.sort(session);
        // A plan, a question and a result are no second press.
        self.sure &= action == Action::StopAll;
        match action {
            Action::Stop => return self.stop(session),
            Action::StopAll => return self.stop_all(session),
            Action::CopyLog => return self.whole(session).map(Effect::Copy).into_iter().collect(),
            Action::NextFailed | Action::PreviousFailed => {
                self.log = None;
                self.failed(session, action == Action::NextFailed);
                return Effects::new();
            }
            Action::Copy => {
                let said = self.place(session).map(|(_, _, call)| output(call).to_owned());
                return said.map(Effect::Copy).into_iter().collect();
            }
            _ => {}
        }
        if let Some(log) = &mut self.log {
            if log.act(action) {
                self.log = None;
            }
            return Effects::new();
        }
        let page = self.page.max(1) as isize;
        match action {
            Action::OpenLog => self.open_log(session),
            Action::Up => self.step(session, -1),
            Action::Down => self.step(session, 1),
            Action::HalfPageUp => self.step(session, -(page + 1) / 2),
            Action::HalfPageDown => self.step(session, (page + 1) / 2),
            Action::PageUp => self.step(session, -page),
            Action::PageDown => self.step(session, page),
            Action::Top => self.cursor = None,
            Action::Bottom => self.go(session, usize::MAX),
            Action::PreviousSection => self.section(session, false),
            Action::NextSection => self.section(session, true),
            Action::Open | Action::Confirm | Action::Toggle | Action::Close => {
                self.fold(session, if action == Action::Confirm { Action::Toggle } else { action });
            }
            Action::CloseAll => {
                self.unfolded.clear();
                if let Some((_, row)) = &mut self.cursor {
                    *row = 0;
                }
            }
            _ => {}
        }
        Effects::new()
    }

    fn arrange(&mut self, session: &State, look: &Look<'_>, area: Rect) {
        self.sort(session);
        if let Some(log) = &mut self.log {
            match session.call(&log.call) {
                Some((_, call)) => log.arrange(call, area),
                None => self.log = None,
            }
        }
        let area = self.room(planned(session, look.phase, area).len(), area);
        let cells = usize::from(area.width);
        let mut unfolded = std::mem::take(&mut self.unfolded);
        unfolded.retain(|id, kept| {
            let Some((_, call)) = session.call(id) else { return false };
            // A tail of the same length after as many bytes is the same tail.
            let made_of = Some((cells, call.bytes, call.outcome.is_some()));
            if kept.made_of != made_of {
                *kept = Unfolded { made_of, rows: unfold(call, cells) };
            }
            true
        });
        self.unfolded = unfolded;
        self.page = usize::from(area.height);
        if let Some((top, row, call)) = self.place(session) {
            let last = if row == 0 && !self.unfolded.contains_key(&call.call.id) {
                top + self.height(call, session)
            } else {
                top + row + 1
            };
            self.scroll = self.scroll.max(last.saturating_sub(self.page)).min(top + row);
        }
        // As many rows as are seen and above: of a long session not more is counted.
        let (mut total, enough) = (0, self.scroll + self.page);
        for call in self.calls(session) {
            total += self.height(call, session);
            if total >= enough {
                break;
            }
        }
        self.scroll = self.scroll.min(total.saturating_sub(self.page));
    }

    fn view(&self, session: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        if let Some(log) = &self.log {
            return log.view(look, area, buf);
        }
        let plan = planned(session, look.phase, area);
        let room = self.room(plan.len(), area);
        if self.running == 0 {
            let row = Row::new(" nothing running", Role::Muted);
            row.truncated(usize::from(area.width)).draw(area, 0, look.theme, buf);
        }
        // Where there is but little room, the calls need it more.
        self.view_calls(session, look, room, buf);
        for (y, row) in (room.bottom().saturating_sub(area.y)..).zip(&plan) {
            row.draw(area, y, look.theme, buf);
        }
    }

    fn title(&self, session: &State, _: &Look<'_>) -> (String, String) {
        if let Some((log, (_, call))) =
            self.log.as_ref().and_then(|log| Some((log, session.call(&log.call)?)))
        {
            let what = format!("{} {}", call.call.verb, call.call.title);
            return (text::sanitise(&text::truncate(&what, 40)).into_string(), log.place());
        }
        if self.sure {
            return (String::new(), format!("once more: stop all {}", self.running));
        }
        let (running, done) = (self.running, self.order.len() - self.running);
        let right = match (running, done) {
            (0, 0) => String::new(),
            (0, _) => format!("{done} done"),
            (_, 0) => format!("{running} run"),
            _ => format!("{running} run · {done} done"),
        };
        (String::new(), right)
    }

    fn hints(&self) -> &'static [Action] {
        if self.order.is_empty() {
            return &[];
        }
        if self.log.is_some() {
            return &[Action::OpenLog, Action::CopyLog, Action::Bottom, Action::Top];
        }
        match self.running {
            0 => &[Action::OpenLog, Action::Toggle, Action::NextFailed, Action::CopyLog],
            1 => &[Action::Stop, Action::OpenLog, Action::Toggle, Action::CopyLog],
            _ => &[Action::Stop, Action::StopAll, Action::OpenLog, Action::Toggle],
        }
    }

    fn click(&mut self, at: Position, area: Rect, session: &State) -> Effects {
        self.sort(session);
        let area = self.room(planned(session, 0, area).len(), area);
        if !area.contains(at) || self.log.is_some() {
            return Effects::new();
        }
        let before = self.place(session).map(|(_, _, call)| call.call.id.clone());
        let row = self.scroll + usize::from(at.y - area.y);
        let total: usize = self.calls(session).map(|call| self.height(call, session)).sum();
        if row < total {
            self.go(session, row);
            let on_head =
                self.place(session).filter(|(top, inside, _)| top + inside == row && *inside == 0);
            // A second click on a call's first row unfolds it.
            if on_head.is_some_and(|(_, _, call)| Some(&call.call.id) == before.as_ref()) {
                self.fold(session, Action::Toggle);
            }
        }
        Effects::new()
    }

    fn is_animated(&self, session: &State) -> bool {
        let works = |step: &PlanStep| step.state == StepState::InProgress;
        let planned = session.turn.is_some() && session.plan.iter().any(works);
        planned || self.running > 0
    }
}

#[cfg(test)]
mod tests;

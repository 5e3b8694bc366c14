//! What runs and what ran: tool calls, the running ones first.

use std::collections::HashMap;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::base::cap;
use crate::base::text;
use crate::base::text::Sanitised;
use crate::protocol::{CallId, Envelope, Topics};
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
use crate::ui::transcript::sign;
use crate::ui::widget::elapsed;

/// Bytes of the beginning and of the end of a call's text that are unfolded.
const HEAD: usize = 4_000;
const TAIL: usize = 12_000;
/// Rows of an unfolded text.
const MOST: usize = 400;

/// The calls of a session: running ones, then finished ones, the newest first.
#[derive(Debug, Clone, Default)]
pub struct ActivityPane {
    /// Places in `State::entries`, in the order of the rows; `running` of them run.
    order: Vec<usize>,
    running: usize,
    /// The call under the cursor and the row in it; none follows the first.
    cursor: Option<(CallId, usize)>,
    unfolded: HashMap<CallId, Unfolded>,
    scroll: usize,
    page: usize,
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

    fn sort(&mut self, session: &State) {
        self.order.clear();
        let calls = session.entries.iter().enumerate();
        let running = |entry: &Entry, want| matches!(entry, Entry::Call(call) if call.outcome.is_none() == want);
        self.order.extend(calls.clone().filter(|(_, e)| running(e, true)).map(|(at, _)| at));
        self.running = self.order.len();
        self.order.extend(calls.rev().filter(|(_, e)| running(e, false)).map(|(at, _)| at));
    }

    fn height(&self, call: &CallEntry) -> usize {
        let below = self.unfolded.get(&call.call.id).map(|unfolded| unfolded.rows.len());
        1 + below.unwrap_or(usize::from(call.outcome.is_none()))
    }

    /// The first row of the call under the cursor, the row in it, and the call.
    fn place<'s>(&self, session: &'s State) -> Option<(usize, usize, &'s CallEntry)> {
        let mut top = 0;
        let mut first = None;
        for call in self.calls(session) {
            match &self.cursor {
                Some((id, row)) if *id == call.call.id => {
                    return Some((top, (*row).min(self.height(call) - 1), call));
                }
                _ => first = first.or(Some((0, 0, call))),
            }
            top += self.height(call);
        }
        first
    }

    /// Puts the cursor on a row, counted over all calls: the last one where there are fewer. Of a
    /// call that is not unfolded only the first row is a place for it.
    fn go(&mut self, session: &State, row: usize) {
        let mut top = 0;
        let mut place = None;
        for call in self.calls(session) {
            let height = self.height(call);
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
        let from = if by > 0 && !open { top + self.height(call) - 1 } else { top + row };
        self.go(session, from.saturating_add_signed(by));
    }

    fn section(&mut self, session: &State, down: bool) {
        let Some((top, row, call)) = self.place(session) else { return };
        let to = match (down, row) {
            (true, _) => top + self.height(call),
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

    /// The text under a call's row.
    fn head(&self, call: &CallEntry, session: &State, look: &Look<'_>, cells: usize) -> Row {
        let waits = waits(call, session);
        let (glyph, role) = sign(call, waits, look.phase);
        let selected = self.place(session).is_some_and(|(_, _, at)| at.call.id == call.call.id);
        let mark = if selected && look.focused { "›" } else { " " };
        let verb = text::sanitise(&call.call.verb);
        let left = Row::new(mark, Role::Text)
            .with(glyph, role)
            .with(text::sanitise(&format!(" {:<5} ", verb.as_str())), Role::Strong)
            .with(text::sanitise(&call.call.title), Role::Text);
        let (summary, took) = match &call.outcome {
            Some(outcome) => (text::sanitise(&outcome.summary), elapsed(outcome.took)),
            None if waits => Default::default(),
            None => (Sanitised::default(), elapsed::whole(look.now.since(call.at))),
        };
        // The words beside the title never take more than half of the row.
        let summary = summary.truncate((cells / 2).saturating_sub(8));
        let right = Row::new(summary, if role == Role::Err { role } else { Role::Muted })
            .with(text::sanitise(&format!(" {took:>4} ")), Role::Muted);
        left.justified(&right, cells)
    }

    fn below(&self, call: &CallEntry, session: &State, cells: usize) -> Vec<Row> {
        if let Some(unfolded) = self.unfolded.get(&call.call.id) {
            return unfolded.rows.clone();
        }
        if call.outcome.is_some() {
            return Vec::new();
        }
        let said = if waits(call, session) {
            "waits for your answer: Ctrl+X a".to_owned()
        } else if call.bytes == 0 {
            "no output yet".to_owned()
        } else {
            format!("{} out · Enter shows it", elapsed::bytes(call.bytes))
        };
        vec![Row::new(text::sanitise(&said), Role::Muted).indented(3).truncated(cells)]
    }
}

/// Does the user have to say whether it may run?
fn waits(call: &CallEntry, session: &State) -> bool {
    session.pending.iter().any(|request| request.call == call.call.id)
}

/// A call's output, or what is known of it so far, as rows.
fn unfold(call: &CallEntry, cells: usize) -> Vec<Row> {
    let said = call.outcome.as_ref().map_or(call.tail.as_str(), |outcome| outcome.text.as_str());
    if said.is_empty() {
        return vec![Row::new("   no output", Role::Muted)];
    }
    let said = cap::head_tail(said, HEAD, TAIL).text;
    let mut rows = Vec::new();
    for line in text::sanitise_lines(&said).lines() {
        rows.extend(Row::new(" │ ", Role::Border).with(line, Role::Muted).wrapped(cells, 3));
    }
    if rows.len() > MOST {
        let left_out = rows.len() - MOST;
        let tail = rows.split_off(rows.len() - MOST / 2);
        rows.truncate(MOST / 2);
        let words = text::sanitise(&format!("… {left_out} rows left out …"));
        rows.push(Row::new(" │ ", Role::Border).with(words, Role::Wait));
        rows.extend(tail);
    }
    rows
}

impl Pane for ActivityPane {
    fn topics(&self) -> Topics {
        Topics::TOOL | Topics::PERMISSION
    }

    fn observe(&mut self, _: &Envelope, session: &State) {
        self.sort(session);
    }

    fn act(&mut self, action: Action, session: &State) -> Effects {
        self.sort(session);
        let page = self.page.max(1) as isize;
        match action {
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
            Action::Copy => {
                if let Some((_, _, call)) = self.place(session) {
                    let said = call.outcome.as_ref().map_or(&call.tail, |outcome| &outcome.text);
                    return vec![Effect::Copy(said.clone())];
                }
            }
            _ => {}
        }
        Effects::new()
    }

    fn arrange(&mut self, session: &State, _: &Look<'_>, area: Rect) {
        self.sort(session);
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
        let total: usize = self.calls(session).map(|call| self.height(call)).sum();
        if let Some((top, row, call)) = self.place(session) {
            let last = if row == 0 && !self.unfolded.contains_key(&call.call.id) {
                top + self.height(call)
            } else {
                top + row + 1
            };
            self.scroll = self.scroll.max(last.saturating_sub(self.page)).min(top + row);
        }
        self.scroll = self.scroll.min(total.saturating_sub(self.page));
    }

    fn view(&self, session: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let cells = usize::from(area.width);
        let cursor = self.place(session).map(|(top, row, _)| top + row);
        let end = self.scroll + usize::from(area.height);
        let mut top = 0;
        for call in self.calls(session) {
            let height = self.height(call);
            if top >= end {
                break;
            }
            if top + height > self.scroll {
                let mut rows = vec![self.head(call, session, look, cells)];
                rows.extend(self.below(call, session, cells));
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
        if top == 0 {
            Row::new(" nothing running", Role::Muted)
                .truncated(cells)
                .draw(area, 0, look.theme, buf);
        }
    }

    fn title(&self, session: &State, _: &Look<'_>) -> (String, String) {
        let running = session.calls().filter(|call| call.outcome.is_none()).count();
        let done = session.calls().count() - running;
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
        &[Action::Toggle, Action::Down, Action::Up, Action::Copy, Action::Top]
    }

    fn click(&mut self, at: Position, area: Rect, session: &State) -> Effects {
        if !area.contains(at) {
            return Effects::new();
        }
        self.sort(session);
        let before = self.place(session).map(|(_, _, call)| call.call.id.clone());
        let row = self.scroll + usize::from(at.y - area.y);
        let total: usize = self.calls(session).map(|call| self.height(call)).sum();
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
        session.calls().any(|call| call.outcome.is_none())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::protocol::{Event, ToolCall, ToolOutcome, ToolStatus};
    use crate::ui::pane::tests::{area, asks, change, edit, golden, happened, run, session, view};

    fn start(state: &mut State, pane: &mut ActivityPane, at: u64, call: ToolCall) {
        happened(state, pane, at, Event::ToolCallStarted { call: Arc::new(call) });
    }

    fn end(
        state: &mut State,
        pane: &mut ActivityPane,
        id: &str,
        status: ToolStatus,
        summary: &str,
        text: &str,
    ) {
        let mut outcome = ToolOutcome::new(status, text);
        (outcome.summary, outcome.took) = (summary.into(), Duration::from_millis(840));
        let (call, outcome) = (id.into(), Arc::new(outcome));
        happened(state, pane, 9_000, Event::ToolCallFinished { call, outcome, changes: vec![] });
    }

    /// Three calls that ended, one that runs since 10,000 ms, one that waits for the user.
    fn busy() -> (ActivityPane, State) {
        let (mut pane, mut state) = (ActivityPane::default(), session());
        start(&mut state, &mut pane, 1_000, run("c1", "cargo fmt --check"));
        end(
            &mut state,
            &mut pane,
            "c1",
            ToolStatus::Failed,
            "exit 1",
            "Diff in a.rs\n-a\n+\u{1b}[31mb",
        );
        start(&mut state, &mut pane, 2_000, edit("c2", change("/w/src/net/client.rs", &[])));
        end(&mut state, &mut pane, "c2", ToolStatus::Done, "+9 -2", "");
        start(&mut state, &mut pane, 3_000, run("c3", "rm -rf /"));
        end(&mut state, &mut pane, "c3", ToolStatus::Denied, "", "denied");
        start(&mut state, &mut pane, 10_000, run("c4", "cargo test -p net retry -- --nocapture"));
        let progress = Event::ToolCallProgress {
            call: "c4".into(),
            tail: "test a ... ok\ntest b ... ok\n".into(),
            bytes: 3_149_000,
        };
        happened(&mut state, &mut pane, 11_000, progress);
        asks(&mut state, &mut pane, 12_000, run("c5", "git push"), None, false);
        (pane, state)
    }

    #[test]
    fn looks() {
        let (mut pane, state) = busy();
        golden("activity", &view(&mut pane, &state, 22_000, area(46, 12)));
        let _ = pane.act(Action::Open, &state);
        let _ = pane.act(Action::Bottom, &state);
        let _ = pane.act(Action::Toggle, &state);
        golden("activity_unfolded", &view(&mut pane, &state, 22_000, area(46, 12)));
        let _ = pane.act(Action::Down, &state);
        let _ = pane.act(Action::Down, &state);
        golden("activity_small", &view(&mut pane, &state, 22_000, area(30, 3)));
        let (mut pane, state) = (ActivityPane::default(), session());
        golden("activity_empty", &view(&mut pane, &state, 0, area(46, 2)));
    }

    #[test]
    fn the_cursor_stays_with_its_call() {
        let (mut pane, mut state) = busy();
        let named =
            |pane: &ActivityPane, state: &State| pane.place(state).unwrap().2.call.id.to_string();
        assert_eq!(named(&pane, &state), "c4");
        let mut walk = Vec::new();
        for _ in 0..6 {
            let _ = pane.act(Action::Down, &state);
            walk.push(named(&pane, &state));
        }
        assert_eq!(walk, ["c5", "c3", "c2", "c1", "c1", "c1"]);
        let _ = pane.act(Action::Up, &state);
        assert_eq!(named(&pane, &state), "c2");
        start(&mut state, &mut pane, 30_000, run("c6", "ls"));
        assert_eq!(named(&pane, &state), "c2");
        let _ = pane.act(Action::Top, &state);
        let _ = pane.act(Action::NextSection, &state);
        assert_eq!(named(&pane, &state), "c5");
    }

    #[test]
    fn an_unfolded_text_is_bounded_and_the_cursor_goes_through_it() {
        let (mut pane, mut state) = (ActivityPane::default(), session());
        start(&mut state, &mut pane, 0, run("c1", "yes"));
        let long: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
        let long = long.join("\n");
        end(&mut state, &mut pane, "c1", ToolStatus::Done, "", &long);
        let _ = pane.act(Action::Open, &state);
        let shown = view(&mut pane, &state, 0, area(40, 10));
        assert!(shown.contains("│ 0 "), "{shown}");
        let _ = pane.act(Action::Bottom, &state);
        let shown = view(&mut pane, &state, 0, area(40, 10));
        assert!(shown.contains("│ 99999 "), "{shown}");
        let (_, _, call) = pane.place(&state).unwrap();
        assert!(pane.height(call) <= MOST + 2);
        assert_eq!(pane.act(Action::Copy, &state), [Effect::Copy(long)]);
        let _ = pane.act(Action::Close, &state);
        assert_eq!(pane.height(state.calls().next().unwrap()), 1);
    }

    #[test]
    fn a_click_chooses_and_a_second_one_unfolds() {
        let (mut pane, state) = busy();
        let _ = view(&mut pane, &state, 0, area(46, 12));
        let at = Position { x: 3, y: 4 };
        let _ = pane.click(at, area(46, 12), &state);
        assert_eq!(pane.place(&state).unwrap().2.call.id, "c3".into());
        assert!(pane.unfolded.is_empty());
        let _ = pane.click(at, area(46, 12), &state);
        assert_eq!(pane.unfolded.len(), 1);
    }

    #[test]
    fn no_size_is_too_small() {
        for width in (0..60).step_by(3) {
            for height in 0..12 {
                let (mut pane, state) = busy();
                for action in [
                    Action::Open,
                    Action::Bottom,
                    Action::Open,
                    Action::PageDown,
                    Action::HalfPageUp,
                ] {
                    let _ = pane.act(action, &state);
                    let _ = view(&mut pane, &state, 22_000, area(width, height));
                }
            }
        }
    }
}

//! The sessions, as lines.

use std::collections::HashMap;

use crate::base::clock::{Millis, ago};
use crate::base::text::sanitise;
use crate::plain::say::MOST;
use crate::protocol::SessionId;
use crate::session::{State, Status, Summary};

/// The sessions, numbered; those that go on out of sight say so.
pub(super) fn lines(
    list: &[Summary],
    here: &State,
    others: &HashMap<SessionId, State>,
    now: Millis,
) -> Vec<String> {
    let row = |(at, session): (usize, &Summary)| {
        let word = match others.get(&session.id).map(State::status) {
            _ if session.id == here.id => "here",
            Some(Status::Waiting) => "needs you",
            Some(Status::Running) => "running",
            _ => "at rest",
        };
        let ago = ago(now.since(session.touched));
        let title = if session.title.is_empty() { "no prompt yet" } else { &session.title };
        format!("  {} {word}, {ago}: {}", at + 1, sanitise(title))
    };
    let mut lines: Vec<String> = list.iter().enumerate().take(MOST).map(row).collect();
    lines.insert(0, format!("Sessions: {}", list.len()));
    lines
}

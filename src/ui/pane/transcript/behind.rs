//! What happened while the terminal did not have the focus: how far one had read, and three lines.

use crate::protocol::{StopReason, ToolStatus};
use crate::session::{Entry, State};
use crate::ui::pane::transcript::TranscriptPane;
use crate::ui::transcript::Price;
use crate::ui::widget::elapsed;

impl TranscriptPane {
    /// The terminal lost the focus: what comes now may not be seen.
    pub fn look_away(&mut self, session: &State) {
        // Who leaves again without a word had still read no further.
        self.away = Some(self.away.unwrap_or(session.entries.len()).min(session.entries.len()));
    }

    /// The terminal has the focus again: says what came meanwhile.
    pub fn look_back(&mut self, session: &State, price: Price) {
        let Some(from) = self.away.take() else { return };
        let new = session.entries.get(from..).unwrap_or_default();
        let held = self.view.top().cell == from && !self.view.follows();
        if new.is_empty() || from == 0 || held {
            return;
        }
        self.sync(session);
        self.column.set_behind(Some((from, told(new, price))), session);
        self.marked = true;
    }

    /// The user speaks: all was read.
    pub(super) fn caught_up(&mut self, session: &State) {
        if std::mem::take(&mut self.marked) {
            self.column.set_behind(None, session);
        }
    }
}

/// What happened, in three lines at most: turns, files, failures and cost.
fn told(new: &[Entry], price: Price) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut turns, mut broken) = (0, 0);
    let (mut files, mut failed) = (Vec::new(), 0);
    let mut cost = Some(0.0);
    for entry in new {
        if let Some((model, usage)) = entry.used() {
            cost = cost.zip(price(model, usage)).map(|(sum, new)| sum + new);
        }
        match entry {
            Entry::TurnEnd { stop, .. } => {
                turns += 1;
                broken += usize::from(matches!(stop, StopReason::Failed { .. }));
            }
            Entry::Call(call) => {
                let outcome = call.outcome.as_ref().map(|outcome| outcome.status);
                failed += usize::from(outcome == Some(ToolStatus::Failed));
                for change in call.changes.iter() {
                    if !files.contains(&&change.path) {
                        files.push(&change.path);
                    }
                }
            }
            _ => {}
        }
    }
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let mut first = Vec::new();
    if turns > 0 {
        first.push(format!("{} ended", count(turns, "turn")));
    }
    if broken > 0 {
        first.push(format!("{broken} of them failed"));
    }
    if failed > 0 {
        first.push(format!("{} failed", count(failed, "call")));
    }
    if !first.is_empty() {
        lines.push(format!("while you were away: {}", first.join(" · ")));
    }
    if !files.is_empty() {
        let names: Vec<_> = files.iter().take(3).map(|path| path.display().to_string()).collect();
        let more = files.len().saturating_sub(names.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        lines.push(format!("{} changed: {}{more}", count(files.len(), "file"), names.join(", ")));
    }
    if let Some(cost) = cost.filter(|cost| *cost > 0.0) {
        lines.push(format!("cost {}", elapsed::dollars(cost)));
    }
    lines
}

//! The plan, below the calls.

use crate::base::text;
use crate::protocol::{PlanStep, StepState};
use crate::session::State;
use crate::ui::row::Row;
use crate::ui::theme::{Role, spinner};

/// The plan's rows, at most `most`: a rule with how far it is, then its steps; where not all fit, those
/// around the one in work.
pub(super) fn rows(session: &State, phase: usize, cells: usize, most: usize) -> Vec<Row> {
    let steps = &session.plan;
    if steps.is_empty() || most < 2 {
        return Vec::new();
    }
    let done = steps.iter().filter(|step| step.state == StepState::Completed).count();
    let mut rule = Row::new("─ plan ", Role::Border);
    let far = text::sanitise(&format!(" {done} of {} ─", steps.len()));
    let far = Row::new(far, Role::Muted);
    rule.repeat("─", cells.saturating_sub(rule.width() + far.width()), Role::Border);
    let mut rows = vec![rule.then(&far).truncated(cells)];
    let room = most - 1;
    let now = steps.iter().position(|step| step.state != StepState::Completed);
    let from = now.unwrap_or(steps.len()).saturating_sub(room / 2);
    let from = from.min(steps.len().saturating_sub(room));
    let runs = session.turn.is_some();
    rows.extend(steps.iter().skip(from).take(room).map(|s| step(s, phase, runs).truncated(cells)));
    rows
}

fn step(step: &PlanStep, phase: usize, runs: bool) -> Row {
    let (sign, role, words) = match step.state {
        StepState::Completed => ("✓", Role::Ok, Role::Muted),
        StepState::InProgress if runs => (spinner(phase), Role::Run, Role::Text),
        StepState::InProgress => ("▸", Role::Run, Role::Text),
        StepState::Pending => ("·", Role::Muted, Role::Text),
    };
    let text = text::sanitise(&step.text);
    Row::new(" ", Role::Text).with(sign, role).with(" ", Role::Text).with(text, words)
}

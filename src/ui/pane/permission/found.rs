//! What the policy found out about a call, and what holds it back while it runs.

use std::path::Path;

use crate::base::text;
use crate::protocol::{Covered, Decision, Part, PermissionRequest, SandboxState};
use crate::ui::pane::permission::content::{LABEL, label, visible};
use crate::ui::row::Row;
use crate::ui::theme::Role;

/// How far the reason of a part stands in.
const BELOW: usize = LABEL + 3;

/// One part a row, with what it touches; parts that need no question are counted.
pub(super) fn parts(rows: &mut Vec<Row>, request: &PermissionRequest, cells: usize) {
    let (free, asking): (Vec<&Part>, Vec<&Part>) =
        request.parts.iter().partition(|part| part.decision == Decision::Allow);
    let alone = request.parts.len() + request.more == 1;
    let mut name = "Parts   ";
    for part in asking {
        let touched = touched(part);
        if !alone {
            let (mark, role) = match part.decision {
                Decision::Deny => ("!!", Role::RiskSevere),
                _ if part.writes.is_empty() => ("?", Role::Wait),
                _ => ("!", Role::RiskChange),
            };
            let gap: &'static str = &"   "[mark.len()..];
            let row = Row::new(mark, role).with(gap, Role::Text);
            label(rows, name, &row.then(&visible(&part.text, Role::Strong)), cells);
            below(rows, &Row::new(text::sanitise(&why(part)), Role::Text), cells);
            for row in &touched {
                below(rows, row, cells);
            }
        } else if !touched.is_empty() {
            for row in &touched {
                label(rows, if name == "Parts   " { "Touches " } else { name }, row, cells);
                name = "        ";
            }
        }
        name = "        ";
    }
    if !alone && !free.is_empty() {
        let (noun, need) = if free.len() == 1 { ("part", "needs") } else { ("parts", "need") };
        let words = format!("{} {noun} {need} no question", free.len());
        label(rows, name, &Row::new(text::sanitise(&words), Role::Muted), cells);
        name = "        ";
    }
    for part in free.iter().filter(|part| !part.writes.is_empty()) {
        below(rows, &paths("writes ", &part.writes, Role::RiskChange), cells);
    }
    if request.more > 0 {
        let words = format!("and {} more parts; the command above is whole", request.more);
        label(rows, name, &Row::new(text::sanitise(&words), Role::Wait), cells);
    }
}

fn below(rows: &mut Vec<Row>, row: &Row, cells: usize) {
    let inner = cells.saturating_sub(BELOW).max(1);
    rows.extend(row.clone().wrapped(inner, 0).into_iter().map(|row| row.indented(BELOW)));
}

/// Why a part is asked, and what says so.
fn why(part: &Part) -> String {
    match (&part.rule, &part.source) {
        (Some(rule), Some(source)) => format!("{}: {rule}, from {source}", part.reason),
        _ => part.reason.clone(),
    }
}

fn touched(part: &Part) -> Vec<Row> {
    let mut rows = Vec::new();
    if !part.reads.is_empty() {
        rows.push(paths("reads  ", &part.reads, Role::Muted));
    }
    if !part.writes.is_empty() {
        rows.push(paths("writes ", &part.writes, Role::RiskChange));
    }
    if part.unlisted > 0 {
        let words = format!("and {} more paths", part.unlisted);
        rows.push(Row::new(text::sanitise(&words), Role::Wait));
    }
    rows
}

fn paths(verb: &'static str, paths: &[String], role: Role) -> Row {
    let mut row = Row::new(verb, role);
    for (at, path) in paths.iter().enumerate() {
        row =
            row.with(if at == 0 { "" } else { "  " }, Role::Text).then(&visible(path, Role::Text));
    }
    row
}

/// What holds the command back, in words.
pub(super) fn sandbox(state: &SandboxState, project: &Path) -> Row {
    let off = |why: &str| {
        Row::new("!", Role::RiskChange)
            .with("  no sandbox holds it back", Role::RiskChange)
            .with(text::sanitise(why), Role::Text)
    };
    match state {
        SandboxState::Off => off(": it may do whatever you may"),
        SandboxState::Unavailable { why } => off(&format!(": it is not available here, {why}")),
        SandboxState::Outside => Row::new("!! OUTSIDE the sandbox", Role::RiskSevere)
            .with(", as the model asks, this once: it may do whatever you may", Role::Text),
        SandboxState::Confined { roots, network } => {
            let roots: Vec<_> = roots.iter().map(|root| place(root, project)).collect();
            let (shown, rest) = roots.split_at(roots.len().min(4));
            let mut places = shown.join(", ");
            if !rest.is_empty() {
                places += &format!(" and {} more", rest.len());
            }
            let network = if *network { "network as granted" } else { "no network" };
            let words = format!("confined: writes only in {places}, {network}");
            Row::new(text::sanitise(&words), Role::Text)
        }
    }
}

fn place(root: &Path, project: &Path) -> String {
    if root == project { "the project".to_owned() } else { root.display().to_string() }
}

/// What else the offered rule would have covered.
pub(super) fn covered(covered: &Covered) -> String {
    let Covered { count, examples } = covered;
    match count {
        0 => "it matches no earlier call of this session, only this one".to_owned(),
        1 => format!("it also matches 1 earlier call: {}", examples.join(", ")),
        _ => {
            let rest = if examples.len() < *count { ", …" } else { "" };
            format!("it also matches {count} earlier calls: {}{rest}", examples.join(", "))
        }
    }
}

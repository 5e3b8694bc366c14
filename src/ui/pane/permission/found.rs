//! What the policy found out about a call, and what holds it back while it runs.

use std::path::Path;

use crate::base::text;
use crate::protocol::{Covered, Decision, Part, PermissionRequest, Reach, SandboxState};
use crate::ui::pane::permission::content::{LABEL, label, visible};
use crate::ui::row::Row;
use crate::ui::theme::Role;

/// How far the reason of a part stands in.
const BELOW: usize = LABEL + 3;
/// The label of a row that goes on with what is above it.
const NONE: &str = "        ";

/// What asks, a part a row, with what it touches; parts that need no question are counted.
pub(super) fn parts(rows: &mut Vec<Row>, request: &PermissionRequest, cells: usize) {
    let (free, asking): (Vec<&Part>, Vec<&Part>) =
        request.parts.iter().partition(|part| part.decision == Decision::Allow);
    if let ([part], true, 0) = (asking.as_slice(), free.is_empty(), request.more) {
        // It is the whole command, which stands above; why it is asked stands below.
        for (name, row) in ["Touches ", NONE, NONE].into_iter().zip(touched(part)) {
            label(rows, name, &row, cells);
        }
        return;
    }
    let mut names = ["Parts   "].into_iter().chain(std::iter::repeat(NONE));
    let mut name = || names.next().unwrap_or(NONE);
    for part in asking {
        label(rows, name(), &mark(part).then(&visible(&part.text, Role::Strong)), cells);
        let all = [vec![Row::new(text::sanitise(&why(part)), Role::Muted)], touched(part)].concat();
        let row = all.into_iter().reduce(|row, next| row.with(" · ", Role::Muted).then(&next));
        below(rows, &row.unwrap_or_default(), cells);
    }
    match free.as_slice() {
        [] => {}
        [part] => {
            let row = Row::new("   ", Role::Text).then(&visible(&part.text, Role::Text));
            label(rows, name(), &row.with("  needs no question", Role::Muted), cells);
        }
        parts => {
            let words = format!("{} parts need no question", parts.len());
            label(rows, name(), &Row::new(text::sanitise(&words), Role::Muted), cells);
        }
    }
    for part in free.iter().filter(|part| !part.writes.is_empty()) {
        below(rows, &paths("writes", &part.writes, Role::RiskChange), cells);
    }
    if request.more > 0 {
        let words = format!("and {} more parts; the command above is whole", request.more);
        label(rows, name(), &Row::new(text::sanitise(&words), Role::Wait), cells);
    }
}

/// How much a part matters, in three cells.
fn mark(part: &Part) -> Row {
    match part.decision {
        Decision::Deny => Row::new("!!", Role::RiskSevere).with(" ", Role::Text),
        _ if part.writes.is_empty() => Row::new("?", Role::Wait).with("  ", Role::Text),
        _ => Row::new("!", Role::RiskChange).with("  ", Role::Text),
    }
}

fn below(rows: &mut Vec<Row>, row: &Row, cells: usize) {
    let inner = cells.saturating_sub(BELOW).max(1);
    rows.extend(row.clone().wrapped(inner, 0).into_iter().map(|row| row.indented(BELOW)));
}

/// Why a part is asked, and what says so.
fn why(part: &Part) -> String {
    // The part stands right above its reason.
    let mut pieces = part.reason.splitn(3, '`');
    let reason = match (pieces.next(), pieces.next(), pieces.next()) {
        (Some(before), Some(named), Some(after)) if part.text.starts_with(named) => {
            format!("{before}it{after}")
        }
        _ => part.reason.clone(),
    };
    match (&part.rule, &part.source) {
        (Some(rule), Some(source)) => format!("{reason}: {rule}, from {source}"),
        _ => reason,
    }
}

fn touched(part: &Part) -> Vec<Row> {
    let mut rows = Vec::new();
    if !part.reads.is_empty() {
        rows.push(paths("may read", &part.reads, Role::Muted));
    }
    if !part.writes.is_empty() {
        rows.push(paths(verb(part), &part.writes, Role::RiskChange));
    }
    if part.unlisted > 0 {
        let words = format!("and {} more paths", part.unlisted);
        rows.push(Row::new(text::sanitise(&words), Role::Wait));
    }
    rows
}

/// What a part does to the paths that it changes. What also writes elsewhere is said to write.
fn verb(part: &Part) -> &'static str {
    let program = part.text.split_whitespace().next().unwrap_or_default();
    let deletes = matches!(program, "rm" | "rmdir" | "unlink") && !part.text.contains('>');
    if deletes { "deletes" } else { "writes" }
}

fn paths(verb: &'static str, paths: &[String], role: Role) -> Row {
    let mut row = Row::new(verb, role);
    for (at, path) in paths.iter().enumerate() {
        let gap = if at == 0 { " " } else { "  " };
        row = row.with(gap, Role::Text).then(&visible(path, Role::Text));
    }
    row
}

/// Why it is asked, spelled out: each part whole, the one that needs no question too, with the
/// verdict, the rule and where that stands; and what the marks mean.
pub(super) fn explain(rows: &mut Vec<Row>, request: &PermissionRequest, cells: usize) {
    rows.push(Row::default());
    rows.push(Row::new("Why it is asked", Role::Heading));
    for (at, part) in request.parts.iter().enumerate() {
        let (verdict, role) = match part.decision {
            Decision::Allow => ("allowed", Role::Ok),
            Decision::Ask => ("asked", Role::Wait),
            Decision::Deny => ("denied", Role::RiskSevere),
        };
        let row = Row::new(text::sanitise(&format!("{:>3}  ", at + 1)), Role::Muted);
        let row = row.then(&visible(&part.text, Role::Strong)).with("  ", Role::Text);
        rows.extend(row.with(verdict, role).wrapped(cells, 5));
        let source = part.source.as_ref().map(|source| format!("from {source}"));
        let by = part.rule.as_ref().map(|rule| format!("by the rule {rule}"));
        let said = std::iter::once(part.reason.clone()).chain(by).chain(source);
        let said = said.collect::<Vec<_>>().join(" · ");
        let inner = cells.saturating_sub(5).max(1);
        let all = std::iter::once(Row::new(text::sanitise(&said), Role::Muted));
        for row in all.chain(touched(part)) {
            rows.extend(row.wrapped(inner, 0).into_iter().map(|row| row.indented(5)));
        }
    }
    for (mark, role, words) in [
        ("  ?  ", Role::Wait, "no rule allows it, and it is not known to change nothing"),
        ("  !  ", Role::RiskChange, "it changes or deletes something"),
        ("  !! ", Role::RiskSevere, "it leaves the project or the sandbox, or nobody can tell"),
        (
            "<U+…>",
            Role::RiskSevere,
            "a character that cannot be seen; → is a tab, · a blank at an end",
        ),
    ] {
        rows.extend(
            Row::new(mark, role).with(" ", Role::Text).with(words, Role::Muted).wrapped(cells, 6),
        );
    }
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
            let network = match network {
                Reach::Nothing => "no network".to_owned(),
                Reach::Hosts(hosts) => format!("reaches only {}", few(hosts)),
                Reach::All => "your whole network".to_owned(),
            };
            let words =
                format!("confined: keeps only what it writes in {}, {network}", few(&roots));
            Row::new(text::sanitise(&words), Role::Text)
        }
    }
}

/// Four names, and how many more there are.
fn few(names: &[String]) -> String {
    let (shown, rest) = names.split_at(names.len().min(4));
    match (shown.join(", "), rest.len()) {
        (shown, 0) => shown,
        (shown, more) => format!("{shown} and {more} more"),
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

//! What a question shows: all of what would run, and why it is asked.

use std::path::Path;

use serde_json::Value;

use crate::base::text;
use crate::protocol::{Access, PermissionRequest, Preview, SandboxState, ToolCall};
use crate::session::State;
use crate::ui::pane::permission::found;
use crate::ui::row::{Ink, Row};
use crate::ui::theme::Role;
use crate::ui::widget::diff_rows::{DiffRows, Numbers, counts, relative};

/// Where the values begin, behind their labels.
pub(super) const LABEL: usize = 8;

/// The rows of a question, wrapped: nothing in them is cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) rows: Vec<Row>,
    /// The rows where hunks begin.
    pub(super) hunks: Vec<usize>,
}

/// The rows of `request`, no wider than `cells`. `call` is none where the session knows no such
/// call; `spell_rule` adds the rule that "always" would make.
pub(super) fn build(
    session: &State,
    request: &PermissionRequest,
    call: Option<&ToolCall>,
    cells: usize,
    spell_rule: bool,
) -> Content {
    let mut content = Content::default();
    let rows = &mut content.rows;
    match call {
        Some(call) => {
            head(rows, session, request, call, cells);
            rows.push(Row::default());
            arguments(rows, &mut content.hunks, call, session, cells);
        }
        None => {
            let words = "The session knows no such call: it can only be denied.";
            rows.extend(Row::new(words, Role::Err).wrapped(cells, 0));
        }
    }
    let rows = &mut content.rows;
    rows.push(Row::default());
    let preview = call.and_then(|call| call.preview.as_ref());
    if let Some(Preview::Command { description: Some(said), .. }) = preview {
        let words = Row::new(text::sanitise(&format!("\"{said}\"")), Role::Quote)
            .with("  (the agent's own words)", Role::Muted);
        label(rows, "Why     ", &words, cells);
    }
    let mut name = "Touches ";
    for access in call.into_iter().flat_map(|call| &call.access) {
        if let Some(row) = touched(access, &session.cwd) {
            label(rows, name, &row, cells);
            name = "        ";
        }
    }
    if request.cwd.is_some() {
        found::parts(rows, request, cells);
    }
    let mut access = call.into_iter().flat_map(|call| &call.access);
    if access.any(|access| matches!(access, Access::Shell { .. })) {
        // An older log says nothing of it.
        let state = request.sandbox.as_ref().unwrap_or(&SandboxState::Off);
        label(rows, "Sandbox ", &found::sandbox(state, &session.cwd), cells);
    }
    if let Some(Preview::Command { timeout, .. }) = preview {
        let words = text::sanitise(&format!("at most {} s", timeout.as_secs()));
        label(rows, "Needs   ", &Row::new(words, Role::Text), cells);
    }
    label(rows, "Asked   ", &Row::new(text::sanitise(&request.reason), Role::Text), cells);
    if let Some(rule) = request.rule.as_ref().filter(|_| spell_rule) {
        label(
            rows,
            "Always  ",
            &Row::new(text::sanitise_exact_line(rule), Ink::exact(Role::Code)),
            cells,
        );
    }
    if let Some(covers) = &request.covers {
        let name = if spell_rule { "        " } else { "Always  " };
        let words = text::sanitise(&found::covered(covers));
        label(rows, name, &Row::new(words, Role::Muted), cells);
    }
    content
}

/// A value behind its name, which is [`LABEL`] cells wide.
pub(super) fn label(rows: &mut Vec<Row>, name: &'static str, value: &Row, cells: usize) {
    rows.extend(Row::new(name, Role::Muted).then(value).wrapped(cells, LABEL));
}

/// What it is, in a line: `Run a shell command`, `Edit src/a.rs  +9 -2`.
fn head(
    rows: &mut Vec<Row>,
    session: &State,
    request: &PermissionRequest,
    call: &ToolCall,
    cells: usize,
) {
    match &call.preview {
        Some(Preview::Command { .. }) => {
            let verb = text::sanitise(&format!("{} a shell command", call.verb));
            let mut left = Row::new(verb, Role::Heading);
            if request.sandbox == Some(SandboxState::Outside) {
                left = left.with(" ", Role::Text).with("OUTSIDE the sandbox", Role::RiskSevere);
            }
            let cwd = call.access.iter().find_map(|access| match access {
                Access::Shell { script } => Some(script.cwd.as_path()),
                _ => None,
            });
            let cwd = text::sanitise_exact_line(&cwd.unwrap_or(&session.cwd).to_string_lossy());
            let cwd = Row::new("cwd ", Role::Muted).with(cwd, Role::Text);
            if left.width() + cwd.width() + 2 <= cells {
                rows.push(left.justified(&cwd, cells));
            } else {
                rows.push(left.truncated(cells));
                rows.extend(cwd.wrapped(cells, 4));
            }
        }
        Some(Preview::Diff { change }) => {
            let path = relative(&change.path, &session.cwd);
            let row = Row::new(text::sanitise(&call.verb), Role::Heading)
                .with(" ", Role::Heading)
                .with(path, Role::Heading);
            rows.extend(row.with("  ", Role::Text).then(&counts(change)).wrapped(cells, 2));
        }
        None => {
            let words = text::sanitise_exact_line(&format!("{} {}", call.verb, call.title));
            rows.extend(Row::new(words, Role::Heading).wrapped(cells, 2));
        }
    }
}

fn arguments(
    rows: &mut Vec<Row>,
    hunks: &mut Vec<usize>,
    call: &ToolCall,
    session: &State,
    cells: usize,
) {
    match &call.preview {
        Some(Preview::Command { command, description, timeout }) => {
            exact(rows, command, Role::Strong, cells);
            // What else the model said to this tool; the rest stands elsewhere.
            let Value::Object(input) = &call.input else { return };
            for (name, value) in input {
                let said = value.as_str();
                let limit = value.as_u64().map(u128::from).filter(|_| name.starts_with("timeout"));
                let known = said == Some(command)
                    || said.is_some() && said == description.as_deref()
                    || limit.is_some_and(|n| n == timeout.as_millis());
                if !known {
                    argument(rows, name, value, cells);
                }
            }
        }
        Some(Preview::Diff { change }) => {
            let name = relative(&change.path, &session.cwd);
            let (diff, separators) = DiffRows::new(change, name, Numbers::Both).wrapped(cells);
            hunks.extend(separators.into_iter().map(|at| at + rows.len()));
            rows.extend(diff);
        }
        None => match &call.input {
            Value::Object(input) => {
                for (name, value) in input {
                    argument(rows, name, value, cells);
                }
            }
            Value::String(said) => exact(rows, said, Role::Text, cells),
            other => exact(rows, &other.to_string(), Role::Text, cells),
        },
    }
}

/// One argument: on one line where it is short, else below its name.
fn argument(rows: &mut Vec<Row>, name: &str, value: &Value, cells: usize) {
    let shown = match value {
        Value::String(said) => said.clone(),
        Value::Array(_) | Value::Object(_) => {
            serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
        }
        other => other.to_string(),
    };
    let name = Row::new(text::sanitise(&format!("  {name}: ")), Role::Muted);
    if shown.contains('\n') {
        rows.extend(name.wrapped(cells, 2));
        exact(rows, &shown, Role::Text, cells);
    } else {
        rows.extend(name.then(&visible(&shown, Role::Text)).wrapped(cells, 4));
    }
}

/// A text byte for byte, each of its lines wrapped.
fn exact(rows: &mut Vec<Row>, text: &str, role: Role, cells: usize) {
    for line in text::sanitise_exact(text).lines() {
        let row = Row::new("  ", role).then(&marked(&line, role));
        rows.extend(row.wrapped(cells, 2));
    }
}

/// A line in which everything can be seen: a tab is an arrow, a blank at the end a dot, and what is
/// invisible its number. Such marks have another role than the text around them.
pub(super) fn visible(line: &str, role: Role) -> Row {
    marked(&text::sanitise_exact_line(line), role)
}

/// A text with its marks, in their roles. A mark begins with `<U+`, and nothing else does.
fn marked(line: &text::Sanitised, role: Role) -> Row {
    let mut row = Row::default();
    let inner = line.as_str().trim_end_matches(' ').len();
    let mut at = 0;
    for (piece, mark) in line.marks() {
        let text = piece.as_str();
        let before = inner.saturating_sub(at).min(text.len());
        at += text.len();
        match text {
            "<U+0009>" if mark => row.push("→   ", Role::RiskChange),
            _ if mark => row.push(piece, Role::RiskSevere),
            text => {
                row.push(text::sanitise(&text[..before]), Ink::exact(role));
                row.repeat("·", text.len() - before, Role::RiskChange);
            }
        }
    }
    row
}

/// What a call touches, with its mark: `!` changes something, `!!` leaves the project. None for a
/// command in the project: its parts say it.
fn touched(access: &Access, project: &Path) -> Option<Row> {
    // The blanks after a mark are no part of it: a mark may be underlined.
    let row = |(mark, role): (&'static str, Role), gap: &'static str, words: &str| {
        Row::new(mark, role).with(gap, Role::Text).with(text::sanitise(words), Role::Text)
    };
    let plain = |words: &str| row(("", Role::Text), "   ", words);
    let changes = |words: &str| row(("!", Role::RiskChange), "  ", words);
    let severe = |words: &str| row(("!!", Role::RiskSevere), " ", words);
    Some(match access {
        Access::Read { path } | Access::Write { path } => {
            let writes = matches!(access, Access::Write { .. });
            let verb = if writes { "writes" } else { "reads" };
            let whole = path.path();
            let inner = whole.strip_prefix(project).ok().filter(|p| !p.as_os_str().is_empty());
            let mut words = format!("{verb:7}{}", inner.unwrap_or(whole).to_string_lossy());
            if path.real != path.lexical {
                words += ", a link to ";
                words += &path.real.to_string_lossy();
            }
            match (path.real.starts_with(project), writes) {
                (false, _) => severe(&words).with("  OUTSIDE the project", Role::RiskSevere),
                (true, true) => changes(&words).with("  in the project", Role::Muted),
                (true, false) => plain(&words).with("  in the project", Role::Muted),
            }
        }
        Access::Shell { script } if script.cwd.starts_with(project) => return None,
        Access::Shell { script } => {
            severe(&format!("runs   a shell command in {}", script.cwd.display()))
                .with("  OUTSIDE the project", Role::RiskSevere)
        }
        Access::Fetch { url } => severe(&format!("fetches {url}")),
        Access::Mcp { server, tool } => {
            changes(&format!("calls  {tool} of the MCP server {server}"))
        }
        Access::Spawn { agent } => plain(&format!("starts the sub-agent {agent}")),
    })
}

//! What a question shows: all of what would run, and why it is asked.

use std::path::Path;

use serde_json::Value;

use crate::base::text;
use crate::protocol::{Access, FileChange, PermissionRequest, Preview, ToolCall};
use crate::session::State;
use crate::ui::theme::Role;
use crate::ui::widget::diff_rows::DiffRows;
use crate::ui::widget::diff_rows::Numbers;
use crate::ui::widget::diff_rows::relative;
use crate::ui::widget::row::Row;

/// Where the values begin, behind their labels.
const LABEL: usize = 8;

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
            head(rows, session, call, cells);
            rows.push(Row::default());
            arguments(rows, &mut content.hunks, call, session, cells);
        }
        None => {
            let words = "The session knows no such call: it can only be denied.";
            rows.extend(Row::new(Role::Err, words).wrapped(cells, 0));
        }
    }
    let rows = &mut content.rows;
    rows.push(Row::default());
    if let Some(Preview::Command { description: Some(said), .. }) =
        call.and_then(|call| call.preview.as_ref())
    {
        let words = Row::new(Role::Quote, format!("\"{}\"", text::sanitise(said)))
            .with(Role::Muted, "  (the agent's own words)");
        label(rows, "Why", &words, cells);
    }
    if let Some(call) = call {
        let mut name = "Touches";
        for access in &call.access {
            label(rows, name, &touched(access, &session.cwd), cells);
            name = "";
        }
    }
    label(
        rows,
        "Asked",
        &Row::new(Role::Text, text::sanitise(&request.reason).into_string()),
        cells,
    );
    if let Some(rule) = request.rule.as_ref().filter(|_| spell_rule) {
        label(rows, "Always", &Row::new(Role::Code, text::sanitise(rule).into_string()), cells);
    }
    content
}

fn label(rows: &mut Vec<Row>, name: &str, value: &Row, cells: usize) {
    let row = Row::new(Role::Muted, format!("{name:LABEL$}")).then(value.clone());
    rows.extend(row.wrapped(cells, LABEL));
}

/// What it is, in a line: `Run a shell command`, `Edit src/a.rs  +9 -2`.
fn head(rows: &mut Vec<Row>, session: &State, call: &ToolCall, cells: usize) {
    let verb = text::sanitise(&call.verb).into_string();
    match &call.preview {
        Some(Preview::Command { timeout, .. }) => {
            let left = Row::new(Role::Heading, format!("{verb} a shell command"));
            let limit = format!("at most {} s", timeout.as_secs());
            rows.push(left.justified(Row::new(Role::Muted, limit), cells));
            let cwd = call.access.iter().find_map(|access| match access {
                Access::Shell { script } => Some(script.cwd.as_path()),
                _ => None,
            });
            let cwd = text::sanitise(&cwd.unwrap_or(&session.cwd).to_string_lossy()).into_string();
            rows.extend(Row::new(Role::Muted, format!("in {cwd}")).wrapped(cells, 3));
        }
        Some(Preview::Diff { change }) => {
            let path = relative(&change.path, &session.cwd);
            let row = Row::new(Role::Heading, format!("{verb} {path}")).then(counts(change));
            rows.extend(row.wrapped(cells, 2));
        }
        None => {
            let title = text::sanitise(&call.title);
            rows.extend(Row::new(Role::Heading, format!("{verb} {title}")).wrapped(cells, 2));
        }
    }
}

fn counts(change: &FileChange) -> Row {
    Row::new(Role::DiffAdd, format!("  +{}", change.added))
        .with(Role::DiffDel, format!(" -{}", change.removed))
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
            let (diff, separators) = DiffRows::new(change, &name, Numbers::Both).wrapped(cells);
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
    let name = Row::new(Role::Muted, format!("  {}: ", text::sanitise(name)));
    if shown.contains('\n') {
        rows.extend(name.wrapped(cells, 2));
        exact(rows, &shown, Role::Text, cells);
    } else {
        rows.extend(name.then(visible(&shown, Role::Text)).wrapped(cells, 4));
    }
}

/// A text byte for byte, each of its lines wrapped.
fn exact(rows: &mut Vec<Row>, text: &str, role: Role, cells: usize) {
    for line in text.split('\n') {
        let row = Row::new(role, "  ").then(visible(line, role));
        rows.extend(row.wrapped(cells, 2));
    }
}

/// A line in which everything can be seen: a tab is an arrow, a blank at the end a dot, and what is
/// invisible its number. Such marks have another role than the text around them.
fn visible(line: &str, role: Role) -> Row {
    let mut row = Row::default();
    let inner = line.trim_end_matches([' ', '\t']).len();
    for (at, c) in line.char_indices() {
        match c {
            '\t' => row.push(Role::RiskChange, "→   "),
            ' ' if at >= inner => row.push_char(Role::RiskChange, '·'),
            c if text::is_hidden(c) => {
                let shown = text::sanitise(c.encode_utf8(&mut [0; 4])).into_string();
                row.push(Role::RiskSevere, shown);
            }
            c => row.push_char(role, c),
        }
    }
    row
}

/// What a call touches, with its mark: `!` changes something, `!!` leaves the project.
fn touched(access: &Access, project: &Path) -> Row {
    let marked = |mark: &str, role, words: String| {
        Row::new(role, format!("{mark:3}")).with(Role::Text, text::sanitise(&words).into_string())
    };
    match access {
        Access::Read { path } | Access::Write { path } => {
            let writes = matches!(access, Access::Write { .. });
            let verb = if writes { "writes" } else { "reads" };
            let inside = path.real.starts_with(project);
            let (mark, role) = match (inside, writes) {
                (false, _) => ("!!", Role::RiskSevere),
                (true, true) => ("!", Role::RiskChange),
                (true, false) => ("", Role::Text),
            };
            let mut words = format!("{verb:7}{}", relative(path.path(), project));
            if path.real != path.lexical {
                words += ", a link to ";
                words += &path.real.to_string_lossy();
            }
            let place = if inside { "  in the project" } else { "  OUTSIDE the project" };
            marked(mark, role, words).with(if inside { Role::Muted } else { role }, place)
        }
        Access::Shell { script } if script.cwd.starts_with(project) => {
            marked("!", Role::RiskChange, "runs   a shell command".to_owned())
        }
        Access::Shell { script } => {
            let words = format!("runs   a shell command in {}", script.cwd.display());
            marked("!!", Role::RiskSevere, words).with(Role::RiskSevere, "  OUTSIDE the project")
        }
        Access::Fetch { url } => marked("!!", Role::RiskSevere, format!("fetches {url}")),
        Access::Mcp { server, tool } => {
            marked("!", Role::RiskChange, format!("calls  {tool} of the MCP server {server}"))
        }
        Access::Spawn { agent } => marked("", Role::Text, format!("starts the sub-agent {agent}")),
    }
}

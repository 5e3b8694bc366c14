//! What a question shows: all of what would run, and why it is asked.

use std::path::Path;

use serde_json::Value;

use crate::base::text;
use crate::diff;
use crate::protocol::{Access, PermissionRequest, Preview, SandboxState, ToolCall};
use crate::session::State;
use crate::ui::pane::permission::hunks::Manner;
use crate::ui::pane::permission::pick::{Picks, Stop};
use crate::ui::pane::permission::{found, hunks};
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
    /// The rows where the lines of an edit stand, in their order.
    pub(super) stops: Vec<(usize, Stop)>,
}

impl Content {
    /// The row of a line.
    pub(super) fn row_of(&self, stop: Stop) -> Option<usize> {
        // On two sides a line may stand above the one before it: this is no sorted list.
        self.stops.iter().find(|(_, at)| *at == stop).map(|(row, _)| *row)
    }

    /// The line that stands in a row, or the last one above it.
    pub(super) fn stop_at(&self, row: usize) -> Option<Stop> {
        self.stops.iter().rfind(|(at, _)| *at <= row).map(|(_, stop)| *stop)
    }
}

/// What is looked at, and how.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub(super) session: &'a State,
    pub(super) request: &'a PermissionRequest,
    /// None where the session knows no such call.
    pub(super) call: Option<&'a ToolCall>,
    pub(super) picks: &'a Picks,
    pub(super) manner: Manner,
    /// The reasons are spelled out.
    pub(super) explained: bool,
    /// Why it asks something else than before.
    pub(super) renewed: Option<&'a str>,
    /// What its command was before the user changed it.
    pub(super) before: Option<&'a str>,
    /// No row is wider.
    pub(super) cells: usize,
}

/// The rows of a question; `spell_rule` adds the rule that "always" would make.
pub(super) fn build(sight: &Sight<'_>, spell_rule: bool) -> Content {
    let Sight { session, request, call, cells, .. } = *sight;
    let mut content = Content::default();
    let rows = &mut content.rows;
    if let Some(why) = sight.renewed {
        let words = text::sanitise(why);
        rows.extend(
            Row::new("! Asked anew: ", Role::Wait).with(words, Role::Wait).wrapped(cells, 2),
        );
    }
    match call {
        Some(call) => {
            head(rows, sight, call);
            rows.push(Row::default());
            arguments(&mut content, sight, call);
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
    if sight.explained {
        found::explain(rows, request, cells);
    }
    content
}

/// A value behind its name, which is [`LABEL`] cells wide.
pub(super) fn label(rows: &mut Vec<Row>, name: &'static str, value: &Row, cells: usize) {
    rows.extend(Row::new(name, Role::Muted).then(value).wrapped(cells, LABEL));
}

/// What it is, in a line: `Run a shell command`, `Edit src/a.rs  +9 -2`.
fn head(rows: &mut Vec<Row>, sight: &Sight<'_>, call: &ToolCall) {
    let Sight { session, request, cells, .. } = *sight;
    let edited = |row: Row| {
        if request.edited { row.with("  edited by you", Role::Accent) } else { row }
    };
    match &call.preview {
        Some(Preview::Command { .. }) => {
            let verb = text::sanitise(&format!("{} a shell command", call.verb));
            let mut left = Row::new(verb, Role::Heading);
            if request.sandbox == Some(SandboxState::Outside) {
                left = left.with(" ", Role::Text).with("OUTSIDE the sandbox", Role::RiskSevere);
            }
            let left = edited(left);
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
            let row = edited(row.with("  ", Role::Text).then(&counts(change)));
            let disk = "  on disk: compared again before anything is written";
            let whole = row.clone().with(disk, Role::Muted);
            // It gives way where there is no room for it.
            rows.extend(if whole.width() <= cells { whole } else { row }.wrapped(cells, 2));
        }
        None => {
            let words = text::sanitise_exact_line(&format!("{} {}", call.verb, call.title));
            rows.extend(edited(Row::new(words, Role::Heading)).wrapped(cells, 2));
        }
    }
}

/// What would be run or written, whole.
pub(super) fn arguments(content: &mut Content, sight: &Sight<'_>, call: &ToolCall) {
    let cells = sight.cells;
    let rows = &mut content.rows;
    match &call.preview {
        Some(Preview::Command { command, description, timeout }) => {
            match sight.before {
                Some(before) => changed(rows, before, command, cells),
                None => exact(rows, command, Role::Strong, cells),
            }
            // What else the model said to this tool; the rest stands elsewhere.
            let Value::Object(input) = &call.input else { return };
            for (name, value) in input {
                let said = value.as_str();
                let limit = value.as_u64().map(u128::from).filter(|_| name.starts_with("timeout"));
                let known = said == Some(command)
                    || said.is_some() && said == description.as_deref()
                    || said.is_some() && said == sight.before
                    || limit.is_some_and(|n| n == timeout.as_millis());
                if !known {
                    argument(rows, name, value, cells);
                }
            }
        }
        Some(Preview::Diff { change }) if change.hunks.is_empty() => {
            let name = relative(&change.path, &sight.session.cwd);
            rows.extend(DiffRows::new(change, name, Numbers::Both).wrapped(cells).0);
        }
        Some(Preview::Diff { change }) => {
            hunks::rows(content, change, sight.picks, sight.manner, cells);
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

/// A command that the user changed, byte for byte: what is new in it stands out, and what it was
/// stands below.
fn changed(rows: &mut Vec<Row>, before: &str, command: &str, cells: usize) {
    let mut old = before.split('\n');
    for line in command.split('\n') {
        let fresh = match old.next() {
            Some(old) => diff::words(old, line).new,
            None => std::iter::once(0..line.len()).collect(),
        };
        let mut row = Row::new("  ", Role::Strong);
        let mut at = 0;
        // Piece by piece: what is new may be invisible, too.
        for range in fresh {
            let (Some(same), Some(new)) = (line.get(at..range.start), line.get(range.clone()))
            else {
                continue;
            };
            row.push(text::sanitise_exact_line(same), Ink::exact(Role::Strong));
            row.push(text::sanitise_exact_line(new), Ink::exact(Role::DiffAddWord));
            at = range.end;
        }
        let rest = line.get(at..).unwrap_or_default();
        row.join(&visible(rest, Role::Strong));
        rows.extend(row.wrapped(cells, 2));
    }
    let was = text::sanitise(before);
    label(rows, "  Was   ", &Row::new(was, Ink::exact(Role::DiffDel)), cells);
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

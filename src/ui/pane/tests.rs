//! What the tests of panes share: sessions to look at, and pictures of them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::style::Style;
use serde_json::json;

use super::{Look, Pane};
use crate::base::clock::Millis;
use crate::protocol::{
    Access, ChangeKind, Covered, Decision, DiffLine, Envelope, Event, FileChange, Hunk, LineKind,
    Mode, Part, PermissionRequest, Preview, Reach, Resolved, SandboxState, Script, ToolCall,
    ToolKind,
};
use crate::session::State;
use crate::ui::theme::{Role, Theme};

/// A theme in which each role is a colour of its own: a picture can be asked for its roles.
pub(crate) fn theme() -> Theme {
    let styles = Role::ALL.iter().zip(0..).map(|(role, at)| {
        let style = Style::new();
        let selection = *role == Role::Selection;
        (*role, if selection { style.bg(Color::Indexed(at)) } else { style.fg(Color::Indexed(at)) })
    });
    Theme::from_styles("test", &styles.collect::<HashMap<_, _>>())
}

pub(crate) fn look(theme: &Theme, now: u64) -> Look<'_> {
    Look { theme, now: Millis(now), phase: 2, focused: true }
}

pub(crate) fn area(width: u16, height: u16) -> Rect {
    Rect::new(0, 0, width, height)
}

/// A session in `/w` with nothing in it.
pub(crate) fn session() -> State {
    let mut state = State::new("s1".into());
    let started = Event::SessionStarted {
        version: 1,
        parent: None,
        cwd: "/w".into(),
        model: "demo".into(),
        mode: Mode::Default,
    };
    let envelope = event(&state, 0, started);
    state.apply(&envelope);
    state
}

/// The session's next event.
pub(crate) fn event(state: &State, at: u64, event: Event) -> Envelope {
    let seq = state.seq + u64::from(event.is_durable());
    Envelope { session: state.id.clone(), seq, at: Millis(at), event }
}

pub(crate) fn happened(state: &mut State, pane: &mut dyn Pane, at: u64, what: Event) {
    let envelope = event(state, at, what);
    state.apply(&envelope);
    if pane.topics().contains(envelope.event.topic()) {
        pane.observe(&envelope, state);
    }
}

pub(crate) fn line(text: &str) -> DiffLine {
    let kind = match text.as_bytes()[0] {
        b'+' => LineKind::Added,
        b'-' => LineKind::Removed,
        _ => LineKind::Context,
    };
    DiffLine { kind, text: text[1..].to_owned() }
}

/// A change of these hunks: first old line, first new line, lines with their signs.
pub(crate) fn change(path: &str, hunks: &[(usize, usize, &[&str])]) -> FileChange {
    let hunks: Vec<_> = hunks
        .iter()
        .map(|(old_start, new_start, lines)| Hunk {
            old_start: *old_start,
            new_start: *new_start,
            lines: lines.iter().map(|text| line(text)).collect(),
        })
        .collect();
    let count =
        |kind| hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind == kind).count();
    let (added, removed) = (count(LineKind::Added), count(LineKind::Removed));
    let agent = crate::protocol::Author::Agent;
    FileChange { added, removed, hunks, ..FileChange::new(path, ChangeKind::Modified, agent) }
}

pub(crate) fn run(id: &str, command: &str) -> ToolCall {
    ToolCall {
        id: id.into(),
        name: "bash".into(),
        input: json!({"command": command, "description": "Build the project", "timeout_ms": 120_000}),
        verb: "Run".into(),
        title: command.lines().next().unwrap_or_default().into(),
        kind: ToolKind::Run,
        access: vec![
            Access::Shell { script: Script { command: command.into(), cwd: "/w".into() } },
            Access::Write { path: Resolved::plain("/w/target") },
        ],
        preview: Some(Preview::Command {
            command: command.into(),
            description: Some("Build the project".into()),
            timeout: Duration::from_mins(2),
        }),
    }
}

pub(crate) fn edit(id: &str, change: FileChange) -> ToolCall {
    ToolCall {
        id: id.into(),
        name: "edit".into(),
        input: json!({}),
        verb: "Edit".into(),
        title: change.path.strip_prefix("/w").unwrap_or(&change.path).display().to_string(),
        kind: ToolKind::Edit,
        access: vec![Access::Write { path: Resolved::plain(&change.path) }],
        preview: Some(Preview::Diff { change }),
    }
}

/// What a policy finds: `rm` is asked, and what is piped or redirected is not.
fn parts(command: &str) -> Vec<Part> {
    let part = |text: &str| {
        let text = text.split(" 2>").next().unwrap_or_default().trim();
        let (tail, deletes) = (text.starts_with("tail"), text.starts_with("rm"));
        Part {
            text: text.into(),
            decision: if tail { Decision::Allow } else { Decision::Ask },
            reason: format!("no rule covers `{text}`"),
            rule: deletes.then(|| "Bash(rm:*)".into()),
            source: Some(if deletes { ".claw/config.toml:14" } else { "default" }.into()),
            reads: Vec::new(),
            writes: if deletes { vec!["/w/target/tmp".into()] } else { Vec::new() },
            unlisted: 0,
            always: None,
        }
    };
    let mut parts: Vec<_> =
        command.split("&&").flat_map(|list| list.split('|')).take(8).map(part).collect();
    parts.sort_by_key(|part| part.decision == Decision::Allow);
    parts
}

/// Starts a call and asks for it: the request's name is the call's.
pub(crate) fn asks(
    state: &mut State,
    pane: &mut dyn Pane,
    at: u64,
    call: ToolCall,
    rule: Option<&str>,
    risky: bool,
) {
    let reason = "by the rule ask Bash in .claw/config.toml:14";
    let command = call.access.iter().find_map(|access| match access {
        Access::Shell { script } => Some(script.command.as_str()),
        _ => None,
    });
    let request = PermissionRequest {
        rule: rule.map(ToOwned::to_owned),
        covers: rule
            .map(|_| Covered { count: 4, examples: vec!["git log -3".into(), "ls".into()] }),
        parts: command.map(parts).unwrap_or_default(),
        cwd: command.map(|_| "/w".into()),
        sandbox: command
            .map(|_| SandboxState::Confined { roots: vec!["/w".into()], network: Reach::Nothing }),
        risky,
        hash: format!("hash of {}", call.id),
        ..PermissionRequest::new(call.id.as_str().into(), call.id.clone(), reason)
    };
    happened(state, pane, at, Event::ToolCallStarted { call: Arc::new(call) });
    happened(state, pane, at, Event::PermissionRequested { request });
}

/// Arranges and draws a pane: its title, its rows, and its rows' roles, a letter each.
pub(crate) fn view(pane: &mut dyn Pane, state: &State, now: u64, area: Rect) -> String {
    let theme = theme();
    let look = look(&theme, now);
    pane.arrange(state, &look, area);
    let mut buf = Buffer::empty(area);
    pane.view(state, &look, area, &mut buf);
    let (left, right) = pane.title(state, &look);
    let mut out = format!("[{left}] [{right}] {:?}\n", pane.hints());
    let mut used: Vec<(char, Role)> = Vec::new();
    let mut roles = String::new();
    for y in 0..area.height {
        out.push('|');
        for x in 0..area.width {
            let cell = &buf[(x, y)];
            out.push_str(cell.symbol());
            let role = match (cell.bg, cell.fg) {
                (Color::Indexed(_), _) if cell.symbol() == " " => Some(Role::Selection),
                (_, Color::Indexed(at)) => Some(Role::ALL[usize::from(at)]),
                _ => None,
            };
            let role = role.filter(|role| *role != Role::Text);
            roles.push(role.map_or('.', |role| letter(&mut used, role)));
        }
        out.push_str("|\n");
        roles.push('\n');
    }
    out.push_str(&roles);
    for (letter, role) in used {
        let _ = writeln!(out, "{letter} {}", role.name());
    }
    out
}

/// A letter for a role: the next one of the alphabet, in the order in which roles are met.
fn letter(used: &mut Vec<(char, Role)>, role: Role) -> char {
    if let Some((letter, _)) = used.iter().find(|(_, known)| *known == role) {
        return *letter;
    }
    let letter = char::from(b'a' + used.len() as u8);
    used.push((letter, role));
    letter
}

/// Compares a picture with `tests/golden/NAME.snap`.
#[track_caller]
pub(crate) fn golden(name: &str, picture: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, picture));
}

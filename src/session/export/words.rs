//! How things are called in an export, whatever its form.

use crate::base::amount;
use crate::base::clock::date_time;
use crate::protocol::{ChangeKind, FileChange, LineKind, StopReason, ToolStatus};
use crate::session::export::Head;

/// Characters of a prompt that stand in a list of turns.
const HEADLINE: usize = 80;

/// How a call ended, in a word.
pub(super) fn ended(status: Option<ToolStatus>) -> &'static str {
    match status {
        Some(ToolStatus::Done) => "done",
        Some(ToolStatus::Failed) => "failed",
        Some(ToolStatus::Denied) => "denied",
        Some(ToolStatus::Cancelled) => "stopped",
        None => "no result",
    }
}

/// Why a turn ended, where that is worth a word.
pub(super) fn stopped(stop: &StopReason) -> Option<String> {
    Some(match stop {
        StopReason::EndTurn | StopReason::ToolUse => return None,
        StopReason::MaxTokens => "The model ran into its output limit.".to_owned(),
        StopReason::ContextFull => "The prompt did not fit the model's window.".to_owned(),
        StopReason::Refusal => "The model refused.".to_owned(),
        StopReason::Cancelled => "You stopped it.".to_owned(),
        StopReason::PermissionNeeded => "A permission was needed, and nobody was asked.".to_owned(),
        StopReason::TurnLimit => "The limit of requests was reached.".to_owned(),
        StopReason::Budget => "The budget was used up.".to_owned(),
        StopReason::Repeated => "The model repeated itself.".to_owned(),
        StopReason::Interrupted => "claw ended while it ran.".to_owned(),
        StopReason::Failed { error } => error.clone(),
    })
}

/// A length in milliseconds, in words: `420 ms`, `3.2 s`, `4 min 10 s`.
pub(super) fn length(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// The facts of a session: what each is called, and what it is.
pub(super) fn facts(head: &Head) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Session", head.id.to_string()),
        ("Project", head.cwd.clone()),
        ("Began", date_time(head.started)),
        ("Last touched", date_time(head.touched)),
        ("Turns", head.turns.to_string()),
    ];
    for part in &head.models {
        let (read, said) = (part.usage.prompt(), part.usage.output);
        let requests = if part.requests == 1 { "request" } else { "requests" };
        let used = format!(
            "{}: {} {requests}, {} tokens read, {} said, {}",
            part.model,
            part.requests,
            amount::tokens(read),
            amount::tokens(said),
            part.cost
        );
        facts.push(("Model", used));
    }
    facts
}

/// What a turn is called in a list: the first words of its prompt.
pub(super) fn headline(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("(no words)");
    let mut short: String = line.chars().take(HEADLINE).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

/// What happened to a file, in a line: `src/a.rs +3 −1`.
pub(super) fn changed(change: &FileChange, cwd: &str) -> String {
    let path = change.path.strip_prefix(cwd).unwrap_or(&change.path);
    let what = match change.kind {
        ChangeKind::Added => " (new)",
        ChangeKind::Modified => "",
        ChangeKind::Deleted => " (deleted)",
    };
    let note = change.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    format!("{}{what} +{} −{}{note}", path.display(), change.added, change.removed)
}

/// The lines of a change as a patch has them; a side of a hunk that is empty begins at 0.
pub(super) fn patch(change: &FileChange) -> impl Iterator<Item = (Option<LineKind>, String)> + '_ {
    change.hunks.iter().flat_map(|hunk| {
        let count = |other| hunk.lines.iter().filter(|line| line.kind != other).count();
        let (old, new) = (count(LineKind::Added), count(LineKind::Removed));
        let head = format!("@@ -{},{old} +{},{new} @@", hunk.old_start, hunk.new_start);
        let lines = hunk.lines.iter().map(|line| {
            let sign = match line.kind {
                LineKind::Context => ' ',
                LineKind::Added => '+',
                LineKind::Removed => '-',
            };
            (Some(line.kind), format!("{sign}{}", line.text))
        });
        std::iter::once((None, head)).chain(lines)
    })
}

//! What happened, as lines to be read aloud: each begins with a word, each is said once.

use crate::base::text::{sanitise, sanitise_lines};
use crate::plain::rewind;
use crate::protocol::{
    CallId, Compaction, Content, DiffLine, Effort, Envelope, Event, FileChange, Level, LineKind,
    MessageId, StopReason, TextKind, ToolCall, ToolOutcome, ToolStatus, text_of,
};
use crate::session::{State, uncited};

/// The most lines of a result or a diff that are said without being asked for.
pub(super) const MOST: usize = 40;

/// Says what happens in one session.
#[derive(Debug, Default)]
pub(super) struct Speaker {
    /// What the model has said and was not said yet: it ends inside a sentence.
    held: String,
    /// The message that is being said, the block of it, and the bytes of that which came.
    at: Option<(MessageId, usize, usize)>,
    /// Inside a fence, where lines are code.
    code: bool,
    /// The prompts that were said: the user need not hear what they wrote.
    own: usize,
}

impl Speaker {
    /// The user wrote a prompt here: it is not repeated.
    pub(super) fn wrote(&mut self) {
        self.own += 1;
    }

    /// The lines for an event that was just folded into `state`.
    pub(super) fn hear(&mut self, envelope: &Envelope, state: &State) -> Vec<String> {
        match &envelope.event {
            Event::TurnStarted { prompt, .. } => self.prompt("You", prompt),
            Event::Steered { content } => self.prompt("You, into this turn", content),
            Event::QueueChanged { queue } if queue.is_empty() => Vec::new(),
            Event::QueueChanged { queue } => vec![format!("Queue: {} waiting", queue.len())],
            Event::MessageDelta { message, block, kind: TextKind::Text, start, text } => {
                self.delta(message, *block, *start, text)
            }
            Event::MessageFinished { message } => {
                self.finished(&message.id, &text_of(&message.content))
            }
            Event::ToolCallStarted { call } => {
                let mut lines = self.flush();
                lines.push(format!("Tool: {} {}", sanitise(&call.verb), sanitise(&call.title)));
                lines
            }
            Event::ToolCallFinished { call, outcome, changes } => {
                ended(state, call, outcome, changes)
            }
            Event::Retrying { attempt, of, after, why } => vec![format!(
                "Waiting: try {attempt} of {of} in {} s, because {}",
                after.as_secs(),
                sanitise(why)
            )],
            Event::TurnFinished { stop, .. } => {
                let mut lines = self.flush();
                lines.push(stopped(stop));
                lines
            }
            Event::Notice { level, text } => {
                let word = if *level == Level::Error { "Error" } else { "Note" };
                vec![format!("{word}: {}", sanitise(text))]
            }
            Event::ModeChanged { mode } => vec![format!("Mode: {}", mode.label())],
            event @ (Event::Rewound { .. } | Event::Redone { .. }) => rewind::told(event, state),
            Event::ModelChanged { model } => vec![format!("Model: {}", sanitise(&model.0))],
            Event::EffortChanged { effort } => {
                vec![format!("Effort: {}", effort.map_or("auto", Effort::name))]
            }
            Event::Compacting { why: Some(_) } => vec!["Compacting: /stop leaves it".to_owned()],
            Event::Compacted { compaction } => {
                let Compaction { before, after, .. } = &**compaction;
                vec![format!("Compacted: {before} tokens became {after}; /find still finds all")]
            }
            Event::Shortened { calls, .. } => {
                let results = if calls.len() == 1 { "result is" } else { "results are" };
                vec![format!("Note: {} old {results} sent as a line now", calls.len())]
            }
            Event::PlanChanged { steps } => {
                let done =
                    steps.iter().filter(|s| s.state == crate::protocol::StepState::Completed);
                vec![format!("Plan: {} of {} done; /plan lists it", done.count(), steps.len())]
            }
            _ => Vec::new(),
        }
    }

    fn prompt(&mut self, who: &str, content: &[Content]) -> Vec<String> {
        let own = uncited(content);
        let mut lines = Vec::new();
        if self.own > 0 {
            self.own -= 1;
        } else {
            lines = said(who, &text_of(own));
        }
        // What the model is told besides.
        lines.extend(said("With it", &text_of(&content[own.len()..])));
        lines
    }

    fn delta(&mut self, id: &MessageId, block: usize, start: usize, text: &str) -> Vec<String> {
        let same = self.at.as_ref().is_some_and(|at| at.0 == *id && at.1 == block);
        let known = match &self.at {
            Some((_, _, known)) if same => *known,
            _ => 0,
        };
        let mut lines = if same { Vec::new() } else { self.flush() };
        // What came already is not said again.
        let new = known.checked_sub(start).and_then(|skip| text.get(skip..)).unwrap_or_default();
        self.held.push_str(new);
        self.at = Some((id.clone(), block, known.max(start.saturating_add(text.len()))));
        lines.extend(self.sentences());
        lines
    }

    /// A message is whole: what of it was not heard as it came is said now.
    fn finished(&mut self, id: &MessageId, text: &str) -> Vec<String> {
        let heard = self.at.as_ref().is_some_and(|at| at.0 == *id);
        self.at = None;
        if heard {
            return self.flush();
        }
        self.held.push_str(text);
        self.flush()
    }

    /// The sentences and lines that are whole.
    fn sentences(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(end) =
            if self.code { line_end(&self.held) } else { sentence_end(&self.held) }
        {
            let rest = self.held.split_off(end);
            let whole = std::mem::replace(&mut self.held, rest);
            self.line(&whole, &mut lines);
        }
        lines
    }

    fn flush(&mut self) -> Vec<String> {
        let mut lines = self.sentences();
        let rest = std::mem::take(&mut self.held);
        for line in rest.lines() {
            self.line(line, &mut lines);
        }
        self.code = false;
        lines
    }

    fn line(&mut self, text: &str, lines: &mut Vec<String>) {
        let text = text.trim_end();
        if let Some(language) = text.trim_start().strip_prefix("```") {
            self.code = !self.code;
            let word = if self.code { "begins" } else { "ends" };
            lines.push(format!("Code: {word} {}", sanitise(language)).trim_end().to_owned());
        } else if !text.trim().is_empty() {
            let who = if self.code { "Code" } else { "Claw" };
            let text = if self.code { text } else { text.trim_start() };
            lines.push(format!("{who}: {}", sanitise(text)));
        }
    }
}

/// After which byte the first line ends.
fn line_end(text: &str) -> Option<usize> {
    text.find('\n').map(|at| at + 1)
}

/// After which byte the first sentence or line ends; a fence is a line.
fn sentence_end(text: &str) -> Option<usize> {
    let line = line_end(text);
    let head = &text[..line.unwrap_or(text.len())];
    if head.trim_start().starts_with("```") || head.trim_start().starts_with('`') && line.is_none()
    {
        return line;
    }
    let ends = |(at, c): (usize, char)| {
        let after = head[at + c.len_utf8()..].chars().next();
        (matches!(c, '.' | '!' | '?') && after == Some(' '))
            .then(|| at + c.len_utf8() + 1)
            .or_else(|| matches!(c, '。' | '！' | '？').then(|| at + c.len_utf8()))
    };
    head.char_indices().find_map(ends).or(line)
}

/// A text of several lines, the first one after the speaker's name.
pub(super) fn said(who: &str, text: &str) -> Vec<String> {
    let text = sanitise_lines(text);
    text.lines()
        .filter(|line| !line.as_str().trim().is_empty())
        .map(|line| format!("{who}: {line}"))
        .collect()
}

fn ended(state: &State, id: &CallId, outcome: &ToolOutcome, changes: &[FileChange]) -> Vec<String> {
    let Some((_, entry)) = state.call(id) else { return Vec::new() };
    let how = match outcome.status {
        ToolStatus::Done => "done",
        ToolStatus::Failed => "failed",
        ToolStatus::Denied => "denied",
        ToolStatus::Cancelled => "stopped",
    };
    let name = sanitise(&entry.call.verb);
    let summary = if outcome.summary.is_empty() {
        String::new()
    } else {
        format!(", {}", sanitise(&outcome.summary))
    };
    let seconds = outcome.took.as_secs();
    let time = if seconds > 0 { format!(", {seconds} s") } else { String::new() };
    let mut lines = vec![format!("Tool: {name} {how}{summary}{time}")];
    for change in changes {
        lines.push(format!("Changed: {}", counted(change, state)));
    }
    lines
}

/// A change in words: path, lines added and removed.
pub(super) fn counted(change: &FileChange, state: &State) -> String {
    let path = change.path.strip_prefix(&state.cwd).unwrap_or(&change.path);
    let kind = match change.kind {
        crate::protocol::ChangeKind::Added => "new file, ",
        crate::protocol::ChangeKind::Modified => "",
        crate::protocol::ChangeKind::Deleted => "deleted, ",
    };
    let path = sanitise(&path.to_string_lossy()).into_string();
    format!("{path}, {kind}{} added, {} removed", change.added, change.removed)
}

/// The lines of a hunk, each with its sign as a word.
pub(super) fn diff_line(line: &DiffLine) -> String {
    let word = match line.kind {
        LineKind::Context => "same",
        LineKind::Added => "plus",
        LineKind::Removed => "minus",
    };
    format!("  {word}: {}", sanitise(&line.text))
}

/// What a call is going to do, for the question about it.
pub(super) fn title(call: &ToolCall) -> String {
    format!("{} {}", sanitise(&call.verb), sanitise(&call.title))
}

fn stopped(stop: &StopReason) -> String {
    match stop {
        StopReason::EndTurn | StopReason::ToolUse => "Done: the turn is over".to_owned(),
        StopReason::Cancelled => "Stopped: you ended the turn".to_owned(),
        StopReason::MaxTokens => "Stopped: the answer reached its length limit".to_owned(),
        StopReason::ContextFull => "Stopped: the prompt does not fit the model's window".to_owned(),
        StopReason::Refusal => "Stopped: the model refused".to_owned(),
        StopReason::PermissionNeeded => "Stopped: a permission was needed".to_owned(),
        StopReason::TurnLimit => "Stopped: the limit of requests was reached".to_owned(),
        StopReason::Budget => "Stopped: the session's budget is used up".to_owned(),
        StopReason::Repeated => "Stopped: the model made the same call again and again".to_owned(),
        StopReason::Interrupted => "Stopped: claw ended while it ran".to_owned(),
        StopReason::Failed { error } => format!("Failed: {}", sanitise(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(pieces: &[&str]) -> Vec<String> {
        let mut speaker = Speaker::default();
        let (mut start, mut lines) = (0, Vec::new());
        for piece in pieces {
            lines.extend(speaker.delta(&"m".into(), 0, start, piece));
            start += piece.len();
        }
        lines.extend(speaker.finished(&"m".into(), &pieces.concat()));
        lines
    }

    #[test]
    fn text_is_said_by_the_sentence_however_it_comes() {
        let text = "It works. See v1.2 here! Next:\n```rust\nlet a = 1. ;\n\nx()\n```\nDone";
        let want = [
            "Claw: It works.",
            "Claw: See v1.2 here!",
            "Claw: Next:",
            "Code: begins rust",
            "Code: let a = 1. ;",
            "Code: x()",
            "Code: ends",
            "Claw: Done",
        ];
        assert_eq!(spoken(&[text]), want);
        let letters: Vec<String> = text.chars().map(String::from).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        assert_eq!(spoken(&letters), want);
    }

    #[test]
    fn nothing_raw_is_said() {
        assert_eq!(spoken(&["a\u{1b}]52;c;x\u{7}b"])[0].find('\u{1b}'), None);
    }
}

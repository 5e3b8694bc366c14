//! Entries to rows, but for messages and calls: prompts, turn ends, notices, what is waited for.

use std::time::Duration;

use crate::base::clock;
use crate::base::clock::Millis;
use crate::base::text;
use crate::protocol::{Content, Level, StopReason, Usage};
use crate::session::{Entry, State, Status, is_citation};
use crate::ui::row::{Origin, Row};
use crate::ui::theme::{Role, spinner};
use crate::ui::transcript::lay::Price;
use crate::ui::transcript::message::picture;
use crate::ui::transcript::source::TITLE;
use crate::ui::widget::elapsed;

/// Rows of a prompt that are shown before it is unfolded.
const PROMPT_ROWS: usize = 40;

/// When rows are made: what moves with time depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// The wall clock.
    pub now: Millis,
    /// The spinner's phase.
    pub phase: usize,
}

impl Moment {
    pub(super) fn spinner(self) -> &'static str {
        spinner(self.phase)
    }
}

/// Foreign text, wrapped; of more than `most` rows, the rest is counted.
pub(super) fn plain(
    said: &str,
    width: usize,
    role: Role,
    most: usize,
) -> impl Iterator<Item = Row> {
    plain_of(said, None, width, role, most)
}

/// The same, which remembers where it comes from.
pub(super) fn plain_of(
    said: &str,
    origin: Option<Origin>,
    width: usize,
    role: Role,
    most: usize,
) -> impl Iterator<Item = Row> {
    let safe = text::sanitise_prose(said);
    let mut rows: Vec<Row> = Vec::new();
    let mut lines = safe.lines().zip(text::lines(said));
    for (line, (at, said)) in lines.by_ref() {
        let origin = origin.map(|origin| origin.after(at));
        rows.extend(Row::new(line, role).from(origin, said.len()).wrap(width));
        if rows.len() > most {
            break;
        }
    }
    let left = lines.count() + rows.len().saturating_sub(most);
    rows.truncate(most);
    if left > 0 {
        let more =
            if left == 1 { "… 1 more line".to_owned() } else { format!("… {left} more lines") };
        rows.push(Row::new(text::sanitise(&more), Role::Muted));
    }
    rows.into_iter()
}

/// What the user said.
pub(super) fn prompt(entry: &Entry, width: usize, gap: bool, unfolded: bool) -> Vec<Row> {
    let Entry::Prompt { number, at, content, steer, .. } = entry else { return Vec::new() };
    let mut rows = Vec::from_iter(gap.then(Row::default));
    let mut head = Row::new("▌", Role::Accent);
    head.push("you", Role::Prompt);
    head.push(text::sanitise(&format!(" · {}", clock::time_of_day(*at))), Role::Muted);
    if *steer {
        head.push(" · into the running turn", Role::Muted);
    }
    let number = Row::new(text::sanitise(&format!("#{number}")), Role::Muted);
    rows.push(head.justified(&number, width));
    let most = if unfolded { usize::MAX } else { PROMPT_ROWS };
    for (part, content) in content.iter().enumerate() {
        match content {
            Content::Text { text } => {
                let origin = Some(Origin { part: part as u32, at: 0 });
                // What claw put behind it is told from what the user wrote.
                let role = if is_citation(content) { Role::Muted } else { Role::Prompt };
                let words = plain_of(text, origin, width.saturating_sub(2), role, most);
                rows.extend(words.map(|row| row.indented(2)));
            }
            Content::Image(image) => rows.push(picture(&image.media_type)),
            _ => {}
        }
    }
    rows
}

/// The end of a turn.
pub(super) fn turn_end(
    stop: &StopReason,
    usage: &Usage,
    took: Duration,
    cost: Option<f64>,
    width: usize,
) -> Vec<Row> {
    let why = reason(stop);
    let (rule, word) =
        if why.is_some() { (Role::Err, Role::Err) } else { (Role::Border, Role::Muted) };
    let cost = cost.map(|cost| format!(" · {}", elapsed::dollars(cost))).unwrap_or_default();
    let used = format!(
        " {} · {} in · {} out{cost} ",
        elapsed::elapsed(took),
        elapsed::tokens(usage.prompt()),
        elapsed::tokens(usage.output)
    );
    let mut row = Row::new("──", rule);
    row.push(text::sanitise(&used), word);
    let left = width.saturating_sub(row.width());
    row.repeat("─", left, rule);
    let mut rows = vec![Row::default(), row];
    if let Some(why) = why {
        let mut lines = plain(&why, width.saturating_sub(4), Role::Err, 20);
        if let Some(first) = lines.next() {
            let mut line = Row::new("✗ ", Role::Err);
            line.join(&first);
            rows.push(line.indented(2));
        }
        rows.extend(lines.map(|row| row.indented(4)));
    }
    rows
}

/// What the turn that ends at `end` cost in US dollars; none where a price is not known.
pub(super) fn cost(session: &State, end: usize, price: Price) -> Option<f64> {
    let entries = session.entries.get(..end)?.iter().rev();
    let turn = entries.take_while(|entry| !matches!(entry, Entry::TurnEnd { .. }));
    let mut sum = None;
    for entry in turn {
        let Some((model, usage)) = entry.used() else { continue };
        sum = Some(sum.unwrap_or(0.0) + price(model, usage)?);
    }
    sum
}

/// The rule up to which the reader had read, and what happened while nobody looked.
pub(super) fn behind(lines: &[String], width: usize) -> Vec<Row> {
    let mut rule = Row::new("── ", Role::Accent).with("you read to here ", Role::Accent);
    let left = width.saturating_sub(rule.width());
    rule.repeat("─", left, Role::Accent);
    let words = lines.iter().map(|line| {
        Row::new(text::sanitise(line), Role::Muted).truncated(width.saturating_sub(2)).indented(2)
    });
    [Row::default(), rule].into_iter().chain(words).collect()
}

/// Why a turn ended, in a sentence; none where all was said.
fn reason(stop: &StopReason) -> Option<String> {
    let why = match stop {
        StopReason::EndTurn | StopReason::ToolUse => return None,
        StopReason::MaxTokens => "The answer ran into the model's output limit.",
        StopReason::ContextFull => "The prompt does not fit the model's window.",
        StopReason::Refusal => "The model refused.",
        StopReason::Cancelled => "You stopped it.",
        StopReason::PermissionNeeded => "A permission was needed and nobody could be asked.",
        StopReason::TurnLimit => "The limit of requests per turn was reached.",
        StopReason::Budget => "The session's budget is used up.",
        StopReason::Repeated => "The model made the same call again and again.",
        StopReason::Interrupted => "claw ended while it ran.",
        StopReason::Failed { error } => error,
    };
    Some(why.to_owned())
}

/// Something the user should know.
pub(super) fn notice(level: Level, said: &str, width: usize) -> Vec<Row> {
    let (glyph, role, words) = match level {
        Level::Info => ("· ", Role::Muted, Role::Muted),
        Level::Warning => ("! ", Role::Wait, Role::Text),
        Level::Error => ("✗ ", Role::Err, Role::Text),
    };
    let origin = Some(Origin { part: TITLE, at: 0 });
    let mut lines = plain_of(said, origin, width.saturating_sub(4), words, 20);
    let mut first = Row::new(glyph, role);
    if let Some(line) = lines.next() {
        first.join(&line);
    }
    let mut rows = vec![first.indented(2)];
    rows.extend(lines.map(|row| row.indented(4)));
    rows
}

/// What is waited for, below the last entry.
pub(super) fn footer(session: &State, width: usize, moment: Moment) -> Vec<Row> {
    let silent = match session.entries.last() {
        Some(Entry::Open(open)) => open.blocks.iter().all(|block| block.text.is_empty()),
        Some(Entry::Call(call)) => call.outcome.is_some(),
        Some(Entry::Message { message, .. }) => message.stop == StopReason::ToolUse,
        _ => true,
    };
    if let Some((_, since)) = &session.live.compacting {
        return waiting(" compacting", *since, moment);
    }
    if let Some((attempt, of, until, why)) = &session.live.retrying {
        let secs = until.since(moment.now).as_secs();
        let words = format!("{why} Retry {attempt} of {of} in {secs} s.");
        let mut rows = vec![Row::default()];
        rows.extend(notice(Level::Warning, &words, width));
        return rows;
    }
    match &session.turn {
        Some((_, since)) if silent && session.status() == Status::Running => {
            let said = session.entries.iter().rev().find_map(|entry| match entry {
                Entry::Call(call) => {
                    Some(call.at.0 + call.outcome.as_ref().map_or(0, |o| o.took.as_millis() as u64))
                }
                Entry::Prompt { at, .. } | Entry::Message { at, .. } => Some(at.0),
                _ => None,
            });
            let since = Millis(said.unwrap_or(since.0));
            waiting(" waiting for the model", since, moment)
        }
        _ => Vec::new(),
    }
}

/// What is waited for, and how long.
fn waiting(what: &'static str, since: Millis, moment: Moment) -> Vec<Row> {
    let mut row = Row::new(moment.spinner(), Role::Run);
    row.push(what, Role::Muted);
    let secs = moment.now.since(since).as_secs();
    if secs > 0 {
        row.push(text::sanitise(&format!(" · {secs}s")), Role::Muted);
    }
    vec![Row::default(), row.indented(2)]
}

/// What stands where nothing was said yet.
pub fn empty(session: &State, width: usize) -> Vec<Row> {
    let cwd = text::sanitise(&session.cwd.to_string_lossy());
    let cwd = text::sanitise(&text::truncate_start(cwd.as_str(), width));
    vec![
        Row::new(cwd, Role::Text),
        Row::new(text::sanitise(&session.model.0), Role::Muted),
        Row::new("Type a task and press Enter. F1 shows the keys.", Role::Muted),
    ]
}

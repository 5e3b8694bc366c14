//! Runs of finished reads and searches: one line instead of many.

use crate::protocol::{Content, ToolKind, ToolStatus};
use crate::session::{CallEntry, Entry};

/// A shorter run is shown call by call.
const LEAST: usize = 3;

/// A cell's part in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Group {
    /// None.
    #[default]
    Alone,
    /// The first of a run: it shows the run's line.
    Head { reads: usize, searches: usize, hits: usize },
    /// Shown only where the run that begins at `head` is unfolded.
    Member { head: usize },
}

/// Does the message show anything?
pub(super) fn shows(content: &[Content]) -> bool {
    content.iter().any(|content| match content {
        Content::Text { text } | Content::Thinking { text, .. } => !text.trim().is_empty(),
        Content::RedactedThinking { .. }
        | Content::Image(_)
        | Content::Served { .. }
        | Content::Citations { .. } => true,
        Content::ToolUse(_) => false,
    })
}

fn kind(entry: &Entry) -> Option<ToolKind> {
    let Entry::Call(CallEntry { call, outcome: Some(outcome), .. }) = entry else { return None };
    let quiet = matches!(call.kind, ToolKind::Read | ToolKind::Search);
    (quiet && outcome.status == ToolStatus::Done).then_some(call.kind)
}

/// How many places a search found, as its summary says: `3 hits`, `12 matches`.
fn hits(entry: &Entry) -> Option<usize> {
    let Entry::Call(CallEntry { call, outcome: Some(outcome), .. }) = entry else { return None };
    let mut words = outcome.summary.split_whitespace();
    let count = words.next().filter(|_| call.kind == ToolKind::Search)?;
    let count = count.trim_end_matches('+').parse().ok()?;
    words
        .next()
        .is_some_and(|word| word.starts_with("hit") || word.starts_with("match"))
        .then_some(count)
}

/// A message of calls only does not interrupt a run.
fn is_silent(entry: &Entry) -> bool {
    matches!(entry, Entry::Message { message, .. } if !shows(&message.content))
}

/// Where the run that `at` may belong to begins.
pub(super) fn start(entries: &[Entry], at: usize) -> usize {
    let before = entries[..at.min(entries.len())].iter().rev();
    at - before.take_while(|entry| kind(entry).is_some() || is_silent(entry)).count()
}

/// The groups of all entries from `from` on, where a run begins or none is.
pub(super) fn groups(entries: &[Entry], from: usize) -> Vec<Group> {
    let mut groups = vec![Group::Alone; entries.len().saturating_sub(from)];
    let mut at = from;
    while at < entries.len() {
        let run = entries[at..].iter();
        let end = at + run.take_while(|e| kind(e).is_some() || is_silent(e)).count();
        let calls = || (at..end).filter_map(|place| Some((place, kind(&entries[place])?)));
        let reads = calls().filter(|(_, kind)| *kind == ToolKind::Read).count();
        let count = calls().count();
        if count >= LEAST {
            let head = calls().next().map_or(at, |(place, _)| place);
            for (place, _) in calls() {
                groups[place - from] = Group::Member { head };
            }
            let hits = calls().filter_map(|(place, _)| hits(&entries[place])).sum();
            groups[head - from] = Group::Head { reads, searches: count - reads, hits };
        }
        at = end.max(at + 1);
    }
    groups
}

//! The texts of an entry, as they came: what is copied, searched and quoted.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::protocol::{Content, LineKind, Preview, TextKind, text_of};
use crate::session::{CallEntry, Entry};
use crate::ui::transcript::call;
use crate::ui::transcript::divide;

/// Of a call: what its line says.
pub(super) const TITLE: u32 = 0;
/// Of a call: what the model asked for.
pub(super) const ASKED: u32 = 1;
/// Of a call: what it printed.
pub(super) const OUTPUT: u32 = 2;
/// Of a call: the first line of its changes; the others follow.
pub(super) const LINES: u32 = 16;

/// One of an entry's texts: a row's piece names it by its number.
pub fn part(entry: &Entry, part: u32) -> Option<Cow<'_, str>> {
    let at = part as usize;
    match entry {
        Entry::Prompt { content, .. } => words(content.get(at)?),
        Entry::Message { message, .. } => words(message.content.get(at)?),
        Entry::Open(open) => Some(open.blocks.get(at)?.text.as_str().into()),
        Entry::Notice { text, .. } => (part == TITLE).then_some(text.as_str().into()),
        Entry::Compacted { compaction, .. } => {
            (part == TITLE).then_some(compaction.text.as_str().into())
        }
        Entry::Call(call) => of_call(call, part),
        Entry::TurnEnd { .. } | Entry::Used { .. } => None,
    }
}

fn words(content: &Content) -> Option<Cow<'_, str>> {
    match content {
        Content::Text { text } | Content::Thinking { text, .. } => Some(text.as_str().into()),
        _ => None,
    }
}

fn of_call(call: &CallEntry, part: u32) -> Option<Cow<'_, str>> {
    match part {
        TITLE => Some(call.call.title.as_str().into()),
        ASKED => asked(call),
        OUTPUT => Some(call.outcome.as_ref().map_or(&*call.tail, |outcome| &outcome.text).into()),
        _ => line(call, part).map(|(_, text)| text.into()),
    }
}

/// What the model asked for, where the call's line does not say all of it.
pub(super) fn asked(entry: &CallEntry) -> Option<Cow<'_, str>> {
    let call = &entry.call;
    match &call.preview {
        Some(Preview::Diff { .. }) => None,
        Some(Preview::Command { command, .. }) => Some(command.as_str().into()),
        None => serde_json::to_string_pretty(&call.input).ok().map(Cow::Owned),
    }
}

/// A line of a call's changes: is it added or removed, and what it says.
pub(super) fn line(call: &CallEntry, part: u32) -> Option<(LineKind, &str)> {
    let at = part.checked_sub(LINES)? as usize;
    let hunks = call::changes(call).iter().flat_map(|change| &change.hunks);
    let line = hunks.flat_map(|hunk| &hunk.lines).nth(at)?;
    Some((line.kind, line.text.as_str()))
}

/// All texts of an entry in which something can be found, each with its number.
pub fn parts(entry: &Entry) -> Vec<(u32, Cow<'_, str>)> {
    let numbered = |content: &'_ [Content]| -> Vec<u32> { (0..content.len() as u32).collect() };
    let numbers: Vec<u32> = match entry {
        Entry::Prompt { content, .. } => numbered(content),
        Entry::Message { message, .. } => numbered(&message.content),
        Entry::Open(open) => (0..open.blocks.len() as u32).collect(),
        Entry::Notice { .. } | Entry::Compacted { .. } => vec![TITLE],
        Entry::TurnEnd { .. } | Entry::Used { .. } => Vec::new(),
        Entry::Call(call) => {
            let mut found = Vec::new();
            let fixed = [TITLE, ASKED, OUTPUT];
            // What the line says is not found twice; how it was put into words is not looked for.
            let says = |n: u32| match (n, &call.call.preview) {
                (ASKED, Some(Preview::Command { command, .. })) => *command != call.call.title,
                (n, _) => n != ASKED,
            };
            let fixed = fixed.into_iter().filter(|n| says(*n));
            found.extend(fixed.filter_map(|n| Some((n, of_call(call, n)?))));
            let hunks = call::changes(call).iter().flat_map(|change| &change.hunks);
            let lines = hunks.flat_map(|hunk| &hunk.lines);
            found.extend((LINES..).zip(lines.map(|line| Cow::from(line.text.as_str()))));
            return found;
        }
    };
    numbers.into_iter().filter_map(|n| Some((n, part(entry, n)?))).collect()
}

/// The source of an entry, for the clipboard: markdown as it was said, output as it came.
pub fn source(entry: &Entry) -> Option<String> {
    let text = match entry {
        Entry::Prompt { content, .. } => text_of(content),
        Entry::Message { message, .. } => text_of(&message.content),
        Entry::Open(open) => {
            let texts = open.blocks.iter().filter(|block| block.kind == TextKind::Text);
            texts.map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n")
        }
        Entry::Call(call) => match &call.outcome {
            Some(outcome) if !outcome.text.is_empty() => outcome.text.clone(),
            _ => call.call.title.clone(),
        },
        Entry::Notice { text, .. } => text.clone(),
        Entry::Compacted { compaction, .. } => compaction.text.clone(),
        Entry::TurnEnd { .. } | Entry::Used { .. } => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Entries as markdown: prompts quoted, answers as they were said, calls with what they printed.
pub fn markdown(entries: &[Entry]) -> String {
    let mut out = String::new();
    for entry in entries {
        // Writing to a String cannot fail.
        let _ = match entry {
            Entry::Prompt { .. } => {
                writeln!(out, "{}\n", quoted(&source(entry).unwrap_or_default()))
            }
            Entry::Message { .. } | Entry::Open(_) => match source(entry) {
                Some(said) if !said.trim().is_empty() => writeln!(out, "{}\n", said.trim_end()),
                _ => Ok(()),
            },
            Entry::Call(call) => writeln!(out, "{}", of_call_in_markdown(call)),
            Entry::Notice { text, .. } => writeln!(out, "*{text}*\n"),
            Entry::Compacted { compaction, .. } => {
                writeln!(out, "---\n\n*{}*\n", divide::said(compaction))
            }
            Entry::TurnEnd { .. } | Entry::Used { .. } => Ok(()),
        };
    }
    out.truncate(out.trim_end().len());
    out
}

fn of_call_in_markdown(entry: &CallEntry) -> String {
    let call = &entry.call;
    let mut out = format!("**{}** `{}`\n", call.verb, call.title);
    let mut body = String::new();
    for (n, _) in
        (LINES..).zip(call::changes(entry).iter().flat_map(|c| &c.hunks).flat_map(|h| &h.lines))
    {
        if let Some((kind, text)) = line(entry, n) {
            body.push_str(sign(kind));
            body.push_str(text.trim_end_matches(['\r', '\n']));
            body.push('\n');
        }
    }
    let language = if body.is_empty() { "" } else { "diff" };
    if body.is_empty()
        && let Some(outcome) = &entry.outcome
    {
        outcome.text.trim_end().clone_into(&mut body);
    }
    if !body.trim().is_empty() {
        let fence = fence(&body);
        let _ = write!(out, "\n{fence}{language}\n{}\n{fence}\n", body.trim_end());
    }
    out
}

/// What stands before a line of a patch.
pub(super) fn sign(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Added => "+",
        LineKind::Removed => "-",
        LineKind::Context => " ",
    }
}

/// Marks that no line of `body` closes.
fn fence(body: &str) -> String {
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Each line behind `> `.
pub fn quoted(text: &str) -> String {
    let lines = text.trim_end().lines();
    lines
        .map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

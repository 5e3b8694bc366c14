//! What the model says: reasoning folded, words as markdown, block after block.

use std::time::Duration;

use crate::base::cap;
use crate::base::clock;
use crate::base::clock::Millis;
use crate::base::text;
use crate::protocol::{Content, Message, ModelId, TextKind};
use crate::session::OpenMessage;
use crate::ui::markdown::{Paint, Stream};
use crate::ui::row::{Origin, Row};
use crate::ui::theme::Role;
use crate::ui::transcript::build::{Moment, plain_of};
use crate::ui::transcript::served::{self, Sources};
use crate::ui::widget::elapsed;

/// Words stand this far from the left.
const INDENT: usize = 2;
/// Rows of reasoning that are seen while it is made, and bytes that they are taken from.
const THINKING: (usize, usize) = (3, 1024);

/// How a message is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner<'a> {
    pub(super) width: usize,
    pub(super) unfolded: bool,
    /// Something stands above: a blank row comes first.
    pub(super) gap: bool,
    pub(super) model: &'a ModelId,
    /// The model's name was said already.
    pub(super) named: bool,
    /// How long it thought, where that was seen.
    pub(super) thought: Option<Duration>,
    pub(super) moment: Moment,
    /// When it was said, where that is to be seen.
    pub(super) at: Option<Millis>,
}

/// Writes the rows of a message, also of one that is still being said: then only its last block is
/// written again.
#[derive(Debug)]
pub(super) struct Writer {
    parts: Vec<Part>,
    named: bool,
}

#[derive(Debug)]
struct Part {
    kind: TextKind,
    /// Bytes that were written.
    len: usize,
    /// The first of its rows.
    from: usize,
    stream: Option<Stream>,
}

impl Writer {
    /// Begins a message.
    pub(super) fn new(manner: &Manner<'_>, rows: &mut Vec<Row>) -> Self {
        rows.clear();
        if manner.gap {
            rows.push(Row::default());
        }
        Self { parts: Vec::new(), named: manner.named }
    }

    /// Is what was written the beginning of `open`, but for its last block?
    pub(super) fn continues(&self, open: &OpenMessage) -> bool {
        let last = self.parts.len().saturating_sub(1);
        self.parts.len() <= open.blocks.len()
            && self.parts.iter().zip(&open.blocks).enumerate().all(|(at, (part, block))| {
                let len = block.text.len();
                part.kind == block.kind && (part.len == len || at == last && part.len < len)
            })
    }

    /// Brings `rows` up to date with an open message.
    pub(super) fn advance(
        &mut self,
        open: &OpenMessage,
        manner: &Manner<'_>,
        rows: &mut Vec<Row>,
        paint: Paint<'_>,
    ) {
        let from = self.parts.len().saturating_sub(1);
        for (at, block) in open.blocks.iter().enumerate().skip(from) {
            let finished = at + 1 < open.blocks.len();
            self.write((at, at), block.kind, &block.text, finished, manner, rows, paint);
        }
    }

    #[allow(clippy::too_many_arguments, reason = "a block, how it is shown, and where to")]
    fn write(
        &mut self,
        (at, part): (usize, usize),
        kind: TextKind,
        said: &str,
        finished: bool,
        manner: &Manner<'_>,
        rows: &mut Vec<Row>,
        paint: Paint<'_>,
    ) {
        if at == self.parts.len() {
            self.parts.push(Part { kind, len: 0, from: rows.len(), stream: None });
        }
        let number = part as u32;
        let Some(part) = self.parts.get_mut(at) else { return };
        part.len = said.len();
        if kind != TextKind::Text {
            rows.truncate(part.from);
            if kind == TextKind::Thinking {
                thinking(said, number, finished, manner, rows);
            } else if !finished {
                rows.push(preparing(said.len(), manner));
            }
            return;
        }
        if part.stream.is_none() {
            if said.trim().is_empty() {
                return;
            }
            if !self.named {
                rows.push(name(manner));
                self.named = true;
            } else if rows.len() > usize::from(manner.gap) {
                rows.push(Row::default());
            }
        }
        let width = manner.width.saturating_sub(INDENT);
        let stream =
            part.stream.get_or_insert_with(|| Stream::new(width, INDENT, rows.len()).of(number));
        stream.advance(said, finished, rows, paint);
    }
}

/// The rows of a finished message.
pub(super) fn finished(message: &Message, manner: &Manner<'_>, paint: Paint<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut writer = Writer::new(manner, &mut rows);
    let mut at = 0;
    let mut sources = Sources::default();
    for (number, content) in message.content.iter().enumerate() {
        let (kind, said) = match content {
            Content::Text { text } => (TextKind::Text, text.as_str()),
            Content::Thinking { text, .. } => (TextKind::Thinking, text.as_str()),
            Content::RedactedThinking { .. } => {
                rows.push(
                    Row::new("· thought, hidden by the provider", Role::Muted).indented(INDENT),
                );
                continue;
            }
            Content::Image(image) => {
                rows.push(picture(&image.media_type));
                continue;
            }
            Content::Served { block } => {
                rows.extend(beside(&served::line(block), manner));
                continue;
            }
            Content::Citations { all } => {
                rows.extend(sources.list(all).iter().flat_map(|line| beside(line, manner)));
                continue;
            }
            Content::ToolUse(_) => continue,
        };
        writer.write((at, number), kind, said, true, manner, &mut rows, paint);
        at += 1;
    }
    rows
}

/// A line beside the words.
fn beside(line: &str, manner: &Manner<'_>) -> Vec<Row> {
    let width = manner.width.saturating_sub(INDENT);
    let rows = plain_of(line, None, width, Role::Muted, usize::MAX);
    rows.map(|row| row.indented(INDENT)).collect()
}

/// Stands for a picture.
pub(super) fn picture(media_type: &str) -> Row {
    let mut row = Row::new("[", Role::Muted);
    row.push(text::sanitise(media_type), Role::Muted);
    row.push("]", Role::Muted);
    row.indented(INDENT)
}

fn name(manner: &Manner<'_>) -> Row {
    let mut row = Row::new("claw", Role::Accent);
    row.push(" · ", Role::Muted);
    row.push(text::sanitise(&manner.model.0), Role::Muted);
    let at = manner.at.map(|at| format!(" · {}", clock::time_of_day(at))).unwrap_or_default();
    row.push(text::sanitise(&at), Role::Muted);
    row
}

fn thinking(said: &str, part: u32, finished: bool, manner: &Manner<'_>, rows: &mut Vec<Row>) {
    if said.trim().is_empty() && finished {
        return;
    }
    let mut head = Row::default();
    if finished {
        head.push(if manner.unfolded { "▾ " } else { "▸ " }, Role::Muted);
        let long = match manner.thought {
            Some(took) => {
                format!("thought for {}", elapsed::whole(took.max(Duration::from_secs(1))))
            }
            None => format!("thought, {} words", said.split_whitespace().count()),
        };
        head.push(text::sanitise(&long), Role::Muted);
    } else {
        head.push(manner.moment.spinner(), Role::Run);
        head.push(" thinking", Role::Muted);
        if let Some(took) = manner.thought {
            head.push(text::sanitise(&format!(" for {}", elapsed::whole(took))), Role::Muted);
        }
    }
    rows.push(head.indented(INDENT));
    let width = manner.width.saturating_sub(2 * INDENT);
    let origin = |at| Some(Origin { part, at });
    if manner.unfolded {
        let words = plain_of(said, origin(0), width, Role::Muted, usize::MAX);
        rows.extend(words.map(|row| row.indented(2 * INDENT)));
    } else if !finished {
        let from = cap::ceil(said, said.len().saturating_sub(THINKING.1));
        let lines = plain_of(&said[from..], origin(from), width, Role::Muted, usize::MAX);
        let lines: Vec<Row> = lines.collect();
        let last = lines.into_iter().filter(|row| !row.is_empty()).rev().take(THINKING.0);
        let last: Vec<Row> = last.collect();
        rows.extend(last.into_iter().rev().map(|row| row.indented(2 * INDENT)));
    }
}

fn preparing(bytes: usize, manner: &Manner<'_>) -> Row {
    let mut row = Row::new(manner.moment.spinner(), Role::Run);
    row.push(" preparing a call", Role::Muted);
    if bytes >= 1024 {
        row.push(text::sanitise(&format!(" · {}", text::bytes(bytes as u64))), Role::Muted);
    }
    row.indented(INDENT)
}

//! What is known of a cell before it is laid out: how it begins, and roughly how high it is.

use crate::protocol::Content;
use crate::session::{Entry, State};
use crate::ui::transcript::call;
use crate::ui::transcript::cell::{Above, Cell, Kind};
use crate::ui::transcript::group;
use crate::ui::transcript::group::Group;

/// What stands above the entry after `entry`, which has `before` above itself.
pub(super) fn above(entry: &Entry, before: &Above, session: &State) -> Above {
    let says = |content: &[Content]| {
        content.iter().any(|c| matches!(c, Content::Text { text } if !text.trim().is_empty()))
    };
    let (kind, speaker) = match entry {
        Entry::Prompt { .. } => (Kind::Prompt, None),
        Entry::Open(_) => (Kind::Message, Some(session.model.clone())),
        Entry::Message { message, .. } if says(&message.content) => {
            (Kind::Message, Some(message.model.clone()))
        }
        Entry::Message { message, .. } if group::shows(&message.content) => {
            (Kind::Message, before.speaker.clone())
        }
        Entry::Message { .. } | Entry::Used { .. } => return before.clone(),
        Entry::Call(_) => (Kind::Call, before.speaker.clone()),
        Entry::TurnEnd { .. } | Entry::Compacted { .. } => (Kind::End, None),
        Entry::Notice { .. } => (Kind::Notice, before.speaker.clone()),
    };
    Above { kind, speaker }
}

/// How many rows an entry will take, roughly and fast.
pub(super) fn estimate(entry: &Entry, cell: &Cell, width: usize, hidden: bool) -> usize {
    let width = width.saturating_sub(2).max(1);
    let lines = |text: &str| {
        let ends = text.bytes().filter(|&byte| byte == b'\n').count();
        1 + ends.max(text.len() / width)
    };
    let said = |content: &[Content]| -> usize {
        let texts = content.iter().map(|content| match content {
            Content::Text { text } => lines(text),
            Content::ToolUse(_) => 0,
            Content::Citations { all } => all.len(),
            _ => 1,
        });
        texts.sum()
    };
    match entry {
        _ if hidden => 0,
        Entry::Prompt { content, .. } => 2 + said(content).min(41),
        Entry::Message { message, .. } if group::shows(&message.content) => {
            1 + said(&message.content)
        }
        Entry::Message { .. } | Entry::Used { .. } => 0,
        Entry::Open(open) => 1 + open.blocks.iter().map(|block| lines(&block.text)).sum::<usize>(),
        Entry::Call(_) if matches!(cell.group, Group::Head { .. }) => 1,
        Entry::Call(entry) => call::estimate(entry),
        Entry::TurnEnd { .. } | Entry::Compacted { .. } => 2,
        Entry::Notice { text, .. } => lines(text).min(20),
    }
}

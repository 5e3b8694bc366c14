//! Where the top-level blocks of a markdown text begin.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use crate::ui::markdown::OPTIONS;

/// A top-level block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    /// The start of its first line, in bytes.
    pub(super) start: usize,
    /// It is a fenced code block.
    pub(super) fenced: bool,
}

/// The top-level blocks of `text`, which begins with one.
///
/// The block structure of markdown is decided line by line: what a complete line has closed, no
/// later line opens again. So all blocks but the last are final once `text` ends with a line end.
pub(super) fn split(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut depth = 0_usize;
    for (event, range) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        let begins = depth == 0;
        let fenced = match &event {
            Event::Start(tag) => {
                depth += 1;
                matches!(tag, Tag::CodeBlock(CodeBlockKind::Fenced(_)))
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            _ => false,
        };
        if !begins {
            continue;
        }
        let start = line_start(text, range.start);
        if blocks.last().is_none_or(|last| last.start < start) {
            blocks.push(Block { start, fenced });
        }
    }
    blocks
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1)
}

/// The byte after the line that begins at `from`, its end included. `CommonMark` ends lines with
/// `\n`, `\r\n` and `\r`.
pub(super) fn line_end(text: &str, from: usize) -> usize {
    let Some(at) = text[from..].find(['\n', '\r']) else { return text.len() };
    let at = from + at;
    if text[at..].starts_with("\r\n") { at + 2 } else { at + 1 }
}

/// How a fenced code block was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fence {
    marker: char,
    length: usize,
    indent: usize,
    /// What stands after the marks.
    pub(super) language: String,
}

impl Fence {
    /// Reads an opening line; none where it opens no fence.
    pub(super) fn open(line: &str) -> Option<Self> {
        let line = line.trim_end_matches(['\n', '\r']);
        let body = line.trim_start_matches(' ');
        let indent = line.len() - body.len();
        let marker = body.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let name = body.trim_start_matches(marker);
        let length = body.len() - name.len();
        let odd = name.contains(['\\', '&']) || (marker == '`' && name.contains('`'));
        let language = name.split_whitespace().next().unwrap_or_default().to_owned();
        (length >= 3 && indent <= 3 && !odd).then_some(Self { marker, length, indent, language })
    }

    /// Does this line close it?
    pub(super) fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim_end_matches(['\n', '\r', ' ', '\t']);
        let body = line.trim_start_matches(' ');
        let marks = body.trim_start_matches(self.marker);
        line.len() - body.len() <= 3 && marks.is_empty() && body.len() >= self.length
    }

    /// A line of its code, without the indent that the fence has too, and without its end.
    pub(super) fn code<'a>(&self, line: &'a str) -> &'a str {
        let line = line.trim_end_matches(['\n', '\r']);
        let blanks = line.len() - line.trim_start_matches(' ').len();
        &line[blanks.min(self.indent)..]
    }
}

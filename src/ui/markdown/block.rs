//! Where the top-level blocks of a markdown text begin.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use crate::ui::markdown::OPTIONS;

/// A stretch of the text that is laid out on its own: one top-level block, or a few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    /// The start of its first line, in bytes.
    pub(super) start: usize,
    /// It is a fenced code block that [`Fence::open`] reads.
    pub(super) fenced: bool,
}

/// The blocks of `text`, which ends its lines with `\n` alone; what stands before the first belongs
/// to it.
///
/// All but the last are final once `text` ends with a line end, and each reads alone as it does
/// among the others. So a block begins at a fence, behind one, and behind a blank line, but not with
/// a `[`: that may be the definition of a link, which later lines still make or lengthen, which is no
/// block for the parser, and behind which, in the next line, other things are a block than elsewhere.
pub(super) fn split(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut depth = 0_usize;
    // The end of the last fenced block, where nothing began since.
    let mut behind = Some(0);
    for (event, range) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        let begins = depth == 0;
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            _ => {}
        }
        if !begins {
            continue;
        }
        let start = line_start(text, range.start);
        let marks = matches!(event, Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))));
        let fenced = marks && Fence::open(&text[start..line_end(text, start)]).is_some();
        let from = behind.take();
        if let Some(from) = from.filter(|&from| !fenced || !text[from..start].trim().is_empty()) {
            blocks.push(Block { start: from, fenced: false });
        }
        if fenced {
            blocks.push(Block { start, fenced });
            behind = Some(line_end(text, range.end.saturating_sub(1)));
        } else if from.is_none() && is_apart(text, start) {
            blocks.push(Block { start, fenced });
        }
    }
    // Definitions alone are left.
    if let Some(start) = behind.filter(|&from| !text[from..].trim().is_empty()) {
        blocks.push(Block { start, fenced: false });
    }
    blocks
}

/// Does what begins at `start` stand behind a blank line, and is it no definition of a link?
fn is_apart(text: &str, start: usize) -> bool {
    let before = text[..start].strip_suffix('\n').unwrap_or_default();
    let blank = before[line_start(before, before.len())..].trim_matches([' ', '\t']).is_empty();
    blank && !text[start..].trim_start_matches(' ').starts_with('[')
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// The byte after the line that `from` is in, its end included.
pub(super) fn line_end(text: &str, from: usize) -> usize {
    // A line end is one byte: searched as such, no character is cut.
    let end = text.as_bytes().get(from..).and_then(|rest| rest.iter().position(|&b| b == b'\n'));
    end.map_or(text.len(), |at| from + at + 1)
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
        let line = line.trim_end_matches('\n');
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
        let line = line.trim_end_matches(['\n', ' ', '\t']);
        let body = line.trim_start_matches(' ');
        let marks = body.trim_start_matches(self.marker);
        line.len() - body.len() <= 3 && marks.is_empty() && body.len() >= self.length
    }

    /// A line of its code, without the indent that the fence has too, and without its end.
    pub(super) fn code<'a>(&self, line: &'a str) -> &'a str {
        let line = line.trim_end_matches('\n');
        let blanks = line.len() - line.trim_start_matches(' ').len();
        &line[blanks.min(self.indent)..]
    }
}

//! A reply in the making: chunks go in, deltas for the screen and the finished message come out.
//!
//! Total: whatever order the chunks come in, nothing panics and nothing grows without a bound.

use std::collections::HashSet;

use serde_json::Value;

use crate::base::cap;
use crate::protocol::{
    CallId, Content, Event, Message, MessageId, ModelId, StopReason, TextKind, ToolUse, Usage,
};
use crate::provider::{Chunk, ProviderError};

/// Most bytes of a reply: its words, its reasoning and its tools' inputs together.
pub const MAX_BYTES: usize = 32 << 20;
/// Most blocks of a reply.
pub const MAX_BLOCKS: usize = 4096;
/// Most sources of a block of words.
const MAX_CITED: usize = 1024;
/// Most bytes of a tool's name, and of a call's.
const MAX_NAME: usize = 256;

/// What a chunk added, for the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// Which block, counted from 0 without gaps, whatever numbers the provider uses.
    pub block: usize,
    /// What the block is.
    pub kind: TextKind,
    /// At which byte of the block `text` begins.
    pub start: usize,
    /// What was said.
    pub text: String,
}

impl Delta {
    /// As an event of the message that it belongs to.
    pub fn event(self, message: MessageId) -> Event {
        let Self { block, kind, start, text } = self;
        Event::MessageDelta { message, block, kind, start, text }
    }
}

/// A reply in the making.
#[derive(Debug)]
pub struct Reply {
    id: MessageId,
    model: ModelId,
    blocks: Vec<Block>,
    calls: HashSet<CallId>,
    bytes: usize,
    usage: Usage,
    stop: Option<StopReason>,
}

#[derive(Debug)]
struct Block {
    /// The provider's number of it.
    number: usize,
    part: Part,
}

#[derive(Debug)]
enum Part {
    Text { text: String, cited: Vec<Value> },
    Thinking { text: String, signature: String },
    Redacted(String),
    Tool { id: CallId, name: String, json: String },
    Served { json: String, input: String },
}

impl Reply {
    /// A reply of which nothing has come yet.
    pub fn new(id: MessageId, model: ModelId) -> Self {
        let (blocks, calls, usage) = (Vec::new(), HashSet::new(), Usage::default());
        Self { id, model, blocks, calls, bytes: 0, usage, stop: None }
    }

    /// The message's name.
    pub fn id(&self) -> &MessageId {
        &self.id
    }

    /// What the request has used so far.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// Takes a chunk in and says what it added that can be shown.
    ///
    /// What makes no sense (an input without its tool, an empty text) adds nothing.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Fatal`] where the reply is larger than [`MAX_BYTES`] or has more than
    /// [`MAX_BLOCKS`] blocks.
    pub fn take(&mut self, chunk: Chunk) -> Result<Option<Delta>, ProviderError> {
        self.bytes += size(&chunk);
        if self.bytes > MAX_BYTES {
            let most = MAX_BYTES >> 20;
            return Err(ProviderError::Fatal(format!(
                "the reply of {} is larger than {most} MiB. Ask for less at once",
                self.model
            )));
        }
        match chunk {
            Chunk::Text { block, text } => self.say(block, TextKind::Text, text),
            Chunk::Thinking { block, text } => self.say(block, TextKind::Thinking, text),
            Chunk::ToolInput { block, json } => {
                let newest = self.blocks.iter_mut().rev().find(|it| it.number == block);
                if let Some(Block { part: Part::Served { input, .. }, .. }) = newest {
                    input.push_str(&json);
                    return Ok(None);
                }
                self.say(block, TextKind::ToolInput, json)
            }
            Chunk::Served { block, json } => {
                self.open(block, Part::Served { json, input: String::new() })?;
                Ok(None)
            }
            Chunk::Citation { block, json } => {
                let Ok(citation) = serde_json::from_str(&json) else { return Ok(None) };
                let at = match self.find(block, TextKind::Text) {
                    Some(at) => at,
                    // A source may be named before the words.
                    None => self.open(block, part(TextKind::Text))?,
                };
                if let Part::Text { cited, .. } = &mut self.blocks[at].part
                    && cited.len() < MAX_CITED
                {
                    cited.push(citation);
                }
                Ok(None)
            }
            Chunk::Signature { block, signature } => {
                let at = match self.find(block, TextKind::Thinking) {
                    Some(at) => at,
                    // The reasoning itself may be kept back.
                    None => self.open(block, part(TextKind::Thinking))?,
                };
                if let Part::Thinking { signature: sealed, .. } = &mut self.blocks[at].part {
                    sealed.push_str(&signature);
                }
                Ok(None)
            }
            Chunk::Redacted { block, data } => {
                self.open(block, Part::Redacted(data))?;
                Ok(None)
            }
            Chunk::ToolUse { block, id, mut name } => {
                let usable = !id.is_empty() && id.len() <= MAX_NAME;
                let mut id = if usable { CallId::from(id) } else { CallId::fresh() };
                if !self.calls.insert(id.clone()) {
                    id = CallId::fresh();
                    self.calls.insert(id.clone());
                }
                name.truncate(cap::floor(&name, MAX_NAME));
                self.open(block, Part::Tool { id, name, json: String::new() })?;
                Ok(None)
            }
            Chunk::Usage(usage) => {
                self.usage = usage;
                Ok(None)
            }
            Chunk::Stopped(stop) => {
                self.stop = Some(stop);
                Ok(None)
            }
        }
    }

    /// The whole message.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Retry`] where no [`Chunk::Stopped`] came: the reply is a part of one.
    pub fn finish(self) -> Result<Message, ProviderError> {
        let Some(stop) = self.stop else {
            let why = format!("the reply of {} broke off before it was whole", self.model);
            return Err(ProviderError::Retry { why, after: None });
        };
        let content: Vec<_> =
            self.blocks.into_iter().flat_map(|block| content(block.part)).collect();
        let asks = content.iter().any(|content| matches!(content, Content::ToolUse(_)));
        // Some servers mix these two up; what the message holds is what counts.
        let stop = match stop {
            StopReason::EndTurn if asks => StopReason::ToolUse,
            StopReason::ToolUse if !asks => StopReason::EndTurn,
            stop => stop,
        };
        Ok(Message { id: self.id, model: self.model, content, stop, usage: self.usage })
    }

    /// What is worth keeping of a reply that was cancelled: its words, and its reasoning where
    /// that is sealed. Its calls never ran. None where nothing is left.
    pub fn partial(self) -> Option<Message> {
        let content: Vec<_> = self
            .blocks
            .into_iter()
            .flat_map(|block| content(block.part))
            .filter(|content| match content {
                Content::Thinking { signature, .. } => signature.is_some(),
                Content::ToolUse(_) => false,
                _ => true,
            })
            .collect();
        let stop = StopReason::Cancelled;
        let message = Message { id: self.id, model: self.model, content, stop, usage: self.usage };
        (!message.content.is_empty()).then_some(message)
    }

    fn say(
        &mut self,
        number: usize,
        kind: TextKind,
        text: String,
    ) -> Result<Option<Delta>, ProviderError> {
        if text.is_empty() {
            return Ok(None);
        }
        let block = match self.find(number, kind) {
            Some(at) => at,
            None if kind == TextKind::ToolInput => return Ok(None),
            None => self.open(number, part(kind))?,
        };
        let said = self.blocks[block].part.said();
        let start = said.len();
        said.push_str(&text);
        Ok(Some(Delta { block, kind, start, text }))
    }

    /// The place of the newest block of this number, where it is of this kind.
    fn find(&self, number: usize, kind: TextKind) -> Option<usize> {
        let at = self.blocks.iter().rposition(|block| block.number == number)?;
        (self.blocks[at].part.kind() == Some(kind)).then_some(at)
    }

    fn open(&mut self, number: usize, part: Part) -> Result<usize, ProviderError> {
        if self.blocks.len() >= MAX_BLOCKS {
            return Err(ProviderError::Fatal(format!(
                "the reply of {} has more than {MAX_BLOCKS} blocks. Ask for less at once",
                self.model
            )));
        }
        self.blocks.push(Block { number, part });
        Ok(self.blocks.len() - 1)
    }
}

impl Part {
    fn kind(&self) -> Option<TextKind> {
        match self {
            Self::Text { .. } => Some(TextKind::Text),
            Self::Thinking { .. } => Some(TextKind::Thinking),
            Self::Tool { .. } => Some(TextKind::ToolInput),
            Self::Redacted(_) | Self::Served { .. } => None,
        }
    }

    fn said(&mut self) -> &mut String {
        match self {
            Self::Text { text, .. } | Self::Thinking { text, .. } | Self::Redacted(text) => text,
            Self::Tool { json, .. } | Self::Served { json, .. } => json,
        }
    }
}

fn part(kind: TextKind) -> Part {
    match kind {
        TextKind::Thinking => Part::Thinking { text: String::new(), signature: String::new() },
        TextKind::Text | TextKind::ToolInput => {
            Part::Text { text: String::new(), cited: Vec::new() }
        }
    }
}

fn size(chunk: &Chunk) -> usize {
    match chunk {
        Chunk::Text { text, .. }
        | Chunk::Thinking { text, .. }
        | Chunk::Signature { signature: text, .. }
        | Chunk::Redacted { data: text, .. }
        | Chunk::ToolInput { json: text, .. }
        | Chunk::Served { json: text, .. }
        | Chunk::Citation { json: text, .. } => text.len(),
        Chunk::ToolUse { id, name, .. } => id.len() + name.len(),
        Chunk::Usage(_) | Chunk::Stopped(_) => 0,
    }
}

/// A part as what a message holds: words and their sources are two.
fn content(part: Part) -> impl Iterator<Item = Content> {
    let (part, cited) = match part {
        Part::Text { text, cited } if !text.trim().is_empty() => {
            (Some(Content::Text { text }), cited)
        }
        part => (single(part), Vec::new()),
    };
    let sources = (!cited.is_empty()).then_some(Content::Citations { all: cited });
    part.into_iter().chain(sources)
}

fn single(part: Part) -> Option<Content> {
    match part {
        Part::Text { .. } => None,
        Part::Thinking { text, signature } if text.is_empty() && signature.is_empty() => None,
        Part::Served { json, input } => served(&json, &input),
        Part::Thinking { text, signature } => {
            let signature = (!signature.is_empty()).then_some(signature);
            Some(Content::Thinking { text, signature })
        }
        Part::Redacted(data) => Some(Content::RedactedThinking { data }),
        Part::Tool { id, name, json } => {
            let input = if json.trim().is_empty() {
                Value::Object(serde_json::Map::new())
            } else {
                serde_json::from_str(&json).unwrap_or(Value::String(json))
            };
            Some(Content::ToolUse(ToolUse { id, name, input }))
        }
    }
}

/// What the provider did by itself; none where that is no object, as where it was cut.
fn served(json: &str, input: &str) -> Option<Content> {
    let Ok(Value::Object(mut block)) = serde_json::from_str(json) else { return None };
    if !input.trim().is_empty() {
        block.insert("input".to_owned(), serde_json::from_str(input).ok()?);
    }
    Some(Content::Served { block: Value::Object(block) })
}

#[cfg(test)]
mod tests;

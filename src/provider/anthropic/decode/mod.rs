//! Events of the stream as chunks of a reply.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::protocol::{StopReason, Usage};
use crate::provider::failure::Words;
use crate::provider::stream::{Decode, broken, damaged, kind, parse};
use crate::provider::{Chunk, ProviderError};

/// Reads the events of one reply, in their order.
#[derive(Debug)]
pub(super) struct Decoder {
    host: String,
    usage: Usage,
    tools: Vec<Tool>,
    stop: Option<StopReason>,
    whole: bool,
}

/// A tool use that is still open.
#[derive(Debug)]
struct Tool {
    block: usize,
    /// What it began with. Counts only where no fragment follows: most servers begin with `{}`.
    input: Option<String>,
}

impl Decode for Decoder {
    fn host(&self) -> &str {
        &self.host
    }

    fn read(&mut self, data: &str, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        let read = kind(data).and_then(|kind| match &*kind {
            "error" => Ok(Err(broken(&self.host, Words::read(data)))),
            kind => self.event(kind, data, chunks).map(Ok),
        });
        read.unwrap_or_else(|why| Err(damaged(&self.host, &why)))
    }

    fn is_whole(&self) -> bool {
        self.whole
    }
}

impl Decoder {
    pub(super) fn new(host: &str) -> Self {
        let (host, usage) = (host.to_owned(), Usage::default());
        Self { host, usage, tools: Vec::new(), stop: None, whole: false }
    }

    fn event(
        &mut self,
        kind: &str,
        data: &str,
        chunks: &mut VecDeque<Chunk>,
    ) -> serde_json::Result<()> {
        match kind {
            "message_start" => {
                if let Some(usage) = parse::<MessageStart>(data)?.message.usage {
                    self.used(&usage, chunks);
                }
            }
            "content_block_start" => {
                let Start { index, content_block } = parse(data)?;
                self.start(index, content_block.get(), chunks)?;
            }
            "content_block_delta" => {
                let Delta { index, delta } = parse(data)?;
                self.delta(index, delta.get(), chunks)?;
            }
            "content_block_stop" => {
                let Stop { index } = parse(data)?;
                if let Some(at) = self.tools.iter().rposition(|tool| tool.block == index)
                    && let Some(json) = self.tools.swap_remove(at).input
                {
                    chunks.push_back(Chunk::ToolInput { block: index, json });
                }
            }
            "message_delta" => {
                let MessageDelta { delta, usage } = parse(data)?;
                if let Some(reason) = delta.stop_reason {
                    self.stop = Some(stop(&reason));
                }
                if let Some(usage) = usage {
                    self.used(&usage, chunks);
                }
            }
            "message_stop" => {
                self.whole = true;
                chunks.push_back(Chunk::Stopped(self.stop.take().unwrap_or(StopReason::EndTurn)));
            }
            _ => {}
        }
        Ok(())
    }

    fn start(
        &mut self,
        block: usize,
        data: &str,
        chunks: &mut VecDeque<Chunk>,
    ) -> serde_json::Result<()> {
        match &*kind(data)? {
            "text" | "thinking" => words(block, parse(data)?, chunks),
            "redacted_thinking" => {
                let Redacted { data } = parse(data)?;
                chunks.push_back(Chunk::Redacted { block, data });
            }
            "tool_use" => {
                let ToolUse { id, name, input } = parse(data)?;
                let empty =
                    |json: &str| json.chars().all(|c| c.is_whitespace() || "{}".contains(c));
                let input = input.map(RawValue::get).filter(|json| *json != "null" && !empty(json));
                self.tools.push(Tool { block, input: input.map(str::to_owned) });
                chunks.push_back(Chunk::ToolUse { block, id, name });
            }
            _ => {}
        }
        Ok(())
    }

    fn delta(
        &mut self,
        block: usize,
        data: &str,
        chunks: &mut VecDeque<Chunk>,
    ) -> serde_json::Result<()> {
        match &*kind(data)? {
            "text_delta" | "thinking_delta" | "signature_delta" => {
                words(block, parse(data)?, chunks);
            }
            "input_json_delta" => {
                let InputJson { partial_json: json } = parse(data)?;
                // The input of a tool that the service runs itself is none of ours.
                let tool = self.tools.iter_mut().rfind(|tool| tool.block == block);
                if let Some(tool) = tool.filter(|_| !json.is_empty()) {
                    tool.input = None;
                    chunks.push_back(Chunk::ToolInput { block, json });
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes counts in: each is the request's total so far, and one that is missing stays.
    fn used(&mut self, tokens: &Tokens, chunks: &mut VecDeque<Chunk>) {
        let Usage { input, output, cache_read, cache_write } = &mut self.usage;
        let counts = [
            (input, tokens.input),
            (output, tokens.output),
            (cache_read, tokens.cache_read),
            (cache_write, tokens.cache_write),
        ];
        for (count, new) in counts {
            *count = new.unwrap_or(*count);
        }
        chunks.push_back(Chunk::Usage(self.usage));
    }
}

/// The words of a block's start or of a delta; an empty one adds nothing.
fn words(block: usize, said: Said, chunks: &mut VecDeque<Chunk>) {
    let there = |text: Option<String>| text.filter(|text| !text.is_empty());
    let text = there(said.text).map(|text| Chunk::Text { block, text });
    let thinking = there(said.thinking).map(|text| Chunk::Thinking { block, text });
    let seal = there(said.signature).map(|signature| Chunk::Signature { block, signature });
    chunks.extend([text, thinking, seal].into_iter().flatten());
}

fn stop(reason: &str) -> StopReason {
    match reason {
        "tool_use" => StopReason::ToolUse,
        "max_tokens" => StopReason::MaxTokens,
        "model_context_window_exceeded" => StopReason::ContextFull,
        "refusal" => StopReason::Refusal,
        // end_turn and stop_sequence; pause_turn comes only with tools that the service runs.
        _ => StopReason::EndTurn,
    }
}

#[derive(Deserialize)]
struct MessageStart {
    message: Opening,
}

#[derive(Deserialize)]
struct Opening {
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Start<'a> {
    index: usize,
    #[serde(borrow)]
    content_block: &'a RawValue,
}

#[derive(Deserialize)]
struct Delta<'a> {
    index: usize,
    #[serde(borrow)]
    delta: &'a RawValue,
}

#[derive(Deserialize)]
struct Stop {
    index: usize,
}

#[derive(Deserialize)]
struct MessageDelta {
    delta: Ending,
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Ending {
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(rename = "input_tokens")]
    input: Option<u64>,
    #[serde(rename = "output_tokens")]
    output: Option<u64>,
    #[serde(rename = "cache_read_input_tokens")]
    cache_read: Option<u64>,
    #[serde(rename = "cache_creation_input_tokens")]
    cache_write: Option<u64>,
}

#[derive(Deserialize)]
struct Said {
    text: Option<String>,
    thinking: Option<String>,
    signature: Option<String>,
}

#[derive(Deserialize)]
struct Redacted {
    data: String,
}

#[derive(Deserialize)]
struct ToolUse<'a> {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct InputJson {
    partial_json: String,
}

#[cfg(test)]
mod tests;

//! Events of the stream as chunks of a reply.
//!
//! A reply is a list of items: reasoning, messages, calls. Each event names its item by
//! `output_index`, so that items may come in at the same time. What an item's own events said is not
//! said again when it is done; what they left out is.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::seal::{BETWEEN, Phase, Seal};
use crate::protocol::{StopReason, Usage};
use crate::provider::failure::Words;
use crate::provider::stream::{Decode, broken, damaged, kind, parse};
use crate::provider::{Chunk, ProviderError};

/// Most parts of a message that are told apart; the others join the last.
const MAX_PARTS: usize = 1 << 10;

/// Reads the events of one reply, in their order.
#[derive(Debug)]
pub(super) struct Decoder {
    host: String,
    /// The blocks that were begun. The reply bounds how many.
    blocks: HashMap<usize, Begun>,
    refused: bool,
    whole: bool,
}

#[derive(Debug, Default)]
struct Begun {
    /// Something of it was said.
    said: bool,
    /// Its seal has come.
    sealed: bool,
    /// Which part of a summary came last.
    part: usize,
}

impl Decode for Decoder {
    fn host(&self) -> &str {
        &self.host
    }

    fn read(&mut self, data: &str, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        let read = kind(data).and_then(|kind| match &*kind {
            "error" => Ok(Err(broken(&self.host, Words::read(data)))),
            "response.failed" => {
                let Ended { response } = parse(data)?;
                Ok(Err(broken(&self.host, Words::find(&response))))
            }
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
        Self { host: host.to_owned(), blocks: HashMap::new(), refused: false, whole: false }
    }

    fn event(
        &mut self,
        kind: &str,
        data: &str,
        chunks: &mut VecDeque<Chunk>,
    ) -> serde_json::Result<()> {
        match kind {
            "response.output_item.added" => {
                let OfItem { output_index, item } = parse(data)?;
                if let Some(call) = call(item.get())? {
                    self.open(block(output_index, 0), &call, chunks);
                }
            }
            "response.output_item.done" => {
                let OfItem { output_index, item } = parse(data)?;
                self.done(output_index, item.get(), chunks)?;
            }
            "response.output_text.delta" | "response.refusal.delta" => {
                let Piece { output_index, content_index, delta, .. } = parse(data)?;
                let refusal = kind == "response.refusal.delta";
                self.text(block(output_index, content_index), refusal, delta, chunks);
            }
            "response.reasoning_summary_text.delta" => {
                let Piece { output_index, summary_index, delta, .. } = parse(data)?;
                self.thought(block(output_index, 0), summary_index, delta, chunks);
            }
            "response.reasoning_text.delta" => {
                let Piece { output_index, content_index, delta, .. } = parse(data)?;
                self.thought(block(output_index, 0), content_index, delta, chunks);
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                let Piece { output_index, delta, .. } = parse(data)?;
                self.input(block(output_index, 0), delta, chunks);
            }
            "response.completed" | "response.incomplete" => {
                let Ended { response } = parse(data)?;
                let response: Response = serde_json::from_value(response)?;
                self.ended(kind == "response.completed", response, chunks);
            }
            _ => {}
        }
        Ok(())
    }

    /// An item is there in full.
    fn done(
        &mut self,
        index: u32,
        data: &str,
        chunks: &mut VecDeque<Chunk>,
    ) -> serde_json::Result<()> {
        let at = block(index, 0);
        if let Some(call) = call(data)? {
            self.open(at, &call, chunks);
            if !self.said(at) {
                self.input(at, call.arguments.or(call.input).unwrap_or_default(), chunks);
            }
            return Ok(());
        }
        match &*kind(data)? {
            "message" => {
                let Spoken { content, phase } = parse(data)?;
                for (part, said) in content.unwrap_or_default().into_iter().enumerate() {
                    let at = block(index, part);
                    if !self.said(at) {
                        let refusal = said.refusal.is_some();
                        let text = said.refusal.or(said.text).unwrap_or_default();
                        self.text(at, refusal, text, chunks);
                    }
                }
                if let Some(phase) = phase.filter(|phase| !phase.is_empty()) {
                    self.sealed(block(index, MAX_PARTS), Phase { phase }.write()?, chunks);
                }
            }
            "reasoning" => {
                let item: Reasoning = parse(data)?;
                let summary = item.summary.unwrap_or_default();
                let lengths = summary.iter().map(|part| part.text.len());
                let lengths = lengths.filter(|&length| length > 0).collect();
                if !self.said(at) {
                    let parts = summary.into_iter().chain(item.content.unwrap_or_default());
                    for (part, said) in parts.enumerate() {
                        self.thought(at, part, said.text, chunks);
                    }
                }
                let sealed = item.encrypted_content.filter(|seal| !seal.is_empty());
                let Some(encrypted_content) = sealed else { return Ok(()) };
                let id = item.id.unwrap_or_default().into();
                let seal = Seal { id, encrypted_content, summary: lengths };
                self.sealed(at, seal.write()?, chunks);
            }
            _ => {}
        }
        Ok(())
    }

    fn said(&self, at: usize) -> bool {
        self.blocks.get(&at).is_some_and(|begun| begun.said)
    }

    /// Begins a call, unless it was.
    fn open(&mut self, at: usize, call: &Call, chunks: &mut VecDeque<Chunk>) {
        if let Entry::Vacant(vacant) = self.blocks.entry(at) {
            vacant.insert(Begun::default());
            let id = call.id.clone().unwrap_or_default();
            let name = call.name.clone().unwrap_or_default();
            chunks.push_back(Chunk::ToolUse { block: at, id, name });
        }
    }

    fn input(&mut self, at: usize, json: String, chunks: &mut VecDeque<Chunk>) {
        // The input of a tool that the service runs itself is none of ours.
        if let Some(begun) = self.blocks.get_mut(&at).filter(|_| !json.is_empty()) {
            begun.said = true;
            chunks.push_back(Chunk::ToolInput { block: at, json });
        }
    }

    fn text(&mut self, at: usize, refusal: bool, text: String, chunks: &mut VecDeque<Chunk>) {
        if !text.is_empty() {
            self.refused |= refusal;
            self.blocks.entry(at).or_default().said = true;
            chunks.push_back(Chunk::Text { block: at, text });
        }
    }

    fn thought(&mut self, at: usize, part: usize, text: String, chunks: &mut VecDeque<Chunk>) {
        if text.is_empty() {
            return;
        }
        let begun = self.blocks.entry(at).or_default();
        if begun.said && begun.part != part {
            chunks.push_back(Chunk::Thinking { block: at, text: BETWEEN.to_owned() });
        }
        (begun.said, begun.part) = (true, part);
        chunks.push_back(Chunk::Thinking { block: at, text });
    }

    /// Seals a block, unless it was.
    fn sealed(&mut self, at: usize, signature: String, chunks: &mut VecDeque<Chunk>) {
        if !std::mem::replace(&mut self.blocks.entry(at).or_default().sealed, true) {
            chunks.push_back(Chunk::Signature { block: at, signature });
        }
    }

    fn ended(&mut self, completed: bool, response: Response, chunks: &mut VecDeque<Chunk>) {
        if let Some(tokens) = response.usage {
            let cache_read = tokens.details.and_then(|it| it.cached_tokens).unwrap_or(0);
            let input = tokens.input.unwrap_or(0).saturating_sub(cache_read);
            let output = tokens.output.unwrap_or(0);
            chunks.push_back(Chunk::Usage(Usage { input, output, cache_read, cache_write: 0 }));
        }
        let why = response.incomplete_details.and_then(|details| details.reason);
        let stop = match why.as_deref() {
            _ if self.refused => StopReason::Refusal,
            _ if completed => StopReason::EndTurn,
            Some("content_filter") => StopReason::Refusal,
            // `max_output_tokens`; what is new is a limit, too.
            _ => StopReason::MaxTokens,
        };
        self.whole = true;
        chunks.push_back(Chunk::Stopped(stop));
    }
}

/// The number of an item's part among the reply's blocks.
fn block(item: u32, part: usize) -> usize {
    (item as usize).saturating_mul(MAX_PARTS).saturating_add(part.min(MAX_PARTS - 1))
}

/// An item that asks for a tool of ours; none where it is another.
fn call(data: &str) -> serde_json::Result<Option<Call>> {
    match &*kind(data)? {
        "function_call" | "custom_tool_call" => parse(data).map(Some),
        _ => Ok(None),
    }
}

#[derive(Deserialize)]
struct OfItem<'a> {
    output_index: u32,
    #[serde(borrow)]
    item: &'a RawValue,
}

#[derive(Deserialize)]
struct Piece {
    output_index: u32,
    #[serde(default)]
    content_index: usize,
    #[serde(default)]
    summary_index: usize,
    delta: String,
}

#[derive(Deserialize)]
struct Call {
    #[serde(rename = "call_id")]
    id: Option<String>,
    name: Option<String>,
    /// Of a function: JSON.
    arguments: Option<String>,
    /// Of a custom tool: as it was said.
    input: Option<String>,
}

#[derive(Deserialize)]
struct Spoken<'a> {
    content: Option<Vec<Said>>,
    #[serde(borrow)]
    phase: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Said {
    text: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Reasoning<'a> {
    id: Option<String>,
    summary: Option<Vec<Thought>>,
    content: Option<Vec<Thought>>,
    #[serde(borrow)]
    encrypted_content: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Thought {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Ended {
    response: Value,
}

#[derive(Deserialize)]
struct Response {
    usage: Option<Tokens>,
    incomplete_details: Option<Incomplete>,
}

#[derive(Deserialize)]
struct Incomplete {
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(rename = "input_tokens")]
    input: Option<u64>,
    #[serde(rename = "output_tokens")]
    output: Option<u64>,
    #[serde(rename = "input_tokens_details")]
    details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

#[cfg(test)]
mod tests;

//! Events of the stream as chunks of a reply.
//!
//! Each event is a whole `GenerateContentResponse`: what was said since the last one, calls never in
//! pieces. There is no last event: a reply is whole where it said why it finished and the stream
//! ended.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::OF_TEXT;
use crate::protocol::{CallId, StopReason, Usage};
use crate::provider::failure::Words;
use crate::provider::stream::{Decode, broken, cut, damaged, parse};
use crate::provider::{Chunk, ProviderError};

/// Reads the events of one reply, in their order.
#[derive(Debug)]
pub(super) struct Decoder {
    host: String,
    /// The number of the block that is open, or of the last one.
    block: usize,
    open: Option<Open>,
    /// The seal of a text, which comes after all of it.
    seal: Option<String>,
    tokens: Tokens,
    stop: Option<StopReason>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Thought,
}

impl Decode for Decoder {
    fn host(&self) -> &str {
        &self.host
    }

    fn read(&mut self, data: &str, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        let wrong = |why: serde_json::Error| damaged(&self.host, &why);
        if data.trim_start().starts_with('[') {
            let list: Value = parse(data).map_err(wrong)?;
            return Err(broken(&self.host, Words::find(&list)));
        }
        let event: Event = parse(data).map_err(wrong)?;
        if event.error.is_some() {
            return Err(broken(&self.host, Words::read(data)));
        }
        if let Some(tokens) = event.usage_metadata {
            self.used(&tokens, chunks);
        }
        let blocked = event.prompt_feedback.and_then(|feedback| feedback.block_reason);
        if blocked.is_some_and(|why| !why.is_empty()) {
            self.stop = Some(StopReason::Refusal);
        }
        let Some(candidate) = event.candidates.unwrap_or_default().into_iter().next() else {
            return Ok(());
        };
        let parts = candidate.content.and_then(|content| content.parts);
        for part in parts.unwrap_or_default() {
            self.part(part, chunks);
        }
        match candidate.finish_reason.as_deref() {
            None | Some("" | "FINISH_REASON_UNSPECIFIED") => {}
            Some(reason) => self.stop = Some(stop(reason, &self.host)?),
        }
        Ok(())
    }

    fn is_whole(&self) -> bool {
        // More may follow what looks like the end: what was used, the seal of the last text.
        false
    }

    fn end(&mut self, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        let stop = self.stop.take().ok_or_else(|| cut(&self.host))?;
        self.seal(chunks);
        chunks.push_back(Chunk::Stopped(stop));
        Ok(())
    }
}

impl Decoder {
    pub(super) fn new(host: &str) -> Self {
        let (host, tokens) = (host.to_owned(), Tokens::default());
        Self { host, block: 0, open: None, seal: None, tokens, stop: None }
    }

    fn part(&mut self, part: Part, chunks: &mut VecDeque<Chunk>) {
        let text = part.text.unwrap_or_default();
        let seal = part.thought_signature.filter(|seal| !seal.is_empty());
        if let Some(call) = part.function_call {
            self.seal(chunks);
            if let Some(signature) = seal {
                chunks.push_back(Chunk::Signature { block: self.next(None), signature });
            }
            let block = self.next(None);
            let id = call.id.filter(|id| !id.is_empty());
            let id = id.unwrap_or_else(|| CallId::fresh().as_str().to_owned());
            let name = call.name.unwrap_or_default();
            chunks.push_back(Chunk::ToolUse { block, id, name });
            if let Some(json) = call.args.map(RawValue::get).filter(|json| *json != "null") {
                chunks.push_back(Chunk::ToolInput { block, json: json.to_owned() });
            }
        } else if part.thought.unwrap_or(false) {
            self.seal(chunks);
            if !text.is_empty() {
                let block = self.on(Open::Thought);
                chunks.push_back(Chunk::Thinking { block, text });
            }
            if let Some(signature) = seal {
                let block = self.on(Open::Thought);
                chunks.push_back(Chunk::Signature { block, signature });
                // What is sealed has ended.
                self.open = None;
            }
        } else {
            if !text.is_empty() {
                let block = self.on(Open::Text);
                chunks.push_back(Chunk::Text { block, text });
            }
            self.seal = seal.or(self.seal.take());
        }
    }

    /// The block of what goes on, or a new one.
    fn on(&mut self, kind: Open) -> usize {
        if self.open == Some(kind) { self.block } else { self.next(Some(kind)) }
    }

    fn next(&mut self, open: Option<Open>) -> usize {
        self.open = open;
        self.block += 1;
        self.block
    }

    /// Seals the text that has ended.
    fn seal(&mut self, chunks: &mut VecDeque<Chunk>) {
        if let Some(seal) = self.seal.take() {
            let signature = format!("{OF_TEXT}{seal}");
            chunks.push_back(Chunk::Signature { block: self.next(None), signature });
        }
    }

    /// Takes counts in: each is the request's total so far, and one that is missing stays.
    fn used(&mut self, tokens: &Tokens, chunks: &mut VecDeque<Chunk>) {
        let all = &mut self.tokens;
        all.prompt = tokens.prompt.or(all.prompt);
        all.tools = tokens.tools.or(all.tools);
        all.cached = tokens.cached.or(all.cached);
        all.said = tokens.said.or(all.said);
        all.thought = tokens.thought.or(all.thought);
        let count = |tokens: Option<u64>| tokens.unwrap_or(0);
        let prompt = count(all.prompt).saturating_add(count(all.tools));
        chunks.push_back(Chunk::Usage(Usage {
            input: prompt.saturating_sub(count(all.cached)),
            output: count(all.said).saturating_add(count(all.thought)),
            cache_read: count(all.cached),
            cache_write: 0,
        }));
    }
}

/// Why the model finished. Some reasons mean that it broke down.
fn stop(reason: &str, host: &str) -> Result<StopReason, ProviderError> {
    let retry = |what: &str| {
        let why = format!("{host} gave the reply up: {what}");
        Err(ProviderError::Retry { why, after: None })
    };
    match reason {
        "MAX_TOKENS" => Ok(StopReason::MaxTokens),
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" => {
            Ok(StopReason::Refusal)
        }
        "MALFORMED_FUNCTION_CALL" => retry("the model's call of a tool was malformed"),
        "UNEXPECTED_TOOL_CALL" => retry("the model called a tool that it was not offered"),
        "TOO_MANY_TOOL_CALLS" => retry("the model called too many tools in a row"),
        "MALFORMED_RESPONSE" => retry("the model's reply was malformed"),
        "OTHER" => retry("for a reason that it does not name"),
        "MISSING_THOUGHT_SIGNATURE" => Err(ProviderError::Fatal(format!(
            "{host} gave the reply up: a signature of earlier reasoning is missing"
        ))),
        // STOP, and what is new.
        _ => Ok(StopReason::EndTurn),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow)]
    candidates: Option<Vec<Candidate<'a>>>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Tokens>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow)]
    content: Option<Spoken<'a>>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Spoken<'a> {
    #[serde(borrow)]
    parts: Option<Vec<Part<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    text: Option<String>,
    thought: Option<bool>,
    thought_signature: Option<String>,
    #[serde(borrow)]
    function_call: Option<Call<'a>>,
}

#[derive(Deserialize)]
struct Call<'a> {
    id: Option<String>,
    name: Option<String>,
    #[serde(borrow)]
    args: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Tokens {
    #[serde(rename = "promptTokenCount")]
    prompt: Option<u64>,
    #[serde(rename = "toolUsePromptTokenCount")]
    tools: Option<u64>,
    #[serde(rename = "cachedContentTokenCount")]
    cached: Option<u64>,
    #[serde(rename = "candidatesTokenCount")]
    said: Option<u64>,
    #[serde(rename = "thoughtsTokenCount")]
    thought: Option<u64>,
}

#[cfg(test)]
mod tests;

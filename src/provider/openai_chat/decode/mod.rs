//! Events of the stream as chunks of a reply.
//!
//! Servers differ in nearly every field, so a value of an odd kind is passed over, not an error.

mod call;
mod details;
mod think;
mod used;

use std::collections::VecDeque;

use serde_json::Value;

use crate::protocol::{StopReason, Usage};
use crate::provider::failure::Words;
use crate::provider::stream::{Decode, broken, cut, damaged, parse};
use crate::provider::{Chunk, ProviderError};

use call::Calls;
use details::Details;
use think::Tags;

/// Where services put reasoning. Some send it under two names at once: the first one counts.
const THOUGHTS: &[&str] = &["reasoning_content", "reasoning", "thinking"];

/// Reads the events of one reply, in their order.
#[derive(Debug)]
pub(super) struct Decoder {
    host: String,
    usage: Usage,
    /// The next block's number.
    next: usize,
    /// The block that words go on in.
    open: Option<(Kind, usize)>,
    /// The first block of reasoning.
    thought: Option<usize>,
    tags: Tags,
    calls: Calls,
    /// None where nobody wants them back.
    details: Option<Details>,
    /// It refused in words, whatever the reason to stop says.
    refused: bool,
    stop: Option<StopReason>,
    whole: bool,
}

/// What words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
}

impl Decode for Decoder {
    fn host(&self) -> &str {
        &self.host
    }

    fn read(&mut self, data: &str, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        match data.trim() {
            "" => Ok(()),
            // Some end so without a reason to stop; what was said is a reply all the same.
            "[DONE]" if self.stop.is_some() || self.next > 0 => {
                self.finish(chunks);
                Ok(())
            }
            "[DONE]" => Err(cut(&self.host)),
            data => {
                let event = parse(data).map_err(|why| damaged(&self.host, &why))?;
                self.event(&event, chunks)
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.whole
    }

    fn end(&mut self, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        if self.stop.is_none() && !self.whole {
            return Err(cut(&self.host));
        }
        self.finish(chunks);
        Ok(())
    }
}

impl Decoder {
    /// For a reply from `host`; `seals`: what seals its reasoning is kept, to be sent back.
    pub(super) fn new(host: &str, seals: bool) -> Self {
        Self {
            host: host.to_owned(),
            usage: Usage::default(),
            next: 0,
            open: None,
            thought: None,
            tags: Tags::default(),
            calls: Calls::default(),
            details: seals.then(Details::default),
            refused: false,
            stop: None,
            whole: false,
        }
    }

    fn event(&mut self, event: &Value, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        if is_error(event) {
            return Err(broken(&self.host, Words::find(event)));
        }
        let choice = event.get("choices").and_then(|choices| choices.get(0));
        // In the event, in the choice (Moonshot), or in a place of its own (Groq).
        let places = [
            event.get("usage"),
            choice.and_then(|choice| choice.get("usage")),
            event.get("x_groq").and_then(|groq| groq.get("usage")),
        ];
        if let Some(usage) = places.into_iter().flatten().find_map(used::read) {
            self.used(usage, chunks);
        }
        let Some(choice) = choice else { return Ok(()) };
        if let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) {
            self.delta(delta, chunks);
        }
        // Where it goes on, most say null and some an empty reason.
        let reason = choice.get("finish_reason").and_then(Value::as_str);
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            let Some(stop) = stop(reason) else {
                let why = format!("{} broke the reply off: {reason}", self.host);
                return Err(ProviderError::Retry { why, after: None });
            };
            self.stop = Some(if self.refused { StopReason::Refusal } else { stop });
        }
        Ok(())
    }

    fn delta(&mut self, delta: &Value, chunks: &mut VecDeque<Chunk>) {
        let details = delta.get("reasoning_details").and_then(Value::as_array);
        let said =
            |name: &&str| delta.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(thought) = THOUGHTS.iter().find_map(said) {
            self.say(Kind::Thinking, thought, chunks);
        } else {
            let texts = details.into_iter().flatten().filter_map(details::text);
            texts.for_each(|text| self.say(Kind::Thinking, text, chunks));
        }
        if let (Some(kept), Some(details)) = (&mut self.details, details) {
            for detail in details {
                kept.take(detail);
            }
        }
        match delta.get("content") {
            Some(Value::String(text)) => self.content(text, chunks),
            Some(Value::Array(parts)) => {
                for part in parts {
                    self.part(part, chunks);
                }
            }
            _ => {}
        }
        if let Some(refusal) = delta.get("refusal").and_then(Value::as_str)
            && !refusal.is_empty()
        {
            self.say(Kind::Text, refusal, chunks);
            self.refused = true;
        }
        match delta.get("tool_calls") {
            Some(Value::Array(calls)) => calls.iter().for_each(|call| self.call(call, chunks)),
            Some(call @ Value::Object(_)) => self.call(call, chunks),
            _ => {}
        }
        // What tools were before there could be several.
        if let Some(function) = delta.get("function_call").filter(|it| it.is_object()) {
            self.call(&serde_json::json!({"index": 0, "function": function}), chunks);
        }
    }

    /// A part of a content that is a list (Mistral).
    fn part(&mut self, part: &Value, chunks: &mut VecDeque<Chunk>) {
        let text = |value: &Value| value.get("text").and_then(Value::as_str).map(str::to_owned);
        match part.get("thinking") {
            Some(Value::String(thought)) => self.say(Kind::Thinking, thought, chunks),
            Some(Value::Array(thoughts)) => {
                for thought in thoughts.iter().filter_map(text) {
                    self.say(Kind::Thinking, &thought, chunks);
                }
            }
            _ => match part {
                Value::String(text) => self.content(text, chunks),
                part => {
                    if let Some(text) = text(part) {
                        self.content(&text, chunks);
                    }
                }
            },
        }
    }

    /// Words of the answer, which may begin with the reasoning between tags.
    fn content(&mut self, text: &str, chunks: &mut VecDeque<Chunk>) {
        let (thought, said) = self.tags.feed(text);
        self.put(Kind::Thinking, thought, chunks);
        self.put(Kind::Text, said, chunks);
    }

    /// Words that are certainly of this kind.
    fn say(&mut self, kind: Kind, text: &str, chunks: &mut VecDeque<Chunk>) {
        if kind == Kind::Text {
            self.let_go(chunks);
        }
        self.put(kind, text.to_owned(), chunks);
    }

    fn put(&mut self, kind: Kind, text: String, chunks: &mut VecDeque<Chunk>) {
        if text.is_empty() {
            return;
        }
        let block = match self.open {
            Some((open, block)) if open == kind => block,
            _ => {
                let block = self.number();
                self.open = Some((kind, block));
                if kind == Kind::Thinking {
                    self.thought.get_or_insert(block);
                }
                block
            }
        };
        chunks.push_back(match kind {
            Kind::Text => Chunk::Text { block, text },
            Kind::Thinking => Chunk::Thinking { block, text },
        });
    }

    /// What was held back because it might have been a tag comes now.
    fn let_go(&mut self, chunks: &mut VecDeque<Chunk>) {
        let (thought, said) = self.tags.end();
        self.put(Kind::Thinking, thought, chunks);
        self.put(Kind::Text, said, chunks);
    }

    fn call(&mut self, call: &Value, chunks: &mut VecDeque<Chunk>) {
        self.let_go(chunks);
        self.calls.take(call, &mut self.next, chunks);
    }

    fn number(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    /// Counts are the request's total so far. Zeros after counts are none.
    fn used(&mut self, usage: Usage, chunks: &mut VecDeque<Chunk>) {
        if usage != self.usage && usage != Usage::default() {
            self.usage = usage;
            chunks.push_back(Chunk::Usage(usage));
        }
    }

    fn finish(&mut self, chunks: &mut VecDeque<Chunk>) {
        if std::mem::replace(&mut self.whole, true) {
            return;
        }
        self.let_go(chunks);
        self.calls.end(&mut self.next, chunks);
        if let Some(signature) = self.details.take().and_then(Details::seal) {
            let block = self.thought.unwrap_or_else(|| self.number());
            chunks.push_back(Chunk::Signature { block, signature });
        }
        chunks.push_back(Chunk::Stopped(self.stop.take().unwrap_or(StopReason::EndTurn)));
    }
}

/// Is the event an error? In vLLM's and Mistral's it does not stand under its own name.
fn is_error(event: &Value) -> bool {
    let is = |key: &str| event.get(key).and_then(Value::as_str) == Some("error");
    event.get("error").is_some_and(|error| !error.is_null()) || is("object") || is("type")
}

/// Why the model stopped; none where its server failed.
fn stop(reason: &str) -> Option<StopReason> {
    Some(match reason {
        "length" | "max_tokens" => StopReason::MaxTokens,
        "tool_calls" | "function_call" | "tool_use" => StopReason::ToolUse,
        "content_filter" | "refusal" | "safety" => StopReason::Refusal,
        // Mistral: the window is full.
        "model_length" => StopReason::ContextFull,
        // OpenRouter, Mistral; DeepSeek; vLLM.
        "error" | "insufficient_system_resource" | "abort" => return None,
        _ => StopReason::EndTurn,
    })
}

#[cfg(test)]
mod tests;

//! A request as JSON, written from borrowed words straight into the body.
//!
//! Everything that does not change from turn to turn stands first and has the same bytes, so that
//! the service's cache hits; only the mark on the last message moves.

mod steer;

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::base::cap;
use crate::protocol::{Content, Image, Message, ModelId, ToolOutcome};
use crate::provider::{Input, NO_WORDS, ProviderError, Request, names};

use steer::Steered;

/// Most blocks that the service looks back from a mark for what it has in its cache.
const LOOKBACK: usize = 19;
/// How much is repeated of an input that was no JSON.
const MAX_UNPARSED: usize = 1_000;

/// Is the reasoning of earlier messages sent back?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum History {
    /// With it, as the service wants it.
    Whole,
    /// Without: the service did not know its own seal again, which happens where the words
    /// before it have changed.
    WithoutThinking,
}

/// The body of a request.
pub(super) fn body(request: &Request, history: History) -> Result<Vec<u8>, ProviderError> {
    let system = (!request.system.trim().is_empty())
        .then(|| [Block::Text { text: &request.system, cache_control: Some(EPHEMERAL) }]);
    let count = request.tools.len();
    let tools = request.tools.iter().enumerate().map(|(at, tool)| Tool {
        name: names::tool(&tool.name),
        description: &tool.description,
        input_schema: &tool.schema,
        cache_control: (at + 1 == count).then_some(EPHEMERAL),
    });
    let messages = messages(&request.messages, &request.model.id, history);
    let body = Body {
        model: &request.model.name,
        max_tokens: request.max_output.max(1),
        stream: true,
        steered: steer::steered(request, &messages),
        tools: tools.collect(),
        system,
        messages,
    };
    serde_json::to_vec(&body)
        .map_err(|why| ProviderError::Fatal(format!("the request cannot be written: {why}")))
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    stream: bool,
    #[serde(flatten)]
    steered: Steered,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<[Block<'a>; 1]>,
    messages: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: Cow<'a, str>,
    description: &'a str,
    input_schema: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<Cache>,
}

#[derive(Clone, Copy, Serialize)]
struct Cache {
    #[serde(rename = "type")]
    kind: &'static str,
}

const EPHEMERAL: Cache = Cache { kind: "ephemeral" };

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
    /// How many results of tools stand first: where the next one goes.
    #[serde(skip)]
    results: usize,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<Cache>,
    },
    Image {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<Cache>,
    },
    ToolResult {
        tool_use_id: Cow<'a, str>,
        content: Vec<Block<'a>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<Cache>,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: Asked<'a>,
    },
    Thinking {
        thinking: &'a str,
        signature: &'a str,
    },
    RedactedThinking {
        data: &'a str,
    },
}

impl Block<'_> {
    fn is_thinking(&self) -> bool {
        matches!(self, Self::Thinking { .. } | Self::RedactedThinking { .. })
    }

    fn mark(&mut self) {
        match self {
            Self::Text { cache_control, .. }
            | Self::Image { cache_control, .. }
            | Self::ToolResult { cache_control, .. } => *cache_control = Some(EPHEMERAL),
            Self::ToolUse { .. } | Self::Thinking { .. } | Self::RedactedThinking { .. } => {}
        }
    }
}

#[derive(Serialize)]
struct Source<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    media_type: &'a str,
    data: &'a str,
}

/// The input of a tool: the service takes only objects.
#[derive(Serialize)]
#[serde(untagged)]
enum Asked<'a> {
    Object(&'a Value),
    Unparsed { unparsed: &'a str },
    Wrapped { value: &'a Value },
    Empty {},
}

fn messages<'a>(inputs: &'a [Input], model: &ModelId, history: History) -> Vec<Said<'a>> {
    let mut all: Vec<Said<'a>> = Vec::new();
    for input in inputs {
        match input {
            Input::User(content) => {
                let mut blocks: Vec<_> = content.iter().filter_map(by_user).collect();
                if blocks.is_empty() {
                    blocks.extend(words(NO_WORDS));
                }
                said(&mut all, "user").content.extend(blocks);
            }
            Input::Assistant(message) => {
                let blocks = by_model(message, model, history);
                if !blocks.is_empty() {
                    said(&mut all, "assistant").content.extend(blocks);
                }
            }
            Input::Result { call, outcome, .. } => {
                let message = said(&mut all, "user");
                message.content.insert(message.results, result(call.as_str(), outcome));
                message.results += 1;
            }
        }
    }
    mark(&mut all);
    all
}

/// The message that is being said by `role`: two in a row are one.
fn said<'m, 'a>(all: &'m mut Vec<Said<'a>>, role: &'static str) -> &'m mut Said<'a> {
    let at = match all.last() {
        Some(last) if last.role == role => all.len() - 1,
        _ => {
            // Most say one thing; of a long session there are many.
            all.push(Said { role, content: Vec::with_capacity(1), results: 0 });
            all.len() - 1
        }
    };
    &mut all[at]
}

/// Marks the end of what the next request will begin with. Where so much was said since the mark
/// before that the service would not look back to it, that one is set again.
fn mark(all: &mut [Said<'_>]) {
    let mut users = all.iter().enumerate().rev().filter(|(_, said)| said.role == "user");
    let (last, before) = (users.next().map(|(at, _)| at), users.next().map(|(at, _)| at));
    let Some(last) = last else { return };
    if let Some(before) = before {
        let since: usize = all[before + 1..].iter().map(|said| said.content.len()).sum();
        if since > LOOKBACK {
            all[before].content.last_mut().map(Block::mark);
        }
    }
    all[last].content.last_mut().map(Block::mark);
}

fn by_user(content: &Content) -> Option<Block<'_>> {
    match content {
        Content::Text { text } => words(text),
        Content::Image(image) => Some(picture(image)),
        Content::Thinking { .. } | Content::RedactedThinking { .. } | Content::ToolUse(_) => None,
    }
}

fn by_model<'a>(message: &'a Message, model: &ModelId, history: History) -> Vec<Block<'a>> {
    // A seal holds only for the model that made it.
    let thinks = history == History::Whole && message.model == *model;
    let blocks = message.content.iter().filter_map(|content| match content {
        Content::Text { text } => words(text),
        Content::Thinking { text, signature } => {
            let signature = signature.as_deref().filter(|_| thinks)?;
            Some(Block::Thinking { thinking: text, signature })
        }
        Content::RedactedThinking { data } => thinks.then_some(Block::RedactedThinking { data }),
        Content::ToolUse(tool) => Some(Block::ToolUse {
            id: names::call(tool.id.as_str()),
            name: names::tool(&tool.name),
            input: asked(&tool.input),
        }),
        Content::Image(_) => None,
    });
    let mut blocks: Vec<_> = blocks.collect();
    // A message of the model may not end with its reasoning: such a one was cancelled or cut.
    while blocks.last().is_some_and(Block::is_thinking) {
        blocks.pop();
    }
    blocks
}

fn result<'a>(call: &'a str, outcome: &'a ToolOutcome) -> Block<'a> {
    // An error without a word is refused.
    let text =
        words(&outcome.text).unwrap_or(Block::Text { text: "(no output)", cache_control: None });
    let mut content = vec![text];
    content.extend(outcome.image.as_ref().map(picture));
    Block::ToolResult {
        tool_use_id: names::call(call),
        content,
        is_error: outcome.is_error(),
        cache_control: None,
    }
}

/// A block of words; a blank one is refused by the service.
fn words(text: &str) -> Option<Block<'_>> {
    (!text.trim().is_empty()).then_some(Block::Text { text, cache_control: None })
}

fn picture(image: &Image) -> Block<'_> {
    let source = Source { kind: "base64", media_type: &image.media_type, data: &image.data };
    Block::Image { source, cache_control: None }
}

fn asked(input: &Value) -> Asked<'_> {
    match input {
        Value::Object(_) => Asked::Object(input),
        Value::Null => Asked::Empty {},
        Value::String(text) => {
            Asked::Unparsed { unparsed: &text[..cap::floor(text, MAX_UNPARSED)] }
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => Asked::Wrapped { value: input },
    }
}

#[cfg(test)]
mod tests;

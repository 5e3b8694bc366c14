//! A request as JSON, written from borrowed words straight into the body.
//!
//! What does not change from turn to turn stands first and has the same bytes: the service finds by
//! itself what it has in its cache.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::{OF_TEXT, schema};
use crate::base::cap;
use crate::protocol::{Content, Effort, Image, Message, ToolOutcome, ToolUse};
use crate::provider::catalogue::{Model, Thinking};
use crate::provider::{Input, NO_WORDS, ProviderError, Request, names};

/// How much is repeated of an input that was no JSON.
const MAX_UNPARSED: usize = 1_000;
/// The seal of calls that the model did not make itself, as the service documents it: without one it
/// refuses a history that another model began.
const NO_SEAL: &str = "skip_thought_signature_validator";

/// Is the reasoning of earlier messages sent back?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum History {
    /// With it, as the service wants it.
    Whole,
    /// Without: the service did not know its own seal again.
    WithoutThinking,
}

/// The body of a request.
pub(super) fn body(request: &Request, history: History) -> Result<Vec<u8>, ProviderError> {
    let functions = request.tools.iter().map(|tool| Function {
        name: names::tool(&tool.name),
        description: &tool.description,
        parameters: schema::convert(&tool.schema),
    });
    let tools = Tools { function_declarations: functions.collect() };
    let system = (!request.system.trim().is_empty()).then(|| Said {
        role: None,
        parts: vec![Part::new(Held::Text(&request.system))],
        results: 0,
    });
    let body = Body {
        system_instruction: system,
        tools: Some([tools]).filter(|[tools]| !tools.function_declarations.is_empty()),
        generation_config: Config {
            max_output_tokens: request.max_output.max(1),
            thinking_config: thinking(&request.model, request.effort),
        },
        contents: contents(&request.messages, &request.model, history),
    };
    serde_json::to_vec(&body)
        .map_err(|why| ProviderError::Fatal(format!("the request cannot be written: {why}")))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tools<'a>; 1]>,
    generation_config: Config,
    contents: Vec<Said<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tools<'a> {
    function_declarations: Vec<Function<'a>>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: Cow<'a, str>,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    max_output_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<Steered>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Steered {
    include_thoughts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u32>,
}

#[derive(Serialize)]
struct Said<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: Vec<Part<'a>>,
    /// How many parts of results stand first: where the next one goes.
    #[serde(skip)]
    results: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(flatten)]
    held: Held<'a>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    thought: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<&'a str>,
}

impl<'a> Part<'a> {
    fn new(held: Held<'a>) -> Self {
        Self { held, thought: false, thought_signature: None }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Held<'a> {
    Text(&'a str),
    InlineData { mime_type: &'a str, data: &'a str },
    FunctionCall { id: &'a str, name: Cow<'a, str>, args: Asked<'a> },
    FunctionResponse { id: &'a str, name: Cow<'a, str>, response: Answer<'a> },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Answer<'a> {
    Output(&'a str),
    Error(&'a str),
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

/// How much the model is to think. What it thought is asked for as a summary.
fn thinking(model: &Model, wished: Option<Effort>) -> Option<Steered> {
    let effort = wished.and_then(|wished| model.effort(wished));
    let (level, budget) = match &model.thinking {
        Thinking::None => return None,
        Thinking::Fixed => (None, None),
        Thinking::Effort(_) => (effort.map(level), None),
        Thinking::Budget(least, most) => {
            (None, effort.map(|effort| budget(effort).clamp(*least, *most.max(least))))
        }
    };
    // Without thinking, a wish for thoughts is refused.
    let include_thoughts = budget != Some(0);
    Some(Steered { include_thoughts, thinking_level: level, thinking_budget: budget })
}

fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High | Effort::XHigh | Effort::Max => "high",
    }
}

/// The service's own numbers for these words (`ai.google.dev/gemini-api/docs/openai`, "Thinking").
fn budget(effort: Effort) -> u32 {
    match effort {
        Effort::None => 0,
        Effort::Minimal | Effort::Low => 1_024,
        Effort::Medium => 8_192,
        Effort::High => 24_576,
        Effort::XHigh | Effort::Max => u32::MAX,
    }
}

fn contents<'a>(inputs: &'a [Input], model: &Model, history: History) -> Vec<Said<'a>> {
    let mut all: Vec<Said<'a>> = Vec::new();
    for input in inputs {
        match input {
            Input::User(content) => {
                let mut parts: Vec<_> = content.iter().filter_map(by_user).collect();
                if parts.is_empty() {
                    parts.push(Part::new(Held::Text(NO_WORDS)));
                }
                said(&mut all, "user").parts.extend(parts);
            }
            Input::Assistant(message) => {
                let parts = by_model(message, model, history);
                if !parts.is_empty() {
                    said(&mut all, "model").parts.extend(parts);
                }
            }
            Input::Result { call, name, outcome } => {
                let message = said(&mut all, "user");
                for part in result(call.as_str(), name, outcome) {
                    message.parts.insert(message.results, part);
                    message.results += 1;
                }
            }
        }
    }
    all
}

/// What is being said by `role`: two in a row are one.
fn said<'m, 'a>(all: &'m mut Vec<Said<'a>>, role: &'static str) -> &'m mut Said<'a> {
    let at = match all.last() {
        Some(last) if last.role == Some(role) => all.len() - 1,
        _ => {
            all.push(Said { role: Some(role), parts: Vec::new(), results: 0 });
            all.len() - 1
        }
    };
    &mut all[at]
}

fn by_user(content: &Content) -> Option<Part<'_>> {
    match content {
        Content::Text { text } => words(text),
        Content::Image(image) => Some(picture(image)),
        Content::Thinking { .. } | Content::RedactedThinking { .. } | Content::ToolUse(_) => None,
    }
}

/// The parts of a message of the model, each seal on its own.
fn by_model<'a>(message: &'a Message, model: &Model, history: History) -> Vec<Part<'a>> {
    let thinks = history == History::Whole && message.model == model.id;
    let mut parts: Vec<Part<'a>> = Vec::new();
    let mut waiting = None;
    let mut first = true;
    for content in &message.content {
        let seal = std::mem::take(&mut waiting);
        match content {
            Content::Text { text } => parts.extend(words(text)),
            Content::Thinking { text, signature } => {
                let Some(seal) = signature.as_deref().filter(|_| thinks) else { continue };
                match (text.as_str(), seal.strip_prefix(OF_TEXT)) {
                    ("", Some(seal)) => {
                        if let Some(part) = parts.last_mut().filter(|part| part.is_text()) {
                            part.thought_signature = Some(seal);
                        }
                    }
                    ("", None) => waiting = Some(seal),
                    (text, _) => parts.push(Part {
                        held: Held::Text(text),
                        thought: true,
                        thought_signature: Some(seal),
                    }),
                }
            }
            Content::ToolUse(tool) => {
                // Of calls made at once only the first is sealed.
                let sealed = std::mem::take(&mut first) && wants_seal(model, history);
                let seal = seal.or(sealed.then_some(NO_SEAL));
                parts.push(Part { thought_signature: seal, ..Part::new(call(tool)) });
            }
            Content::RedactedThinking { .. } | Content::Image(_) => {}
        }
    }
    // Thoughts that led to nothing: such a message was cancelled or cut.
    while parts.last().is_some_and(|part| part.thought) {
        parts.pop();
    }
    parts
}

impl Part<'_> {
    fn is_text(&self) -> bool {
        matches!(self.held, Held::Text(_)) && !self.thought
    }
}

/// Does the model refuse calls without a seal? Those with a budget do not. Of one that is not known
/// it shows only when it has refused.
fn wants_seal(model: &Model, history: History) -> bool {
    match model.thinking {
        Thinking::Effort(_) | Thinking::Fixed => true,
        Thinking::Budget(..) => false,
        Thinking::None => !model.known && history == History::WithoutThinking,
    }
}

fn call(tool: &ToolUse) -> Held<'_> {
    let args = match &tool.input {
        input @ Value::Object(_) => Asked::Object(input),
        Value::Null => Asked::Empty {},
        Value::String(text) => {
            Asked::Unparsed { unparsed: &text[..cap::floor(text, MAX_UNPARSED)] }
        }
        value => Asked::Wrapped { value },
    };
    Held::FunctionCall { id: tool.id.as_str(), name: names::tool(&tool.name), args }
}

/// The parts of a result: its words, and a picture beside.
fn result<'a>(
    id: &'a str,
    name: &'a str,
    outcome: &'a ToolOutcome,
) -> impl Iterator<Item = Part<'a>> {
    let text = if outcome.text.trim().is_empty() { "(no output)" } else { &outcome.text };
    let response = if outcome.is_error() { Answer::Error(text) } else { Answer::Output(text) };
    let answer = Part::new(Held::FunctionResponse { id, name: names::tool(name), response });
    [Some(answer), outcome.image.as_ref().map(picture)].into_iter().flatten()
}

fn words(text: &str) -> Option<Part<'_>> {
    (!text.trim().is_empty()).then_some(Part::new(Held::Text(text)))
}

fn picture(image: &Image) -> Part<'_> {
    Part::new(Held::InlineData { mime_type: &image.media_type, data: &image.data })
}

#[cfg(test)]
mod tests;

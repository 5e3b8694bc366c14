//! A request as JSON, written from borrowed words straight into the body.
//!
//! What does not change from turn to turn stands first and has the same bytes: the service finds by
//! itself what it has in its cache, with the session's name as a hint where.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::seal::{Phase, Seal};
use crate::base::cap;
use crate::protocol::{Content, Image, Message, ModelId, ToolOutcome};
use crate::provider::catalogue::{Model, Thinking};
use crate::provider::{Input, NO_WORDS, ProviderError, Request, names};

/// The least that the service takes as a limit of a reply.
const MIN_OUTPUT: u32 = 16;
/// How much is repeated of an input that was no JSON.
const MAX_UNPARSED: usize = 1_000;

/// What a request may hold that a service refuses at times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// The reasoning of earlier messages.
    pub reasoning: bool,
    /// The wish for a summary of the new.
    pub summary: bool,
}

/// The body of a request.
pub(super) fn body(request: &Request, form: Form) -> Result<Vec<u8>, ProviderError> {
    let model = &*request.model;
    let reasons = model.thinking != Thinking::None;
    let effort = request.effort.and_then(|wished| model.effort(wished));
    let reasoning = reasons.then(|| Reasoning {
        effort: effort.map(crate::protocol::Effort::name),
        summary: form.summary.then_some("auto"),
    });
    let tools = request.tools.iter().map(|tool| Tool {
        kind: "function",
        name: names::tool(&tool.name),
        description: &tool.description,
        parameters: &tool.schema,
        strict: false,
    });
    let body = Body {
        model: &model.name,
        stream: true,
        store: false,
        // Models that do not reason refuse to be asked for it.
        include: reasons.then_some(["reasoning.encrypted_content"]),
        reasoning,
        max_output_tokens: request.max_output.max(MIN_OUTPUT),
        prompt_cache_key: names::call(request.session.as_str()),
        tools: tools.collect(),
        instructions: Some(&*request.system).filter(|text| !text.trim().is_empty()),
        input: items(&request.messages, model, form),
    };
    serde_json::to_vec(&body)
        .map_err(|why| ProviderError::Fatal(format!("the request cannot be written: {why}")))
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    stream: bool,
    store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    include: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    max_output_tokens: u32,
    prompt_cache_key: Cow<'a, str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a str>,
    input: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Reasoning {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: Cow<'a, str>,
    description: &'a str,
    parameters: &'a Value,
    strict: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item<'a> {
    Message {
        role: &'static str,
        content: Vec<Part<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        phase: Option<Cow<'a, str>>,
    },
    Reasoning {
        #[serde(skip_serializing_if = "str::is_empty")]
        id: Cow<'a, str>,
        summary: Vec<Part<'a>>,
        encrypted_content: Cow<'a, str>,
    },
    FunctionCall {
        call_id: Cow<'a, str>,
        name: Cow<'a, str>,
        arguments: String,
    },
    FunctionCallOutput {
        call_id: Cow<'a, str>,
        output: Output<'a>,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Output<'a> {
    Words(&'a str),
    Parts([Part<'a>; 2]),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    InputText { text: &'a str },
    OutputText { text: &'a str },
    SummaryText { text: &'a str },
    InputImage { image_url: DataUrl<'a>, detail: &'static str },
}

/// `data:image/png;base64,…` (RFC 2397).
struct DataUrl<'a>(&'a Image);

impl fmt::Display for DataUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data:{};base64,{}", self.0.media_type, self.0.data)
    }
}

impl Serialize for DataUrl<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

fn items<'a>(inputs: &'a [Input], model: &Model, form: Form) -> Vec<Item<'a>> {
    let mut all = Vec::new();
    for input in inputs {
        match input {
            Input::User(content) => {
                let mut content: Vec<_> = content.iter().filter_map(by_user).collect();
                if content.is_empty() {
                    content.push(Part::InputText { text: NO_WORDS });
                }
                all.push(Item::Message { role: "user", content, phase: None });
            }
            Input::Assistant(message) => by_model(message, &model.id, form, &mut all),
            Input::Result { call, outcome, .. } => all.push(Item::FunctionCallOutput {
                call_id: names::call(call.as_str()),
                output: output(outcome),
            }),
        }
    }
    all
}

fn by_user(content: &Content) -> Option<Part<'_>> {
    match content {
        Content::Text { text } => words(text).map(|text| Part::InputText { text }),
        Content::Image(image) => Some(picture(image)),
        Content::Thinking { .. } | Content::RedactedThinking { .. } | Content::ToolUse(_) => None,
    }
}

/// The items of a message of the model. A seal holds only for the model that made it.
fn by_model<'a>(message: &'a Message, model: &ModelId, form: Form, all: &mut Vec<Item<'a>>) {
    let thinks = form.reasoning && message.model == *model;
    let begin = all.len();
    for content in &message.content {
        match content {
            Content::Text { text } => {
                let Some(text) = words(text) else { continue };
                let part = Part::OutputText { text };
                match all[begin..].last_mut() {
                    Some(Item::Message { content, phase: None, .. }) => content.push(part),
                    _ => {
                        let content = vec![part];
                        all.push(Item::Message { role: "assistant", content, phase: None });
                    }
                }
            }
            Content::Thinking { text, signature } => {
                let Some(sealed) = signature.as_deref().filter(|_| thinks) else { continue };
                if let Some(Phase { phase: known }) = Phase::read(sealed) {
                    if let Some(Item::Message { phase, .. }) = all[begin..].last_mut() {
                        *phase = Some(known);
                    }
                    continue;
                }
                let Some(seal) = Seal::read(sealed) else { continue };
                let parts = seal.parts(text).into_iter().map(|text| Part::SummaryText { text });
                all.push(Item::Reasoning {
                    summary: parts.collect(),
                    id: seal.id,
                    encrypted_content: seal.encrypted_content,
                });
            }
            Content::ToolUse(tool) => all.push(Item::FunctionCall {
                call_id: names::call(tool.id.as_str()),
                name: names::tool(&tool.name),
                arguments: arguments(&tool.input),
            }),
            Content::RedactedThinking { .. } | Content::Image(_) => {}
        }
    }
    // Reasoning is refused without what it led to: such a message was cancelled or cut.
    while all[begin..].last().is_some_and(|item| matches!(item, Item::Reasoning { .. })) {
        all.pop();
    }
}

fn output(outcome: &ToolOutcome) -> Output<'_> {
    let text = words(&outcome.text).unwrap_or("(no output)");
    match &outcome.image {
        Some(image) => Output::Parts([Part::InputText { text }, picture(image)]),
        None => Output::Words(text),
    }
}

fn words(text: &str) -> Option<&str> {
    (!text.trim().is_empty()).then_some(text)
}

fn picture(image: &Image) -> Part<'_> {
    Part::InputImage { image_url: DataUrl(image), detail: "auto" }
}

/// The input of a tool as JSON of an object, which is what the service takes.
fn arguments(input: &Value) -> String {
    match input {
        Value::Object(_) => input.to_string(),
        Value::Null => "{}".to_owned(),
        Value::String(text) => {
            json!({"unparsed": text[..cap::floor(text, MAX_UNPARSED)]}).to_string()
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => json!({"value": input}).to_string(),
    }
}

#[cfg(test)]
mod tests;

//! A request as JSON, written from borrowed words straight into the body.
//!
//! Everything that does not change from turn to turn stands first and has the same bytes, so that
//! the service's cache hits.

mod said;
mod steer;

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::protocol::ToolSpec;
use crate::provider::openai_chat::quirks::{Cache, Limit, Quirks};
use crate::provider::{ProviderError, Request, names};

use said::Said;
use steer::Steered;

/// The body of a request.
pub(super) fn body(request: &Request, quirks: Quirks) -> Result<Vec<u8>, ProviderError> {
    let model = &*request.model;
    // A model whose replies may fill its window has no limit of its own, and saying one would
    // leave no room for the prompt.
    let most = (request.max_output < model.window).then_some(request.max_output.max(1));
    let limit = |by: Limit| most.filter(|_| quirks.limit == by);
    let offered: &[ToolSpec] = if model.tools { &request.tools } else { &[] };
    let body = Body {
        model: &model.name,
        stream: true,
        stream_options: quirks.usage.then_some(StreamOptions { include_usage: true }),
        max_tokens: limit(Limit::Tokens),
        max_completion_tokens: limit(Limit::CompletionTokens),
        steered: steer::steered(model, request.effort, quirks.steer),
        prompt_cache_key: (quirks.cache == Cache::Key).then_some(request.session.as_str()),
        tools: offered.iter().map(tool).collect(),
        messages: said::messages(request, quirks),
    };
    serde_json::to_vec(&body)
        .map_err(|why| ProviderError::Fatal(format!("the request cannot be written: {why}")))
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(flatten)]
    steered: Steered,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    messages: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: Cow<'a, str>,
    description: &'a str,
    parameters: Cow<'a, Value>,
}

fn tool(spec: &ToolSpec) -> Tool<'_> {
    let (name, description) = (names::tool(&spec.name), spec.description.as_str());
    let function = Function { name, description, parameters: parameters(&spec.schema) };
    Tool { kind: "function", function }
}

/// The schema of a tool's input: an object that says which properties it has, if only none.
fn parameters(schema: &Value) -> Cow<'_, Value> {
    match schema {
        Value::Object(map) if map.contains_key("properties") => Cow::Borrowed(schema),
        Value::Object(map) => {
            let mut map = map.clone();
            map.entry("type").or_insert_with(|| json!("object"));
            map.insert("properties".to_owned(), Value::Object(Map::new()));
            Cow::Owned(Value::Object(map))
        }
        _ => Cow::Owned(json!({"type": "object", "properties": {}})),
    }
}

#[cfg(test)]
mod tests;

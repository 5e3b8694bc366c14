//! What the tests of every wire say and read.

use std::sync::Arc;

use serde_json::Value;

use super::stream::Decode;
use super::{Catalogue, Chunk, Input, ProviderError, Request};
use crate::protocol::{
    Content, Message, MessageId, StopReason, ToolOutcome, ToolSpec, ToolStatus, ToolUse, Usage,
};
use crate::provider::reply::Reply;

pub(super) fn user(texts: &[&str]) -> Input {
    Input::User(texts.iter().map(|text| Content::text(*text)).collect())
}

/// A message of this model.
pub(super) fn by(model: &str, content: Vec<Content>) -> Input {
    let (id, stop, usage) = (MessageId::from("m"), StopReason::EndTurn, Usage::default());
    Input::Assistant(Arc::new(Message { id, model: model.into(), content, stop, usage }))
}

pub(super) fn uses(id: &str, name: &str, input: Value) -> Content {
    Content::ToolUse(ToolUse { id: id.into(), name: name.into(), input })
}

/// Reasoning; an empty seal is none.
pub(super) fn thought(text: &str, seal: &str) -> Content {
    let signature = (!seal.is_empty()).then(|| seal.to_owned());
    Content::Thinking { text: text.into(), signature }
}

pub(super) fn outcome(call: &str, name: &str, status: ToolStatus, text: &str) -> Input {
    let outcome = Arc::new(ToolOutcome::new(status, text));
    Input::Result { call: call.into(), name: name.into(), outcome }
}

pub(super) fn tool(name: &str, schema: Value) -> ToolSpec {
    ToolSpec { name: name.into(), description: "reads".into(), schema }
}

pub(super) fn request(model: &str, tools: Vec<ToolSpec>, messages: Vec<Input>) -> Request {
    Request {
        model: Catalogue::bundled().lookup(model),
        effort: None,
        session: "s1".into(),
        system: "be brief".into(),
        tools: tools.into(),
        messages,
        max_output: 100,
    }
}

/// What a decoder makes of the data of these events, which need not be all of a reply.
pub(super) fn read<S: AsRef<str>>(
    decoder: &mut impl Decode,
    events: impl IntoIterator<Item = S>,
) -> Result<Vec<Chunk>, ProviderError> {
    let mut chunks = std::collections::VecDeque::new();
    for data in events {
        decoder.read(data.as_ref(), &mut chunks)?;
    }
    Ok(chunks.into())
}

/// The message that these chunks are.
pub(super) fn message(chunks: Vec<Chunk>) -> Message {
    let mut reply = Reply::new(MessageId::from("m"), "model".into());
    for chunk in chunks {
        reply.take(chunk).unwrap();
    }
    reply.finish().unwrap()
}

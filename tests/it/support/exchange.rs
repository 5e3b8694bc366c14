//! One request and its reply, whatever the wire.

use std::sync::Arc;
use std::time::Duration;

use claw::protocol::{Content, Image, Message, MessageId, ToolOutcome, ToolSpec, ToolStatus};
use claw::provider::reply::Reply as Assembled;
use claw::provider::{Catalogue, Input, Provider, ProviderError, Request};
use serde_json::json;

use super::messages::Reply;

/// A request of this model that offers `read`.
pub fn request(model: &str, messages: Vec<Input>) -> Request {
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}});
    let tool = ToolSpec { name: "read".into(), description: "reads".into(), schema };
    Request {
        model: Catalogue::bundled().lookup(model),
        effort: None,
        session: "s1".into(),
        system: "be brief".into(),
        tools: [tool].into(),
        messages,
        max_output: 64,
    }
}

pub fn hello() -> Vec<Input> {
    vec![Input::User([Content::text("hello")].into())]
}

/// Asks what the picture is.
pub fn picture() -> Vec<Input> {
    vec![Input::User([Content::text("what is it?"), Content::Image(image())].into())]
}

fn image() -> Image {
    Image { media_type: "image/png".into(), data: "QUJD".into() }
}

/// What follows a reply that asks for tools: the second one gave a picture.
pub fn answered(message: Message) -> Vec<Input> {
    let results = message.tool_uses().enumerate().map(|(at, asked)| {
        let mut outcome = ToolOutcome::new(ToolStatus::Done, "words");
        outcome.image = (at == 1).then(image);
        let (call, name) = (asked.id.clone(), asked.name.clone());
        Input::Result { call, name, outcome: Arc::new(outcome) }
    });
    let results: Vec<_> = results.collect();
    let said = [Input::Assistant(Arc::new(message))];
    hello().into_iter().chain(said).chain(results).collect()
}

pub async fn ask(provider: &dyn Provider, request: Request) -> Result<Message, ProviderError> {
    let mut reply = Assembled::new(MessageId::from("m1"), request.model.id.clone());
    let mut chunks = provider.stream(request).await?;
    while let Some(chunk) = chunks.next().await {
        reply.take(chunk?)?;
    }
    reply.finish()
}

/// What can be done about an error: `retry`, after so many seconds where the service says it.
pub fn remedy(error: &ProviderError) -> (&'static str, Option<u64>) {
    match error {
        ProviderError::Retry { after, .. } => ("retry", after.as_ref().map(Duration::as_secs)),
        ProviderError::Unreachable(_) => ("unreachable", None),
        ProviderError::TooLong(_) => ("too long", None),
        ProviderError::NoPictures(_) => ("no pictures", None),
        ProviderError::Auth(_) => ("auth", None),
        ProviderError::Fatal(_) => ("fatal", None),
    }
}

/// A row of a table of refusals: the reply, what can be done, after how many seconds, and words of
/// the error.
pub type Refusal = (Reply, &'static str, Option<u64>, &'static str);

/// Checks that each reply becomes the error of its row, which never shows the key.
pub async fn check_refusals(
    table: Vec<Refusal>,
    ask: impl AsyncFn(Reply) -> Result<Message, ProviderError>,
) {
    for (reply, what, after, words) in table {
        let name = format!("{reply:?}");
        let error = ask(reply).await.unwrap_err();
        assert_eq!(remedy(&error), (what, after), "{name}: {error}");
        let text = error.to_string();
        assert!(text.contains(words) && !text.contains("test-key"), "{name}: {text}");
    }
}

/// Checks that a stream that ended too early can be asked for again, and that the error names its
/// host.
pub fn check_cut(cut: &Result<Message, ProviderError>, at: &str) {
    let Err(ProviderError::Retry { why, after: None }) = cut else { panic!("{at}: {cut:?}") };
    assert!(why.contains("127.0.0.1"), "{at}: {why}");
}

//! Chat Completions over a real connection: whole, cut, refused, mended.

use std::sync::Arc;
use std::time::Duration;

use claw::protocol::{
    Content, Message, MessageId, StopReason, ToolOutcome, ToolSpec, ToolStatus, ToolUse,
};
use claw::provider::catalogue::Wire;
use claw::provider::reply::Reply as Assembled;
use claw::provider::{Auth, Catalogue, Input, Provider, ProviderError, Request, Service};
use serde_json::{Value, json};

use crate::support::messages::{Received, Reply, Server};

const DEEPSEEK: &str = "deepseek/deepseek-v4-pro";

fn provider(name: &str, server: &Server) -> Arc<dyn Provider> {
    let auth = Auth::Key("test-key".into());
    let base_url = Some(format!("{}/v1", server.url()));
    let key_from = "$TEST_KEY".to_owned();
    Service { base_url, auth, key_from, ..Service::new(name, Wire::Chat) }.open()
}

fn request(messages: Vec<Input>) -> Request {
    let schema = json!({"type": "object", "properties": {}});
    let tool = ToolSpec { name: "read".into(), description: "reads".into(), schema };
    Request {
        model: Catalogue::bundled().lookup(DEEPSEEK),
        effort: None,
        session: "s".into(),
        system: "be brief".into(),
        tools: [tool].into(),
        messages,
        max_output: 64,
    }
}

fn hello() -> Request {
    request(vec![Input::User([Content::text("hello")].into())])
}

async fn ask_with(provider: &dyn Provider, request: Request) -> Result<Message, ProviderError> {
    let mut reply = Assembled::new(MessageId::from("m1"), request.model.id.clone());
    let mut chunks = provider.stream(request).await?;
    while let Some(chunk) = chunks.next().await {
        reply.take(chunk?)?;
    }
    reply.finish()
}

async fn ask(replies: Vec<Reply>) -> Result<Message, ProviderError> {
    let server = Server::start(replies);
    ask_with(&*provider("deepseek", &server), hello()).await
}

/// A stream of these events.
fn stream(events: &str) -> Reply {
    let lines = events.lines().map(|line| format!(": keep-alive\n\ndata: {line}\n\n"));
    Reply::stream(lines.collect::<String>())
}

fn recorded() -> Reply {
    stream(include_str!("../wire/chat-deepseek.jsonl"))
}

fn refused(status: u16, error: &Value) -> Reply {
    let body = json!({"error": error}).to_string();
    Reply::status(status).header("content-type", "application/json").body(body)
}

#[tokio::test]
async fn a_whole_reply_and_what_follows() {
    let server =
        Server::start(vec![recorded(), stream(include_str!("../wire/chat-lmstudio.jsonl"))]);
    let provider = provider("deepseek", &server);
    let message = ask_with(&*provider, hello()).await.unwrap();
    assert_eq!(
        message.content,
        [
            Content::Thinking { text: "想一想。".into(), signature: None },
            Content::text("好"),
            Content::ToolUse(ToolUse {
                id: "call_00_x".into(),
                name: "read".into(),
                input: json!({}),
            }),
        ]
    );
    assert_eq!(message.stop, StopReason::ToolUse);
    let usage = message.usage;
    assert_eq!((usage.input, usage.output, usage.cache_read, usage.cache_write), (44, 20, 256, 0));

    let mut messages = hello().messages;
    messages.push(Input::Assistant(Arc::new(message)));
    let outcome = Arc::new(ToolOutcome::new(ToolStatus::Done, "words"));
    messages.push(Input::Result { call: "call_00_x".into(), name: "read".into(), outcome });
    let message = ask_with(&*provider, request(messages)).await.unwrap();
    assert_eq!(message.content[1], Content::text("Yes."));

    let requests = server.requests();
    let first = &requests[0];
    assert_eq!((first.method.as_str(), first.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(first.headers["authorization"], "Bearer test-key");
    assert_eq!(first.headers["content-type"], "application/json");
    let sent = requests[1].json();
    assert_eq!(sent["messages"][2]["reasoning_content"], "想一想。");
    assert_eq!(sent["messages"][3]["tool_call_id"], "call_00_x");
}

#[tokio::test]
async fn pieces_make_no_difference() {
    let whole = ask(vec![recorded()]).await.unwrap();
    let length = recorded().bytes().len();
    let mut replies: Vec<_> = (1..length).step_by(7).map(|at| recorded().split_at(at)).collect();
    replies.extend([1, 2, 3, 64].map(|size| recorded().pieces(size)));
    let count = replies.len();
    let server = Server::start(replies);
    let provider = provider("deepseek", &server);
    for at in 1..=count {
        let message = ask_with(&*provider, hello()).await.unwrap();
        assert_eq!(message, whole, "in pieces number {at}");
    }
}

/// A stream that ends before a reason to stop is never taken for a whole reply.
#[tokio::test]
async fn a_cut_stream_can_be_tried_again() {
    let bytes = recorded().bytes().to_vec();
    let end = String::from_utf8(bytes).unwrap().find("\"finish_reason\":\"").unwrap();
    for at in (0..end).step_by(97) {
        let error = ask(vec![recorded().cut_at(at)]).await.unwrap_err();
        let ProviderError::Retry { why, after: None } = &error else { panic!("at {at}: {error}") };
        assert!(why.contains("127.0.0.1"), "at {at}: {why}");
    }
    // Ended properly, but too early.
    let error = ask(vec![stream("{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}")]).await;
    assert!(matches!(error, Err(ProviderError::Retry { .. })), "{error:?}");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let retry = |after: Option<u64>| (Some(after.map(Duration::from_secs)), "");
    let other = |word: &'static str| (None, word);
    let say = |message: &str| json!({"message": message, "type": "invalid_request_error"});
    let full = json!({"message": "This model's maximum context length is 9 tokens.",
                      "type": "invalid_request_error", "code": "context_length_exceeded"});
    let broken = "{\"error\":{\"code\":502,\"message\":\"Provider returned error\"}}";
    let table = [
        (refused(429, &say("slow down")).header("retry-after", "7"), retry(Some(7)), "slow down"),
        (refused(429, &say("slow down")), retry(None), "slow down"),
        (refused(503, &say("overloaded")), retry(None), "overloaded"),
        (stream("{\"choices\":"), retry(None), "damaged"),
        (stream(broken), retry(None), "Provider returned"),
        (refused(400, &full), other("too long"), "9 tokens"),
        (refused(401, &say("Incorrect API key provided")), other("auth"), "$TEST_KEY"),
        (refused(402, &say("Insufficient Balance")), other("fatal"), "Balance"),
        (
            refused(404, &json!({"message": "model \"x\" not found, try pulling it first"})),
            other("fatal"),
            "--model",
        ),
        (Reply::status(404).body("nothing here"), other("fatal"), "base_url"),
        (refused(400, &say("messages.0: bad")), other("fatal"), "messages.0"),
        (
            Reply::status(200).header("content-type", "text/html").body("<html>"),
            other("fatal"),
            "text/html",
        ),
    ];
    for (reply, (after, name), word) in table {
        let error = ask(vec![reply]).await.unwrap_err();
        let (got_after, got) = match &error {
            ProviderError::Retry { after, .. } => (Some(*after), ""),
            ProviderError::Unreachable(_) => (None, "unreachable"),
            ProviderError::TooLong(_) => (None, "too long"),
            ProviderError::Auth(_) => (None, "auth"),
            ProviderError::Fatal(_) => (None, "fatal"),
        };
        let text = error.to_string();
        assert_eq!((got_after, got), (after, name), "{text}");
        assert!(text.contains(word) && !text.contains("test-key"), "{text}");
    }
}

/// What a server does not know is left out, and that is remembered.
#[tokio::test]
async fn a_field_that_is_refused_is_left_out() {
    let no = |message: &str| refused(400, &json!({"message": message}));
    let server = Server::start(vec![
        no("stream_options: Extra inputs are not permitted"),
        no("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        recorded(),
        recorded(),
    ]);
    let provider = provider("gateway", &server);
    ask_with(&*provider, hello()).await.unwrap();
    ask_with(&*provider, hello()).await.unwrap();
    let sent: Vec<_> = server.requests().iter().map(Received::json).collect();
    assert_eq!(sent.len(), 4);
    let has = |at: usize, key: &str| sent[at].get(key).is_some();
    assert!(has(0, "stream_options") && has(0, "max_tokens"));
    assert!(!has(1, "stream_options") && has(1, "max_tokens"));
    for at in [2, 3] {
        assert!(!has(at, "stream_options") && !has(at, "max_tokens"), "{at}");
        assert!(has(at, "max_completion_tokens"), "{at}");
    }
}

#[tokio::test]
async fn grok_finds_its_cache_by_the_session() {
    let server = Server::start(vec![stream(include_str!("../wire/chat-xai.jsonl"))]);
    ask_with(&*provider("xai", &server), hello()).await.unwrap();
    assert_eq!(server.requests()[0].headers["x-grok-conv-id"], "s");
}

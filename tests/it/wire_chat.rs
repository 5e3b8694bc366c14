//! Chat Completions over a real connection: whole, cut, refused, mended.

use std::sync::Arc;

use claw::protocol::{Content, Message, StopReason, ToolUse};
use claw::provider::catalogue::Wire;
use claw::provider::{Auth, Input, Provider, ProviderError, Request, Service};
use serde_json::{Value, json};

use crate::support::exchange::{self, answered, check_cut, check_refusals, hello};
use crate::support::messages::{Received, Reply, Server};

const DEEPSEEK: &str = "deepseek/deepseek-v4-pro";

fn provider(name: &str, server: &Server) -> Arc<dyn Provider> {
    let auth = Auth::Key("test-key".into());
    let base_url = Some(format!("{}/v1", server.url()));
    let key_from = "$TEST_KEY".to_owned();
    Service { base_url, auth, key_from, ..Service::new(name, Wire::Chat) }.open()
}

fn request(messages: Vec<Input>) -> Request {
    exchange::request(DEEPSEEK, messages)
}

async fn ask(reply: Reply) -> Result<Message, ProviderError> {
    let server = Server::start(vec![reply]);
    exchange::ask(&*provider("deepseek", &server), request(hello())).await
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
    let message = exchange::ask(&*provider, request(hello())).await.unwrap();
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

    let message = exchange::ask(&*provider, request(answered(message))).await.unwrap();
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
    let whole = ask(recorded()).await.unwrap();
    let length = recorded().bytes().len();
    let mut replies: Vec<_> = (1..length).step_by(7).map(|at| recorded().split_at(at)).collect();
    replies.extend([1, 2, 3, 64].map(|size| recorded().pieces(size)));
    let count = replies.len();
    let server = Server::start(replies);
    let provider = provider("deepseek", &server);
    for at in 1..=count {
        let message = exchange::ask(&*provider, request(hello())).await.unwrap();
        assert_eq!(message, whole, "in pieces number {at}");
    }
}

/// A stream that ends before a reason to stop is never taken for a whole reply.
#[tokio::test]
async fn a_cut_stream_can_be_tried_again() {
    let bytes = recorded().bytes().to_vec();
    let end = String::from_utf8(bytes).unwrap().find("\"finish_reason\":\"").unwrap();
    for at in (0..end).step_by(97) {
        let cut = ask(recorded().cut_at(at)).await;
        check_cut(&cut, &format!("at {at}"));
    }
    // Ended properly, but too early.
    check_cut(
        &ask(stream("{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}")).await,
        "ended properly",
    );
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let say = |message: &str| json!({"message": message, "type": "invalid_request_error"});
    let full = json!({"message": "This model's maximum context length is 9 tokens.",
                      "type": "invalid_request_error", "code": "context_length_exceeded"});
    let broken = "{\"error\":{\"code\":502,\"message\":\"Provider returned error\"}}";
    let table = vec![
        (refused(429, &say("slow down")).header("retry-after", "7"), "retry", Some(7), "slow down"),
        (refused(429, &say("slow down")), "retry", None, "slow down"),
        (refused(503, &say("overloaded")), "retry", None, "overloaded"),
        (stream("{\"choices\":"), "retry", None, "damaged"),
        (stream(broken), "retry", None, "Provider returned"),
        (refused(400, &full), "too long", None, "9 tokens"),
        (refused(401, &say("Incorrect API key provided")), "auth", None, "$TEST_KEY"),
        (refused(402, &say("Insufficient Balance")), "fatal", None, "Balance"),
        (
            refused(404, &json!({"message": "model \"x\" not found, try pulling it first"})),
            "fatal",
            None,
            "--model",
        ),
        (Reply::status(404).body("nothing here"), "fatal", None, "base_url"),
        (refused(400, &say("messages.0: bad")), "fatal", None, "messages.0"),
        (
            Reply::status(200).header("content-type", "text/html").body("<html>"),
            "fatal",
            None,
            "text/html",
        ),
    ];
    check_refusals(table, ask).await;
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
    exchange::ask(&*provider, request(hello())).await.unwrap();
    exchange::ask(&*provider, request(hello())).await.unwrap();
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
    exchange::ask(&*provider("xai", &server), request(hello())).await.unwrap();
    assert_eq!(server.requests()[0].headers["x-grok-conv-id"], "s1");
}

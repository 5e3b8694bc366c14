//! The Responses API over a real connection: whole, cut, refused.

use std::sync::Arc;

use claw::protocol::{Content, Effort, Message, StopReason};
use claw::provider::catalogue::Wire;
use claw::provider::{Auth, Input, Provider, ProviderError, Request, Service};
use serde_json::{Value, json};

use crate::support::exchange::{self, answered, check_cut, check_refusals, hello, picture};
use crate::support::messages::{Reply, Server};

const MODEL: &str = "openai/gpt-5.6";
const TOOLS: &str = include_str!("../wire/responses-tools.jsonl");
const REFUSAL: &str = include_str!("../wire/responses-refusal.jsonl");

fn provider(server: &Server) -> Arc<dyn Provider> {
    let auth = Auth::Key("test-key".into());
    let base_url = Some(format!("{}/v1", server.url()));
    let key_from = "OPENAI_API_KEY".to_owned();
    Service { base_url, auth, key_from, ..Service::new("openai", Wire::Responses) }.open()
}

fn request(messages: Vec<Input>) -> Request {
    Request { effort: Some(Effort::High), ..exchange::request(MODEL, messages) }
}

async fn ask(reply: Reply) -> Result<Message, ProviderError> {
    let server = Server::start(vec![reply]);
    exchange::ask(&*provider(&server), request(hello())).await
}

/// A recorded reply as the service streams it.
fn recorded(lines: &str) -> Reply {
    let events = lines.lines().map(|data| {
        let event: Value = serde_json::from_str(data).unwrap();
        format!("event: {}\ndata: {data}\n\n", event["type"].as_str().unwrap())
    });
    Reply::stream(events.collect::<String>())
}

fn failure(status: u16, kind: &str, code: Option<&str>, message: &str) -> Reply {
    let error = json!({"message": message, "type": kind, "param": null, "code": code});
    let body = json!({"error": error}).to_string();
    Reply::status(status).header("content-type", "application/json").body(body)
}

#[tokio::test]
async fn reasoning_and_two_calls_go_there_and_back() {
    let server = Server::start(vec![recorded(TOOLS), recorded(TOOLS).pieces(7)]);
    let provider = provider(&server);
    let message = exchange::ask(&*provider, request(picture())).await.unwrap();
    assert_eq!(message.stop, StopReason::ToolUse);
    let calls: Vec<_> = message.tool_uses().map(|tool| (tool.id.as_str(), &tool.input)).collect();
    let (one, two) = (json!({"path": "ä.txt"}), json!({"path": "b.txt"}));
    assert_eq!(calls, [("call_1", &one), ("call_2", &two)]);
    let usage = message.usage;
    assert_eq!((usage.input, usage.output, usage.cache_read), (100, 90, 1000));

    // The log keeps it as JSON.
    let kept = serde_json::to_string(&message).unwrap();
    let again = exchange::ask(&*provider, request(answered(serde_json::from_str(&kept).unwrap())));
    assert_eq!(again.await.unwrap().content, message.content);

    let requests = server.requests();
    let header = |name: &str| requests[0].headers.get(name).map(String::as_str);
    assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("POST", "/v1/responses"));
    assert_eq!(header("authorization"), Some("Bearer test-key"));
    let body = requests[0].json();
    assert_eq!(body["store"], false);
    assert_eq!(body["reasoning"], json!({"effort": "high", "summary": "auto"}));
    assert_eq!(body["prompt_cache_key"], "s1");
    let image = &body["input"][0]["content"][1];
    assert_eq!(image["image_url"], "data:image/png;base64,QUJD");

    let body = requests[1].json();
    assert!(body.get("previous_response_id").is_none());
    let kinds: Vec<_> = body["input"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    let calls = ["function_call", "function_call", "function_call_output", "function_call_output"];
    assert_eq!(kinds[..3], ["message", "reasoning", "message"]);
    assert_eq!(kinds[3..], calls);
    let part = |text: &str| json!({"type": "summary_text", "text": text});
    assert_eq!(
        body["input"][1],
        json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAAAAB-sealed",
               "summary": [part("**Weighing** the ä"), part("**Then** 見る")]})
    );
    assert_eq!(body["input"][2]["phase"], "commentary");
    assert_eq!(body["input"][6]["output"][1], *image);
}

/// A stream that ends before its last event is never taken for a whole reply.
#[tokio::test]
async fn a_cut_stream_can_be_tried_again() {
    let length = recorded(TOOLS).bytes().len();
    for at in (0..length - 1).step_by(97).chain([length - 2]) {
        let cut = ask(recorded(TOOLS).cut_at(at)).await;
        check_cut(&cut, &format!("at {at}"));
    }
    let early: Vec<_> = TOOLS.lines().take(12).collect();
    check_cut(&ask(recorded(&early.join("\n"))).await, "ended properly");
}

#[tokio::test]
async fn a_refusal_says_so() {
    let message = ask(recorded(REFUSAL)).await.unwrap();
    assert_eq!(message.stop, StopReason::Refusal);
    assert_eq!(message.content[1], Content::text("I cannot do that."));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let limited =
        || failure(429, "tokens", Some("rate_limit_exceeded"), "Rate limit reached for gpt-5.6");
    let window = "Your input exceeds the context window of this model.";
    let failed = json!({"type": "response.failed", "response": {"error": {
        "code": "server_error", "message": "try again"}}});
    let table = vec![
        (limited().header("retry-after", "7"), "retry", Some(7), "Rate limit"),
        (limited(), "retry", None, "Rate limit"),
        (failure(500, "server_error", None, "had an error"), "retry", None, "had an error"),
        (Reply::status(502).body("<html>Bad Gateway</html>"), "retry", None, "answered 502"),
        (recorded(&failed.to_string()), "retry", None, "try again"),
        (Reply::stream("data: {\"type\":\"response.comp\n\n"), "retry", None, "damaged"),
        (
            failure(429, "insufficient_quota", Some("insufficient_quota"), "no credit"),
            "fatal",
            None,
            "no credit",
        ),
        (
            failure(400, "invalid_request_error", Some("context_length_exceeded"), window),
            "too long",
            None,
            "context window",
        ),
        (failure(400, "invalid_request_error", None, window), "too long", None, "context window"),
        (
            failure(401, "invalid_request_error", Some("invalid_api_key"), "Incorrect API key"),
            "auth",
            None,
            "OPENAI_API_KEY",
        ),
        (
            failure(
                404,
                "invalid_request_error",
                Some("model_not_found"),
                "The model does not exist",
            ),
            "fatal",
            None,
            "--model",
        ),
        (Reply::status(404).body("nothing here"), "fatal", None, "Responses API"),
        (failure(400, "invalid_request_error", None, "tools[0]: bad"), "fatal", None, "tools[0]"),
        (
            Reply::status(200).header("content-type", "text/html").body("<html>"),
            "fatal",
            None,
            "text/html",
        ),
    ];
    check_refusals(table, ask).await;
}

/// A seal that the service does not know again would refuse every later request too; and not every
/// account is given summaries.
#[tokio::test]
async fn what_is_refused_is_left_out() {
    let refused = |message: &str| failure(400, "invalid_request_error", None, message);
    let server = Server::start(vec![
        recorded(TOOLS),
        refused("Your organization must be verified to generate reasoning summaries."),
        refused("The encrypted content gAAA... could not be verified."),
        recorded(TOOLS),
        recorded(TOOLS),
    ]);
    let provider = provider(&server);
    let message = exchange::ask(&*provider, request(hello())).await.unwrap();
    exchange::ask(&*provider, request(answered(message.clone()))).await.unwrap();
    exchange::ask(&*provider, request(answered(message))).await.unwrap();
    let form = |body: Value| {
        let input = body["input"].as_array().unwrap();
        let sealed = input.iter().any(|item| item["type"] == "reasoning");
        (body["reasoning"].get("summary").is_some(), sealed)
    };
    let forms: Vec<_> = server.requests().iter().map(|request| form(request.json())).collect();
    // The second request with its history: in full, without a summary, without either. What this
    // account is not given is not asked for again.
    let (all, sealed) = ((true, true), (false, true));
    assert_eq!(forms, [(true, false), all, sealed, (false, false), sealed]);
}

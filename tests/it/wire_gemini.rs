//! The Gemini API over a real connection: whole, cut, refused.

use std::sync::Arc;

use claw::protocol::{Content, Effort, Message, StopReason};
use claw::provider::catalogue::Wire;
use claw::provider::{Auth, Input, Provider, ProviderError, Request, Service};
use serde_json::{Value, json};

use crate::support::exchange::{self, answered, check_cut, check_refusals, hello, picture};
use crate::support::messages::{Reply, Server};

const MODEL: &str = "google/gemini-3.8-flash";
const TOOLS: &str = include_str!("../wire/gemini-tools.jsonl");
const TEXT: &str = include_str!("../wire/gemini-text.jsonl");
const SAFETY: &str = include_str!("../wire/gemini-safety.jsonl");
const BLOCKED: &str = include_str!("../wire/gemini-blocked.jsonl");

fn provider(server: &Server, auth: Auth) -> Arc<dyn Provider> {
    let base_url = Some(format!("{}/v1beta/", server.url()));
    let key_from = "GEMINI_API_KEY".to_owned();
    Service { base_url, auth, key_from, ..Service::new("google", Wire::Gemini) }.open()
}

fn key() -> Auth {
    Auth::Key("test-key".into())
}

fn request(messages: Vec<Input>) -> Request {
    Request { effort: Some(Effort::High), ..exchange::request(MODEL, messages) }
}

async fn ask(reply: Reply) -> Result<Message, ProviderError> {
    let server = Server::start(vec![reply]);
    exchange::ask(&*provider(&server, key()), request(hello())).await
}

/// A recorded reply as the service streams it.
fn recorded(lines: &str) -> Reply {
    Reply::stream(lines.lines().flat_map(|data| ["data: ", data, "\r\n\r\n"]).collect::<String>())
}

fn failure(code: u16, status: &str, message: &str) -> Reply {
    let error = json!({"error": {"code": code, "message": message, "status": status, "details": [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]}});
    Reply::status(code).header("content-type", "application/json").body(error.to_string())
}

#[tokio::test]
async fn thoughts_and_two_calls_go_there_and_back() {
    let server = Server::start(vec![recorded(TOOLS), recorded(TEXT).pieces(7)]);
    let provider = provider(&server, key());
    let message = exchange::ask(&*provider, request(picture())).await.unwrap();
    assert_eq!(message.stop, StopReason::ToolUse);
    let inputs: Vec<_> = message.tool_uses().map(|tool| &tool.input).collect();
    assert_eq!(inputs, [&json!({"path": "ä.txt"}), &json!({"path": "b.txt"})]);
    let usage = message.usage;
    assert_eq!((usage.input, usage.output, usage.cache_read), (100, 90, 1000));

    // The log keeps it as JSON.
    let kept = serde_json::to_string(&message).unwrap();
    let mut history = answered(serde_json::from_str(&kept).unwrap());
    let message = exchange::ask(&*provider, request(history.clone())).await.unwrap();
    assert_eq!(message.stop, StopReason::EndTurn);
    assert_eq!(claw::protocol::text_of(&message.content), "one two");

    let requests = server.requests();
    let header = |name: &str| requests[0].headers.get(name).map(String::as_str);
    let path = "/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse";
    assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("POST", path));
    assert_eq!(header("x-goog-api-key"), Some("test-key"));
    assert_eq!(header("authorization"), None);
    let body = requests[0].json();
    let image = json!({"inlineData": {"mimeType": "image/png", "data": "QUJD"}});
    assert_eq!(body["contents"][0]["parts"][1], image);
    let thinking = json!({"includeThoughts": true, "thinkingLevel": "high"});
    assert_eq!(body["generationConfig"]["thinkingConfig"], thinking);

    let contents = &requests[1].json()["contents"];
    assert_eq!(contents.as_array().unwrap().len(), 3);
    let said = &contents[1]["parts"];
    assert_eq!(said[0], json!({"text": "I look — 見る."}));
    assert_eq!(said[1]["functionCall"]["id"], "fc1");
    assert_eq!(said[1]["thoughtSignature"], "c2VhbG9mY2FsbA==");
    assert_eq!(said[2].get("thoughtSignature"), None);
    let results = &contents[2]["parts"];
    for (at, call) in [(0, 1), (1, 2)] {
        assert_eq!(results[at]["functionResponse"]["id"], said[call]["functionCall"]["id"]);
    }
    assert_eq!(results[2], image);

    // The seals of a thought and of a text stand on their own parts.
    history.push(Input::Assistant(Arc::new(message)));
    history.push(Input::User([Content::text("go on")].into()));
    let server = Server::start(vec![recorded(TEXT)]);
    let bearer = self::provider(&server, Auth::Bearer("test-token".into()));
    exchange::ask(&*bearer, request(history)).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].headers["authorization"], "Bearer test-token");
    assert_eq!(
        requests[0].json()["contents"][3]["parts"],
        json!([{"text": "hm", "thought": true, "thoughtSignature": "c2VhbG9mdGhvdWdodA=="},
               {"text": "one two", "thoughtSignature": "c2VhbG9mdGV4dA=="}])
    );
}

/// A stream that ends before it said why is never taken for a whole reply.
#[tokio::test]
async fn a_cut_stream_can_be_tried_again() {
    let length = recorded(TOOLS).bytes().len();
    for at in (0..length - 1).step_by(97).chain([length - 2]) {
        let cut = ask(recorded(TOOLS).cut_at(at)).await;
        check_cut(&cut, &format!("at {at}"));
    }
    let early: Vec<_> = TOOLS.lines().take(5).collect();
    check_cut(&ask(recorded(&early.join("\n"))).await, "ended properly");
}

#[tokio::test]
async fn a_refusal_says_so() {
    for (reply, words) in [(SAFETY, "Well"), (BLOCKED, "")] {
        let message = ask(recorded(reply)).await.unwrap();
        assert_eq!(message.stop, StopReason::Refusal);
        assert_eq!(claw::protocol::text_of(&message.content), words);
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let limited = || failure(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota");
    let window = "The input token count (1200000) exceeds the maximum number of tokens allowed";
    let malformed = json!({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]});
    let broken = json!({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}});
    let table = vec![
        (limited().header("retry-after", "7"), "retry", Some(7), "quota"),
        (limited(), "retry", Some(34), "quota"),
        (Reply::status(502).body("<html>Bad Gateway</html>"), "retry", None, "answered 502"),
        (recorded(&malformed.to_string()), "retry", None, "malformed"),
        (recorded(&broken.to_string()), "retry", None, "overloaded"),
        (Reply::stream("data: {\"candidates\":[\n\n"), "retry", None, "damaged"),
        (failure(400, "INVALID_ARGUMENT", window), "too long", None, "token count"),
        (
            failure(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            "auth",
            None,
            "GEMINI_API_KEY",
        ),
        (failure(401, "UNAUTHENTICATED", "who is it?"), "auth", None, "GEMINI_API_KEY"),
        (failure(403, "PERMISSION_DENIED", "not here"), "auth", None, "not here"),
        (
            failure(404, "NOT_FOUND", "models/x is not found for API version v1beta"),
            "fatal",
            None,
            "--model",
        ),
        (Reply::status(404).body("nothing here"), "fatal", None, "Gemini API"),
        (failure(400, "INVALID_ARGUMENT", "tools[0]: bad"), "fatal", None, "tools[0]"),
        (
            Reply::status(200).header("content-type", "application/json").body("[]"),
            "fatal",
            None,
            "application/json",
        ),
    ];
    check_refusals(table, ask).await;
}

/// A seal that the service does not know again would refuse every later request too.
#[tokio::test]
async fn refused_seals_are_left_out() {
    let refused = failure(400, "INVALID_ARGUMENT", "Thought signature is not valid.");
    let server = Server::start(vec![recorded(TOOLS), refused, recorded(TEXT)]);
    let provider = provider(&server, key());
    let message = exchange::ask(&*provider, request(hello())).await.unwrap();
    exchange::ask(&*provider, request(answered(message))).await.unwrap();
    let seal = |body: Value| body["contents"][1]["parts"][1]["thoughtSignature"].clone();
    let seals: Vec<_> = server.requests()[1..].iter().map(|it| seal(it.json())).collect();
    assert_eq!(seals, ["c2VhbG9mY2FsbA==", "skip_thought_signature_validator"]);
}

//! The Messages API over a real connection: whole, cut, slow, refused.

use std::time::Duration;

use claw::protocol::{Content, Message, MessageId, StopReason, ToolUse};
use claw::provider::anthropic::Anthropic;
use claw::provider::catalogue::Wire;
use claw::provider::reply::Reply as Assembled;
use claw::provider::{Auth, Chunk, Input, Provider, ProviderError, Request, Service};
use serde_json::{Value, json};

use crate::support::exchange::{self, answered, check_cut, check_refusals, hello};
use crate::support::messages::{Reply, Server};

const MODEL: &str = "claude-sonnet-4-6";

fn settings(server: &Server) -> Service {
    let auth = Auth::Key("test-key".into());
    Service { base_url: Some(server.url()), auth, ..Service::new("anthropic", Wire::Messages) }
}

fn request(messages: Vec<Input>) -> Request {
    exchange::request(MODEL, messages)
}

async fn ask(reply: Reply) -> Result<Message, ProviderError> {
    let server = Server::start(vec![reply]);
    exchange::ask(&Anthropic::new(settings(&server)), request(hello())).await
}

fn everything() -> Reply {
    let usage = json!({"input_tokens": 3, "output_tokens": 9, "cache_read_input_tokens": 100,
                       "cache_creation_input_tokens": 20});
    let blocks = [
        json!({"type": "thinking", "thinking": "hm, ä", "signature": "c2lnbmVk"}),
        json!({"type": "text", "text": "I look — 見る."}),
        json!({"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "ä.txt"}}),
    ];
    Reply::message_with(&blocks, &usage)
}

#[tokio::test]
async fn a_whole_reply() {
    let message = ask(everything()).await.unwrap();
    assert_eq!(
        message.content,
        [
            Content::Thinking { text: "hm, ä".into(), signature: Some("c2lnbmVk".into()) },
            Content::text("I look — 見る."),
            Content::ToolUse(ToolUse {
                id: "toolu_1".into(),
                name: "read".into(),
                input: json!({"path": "ä.txt"}),
            }),
        ]
    );
    assert_eq!(message.stop, StopReason::ToolUse);
    let usage = message.usage;
    assert_eq!((usage.input, usage.output, usage.cache_read, usage.cache_write), (3, 9, 100, 20));
}

/// The network may cut the stream into pieces anywhere: inside a letter, a line end, a number.
#[tokio::test]
async fn pieces_make_no_difference() {
    let whole = ask(everything()).await.unwrap();
    let length = everything().bytes().len();
    let mut replies: Vec<_> = (1..length).map(|at| everything().split_at(at)).collect();
    replies.extend([1, 2, 3, 7, 64].map(|size| everything().pieces(size)));
    let count = replies.len();
    let server = Server::start(replies);
    let provider = Anthropic::new(settings(&server));
    for at in 1..=count {
        let message = exchange::ask(&provider, request(hello())).await.unwrap();
        assert_eq!(message, whole, "in pieces number {at}");
    }
}

/// A stream that ends before its last event is never taken for a whole reply.
#[tokio::test]
async fn a_cut_stream_can_be_tried_again() {
    let length = everything().bytes().len();
    for at in (0..length - 1).step_by(17).chain([length - 2]) {
        let cut = ask(everything().cut_at(at)).await;
        check_cut(&cut, &format!("at {at}"));
    }
    // Ended properly, but too early.
    check_cut(
        &ask(Reply::stream("event: ping\ndata: {\"type\":\"ping\"}\n\n")).await,
        "ended properly",
    );
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let broken = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"ind\n\n";
    let overloaded = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let limited = || Reply::error(429, "rate_limit_error", "slow down");
    let table = vec![
        (limited().header("retry-after", "7"), "retry", Some(7), "slow down"),
        (limited(), "retry", None, "slow down"),
        (Reply::error(529, "overloaded_error", "Overloaded"), "retry", None, "Overloaded"),
        (Reply::status(502).body("<html>Bad Gateway</html>"), "retry", None, "answered 502"),
        (Reply::stream(broken), "retry", None, "damaged"),
        (Reply::stream(overloaded), "retry", None, "Overloaded"),
        (
            Reply::error(401, "authentication_error", "invalid x-api-key"),
            "auth",
            None,
            "ANTHROPIC_API_KEY",
        ),
        (Reply::error(404, "not_found_error", "model: x"), "fatal", None, "--model"),
        (Reply::status(404).body("nothing here"), "fatal", None, "ANTHROPIC_BASE_URL"),
        (Reply::error(413, "request_too_large", "too large"), "too long", None, "too large"),
        (
            Reply::error(400, "invalid_request_error", "prompt is too long: 9 > 8"),
            "too long",
            None,
            "prompt",
        ),
        (Reply::error(400, "invalid_request_error", "tools.0: bad"), "fatal", None, "tools.0"),
        (Reply::status(307).header("location", "http://127.0.0.1:1/"), "fatal", None, "redirect"),
        (
            Reply::status(200).header("content-type", "text/html").body("<html>"),
            "fatal",
            None,
            "text/html",
        ),
    ];
    check_refusals(table, ask).await;
}

#[tokio::test]
async fn an_error_body_has_a_bound() {
    let error = ask(Reply::status(400).body("x".repeat(1 << 20))).await.unwrap_err();
    assert!(error.to_string().len() < 1_000, "{}", error.to_string().len());
}

#[tokio::test]
async fn a_silent_stream_is_given_up() {
    let (reply, gate) = everything().gate_at(100);
    let server = Server::start(vec![reply]);
    let idle = Duration::from_millis(200);
    let provider = Anthropic::new(Service { idle, ..settings(&server) });
    let error = exchange::ask(&provider, request(hello())).await.unwrap_err();
    gate.open();
    assert!(
        matches!(&error, ProviderError::Retry { why, .. } if why.contains("silent")),
        "{error}"
    );
}

/// A word is there as soon as the service has said it, not when the reply is whole.
#[tokio::test]
async fn words_come_as_they_are_said() {
    let reply = Reply::text("one two three");
    let first = "event: content_block_stop";
    let at = String::from_utf8_lossy(reply.bytes()).find(first).unwrap();
    let (reply, gate) = reply.gate_at(at);
    let server = Server::start(vec![reply]);
    let provider = Anthropic::new(settings(&server));
    let mut chunks = provider.stream(request(hello())).await.unwrap();
    let mut said = String::new();
    while said != "one two three" {
        if let Chunk::Text { text, .. } = chunks.next().await.unwrap().unwrap() {
            said += &text;
        }
    }
    gate.open();
    assert!(matches!(chunks.next().await, Some(Ok(Chunk::Usage(_)))));
}

/// What the loop asks for beside the stream must not cost it a chunk.
#[tokio::test]
async fn a_dropped_question_loses_nothing() {
    let whole = ask(everything()).await.unwrap();
    let server = Server::start(vec![everything().pieces(5)]);
    let provider = Anthropic::new(settings(&server));
    let mut chunks = provider.stream(request(hello())).await.unwrap();
    let mut reply = Assembled::new(MessageId::from("m1"), MODEL.into());
    loop {
        let next = tokio::select! {
            biased;
            next = chunks.next() => next,
            () = tokio::task::yield_now() => continue,
        };
        let Some(chunk) = next else { break };
        reply.take(chunk.unwrap()).unwrap();
    }
    assert_eq!(reply.finish().unwrap(), whole);
}

#[tokio::test]
async fn who_asks_stands_in_the_headers() {
    let asks = || Reply::tool("toolu_1", "read", &json!({"path": "a"}));
    let table = [
        (Auth::Key("k1\n".into()), Some("k1"), None),
        (Auth::Bearer("t1".into()), None, Some("Bearer t1")),
        (Auth::None, None, None),
    ];
    for (auth, api_key, authorization) in table {
        let server = Server::answering(move |_| asks());
        let headers = vec![("x-gate".to_owned(), "g".into())];
        let provider = Anthropic::new(Service { auth, headers, ..settings(&server) });
        let message = exchange::ask(&provider, request(hello())).await.unwrap();
        assert_eq!(message.tool_uses().count(), 1);
        let requests = server.wait_for(1);
        let header = |name: &str| requests[0].headers.get(name).map(String::as_str);
        assert_eq!(requests[0].method, "POST");
        assert_eq!(requests[0].path, "/v1/messages");
        assert_eq!(header("anthropic-version"), Some("2023-06-01"));
        assert_eq!(header("content-type"), Some("application/json"));
        assert_eq!(header("x-gate"), Some("g"));
        assert_eq!(header("x-api-key"), api_key);
        assert_eq!(header("authorization"), authorization);
    }
}

/// Where the marks of the cache stand.
fn marks(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| match key.as_str() {
            "cache_control" => found.push(at.to_owned()),
            key => marks(value, &format!("{at}/{key}"), found),
        }),
        Value::Array(all) => {
            let all = all.iter().enumerate();
            all.for_each(|(index, value)| marks(value, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_cache_hits_from_turn_to_turn() {
    let server = Server::start(vec![everything(), Reply::text("done")]);
    let provider = Anthropic::new(settings(&server));
    let message = exchange::ask(&provider, request(hello())).await.unwrap();
    exchange::ask(&provider, request(answered(message))).await.unwrap();

    let requests = server.requests();
    let expected = ["/messages/0/content/0", "/messages/2/content/0"];
    for (request, last) in requests.iter().zip(expected) {
        let mut found = Vec::new();
        marks(&request.json(), "", &mut found);
        assert_eq!(found, ["/tools/0", "/system/0", last]);
    }
    let text = |at: usize| {
        let text = String::from_utf8(requests[at].body.clone()).unwrap();
        let (head, messages) = text.split_once("\"messages\":").unwrap();
        let mark = ",\"cache_control\":{\"type\":\"ephemeral\"}";
        format!("{head}\"messages\":{}", messages.replace(mark, ""))
    };
    let (first, second) = (text(0), text(1));
    assert!(second.starts_with(first.trim_end_matches("]}")), "{first}\n{second}");
    assert!(second.contains("\"signature\":\"c2lnbmVk\""), "{second}");
}

/// A seal that does not fit the words before it any more would refuse every later request too.
#[tokio::test]
async fn refused_reasoning_is_left_out() {
    let refused = "messages.1.content.0: Invalid `signature` in `thinking` block";
    let server = Server::start(vec![
        everything(),
        Reply::error(400, "invalid_request_error", refused),
        Reply::text("done"),
    ]);
    let provider = Anthropic::new(settings(&server));
    let message = exchange::ask(&provider, request(hello())).await.unwrap();
    let message = exchange::ask(&provider, request(answered(message))).await.unwrap();
    assert_eq!(message.content, [Content::text("done")]);
    let bodies: Vec<_> =
        server.requests().iter().map(|r| String::from_utf8(r.body.clone()).unwrap()).collect();
    assert!(bodies[1].contains("c2lnbmVk") && !bodies[2].contains("c2lnbmVk"), "{bodies:?}");
    assert!(bodies[2].contains("toolu_1"));
}

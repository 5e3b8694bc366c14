//! Events as the service sends them, and as it should not.

use serde_json::json;

use super::*;
use crate::http::sse;
use crate::protocol::{Content, MessageId, ToolUse};
use crate::provider::reply::{MAX_BYTES, Reply};
use crate::provider::sample::{self, message};

const TOOLS: &str = include_str!("../../../../tests/wire/responses-tools.jsonl");
const REFUSAL: &str = include_str!("../../../../tests/wire/responses-refusal.jsonl");
const INCOMPLETE: &str = include_str!("../../../../tests/wire/responses-incomplete.jsonl");
const FAILED: &str = include_str!("../../../../tests/wire/responses-failed.jsonl");

fn decode<S: AsRef<str>>(events: impl IntoIterator<Item = S>) -> Result<Vec<Chunk>, ProviderError> {
    sample::read(&mut Decoder::new("h.example"), events)
}

fn read(events: &[Value]) -> Result<Vec<Chunk>, ProviderError> {
    decode(events.iter().map(Value::to_string))
}

fn tool(id: &str, input: Value) -> Content {
    Content::ToolUse(ToolUse { id: id.into(), name: "read".into(), input })
}

#[test]
fn recorded_replies() {
    let seal = Seal {
        id: "rs_1".into(),
        encrypted_content: "gAAAAAB-sealed".into(),
        summary: vec!["**Weighing** the ä".len(), "**Then** 見る".len()],
    };
    let thought = Content::Thinking {
        text: "**Weighing** the ä\n\n**Then** 見る".into(),
        signature: Some(seal.write().unwrap()),
    };
    let table = [
        (
            TOOLS,
            vec![
                thought,
                Content::text("I look — 見る."),
                Content::Thinking {
                    text: String::new(),
                    signature: Some(r#"{"phase":"commentary"}"#.into()),
                },
                tool("call_1", json!({"path": "ä.txt"})),
                tool("call_2", json!({"path": "b.txt"})),
            ],
            StopReason::ToolUse,
            Usage { input: 100, output: 90, cache_read: 1000, cache_write: 0 },
        ),
        (
            REFUSAL,
            vec![Content::text("Well."), Content::text("I cannot do that.")],
            StopReason::Refusal,
            Usage { input: 20, output: 7, ..Usage::default() },
        ),
        (
            INCOMPLETE,
            vec![Content::text("one two")],
            StopReason::MaxTokens,
            Usage { input: 20, output: 64, ..Usage::default() },
        ),
    ];
    for (recorded, content, stop, usage) in table {
        let message = message(decode(recorded.lines()).unwrap());
        assert_eq!(message.content, content);
        assert_eq!((message.stop, message.usage), (stop, usage));
    }
    let error = decode(FAILED.lines()).unwrap_err();
    let ProviderError::Retry { why, .. } = &error else { panic!("{error}") };
    assert!(why.contains("failed to generate"), "{why}");
}

/// The network may cut the stream anywhere, and so may the service between two events.
#[test]
fn cut_at_every_byte() {
    for recorded in [TOOLS, REFUSAL, INCOMPLETE] {
        let whole = decode(recorded.lines()).unwrap();
        let stream: String = recorded.lines().flat_map(|data| ["data: ", data, "\n\n"]).collect();
        let stream = stream.as_bytes();
        for at in 0..=stream.len() {
            let (mut sse, mut events) = (sse::Decoder::default(), VecDeque::new());
            sse.feed(&stream[..at], &mut events).unwrap();
            let first = events.len();
            sse.feed(&stream[at..], &mut events).unwrap();
            let data: Vec<_> = events.iter().map(|event| event.data.as_str()).collect();
            assert!(data.iter().copied().eq(recorded.lines()), "cut at {at}");
            // What came before the cut is a reply only where it is all of one.
            if at == stream.len() || stream[..at].ends_with(b"\n\n") {
                let (mut decoder, mut chunks) = (Decoder::new("h.example"), VecDeque::new());
                for data in &data[..first] {
                    decoder.read(data, &mut chunks).unwrap();
                }
                assert!(whole.iter().zip(&chunks).all(|(one, other)| one == other));
                assert_eq!(decoder.end(&mut chunks).is_ok(), first == data.len(), "cut at {at}");
                assert_eq!(decoder.is_whole(), first == data.len());
            }
        }
    }
}

fn added(index: u32, item: &Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

fn done(index: u32, item: &Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

fn delta(kind: &str, index: u32, text: &str) -> Value {
    json!({"type": format!("response.{kind}.delta"), "output_index": index, "delta": text})
}

#[test]
fn events_become_chunks() {
    let at = |index| block(index, 0);
    let call = |id: &str, input: &str| json!({"type": "function_call", "call_id": id, "name": "read", "arguments": input});
    let use_c = |index| Chunk::ToolUse { block: at(index), id: "c".into(), name: "read".into() };
    let input = |json: &str| Chunk::ToolInput { block: at(2), json: json.into() };
    let thinking = |text: &str| Chunk::Thinking { block: at(2), text: text.into() };
    let stopped = |usage, stop| {
        let usage: Option<(u64, u64, u64)> = usage;
        let usage = usage.map(|(input, output, cache_read)| {
            Chunk::Usage(Usage { input, output, cache_read, cache_write: 0 })
        });
        usage.into_iter().chain([Chunk::Stopped(stop)]).collect::<Vec<_>>()
    };
    let ended = |kind: &str, response: Value| json!({"type": kind, "response": response});
    let table = [
        (
            "what is not known is passed over",
            vec![
                json!({"type": "response.queued"}),
                json!({"type": "response.audio.delta", "delta": {"x": 7}}),
                added(0, &json!({"type": "web_search_call", "id": 7})),
                done(0, &json!({"type": "web_search_call", "action": {}})),
                delta("function_call_arguments", 0, "{}"),
                delta("output_text", 0, ""),
            ],
            vec![],
        ),
        (
            "an input that comes only when its call is done",
            vec![added(2, &call("c", "")), done(2, &call("c", "{\"a\":1}"))],
            vec![use_c(2), input("{\"a\":1}")],
        ),
        (
            "a call that comes only when it is done",
            vec![done(2, &call("c", "{}"))],
            vec![use_c(2), input("{}")],
        ),
        (
            "a call twice",
            vec![
                added(2, &call("c", "")),
                added(2, &call("c", "")),
                delta("function_call_arguments", 2, "{}"),
                done(2, &call("c", "{}")),
                done(2, &call("c", "{}")),
            ],
            vec![use_c(2), input("{}")],
        ),
        (
            "a call without words",
            vec![added(2, &json!({"type": "function_call", "call_id": null}))],
            vec![Chunk::ToolUse { block: at(2), id: String::new(), name: String::new() }],
        ),
        (
            "a custom tool",
            vec![
                added(2, &json!({"type": "custom_tool_call", "call_id": "c", "name": "read"})),
                delta("custom_tool_call_input", 2, "*** Begin"),
                done(2, &json!({"type": "custom_tool_call", "call_id": "c", "input": "*** Begin"})),
            ],
            vec![use_c(2), input("*** Begin")],
        ),
        (
            "words that come only when the message is done",
            vec![done(
                2,
                &json!({"type": "message", "content": [
                    {"type": "output_text", "text": "a"}, {"type": "new"},
                    {"type": "output_text", "text": "b"}]}),
            )],
            vec![
                Chunk::Text { block: block(2, 0), text: "a".into() },
                Chunk::Text { block: block(2, 2), text: "b".into() },
            ],
        ),
        (
            "reasoning in full, not sealed",
            vec![
                delta("reasoning_text", 2, "hm"),
                done(
                    2,
                    &json!({"type": "reasoning", "id": "r", "summary": [],
                                "content": [{"type": "reasoning_text", "text": "hm"}]}),
                ),
            ],
            vec![thinking("hm")],
        ),
        (
            "reasoning that comes only when it is done, and twice",
            vec![
                done(
                    2,
                    &json!({"type": "reasoning", "id": "r", "encrypted_content": "e",
                                "summary": [{"text": "a"}, {"text": ""}, {"text": "b"}]})
                );
                2
            ],
            vec![
                thinking("a"),
                thinking("\n\n"),
                thinking("b"),
                Chunk::Signature {
                    block: at(2),
                    signature: r#"{"id":"r","encrypted_content":"e","summary":[1,1]}"#.into(),
                },
            ],
        ),
        (
            "usage of nothing",
            vec![ended(
                "response.completed",
                json!({"usage": {
                "input_tokens": 0, "output_tokens": 0,
                "input_tokens_details": {"cached_tokens": 0}}}),
            )],
            stopped(Some((0, 0, 0)), StopReason::EndTurn),
        ),
        (
            "more from the cache than there was",
            vec![ended(
                "response.completed",
                json!({"usage": {
                "input_tokens": 3, "input_tokens_details": {"cached_tokens": 5}}}),
            )],
            stopped(Some((0, 0, 5)), StopReason::EndTurn),
        ),
        (
            "nothing at all",
            vec![ended("response.completed", json!({}))],
            stopped(None, StopReason::EndTurn),
        ),
        (
            "filtered",
            vec![ended(
                "response.incomplete",
                json!({"incomplete_details": {"reason": "content_filter"}, "usage": null}),
            )],
            stopped(None, StopReason::Refusal),
        ),
        (
            "a limit that is new",
            vec![ended("response.incomplete", json!({"incomplete_details": null}))],
            stopped(None, StopReason::MaxTokens),
        ),
    ];
    for (name, events, expected) in table {
        assert_eq!(read(&events).unwrap(), expected, "{name}");
    }
}

#[test]
fn damage_can_be_tried_again_and_says_where() {
    let table = [
        "{",
        "[]",
        "null",
        "",
        "{\"output_index\":1}",
        "{\"type\":7}",
        "{\"type\":\"response.output_item.added\",\"output_index\":-1,\"item\":{\"type\":\"message\"}}",
        "{\"type\":\"response.output_item.added\",\"output_index\":0}",
        "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":[]}",
        "{\"type\":\"response.output_text.delta\",\"delta\":\"a\"}",
        "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":{}}",
        "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,\"delta\":null}",
        "{\"type\":\"response.completed\"}",
        "{\"type\":\"response.completed\",\"response\":7}",
        "{\"type\":\"response.failed\"}",
    ];
    for data in table {
        let mut chunks = VecDeque::new();
        let error = Decoder::new("h.example").read(data, &mut chunks).unwrap_err();
        let ProviderError::Retry { why, after: None } = &error else { panic!("{data}: {error}") };
        assert!(why.contains("h.example") && why.contains("damaged"), "{data}: {why}");
        assert!(chunks.is_empty(), "{data}");
    }
}

#[test]
fn errors_are_told_apart() {
    let failed = |code: &str| {
        json!({"type": "response.failed", "response": {"status": "failed",
               "error": {"code": code, "message": "so it is"}}})
    };
    let table = [
        (failed("server_error"), "retry"),
        (failed("rate_limit_exceeded"), "retry"),
        (failed("something_new"), "retry"),
        (failed("context_length_exceeded"), "too long"),
        (failed("insufficient_quota"), "fatal"),
        (failed("invalid_prompt"), "fatal"),
        (failed("image_content_policy_violation"), "fatal"),
        (json!({"type": "response.failed", "response": {"error": null}}), "retry"),
        (json!({"type": "error", "code": "server_error", "message": "m", "param": null}), "retry"),
        (json!({"type": "error", "code": "context_length_exceeded", "message": "m"}), "too long"),
        (json!({"type": "error", "code": null, "message": "m"}), "retry"),
        (
            json!({"type": "error", "error": {"type": "invalid_request_error",
                   "code": "context_length_exceeded", "message": "m"}}),
            "too long",
        ),
        (json!({"type": "error"}), "retry"),
    ];
    for (event, expected) in table {
        let error = read(std::slice::from_ref(&event)).unwrap_err();
        let got = match &error {
            ProviderError::Retry { .. } => "retry",
            ProviderError::TooLong(_) => "too long",
            ProviderError::NoPictures(_) => "no pictures",
            ProviderError::Fatal(_) => "fatal",
            _ => "other",
        };
        assert_eq!(got, expected, "{event}: {error}");
        assert!(error.to_string().contains("h.example"), "{error}");
    }
}

/// However much comes, the reply has its bound, and so has what is kept beside it.
#[test]
fn too_much_is_given_up() {
    let mut reply = Reply::new(MessageId::from("m"), "m".into());
    let huge = delta("output_text", 0, &"x".repeat(MAX_BYTES / 4 + 1)).to_string();
    let chunks = decode([huge.as_str(); 4]).unwrap();
    let last = chunks.into_iter().map(|chunk| reply.take(chunk).is_err()).last();
    assert_eq!(last, Some(true));

    let mut decoder = Decoder::new("h.example");
    for index in 0..10_000 {
        let empty = done(index, &json!({"type": "reasoning", "summary": [{"text": ""}]}));
        decoder.read(&empty.to_string(), &mut VecDeque::new()).unwrap();
    }
    assert!(decoder.blocks.is_empty());
    assert_eq!(block(u32::MAX, usize::MAX) % MAX_PARTS, MAX_PARTS - 1);
}

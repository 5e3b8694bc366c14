//! Events as the service sends them, and as it should not.

use serde_json::json;

use super::*;
use crate::http::sse;
use crate::protocol::Content;
use crate::provider::sample;

const SEARCH: &str = include_str!("../../../../tests/wire/messages-search.jsonl");

fn read(events: &[serde_json::Value]) -> Result<Vec<Chunk>, ProviderError> {
    sample::read(&mut Decoder::new("h.example"), events.iter().map(ToString::to_string))
}

fn usage(input: u64, output: u64, cache_read: u64, cache_write: u64) -> Chunk {
    Chunk::Usage(Usage { input, output, cache_read, cache_write, ..Usage::default() })
}

#[test]
fn events_become_chunks() {
    let start = |block| json!({"type": "content_block_start", "index": 2, "content_block": block});
    let delta = |delta| json!({"type": "content_block_delta", "index": 2, "delta": delta});
    let end = json!({"type": "content_block_stop", "index": 2});
    let tool =
        |input| start(json!({"type": "tool_use", "id": "c", "name": "read", "input": input}));
    let use_c = Chunk::ToolUse { block: 2, id: "c".into(), name: "read".into() };
    let input = |json: &str| Chunk::ToolInput { block: 2, json: json.into() };
    let text = |text: &str| Chunk::Text { block: 2, text: text.into() };
    let cite = |json: &str| Chunk::Citation { block: 2, json: json.into() };
    let serve = |it: &serde_json::Value| Chunk::Served { block: 2, json: it.to_string() };
    let asked = json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}});
    let came = json!({"type": "web_search_tool_result", "content": [], "text": 7});
    let table = [
        (vec![json!({"type": "ping"}), json!({"type": "new_event", "delta": 7})], vec![]),
        (
            vec![json!({"type": "message_start", "message": {"usage": {
                "input_tokens": 3, "output_tokens": 1, "cache_read_input_tokens": 5,
                "cache_creation_input_tokens": null}}})],
            vec![usage(3, 1, 5, 0)],
        ),
        (vec![json!({"type": "message_start", "message": {}})], vec![]),
        (
            vec![
                start(json!({"type": "text", "text": ""})),
                delta(json!({"type": "text_delta", "text": "hé"})),
                end.clone(),
            ],
            vec![text("hé")],
        ),
        (vec![start(json!({"type": "text", "text": "early"}))], vec![text("early")]),
        (
            vec![
                start(json!({"type": "thinking", "thinking": "", "signature": ""})),
                delta(json!({"type": "thinking_delta", "thinking": "hm"})),
                delta(json!({"type": "signature_delta", "signature": "s=="})),
            ],
            vec![
                Chunk::Thinking { block: 2, text: "hm".into() },
                Chunk::Signature { block: 2, signature: "s==".into() },
            ],
        ),
        (
            vec![start(json!({"type": "redacted_thinking", "data": "x"}))],
            vec![Chunk::Redacted { block: 2, data: "x".into() }],
        ),
        (
            vec![
                tool(json!({})),
                delta(json!({"type": "input_json_delta", "partial_json": ""})),
                delta(json!({"type": "input_json_delta", "partial_json": "{\"a\""})),
                delta(json!({"type": "input_json_delta", "partial_json": ":1}"})),
                end.clone(),
            ],
            vec![use_c.clone(), input("{\"a\""), input(":1}")],
        ),
        // The input came with the start, and perhaps again in pieces.
        (vec![tool(json!({"a": 1})), end.clone()], vec![use_c.clone(), input("{\"a\":1}")]),
        (
            vec![
                tool(json!({"a": 1})),
                delta(json!({"type": "input_json_delta", "partial_json": "{}"})),
                end.clone(),
            ],
            vec![use_c, input("{}")],
        ),
        // A tool that the service runs itself.
        (
            vec![
                start(asked.clone()),
                delta(json!({"type": "input_json_delta", "partial_json": "{}"})),
                end,
                start(came.clone()),
            ],
            vec![serve(&asked), input("{}"), serve(&came)],
        ),
        // Sources, and what cannot be one.
        (
            vec![
                start(json!({"type": "text", "text": "", "citations": null})),
                delta(json!({"type": "citations_delta", "citation": {"a": [1]}, "new": 7})),
                delta(json!({"type": "citations_delta", "citation": 7})),
                delta(json!({"type": "citations_delta"})),
                start(json!({"type": "text", "text": "b", "citations": [{"b": 2}, null]})),
            ],
            vec![cite("{\"a\":[1]}"), text("b"), cite("{\"b\":2}")],
        ),
        (vec![start(json!({"type": "new_block", "id": "n"}))], vec![]),
        (
            vec![
                json!({"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}}),
                json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens"},
                       "usage": {"output_tokens": 9, "cache_creation_input_tokens": 4}}),
                json!({"type": "message_stop"}),
            ],
            vec![usage(3, 1, 0, 0), usage(3, 9, 0, 4), Chunk::Stopped(StopReason::MaxTokens)],
        ),
        (vec![json!({"type": "message_stop"})], vec![Chunk::Stopped(StopReason::EndTurn)]),
    ];
    for (events, expected) in table {
        assert_eq!(read(&events).unwrap(), expected, "{events:?}");
    }
}

#[test]
fn stop_reasons() {
    let table = [
        ("end_turn", StopReason::EndTurn),
        ("tool_use", StopReason::ToolUse),
        ("max_tokens", StopReason::MaxTokens),
        ("stop_sequence", StopReason::EndTurn),
        ("pause_turn", StopReason::EndTurn),
        ("refusal", StopReason::Refusal),
        ("model_context_window_exceeded", StopReason::ContextFull),
        ("something_new", StopReason::EndTurn),
    ];
    for (reason, expected) in table {
        assert_eq!(stop(reason), expected, "{reason}");
    }
}

#[test]
fn damage_can_be_tried_again_and_says_where() {
    let table = [
        "{",
        "[]",
        "null",
        "",
        "{\"index\":1}",
        "{\"type\":\"content_block_start\",\"index\":-1}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":7}}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":[]}",
        "{\"type\":\"message_delta\"}",
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
fn an_error_event_ends_the_reply() {
    let event =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let error = read(&[event]).unwrap_err();
    assert!(matches!(&error, ProviderError::Retry { why, .. } if why.contains("Overloaded")));
    assert!(matches!(read(&[json!({"type": "error"})]), Err(ProviderError::Retry { .. })));
}

/// Tools that the service runs itself and the sources it cites stand in the message as they came.
#[test]
fn what_the_service_does_itself_is_kept() {
    let message = sample::message(sample::read(&mut Decoder::new("h"), SEARCH.lines()).unwrap());
    let url = "https://h.example/é";
    let found = json!([{"type": "web_search_result", "url": url, "title": "t",
                        "encrypted_content": "e==", "page_age": null}]);
    let cited = json!({"type": "web_search_result_location", "url": url, "title": "t",
                       "encrypted_index": "i", "cited_text": "c"});
    let expected = [
        Content::Served {
            block: json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search",
                          "input": {"query": "claw agent"}}),
        },
        Content::Served {
            block: json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1",
                          "caller": {"type": "direct"}, "content": found}),
        },
        Content::text("found"),
        Content::Citations { all: vec![cited] },
    ];
    assert_eq!(message.content, expected);
    assert_eq!((message.stop, message.usage.output), (StopReason::EndTurn, 4));
    assert_eq!((message.usage.cache_write, message.usage.cache_write_hour), (90, 70));
}

#[test]
fn cut_at_every_byte() {
    let stream: String = SEARCH.lines().flat_map(|data| ["data: ", data, "\r\n\r\n"]).collect();
    let stream = stream.as_bytes();
    let whole = sample::read(&mut Decoder::new("h"), SEARCH.lines()).unwrap();
    for at in 0..=stream.len() {
        let (mut sse, mut events) = (sse::Decoder::default(), VecDeque::new());
        sse.feed(&stream[..at], &mut events).unwrap();
        let first = events.len();
        sse.feed(&stream[at..], &mut events).unwrap();
        let data: Vec<_> = events.iter().map(|event| event.data.as_str()).collect();
        let mut decoder = Decoder::new("h");
        let mut chunks = sample::read(&mut decoder, &data[..first]).unwrap();
        assert_eq!(decoder.is_whole(), first == data.len(), "cut at {at}");
        chunks.extend(sample::read(&mut decoder, &data[first..]).unwrap());
        assert_eq!(chunks, whole, "cut at {at}");
    }
}

//! Events as the service sends them, and as it should not.

use serde_json::json;

use super::*;
use crate::provider::sample;

fn read(events: &[serde_json::Value]) -> Result<Vec<Chunk>, ProviderError> {
    sample::read(&mut Decoder::new("h.example"), events.iter().map(ToString::to_string))
}

fn usage(input: u64, output: u64, cache_read: u64, cache_write: u64) -> Chunk {
    Chunk::Usage(Usage { input, output, cache_read, cache_write })
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
                start(
                    json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}),
                ),
                delta(json!({"type": "input_json_delta", "partial_json": "{}"})),
                end,
                start(json!({"type": "web_search_tool_result", "content": [], "text": 7})),
                delta(json!({"type": "citations_delta", "citation": {}})),
            ],
            vec![],
        ),
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

/// Tools that the service runs itself and the sources it cites are none of ours; the words are.
#[test]
fn what_the_service_does_itself_is_passed_over() {
    let start = |index: u32, block: serde_json::Value| json!({"type": "content_block_start", "index": index, "content_block": block});
    let delta = |index: u32, delta: serde_json::Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
    let stop = |index: u32| json!({"type": "content_block_stop", "index": index});
    let found = json!([{"type": "web_search_result", "url": "https://h.example", "title": "t",
                        "encrypted_content": "e"}]);
    let cited = json!({"type": "web_search_result_location", "url": "https://h.example",
                       "cited_text": "c", "encrypted_index": "i", "title": "t"});
    let events = [
        start(
            0,
            json!({"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {}}),
        ),
        delta(0, json!({"type": "input_json_delta", "partial_json": "{\"query\":\"q\"}"})),
        stop(0),
        start(1, json!({"type": "web_search_tool_result", "tool_use_id": "srv", "content": found})),
        stop(1),
        start(2, json!({"type": "text", "text": "", "citations": []})),
        delta(2, json!({"type": "citations_delta", "citation": cited})),
        delta(2, json!({"type": "text_delta", "text": "found"})),
        stop(2),
        json!({"type": "message_delta", "delta": {"stop_reason": "pause_turn"},
               "usage": {"output_tokens": 4, "server_tool_use": {"web_search_requests": 1}}}),
        json!({"type": "message_stop"}),
    ];
    let text = Chunk::Text { block: 2, text: "found".into() };
    let expected = [text, usage(0, 4, 0, 0), Chunk::Stopped(StopReason::EndTurn)];
    assert_eq!(read(&events).unwrap(), expected);
}

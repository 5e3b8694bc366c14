//! Events as the service sends them, and as it should not.

use serde_json::json;

use super::*;
use crate::http::sse;
use crate::protocol::{Content, MessageId};
use crate::provider::reply::{MAX_BYTES, Reply};
use crate::provider::sample::{self, message, thought};

const TOOLS: &str = include_str!("../../../../tests/wire/gemini-tools.jsonl");
const TEXT: &str = include_str!("../../../../tests/wire/gemini-text.jsonl");
const LENGTH: &str = include_str!("../../../../tests/wire/gemini-length.jsonl");
const SAFETY: &str = include_str!("../../../../tests/wire/gemini-safety.jsonl");
const BLOCKED: &str = include_str!("../../../../tests/wire/gemini-blocked.jsonl");

fn decode<S: AsRef<str>>(events: impl IntoIterator<Item = S>) -> Result<Vec<Chunk>, ProviderError> {
    let mut decoder = Decoder::new("h.example");
    let mut chunks = VecDeque::from(sample::read(&mut decoder, events)?);
    assert!(!decoder.is_whole());
    decoder.end(&mut chunks)?;
    Ok(chunks.into())
}

fn read(events: &[Value]) -> Result<Vec<Chunk>, ProviderError> {
    decode(events.iter().map(Value::to_string))
}

#[test]
fn recorded_replies() {
    let text = Content::text;
    let table = [
        (
            TEXT,
            vec![
                thought("hm", "c2VhbG9mdGhvdWdodA=="),
                thought("again", ""),
                text("one two"),
                thought("", "text:c2VhbG9mdGV4dA=="),
            ],
            StopReason::EndTurn,
            (1100, 5, 0),
        ),
        (LENGTH, vec![text("one two")], StopReason::MaxTokens, (1100, 64, 0)),
        (SAFETY, vec![text("Well")], StopReason::Refusal, (1100, 1, 0)),
        (BLOCKED, vec![], StopReason::Refusal, (1100, 0, 0)),
    ];
    let used = |usage: Usage| (usage.input, usage.output, usage.cache_read);
    for (recorded, content, stop, usage) in table {
        let message = message(decode(recorded.lines()).unwrap());
        assert_eq!(message.content, content);
        assert_eq!((message.stop, used(message.usage)), (stop, usage));
    }

    let message = message(decode(TOOLS.lines()).unwrap());
    let calls: Vec<_> = message.tool_uses().collect();
    let inputs: Vec<_> = calls.iter().map(|tool| &tool.input).collect();
    assert_eq!(inputs, [&json!({"path": "ä.txt"}), &json!({"path": "b.txt"})]);
    // A call that came without a name of its own has one of ours.
    assert_eq!(calls[0].id.as_str(), "fc1");
    assert!(!calls[1].id.as_str().is_empty());
    let said = [
        thought("**Weighing** the ä\n", ""),
        text("I look — 見る."),
        thought("", "c2VhbG9mY2FsbA=="),
    ];
    assert_eq!(message.content[..3], said);
    assert_eq!((message.stop, used(message.usage)), (StopReason::ToolUse, (100, 90, 1000)));
}

/// The network may cut the stream anywhere, and so may the service between two events.
#[test]
fn cut_at_every_byte() {
    for recorded in [TOOLS, TEXT, LENGTH, SAFETY, BLOCKED] {
        let stream: String =
            recorded.lines().flat_map(|data| ["data: ", data, "\r\n\r\n"]).collect();
        let stream = stream.as_bytes();
        for at in 0..=stream.len() {
            let (mut sse, mut events) = (sse::Decoder::default(), VecDeque::new());
            sse.feed(&stream[..at], &mut events).unwrap();
            let first = events.len();
            sse.feed(&stream[at..], &mut events).unwrap();
            let data: Vec<_> = events.iter().map(|event| event.data.as_str()).collect();
            assert!(data.iter().copied().eq(recorded.lines()), "cut at {at}");
            // What came before the cut is a reply only where it said why it finished.
            if at == stream.len() || stream[..at].ends_with(b"\r\n\r\n") {
                let cut = decode(data[..first].iter().copied());
                assert_eq!(cut.is_ok(), first == data.len(), "cut at {at}: {cut:?}");
            }
        }
    }
}

fn event(parts: &Value) -> Value {
    json!({"candidates": [{"content": {"parts": parts}}]})
}

fn finish(reason: &str) -> Value {
    json!({"candidates": [{"finishReason": reason}]})
}

#[test]
fn parts_become_chunks() {
    let text = |block, text: &str| Chunk::Text { block, text: text.into() };
    let thinking = |block, text: &str| Chunk::Thinking { block, text: text.into() };
    let seal = |block, seal: &str| Chunk::Signature { block, signature: seal.into() };
    let call = |block, id: &str| Chunk::ToolUse { block, id: id.into(), name: "read".into() };
    let input = |block, json: &str| Chunk::ToolInput { block, json: json.into() };
    let asks = |id: &str| json!({"functionCall": {"id": id, "name": "read", "args": {"a":1}}});
    let sealed = |mut part: Value, seal: &str| {
        part["thoughtSignature"] = seal.into();
        part
    };
    let table = [
        ("nothing", vec![json!({}), event(&json!([])), event(&Value::Null)], vec![]),
        (
            "what is not known is passed over",
            vec![
                event(&json!([{"executableCode": {"code": "x"}}, {"inlineData": {}}, {}])),
                json!({"candidates": [], "brandNew": 7, "usageMetadata": null}),
            ],
            vec![],
        ),
        (
            "only the first candidate counts",
            vec![json!({"candidates": [{"content": {"parts": [{"text": "a"}]}},
                                       {"content": {"parts": [{"text": "b"}]}}]})],
            vec![text(1, "a")],
        ),
        (
            "what was said goes on until it is something else",
            vec![
                event(&json!([{"text": "a"}, {"text": "b"}, {"text": "c", "thought": true}])),
                event(&json!([{"text": "d", "thought": true}, {"text": "e", "thought": false}])),
            ],
            vec![text(1, "a"), text(1, "b"), thinking(2, "c"), thinking(2, "d"), text(3, "e")],
        ),
        (
            "a sealed text stays one until it ends",
            vec![event(&json!([
                sealed(json!({"text": "a"}), "s"), {"text": "b"}, sealed(asks("c"), "t"),
            ]))],
            vec![
                text(1, "a"),
                text(1, "b"),
                seal(2, "text:s"),
                seal(3, "t"),
                call(4, "c"),
                input(4, "{\"a\":1}"),
            ],
        ),
        (
            "a sealed thought has ended",
            vec![event(&json!([
                {"text": "a", "thought": true}, sealed(json!({"text": "", "thought": true}), "s"),
                {"text": "b", "thought": true},
            ]))],
            vec![thinking(1, "a"), seal(1, "s"), thinking(2, "b")],
        ),
        (
            "two calls of the same name, one without an input",
            vec![event(&json!([asks("c"), {"functionCall": {"id": "c", "name": "read"}}]))],
            vec![call(1, "c"), input(1, "{\"a\":1}"), call(2, "c")],
        ),
    ];
    for (name, mut events, expected) in table {
        events.push(finish("STOP"));
        let stopped = Chunk::Stopped(StopReason::EndTurn);
        let expected: Vec<_> = expected.into_iter().chain([stopped]).collect();
        assert_eq!(read(&events).unwrap(), expected, "{name}");
    }
}

#[test]
fn names_of_calls_are_never_the_same() {
    let call = json!({"functionCall": {"name": "read", "args": null}});
    let chunks = read(&[event(&json!([call, call])), event(&json!([call])), finish("STOP")]);
    let ids: std::collections::HashSet<_> = chunks
        .unwrap()
        .into_iter()
        .filter_map(|chunk| match chunk {
            Chunk::ToolUse { id, .. } => Some(id),
            _ => None,
        })
        .collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn counts_that_are_missing_stay() {
    let used = |tokens: Value| json!({"usageMetadata": tokens});
    let events = [
        used(json!({"promptTokenCount": 9, "cachedContentTokenCount": 4})),
        used(json!({"thoughtsTokenCount": 2, "toolUsePromptTokenCount": 1})),
        used(json!({"candidatesTokenCount": 3})),
        used(json!({"promptTokenCount": 0, "candidatesTokenCount": 0})),
        finish("STOP"),
    ];
    let counts: Vec<_> = read(&events)
        .unwrap()
        .into_iter()
        .filter_map(|chunk| match chunk {
            Chunk::Usage(usage) => Some((usage.input, usage.output, usage.cache_read)),
            _ => None,
        })
        .collect();
    assert_eq!(counts, [(5, 0, 4), (6, 2, 4), (6, 5, 4), (0, 2, 4)]);
}

#[test]
fn reasons_to_finish() {
    let table = [
        ("STOP", "EndTurn"),
        ("MAX_TOKENS", "MaxTokens"),
        ("SAFETY", "Refusal"),
        ("RECITATION", "Refusal"),
        ("PROHIBITED_CONTENT", "Refusal"),
        ("SPII", "Refusal"),
        ("SOMETHING_NEW", "EndTurn"),
        ("MALFORMED_FUNCTION_CALL", "retry: malformed"),
        ("UNEXPECTED_TOOL_CALL", "retry: not offered"),
        ("OTHER", "retry: does not name"),
        ("MISSING_THOUGHT_SIGNATURE", "fatal: signature"),
    ];
    for (reason, expected) in table {
        match read(&[finish(reason)]) {
            Ok(chunks) => {
                let got: Vec<_> = chunks.iter().map(|chunk| format!("{chunk:?}")).collect();
                assert_eq!(got, [format!("Stopped({expected})")], "{reason}");
            }
            Err(error) => {
                let kind = match &error {
                    ProviderError::Retry { after: None, .. } => "retry",
                    ProviderError::Fatal(_) => "fatal",
                    _ => "other",
                };
                let (expected, words) = expected.split_once(": ").unwrap();
                assert_eq!(kind, expected, "{reason}: {error}");
                assert!(error.to_string().contains(words), "{reason}: {error}");
            }
        }
    }
    for events in [&[][..], &[finish("")], &[finish("FINISH_REASON_UNSPECIFIED")]] {
        let error = read(events).unwrap_err();
        assert!(error.to_string().contains("cut"), "{error}");
    }
}

#[test]
fn damage_can_be_tried_again_and_says_where() {
    let table = [
        "{",
        "null",
        "",
        "7",
        "[{",
        "{\"candidates\":7}",
        "{\"candidates\":[{\"content\":{\"parts\":{}}}]}",
        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":7}]}}]}",
        "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":[]}]}}]}",
        "{\"candidates\":[{\"finishReason\":1}]}",
        "{\"usageMetadata\":{\"promptTokenCount\":-1}}",
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
    let error = |status: &str, message: &str| json!({"error": {"code": 400, "message": message, "status": status}});
    let table = [
        (error("UNAVAILABLE", "overloaded"), "retry"),
        (error("INTERNAL", "oh"), "retry"),
        (error("RESOURCE_EXHAUSTED", "quota"), "retry"),
        (json!([error("UNAVAILABLE", "overloaded")]), "retry"),
        (json!([]), "retry"),
        (error("INVALID_ARGUMENT", "odd"), "fatal"),
        (error("INVALID_ARGUMENT", "The input token count exceeds the maximum"), "too long"),
        (error("UNAUTHENTICATED", "who?"), "auth"),
        (error("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), "auth"),
    ];
    for (event, expected) in table {
        let error = read(std::slice::from_ref(&event)).unwrap_err();
        let got = match &error {
            ProviderError::Retry { .. } => "retry",
            ProviderError::TooLong(_) => "too long",
            ProviderError::NoPictures(_) => "no pictures",
            ProviderError::Fatal(_) => "fatal",
            ProviderError::Auth(_) => "auth",
            ProviderError::Unreachable(_) => "unreachable",
        };
        assert_eq!(got, expected, "{event}: {error}");
        assert!(error.to_string().contains("h.example"), "{error}");
    }
}

#[test]
fn too_much_is_given_up() {
    let mut reply = Reply::new(MessageId::from("m"), "m".into());
    let huge = event(&json!([{"text": "x".repeat(MAX_BYTES / 4 + 1)}]));
    let chunks = read(&[huge.clone(), huge.clone(), huge.clone(), huge, finish("STOP")]).unwrap();
    assert!(chunks.into_iter().any(|chunk| reply.take(chunk).is_err()));
}

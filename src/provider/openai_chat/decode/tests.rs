//! Events as the services send them, and as they should not.

use serde_json::json;

use super::*;
use crate::http::sse;
use crate::protocol::{Content, MessageId};
use crate::provider::reply::Reply;

/// What becomes of these events, in a few words: `~` reasoning, `"` answer, `>` calls.
fn read<'a>(events: impl IntoIterator<Item = &'a str>) -> Result<String, ProviderError> {
    let (mut decoder, mut chunks) = (Decoder::new("h.example", true), VecDeque::new());
    let mut reply = Reply::new(MessageId::from("m"), "model".into());
    let mut events = events.into_iter();
    while !decoder.is_whole() {
        match events.next() {
            Some(data) => decoder.read(data, &mut chunks)?,
            None => decoder.end(&mut chunks)?,
        }
    }
    for chunk in chunks {
        reply.take(chunk)?;
    }
    let message = reply.finish()?;
    let mut words: Vec<_> = message.content.iter().map(content).collect();
    let Usage { input, output, cache_read, cache_write } = message.usage;
    words.push(format!("{:?} {input}+{cache_read}+{cache_write}/{output}", message.stop));
    Ok(words.join("\n"))
}

fn content(content: &Content) -> String {
    match content {
        Content::Text { text } => format!("\"{text}\""),
        Content::Thinking { text, signature: None } => format!("~{text}~"),
        Content::Thinking { text, signature: Some(seal) } => format!("~{text}~ {seal}"),
        // An id that was made up is another one each time.
        Content::ToolUse(tool) if tool.id.as_str().len() == 32 => {
            format!("> {} {}", tool.name, tool.input)
        }
        Content::ToolUse(tool) => format!("{}> {} {}", tool.id, tool.name, tool.input),
        other => format!("{other:?}"),
    }
}

/// Events of these deltas, and a proper end.
fn deltas(deltas: &[Value]) -> Vec<String> {
    let event = |delta| json!({"choices": [{"index": 0, "delta": delta}]}).to_string();
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let all = deltas.iter().map(event).chain([end.to_string(), "[DONE]".to_owned()]);
    all.collect()
}

fn said(values: &[Value]) -> String {
    let events = deltas(values);
    let said = read(events.iter().map(String::as_str)).unwrap();
    let (said, _) = said.rsplit_once('\n').unwrap_or_default();
    said.to_owned()
}

macro_rules! wire {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../../../../tests/wire/chat-", $name, ".jsonl")))),*]
    };
}

const RECORDED: [(&str, &str); 11] = wire!(
    "openai",
    "openrouter",
    "deepseek",
    "groq",
    "xai",
    "mistral",
    "alibaba",
    "ollama",
    "lmstudio",
    "llamacpp",
    "vllm"
);

#[test]
fn recorded_streams() {
    let seal = r#"[{"type":"reasoning.text","text":"I must look.","format":"anthropic-claude-v1","index":0,"signature":"c2VhbA=="}]"#;
    let openrouter = format!(
        "~I must look.~ {seal}\n\"I look.\"\ntoolu_01> read {{\"path\":\"a\"}}\nToolUse 100+600+200/40"
    );
    let table = [
        (
            "openai",
            "\"I look — 見る.\"\ncall_a1> read {\"path\":\"ä.txt\"}\ncall_b2> grep {\"pattern\":\"x\"}\n\
             ToolUse 176+1024+0/90",
        ),
        ("openrouter", &openrouter),
        ("deepseek", "~想一想。~\n\"好\"\ncall_00_x> read {}\nToolUse 44+256+0/20"),
        (
            "groq",
            "~Read both.~\nfc_1> read {\"path\":\"a\"}\nfc_2> read {\"path\":\"b\"}\nToolUse 150+0+0/30",
        ),
        (
            "xai",
            "~Both at once.~\n\"I read.\"\ncall_1> read {\"path\":\"a\"}\nToolUse 16+384+0/125",
        ),
        (
            "mistral",
            "~Je réfléchis.~\n\"Voilà.\"\nD681PevKs> read {\"path\":\"a\"}\nToolUse 94+0+0/30",
        ),
        ("alibaba", "~用工具~\ncall_q> read {\"path\":\"a\"}\nToolUse 50+0+0/12"),
        (
            "ollama",
            "~Okay, two.~\ncall_aa> read {\"path\":\"a\"}\ncall_bb> read {\"path\":\"b\"}\nToolUse 80+0+0/33",
        ),
        ("lmstudio", "~\nHm.~\n\"Yes.\"\nEndTurn 12+0+0/7"),
        ("llamacpp", "~Need it~\nYb3> read {\"path\":\"a\"}\nToolUse 10+30+0/20"),
        ("vllm", "~Look~\nfunctions.read:0> read {\"path\":\"a\"}\nToolUse 70+0+0/10"),
    ];
    for ((name, expected), (recorded, text)) in table.iter().zip(RECORDED) {
        assert_eq!(*name, recorded);
        assert_eq!(&read(text.lines()).unwrap(), expected, "{name}");
        // Without the last line, too: not every server ends with it.
        let end = text.trim_end().strip_suffix("[DONE]").unwrap();
        assert_eq!(&read(end.lines()).unwrap(), expected, "{name} without its end");
    }
}

/// The network may cut the stream anywhere: inside a letter, a line end, a number.
#[test]
fn recorded_streams_cut_at_every_byte() {
    for (name, text) in RECORDED {
        let lines = text.lines().map(|line| format!(": PROCESSING\n\ndata: {line}\r\n\r\n"));
        let bytes = lines.collect::<String>().into_bytes();
        let fed = |parts: &[&[u8]]| {
            let (mut decoder, mut events) = (sse::Decoder::default(), VecDeque::new());
            for part in parts {
                decoder.feed(part, &mut events).unwrap();
            }
            events
        };
        let whole = fed(&[&bytes]);
        let expected = read(text.lines()).unwrap();
        assert_eq!(read(whole.iter().map(|event| &*event.data)).unwrap(), expected, "{name}");
        assert_eq!(fed(&bytes.chunks(1).collect::<Vec<_>>()), whole, "{name} byte by byte");
        for at in 0..bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(fed(&[head, tail]), whole, "{name} cut at {at}");
            // What was cut off there and never went on is no whole reply.
            if at % 101 == 0 && !String::from_utf8_lossy(head).contains("\"finish_reason\":\"") {
                let events = fed(&[head]);
                let cut = read(events.iter().map(|event| &*event.data));
                assert!(matches!(cut, Err(ProviderError::Retry { .. })), "{name} at {at}: {cut:?}");
            }
        }
    }
}

fn call(index: impl Into<Value>, id: &str, name: &str, arguments: impl Into<Value>) -> Value {
    let (index, arguments): (Value, Value) = (index.into(), arguments.into());
    json!({"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": arguments}}]})
}

#[test]
fn calls_are_told_apart() {
    let none = || Value::Null;
    let table = [
        (
            "whole calls, all numbered 0",
            vec![call(0, "a", "x", "{}"), call(0, "b", "y", "{}")],
            "a> x {}\nb> y {}",
        ),
        (
            "whole calls, all numbered 0, without names of their own",
            vec![call(0, "", "x", "{\"n\":1}"), call(0, "", "x", "{\"n\":2}")],
            "> x {\"n\":1}\n> x {\"n\":2}",
        ),
        (
            "whole calls without a number, with objects",
            vec![call(none(), "a", "x", json!({"n": 1})), call(none(), "b", "x", json!({"n": 2}))],
            "a> x {\"n\":1}\nb> x {\"n\":2}",
        ),
        (
            "no number: what follows belongs to the last one",
            vec![
                call(none(), "a", "x", "{\"n\""),
                call(none(), "", "", ":1}"),
                call(none(), "b", "y", ""),
                call(none(), "", "", "{}"),
            ],
            "a> x {\"n\":1}\nb> y {}",
        ),
        (
            "the id and the name in each delta",
            vec![call(0, "a", "x", "{\"n\""), call(0, "a", "x", ":1}"), call(0, "a", "x", "")],
            "a> x {\"n\":1}",
        ),
        (
            "the name in each delta, and no id",
            vec![call(0, "", "x", "{\"n\""), call(0, "", "x", ":1}")],
            "> x {\"n\":1}",
        ),
        (
            "a new id in each delta",
            vec![call(0, "a", "x", "{\"n\""), call(0, "b", "", ":1}")],
            "a> x {\"n\":1}",
        ),
        (
            "the same id for two calls",
            vec![call(0, "a", "x", "{}"), call(1, "a", "y", "{}"), call(1, "a", "z", "{}")],
            "a> x {}\n> y {}\n> z {}",
        ),
        (
            "two that take turns",
            vec![
                call(0, "a", "x", "{\"n\""),
                call(1, "b", "y", "{\"m\""),
                call(0, "", "", ":1}"),
                call(1, "", "", ":2}"),
            ],
            "a> x {\"n\":1}\nb> y {\"m\":2}",
        ),
        (
            "the name comes late",
            vec![call(0, "a", "", "{\"n\""), call(0, "", "x", ":1}")],
            "a> x {\"n\":1}",
        ),
        ("never a name", vec![call(0, "a", "", "{}")], "a>  {}"),
        ("no input", vec![call(0, "a", "x", Value::Null)], "a> x {}"),
        ("no JSON", vec![call(0, "a", "x", "{\"n\":")], "a> x \"{\\\"n\\\":\""),
        (
            "brackets in words are none",
            vec![call(0, "", "x", "{\"n\":\"}\\\""), call(0, "", "x", "}\"}")],
            "> x {\"n\":\"}\\\"}\"}",
        ),
        (
            "one that is no list",
            vec![json!({"tool_calls": {"id": "a", "function": {"name": "x", "arguments": "{}"}}})],
            "a> x {}",
        ),
        (
            "as it was before",
            vec![
                json!({"function_call": {"name": "x", "arguments": "{"}}),
                json!({"function_call": {"arguments": "}"}}),
            ],
            "> x {}",
        ),
        (
            "nonsense",
            vec![
                json!({"tool_calls": [7, null, {}, {"index": -1, "function": []}], "function_call": 1}),
                json!({"tool_calls": "x", "content": {"a": 1}, "reasoning": 7, "reasoning_details": [3]}),
                json!([]),
            ],
            "",
        ),
    ];
    for (name, events, expected) in table {
        assert_eq!(said(&events), expected, "{name}");
    }
}

#[test]
fn an_input_may_be_cut_anywhere() {
    let json = "{\"path\":\"ä}.txt\",\"n\":[1,{\"q\":\"\\\"\"}]}";
    for (at, _) in json.char_indices().skip(1) {
        for (id, name) in [("", ""), ("a", "x"), ("", "x"), ("a", "")] {
            let (head, tail) = json.split_at(at);
            let events = [call(0, "a", "x", head), call(0, id, name, tail)];
            assert_eq!(said(&events), format!("a> x {json}"), "cut at {at}, {id:?} {name:?}");
        }
    }
}

#[test]
fn words() {
    let table = [
        (vec![json!({"content": "a"}), json!({"content": "b"})], "\"ab\""),
        // The same under two names is said once.
        (vec![json!({"reasoning": "hm", "reasoning_content": "hm"})], "~hm~"),
        (vec![json!({"thinking": "hm"}), json!({"content": "a"})], "~hm~\n\"a\""),
        (
            vec![json!({"reasoning": "a"}), json!({"content": "b"}), json!({"reasoning": "c"})],
            "~a~\n\"b\"\n~c~",
        ),
        (vec![json!({"content": "<thi"}), json!({"content": "nk>hm</think>a"})], "~hm~\n\"a\""),
        (vec![json!({"content": "<thi"})], "\"<thi\""),
        (vec![json!({"content": "<"}), call(0, "a", "x", "{}")], "\"<\"\na> x {}"),
        (vec![json!({"refusal": "I will not."})], "\"I will not.\""),
        (
            vec![
                json!({"content": ["a", {"type": "text", "text": "b"}, {"thinking": "c"}, {"type": "reference"}, 7]}),
            ],
            "\"ab\"\n~c~",
        ),
        (vec![json!({"content": null, "role": "assistant"})], ""),
    ];
    for (events, expected) in table {
        assert_eq!(said(&events), expected, "{events:?}");
    }
    let details = json!({"reasoning_details": [{"type": "reasoning.summary", "summary": "hm"}, {"type": "reasoning.encrypted", "data": "x", "id": "r"}]});
    assert_eq!(
        said(&[details]),
        r#"~hm~ [{"type":"reasoning.summary","summary":"hm"},{"type":"reasoning.encrypted","data":"x","id":"r"}]"#
    );
    let huge = "x".repeat(1 << 20);
    assert_eq!(said(&[json!({"content": huge})]).len(), huge.len() + 2);
}

#[test]
fn ends() {
    let finish = |reason: &str| {
        json!({"choices": [{"delta": {"content": "a"}, "finish_reason": reason}]}).to_string()
    };
    let zero = r#"{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}}"#;
    let used = r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#;
    let refusal = r#"{"choices":[{"delta":{"refusal":"no"}}]}"#;
    let said = |events: &[&str]| read(events.iter().copied()).unwrap();
    let reasons = [
        ("stop", "EndTurn"),
        ("length", "MaxTokens"),
        // There is no call: the message counts.
        ("tool_calls", "EndTurn"),
        ("content_filter", "Refusal"),
        ("model_length", "ContextFull"),
        ("something_new", "EndTurn"),
    ];
    for (reason, expected) in reasons {
        assert_eq!(said(&[&finish(reason)]), format!("\"a\"\n{expected} 0+0+0/0"), "{reason}");
    }
    let stop = finish("stop");
    let table: [(&[&str], &str); 7] = [
        (&[&stop, used, zero, "[DONE]"], "\"a\"\nEndTurn 5+0+0/2"),
        (&[zero, &stop, zero], "\"a\"\nEndTurn 0+0+0/0"),
        (&[used, &stop, "", "[DONE]", "never read"], "\"a\"\nEndTurn 5+0+0/2"),
        (&[&finish(""), "[DONE]"], "\"a\"\nEndTurn 0+0+0/0"),
        (&[r#"{"choices":[{"delta":{"content":"a"}}]}"#, "[DONE]"], "\"a\"\nEndTurn 0+0+0/0"),
        (&[r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#, "[DONE]"], "EndTurn 0+0+0/0"),
        (&[refusal, &stop], "\"noa\"\nRefusal 0+0+0/0"),
    ];
    for (events, expected) in table {
        assert_eq!(said(events), expected, "{events:?}");
    }
}

#[test]
fn what_is_no_reply() {
    let retry = "retry";
    let table = [
        ("{", retry, "damaged"),
        ("nonsense", retry, "damaged"),
        ("{\"choices\":[{\"delta\":{\"content\":\"a", retry, "damaged"),
        ("7", retry, "cut"),
        ("null", retry, "cut"),
        ("[]", retry, "cut"),
        ("{}", retry, "cut"),
        ("{\"choices\":7}", retry, "cut"),
        ("{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", retry, "cut"),
        ("{\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"\"}]}", retry, "cut"),
        ("{\"choices\":[{\"delta\":{\"refusal\":\"a\"}}]}", retry, "cut"),
        ("[DONE]", retry, "cut"),
        ("{\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}", retry, "error"),
        (
            r#"{"error":{"code":502,"message":"Provider returned error","metadata":{}},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}"#,
            retry,
            "Provider returned",
        ),
        (r#"{"error":{"code":401,"message":"No auth credentials found"}}"#, "auth", "credentials"),
        (r#"{"error":{"code":402,"message":"Insufficient credits"}}"#, "fatal", "credits"),
        (
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens","type":"BadRequestError","code":400}}"#,
            "too long",
            "8192",
        ),
        (
            r#"{"object":"error","message":"engine died","type":"InternalServerError","code":500}"#,
            retry,
            "engine died",
        ),
        (r#"{"error":"model runner has unexpectedly stopped"}"#, retry, "runner"),
    ];
    for (event, expected, word) in table {
        let error = read([event]).unwrap_err();
        let name = match &error {
            ProviderError::Retry { .. } => "retry",
            ProviderError::Unreachable(_) => "unreachable",
            ProviderError::TooLong(_) => "too long",
            ProviderError::NoPictures(_) => "no pictures",
            ProviderError::Auth(_) => "auth",
            ProviderError::Fatal(_) => "fatal",
        };
        let text = error.to_string();
        assert_eq!(name, expected, "{event}: {text}");
        assert!(text.contains(word) && text.contains("h.example"), "{event}: {text}");
    }
}

#[test]
fn too_many_calls_are_passed_over() {
    let calls: Vec<_> = (0..1000).map(|at| call(at, &at.to_string(), "x", "{}")).collect();
    assert_eq!(said(&calls).lines().count(), 512);
}

//! Requests as the service takes them; what stands first keeps its bytes.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::protocol::ToolStatus;
use crate::provider::Catalogue;
use crate::provider::sample::{self, by, outcome, tool, user, uses};

fn assistant(content: Vec<Content>) -> Input {
    by("demo", content)
}

fn request(messages: Vec<Input>) -> Request {
    let schema = json!({"type": "object", "properties": {"z": {}, "a": {}}});
    sample::request("demo", vec![tool("read", schema.clone()), tool("edit", schema)], messages)
}

fn encoded(request: &Request) -> Value {
    serde_json::from_slice(&body(request, History::Whole).unwrap()).unwrap()
}

/// Removes every mark and says where they stood.
fn unmark(value: &mut Value, at: &str, marks: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if map.remove("cache_control").is_some() {
                marks.push(at.to_owned());
            }
            map.iter_mut().for_each(|(key, value)| unmark(value, &format!("{at}/{key}"), marks));
        }
        Value::Array(all) => {
            let all = all.iter_mut().enumerate();
            all.for_each(|(index, value)| unmark(value, &format!("{at}/{index}"), marks));
        }
        _ => {}
    }
}

#[test]
fn a_request_in_full() {
    let request = request(vec![user(&["hello"])]);
    let schema = json!({"type": "object", "properties": {"z": {}, "a": {}}});
    let mark = json!({"type": "ephemeral"});
    assert_eq!(
        String::from_utf8(body(&request, History::Whole).unwrap()).unwrap(),
        json!({
            "model": "demo",
            "max_tokens": 100,
            "stream": true,
            "tools": [
                {"name": "read", "description": "reads", "input_schema": schema},
                {"name": "edit", "description": "reads", "input_schema": schema, "cache_control": mark},
            ],
            "system": [{"type": "text", "text": "be brief", "cache_control": mark}],
            "messages": [{"role": "user", "content": [
                {"type": "text", "text": "hello", "cache_control": mark}
            ]}],
        })
        .to_string()
    );
}

#[test]
fn nothing_empty_is_sent() {
    let bare = Request { system: " ".into(), tools: [].into(), ..request(vec![user(&["a"])]) };
    let body = encoded(&bare);
    assert!(body.get("system").is_none() && body.get("tools").is_none(), "{body}");
}

#[test]
fn newer_models_are_asked_for_a_summary_of_their_reasoning() {
    let request = Request {
        model: Catalogue::bundled().lookup("claude-opus-5-5"),
        ..request(vec![user(&["a"])])
    };
    let expected = json!({"type": "adaptive", "display": "summarized"});
    assert_eq!(encoded(&request)["thinking"], expected);
}

#[test]
fn messages_take_turns() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let result = |id: &str, text: &str| json!({"type": "tool_result", "tool_use_id": id, "content": [{"type": "text", "text": text}]});
    let failed = |id: &str, text: &str| {
        json!({"type": "tool_result", "tool_use_id": id,
               "content": [{"type": "text", "text": text}], "is_error": true})
    };
    let asks = |id: &str, input: Value| json!({"type": "tool_use", "id": id, "name": "read", "input": input});
    let thought = |text: &str, signature: Option<&str>| Content::Thinking {
        text: text.into(),
        signature: signature.map(str::to_owned),
    };
    let say = |role: &str, content: Value| json!({"role": role, "content": content});
    let (hi, a) = (user(&["hi"]), || assistant(vec![Content::text("a")]));
    let first = say("user", json!([text("hi")]));
    let table = [
        (
            "users merge",
            vec![hi.clone(), user(&["you", " \n"]), a(), user(&["b"])],
            json!([
                say("user", json!([text("hi"), text("you")])),
                say("assistant", json!([text("a")])),
                say("user", json!([text("b")]))
            ]),
        ),
        (
            "results stand first",
            vec![
                hi.clone(),
                assistant(vec![uses("c", "read", json!({"p": 1})), uses("d", "read", json!({}))]),
                outcome("c", "read", ToolStatus::Done, "one"),
                user(&["by the way"]),
                outcome("d", "read", ToolStatus::Denied, "no"),
            ],
            json!([
                first,
                say("assistant", json!([asks("c", json!({"p": 1})), asks("d", json!({}))])),
                say("user", json!([result("c", "one"), failed("d", "no"), text("by the way")])),
            ]),
        ),
        (
            "an input is an object, a result has words, a name has letters",
            vec![
                hi.clone(),
                assistant(vec![
                    uses("c:1", "read", json!("{\"a\":")),
                    uses("d", "read", json!([1])),
                    uses("e", "read", Value::Null),
                ]),
                outcome("c:1", "read", ToolStatus::Failed, ""),
            ],
            json!([
                first,
                say(
                    "assistant",
                    json!([
                        asks(&names::call("c:1"), json!({"unparsed": "{\"a\":"})),
                        asks("d", json!({"value": [1]})),
                        asks("e", json!({})),
                    ])
                ),
                say("user", json!([failed(&names::call("c:1"), "(no output)")])),
            ]),
        ),
        (
            "sealed reasoning goes back unchanged, other is left out",
            vec![
                hi.clone(),
                assistant(vec![
                    thought("", Some("s1")),
                    thought("open", None),
                    Content::RedactedThinking { data: "x".into() },
                    Content::text("a"),
                    thought("last", Some("s2")),
                ]),
                user(&["b"]),
            ],
            json!([
                first,
                say(
                    "assistant",
                    json!([
                        {"type": "thinking", "thinking": "", "signature": "s1"},
                        {"type": "redacted_thinking", "data": "x"},
                        text("a"),
                    ])
                ),
                say("user", json!([text("b")])),
            ]),
        ),
        (
            "another model's reasoning is left out",
            vec![hi.clone(), by("other", vec![thought("hm", Some("s")), Content::text("a")])],
            json!([first, say("assistant", json!([text("a")]))]),
        ),
        (
            "a message of which nothing is left is none",
            vec![hi, assistant(vec![thought("hm", Some("s")), Content::text(" ")]), user(&["b"])],
            json!([say("user", json!([text("hi"), text("b")]))]),
        ),
        (
            "a prompt without a word is not left out: the model would speak twice",
            vec![user(&[" "]), a(), user(&[])],
            json!([
                say("user", json!([text(NO_WORDS)])),
                say("assistant", json!([text("a")])),
                say("user", json!([text(NO_WORDS)])),
            ]),
        ),
    ];
    for (name, inputs, expected) in table {
        let mut body = encoded(&request(inputs));
        unmark(&mut body, "", &mut Vec::new());
        assert_eq!(body["messages"], expected, "{name}");
    }
}

#[test]
fn a_history_without_thinking() {
    let sealed = Content::Thinking { text: "hm".into(), signature: Some("s".into()) };
    let redacted = Content::RedactedThinking { data: "x".into() };
    let inputs = vec![user(&["hi"]), assistant(vec![sealed, redacted, Content::text("a")])];
    let body =
        String::from_utf8(body(&request(inputs), History::WithoutThinking).unwrap()).unwrap();
    assert!(!body.contains("thinking") && body.contains("\"a\""), "{body}");
}

#[test]
fn pictures() {
    let image = Image { media_type: "image/png".into(), data: "QUJD".into() };
    let mut shot = ToolOutcome::new(ToolStatus::Done, "a picture");
    shot.image = Some(image.clone());
    let inputs = vec![
        Input::User([Content::Image(image)].into()),
        assistant(vec![uses("c", "read", json!({}))]),
        Input::Result { call: "c".into(), name: "shot".into(), outcome: Arc::new(shot) },
    ];
    let body = encoded(&request(inputs));
    let source = json!({"type": "base64", "media_type": "image/png", "data": "QUJD"});
    assert_eq!(body["messages"][0]["content"][0]["source"], source);
    assert_eq!(body["messages"][2]["content"][0]["content"][1]["source"], source);
}

/// A turn of `rounds` tool calls, each with `calls` calls at once.
fn turn(rounds: usize, calls: usize) -> Vec<Input> {
    let mut inputs = vec![user(&["go"])];
    for round in 0..rounds {
        let id = |call| format!("c{round}-{call}");
        inputs.push(assistant(
            (0..calls).map(|call| uses(&id(call), "read", json!({"n": round}))).collect(),
        ));
        let text = format!("result of {round}\n\"quoted\"");
        inputs.extend((0..calls).map(|call| outcome(&id(call), "read", ToolStatus::Done, &text)));
    }
    inputs
}

#[test]
fn marks_stand_on_tools_system_and_the_last_word_of_the_user() {
    let table = [
        (turn(0, 0), vec!["/tools/1", "/system/0", "/messages/0/content/0"]),
        (turn(3, 2), vec!["/tools/1", "/system/0", "/messages/6/content/1"]),
        // So many calls at once that the service would not look back to the mark before.
        (
            turn(2, 10),
            vec!["/tools/1", "/system/0", "/messages/2/content/9", "/messages/4/content/9"],
        ),
    ];
    for (inputs, expected) in table {
        let mut marks = Vec::new();
        unmark(&mut encoded(&request(inputs)), "", &mut marks);
        assert_eq!(marks, expected);
    }
}

#[test]
fn what_was_sent_is_sent_again_byte_for_byte() {
    let text = |rounds| {
        let body = body(&request(turn(rounds, 2)), History::Whole).unwrap();
        String::from_utf8(body).unwrap()
    };
    let mark = ",\"cache_control\":{\"type\":\"ephemeral\"}";
    for rounds in 0..4 {
        let (now, next) = (text(rounds), text(rounds + 1));
        let (head, messages) = now.split_once("\"messages\":").unwrap();
        let (next_head, next_messages) = next.split_once("\"messages\":").unwrap();
        assert_eq!(head, next_head);
        let kept = messages.replace(mark, "");
        let kept = kept.trim_end_matches("]}");
        let next_kept = next_messages.replace(mark, "");
        assert!(next_kept.starts_with(kept), "{kept}\n{next_kept}");
    }
}

//! Requests as the service takes them; what was sent keeps its bytes.

use std::sync::Arc;

use super::*;
use crate::base::digest;
use crate::protocol::{Effort, ToolOutcome, ToolStatus};
use crate::provider::Catalogue;
use crate::provider::sample::{self, by, outcome, thought, tool, user, uses};

const WHOLE: Form = Form { reasoning: true, summary: true };
const MODEL: &str = "openai/gpt-5.6";

fn assistant(content: Vec<Content>) -> Input {
    by(MODEL, content)
}

fn request(messages: Vec<Input>) -> Request {
    let schema = json!({"type": "object", "properties": {"z": {}, "a": {}}});
    sample::request(MODEL, vec![tool("read", schema)], messages)
}

fn encoded(request: &Request) -> Value {
    serde_json::from_slice(&body(request, WHOLE).unwrap()).unwrap()
}

#[test]
fn a_request_in_full() {
    let request = Request { effort: Some(Effort::High), ..request(vec![user(&["hello"])]) };
    assert_eq!(
        String::from_utf8(body(&request, WHOLE).unwrap()).unwrap(),
        json!({
            "model": "gpt-5.6",
            "stream": true,
            "store": false,
            "include": ["reasoning.encrypted_content"],
            "reasoning": {"effort": "high", "summary": "auto"},
            "max_output_tokens": 100,
            "prompt_cache_key": "s1",
            "tools": [{
                "type": "function", "name": "read", "description": "reads",
                "parameters": {"type": "object", "properties": {"z": {}, "a": {}}},
                "strict": false,
            }],
            "instructions": "be brief",
            "input": [{"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "hello"}
            ]}],
        })
        .to_string()
    );
}

#[test]
fn nothing_empty_is_sent() {
    let bare = Request {
        system: " ".into(),
        tools: [].into(),
        max_output: 0,
        ..request(vec![user(&["a", " "]), user(&[" "]), assistant(vec![Content::text("\n")])])
    };
    let body = encoded(&bare);
    assert!(body.get("instructions").is_none() && body.get("tools").is_none(), "{body}");
    assert_eq!(body["max_output_tokens"], 16);
    let said = |text: &str| {
        json!({"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": text}]})
    };
    assert_eq!(body["input"], json!([said("a"), said(NO_WORDS)]));
}

#[test]
fn reasoning_is_asked_for_where_there_is_any() {
    let table = [
        ("openai/gpt-5.6", None, Some(json!({"summary": "auto"}))),
        ("openai/gpt-5.6", Some(Effort::None), Some(json!({"effort": "none", "summary": "auto"}))),
        (
            "openai/gpt-5-mini",
            Some(Effort::Max),
            Some(json!({"effort": "high", "summary": "auto"})),
        ),
        // It reasons; how much cannot be said.
        ("openai/gpt-5.5", Some(Effort::High), Some(json!({"summary": "auto"}))),
        ("openai/nobody-knows", Some(Effort::High), None),
    ];
    for (model, effort, expected) in table {
        let model = Catalogue::bundled().lookup(model);
        let body = encoded(&Request { model, effort, ..request(vec![user(&["a"])]) });
        assert_eq!(body.get("reasoning"), expected.as_ref(), "{body}");
        assert_eq!(body.get("include").is_some(), expected.is_some(), "{body}");
    }
    let form = Form { summary: false, ..WHOLE };
    let body = body(&request(vec![user(&["a"])]), form).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["reasoning"], json!({}));
}

#[test]
fn what_was_said_becomes_items() {
    let say = |role: &str, kind: &str, texts: &[&str]| {
        let content: Vec<_> =
            texts.iter().map(|text| json!({"type": kind, "text": text})).collect();
        json!({"type": "message", "role": role, "content": content})
    };
    let asks = |id: &str, input: &str| json!({"type": "function_call", "call_id": id, "name": "read", "arguments": input});
    let result = |id: &str, text: &str| json!({"type": "function_call_output", "call_id": id, "output": text});
    let reasoning = |id: &str, parts: &[&str]| {
        let summary: Vec<_> =
            parts.iter().map(|text| json!({"type": "summary_text", "text": text})).collect();
        json!({"type": "reasoning", "id": id, "summary": summary, "encrypted_content": "e"})
    };
    let in_phase = |mut message: Value, phase: &str| {
        message["phase"] = phase.into();
        message
    };
    let (one, two) = (
        r#"{"id":"r1","encrypted_content":"e","summary":[1,1]}"#,
        r#"{"id":"r2","encrypted_content":"e"}"#,
    );
    let long = "c".repeat(65);
    let hi = user(&["hi"]);
    let first = say("user", "input_text", &["hi"]);
    let table = [
        (
            "parallel calls, a word in between",
            vec![
                hi.clone(),
                assistant(vec![
                    Content::text("a"),
                    Content::text("b"),
                    uses("c", "read", json!({"p": 1})),
                    uses("d", "read", json!({})),
                ]),
                outcome("c", "read", ToolStatus::Done, "one"),
                user(&["by the way"]),
                outcome("d", "read", ToolStatus::Denied, " "),
            ],
            json!([
                first,
                say("assistant", "output_text", &["a", "b"]),
                asks("c", "{\"p\":1}"),
                asks("d", "{}"),
                result("c", "one"),
                say("user", "input_text", &["by the way"]),
                result("d", "(no output)"),
            ]),
        ),
        (
            "sealed reasoning goes back as it came and where it was",
            vec![
                hi.clone(),
                assistant(vec![
                    thought("a\n\nb", one),
                    uses("c", "read", json!({})),
                    thought("", two),
                    Content::text("so"),
                    thought("cut", two),
                ]),
            ],
            json!([
                first,
                reasoning("r1", &["a", "b"]),
                asks("c", "{}"),
                reasoning("r2", &[]),
                say("assistant", "output_text", &["so"]),
            ]),
        ),
        (
            "a message keeps its phase",
            vec![
                hi.clone(),
                assistant(vec![
                    thought("", r#"{"phase":"lost"}"#),
                    Content::text("a"),
                    thought("", r#"{"phase":"commentary"}"#),
                    Content::text("b"),
                    thought("", r#"{"phase":"final_answer"}"#),
                ]),
                by(
                    "openai/gpt-5-mini",
                    vec![Content::text("c"), thought("", r#"{"phase":"final_answer"}"#)],
                ),
            ],
            json!([
                first,
                in_phase(say("assistant", "output_text", &["a"]), "commentary"),
                in_phase(say("assistant", "output_text", &["b"]), "final_answer"),
                say("assistant", "output_text", &["c"]),
            ]),
        ),
        (
            "reasoning of others, or not sealed by us, is left out",
            vec![
                hi.clone(),
                by("openai/gpt-5-mini", vec![thought("a", one), Content::text("x")]),
                by(
                    "claude-opus-5-5",
                    vec![Content::RedactedThinking { data: "d".into() }, Content::text("y")],
                ),
                assistant(vec![
                    thought("a", "c2lnbmVk"),
                    Content::Thinking { text: "open".into(), signature: None },
                    Content::text("z"),
                ]),
            ],
            json!([
                first,
                say("assistant", "output_text", &["x"]),
                say("assistant", "output_text", &["y"]),
                say("assistant", "output_text", &["z"]),
            ]),
        ),
        (
            "names and inputs that the service would refuse",
            vec![
                hi.clone(),
                assistant(vec![
                    uses(&long, "re ad", json!("{\"a\":")),
                    uses("e", "", json!([1])),
                    uses("f", "read", Value::Null),
                ]),
                outcome(&long, "read", ToolStatus::Failed, "no"),
            ],
            json!([
                first,
                {"type": "function_call", "call_id": digest::sha256(long.as_bytes()),
                 "name": &*names::tool("re ad"), "arguments": "{\"unparsed\":\"{\\\"a\\\":\"}"},
                {"type": "function_call", "call_id": "e", "name": &*names::tool(""),
                 "arguments": "{\"value\":[1]}"},
                asks("f", "{}"),
                result(&digest::sha256(long.as_bytes()), "no"),
            ]),
        ),
        (
            "a message of which nothing is left is none",
            vec![hi, assistant(vec![thought("a", one)])],
            json!([first]),
        ),
    ];
    for (name, inputs, expected) in table {
        assert_eq!(encoded(&request(inputs))["input"], expected, "{name}");
    }
}

#[test]
fn a_history_without_reasoning() {
    let seal = r#"{"id":"r1","encrypted_content":"e"}"#;
    let inputs = vec![user(&["hi"]), assistant(vec![thought("a", seal), Content::text("b")])];
    let form = Form { reasoning: false, ..WHOLE };
    let body: Value = serde_json::from_slice(&body(&request(inputs), form).unwrap()).unwrap();
    assert_eq!(body["input"].as_array().unwrap().len(), 2, "{body}");
    assert_eq!(body["reasoning"], json!({"summary": "auto"}));
}

#[test]
fn pictures() {
    let image = Image { media_type: "image/png".into(), data: "QUJD".into() };
    let mut shot = ToolOutcome::new(ToolStatus::Done, "a picture");
    shot.image = Some(image.clone());
    let inputs = vec![
        Input::User([Content::text("see"), Content::Image(image)].into()),
        assistant(vec![uses("c", "shot", json!({}))]),
        Input::Result { call: "c".into(), name: "shot".into(), outcome: Arc::new(shot) },
    ];
    let body = encoded(&request(inputs));
    let picture = json!({"type": "input_image", "image_url": "data:image/png;base64,QUJD",
                         "detail": "auto"});
    assert_eq!(body["input"][0]["content"][1], picture);
    assert_eq!(
        body["input"][2]["output"],
        json!([{"type": "input_text", "text": "a picture"}, picture])
    );
}

#[test]
fn what_was_sent_is_sent_again_byte_for_byte() {
    let text = |rounds: usize| {
        let mut inputs = vec![user(&["go"])];
        for round in 0..rounds {
            let id = format!("c{round}");
            inputs.push(assistant(vec![uses(&id, "read", json!({"z": round, "a": "\"\n"}))]));
            inputs.push(outcome(&id, "read", ToolStatus::Done, "result\n\"quoted\""));
        }
        String::from_utf8(body(&request(inputs), WHOLE).unwrap()).unwrap()
    };
    for rounds in 0..4 {
        let (now, next) = (text(rounds), text(rounds + 1));
        assert!(next.starts_with(now.trim_end_matches("]}")), "{now}\n{next}");
    }
}

//! Requests as the service takes them; what was sent keeps its bytes.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::protocol::{ToolOutcome, ToolStatus};
use crate::provider::Catalogue;
use crate::provider::sample::{self, by, outcome, thought, tool, user, uses};

const MODEL: &str = "google/gemini-3.8-flash";

fn assistant(content: Vec<Content>) -> Input {
    by(MODEL, content)
}

fn request(messages: Vec<Input>) -> Request {
    let schema = json!({"type": "object", "properties": {"z": {"type": "integer"}, "a": true},
                        "additionalProperties": false, "required": ["z"]});
    let tools = vec![tool("read", schema), tool("now", json!({"type": "object"}))];
    sample::request(MODEL, tools, messages)
}

fn encoded(request: &Request) -> Value {
    serde_json::from_slice(&body(request, History::Whole).unwrap()).unwrap()
}

#[test]
fn a_request_in_full() {
    let request = Request { effort: Some(Effort::High), ..request(vec![user(&["hello"])]) };
    assert_eq!(
        String::from_utf8(body(&request, History::Whole).unwrap()).unwrap(),
        json!({
            "systemInstruction": {"parts": [{"text": "be brief"}]},
            "tools": [{"functionDeclarations": [
                {"name": "read", "description": "reads", "parameters": {
                    "type": "OBJECT",
                    "properties": {"z": {"type": "INTEGER"}, "a": {"type": "STRING"}},
                    "required": ["z"]}},
                {"name": "now", "description": "reads"},
            ]}],
            "generationConfig": {
                "maxOutputTokens": 100,
                "thinkingConfig": {"includeThoughts": true, "thinkingLevel": "high"},
            },
            "contents": [{"role": "user", "parts": [{"text": "hello"}]}],
        })
        .to_string()
    );
}

#[test]
fn nothing_empty_is_sent() {
    let bare = Request {
        system: " ".into(),
        tools: [].into(),
        ..request(vec![user(&["a", " "]), assistant(vec![Content::text("\n")]), user(&["b"])])
    };
    let body = encoded(&bare);
    assert!(body.get("systemInstruction").is_none() && body.get("tools").is_none(), "{body}");
    let parts = json!([{"text": "a"}, {"text": "b"}]);
    assert_eq!(body["contents"], json!([{"role": "user", "parts": parts}]));
}

#[rustfmt::skip]
#[test]
fn thinking_is_steered_as_the_model_knows_it() {
    let table = [
        ("google/gemini-3.8-flash",  None,                Some(json!({"includeThoughts": true}))),
        ("google/gemini-3.8-flash",  Some(Effort::None),  Some(json!({"includeThoughts": true, "thinkingLevel": "low"}))),
        ("google/gemini-3.8-flash",  Some(Effort::Max),   Some(json!({"includeThoughts": true, "thinkingLevel": "high"}))),
        ("google/gemini-3.5-flash",  Some(Effort::Max),   Some(json!({"includeThoughts": true}))),
        ("google/gemini-2.5-pro",    None,                Some(json!({"includeThoughts": true}))),
        ("google/gemini-2.5-pro",    Some(Effort::None),  Some(json!({"includeThoughts": true, "thinkingBudget": 128}))),
        ("google/gemini-2.5-pro",    Some(Effort::Medium), Some(json!({"includeThoughts": true, "thinkingBudget": 8192}))),
        ("google/gemini-2.5-pro",    Some(Effort::Max),   Some(json!({"includeThoughts": true, "thinkingBudget": 32768}))),
        ("google/gemini-2.5-flash",  Some(Effort::None),  Some(json!({"includeThoughts": false, "thinkingBudget": 0}))),
        ("google/nobody-knows",      Some(Effort::High),  None),
    ];
    for (model, effort, expected) in table {
        let request = Request { model: Catalogue::bundled().lookup(model), effort, ..request(vec![user(&["a"])]) };
        let body = encoded(&request);
        assert_eq!(body["generationConfig"].get("thinkingConfig"), expected.as_ref(), "{model} {effort:?}");
    }
}

#[test]
fn what_was_said_becomes_contents() {
    let say = |role: &str, parts: Value| json!({"role": role, "parts": parts});
    let text = |text: &str| json!({"text": text});
    let asks = |id: &str, args: Value, seal: &str| {
        let mut part = json!({"functionCall": {"id": id, "name": "read", "args": args}});
        if !seal.is_empty() {
            part["thoughtSignature"] = seal.into();
        }
        part
    };
    let result = |id: &str, key: &str, text: &str| json!({"functionResponse": {"id": id, "name": "read", "response": {key: text}}});
    let hi = user(&["hi"]);
    let first = say("user", json!([text("hi")]));
    let table = [
        (
            "parallel calls, a word in between",
            vec![
                hi.clone(),
                assistant(vec![
                    thought("", "s"),
                    uses("c", "read", json!({"p": 1})),
                    uses("d", "read", json!({})),
                ]),
                outcome("c", "read", ToolStatus::Done, "one"),
                user(&["by the way"]),
                outcome("d", "read", ToolStatus::Denied, " "),
            ],
            json!([
                first,
                say("model", json!([asks("c", json!({"p": 1}), "s"), asks("d", json!({}), "")])),
                say(
                    "user",
                    json!([
                        result("c", "output", "one"),
                        result("d", "error", "(no output)"),
                        text("by the way"),
                    ])
                ),
            ]),
        ),
        (
            "each seal goes back on its own part",
            vec![
                hi.clone(),
                assistant(vec![
                    thought("hm", "s1"),
                    thought("not sealed", ""),
                    Content::text("a"),
                    thought("", "text:s2"),
                    thought("", "s3"),
                    uses("c", "read", json!({})),
                    thought("cut", "s4"),
                ]),
            ],
            json!([
                first,
                say(
                    "model",
                    json!([
                        {"text": "hm", "thought": true, "thoughtSignature": "s1"},
                        {"text": "a", "thoughtSignature": "s2"},
                        asks("c", json!({}), "s3"),
                    ])
                ),
            ]),
        ),
        (
            "a seal without its part is left out",
            vec![
                hi.clone(),
                assistant(vec![
                    thought("", "text:s1"),
                    thought("", "s2"),
                    Content::text("a"),
                    thought("", "s3"),
                ]),
            ],
            json!([first, say("model", json!([text("a")]))]),
        ),
        (
            "the calls of others have the seal that is none",
            vec![
                hi.clone(),
                by(
                    "claude-opus-5-5",
                    vec![
                        thought("hm", "s"),
                        Content::RedactedThinking { data: "d".into() },
                        uses("c", "read", json!({})),
                        uses("d", "read", json!({})),
                    ],
                ),
                outcome("c", "read", ToolStatus::Done, "one"),
                outcome("d", "read", ToolStatus::Done, "two"),
            ],
            json!([
                first,
                say("model", json!([asks("c", json!({}), NO_SEAL), asks("d", json!({}), "")])),
                say("user", json!([result("c", "output", "one"), result("d", "output", "two")])),
            ]),
        ),
        (
            "names and inputs that the service would refuse",
            vec![
                hi.clone(),
                assistant(vec![
                    thought("", "s"),
                    uses("c", "1 re:ad", json!("{\"a\":")),
                    uses("e", "read", json!([1])),
                    uses("f", "read", Value::Null),
                ]),
            ],
            json!([
                first,
                say(
                    "model",
                    json!([
                        {"functionCall": {"id": "c", "name": &*names::tool("1 re:ad"),
                         "args": {"unparsed": "{\"a\":"}}, "thoughtSignature": "s"},
                        asks("e", json!({"value": [1]}), ""),
                        asks("f", json!({}), ""),
                    ])
                ),
            ]),
        ),
        (
            "a message of which nothing is left is none",
            vec![hi, assistant(vec![thought("hm", "s")]), user(&["b"])],
            json!([say("user", json!([text("hi"), text("b")]))]),
        ),
    ];
    for (name, inputs, expected) in table {
        assert_eq!(encoded(&request(inputs))["contents"], expected, "{name}");
    }
}

#[test]
fn a_history_without_seals() {
    let history = |model: &str| {
        let said = vec![
            thought("hm", "s1"),
            Content::text("a"),
            thought("", "text:s2"),
            thought("", "s3"),
            uses("c", "read", json!({})),
        ];
        let model = Catalogue::bundled().lookup(model);
        let inputs = vec![user(&["hi"]), by(&model.id.0, said)];
        let body = body(&Request { model, ..request(inputs) }, History::WithoutThinking).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        body["contents"][1]["parts"].clone()
    };
    let call = json!({"id": "c", "name": "read", "args": {}});
    let sealed = json!([{"text": "a"}, {"functionCall": call, "thoughtSignature": NO_SEAL}]);
    assert_eq!(history(MODEL), sealed);
    assert_eq!(history("google/nobody-knows"), sealed);
    assert_eq!(history("google/gemini-2.5-pro"), json!([{"text": "a"}, {"functionCall": call}]));
}

#[test]
fn pictures() {
    let image = Image { media_type: "image/png".into(), data: "QUJD".into() };
    let mut shot = ToolOutcome::new(ToolStatus::Done, "a picture");
    shot.image = Some(image.clone());
    let inputs = vec![
        Input::User([Content::text("see"), Content::Image(image)].into()),
        assistant(vec![uses("c", "shot", json!({})), uses("d", "read", json!({}))]),
        Input::Result { call: "c".into(), name: "shot".into(), outcome: Arc::new(shot) },
        outcome("d", "read", ToolStatus::Done, "two"),
    ];
    let body = encoded(&request(inputs));
    let picture = json!({"inlineData": {"mimeType": "image/png", "data": "QUJD"}});
    assert_eq!(body["contents"][0]["parts"][1], picture);
    let parts = &body["contents"][2]["parts"];
    assert_eq!(parts[0]["functionResponse"]["response"], json!({"output": "a picture"}));
    assert_eq!(parts[1], picture);
    assert_eq!(parts[2]["functionResponse"]["id"], "d");
}

#[test]
fn what_was_sent_is_sent_again_byte_for_byte() {
    let text = |rounds: usize| {
        let mut inputs = vec![user(&["go"])];
        for round in 0..rounds {
            let id = format!("c{round}");
            let asked = uses(&id, "read", json!({"z": round, "a": "\"\n"}));
            inputs.push(assistant(vec![thought("", "s"), asked]));
            inputs.push(outcome(&id, "read", ToolStatus::Done, "result\n\"quoted\""));
        }
        String::from_utf8(body(&request(inputs), History::Whole).unwrap()).unwrap()
    };
    for rounds in 0..4 {
        let (now, next) = (text(rounds), text(rounds + 1));
        assert!(next.starts_with(now.trim_end_matches("]}")), "{now}\n{next}");
    }
}

//! Requests as the services take them.

use std::sync::Arc;

use super::*;
use crate::protocol::{Content, Image, ToolOutcome, ToolStatus};
use crate::provider::sample::{self, by, outcome, thought, tool, user, uses};
use crate::provider::{Catalogue, Input, Model};

fn assistant(content: Vec<Content>) -> Input {
    by("h/m", content)
}

fn done(call: &str, text: &str) -> Input {
    outcome(call, "read", ToolStatus::Done, text)
}

fn image() -> Image {
    Image { media_type: "image/png".into(), data: "QUJD".into() }
}

fn shot(call: &str) -> Input {
    let mut outcome = ToolOutcome::new(ToolStatus::Done, "a picture");
    outcome.image = Some(image());
    Input::Result { call: call.into(), name: "shot".into(), outcome: Arc::new(outcome) }
}

fn model(name: &str, images: bool) -> Arc<Model> {
    let model = (*Catalogue::bundled().lookup("demo")).clone();
    let (id, vendor) = ("h/m".into(), "h".into());
    Arc::new(Model { id, vendor, name: name.into(), images, ..model })
}

fn request(messages: Vec<Input>) -> Request {
    let schema = json!({"type": "object", "properties": {"z": {}, "a": {}}});
    let tools = vec![tool("read", schema), tool("list all", json!({"type": "object"}))];
    Request { model: model("m", true), ..sample::request("demo", tools, messages) }
}

fn encoded(service: &str, request: &Request) -> Value {
    serde_json::from_slice(&body(request, Quirks::of(service)).unwrap()).unwrap()
}

fn messages(service: &str, inputs: Vec<Input>) -> Value {
    let request = Request { system: "".into(), ..request(inputs) };
    encoded(service, &request)["messages"].take()
}

#[test]
fn a_request_in_full() {
    let tools = json!([
        {"type": "function", "function": {"name": "read", "description": "reads",
         "parameters": {"type": "object", "properties": {"z": {}, "a": {}}}}},
        {"type": "function", "function": {"name": &*names::tool("list all"), "description": "reads",
         "parameters": {"type": "object", "properties": {}}}},
    ]);
    let request = request(vec![user(&["hello"])]);
    let text = |service| String::from_utf8(body(&request, Quirks::of(service)).unwrap()).unwrap();
    let expected = json!({
        "model": "m",
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_tokens": 100,
        "tools": tools,
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "hello"},
        ],
    });
    assert_eq!(text("gateway"), expected.to_string());
    let expected = json!({
        "model": "m",
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_completion_tokens": 100,
        "prompt_cache_key": "s1",
        "tools": tools,
        "messages": [
            {"role": "developer", "content": "be brief"},
            {"role": "user", "content": "hello"},
        ],
    });
    assert_eq!(text("openai"), expected.to_string());
}

#[test]
fn what_each_service_is_told() {
    let request = request(vec![user(&["hello"])]);
    let table = [
        // service    limit                    usage  role
        ("openrouter", "max_tokens", true, "system"),
        ("deepseek", "max_tokens", true, "system"),
        ("groq", "max_completion_tokens", true, "system"),
        ("xai", "max_completion_tokens", true, "system"),
        ("mistral", "max_tokens", false, "system"),
        ("alibaba", "max_tokens", true, "system"),
        ("ollama", "max_tokens", true, "system"),
        ("lmstudio", "max_tokens", true, "system"),
        ("llamacpp", "max_tokens", true, "system"),
        ("vllm", "max_tokens", true, "system"),
    ];
    for (service, limit, usage, role) in table {
        let body = encoded(service, &request);
        let limits: Vec<_> =
            body.as_object().unwrap().keys().filter(|key| key.starts_with("max_")).collect();
        assert_eq!(limits, [limit], "{service}");
        assert_eq!(body.get("stream_options").is_some(), usage, "{service}");
        assert_eq!(body["messages"][0]["role"], role, "{service}");
    }
}

#[test]
fn nothing_empty_or_useless_is_sent() {
    let plain = Arc::new(Model { tools: false, ..(*model("m", false)).clone() });
    let bare = request(vec![user(&["a"])]);
    let window = plain.window;
    let bare = Request { system: " ".into(), model: plain, max_output: window, ..bare };
    let expected = json!({"model": "m", "stream": true, "stream_options": {"include_usage": true},
                          "messages": [{"role": "user", "content": "a"}]});
    assert_eq!(encoded("gateway", &bare), expected);
}

fn asks(calls: &[(&str, &str)]) -> Value {
    let call = |(id, arguments): &(&str, &str)| json!({"id": id, "type": "function", "function": {"name": "read", "arguments": arguments}});
    json!({"role": "assistant", "content": null, "tool_calls": calls.iter().map(call).collect::<Vec<_>>()})
}

fn answers(id: &str, text: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": text})
}

fn says(role: &str, text: &str) -> Value {
    json!({"role": role, "content": text})
}

#[test]
fn messages_take_turns() {
    let hi = || user(&["hi"]);
    let table = [
        (
            "users merge",
            vec![hi(), user(&["you", " \n"]), assistant(vec![Content::text("a")]), user(&["b"])],
            vec![says("user", "hi\n\nyou"), says("assistant", "a"), says("user", "b")],
        ),
        (
            "each call has one result, right after it and in order",
            vec![
                hi(),
                assistant(vec![
                    uses("c", "read", json!({"p": 1})),
                    uses("d", "read", json!({})),
                    uses("e", "read", json!({})),
                ]),
                outcome("d", "read", ToolStatus::Denied, "no"),
                done("c", "one"),
                done("c", "again"),
                done("x", "for nobody"),
                user(&["go on"]),
                done("e", "too late"),
            ],
            vec![
                says("user", "hi"),
                asks(&[("c", "{\"p\":1}"), ("d", "{}"), ("e", "{}")]),
                answers("c", "one"),
                answers("d", "Error: no"),
                answers("e", "This call was not run."),
                says("user", "go on"),
            ],
        ),
        (
            "an input is an object, a result has words",
            vec![
                assistant(vec![
                    uses("c", "read", json!("{\"a\":")),
                    uses("d", "read", json!([1])),
                    uses("e", "read", Value::Null),
                ]),
                outcome("c", "read", ToolStatus::Failed, " "),
                outcome("d", "read", ToolStatus::Failed, "error: bad"),
                done("e", "fine"),
            ],
            vec![
                asks(&[
                    ("c", "{\"unparsed\":\"{\\\"a\\\":\"}"),
                    ("d", "{\"value\":[1]}"),
                    ("e", "{}"),
                ]),
                answers("c", "Error: (no output)"),
                answers("d", "error: bad"),
                answers("e", "fine"),
            ],
        ),
        (
            "a message of which nothing is left is none",
            vec![hi(), assistant(vec![thought("hm", ""), Content::text(" ")]), user(&["b"])],
            vec![says("user", "hi\n\nb")],
        ),
    ];
    for (name, inputs, expected) in table {
        assert_eq!(messages("gateway", inputs), Value::from(expected), "{name}");
    }
}

#[test]
fn two_calls_of_one_name_stay_two() {
    let inputs = vec![
        assistant(vec![uses("c", "read", json!({})), uses("c", "read", json!({}))]),
        done("c", "one"),
        done("c", "two"),
    ];
    let got = messages("gateway", inputs);
    let ids = [&got[0]["tool_calls"][0]["id"], &got[0]["tool_calls"][1]["id"]];
    assert_ne!(ids[0], ids[1]);
    for (at, (id, text)) in ids.into_iter().zip(["one", "two"]).enumerate() {
        assert_eq!((&got[at + 1]["tool_call_id"], &got[at + 1]["content"]), (id, &json!(text)));
    }
}

#[test]
fn mistral_takes_nine_letters_and_no_user_after_tools() {
    let inputs = vec![
        by("anthropic/other", vec![uses("toolu_01ABC", "read", json!({}))]),
        done("toolu_01ABC", "one"),
        user(&["and?"]),
    ];
    let got = messages("mistral", inputs);
    let id = got[0]["tool_calls"][0]["id"].as_str().unwrap();
    assert!(id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
    assert_eq!(got[1]["tool_call_id"], id);
    assert_eq!(got[2]["role"], "assistant");
    assert_eq!(got[3], says("user", "and?"));
}

#[test]
fn pictures() {
    let link = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}});
    let text = |text: &str| json!({"type": "text", "text": text});
    let inputs = || {
        vec![
            Input::User([Content::text("see"), Content::Image(image())].into()),
            assistant(vec![uses("c", "read", json!({})), uses("d", "read", json!({}))]),
            shot("c"),
            done("d", "two"),
            user(&["well?"]),
        ]
    };
    let seen = messages("gateway", inputs());
    assert_eq!(seen[0]["content"], json!([text("see"), link]));
    assert_eq!(seen[2], answers("c", "a picture\n\n[The picture follows.]"));
    assert_eq!(seen[3], answers("d", "two"));
    let shown = json!([text("Shown by the tools:"), link, text("well?")]);
    assert_eq!(seen[4], json!({"role": "user", "content": shown}));
    assert_eq!(seen.as_array().unwrap().len(), 5);

    let within = messages("mistral", inputs());
    assert_eq!(within[2]["content"], json!([text("a picture"), link]));
}

#[test]
fn reasoning_goes_back_where_it_is_wanted() {
    let seal = r#"[{"type":"reasoning.text","text":"hm","id":"r1"},{"type":"reasoning.encrypted","data":"x"}]"#;
    let unsigned = r#"[{"type":"reasoning.text","text":"hm","format":"anthropic-claude-v1"}]"#;
    let asking = |model: &str, seal: &str| {
        by(model, vec![thought("hm", seal), Content::text("a"), uses("c", "read", json!({}))])
    };
    let own = |seal| vec![asking("h/m", seal), done("c", "one")];
    let other = || vec![asking("h/other", seal), done("c", "one")];
    let plain = || vec![by("h/m", vec![thought("hm", ""), Content::text("a")])];
    let none = json!({});
    let content = |text: &str| json!({"reasoning_content": text});
    let words = json!({"reasoning": "hm"});
    let details: Value = serde_json::from_str(seal).unwrap();
    let table = [
        ("openai", own(""), none.clone()),
        ("mistral", own(""), none.clone()),
        ("groq", own(""), none.clone()),
        ("deepseek", own(""), content("hm")),
        ("deepseek", other(), content("")),
        ("deepseek", plain(), none.clone()),
        ("llamacpp", own(""), content("hm")),
        ("llamacpp", other(), none.clone()),
        ("ollama", own(""), words.clone()),
        ("ollama", plain(), none.clone()),
        ("vllm", own(""), words),
        ("openrouter", own(seal), json!({"reasoning_details": details})),
        ("openrouter", other(), none.clone()),
        ("openrouter", own(""), none.clone()),
        ("openrouter", own("no JSON"), none.clone()),
        ("openrouter", own(unsigned), none.clone()),
    ];
    for (service, inputs, expected) in table {
        let got = messages(service, inputs.clone());
        let mut got = got[0].as_object().unwrap().clone();
        got.retain(|key, _| key.starts_with("reasoning"));
        assert_eq!(Value::from(got), expected, "{service} {inputs:?}");
    }
    // The same piece is not said twice.
    let again = r#"[{"type":"reasoning.text","text":"hm","id":"r1"}]"#;
    let rest = json!([{"type": "reasoning.encrypted", "data": "x"}]);
    for (second, left) in [(seal, rest), (again, Value::Null)] {
        let got = messages("openrouter", [own(seal), own(second)].concat());
        assert_eq!(got[2].get("reasoning_details").unwrap_or(&Value::Null), &left, "{second}");
    }
}

#[test]
fn marks_for_the_cache_of_anthropic() {
    let inputs =
        || vec![user(&["hi"]), assistant(vec![uses("c", "read", json!({}))]), done("c", "one")];
    let mark = json!({"type": "ephemeral"});
    let part = |text: &str| json!([{"type": "text", "text": text, "cache_control": mark}]);
    let claude = Request { model: model("anthropic/claude-sonnet-4.5", true), ..request(inputs()) };
    let got = encoded("openrouter", &claude);
    assert_eq!(got["messages"][0]["content"], part("be brief"));
    assert_eq!(got["messages"][1]["content"], part("hi"));
    assert_eq!(got["messages"][3]["cache_control"], mark);
    let other = encoded("openrouter", &request(inputs())).to_string();
    let elsewhere = encoded("gateway", &claude).to_string();
    assert!(!other.contains("cache_control") && !elsewhere.contains("cache_control"));
}

#[test]
fn what_was_sent_is_sent_again_byte_for_byte() {
    let turn = |rounds: usize| {
        let rounds = (0..rounds).flat_map(|round| {
            let id = format!("c{round}");
            [assistant(vec![uses(&id, "read", json!({"n": round}))]), done(&id, "words")]
        });
        [user(&["go"])].into_iter().chain(rounds).collect::<Vec<_>>()
    };
    for service in ["gateway", "openai", "deepseek", "mistral"] {
        let text = |rounds| {
            let body = body(&request(turn(rounds)), Quirks::of(service)).unwrap();
            String::from_utf8(body).unwrap()
        };
        for rounds in 0..4 {
            let (now, next) = (text(rounds), text(rounds + 1));
            assert!(next.starts_with(now.trim_end_matches("]}")), "{service}\n{now}\n{next}");
        }
    }
}

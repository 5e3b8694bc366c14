//! Another model in the middle of a session: what one service said, every other one can read.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use claw::engine::{Handle, Start};
use claw::protocol::{
    Content, Effort, Image, Message, Op, StopReason, ToolOutcome, ToolSpec, ToolStatus, ToolUse,
    Usage,
};
use claw::provider::catalogue::Wire;
use claw::provider::{Auth, Catalogue, Input, Provider, ProviderError, Request, Router, Service};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::messages::{Received, Reply, Server};
use crate::support::published::complaints;
use crate::support::session::{Session, Wish, setup};
use crate::support::wires::{Part, reply};

/// Wire, vendor, model.
const STOPS: [(Wire, &str, &str); 4] = [
    (Wire::Messages, "anthropic", "claude-sonnet-5-5"),
    (Wire::Responses, "openai", "openai/gpt-5.6"),
    (Wire::Gemini, "google", "google/gemini-3.8-flash"),
    (Wire::Chat, "openrouter", "openrouter/anthropic/claude-sonnet-4.5"),
];

fn service(name: &str, wire: Wire, server: &Server) -> Service {
    let auth = Auth::Key("test-key".into());
    Service { base_url: Some(server.url()), auth, ..Service::new(name, wire) }
}

/// Refuses what is not as the vendor publishes it, in a way that is not tried again.
fn judged(wire: Wire, received: &Received, reply: impl FnOnce() -> Reply) -> Reply {
    let body = received.json();
    let wrong = complaints(wire, &body);
    if wrong.is_empty() {
        return reply();
    }
    Reply::status(418).body(format!("{}\n{body:#}", wrong.join("\n")))
}

fn thought(vendor: &str) -> String {
    format!("thought by {vendor}")
}

fn seal(vendor: &str) -> String {
    format!("SEAL{vendor}")
}

#[tokio::test]
async fn a_session_goes_from_service_to_service() {
    let servers = STOPS.map(|(wire, vendor, _)| {
        let read = |id: &'static str, path: &str| Part::Call(id, "read", json!({"path": path}));
        // The names of calls as each service makes them, and all are odd to some other one.
        let id = match wire {
            Wire::Messages => "toolu_01AbC",
            Wire::Responses => "call_with_a_name_that_is_longer_than_forty_letters",
            Wire::Gemini => "gemini/fc 1",
            Wire::Chat => "functions.read:0",
        };
        let (thought, seal) = (thought(vendor), seal(vendor));
        let asks = [
            Part::Thought(&thought, &seal),
            Part::Text("I look."),
            read(id, "a.txt"),
            read("call_2", "p.png"),
        ];
        let replies = VecDeque::from([
            reply(wire, &asks),
            reply(wire, &[Part::Text("Seen.")]),
            reply(wire, &[Part::Text("Seen again.")]),
        ]);
        let replies = Mutex::new(replies);
        Server::answering(move |received| {
            judged(wire, received, || replies.lock().unwrap().pop_front().unwrap())
        })
    });
    let services: Vec<_> = STOPS
        .iter()
        .zip(&servers)
        .map(|((wire, name, _), server)| service(name, *wire, server))
        .collect();
    let router = Router::new(move |name| {
        let found = services.iter().find(|service| &*service.name == name);
        found.cloned().ok_or_else(|| ProviderError::Auth(format!("no {name}")))
    });

    let dir = tempfile::tempdir().unwrap();
    let mut setup = setup(dir.path(), Arc::new(router), &Wish::default());
    setup.model = STOPS[0].2.into();
    std::fs::write(setup.root.join("a.txt"), "one\ntwo\n").unwrap();
    std::fs::write(setup.root.join("p.png"), b"\x89PNG\r\n\x1a\n12").unwrap();
    let mut session = Session::open(dir, Handle::new(setup), Start::New).await;
    for at in [0, 1, 2, 3, 0] {
        session.send(Op::SetModel { model: STOPS[at].2.into() });
        let picture = Image { media_type: "image/png".into(), data: "aGk=".into() };
        let content = vec![Content::text("look at these"), Content::Image(picture)];
        session.send(Op::Prompt { content });
        let stop = session.stop().await;
        assert_eq!(stop, StopReason::EndTurn, "{}", STOPS[at].1);
    }

    for ((_, vendor, _), server) in STOPS.iter().zip(&servers) {
        let requests: Vec<_> = server
            .requests()
            .iter()
            .map(|it| String::from_utf8(it.body.clone()).unwrap())
            .collect();
        assert_eq!(requests.len(), if *vendor == "anthropic" { 3 } else { 2 }, "{vendor}");
        for (at, body) in requests.iter().enumerate() {
            for (_, other, _) in STOPS {
                // Its own reasoning comes back from the second request on, and nobody else's ever.
                let own = other == *vendor && at > 0;
                assert_eq!(body.contains(&seal(other)), own, "{vendor} {at}: {other}\n{body}");
                assert_eq!(body.contains(&thought(other)), own, "{vendor} {at}: {other}\n{body}");
            }
        }
        assert!(requests[1].contains("two"), "{vendor} was not told what the tool read");
    }
    let last = &servers[0].requests()[2].json();
    let calls = last.to_string().matches("\"tool_use\"").count();
    assert_eq!(calls, 8, "all calls of the session: {last:#}");
}

/// One block of what a model said.
#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    /// The words, and which sort of seal.
    Thought(bool, Option<usize>),
    Redacted,
    /// Its name, the tool's, the input, and what came of it.
    Call(String, String, Value, Arc<ToolOutcome>),
}

/// One step of a session.
#[derive(Debug, Clone)]
enum Step {
    Prompt(Vec<Content>),
    /// By which model; cancelled before its calls were made?
    Reply(usize, bool, Vec<Piece>),
}

fn words() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", " \n\t", "words", "ä 見る", "{\"a\":1}", "error: no"])
        .prop_map(str::to_owned)
}

fn odd_name() -> impl Strategy<Value = String> {
    let fixed = ["read", "a b", "", "ä見", "mcp.server:tool", "9lives", "a\nb", "functions.read:0"];
    prop_oneof![
        prop::sample::select(fixed.to_vec()).prop_map(str::to_owned),
        (1_usize..256).prop_map(|length| "x".repeat(length)),
        (35_usize..70, any::<u8>()).prop_map(|(length, end)| format!("{:_<length$}{end}", "call")),
    ]
}

fn input() -> impl Strategy<Value = Value> {
    let all = [
        json!({"path": "a"}),
        json!({}),
        Value::Null,
        json!("{\"path\": unparsable"),
        json!("ä".repeat(900)),
        json!([1, "two"]),
        json!(7),
        json!(true),
    ];
    prop::sample::select(all.to_vec())
}

fn picture() -> Image {
    Image { media_type: "image/png".into(), data: "aGk=".into() }
}

fn outcome() -> impl Strategy<Value = Arc<ToolOutcome>> {
    use ToolStatus::{Cancelled, Denied, Done, Failed};
    let status = prop::sample::select(vec![Done, Failed, Denied, Cancelled]);
    (status, words(), any::<bool>()).prop_map(|(status, text, shows)| {
        let image = shows.then(picture);
        Arc::new(ToolOutcome { image, ..ToolOutcome::new(status, text) })
    })
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        words().prop_map(Piece::Text),
        (any::<bool>(), prop::option::of(0_usize..5))
            .prop_map(|(says, seal)| Piece::Thought(says, seal)),
        Just(Piece::Redacted),
        (odd_name(), odd_name(), input(), outcome())
            .prop_map(|(id, name, input, outcome)| Piece::Call(id, name, input, outcome)),
    ]
}

fn prompt() -> impl Strategy<Value = Vec<Content>> {
    let content = prop_oneof![
        3 => words().prop_map(Content::text),
        1 => Just(Content::Image(picture())),
    ];
    prop::collection::vec(content, 0..3)
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => prompt().prop_map(Step::Prompt),
        3 => (0..STOPS.len(), any::<bool>(), prop::collection::vec(piece(), 0..5))
            .prop_map(|(by, cancelled, pieces)| Step::Reply(by, cancelled, pieces)),
    ];
    (prompt(), prop::collection::vec(step, 0..8)).prop_map(|(first, mut steps)| {
        steps.insert(0, Step::Prompt(first));
        steps
    })
}

/// A seal as a wire's decoder leaves it in the log, or as no wire does.
fn sealed(vendor: &str, sort: usize) -> String {
    let seal = seal(vendor);
    match sort {
        0 => seal,
        1 => json!({"id": "rs_1", "encrypted_content": seal, "summary": []}).to_string(),
        2 => json!({"phase": seal}).to_string(),
        3 => format!("text:{seal}"),
        _ => json!([{"type": "reasoning.encrypted", "data": seal, "id": "d1"}, 7]).to_string(),
    }
}

/// The history as the engine hands it to a provider: the names of calls are the session's own, every
/// call is answered right after its message, and the user or a tool has the last word.
fn inputs(steps: &[Step]) -> Vec<Input> {
    let (mut inputs, mut names) = (Vec::new(), HashSet::new());
    for step in steps {
        let (by, cancelled, pieces) = match step {
            Step::Prompt(content) => {
                inputs.push(Input::User(content.as_slice().into()));
                continue;
            }
            Step::Reply(by, cancelled, pieces) => (*by, *cancelled, pieces),
        };
        let (_, vendor, model) = STOPS[by];
        let (mut content, mut results) = (Vec::new(), Vec::new());
        for piece in pieces {
            match piece {
                Piece::Text(text) => content.push(Content::text(text)),
                Piece::Thought(says, sort) => content.push(Content::Thinking {
                    text: if *says { thought(vendor) } else { String::new() },
                    signature: sort.map(|sort| sealed(vendor, sort)),
                }),
                Piece::Redacted => {
                    content.push(Content::RedactedThinking { data: seal(vendor) });
                }
                Piece::Call(id, name, input, outcome) if !cancelled => {
                    let mut id = id.clone();
                    while !names.insert(id.clone()) {
                        id = format!("{id}{}", names.len());
                    }
                    let (call, input, name) = (id.as_str().into(), input.clone(), name.clone());
                    content.push(Content::ToolUse(ToolUse {
                        id: id.as_str().into(),
                        name: name.clone(),
                        input,
                    }));
                    results.push(Input::Result { call, name, outcome: outcome.clone() });
                }
                Piece::Call(..) => {}
            }
        }
        let stop = match (cancelled, results.is_empty()) {
            (true, _) => StopReason::Cancelled,
            (false, true) => StopReason::EndTurn,
            (false, false) => StopReason::ToolUse,
        };
        let (id, usage) = ("m".into(), Usage::default());
        let message = Message { id, model: model.into(), content, stop, usage };
        inputs.push(Input::Assistant(Arc::new(message)));
        inputs.extend(results);
    }
    if matches!(inputs.last(), Some(Input::Assistant(_))) {
        inputs.push(Input::User([Content::text("go on")].into()));
    }
    inputs
}

/// Whatever was said by whomever, each service gets what it publishes as its form.
#[test]
fn any_history_is_as_every_service_wants_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Beside the four stops: a model that thinks by a budget, and other rows of Chat Completions.
    let asked = STOPS.iter().copied().chain([
        (Wire::Messages, "anthropic", "claude-haiku-4-5"),
        (Wire::Chat, "openai", "openai/gpt-5.6"),
        (Wire::Chat, "mistral", "mistral/mistral-large"),
        (Wire::Chat, "deepseek", "deepseek/deepseek-v4-pro"),
    ]);
    let asked: Vec<_> = asked
        .map(|(wire, vendor, model)| {
            let server = Server::answering(move |received| {
                judged(wire, received, || reply(wire, &[Part::Text("ok")]))
            });
            let provider: Arc<dyn Provider> = service(vendor, wire, &server).open();
            (vendor, model, server, provider)
        })
        .collect();
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}});
    let tool = ToolSpec { name: "read".into(), description: "reads".into(), schema };
    let tools: Arc<[ToolSpec]> = [tool].into();
    let settings = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) };
    proptest!(settings, |(steps in history())| {
        for (vendor, model, server, provider) in &asked {
            let mut known = Catalogue::bundled().lookup(model);
            if *vendor == "mistral" {
                // Its results of tools may be pictures, which the form that is checked here has not.
                Arc::make_mut(&mut known).images = false;
            }
            let request = Request {
                model: known,
                effort: Some(Effort::High),
                session: "s".into(),
                system: "be brief".into(),
                tools: tools.clone(),
                messages: inputs(&steps),
                max_output: 32_000,
            };
            let answer = runtime.block_on(provider.stream(request)).map(drop);
            prop_assert!(answer.is_ok(), "{model} at {vendor}: {}", answer.unwrap_err());
            let body = String::from_utf8(server.requests().pop().unwrap().body).unwrap();
            for (_, other, theirs) in STOPS {
                let foreign = theirs != *model;
                let told = body.contains(&seal(other)) || body.contains(&thought(other));
                prop_assert!(!foreign || !told, "{model} is told of {theirs}:\n{body}");
            }
        }
    });
}

/// The validators find what is wrong: a form that holds, and changes that break it.
#[test]
fn what_no_service_takes_is_found() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let messages = json!({"model": "m", "max_tokens": 9, "stream": true, "messages": [
        {"role": "user", "content": [text("a")]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "read", "input": {}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "c", "content": [text("x")]}, text("and?")]},
    ]});
    let chat = json!({"model": "m", "stream": true, "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "read", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "x"},
    ]});
    let said = json!([{"type": "input_text", "text": "a"}]);
    let responses = json!({"model": "m", "stream": true, "store": false, "max_output_tokens": 16,
    "input": [
        {"type": "message", "role": "user", "content": said},
        {"type": "reasoning", "summary": [], "encrypted_content": "e"},
        {"type": "function_call", "call_id": "c", "name": "read", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "x"},
    ]});
    let gemini = json!({"generationConfig": {"maxOutputTokens": 9}, "contents": [
        {"role": "user", "parts": [{"text": "a"}]},
        {"role": "model", "parts": [{"functionCall": {"id": "c", "name": "read", "args": {}},
                                     "thoughtSignature": "s"}]},
        {"role": "user", "parts": [
            {"functionResponse": {"id": "c", "name": "read", "response": {"output": "x"}}}]},
    ]});
    let forms = [
        (
            Wire::Messages,
            messages,
            vec![
                ("/max_tokens", json!(0)),
                ("/messages/0/role", json!("assistant")),
                ("/messages/0/content", json!([])),
                ("/messages/0/content/0/text", json!(" ")),
                ("/messages/1/content/0/id", json!("a b")),
                ("/messages/1/content/0/name", json!("")),
                ("/messages/1/content/0/input", json!("x")),
                ("/messages/1/content/0/type", json!("thinking")),
                ("/messages/2/content/0/tool_use_id", json!("d")),
                ("/messages/2/content/0", text("first")),
            ],
        ),
        (
            Wire::Chat,
            chat,
            vec![
                ("/messages/0/content", json!("")),
                ("/messages/1/tool_calls", json!([])),
                ("/messages/1/tool_calls/0/id", json!("x".repeat(65))),
                ("/messages/1/tool_calls/0/function/arguments", json!("{")),
                ("/messages/2/tool_call_id", json!("d")),
                ("/messages/2/role", json!("user")),
            ],
        ),
        (
            Wire::Responses,
            responses,
            vec![
                ("/max_output_tokens", json!(1)),
                ("/input/0/content/0/type", json!("output_text")),
                ("/input/1/encrypted_content", json!("")),
                ("/input/2/call_id", json!("")),
                ("/input/2/arguments", json!("[]")),
                ("/input/2", json!({"type": "message", "role": "user", "content": said})),
                ("/input/3/call_id", json!("d")),
            ],
        ),
        (
            Wire::Gemini,
            gemini,
            vec![
                ("/contents/0/role", json!("model")),
                ("/contents/0/parts/0/text", json!(" ")),
                ("/contents/1/parts/0/functionCall/name", json!("9")),
                ("/contents/1/parts/0/functionCall/args", json!([])),
                ("/contents/2/parts/0/functionResponse/name", json!("other")),
                ("/contents/2/parts/0", json!({"text": "no answer"})),
            ],
        ),
    ];
    for (wire, form, changes) in forms {
        assert_eq!(complaints(wire, &form), Vec::<String>::new(), "{wire:?}");
        for (place, value) in changes {
            let mut changed = form.clone();
            *changed.pointer_mut(place).unwrap() = value;
            assert!(!complaints(wire, &changed).is_empty(), "{wire:?}: {place} {changed:#}");
        }
    }
}

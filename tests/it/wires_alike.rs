//! One session through every wire: what is kept of it is the same.
//!
//! Not compared, because the wires or the engine give each session its own: the names of the session,
//! its messages and models, times, the seals of the reasoning (Chat Completions has none but at
//! `OpenRouter`), and what of the input came from a cache (only Anthropic tells what went into one).

use std::sync::Mutex;

use claw::engine::{Handle, Start};
use claw::protocol::{Content, Message, StopReason};
use claw::provider::catalogue::Wire;
use claw::provider::{Auth, Service};
use claw::session::{Entry, State, read};
use serde_json::{Value, json};

use crate::support::messages::Server;
use crate::support::published::complaints;
use crate::support::session::{Session, Wish, check_laws, setup};
use crate::support::wires::{INPUT, OUTPUT, Part, reply};

const WIRES: [(Wire, &str, &str); 4] = [
    (Wire::Messages, "anthropic", "claude-sonnet-5-5"),
    (Wire::Chat, "xai", "xai/grok-4.7"),
    (Wire::Responses, "openai", "openai/gpt-5.6"),
    (Wire::Gemini, "google", "google/gemini-3.8-flash"),
];
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n12";
const PICTURE_BASE64: &str = "iVBORw0KGgoxMg==";

fn script(wire: Wire) -> Vec<crate::support::messages::Reply> {
    let read = |id, path: &str| Part::Call(id, "read", json!({"path": path}));
    let rounds = [
        vec![
            Part::Thought("Which file — 見る?", "c2VhbDE="),
            Part::Text("I look at both."),
            read("call_1", "a.txt"),
            read("call_2", "p.png"),
        ],
        vec![Part::Thought("One more.", "c2VhbDI="), read("call_3", "gone.txt")],
        vec![Part::Text("All *read*: ä.")],
    ];
    rounds.iter().map(|parts| reply(wire, parts)).collect()
}

/// Plays the script and gives what is left of it, and the last request.
async fn played(wire: Wire, vendor: &str, model: &str) -> (Vec<Value>, Value) {
    let replies = Mutex::new(script(wire).into_iter());
    let server = Server::answering(move |_| replies.lock().unwrap().next().unwrap());
    let service = Service {
        base_url: Some(server.url()),
        auth: Auth::Key("test-key".into()),
        ..Service::new(vendor, wire)
    };
    let dir = tempfile::tempdir().unwrap();
    let mut setup = setup(dir.path(), service.open(), &Wish::default());
    setup.model = model.into();
    std::fs::write(setup.root.join("a.txt"), "one\ntwo\n").unwrap();
    std::fs::write(setup.root.join("p.png"), PICTURE).unwrap();
    let root = setup.root.display().to_string();
    let mut session = Session::open(dir, Handle::new(setup), Start::New).await;
    session.prompt("read them");
    let stop = session.stop().await;
    assert_eq!(stop, StopReason::EndTurn, "{vendor}: {:#?}", session.state.entries);
    check_laws(&read(&session.log()).unwrap().envelopes);
    let requests = server.requests();
    for request in &requests {
        let wrong = complaints(wire, &request.json());
        assert!(wrong.is_empty(), "{vendor}: {wrong:#?}");
    }
    (essence(&session.state, &root), requests.last().unwrap().json())
}

fn said(message: &Message) -> Vec<Value> {
    let parts = message.content.iter().filter_map(|content| match content {
        // A seal may need a place of its own.
        Content::Thinking { text, .. } if text.is_empty() => None,
        Content::Thinking { text, .. } => Some(json!({"thought": text})),
        Content::ToolUse(tool) => Some(json!({"asks": tool.name, "input": tool.input})),
        other => Some(json!(other)),
    });
    parts.collect()
}

fn essence(state: &State, root: &str) -> Vec<Value> {
    let entries = state.entries.iter().map(|entry| match entry {
        Entry::Prompt { content, number, steer, .. } => json!([content, number, steer]),
        Entry::Open(_) => json!("open"),
        Entry::Message { message, .. } => {
            let usage = (message.usage.input, message.usage.output);
            json!([said(message), message.stop, usage])
        }
        Entry::Call(entry) => {
            let outcome = entry.outcome.as_ref().unwrap();
            let text = outcome.text.replace(root, "ROOT");
            let call = &entry.call;
            json!([
                call.name,
                call.input,
                call.title.replace(root, "ROOT"),
                call.kind,
                outcome.status,
                text,
                outcome.image,
                outcome.summary
            ])
        }
        Entry::TurnEnd { stop, usage, .. } => json!([stop, usage]),
        Entry::Compacted { compaction, .. } => json!(compaction),
        Entry::Used { model, usage } => json!([model, usage]),
        Entry::Notice { text, .. } => json!(text),
    });
    entries.collect()
}

#[tokio::test]
async fn every_wire_leaves_the_same_session() {
    let mut first: Option<Vec<Value>> = None;
    for (wire, vendor, model) in WIRES {
        let (left, last) = played(wire, vendor, model).await;
        // The picture and every round came back to the model.
        let last = last.to_string();
        for words in [PICTURE_BASE64, "I look at both.", "gone.txt", "two"] {
            assert!(last.contains(words), "{vendor} was not told {words}: {last}");
        }
        let Some(first) = &first else {
            let messages = json!(left).to_string();
            for words in ["Which file — 見る?", "One more.", "All *read*: ä.", PICTURE_BASE64]
            {
                assert!(messages.contains(words), "{words}: {messages}");
            }
            assert!(left.contains(&json!([[{"type": "text", "text": "All *read*: ä."}],
                                          StopReason::EndTurn, [INPUT, OUTPUT]])));
            first = Some(left);
            continue;
        };
        assert_eq!(&left, first, "{vendor}");
    }
}

//! Sessions that were recorded and are played without the server, by the built program and below it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use claw::engine::{Handle, Start};
use claw::protocol::StopReason;
use claw::provider::cassette::{Player, Recorder};
use claw::provider::catalogue::Wire;
use claw::provider::{Auth, Cassette, Catalogue, Provider, Router, Service};
use serde_json::{Value, json};

use crate::support::messages::{Reply, Server};
use crate::support::run::{Place, Ran, claw, ran};
use crate::support::session::{Session, Wish, setup};
use crate::support::wires::{Part, reply};

const WIRES: [(Wire, &str, &str); 4] = [
    (Wire::Messages, "anthropic", "claude-sonnet-5-5"),
    (Wire::Chat, "xai", "xai/grok-4.7"),
    (Wire::Responses, "openai", "openai/gpt-5.6"),
    (Wire::Gemini, "google", "google/gemini-3.8-flash"),
];
const KEY: &str = "key-that-is-on-no-cassette";

fn script(wire: Wire) -> Vec<Reply> {
    let call = |id, name, input: Value| Part::Call(id, name, input);
    let rounds = [
        vec![
            Part::Thought("Which file — 見る?", "c2VhbDE="),
            Part::Text("I look."),
            call("call_1", "read", json!({"path": "a.txt"})),
            call("call_2", "ls", json!({"path": "."})),
        ],
        vec![call("call_3", "write", json!({"path": "b.txt", "content": "two\n"}))],
        vec![Part::Text("All *done*: ä.")],
    ];
    // A service that is busy at first is asked again.
    let busy = Reply::error(529, "overloaded_error", "busy");
    let first = (wire == Wire::Messages).then_some(busy);
    first.into_iter().chain(rounds.iter().map(|parts| reply(wire, parts).pieces(37))).collect()
}

/// The events of a session with this model, apart from times and fresh names.
async fn events(provider: Arc<dyn Provider>, model: &str) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    let wish = Wish { allow: vec!["Write"], ..Wish::default() };
    let mut setup = setup(dir.path(), provider, &wish);
    setup.model = model.into();
    let root = setup.root.display().to_string();
    std::fs::write(setup.root.join("a.txt"), "one\n").unwrap();
    let mut session = Session::open(dir, Handle::new(setup), Start::New).await;
    session.prompt("read it, then write");
    let stop = session.stop().await;
    assert_eq!(stop, StopReason::EndTurn, "{model}: {:#?}", session.state.entries);
    assert_eq!(std::fs::read_to_string(session.file("b.txt")).unwrap(), "two\n");
    let kept = session.seen.iter().filter(|envelope| envelope.event.is_durable());
    // Those that only read end in any order, and what a turn's place is like is told at any time.
    let kinds = ["message_finished", "tool_call_started", "tool_call_finished", "turn_finished"];
    let mut all: Vec<Value> = kept
        .map(|envelope| json!(envelope.event))
        .filter(|event| kinds.contains(&event["type"].as_str().unwrap()))
        .collect();
    for event in &mut all {
        tidy(event, &root);
    }
    all.sort_by_key(ToString::to_string);
    all
}

/// Without fresh names and the project's place.
fn tidy(value: &mut Value, root: &str) {
    match value {
        Value::String(text) => *text = text.replace(root, "ROOT"),
        Value::Array(all) => all.iter_mut().for_each(|value| tidy(value, root)),
        Value::Object(all) => {
            let fresh = |name: &str, value: &Value| {
                let id = value.as_str().is_some_and(|id| id.len() == 32);
                id && matches!(name, "id" | "turn") || matches!(name, "at" | "took" | "elapsed")
            };
            all.retain(|name, value| !fresh(name, value));
            all.values_mut().for_each(|value| tidy(value, root));
        }
        _ => {}
    }
}

#[tokio::test]
async fn a_session_of_every_wire_is_played_without_its_server() {
    for (wire, vendor, model) in WIRES {
        let home = tempfile::tempdir().unwrap();
        let tape = home.path().join("tape.jsonl");
        let replies = Mutex::new(script(wire).into_iter());
        let server = Server::answering(move |_| replies.lock().unwrap().next().unwrap());
        let known = Catalogue::bundled().lookup(model);
        let recorder = Arc::new(Recorder::create(&tape, &known).unwrap());
        let service = Service {
            base_url: Some(server.url()),
            auth: Auth::Key(KEY.into()),
            headers: vec![("cookie".into(), KEY.into())],
            cassette: Some(Cassette::Record(recorder.clone())),
            ..Service::new(vendor, wire)
        };
        let was = events(service.open(), model).await;
        assert_eq!(recorder.trouble(), None);
        let asked = server.requests();
        drop(server);

        let text = std::fs::read_to_string(&tape).unwrap();
        assert!(!text.contains(KEY), "{vendor}: {text}");
        let bodies: Vec<Value> =
            lines(&text, "request").iter().map(|it| it["body"].clone()).collect();
        let sent: Vec<Value> = asked.iter().map(crate::support::messages::Received::json).collect();
        assert_eq!(bodies, sent, "{vendor}: what was sent is what is kept");

        let player = Arc::new(Player::open(&tape, 0.0).unwrap());
        assert_eq!(&*player.model().0, &*known.id.0);
        let plays = player.clone();
        // The session's own model asks the vendor by its name: nobody gave a key or an address.
        let router = Router::new(move |name| plays.service(name));
        let is = events(Arc::new(router), model).await;
        assert_eq!(is, was, "{vendor}");
    }
}

fn lines(text: &str, kind: &str) -> Vec<Value> {
    let all = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.filter_map(|line| line.get(kind).cloned()).collect()
}

/// claw with no key and no server in its environment.
fn bare(place: &Place, args: &[&str]) -> Ran {
    let mut command = claw(&place.home, &place.project, args);
    command.env("OLLAMA_HOST", "127.0.0.1:9");
    ran(&mut command)
}

fn replayed(place: &Place, tape: &Path, prompt: &str) -> Ran {
    bare(place, &["-p", prompt, "--replay", tape.to_str().unwrap(), "--replay-speed", "0"])
}

#[test]
fn the_program_records_and_plays_in_another_place() {
    let place = Place::new();
    place.write("a.txt", "one\n");
    let tape = place.home.path().join("tape.jsonl");
    let name = tape.to_str().unwrap();
    // A server that repeats the key is not believed to keep it.
    let words = "It says one; your key is test-key";
    let server = Server::start(vec![
        Reply::tool("t1", "read", &json!({"path": "a.txt"})),
        Reply::text(words),
    ]);
    let got = ran(&mut place.claw(&server, &["-p", "what does it say?", "--record", name]));
    assert_eq!(got.code, Some(0), "{got:?}");
    let text = std::fs::read_to_string(&tape).unwrap();
    assert!(!text.contains("test-key"), "{text}");
    assert_eq!(lines(&text, "request").len(), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&tape).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = ran(&mut place.claw(&server, &["-p", "x", "--record", name]));
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.err.contains("is there already"), "{}", again.err);
    assert_eq!(server.requests().len(), 2);
    drop(server);

    let other = Place::new();
    other.write("a.txt", "one\n");
    let got = replayed(&other, &tape, "what does it say?");
    assert_eq!(got.code, Some(0), "{got:?}");
    assert!(got.out.contains("It says one"), "{}", got.out);

    let got = replayed(&other, &tape, "something else");
    assert_eq!(got.code, Some(1), "{got:?}");
    for words in ["request 1 differs at \"/messages/0/content/0/text\"", "something else"] {
        assert!(got.err.contains(words), "{words}: {}", got.err);
    }
    other.write("a.txt", "two\n");
    let got = replayed(&other, &tape, "what does it say?");
    assert_eq!(got.code, Some(1), "{got:?}");
    assert!(got.err.contains("request 2 differs at \"/messages/2/content/0"), "{}", got.err);

    std::fs::write(&tape, &text[..text.len() - 9]).unwrap();
    let got = replayed(&other, &tape, "what does it say?");
    assert_eq!(got.code, Some(2), "{got:?}");
    let last = text.lines().count();
    assert!(got.err.contains(&format!("tape.jsonl:{last}: ")), "{}", got.err);
    let got = replayed(&other, Path::new("gone.jsonl"), "x");
    assert!(got.code == Some(2) && got.err.contains("gone.jsonl"), "{got:?}");
}

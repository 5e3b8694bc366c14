//! A log of a few turns, read back.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::bus::Bus;
use crate::protocol::{
    Event, Message, StopReason, ToolCall, ToolOutcome, ToolStatus, ToolUse, Usage,
};
use crate::session::Journal;
use crate::tool::Progress;

struct Told {
    dir: tempfile::TempDir,
    tool: Recall,
}

/// Two turns; in the first, `c1` printed a long output with a password in it.
async fn told() -> Told {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("s.jsonl");
    let journal = Journal::create("s".into(), &log, Bus::new()).unwrap();
    crate::base::redact::learn("hunter2-of-recall");
    let asked = ToolUse { id: "c1".into(), name: "bash".into(), input: json!({"command": "make"}) };
    let call = Arc::new(ToolCall {
        id: "c1".into(),
        name: "bash".into(),
        input: asked.input.clone(),
        verb: "Run".into(),
        title: "make".into(),
        kind: crate::protocol::ToolKind::Run,
        access: vec![],
        preview: None,
    });
    let output = format!(
        "{}\nError E0412 in Widget.rs: the key was hunter2-of-recall\n{}",
        "line of the build\n".repeat(2_000),
        "more of it\n".repeat(50)
    );
    let message = |id: &str, content| {
        let (stop, usage) = (StopReason::EndTurn, Usage::default());
        let message = Message { id: id.into(), model: "m".into(), content, stop, usage };
        Event::MessageFinished { message: Arc::new(message) }
    };
    let outcome = Arc::new(ToolOutcome::new(ToolStatus::Failed, output));
    let turn = |turn: &str, text: &str| Event::TurnStarted {
        turn: turn.into(),
        prompt: vec![Content::text(text)],
    };
    let events = [
        turn("t1", "Build the Widget, please"),
        message("m1", vec![Content::ToolUse(asked)]),
        Event::ToolCallStarted { call },
        Event::ToolCallFinished { call: "c1".into(), outcome, changes: vec![] },
        message("m2", vec![Content::text("The widget does not build.")]),
        Event::TurnFinished {
            turn: "t1".into(),
            stop: StopReason::EndTurn,
            usage: Usage::default(),
        },
        turn("t2", "Something else"),
    ];
    for event in events {
        journal.record(event).await.unwrap();
    }
    Told { tool: Recall::new(&log), dir }
}

impl Told {
    async fn call(&self, input: Value) -> Result<Output, ToolError> {
        let workspace = Workspace::new(self.dir.path().to_owned());
        let invocation = self.tool.prepare(input, &workspace)?;
        assert_eq!(invocation.access(), []);
        let cx = Context {
            workspace: Arc::new(workspace),
            cancel: CancellationToken::new(),
            progress: watch::Sender::new(Progress::default()),
            spill: self.dir.path().join("spill"),
            start: None,
        };
        invocation.run(cx).await
    }
}

#[tokio::test]
async fn a_call_comes_back_page_by_page_without_secrets() {
    let told = told().await;
    let mut whole = String::new();
    let mut offset = 0;
    loop {
        let page = told.call(json!({"id": "c1", "offset": offset})).await.unwrap().text;
        assert!(page.len() <= MOST + 100);
        let Some((text, next)) = page.rsplit_once("\n[") else { break whole.push_str(&page) };
        let Some(next) = next.rsplit_once("offset=") else { break whole.push_str(&page) };
        whole.push_str(text);
        offset = next.1.trim_end_matches(']').parse().unwrap();
    }
    assert!(whole.starts_with("bash make\n{\"command\":\"make\"}"), "{}", &whole[..80]);
    assert!(whole.contains("Error E0412 in Widget.rs: the key was [secret]"));
    assert_eq!(whole.matches("line of the build").count(), 2_000);
    assert_eq!(whole.matches("more of it").count(), 50);
}

#[tokio::test]
async fn words_are_found_wherever_they_were_said_the_newest_first() {
    let told = told().await;
    let got = told.call(json!({"words": "e0412 widget"})).await.unwrap();
    assert_eq!(got.summary, "1 place");
    assert!(got.text.starts_with("[turn 1, call c1 of bash]\n…"), "{}", got.text);
    assert!(got.text.contains("Error E0412 in Widget.rs") && got.text.len() < 1_000);

    let got = told.call(json!({"words": "WIDGET"})).await.unwrap();
    let places: Vec<_> = got.text.lines().filter(|line| line.starts_with("[turn")).collect();
    assert_eq!(places, ["[turn 1, you]", "[turn 1, call c1 of bash]", "[turn 1, user]"]);
    let none = told.call(json!({"words": "hunter2-of-recall"})).await.unwrap();
    assert_eq!(none.summary, "0 places");
}

#[tokio::test]
async fn a_turn_comes_back_with_the_ids_of_its_calls() {
    let told = told().await;
    let got = told.call(json!({"turn": "1"})).await.unwrap().text;
    let seen: Vec<_> = got.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(seen.len(), 3, "{got}");
    assert_eq!(seen[0], "User: Build the Widget, please");
    assert!(seen[1].starts_with("Call c1 of bash: {\"command\":\"make\"} (36"), "{}", seen[1]);
    assert_eq!(seen[2], "You: The widget does not build.");
}

#[tokio::test]
async fn what_is_not_there_is_said_in_words() {
    let told = told().await;
    let table = [
        (json!({}), "recall: give exactly one of"),
        (json!({"id": "c1", "turn": 1}), "recall: give exactly one of"),
        (json!({"id": "c9"}), "recall: this session has no call \"c9\""),
        (json!({"turn": 9}), "recall: this session has no turn 9, only 1 to 2."),
    ];
    for (input, expected) in table {
        let got = told.call(input).await.unwrap_err().to_string();
        assert!(got.starts_with(expected), "{got}");
    }
}

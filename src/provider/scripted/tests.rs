//! Branches, faults, fragments.

use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::protocol::{Content, Message, StopReason, ToolOutcome, ToolStatus, ToolUse, Usage};
use crate::provider::{Catalogue, Chunk, Input};

const STORY: &str = r#"{
  "start": [{"says": "HELLO", "go": "ask"}, {"steps": 1, "go": "late"}],
  "anywhere": [{"status": "cancelled", "go": "late"}],
  "steps": {
    "ask": {
      "say": [{"think": "hm hm"}, {"text": "I look\n at it."},
              {"call": {"tool": "read", "input": {"path": "a file with a long name.rs"}}},
              {"raw_call": {"tool": "grep", "fragments": ["{\"pat", "tern\": 1"]}}],
      "usage": {"input": 12, "output": 4},
      "next": [
        {"tool": "read", "status": "done", "contains": "alpha", "go": "found"},
        {"tool": "read", "status": "denied", "go": "denied"},
        {"says": "", "steps": 1, "go": "late"}
      ]
    },
    "found": {"say": [{"text": "{{tool}} {{status}}: {{result}}"}]},
    "denied": {"say": [{"text": "no"}], "stop": {"type": "refusal"}},
    "late": {"say": []}
  }
}"#;

fn request(messages: Vec<Input>) -> Request {
    let (system, tools) = ("".into(), [].into());
    Request {
        model: Catalogue::bundled().lookup("demo"),
        effort: None,
        session: "s".into(),
        system,
        tools,
        messages,
        max_output: 100,
    }
}

fn user(text: &str) -> Input {
    Input::User([Content::text(text)].into())
}

fn reply() -> Input {
    let (stop, usage) = (StopReason::ToolUse, Usage::default());
    let content = vec![Content::ToolUse(ToolUse {
        id: "call_0_2".into(),
        name: "read".into(),
        input: json!({}),
    })];
    let (id, model) = ("m".into(), "demo".into());
    Input::Assistant(Arc::new(Message { id, model, content, stop, usage }))
}

fn result(name: &str, status: ToolStatus, text: &str) -> Input {
    let outcome = Arc::new(ToolOutcome::new(status, text));
    Input::Result { call: "call_0_2".into(), name: name.into(), outcome }
}

async fn all(provider: &Scripted, messages: &[Input]) -> Result<Vec<Chunk>, ProviderError> {
    let mut reply = provider.stream(request(messages.to_vec())).await?;
    let mut chunks = Vec::new();
    while let Some(chunk) = reply.next().await {
        chunks.push(chunk?);
    }
    Ok(chunks)
}

fn said(chunks: &[Chunk]) -> String {
    let text = chunks.iter().filter_map(|chunk| match chunk {
        Chunk::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    text.collect()
}

#[rustfmt::skip]
#[tokio::test]
async fn the_story_goes_where_the_request_leads() {
    use ToolStatus::{Cancelled, Denied, Done, Failed};
    let scripted = Scripted::new(Script::parse(STORY).unwrap(), Pace::AtOnce);
    let start = || vec![user("oh hello there"), reply()];
    let after = |results: Vec<Input>| [start(), results].concat();
    let table = [
        // what was said                                                              the reply, or why there is none
        (vec![user("oh hello there")],                                                Ok("I look\n at it.")),
        (vec![user("good day")],                                                      Err("no beginning")),
        (after(vec![result("read", Done, "the alpha")]),                              Ok("read done: the alpha")),
        (after(vec![result("grep", Failed, "x"), result("read", Done, "alpha")]),     Ok("read done: alpha")),
        (after(vec![result("read", Done, "alpha"), result("grep", Failed, "x")]),     Ok("grep failed: x")),
        (after(vec![result("read", Denied, "alpha")]),                                Ok("no")),
        (after(vec![result("read", Done, "{{tool}}alpha")]),                          Ok("read done: {{tool}}alpha")),
        (after(vec![result("read", Done, "beta"), result("grep", Done, "alpha")]),    Err("what follows `ask`")),
        (after(vec![result("read", Cancelled, "")]),                                  Ok("")),
        (after(vec![user("and now?")]),                                               Ok("")),
        (vec![user("oh hello there"), user("again"), reply(), user("hm")],            Ok("")),
    ];
    for (messages, expected) in table {
        let got = all(&scripted, &messages).await;
        match (&got, expected) {
            (Ok(chunks), Ok(text)) => assert_eq!(said(chunks), text, "{messages:?}"),
            (Err(ProviderError::Fatal(why)), Err(text)) => assert!(why.contains(text), "{why}"),
            _ => panic!("{messages:?} gave {got:?}"),
        }
        let again = all(&scripted, &messages).await;
        assert_eq!(format!("{got:?}"), format!("{again:?}"), "the same request, the same reply");
    }
}

#[tokio::test]
async fn a_reply_comes_in_pieces_that_join_to_the_script() {
    let scripted = Scripted::new(Script::parse(STORY).unwrap(), Pace::AtOnce);
    let chunks = all(&scripted, &[user("hello")]).await.unwrap();
    let (mut input, mut raw, mut calls) = (String::new(), Vec::new(), Vec::new());
    for chunk in &chunks {
        match chunk {
            Chunk::ToolInput { block: 2, json } => input.push_str(json),
            Chunk::ToolInput { json, .. } => raw.push(json.as_str()),
            Chunk::ToolUse { id, name, .. } => calls.push((id.as_str(), name.as_str())),
            Chunk::Text { text, .. } => assert!(text.len() <= 12, "{text:?}"),
            _ => {}
        }
    }
    assert_eq!(input, r#"{"path":"a file with a long name.rs"}"#);
    assert_eq!(raw, [r#"{"pat"#, r#"tern": 1"#]);
    assert_eq!(calls, [("call_0_2", "read"), ("call_0_3", "grep")]);
    assert_eq!(chunks[0], Chunk::Thinking { block: 0, text: "hm ".into() });
    let usage = Usage { input: 12, output: 4, ..Usage::default() };
    let end = [Chunk::Usage(usage), Chunk::Stopped(StopReason::ToolUse)];
    assert_eq!(chunks[chunks.len() - 2..], end);

    let denied = [user("hello"), reply(), result("read", ToolStatus::Denied, "")];
    let chunks = all(&scripted, &denied).await.unwrap();
    assert_eq!(chunks.last(), Some(&Chunk::Stopped(StopReason::Refusal)));
}

#[tokio::test]
async fn pieces_are_cut_between_characters() {
    let text = "Ärgerliches Übungswörterbüchlein 日本語のとても長い文 \n\n x";
    let script = json!({"start": [{"go": "a"}], "steps": {"a": {"say": [{"text": text}]}}});
    let scripted = Scripted::new(Script::parse(&script.to_string()).unwrap(), Pace::AtOnce);
    let chunks = all(&scripted, &[user("")]).await.unwrap();
    assert_eq!(said(&chunks), text);
    assert!(chunks.len() > 6, "{chunks:?}");
}

#[tokio::test]
async fn each_fault_is_met_once_and_then_the_reply_comes() {
    let script = json!({
        "start": [{"go": "a"}],
        "steps": {"a": {"say": [{"text": "one two three"}], "faults": [
            {"error": "retry", "why": "overloaded", "retry_after_ms": 700},
            {"error": "retry", "why": "cut", "after_chunks": 2},
            {"error": "auth", "why": "key"},
            {"error": "too_long", "why": "long"},
            {"error": "fatal", "why": "broken"},
        ]}}
    });
    let scripted = Scripted::new(Script::parse(&script.to_string()).unwrap(), Pace::AtOnce);
    let messages = [user("")];
    let error = all(&scripted, &messages).await.unwrap_err();
    let asked = Some(Duration::from_millis(700));
    assert!(
        matches!(&error, ProviderError::Retry { why, after } if why == "overloaded" && *after == asked),
        "{error:?}"
    );

    let mut reply = scripted.stream(request(messages.to_vec())).await.unwrap();
    assert_eq!(reply.next().await.unwrap().unwrap(), Chunk::Text { block: 0, text: "one ".into() });
    assert_eq!(reply.next().await.unwrap().unwrap(), Chunk::Text { block: 0, text: "two ".into() });
    let error = reply.next().await.unwrap().unwrap_err();
    assert!(matches!(error, ProviderError::Retry { after: None, .. }), "{error:?}");
    assert!(reply.next().await.is_none());

    assert!(matches!(all(&scripted, &messages).await, Err(ProviderError::Auth(_))));
    assert!(matches!(all(&scripted, &messages).await, Err(ProviderError::TooLong(_))));
    assert!(matches!(all(&scripted, &messages).await, Err(ProviderError::Fatal(_))));
    assert_eq!(said(&all(&scripted, &messages).await.unwrap()), "one two three");
}

#[tokio::test(start_paused = true)]
async fn a_reply_takes_its_time_and_a_dropped_wait_is_not_begun_anew() {
    let script = json!({
        "pieces_per_second": 10,
        "first_piece_ms": 500,
        "start": [{"go": "a"}],
        "steps": {"a": {"say": [{"text": "one two three"}]}}
    });
    let script = Script::parse(&script.to_string()).unwrap();
    let began = Instant::now();
    let scripted = Scripted::new(script.clone(), Pace::Scripted);
    let mut reply = scripted.stream(request(vec![user("")])).await.unwrap();
    assert_eq!(began.elapsed().as_millis(), 500);
    reply.next().await.unwrap().unwrap();
    for _ in 0..3 {
        let waited = tokio::time::timeout(Duration::from_millis(30), reply.next()).await;
        assert!(waited.is_err());
    }
    reply.next().await.unwrap().unwrap();
    assert_eq!(began.elapsed().as_millis(), 600);

    let began = Instant::now();
    all(&Scripted::new(script, Pace::AtOnce), &[user("")]).await.unwrap();
    assert_eq!(began.elapsed().as_millis(), 0);
}

#[rustfmt::skip]
#[test]
fn a_wrong_script_is_said() {
    let table = [
        (r"{", "reading the script"),
        (r#"{"start": [{"go": "a"}], "steps": {}}"#, "leads to `a`"),
        (r#"{"start": [], "anywhere": [{"go": "b"}], "steps": {}}"#, "leads to `b`"),
        (r#"{"start": [], "steps": {"a": {"say": [], "next": [{"go": "c"}]}}}"#, "leads to `c`"),
        (r#"{"start": [], "steps": {"a": {"says": []}}}"#, "unknown field `says`"),
        (r#"{"start": [{"go": "a", "tol": "x"}], "steps": {"a": {"say": []}}}"#, "unknown field `tol`"),
    ];
    for (json, expected) in table {
        let got = format!("{:#}", Script::parse(json).unwrap_err());
        assert!(got.contains(expected), "{json} gave {got}");
    }
}

//! Whole replies, cut replies, and replies that nobody should send.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn text(block: usize, text: &str) -> Chunk {
    Chunk::Text { block, text: text.into() }
}

fn thinking(block: usize, text: &str) -> Chunk {
    Chunk::Thinking { block, text: text.into() }
}

fn signature(block: usize, signature: &str) -> Chunk {
    Chunk::Signature { block, signature: signature.into() }
}

fn tool(block: usize, id: &str) -> Chunk {
    Chunk::ToolUse { block, id: id.into(), name: "read".into() }
}

fn input(block: usize, json: &str) -> Chunk {
    Chunk::ToolInput { block, json: json.into() }
}

fn served(block: usize, json: &str) -> Chunk {
    Chunk::Served { block, json: json.into() }
}

fn cite(block: usize, json: &str) -> Chunk {
    Chunk::Citation { block, json: json.into() }
}

fn done(block: Value) -> Content {
    Content::Served { block }
}

fn stopped() -> Chunk {
    Chunk::Stopped(StopReason::EndTurn)
}

fn reply(chunks: Vec<Chunk>) -> Reply {
    let mut reply = Reply::new("m1".into(), "demo".into());
    for chunk in chunks {
        reply.take(chunk).unwrap();
    }
    reply
}

fn used(id: &str, input: Value) -> Content {
    Content::ToolUse(ToolUse { id: id.into(), name: "read".into(), input })
}

fn sealed(text: &str, signature: &str) -> Content {
    Content::Thinking { text: text.into(), signature: Some(signature.into()) }
}

#[rustfmt::skip]
#[test]
fn whole_replies() {
    let table = [
        (vec![text(0, "a"), text(0, "b")],                      vec![Content::text("ab")]),
        (vec![text(0, "a"), text(1, "b")],                      vec![Content::text("a"), Content::text("b")]),
        (vec![text(0, ""), text(1, " \n")],                     vec![]),
        (vec![thinking(0, "h"), thinking(0, "m"), signature(0, "s"), signature(0, "2")], vec![sealed("hm", "s2")]),
        (vec![signature(0, "s")],                               vec![sealed("", "s")]),
        (vec![thinking(0, "hm")],                               vec![Content::Thinking { text: "hm".into(), signature: None }]),
        (vec![Chunk::Redacted { block: 0, data: "x".into() }],  vec![Content::RedactedThinking { data: "x".into() }]),
        (vec![tool(0, "c"), input(0, "{\"a\""), input(0, ":1}")], vec![used("c", json!({"a": 1}))]),
        (vec![tool(0, "c")],                                    vec![used("c", json!({}))]),
        (vec![tool(0, "c"), input(0, " ")],                     vec![used("c", json!({}))]),
        (vec![tool(0, "c"), input(0, "{\"a\":")],               vec![used("c", json!("{\"a\":"))]),
        (vec![tool(7, "c"), tool(9, "d"), input(7, "{}"), input(9, "[1]")], vec![used("c", json!({})), used("d", json!([1]))]),
        (vec![served(0, "{\"id\":1}"), input(0, "{\"q\""), input(0, ":2}")], vec![done(json!({"id": 1, "input": {"q": 2}}))]),
        (vec![served(0, "{\"id\":1,\"input\":{}}"), text(1, "a")], vec![done(json!({"id": 1, "input": {}})), Content::text("a")]),
        (vec![cite(0, "{\"u\":1}"), text(0, "a"), cite(0, "{\"u\":2}"), text(1, "b")],
            vec![Content::text("a"), Content::Citations { all: vec![json!({"u": 1}), json!({"u": 2})] }, Content::text("b")]),
        // hostile
        (vec![served(0, "{\"id\":1}"), input(0, "{\"q\"")],     vec![]),
        (vec![served(0, "[]"), served(1, "{")],                 vec![]),
        (vec![cite(0, "{"), cite(1, "{}"), text(2, "a")],       vec![Content::text("a")]),
        (vec![input(0, "{}"), text(usize::MAX, "far")],         vec![Content::text("far")]),
        (vec![text(0, "a"), input(0, "{}"), thinking(0, "b")],  vec![Content::text("a"), Content::Thinking { text: "b".into(), signature: None }]),
    ];
    for (mut chunks, expected) in table {
        let name = format!("{chunks:?}");
        chunks.push(stopped());
        assert_eq!(reply(chunks).finish().unwrap().content, expected, "{name}");
    }
}

#[test]
fn deltas_name_block_kind_and_place() {
    let mut reply = Reply::new("m1".into(), "demo".into());
    let mut take = |chunk| reply.take(chunk).unwrap();
    let delta =
        |block, kind, start, text: &str| Some(Delta { block, kind, start, text: text.into() });
    assert_eq!(take(thinking(3, "hm")), delta(0, TextKind::Thinking, 0, "hm"));
    assert_eq!(take(signature(3, "s")), None);
    assert_eq!(take(text(4, "ä")), delta(1, TextKind::Text, 0, "ä"));
    assert_eq!(take(text(4, "b")), delta(1, TextKind::Text, 2, "b"));
    assert_eq!(take(tool(9, "c")), None);
    assert_eq!(take(input(9, "{}")), delta(2, TextKind::ToolInput, 0, "{}"));
    assert_eq!(take(text(4, "")), None);
}

#[test]
fn calls_have_names_of_their_own() {
    let chunks =
        vec![tool(0, "c"), tool(1, "c"), tool(2, ""), tool(3, &"x".repeat(300)), stopped()];
    let message = reply(chunks).finish().unwrap();
    let ids: Vec<_> = message.tool_uses().map(|tool| tool.id.as_str().to_owned()).collect();
    assert_eq!(ids[0], "c");
    let distinct: HashSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), 4, "{ids:?}");
    assert!(ids.iter().all(|id| !id.is_empty() && id.len() <= MAX_NAME), "{ids:?}");
}

#[test]
fn the_stop_fits_what_was_said() {
    let table = [
        (vec![tool(0, "c")], StopReason::EndTurn, StopReason::ToolUse),
        (vec![text(0, "a")], StopReason::ToolUse, StopReason::EndTurn),
        (vec![tool(0, "c")], StopReason::MaxTokens, StopReason::MaxTokens),
        (vec![], StopReason::Refusal, StopReason::Refusal),
    ];
    for (mut chunks, said, expected) in table {
        chunks.push(Chunk::Stopped(said));
        assert_eq!(reply(chunks).finish().unwrap().stop, expected);
    }
    let cut = reply(vec![text(0, "a")]).finish();
    assert!(matches!(cut, Err(ProviderError::Retry { .. })), "{cut:?}");
}

#[test]
fn what_is_kept_of_a_cancelled_reply() {
    let kept = |chunks| reply(chunks).partial().map(|message| message.content);
    let chunks =
        vec![thinking(0, "hm"), signature(0, "s"), text(1, "a"), tool(2, "c"), thinking(3, "h")];
    assert_eq!(kept(chunks), Some(vec![sealed("hm", "s"), Content::text("a")]));
    assert_eq!(kept(vec![tool(0, "c"), thinking(1, "hm"), text(2, "\n")]), None);
}

#[test]
fn a_reply_has_bounds() {
    let mut reply = Reply::new("m1".into(), "demo".into());
    let part = "x".repeat(1 << 20);
    for _ in 0..32 {
        reply.take(text(0, &part)).unwrap();
    }
    assert!(matches!(reply.take(text(0, "x")), Err(ProviderError::Fatal(_))));

    let mut reply = Reply::new("m1".into(), "demo".into());
    for block in 0..MAX_BLOCKS {
        reply.take(text(block, "x")).unwrap();
    }
    assert!(matches!(reply.take(text(MAX_BLOCKS, "x")), Err(ProviderError::Fatal(_))));
}

fn any_chunk() -> impl Strategy<Value = Chunk> {
    let block = prop_oneof![0..4usize, Just(4096), Just(usize::MAX)];
    let word = prop_oneof!["[a-c{}\":ä ]{0,6}", Just(String::new())];
    (block, word, 0..10u8).prop_map(|(block, text, kind)| match kind {
        0 => Chunk::Text { block, text },
        1 => Chunk::Thinking { block, text },
        2 => Chunk::Signature { block, signature: text },
        3 => Chunk::Redacted { block, data: text },
        4 => Chunk::ToolUse { block, id: text.clone(), name: text },
        5 => Chunk::ToolInput { block, json: text },
        6 => Chunk::Served { block, json: text },
        7 => Chunk::Citation { block, json: text },
        8 => Chunk::Usage(Usage { input: block as u64, ..Usage::default() }),
        _ => Chunk::Stopped(StopReason::EndTurn),
    })
}

proptest! {
    /// Whatever comes, in whatever order: deltas lie end to end in their blocks, and calls have
    /// names of their own.
    #[test]
    fn total(chunks in prop::collection::vec(any_chunk(), 0..60)) {
        let mut reply = Reply::new("m1".into(), "demo".into());
        let mut shown: Vec<String> = Vec::new();
        for chunk in chunks {
            if let Some(delta) = reply.take(chunk).unwrap() {
                shown.resize(shown.len().max(delta.block + 1), String::new());
                prop_assert_eq!(shown[delta.block].len(), delta.start);
                shown[delta.block].push_str(&delta.text);
            }
        }
        let said: Vec<String> = reply.blocks.iter_mut().map(|b| match &b.part {
            Part::Redacted(_) | Part::Served { .. } => String::new(),
            _ => b.part.said().clone(),
        }).collect();
        shown.resize(said.len(), String::new());
        prop_assert_eq!(shown, said);
        let whole = reply.stop.is_some();
        match reply.finish() {
            Ok(message) => {
                prop_assert!(whole);
                let ids: HashSet<_> = message.tool_uses().map(|tool| tool.id.clone()).collect();
                prop_assert_eq!(ids.len(), message.tool_uses().count());
            }
            Err(_) => prop_assert!(!whole),
        }
    }
}

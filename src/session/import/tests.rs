//! What other agents' files become.

#![allow(clippy::needless_pass_by_value, reason = "lines of JSON read better so")]

use std::fs;

use serde_json::json;

use super::*;
use crate::protocol::{Content, LineKind, StopReason, ToolStatus, text_of};
use crate::session::{Entry, State, read, repairs};

fn named(name: &str) -> ModelId {
    ModelId::from(&*format!("known/{name}"))
}

struct Made {
    _dir: tempfile::TempDir,
    store: Store,
    path: PathBuf,
    done: Imported,
    state: State,
}

/// Imports a file of these lines; what is no object stands there as it is.
fn made(lines: &[Value]) -> Made {
    let dir = tempfile::tempdir().unwrap();
    let (store, path) = (Store::new(dir.path().join("sessions")), dir.path().join("them.jsonl"));
    let line = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    fs::write(&path, lines.iter().map(|it| line(it) + "\n").collect::<String>()).unwrap();
    let done = import(&store, &path, None, named).unwrap();
    let found = store.find(done.id.as_str(), Path::new("/")).unwrap();
    let log = read(&found.path).unwrap();
    assert!(log.repairs.is_empty());
    let mut state = State::new(done.id.clone());
    log.envelopes.iter().for_each(|envelope| state.apply(envelope));
    assert_eq!(repairs(&state), [], "nothing is open");
    Made { _dir: dir, store, path, done, state }
}

fn prompts(state: &State) -> Vec<String> {
    let prompts = state.entries.iter().filter_map(|entry| match entry {
        Entry::Prompt { content, .. } => Some(text_of(content)),
        _ => None,
    });
    prompts.collect()
}

fn answers(state: &State) -> Vec<String> {
    let said = state.entries.iter().filter_map(|entry| match entry {
        Entry::Message { message, .. } => Some(text_of(&message.content)),
        _ => None,
    });
    said.collect()
}

fn calls(state: &State) -> Vec<(&str, &str, ToolStatus, &str)> {
    let calls = state.calls().map(|entry| {
        let outcome = entry.outcome.as_ref().unwrap();
        (&*entry.call.verb, &*entry.call.title, outcome.status, &*outcome.text)
    });
    calls.collect()
}

/// A line of Claude Code: its number is its time and its name.
fn claude(n: u32, parent: u32, kind: &str, message: Value, more: Value) -> Value {
    let mut line = json!({
        "type": kind, "uuid": format!("u{n}"),
        "parentUuid": (parent > 0).then(|| format!("u{parent}")),
        "isSidechain": false, "userType": "external", "cwd": "/w/theirs",
        "sessionId": "5f0c-claude", "version": "2.1.0", "gitBranch": "main",
        "timestamp": format!("2026-03-01T10:00:{n:02}.000Z"), "message": message,
    });
    for (name, value) in more.as_object().unwrap() {
        line[name] = value.clone();
    }
    line
}

fn says(n: u32, parent: u32, text: &str) -> Value {
    claude(n, parent, "user", json!({"role": "user", "content": text}), json!({}))
}

fn answer(n: u32, parent: u32, id: &str, block: Value) -> Value {
    let usage = json!({"input_tokens": 5, "output_tokens": 7, "cache_read_input_tokens": 100,
                       "cache_creation_input_tokens": 3});
    let message = json!({"id": id, "type": "message", "role": "assistant", "model": "claude-opus-4-6",
                         "content": [block], "stop_reason": null, "usage": usage});
    claude(n, parent, "assistant", message, json!({"requestId": "req"}))
}

fn told(n: u32, parent: u32, id: &str, content: Value, more: Value) -> Value {
    let block = json!({"type": "tool_result", "tool_use_id": id, "content": content,
                       "is_error": id == "bad"});
    claude(n, parent, "user", json!({"role": "user", "content": [block]}), more)
}

fn of_claude() -> Vec<Value> {
    let patch = json!({"filePath": "/w/theirs/a.rs", "structuredPatch": [{"oldStart": 4, "oldLines": 2,
        "newStart": 4, "newLines": 2, "lines": [" fn a()", "-one", "+two", "\\ No newline at end of file"]}]});
    let side = json!({"isSidechain": true, "agentId": "a1"});
    vec![
        json!({"type": "summary", "summary": "Two for one", "leafUuid": "u9"}),
        json!({"type": "file-history-snapshot", "messageId": "m", "snapshot": {}}),
        claude(
            1,
            0,
            "user",
            json!({"role": "user", "content": "Caveat: …"}),
            json!({"isMeta": true}),
        ),
        says(2, 1, "<command-name>/clear</command-name>"),
        says(3, 2, "change one to three"),
        answer(4, 3, "msg_0", json!({"type": "text", "text": "to three it is"})),
        // The user took that back and asked for something else.
        says(5, 2, "change one to two"),
        answer(6, 5, "msg_1", json!({"type": "thinking", "thinking": "hm", "signature": "sealed"})),
        answer(7, 6, "msg_1", json!({"type": "text", "text": "I edit it."})),
        answer(
            8,
            7,
            "msg_1",
            json!({"type": "tool_use", "id": "good", "name": "Edit",
            "input": {"file_path": "/w/theirs/a.rs", "old_string": "one", "new_string": "two"}}),
        ),
        told(9, 8, "good", json!("The file was updated."), json!({"toolUseResult": patch})),
        answer(
            10,
            8,
            "msg_1",
            json!({"type": "tool_use", "id": "bad", "name": "Bash", "input": {"command": "cargo test"}}),
        ),
        told(11, 10, "bad", json!([{"type": "text", "text": "exit 1"}]), json!({})),
        claude(12, 11, "user", json!({"role": "user", "content": "search"}), side),
        answer(
            13,
            11,
            "msg_2",
            json!({"type": "tool_use", "id": "lost", "name": "mcp__x y__z", "input": {}}),
        ),
        says(14, 13, "[Request interrupted by user for tool use]"),
        says(15, 14, "and now?"),
        answer(16, 15, "msg_3", json!({"type": "text", "text": "done"})),
        answer(16, 15, "msg_3", json!({"type": "text", "text": "done"})),
        json!({"type": "of-the-future"}),
        json!("{ torn"),
    ]
}

#[test]
fn a_session_of_claude_code_is_told_in_order() {
    let Made { done, state, path, .. } = made(&of_claude());
    assert_eq!((done.agent, done.again, done.turns), (Agent::Claude, false, 2));
    assert_eq!(done.counts, Counts { unknown: 2, side: 1, rewound: 2 });
    assert_eq!(prompts(&state), ["change one to two", "and now?"]);
    assert_eq!(answers(&state), ["I edit it.", "", "done"]);
    let lost = "The file that this session was imported from holds no result of this call.";
    assert_eq!(
        calls(&state),
        [
            ("Edit", "/w/theirs/a.rs", ToolStatus::Done, "The file was updated."),
            ("Run", "cargo test", ToolStatus::Failed, "exit 1"),
            ("mcp__x_y__z", "", ToolStatus::Cancelled, lost),
        ]
    );
    let edit = state.calls().next().unwrap();
    assert_eq!((edit.changes[0].added, edit.changes[0].removed), (1, 1));
    assert_eq!(edit.changes[0].hunks[0].lines[1].kind, LineKind::Removed);
    assert_eq!(
        (state.cwd.to_str().unwrap(), &*state.model.0),
        ("/w/theirs", "known/claude-opus-4-6")
    );
    assert_eq!(state.started, crate::base::clock::iso_time("2026-03-01T10:00:01Z").unwrap());
    assert_eq!(state.usage.output, 21, "each answer counts once");
    let ends = state.entries.iter().filter_map(|entry| match entry {
        Entry::TurnEnd { stop, .. } => Some(stop.clone()),
        _ => None,
    });
    assert_eq!(ends.collect::<Vec<_>>(), [StopReason::Cancelled, StopReason::EndTurn]);
    let sealed = format!("{:?}", state.entries);
    assert!(!sealed.contains("sealed"), "a seal of another conversation is worth nothing");
    let Some(Entry::Notice { text, .. }) = state.entries.last() else { panic!() };
    assert!(
        text.contains(&path.display().to_string()) && text.contains("1 line of sub-agents"),
        "{text}"
    );
}

#[test]
fn the_same_file_is_imported_once() {
    let Made { _dir, store, path, done, state } = made(&of_claude());
    let log = store.find(done.id.as_str(), Path::new("/")).unwrap().path;
    let before = fs::read(&log).unwrap();
    let again = import(&store, &path, Some(Agent::Claude), named).unwrap();
    assert_eq!((again.again, &again.id), (true, &done.id));
    assert_eq!(fs::read(&log).unwrap(), before);
    assert_eq!(store.list(None).len(), 1);
    assert!(state.turns > 0);
}

fn codex(n: u32, kind: &str, payload: Value) -> Value {
    json!({"timestamp": format!("2026-03-01T10:00:{n:02}.000Z"), "type": kind, "payload": payload})
}

fn of_codex() -> Vec<Value> {
    let message = |role: &str, text: &str| {
        let kind = if role == "assistant" { "output_text" } else { "input_text" };
        json!({"type": "message", "role": role, "content": [{"type": kind, "text": text}]})
    };
    let usage = json!({"input_tokens": 120, "cached_input_tokens": 100, "output_tokens": 9, "total_tokens": 129});
    vec![
        codex(
            1,
            "session_meta",
            json!({"id": "0199-codex", "timestamp": "2026-03-01T10:00:00.500Z",
            "cwd": "/w/theirs", "originator": "codex_cli_rs", "cli_version": "0.169.0", "model_provider": "openai"}),
        ),
        codex(2, "response_item", message("user", "<environment_context>\n</environment_context>")),
        codex(3, "response_item", message("user", "count the files")),
        codex(
            3,
            "event_msg",
            json!({"type": "user_message", "message": "count the files", "kind": "plain",
            "images": [format!("data:image/png;base64,{}", "iVBORw0KGgo=")]}),
        ),
        codex(
            4,
            "turn_context",
            json!({"cwd": "/w/theirs", "model": "gpt-5-codex", "approval_policy": "never"}),
        ),
        codex(
            5,
            "response_item",
            json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "I count"}],
            "encrypted_content": "sealed"}),
        ),
        codex(5, "event_msg", json!({"type": "agent_reasoning", "text": "I count"})),
        codex(
            6,
            "response_item",
            json!({"type": "function_call", "name": "shell", "call_id": "call_1",
            "arguments": "{\"command\":[\"bash\",\"-lc\",\"ls | wc -l\"]}"}),
        ),
        codex(7, "event_msg", json!({"type": "token_count", "info": {"last_token_usage": usage}})),
        codex(
            8,
            "response_item",
            json!({"type": "function_call_output", "call_id": "call_1",
            "output": "{\"output\":\"3\\n\",\"metadata\":{\"exit_code\":0}}"}),
        ),
        codex(
            9,
            "response_item",
            json!({"type": "custom_tool_call", "name": "apply_patch", "call_id": "call_2",
            "input": "*** Begin Patch"}),
        ),
        codex(
            10,
            "response_item",
            json!({"type": "custom_tool_call_output", "call_id": "call_2",
            "output": "{\"output\":\"no\",\"metadata\":{\"exit_code\":1}}"}),
        ),
        codex(11, "event_msg", json!({"type": "agent_message", "message": "Three."})),
        codex(11, "response_item", message("assistant", "Three.")),
        codex(12, "event_msg", json!({"type": "token_count", "info": null})),
        codex(13, "event_msg", json!({"type": "user_message", "message": "stop"})),
        codex(14, "event_msg", json!({"type": "turn_aborted", "reason": "interrupted"})),
        codex(15, "event_msg", json!({"type": "of_the_future"})),
    ]
}

#[test]
fn a_session_of_codex_is_told_in_order() {
    let Made { done, state, .. } = made(&of_codex());
    assert_eq!((done.agent, done.turns), (Agent::Codex, 2));
    assert_eq!(done.counts, Counts { unknown: 1, ..Counts::default() });
    assert_eq!(prompts(&state), ["count the files", "stop"]);
    assert_eq!(answers(&state), ["", "", "Three."]);
    assert_eq!(
        calls(&state),
        [("Run", "ls | wc -l", ToolStatus::Done, "3\n"), ("Edit", "", ToolStatus::Failed, "no")]
    );
    assert_eq!(&*state.model.0, "known/openai/gpt-5-codex");
    assert_eq!((state.usage.input, state.usage.cache_read, state.usage.output), (20, 100, 9));
    let Some(Entry::Prompt { content, .. }) = state.entries.first() else { panic!() };
    assert!(matches!(content[1], Content::Image(_)), "{content:?}");
}

#[test]
fn an_early_file_of_codex_has_the_items_alone() {
    let item = |role: &str, text: &str| json!({"type": "message", "role": role, "content": [{"type": "text", "text": text}]});
    let Made { done, state, .. } = made(&[
        json!({"id": "early", "timestamp": "2025-05-01T10:00:00Z", "instructions": null}),
        json!({"record_type": "state"}),
        item("user", "<user_instructions>be brief</user_instructions>"),
        item("user", "hello"),
        item("assistant", "Hello."),
    ]);
    assert_eq!((done.agent, done.counts), (Agent::Codex, Counts::default()));
    assert_eq!((prompts(&state), answers(&state)), (vec!["hello".into()], vec!["Hello.".into()]));
}

#[test]
fn what_is_no_session_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path().join("sessions"));
    let path = dir.path().join("x.jsonl");
    let table = [
        ("{\"a\":1}\n", "knows those of"),
        ("", "knows those of"),
        ("{\"type\":\"summary\",\"leafUuid\":\"u\"}\n", "holds no prompt"),
    ];
    for (text, says) in table {
        fs::write(&path, text).unwrap();
        let error = format!("{:#}", import(&store, &path, None, named).unwrap_err());
        assert!(error.contains(says), "{text}: {error}");
    }
    let error = format!("{:#}", import(&store, dir.path(), None, named).unwrap_err());
    assert!(error.contains("it is no file"), "{error}");
    assert!(store.list(None).is_empty(), "nothing was made");
}

#[test]
fn their_sessions_are_listed_and_those_of_sub_agents_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let file = |path: &str, lines: &[Value]| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, lines.iter().map(|it| it.to_string() + "\n").collect::<String>()).unwrap();
    };
    file("claude/projects/-w-theirs/5f0c.jsonl", &of_claude()[..6]);
    file("claude/projects/-w-theirs/agent-a1.jsonl", &of_claude()[..6]);
    file("codex/sessions/2026/03/01/rollout-2026-03-01-0199.jsonl", &of_codex());
    file("codex/sessions/2026/03/01/other.jsonl", &of_codex());
    let home = |name: &str| Some(dir.path().join(name));
    let homes = Homes { claude: home("claude"), codex: home("codex") };
    let titles = |agent, cwd: &str| {
        let offers = homes.offers(agent, Some(Path::new(cwd)));
        let mut titles: Vec<_> = offers.into_iter().map(|offer| offer.title).collect();
        titles.sort();
        titles
    };
    assert_eq!(titles(None, "/w/theirs"), ["change one to three", "count the files"]);
    assert_eq!(titles(Some(Agent::Codex), "/w/theirs"), ["count the files"]);
    assert!(titles(None, "/w/other").is_empty());
}

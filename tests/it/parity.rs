//! The scenarios that agents of this kind are measured by, with the built program: what is asked of
//! the service, what the tools do, and what the result says.
//!
//! One more, a tool that a plugin brings, comes with plugins. A question is answered in the screen:
//! a run without one asks nobody.

use serde_json::{Value, json};

use crate::support::messages::{Received, Reply, Server};
use crate::support::run::{Place, ran, service};
use crate::support::terminal::Terminal;

/// What a prompt names its scenario by.
const MARK: &str = "PARITY_SCENARIO:";

const LINES: &str = "alpha parity line\nbeta line\ngamma parity line\n";

/// Everything that the user and the tools said, as (is a result, text, is an error).
fn said(request: &Value) -> Vec<(bool, String, bool)> {
    let messages = request["messages"].as_array().unwrap().iter();
    let blocks = messages
        .filter(|message| message["role"] == "user")
        .flat_map(|message| message["content"].as_array().unwrap());
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    };
    let each = |block: &Value| match block["type"].as_str() {
        Some("tool_result") => (true, text(&block["content"]), block["is_error"] == true),
        _ => (false, text(&block["text"]), false),
    };
    blocks.map(each).collect()
}

fn scenario(request: &Received) -> String {
    let said = said(&request.json());
    let mut words = said.iter().rev().flat_map(|(_, text, _)| text.split_whitespace());
    words.find_map(|word| word.strip_prefix(MARK)).unwrap_or("none").to_owned()
}

fn text(text: &str, (input, output): (u64, u64)) -> Reply {
    let usage = json!({"input_tokens": input, "output_tokens": output,
                       "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0});
    Reply::message_with(&[json!({"type": "text", "text": text})], &usage)
}

fn calls(calls: &[(&str, &str, Value)]) -> Reply {
    let block = |(id, name, input): &(&str, &str, Value)| json!({"type": "tool_use", "id": id, "name": name, "input": input});
    Reply::message(&calls.iter().map(block).collect::<Vec<_>>())
}

fn grep() -> Value {
    json!({"pattern": "parity", "path": "fixture.txt", "output_mode": "count"})
}

fn write(path: &str, content: &str) -> Value {
    json!({"path": path, "content": content})
}

/// A command that no mode but bypass runs without a question.
fn shell(words: &str) -> Value {
    json!({"command": format!("env -i printf '{words}'"), "timeout": 1000})
}

/// The model: a first reply, and where it asked for tools, a second one made of their results.
fn model(request: &Received) -> Reply {
    let said = said(&request.json());
    let results: Vec<_> = said.iter().filter(|(result, ..)| *result).collect();
    let [(_, first, failed), rest @ ..] = results.as_slice() else {
        return opening(&scenario(request));
    };
    // As a reader shows it: "1\talpha parity line".
    let content = first.lines().next().and_then(|line| line.split_once('\t')).map(|(_, line)| line);
    let content = content.unwrap_or(first);
    // "fixture.txt:2".
    let count = |text: &str| {
        let first = text.lines().next().unwrap_or_default();
        first.rsplit(':').next().unwrap_or_default().to_owned()
    };
    let told = match scenario(request).as_str() {
        "read_file_roundtrip" => format!("read_file roundtrip complete: {content}"),
        "grep_chunk_assembly" => format!("grep_search matched {} occurrences", count(first)),
        "write_file_allowed" => {
            format!("write_file succeeded: {}", first.split(':').next().unwrap())
        }
        "multi_tool_turn_roundtrip" => {
            let count = count(&rest[0].1);
            format!("multi-tool roundtrip complete: {content} / {count} occurrences")
        }
        "bash_stdout_roundtrip" => format!("bash completed: {first}"),
        "bash_permission_prompt_approved" if *failed => format!("unexpectedly failed: {first}"),
        "bash_permission_prompt_approved" => format!("bash approved and executed: {first}"),
        _ => format!("denied as expected: {first}"),
    };
    text(&told, (14, 7))
}

fn opening(scenario: &str) -> Reply {
    let read = || ("toolu_read", "read", json!({"path": "fixture.txt"}));
    match scenario {
        "streaming_text" => text("Mock streaming says hello from the parity harness.", (11, 8)),
        "read_file_roundtrip" => calls(&[read()]),
        "grep_chunk_assembly" => calls(&[("toolu_grep", "grep", grep())]),
        "write_file_allowed" => calls(&[(
            "toolu_write_allowed",
            "write",
            write("generated/output.txt", "created by mock service\n"),
        )]),
        "write_file_denied" => calls(&[(
            "toolu_write_denied",
            "write",
            write("generated/denied.txt", "should not exist\n"),
        )]),
        "multi_tool_turn_roundtrip" => calls(&[read(), ("toolu_grep", "grep", grep())]),
        "bash_stdout_roundtrip" => calls(&[("toolu_bash", "bash", shell("alpha from bash"))]),
        "bash_permission_prompt_approved" => {
            calls(&[("toolu_allow", "bash", shell("approved via prompt"))])
        }
        "bash_permission_prompt_denied" => {
            calls(&[("toolu_deny", "bash", shell("should not run"))])
        }
        "auto_compact_triggered" => text("auto compact parity complete.", (50_000, 200)),
        "token_cost_reporting" => text("token cost reporting parity complete.", (1_000, 500)),
        other => panic!("no scenario {other:?}"),
    }
}

/// What is expected of a scenario without a screen.
struct Row {
    name: &'static str,
    mode: &'static str,
    /// `--allowedTools`; none where empty.
    tools: &'static str,
    fixture: &'static str,
    /// In the last answer.
    says: &'static str,
    /// Name and input of each call.
    uses: Vec<(&'static str, Value)>,
    /// Words of each result, and whether it is an error.
    results: Vec<(&'static str, bool)>,
    tokens: (u64, u64),
}

#[rustfmt::skip]
fn table() -> Vec<Row> {
    let row = |name, mode, tools, fixture, says, uses: &[(&'static str, Value)], results: &[(&'static str, bool)], tokens| Row {
        name, mode, tools, fixture, says, uses: uses.to_vec(), results: results.to_vec(), tokens,
    };
    let two = (26, 11);
    let read = || ("read", json!({"path": "fixture.txt"}));
    vec![
        row("streaming_text", "read-only", "", "", "Mock streaming says hello from the parity harness.", &[], &[], (11, 8)),
        row("read_file_roundtrip", "read-only", "Read", "alpha parity line\n", "complete: alpha parity line",
            &[read()], &[("alpha parity line", false)], two),
        row("grep_chunk_assembly", "read-only", "Grep", LINES, "2 occurrences",
            &[("grep", grep())], &[("fixture.txt:2", false)], two),
        row("write_file_allowed", "workspace-write", "Write", "", "generated/output.txt",
            &[("write", write("generated/output.txt", "created by mock service\n"))], &[("generated/output.txt", false)], two),
        row("write_file_denied", "read-only", "Write", "", "denied as expected: Denied",
            &[("write", write("generated/denied.txt", "should not exist\n"))], &[("plan", true)], two),
        row("multi_tool_turn_roundtrip", "read-only", "Read,Grep", LINES, "alpha parity line / 2 occurrences",
            &[read(), ("grep", grep())], &[("alpha parity line", false), ("fixture.txt:2", false)], two),
        row("bash_stdout_roundtrip", "danger-full-access", "Bash", "", "bash completed: alpha from bash",
            &[("bash", shell("alpha from bash"))], &[("alpha from bash", false)], two),
        row("auto_compact_triggered", "read-only", "", "", "auto compact parity complete.", &[], &[], (50_000, 200)),
        row("token_cost_reporting", "read-only", "", "", "token cost reporting parity complete.", &[], &[], (1_000, 500)),
    ]
}

fn check(server: &Server, row: &Row) -> Place {
    let (name, place) = (row.name, Place::new());
    if !row.fixture.is_empty() {
        place.write("fixture.txt", row.fixture);
    }
    let prompt = format!("{MARK}{name}");
    let mut args = vec!["-p", "--model", "sonnet", "--permission-mode", row.mode];
    args.push("--output-format=json");
    if !row.tools.is_empty() {
        args.extend(["--allowedTools", row.tools]);
    }
    args.push(&prompt);
    let ran = ran(&mut place.claw(server, &args));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{name}: {}", ran.out);

    let result = ran.result();
    let words = result["result"].as_str().unwrap();
    assert!(words.contains(row.says), "{name}: {words}");
    let requests = if row.uses.is_empty() { 1 } else { 2 };
    assert_eq!(result["num_turns"], requests, "{name}");
    let uses = result["tool_uses"].as_array().unwrap();
    let uses: Vec<_> =
        uses.iter().map(|u| (u["name"].as_str().unwrap(), u["input"].clone())).collect();
    assert_eq!(uses, row.uses, "{name}");
    let results = result["tool_results"].as_array().unwrap();
    assert_eq!(results.len(), row.results.len(), "{name}: {results:?}");
    for (got, (words, is_error)) in results.iter().zip(&row.results) {
        let output = got["output"].as_str().unwrap();
        assert!(output.contains(words), "{name}: {output}");
        assert_eq!(got["is_error"], *is_error, "{name}: {output}");
    }
    let usage = &result["usage"];
    let tokens = (usage["input_tokens"].as_u64(), usage["output_tokens"].as_u64());
    assert_eq!(tokens, (Some(row.tokens.0), Some(row.tokens.1)), "{name}");
    assert!(result["total_cost_usd"].as_f64().unwrap() > 0.0, "{name}: {result}");
    place
}

/// Asks, answers with `key`, and waits for the model's last words. The server's answers are shown.
fn answered(server: &Server, name: &str, key: &str, words: &str) {
    let place = Place::new();
    let prompt = format!("{MARK}{name}");
    let url = server.url();
    let args = ["--permission-mode", "workspace-write", &prompt];
    let (home, project) = (&place.home, &place.project);
    let terminal = Terminal::start_with(home, project, &args, &service(&url), (120, 40));
    terminal.wait_for(&prompt);
    terminal.press("\r");
    terminal.wait_for("Permission 1 of 1");
    // A question never takes the keyboard from someone who types: it says when it has it.
    terminal.wait_for("y allow once");
    terminal.press(key);
    terminal.wait_for(words);
}

#[test]
fn the_scenarios() {
    let server = Server::answering(model);
    let mut expected = Vec::new();
    for row in table() {
        if row.name == "auto_compact_triggered" {
            let table = [
                ("approved", "y", "approved and executed: approved via"),
                ("denied", "n", "denied as expected: The user denied"),
            ];
            for (name, key, words) in table {
                let name = format!("bash_permission_prompt_{name}");
                answered(&server, &name, key, words);
                expected.extend([name.clone(), name]);
            }
        }
        let place = check(&server, &row);
        let requests = if row.uses.is_empty() { 1 } else { 2 };
        expected.extend((0..requests).map(|_| row.name.to_owned()));
        match row.name {
            "write_file_allowed" => assert_eq!(
                place.read("generated/output.txt").as_deref(),
                Some("created by mock service\n")
            ),
            "write_file_denied" => assert_eq!(place.read("generated/denied.txt"), None),
            _ => {}
        }
    }

    let requests = server.requests();
    let asked: Vec<_> = requests.iter().map(scenario).collect();
    assert_eq!(asked, expected, "so many requests, in this order");
    for request in &requests {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/messages"));
        assert_eq!(request.json()["stream"], true);
    }
    // What the screen showed is what the model was told.
    let told = |name: &str| {
        let of = requests.iter().rfind(|request| scenario(request) == name);
        said(&of.unwrap().json()).pop().unwrap()
    };
    let (_, output, failed) = told("bash_permission_prompt_approved");
    assert_eq!((output.as_str(), failed), ("approved via prompt", false));
    let (_, output, failed) = told("bash_permission_prompt_denied");
    assert!(output.starts_with("The user denied this call") && failed, "{output}");
}

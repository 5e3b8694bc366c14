//! `--json-schema`: answers that have a form, at once, at the second try, never.

use serde_json::{Value, json};

use crate::support::messages::{Received, Reply, Server};
use crate::support::run::{Place, ran};

const PROMPT: &str = "How many are there?";

fn place() -> Place {
    let place = Place::new();
    let schema = json!({
        "type": "object", "required": ["count"], "additionalProperties": false,
        "properties": {"count": {"type": "integer", "minimum": 0}},
    });
    place.write("form.json", schema.to_string());
    place
}

/// Runs it with these answers: the exit code, what was written, and what the model was told last in
/// each request.
fn run(answers: &[&str], format: &str) -> (Option<i32>, String, String, Vec<String>) {
    let place = place();
    let server = Server::start(answers.iter().map(|answer| Reply::text(answer)).collect());
    let args = ["-p", PROMPT, "--json-schema", "form.json", "--output-format", format];
    let got = ran(&mut place.claw(&server, &args));
    let last = |request: &Received| {
        request.json()["messages"].as_array().unwrap().last().unwrap().to_string()
    };
    let told = server.requests().iter().map(last).collect();
    (got.code, got.out, got.err, told)
}

#[test]
fn an_answer_of_the_form_is_taken_at_once() {
    for answer in [r#"{"count":3}"#, "```json\n{\"count\": 3}\n```"] {
        let (code, out, err, told) = run(&[answer], "json");
        assert_eq!(code, Some(0), "{out}{err}");
        let result: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(result["structured_output"], json!({"count": 3}));
        assert_eq!((&result["subtype"], &result["result"]), (&json!("success"), &json!(answer)));
        assert_eq!(told.len(), 1);
        assert!(
            told[0].contains(PROMPT) && told[0].contains("additionalProperties"),
            "{}",
            told[0]
        );
        let (code, out, ..) = run(&[answer], "text");
        assert_eq!((code, out.as_str()), (Some(0), "{\"count\":3}\n"));
    }
}

#[test]
fn an_answer_that_is_not_is_asked_for_again_with_what_is_wrong() {
    let (code, out, err, told) = run(&[r#"{"count":-1}"#, r#"{"count":0}"#], "json");
    assert_eq!(code, Some(0), "{out}{err}");
    let result: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(result["structured_output"], json!({"count": 0}));
    assert_eq!(result["num_turns"], 2);
    assert_eq!(told.len(), 2);
    assert!(told[1].contains("/count: -1 is less than the minimum of 0"), "{}", told[1]);
}

#[test]
fn an_answer_that_never_has_the_form_has_its_own_exit_code() {
    let answers = ["Three.", "{}", "[3]", r#"{"count":"3"}"#, r#"{"count":3}"#];
    let (code, out, err, told) = run(&answers, "json");
    assert_eq!(code, Some(6), "{out}{err}");
    assert_eq!(told.len(), 4, "asked again three times");
    let faults = ["not one JSON value", "\\\"count\\\" is a required property", "is not of type"];
    for (told, fault) in told[1..].iter().zip(faults) {
        assert!(told.contains(fault), "{fault}: {told}");
    }
    let result: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(result["subtype"], "error_max_structured_output_retries");
    assert_eq!((&result["is_error"], result.get("structured_output")), (&json!(true), None));
    assert!(err.contains("/count: \"3\" is not of type \"integer\""), "{err}");
    let (code, out, ..) = run(&answers, "text");
    assert_eq!((code, out.as_str()), (Some(6), ""), "nothing that a program could take for it");
}

#[test]
fn a_bad_schema_is_an_error_before_anything_is_sent() {
    let place = place();
    place.write("bad.json", r#"{"type": "numberish"}"#);
    place.write("far.json", r#"{"$ref": "https://schemas.example/a.json"}"#);
    let server = Server::start(vec![Reply::text("{}")]);
    for (name, words) in [
        ("bad.json", "no JSON schema"),
        ("far.json", "schemas.example"),
        ("gone.json", "gone.json"),
    ] {
        let got = ran(&mut place.claw(&server, &["-p", PROMPT, "--json-schema", name]));
        assert_eq!(got.code, Some(2), "{got:?}");
        assert!(got.err.contains(words) && got.err.contains(name), "{}", got.err);
    }
    assert!(server.requests().is_empty());
}

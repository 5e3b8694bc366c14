//! The words of `claw policy`, and the corpora as gates.

use super::*;

fn corpus(text: &str) -> (bool, String) {
    let mut out = Vec::new();
    let passed = corpus::test(text.as_bytes(), &mut out).unwrap();
    (passed, String::from_utf8(out).unwrap())
}

fn gate(text: &str) {
    let (passed, said) = corpus(text);
    assert!(passed, "{said}");
}

#[test]
fn commands_of_the_corpus() {
    gate(include_str!("../../../tests/corpus/commands.jsonl"));
}

#[test]
fn paths_of_the_corpus() {
    gate(include_str!("../../../tests/corpus/paths.jsonl"));
}

#[test]
fn texts_of_the_corpus() {
    gate(include_str!("../../../tests/corpus/display.jsonl"));
}

#[test]
fn places_of_our_own_corpus() {
    gate(include_str!("../../../tests/corpus/own-places.jsonl"));
}

#[test]
fn paths_of_our_own_corpus() {
    gate(include_str!("../../../tests/corpus/own-paths.jsonl"));
}

#[test]
fn texts_of_our_own_corpus() {
    gate(include_str!("../../../tests/corpus/own-display.jsonl"));
}

#[test]
fn each_error_is_counted_by_its_kind() {
    let cases = [
        (
            "{\"id\":\"a\",\"class\":\"x\",\"command\":\"ls\",\"expect\":\"deny\"}",
            "1 unsafe allows, 0 missed",
        ),
        (
            "{\"id\":\"a\",\"class\":\"x\",\"command\":\"ls\",\"expect\":\"ask\"}",
            "1 unsafe allows, 0 missed",
        ),
        (
            "{\"id\":\"a\",\"class\":\"x\",\"command\":\"rm x\",\"expect\":\"deny\"}",
            "1 missed denies",
        ),
        (
            "{\"id\":\"a\",\"class\":\"x\",\"command\":\"rm x\",\"expect\":\"allow\"}",
            "1 false prompts",
        ),
        (
            "{\"id\":\"a\",\"class\":\"x\",\"command\":\"rm -rf /\",\"expect\":\"ask\"}",
            "1 over-denies",
        ),
        ("{\"id\":\"a\",\"input\":\"x\",\"must_show\":[\"1B\"]}", "1 display failures"),
    ];
    for (case, expected) in cases {
        let (passed, said) = corpus(case);
        assert!(!passed && said.contains(expected) && said.starts_with("a: "), "{case}: {said}");
    }
}

#[test]
fn check_answers_each_record() {
    let input = concat!(
        "{\"id\":\"a\",\"command\":\"ls; curl x\",\"rules\":{\"deny\":[\"Bash(curl:*)\"]}}\n\n",
        "{\"id\":\"b\",\"op\":\"Read\",\"path\":\"a\"}\n",
        "{\"id\":\"c\",\"input\":\"a\\u001bb\"}\n",
        "{\"id\":\"d\",\"command\":\"ls\",\"mode\":\"odd\"}\n",
        "nonsense\n",
    );
    let mut out = Vec::new();
    corpus::check(input.as_bytes(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let answers: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 5, "{text}");
    assert_eq!(answers[0]["decision"], "deny");
    assert_eq!(
        (&answers[0]["atom"], &answers[0]["rule"]),
        (&"curl x".into(), &"Bash(curl:*)".into())
    );
    assert_eq!(answers[1]["decision"], "allow");
    assert_eq!(answers[2]["output"], "a<U+001B>b");
    assert_eq!(answers[3]["decision"], "deny");
    assert_eq!(answers[4]["decision"], "deny");
}

#[test]
fn explaining_names_each_atom() {
    let policy = Policy { roots: vec!["/w".into()], ..Policy::default() };
    let script = Script { command: "cat a.rs | tee b.rs".into(), cwd: "/w".into() };
    let mut out = Vec::new();
    explain(&policy, Mode::Default, script, &mut out).unwrap();
    let said = String::from_utf8(out).unwrap();
    for part in ["allow cat a.rs", "reads   a.rs", "ask   tee b.rs", "writes  b.rs", "why", "by"] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
}

//! The words of `claw policy`, and the contract's corpora as gates (all: `tests/it/policy.rs`).

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
fn a_broken_line_is_told_and_the_next_is_judged() {
    let good =
        "{\"id\":\"z\",\"op\":\"READ\",\"path\":\"a\",\"rules\":null,\"fs\":null,\"cwd\":\"src\"}";
    let long = format!("{{\"id\":1,\"input\":\"{}\"}}", "a".repeat(17 << 20));
    let bad: &[(&[u8], &str, &str)] = &[
        (b"nonsense", "null", "no record"),
        (b"\xff\xfe", "null", "no text"),
        (b"[]", "null", "no JSON object"),
        (b"{}", "null", "no command"),
        (b"{\"id\":7,\"op\":\"Read\",\"path\":5}", "7", "a string"),
        (b"{\"id\":7,\"op\":\"Stat\",\"path\":\"a\"}", "7", "none of Read"),
        (b"{\"id\":7,\"op\":\"Read\",\"path\":\"a\",\"mode\":\"odd\"}", "7", "no mode"),
        (b"{\"id\":7,\"command\":\"ls\",\"rules\":{\"deny\":[\"Bsah(x)\"]}}", "7", "no tool"),
        (long.as_bytes(), "null", "longer than"),
    ];
    for (line, id, expected) in bad {
        let input = [b"\xef\xbb\xbf\r\n", *line, b"\r\n\xef\xbb\xbf", good.as_bytes()].concat();
        let mut out = Vec::new();
        corpus::check(&input[..], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let answers: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [wrong, next] = &answers[..] else { panic!("{expected}: {text}") };
        assert_eq!((&wrong["decision"], wrong["id"].to_string().as_str()), (&"deny".into(), *id));
        let reason = wrong["reason"].as_str().unwrap();
        assert!(reason.starts_with("line 2: ") && reason.contains(expected), "{reason}");
        assert_eq!((&next["id"], &next["decision"]), (&"z".into(), &"allow".into()));

        let expecting = good.replace("null,\"cwd\"", "null,\"expect\":\"allow\",\"cwd\"");
        let input = [line, &b"\n"[..], expecting.as_bytes()].concat();
        let mut out = Vec::new();
        assert!(!corpus::test(&input[..], &mut out).unwrap());
        let said = String::from_utf8(out).unwrap();
        assert!(said.contains("1 lines could not be judged") && said.contains("1 cases"), "{said}");
    }
}

#[test]
fn each_answer_is_there_before_the_next_question() {
    /// Counts what was flushed.
    #[derive(Default)]
    struct Pipe(usize, usize);
    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += usize::from(bytes.ends_with(b"\n"));
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            self.1 += 1;
            assert_eq!(self.0, self.1);
            Ok(())
        }
    }
    let mut pipe = Pipe::default();
    corpus::check("{\"id\":1,\"command\":\"ls\"}\n".repeat(3).as_bytes(), &mut pipe).unwrap();
    assert_eq!(pipe.1, 3);
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

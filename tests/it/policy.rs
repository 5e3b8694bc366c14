//! The corpora, through the built binary: what anyone can run who wants to know.

use std::io::Write as _;
use std::process::{Command, Stdio};

fn claw(args: &[&str]) -> Command {
    let mut claw = Command::new(env!("CARGO_BIN_EXE_claw"));
    claw.args(args).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus"));
    claw
}

#[test]
fn the_corpora_hold() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|e| e == "jsonl")).collect();
    assert!(files.len() >= 3, "{files:?}");
    let done = claw(&["policy", "test"]).args(&files).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}");
    for file in files {
        let cases = std::fs::read_to_string(file).unwrap().lines().count();
        assert!(said.contains(&format!("{cases} cases: 0 unsafe")), "{said}");
    }
}

#[test]
fn every_verdict_of_the_corpus_names_its_reason_and_its_atom() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/commands.jsonl");
    let text = std::fs::read_to_string(corpus).unwrap();
    let mut child = claw(&["policy", "check", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let done = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let mut answers = 0;
    for line in String::from_utf8(done.stdout).unwrap().lines() {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        for key in ["reason", "atom", "source"] {
            assert!(answer[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {line}");
        }
        answers += 1;
    }
    assert_eq!(answers, 270);
}

#[test]
fn a_case_that_fails_is_an_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("wrong.jsonl");
    std::fs::write(&file, "{\"id\":\"a\",\"class\":\"c\",\"command\":\"ls\",\"expect\":\"deny\"}")
        .unwrap();
    let done = claw(&["policy", "test", file.to_str().unwrap()]).output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(said.contains("a: expected deny, got allow"), "{said}");
}

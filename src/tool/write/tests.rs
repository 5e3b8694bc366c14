//! Whole files: new ones, seen ones, and those that are refused.

use super::*;
use crate::protocol::ChangeKind;
use crate::tool::tests::Bench;
use serde_json::json;

#[tokio::test]
async fn makes_a_file_and_its_directories_then_replaces_it() {
    let bench = Bench::new();
    let call = bench.prepare("write", json!({"path": "a/b/c", "content": "x\n"})).unwrap();
    assert!(!bench.path("a").exists(), "prepare touches nothing");
    let got = call.run(bench.cx()).await.unwrap();
    assert_eq!(got.text, "a/b/c: made (+1 -0).");
    assert_eq!(got.changes[0].kind, ChangeKind::Added);
    assert_eq!(bench.text("a/b/c"), "x\n");

    let got = bench.call("write", json!({"path": "a/b/c", "content": "y"})).await.unwrap();
    assert_eq!((got.text.as_str(), got.summary.as_str()), ("a/b/c: replaced (+1 -1).", "+1 -1"));
    assert_eq!(bench.text("a/b/c"), "y");

    let got = bench.call("write", json!({"path": "a/b/c", "content": "y"})).await.unwrap();
    assert_eq!(
        (got.text.as_str(), got.changes.len()),
        ("a/b/c has exactly this content already.", 0)
    );
}

#[tokio::test]
async fn refusals() {
    let bench = Bench::new();
    bench.write("unseen", "a");
    bench.write("seen", "a");
    bench.call("read", json!({"path": "seen"})).await.unwrap();
    bench.write("seen", "b");
    bench.write("dir/x", "");
    bench.write("locked", "a");
    bench.call("read", json!({"path": "locked"})).await.unwrap();
    let mut locked = std::fs::metadata(bench.path("locked")).unwrap().permissions();
    locked.set_readonly(true);
    std::fs::set_permissions(bench.path("locked"), locked).unwrap();
    let table = [
        ("unseen", "unseen: you have not read it yet"),
        ("seen", "seen: it was changed since you read it"),
        ("locked", "locked: it is read-only"),
        ("dir", "dir: it is a directory"),
        ("unseen/below", "unseen/below: a part of the path is a file"),
    ];
    for (path, expected) in table {
        let got = bench.prepare("write", json!({"path": path, "content": ""}));
        let got = got.err().unwrap().to_string();
        assert!(got.starts_with(expected), "{path}: {got}");
    }
}

#[tokio::test]
async fn a_file_that_appears_after_prepare_is_kept() {
    let bench = Bench::new();
    let call = bench.prepare("write", json!({"path": "new", "content": "mine"})).unwrap();
    bench.write("new", "theirs");
    let got = call.run(bench.cx()).await.unwrap_err().to_string();
    assert!(got.contains("it changed since the call was prepared"), "{got}");
    assert_eq!(bench.text("new"), "theirs");
}

#[tokio::test]
async fn a_link_out_of_the_project_is_judged_and_written_where_it_leads() {
    let bench = Bench::new();
    let out = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(out.path(), bench.path("out")).unwrap();
    let call = bench.prepare("write", json!({"path": "out/f", "content": "x"})).unwrap();
    let Access::Write { path } = &call.access()[0] else { panic!("it writes") };
    assert_eq!(path.real, out.path().canonicalize().unwrap().join("f"));
    call.run(bench.cx()).await.unwrap();
    assert_eq!(std::fs::read_to_string(out.path().join("f")).unwrap(), "x");
}

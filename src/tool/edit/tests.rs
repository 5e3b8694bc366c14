//! Edits of real files: what they keep, and when they are refused.

use super::*;
use crate::protocol::LineKind;
use crate::tool::tests::Bench;
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;

fn input(path: &str, old: &str, new: &str) -> Value {
    json!({"path": path, "old_string": old, "new_string": new})
}

#[tokio::test]
async fn what_is_not_named_is_kept() {
    let table = [
        ("a\nb\nc\n", "b", "x", "a\nx\nc\n"),
        ("a\nb", "b", "x", "a\nx"),
        ("\u{feff}a\r\nb\r\n", "a\nb", "x\ny", "\u{feff}x\r\ny\r\n"),
        ("a\nb\n", "a\n", "", "b\n"),
    ];
    for (before, old, new, after) in table {
        let bench = Bench::new();
        bench.write("f.sh", before);
        let mode = std::fs::Permissions::from_mode(0o750);
        std::fs::set_permissions(bench.path("f.sh"), mode).unwrap();
        bench.call("read", json!({"path": "f.sh"})).await.unwrap();

        let call = bench.prepare("edit", input("f.sh", old, new)).unwrap();
        let Some(Preview::Diff { change }) = call.preview() else { panic!("it has a diff") };
        assert_eq!(bench.text("f.sh"), before, "prepare touches nothing");
        let got = call.run(bench.cx()).await.unwrap();

        assert_eq!(bench.text("f.sh"), after);
        assert_eq!(got.changes, [change], "what was shown is what was done");
        let mode = std::fs::metadata(bench.path("f.sh")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o750);
        // What it wrote is known: the next edit needs no read.
        assert!(bench.prepare("edit", input("f.sh", after, "z")).is_ok(), "{after:?}");
    }
}

#[tokio::test]
async fn says_what_it_did() {
    let bench = Bench::new();
    bench.write("f", "a\na\nb\n");
    bench.call("read", json!({"path": "f"})).await.unwrap();
    let mut all = input("f", "a", "x");
    all["replace_all"] = json!("true");
    let got = bench.call("edit", all).await.unwrap();
    assert_eq!(got.text, "f: changed at 2 places (+2 -2).");
    assert_eq!(got.summary, "+2 -2");
    let added = got.changes[0].hunks[0].lines.iter().filter(|l| l.kind == LineKind::Added);
    assert_eq!(added.map(|line| line.text.as_str()).collect::<Vec<_>>(), ["x", "x"]);
}

#[tokio::test]
async fn refusals() {
    let bench = Bench::new();
    bench.write("seen", "a\nb\na\n");
    bench.write("unseen", "a\n");
    bench.write("changed", "a\n");
    bench.write("latin", b"caf\xe9 au lait et encore du texte\n");
    bench.write("dir/x", "");
    for path in ["seen", "changed", "latin"] {
        bench.call("read", json!({"path": path})).await.unwrap();
    }
    bench.write("changed", "b\n");
    #[rustfmt::skip]
    let table = [
        (input("unseen", "a", "b"),  "unseen: you have not read it yet"),
        (input("changed", "b", "c"), "changed: it was changed since you read it"),
        (input("none", "a", "b"),    "none: there is no such file"),
        (input("dir", "a", "b"),     "dir: it is a directory"),
        (input("latin", "caf", "b"), "latin: it is not UTF-8"),
        (input("seen", "a", "b"),    "seen: `old_string` is in the file 2 times, at lines 1, 3"),
        (input("seen", "z", "b"),    "seen: `old_string` is not in the file"),
        (input("seen", "a", "a"),    "equal: nothing would change"),
        (json!({"path": "seen"}),    "edit: missing field `old_string`"),
    ];
    for (input, expected) in table {
        let got = bench.prepare("edit", input.clone()).err().unwrap().to_string();
        assert!(got.contains(expected), "{input}: {got}");
    }
}

#[tokio::test]
async fn what_changes_between_prepare_and_run_stops_it() {
    let bench = Bench::new();
    for dir in ["dir", "other"] {
        bench.write(&format!("{dir}/f"), "a\n");
    }
    bench.call("read", json!({"path": "dir/f"})).await.unwrap();

    let call = bench.prepare("edit", input("dir/f", "a", "b")).unwrap();
    bench.write("dir/f", "c\n");
    let got = call.run(bench.cx()).await.unwrap_err().to_string();
    assert!(got.contains("it changed since the call was prepared"), "{got}");
    assert_eq!(bench.text("dir/f"), "c\n");

    bench.write("dir/f", "a\n");
    let call = bench.prepare("edit", input("dir/f", "a", "b")).unwrap();
    std::fs::rename(bench.path("dir"), bench.path("moved")).unwrap();
    std::os::unix::fs::symlink("other", bench.path("dir")).unwrap();
    let got = call.run(bench.cx()).await.unwrap_err().to_string();
    assert!(got.contains("nothing was written") || got.contains("directory"), "{got}");
    assert_eq!((bench.text("other/f"), bench.text("moved/f")), ("a\n".into(), "a\n".into()));
}

#[tokio::test]
async fn a_cancelled_edit_writes_nothing() {
    let bench = Bench::new();
    bench.write("f", "a\n");
    bench.call("read", json!({"path": "f"})).await.unwrap();
    bench.cancel.cancel();
    let got = bench.call("edit", input("f", "a", "b")).await;
    assert_eq!(got, Err(ToolError::Cancelled("f: nothing was written.".into())));
    assert_eq!(bench.text("f"), "a\n");
}

//! Searches over a small project.

use super::*;
use crate::tool::tests::Bench;
use serde_json::json;

fn project() -> Bench {
    let bench = Bench::new();
    bench.write(".gitignore", "*.log\n");
    bench.write("a.rs", "one\ntwo\nthree\nfour\nOne\n");
    bench.write("b.md", "one more\r\n");
    bench.write("c.log", "one\n");
    bench.write(".git/d", "one\n");
    bench.write("e.bin", b"\0one\n");
    bench
}

#[tokio::test]
async fn modes_and_filters() {
    let bench = project();
    #[rustfmt::skip]
    let table = [
        (json!({"pattern": "one"}),                              "a.rs\n1:one\n\nb.md\n1:one more", "2 hits"),
        (json!({"pattern": "one", "-i": true, "-n": true}),      "a.rs\n1:one\n5:One\n\nb.md\n1:one more", "3 hits"),
        (json!({"pattern": "three", "context": 1}),              "a.rs\n2-two\n3:three\n4-four", "1 hit"),
        (json!({"pattern": "(?i)one", "glob": "*.rs", "-A": 1}), "a.rs\n1:one\n2-two\n--\n5:One", "2 hits"),
        (json!({"pattern": "one", "output_mode": "files_with_matches"}), "a.rs\nb.md", "2 files"),
        (json!({"pattern": "(?i)one", "output_mode": "count"}),  "a.rs:2\nb.md:1", "3 hits"),
        (json!({"pattern": "one", "path": "a.rs"}),              "a.rs\n1:one", "1 hit"),
        (json!({"pattern": "one", "path": "c.log"}),             "c.log\n1:one", "1 hit"),
        (json!({"pattern": "one", "path": ".git"}),              ".git/d\n1:one", "1 hit"),
        (json!({"pattern": "none"}),
            "nothing below PROJECT matches `none`", "0 hits"),
        (json!({"pattern": "^o", "head_limit": 1}),
            "a.rs\n1:one\n[there may be more: narrow the search with path, glob or pattern]", "1+ hit"),
    ];
    let root = bench.workspace.root().display().to_string();
    for (input, text, summary) in table {
        let got = bench.call("grep", input.clone()).await.unwrap();
        let said = got.text.replace(&root, "PROJECT");
        assert_eq!((said.as_str(), got.summary.as_str()), (text, summary), "{input}");
    }
}

#[tokio::test]
async fn a_bad_pattern_says_where() {
    let bench = project();
    let got = bench.call("grep", json!({"pattern": "foo(bar"})).await.unwrap_err().to_string();
    assert!(got.contains("foo(bar") && got.contains('^'), "{got}");
    let got = bench.call("grep", json!({"pattern": "((a{99}){99}){99}"})).await.unwrap_err();
    assert!(got.to_string().contains("size limit"), "{got}");
    let got = bench.call("grep", json!({"pattern": "a", "glob": "["})).await.unwrap_err();
    assert!(got.to_string().contains("is no glob pattern"), "{got}");
    let got = bench.call("grep", json!({"pattern": "a", "output_mode": "all"})).await.unwrap_err();
    assert!(got.to_string().contains("`all`, expected one of"), "{got}");
    let got = bench.call("grep", json!({"pattern": "a", "path": "none"})).await.unwrap_err();
    assert!(got.to_string().starts_with("none: No such file"), "{got}");
}

#[tokio::test]
async fn results_are_bounded() {
    let bench = Bench::new();
    bench.write("wide", format!("{}hit{}\n", "x".repeat(500_000), "y".repeat(500_000)));
    let got = bench.call("grep", json!({"pattern": "hit"})).await.unwrap();
    assert!(
        got.text.ends_with("[… cut: 1000004 bytes]") && got.text.len() < 1000,
        "{}",
        got.text.len()
    );

    bench.write("wide", format!("{}\n", "z".repeat(499)).repeat(1000));
    let got = bench.call("grep", json!({"pattern": "z", "head_limit": 100_000})).await.unwrap();
    assert!(got.text.len() < TEXT + 1000, "{}", got.text.len());
    assert!(got.text.contains("[there may be more"));
    bench.cancel.cancel();
    let got = bench.call("grep", json!({"pattern": "z"})).await;
    assert!(matches!(got, Err(ToolError::Cancelled(_))), "{got:?}");
}

#[tokio::test]
async fn a_fifo_does_not_hang_a_search() {
    let bench = project();
    let (fifo, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR);
    rustix::fs::mknodat(rustix::fs::CWD, bench.path("fifo"), fifo, mode, 0).unwrap();
    let got = bench.call("grep", json!({"pattern": "two"})).await.unwrap();
    assert_eq!(got.text, "a.rs\n2:two");
}

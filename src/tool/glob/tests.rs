//! Patterns over a small project.

use super::*;
use crate::base::clock;
use crate::tool::tests::Bench;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn finds_files_newest_first() {
    let bench = Bench::new();
    // Made in this order, a minute apart.
    let names = [
        "README.md",
        "src/b.rs",
        "src/a.rs",
        ".hidden.rs",
        "src/deep/c.rs",
        "target/t.rs",
        ".git/x.rs",
    ];
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_millis(clock::now().0 - 3_600_000);
    for (at, name) in (0..).zip(names) {
        bench.write(name, "");
        let file = std::fs::File::options().write(true).open(bench.path(name)).unwrap();
        file.set_modified(epoch + Duration::from_secs(60 * at)).unwrap();
    }
    bench.write(".gitignore", "target/\n");
    #[rustfmt::skip]
    let table = [
        (json!({"pattern": "*.rs"}),                    "src/deep/c.rs\n.hidden.rs\nsrc/a.rs\nsrc/b.rs", "4 files"),
        (json!({"pattern": "src/*.rs"}),                "src/a.rs\nsrc/b.rs", "2 files"),
        (json!({"pattern": "./src/**/[bc].rs"}),        "src/deep/c.rs\nsrc/b.rs", "2 files"),
        (json!({"pattern": "*.{md,txt}"}),              "README.md", "1 file"),
        (json!({"pattern": "*.rs", "path": "src/deep"}), "src/deep/c.rs", "1 file"),
        (json!({"pattern": "*.rs", "path": "target"}),  "target/t.rs", "1 file"),
        (json!({"pattern": "*.py", "path": "src"}),     "no file below src matches `*.py`", "0 files"),
    ];
    for (input, text, summary) in table {
        let got = bench.call("glob", input.clone()).await.unwrap();
        assert_eq!((got.text.as_str(), got.summary.as_str()), (text, summary), "{input}");
    }
    let wrong = [
        (json!({"pattern": "a["}), "`a[` is no glob pattern: "),
        (json!({"pattern": "/etc/*"}), "`/etc/*` is absolute"),
        (json!({"pattern": "*", "path": "none"}), "none: No such file"),
    ];
    for (input, expected) in wrong {
        let got = bench.call("glob", input.clone()).await.unwrap_err().to_string();
        assert!(got.starts_with(expected), "{input}: {got}");
    }
}

#[tokio::test]
async fn many_files_are_counted_and_a_walk_can_be_stopped() {
    let bench = Bench::new();
    for n in 0..205 {
        bench.write(&format!("{n}"), "");
    }
    let got = bench.call("glob", json!({"pattern": "*"})).await.unwrap();
    assert_eq!(got.text.lines().count(), SHOWN + 1);
    assert!(got.text.ends_with("[5 older ones left out: make the pattern narrower]"));
    bench.cancel.cancel();
    let got = bench.call("glob", json!({"pattern": "*"})).await;
    assert!(matches!(got, Err(ToolError::Cancelled(_))), "{got:?}");
}

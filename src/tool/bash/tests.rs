//! Commands as the model sees them end.

use super::*;
use crate::tool::tests::Bench;
use serde_json::json;

#[tokio::test]
async fn says_how_a_command_ended() {
    let bench = Bench::new();
    bench.write("marker", "");
    let left = "a\n[a process was still running in the background and was ended with the call]";
    #[rustfmt::skip]
    let table = [
        (json!({"command": "ls"}),                 "marker",                 "",       false),
        (json!({"cmd": "true"}),                   "(no output)",            "",       false),
        (json!({"command": "echo a; false"}),      "a\n[exit 1]",            "exit 1", true),
        (json!({"command": "exit 3"}),             "(no output)\n[exit 3]",  "exit 3", true),
        (json!({"command": "kill -9 $$"}),
            "(no output)\n[killed: signal: 9 (SIGKILL)]", "killed: signal: 9 (SIGKILL)", true),
        (json!({"command": "echo a; sleep 60", "timeout": "100"}),
            "a\n[ended: it took longer than its timeout, 100ms]", "timed out", true),
        (json!({"command": "sleep 60 & echo a"}),  left,                     "",       false),
    ];
    for (input, text, summary, failed) in table {
        let got = bench.call("bash", input.clone()).await.unwrap();
        assert_eq!(
            (got.text.as_str(), got.summary.as_str(), got.failed),
            (text, summary, failed),
            "{input}"
        );
    }
    for input in [json!({"command": " "}), json!({"command": "a\0b"})] {
        assert!(bench.prepare("bash", input).is_err());
    }
}

#[tokio::test]
async fn what_is_shown_is_what_runs() {
    let bench = Bench::new();
    let input = json!({"command": "echo a\necho b", "description": "Say it", "timeout": 9_999_999});
    let call = bench.prepare("bash", input).unwrap();
    assert_eq!(call.title(), "echo a …");
    let (command, cwd) = ("echo a\necho b".to_owned(), bench.workspace.root().to_owned());
    let script = Script { command: command.clone(), cwd };
    assert_eq!(call.access(), [Access::Shell { script }]);
    let description = Some("Say it".to_owned());
    let timeout = Duration::from_mins(10);
    assert_eq!(call.preview(), Some(Preview::Command { command, description, timeout }));
    let cx = bench.cx_of(&*call).await;
    assert_eq!(call.run(cx).await.unwrap().text, "a\nb");
    // Without a decision nothing runs.
    let call = bench.prepare("bash", json!({"command": "touch made"})).unwrap();
    assert!(matches!(call.run(bench.cx()).await, Err(ToolError::Failed(_))));
    assert!(!bench.path("made").exists());
}

#[tokio::test]
async fn a_cancelled_command_says_what_it_printed() {
    let bench = Bench::new();
    let mut shown = bench.progress.subscribe();
    let call = bench.call("bash", json!({"command": "echo begun; sleep 60"}));
    let stop = async {
        shown.wait_for(|progress| progress.tail == "begun").await.unwrap();
        bench.cancel.cancel();
    };
    let (got, ()) = tokio::join!(call, stop);
    let text = "begun\n[stopped by the user; what it had done by then stays done]";
    assert_eq!(got, Err(ToolError::Cancelled(text.into())));
}

#[tokio::test]
async fn a_long_output_names_its_file() {
    let bench = Bench::new();
    let got = bench.call("bash", json!({"command": "seq 1 100000"})).await.unwrap();
    assert!(got.text.starts_with("1\n2\n") && got.text.ends_with("\n100000"));
    assert!(got.text.len() < 34 << 10, "{}", got.text.len());
    let (_, path) = got.text.split_once("the whole output: ").unwrap();
    let (path, _) = path.split_once(" …]").unwrap();
    let whole = std::fs::read_to_string(path).unwrap();
    assert_eq!(whole.lines().count(), 100_000);
}

#[test]
fn a_failure_that_looks_like_the_sandbox_says_how_to_leave_it() {
    use std::os::unix::process::ExitStatusExt as _;
    let table = [
        // what it printed                      code  confined  told
        ("touch: x: Read-only file system", 1, true, true),
        ("curl: (6) Could not resolve host: x", 6, true, true),
        ("connect: Network is unreachable", 1, true, true),
        ("open: Permission denied", 1, true, true),
        ("open: Permission denied", 1, false, false),
        ("open: Permission denied", 0, true, false),
        ("error[E0308]: mismatched types", 101, true, false),
    ];
    for (printed, code, confined, told_so) in table {
        let finished = exec::Finished {
            end: End::Exited(std::process::ExitStatus::from_raw(code << 8)),
            text: printed.to_owned(),
            bytes: 1,
            file: None,
            left_running: false,
            refused: Vec::new(),
        };
        let text = told(&finished, Duration::from_secs(1), confined).unwrap().text;
        assert_eq!(text.contains("`outside_sandbox`"), told_so, "{printed} {code} {confined}");
    }
}

#[test]
fn only_the_input_makes_it_leave_the_sandbox() {
    let bench = Bench::new();
    for (input, outside) in [
        (json!({"command": "ls"}), false),
        (json!({"command": "ls", "outside_sandbox": false}), false),
        (json!({"command": "ls", "outside_sandbox": true}), true),
    ] {
        assert_eq!(bench.prepare("bash", input).unwrap().outside_sandbox(), outside);
    }
    assert!(bench.prepare("bash", json!({"command": "ls", "outside_sandbox": "true"})).is_err());
}

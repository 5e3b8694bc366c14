//! Real shells: what they print, and that nothing of them is left.

use super::*;
use crate::base::clock;
use crate::exec::tests::ticket;

fn order<'a>(script: &'a str, cwd: &'a Path) -> Order<'a> {
    Order { script, cwd, env: &[], sandbox: None, policy: "" }
}

struct Ran {
    finished: Finished,
    /// The last thing that was shown, and how often something was.
    shown: (String, u64),
    times: usize,
    dir: tempfile::TempDir,
}

async fn ran(script: &str, timeout: Duration, cancel: &CancellationToken) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let (mut shown, mut times) = ((String::new(), 0), 0);
    let watch = |tail: String, bytes: u64| {
        shown = (tail, bytes);
        times += 1;
    };
    let spill = dir.path().join("spill");
    let order = order(script, dir.path());
    let ticket = ticket(order).await;
    let it = Shell { order, ticket: &ticket, timeout, spill: &spill };
    let finished = shell(it, watch, cancel).await.unwrap();
    Ran { finished, shown, times, dir }
}

async fn plain(script: &str) -> Ran {
    ran(script, Duration::from_secs(30), &CancellationToken::new()).await
}

/// Is there a process with this id that is more than a zombie?
fn runs(pid: &str) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())) else {
        return false;
    };
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with(['Z', 'X']))
}

fn code(finished: &Finished) -> Option<i32> {
    match finished.end {
        End::Exited(status) => status.code(),
        End::TimedOut | End::Cancelled => None,
    }
}

#[tokio::test]
async fn both_outputs_come_in_their_order() {
    let script = "for i in 1 2 3; do echo out$i; echo err$i >&2; done; exit 7";
    let got = plain(script).await;
    assert_eq!(got.finished.text, "out1\nerr1\nout2\nerr2\nout3\nerr3\n");
    assert_eq!(code(&got.finished), Some(7));
    assert_eq!(got.shown, ("out1\nerr1\nout2\nerr2\nout3\nerr3".to_owned(), 30));
    assert!(!got.finished.left_running);
}

#[tokio::test]
async fn a_script_has_no_terminal_no_settings_and_nothing_to_read() {
    let got = plain("cat; echo $TERM $-; tty; pwd").await;
    let lines: Vec<_> = got.finished.text.lines().collect();
    assert_eq!(lines[..2], ["dumb hBc", "not a tty"], "{}", got.finished.text);
    assert_eq!(lines[2], got.dir.path().canonicalize().unwrap().to_str().unwrap());
}

#[tokio::test]
async fn much_output_is_fast_and_is_all_in_the_file() {
    let start = clock::instant();
    let got = plain("yes 0123456789abcde | head -c 50000000").await;
    let took = start.elapsed();
    assert_eq!(got.finished.bytes, 50_000_000);
    assert!(got.finished.text.len() < 40 << 10);
    let file = std::fs::read(got.finished.file.unwrap()).unwrap();
    assert!(file == b"0123456789abcde\n".repeat(3_125_000), "{} bytes", file.len());
    // Far above what is measured, so that a busy machine does not fail it.
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(got.times < 200, "{} times shown", got.times);
}

#[tokio::test]
async fn what_is_no_utf_8_is_shown_as_such() {
    let got = plain(r"printf 'a\377b'").await;
    assert_eq!(got.finished.text, "a\u{fffd}b");
}

#[tokio::test]
async fn a_timeout_ends_the_whole_group() {
    let script = "sleep 300 & echo $!; (trap '' TERM; sleep 301) & echo $!; wait";
    let got = ran(script, Duration::from_millis(300), &CancellationToken::new()).await;
    assert_eq!(got.finished.end, End::TimedOut);
    assert_eq!(got.finished.text.lines().count(), 2, "{}", got.finished.text);
    assert!(!got.finished.text.lines().any(runs), "{}", got.finished.text);
}

#[tokio::test]
async fn a_cancellation_ends_the_whole_group() {
    let cancel = CancellationToken::new();
    let dir = tempfile::tempdir().unwrap();
    let order = order("bash -c 'sleep 300 & echo $!; wait'; echo never", dir.path());
    let ticket = ticket(order).await;
    let timeout = Duration::from_mins(1);
    let it = Shell { order, ticket: &ticket, timeout, spill: dir.path() };
    // The script is stopped by what it prints, so it surely runs then.
    let watch = |tail: String, _| {
        if !tail.is_empty() {
            cancel.cancel();
        }
    };
    let got = shell(it, watch, &cancel).await.unwrap();
    assert_eq!(got.end, End::Cancelled);
    assert!(!runs(&got.text), "{}", got.text);
    assert!(!got.text.contains("never"));
}

#[tokio::test]
async fn a_dropped_call_kills_the_whole_group() {
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("pid");
    let script = format!("sleep 300 & echo $! > {0}.new; mv {0}.new {0}; wait", marker.display());
    let order = order(&script, dir.path());
    let ticket = ticket(order).await;
    let timeout = Duration::from_mins(1);
    let it = Shell { order, ticket: &ticket, timeout, spill: dir.path() };
    let cancel = CancellationToken::new();
    let begun = async {
        while !marker.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = shell(it, |_, _| {}, &cancel) => panic!("it sleeps"),
        () = begun => {}
    }
    let pid = std::fs::read_to_string(&marker).unwrap();
    let deadline = clock::instant() + Duration::from_secs(10);
    while runs(&pid) && clock::instant() < deadline {
        tokio::task::yield_now().await;
    }
    assert!(!runs(&pid));
}

#[tokio::test]
async fn a_background_process_is_ended_and_does_not_hang_the_call() {
    for redirected in ["", ">/dev/null 2>&1"] {
        let start = clock::instant();
        let got = plain(&format!("sleep 300 {redirected} & echo $!")).await;
        assert!(start.elapsed() < Duration::from_secs(20));
        assert_eq!(code(&got.finished), Some(0));
        assert!(got.finished.left_running, "{redirected}");
        assert!(!runs(&got.finished.text), "{redirected}");
    }
}

#[tokio::test]
async fn rounds_are_short() {
    let start = clock::instant();
    for _ in 0..50 {
        assert_eq!(plain("echo a").await.finished.text, "a\n");
    }
    eprintln!("50 rounds: {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

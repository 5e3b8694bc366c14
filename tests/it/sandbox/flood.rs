//! Commands that take all they can get.

use super::*;

async fn ran(
    sandbox: &Sandbox,
    cwd: &Path,
    script: &str,
    timeout: Duration,
) -> claw::exec::Finished {
    let order = Order { script, cwd, env: &[], sandbox: Some(sandbox), policy: "" };
    let watch = |tail: String, _| assert!(tail.len() <= 4 << 10);
    started(order, timeout, watch, &CancellationToken::new()).await
}

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn floods_are_bounded() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    let (sandbox, cwd) = (fixture.sandbox(), fixture.project());

    let got = ran(&sandbox, &cwd, "yes", Duration::from_millis(300)).await;
    assert_eq!(got.end, End::TimedOut);
    assert!(
        got.bytes > 1 << 20 && got.text.len() < 40 << 10,
        "{} of {}",
        got.text.len(),
        got.bytes
    );

    // One line of two gigabytes.
    let before = peak();
    let got = ran(&sandbox, &cwd, "head -c 2G /dev/zero", Duration::from_mins(5)).await;
    assert!(matches!(got.end, End::Exited(status) if status.success()));
    assert_eq!(got.bytes, 2 << 30);
    assert!(got.text.len() < 256 << 10, "{}", got.text.len());
    assert!(peak() - before < 200 << 10, "{} KiB more", peak() - before);
    let kept = got.file.map_or(0, |file| fs::metadata(file).unwrap().len());
    assert!(kept <= 300 << 20, "{kept} bytes on the disk");
}

#[tokio::test]
async fn ten_thousand_children_meet_the_limit() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    let limits = Limits { processes: 512, ..Limits::default() };
    let (sandbox, cwd) = (Sandbox { limits, ..fixture.sandbox() }, fixture.project());
    // Root is not counted by user: there it takes a cgroup.
    let counted = sandbox.test(&fixture.audit()).await.counted.contains("processes");
    if rustix::process::geteuid().is_root() && !counted {
        return;
    }
    // Perl is small: a fork that fails copies the whole process first.
    let script = "perl -e '
        for (1..10000) {
            my $pid = fork;
            if (!defined $pid) { $last = $! + 0; next }
            if (!$pid) { sleep 300; exit }
            $made++;
        }
        print $made < 512 ? 1 : 0, \" $last\\n\"'";
    let got = ran(&sandbox, &cwd, script, Duration::from_mins(1)).await;
    assert_eq!(got.text.lines().last().map(str::trim), Some("1 11"), "{}", got.text);
    assert!(got.left_running, "and all of them have ended");
    let after = ran(&sandbox, &cwd, "echo on", Duration::from_secs(10)).await;
    assert_eq!(after.text, "on\n");
}

/// A daemon as they are made: forked twice, a session of its own, deaf to requests.
const DAEMON: &str = "import os, signal, sys
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
for s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)
print('on', flush=True)
for fd in (0, 1, 2): os.close(fd)
signal.pause()";

#[tokio::test]
async fn a_daemon_ends_with_its_command() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    let (sandbox, cwd) = (fixture.sandbox(), fixture.project());
    fs::write(cwd.join("daemon.py"), DAEMON).unwrap();
    let mark = format!("7{}", std::process::id());
    let started = format!("python3 daemon.py {mark} | cat");
    let got = ran(&sandbox, &cwd, &started, Duration::from_secs(30)).await;
    assert!(got.text == "on\n" && got.left_running, "{got:?}");
    assert!(!runs(&mark));
    let waits = format!("python3 daemon.py {mark} | cat; sleep 300");
    let got = ran(&sandbox, &cwd, &waits, Duration::from_secs(1)).await;
    assert_eq!((got.end, got.text.as_str()), (End::TimedOut, "on\n"));
    assert!(!runs(&mark));
}

/// Runs commands one after the other and side by side: each has a helper of its own.
#[tokio::test]
async fn a_helper_that_waits_serves_one_command_of_its_own_sandbox() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    let (sandbox, cwd) = (fixture.sandbox(), fixture.project());
    let second = Duration::from_secs(30);
    let run = |script| ran(&sandbox, &cwd, script, second);
    assert_eq!(run("echo a > a; cat a").await.text, "a\n");
    for _ in 0..5 {
        let fresh = "echo $$; test -e /tmp/x || echo new; touch /tmp/x";
        assert_eq!(run(fresh).await.text, "2\nnew\n");
    }
    assert!(!cwd.join(".claw").exists(), "one that waits touches nothing");
    let (one, two) = tokio::join!(run("echo 1; sleep 0.1"), run("echo 2; sleep 0.1"));
    assert_eq!((one.text.as_str(), two.text.as_str()), ("1\n", "2\n"));

    // What is hidden from now on is hidden from the next command.
    fs::write(cwd.join("key"), "key").unwrap();
    assert_eq!(run("cat key").await.text, "key");
    let stricter = Sandbox { masked: vec![cwd.join("key")], ..sandbox.clone() };
    let got = ran(&stricter, &cwd, "cat key", second).await;
    assert!(got.text.contains("Permission denied"), "{}", got.text);
    // So is a secret that comes to be where none was.
    let late = Sandbox { masked: vec![cwd.join("late")], ..sandbox.clone() };
    assert_eq!(ran(&late, &cwd, "true", second).await.text, "");
    fs::write(cwd.join("late"), "late").unwrap();
    let got = ran(&late, &cwd, "cat late", second).await;
    assert!(got.text.contains("Permission denied"), "{}", got.text);
}

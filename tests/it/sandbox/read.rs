//! What claw itself asks, of git above all: inside, with nothing writable.

use claw::exec::{Captured, Command, ExecError, Helpers};
use claw::workspace::git::{self, Git};

use super::*;

/// The helpers of a session that has not tried its sandbox yet, and the same a moment later.
async fn helpers(fixture: &Fixture) -> [Helpers; 2] {
    let new = |confinement: &Arc<Confinement>| Helpers::new(fixture.audit(), confinement.clone());
    let sandbox = fixture.sandbox().hiding(vec![fixture.project().join("a")], Vec::new());
    let untried = Arc::new(Confinement::on(Ok(sandbox.clone())));
    let tried = Arc::new(Confinement::on(Ok(sandbox)));
    assert!(matches!(tried.state(&fixture.audit()).await, State::Confined(_)));
    [new(&untried), new(&tried)]
}

async fn ran(helpers: &Helpers, cwd: &Path, script: &str) -> Captured {
    let bash = Command::new("/bin/bash", cwd).args(["--norc", "-c", script]).env("EXTRA", "e");
    helpers.read(&bash.stdin("in"), LONG).await.unwrap()
}

#[rustfmt::skip]
#[tokio::test]
async fn nothing_is_written_once_the_sandbox_holds() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    let [before, after] = helpers(&fixture).await;
    let project = fixture.project();
    fs::create_dir(fixture.dir.path().join("home/.ssh")).unwrap();
    fs::write(fixture.dir.path().join("home/.ssh/id"), "key").unwrap();
    fs::write(project.join("a"), "hidden from commands").unwrap();
    let table = [
        // script                                     inside         outside
        ("cat; echo $EXTRA; exit 3",                  "3 ine\n",     "3 ine\n"),
        ("cat a",                                     "0 hidden from commands", "0 hidden from commands"),
        ("touch made 2>&1 | grep -o Read-only",       "0 Read-only\n", "1 "),
        ("echo x > /etc/claw-test 2>&1 || echo no",   "0 no\n",      ""),
        ("cat ../home/.ssh/id 2>/dev/null || echo no", "0 no\n",     "0 key"),
        ("grep -c : /proc/net/dev",                   "0 1\n",       ""),
        ("echo x > /tmp/x && cat /tmp/x",             "0 x\n",       ""),
        ("kill -9 $$",                                "- ",          "- "),
    ];
    for (script, inside, outside) in table {
        for (helpers, wanted) in [(&after, inside), (&before, outside)] {
            if wanted.is_empty() { continue }
            let got = ran(helpers, &project, script).await;
            let code = got.status.code().map_or("-".into(), |code| code.to_string());
            assert_eq!(format!("{code} {}", text(&got.stdout)), wanted, "{script}: {}", text(&got.stderr));
        }
        let _ = fs::remove_file(project.join("made"));
    }
    let complaint = ran(&after, &project, "echo out; echo no >&2").await;
    assert_eq!((complaint.stdout, complaint.stderr), (b"out\n".to_vec(), b"no\n".to_vec()));
    let much = "line\n".repeat(200_000);
    let cat = Command::new("cat", &project).stdin(much.clone());
    assert!(after.read(&cat, LONG).await.unwrap().stdout == much.as_bytes());
    for helpers in [&before, &after] {
        let absent = helpers.read(&Command::new("no-such-program", &project), LONG).await;
        assert!(matches!(&absent, Err(ExecError::Spawn { source, .. })
            if source.kind() == std::io::ErrorKind::NotFound), "{absent:?}");
        let sleep = Command::new("sleep", &project).args(["300"]);
        let late = helpers.read(&sleep, Duration::from_millis(300)).await;
        assert!(matches!(late, Err(ExecError::TimedOut { .. })), "{late:?}");
    }
}

#[tokio::test]
async fn git_says_the_same_inside() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    fixture.repository();
    let made = fixture.outside(
        "git worktree add -q -b tree ../tree && mkdir sub && echo b > sub/b && echo x >> a",
    );
    assert!(made.status.success(), "{}", text(&made.stderr));
    fs::write(fixture.project().join("-odd \u{e4}\n"), "odd").unwrap();
    let [before, after] = helpers(&fixture).await;
    let project = fixture.project();
    let tree = project.parent().unwrap().join("tree");
    for root in [&project, &project.join("sub"), &tree] {
        let outside = git::summary(root, &before).await.unwrap();
        let inside = git::summary(root, &after).await.unwrap();
        assert!(outside.is_some() && inside == outside, "{inside:?} {outside:?}");
        let git = Git::open(root, &after).await.unwrap().unwrap();
        let held = git.file("HEAD", &git.top.join("a"), 100).await.unwrap();
        assert_eq!(held.as_deref(), Some(&b"a\n"[..]), "{}", root.display());
    }
    let env = git::harmless(std::slice::from_ref(&project), &after).await.unwrap();
    assert_eq!(env, git::harmless(&[project], &before).await.unwrap());
    assert_eq!(git::summary(fixture.dir.path(), &after).await.unwrap(), None);
}

//! Real files, real repositories, real watches; waits are for what is told, never for time.

use std::fs;
use std::time::Duration;

use super::list::MAX_LISTED;
use super::*;
use crate::protocol::ChangeKind;
use crate::workspace::git::tests::{Repo, helpers};

/// Long enough for the slowest machine; a test that passes never waits for it.
const LIMIT: Duration = Duration::from_secs(20);

/// The list as text: `A a +1-0 user`, one line a file.
fn text(root: &Path, changes: &[FileChange]) -> String {
    let line = |change: &FileChange| {
        let kind = match change.kind {
            ChangeKind::Added => "A",
            ChangeKind::Modified => "M",
            ChangeKind::Deleted => "D",
        };
        let name = change.path.strip_prefix(root).unwrap().display();
        let (added, removed) = (change.added, change.removed);
        let author = format!("{:?}", change.author).to_lowercase();
        let note = change.note.as_ref().map(|note| format!(" {note}")).unwrap_or_default();
        format!("{kind} {name} +{added}-{removed} {author}{note}")
    };
    changes.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Waits until the list reads like this.
#[track_caller]
fn until<'a>(tracker: &Tracker, root: &'a Path, wanted: &'a str) -> impl Future<Output = ()> + 'a {
    let mut changes = tracker.changes();
    let caller = std::panic::Location::caller();
    async move {
        let told = changes.wait_for(|listed| text(root, &listed.changes) == wanted);
        if tokio::time::timeout(LIMIT, told).await.is_err() {
            let got = text(root, &changes.borrow().changes);
            panic!("{caller}: wanted\n{wanted}\ngot\n{got}");
        }
    }
}

async fn started(root: &Path) -> Tracker {
    let tracker = Tracker::start(root, &helpers(root.parent().unwrap()));
    tokio::time::timeout(LIMIT, tracker.ready()).await.unwrap();
    tracker
}

/// A repository with a clean, a dirty and an untracked file.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write(".gitignore", "*.log\n/build/\n");
    repo.write("clean", "1\n");
    repo.write("dirty", "1\n");
    repo.write("sub/deep/file", "1\n");
    repo.commit();
    repo.write("dirty", "1\n2\n");
    repo.write("new", "1\n");
    repo
}

#[tokio::test]
async fn the_users_edits_are_seen_and_nothing_else() {
    let repo = repo();
    let tracker = started(&repo.root).await;
    repo.write("build/out", "x");
    repo.write("x.log", "x");
    repo.write("clean", "1\n2\n");
    repo.write("dirty", "1\n2\n3\n");
    fs::rename(repo.root.join("new"), repo.root.join("renamed")).unwrap();
    fs::remove_dir_all(repo.root.join("sub")).unwrap();
    repo.write("fresh/dir/file", "1\n2\n");
    let all = "M clean +1-0 user\nM dirty +1-0 user\nA fresh/dir/file +2-0 user\n\
               M renamed +0-0 user\nD sub/deep/file +0-1 user";
    until(&tracker, &repo.root, all).await;

    // Commits do not move the baseline.
    repo.commit();
    repo.write("dirty", "1\n");
    let all = all.replace("M dirty +1-0", "M dirty +0-1");
    until(&tracker, &repo.root, &all).await;

    // What is as it was is in the list no more; a directory that comes again is watched again.
    repo.write("clean", "1\n");
    repo.write("dirty", "1\n2\n");
    repo.write("sub/deep/file", "1\n");
    fs::rename(repo.root.join("renamed"), repo.root.join("new")).unwrap();
    until(&tracker, &repo.root, "A fresh/dir/file +2-0 user").await;
    repo.write("sub/deep/file", "2\n");
    repo.write(".gitignore", "*.log\n/build/\nfresh\n");
    until(&tracker, &repo.root, "M .gitignore +1-0 user\nM sub/deep/file +1-1 user").await;
}

#[tokio::test]
async fn who_did_it_is_told() {
    let repo = repo();
    let tracker = Tracker::start(&repo.root, &repo.helpers());
    // The very first call: the baseline may not be there yet.
    let wrote = |name: &str, content: &str| {
        tracker.note(&repo.root.join(name));
        let path = repo.write(name, content);
        tracker.expect(&path, Some(Stamp::of(content.as_bytes())), Author::Agent);
    };
    wrote("clean", "2\n");
    wrote("dirty", "2\n");
    wrote("made", "2\n");
    let all = "M clean +1-1 agent\nM dirty +0-1 agent\nA made +1-0 agent";
    until(&tracker, &repo.root, all).await;

    // Seen again in the same state: still the agent's. Another state: not any more.
    repo.write("clean", "2\n");
    repo.write("dirty", "3\n");
    let all = all.replace("dirty +0-1 agent", "dirty +1-2 user");
    until(&tracker, &repo.root, &all).await;

    tracker.ready().await;
    tracker.command_running(true);
    repo.write("by_command", "1\n");
    let path = repo.root.join("made");
    fs::remove_file(&path).unwrap();
    let all = "A by_command +1-0 command\nM clean +1-1 agent\nM dirty +1-2 user";
    until(&tracker, &repo.root, all).await;
    tracker.command_running(false);

    // An ignored file that the agent edits is told, against what it was before.
    repo.write("a.log", "1\n");
    tracker.note(&repo.root.join("a.log"));
    let log = repo.write("a.log", "1\n2\n");
    tracker.expect(&log, Some(Stamp::of(b"1\n2\n")), Author::Agent);
    until(&tracker, &repo.root, &format!("M a.log +1-0 agent\n{all}")).await;
}

#[tokio::test]
async fn without_a_repository_copies_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap().join("project");
    fs::create_dir(&root).unwrap();
    let large = |last: u8| [vec![b'x'; 1 << 20], vec![last]].concat();
    fs::write(root.join(".gitignore"), "*.log\n").unwrap();
    fs::write(root.join("a"), "1\n").unwrap();
    fs::write(root.join("large"), large(b'1')).unwrap();
    fs::write(root.join("gone"), large(b'1')).unwrap();
    fs::create_dir_all(root.join("node_modules/m")).unwrap();
    std::os::unix::fs::symlink("a", root.join("link")).unwrap();
    let tracker = started(&root).await;
    assert_eq!(tracker.watching().borrow().git, None);

    fs::write(root.join("node_modules/m/x"), "1").unwrap();
    fs::write(root.join("b.log"), "1").unwrap();
    fs::write(root.join("a"), "2\n").unwrap();
    fs::write(root.join("bin"), b"\0").unwrap();
    fs::write(root.join("large"), large(b'2')).unwrap();
    fs::remove_file(root.join("gone")).unwrap();
    fs::remove_file(root.join("link")).unwrap();
    std::os::unix::fs::symlink("large", root.join("link")).unwrap();
    let all = "M a +1-1 user\nA bin +0-0 user binary, 1 B\nD gone +0-0 user too large, 1.0 MB\n\
               M large +0-0 user too large, 1.0 MB -> 1.0 MB\nM link +1-1 user";
    until(&tracker, &root, all).await;
}

#[tokio::test]
async fn many_files_are_told_in_bounds_and_lost_word_is_made_up_for() {
    let repo = repo();
    let tracker = started(&repo.root).await;
    for at in 0..MAX_LISTED + 100 {
        repo.write(&format!("many/{at}"), "1\n");
    }
    let mut changes = tracker.changes();
    let told = changes.wait_for(|listed| listed.unlisted == 100);
    tokio::time::timeout(LIMIT, told).await.unwrap().unwrap();
    assert_eq!(changes.borrow().changes.len(), MAX_LISTED);
    fs::remove_dir_all(repo.root.join("many")).unwrap();
    until(&tracker, &repo.root, "").await;

    repo.write("clean", "2\n");
    tracker.shared.inbox.take();
    tracker.shared.inbox.touch_all();
    until(&tracker, &repo.root, "M clean +1-1 user").await;
}

#[tokio::test]
async fn the_branch_and_its_counts_follow() {
    let repo = repo();
    repo.write("new", "1\n");
    repo.commit();
    let tracker = started(&repo.root).await;
    let mut watching = tracker.watching();
    for (name, args) in [("main", None), ("other", Some(["checkout", "-q", "-b", "other"]))] {
        if let Some(args) = args {
            repo.git(&args);
        }
        let told = watching
            .wait_for(|watching| watching.git.as_ref().is_some_and(|git| git.to_string() == name));
        tokio::time::timeout(LIMIT, told).await.unwrap().unwrap();
    }
    assert!(watching.borrow().notices.is_empty(), "{:?}", watching.borrow().notices);
}

#[tokio::test]
async fn it_ends_when_it_is_dropped() {
    let repo = repo();
    let tracker = started(&repo.root).await;
    let mut changes = tracker.changes();
    drop(tracker);
    let ended = async { while changes.changed().await.is_ok() {} };
    tokio::time::timeout(LIMIT, ended).await.unwrap();
}

/// Waits until this baseline's list reads like this.
#[track_caller]
fn until_against<'a>(
    tracker: &Tracker,
    root: &'a Path,
    against: Baseline,
    wanted: &'a str,
) -> impl Future<Output = ()> + 'a {
    let mut changes = tracker.changes();
    let caller = std::panic::Location::caller();
    async move {
        let told = changes
            .wait_for(|listed| listed.against == against && text(root, &listed.changes) == wanted);
        if tokio::time::timeout(LIMIT, told).await.is_err() {
            let got = changes.borrow();
            let (against, got) = (got.against, text(root, &got.changes));
            panic!("{caller}: wanted\n{wanted}\ngot {against:?}\n{got}");
        }
    }
}

#[tokio::test]
async fn each_baseline_tells_its_own_differences() {
    let repo = repo();
    let tracker = started(&repo.root).await;
    let (root, compare) = (&repo.root, async |with| tracker.compare(with).await.unwrap());
    let all = async |with, wanted| {
        compare(with).await;
        until_against(&tracker, root, with, wanted).await;
    };
    repo.write("clean", "1\n2\n");
    all(Baseline::SessionStart, "M clean +1-0 user").await;
    // Before the first turn and the first look nothing lies between.
    all(Baseline::LastTurn, "M clean +1-0 user").await;
    let dirty = "M dirty +1-0 user\nA new +1-0 user";
    let of_head = format!("M clean +1-0 user\n{dirty}");
    all(Baseline::Head, &of_head).await;
    all(Baseline::Index, &of_head).await;

    tracker.mark(Baseline::LastTurn);
    all(Baseline::LastTurn, "").await;
    // Back to what it was at the session's start: since the turn it changed.
    repo.write("clean", "1\n");
    repo.write("fresh", "1\n");
    all(Baseline::LastTurn, "M clean +0-1 user\nA fresh +1-0 user").await;
    all(Baseline::SessionStart, "A fresh +1-0 user").await;
    tracker.mark(Baseline::LastLook);
    all(Baseline::LastLook, "").await;
    fs::remove_file(root.join("fresh")).unwrap();
    all(Baseline::LastLook, "D fresh +0-1 user").await;

    // What is staged differs from HEAD, not from the index; what is committed from neither.
    repo.git(&["add", "dirty"]);
    all(Baseline::Index, "A new +1-0 user").await;
    all(Baseline::Head, dirty).await;
    let staged = tracker.change(&root.join("dirty")).unwrap().staged;
    assert_eq!(staged, 1);
    repo.commit();
    all(Baseline::Head, "").await;
    repo.write("dirty", "3\n");
    until_against(&tracker, root, Baseline::Head, "M dirty +1-2 user").await;
}

#[tokio::test]
async fn a_command_waits_until_the_turns_start_is_known() {
    let repo = repo();
    let tracker = started(&repo.root).await;
    repo.write("clean", "2\n");
    until(&tracker, &repo.root, "M clean +1-1 user").await;
    // An agent writes at once: what it finds belongs to the moment before.
    tracker.mark(Baseline::LastTurn);
    tracker.note(&repo.root.join("clean"));
    let path = repo.write("clean", "3\n");
    tracker.expect(&path, Some(Stamp::of(b"3\n")), Author::Agent);
    tokio::time::timeout(LIMIT, tracker.ready()).await.unwrap();
    assert_eq!(lock(&tracker.shared.marks).due(), []);
    tracker.command_running(true);
    repo.write("clean", "4\n5\n");
    tracker.compare(Baseline::LastTurn).await.unwrap();
    let wanted = "M clean +2-1 command";
    until_against(&tracker, &repo.root, Baseline::LastTurn, wanted).await;
    assert_eq!(tracker.before(&path).await.unwrap().unwrap(), b"2\n");
}

#[tokio::test]
async fn without_a_repository_there_is_nothing_of_gits_to_compare_with() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap().join("project");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("a"), "1\n").unwrap();
    let tracker = started(&root).await;
    for with in [Baseline::Head, Baseline::Index] {
        assert!(tracker.compare(with).await.is_err(), "{with:?}");
    }
    tracker.mark(Baseline::LastTurn);
    tracker.compare(Baseline::LastTurn).await.unwrap();
    tracker.ready().await;
    fs::rename(root.join("a"), root.join("b")).unwrap();
    until_against(&tracker, &root, Baseline::LastTurn, "M b +0-0 user").await;
    let renamed = tracker.change(&root.join("b")).unwrap();
    assert_eq!(renamed.from, Some(root.join("a")));
    assert_eq!(tracker.before(&root.join("a")).await.unwrap().unwrap(), b"1\n");
}

#[tokio::test]
async fn ten_thousand_writes_settle() {
    let repo = repo();
    let tracker = started(&repo.root).await;
    for at in 0..10_000 {
        repo.write(&format!("many/{}/{}", at % 100, at), "1\n");
    }
    let (mut changes, watching) = (tracker.changes(), tracker.watching());
    let told = changes.wait_for(|listed| listed.unlisted == 10_000 - MAX_LISTED);
    tokio::time::timeout(LIMIT, told).await.unwrap().unwrap();
    tracker.mark(Baseline::LastTurn);
    tracker.compare(Baseline::LastTurn).await.unwrap();
    until_against(&tracker, &repo.root, Baseline::LastTurn, "").await;
    assert_eq!(watching.borrow().notices, Vec::<String>::new());
}

#[tokio::test]
async fn a_binary_says_how_large_it_was_and_is() {
    let repo = repo();
    let png = |wide: u8, rest: usize| {
        let head = [&b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0"[..], &[wide, 0, 0, 0, 9]].concat();
        [head, vec![0; rest]].concat()
    };
    repo.write("picture.png", png(16, 976));
    repo.write("bin", b"\0\0");
    repo.commit();
    let tracker = started(&repo.root).await;
    repo.write("picture.png", png(32, 1_976));
    fs::remove_file(repo.root.join("bin")).unwrap();
    let wanted = "D bin +0-0 user binary, 2 B\n\
                  M picture.png +0-0 user image, 1.0 kB 16x9 -> 2.0 kB 32x9";
    until(&tracker, &repo.root, wanted).await;
}

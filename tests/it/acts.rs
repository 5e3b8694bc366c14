//! What the user does with the changes: staged, taken back, undone; against real git.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use claw::audit::{self, By, Entry};
use claw::diff;
use claw::protocol::{Author, Baseline, Event, FileChange, Hunk, LineKind, Op};

use crate::support::model::Model;
use crate::support::session::{Session, Wish};

/// Runs git in the project, and gives what it prints.
fn git(root: &Path, args: &[&str]) -> String {
    let got = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(args)
        .current_dir(root)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", root.parent().unwrap())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(got.status.success(), "{args:?} {}", String::from_utf8_lossy(&got.stderr));
    String::from_utf8(got.stdout).unwrap()
}

/// A session in a repository that holds these files.
async fn session(files: &[(&str, &str)]) -> Session {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap().join("project");
    fs::create_dir(&root).unwrap();
    git(&root, &["init", "-q", "-b", "main"]);
    for (name, content) in files {
        fs::write(root.join(name), content).unwrap();
    }
    git(&root, &["add", "-A"]);
    git(&root, &["commit", "-q", "--allow-empty", "-m", "c"]);
    start(dir).await
}

async fn start(dir: tempfile::TempDir) -> Session {
    let wish = Wish { follow: true, ..Wish::default() };
    let setup = crate::support::session::setup(dir.path(), Model::new(vec![]), &wish);
    let handle = claw::engine::Handle::new(setup);
    let mut session = Session::open(dir, handle, claw::engine::Start::New).await;
    // Answered once the baseline is taken: what is changed from now on is a change.
    session.send(Op::Compare { baseline: Baseline::LastTurn });
    against(&mut session, Baseline::LastTurn, |_| true).await;
    session
}

/// Waits until the list is as wanted.
async fn against(
    session: &mut Session,
    with: Baseline,
    wanted: impl Fn(&[FileChange]) -> bool,
) -> Vec<FileChange> {
    let holds = |event: &Event| matches!(event, Event::FilesChanged { against, changes, .. } if *against == with && wanted(changes));
    let event = session.until(holds).await;
    let Event::FilesChanged { changes, .. } = event else { unreachable!() };
    changes.to_vec()
}

async fn notice(session: &mut Session) -> String {
    let event = session.until(|event| matches!(event, Event::Notice { .. })).await;
    let Event::Notice { text, .. } = event else { unreachable!() };
    text
}

/// Waits until all acts before are done, and none of them said a word.
async fn done(session: &mut Session) {
    session.send(Op::Stage { path: "/elsewhere".into(), hunks: vec![], unstage: false });
    assert_eq!(notice(session).await, "staging /elsewhere: it is not in the project");
}

fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let sides = (Some(old.as_bytes()), Some(new.as_bytes()));
    diff::change(Path::new("/f"), sides.0, sides.1, Author::User).map_or(vec![], |c| c.hunks)
}

/// The same numbers each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// Lines of a small alphabet: many are alike, and some texts have no newline at their end.
    fn text(&mut self) -> String {
        let lines: Vec<_> = (0..self.roll(30)).map(|_| format!("{}", self.roll(6))).collect();
        let end = if lines.is_empty() || self.roll(4) == 0 { "" } else { "\n" };
        lines.join("\n") + end
    }
}

/// What the index has to hold: the old text with just the chosen lines. Worked out without `diff`.
fn expected(old: &str, hunks: &[(Hunk, Vec<usize>)]) -> String {
    let lines: Vec<_> = old.split_inclusive('\n').collect();
    let (mut out, mut at) = (String::new(), 0);
    for (hunk, chosen) in hunks {
        let start = hunk.old_start.saturating_sub(1);
        out.extend(lines[at..start].iter().copied());
        at = start;
        for (index, line) in hunk.lines.iter().enumerate() {
            if line.text == diff::NO_NEWLINE {
                continue;
            }
            let bare = hunk.lines.get(index + 1).is_some_and(|next| next.text == diff::NO_NEWLINE);
            let text = if bare { line.text.clone() } else { format!("{}\n", line.text) };
            let stays = match line.kind {
                LineKind::Context => true,
                LineKind::Added => chosen.contains(&index),
                LineKind::Removed => !chosen.contains(&index),
            };
            at += usize::from(line.kind != LineKind::Added);
            if stays {
                out.push_str(&text);
            }
        }
    }
    out.extend(lines[at..].iter().copied());
    out
}

#[tokio::test]
async fn any_lines_staged_are_what_the_index_holds_and_go_out_again() {
    let mut dice = Dice(7);
    let texts: Vec<_> = (0..40).map(|_| (dice.text() + "end\n", dice.text() + "end\n")).collect();
    let names: Vec<_> = (0..texts.len()).map(|at| format!("f{at}")).collect();
    let files: Vec<_> =
        names.iter().zip(&texts).map(|(name, (old, _))| (name.as_str(), old.as_str())).collect();
    let mut session = session(&files).await;
    let root = session.state.cwd.clone();
    let mut staged = Vec::new();
    for (name, (old, new)) in names.iter().zip(&texts) {
        fs::write(root.join(name), new).unwrap();
        let mut picked = Vec::new();
        for hunk in hunks(old, new) {
            let chosen: Vec<_> = (0..hunk.lines.len()).filter(|_| dice.roll(2) == 0).collect();
            picked.push((hunk, chosen));
        }
        let forward =
            picked.iter().filter_map(|(h, chosen)| diff::forward(h, |at| chosen.contains(&at)));
        let forward: Vec<_> = forward.collect();
        if forward.is_empty() {
            continue;
        }
        let path = root.join(name);
        session.send(Op::Stage { path: path.clone(), hunks: forward.clone(), unstage: false });
        staged.push((name, path, forward, expected(old, &picked), old));
        done(&mut session).await;
    }
    assert!(staged.len() > 20);
    for (name, _, forward, expected, old) in &staged {
        let got = git(&root, &["show", &format!(":{name}")]);
        assert_eq!(got, *expected, "{name} {old:?} {forward:?}");
    }
    for (_, path, forward, ..) in &staged {
        let (path, hunks) = (path.clone(), forward.clone());
        session.send(Op::Stage { path, hunks, unstage: true });
        done(&mut session).await;
    }
    for (name, _, _, _, old) in &staged {
        assert_eq!(git(&root, &["show", &format!(":{name}")]), **old, "{name}");
    }
    assert_eq!(git(&root, &["diff", "--cached", "--name-only"]), "");
}

#[tokio::test]
async fn whole_files_are_staged_and_unstaged() {
    let mut session = session(&[("kept", "1\n"), ("gone", "1\n")]).await;
    let root = session.state.cwd.clone();
    fs::write(root.join("new"), b"\0bin").unwrap();
    fs::write(root.join("run"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(root.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("kept", root.join("link")).unwrap();
    fs::remove_file(root.join("gone")).unwrap();
    let stage = |session: &Session, name: &str, unstage| {
        session.send(Op::Stage { path: root.join(name), hunks: vec![], unstage });
    };
    let all = ["new", "run", "link", "gone"];
    for name in all {
        stage(&session, name, false);
    }
    done(&mut session).await;
    let status = git(&root, &["status", "--porcelain"]);
    assert_eq!(status, "D  gone\nA  link\nA  new\nA  run\n");
    let modes = git(&root, &["ls-files", "-s", "run", "link"]);
    assert!(modes.contains("120000") && modes.contains("100755"), "{modes}");
    assert_eq!(git(&root, &["show", ":link"]), "kept");
    for name in all {
        stage(&session, name, true);
    }
    done(&mut session).await;
    assert_eq!(git(&root, &["diff", "--cached", "--name-only"]), "");

    // What goes through a filter, git has to stage itself.
    fs::write(root.join(".gitattributes"), "kept filter=lfs\n").unwrap();
    fs::write(root.join("kept"), "2\n").unwrap();
    stage(&session, "kept", false);
    let told = notice(&mut session).await;
    assert!(told.starts_with("staging kept: git changes its content on the way in"), "{told}");
    // Another git is at work.
    fs::write(root.join(".git/index.lock"), "").unwrap();
    stage(&session, "run", false);
    let told = notice(&mut session).await;
    assert!(told.starts_with("staging run: git update-index: "), "{told}");
    // Lines that are not there.
    fs::remove_file(root.join(".git/index.lock")).unwrap();
    let (path, hunks) = (root.join("gone"), hunks("x\n", "y\n"));
    session.send(Op::Stage { path, hunks, unstage: false });
    let told = notice(&mut session).await;
    assert!(told.contains("compare with the index"), "{told}");
}

#[tokio::test]
async fn reverts_take_back_and_are_undone_one_by_one() {
    let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    let mut session = session(&[("text", old), ("gone", "1\n"), ("moved", "m\n")]).await;
    let root = session.state.cwd.clone();
    let mode = |name: &str| root.join(name).metadata().unwrap().permissions().mode() & 0o777;
    let new = "one\n2\n3\n4\n5\n6\n7\n8\nnine\n";
    fs::set_permissions(root.join("text"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(root.join("text"), new).unwrap();
    fs::write(root.join("added"), "a\n").unwrap();
    fs::set_permissions(root.join("added"), fs::Permissions::from_mode(0o751)).unwrap();
    fs::remove_file(root.join("gone")).unwrap();
    fs::rename(root.join("moved"), root.join("to")).unwrap();
    session.send(Op::Compare { baseline: Baseline::Head });
    let listed = against(&mut session, Baseline::Head, |changes| changes.len() == 4).await;
    let text = listed.iter().find(|change| change.path.ends_with("text")).unwrap();
    let back = |hunk: &Hunk| diff::backward(hunk, |_| true).unwrap();
    let revert = |session: &Session, name: &str, hunks: Vec<Hunk>| {
        session.send(Op::Revert { path: root.join(name), hunks });
    };
    let content = |name: &str| fs::read_to_string(root.join(name)).ok();

    revert(&session, "text", vec![back(&text.hunks[0])]);
    done(&mut session).await;
    assert_eq!(content("text").unwrap(), new.replace("one", "1"));
    assert_eq!(mode("text"), 0o640);
    for name in ["added", "gone", "to"] {
        revert(&session, name, vec![]);
    }
    done(&mut session).await;
    assert_eq!((content("added"), content("to")), (None, None));
    assert_eq!((content("gone").unwrap(), content("moved").unwrap()), ("1\n".into(), "m\n".into()));

    // What changed meanwhile is not overwritten.
    revert(&session, "text", vec![back(&text.hunks[0])]);
    let told = notice(&mut session).await;
    assert_eq!(told, "reverting text: it changed meanwhile: look at it again");
    let undo = |session: &Session| session.send(Op::UndoRevert);
    for _ in 0..3 {
        undo(&session);
    }
    done(&mut session).await;
    assert_eq!((content("added").unwrap(), content("to").unwrap()), ("a\n".into(), "m\n".into()));
    assert_eq!((content("gone"), content("moved"), mode("added")), (None, None, 0o751));
    fs::write(root.join("text"), "other\n").unwrap();
    undo(&session);
    let told = notice(&mut session).await;
    assert_eq!(told, "undoing the revert of text: it changed since: it stays as it is");
    fs::write(root.join("text"), new.replace("one", "1")).unwrap();
    undo(&session);
    undo(&session);
    assert_eq!(notice(&mut session).await, "there is no revert to undo");
    assert_eq!(content("text").unwrap(), new);

    // All of it is in the audit log, as the user's own.
    let mut acts = Vec::new();
    audit::read(&session.dir.path().join("audit"), |_, kept| {
        let record = kept.unwrap().record;
        if let Entry::Decision { by: By::User, .. } = record.entry {
            acts.push(record.tool);
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(acts.iter().filter(|act| *act == "revert").count(), 5);
    assert_eq!(acts.iter().filter(|act| *act == "undo").count(), 5);
}

#[tokio::test]
async fn outside_a_repository_looks_and_turns_are_compared_and_git_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap().join("project");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("a"), "1\n").unwrap();
    let mut session = start(dir).await;
    for (baseline, name) in [(Baseline::Head, "HEAD"), (Baseline::Index, "index")] {
        session.send(Op::Compare { baseline });
        let told = notice(&mut session).await;
        assert_eq!(
            told,
            format!("comparing with git's {name}: the project is in no git repository")
        );
    }
    fs::write(root.join("a"), "2\n").unwrap();
    against(&mut session, Baseline::LastTurn, |changes| changes.len() == 1).await;
    // A turn begins: since then nothing changed.
    session.prompt("hi");
    against(&mut session, Baseline::LastTurn, <[_]>::is_empty).await;
    session.send(Op::Compare { baseline: Baseline::LastLook });
    against(&mut session, Baseline::LastLook, |changes| changes.len() == 1).await;
    session.send(Op::Looked);
    against(&mut session, Baseline::LastLook, <[_]>::is_empty).await;
    fs::write(root.join("a"), "3\n").unwrap();
    let changes = against(&mut session, Baseline::LastLook, |changes| changes.len() == 1).await;
    assert_eq!(changes[0].hunks, hunks("2\n", "3\n"));
    session.send(Op::Stage { path: root.join("a"), hunks: vec![], unstage: false });
    assert_eq!(notice(&mut session).await, "staging a: the project is in no git repository");
}

#[tokio::test]
async fn without_a_follower_it_is_said() {
    let mut session = Session::start(Model::new(vec![]), &Wish::default()).await;
    session.send(Op::Looked);
    session.send(Op::Compare { baseline: Baseline::SessionStart });
    let told = notice(&mut session).await;
    assert_eq!(told, "comparing with the session's start: changes are not followed in this run");
}

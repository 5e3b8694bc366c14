//! Real repositories in temporary directories.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::audit::Audit;
use crate::exec::sandbox::Confinement;

/// A repository that knows nothing of this machine's settings.
pub(in crate::workspace) struct Repo {
    _dir: TempDir,
    /// Its top, canonical.
    pub(in crate::workspace) root: PathBuf,
}

impl Repo {
    pub(in crate::workspace) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("repo");
        fs::create_dir(&root).unwrap();
        let repo = Self { _dir: dir, root };
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    /// Git outside, with a log beside it.
    pub(in crate::workspace) fn helpers(&self) -> Helpers {
        helpers(self.root.parent().unwrap())
    }

    pub(in crate::workspace) fn git(&self, args: &[&str]) {
        let got = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(args)
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.root.parent().unwrap())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(got.status.success(), "{args:?} {}", String::from_utf8_lossy(&got.stderr));
    }

    pub(in crate::workspace) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub(in crate::workspace) fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--no-verify", "-m", "c"]);
    }
}

/// Git outside, with a log in `dir`.
pub(in crate::workspace) fn helpers(dir: &Path) -> Helpers {
    Helpers::new(Arc::new(Audit::new(dir.join("audit"))), Arc::new(Confinement::off()))
}

async fn shown(repo: &Repo) -> String {
    summary(&repo.root, &repo.helpers()).await.unwrap().unwrap().to_string()
}

#[tokio::test]
async fn the_branch_and_its_counts() {
    let repo = Repo::new();
    assert_eq!(shown(&repo).await, "main (no commit yet)");
    repo.write("a", "1");
    repo.write(".gitignore", "*.log\n");
    repo.commit();
    assert_eq!(shown(&repo).await, "main");
    repo.write("a", "2");
    repo.write("new/b", "");
    repo.write("new/c", "");
    repo.write("x.log", "");
    assert_eq!(shown(&repo).await, "main +1~1");
    repo.git(&["checkout", "-q", "--detach"]);
    let got = shown(&repo).await;
    assert!(got.starts_with("detached at ") && got.len() == "detached at 1234567 +1~1".len());
}

#[tokio::test]
async fn no_repository_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let git = helpers(dir.path());
    assert_eq!(summary(dir.path(), &git).await.unwrap(), None);
    assert_eq!(summary(&dir.path().join("missing"), &git).await.unwrap(), None);
    let bare = Repo::new();
    bare.git(&["init", "-q", "--bare", "bare"]);
    assert_eq!(summary(&bare.root.join("bare"), &git).await.unwrap(), None);
}

#[tokio::test]
async fn files_of_a_commit_are_read_by_any_name() {
    let repo = Repo::new();
    let names = ["-x", "a b", "new\nline", "*", "ä/ö", "larger"];
    let paths: Vec<_> = names.map(|name| repo.write(name, name.repeat(3))).into();
    repo.commit();
    let git = Git::open(&repo.root, &repo.helpers()).await.unwrap().unwrap();
    let all = git.all().await.unwrap();
    assert_eq!((all.changed.len(), all.untracked.len(), all.cut), (0, 0, false));
    let commit = all.commit.unwrap();
    let mut asked = paths.clone();
    asked.extend([repo.root.join("ä"), repo.root.join("missing"), "/outside".into()]);

    let got = git.files(&commit, &asked, 15).await.unwrap();

    for (name, path) in names.iter().zip(&paths) {
        let blob = match *name {
            "larger" | "new\nline" => Blob::TooLarge(name.len() as u64 * 3),
            name => Blob::Content(name.repeat(3).into_bytes()),
        };
        assert_eq!(got.get(path), Some(&blob), "{name:?}");
    }
    assert_eq!(got.len(), names.len());
    assert_eq!(git.file(&commit, &paths[0], 100).await.unwrap().unwrap(), b"-x-x-x");
    assert_eq!(git.file(&commit, &repo.root, 100).await.unwrap(), None);
    assert!(git.file(&commit, &paths[5], 1).await.is_err());

    // The index holds the same.
    assert_eq!(git.indexed(&asked, 15).await.unwrap(), got);
    assert_eq!(git.commit().await.unwrap(), Some(commit));
}

/// Everything that a repository can name to be run on reading it, and the mark that shows it was.
fn hostile() -> (Repo, PathBuf) {
    let repo = Repo::new();
    let mark = repo.root.parent().unwrap().join("mark");
    let script = repo.write(".git/evil.sh", format!("#!/bin/sh\ntouch {}\ncat\n", mark.display()));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    repo.write("a", "one\n");
    repo.commit();
    repo.write(".gitattributes", "* filter=evil diff=evil\nb diff=other\n");
    repo.write(".git/info/attributes", "* filter=e.v.il\n");
    let run = script.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "pager.log",
        "diff.external",
        "diff.evil.textconv",
        "diff.other.command",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.e.v.il.clean",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "credential.helper",
        "gpg.program",
        "gpg.ssh.program",
    ] {
        repo.git(&["config", key, run]);
    }
    repo.git(&["config", "alias.status", &format!("!{run}")]);
    repo.git(&["config", "log.showSignature", "true"]);
    let hooks = repo.root.join(".git/hooks");
    for hook in ["post-index-change", "post-checkout", "reference-transaction"] {
        fs::copy(&script, hooks.join(hook)).unwrap();
    }
    repo.write("a", "two\n");

    // The mark can be made: plain git runs these.
    repo.git(&["status"]);
    assert!(mark.exists());
    fs::remove_file(&mark).unwrap();
    // It speaks no filter's protocol: plain git would fail with it, after running it.
    repo.git(&["config", "filter.e.v.il.process", run]);
    repo.git(&["config", "filter.e.v.il.required", "true"]);
    let _ = fs::remove_file(&mark);
    (repo, mark)
}

#[tokio::test]
async fn nothing_that_the_repository_chose_is_run() {
    let (repo, mark) = hostile();
    let git = Git::open(&repo.root, &repo.helpers()).await.unwrap().unwrap();
    let all = git.all().await.unwrap();
    assert_eq!(all.changed, [repo.root.join("a")]);
    let got = git.file(&all.commit.unwrap(), &repo.root.join("a"), 100).await.unwrap();
    assert_eq!(got.unwrap(), b"one\n");
    assert!(!mark.exists());
}

/// The same for what the model may ask: each reading command of S6.
#[tokio::test]
async fn a_command_that_only_reads_runs_nothing_of_the_repository() {
    let (repo, mark) = hostile();
    let commands = [
        "status",
        "status -v",
        "diff",
        "diff HEAD",
        "diff --stat",
        "log -p",
        "log --format=%G?",
        "show",
        "show HEAD:a",
        "blame a",
        "rev-parse HEAD",
        "ls-files -m",
        "ls-tree HEAD",
        "cat-file -p HEAD:a",
        "describe --always --dirty",
        "shortlog HEAD",
        "reflog",
        "rev-list HEAD",
        "for-each-ref",
        "name-rev HEAD",
        "merge-base HEAD HEAD",
        "count-objects",
        "check-ignore a",
        "diff-tree -p HEAD",
        "diff-index -p HEAD",
        "diff-files -p",
        "grep two",
        "stash list",
        "worktree list",
        "remote -v",
        "config --list",
        "branch -a",
        "tag -l",
    ];
    let env = harmless(std::slice::from_ref(&repo.root), &repo.helpers()).await.unwrap();
    let run = |line: &str, env: &[(OsString, OsString)]| {
        let _ = fs::remove_file(&mark);
        Command::new("git")
            .args(line.split(' '))
            .current_dir(&repo.root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", repo.root.parent().unwrap())
            .envs(env.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap()
    };
    let plain: Vec<bool> = commands.iter().map(|line| (run(line, &[]), mark.exists()).1).collect();
    assert!(plain.iter().filter(|ran| **ran).count() > 8, "it is hostile: {plain:?}");
    for line in commands {
        let got = run(line, &env);
        assert!(!mark.exists(), "git {line}");
        let said = String::from_utf8_lossy(&got.stderr);
        assert!(got.status.success() || line.starts_with("check-ignore"), "git {line}: {said}");
        if line == "diff" {
            let text = String::from_utf8_lossy(&got.stdout);
            assert!(text.contains("-one\n+two\n"), "{text}");
        }
    }
    assert_eq!(harmless(&[], &repo.helpers()).await.unwrap(), []);
    assert!(harmless(&[repo.root.join("missing")], &repo.helpers()).await.is_err());
}

//! Real repositories in temporary directories.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use tempfile::TempDir;

use super::*;

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

async fn shown(repo: &Repo) -> String {
    summary(&repo.root).await.unwrap().unwrap().to_string()
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
    assert_eq!(summary(dir.path()).await.unwrap(), None);
    assert_eq!(summary(&dir.path().join("missing")).await.unwrap(), None);
    let bare = Repo::new();
    bare.git(&["init", "-q", "--bare", "bare"]);
    assert_eq!(summary(&bare.root.join("bare")).await.unwrap(), None);
}

#[tokio::test]
async fn files_of_a_commit_are_read_by_any_name() {
    let repo = Repo::new();
    let names = ["-x", "a b", "new\nline", "*", "ä/ö", "larger"];
    let paths: Vec<_> = names.map(|name| repo.write(name, name.repeat(3))).into();
    repo.commit();
    let git = Git::open(&repo.root).await.unwrap().unwrap();
    let all = git.all().await.unwrap();
    assert_eq!((all.changed.len(), all.untracked.len(), all.cut), (0, 0, false));
    let commit = all.commit.unwrap();
    let mut asked = paths.clone();
    asked.extend([repo.root.join("ä"), repo.root.join("missing"), "/outside".into()]);

    let got = git.files(&commit, &asked, 15).await.unwrap();

    for (name, path) in names.iter().zip(&paths) {
        let blob = match *name {
            "larger" | "new\nline" => Blob::TooLarge,
            name => Blob::Content(name.repeat(3).into_bytes()),
        };
        assert_eq!(got.get(path), Some(&blob), "{name:?}");
    }
    assert_eq!(got.len(), names.len());
    assert_eq!(git.file(&commit, &paths[0], 100).await.unwrap().unwrap(), b"-x-x-x");
    assert_eq!(git.file(&commit, &repo.root, 100).await.unwrap(), None);
    assert!(git.file(&commit, &paths[5], 1).await.is_err());
}

/// Everything that a repository can name to be run on reading it, and a mark that shows it was.
#[tokio::test]
async fn nothing_that_the_repository_chose_is_run() {
    let repo = Repo::new();
    let mark = repo.root.parent().unwrap().join("mark");
    let script = repo.write(".git/evil.sh", format!("#!/bin/sh\ntouch {}\ncat\n", mark.display()));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    repo.write("a", "one\n");
    repo.commit();
    repo.write(".gitattributes", "* filter=evil diff=evil\n");
    repo.write(".git/info/attributes", "* filter=e.v.il\n");
    let run = script.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.e.v.il.clean",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "credential.helper",
    ] {
        repo.git(&["config", key, run]);
    }
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

    let git = Git::open(&repo.root).await.unwrap().unwrap();
    let all = git.all().await.unwrap();
    assert_eq!(all.changed, [repo.root.join("a")]);
    let got = git.file(&all.commit.unwrap(), &repo.root.join("a"), 100).await.unwrap();
    assert_eq!(got.unwrap(), b"one\n");
    assert!(!mark.exists());
}

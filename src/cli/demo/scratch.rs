//! The demo's project: fresh, in a temporary directory, nothing of the user's in it.
//!
//! It is shell script, not Rust: `bash` is there wherever the bash tool works, its test
//! takes 10 ms where a cargo project takes seconds, and nothing is downloaded or built.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::audit::Audit;
use crate::exec::{self, ExecError};

/// The files of the story's project; those that are scripts to run.
pub(super) const FILES: &[(&str, &str, bool)] = &[
    ("README.md", include_str!("../../../assets/demo/project/README.md"), false),
    ("calendar.sh", include_str!("../../../assets/demo/project/calendar.sh"), false),
    ("test.sh", include_str!("../../../assets/demo/project/test.sh"), true),
];

/// What git is told in the story's project: who commits, and to run nothing of the user's.
const GIT_CONFIG: &str = "[user]\n\tname = claw demo\n\temail = demo@claw.invalid\n\
                          [commit]\n\tgpgsign = false\n[core]\n\thooksPath = /dev/null\n";

/// How long each step of git may take.
pub(super) const GIT_TIMEOUT: Duration = Duration::from_secs(10);

/// A fresh project, committed to a git repository of its own; without git, only the files. It
/// stays, so that the user can look at it and go on with the session.
///
/// # Errors
///
/// Where the temporary directory cannot be written.
pub(super) async fn project(audit: &Arc<Audit>) -> Result<PathBuf> {
    let dir = tempfile::Builder::new().prefix("claw-demo-").tempdir();
    let dir = dir.context("making a temporary directory for the demo; is TMPDIR right?")?;
    let project = dir.keep().join("calendar");
    for (name, content, runs) in FILES {
        let path = project.join(name);
        write(&path, content, *runs).with_context(|| format!("writing {}", path.display()))?;
    }
    commit(&project, audit).await?;
    project.canonicalize().context("finding the demo's project")
}

fn write(path: &Path, content: &str, runs: bool) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content)?;
    #[cfg(unix)]
    if runs {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    #[cfg(not(unix))]
    let _ = runs;
    Ok(())
}

/// Makes the repository and its first commit. Git that is not there, or too old for this, is no
/// error: the story works without.
async fn commit(project: &Path, audit: &Arc<Audit>) -> Result<()> {
    let git = |args: &[&str]| {
        exec::Command::new("git", project)
            .args(args.iter().copied())
            // The user's own settings could sign, ask, or run hooks.
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
    };
    let init = git(&["-c", "init.defaultBranch=main", "init", "--quiet", "--template="]);
    match exec::run(&init, GIT_TIMEOUT, audit).await {
        Ok(made) if made.status.success() => {}
        Ok(_) | Err(ExecError::Spawn { .. }) => return Ok(()),
        Err(error) => return Err(error).context("making the demo's repository"),
    }
    let config = project.join(".git").join("config");
    let mut settings = fs::read_to_string(&config).context("reading the demo's git settings")?;
    settings.push_str(GIT_CONFIG);
    fs::write(&config, settings).context("writing the demo's git settings")?;
    let message = "A calendar, with a test that fails";
    for args in [&["add", "--all"][..], &["commit", "--quiet", "--message", message]] {
        exec::run(&git(args), GIT_TIMEOUT, audit)
            .await
            .context("making the demo's first commit")?;
    }
    Ok(())
}

//! Git that runs nothing the repository chose: claw's own, and the model's where it only reads (S6).

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::exec::Captured;
use crate::exec::Command;
use crate::exec::ExecError;
use crate::exec::Helpers;
use crate::workspace::git::parse;

/// How long one question to git may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Most settings that are overridden one by one, and the bytes of their names.
const MOST: (usize, usize) = (1024, 64 << 10);

/// Settings by which a repository could have a program run, and what they are set to instead.
/// See git-config(1).
const NEUTRAL: &[(&str, &str)] = &[
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.pager", "cat"),
    ("core.askPass", ""),
    ("core.sshCommand", "false"),
    ("core.alternateRefsCommand", ""),
    ("credential.helper", ""),
    ("safe.bareRepository", "explicit"),
    ("submodule.recurse", "false"),
    ("protocol.allow", "never"),
    // Signatures are looked at by git's own defaults.
    ("gpg.program", "gpg"),
    ("gpg.openpgp.program", "gpg"),
    ("gpg.x509.program", "gpgsm"),
    ("gpg.ssh.program", "ssh-keygen"),
    // Another git would run inside, with filters of its own.
    ("diff.ignoreSubmodules", "dirty"),
    ("diff.submodule", "short"),
    ("status.submoduleSummary", "false"),
];

/// Variables that keep git from asking, writing and fetching.
const VARIABLES: &[(&str, &str)] = &[
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_PAGER", "cat"),
    ("GIT_NO_LAZY_FETCH", "1"),
    // The name of no protocol: nothing is fetched.
    ("GIT_ALLOW_PROTOCOL", "none"),
];

/// Settings and what they are set to.
pub(super) type Overrides = Vec<(String, String)>;

/// In place of a program that shows differences: git takes no empty one for none. What git hands
/// it is in git(1), `GIT_EXTERNAL_DIFF`.
const DIFF: &str = "claw_diff() { echo \"diff --git a/$1 b/$1\"; \
                    diff -u --label \"a/$1\" --label \"b/$1\" -- \"$2\" \"$5\"; :; }; claw_diff";

/// Variables for a command that asks git in these directories: with them git runs nothing that
/// was chosen by a repository, which it would by filters, drivers, hooks and the like.
///
/// # Errors
///
/// Where git's settings cannot be listed there, or are too many: then it must not run.
pub async fn harmless(dirs: &[PathBuf], helpers: &Helpers) -> Result<Vec<(OsString, OsString)>> {
    let mut settings = Vec::new();
    for dir in dirs {
        let doing = || format!("looking at git's settings in {}", dir.display());
        ensure!(dir.is_dir(), "{}: there is no such directory yet", doing());
        settings.extend(overrides(dir, helpers).await.with_context(doing)?);
    }
    settings.sort();
    settings.dedup();
    Ok(if dirs.is_empty() { Vec::new() } else { variables(&settings) })
}

/// The settings that name programs under names of their own, and what they are set to instead.
///
/// Asked each time: a command of the agent may have set another one in the meantime.
pub(super) async fn overrides(dir: &Path, helpers: &Helpers) -> Result<Overrides> {
    let listing =
        ["config", "--null", "--name-only", "--get-regexp", r"^(filter|diff|submodule)\."];
    let listed = match run(dir, &listing, &[], None, helpers).await {
        Ok(listed) => listed,
        // Without git there is none to keep from anything.
        Err(ExecError::Spawn { source, .. }) if source.kind() == ErrorKind::NotFound => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error.into()),
    };
    // 1: there is no such setting.
    if !matches!(listed.status.code(), Some(0 | 1)) {
        bail!("{}", String::from_utf8_lossy(&listed.stderr).trim());
    }
    let mut found = Vec::new();
    for key in parse::keys(&listed.stdout)? {
        let last = key.rsplit('.').next().unwrap_or_default();
        let value = match (key.split('.').next(), last) {
            (Some("filter"), "clean" | "smudge" | "process") => "",
            (Some("filter"), "required") => "false",
            (Some("diff"), "textconv") => "cat",
            (Some("diff"), "command" | "external") => DIFF,
            (Some("submodule"), "ignore") => "dirty",
            _ => continue,
        };
        found.push((key.to_owned(), value.to_owned()));
    }
    let bytes: usize = found.iter().map(|(key, value)| key.len() + value.len()).sum();
    ensure!(
        found.len() <= MOST.0 && bytes <= MOST.1,
        "{} filters and drivers are too many to be kept from running",
        found.len()
    );
    Ok(found)
}

/// The variables that set these, beside those that always hold.
fn variables(settings: &[(String, String)]) -> Vec<(OsString, OsString)> {
    let mut all: Vec<(OsString, OsString)> =
        VARIABLES.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let fixed = NEUTRAL.iter().copied();
    let settings = fixed.chain(settings.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let mut count = 0;
    for (key, value) in settings {
        all.push((format!("GIT_CONFIG_KEY_{count}").into(), key.into()));
        all.push((format!("GIT_CONFIG_VALUE_{count}").into(), value.into()));
        count += 1;
    }
    all.push(("GIT_CONFIG_COUNT".into(), count.to_string().into()));
    all
}

/// Runs git for claw itself.
pub(super) async fn run<A: AsRef<OsStr>>(
    cwd: &Path,
    args: &[A],
    settings: &[(String, String)],
    stdin: Option<Vec<u8>>,
    helpers: &Helpers,
) -> Result<Captured, ExecError> {
    helpers.read(&command(cwd, args, settings, stdin), TIMEOUT).await
}

/// Runs git to change the index, by the user's own word.
pub(super) async fn write<A: AsRef<OsStr>>(
    cwd: &Path,
    args: &[A],
    stdin: Vec<u8>,
    helpers: &Helpers,
) -> Result<Captured, ExecError> {
    helpers.write(&command(cwd, args, &[], Some(stdin)), TIMEOUT).await
}

fn command<A: AsRef<OsStr>>(
    cwd: &Path,
    args: &[A],
    settings: &[(String, String)],
    stdin: Option<Vec<u8>>,
) -> Command {
    let mut command = Command::new("git", cwd)
        .args(["--no-optional-locks", "--no-pager"])
        .args(args.iter().map(AsRef::as_ref))
        .env("LC_ALL", "C")
        .env("GIT_LITERAL_PATHSPECS", "1")
        .env("GIT_NO_REPLACE_OBJECTS", "1");
    command.env.extend(variables(settings));
    if let Some(stdin) = stdin {
        command = command.stdin(stdin);
    }
    command
}

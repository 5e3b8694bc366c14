//! Where claw keeps what is its own. The one door to the platform's directories.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::base::atomic;
use crate::config::Env;

/// Claw's own directories and files, all absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The directory of what the user writes: settings, notes, themes, skills.
    pub config: PathBuf,
    /// The directory of what claw writes.
    pub home: PathBuf,
    /// Below `home`: one log a session.
    pub sessions: PathBuf,
    /// The user's settings.
    pub config_file: PathBuf,
    /// The user's settings of Claude Code, of which the permission rules hold here too.
    pub claude_file: PathBuf,
    /// Which folders the user trusts.
    pub trust_file: PathBuf,
    /// Which rules of projects the user accepted.
    pub accepted_file: PathBuf,
    /// Below `home`: outputs that were too long for the model.
    pub spill: PathBuf,
    /// Below `home`: the log of decisions and spawns.
    pub audit: PathBuf,
    /// Below `home`: what `claw auth login` keeps.
    pub auth: PathBuf,
    /// Below `home`: claw's own diagnostics.
    pub logs: PathBuf,
}

impl Paths {
    /// The places for this user: all in `CLAW_HOME` where that is set, else where the platform
    /// keeps such things (XDG on Linux: `~/.config/claw` and `~/.local/share/claw`).
    ///
    /// # Errors
    ///
    /// Where `CLAW_HOME` is a relative path, or there is no home directory.
    pub fn find(env: Env) -> Result<Self> {
        if let Some(home) = env("CLAW_HOME").filter(|home| !home.is_empty()) {
            let home = PathBuf::from(home);
            ensure!(
                home.is_absolute(),
                "CLAW_HOME is {}: it has to be an absolute path",
                home.display()
            );
            return Ok(Self::under(&home).with_claude(env));
        }
        let found = directories::ProjectDirs::from("", "", "claw").ok_or_else(|| {
            anyhow!(
                "looking for the home directory: there is none; set HOME, or CLAW_HOME to a \
                 directory that claw may use"
            )
        })?;
        Ok(Self::at(found.config_dir(), found.data_local_dir()).with_claude(env))
    }

    /// With Claude Code's settings where that keeps them: `CLAUDE_CONFIG_DIR`, else `~/.claude`.
    fn with_claude(mut self, env: Env) -> Self {
        let get = |name: &str| env(name).filter(|dir| !dir.is_empty()).map(PathBuf::from);
        let dir = get("CLAUDE_CONFIG_DIR").or_else(|| Some(get("HOME")?.join(".claude")));
        if let Some(dir) = dir.filter(|dir| dir.is_absolute()) {
            self.claude_file = dir.join("settings.json");
        }
        self
    }

    /// Everything in the one directory `home`.
    pub fn under(home: &Path) -> Self {
        Self::at(home, home)
    }

    fn at(config: &Path, home: &Path) -> Self {
        Self {
            config: config.to_owned(),
            home: home.to_owned(),
            sessions: home.join("sessions"),
            config_file: config.join("config.toml"),
            claude_file: home.join(".claude").join("settings.json"),
            trust_file: home.join("trust.json"),
            accepted_file: home.join("accepted.json"),
            spill: home.join("spill"),
            audit: home.join("audit"),
            auth: home.join("auth"),
            logs: home.join("logs"),
        }
    }

    /// Makes the directories that are missing, for this user alone (mode 0700).
    ///
    /// # Errors
    ///
    /// Where one cannot be made; the message names it.
    pub fn create(&self) -> Result<()> {
        for dir in [&self.config, &self.home, &self.sessions, &self.spill, &self.logs] {
            make_private(dir).with_context(|| {
                format!("making {}; set CLAW_HOME to a directory that claw may use", dir.display())
            })?;
        }
        Ok(())
    }
}

/// Makes a directory and its missing parents, mode 0700. One that is there stays as it is.
pub(super) fn make_private(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir)
}

/// Replaces a file in one step; only this user may read it (mode 0600), whatever was there before.
///
/// # Errors
///
/// The system's own; the old content then still stands.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        make_private(parent)?;
    }
    let mut options = fs::OpenOptions::new();
    // `atomic::write` keeps the bits of the file that is there.
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let file = options.mode(0o600).open(path)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    options.open(path)?;
    atomic::write(path, content)
}

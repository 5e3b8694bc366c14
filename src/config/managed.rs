//! The policy of whoever runs the machine: a ceiling that no user and no project lifts.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde::Deserialize;
use toml::Spanned;

use crate::base::regular;
use crate::config::layer::line;
use crate::config::merge::Settings;
use crate::config::rule::{Effect, Entry};
use crate::config::source::Source;
use crate::protocol::Mode;

/// The longest managed file, in bytes.
const MAX_FILE: usize = 1 << 20;

/// Where the managed policy is, and whose it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed {
    file: PathBuf,
    owner: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    disable_bypass: bool,
    #[serde(default)]
    disable_user_allows: bool,
    #[serde(default)]
    force_sandbox: bool,
    #[serde(default)]
    permissions: Permissions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Permissions {
    #[serde(default)]
    ask: Vec<Spanned<Entry>>,
    #[serde(default)]
    deny: Vec<Spanned<Entry>>,
}

impl Managed {
    /// The machine's own: `/etc/claw/managed.toml`, which belongs to root.
    pub fn system() -> Self {
        Self { file: "/etc/claw/managed.toml".into(), owner: 0 }
    }

    /// Another file, of this owner: for tests.
    pub fn at(file: PathBuf, owner: u32) -> Self {
        Self { file, owner }
    }

    /// The settings under this policy.
    ///
    /// # Errors
    ///
    /// Where the file is there but cannot be read, says what no managed policy says, or could have
    /// been written by another than its owner; and where the settings want what it forbids. Nothing
    /// starts then: a policy that is passed over is none.
    pub fn over(&self, mut settings: Settings) -> Result<Settings> {
        let file = self.file.display();
        let Some(text) =
            self.read().with_context(|| format!("reading the managed policy {file}"))?
        else {
            return Ok(settings);
        };
        let at =
            |offset: usize| Source::File { file: self.file.clone(), line: line(&text, offset) };
        let policy: File = toml::from_str(&text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let message = error.message().trim_end().replace('\n', ", ");
            anyhow!("{}: {message}; correct this line of the managed policy", at(offset))
        })?;
        if policy.disable_user_allows {
            settings.no_allows = true;
            settings.proposed.clear();
            let before = settings.rules.len();
            settings.rules.retain(|rule| rule.effect != Effect::Allow);
            let gone = before - settings.rules.len();
            if gone > 0 {
                settings.notices.push(format!(
                    "{file}: {gone} rules that allow are ignored: the managed policy has the say"
                ));
            }
        }
        let rules =
            [(Effect::Ask, policy.permissions.ask), (Effect::Deny, policy.permissions.deny)];
        for (effect, rules) in rules {
            settings.rules.extend(rules.into_iter().map(|rule| {
                let at = at(rule.span().start);
                rule.into_inner().at(effect, at)
            }));
        }
        if policy.force_sandbox {
            if settings.sandbox == Some(false) {
                settings.notices.push(format!(
                    "{file}: commands are confined all the same: the managed policy has the say"
                ));
            }
            settings.sandbox = Some(true);
        }
        settings.no_bypass |= policy.disable_bypass;
        ensure!(
            !settings.no_bypass || settings.mode != Mode::Bypass,
            "{file} forbids the mode bypass on this machine: choose another"
        );
        Ok(settings)
    }

    /// Its text; none where there is no such file.
    fn read(&self) -> Result<Option<String>> {
        match fs::symlink_metadata(&self.file) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        if let Some(dir) = self.file.parent() {
            self.check(dir, &fs::symlink_metadata(dir)?)?;
        }
        let file = regular::open(&self.file)?;
        self.check(&self.file, &file.metadata()?)?;
        let content = regular::take(file, MAX_FILE)?;
        ensure!(!content.cut, "it is longer than 1 MiB");
        match String::from_utf8(content.bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => bail!("it is not UTF-8"),
        }
    }

    fn check(&self, path: &Path, metadata: &fs::Metadata) -> Result<()> {
        let (path, owner) = (path.display(), metadata.uid());
        ensure!(
            owner == self.owner,
            "{path} belongs to the user {owner}, not to {}: chown it, or nobody can rely on it",
            self.owner
        );
        ensure!(
            metadata.mode() & 0o022 == 0,
            "{path} can be written by others (mode {:03o}): chmod go-w",
            metadata.mode() & 0o777
        );
        Ok(())
    }
}

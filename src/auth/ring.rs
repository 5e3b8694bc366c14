//! The system's secret store, by the program that speaks with it: `secret-tool` of libsecret, where
//! there is a session's bus (GNOME, KDE and their kin: the Secret Service of freedesktop.org).
//!
//! A library for it would bring half a hundred packages and a second async runtime; this costs one
//! short process where a login is kept there, and nothing elsewhere. What is kept is handed over on
//! standard input and taken from standard output: no argument ever holds it.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use secrecy::{ExposeSecret as _, SecretString};

use crate::audit::Audit;
use crate::base::cap;
use crate::base::redact;
use crate::exec::{self, Captured, Command};

/// How long it may take: it may ask the user to unlock it.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most bytes of what it complains of that are shown.
const SHOWN: usize = 200;

/// The secret store of this user's desk.
#[derive(Clone)]
pub struct Ring {
    env: Vec<(OsString, OsString)>,
    audit: Arc<Audit>,
}

impl Ring {
    /// That which is reached with these variables; none without a session's bus.
    pub fn find(env: Vec<(OsString, OsString)>, audit: Arc<Audit>) -> Option<Self> {
        let bus = env.iter().any(|(name, _)| name == "DBUS_SESSION_BUS_ADDRESS");
        (bus && cfg!(target_os = "linux")).then_some(Self { env, audit })
    }

    pub(super) async fn store(
        &self,
        home: &Path,
        service: &str,
        text: &SecretString,
    ) -> Result<()> {
        let label = format!("claw: {service}");
        let command = self.command("store", &["--label", &label], home, service)?;
        let ran = self.run(command.stdin(text.expose_secret().as_bytes())).await?;
        ensure!(ran.status.success(), "{}", said(&ran));
        Ok(())
    }

    pub(super) async fn lookup(&self, home: &Path, service: &str) -> Result<Option<SecretString>> {
        let ran = self.run(self.command("lookup", &[], home, service)?).await?;
        if !ran.status.success() {
            // It says nothing where there is nothing.
            ensure!(ran.stderr.trim_ascii().is_empty(), "{}", said(&ran));
            return Ok(None);
        }
        let text = std::str::from_utf8(&ran.stdout).map_err(|_| anyhow!("it gave no text"))?;
        Ok(Some(text.trim().into()))
    }

    pub(super) async fn clear(&self, home: &Path, service: &str) -> Result<()> {
        let ran = self.run(self.command("clear", &[], home, service)?).await?;
        ensure!(ran.status.success() || ran.stderr.trim_ascii().is_empty(), "{}", said(&ran));
        Ok(())
    }

    fn command(&self, verb: &str, own: &[&str], home: &Path, service: &str) -> Result<Command> {
        ensure!(!service.starts_with('-'), "it takes no name that begins with a dash");
        let mut command = Command::new("secret-tool", "/").args([verb]).args(own.iter().copied());
        command.env.extend(self.env.iter().cloned());
        let home = home.to_string_lossy().into_owned();
        Ok(command.args(["application", "claw", "home", &home, "provider", service]))
    }

    async fn run(&self, command: Command) -> Result<Captured> {
        Ok(exec::run(&command, PATIENCE, &self.audit).await?)
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ring")
    }
}

/// Why it failed, in its own words.
fn said(ran: &Captured) -> String {
    let text = String::from_utf8_lossy(&ran.stderr);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    let line = redact::all(line.unwrap_or("it said nothing")).into_owned();
    format!("secret-tool failed: {}", &line[..cap::floor(&line, SHOWN)])
}

//! A key that a program of the user's prints.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::sync::Mutex;

use crate::audit::Audit;
use crate::base::cap;
use crate::base::redact;
use crate::exec::{self, Command};
use crate::provider::{Credential, ProviderError};

/// How long the program may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of what it complains of that are shown.
const SHOWN: usize = 200;

/// A command line of the user's that prints a key: run for the first request, and again where the
/// service refuses the key.
pub struct KeyCommand {
    /// Whose key: named where it fails.
    service: String,
    command: Command,
    audit: Arc<Audit>,
    /// Held while the program runs: requests at the same time run it once.
    key: Mutex<Option<SecretString>>,
}

impl KeyCommand {
    /// The key of `service`, by this line of the shell, in `cwd`, with these variables: it is the
    /// user's own program and sees what it would see in their shell.
    pub fn new(
        service: &str,
        line: &str,
        cwd: PathBuf,
        vars: impl IntoIterator<Item = (OsString, OsString)>,
        audit: Arc<Audit>,
    ) -> Self {
        let mut command = Command::new("/bin/sh", cwd).args(["-c", line]);
        command.env.extend(vars);
        Self { service: service.to_owned(), command, audit, key: Mutex::default() }
    }

    async fn run(&self) -> Result<SecretString, ProviderError> {
        let failed = |why: &str| {
            let text = format!("the key_command of [provider.{}] {why}", self.service);
            ProviderError::Auth(text)
        };
        let ran = exec::run(&self.command, PATIENCE, &self.audit).await;
        let ran = ran.map_err(|error| failed(&format!("gave no key: {error}")))?;
        if !ran.status.success() {
            let said = String::from_utf8_lossy(&ran.stderr);
            let said = said.lines().map(str::trim).find(|line| !line.is_empty());
            let said = redact::all(said.unwrap_or("it said nothing")).into_owned();
            let said = &said[..cap::floor(&said, SHOWN)];
            return Err(failed(&format!("failed ({}): {said}", ran.status)));
        }
        let key = String::from_utf8(ran.stdout).unwrap_or_default();
        let key = key.trim();
        if key.is_empty() {
            return Err(failed("printed nothing: it has to print the key"));
        }
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(failed(
                "printed more than a key: it has to print the key alone, on one line",
            ));
        }
        redact::learn(key);
        Ok(key.into())
    }
}

impl Credential for KeyCommand {
    fn secret(&self, refused: bool) -> BoxFuture<'_, Result<SecretString, ProviderError>> {
        Box::pin(async move {
            let mut key = self.key.lock().await;
            if let Some(key) = key.as_ref().filter(|_| !refused) {
                return Ok(key.clone());
            }
            *key = None;
            let fresh = self.run().await?;
            Ok(key.insert(fresh).clone())
        })
    }

    fn is_key(&self) -> bool {
        true
    }
}

impl fmt::Debug for KeyCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCommand").field("service", &self.service).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    struct Place {
        dir: tempfile::TempDir,
        audit: Arc<Audit>,
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let audit = Arc::new(Audit::new(dir.path().join("audit")));
            Self { dir, audit }
        }

        fn command(&self, line: &str) -> KeyCommand {
            let vars = [(OsString::from("VAULT"), OsString::from("v-1"))];
            KeyCommand::new("mine", line, self.dir.path().to_owned(), vars, self.audit.clone())
        }
    }

    async fn key_of(command: &KeyCommand, refused: bool) -> String {
        command.secret(refused).await.unwrap().expose_secret().to_owned()
    }

    #[tokio::test]
    async fn it_runs_once_and_again_when_the_key_is_refused() {
        let place = Place::new();
        let command =
            place.command("echo x >> runs; echo \" $VAULT-$(wc -l < runs | tr -d ' ') \"");
        assert_eq!(key_of(&command, false).await, "v-1-1");
        let both = tokio::join!(key_of(&command, false), key_of(&command, false));
        assert_eq!(both, ("v-1-1".to_owned(), "v-1-1".to_owned()));
        assert_eq!(key_of(&command, true).await, "v-1-2");
        assert!(!format!("{command:?}").contains("v-1"));

        let mut told = Vec::new();
        crate::audit::read(place.audit.dir(), |_, kept| {
            told.push(serde_json::to_string(&kept.unwrap().record).unwrap());
            Ok(())
        })
        .unwrap();
        assert!(told.len() == 1 && told[0].contains("echo x >> runs"), "{told:?}");
    }

    #[tokio::test]
    async fn what_is_no_key_is_said_and_never_shown() {
        let table = [
            ("true", "printed nothing"),
            ("echo secret-one; echo secret-two", "printed more than a key"),
            ("printf 'secret\\001one'", "printed more than a key"),
            ("echo secret; echo locked >&2; exit 3", "failed (exit status: 3): locked"),
            ("exit 1", "it said nothing"),
        ];
        for (line, expected) in table {
            let error = Place::new().command(line).secret(false).await.unwrap_err();
            let ProviderError::Auth(why) = &error else { panic!("{line}: {error:?}") };
            assert!(why.contains("[provider.mine]") && why.contains(expected), "{line}: {why}");
            assert!(!why.contains("secret"), "{line}: {why}");
        }
    }
}

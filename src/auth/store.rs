//! Where logins are kept: in the system's secret store where there is one, else in a file that only
//! its user can read. The file also says which of the two has what.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::auth::{Kept, Ring, Tokens};
use crate::base::clock::Millis;
use crate::base::digest;
use crate::base::regular;
use crate::config::write_private;

/// The file of all logins.
const FILE: &str = "credentials.json";
/// Most bytes of it.
const MAX: usize = 4 << 20;
/// How often a lock is asked for.
const AGAIN: Duration = Duration::from_millis(20);
/// How long somebody else may renew.
const PATIENCE: Duration = Duration::from_secs(90);

/// The logins of this user, by the names of services.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    ring: Option<Ring>,
}

/// Where a login is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the file.
    File,
    /// In the system's secret store.
    Ring,
}

/// What is known of a login without its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Are they tokens? Else it is a key.
    pub tokens: bool,
    /// Can they be renewed?
    pub renewed: bool,
    /// Until when they hold; none where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Millis>,
    /// Where it is.
    #[serde(skip, default = "in_ring")]
    pub place: Place,
}

/// A line of the file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Row {
    Here(Kept),
    InRing { secret_store: Found },
}

/// Held by the one process that renews a login. Ends with it.
#[derive(Debug)]
pub(super) struct Alone {
    _lock: File,
}

type Rows = BTreeMap<String, Row>;

impl Store {
    /// The store below this directory, which is made when something is kept. `ring` is where new
    /// logins go where it can be had.
    pub fn new(dir: PathBuf, ring: Option<Ring>) -> Self {
        Self { dir, ring }
    }

    /// The file of it.
    pub fn file(&self) -> PathBuf {
        self.dir.join(FILE)
    }

    /// What is known of the login to this service. Nobody is asked for the secret.
    ///
    /// # Errors
    ///
    /// Where the file is there and cannot be used: the sentence says what to do.
    pub fn look(&self, service: &str) -> Result<Option<Found>> {
        Ok(self.read()?.get(service).map(Row::found))
    }

    /// The services for which something is kept.
    ///
    /// # Errors
    ///
    /// As [`Store::look`].
    pub fn names(&self) -> Result<Vec<String>> {
        Ok(self.read()?.into_keys().collect())
    }

    /// What is kept for this service.
    ///
    /// # Errors
    ///
    /// As [`Store::look`], and where the secret store does not answer.
    pub async fn get(&self, service: &str) -> Result<Option<Kept>> {
        let kept = match self.read()?.remove(service) {
            None => return Ok(None),
            Some(Row::Here(kept)) => kept,
            Some(Row::InRing { .. }) => match self.ring()?.lookup(&self.dir, service).await {
                Ok(None) => return Ok(None),
                Ok(Some(text)) => parse(&text).with_context(|| format!("{service}: {IN_RING}"))?,
                Err(why) => {
                    return Err(why).context(
                        "asking the system's secret store, which may be locked; claw auth login \
                         --file keeps a key without it",
                    );
                }
            },
        };
        kept.learn();
        Ok(Some(kept))
    }

    /// Keeps this in the place of what was kept: in the secret store where there is one and it is
    /// wanted. Where it is now, and why not in the secret store where that failed.
    ///
    /// # Errors
    ///
    /// As [`Store::look`], and where it cannot be written: then what was there stays.
    pub async fn put(
        &self,
        service: &str,
        kept: &Kept,
        wanted: Place,
    ) -> Result<(Place, Option<String>)> {
        kept.learn();
        // Nothing is handed over that could not be written down.
        let before = self.look(service)?;
        let mut why = None;
        if let (Place::Ring, Some(ring)) = (wanted, &self.ring) {
            let text = SecretString::from(serde_json::to_string(kept)?);
            match ring.store(&self.dir, service, &text).await {
                Ok(()) => {
                    let found = Found { place: Place::Ring, ..Found::of(kept) };
                    let row = Row::InRing { secret_store: found };
                    self.change(|rows| rows.insert(service.to_owned(), row))?;
                    return Ok((Place::Ring, None));
                }
                Err(error) => why = Some(format!("{error:#}")),
            }
        }
        self.change(|rows| rows.insert(service.to_owned(), Row::Here(kept.clone())))?;
        self.forget(service, before).await;
        Ok((Place::File, why))
    }

    /// Keeps nothing for this service any more. Was there something?
    ///
    /// # Errors
    ///
    /// As [`Store::put`].
    pub async fn remove(&self, service: &str) -> Result<bool> {
        let before = self.look(service)?;
        if before.is_some() {
            if let (Some(Place::Ring), Ok(ring)) = (before.map(|it| it.place), self.ring()) {
                ring.clear(&self.dir, service).await.context("asking the system's secret store")?;
            }
            self.change(|rows| rows.remove(service))?;
        }
        Ok(before.is_some())
    }

    /// What stands in the file now does not stand in the secret store too.
    async fn forget(&self, service: &str, before: Option<Found>) {
        if let (Some(Found { place: Place::Ring, .. }), Some(ring)) = (before, &self.ring) {
            // It did not take the new one either: an old one that stays there is used by nobody.
            let _ = ring.clear(&self.dir, service).await;
        }
    }

    fn ring(&self) -> Result<&Ring> {
        self.ring.as_ref().ok_or_else(|| {
            anyhow!(
                "the login is kept in the system's secret store, and there is no session's bus \
                 here (DBUS_SESSION_BUS_ADDRESS): claw auth login --file keeps a key without it"
            )
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Rows) -> T) -> Result<T> {
        let lock = self.lock_file("lock")?;
        lock.lock().with_context(|| format!("locking {}", self.dir.display()))?;
        let mut rows = self.read()?;
        let changed = change(&mut rows);
        let text = serde_json::to_vec_pretty(&rows)?;
        let file = self.file();
        write_private(&file, &text).with_context(|| format!("writing {}", file.display()))?;
        Ok(changed)
    }

    fn read(&self) -> Result<Rows> {
        let path = self.file();
        let doing = || format!("reading {}", path.display());
        let file = match regular::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Rows::new()),
            Err(error) => return Err(error).with_context(doing),
        };
        own(&file, &path)?;
        let content = regular::take(file, MAX).with_context(doing)?;
        ensure!(!content.cut, "{}: it is longer than {} MiB", doing(), MAX >> 20);
        // The parser's own words could show a part of a secret.
        let rows: Result<Rows> =
            serde_json::from_slice(content.bytes.trim_ascii()).map_err(|error| {
                let path = path.display();
                anyhow!(
                    "{path}:{}: this is not what claw keeps there; remove the file and log in anew",
                    error.line()
                )
            });
        let rows = rows?;
        for row in rows.values() {
            if let Row::Here(kept) = row {
                kept.learn();
            }
        }
        Ok(rows)
    }

    /// Waits until nobody else renews the login of this service.
    ///
    /// # Errors
    ///
    /// Where somebody does for a minute and a half, or there can be no lock.
    pub(super) async fn alone(&self, service: &str) -> Result<Alone> {
        let name = format!("renew-{}", &digest::sha256(service.as_bytes())[..16]);
        let file = self.lock_file(&name)?;
        // Asked again and again: a wait for the system's lock could not be cancelled.
        let taken = async {
            loop {
                match file.try_lock() {
                    Ok(()) => return Ok(()),
                    Err(fs::TryLockError::WouldBlock) => tokio::time::sleep(AGAIN).await,
                    Err(fs::TryLockError::Error(error)) => return Err(error),
                }
            }
        };
        let doing = || format!("locking {}", self.dir.join(&name).display());
        let taken = tokio::time::timeout(PATIENCE, taken).await;
        taken.map_err(|_| anyhow!("{}: another claw holds it", doing()))?.with_context(doing)?;
        Ok(Alone { _lock: file })
    }

    fn lock_file(&self, name: &str) -> Result<File> {
        let path = self.dir.join(name);
        let open = || {
            private_dir(&self.dir)?;
            let mut options = fs::OpenOptions::new();
            options.create(true).append(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&path)
        };
        open().with_context(|| format!("opening {}", path.display()))
    }
}

/// What is wrong with what is no login.
const IN_RING: &str = "this is not what claw keeps in the secret store; log in anew";

fn in_ring() -> Place {
    Place::Ring
}

/// The parser's own words could show a part of a secret.
fn parse(text: &SecretString) -> Result<Kept> {
    serde_json::from_str(text.expose_secret()).map_err(|_| anyhow!("it cannot be read"))
}

impl Found {
    fn of(kept: &Kept) -> Self {
        let place = Place::File;
        match kept {
            Kept::Key { .. } => Self { tokens: false, renewed: false, expires: None, place },
            Kept::Tokens(Tokens { refresh, expires, .. }) => {
                Self { tokens: true, renewed: refresh.is_some(), expires: *expires, place }
            }
        }
    }
}

impl Row {
    fn found(&self) -> Found {
        match self {
            Self::Here(kept) => Found::of(kept),
            Self::InRing { secret_store } => *secret_store,
        }
    }
}

/// Makes the directory, for this user alone whatever it was before.
fn private_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)?;
    #[cfg(unix)]
    fs::set_permissions(dir, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

/// Is it this user's, and nobody else's to read?
#[cfg(unix)]
fn own(file: &File, path: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let path = path.display();
    let facts = file.metadata().with_context(|| format!("looking at {path}"))?;
    let me = rustix::process::geteuid().as_raw();
    ensure!(facts.uid() == me, "{path} belongs to another user: it is not used");
    let mode = facts.mode() & 0o7777;
    let others = mode & 0o077;
    ensure!(
        others == 0,
        "{path} can be read by others (mode {mode:o}), so its keys are not used: chmod 600 {path}; \
         keys that others may have seen are better withdrawn"
    );
    Ok(())
}

#[cfg(not(unix))]
fn own(_: &File, _: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Tokens;
    use crate::base::clock::Millis;
    use std::os::unix::fs::PermissionsExt as _;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path().join("auth"), None);
        (dir, store)
    }

    fn key(key: &str) -> Kept {
        Kept::Key { key: key.into() }
    }

    #[tokio::test]
    async fn what_is_kept_comes_back_and_goes() {
        let (_dir, store) = store();
        assert!(store.get("a").await.unwrap().is_none() && !store.remove("a").await.unwrap());
        let tokens = Tokens {
            access: "access-of-b".into(),
            refresh: Some("refresh-of-b".into()),
            expires: Some(Millis(7)),
        };
        store.put("a", &key("first-of-a"), Place::Ring).await.unwrap();
        store.put("b", &Kept::Tokens(tokens), Place::Ring).await.unwrap();
        store.put("a", &key("second-of-a"), Place::Ring).await.unwrap();
        assert_eq!(store.names().unwrap(), ["a", "b"]);
        let kept = store.get("a").await.unwrap().unwrap();
        assert_eq!(kept.secret().expose_secret(), "second-of-a");
        let Some(Kept::Tokens(kept)) = store.get("b").await.unwrap() else { panic!("no tokens") };
        assert_eq!(kept.refresh.as_ref().unwrap().expose_secret(), "refresh-of-b");
        assert_eq!(kept.expires, Some(Millis(7)));
        assert!(!format!("{kept:?} {store:?}").contains("of-b"));
        assert_eq!(crate::base::redact::values("x refresh-of-b"), "x [secret]");
        assert!(store.remove("a").await.unwrap() && !store.remove("a").await.unwrap());
        assert_eq!(store.names().unwrap(), ["b"]);
    }

    #[tokio::test]
    async fn only_its_user_reads_it() {
        let (_dir, store) = store();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        fs::create_dir(&store.dir).unwrap();
        store.put("a", &key("key-of-this-test"), Place::Ring).await.unwrap();
        assert_eq!((mode(&store.dir), mode(&store.file())), (0o700, 0o600));

        for bits in [0o640, 0o604, 0o660] {
            fs::set_permissions(store.file(), fs::Permissions::from_mode(bits)).unwrap();
            let error = format!("{:#}", store.get("a").await.unwrap_err());
            assert!(error.contains("can be read by others") && error.contains("chmod 600"));
            assert!(
                store.put("a", &key("another"), Place::Ring).await.is_err(),
                "it is not taken over either"
            );
        }
        fs::remove_file(store.file()).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", store.file()).unwrap();
        assert!(store.get("a").await.is_err(), "a link is not followed");
    }

    #[tokio::test]
    async fn a_damaged_file_is_named_and_not_shown() {
        let (_dir, store) = store();
        store.put("a", &key("x"), Place::Ring).await.unwrap();
        for text in
            ["{\n\"a\": \"secret-words\"}", "secret-words", "{\"a\": {\"kind\": \"secret-words\"}}"]
        {
            fs::write(store.file(), text).unwrap();
            let error = format!("{:#}", store.get("a").await.unwrap_err());
            assert!(
                error.contains("credentials.json:") && error.contains("log in anew"),
                "{error}"
            );
            assert!(!error.contains("secret-words"), "{error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_renews_and_the_others_wait() {
        let (_dir, store) = store();
        let held = store.alone("a").await.unwrap();
        let other = store.alone("b").await.unwrap();
        let waiting = store.alone("a");
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop((held, other));
        waiting.await.unwrap();

        let _held = store.alone("a").await.unwrap();
        let error = store.alone("a").await.unwrap_err().to_string();
        assert!(error.contains("another claw"), "{error}");
    }
}

//! Where logins are kept: a file that only its user can read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::auth::Kept;
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
}

/// Held by the one process that renews a login. Ends with it.
#[derive(Debug)]
pub(super) struct Alone(#[allow(dead_code, reason = "its end is the lock's")] File);

type Rows = BTreeMap<String, Kept>;

impl Store {
    /// The store below this directory, which is made when something is kept.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The file of it.
    pub fn file(&self) -> PathBuf {
        self.dir.join(FILE)
    }

    /// What is kept for this service.
    ///
    /// # Errors
    ///
    /// Where the file is there and cannot be used: the sentence says what to do.
    pub fn get(&self, service: &str) -> Result<Option<Kept>> {
        let kept = self.read()?.remove(service);
        if let Some(kept) = &kept {
            kept.learn();
        }
        Ok(kept)
    }

    /// The services for which something is kept.
    ///
    /// # Errors
    ///
    /// As [`Store::get`].
    pub fn names(&self) -> Result<Vec<String>> {
        Ok(self.read()?.into_keys().collect())
    }

    /// Keeps this in the place of what was kept.
    ///
    /// # Errors
    ///
    /// As [`Store::get`], and where it cannot be written: then what was there stays.
    pub fn put(&self, service: &str, kept: &Kept) -> Result<()> {
        kept.learn();
        self.change(|rows| rows.insert(service.to_owned(), kept.clone())).map(drop)
    }

    /// Keeps nothing for this service any more. Was there something?
    ///
    /// # Errors
    ///
    /// As [`Store::put`].
    pub fn remove(&self, service: &str) -> Result<bool> {
        if !self.file().exists() {
            return Ok(false);
        }
        self.change(|rows| rows.remove(service)).map(|removed| removed.is_some())
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
        serde_json::from_slice(&content.bytes).map_err(|error| {
            let path = path.display();
            anyhow!(
                "{path}:{}: this is not what claw keeps there; remove the file and log in anew",
                error.line()
            )
        })
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
        Ok(Alone(file))
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
    ensure!(
        mode & 0o077 == 0,
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
    use secrecy::ExposeSecret as _;
    use std::os::unix::fs::PermissionsExt as _;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path().join("auth"));
        (dir, store)
    }

    fn key(key: &str) -> Kept {
        Kept::Key { key: key.into() }
    }

    #[test]
    fn what_is_kept_comes_back_and_goes() {
        let (_dir, store) = store();
        assert!(store.get("a").unwrap().is_none() && !store.remove("a").unwrap());
        let tokens = Tokens {
            access: "access-of-b".into(),
            refresh: Some("refresh-of-b".into()),
            expires: Some(Millis(7)),
        };
        store.put("a", &key("first-of-a")).unwrap();
        store.put("b", &Kept::Tokens(tokens)).unwrap();
        store.put("a", &key("second-of-a")).unwrap();
        assert_eq!(store.names().unwrap(), ["a", "b"]);
        let kept = store.get("a").unwrap().unwrap();
        assert_eq!(kept.secret().expose_secret(), "second-of-a");
        let Some(Kept::Tokens(kept)) = store.get("b").unwrap() else { panic!("no tokens") };
        assert_eq!(kept.refresh.as_ref().unwrap().expose_secret(), "refresh-of-b");
        assert_eq!(kept.expires, Some(Millis(7)));
        assert!(!format!("{kept:?} {store:?}").contains("of-b"));
        assert_eq!(crate::base::redact::values("x refresh-of-b"), "x [secret]");
        assert!(store.remove("a").unwrap() && !store.remove("a").unwrap());
        assert_eq!(store.names().unwrap(), ["b"]);
    }

    #[test]
    fn only_its_user_reads_it() {
        let (_dir, store) = store();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        fs::create_dir(&store.dir).unwrap();
        store.put("a", &key("key-of-this-test")).unwrap();
        assert_eq!((mode(&store.dir), mode(&store.file())), (0o700, 0o600));

        for bits in [0o640, 0o604, 0o660] {
            fs::set_permissions(store.file(), fs::Permissions::from_mode(bits)).unwrap();
            let error = format!("{:#}", store.get("a").unwrap_err());
            assert!(error.contains("can be read by others") && error.contains("chmod 600"));
            assert!(store.put("a", &key("another")).is_err(), "it is not taken over either");
        }
        fs::remove_file(store.file()).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", store.file()).unwrap();
        assert!(store.get("a").is_err(), "a link is not followed");
    }

    #[test]
    fn a_damaged_file_is_named_and_not_shown() {
        let (_dir, store) = store();
        store.put("a", &key("x")).unwrap();
        for text in
            ["{\n\"a\": \"secret-words\"}", "secret-words", "{\"a\": {\"kind\": \"secret-words\"}}"]
        {
            fs::write(store.file(), text).unwrap();
            let error = format!("{:#}", store.get("a").unwrap_err());
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

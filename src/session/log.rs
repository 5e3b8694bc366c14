//! One session's log: a line of JSON for each durable envelope, appended, never rewritten.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::base::redact;
use crate::config::write_private;
use crate::protocol::{Envelope, Event, SessionId};
use crate::session::scan::{Scan, scan, threads};

/// The version of the log's format, written into `SessionStarted`.
pub const VERSION: u32 = 1;

/// Most bytes that wait in memory while the disk takes none.
const BACKLOG: usize = 8 << 20;

/// An open log. While it is open, no other process can open it.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    path: PathBuf,
    /// How long the file is, up to the end of its last whole line.
    whole: u64,
    /// Lines that the disk did not take yet.
    backlog: Vec<u8>,
    closed: bool,
}

/// Why a session cannot go on here. It can be copied and looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Held {
    /// Another process writes its log.
    #[error(
        "the session {session} is open in another claw: --fork goes on in a copy of it, --watch \
         looks on"
    )]
    Open {
        /// Which.
        session: SessionId,
    },
    /// A newer claw wrote it.
    #[error(
        "the session {session} was written by a newer claw (its log has version {version}, this \
         claw writes {VERSION}): update claw; --fork goes on in a copy, --watch shows it"
    )]
    Newer {
        /// Which.
        session: SessionId,
        /// The version of its log.
        version: u32,
    },
}

impl Held {
    /// Which session it is.
    pub fn session(&self) -> &SessionId {
        match self {
            Self::Open { session } | Self::Newer { session, .. } => session,
        }
    }
}

/// What was found in a log, and what had to be passed over in it.
#[derive(Debug, Default)]
pub struct Found {
    /// The envelopes, oldest first.
    pub envelopes: Vec<Envelope>,
    /// In words for the user; empty where the log was whole.
    pub repairs: Vec<String>,
}

impl Log {
    /// Makes the log of a new session; its directory too where that is missing.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let shown = path.display();
        if let Some(dir) = path.parent() {
            private_dir(dir).with_context(|| format!("making {}", dir.display()))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).with_context(|| format!("making the log {shown}"))?;
        lock(&file, path)?;
        Ok(Self { file, path: path.to_owned(), whole: 0, backlog: Vec::new(), closed: false })
    }

    /// Opens the log of an existing session, gives its envelopes to `take`, oldest first, and
    /// repairs its end where a write was cut off. What had to be repaired, in words for the user.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read or written, or another process has it open. Damage inside is
    /// no error: a line that cannot be read is passed over, and it is said.
    pub(super) fn open(path: &Path, mut take: impl FnMut(Envelope)) -> Result<(Self, Vec<String>)> {
        let shown = path.display();
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .append(true)
            .open(path)
            .with_context(|| format!("opening the log {shown}"))?;
        lock(&file, path)?;
        let mut version = VERSION;
        let found = scan(&file, threads(), |envelope| {
            if let Event::SessionStarted { version: found, .. } = &envelope.event {
                version = version.max(*found);
            }
            take(envelope);
        });
        let Scan { whole, torn, damaged, lost } =
            found.with_context(|| format!("reading the log {shown}"))?;
        if version > VERSION {
            return Err(Held::Newer { session: named(path), version }.into());
        }
        let mut repairs: Vec<_> = passed_over(damaged).into_iter().collect();
        if torn > 0 || damaged > 0 {
            // What is cut off or passed over stays somewhere.
            let kept = path.with_extension("damaged");
            write_private(&kept, &lost).with_context(|| format!("writing {}", kept.display()))?;
            repairs.extend(
                passed_over(damaged).map(|_| format!("They are also in {}.", kept.display())),
            );
        }
        if torn > 0 {
            file.set_len(whole).with_context(|| format!("repairing the log {shown}"))?;
            repairs.push(format!(
                "The last {torn} bytes of this session's log were cut off in the middle of a write \
                 and were removed."
            ));
        }
        file.seek(SeekFrom::End(0))?;
        let (path, backlog) = (path.to_owned(), Vec::new());
        Ok((Self { file, path, whole, backlog, closed: false }, repairs))
    }

    /// Appends one envelope: when this returns, the system has it, and a kill loses nothing.
    ///
    /// # Errors
    ///
    /// Where the disk takes no more. The line is kept in memory and written with the next one.
    pub(super) fn append(&mut self, envelope: &Envelope) -> Result<()> {
        ensure!(!self.closed, "the session's log {} is closed", self.path.display());
        if self.backlog.len() < BACKLOG {
            let line = serde_json::to_string(envelope)
                .with_context(|| format!("writing the log {}", self.path.display()))?;
            // A key stays out of what is kept, even where the user typed it in.
            self.backlog.extend_from_slice(redact::values(&line).as_bytes());
            self.backlog.push(b'\n');
        }
        match self.file.write_all(&self.backlog) {
            Ok(()) => {
                self.whole += self.backlog.len() as u64;
                self.backlog.clear();
                self.backlog.shrink_to(64 << 10);
                Ok(())
            }
            Err(error) => {
                // A part of a line may be there: take it away, so that the next try starts clean.
                let _ = self.file.set_len(self.whole);
                Err(error).with_context(|| {
                    format!("writing the log {}: free some space there", self.path.display())
                })
            }
        }
    }

    /// Lets other processes open it; nothing more can be appended.
    pub(super) fn close(&mut self) -> Result<()> {
        self.closed = true;
        self.file.sync_data()?;
        self.file.unlock().with_context(|| format!("closing the log {}", self.path.display()))
    }

    /// Another handle to the file, to force it to the disk from a thread that may block.
    pub(super) fn syncer(&self) -> Result<File> {
        self.file.try_clone().with_context(|| format!("opening the log {}", self.path.display()))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // A child that is being started may hold a copy of the file, and with it the lock.
        let _ = self.file.unlock();
    }
}

/// Reads a log without opening it for writing.
pub fn read(path: &Path) -> Result<Found> {
    let mut envelopes = Vec::new();
    let damage = go_through(path, threads(), |envelope| envelopes.push(envelope))?;
    Ok(Found { envelopes, repairs: damage.into_iter().collect() })
}

/// Takes the envelopes of a log one by one, beside other work, without ever holding all of it.
/// What had to be passed over, in words for the user.
///
/// # Errors
///
/// Where the file cannot be read.
pub fn each(path: &Path, take: impl FnMut(Envelope)) -> Result<Option<String>> {
    go_through(path, 1, take)
}

fn go_through(path: &Path, threads: usize, take: impl FnMut(Envelope)) -> Result<Option<String>> {
    let found = File::open(path).and_then(|file| scan(file, threads, take));
    let found = found.with_context(|| format!("reading the log {}", path.display()))?;
    Ok(passed_over(found.damaged))
}

fn passed_over(damaged: usize) -> Option<String> {
    (damaged > 0).then(|| {
        format!("{damaged} lines of this session's log could not be read and were passed over.")
    })
}

fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(Held::Open { session: named(path) }.into()),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("locking the log {}", path.display()))
        }
    }
}

/// The session whose log this is.
fn named(path: &Path) -> SessionId {
    SessionId::from(&*path.file_stem().unwrap_or_default().to_string_lossy())
}

/// Makes a directory that only its owner can look into.
fn private_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::protocol::{Level, Mode};

    fn envelope(seq: u64) -> Envelope {
        let event = Event::Notice { level: Level::Info, text: format!("n{seq}") };
        Envelope { session: "s".into(), seq, at: Millis(seq), event }
    }

    fn written(dir: &Path) -> PathBuf {
        let path = dir.join("p").join("s.jsonl");
        let mut log = Log::create(&path).unwrap();
        for seq in 1..=3 {
            log.append(&envelope(seq)).unwrap();
        }
        path
    }

    fn opened(path: &Path) -> (Log, Vec<Envelope>, Vec<String>) {
        let mut found = Vec::new();
        let (log, repairs) = Log::open(path, |envelope| found.push(envelope)).unwrap();
        (log, found, repairs)
    }

    #[test]
    fn what_was_appended_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let (_, found, repairs) = opened(&written(dir.path()));
        assert_eq!(found, [envelope(1), envelope(2), envelope(3)]);
        assert!(repairs.is_empty());
    }

    #[test]
    fn a_tail_torn_at_any_byte_is_repaired_and_reported() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path());
        let bytes = fs::read(&path).unwrap();
        let second = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(1).unwrap().0 + 1;
        for cut in second + 1..bytes.len() {
            fs::write(&path, &bytes[..cut]).unwrap();
            let (mut log, found, repairs) = opened(&path);
            assert_eq!(found.len(), 2, "cut at {cut}");
            assert_eq!(repairs.len(), 1, "cut at {cut}");
            let kept = fs::read(path.with_extension("damaged")).unwrap();
            assert_eq!(kept.trim_ascii_end(), &bytes[second..cut], "cut at {cut}");
            log.append(&envelope(3)).unwrap();
            drop(log);
            assert_eq!(fs::read(&path).unwrap(), bytes, "cut at {cut}");
        }
    }

    #[test]
    fn a_damaged_line_is_passed_over_and_reported() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path());
        let text = fs::read_to_string(&path).unwrap().replacen("n2", "n2\u{0}\"", 1);
        fs::write(&path, text).unwrap();
        let (_, found, repairs) = opened(&path);
        assert_eq!(found, [envelope(1), envelope(3)]);
        assert!(repairs[0].starts_with("1 lines"), "{repairs:?}");
        assert!(repairs[1].contains("s.damaged"), "{repairs:?}");
        assert!(fs::read_to_string(path.with_extension("damaged")).unwrap().contains("n2"));
    }

    #[test]
    fn a_log_of_a_newer_claw_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.jsonl");
        let (cwd, model, mode) = ("/w".into(), "m".into(), Mode::Default);
        let event = Event::SessionStarted { version: VERSION + 1, parent: None, cwd, model, mode };
        Log::create(&path).unwrap().append(&Envelope { event, ..envelope(1) }).unwrap();
        let before = fs::read(&path).unwrap();
        let error = Log::open(&path, |_| {}).unwrap_err();
        let held = error.downcast_ref::<Held>();
        assert_eq!(held, Some(&Held::Newer { session: "s".into(), version: VERSION + 1 }));
        assert_eq!(read(&path).unwrap().envelopes.len(), 1, "it can be looked at");
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_log_has_one_writer() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path());
        let (_first, ..) = opened(&path);
        let error = Log::open(&path, |_| {}).unwrap_err();
        assert!(error.to_string().contains("open in another claw"), "{error:#}");
    }

    #[test]
    #[cfg(unix)]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
}

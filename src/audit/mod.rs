//! The log of every decision and every spawn: appended before the call runs, each record bound to
//! the one before it by its hash.
//!
//! What it holds against: a record that is edited, removed, moved, or cut off at the end is found
//! by [`verify()`]. Who can write both files and compute hashes can write another history: the files
//! are this user's own, and no tool call may write them.

mod chain;
mod record;
mod verify;

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail, ensure};

use crate::audit::chain::{HEAD, Link};
use crate::base::clock;
use crate::base::digest;

pub use record::{By, Entry, Kept, Record};
pub use verify::{Checked, Fault, read, verify};

/// The records, a line of JSON each.
const LOG: &str = "log.jsonl";

/// Where the last record is: how many there are, how long the log is, and the last hash.
const ANCHOR: &str = "head";

/// Most hashes of records that are kept to be written once.
const KNOWN: usize = 4096;

/// Most bytes of a record.
const LONGEST: u64 = 64 << 10;

/// The log of all sessions of this user. Several processes may append to it.
#[derive(Debug)]
pub struct Audit {
    dir: PathBuf,
    open: Mutex<Option<Open>>,
    /// Hashes of what was appended once.
    known: Mutex<HashSet<String>>,
}

#[derive(Debug)]
struct Open {
    log: File,
    head: File,
}

impl Audit {
    /// The log in `dir`, which is made with the first record (0700, its files 0600).
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, open: Mutex::default(), known: Mutex::default() }
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Appends a record, without the secrets in it. When this returns, the system has it: a kill
    /// loses nothing. Waits while another process appends.
    ///
    /// # Errors
    ///
    /// Where it cannot be written, or the log is not as it was left: then what the record announces
    /// must not be done.
    pub fn append(&self, record: &Record) -> Result<()> {
        let mut held = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let doing = || format!("writing the audit log {}", self.dir.join(LOG).display());
        let open = match &mut *held {
            Some(open) => open,
            none => none.insert(Open::new(&self.dir).with_context(doing)?),
        };
        let done = open.append(record).with_context(doing);
        if done.is_err() {
            // The next try begins with what is there then.
            *held = None;
        }
        done
    }
}

impl Audit {
    /// Appends a record, where this process has not appended the same already.
    ///
    /// # Errors
    ///
    /// As [`Self::append`].
    pub fn append_once(&self, record: &Record) -> Result<()> {
        let hash = digest::sha256(&serde_json::to_vec(record)?);
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(&hash) {
            return Ok(());
        }
        self.append(record)?;
        let mut known = known();
        if known.len() >= KNOWN {
            // What is forgotten is written again.
            known.clear();
        }
        known.insert(hash);
        Ok(())
    }
}

impl Open {
    fn new(dir: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        let file = |name: &str, append: bool| {
            let mut options = OpenOptions::new();
            options.read(true).create(true).mode(0o600);
            // The head is written over in place; the log only grows.
            if append {
                options.append(true)
            } else {
                options.write(true).truncate(false)
            };
            let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
            let file = options.custom_flags(flags.bits().cast_signed()).open(dir.join(name))?;
            if !file.metadata()?.is_file() {
                return Err(io::Error::other(format!("{name} is not a regular file")));
            }
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
            Ok(file)
        };
        Ok(Self { log: file(LOG, true)?, head: file(ANCHOR, false)? })
    }

    fn append(&mut self, record: &Record) -> Result<()> {
        self.log.lock()?;
        let done = self.locked(record);
        self.log.unlock()?;
        done
    }

    fn locked(&mut self, record: &Record) -> Result<()> {
        let metadata = self.log.metadata()?;
        ensure!(metadata.nlink() > 0, "it was deleted while claw runs");
        let last = self.settle(metadata.len())?;
        let (line, next) = last.line(clock::now(), record)?;
        let kept = self.log.write_all(&line).and_then(|()| self.head.write_all_at(&next.head(), 0));
        if kept.is_err() {
            // A part of it may be there: it is no record, for it was not acknowledged.
            let _ = self.log.set_len(last.size);
        }
        kept.context("free some space there")
    }

    /// The last record, of a log that is `len` bytes long. What a kill left unfinished is put right.
    fn settle(&mut self, len: u64) -> Result<Link> {
        let mut head = vec![0; HEAD + 1];
        let read = self.head.read_at(&mut head, 0)?;
        let last = match (read, len) {
            (0, 0) => return Ok(Link::first()),
            // The very first record was being written.
            (0, _) => Link::first(),
            _ => Link::parse(&head[..read]).with_context(|| damaged("its head cannot be read"))?,
        };
        if len == last.size {
            return Ok(last);
        }
        ensure!(len > last.size, damaged("records at its end are gone"));
        ensure!(
            len - last.size <= LONGEST,
            damaged("there are records that its head does not know")
        );
        let mut tail = vec![0; (len - last.size) as usize];
        self.log.read_exact_at(&mut tail, last.size)?;
        if !tail.ends_with(b"\n") && !tail.contains(&b'\n') {
            self.log.set_len(last.size)?;
            return Ok(last);
        }
        match last.next(&tail) {
            Ok(next) => {
                self.head.write_all_at(&next.head(), 0)?;
                Ok(next)
            }
            Err(_) => bail!(damaged("there are records that its head does not know")),
        }
    }
}

fn damaged(what: &str) -> String {
    format!(
        "{what}; look at it with `claw audit verify`, then move the directory away to begin a new log"
    )
}

#[cfg(test)]
mod tests;

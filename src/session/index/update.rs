//! The index learns what the logs say: only what it does not know yet, and no more at a time than
//! is asked for.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use rusqlite::{Transaction, TransactionBehavior, params};
use sha2::{Digest as _, Sha256};

use crate::session::index::fault::Fault;
use crate::session::index::{Index, OFFSET, TITLE};
use crate::session::listing::seen;
use crate::session::marks::{Mark, marks_in, parts};
use crate::session::scan::envelope;
use crate::session::search::{Said, Words, pieces, said};
use crate::session::store::children;

/// Bytes before the end of what is known, by which a log is recognised.
const TAIL: u64 = 256;
/// A log of which nothing is known yet.
const NEW_LOG: &str =
    "INSERT OR IGNORE INTO log (project, name, size, modified, offset, tail, called)
     VALUES (?1, ?2, 0, 0, 0, x'', '')";

/// What the index does not know yet.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in crate::session) struct Left {
    /// Logs, the last touched first.
    pub(in crate::session) logs: Vec<PathBuf>,
    /// Bytes of them.
    pub(in crate::session) bytes: u64,
}

/// A log as it is on the disk.
struct OnDisk {
    project: String,
    name: String,
    path: PathBuf,
    size: u64,
    modified: u64,
    mark: Mark,
}

/// A log as it is known.
#[derive(Clone)]
struct Known {
    id: i64,
    size: u64,
    modified: u64,
    offset: u64,
    tail: Vec<u8>,
    called: String,
}

type Key = (String, String);

impl Index {
    /// Takes in what the logs say and is not known, of the last touched ones first, until about
    /// `most` bytes were read. What is left.
    pub(in crate::session) fn update(&mut self, most: u64) -> Result<Left, Fault> {
        let (found, known) = (on_disk(&self.dir), self.known()?);
        let gone = known.len() > found.len() || known.keys().any(|key| !found.contains_key(key));
        let fresh = |one: &&OnDisk| known.get(&one.key()).is_none_or(|known| known.is_behind(one));
        let mut behind: Vec<_> = found.values().filter(fresh).collect();
        let marked = |one: &&OnDisk| known.get(&one.key()).is_none_or(|known| known.is_other(one));
        let marked: Vec<_> = found.values().filter(marked).collect();
        if !gone && behind.is_empty() && marked.is_empty() {
            return Ok(Left::default());
        }
        // The numbers rise with time: of many places that fit, those of high numbers are looked at.
        behind.sort_by(|a, b| (a.modified, &a.name).cmp(&(b.modified, &b.name)));
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been quicker.
        let known = read_known(&tx)?;
        for (key, known) in &known {
            if !found.contains_key(key) {
                forget(&tx, known.id, true)?;
            }
        }
        for one in &behind {
            tx.prepare_cached(NEW_LOG)?.execute(params![one.project, one.name])?;
        }
        let known = read_known(&tx)?;
        for one in marked {
            if let Some(known) = known.get(&one.key()) {
                call(&tx, known.id, &one.mark)?;
            }
        }
        let (mut read, mut left) = (0, Left::default());
        for one in behind.iter().rev() {
            let Some(known) = known.get(&one.key()).filter(|known| known.is_behind(one)) else {
                continue;
            };
            let rest = take_in(&tx, one, known, most.saturating_sub(read))?;
            read += one.size.saturating_sub(known.offset).saturating_sub(rest);
            if rest > 0 {
                left.logs.push(one.path.clone());
                left.bytes += rest;
            }
        }
        tx.commit()?;
        Ok(left)
    }

    /// Takes in what one log says and is not known.
    pub(in crate::session) fn update_one(&mut self, log: &Path) -> Result<(), Fault> {
        let unusable = |error: anyhow::Error| Fault::Unusable(format!("{error:#}"));
        let (dir, file) = parts(log).map_err(unusable)?;
        let mark = marks_in(dir).remove(&file).unwrap_or_default();
        let Some(one) = OnDisk::of(dir, log.to_owned(), mark) else { return Ok(()) };
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute(NEW_LOG, params![one.project, one.name])?;
        if let Some(known) = read_known(&tx)?.get(&one.key()) {
            if known.is_other(&one) {
                call(&tx, known.id, &one.mark)?;
            }
            if known.is_behind(&one) {
                take_in(&tx, &one, known, u64::MAX)?;
            }
        }
        Ok(tx.commit()?)
    }

    fn known(&self) -> Result<HashMap<Key, Known>, Fault> {
        read_known(&self.db)
    }

    /// How many logs and how many of their lines are known.
    pub(in crate::session) fn count(&self) -> Result<(u64, u64), Fault> {
        let count = |sql: &str| self.db.query_row(sql, [], |row| row.get::<_, u64>(0));
        Ok((count("SELECT count(*) FROM log")?, count("SELECT count(*) FROM said_docsize")?))
    }
}

impl OnDisk {
    fn of(dir: &Path, path: PathBuf, mark: Mark) -> Option<Self> {
        let (name, size, modified) = seen(&path)?;
        let project = dir.file_name()?.to_str()?.to_owned();
        Some(Self { project, name, path, size, modified, mark })
    }

    fn key(&self) -> Key {
        (self.project.clone(), self.name.clone())
    }
}

impl Known {
    fn is_behind(&self, one: &OnDisk) -> bool {
        (self.size, self.modified) != (one.size, one.modified)
    }

    fn is_other(&self, one: &OnDisk) -> bool {
        self.called != one.mark.words()
    }
}

fn on_disk(dir: &Path) -> HashMap<Key, OnDisk> {
    let mut found = HashMap::new();
    for project in children(dir) {
        let mut marks = marks_in(&project);
        for path in children(&project) {
            let mark = path.file_name().and_then(|name| marks.remove(name.to_str()?));
            if let Some(one) = OnDisk::of(&project, path, mark.unwrap_or_default()) {
                found.insert(one.key(), one);
            }
        }
    }
    found
}

fn read_known(db: &rusqlite::Connection) -> Result<HashMap<Key, Known>, Fault> {
    let mut rows = db.prepare_cached(
        "SELECT project, name, id, size, modified, offset, tail, called FROM log",
    )?;
    let rows = rows.query_map([], |row| {
        let known = Known {
            id: row.get(2)?,
            size: row.get(3)?,
            modified: row.get(4)?,
            offset: row.get(5)?,
            tail: row.get(6)?,
            called: row.get(7)?,
        };
        Ok(((row.get(0)?, row.get(1)?), known))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets what a log said; the log too where it is gone.
fn forget(tx: &Transaction<'_>, id: i64, gone: bool) -> Result<(), Fault> {
    let last = if gone { TITLE } else { TITLE - 1 };
    let place = id << OFFSET;
    tx.execute("DELETE FROM said WHERE rowid BETWEEN ?1 AND ?2", [place, place | last])?;
    if gone {
        tx.execute("DELETE FROM log WHERE id = ?1", [id])?;
    }
    Ok(())
}

/// What a session is called.
fn call(tx: &Transaction<'_>, id: i64, mark: &Mark) -> Result<(), Fault> {
    let words = mark.words();
    let place = (id << OFFSET) | TITLE;
    tx.execute("DELETE FROM said WHERE rowid = ?1", [place])?;
    if !words.is_empty() {
        insert(tx, place, Said::Title, &words)?;
    }
    tx.execute("UPDATE log SET called = ?2 WHERE id = ?1", params![id, words])?;
    Ok(())
}

/// Takes in what a log says behind what is known of it: about `most` bytes. How many are left.
fn take_in(tx: &Transaction<'_>, one: &OnDisk, known: &Known, most: u64) -> Result<u64, Fault> {
    if most == 0 {
        return Ok(one.size.saturating_sub(known.offset).max(1));
    }
    let Ok(mut file) = File::open(&one.path) else { return Ok(0) };
    // A log only grows. One that did not is another one.
    let grown =
        one.size > known.offset && tail(&mut file, known.offset).is_ok_and(|it| it == known.tail);
    let from = if grown { known.offset } else { 0 };
    if !grown && known.offset > 0 {
        forget(tx, known.id, false)?;
    }
    let (mut offset, mut line) = (from, Vec::new());
    let mut done = file.seek(SeekFrom::Start(from)).is_ok();
    let mut reader = BufReader::with_capacity(256 << 10, &mut file);
    while done && offset - from < most && offset < one.size {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).unwrap_or_default() as u64;
        // What has no end yet is a line when it has one.
        if !line.ends_with(b"\n") {
            break;
        }
        if let Ok(envelope) = envelope(&line)
            && let Some((who, text)) = said(&envelope.event)
        {
            let at = i64::try_from(offset).unwrap_or(TITLE).min(TITLE - 1);
            insert(tx, (known.id << OFFSET) | at, who, &text)?;
        }
        offset += read;
        done = read > 0;
    }
    let cut = offset - from >= most && offset < one.size;
    let tail = tail(&mut file, offset).unwrap_or_default();
    // One that is not read to its end is behind as long as it is not.
    let (size, modified) = if cut { (offset, 0) } else { (one.size, one.modified) };
    tx.prepare_cached(
        "UPDATE log SET size = ?2, modified = ?3, offset = ?4, tail = ?5 WHERE id = ?1",
    )?
    .execute(params![known.id, size, modified, offset, tail])?;
    Ok(if cut { one.size - offset } else { 0 })
}

/// What stands before an offset, in short.
fn tail(file: &mut File, offset: u64) -> io::Result<Vec<u8>> {
    let from = offset.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(offset - from).read_to_end(&mut bytes)?;
    Ok(Sha256::digest(&bytes)[..8].to_vec())
}

fn insert(tx: &Transaction<'_>, place: i64, who: Said, text: &str) -> Result<(), Fault> {
    let words = Words::of(text);
    let pieces: Vec<_> = (0..words.len()).flat_map(|at| pieces(&text[words.place(at)])).collect();
    let sql = match who {
        Said::Title => "INSERT INTO said (rowid, title, pieces) VALUES (?1, ?2, ?3)",
        Said::Prompt => "INSERT INTO said (rowid, prompt, pieces) VALUES (?1, ?2, ?3)",
        Said::Answer => "INSERT INTO said (rowid, answer, pieces) VALUES (?1, ?2, ?3)",
        Said::Tool => "INSERT INTO said (rowid, tool, pieces) VALUES (?1, ?2, ?3)",
    };
    tx.prepare_cached(sql)?.execute(params![place, words.joined(), pieces.join(" ")])?;
    Ok(())
}

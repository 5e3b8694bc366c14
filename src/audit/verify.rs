//! The whole log, read again.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::audit::chain::{HEAD, Link};
use crate::audit::{ANCHOR, Kept, LOG, LONGEST};
use crate::base::regular;

/// What was found of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Records that are whole and in their place, from the first on.
    pub records: u64,
    /// Why it is no more than these; none where the log is whole.
    pub fault: Option<Fault>,
}

/// The first thing that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line in the log, from 1.
    pub line: u64,
    /// In words.
    pub what: String,
}

/// Reads the log in `dir` from its first record to its last and compares it with its head.
///
/// # Errors
///
/// Where a file cannot be read. A log that was tampered with is no error: look at the fault.
pub fn verify(dir: &Path) -> Result<Checked> {
    let path = dir.join(LOG);
    let doing = || format!("reading the audit log {}", path.display());
    let log = match regular::open(&path) {
        Ok(log) => Some(log),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(doing),
    };
    // The two belong together: nobody appends while both are looked at.
    if let Some(log) = &log {
        log.lock_shared().with_context(doing)?;
    }
    let head = match regular::read(&dir.join(ANCHOR), HEAD + 1) {
        Ok(head) => Some(head.bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).context("reading the audit log's head"),
    };
    let (mut checked, last) = match log {
        None => (Checked { records: 0, fault: None }, Link::first()),
        Some(log) => {
            let len = log.metadata().with_context(doing)?.len();
            log.unlock().with_context(doing)?;
            walk(Link::first(), BufReader::new(log.take(len))).with_context(doing)?
        }
    };
    if checked.fault.is_none() {
        let what = ending(&last, head.as_deref());
        checked.fault = what.map(|what| Fault { line: last.seq + 1, what });
    }
    Ok(checked)
}

/// What the head says against the records, of which `last` is the last.
pub(super) fn ending(last: &Link, head: Option<&[u8]>) -> Option<String> {
    let head = match head {
        None | Some([]) if last.seq == 0 => return None,
        None | Some([]) => return Some("its head is gone".to_owned()),
        Some(head) => head,
    };
    let Some(head) = Link::parse(head) else { return Some("its head was changed".to_owned()) };
    if head == *last {
        return None;
    }
    Some(match head.seq.checked_sub(last.seq) {
        None if last.seq == head.seq + 1 => {
            "there is one record that its head does not know: claw \
            was ended while it wrote, or it was put in"
                .to_owned()
        }
        None => format!("there are {} records that its head does not know", last.seq - head.seq),
        Some(0) => "its end is not what its head says".to_owned(),
        Some(gone) => format!("the last {gone} records are gone"),
    })
}

/// Follows the chain from `link` on, to its first fault.
pub(super) fn walk(mut link: Link, log: impl io::BufRead) -> io::Result<(Checked, Link)> {
    let mut lines = Lines(log);
    while let Some(line) = lines.next()? {
        match link.next(&line) {
            Ok(next) => link = next,
            Err(what) => {
                let fault = Some(Fault { line: link.seq + 1, what: what.to_owned() });
                return Ok((Checked { records: link.seq, fault }, link));
            }
        }
    }
    Ok((Checked { records: link.seq, fault: None }, link))
}

/// Shows each line of the log to `show`: its bytes, and the record where it is one. Nothing where
/// there is no log.
///
/// # Errors
///
/// Where it cannot be read, or `show` fails.
pub fn read(dir: &Path, mut show: impl FnMut(&[u8], Option<Kept>) -> io::Result<()>) -> Result<()> {
    let path = dir.join(LOG);
    let doing = || format!("reading the audit log {}", path.display());
    let log: File = match regular::open(&path) {
        Ok(log) => log,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(doing),
    };
    let mut lines = Lines(BufReader::new(log));
    while let Some(line) = lines.next().with_context(doing)? {
        show(&line, serde_json::from_slice(&line).ok())?;
    }
    Ok(())
}

/// Lines with their ends, each with a bound.
struct Lines<R>(R);

impl<R: io::BufRead> Lines<R> {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = self.0.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        Ok((read > 0).then_some(line))
    }
}

//! What is kept too long, or for nobody, goes.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::base::clock;
use crate::session::checkpoint::Blobs;

/// What is new may be about to be named by a log of another process.
const NEW: Duration = Duration::from_hours(24);

/// How much is kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// After this, contents go, though sessions name them.
    pub age: Duration,
    /// Bytes above which those go that no session names, the oldest first.
    pub bytes: u64,
}

impl Default for Bounds {
    /// 30 days, 1 GiB.
    fn default() -> Self {
        Self { age: Duration::from_hours(30 * 24), bytes: 1 << 30 }
    }
}

/// Removes what is older than the bounds, and, where there is too much, what no log in `logs` names.
/// How many bytes went. Blocks.
///
/// # Errors
///
/// Where the contents, or a log, cannot be read: what is not known to be useless stays.
pub fn sweep(blobs: &Blobs, logs: &Path, bounds: Bounds) -> io::Result<u64> {
    let mut found = contents(blobs.dir())?;
    let now = SystemTime::from(clock::now());
    let age = |at: &SystemTime| now.duration_since(*at).unwrap_or_default();
    let mut gone = 0;
    found.retain(|(path, at, len)| {
        let old = age(at) > bounds.age && fs::remove_file(path).is_ok();
        gone += if old { *len } else { 0 };
        !old
    });
    let mut kept: u64 = found.iter().map(|(_, _, len)| len).sum();
    if kept <= bounds.bytes {
        return Ok(gone);
    }
    let named = named(logs)?;
    found.sort_by_key(|(_, at, _)| *at);
    for (path, at, len) in found {
        if kept <= bounds.bytes || age(&at) < NEW {
            break;
        }
        if !name(&path).is_some_and(|name| named.contains(&name)) && fs::remove_file(&path).is_ok()
        {
            (gone, kept) = (gone + len, kept - len);
        }
    }
    Ok(gone)
}

/// Every content: its file, when it was last kept, its length.
fn contents(dir: &Path) -> io::Result<Vec<(PathBuf, SystemTime, u64)>> {
    let dirs = match fs::read_dir(dir) {
        Ok(dirs) => dirs,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for dir in dirs {
        for entry in fs::read_dir(dir?.path())? {
            let (path, metadata) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
            found.push((path, metadata.modified()?, metadata.len()));
        }
    }
    Ok(found)
}

/// The name of the content in a file.
fn name(path: &Path) -> Option<String> {
    let first = path.parent()?.file_name()?.to_str()?;
    Some(format!("{first}{}", path.file_name()?.to_str()?))
}

/// All names that the logs in a directory say.
fn named(logs: &Path) -> io::Result<HashSet<String>> {
    let mut named = HashSet::new();
    for entry in fs::read_dir(logs)? {
        let path = entry?.path();
        if path.extension().is_none_or(|end| end != "jsonl") {
            continue;
        }
        for line in BufReader::new(File::open(&path)?).split(b'\n') {
            take_names(&line?, &mut named);
        }
    }
    Ok(named)
}

/// A name stands as a JSON string after `"hash":`.
fn take_names(line: &[u8], named: &mut HashSet<String>) {
    const BEFORE: &[u8] = br#""hash":""#;
    for at in memchr::memmem::find_iter(line, BEFORE) {
        let name = line.get(at + BEFORE.len()..at + BEFORE.len() + 64);
        if let Some(name) = name.and_then(|name| std::str::from_utf8(name).ok()) {
            named.insert(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::protocol::{Envelope, Event, Held, KeptFile};

    fn aged(blobs: &Blobs, content: &[u8], days: u64) -> String {
        let name = blobs.put(content).unwrap();
        let file = File::options().write(true).open(blobs.dir().join(&name[..2]).join(&name[2..]));
        let at = SystemTime::from(clock::now()) - Duration::from_hours(days * 24);
        file.unwrap().set_modified(at).unwrap();
        name
    }

    #[test]
    fn what_is_old_goes_and_of_too_much_what_no_session_names() {
        let dir = tempfile::tempdir().unwrap();
        let (blobs, logs) = (Blobs::new(dir.path().join("kept")), dir.path().join("logs"));
        fs::create_dir(&logs).unwrap();
        assert_eq!(sweep(&blobs, &logs, Bounds::default()).unwrap(), 0);
        let old = aged(&blobs, &[b'o'; 100], 31);
        let named = aged(&blobs, &[b'n'; 100], 20);
        let nobodys = aged(&blobs, &[b'x'; 100], 10);
        let younger = aged(&blobs, &[b'y'; 100], 9);
        let new = aged(&blobs, &[b'z'; 100], 0);
        let before = Held::File { hash: named.clone(), mode: Some(0o644) };
        let file = KeptFile { path: "/a".into(), before, after: Held::Absent };
        let event = Event::FilesKept { call: "c".into(), files: vec![file] };
        let envelope = Envelope { session: "s".into(), seq: 1, at: Millis(1), event };
        fs::write(logs.join("s.jsonl"), serde_json::to_string(&envelope).unwrap()).unwrap();

        let bounds = Bounds { bytes: 300, ..Bounds::default() };
        assert_eq!(sweep(&blobs, &logs, bounds).unwrap(), 200);
        let there = [&old, &named, &nobodys, &younger, &new].map(|name| blobs.get(name).is_some());
        assert_eq!(there, [false, true, false, true, true]);
        let bounds = Bounds { bytes: 0, ..Bounds::default() };
        assert_eq!(sweep(&blobs, &logs, bounds).unwrap(), 100, "only what nobody needs");
        assert!(blobs.get(&named).is_some() && blobs.get(&new).is_some());
    }
}

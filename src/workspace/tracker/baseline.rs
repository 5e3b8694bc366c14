//! What files were when the session began, as far as that is kept; and how one differs from it.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::picture;
use crate::base::regular;
use crate::base::text;
use crate::diff;
use crate::protocol::{Author, ChangeKind, FileChange};
use crate::workspace::Stamp;

/// Bytes of one file above which its content is not kept.
pub(super) const MAX_FILE: usize = 1 << 20;

/// Bytes of all files whose content is kept.
const MAX_TOTAL: usize = 64 << 20;

/// By what a change of a file is seen without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) len: u64,
    modified: Option<std::time::SystemTime>,
    #[cfg(unix)]
    changed: (i64, i64),
}

impl Meta {
    /// Of a file that only its length is known of.
    pub(super) fn of_length(len: u64) -> Self {
        Self {
            len,
            modified: None,
            #[cfg(unix)]
            changed: (0, 0),
        }
    }
}

impl From<&Metadata> for Meta {
    fn from(of: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt as _;
        Self {
            len: of.len(),
            modified: of.modified().ok(),
            #[cfg(unix)]
            changed: (of.ctime(), of.ctime_nsec()),
        }
    }
}

/// A file at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Snapshot {
    /// There was none, or something that is no file.
    Absent,
    /// Its content; of a link the path it names, as git has it.
    Content(Arc<[u8]>),
    /// There was one, but its content is not kept.
    Unread(Meta),
}

impl Snapshot {
    /// The file at `path`, now.
    pub(super) fn read(path: &Path) -> Self {
        let Ok(metadata) = fs::symlink_metadata(path) else { return Self::Absent };
        if metadata.is_symlink() {
            let target = fs::read_link(path).unwrap_or_default();
            return Self::Content(target.as_os_str().as_encoded_bytes().into());
        }
        if !metadata.is_file() {
            return Self::Absent;
        }
        if metadata.len() > MAX_FILE as u64 {
            return Self::Unread(Meta::from(&metadata));
        }
        match regular::read(path, MAX_FILE) {
            Ok(read) if !read.cut => Self::Content(read.bytes.into()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::Absent,
            Ok(_) | Err(_) => Self::Unread(Meta::from(&metadata)),
        }
    }

    /// Its content, where that is kept.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Content(bytes) => Some(bytes),
            Self::Absent | Self::Unread(_) => None,
        }
    }

    /// Bytes that it holds in memory.
    pub(super) fn weight(&self) -> usize {
        self.bytes().map_or(0, <[u8]>::len)
    }

    /// Its length; none where there is no file.
    fn len(&self) -> Option<u64> {
        match self {
            Self::Absent => None,
            Self::Content(bytes) => Some(bytes.len() as u64),
            Self::Unread(meta) => Some(meta.len),
        }
    }

    /// By what the same state is known again; none where there is no file.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::Absent => None,
            Self::Content(bytes) => Some(Stamp::of(bytes)),
            Self::Unread(meta) => Some(Stamp::of(format!("{meta:?}").as_bytes())),
        }
    }
}

/// How the file at `path` differs; none where it does not.
pub(super) fn compare(
    path: &Path,
    before: &Snapshot,
    now: &Snapshot,
    author: Author,
) -> Option<FileChange> {
    let large = |side: &Snapshot| match side {
        Snapshot::Unread(meta) => Some(meta.len > MAX_FILE as u64),
        Snapshot::Absent | Snapshot::Content(_) => None,
    };
    let Some(large) = large(before).or(large(now)) else {
        let mut change = diff::change(path, before.bytes(), now.bytes(), author)?;
        if change.note.as_deref() == Some("binary") {
            change.note = Some(sized(before, now));
        }
        return Some(change);
    };
    let kind = match (before, now) {
        _ if before == now => return None,
        (Snapshot::Absent, _) => ChangeKind::Added,
        (_, Snapshot::Absent) => ChangeKind::Deleted,
        _ => ChangeKind::Modified,
    };
    let note = if large {
        format!("too large, {}", sizes(before, now))
    } else {
        "content not kept".to_owned()
    };
    Some(FileChange { note: Some(note), ..FileChange::new(path, kind, author) })
}

/// A binary's note: what it is and how large it was and is.
fn sized(before: &Snapshot, now: &Snapshot) -> String {
    let picture =
        |side: &Snapshot| side.bytes().is_some_and(|bytes| picture::size(bytes).is_some());
    let sort = if picture(before) || picture(now) { "image" } else { "binary" };
    format!("{sort}, {}", sizes(before, now))
}

/// `12.0 kB -> 14.1 kB`, with the size of a picture in pixels; only one where there is only one.
fn sizes(before: &Snapshot, now: &Snapshot) -> String {
    let size = |side: &Snapshot| {
        let pixels = side.bytes().and_then(picture::size);
        let pixels = pixels.map_or(String::new(), |(wide, high)| format!(" {wide}x{high}"));
        side.len().map(|len| format!("{}{pixels}", text::bytes(len)))
    };
    let sides: Vec<_> = [size(before), size(now)].into_iter().flatten().collect();
    sides.join(" -> ")
}

/// Contents that are kept, bounded in all.
#[derive(Debug, Default)]
pub(super) struct Store {
    kept: HashMap<PathBuf, Snapshot>,
    /// Files as they were before the agent first wrote to them.
    noted: HashMap<PathBuf, Snapshot>,
    bytes: usize,
    /// Something was not kept because there was no more room.
    pub(super) full: bool,
}

impl Store {
    pub(super) fn is_noted(&self, path: &Path) -> bool {
        self.noted.contains_key(path)
    }

    /// Keeps what a file was before the agent first wrote to it.
    pub(super) fn note(&mut self, path: &Path, snapshot: Snapshot) {
        if !self.noted.contains_key(path) {
            let snapshot = self.fit(path, snapshot);
            self.noted.insert(path.to_owned(), snapshot);
        }
    }

    /// Keeps what a file was when the session began. What was noted before that is older: it counts.
    pub(super) fn keep(&mut self, path: &Path, snapshot: Snapshot) {
        let snapshot = match self.noted.get(path) {
            Some(noted) => noted.clone(),
            None => self.fit(path, snapshot),
        };
        self.kept.insert(path.to_owned(), snapshot);
    }

    /// What a file was when the session began; none where that has to be found out.
    pub(super) fn kept(&self, path: &Path) -> Option<&Snapshot> {
        self.kept.get(path)
    }

    /// What a file was before the agent first wrote to it.
    pub(super) fn noted(&self, path: &Path) -> Option<&Snapshot> {
        self.noted.get(path)
    }

    /// Remembers what was found out later, where there is room: it can be found out again.
    pub(super) fn cache(&mut self, path: &Path, snapshot: &Snapshot) {
        let weight = snapshot.weight();
        // The half stays free for what cannot be found out again.
        if self.bytes + weight <= MAX_TOTAL / 2 {
            self.bytes += weight;
            self.kept.insert(path.to_owned(), snapshot.clone());
        }
    }

    fn fit(&mut self, path: &Path, snapshot: Snapshot) -> Snapshot {
        let weight = snapshot.weight();
        if self.bytes + weight <= MAX_TOTAL {
            self.bytes += weight;
            return snapshot;
        }
        self.full = true;
        fs::symlink_metadata(path).map_or(Snapshot::Absent, |m| Snapshot::Unread(Meta::from(&m)))
    }
}

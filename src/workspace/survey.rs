//! The project's files by what a change of them is seen by, without reading them.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ignore::WalkBuilder;

/// Files that are looked at.
const MOST: usize = 100_000;

/// A file or a link, as it was when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its length in bytes.
    pub len: u64,
    /// It is a link.
    pub link: bool,
    /// Its permission bits.
    pub mode: u32,
    /// When its content last changed.
    pub modified: Option<SystemTime>,
    changed: (i64, i64),
    inode: u64,
}

impl Seen {
    /// What is at `path` now; none where that is neither a file nor a link.
    pub fn at(path: &Path) -> Option<Self> {
        Self::of(&fs::symlink_metadata(path).ok()?)
    }

    fn of(of: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let link = of.is_symlink();
        (link || of.is_file()).then(|| Self {
            len: of.len(),
            link,
            mode: of.mode() & 0o7777,
            modified: of.modified().ok(),
            changed: (of.ctime(), of.ctime_nsec()),
            inode: of.ino(),
        })
    }
}

/// All files and links below a directory that the project does not ignore.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// By their absolute paths.
    pub files: BTreeMap<PathBuf, Seen>,
    /// There are more than 100,000: the rest was not looked at.
    pub full: bool,
}

impl Survey {
    /// Looks at everything below `root` (a real path), and at those in `forced`, which are tracked
    /// though they are ignored. Blocks.
    pub fn take(root: &Path, forced: &[PathBuf]) -> Self {
        let mut survey = Self::default();
        let walk = WalkBuilder::new(root)
            .hidden(false)
            .require_git(false)
            .filter_entry(|entry| entry.depth() == 0 || !is_left_out(entry.path()))
            .build();
        for entry in walk.filter_map(Result::ok).filter(|entry| entry.depth() > 0) {
            let Some(seen) = entry.metadata().ok().and_then(|of| Seen::of(&of)) else { continue };
            if survey.files.len() >= MOST {
                survey.full = true;
                break;
            }
            survey.files.insert(entry.into_path(), seen);
        }
        for path in forced.iter().filter(|path| path.starts_with(root)) {
            if let Some(seen) = Seen::at(path) {
                survey.files.insert(path.clone(), seen);
            }
        }
        survey
    }
}

/// Never the project's own work: git's files, what was fetched, what builds leave, a repository
/// inside this one, and files that claw is about to rename.
fn is_left_out(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    if name == b".git" || name == b"node_modules" || name.starts_with(b".claw-") {
        return true;
    }
    if !path.is_dir() {
        return false;
    }
    let beside = |name: &str| path.parent().is_some_and(|parent| parent.join(name).exists());
    path.join(".git").exists()
        || path.join("CACHEDIR.TAG").exists()
        || name == b"target" && (beside("Cargo.toml") || beside("pom.xml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_seen_and_a_change_of_it_too() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for (name, text) in [
            (".gitignore", "out\n*.log\n"),
            ("src/a", "a"),
            ("out/b", "b"),
            ("x.log", "log"),
            (".git/HEAD", "h"),
            ("sub/.git/HEAD", "h"),
            ("sub/c", "c"),
            ("node_modules/m", "m"),
        ] {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        std::os::unix::fs::symlink("a", root.join("src/link")).unwrap();
        let first = Survey::take(&root, &[root.join("x.log")]);
        let names: Vec<_> =
            first.files.keys().map(|path| path.strip_prefix(&root).unwrap().to_owned()).collect();
        assert_eq!(names, [".gitignore", "src/a", "src/link", "x.log"].map(PathBuf::from));
        assert!(first.files[&root.join("src/link")].link && !first.full);
        assert_eq!(Survey::take(&root, &[root.join("x.log")]), first);
        fs::write(root.join("src/a"), "ab").unwrap();
        assert_ne!(Survey::take(&root, &[root.join("x.log")]), first);
    }
}

//! The files that count: what is there, without what is ignored, and the watches on it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use ignore::IncrementalIgnore;
use ignore::WalkBuilder;

use crate::workspace::tracker::baseline::Meta;
use crate::workspace::watch::{Pending, Watch};

/// Files that are followed.
const MAX_FILES: usize = 100_000;

/// Files that say what is ignored.
const IGNORE_FILES: &[&str] = &[".gitignore", ".ignore"];

/// The tree below the root, as it was last looked at.
pub(super) struct Tree {
    root: PathBuf,
    in_git: bool,
    matcher: Option<IncrementalIgnore>,
    /// Ignored by name, but tracked.
    forced: HashSet<PathBuf>,
    files: BTreeMap<PathBuf, Meta>,
    dirs: BTreeSet<PathBuf>,
    watch: Watch,
    /// There are more files than are followed.
    pub(super) full: bool,
}

/// Files to look at, and whether a command ran when they changed.
pub(super) type Touched = BTreeMap<PathBuf, bool>;

impl Tree {
    /// Looks at all of it and watches it.
    pub(super) fn new(root: &Path, in_git: bool, forced: Vec<PathBuf>, watch: Watch) -> Self {
        let mut tree = Self {
            root: root.to_owned(),
            in_git,
            matcher: matcher(root, in_git),
            forced: forced.into_iter().collect(),
            files: BTreeMap::new(),
            dirs: BTreeSet::new(),
            watch,
            full: false,
        };
        tree.enter(root, |_| {});
        let dirs: BTreeSet<_> = tree.forced.iter().filter_map(|file| file.parent()).collect();
        let dirs: Vec<_> = dirs.into_iter().map(Path::to_owned).collect();
        for dir in dirs.into_iter().filter(|dir| dir.starts_with(root)) {
            tree.watch.enter(&dir);
            tree.dirs.insert(dir);
        }
        tree
    }

    /// The directory that it is the tree of.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Every file that counts.
    pub(super) fn files(&self) -> impl Iterator<Item = (&Path, &Meta)> {
        self.files.iter().map(|(path, meta)| (path.as_path(), meta))
    }

    /// Why nothing is watched any more.
    pub(super) fn lost(&self) -> Option<&str> {
        self.watch.lost()
    }

    /// Is it ignored?
    pub(super) fn ignores(&mut self, path: &Path, is_dir: bool) -> bool {
        let Ok(name) = path.strip_prefix(&self.root) else { return true };
        if self.forced.contains(path) {
            return false;
        }
        let own = name.components().any(|part| is_never(part.as_os_str()));
        own || self
            .matcher
            .as_mut()
            .is_some_and(|matcher| matcher.matched(name, is_dir).is_ignore())
    }

    /// Would it be told if this file came or changed?
    pub(super) fn follows(&mut self, path: &Path) -> bool {
        path.parent().is_some_and(|dir| self.dirs.contains(dir)) && !self.ignores(path, false)
    }

    /// Brings the tree up to date, and gives the files that have to be looked at.
    pub(super) fn update(&mut self, pending: &Pending) -> Touched {
        let mut touched = Touched::new();
        let rules = pending.paths.iter().find(|(path, _)| {
            path.file_name().is_some_and(|name| IGNORE_FILES.iter().any(|file| name == *file))
        });
        let all = pending.lost.or(rules.map(|(_, command)| *command));
        for (path, command) in &pending.paths {
            self.touch(path, *command, &mut touched);
        }
        if let Some(command) = all {
            self.rescan(command, &mut touched);
        }
        touched
    }

    fn touch(&mut self, path: &Path, command: bool, touched: &mut Touched) {
        if path == self.root {
            return;
        }
        let is_dir = match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => true,
            Ok(metadata) => {
                let meta = Meta::from(&metadata);
                if !self.ignores(path, false) {
                    self.add(path, meta);
                }
                false
            }
            Err(_) => {
                let known = self.files.remove(path).is_some() || self.dirs.contains(path);
                // What came and went between two looks changed nothing.
                if !known && !self.full {
                    return;
                }
                false
            }
        };
        if is_dir || self.dirs.contains(path) {
            // It may be another directory of this name: its watch is gone then.
            self.leave(path, command, touched);
            if is_dir {
                self.enter(path, |file| {
                    *touched.entry(file.to_owned()).or_default() |= command;
                });
            }
        } else {
            touched.insert(path.to_owned(), command);
        }
    }

    /// Looks at everything anew.
    fn rescan(&mut self, command: bool, touched: &mut Touched) {
        self.matcher = matcher(&self.root, self.in_git);
        self.full = false;
        let before = std::mem::take(&mut self.files);
        let dirs = std::mem::take(&mut self.dirs);
        let root = self.root.clone();
        self.enter(&root, |_| {});
        for dir in dirs.difference(&self.dirs) {
            self.watch.leave(dir);
        }
        let same = |path: &PathBuf, meta: &Meta| self.files.get(path) == Some(meta);
        let gone = before.iter().filter(|(path, meta)| !same(path, meta)).map(|(path, _)| path);
        let new = self.files.keys().filter(|path| !before.contains_key(*path));
        touched.extend(gone.chain(new).map(|path| (path.clone(), command)));
    }

    /// Forgets a directory and what is in it.
    fn leave(&mut self, dir: &Path, command: bool, touched: &mut Touched) {
        for below in below(&self.dirs, dir) {
            self.watch.leave(&below);
            self.dirs.remove(&below);
        }
        let files: Vec<_> = self
            .files
            .range(dir.to_owned()..)
            .take_while(|(path, _)| path.starts_with(dir))
            .map(|(path, _)| path.clone())
            .collect();
        for file in files {
            self.files.remove(&file);
            touched.insert(file, command);
        }
    }

    /// Watches a directory and all below it that is not ignored; gives each file in it.
    fn enter(&mut self, dir: &Path, mut found: impl FnMut(&Path)) {
        let mut open = vec![dir.to_owned()];
        while let Some(dir) = open.pop() {
            let inner = dir != self.root;
            if inner && (self.ignores(&dir, true) || is_built(&dir)) {
                continue;
            }
            // Git leaves a repository inside another one to itself.
            if inner && self.in_git && dir.join(".git").exists() {
                continue;
            }
            // First the watch, then the look: what comes between is seen twice, not never.
            self.watch.enter(&dir);
            let Ok(entries) = fs::read_dir(&dir) else { continue };
            self.dirs.insert(dir);
            for entry in entries.flatten() {
                let path = entry.path();
                let Ok(metadata) = entry.metadata() else { continue };
                if metadata.is_dir() {
                    open.push(path);
                } else if !self.ignores(&path, false) && self.add(&path, Meta::from(&metadata)) {
                    found(&path);
                }
            }
        }
    }

    /// Adds a file, unless there are too many.
    fn add(&mut self, path: &Path, meta: Meta) -> bool {
        let room = self.files.len() < MAX_FILES;
        self.full |= !room;
        if room || self.files.contains_key(path) {
            self.files.insert(path.to_owned(), meta);
            return true;
        }
        false
    }
}

fn below(dirs: &BTreeSet<PathBuf>, dir: &Path) -> Vec<PathBuf> {
    dirs.range(dir.to_owned()..).take_while(|path| path.starts_with(dir)).cloned().collect()
}

/// What says whether a path is ignored, as git does it; outside a repository by the same files.
fn matcher(root: &Path, in_git: bool) -> Option<IncrementalIgnore> {
    WalkBuilder::new(root)
        .hidden(false)
        .ignore(!in_git)
        .parents(in_git)
        .require_git(in_git)
        .build_matchers()
        .pop()
}

/// Names that are never the project's own work; the last are files that claw is about to rename.
fn is_never(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name == b".git" || name == b"node_modules" || name.starts_with(b".claw-")
}

/// Does a build fill this directory?
fn is_built(dir: &Path) -> bool {
    let beside = |name: &str| dir.parent().is_some_and(|parent| parent.join(name).exists());
    dir.join("CACHEDIR.TAG").exists()
        || dir.file_name().is_some_and(|name| name == "target")
            && (beside("Cargo.toml") || beside("pom.xml"))
}

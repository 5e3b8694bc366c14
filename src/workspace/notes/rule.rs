//! `rules/**/*.md`: instructions for the whole project, or only for the files of some paths.

use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::workspace::notes::text::{Written, values};

/// Files of rules that are read, and directories in each other.
const FILES: usize = 200;
const DEPTH: usize = 8;

/// Instructions that hold for the files of some paths: they are told when such a file is touched.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where they stand.
    pub path: PathBuf,
    /// The paths, as they are written.
    pub paths: Vec<String>,
    /// What they say.
    pub(super) text: String,
    globs: GlobSet,
    base: PathBuf,
}

impl Rule {
    /// The rule in a file that says for which paths it holds; none where it says none.
    ///
    /// # Errors
    ///
    /// Where one of its patterns is none.
    pub(super) fn scoped(path: &Path, base: &Path, read: &Written) -> Result<Option<Self>, String> {
        let mut paths = values(&read.front, "paths");
        if paths.is_empty() && values(&read.front, "alwaysApply") != ["true"] {
            // So Cursor says it.
            paths = values(&read.front, "globs");
        }
        if paths.is_empty() {
            return Ok(None);
        }
        let mut globs = GlobSetBuilder::new();
        for pattern in &paths {
            let plain = pattern.strip_prefix("./").unwrap_or(pattern);
            let deep = if plain.contains('/') { plain.to_owned() } else { format!("**/{plain}") };
            let glob = GlobBuilder::new(&deep).literal_separator(true).build();
            globs.add(glob.map_err(|error| format!("`{pattern}` is no pattern: {error}"))?);
        }
        let globs = globs.build().map_err(|error| error.to_string())?;
        let (path, base, text) = (path.to_owned(), base.to_owned(), read.text.clone());
        Ok(Some(Self { path, paths, text, globs, base }))
    }

    /// Does it hold for this file?
    pub(super) fn holds_for(&self, file: &Path) -> bool {
        file.strip_prefix(&self.base).is_ok_and(|below| self.globs.is_match(below))
    }
}

/// The files of rules in and below `dir`, by name; links to directories are not followed.
pub(super) fn files(dir: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(dir, end, DEPTH, &mut found);
    found.sort();
    found
}

fn collect(dir: &Path, end: &str, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.filter_map(Result::ok) {
        if found.len() >= FILES {
            return;
        }
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => collect(&path, end, depth - 1, found),
            Ok(kind) if !kind.is_dir() && path.extension().is_some_and(|e| e == end) => {
                found.push(path);
            }
            _ => {}
        }
    }
}

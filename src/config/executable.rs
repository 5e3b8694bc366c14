//! What in a project's folder is configuration: files by which its author could make programs run
//! or change what claw may do. Trust is for exactly these.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::base::digest;
use crate::base::regular;
use crate::config::repository;

/// Files and directories, below the project's root.
const PLACES: &[&str] = &[
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".claw",
    ".mcp.json",
    ".claude/hooks",
    ".claude/agents",
    ".claude/commands",
    ".claude/skills",
    // Where it is no directory it says which other folder is the repository.
    GIT,
    HOOKS,
    CONFIG,
    COMMON,
];

const GIT: &str = ".git";
const HOOKS: &str = ".git/hooks";
/// Of this only what could run or lead git elsewhere counts: git changes the rest all the time.
const CONFIG: &str = ".git/config";
/// Which other folder is the repository; a dot says this one.
const COMMON: &str = ".git/commondir";

/// Files, at most.
const FILES: usize = 2000;

/// Bytes of one file, at most.
const FILE: usize = 4 << 20;

/// Directories in each other, at most: links may lead in a circle.
const DEPTH: usize = 16;

/// Bytes of one file whose text is kept, at most.
const TEXT: usize = 64 << 10;

/// Bytes of all texts that are kept, at most.
const TEXTS: usize = 1 << 20;

/// A file of configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Of its content, and of where it leads.
    pub(super) hash: String,
    /// What it says; none of what is no text or too long to be shown.
    pub(super) text: Option<String>,
}

/// Each file by its name below `root`. Nothing of it is interpreted.
///
/// # Errors
///
/// Where something cannot be read, or there is more than can be looked at: then it cannot be trusted.
pub(super) fn files(root: &Path) -> Result<BTreeMap<String, Found>> {
    let mut found = BTreeMap::new();
    let mut left = TEXTS;
    let mut open: Vec<String> = PLACES.iter().rev().map(|&place| place.to_owned()).collect();
    while let Some(name) = open.pop() {
        let path = root.join(&name);
        let doing = || format!("reading the project's configuration {}", path.display());
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if missing(&error) => continue,
            Err(error) => return Err(error).with_context(doing),
        };
        ensure!(found.len() + open.len() < FILES, "{}: there are above {FILES} files", doing());
        let is_dir = metadata.is_dir() || metadata.is_symlink() && path.is_dir();
        if is_dir && name != GIT {
            ensure!(name.split('/').count() < DEPTH, "{}: it is too deep", doing());
            let mut inside = Vec::new();
            for entry in fs::read_dir(&path).with_context(doing)? {
                let entry = entry.with_context(doing)?.file_name();
                inside.push(format!("{name}/{}", entry.to_string_lossy()));
                let all = found.len() + open.len() + inside.len();
                ensure!(all < FILES, "{}: there are above {FILES} files", doing());
            }
            // git makes samples, which never run.
            inside.retain(|inner| name != HOOKS || !inner.ends_with(".sample"));
            inside.sort_unstable_by(|one, other| other.cmp(one));
            open.extend(inside);
        }
        if metadata.is_dir() {
            continue;
        }
        let mut content = Vec::new();
        if metadata.is_symlink() {
            // What it leads to counts too: that is what would be read.
            let target = fs::read_link(&path).with_context(doing)?;
            let real = path.canonicalize().and_then(|real| regular::read(&real, FILE));
            content.extend_from_slice(b"link to ");
            content.extend_from_slice(target.as_os_str().as_encoded_bytes());
            content.push(b'\n');
            content.extend(real.map(|read| read.bytes).unwrap_or_default());
        } else if metadata.is_file() {
            let read = regular::read(&path, FILE).with_context(doing)?;
            ensure!(!read.cut, "{}: the file is above 4 MiB", doing());
            content = read.bytes;
            if name == CONFIG {
                content = repository::telling(&String::from_utf8_lossy(&content)).into_bytes();
            }
            if name == CONFIG && content.is_empty() || name == COMMON && content == b".\n" {
                continue;
            }
        } else {
            // A pipe or a device has no content to trust; that it is there is remembered.
            content.extend_from_slice(b"no file, but a pipe, a socket or a device\n");
        }
        let hash = digest::sha256(&content);
        let fits = content.len() <= TEXT.min(left) && !content.contains(&0);
        let text = fits.then_some(content).and_then(|bytes| String::from_utf8(bytes).ok());
        left -= text.as_ref().map_or(0, String::len);
        found.insert(name, Found { hash, text });
    }
    Ok(found)
}

fn missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

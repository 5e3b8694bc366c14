//! What in a project's folder is configuration: files by which its author could make programs run
//! or change what claw may do. Trust is for exactly these.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::base::digest;
use crate::base::regular;

/// Files and directories, below the project's root.
const PLACES: &[&str] = &[
    ".claw",
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".claude/agents",
    ".claude/commands",
    ".claude/hooks",
    ".claude/skills",
    ".mcp.json",
];

/// Files, at most.
const FILES: usize = 2000;

/// Bytes of one file, at most.
const FILE: usize = 4 << 20;

/// Each file's name below `root`, and the hash of its content. Nothing of it is interpreted.
///
/// # Errors
///
/// Where something cannot be read, or there is more than can be looked at: then it cannot be trusted.
pub(super) fn files(root: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut open: Vec<String> = PLACES.iter().map(|&place| place.to_owned()).collect();
    while let Some(name) = open.pop() {
        let path = root.join(&name);
        let doing = || format!("reading the project's configuration {}", path.display());
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if missing(&error) => continue,
            Err(error) => return Err(error).with_context(doing),
        };
        ensure!(found.len() + open.len() < FILES, "{}: there are above {FILES} files", doing());
        if metadata.is_dir() {
            for entry in fs::read_dir(&path).with_context(doing)? {
                let entry = entry.with_context(doing)?;
                open.push(format!("{name}/{}", entry.file_name().to_string_lossy()));
                ensure!(open.len() < FILES, "{}: there are above {FILES} files", doing());
            }
            continue;
        }
        let hash = if metadata.is_symlink() {
            // What it leads to counts too: that is what would be read.
            let target = fs::read_link(&path).with_context(doing)?;
            let content = path.canonicalize().and_then(|real| regular::read(&real, FILE));
            let content = content.map(|read| read.bytes).unwrap_or_default();
            digest::sha256(&[target.as_os_str().as_encoded_bytes(), b"\0", &content].concat())
        } else if metadata.is_file() {
            let content = regular::read(&path, FILE).with_context(doing)?;
            ensure!(!content.cut, "{}: the file is above 4 MiB", doing());
            digest::sha256(&content.bytes)
        } else {
            // A pipe or a device has no content to trust; that it is there is remembered.
            "not a file".to_owned()
        };
        found.insert(name, hash);
    }
    Ok(found)
}

fn missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

//! Reading what git prints.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::workspace::git::Head;
use crate::workspace::git::Status;

/// The keys in a list of settings, each ended by a zero.
pub(super) fn keys(listed: &[u8]) -> Result<Vec<&str>> {
    let keys = listed.split(|&b| b == 0).filter(|key| !key.is_empty());
    keys.map(|key| std::str::from_utf8(key).context("a name is not UTF-8")).collect()
}

/// Reads `git status --porcelain=v2 --branch -z` (git-status(1)).
pub(super) fn status(top: &Path, text: &[u8]) -> Result<Status> {
    let (mut id, mut branch) = (None, None);
    let (mut changed, mut untracked, mut unstaged) = (Vec::new(), Vec::new(), Vec::new());
    let mut records = text.split(|&b| b == 0);
    while let Some(record) = records.next() {
        let add = |list: &mut Vec<PathBuf>, fields: usize| {
            let name = record.splitn(fields, |&b| b == b' ').nth(fields - 1);
            list.extend(name.map(|name| top.join(path(name))));
        };
        match record {
            [b'1', _, _, of_tree, ..] => {
                add(&mut changed, 9);
                if *of_tree != b'.' {
                    add(&mut unstaged, 9);
                }
            }
            [b'2', _, _, of_tree, ..] => {
                add(&mut changed, 10);
                if *of_tree != b'.' {
                    add(&mut unstaged, 10);
                }
                records.next();
            }
            [b'u', ..] => {
                add(&mut changed, 11);
                add(&mut unstaged, 11);
            }
            [b'?', ..] => add(&mut untracked, 2),
            [b'#', ..] => {
                let text = String::from_utf8_lossy(record);
                id = text.strip_prefix("# branch.oid ").map(str::to_owned).or(id);
                branch = text.strip_prefix("# branch.head ").map(str::to_owned).or(branch);
            }
            _ => {}
        }
    }
    let (id, branch) = id.zip(branch).context("it names no branch")?;
    let commit = (id != "(initial)").then_some(id);
    let head = match &commit {
        None => Head::Unborn(branch),
        Some(id) if branch == "(detached)" => Head::Detached(id.chars().take(7).collect()),
        Some(_) => Head::Branch(branch),
    };
    Ok(Status { head, commit, changed, untracked, unstaged, cut: false })
}

/// Reads one entry of `git ls-tree -l -z`: type, id, size in bytes (0 for what has none), path.
pub(super) fn tree_entry(entry: &[u8]) -> Option<(&str, &str, u64, PathBuf)> {
    let tab = entry.iter().position(|&b| b == b'\t')?;
    let mut words = std::str::from_utf8(&entry[..tab]).ok()?.split_ascii_whitespace().skip(1);
    let (kind, id, size) = (words.next()?, words.next()?, words.next()?);
    let size = if size == "-" { 0 } else { size.parse().ok()? };
    Some((kind, id, size, path(&entry[tab + 1..])))
}

/// Reads one entry of `git ls-files -s -z`: mode, id, stage, path.
pub(super) fn index_entry(entry: &[u8]) -> Option<(&str, &str, &str, PathBuf)> {
    let tab = entry.iter().position(|&b| b == b'\t')?;
    let mut words = std::str::from_utf8(&entry[..tab]).ok()?.split_ascii_whitespace();
    Some((words.next()?, words.next()?, words.next()?, path(&entry[tab + 1..])))
}

/// Reads one entry of `git diff --numstat -z`: lines added and removed, path. A binary counts as
/// one line.
pub(super) fn counted(entry: &[u8]) -> Option<(usize, PathBuf)> {
    let mut fields = entry.splitn(3, |&b| b == b'\t');
    let (added, removed, name) = (fields.next()?, fields.next()?, fields.next()?);
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse::<usize>().ok();
    let lines = number(added).zip(number(removed)).map_or(1, |(added, removed)| added + removed);
    Some((lines, path(name)))
}

/// Splits off one answer of `git cat-file --batch`: `id type size`, newline, content, newline.
pub(super) fn blob<'a>(answer: &'a [u8], id: &str) -> Option<(&'a [u8], &'a [u8])> {
    let end = answer.iter().position(|&b| b == b'\n')?;
    let header = std::str::from_utf8(&answer[..end]).ok()?;
    let size: usize = header.strip_prefix(id)?.strip_prefix(" blob ")?.parse().ok()?;
    let content = &answer[end + 1..];
    let after = size.checked_add(1)?;
    Some((content.get(..size)?, content.get(after..)?))
}

#[cfg(unix)]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

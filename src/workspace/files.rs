//! The files of a project by name: what a prompt can point at.

use std::path::Path;

use ignore::WalkBuilder;

/// The most names that are told.
const MOST: usize = 200_000;

/// Tells the files and directories below `root`, relative to it, directories with a `/` at the end,
/// in no order. What the project ignores and `.git` are left out; links are not followed.
///
/// `take` is called on the walking thread; false ends the walk. Blocks: not for the loop.
pub fn files(root: &Path, mut take: impl FnMut(String) -> bool) {
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git")
        .build();
    let found = walk.filter_map(Result::ok).filter(|entry| entry.depth() > 0);
    for entry in found.take(MOST) {
        let Ok(path) = entry.path().strip_prefix(root) else { continue };
        let Some(path) = path.to_str() else { continue };
        let end = if entry.file_type().is_some_and(|kind| kind.is_dir()) { "/" } else { "" };
        if !take(format!("{path}{end}")) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_ignored_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in [
            (".gitignore", "target\n"),
            ("src/a.rs", ""),
            (".git/HEAD", ""),
            ("target/x", ""),
            (".env", ""),
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut found = Vec::new();
        files(dir.path(), |path| {
            found.push(path);
            true
        });
        found.sort();
        assert_eq!(found, [".env", ".gitignore", "src/", "src/a.rs"]);
    }
}

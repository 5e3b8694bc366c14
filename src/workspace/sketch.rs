//! A project at a glance: its directories and files, two levels deep, bounded.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use ignore::WalkBuilder;

use crate::base::text::sanitise;

/// Lines, names in a line, and entries that are looked at.
const LINES: usize = 40;
const NAMES: usize = 8;
const LOOKED: usize = 4000;

/// The top of a project as lines: its directories with what is in them, then its files. What the
/// project ignores, hidden files and links are left out. Blocks.
pub fn sketch(root: &Path) -> String {
    let walk = WalkBuilder::new(root).require_git(false).max_depth(Some(2)).build();
    let mut dirs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut files = Vec::new();
    for entry in walk.filter_map(Result::ok).take(LOOKED).filter(|entry| entry.depth() > 0) {
        let name = sanitise(&entry.file_name().to_string_lossy()).as_str().to_owned();
        let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
        let name = if is_dir { format!("{name}/") } else { name };
        match entry.path().parent().and_then(|dir| dir.file_name()).filter(|_| entry.depth() > 1) {
            Some(dir) => {
                let dir = format!("{}/", sanitise(&dir.to_string_lossy()));
                dirs.entry(dir).or_default().push(name);
            }
            None if is_dir => drop(dirs.entry(name).or_default()),
            None => files.push(name),
        }
    }
    files.sort();
    let mut out = String::new();
    for (dir, mut names) in dirs.iter().map(|(dir, names)| (dir, names.clone())).take(LINES) {
        names.sort();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{dir}{}{}", if names.is_empty() { "" } else { "  " }, some(&names));
    }
    if dirs.len() > LINES {
        let _ = writeln!(out, "and {} more directories", dirs.len() - LINES);
    }
    for row in files.chunks(NAMES).take(LINES / 4) {
        let _ = writeln!(out, "{}", row.join("  "));
    }
    let shown = NAMES * (LINES / 4);
    if files.len() > shown {
        let _ = writeln!(out, "and {} more files", files.len() - shown);
    }
    out.trim_end().to_owned()
}

/// The first names, and how many there are beside them.
fn some(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMES);
    let shown = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(" ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_project_at_a_glance() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        fs::write(dir.path().join(".gitignore"), "target\n").unwrap();
        for path in ["src/a.rs", "src/deep/b.rs", "target/x", "README.md", "Cargo.toml", ".env"] {
            write(path);
        }
        for n in 0..10 {
            write(&format!("tests/{n}.rs"));
        }
        let expected = "src/  a.rs deep/\n\
                        tests/  0.rs 1.rs 2.rs 3.rs 4.rs 5.rs 6.rs 7.rs and 2 more\n\
                        Cargo.toml  README.md";
        assert_eq!(sketch(dir.path()), expected);
    }

    #[test]
    fn a_wide_project_stays_small() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..200 {
            fs::create_dir(dir.path().join(format!("dir-{n:03}"))).unwrap();
            fs::write(dir.path().join(format!("file-{n:03}")), "").unwrap();
        }
        let lines = sketch(dir.path());
        assert!(lines.lines().count() <= 52, "{}", lines.lines().count());
        assert!(lines.contains("and 160 more directories") && lines.contains("and 120 more files"));
    }
}

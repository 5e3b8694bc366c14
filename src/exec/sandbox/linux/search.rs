//! What is looked for below the roots: repositories, and what the user hides by pattern.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use globset::GlobBuilder;
use globset::GlobSet;
use globset::GlobSetBuilder;

/// A repository below a root: a dependency's, an example's, a submodule's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Nested {
    pub(super) root: PathBuf,
    /// Its `.git`, as seen from the root.
    pub(super) name: PathBuf,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) nested: Vec<Nested>,
    /// What a pattern hides.
    pub(super) hidden: Vec<PathBuf>,
}

/// Directories that are looked into, from the root on.
const DEPTH: usize = 6;

/// Entries that are looked at.
const ENTRIES: usize = 8192;

/// Repositories that are found, and paths that are hidden by pattern.
const FOUND: usize = 64;

/// What tools make, with a great many files.
const MADE: [&str; 2] = ["node_modules", "target"];

/// Looks below the roots, near a root first, as far as the limits go. Links are not followed.
///
/// # Errors
///
/// Where a pattern cannot be read: what it hides would be seen.
pub(super) fn search(roots: &[PathBuf], hidden: &[String]) -> Result<Found, globset::Error> {
    let patterns = patterns(hidden)?;
    let mut found = Found::default();
    let mut entries = 0;
    for root in roots {
        let mut open = VecDeque::from([(root.clone(), 0)]);
        while let Some((dir, depth)) = open.pop_front() {
            // What cannot be read here cannot be changed by the command either.
            let Ok(all) = fs::read_dir(&dir) else { continue };
            for entry in all.filter_map(Result::ok) {
                entries += 1;
                if entries > ENTRIES {
                    return Ok(found);
                }
                let (name, path) = (entry.file_name(), entry.path());
                let Ok(kind) = entry.file_type() else { continue };
                if found.hidden.len() < FOUND && patterns.is_match(&path) {
                    found.hidden.push(path);
                } else if name == ".git" {
                    let below = path.strip_prefix(root).ok().filter(|_| depth > 0);
                    let name = below.filter(|_| !kind.is_symlink()).map(Path::to_owned);
                    let name = name.filter(|_| found.nested.len() < FOUND);
                    found.nested.extend(name.map(|name| Nested { root: root.clone(), name }));
                } else if kind.is_dir()
                    && depth + 1 < DEPTH
                    && !MADE.iter().any(|made| name == *made)
                {
                    open.push_back((path, depth + 1));
                }
            }
        }
    }
    Ok(found)
}

fn patterns(hidden: &[String]) -> Result<GlobSet, globset::Error> {
    let mut all = GlobSetBuilder::new();
    for pattern in hidden {
        // Only `*` and `?` mean something in a rule.
        let plain = pattern.replace('\\', "\\\\");
        let plain = ["[", "]", "{", "}"]
            .iter()
            .fold(plain, |text, sign| text.replace(sign, &format!("\\{sign}")));
        let mut glob = GlobBuilder::new(&plain);
        all.add(glob.literal_separator(true).case_insensitive(true).build()?);
    }
    all.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_found_near_the_root() {
        let dir = tempfile::tempdir().unwrap();
        for made in ["a/.git", ".git", "b/c/.git", "1/2/3/4/5/6/.git", "node_modules/x/.git"] {
            fs::create_dir_all(dir.path().join(made)).unwrap();
        }
        fs::create_dir(dir.path().join("s")).unwrap();
        fs::write(dir.path().join("s/.git"), "gitdir: ../.git/modules/s").unwrap();
        std::os::unix::fs::symlink("../a/.git", dir.path().join("1/.git")).unwrap();
        let found = search(&[dir.path().to_owned()], &[]).unwrap();
        let mut names: Vec<_> = found.nested.into_iter().map(|nested| nested.name).collect();
        names.sort();
        assert_eq!(names, [Path::new("a/.git"), Path::new("b/c/.git"), Path::new("s/.git")]);
    }

    #[rustfmt::skip]
    #[test]
    fn patterns_hide() {
        let table: &[(&str, &[&str])] = &[
            ("/**/.env",       &[".ENV", "a/.env"]),
            ("/**/*.pem",      &["a/b/k.pem", "x[1].pem"]),
            ("/**/x[1].pem",   &["x[1].pem"]),
            ("/**/**/secret",  &["a/secret"]),
            ("/**/s?cret",     &["a/secret"]),
            ("/*.pem",         &[]),
            ("/**/{k,x}.pem",  &[]),
        ];
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::create_dir_all(dir.path().join("a/secret")).unwrap();
        for name in [".ENV", "a/.env", "a/b/k.pem", "x[1].pem", "a/secret/k", "plain"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        for (pattern, wanted) in table {
            let found = search(&[dir.path().to_owned()], &[(*pattern).to_owned()]).unwrap();
            let below = |path: &PathBuf| path.strip_prefix(dir.path()).unwrap().to_owned();
            let mut found: Vec<_> = found.hidden.iter().map(below).collect();
            found.sort();
            assert_eq!(found, wanted.iter().map(PathBuf::from).collect::<Vec<_>>(), "{pattern}");
        }
    }
}

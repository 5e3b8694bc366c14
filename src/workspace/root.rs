//! Where the project is, and which file a spelled path means.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::protocol::{Facts, FileKind, LONGEST_PATH, Resolved};
use crate::workspace::{Beneath, Ledger};

/// The project that a session works on.
#[derive(Debug)]
pub struct Workspace {
    beneath: Arc<Beneath>,
    /// What the model has seen of which file.
    pub ledger: Ledger,
}

impl Workspace {
    /// A workspace at an absolute, canonical directory.
    pub fn new(root: PathBuf) -> Self {
        Self { beneath: Arc::new(Beneath::new(root)), ledger: Ledger::default() }
    }

    /// The directory that relative paths start from and that edits stay in.
    pub fn root(&self) -> &Path {
        self.beneath.root()
    }

    /// The way in which tools open files.
    pub fn beneath(&self) -> &Arc<Beneath> {
        &self.beneath
    }

    /// The file that `path`, as the model spelled it, means. `~/` is the home directory.
    pub fn resolve(&self, path: &str) -> Resolved {
        let spelled = absolute(path, self.root(), std::env::home_dir().as_deref());
        let lexical = normalise(&spelled);
        let (real, ends) =
            if path.len() > LONGEST_PATH { (lexical.clone(), false) } else { real(&spelled, 0) };
        let facts = if ends { facts(&real) } else { unresolved() };
        Resolved { lexical, real, facts }.spelled(path)
    }

    /// Relative to the root where it is inside, else absolute: for titles.
    pub fn shown(&self, path: &Path) -> String {
        let inside = path.strip_prefix(self.root()).ok().filter(|p| !p.as_os_str().is_empty());
        inside.unwrap_or(path).display().to_string()
    }
}

/// `path`, as a model spells one, from `/` on: `~` and `~/…` begin at `home`, `~name` is a file's
/// name, and all else begins at `dir`.
pub fn absolute(path: &str, dir: &Path, home: Option<&Path>) -> PathBuf {
    match path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/')).zip(home) {
        Some((rest, home)) => home.join(rest.trim_start_matches('/')),
        None => dir.join(path),
    }
}

/// Without `.` and `..`, not asking the file system.
fn normalise(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// What stands at a path without links; nothing yet counts as a file.
fn facts(path: &Path) -> Facts {
    let Ok(found) = std::fs::symlink_metadata(path) else { return Facts::default() };
    let kind = if found.is_dir() {
        FileKind::Directory
    } else if found.is_file() {
        FileKind::File
    } else {
        FileKind::Special
    };
    Facts { kind, linked: found.is_file() && second_name(&found), edited: false, veiled: false }
}

#[cfg(unix)]
fn second_name(found: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(found) > 1
}

#[cfg(not(unix))]
fn second_name(_: &std::fs::Metadata) -> bool {
    false
}

fn unresolved() -> Facts {
    Facts { kind: FileKind::Unresolved, ..Facts::default() }
}

/// With links followed in the kernel's order, component by component; what does not exist stays as
/// spelled. False where links lead in a circle: it stays where it was entered, opening it fails.
fn real(path: &Path, depth: u32) -> (PathBuf, bool) {
    let mut ends = true;
    let mut out = PathBuf::new();
    let mut parts = path.components();
    while let Some(part) = parts.next() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            part => {
                let next = out.join(part);
                match std::fs::read_link(&next) {
                    Ok(target) if depth < 40 => {
                        let rest = parts.as_path();
                        return real(&out.join(target).join(rest), depth + 1);
                    }
                    found => {
                        ends &= found.is_err();
                        out = next;
                    }
                }
            }
        }
    }
    (out, ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_spells_is_made_absolute() {
        let table = [
            ("a/b", "/w/a/b"),
            ("/a", "/a"),
            ("~", "/h"),
            ("~/", "/h/"),
            ("~/a", "/h/a"),
            ("~//a", "/h/a"),
            ("~root/a", "/w/~root/a"),
            ("a/~", "/w/a/~"),
        ];
        for (spelled, expected) in table {
            let got = absolute(spelled, Path::new("/w"), Some(Path::new("/h")));
            assert_eq!(got, Path::new(expected), "{spelled}");
        }
        assert_eq!(absolute("~/a", Path::new("/w"), None), Path::new("/w/~/a"));
    }

    #[test]
    fn resolves_links_and_dots() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("a")).unwrap();
        std::os::unix::fs::symlink("/etc", root.join("out")).unwrap();
        std::os::unix::fs::symlink("loop", root.join("loop")).unwrap();
        let workspace = Workspace::new(root.clone());
        let real = |path: &str| workspace.resolve(path).real;
        assert_eq!(real("a/../b.rs"), root.join("b.rs"));
        assert_eq!(real("out/new"), Path::new("/etc/new"));
        assert_eq!(real("out/../x"), Path::new("/x"));
        assert_eq!(workspace.resolve("out/../x").lexical, root.join("x"));
        assert_eq!(real("loop"), root.join("loop"));
        let kind = |path: &str| workspace.resolve(path).facts.kind;
        assert_eq!(kind("a\0/../b.rs"), FileKind::Unresolved);
        assert_eq!(kind(&"a/".repeat(2_000_000)), FileKind::Unresolved);
        assert!(workspace.resolve("a\u{200b}/../b.rs").facts.veiled);
        assert!(!workspace.resolve("a\t/../b.rs").facts.veiled);
        assert_eq!(kind("loop"), FileKind::Unresolved);
        assert_eq!((kind("a"), kind("new")), (FileKind::Directory, FileKind::File));
        assert_eq!(kind("/dev/zero"), FileKind::Special);
        std::fs::write(root.join("one"), "").unwrap();
        assert!(!workspace.resolve("one").facts.linked);
        std::fs::hard_link(root.join("one"), root.join("two")).unwrap();
        assert!(workspace.resolve("two").facts.linked);
        assert_eq!(workspace.shown(&root.join("a/b")), "a/b");
    }
}

//! Instructions that people left for agents: `AGENTS.md` and `CLAUDE.md`.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::base::cap;
use crate::base::regular;

/// The most that is read of one file, in bytes.
const MAX_NOTE: usize = 64 << 10;

/// The most files that are read: a project may lie deep.
const MAX_FILES: usize = 32;

/// The names, in the order in which they are read.
const NAMES: &[&str] = &["AGENTS.md", "CLAUDE.md"];

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    /// The texts, the most general first: the user's own, then from the repository's root down.
    pub notes: Vec<Note>,
    /// What was not read, and why: a sentence each, for the user.
    pub notices: Vec<String>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where it stands.
    pub path: PathBuf,
    /// Its text, at most 64 KiB.
    pub text: String,
}

impl Notes {
    /// For the system prompt: each text under a heading that says where it comes from. Empty where
    /// nothing was found.
    pub fn prompt(&self) -> String {
        let mut out = String::new();
        for note in &self.notes {
            // Writing to a String cannot fail.
            let _ = write!(out, "# From {}\n\n{}\n\n", note.path.display(), note.text.trim());
        }
        out
    }
}

/// Reads the notes of a project and the user's own in `config`, claw's directory of settings.
///
/// `project` is the root and the top of its repository (the root itself where there is none); the
/// caller gives none for a folder that is not trusted. Both names are read in each directory from the
/// top down to the root; a text that is there already, as a link or a copy, is left out.
pub fn read(config: &Path, project: Option<(&Path, &Path)>) -> Notes {
    let mut found = Notes::default();
    found.read_in(config, config);
    if let Some((root, top)) = project {
        let dirs: Vec<_> = root.ancestors().take_while(|dir| dir.starts_with(top)).collect();
        for dir in dirs.iter().take(MAX_FILES).rev() {
            found.read_in(dir, top);
        }
    }
    found
}

/// The notes that a project has, from its root up to the top of its repository. Only whether they
/// are there is looked at: nothing of them is read.
pub fn present(root: &Path) -> Vec<PathBuf> {
    let top = root.ancestors().take(MAX_FILES).find(|dir| dir.join(".git").exists());
    let dirs = root.ancestors().take_while(|dir| dir.starts_with(top.unwrap_or(root)));
    let paths = dirs.flat_map(|dir| NAMES.iter().map(move |name| dir.join(name)));
    paths.filter(|path| path.symlink_metadata().is_ok()).collect()
}

impl Notes {
    /// Reads the files of these names in `dir`; links may lead anywhere below `bound`.
    fn read_in(&mut self, dir: &Path, bound: &Path) {
        for name in NAMES {
            let path = dir.join(name);
            match read_one(&path, bound) {
                Ok(None) => {}
                Ok(Some((text, _))) if self.notes.iter().any(|note| note.text == text) => {}
                Ok(Some((text, cut))) => {
                    if cut {
                        let path = path.display();
                        self.notices.push(format!("{path}: only its first 64 KiB are used"));
                    }
                    self.notes.push(Note { path, text });
                }
                Err(why) => self.notices.push(format!("{}: not read: {why}", path.display())),
            }
        }
    }
}

/// The text and whether it was cut; none where there is no such file.
fn read_one(path: &Path, bound: &Path) -> Result<Option<(String, bool)>, String> {
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let bound = bound.canonicalize().map_err(|error| error.to_string())?;
    if !real.starts_with(&bound) {
        return Err(format!("it is a link that leads out of {}", bound.display()));
    }
    let content = regular::read(&real, MAX_NOTE).map_err(|error| error.to_string())?;
    let mut text = String::from_utf8_lossy(&content.bytes).into_owned();
    // A character that the cut split, or bytes that are no text, may have grown.
    text.truncate(cap::floor(&text, MAX_NOTE));
    if content.cut {
        text.push_str("\n[… the rest of this file is left out …]");
    }
    Ok(Some((text, content.cut)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn reads_from_the_general_to_the_particular() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap().join("top");
        let (config, root) = (dir.path().join("config"), top.join("a/b"));
        fs::create_dir_all(&root).unwrap();
        fs::create_dir_all(&config).unwrap();
        fs::write(dir.path().join("AGENTS.md"), "above the repository").unwrap();
        fs::write(config.join("CLAUDE.md"), "mine").unwrap();
        fs::write(top.join("AGENTS.md"), "top").unwrap();
        fs::write(top.join("CLAUDE.md"), "too").unwrap();
        fs::write(top.join("a/CLAUDE.md"), "top").unwrap();
        fs::write(root.join("CLAUDE.md"), "x".repeat(MAX_NOTE + 1)).unwrap();

        let got = read(&config, Some((&root, &top)));

        let heads: Vec<_> =
            got.notes.iter().map(|note| &note.text[..3.min(note.text.len())]).collect();
        assert_eq!(heads, ["min", "top", "too", "xxx"]);
        assert!(got.notes[3].text.ends_with("left out …]"));
        assert_eq!(got.notices.len(), 1, "{:?}", got.notices);
        let top = top.join("AGENTS.md");
        assert!(got.prompt().contains(&format!("# From {}\n\ntop\n\n", top.display())));
        assert_eq!(read(&config, None).notes.len(), 1, "without trust only the user's own");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_and_a_pipe_are_refused() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let (root, config) = (dir.path().join("p"), dir.path().join("c"));
        fs::create_dir_all(root.join("inner")).unwrap();
        fs::write(dir.path().join("secret"), "s").unwrap();
        symlink("../secret", root.join("AGENTS.md")).unwrap();
        let pipe = root.join("inner/AGENTS.md");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();

        let got = read(&config, Some((&root.join("inner"), &root)));

        assert_eq!(got.notes, []);
        assert!(got.notices[0].contains("leads out"), "{:?}", got.notices);
        assert!(got.notices[1].ends_with("not a regular file"), "{:?}", got.notices);

        fs::remove_file(root.join("AGENTS.md")).unwrap();
        fs::write(root.join("README.md"), "inside").unwrap();
        symlink("README.md", root.join("AGENTS.md")).unwrap();
        assert_eq!(read(&config, Some((&root, &root))).notes[0].text, "inside");
    }
}

//! The prompts of all sessions, to go back to: one file, a line each.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::clock::Millis;
use crate::config::write_private;

/// How many are kept.
const MOST: usize = 1000;
/// How many more may stand in the file before it is written anew.
const SLACK: usize = 250;
/// How much of the file's end is read, in bytes.
const TAIL: u64 = 16 << 20;

/// A prompt that left the composer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// When.
    pub at: Millis,
    /// In which project.
    pub cwd: PathBuf,
    /// Its words.
    pub text: String,
}

/// The file of prompts.
#[derive(Debug, Clone)]
pub struct Prompts {
    path: PathBuf,
}

impl Prompts {
    /// In this file, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// All of them, oldest first, each text once a project: where it was used last. A line that
    /// cannot be read is left out.
    ///
    /// # Errors
    ///
    /// Where the file is there and cannot be read.
    pub fn read(&self) -> io::Result<Vec<Prompt>> {
        Ok(once(self.lines()?))
    }

    /// Adds one at the end. Other processes may do the same at the same time.
    ///
    /// # Errors
    ///
    /// The system's own.
    pub fn add(&self, prompt: &Prompt) -> io::Result<()> {
        if let Some(dir) = self.path.parent() {
            fs::create_dir_all(dir)?;
        }
        // The file is replaced when it grows too long: what is locked has to be another one.
        let lock = private(&self.path.with_extension("lock"))?;
        lock.lock()?;
        let mut line = serde_json::to_vec(prompt)?;
        line.push(b'\n');
        let mut file = private(&self.path)?;
        if !ends_whole(&self.path)? {
            // A line that a crash cut off stays one line.
            line.insert(0, b'\n');
        }
        file.write_all(&line)?;
        drop(file);
        let all = self.lines()?;
        if all.len() > MOST + SLACK {
            let mut out = Vec::new();
            for prompt in once(all) {
                serde_json::to_writer(&mut out, &prompt)?;
                out.push(b'\n');
            }
            write_private(&self.path, &out)?;
        }
        Ok(())
    }

    fn lines(&self) -> io::Result<Vec<Prompt>> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened?,
        };
        let over = file.metadata()?.len().saturating_sub(TAIL);
        file.seek(SeekFrom::Start(over))?;
        let mut bytes = Vec::new();
        file.take(TAIL).read_to_end(&mut bytes)?;
        let lines = bytes.split(|byte| *byte == b'\n');
        Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }
}

/// Each text once a project, the last ones.
fn once(all: Vec<Prompt>) -> Vec<Prompt> {
    let mut seen = HashSet::new();
    let mut kept: Vec<Prompt> = Vec::new();
    for prompt in all.into_iter().rev() {
        if kept.len() < MOST && seen.insert((prompt.cwd.clone(), prompt.text.clone())) {
            kept.push(prompt);
        }
    }
    kept.reverse();
    kept
}

/// Opens a file to append to it, which is this user's alone.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

fn ends_whole(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(text: &str, cwd: &str) -> Prompt {
        Prompt { at: Millis(1), cwd: cwd.into(), text: text.into() }
    }

    fn texts(prompts: &Prompts) -> Vec<String> {
        prompts.read().unwrap().into_iter().map(|prompt| prompt.text).collect()
    }

    #[test]
    fn each_text_is_there_once_where_it_was_used_last() {
        let dir = tempfile::tempdir().unwrap();
        let prompts = Prompts::new(dir.path().join("prompts.jsonl"));
        assert_eq!(texts(&prompts), [""; 0]);
        for text in ["a", "b\nc", "a"] {
            prompts.add(&prompt(text, "/w")).unwrap();
        }
        prompts.add(&prompt("b\nc", "/v")).unwrap();
        assert_eq!(texts(&prompts), ["b\nc", "a", "b\nc"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&prompts.path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_line_that_was_cut_off_costs_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let prompts = Prompts::new(dir.path().join("prompts.jsonl"));
        prompts.add(&prompt("a", "/w")).unwrap();
        let mut file = private(&prompts.path).unwrap();
        file.write_all(b"{\"at\":1,\"cwd\":\"/w\",\"te").unwrap();
        prompts.add(&prompt("b", "/w")).unwrap();
        assert_eq!(texts(&prompts), ["a", "b"]);
    }

    #[test]
    fn the_file_has_a_bound() {
        let dir = tempfile::tempdir().unwrap();
        let prompts = Prompts::new(dir.path().join("prompts.jsonl"));
        let line = |at: usize| serde_json::to_string(&prompt(&at.to_string(), "/w")).unwrap();
        let lines: Vec<_> = (0..MOST + SLACK).map(line).collect();
        fs::write(&prompts.path, lines.join("\n")).unwrap();
        prompts.add(&prompt("last", "/w")).unwrap();
        assert_eq!(fs::read_to_string(&prompts.path).unwrap().lines().count(), MOST);
        assert_eq!(texts(&prompts).last().map(String::as_str), Some("last"));
    }

    #[test]
    fn several_at_the_same_time_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let prompts = Prompts::new(dir.path().join("prompts.jsonl"));
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let prompts = prompts.clone();
                scope.spawn(move || {
                    for at in 0..20 {
                        prompts.add(&prompt(&format!("{writer} {at}"), "/w")).unwrap();
                    }
                });
            }
        });
        assert_eq!(texts(&prompts).len(), 80);
    }
}

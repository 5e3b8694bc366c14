//! Where the logs of all sessions are, and which there are.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::base::clock::Millis;
use crate::protocol::{Envelope, Event, ModelId, SessionId, text_of};
use crate::session::marks::mark_of;
use crate::session::prompts::Prompts;

/// A directory of logs: `PROJECT/SESSION.jsonl` below it.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Which.
    pub id: SessionId,
    /// Its log.
    pub path: PathBuf,
    /// Its working directory.
    pub cwd: PathBuf,
    /// The model it began with.
    pub model: ModelId,
    /// What the user called it, else the first words of its first prompt; empty where there was
    /// none yet.
    pub title: String,
    /// The user's tags, in order.
    pub tags: BTreeSet<String>,
    /// The user wants it above the others.
    pub pinned: bool,
    /// The user put it away.
    pub archived: bool,
    /// When something was last written to it.
    pub touched: Millis,
}

impl Store {
    /// The logs below `dir`, which need not exist yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Where the log of a session in `cwd` belongs.
    pub fn place(&self, id: &SessionId, cwd: &Path) -> PathBuf {
        self.dir.join(project(cwd)).join(format!("{id}.jsonl"))
    }

    /// Where all logs are.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where what belongs to the sessions of `cwd` is.
    pub fn project(&self, cwd: &Path) -> PathBuf {
        self.dir.join(project(cwd))
    }

    /// Where what is being written in a session is kept.
    pub fn draft(&self, id: &SessionId, cwd: &Path) -> PathBuf {
        self.place(id, cwd).with_extension("draft.json")
    }

    /// Where what files of a project were is kept: beside the directory of logs.
    pub fn checkpoints(&self, cwd: &Path) -> PathBuf {
        self.dir.with_file_name("checkpoints").join(project(cwd))
    }

    /// The prompts of all sessions: a file beside the directory of logs.
    pub fn prompts(&self) -> Prompts {
        Prompts::new(self.dir.with_file_name("prompts.jsonl"))
    }

    /// All sessions, the last touched first; of one working directory only, where given.
    ///
    /// Reads the first lines of each log. What cannot be read is left out.
    pub fn list(&self, cwd: Option<&Path>) -> Vec<Summary> {
        let dirs = match cwd {
            Some(cwd) => vec![self.dir.join(project(cwd))],
            None => children(&self.dir),
        };
        let logs = dirs.iter().flat_map(|dir| children(dir));
        let mut found: Vec<_> = logs.filter_map(|path| summary(&path)).collect();
        found.retain(|summary| cwd.is_none_or(|cwd| summary.cwd == cwd));
        found.sort_by(|a, b| (b.touched, &b.id).cmp(&(a.touched, &a.id)));
        found
    }

    /// The session that `wanted` means: `latest` is the last touched one in `cwd`, where there is
    /// none the last touched one of all; anything else is the beginning of an id.
    ///
    /// # Errors
    ///
    /// Where there is none, or more than one begins so.
    pub fn find(&self, wanted: &str, cwd: &Path) -> Result<Summary> {
        if wanted == "latest" {
            let here = self.list(Some(cwd)).into_iter().next();
            let latest = here.or_else(|| self.list(None).into_iter().next());
            return latest.context("there is no session yet: start one with `claw`");
        }
        let mut fitting = self.list(None).into_iter().filter(|s| s.id.as_str().starts_with(wanted));
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => bail!("no session begins with \"{wanted}\": `claw sessions` lists them"),
            (Some(_), Some(_)) => {
                bail!("several sessions begin with \"{wanted}\": give more of it")
            }
        }
    }
}

/// A directory's name for a project: its last component, to recognise, and a hash, to be certain.
fn project(cwd: &Path) -> String {
    let name = cwd.file_name().unwrap_or_default().to_string_lossy();
    let safe = |c: char| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    let name: String = name.chars().take(40).map(safe).collect();
    let hash = Sha256::digest(cwd.as_os_str().as_encoded_bytes());
    format!("{name}-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3])
}

pub(super) fn children(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn summary(path: &Path) -> Option<Summary> {
    path.extension().filter(|e| *e == "jsonl")?;
    let file = fs::File::open(path).ok()?;
    let touched = file.metadata().ok()?.modified().ok()?;
    let touched = touched.duration_since(std::time::UNIX_EPOCH).ok()?;
    let mut found: Option<Summary> = None;
    for line in BufReader::new(file).lines().take(16).map_while(Result::ok) {
        let Ok(Envelope { session, event, .. }) = serde_json::from_str(&line) else { continue };
        match (event, &mut found) {
            (Event::SessionStarted { cwd, model, .. }, None) => {
                found = Some(Summary {
                    id: session,
                    path: path.to_owned(),
                    cwd,
                    model,
                    title: String::new(),
                    tags: BTreeSet::new(),
                    pinned: false,
                    archived: false,
                    touched: Millis(u64::try_from(touched.as_millis()).ok()?),
                });
            }
            (Event::TurnStarted { prompt, .. }, Some(found)) => {
                let text = text_of(&prompt);
                let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
                found.title = first.trim().chars().take(120).collect();
                break;
            }
            _ => {}
        }
    }
    let mut found = found?;
    let mark = mark_of(path);
    (found.tags, found.pinned, found.archived) = (mark.tags, mark.pinned, mark.archived);
    if let Some(name) = mark.name {
        found.title = name;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Content, Mode};
    use crate::session::log::Log;

    fn written(store: &Store, id: &str, cwd: &str, prompt: &str) {
        let mut log = Log::create(&store.place(&id.into(), Path::new(cwd))).unwrap();
        let started = Event::SessionStarted {
            version: 1,
            parent: None,
            cwd: cwd.into(),
            model: "m".into(),
            mode: Mode::Default,
        };
        let turn = Event::TurnStarted { turn: "t".into(), prompt: vec![Content::text(prompt)] };
        for (seq, event) in (1..).zip([started, turn]) {
            let envelope = Envelope { session: id.into(), seq, at: Millis(1), event };
            log.append(&envelope).unwrap();
        }
    }

    #[test]
    fn finds_by_directory_and_by_prefix() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        written(&store, "aa1", "/w/one", "\n first  words\nmore");
        written(&store, "aa2", "/w/two", "second");
        fs::write(store.place(&"torn".into(), Path::new("/w/one")), "{\"sess").unwrap();

        assert_eq!(store.list(None).len(), 2);
        let one = store.find("latest", Path::new("/w/one")).unwrap();
        assert_eq!((one.id.as_str(), one.title.as_str()), ("aa1", "first  words"));
        assert_eq!(store.find("aa2", Path::new("/")).unwrap().cwd, Path::new("/w/two"));
        for (wanted, says) in [("aa", "several"), ("b", "no session")] {
            let error = store.find(wanted, Path::new("/w/none")).unwrap_err().to_string();
            assert!(error.contains(says), "{wanted}: {error}");
        }
        assert!(store.find("latest", Path::new("/w/none")).is_ok());
        let empty = Store::new(dir.path().join("empty"));
        let error = empty.find("latest", Path::new("/w/one")).unwrap_err().to_string();
        assert!(error.contains("no session yet"), "{error}");
    }
}

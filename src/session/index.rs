//! Many sessions at a glance: read from their logs once, then from a file beside them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::base::clock::Millis;
use crate::config::write_private;
use crate::protocol::{Envelope, Event, SessionId, text_of};
use crate::session::State;
use crate::session::log::each;
use crate::session::overview::{Overview, Price, TurnLine, turns};
use crate::session::store::{Store, children};

/// The version of the index files: of another one nothing is taken.
const VERSION: u32 = 1;
/// For how long a deleted session can be had back, in milliseconds: 30 days.
const KEPT: u64 = 30 * 24 * 60 * 60 * 1000;
/// Characters around what was found.
const AROUND: usize = 24;

/// The overviews of one project's sessions, as they are kept.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    version: u32,
    /// By the name of the log's file.
    logs: BTreeMap<String, Known>,
}

/// An overview, and of which file it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Known {
    size: u64,
    modified: u64,
    overview: Overview,
}

/// What the user said of a session, beside its log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default)]
    pinned: bool,
}

type Marks = BTreeMap<String, Mark>;

impl Store {
    /// All sessions at a glance, the last touched first; of one working directory only, where
    /// given. Damaged ones are there, too, and say so.
    ///
    /// A log is read where it is another than the last time; that is remembered beside it. Logs of
    /// `live` sessions are not read: whoever asks knows more of those.
    pub fn overviews(&self, cwd: Option<&Path>, live: &[SessionId], price: Price) -> Vec<Overview> {
        let mut found = Vec::new();
        for dir in self.projects(cwd) {
            found.extend(overviews(&dir, live, price));
        }
        // Of a damaged one it may not be known where it was; it stands where it would have been.
        found.retain(|one| cwd.is_none_or(|cwd| one.cwd == cwd || one.cwd.as_os_str().is_empty()));
        found.sort_by(|a, b| (b.touched, &b.id).cmp(&(a.touched, &a.id)));
        found
    }

    /// Names a session, or takes its name away.
    pub fn rename(&self, log: &Path, name: Option<String>) -> Result<()> {
        mark(log, |mark| mark.name = name)
    }

    /// Puts a session above the others, or back.
    pub fn pin(&self, log: &Path, pinned: bool) -> Result<()> {
        mark(log, |mark| mark.pinned = pinned)
    }

    /// Moves a log out of sight, for 30 days.
    ///
    /// # Errors
    ///
    /// Where another process has it open, or it cannot be moved.
    pub fn delete(&self, log: &Path, now: Millis) -> Result<()> {
        let shown = log.display();
        let file = fs::File::open(log).with_context(|| format!("opening the log {shown}"))?;
        if file.try_lock().is_err() {
            bail!("the session is open in another claw: close it there first");
        }
        let (dir, name) = parts(log)?;
        let trash = dir.join(TRASH);
        fs::create_dir_all(&trash).with_context(|| format!("making {}", trash.display()))?;
        let place = trash.join(format!("{}-{name}", now.0));
        fs::rename(log, place).with_context(|| format!("moving {shown} away"))
    }

    /// Puts a log back that was deleted.
    pub fn restore(&self, log: &Path) -> Result<()> {
        let (dir, name) = parts(log)?;
        let deleted = children(&dir.join(TRASH)).into_iter().find(|path| {
            let found = path.file_name().and_then(|name| name.to_str());
            found.and_then(|found| found.split_once('-')).is_some_and(|(_, rest)| rest == name)
        });
        let deleted = deleted.context("the session was deleted for good already")?;
        fs::rename(deleted, log).with_context(|| format!("moving {} back", log.display()))
    }

    /// Deletes for good what was deleted 30 days ago.
    pub fn purge(&self, now: Millis) {
        for dir in self.projects(None) {
            for path in children(&dir.join(TRASH)) {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let at = name.split_once('-').and_then(|(at, _)| at.parse::<u64>().ok());
                if at.is_some_and(|at| now.0.saturating_sub(at) > KEPT) {
                    // What cannot be deleted now is tried again the next time.
                    let _ = fs::remove_file(path);
                }
            }
        }
    }

    fn projects(&self, cwd: Option<&Path>) -> Vec<PathBuf> {
        cwd.map_or_else(|| children(self.dir()), |cwd| vec![self.project(cwd)])
    }
}

/// The turns of the session whose log this is, the first one first.
pub fn turns_of(log: &Path) -> Result<Vec<TurnLine>> {
    Ok(turns(&folded(log, |_| {})?.0))
}

/// Where the log says this, whatever the case: a few words around it. Only what the user and the
/// model said counts. `needle` is lower case.
pub fn find_in(log: &Path, needle: &str) -> Option<String> {
    // As it stands between the quotes of JSON.
    let escaped = serde_json::to_string(needle).ok()?;
    let escaped = escaped.trim_matches('"');
    let lines = BufReader::new(fs::File::open(log).ok()?).split(b'\n').map_while(Result::ok);
    for line in lines {
        let line = String::from_utf8_lossy(&line);
        if !line.to_lowercase().contains(escaped) {
            continue;
        }
        let Ok(Envelope { event, .. }) = serde_json::from_str(&line) else { continue };
        let said = match &event {
            Event::TurnStarted { prompt: content, .. } | Event::Steered { content } => {
                text_of(content)
            }
            Event::MessageFinished { message } => text_of(&message.content),
            _ => continue,
        };
        if let Some(words) = around(&said, needle) {
            return Some(words);
        }
    }
    None
}

/// A few words around the first place where `text` says `needle`.
fn around(text: &str, needle: &str) -> Option<String> {
    let line = text.lines().find(|line| line.to_lowercase().contains(needle))?;
    let lower = line.to_lowercase();
    let at = lower[..lower.find(needle)?].chars().count();
    let from = at.saturating_sub(AROUND);
    let most = needle.chars().count() + 2 * AROUND;
    let words: String = line.chars().skip(from).take(most).collect();
    let (before, after) = (
        if from > 0 { "…" } else { "" },
        if line.chars().count() > from + most { "…" } else { "" },
    );
    Some(format!("{before}{}{after}", words.trim()))
}

/// Below a project's directory: what was deleted.
const TRASH: &str = "trash";
/// In it: what is known of its logs.
const INDEX: &str = "index.json";
/// In it: what the user said of its sessions.
const MARKS: &str = "marks.json";

fn overviews(dir: &Path, live: &[SessionId], price: Price) -> Vec<Overview> {
    let kept: Kept =
        parsed(&dir.join(INDEX)).filter(|kept: &Kept| kept.version == VERSION).unwrap_or_default();
    let marks: Marks = parsed(&dir.join(MARKS)).unwrap_or_default();
    let mut now = Kept { version: VERSION, logs: BTreeMap::new() };
    let mut changed = false;
    for path in children(dir) {
        let Some((name, size, modified)) = seen(&path) else { continue };
        let is_live = live.iter().any(|id| path.file_stem() == Some(OsStr::new(id.as_str())));
        let same = |known: &&Known| is_live || (known.size, known.modified) == (size, modified);
        let known = match kept.logs.get(&name).filter(same) {
            Some(known) => known.clone(),
            // Of no size: read when it is live no longer.
            None if is_live => Known { size: 0, modified, overview: unread(&path, price) },
            None => {
                changed = true;
                Known { size, modified, overview: overview(&path, Millis(modified), price) }
            }
        };
        now.logs.insert(name, known);
    }
    if changed || now.logs.len() != kept.logs.len() {
        // Where it cannot be kept, the logs are read again the next time.
        let _ = serde_json::to_vec(&now).map(|text| write_private(&dir.join(INDEX), &text));
    }
    let all = now.logs.into_iter().map(|(name, known)| {
        let mark = marks.get(&name).cloned().unwrap_or_default();
        let path = dir.join(name);
        Overview { path, name: mark.name, pinned: mark.pinned, ..known.overview }
    });
    all.collect()
}

/// A log's name, size and time of its last change; none for what is no log or has nothing in it.
fn seen(path: &Path) -> Option<(String, u64, u64)> {
    path.extension().filter(|end| *end == "jsonl")?;
    let meta = fs::metadata(path).ok().filter(|meta| meta.is_file() && meta.len() > 0)?;
    let modified = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let name = path.file_name()?.to_str()?.to_owned();
    Some((name, meta.len(), u64::try_from(modified.as_millis()).ok()?))
}

/// What is known of a session whose log was not read: its name.
fn unread(path: &Path, price: Price) -> Overview {
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    Overview::of(&State::new(SessionId::from(&*id)), price)
}

fn overview(path: &Path, modified: Millis, price: Price) -> Overview {
    let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (state, damage) = match folded(path, lighten) {
        Ok((state, damage)) if state.cwd.as_os_str().is_empty() => {
            let unreadable = "The first line of its log cannot be read.".to_owned();
            (state, Some(damage.into_iter().fold(unreadable, |all, one| format!("{all} {one}"))))
        }
        Ok((state, damage)) => (state, damage),
        Err(error) => (State::new(id.as_str().into()), Some(format!("{error:#}"))),
    };
    // The file is named by its session, whatever is in it.
    Overview { id: SessionId::from(id), touched: modified, damage, ..Overview::of(&state, price) }
}

fn folded(log: &Path, change: impl Fn(&mut Event)) -> Result<(State, Option<String>)> {
    let id = log.file_stem().unwrap_or_default().to_string_lossy();
    let mut state = State::new(SessionId::from(&*id));
    let damage = each(log, |mut envelope| {
        change(&mut envelope.event);
        state.apply(&envelope);
    })?;
    Ok((state, damage))
}

/// Takes out what is long and no overview says: words of the model, what tools were told and said.
fn lighten(event: &mut Event) {
    match event {
        Event::MessageFinished { message } => {
            if let Some(message) = Arc::get_mut(message) {
                message.content = Vec::new();
            }
        }
        Event::ToolCallStarted { call } => {
            if let Some(call) = Arc::get_mut(call) {
                (call.input, call.preview) = (serde_json::Value::Null, None);
            }
        }
        Event::ToolCallFinished { outcome, changes, .. } => {
            if let Some(outcome) = Arc::get_mut(outcome) {
                (outcome.text, outcome.image) = (String::new(), None);
            }
            for change in changes {
                change.hunks = Vec::new();
            }
        }
        _ => {}
    }
}

/// What a session of this log is called; none where the user did not say.
pub(super) fn name(log: &Path) -> Option<String> {
    let (dir, name) = parts(log).ok()?;
    parsed::<Marks>(&dir.join(MARKS))?.remove(&name)?.name
}

fn mark(log: &Path, change: impl FnOnce(&mut Mark)) -> Result<()> {
    let (dir, name) = parts(log)?;
    let file = dir.join(MARKS);
    let mut marks: Marks = parsed(&file).unwrap_or_default();
    change(marks.entry(name).or_default());
    marks.retain(|_, mark| *mark != Mark::default());
    let text = serde_json::to_vec_pretty(&marks)?;
    write_private(&file, &text).with_context(|| format!("writing {}", file.display()))
}

fn parts(log: &Path) -> Result<(&Path, String)> {
    let name = log.file_name().and_then(|name| name.to_str());
    let (dir, name) =
        log.parent().zip(name).with_context(|| format!("{} is no log", log.display()))?;
    Ok((dir, name.to_owned()))
}

fn parsed<T: for<'a> Deserialize<'a>>(file: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

#[cfg(test)]
mod tests;

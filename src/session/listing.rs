//! Many sessions at a glance: read from their logs once, then from a file beside them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::base::clock::Millis;
use crate::config::write_private;
use crate::protocol::{Event, SessionId};
use crate::session::State;
use crate::session::log::each;
use crate::session::marks::{Mark, marks_in};
use crate::session::overview::{Overview, Price, TurnLine, turns};
use crate::session::store::{Store, children};

/// The version of the index files: of another one nothing is taken.
const VERSION: u32 = 1;

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

    pub(super) fn projects(&self, cwd: Option<&Path>) -> Vec<PathBuf> {
        cwd.map_or_else(|| children(self.dir()), |cwd| vec![self.project(cwd)])
    }
}

/// The turns of the session whose log this is, the first one first.
pub fn turns_of(log: &Path) -> Result<Vec<TurnLine>> {
    Ok(turns(&folded(log, |_| {})?.0))
}

/// In a project's directory: what is known of its logs.
const INDEX: &str = "index.json";

fn overviews(dir: &Path, live: &[SessionId], price: Price) -> Vec<Overview> {
    let kept: Kept =
        parsed(&dir.join(INDEX)).filter(|kept: &Kept| kept.version == VERSION).unwrap_or_default();
    let marks = marks_in(dir);
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
        let Mark { name, pinned, tags, archived, branch } = mark;
        Overview { path, name, pinned, tags, archived, branch, ..known.overview }
    });
    all.collect()
}

/// A log's name, size and time of its last change; none for what is no log or has nothing in it.
pub(super) fn seen(path: &Path) -> Option<(String, u64, u64)> {
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

pub(super) fn parsed<T: for<'a> Deserialize<'a>>(file: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

#[cfg(test)]
mod tests;

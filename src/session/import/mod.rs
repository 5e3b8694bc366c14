//! Sessions of other agents, told as sessions of claw: read, never run.

mod build;
mod claude;
mod codex;
mod find;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::base::clock::Millis;
use crate::protocol::{Envelope, Event, Level, Mode, ModelId, SessionId};
use crate::session::Store;
use crate::session::log::{Log, VERSION};

pub use find::{Homes, Offer};

/// Bytes of a line; a longer one is passed over.
const LINE: u64 = 64 << 20;

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// Claude Code: `~/.claude/projects/*/*.jsonl`.
    Claude,
    /// Codex: `~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl`.
    Codex,
}

impl Agent {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "Claude Code",
            Self::Codex => "Codex",
        }
    }
}

/// A session as the other agent's file tells it.
#[derive(Debug, Default)]
struct Told {
    /// What the other agent calls it.
    id: String,
    cwd: Option<PathBuf>,
    /// The model that was asked first.
    model: Option<String>,
    started: Option<Millis>,
    events: Vec<(Millis, Event)>,
    counts: Counts,
}

/// What of a file was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Lines that make no sense, or that are not known.
    pub unknown: usize,
    /// Lines of sub-agents.
    pub side: usize,
    /// Lines that the user rewound.
    pub rewound: usize,
}

impl Counts {
    /// In words; empty where nothing was left out.
    pub fn words(self) -> String {
        let counted = |count: usize, what: &str| {
            let lines = if count == 1 { "line" } else { "lines" };
            (count > 0).then(|| format!("{count} {lines} {what}"))
        };
        let parts = [
            counted(self.unknown, "of an unknown kind"),
            counted(self.side, "of sub-agents"),
            counted(self.rewound, "that were rewound"),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        if parts.is_empty() { String::new() } else { format!("left out: {}", parts.join(", ")) }
    }
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The session of claw.
    pub id: SessionId,
    /// Whose it was.
    pub agent: Agent,
    /// It was there already: nothing was written.
    pub again: bool,
    /// How many turns it has.
    pub turns: usize,
    /// What was left out of it.
    pub counts: Counts,
}

/// Makes a session of claw out of another agent's file. The same file makes the same session:
/// where that is there already, it stays as it is.
///
/// `model` says what claw calls a model; `agent` whose the file is, where that is known.
///
/// # Errors
///
/// Where it cannot be read, holds no prompt, or the new log cannot be written.
pub fn import(
    store: &Store,
    path: &Path,
    agent: Option<Agent>,
    model: fn(&str) -> ModelId,
) -> Result<Imported> {
    let shown = path.display();
    let (lines, broken) = lines(path).with_context(|| format!("reading {shown}"))?;
    let Some(agent) = agent.or_else(|| recognised(&lines)) else {
        anyhow::bail!(
            "{shown} is no session that claw can read: it knows those of Claude Code and Codex"
        )
    };
    let mut told = match agent {
        Agent::Claude => claude::told(&lines, model),
        Agent::Codex => codex::told(&lines, model),
    };
    told.counts.unknown += broken;
    let turns = told.events.iter().filter(|(_, event)| matches!(event, Event::TurnStarted { .. }));
    let turns = turns.count();
    ensure!(turns > 0, "{shown} holds no prompt of {}: there is nothing to import", agent.name());
    if told.id.is_empty() {
        told.id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    }
    let counts = told.counts;
    let id = named(agent, &told);
    let cwd = told.cwd.clone().unwrap_or_else(|| PathBuf::from("/"));
    let place = store.place(&id, &cwd);
    let done = Imported { id: id.clone(), agent, again: place.exists(), turns, counts };
    if !done.again {
        write(&place, &id, &cwd, agent, path, told, model)?;
    }
    Ok(done)
}

/// The id of the session that such a file becomes: the same each time, and in the order of time.
fn named(agent: Agent, told: &Told) -> SessionId {
    let name = format!("{} {}", agent.name(), told.id);
    let hash = crate::base::digest::sha256(name.as_bytes());
    let at = format!("{:012x}", told.started.unwrap_or_default().0 & 0xffff_ffff_ffff);
    let (high, low) = at.split_at(8);
    format!("{high}-{low}-7{}-8{}-{}", &hash[..3], &hash[3..6], &hash[6..18]).into()
}

fn write(
    place: &Path,
    id: &SessionId,
    cwd: &Path,
    agent: Agent,
    from: &Path,
    told: Told,
    model: fn(&str) -> ModelId,
) -> Result<()> {
    let began = told.started.unwrap_or_default();
    let last = told.events.last().map_or(began, |(at, _)| *at);
    let started = Event::SessionStarted {
        version: VERSION,
        parent: None,
        cwd: cwd.to_owned(),
        model: told.model.as_deref().map_or_else(|| ModelId::from(""), model),
        mode: Mode::Default,
    };
    let left = told.counts.words();
    let left = if left.is_empty() { left } else { format!(" ({left})") };
    let text = format!("Imported from {}, a session of {}{left}.", from.display(), agent.name());
    let notice = Event::Notice { level: Level::Info, text };
    let events = [(began, started)].into_iter().chain(told.events).chain([(last, notice)]);
    let mut log = Log::create(place)?;
    for (seq, (at, event)) in (1..).zip(events) {
        let envelope = Envelope { session: id.clone(), seq, at, event };
        if let Err(error) = log.append(&envelope) {
            // A part of a session is none, and would be taken for the whole next time.
            let _ = std::fs::remove_file(place);
            return Err(error);
        }
    }
    log.close()
}

/// The lines of a file that are JSON, and how many others there are.
fn lines(path: &Path) -> Result<(Vec<Value>, usize)> {
    let file = File::open(path)?;
    ensure!(file.metadata()?.is_file(), "it is no file");
    let mut reader = BufReader::new(file);
    let (mut lines, mut broken, mut line) = (Vec::new(), 0, Vec::new());
    loop {
        line.clear();
        if reader.by_ref().take(LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok((lines, broken));
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == LINE {
            broken += 1;
            reader.skip_until(b'\n')?;
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(value @ Value::Object(_)) => lines.push(value),
            _ if line.trim_ascii().is_empty() => {}
            _ => broken += 1,
        }
    }
}

/// Whose file it is, by its first lines.
fn recognised(lines: &[Value]) -> Option<Agent> {
    lines.iter().take(50).find_map(|line| {
        let has = |name: &str| line.get(name).is_some();
        if has("payload") || (has("timestamp") && has("instructions")) {
            return Some(Agent::Codex);
        }
        (has("sessionId") || has("leafUuid")).then_some(Agent::Claude)
    })
}

#[cfg(test)]
mod tests;

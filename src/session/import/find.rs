//! Where the sessions of other agents are, and which there are.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::base::clock::Millis;
use crate::session::import::Agent;

/// Bytes of a file's beginning in which its directory and first prompt stand.
const HEAD: u64 = 256 << 10;
/// Files that are looked at, the newest first.
const MOST: usize = 500;

/// Where the other agents keep what is theirs.
#[derive(Debug, Clone, Default)]
pub struct Homes {
    /// `~/.claude`, or `CLAUDE_CONFIG_DIR`.
    pub claude: Option<PathBuf>,
    /// `~/.codex`, or `CODEX_HOME`.
    pub codex: Option<PathBuf>,
}

/// A session that can be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Whose.
    pub agent: Agent,
    /// Its file.
    pub path: PathBuf,
    /// Its directory, where its first lines say it.
    pub cwd: Option<PathBuf>,
    /// The first words of its first prompt.
    pub title: String,
    /// When it was last written.
    pub touched: Millis,
}

impl Homes {
    /// The sessions in them, the last written one first; of one agent, of one directory, where given.
    pub fn offers(&self, agent: Option<Agent>, cwd: Option<&Path>) -> Vec<Offer> {
        let mut files = Vec::new();
        if let Some(home) = self.claude.as_deref().filter(|_| agent != Some(Agent::Codex)) {
            below(&home.join("projects"), 2, &mut |path| files.push((Agent::Claude, path)));
        }
        if let Some(home) = self.codex.as_deref().filter(|_| agent != Some(Agent::Claude)) {
            below(&home.join("sessions"), 4, &mut |path| files.push((Agent::Codex, path)));
            below(&home.join("archived_sessions"), 1, &mut |path| {
                files.push((Agent::Codex, path));
            });
        }
        let mut dated: Vec<_> = files
            .into_iter()
            .filter(|(agent, path)| is_session(*agent, path))
            .filter_map(|(agent, path)| Some((touched(&path)?, agent, path)))
            .collect();
        dated.sort_by(|a, b| (b.0, &b.2).cmp(&(a.0, &a.2)));
        let offers = dated.into_iter().take(MOST).filter_map(|(touched, agent, path)| {
            let (dir, title) = head(&path)?;
            Some(Offer { agent, path, cwd: dir, title, touched })
        });
        offers.filter(|offer| cwd.is_none_or(|cwd| offer.cwd.as_deref() == Some(cwd))).collect()
    }
}

fn is_session(agent: Agent, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let begins = match agent {
        // Those of its sub-agents are parts of others.
        Agent::Claude => !name.starts_with("agent-"),
        Agent::Codex => name.starts_with("rollout-"),
    };
    begins && name.ends_with(".jsonl")
}

/// The files below a directory, not deeper than that. Links are not followed.
fn below(dir: &Path, depth: usize, take: &mut dyn FnMut(PathBuf)) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_file() => take(entry.path()),
            Ok(kind) if kind.is_dir() && depth > 1 => below(&entry.path(), depth - 1, take),
            _ => {}
        }
    }
}

fn touched(path: &Path) -> Option<Millis> {
    let modified = fs::metadata(path).ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok().map(Millis)
}

/// The directory and the first words of a session, by the beginning of its file; none where it has
/// no prompt there.
fn head(path: &Path) -> Option<(Option<PathBuf>, String)> {
    let reader = BufReader::new(File::open(path).ok()?.take(HEAD));
    let mut dir = None;
    for line in reader.lines().map_while(Result::ok) {
        let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
        let inner = if line["payload"].is_object() { &line["payload"] } else { &line };
        dir = dir.or_else(|| inner["cwd"].as_str().map(PathBuf::from));
        if let Some(words) = prompt(&line, inner) {
            return Some((dir, words.chars().take(120).collect()));
        }
    }
    None
}

/// The first line of what the user says in this line.
fn prompt<'a>(line: &'a Value, inner: &'a Value) -> Option<&'a str> {
    let said = match inner["type"].as_str()? {
        "user_message" => inner["message"].as_str(),
        "user" if line["isMeta"] != true && line["isSidechain"] != true => {
            let content = &line["message"]["content"];
            content.as_str().or_else(|| content[0]["text"].as_str())
        }
        "message" if inner["role"] == "user" => inner["content"][0]["text"].as_str(),
        _ => None,
    };
    let said = said.filter(|said| !said.trim_start().starts_with(['<', '#']))?;
    said.lines().map(str::trim).find(|line| !line.is_empty())
}

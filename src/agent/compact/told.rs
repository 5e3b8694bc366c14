//! What the model is told in place of what was left out: a summary, and behind it, word for word
//! and by no model, what must not be lost.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::agent::compact::constraint::constraints;
use crate::agent::compact::cut::Cut;
use crate::agent::context::request;
use crate::agent::size;
use crate::base::cap;
use crate::protocol::{ModelId, StepState, text_of};
use crate::session::{Entry, State, uncited};

/// Files that are named.
const FILES: usize = 60;

/// A prompt of the user's that was left out.
struct Said {
    turn: u32,
    text: String,
}

/// The text: a summary that `model` wrote (none: claw), what the user said, the plan, the mode and
/// the changed files. It fills no more than `cut.text` tokens.
pub(super) fn told(state: &State, cut: &Cut, summary: &str, model: Option<&ModelId>) -> String {
    let mut out = format!(
        "[Compacted: this stands in place of the older part of this session, which is no longer \
         sent. Nothing of it is lost: `recall` reads it back, by words, by turn, or by the id of a \
         call. Do not repeat work that is done, and do not mention this text.]\n\n{}",
        by(model)
    );
    let rest = facts(state, cut);
    let whole = cut.text.max(200);
    // Half at least is for the summary; what the user said takes what it needs of the other half.
    let mut quotes = quotes(state, cut, (whole / 2).saturating_sub(size::text(&rest)));
    let left = whole.saturating_sub(size::text(&quotes) + size::text(&rest) + size::text(&out));
    let _ = write!(out, "\n\n{}\n", bounded(summary, left));
    if !quotes.is_empty() {
        quotes.insert_str(0, "\n## What the user said before, word for word\n");
        out.push_str(&quotes);
    }
    out.push_str(&rest);
    out.truncate(out.trim_end().len());
    out
}

fn by(model: Option<&ModelId>) -> String {
    match model {
        Some(model) => format!("# Summary (written by {model})"),
        None => "# Summary (made by claw from the log, without a model)".to_owned(),
    }
}

/// A text of at most so many tokens: its head and its tail.
pub(super) fn bounded(text: &str, most: u64) -> String {
    let (text, mut bytes) = (text.trim(), text.len());
    loop {
        let cut = cap::head_tail(text, bytes / 3 * 2, bytes / 3).text;
        if bytes < 64 || size::text(&cut) <= most {
            return if bytes < text.len() { cut } else { text.to_owned() };
        }
        bytes = bytes / 8 * 7;
    }
}

/// The prompts that are no longer sent, oldest first.
fn said(state: &State, cut: &Cut) -> Vec<Said> {
    let asked = request(&state.entries).unwrap_or(state.entries.len());
    // The last request is sent as it is.
    let gone = &state.entries[..cut.from.min(asked)];
    let prompt = |entry: &Entry| match entry {
        Entry::Prompt { number, content, .. } => {
            let text = text_of(uncited(content)).trim().to_owned();
            (!text.is_empty()).then_some(Said { turn: *number, text })
        }
        _ => None,
    };
    gone.iter().filter_map(prompt).collect()
}

/// What the user said, in at most so many tokens: all sentences that sound like constraints, and
/// whole prompts while there is room: the first one, then the newest.
fn quotes(state: &State, cut: &Cut, most: u64) -> String {
    let said = said(state, cut);
    let mut seen = HashSet::new();
    let mut rows: Vec<String> = Vec::new();
    for said in &said {
        let new = constraints(&said.text).filter(|sentence| seen.insert(sentence.to_lowercase()));
        rows.push(new.collect::<Vec<_>>().join("\n"));
    }
    let sizes = |rows: &[String]| rows.iter().map(|row| size::text(row) + 6).sum::<u64>();
    // Where even they are too long, the newest stay.
    let mut left_out = 0;
    for row in 0..rows.len() {
        if sizes(&rows) <= most {
            break;
        }
        left_out += usize::from(!rows[row].is_empty());
        rows[row].clear();
    }
    let mut whole = vec![false; rows.len()];
    let first = (!said.is_empty()).then_some(0);
    for at in first.into_iter().chain((1..said.len()).rev()) {
        let before = std::mem::replace(&mut rows[at], said[at].text.clone());
        if sizes(&rows) <= most {
            whole[at] = true;
        } else {
            rows[at] = before;
        }
    }
    let mut out = String::new();
    for ((row, said), whole) in rows.iter().zip(&said).zip(whole) {
        if row.is_empty() {
            left_out += usize::from(!whole);
            continue;
        }
        let part = if whole { "" } else { ", what it demands" };
        let _ = write!(out, "\n[turn {}{part}]\n{row}\n", said.turn);
    }
    if left_out > 0 {
        let _ = write!(out, "\n[{left_out} more prompts: `recall` with turn=N reads them]\n");
    }
    out
}

/// The plan, the mode and the files: as they are, not as anybody remembers them.
fn facts(state: &State, cut: &Cut) -> String {
    let mut out = String::new();
    if !state.plan.is_empty() {
        out.push_str("\n## The plan as it stands\n");
        for step in &state.plan {
            let sign = match step.state {
                StepState::Pending => "[ ]",
                StepState::InProgress => "[>]",
                StepState::Completed => "[x]",
            };
            let _ = write!(out, "\n{sign} {}", step.text);
        }
        out.push('\n');
    }
    let _ = write!(out, "\n## Mode\n\n{}\n", state.mode.label());
    let files = changed(state);
    if !files.is_empty() {
        out.push_str("\n## Files that this session changed\n");
        for (path, (added, removed)) in files.iter().take(FILES) {
            let _ = write!(out, "\n{path} (+{added} -{removed})");
        }
        if files.len() > FILES {
            let _ = write!(out, "\n[{} more]", files.len() - FILES);
        }
        out.push('\n');
    }
    bounded_facts(out, cut.text / 4)
}

fn bounded_facts(facts: String, most: u64) -> String {
    if size::text(&facts) <= most { facts } else { format!("\n{}\n", bounded(&facts, most)) }
}

/// Lines added and removed, by file.
fn changed(state: &State) -> BTreeMap<String, (usize, usize)> {
    let mut files: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for change in state.calls().flat_map(|call| call.changes.iter()) {
        let (added, removed) = files.entry(shown(&change.path, &state.cwd)).or_default();
        *added += change.added;
        *removed += change.removed;
    }
    files
}

fn shown(path: &Path, cwd: &Path) -> String {
    path.strip_prefix(cwd).unwrap_or(path).to_string_lossy().into_owned()
}

//! `recall`: what is no longer sent to the model, read back from the session's log.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::base::cap;
use crate::protocol::{Access, CallId, Content, Image, ToolKind, ToolSpec, text_of};
use crate::session::{CallEntry, Entry, State, each};
use crate::tool::{Context, Invocation, Output, Tool, ToolError};
use crate::tool::{blocking, input, schema};
use crate::workspace::Workspace;

/// Bytes of one answer.
const MOST: usize = 24_000;
/// Places that a search gives.
const PLACES: usize = 20;
/// Bytes around a place that was found.
const AROUND: usize = 240;
/// Bytes of a call's input in a turn.
const ASKED: usize = 300;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The id of a call.
    #[serde(default, alias = "call", alias = "call_id")]
    id: Option<String>,
    /// The number of a turn, from 1.
    #[serde(default, deserialize_with = "input::number")]
    turn: Option<u64>,
    /// Words to look for.
    #[serde(default, alias = "query")]
    words: Option<String>,
    /// Where to go on in a long answer, in bytes.
    #[serde(default, deserialize_with = "input::number")]
    offset: Option<u64>,
}

/// What is looked for.
#[derive(Debug, Clone)]
enum Wanted {
    Call(CallId),
    Turn(u32),
    Words(String),
}

/// Reads back the log of one session.
pub(super) struct Recall {
    spec: ToolSpec,
    log: PathBuf,
}

impl Recall {
    /// Of the session whose log is at `log`.
    pub(super) fn new(log: &Path) -> Self {
        let about = include_str!("../../assets/tools/recall.md");
        Self { spec: schema::spec::<Input>("recall", about), log: log.to_owned() }
    }
}

impl Tool for Recall {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn prepare(&self, input: Value, _: &Workspace) -> Result<Box<dyn Invocation>, ToolError> {
        let Input { id, turn, words, offset } = input::parse(&self.spec, &input)?;
        let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let wanted = match (said(id), turn, said(words)) {
            (Some(id), None, None) => Wanted::Call(CallId::from(id.trim())),
            (None, Some(turn), None) => Wanted::Turn(u32::try_from(turn).unwrap_or(u32::MAX)),
            (None, None, Some(words)) => Wanted::Words(words.trim().to_owned()),
            _ => {
                let what = "recall: give exactly one of `id`, `turn` and `words`.".to_owned();
                return Err(ToolError::Input(what));
            }
        };
        let offset = usize::try_from(offset.unwrap_or_default()).unwrap_or(usize::MAX);
        Ok(Box::new(Recalling { wanted, offset, log: self.log.clone() }))
    }
}

struct Recalling {
    wanted: Wanted,
    offset: usize,
    log: PathBuf,
}

impl Invocation for Recalling {
    fn verb(&self) -> &'static str {
        "Recall"
    }

    fn title(&self) -> String {
        match &self.wanted {
            Wanted::Call(id) => format!("call {id}"),
            Wanted::Turn(turn) => format!("turn {turn}"),
            Wanted::Words(words) => words.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }

    fn kind(&self) -> ToolKind {
        ToolKind::Other
    }

    // The session's own log, which the model has said and seen itself.
    fn access(&self) -> Vec<Access> {
        Vec::new()
    }

    fn run(self: Box<Self>, _: Context) -> BoxFuture<'static, Result<Output, ToolError>> {
        blocking(move || {
            let mut state = State::new("".into());
            each(&self.log, |envelope| state.apply(&envelope))
                .map_err(|error| ToolError::Failed(format!("recall: {error:#}.")))?;
            let (text, image, summary) = match &self.wanted {
                Wanted::Call(id) => of_call(&state, id)?,
                Wanted::Turn(turn) => of_turn(&state, *turn)?,
                Wanted::Words(words) => found(&state, words),
            };
            Ok(Output { text: page(&text, self.offset), image, summary, ..Output::default() })
        })
    }
}

type Answer = (String, Option<Image>, String);

/// One page of a text, and how to have the next one.
fn page(text: &str, offset: usize) -> String {
    let from = cap::ceil(text, offset);
    let to = cap::floor(text, from.saturating_add(MOST));
    let mut out = text[from..to].to_owned();
    if out.is_empty() {
        return format!("[there is no more: it ends at byte {}]", text.len());
    }
    if to < text.len() {
        // Writing to a String cannot fail.
        let _ = write!(out, "\n[{} bytes more: go on with offset={to}]", text.len() - to);
    }
    out
}

fn of_call(state: &State, id: &CallId) -> Result<Answer, ToolError> {
    let Some((_, entry)) = state.call(id) else {
        let what = format!("recall: this session has no call \"{id}\". Look for it by `words`.");
        return Err(ToolError::Failed(what));
    };
    let mut out = format!("{} {}\n{}\n\n", entry.call.name, entry.call.title, entry.call.input);
    let outcome = entry.outcome.as_ref();
    out.push_str(outcome.map_or("[it has no result yet]", |outcome| &outcome.text));
    let image = outcome.and_then(|outcome| outcome.image.clone());
    let summary = format!("{} lines", out.lines().count());
    Ok((out, image, summary))
}

fn of_turn(state: &State, wanted: u32) -> Result<Answer, ToolError> {
    let mut out = String::new();
    let mut inside = false;
    for entry in &state.entries {
        if let Entry::Prompt { number, .. } = entry {
            inside = *number == wanted;
        }
        if inside {
            write_entry(&mut out, entry);
        }
    }
    if out.is_empty() {
        let what = format!("recall: this session has no turn {wanted}, only 1 to {}.", state.turns);
        return Err(ToolError::Failed(what));
    }
    let summary = format!("{} lines", out.lines().count());
    Ok((out, None, summary))
}

fn write_entry(out: &mut String, entry: &Entry) {
    // Writing to a String cannot fail.
    let _ = match entry {
        Entry::Prompt { content, .. } => writeln!(out, "User: {}\n", text_of(content).trim()),
        Entry::Message { message, .. } => match text_of(&message.content).trim() {
            "" => Ok(()),
            said => writeln!(out, "You: {said}\n"),
        },
        Entry::Call(entry) => {
            let CallEntry { call, outcome, .. } = entry;
            let asked = cap::head_tail(&call.input.to_string(), ASKED, ASKED / 3).text;
            let size = outcome.as_ref().map_or(0, |outcome| outcome.text.len());
            writeln!(out, "Call {} of {}: {asked} ({size} bytes came of it)\n", call.id, call.name)
        }
        _ => Ok(()),
    };
}

/// Where all words were said, the newest place first.
fn found(state: &State, words: &str) -> Answer {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let (mut turn, mut places) = (0, Vec::new());
    for entry in &state.entries {
        match entry {
            Entry::Prompt { number, content, .. } => {
                turn = *number;
                places.extend(place(&text_of(content), &words).map(|it| (turn, "user".into(), it)));
            }
            Entry::Message { message, .. } => {
                let said = |content: &Content| match content {
                    Content::Text { text } => place(text, &words),
                    _ => None,
                };
                let said = message.content.iter().find_map(said);
                places.extend(said.map(|it| (turn, "you".into(), it)));
            }
            // What was recalled before would only be found again.
            Entry::Call(entry) if entry.call.name != "recall" => {
                let asked = entry.call.input.to_string();
                let result = entry.outcome.as_ref().map_or("", |outcome| &outcome.text);
                let all = format!("{} {}\n{asked}\n{result}", entry.call.name, entry.call.title);
                let who = || format!("call {} of {}", entry.call.id, entry.call.name);
                places.extend(place(&all, &words).map(|it| (turn, who(), it)));
            }
            _ => {}
        }
    }
    let count = places.len();
    let mut out = String::new();
    for (turn, who, text) in places.iter().rev().take(PLACES) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "[turn {turn}, {who}]\n{text}\n");
    }
    if count == 0 {
        out.push_str("Nothing in this session says all of these words. Try fewer, or others.");
    } else if count > PLACES {
        let _ = writeln!(out, "[{} older places are not shown: give more words]", count - PLACES);
    }
    let hits = if count == 1 { "1 place".to_owned() } else { format!("{count} places") };
    (out, None, hits)
}

/// The words around the first of them, where a text says all of them.
fn place(text: &str, words: &[String]) -> Option<String> {
    let lower = text.to_lowercase();
    if words.is_empty() || !words.iter().all(|word| lower.contains(word.as_str())) {
        return None;
    }
    // Where all of them stand near each other, if anywhere.
    let longest = words.iter().max_by_key(|word| word.len())?;
    let near = |at: usize| {
        let (from, to) = (at.saturating_sub(AROUND), (at + AROUND).min(lower.len()));
        let window = &lower[cap::floor(&lower, from)..cap::ceil(&lower, to)];
        words.iter().filter(|word| window.contains(word.as_str())).count()
    };
    let mut best = (0, 0);
    for (at, _) in lower.match_indices(longest.as_str()).take(200) {
        let count = near(at);
        if count > best.0 {
            best = (count, at);
        }
    }
    // Small letters may be longer or shorter than the capitals they stand for.
    let at = cap::floor(text, best.1);
    let from = cap::floor(text, at.saturating_sub(AROUND));
    let to = cap::ceil(text, at.saturating_add(AROUND));
    let (before, after) = (if from > 0 { "…" } else { "" }, if to < text.len() { "…" } else { "" });
    Some(format!("{before}{}{after}", text[from..to].trim()))
}

#[cfg(test)]
mod tests;

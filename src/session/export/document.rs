//! What of a session is given away: who said what, what ran and what came of it. Not its log.

use serde::Serialize;
use serde_json::Value;

use crate::base::clock::Millis;
use crate::base::{cap, redact};
use crate::protocol::{
    Content, FileChange, Image, Level, LineKind, ModelId, SessionId, StopReason, ToolStatus, Usage,
    text_of,
};
use crate::session::overview::Price;
use crate::session::{Entry, Spending, State, uncited};

/// Bytes of one result, and of one text in an input; the log keeps all of it.
const RESULT: usize = 64 << 10;

/// A session, as it is exported. `format` and `version` say what it is; names and meanings of a
/// version stay, and later ones only add.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    /// `claw-session`.
    pub format: &'static str,
    /// 1.
    pub version: u32,
    /// Of which session.
    pub session: Head,
    /// What happened, in order.
    pub items: Vec<Item>,
}

/// A session at a glance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Head {
    /// Its id.
    pub id: SessionId,
    /// What it is called.
    pub title: String,
    /// Its directory.
    pub cwd: String,
    /// When it began, in milliseconds since 1970.
    pub started: Millis,
    /// When something last happened.
    pub touched: Millis,
    /// How many turns there were.
    pub turns: u32,
    /// Tokens of all requests.
    pub usage: Usage,
    /// US dollars of all requests; none where a price is not known.
    pub dollars: Option<f64>,
    /// The same for each model, in the order in which they were first asked.
    pub models: Vec<Part>,
}

/// What one model did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Which.
    pub model: ModelId,
    /// Requests to it.
    pub requests: u64,
    /// Their tokens.
    pub usage: Usage,
    /// What they cost in US dollars.
    pub dollars: Option<f64>,
    /// The same in words.
    pub cost: String,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item {
    /// The user said something.
    Prompt {
        /// In which turn, from 1.
        turn: u32,
        /// When.
        at: Millis,
        /// The words.
        text: String,
        /// The pictures.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        images: Vec<Image>,
        /// It was said into a running turn.
        steer: bool,
    },
    /// The model said something.
    Answer {
        /// In which turn.
        turn: u32,
        /// When it had said it.
        at: Millis,
        /// Which model.
        model: ModelId,
        /// The words: markdown.
        text: String,
        /// Its reasoning, as far as it is told.
        #[serde(skip_serializing_if = "String::is_empty")]
        thinking: String,
        /// The tokens of this request.
        usage: Usage,
    },
    /// A tool was called.
    Call {
        /// In which turn.
        turn: u32,
        /// When.
        at: Millis,
        /// The tool.
        name: String,
        /// What it did, in a word: `Read`, `Edit`, `Run`.
        verb: String,
        /// What it was about, in a line.
        title: String,
        /// The input. Long texts are cut in the middle.
        input: Value,
        /// How it ended; none where it never did.
        status: Option<ToolStatus>,
        /// What the model was told. Cut in the middle where it is long.
        output: String,
        /// The same in a few words.
        #[serde(skip_serializing_if = "String::is_empty")]
        summary: String,
        /// How long it ran.
        took_ms: u64,
        /// A picture that it gave.
        #[serde(skip_serializing_if = "Option::is_none")]
        image: Option<Image>,
        /// What it changed, as hunks.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        changes: Vec<FileChange>,
    },
    /// A turn ended.
    End {
        /// Which.
        turn: u32,
        /// Why.
        stop: StopReason,
        /// The tokens of its requests.
        usage: Usage,
        /// How long it took.
        took_ms: u64,
    },
    /// Something that the user was told.
    Notice {
        /// When.
        at: Millis,
        /// How much it mattered.
        level: Level,
        /// In a sentence.
        text: String,
    },
}

impl Document {
    /// Of a session in this state.
    pub fn of(state: &State, title: &str, price: Price) -> Self {
        let spending = Spending::of_session(state, price);
        let models = spending.rows().iter().map(|(model, sum)| Part {
            model: model.clone(),
            requests: sum.requests,
            usage: sum.usage,
            dollars: sum.dollars(),
            cost: sum.cost(),
        });
        let session = Head {
            id: state.id.clone(),
            title: plain(title),
            cwd: plain(&state.cwd.to_string_lossy()),
            started: state.started,
            touched: state.touched,
            turns: state.turns,
            usage: state.usage,
            dollars: spending.total().dollars(),
            models: models.collect(),
        };
        let mut turn = 0;
        let items = state.entries.iter().filter_map(|entry| item(entry, &mut turn));
        Self { format: "claw-session", version: 1, session, items: items.collect() }
    }
}

fn item(entry: &Entry, turn: &mut u32) -> Option<Item> {
    Some(match entry {
        Entry::Prompt { number, at, content, steer, .. } => {
            *turn = *number;
            let images = content.iter().filter_map(|content| match content {
                Content::Image(image) => Some(image.clone()),
                _ => None,
            });
            let (images, text) = (images.collect(), plain(&text_of(uncited(content))));
            Item::Prompt { turn: *turn, at: *at, text, images, steer: *steer }
        }
        Entry::Message { message, at } => {
            let thoughts = message.content.iter().filter_map(|content| match content {
                Content::Thinking { text, .. } => Some(text.as_str()),
                _ => None,
            });
            let thinking = plain(&thoughts.collect::<Vec<_>>().join("\n"));
            let text = plain(&text_of(&message.content));
            let (model, usage) = (message.model.clone(), message.usage);
            Item::Answer { turn: *turn, at: *at, model, text, thinking, usage }
        }
        Entry::Call(entry) => {
            let (call, outcome) = (&entry.call, entry.outcome.as_deref());
            Item::Call {
                turn: *turn,
                at: entry.at,
                name: plain(&call.name),
                verb: plain(&call.verb),
                title: plain(&call.title),
                input: input(&call.input),
                status: outcome.map(|outcome| outcome.status),
                output: outcome.map(|outcome| bounded(&outcome.text)).unwrap_or_default(),
                summary: outcome.map(|outcome| plain(&outcome.summary)).unwrap_or_default(),
                took_ms: outcome.map_or(0, |outcome| outcome.took.as_millis() as u64),
                image: outcome.and_then(|outcome| outcome.image.clone()),
                changes: entry.changes.iter().map(change).collect(),
            }
        }
        Entry::TurnEnd { stop, usage, took, .. } => {
            let stop = match stop {
                StopReason::Failed { error } => StopReason::Failed { error: plain(error) },
                stop => stop.clone(),
            };
            Item::End { turn: *turn, stop, usage: *usage, took_ms: took.as_millis() as u64 }
        }
        Entry::Notice { level, text, at } => {
            Item::Notice { at: *at, level: *level, text: plain(text) }
        }
        Entry::Compacted { compaction, at } => {
            let (before, after) = (compaction.before, compaction.after);
            let text = format!("What came before was summed up: {before} tokens, then {after}.");
            Item::Notice { at: *at, level: Level::Info, text }
        }
        Entry::Open(_) | Entry::Used { .. } => return None,
    })
}

fn plain(text: &str) -> String {
    redact::all(text).into_owned()
}

/// Secrets go first: one that is cut in two would not be known.
fn bounded(text: &str) -> String {
    cap::head_tail(&redact::all(text), RESULT / 2, RESULT / 2).text
}

fn input(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(bounded(text)),
        Value::Array(items) => Value::Array(items.iter().map(input).collect()),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| (plain(name), secret(name, value));
            Value::Object(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

/// What a field's name announces, its value need not look like.
fn secret(name: &str, value: &Value) -> Value {
    if let Value::String(text) = value {
        let said = format!("{name}: {text}");
        if !text.contains(char::is_whitespace) && redact::all(&said).ends_with(redact::MARK) {
            return Value::String(redact::MARK.to_owned());
        }
    }
    input(value)
}

/// A change without secrets. A key of several lines stands in several of a hunk's.
fn change(change: &FileChange) -> FileChange {
    let mut change = change.clone();
    for hunk in &mut change.hunks {
        let mut keys = vec![false; hunk.lines.len()];
        // Both sides may have one, each in its lines.
        for other in [LineKind::Added, LineKind::Removed] {
            let mut inside = false;
            let lines = hunk.lines.iter().zip(&mut keys).filter(|(line, _)| line.kind != other);
            for (line, key) in lines {
                inside |= line.text.contains("-----BEGIN ") && line.text.contains("PRIVATE KEY");
                *key |= inside;
                inside &= !line.text.contains("-----END ");
            }
        }
        for (line, key) in hunk.lines.iter_mut().zip(keys) {
            line.text = if key { redact::MARK.to_owned() } else { plain(&line.text) };
        }
    }
    change
}

//! The script: steps, each a reply and where the story goes from there.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::base::cap;
use crate::protocol::{StopReason, ToolStatus, Usage, text_of};
use crate::provider::{Input, ProviderError};

/// Most bytes of a tool's output that a reply quotes.
const QUOTE: usize = 1200;

/// A story as data. Read from JSON.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The prompt that begins it, for a face to fill in.
    #[serde(default)]
    pub prompt: String,
    /// Pieces of a reply in a second; 0 for all at once.
    #[serde(default)]
    pub pieces_per_second: u32,
    /// Before the first piece of a reply, in milliseconds, where the step does not say.
    #[serde(default)]
    pub first_piece_ms: u64,
    /// Where the first prompt leads. The first edge that holds is taken.
    pub start: Vec<Edge>,
    /// Tried after a step's own edges.
    #[serde(default)]
    pub anywhere: Vec<Edge>,
    /// The steps by name.
    pub steps: BTreeMap<String, Step>,
}

/// One reply, and what may follow it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What is said, block by block.
    pub say: Vec<Block>,
    /// Where the story goes. The first edge that holds is taken.
    #[serde(default)]
    pub next: Vec<Edge>,
    /// What the request used.
    #[serde(default)]
    pub usage: Usage,
    /// Why the reply ends; without it, `tool_use` where a tool is called, else `end_turn`.
    #[serde(default)]
    pub stop: Option<StopReason>,
    /// Before the first piece, in milliseconds.
    #[serde(default)]
    pub first_piece_ms: Option<u64>,
    /// What goes wrong: the first request meets the first fault, the retry the second, and so on;
    /// the request after the last fault is answered.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// A block of a reply. In a text, `{{tool}}`, `{{status}}` and `{{result}}` stand for the last
/// tool result before the reply.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Block {
    /// The answer, in markdown.
    Text(String),
    /// The reasoning.
    Think(String),
    /// A tool call.
    Call {
        /// The tool's name.
        tool: String,
        /// Its input.
        input: Value,
    },
    /// A tool call whose input comes in exactly these fragments, JSON or not.
    RawCall {
        /// The tool's name.
        tool: String,
        /// The fragments.
        fragments: Vec<String>,
    },
}

/// A way from one step to another. Every condition that is given has to hold; none holds always.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// A result of this tool came since the step.
    #[serde(default)]
    pub tool: Option<String>,
    /// A result with this status came; where `tool` or `contains` is given, the same result.
    #[serde(default)]
    pub status: Option<ToolStatus>,
    /// A result that contains this text came; where `tool` or `status` is given, the same result.
    #[serde(default)]
    pub contains: Option<String>,
    /// The user spoke since the step, and said this; upper and lower case are the same. The empty
    /// text: said anything.
    #[serde(default)]
    pub says: Option<String>,
    /// At least this many replies were given.
    #[serde(default)]
    pub steps: usize,
    /// The name of the step it leads to.
    pub go: String,
}

/// What goes wrong with a reply.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which error.
    pub error: Failure,
    /// What went wrong, in a sentence.
    pub why: String,
    /// After how many chunks the reply breaks off; 0: before the first.
    #[serde(default)]
    pub after_chunks: usize,
    /// What the server asks to wait, in milliseconds. Only for `retry`.
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
}

/// The kinds of [`ProviderError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Sent again, it may succeed.
    Retry,
    /// The prompt does not fit.
    TooLong,
    /// The key is not accepted.
    Auth,
    /// It would fail again.
    Fatal,
}

impl Fault {
    pub(super) fn error(&self) -> ProviderError {
        let why = self.why.clone();
        match self.error {
            Failure::Retry => {
                ProviderError::Retry { why, after: self.retry_after_ms.map(Duration::from_millis) }
            }
            Failure::TooLong => ProviderError::TooLong(why),
            Failure::Auth => ProviderError::Auth(why),
            Failure::Fatal => ProviderError::Fatal(why),
        }
    }
}

/// A tool's result, as an edge or a reply looks at it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    tool: String,
    status: ToolStatus,
    text: String,
}

/// What came after a reply: results and the user's words.
#[derive(Default)]
struct Since {
    results: Vec<Seen>,
    words: Vec<String>,
}

/// Where a story stands.
pub(super) struct Walk<'a> {
    /// How many messages of the model were said.
    pub(super) said: usize,
    /// The step that is to be played, or why there is none.
    pub(super) name: Result<&'a str, String>,
    /// The last tool result.
    pub(super) seen: Option<Seen>,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    ///
    /// Where it is no JSON of this shape, or an edge leads to a step that is not there: the
    /// script's author has to correct it.
    pub fn parse(json: &str) -> Result<Self> {
        let script: Self = serde_json::from_str(json).context("reading the script")?;
        let edges = script.steps.values().flat_map(|step| &step.next);
        for edge in edges.chain(&script.start).chain(&script.anywhere) {
            if !script.steps.contains_key(&edge.go) {
                bail!("the script leads to `{}`, but has no step of that name", edge.go);
            }
        }
        Ok(script)
    }

    /// Follows the story through everything that was said.
    pub(super) fn walk(&self, messages: &[Input]) -> Walk<'_> {
        let mut walk = Walk { said: 0, name: Ok(""), seen: None };
        let mut since = Since::default();
        for input in messages {
            match input {
                Input::User(content) => since.words.push(text_of(content).to_lowercase()),
                Input::Result { name, outcome, .. } => since.results.push(Seen {
                    tool: name.clone(),
                    status: outcome.status,
                    text: outcome.text.clone(),
                }),
                Input::Assistant(_) => {
                    self.follow(&mut walk, std::mem::take(&mut since));
                    walk.said += 1;
                }
            }
        }
        self.follow(&mut walk, since);
        walk
    }

    fn follow<'a>(&'a self, walk: &mut Walk<'a>, since: Since) {
        let Ok(at) = walk.name else { return };
        let own = self.steps.get(at).map_or(&self.start, |step| &step.next);
        let edge = own.iter().chain(&self.anywhere).find(|edge| edge.holds(walk.said, &since));
        walk.name = match edge {
            Some(edge) => Ok(edge.go.as_str()),
            None if at.is_empty() => Err("the script has no beginning for this prompt".to_owned()),
            None => Err(format!("the script does not say what follows `{at}` here")),
        };
        walk.seen = since.results.into_iter().next_back().or(walk.seen.take());
    }

    pub(super) fn step(&self, name: &str) -> Result<&Step, String> {
        self.steps.get(name).ok_or_else(|| format!("the script has no step `{name}`"))
    }

    pub(super) fn start_wait(&self, step: &Step) -> Duration {
        Duration::from_millis(step.first_piece_ms.unwrap_or(self.first_piece_ms))
    }

    pub(super) fn gap(&self) -> Duration {
        Duration::from_secs(1).checked_div(self.pieces_per_second).unwrap_or_default()
    }
}

impl Edge {
    fn holds(&self, steps: usize, since: &Since) -> bool {
        let asks = self.tool.is_some() || self.status.is_some() || self.contains.is_some();
        let result = !asks || since.results.iter().any(|result| self.fits(result));
        let said = self.says.as_ref().is_none_or(|says| {
            let says = says.to_lowercase();
            since.words.iter().any(|words| words.contains(&says))
        });
        result && said && steps >= self.steps
    }

    fn fits(&self, result: &Seen) -> bool {
        self.tool.as_ref().is_none_or(|tool| *tool == result.tool)
            && self.status.is_none_or(|status| status == result.status)
            && self.contains.as_ref().is_none_or(|text| result.text.contains(text))
    }
}

impl Seen {
    /// `text` with what was seen in its places.
    pub(super) fn fill(seen: Option<&Self>, text: &str) -> String {
        let (tool, status, result) = seen.map_or(("", "", String::new()), |seen| {
            let status = match seen.status {
                ToolStatus::Done => "done",
                ToolStatus::Failed => "failed",
                ToolStatus::Denied => "denied",
                ToolStatus::Cancelled => "cancelled",
            };
            (&seen.tool, status, cap::head_tail(seen.text.trim(), QUOTE, QUOTE).text)
        });
        // The result goes in last: what a tool printed is not looked at for places.
        text.replace("{{tool}}", tool).replace("{{status}}", status).replace("{{result}}", &result)
    }
}

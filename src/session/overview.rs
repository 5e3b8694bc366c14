//! A session at a glance: what a list of many says of one, and its turns.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::clock::Millis;
use crate::protocol::{Content, ModelId, SessionId, Usage, text_of};
use crate::session::{Entry, State};

/// The longest title, in characters.
const TITLE: usize = 120;
/// The most changed files that are named.
const FILES: usize = 64;

/// What one request cost in US dollars, where prices are known.
pub type Price = fn(&ModelId, &Usage) -> Option<f64>;

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// Which.
    pub id: SessionId,
    /// Its log; empty where it was never read from one.
    #[serde(skip)]
    pub path: PathBuf,
    /// Its working directory.
    pub cwd: PathBuf,
    /// The model that is asked.
    pub model: ModelId,
    /// The first words of its first prompt; empty where there was none yet.
    pub title: String,
    /// What the user called it.
    #[serde(skip)]
    pub name: Option<String>,
    /// The user wants it above the others.
    #[serde(skip)]
    pub pinned: bool,
    /// The user's tags, in order.
    #[serde(skip)]
    pub tags: BTreeSet<String>,
    /// The user put it away.
    #[serde(skip)]
    pub archived: bool,
    /// The git branch that it last worked on.
    #[serde(skip)]
    pub branch: Option<String>,
    /// When something last happened.
    pub touched: Millis,
    /// How many turns there were.
    pub turns: u32,
    /// What fills the model's window, in tokens.
    pub context: u64,
    /// What it cost; none where a price is not known.
    pub dollars: Option<f64>,
    /// Files that its calls changed, as they are called below its directory; not more than some.
    pub files: Vec<String>,
    /// Lines that its calls added.
    pub added: usize,
    /// Lines that its calls removed.
    pub removed: usize,
    /// The session that spawned it.
    pub parent: Option<SessionId>,
    /// The session that it is a copy of.
    pub forked: Option<SessionId>,
    /// What is wrong with its log, in a sentence.
    pub damage: Option<String>,
}

/// A turn in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnLine {
    /// Which, from 1.
    pub number: u32,
    /// When it began.
    pub at: Millis,
    /// The first line of the prompt.
    pub prompt: String,
    /// The first line of the answer; empty where there is none.
    pub answer: String,
    /// How many calls there were.
    pub tools: usize,
    /// Lines that they added.
    pub added: usize,
    /// Lines that they removed.
    pub removed: usize,
}

impl Overview {
    /// What is to be said of a session in this state.
    pub fn of(state: &State, price: Price) -> Self {
        let titled = state.titled.as_deref();
        let mut title = titled.map(|it| headline(&it.content)).unwrap_or_default();
        let mut dollars = Some(0.0);
        let (mut added, mut removed) = (0_usize, 0_usize);
        let mut files = BTreeSet::new();
        for (model, usage) in state.paid() {
            dollars = dollars.zip(price(model, usage)).map(|(sum, cost)| sum + cost);
        }
        for entry in &state.entries {
            match entry {
                Entry::Prompt { content, .. } if title.is_empty() => title = headline(content),
                Entry::Call(call) => {
                    for change in call.changes.iter() {
                        added = added.saturating_add(change.added);
                        removed = removed.saturating_add(change.removed);
                        let path = change.path.strip_prefix(&state.cwd).unwrap_or(&change.path);
                        if files.len() < FILES {
                            files.insert(path.to_string_lossy().into_owned());
                        }
                    }
                }
                _ => {}
            }
        }
        Self {
            id: state.id.clone(),
            path: PathBuf::new(),
            cwd: state.cwd.clone(),
            model: state.model.clone(),
            title,
            name: None,
            pinned: false,
            tags: BTreeSet::new(),
            archived: false,
            branch: None,
            touched: state.touched,
            turns: state.turns,
            context: state.context,
            dollars,
            files: files.into_iter().collect(),
            added,
            removed,
            parent: state.parent.as_ref().map(|parent| parent.session.clone()),
            forked: state.forked.clone(),
            damage: None,
        }
    }

    /// What a list calls it: its name, else how it began.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.title)
    }
}

/// The turns of a session, the first one first.
pub fn turns(state: &State) -> Vec<TurnLine> {
    let mut turns: Vec<TurnLine> = Vec::new();
    for entry in &state.entries {
        match (entry, turns.last_mut()) {
            (Entry::Prompt { number, at, content, steer: false, .. }, _) => {
                let (number, at, prompt) = (*number, *at, headline(content));
                let (answer, tools, added, removed) = (String::new(), 0, 0, 0);
                turns.push(TurnLine { number, at, prompt, answer, tools, added, removed });
            }
            (Entry::Message { message, .. }, Some(turn)) if turn.answer.is_empty() => {
                turn.answer = headline(&message.content);
            }
            (Entry::Call(call), Some(turn)) => {
                turn.tools += 1;
                for change in call.changes.iter() {
                    turn.added = turn.added.saturating_add(change.added);
                    turn.removed = turn.removed.saturating_add(change.removed);
                }
            }
            _ => {}
        }
    }
    turns
}

/// The first line that says something, cut.
fn headline(content: &[Content]) -> String {
    let text = text_of(content);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(TITLE).collect()
}

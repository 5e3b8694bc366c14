//! What another agent's file tells, put in the order that a log of claw has: a turn, its messages,
//! after each message the results of its calls.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::base::cap;
use crate::base::clock::Millis;
use crate::protocol::{
    CallId, Content, Event, FileChange, Message, MessageId, ModelId, StopReason, ToolCall,
    ToolKind, ToolOutcome, ToolStatus, ToolUse, TurnId, Usage,
};

/// Bytes of a result that are taken over.
const RESULT: usize = 200 << 10;

/// A session in the making.
#[derive(Debug, Default)]
pub(super) struct Build {
    turns: Vec<Turn>,
    results: HashMap<CallId, Ended>,
    asked: HashSet<CallId>,
}

#[derive(Debug)]
struct Turn {
    at: Millis,
    prompt: Vec<Content>,
    messages: Vec<Said>,
    last: Millis,
    stop: StopReason,
}

#[derive(Debug)]
struct Said {
    key: String,
    at: Millis,
    model: ModelId,
    content: Vec<Content>,
    usage: Usage,
}

/// How a call ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) at: Millis,
    pub(super) outcome: ToolOutcome,
    pub(super) changes: Vec<FileChange>,
}

impl Build {
    /// The user said something: a turn begins.
    pub(super) fn prompt(&mut self, at: Millis, prompt: Vec<Content>) {
        let (messages, stop) = (Vec::new(), StopReason::EndTurn);
        self.turns.push(Turn { at, prompt, messages, last: at, stop });
    }

    /// The model said something more; what has the same key belongs to one message. What it says
    /// before the first prompt is left out: `false`.
    pub(super) fn say(&mut self, at: Millis, key: &str, model: &ModelId, content: Content) -> bool {
        if let Content::ToolUse(asked) = &content
            && !self.asked.insert(asked.id.clone())
        {
            return false;
        }
        let Some(turn) = self.turns.last_mut() else { return false };
        turn.last = turn.last.max(at);
        if let Some(said) = turn.messages.iter_mut().find(|said| said.key == key) {
            said.content.push(content);
            return true;
        }
        let (key, model, usage) = (key.to_owned(), model.clone(), Usage::default());
        turn.messages.push(Said { key, at, model, content: vec![content], usage });
        true
    }

    /// What the last message, or the one of that key, used.
    pub(super) fn used(&mut self, key: Option<&str>, usage: Usage) {
        let messages = self.turns.last_mut().map(|turn| &mut turn.messages);
        let mut messages = messages.into_iter().flatten();
        let said = match key {
            Some(key) => messages.find(|said| said.key == key),
            None => messages.last(),
        };
        if let Some(said) = said {
            said.usage = usage;
        }
    }

    /// A call ended.
    pub(super) fn result(&mut self, id: CallId, outcome: Ended) {
        if let Some(turn) = self.turns.last_mut() {
            turn.last = turn.last.max(outcome.at);
        }
        self.results.insert(id, outcome);
    }

    /// Does a message ask for it?
    pub(super) fn is_asked(&self, id: &CallId) -> bool {
        self.asked.contains(id)
    }

    /// The last turn did not come to its end.
    pub(super) fn stopped(&mut self) {
        if let Some(turn) = self.turns.last_mut() {
            turn.stop = StopReason::Cancelled;
        }
    }

    /// The events of all turns. Names are made of the session's: the same each time.
    pub(super) fn events(mut self, session: &str) -> Vec<(Millis, Event)> {
        let mut events = Vec::new();
        for (number, turn) in self.turns.into_iter().enumerate() {
            let name = TurnId::from(format!("{session}-{}", number + 1));
            let mut used = Usage::default();
            let started = Event::TurnStarted { turn: name.clone(), prompt: turn.prompt };
            events.push((turn.at, started));
            for (at, said) in turn.messages.into_iter().enumerate() {
                used.add(&said.usage);
                let id = MessageId::from(format!("{session}-{}-{}", number + 1, at + 1));
                let asks = said.content.iter().any(|it| matches!(it, Content::ToolUse(_)));
                let stop = if asks { StopReason::ToolUse } else { StopReason::EndTurn };
                let Said { model, content, usage, at, .. } = said;
                let message = Arc::new(Message { id, model, content, stop, usage });
                events.push((at, Event::MessageFinished { message: message.clone() }));
                for asked in message.tool_uses() {
                    let result = self.results.remove(&asked.id).unwrap_or_else(|| unknown(at));
                    let (outcome, changes) = (Arc::new(result.outcome), result.changes);
                    let call = asked.id.clone();
                    events.push((at, Event::ToolCallStarted { call: Arc::new(shown(asked)) }));
                    let ended = Event::ToolCallFinished { call, outcome, changes };
                    events.push((result.at.max(at), ended));
                }
            }
            let finished = Event::TurnFinished { turn: name, stop: turn.stop, usage: used };
            events.push((turn.last, finished));
        }
        events
    }
}

/// The model is told of every call what came of it.
fn unknown(at: Millis) -> Ended {
    let text = "The file that this session was imported from holds no result of this call.";
    let outcome = ToolOutcome::new(ToolStatus::Cancelled, text);
    Ended { at, outcome, changes: Vec::new() }
}

/// An outcome of that text, no longer than a result of claw's own.
pub(super) fn outcome(text: &str, failed: bool) -> ToolOutcome {
    let status = if failed { ToolStatus::Failed } else { ToolStatus::Done };
    ToolOutcome::new(status, cap::head_tail(text, RESULT / 2, RESULT / 2).text)
}

/// A call as every provider takes it: what is no letter in its name or id is another's syntax.
pub(super) fn tool_use(id: &str, name: &str, input: Value) -> ToolUse {
    let input = if input.is_object() { input } else { json!({ "input": input }) };
    ToolUse { id: call_id(id), name: letters(name, 64), input }
}

/// The id of a call as every provider takes it.
pub(super) fn call_id(id: &str) -> CallId {
    letters(id, 64).into()
}

fn letters(text: &str, most: usize) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let text: String = text.chars().take(most).map(|c| if fits(c) { c } else { '_' }).collect();
    if text.is_empty() { "_".to_owned() } else { text }
}

/// How the transcript shows a call of another agent's tool.
fn shown(asked: &ToolUse) -> ToolCall {
    let (verb, kind) = match asked.name.as_str() {
        "Bash" | "shell" | "exec_command" | "local_shell" | "container_exec" => {
            ("Run", ToolKind::Run)
        }
        "Read" | "NotebookRead" | "view_image" => ("Read", ToolKind::Read),
        "Edit" | "MultiEdit" | "NotebookEdit" | "apply_patch" => ("Edit", ToolKind::Edit),
        "Write" => ("Write", ToolKind::Edit),
        "Grep" | "Glob" | "LS" | "WebSearch" | "web_search" => ("Search", ToolKind::Search),
        name => (name, ToolKind::Other),
    };
    let fields = ["command", "cmd", "file_path", "path", "pattern", "query", "url", "description"];
    let title = fields.iter().find_map(|name| match &asked.input[*name] {
        Value::String(text) => Some(text.clone()),
        Value::Array(words) => {
            let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
            // `bash -lc` is how it was started, not what.
            let words = match &words[..] {
                [shell, "-lc" | "-c", rest @ ..] if shell.ends_with("sh") => rest,
                words => words,
            };
            Some(words.join(" "))
        }
        _ => None,
    });
    let title = title.unwrap_or_default();
    let line = title.lines().next().unwrap_or_default();
    ToolCall {
        id: asked.id.clone(),
        name: asked.name.clone(),
        input: asked.input.clone(),
        verb: verb.to_owned(),
        title: line.chars().take(200).collect(),
        kind,
        access: Vec::new(),
        preview: None,
    }
}

//! Sessions of Claude Code: a line of JSON for each message, in a tree by `parentUuid`.
//!
//! One answer of the model stands in several lines of the same `message.id`; the results of tools
//! are lines of the user.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::base::clock::{Millis, iso_time};
use crate::protocol::{
    Author, ChangeKind, Content, DiffLine, FileChange, Hunk, Image, LineKind, ModelId, ToolOutcome,
    Usage,
};
use crate::session::import::build::{Build, Ended, call_id, outcome, tool_use};
use crate::session::import::{Counts, Told};

/// Lines that say nothing about what was said.
const KNOWN: &[&str] = &[
    "summary",
    "system",
    "file-history-snapshot",
    "queue-operation",
    "progress",
    "attachment",
    "custom-title",
    "ai-title",
    "agent-name",
    "last-prompt",
    "permission-mode",
    "mode",
    "tag",
    "pr-link",
];

/// Lines of a new file that are taken over of it.
const NEW: usize = 2000;

/// What the file tells.
pub(super) fn told(lines: &[Value], model: fn(&str) -> ModelId) -> Told {
    let rewound = rewound(lines);
    let (mut told, mut build, mut seen) = (Told::default(), Build::default(), HashSet::new());
    for line in lines {
        let main = !is_side(line);
        if told.id.is_empty() && main {
            text(line, "sessionId").clone_into(&mut told.id);
        }
        let kind = text(line, "type");
        if !matches!(kind, "user" | "assistant") {
            told.counts.unknown += usize::from(!KNOWN.contains(&kind));
            continue;
        }
        if !main {
            told.counts.side += 1;
            continue;
        }
        let uuid = text(line, "uuid");
        if rewound.contains(uuid) {
            told.counts.rewound += 1;
            continue;
        }
        // A session that was resumed may repeat what it began with.
        if !uuid.is_empty() && !seen.insert(uuid) {
            continue;
        }
        let at = iso_time(text(line, "timestamp")).or(told.started).unwrap_or_default();
        told.started.get_or_insert(at);
        if told.cwd.is_none() {
            told.cwd = Some(text(line, "cwd")).filter(|cwd| !cwd.is_empty()).map(PathBuf::from);
        }
        if kind == "user" {
            user(line, at, &mut build, &mut told.counts);
        } else {
            assistant(line, at, &mut build, &mut told, model);
        }
    }
    told.events = build.events(&told.id);
    told
}

/// A field that is a text; empty where it is none.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn is_side(line: &Value) -> bool {
    line["isSidechain"] == true
}

/// The blocks of a message. A text alone is one block.
fn blocks(line: &Value) -> Vec<Value> {
    match &line["message"]["content"] {
        Value::String(text) => vec![serde_json::json!({"type": "text", "text": text})],
        Value::Array(blocks) => blocks.clone(),
        _ => Vec::new(),
    }
}

/// Does the user speak here, and not a tool or Claude Code itself?
fn is_prompt(line: &Value) -> bool {
    text(line, "type") == "user"
        && line["isMeta"] != true
        && line["isCompactSummary"] != true
        && !is_side(line)
        && blocks(line).iter().any(|block| text(block, "type") != "tool_result")
}

/// What stands on branches that the user left: of several prompts after the same line, the last one
/// counts.
fn rewound(lines: &[Value]) -> HashSet<&str> {
    let mut last: HashMap<&str, &str> = HashMap::new();
    for line in lines.iter().filter(|line| is_prompt(line)) {
        if let Some(parent) = line["parentUuid"].as_str() {
            last.insert(parent, text(line, "uuid"));
        }
    }
    let mut rewound = HashSet::new();
    for line in lines {
        let (uuid, Some(parent)) = (text(line, "uuid"), line["parentUuid"].as_str()) else {
            continue;
        };
        let left = is_prompt(line) && last.get(parent).is_some_and(|last| *last != uuid);
        if !uuid.is_empty() && (left || rewound.contains(parent)) {
            rewound.insert(uuid);
        }
    }
    rewound
}

fn user(line: &Value, at: Millis, build: &mut Build, counts: &mut Counts) {
    let mut prompt = Vec::new();
    for block in blocks(line) {
        match text(&block, "type") {
            "tool_result" => {
                let id = call_id(text(&block, "tool_use_id"));
                if !build.is_asked(&id) {
                    counts.unknown += 1;
                    continue;
                }
                let changes = changes(&line["toolUseResult"]);
                build.result(id, Ended { at, outcome: result(&block), changes });
            }
            "text" => prompt.push(Content::text(text(&block, "text"))),
            "image" => prompt.extend(image(&block).map(Content::Image)),
            _ => counts.unknown += 1,
        }
    }
    if !is_prompt(line) || prompt.is_empty() {
        return;
    }
    let words = crate::protocol::text_of(&prompt);
    if words.starts_with("[Request interrupted by user") {
        build.stopped();
    } else if !is_own(&words) {
        build.prompt(at, prompt);
    }
}

/// Words that Claude Code puts into the user's mouth: its own commands and what they printed.
fn is_own(words: &str) -> bool {
    let begins = ["<command-name>", "<command-message>", "<local-command-", "<bash-", "Caveat: "];
    words.trim().is_empty() || begins.iter().any(|begin| words.trim_start().starts_with(begin))
}

fn assistant(
    line: &Value,
    at: Millis,
    build: &mut Build,
    told: &mut Told,
    model: fn(&str) -> ModelId,
) {
    let message = &line["message"];
    let name = text(message, "model");
    if line["isApiErrorMessage"] == true || name == "<synthetic>" {
        return;
    }
    if told.model.is_none() && !name.is_empty() {
        told.model = Some(name.to_owned());
    }
    let own = text(line, "uuid");
    let key = message["id"].as_str().unwrap_or(own);
    let model = model(name);
    for block in blocks(line) {
        let content = match text(&block, "type") {
            "text" if text(&block, "text").trim().is_empty() => continue,
            "text" => Content::text(text(&block, "text")),
            // The seal is worth nothing in another conversation.
            "thinking" => {
                Content::Thinking { text: text(&block, "thinking").to_owned(), signature: None }
            }
            "redacted_thinking" => continue,
            "tool_use" => {
                let (id, name) = (text(&block, "id"), text(&block, "name"));
                Content::ToolUse(tool_use(id, name, block["input"].clone()))
            }
            _ => {
                told.counts.unknown += 1;
                continue;
            }
        };
        told.counts.unknown += usize::from(!build.say(at, key, &model, content));
    }
    let count = |name: &str| message["usage"][name].as_u64().unwrap_or(0);
    let usage = Usage {
        input: count("input_tokens"),
        output: count("output_tokens"),
        cache_read: count("cache_read_input_tokens"),
        cache_write: count("cache_creation_input_tokens"),
        ..Usage::default()
    };
    build.used(Some(key), usage);
}

/// What a tool said.
fn result(block: &Value) -> ToolOutcome {
    let failed = block["is_error"] == true;
    match &block["content"] {
        Value::Array(parts) => {
            let texts: Vec<_> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            let image = parts.iter().find_map(image);
            ToolOutcome { image, ..outcome(&texts.join("\n"), failed) }
        }
        Value::String(text) => outcome(text, failed),
        _ => outcome("", failed),
    }
}

fn image(block: &Value) -> Option<Image> {
    let source = block.get("source").filter(|source| source["type"] == "base64")?;
    let (media_type, data) = (text(source, "media_type"), text(source, "data"));
    let known = ["image/png", "image/jpeg", "image/gif", "image/webp"].contains(&media_type);
    known.then(|| Image { media_type: media_type.to_owned(), data: data.into() })
}

/// What an edit changed: Claude Code keeps the hunks.
fn changes(result: &Value) -> Vec<FileChange> {
    let (path, Some(hunks)) = (text(result, "filePath"), result["structuredPatch"].as_array())
    else {
        return Vec::new();
    };
    let added = text(result, "type") == "create";
    let kind = if added { ChangeKind::Added } else { ChangeKind::Modified };
    let mut change = FileChange::new(path, kind, Author::Agent);
    change.hunks = hunks.iter().map(hunk).collect();
    if added && change.hunks.is_empty() {
        let line = |text: &str| DiffLine { kind: LineKind::Added, text: text.to_owned() };
        let lines: Vec<_> = text(result, "content").lines().take(NEW).map(line).collect();
        change.hunks = vec![Hunk { old_start: 0, new_start: 1, lines }];
    }
    let lines = || change.hunks.iter().flat_map(|hunk| &hunk.lines);
    let (added, removed) = (
        lines().filter(|line| line.kind == LineKind::Added).count(),
        lines().filter(|line| line.kind == LineKind::Removed).count(),
    );
    (change.added, change.removed) = (added, removed);
    if path.is_empty() || added + removed == 0 { Vec::new() } else { vec![change] }
}

fn hunk(hunk: &Value) -> Hunk {
    let start = |name: &str| hunk[name].as_u64().unwrap_or(0) as usize;
    let lines = hunk["lines"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let lines = lines.filter_map(|line| {
        let kind = match line.chars().next() {
            Some('+') => LineKind::Added,
            Some('-') => LineKind::Removed,
            Some(' ') => LineKind::Context,
            // "\ No newline at end of file"
            _ => return None,
        };
        Some(DiffLine { kind, text: line[1..].to_owned() })
    });
    let lines = lines.collect();
    Hunk { old_start: start("oldStart"), new_start: start("newStart"), lines }
}

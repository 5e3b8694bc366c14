//! Sessions of Codex: `{timestamp, type, payload}` a line. Files of early versions have the items
//! alone.
//!
//! What was said stands there twice: as an item of the request (`response_item`) and as what the
//! screen was told (`event_msg`). The user's own words are known by the latter, since requests hold
//! instructions in the user's name too.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::base::clock::{Millis, iso_time};
use crate::protocol::{Content, Image, ModelId, Usage};
use crate::session::import::Told;
use crate::session::import::build::{Build, Ended, call_id, outcome, tool_use};

/// Items and events that say nothing that is not said elsewhere.
const KNOWN: &[&str] = &[
    "agent_message",
    "agent_message_delta",
    "agent_reasoning",
    "agent_reasoning_raw_content",
    "agent_reasoning_section_break",
    "compacted",
    "compaction",
    "context_compacted",
    "entered_review_mode",
    "exec_command_begin",
    "exec_command_end",
    "exited_review_mode",
    "ghost_snapshot",
    "item_completed",
    "mcp_tool_call_begin",
    "mcp_tool_call_end",
    "other",
    "patch_apply_begin",
    "patch_apply_end",
    "plan_update",
    "state",
    "task_complete",
    "task_started",
    "thread_rolled_back",
    "turn_diff",
    "web_search_begin",
    "web_search_end",
];

/// Where the one who reads a file is in it.
struct Reader {
    told: Told,
    build: Build,
    model: ModelId,
    /// Whose models are asked.
    vendor: String,
    /// The user's words are told as events.
    events: bool,
    /// Which message it is in: a result ends one.
    message: usize,
    ended: bool,
}

/// What the file tells.
pub(super) fn told(lines: &[Value], model: fn(&str) -> ModelId) -> Told {
    let is_user = |line: &Value| text(&line["payload"], "type") == "user_message";
    let mut reader = Reader {
        told: Told::default(),
        build: Build::default(),
        model: model(""),
        vendor: "openai".to_owned(),
        events: lines.iter().any(|line| text(line, "type") == "event_msg" && is_user(line)),
        message: 0,
        ended: true,
    };
    for line in lines {
        let at = iso_time(text(line, "timestamp")).or(reader.told.started).unwrap_or_default();
        let payload = &line["payload"];
        match text(line, "type") {
            "session_meta" => reader.meta(payload, at),
            "turn_context" => reader.context(payload, model),
            "response_item" => reader.item(payload, at),
            "event_msg" => reader.event(payload, at),
            "compacted" => {}
            // The first line of an early version, and its items.
            "" if line.get("record_type").is_some() => {}
            "" if line.get("id").is_some() => reader.meta(line, at),
            _ => reader.item(line, at),
        }
    }
    let Reader { mut told, build, .. } = reader;
    told.events = build.events(&told.id);
    told
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

impl Reader {
    fn meta(&mut self, meta: &Value, at: Millis) {
        // A fork repeats the beginning of another file: the first one is this session's.
        if !self.told.id.is_empty() {
            return;
        }
        text(meta, "id").clone_into(&mut self.told.id);
        self.told.started = iso_time(text(meta, "timestamp")).or(Some(at));
        self.told.cwd = meta["cwd"].as_str().map(PathBuf::from);
        if let Some(vendor) = meta["model_provider"].as_str().filter(|name| !name.is_empty()) {
            vendor.clone_into(&mut self.vendor);
        }
    }

    fn context(&mut self, context: &Value, model: fn(&str) -> ModelId) {
        if let Some(name) = context["model"].as_str() {
            let name = format!("{}/{name}", self.vendor);
            self.model = model(&name);
            self.told.model.get_or_insert(name);
        }
        if self.told.cwd.is_none() {
            self.told.cwd = context["cwd"].as_str().map(PathBuf::from);
        }
    }

    fn item(&mut self, item: &Value, at: Millis) {
        match text(item, "type") {
            "message" => self.said(item, at),
            "reasoning" => {
                let parts = [&item["summary"], &item["content"]].into_iter().flat_map(parts);
                let words: Vec<_> = parts.collect();
                if !words.is_empty() {
                    let (text, signature) = (words.join("\n"), None);
                    self.say(at, Content::Thinking { text, signature });
                }
            }
            "function_call" => {
                let arguments = text(item, "arguments");
                let input = serde_json::from_str(arguments).unwrap_or_else(|_| json!(arguments));
                self.call(item, text(item, "name"), input, at);
            }
            "custom_tool_call" => {
                self.call(item, text(item, "name"), item["input"].clone(), at);
            }
            "local_shell_call" => {
                let input = json!({ "command": item["action"]["command"] });
                self.call(item, "local_shell", input, at);
            }
            "web_search_call" => {
                let input = json!({ "query": item["action"]["query"] });
                let id = item["id"].as_str().map_or_else(|| format!("ws_{}", at.0), str::to_owned);
                self.say(at, Content::ToolUse(tool_use(&id, "web_search", input)));
            }
            "function_call_output" | "custom_tool_call_output" => self.result(item, at),
            kind => self.told.counts.unknown += usize::from(!KNOWN.contains(&kind)),
        }
    }

    fn event(&mut self, event: &Value, at: Millis) {
        match text(event, "type") {
            "user_message" => {
                let images = event["images"].as_array().into_iter().flatten();
                let images = images.filter_map(|url| image(url.as_str()?)).map(Content::Image);
                let words = Some(text(event, "message")).filter(|words| !words.trim().is_empty());
                let prompt: Vec<_> = words.map(Content::text).into_iter().chain(images).collect();
                self.prompt(prompt, at);
            }
            "token_count" => {
                let used = &event["info"]["last_token_usage"];
                let count = |name: &str| used[name].as_u64().unwrap_or(0);
                let cached = count("cached_input_tokens");
                if !used.is_null() {
                    let usage = Usage {
                        input: count("input_tokens").saturating_sub(cached),
                        output: count("output_tokens"),
                        cache_read: cached,
                        ..Usage::default()
                    };
                    self.build.used(None, usage);
                }
            }
            "turn_aborted" => self.build.stopped(),
            kind => self.told.counts.unknown += usize::from(!KNOWN.contains(&kind)),
        }
    }

    fn prompt(&mut self, prompt: Vec<Content>, at: Millis) {
        if !prompt.is_empty() {
            self.told.started.get_or_insert(at);
            self.ended = true;
            self.build.prompt(at, prompt);
        }
    }

    fn said(&mut self, item: &Value, at: Millis) {
        let words: Vec<_> = parts(&item["content"]).collect();
        match text(item, "role") {
            "assistant" => {
                for words in words.into_iter().filter(|words| !words.trim().is_empty()) {
                    self.say(at, Content::text(words));
                }
            }
            "user" if !self.events => {
                let own = words.into_iter().filter(|words| !is_instruction(words));
                let images = item["content"].as_array().into_iter().flatten();
                let images = images.filter_map(|part| image(text(part, "image_url")));
                let prompt = own.map(Content::text).chain(images.map(Content::Image)).collect();
                self.prompt(prompt, at);
            }
            _ => {}
        }
    }

    fn call(&mut self, item: &Value, name: &str, input: Value, at: Millis) {
        let asked = tool_use(text(item, "call_id"), name, input);
        self.say(at, Content::ToolUse(asked));
    }

    fn say(&mut self, at: Millis, content: Content) {
        if std::mem::take(&mut self.ended) {
            self.message += 1;
        }
        let key = self.message.to_string();
        let taken = self.build.say(at, &key, &self.model, content);
        self.told.counts.unknown += usize::from(!taken);
    }

    fn result(&mut self, item: &Value, at: Millis) {
        let id = call_id(text(item, "call_id"));
        if !self.build.is_asked(&id) {
            self.told.counts.unknown += 1;
            return;
        }
        self.ended = true;
        let (words, failed) = output(&item["output"]);
        let outcome = outcome(&words, failed);
        self.build.result(id, Ended { at, outcome, changes: Vec::new() });
    }
}

/// The words of a message's parts.
fn parts(content: &Value) -> impl Iterator<Item = &str> {
    content.as_array().into_iter().flatten().filter_map(|part| part["text"].as_str())
}

/// What a tool printed, and whether it failed. Some versions wrap it in JSON, as a text.
fn output(output: &Value) -> (String, bool) {
    match output {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(wrapped)) => {
                let failed = wrapped.get("metadata").and_then(|it| it["exit_code"].as_i64());
                match wrapped.get("output").and_then(Value::as_str) {
                    Some(printed) => (printed.to_owned(), failed.is_some_and(|code| code != 0)),
                    None => (text.clone(), false),
                }
            }
            _ => (text.clone(), false),
        },
        Value::Array(_) => (parts(output).collect::<Vec<_>>().join("\n"), false),
        Value::Object(wrapped) => {
            let failed = wrapped.get("success") == Some(&Value::Bool(false));
            let text = wrapped.get("content").and_then(Value::as_str).unwrap_or_default();
            (text.to_owned(), failed)
        }
        _ => (String::new(), false),
    }
}

/// A picture in a data URL.
fn image(url: &str) -> Option<Image> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    let known = ["image/png", "image/jpeg", "image/gif", "image/webp"].contains(&media_type);
    known.then(|| Image { media_type: media_type.to_owned(), data: data.into() })
}

/// What Codex says in the user's name.
fn is_instruction(words: &str) -> bool {
    let begins = [
        "<environment_context>",
        "<user_instructions>",
        "<INSTRUCTIONS>",
        "# AGENTS.md instructions",
        "<turn_aborted>",
        "<permissions instructions>",
    ];
    words.trim().is_empty() || begins.iter().any(|begin| words.trim_start().starts_with(begin))
}

//! The Messages API: `platform.claude.com/docs/en/api/messages`,
//! `…/docs/en/agents-and-tools/tool-use/implement-tool-use`, `…/build-with-claude/prompt-caching`.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Wrong, list};

pub(super) fn check(body: &Value, wrong: &mut Wrong) {
    let more = ["thinking", "output_config", "tools", "system"];
    wrong.fields(body, &["model", "max_tokens", "stream", "messages"], &more);
    wrong.unless(body["max_tokens"].as_u64() > Some(0), || "max_tokens".to_owned());
    let marks = body.to_string().matches("\"cache_control\"").count();
    wrong.unless(marks <= 4, || format!("{marks} marks"));
    for tool in list(&body["tools"]) {
        wrong.fields(tool, &["name", "input_schema"], &["description", "cache_control"]);
        wrong.name(&tool["name"], 128, "");
        wrong.unless(tool["input_schema"]["type"] == "object", || format!("schema of {tool}"));
    }
    let messages = list(&body["messages"]);
    wrong.unless(!messages.is_empty(), || "no messages".to_owned());
    let mut known = HashSet::new();
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        wrong.fields(message, &["role", "content"], &[]);
        let role = if at % 2 == 0 { "user" } else { "assistant" };
        wrong.unless(message["role"] == role, || format!("message {at} is not by the {role}"));
        let blocks = list(&message["content"]);
        wrong.unless(!blocks.is_empty(), || format!("message {at} is empty"));
        let results = blocks.iter().take_while(|it| it["type"] == "tool_result").count();
        let answered: Vec<_> =
            blocks[..results].iter().filter_map(|it| it["tool_use_id"].as_str()).collect();
        let answers: HashSet<_> = answered.iter().copied().collect();
        let asked: HashSet<_> = open.drain(..).collect();
        wrong.unless(answers == asked && answers.len() == answered.len(), || {
            format!("message {at} answers {answered:?} where {asked:?} was asked")
        });
        for (place, it) in blocks.iter().enumerate() {
            match it["type"].as_str().unwrap_or_default() {
                "text" | "image" if role == "user" => shown(it, wrong),
                "text" => shown(it, wrong),
                "tool_result" if role == "user" && place < results => {
                    let more = ["content", "is_error", "cache_control"];
                    wrong.fields(it, &["type", "tool_use_id"], &more);
                    for it in list(&it["content"]) {
                        shown(it, wrong);
                    }
                }
                "tool_use" if role == "assistant" => {
                    wrong.fields(it, &["type", "id", "name", "input"], &[]);
                    wrong.name(&it["id"], usize::MAX, "");
                    wrong.name(&it["name"], 128, "");
                    wrong.unless(it["input"].is_object(), || format!("input of {it}"));
                    let id = it["id"].as_str().unwrap_or_default();
                    wrong.unless(known.insert(id), || format!("{id} is asked twice"));
                    open.push(id);
                }
                "thinking" if role == "assistant" => {
                    wrong.fields(it, &["type", "thinking", "signature"], &[]);
                    wrong.words(&it["signature"]);
                    wrong.unless(place + 1 < blocks.len(), || "ends with thinking".to_owned());
                }
                "redacted_thinking" if role == "assistant" => {
                    wrong.fields(it, &["type", "data"], &[]);
                    wrong.unless(place + 1 < blocks.len(), || "ends with thinking".to_owned());
                }
                _ => wrong.0.push(format!("message {at} of the {role} has {it}")),
            }
        }
    }
    wrong.unless(messages.len() % 2 == 1, || "the assistant speaks last".to_owned());
    thinking(body, messages, wrong);
}

fn shown(block: &Value, wrong: &mut Wrong) {
    if block["type"] == "image" {
        wrong.fields(block, &["type", "source"], &["cache_control"]);
        wrong.fields(&block["source"], &["type", "media_type", "data"], &[]);
        wrong.picture(&block["source"]["media_type"], &block["source"]["data"]);
    } else {
        wrong.fields(block, &["type", "text"], &["cache_control"]);
        wrong.words(&block["text"]);
    }
}

fn thinking(body: &Value, messages: &[Value], wrong: &mut Wrong) {
    let thinking = &body["thinking"];
    match thinking["type"].as_str() {
        None => wrong.unless(thinking.is_null(), || format!("{thinking}")),
        Some("adaptive") => wrong.fields(thinking, &["type"], &["display"]),
        Some("disabled") => wrong.fields(thinking, &["type"], &[]),
        Some("enabled") => {
            let budget = thinking["budget_tokens"].as_u64();
            let fits = budget >= Some(1024) && budget < body["max_tokens"].as_u64();
            wrong.unless(fits, || format!("{thinking} does not fit"));
            if let [.., asked, answered] = messages
                && answered["content"][0]["type"] == "tool_result"
            {
                let first = asked["content"][0]["type"].as_str().unwrap_or_default();
                wrong.unless(first.ends_with("thinking"), || format!("begins with {first}"));
            }
        }
        Some(_) => wrong.0.push(format!("{thinking}")),
    }
    let effort = &body["output_config"]["effort"];
    let efforts = [json!("low"), json!("medium"), json!("high"), json!("xhigh"), json!("max")];
    wrong.unless(effort.is_null() || efforts.contains(effort), || format!("effort {effort}"));
}

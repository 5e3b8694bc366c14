//! Chat Completions: `platform.openai.com/docs/api-reference/chat/create`, and what
//! `openrouter.ai/docs` adds (`reasoning`, `reasoning_details`, `cache_control`).

use std::collections::HashSet;

use serde_json::Value;

use super::{Wrong, list};

pub(super) fn check(body: &Value, wrong: &mut Wrong) {
    let more = [
        "stream_options",
        "max_tokens",
        "max_completion_tokens",
        "reasoning_effort",
        "reasoning",
        "prompt_cache_key",
        "thinking",
        "tools",
    ];
    wrong.fields(body, &["model", "stream", "messages"], &more);
    for tool in list(&body["tools"]) {
        wrong.unless(tool["type"] == "function", || format!("{tool}"));
        let function = &tool["function"];
        wrong.fields(function, &["name", "parameters"], &["description"]);
        wrong.name(&function["name"], 64, "");
        wrong.unless(function["parameters"]["type"] == "object", || format!("{function}"));
    }
    let messages = list(&body["messages"]);
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if role != "tool" {
            wrong.unless(open.is_empty(), || format!("{open:?} unanswered before {at}"));
        }
        match role {
            "system" | "developer" => {
                wrong.unless(at == 0, || format!("instructions at {at}"));
                content(message, false, wrong);
            }
            "user" => {
                wrong.fields(message, &["role", "content"], &[]);
                content(message, true, wrong);
            }
            "assistant" => {
                let more = ["tool_calls", "reasoning_details", "reasoning", "reasoning_content"];
                wrong.fields(message, &["role", "content"], &more);
                if !message["content"].is_null() {
                    content(message, false, wrong);
                }
                let calls = list(&message["tool_calls"]);
                let says = !message["content"].is_null() || !calls.is_empty();
                wrong.unless(says, || format!("message {at} says nothing"));
                let given = message.get("tool_calls").is_some();
                wrong.unless(!given || !calls.is_empty(), || format!("no calls in {at}"));
                open = calls.iter().filter_map(|call| call["id"].as_str()).collect();
                let ids: HashSet<_> = open.iter().collect();
                wrong.unless(ids.len() == calls.len(), || format!("ids of {at}: {open:?}"));
                for call in calls {
                    asks(call, wrong);
                }
                for detail in list(&message["reasoning_details"]) {
                    wrong.unless(detail["type"].is_string(), || format!("{detail}"));
                }
            }
            "tool" => {
                wrong.fields(message, &["role", "tool_call_id", "content"], &["cache_control"]);
                content(message, false, wrong);
                let id = message["tool_call_id"].as_str().unwrap_or_default();
                match open.iter().position(|it| *it == id) {
                    Some(place) => drop(open.remove(place)),
                    None => wrong.0.push(format!("{id} was not asked right before {at}")),
                }
            }
            other => wrong.0.push(format!("the role {other:?}")),
        }
    }
    wrong.unless(open.is_empty(), || format!("{open:?} unanswered at the end"));
    let last = messages.last().map(|last| &last["role"]);
    wrong.unless(last.is_some_and(|role| role != "assistant"), || "the last role".to_owned());
}

fn asks(call: &Value, wrong: &mut Wrong) {
    wrong.fields(call, &["id", "type", "function"], &[]);
    let id = call["id"].as_str().unwrap_or_default();
    let visible = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    wrong.unless(visible, || format!("the id {id:?}"));
    wrong.fields(&call["function"], &["name", "arguments"], &[]);
    wrong.name(&call["function"]["name"], 64, "");
    wrong.object_in_words(&call["function"]["arguments"]);
}

fn content(message: &Value, pictures: bool, wrong: &mut Wrong) {
    let content = &message["content"];
    let Some(parts) = content.as_array() else {
        wrong.words(content);
        return;
    };
    wrong.unless(!parts.is_empty(), || "no parts".to_owned());
    for part in parts {
        if pictures && part["type"] == "image_url" {
            wrong.fields(&part["image_url"], &["url"], &["detail"]);
            wrong.data_url(&part["image_url"]["url"]);
        } else {
            wrong.unless(part["type"] == "text", || format!("{part}"));
            wrong.fields(part, &["type", "text"], &["cache_control"]);
            wrong.words(&part["text"]);
        }
    }
}

//! The Responses API: `platform.openai.com/docs/api-reference/responses/create`.

use std::collections::HashSet;

use serde_json::Value;

use super::{Wrong, list};

pub(super) fn check(body: &Value, wrong: &mut Wrong) {
    let more = ["include", "reasoning", "prompt_cache_key", "tools", "instructions"];
    wrong.fields(body, &["model", "stream", "store", "max_output_tokens", "input"], &more);
    wrong.unless(body["max_output_tokens"].as_u64() >= Some(16), || "the limit".to_owned());
    let key = body["prompt_cache_key"].as_str().unwrap_or_default();
    wrong.unless(key.len() <= 64, || format!("the cache's key {key}"));
    for tool in list(&body["tools"]) {
        let required = ["type", "name", "parameters", "strict"];
        wrong.fields(tool, &required, &["description"]);
        wrong.name(&tool["name"], 64, "");
        wrong.unless(tool["parameters"]["type"] == "object", || format!("{tool}"));
    }
    let items = list(&body["input"]);
    wrong.unless(!items.is_empty(), || "no items".to_owned());
    let mut known = HashSet::new();
    let mut open: HashSet<&str> = HashSet::new();
    for (at, item) in items.iter().enumerate() {
        let id = item["call_id"].as_str().unwrap_or_default();
        match item["type"].as_str().unwrap_or_default() {
            "message" => {
                wrong.fields(item, &["type", "role", "content"], &["phase"]);
                // Calls made at once stand beside the words of the same reply.
                let by_user = item["role"] == "user";
                let done = !by_user || open.is_empty();
                wrong.unless(done, || format!("{open:?} unanswered before item {at}"));
                message(item, wrong);
            }
            "reasoning" => {
                wrong.fields(item, &["type", "summary", "encrypted_content"], &["id"]);
                wrong.words(&item["encrypted_content"]);
                for part in list(&item["summary"]) {
                    wrong.unless(part["type"] == "summary_text", || format!("{part}"));
                }
                let next = items.get(at + 1);
                let led = next.is_some_and(|next| match next["type"].as_str() {
                    Some("reasoning" | "function_call") => true,
                    Some("message") => next["role"] == "assistant",
                    _ => false,
                });
                wrong.unless(led, || format!("the reasoning at {at} led to nothing"));
            }
            "function_call" => {
                wrong.fields(item, &["type", "call_id", "name", "arguments"], &[]);
                wrong.name(&item["call_id"], 64, "");
                wrong.name(&item["name"], 64, "");
                wrong.object_in_words(&item["arguments"]);
                wrong.unless(known.insert(id), || format!("{id} is asked twice"));
                open.insert(id);
            }
            "function_call_output" => {
                wrong.fields(item, &["type", "call_id", "output"], &[]);
                wrong.unless(open.remove(id), || format!("{id} is answered, not asked"));
                match &item["output"] {
                    Value::Array(parts) => parts.iter().for_each(|it| input(it, wrong)),
                    output => wrong.words(output),
                }
            }
            _ => wrong.0.push(format!("{item}")),
        }
    }
    wrong.unless(open.is_empty(), || format!("{open:?} unanswered at the end"));
    let last = items.last();
    let by_user = last.is_some_and(|it| it["role"] == "user" || it.get("output").is_some());
    wrong.unless(by_user, || format!("the last is {last:?}"));
}

fn message(item: &Value, wrong: &mut Wrong) {
    let parts = list(&item["content"]);
    wrong.unless(!parts.is_empty(), || format!("nothing said: {item}"));
    for part in parts {
        match item["role"].as_str() {
            Some("user") => input(part, wrong),
            Some("assistant") => {
                wrong.unless(part["type"] == "output_text", || format!("{part}"));
                wrong.words(&part["text"]);
            }
            _ => wrong.0.push(format!("the role of {item}")),
        }
    }
}

fn input(part: &Value, wrong: &mut Wrong) {
    if part["type"] == "input_image" {
        wrong.fields(part, &["type", "image_url", "detail"], &[]);
        wrong.data_url(&part["image_url"]);
    } else {
        wrong.unless(part["type"] == "input_text", || format!("{part}"));
        wrong.fields(part, &["type", "text"], &[]);
        wrong.words(&part["text"]);
    }
}

//! The Gemini API: `ai.google.dev/api/generate-content`, `ai.google.dev/api/caching#Content`,
//! `ai.google.dev/gemini-api/docs/thought-signatures`.

use serde_json::Value;

use super::{Wrong, list};

pub(super) fn check(body: &Value, wrong: &mut Wrong) {
    wrong.fields(body, &["contents", "generationConfig"], &["systemInstruction", "tools"]);
    let config = &body["generationConfig"];
    wrong.fields(config, &["maxOutputTokens"], &["thinkingConfig"]);
    wrong.unless(config["maxOutputTokens"].as_u64() > Some(0), || "the limit".to_owned());
    let functions =
        list(&body["tools"]).iter().flat_map(|tool| list(&tool["functionDeclarations"]));
    for function in functions {
        wrong.fields(function, &["name", "description"], &["parameters"]);
        name(&function["name"], wrong);
    }
    let contents = list(&body["contents"]);
    wrong.unless(contents.len() % 2 == 1, || format!("{} contents", contents.len()));
    let mut open: Vec<(&Value, &Value)> = Vec::new();
    for (at, content) in contents.iter().enumerate() {
        wrong.fields(content, &["role", "parts"], &[]);
        let role = if at % 2 == 0 { "user" } else { "model" };
        wrong.unless(content["role"] == role, || format!("content {at} is not by the {role}"));
        let parts = list(&content["parts"]);
        wrong.unless(!parts.is_empty(), || format!("content {at} is empty"));
        let mut answered = Vec::new();
        for it in parts {
            part(it, role, wrong);
            if let Some(answer) = it.get("functionResponse") {
                answered.push((&answer["id"], &answer["name"]));
            }
        }
        let asked = std::mem::take(&mut open);
        wrong.unless(answered == asked, || format!("{asked:?} answered by {answered:?}"));
        let calls: Vec<_> = parts.iter().filter(|it| it.get("functionCall").is_some()).collect();
        if let Some(first) = calls.first() {
            // Newer models refuse a first call without one.
            wrong.unless(first.get("thoughtSignature").is_some(), || format!("unsealed: {first}"));
        }
        open =
            calls.iter().map(|it| &it["functionCall"]).map(|it| (&it["id"], &it["name"])).collect();
    }
}

fn part(part: &Value, role: &str, wrong: &mut Wrong) {
    let kinds = ["text", "inlineData", "functionCall", "functionResponse"];
    let held: Vec<_> = kinds.iter().filter(|kind| part.get(**kind).is_some()).collect();
    wrong.unless(held.len() == 1, || format!("{part} holds {held:?}"));
    wrong.fields(part, &[], &[&kinds[..], &["thought", "thoughtSignature"]].concat());
    match (held.first().map(|kind| **kind), role) {
        (Some("text"), _) => wrong.words(&part["text"]),
        (Some("inlineData"), "user") => {
            let it = &part["inlineData"];
            wrong.picture(&it["mimeType"], &it["data"]);
        }
        (Some("functionCall"), "model") => {
            let it = &part["functionCall"];
            wrong.fields(it, &["name", "args"], &["id"]);
            name(&it["name"], wrong);
            wrong.unless(it["args"].is_object(), || format!("arguments of {it}"));
        }
        (Some("functionResponse"), "user") => {
            let it = &part["functionResponse"];
            wrong.fields(it, &["name", "response"], &["id"]);
            name(&it["name"], wrong);
            wrong.unless(it["response"].is_object(), || format!("{it}"));
        }
        _ => wrong.0.push(format!("{part} by the {role}")),
    }
}

fn name(value: &Value, wrong: &mut Wrong) {
    wrong.name(value, 64, ".");
    let first = value.as_str().unwrap_or_default().chars().next();
    let begins = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    wrong.unless(begins, || format!("{value} begins wrongly"));
}

//! A request's body without what differs from run to run, and where two of them differ.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::line::each_text;
use crate::base::{cap, digest};

/// What the instructions say of the place and the day.
static FACTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let facts =
        r"# Where you are\n\n- Working directory: (.*)\n- Platform: .*\n- Date: .*\n- Git: .*";
    Regex::new(facts).ok()
});
/// A name that claw itself gave to a call (UUID version 7).
static FRESH: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:[a-z]+_)?[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$").ok());
/// Where names of calls stand.
const NAMES: &[&str] = &["id", "call_id", "tool_call_id", "tool_use_id"];
/// Where the session's name stands.
const SESSION: &str = "prompt_cache_key";
/// Most characters of a value that are shown.
const MAX_SHOWN: usize = 60;

/// A body that can be compared.
#[derive(Debug)]
pub(super) struct Normal {
    pub body: Value,
    pub digest: String,
}

/// `body` without the project's place, the day, the session's name and the names that claw gave to
/// calls: those are numbered as they come.
pub(super) fn normal(body: &Value) -> Normal {
    let mut body = body.clone();
    if let Value::Object(all) = &mut body {
        all.shift_remove(SESSION);
    }
    rename(&mut body, &mut HashMap::new());
    let mut root = None;
    each_text(&mut body, &mut |text| {
        let Some(found) = FACTS.as_ref().and_then(|facts| facts.captures(text)) else { return };
        let (whole, place) = (found.get(0), found.get(1));
        root = root.take().or_else(|| place.map(|place| place.as_str().to_owned()));
        if let Some(range) = whole.map(|whole| whole.range()) {
            text.replace_range(range, "# Where you are");
        }
    });
    if let Some(root) = root.filter(|root| root.len() > 1) {
        each_text(&mut body, &mut |text| {
            if text.contains(&root) {
                *text = text.replace(&root, "{project}");
            }
        });
    }
    let digest = digest::sha256(sorted(&body).to_string().as_bytes());
    Normal { body, digest }
}

/// Numbers the names that claw gave to calls.
fn rename(value: &mut Value, names: &mut HashMap<String, usize>) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|value| rename(value, names)),
        Value::Object(all) => {
            for (key, value) in all {
                match value {
                    Value::String(id) if NAMES.contains(&key.as_str()) => {
                        if FRESH.as_ref().is_some_and(|fresh| fresh.is_match(id)) {
                            let next = names.len() + 1;
                            let number = names.entry(id.clone()).or_insert(next);
                            *id = format!("{{call {number}}}");
                        }
                    }
                    value => rename(value, names),
                }
            }
        }
        _ => {}
    }
}

/// The same with the keys of each object in their order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(all) => all.iter().map(sorted).collect(),
        Value::Object(all) => {
            let mut keys: Vec<_> = all.iter().collect();
            keys.sort_unstable_by_key(|(key, _)| *key);
            let all = keys.into_iter().map(|(key, value)| (key.clone(), sorted(value)));
            Value::Object(all.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Where two bodies differ first, in a sentence; none where they are the same.
pub(super) fn difference(recorded: &Value, now: &Value) -> Option<String> {
    let (at, recorded, now) = first(recorded, now, String::new())?;
    let (recorded, now) = shown(recorded, now);
    Some(format!("at {at:?}: recorded {recorded}, now {now}"))
}

/// The pointer (RFC 6901) to the first value that differs, and both; none where there is none.
fn first<'a>(
    one: &'a Value,
    other: &'a Value,
    at: String,
) -> Option<(String, Option<&'a Value>, Option<&'a Value>)> {
    let below = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let common = one.iter().find_map(|(key, value)| match other.get(key) {
                Some(same) => first(value, same, below(key)),
                None => Some((below(key), Some(value), None)),
            });
            let more = || other.iter().find(|(key, _)| !one.contains_key(*key));
            common.or_else(|| more().map(|(key, value)| (below(key), None, Some(value))))
        }
        (Value::Array(one), Value::Array(other)) => {
            (0..one.len().max(other.len())).find_map(|n| match (one.get(n), other.get(n)) {
                (Some(one), Some(other)) => first(one, other, below(&n.to_string())),
                (one, other) => Some((below(&n.to_string()), one, other)),
            })
        }
        _ => (one != other).then_some((at, Some(one), Some(other))),
    }
}

/// Both values, each from shortly before where they differ.
fn shown(one: Option<&Value>, other: Option<&Value>) -> (String, String) {
    let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
    let (one, other) = (text(one), text(other));
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let from = cap::floor(&one, same.saturating_sub(MAX_SHOWN / 3));
    let cut = |text: &str| {
        let from = cap::floor(text, from);
        let to = cap::floor(text, from.saturating_add(MAX_SHOWN));
        let (before, after) =
            (if from > 0 { "…" } else { "" }, if to < text.len() { "…" } else { "" });
        format!("{before}{}{after}", &text[from..to])
    };
    (cut(&one), cut(&other))
}

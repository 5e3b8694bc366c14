//! The permission rules that people have already: those in Claude Code's `settings.json`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, anyhow};
use serde::Deserialize;
use serde_json::Value;

use crate::config::layer::{self, Layer};
use crate::config::rule::{Effect, RuleText};
use crate::config::source::{Said, Source};

/// What is read of the file; of all else in it, which is not claw's, only the names.
#[derive(Debug, Default, Deserialize)]
struct File {
    #[serde(default)]
    permissions: Permissions,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Permissions {
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    ask: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

/// The rules in one file, as a layer; none where it does not exist.
///
/// # Errors
///
/// Where it cannot be read or is no such JSON: a rule in it that denies would be lost.
pub(super) fn read(path: &Path) -> Result<Option<Layer>> {
    layer::text(path)?.map(|text| parse(path, &text)).transpose()
}

fn parse(path: &Path, text: &str) -> Result<Layer> {
    let at = |line| Source::File { file: path.to_owned(), line };
    let File { permissions, other } = serde_json::from_str(text)
        .map_err(|error| anyhow!("{}: {error}; correct this line", at(error.line())))?;
    let Permissions { allow, ask, deny, other: beside } = permissions;
    // JSON's readers tell no places: a thing stands where its text stands first.
    let stands = |what: &str| {
        let spelled = serde_json::to_string(what).unwrap_or_default();
        at(text.find(&spelled).map_or(1, |offset| layer::line(text, offset)))
    };
    let mut rules = Vec::new();
    for (effect, list) in [(Effect::Allow, allow), (Effect::Ask, ask), (Effect::Deny, deny)] {
        for rule in list {
            let at = stands(&rule);
            rules.push(RuleText::new(effect, rule, at));
        }
    }
    let beside = beside.keys().map(|key| (format!("permissions.{key}"), key));
    let other = other.keys().filter(|key| *key != "$schema").map(|key| (key.clone(), key));
    let unknown = other.chain(beside).map(|(value, key)| Said { value, at: stands(key) }).collect();
    Ok(Layer { rules, unknown, ..Layer::default() })
}

/// Does it stand in such a file? Then it was written for another program, whose tools claw need not
/// have.
pub fn is_foreign(at: &Source) -> bool {
    let Source::File { file, .. } = at else { return false };
    file.extension().is_some_and(|end| end == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_with_their_lines() {
        let text = "{\n \"model\": 1,\n \"permissions\": {\n  \"allow\": [\"Bash(a:*)\"],\n  \
                    \"deny\": [\n   \"Read(./.env)\"\n  ], \"defaultMode\": \"plan\"\n }\n}";
        let Layer { rules, unknown, .. } = parse(Path::new("s.json"), text).unwrap();
        let unknown: Vec<_> =
            unknown.iter().map(|said| format!("{} {}", said.at, said.value)).collect();
        assert_eq!(unknown, ["s.json:2 model", "s.json:7 permissions.defaultMode"]);
        let shown: Vec<_> =
            rules.iter().map(|r| (r.effect, r.text.as_str(), r.at.to_string())).collect();
        assert_eq!(
            shown,
            [
                (Effect::Allow, "Bash(a:*)", "s.json:4".to_owned()),
                (Effect::Deny, "Read(./.env)", "s.json:6".to_owned()),
            ]
        );
        assert!(is_foreign(&rules[0].at) && !is_foreign(&Source::Flag));
        assert_eq!(parse(Path::new("s.json"), "{}").unwrap(), Layer::default());
        for wrong in ["", "{", "3", r#"{"permissions":{"deny":"x"}}"#] {
            let error = parse(Path::new("s.json"), wrong).unwrap_err().to_string();
            assert!(error.starts_with("s.json:"), "{error}");
        }
    }
}

//! The form that an answer must have: JSON that is valid under a schema.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use jsonschema::Validator;
use serde_json::Value;

use crate::base::{cap, regular};

/// Most bytes of a schema: it is told to the model.
const MAX_FILE: usize = 256 << 10;
/// Most faults of an answer that are told.
const MAX_FAULTS: usize = 10;
/// Most bytes of one of them: it may repeat the answer.
const MAX_FAULT: usize = 300;

/// A schema, ready to judge.
#[derive(Debug)]
pub struct Form {
    schema: Value,
    validator: Validator,
}

impl Form {
    /// Reads a JSON schema. What it names by `$ref` has to stand in it: nothing is fetched.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or is no JSON schema.
    pub fn read(path: &Path) -> Result<Self> {
        let doing = || format!("reading the schema {}", path.display());
        let real = path.canonicalize().with_context(doing)?;
        let content = regular::read(&real, MAX_FILE).with_context(doing)?;
        ensure!(!content.cut, "{}: it is longer than {} KiB", doing(), MAX_FILE >> 10);
        Self::new(&content.bytes).with_context(doing)
    }

    fn new(bytes: &[u8]) -> Result<Self> {
        let schema: Value = serde_json::from_slice(bytes).context("it is no JSON")?;
        ensure!(schema.is_object() || schema.is_boolean(), "it is no JSON schema");
        let validator = jsonschema::validator_for(&schema)
            .map_err(|why| anyhow!("it is no JSON schema that can be used: {why}"))?;
        Ok(Self { schema, validator })
    }

    /// What the model is told of it, after the prompt.
    pub(super) fn wish(&self) -> String {
        format!(
            "When all is done, let your last answer be one JSON value that is valid under this \
             JSON schema, and nothing else: no words around it.\n\n```json\n{:#}\n```",
            self.schema
        )
    }

    /// The value that an answer is.
    ///
    /// # Errors
    ///
    /// What is wrong with it, a fault on a line.
    pub(super) fn value(&self, answer: &str) -> Result<Value> {
        let value: Value = serde_json::from_str(unfenced(answer))
            .map_err(|why| anyhow!("- the answer is not one JSON value: {why}"))?;
        let faults = self.validator.iter_errors(&value).take(MAX_FAULTS).map(|fault| {
            let place = fault.instance_path().to_string();
            let place = if place.is_empty() { "the whole".to_owned() } else { place };
            let words = fault.to_string();
            format!("- {place}: {}", &words[..cap::floor(&words, MAX_FAULT)])
        });
        let faults: Vec<_> = faults.collect();
        if faults.is_empty() { Ok(value) } else { bail!(faults.join("\n")) }
    }
}

/// What the model is told where its answer has not the form.
pub(super) fn again(faults: &str) -> String {
    format!(
        "Your last answer is not valid under the JSON schema:\n{faults}\nAnswer again with one JSON \
         value that is, and nothing else."
    )
}

/// An answer without the fence of a code block around the whole of it.
fn unfenced(answer: &str) -> &str {
    let answer = answer.trim();
    let inner = answer.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    match inner.and_then(|inner| inner.split_once('\n')) {
        Some((language, inner)) if !language.contains('{') => inner.trim(),
        _ => answer,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(schema: &Value) -> Form {
        Form::new(schema.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn answers_are_judged() {
        let form = form(&json!({
            "type": "object", "required": ["name", "sizes"], "additionalProperties": false,
            "properties": {"name": {"type": "string"}, "sizes": {"type": "array", "items": {"$ref": "#/$defs/size"}}},
            "$defs": {"size": {"type": "integer", "minimum": 1}},
        }));
        let table = [
            (r#"{"name":"a","sizes":[1,2]}"#, ""),
            ("```json\n{\"name\":\"a\",\"sizes\":[]}\n```\n", ""),
            ("```\n{\"name\":\"```\",\"sizes\":[]}\n```", ""),
            ("Here it is: {}", "not one JSON value"),
            ("", "not one JSON value"),
            ("{} {}", "not one JSON value"),
            ("{}", "- the whole: \"name\" is a required property"),
            (r#"{"name":"a","sizes":[1,0]}"#, "- /sizes/1: 0 is less than the minimum of 1"),
            (r#"{"name":1,"sizes":[],"x":1}"#, "- /name: 1 is not of type \"string\""),
        ];
        for (answer, expected) in table {
            match form.value(answer) {
                Ok(value) => assert!(expected.is_empty() && value.is_object(), "{answer}"),
                Err(why) => {
                    let why = why.to_string();
                    assert!(!expected.is_empty() && why.contains(expected), "{answer}: {why}");
                }
            }
        }
        let many = json!({"name": "a", "sizes": vec!["x".repeat(999); 99]}).to_string();
        assert!(form.value(&many).unwrap_err().to_string().len() < 11 * (MAX_FAULT + 50));
    }

    #[test]
    fn a_schema_that_is_none_says_so() {
        let table = [
            ("{", "no JSON"),
            ("[]", "no JSON schema"),
            (r#"{"type": "number-ish"}"#, "no JSON schema that can be used"),
            (r#"{"$ref": "https://schemas.example/a.json"}"#, "no JSON schema that can be used"),
            (r##"{"$ref": "#/nowhere"}"##, "no JSON schema that can be used"),
        ];
        for (text, expected) in table {
            let why = format!("{:#}", Form::new(text.as_bytes()).unwrap_err());
            assert!(why.contains(expected), "{text}: {why}");
        }
    }
}

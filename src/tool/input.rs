//! What a model said → a tool's input; and where it slipped, in words it can act on.
//!
//! Common slips are taken as what they mean: a number or a truth value in quotes, a field left
//! empty, and the names that other harnesses give to a field (as aliases at the field).

use std::fmt;

use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde::de::Error;
use serde::de::Visitor;
use serde_json::Value;

use crate::base::text;
use crate::protocol::ToolSpec;
use crate::tool::ToolError;

/// The input of the tool, or what is wrong with it: which field, and what the tool takes.
pub(super) fn parse<Input: DeserializeOwned>(
    spec: &ToolSpec,
    input: &Value,
) -> Result<Input, ToolError> {
    let wrong = |what: String| {
        ToolError::Input(format!("{}: {what}. It takes {}.", spec.name, takes(&spec.schema)))
    };
    match input {
        Value::Object(_) => {}
        Value::String(said) => {
            let begin = text::truncate(said, 80);
            return Err(wrong(format!("the input is no JSON object but the text `{begin}`")));
        }
        _ => return Err(wrong("the input is no JSON object".to_owned())),
    }
    Input::deserialize(input).map_err(|error| match culprit::<Input>(input) {
        Some(field) => wrong(format!("`{field}`: {error}")),
        None => wrong(error.to_string()),
    })
}

/// The field without which the input would be right, or at least wrong in another way: serde names
/// only unknown and missing ones.
fn culprit<Input: DeserializeOwned>(input: &Value) -> Option<&str> {
    let fields = input.as_object()?;
    let whole = Input::deserialize(input).err()?.to_string();
    if ["missing field", "unknown field", "duplicate field"].iter().any(|w| whole.starts_with(w)) {
        return None;
    }
    fields.keys().map(String::as_str).find(|field| {
        let rest = fields.iter().filter(|(name, _)| name != field);
        let rest = Value::Object(rest.map(|(name, value)| (name.clone(), value.clone())).collect());
        let error = Input::deserialize(&rest).err().map(|error| error.to_string());
        error.is_none_or(|error| error != whole)
    })
}

/// The fields of a schema on one line.
fn takes(schema: &Value) -> String {
    let required = schema["required"].as_array();
    let fields = schema["properties"].as_object().into_iter().flatten().map(|(name, field)| {
        let needed = required.is_some_and(|names| names.iter().any(|n| n == name));
        let sort = match &field["enum"] {
            Value::Array(values) => {
                values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|")
            }
            _ => field["type"].as_str().unwrap_or("value").to_owned(),
        };
        format!("`{name}` ({sort}{})", if needed { "" } else { ", optional" })
    });
    fields.collect::<Vec<_>>().join(", ")
}

/// A whole number, in quotes or not; none where it is null or empty.
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    from.deserialize_any(Number)
}

/// A truth value, in quotes or not; false where it is null or empty.
pub(super) fn truth<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    from.deserialize_any(Truth)
}

struct Number;

impl Visitor<'_> for Number {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, 0 or more")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        // Beyond 2^53 a float names no single whole number.
        if number >= 0.0 && number.fract() == 0.0 && number < 9_007_199_254_740_992.0 {
            return Ok(Some(number as u64));
        }
        Err(E::invalid_value(serde::de::Unexpected::Float(number), &self))
    }

    fn visit_str<E: Error>(self, said: &str) -> Result<Self::Value, E> {
        match said.trim() {
            "" | "null" => Ok(None),
            number => number
                .parse()
                .map(Some)
                .map_err(|_| E::invalid_value(serde::de::Unexpected::Str(said), &self)),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

struct Truth;

impl Visitor<'_> for Truth {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(truth)
    }

    fn visit_str<E: Error>(self, said: &str) -> Result<Self::Value, E> {
        match said.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "" | "null" | "false" => Ok(false),
            _ => Err(E::invalid_value(serde::de::Unexpected::Str(said), &self)),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::schema;
    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Input {
        #[serde(alias = "file_path")]
        path: String,
        #[serde(default, deserialize_with = "number")]
        limit: Option<u64>,
        #[serde(default, deserialize_with = "truth")]
        all: bool,
    }

    #[test]
    fn slips_are_taken_as_what_they_mean() {
        let spec = schema::spec::<Input>("t", "");
        #[rustfmt::skip]
        let table = [
            (json!({"path": "a"}), None, false),
            (json!({"file_path": "a", "limit": "7", "all": "True"}), Some(7), true),
            (json!({"path": "a", "limit": 7.0, "all": null}), Some(7), false),
            (json!({"path": "a", "limit": "", "all": ""}), None, false),
        ];
        for (input, limit, all) in table {
            let got: Input = parse(&spec, &input).unwrap();
            assert_eq!(got, Input { path: "a".into(), limit, all }, "{input}");
        }
    }

    #[test]
    fn an_error_names_the_field_and_what_is_taken() {
        let spec = schema::spec::<Input>("t", "");
        #[rustfmt::skip]
        let table = [
            (json!({}), "t: missing field `path`"),
            (json!({"path": 7}), "t: `path`: invalid type: integer `7`, expected a string"),
            (json!({"path": "a", "limit": -1}), "t: `limit`: invalid type: integer `-1`, expected a whole number"),
            (json!({"path": "a", "limit": "x"}), "t: `limit`: invalid value: string \"x\", expected a whole number"),
            (json!({"path": "a", "all": 3}), "t: `all`: invalid type: integer `3`, expected true or false"),
            (json!({"path": "a", "deep": 1}), "t: unknown field `deep`"),
            (json!("{\"path\": "), "t: the input is no JSON object but the text `{\"path\": `"),
            (json!([]), "t: the input is no JSON object"),
        ];
        for (input, expected) in table {
            let got = parse::<Input>(&spec, &input).unwrap_err().to_string();
            assert!(got.starts_with(expected), "{input}: {got}");
            let takes =
                "It takes `path` (string), `limit` (integer, optional), `all` (boolean, optional).";
            assert!(got.ends_with(takes), "{input}: {got}");
        }
    }
}

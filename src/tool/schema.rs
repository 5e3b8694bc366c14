//! What a model is told of a tool's input.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::protocol::ToolSpec;

/// A tool's face to the model. The schema is the same bytes each time: prompts are cached by them.
pub(super) fn spec<Input: JsonSchema>(name: &str, description: &str) -> ToolSpec {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<Input>().to_value();
    tidy(&mut schema);
    let description = description.trim().to_owned();
    ToolSpec { name: name.to_owned(), description, schema }
}

/// Without what tells a model nothing and what some providers refuse: titles, Rust's number
/// formats, and null as another way to leave a field out.
fn tidy(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    for noise in ["title", "format", "default"] {
        object.shift_remove(noise);
    }
    for key in ["type", "enum"] {
        if let Some(Value::Array(values)) = object.get_mut(key) {
            values.retain(|value| !value.is_null() && value != "null");
        }
    }
    if let Some(Value::Array(types)) = object.get_mut("type")
        && types.len() == 1
    {
        object["type"] = types.remove(0);
    }
    if let Some(Value::Object(fields)) = object.get_mut("properties") {
        fields.values_mut().for_each(tidy);
    }
    if let Some(items) = object.get_mut("items") {
        tidy(items);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(JsonSchema)]
    #[schemars(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    struct Input {
        /// Where.
        path: String,
        /// How many.
        limit: Option<u64>,
        kind: Option<Kind>,
        title: Option<Vec<String>>,
    }

    #[derive(JsonSchema)]
    #[schemars(rename_all = "snake_case")]
    #[allow(dead_code, reason = "only its schema is looked at")]
    enum Kind {
        OneThing,
        Other,
    }

    #[test]
    fn schemas_are_plain() {
        let expected = json!({
            "type": "object",
            "properties": {
                "path": { "type": "string", "description": "Where." },
                "limit": { "type": "integer", "minimum": 0, "description": "How many." },
                "kind": { "type": "string", "enum": ["one_thing", "other"] },
                "title": { "type": "array", "items": { "type": "string" } },
            },
            "additionalProperties": false,
            "required": ["path"],
        });
        let got = spec::<Input>("a", " b\n");
        assert_eq!(got.schema, expected, "{:#}", got.schema);
        assert_eq!((got.name.as_str(), got.description.as_str()), ("a", "b"));
    }
}

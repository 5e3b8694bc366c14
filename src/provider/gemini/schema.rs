//! A tool's JSON schema as the subset of `OpenAPI` 3.0 that the service reads
//! (`ai.google.dev/api/caching#Schema`).
//!
//! What has no word there is left out or said with the words there are: a tool checks its input
//! itself. References are put in place, to a bounded depth and size.

use serde_json::{Map, Value, json};

/// Most levels of a schema.
const MAX_DEPTH: usize = 12;
/// Most schemas inside of one, references put in place.
const MAX_PARTS: usize = 2_000;

/// Keys that say the same on both sides.
const KEPT: &[&str] = &[
    "description",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
];

/// The schema of a tool's input; none where it takes nothing, which the service wants unsaid.
pub(super) fn convert(schema: &Value) -> Option<Value> {
    let mut reader = Reader { root: schema, parts: 0 };
    let converted = reader.schema(schema, 0);
    let takes = converted["properties"].as_object().is_some_and(|all| !all.is_empty());
    takes.then_some(converted)
}

struct Reader<'a> {
    root: &'a Value,
    parts: usize,
}

impl<'a> Reader<'a> {
    fn schema(&mut self, schema: &'a Value, depth: usize) -> Value {
        self.parts += 1;
        if depth >= MAX_DEPTH || self.parts > MAX_PARTS {
            return json!({"type": "OBJECT"});
        }
        let Some(map) = schema.as_object() else { return anything() };
        if let Some(target) = map.get("$ref") {
            let target = target.as_str().and_then(|path| self.find(path));
            let mut found = target.map_or_else(anything, |found| self.schema(found, depth + 1));
            // What stands beside a reference is said of this use of it.
            if let Some(text) = map.get("description").filter(|text| text.is_string()) {
                found["description"] = text.clone();
            }
            return found;
        }
        let mut out = Map::new();
        for key in KEPT {
            if let Some(value) = map.get(*key).filter(|value| fits(key, value)) {
                out.insert((*key).to_owned(), value.clone());
            }
        }
        if let Some(all) = map.get("allOf").and_then(Value::as_array) {
            return self.all_of(out, map, all, depth);
        }
        let choices = ["anyOf", "oneOf"].iter().find_map(|key| map.get(*key)?.as_array());
        if let Some(choices) = choices.filter(|choices| !choices.is_empty()) {
            return self.any_of(out, choices, depth);
        }
        self.typed(out, map, depth)
    }

    /// What a local reference names (RFC 6901).
    fn find(&self, path: &str) -> Option<&'a Value> {
        self.root.pointer(path.strip_prefix('#')?)
    }

    /// All of these at once: the later one counts where two say different things.
    fn all_of(
        &mut self,
        own: Map<String, Value>,
        map: &'a Map<String, Value>,
        all: &'a [Value],
        depth: usize,
    ) -> Value {
        let mut out = Map::new();
        for part in all {
            merge(&mut out, self.schema(part, depth + 1));
        }
        let typed = out.is_empty() || map.contains_key("type") || map.contains_key("properties");
        let own = if typed { self.typed(own, map, depth) } else { Value::Object(own) };
        merge(&mut out, own);
        Value::Object(out)
    }

    /// One of these. `null` among them makes the others nullable.
    fn any_of(&mut self, mut out: Map<String, Value>, choices: &'a [Value], depth: usize) -> Value {
        let is_null = |choice: &&Value| {
            choice["type"] == "null" || choice.get("const").is_some_and(Value::is_null)
        };
        let nullable = choices.iter().any(|choice| is_null(&choice));
        let mut kept: Vec<_> = choices
            .iter()
            .filter(|choice| !is_null(choice))
            .map(|choice| self.schema(choice, depth + 1))
            .collect();
        if nullable {
            out.insert("nullable".to_owned(), Value::Bool(true));
        }
        // Words to choose from, each with a description: an enum, as many write it.
        let words = kept.iter().map(|choice| choice["enum"].as_array()).collect::<Option<Vec<_>>>();
        if let Some(words) = words.filter(|words| !words.is_empty()) {
            let words: Vec<_> = words.into_iter().flatten().cloned().collect();
            out.insert("type".to_owned(), "STRING".into());
            out.insert("enum".to_owned(), Value::Array(words));
            return Value::Object(out);
        }
        match kept.len() {
            0 => merge(&mut out, anything()),
            1 => {
                let mut only = Map::new();
                merge(&mut only, kept.remove(0));
                merge(&mut only, Value::Object(out));
                return Value::Object(only);
            }
            _ => drop(out.insert("anyOf".to_owned(), Value::Array(kept))),
        }
        Value::Object(out)
    }

    fn typed(
        &mut self,
        mut out: Map<String, Value>,
        map: &'a Map<String, Value>,
        depth: usize,
    ) -> Value {
        let (types, nullable) = types(map);
        if nullable {
            out.insert("nullable".to_owned(), Value::Bool(true));
        }
        let all = match map.get("const") {
            Some(only) => Some(std::slice::from_ref(only)),
            None => map.get("enum").and_then(Value::as_array).map(Vec::as_slice),
        };
        if let Some(all) = all {
            choose(&mut out, all);
        }
        match types.as_slice() {
            [] if out.contains_key("type") => {}
            [] if map.contains_key("properties") => self.fill(&mut out, "object", map, depth),
            [] if map.contains_key("items") => self.fill(&mut out, "array", map, depth),
            [] => merge(&mut out, anything()),
            [kind] => self.fill(&mut out, kind, map, depth),
            many => {
                let of = |kind: &&str| {
                    let mut each = Map::new();
                    self.fill(&mut each, kind, map, depth);
                    Value::Object(each)
                };
                let choices = many.iter().map(of).collect();
                out.insert("anyOf".to_owned(), Value::Array(choices));
            }
        }
        Value::Object(out)
    }

    /// What belongs to a type.
    fn fill(
        &mut self,
        out: &mut Map<String, Value>,
        kind: &str,
        map: &'a Map<String, Value>,
        depth: usize,
    ) {
        let format = map.get("format").and_then(Value::as_str);
        let known = match kind {
            "string" => ["enum", "date-time"],
            "number" => ["float", "double"],
            "integer" => ["int32", "int64"],
            _ => ["", ""],
        };
        if let Some(format) = format.filter(|format| known.contains(format)) {
            out.insert("format".to_owned(), format.into());
        }
        out.insert("type".to_owned(), kind.to_uppercase().into());
        match kind {
            "object" => self.object(out, map, depth),
            "array" => {
                // A list of fixed places has no word here: any place may be any of them.
                let items = match (map.get("items"), map.get("prefixItems")) {
                    (Some(items @ Value::Object(_)), _) => self.schema(items, depth + 1),
                    (_, Some(Value::Array(places))) if !places.is_empty() => {
                        self.any_of(Map::new(), places, depth)
                    }
                    _ => anything(),
                };
                out.insert("items".to_owned(), items);
            }
            _ => {}
        }
    }

    fn object(&mut self, out: &mut Map<String, Value>, map: &'a Map<String, Value>, depth: usize) {
        let Some(all) = map.get("properties").and_then(Value::as_object) else { return };
        let mut properties = Map::new();
        for (name, schema) in all {
            properties.insert(name.clone(), self.schema(schema, depth + 1));
        }
        // A name that no property has is refused.
        let required = map.get("required").and_then(Value::as_array).into_iter().flatten();
        let required =
            required.filter(|name| name.as_str().is_some_and(|name| properties.contains_key(name)));
        let required: Vec<_> = required.cloned().collect();
        if !properties.is_empty() {
            out.insert("properties".to_owned(), Value::Object(properties));
        }
        if !required.is_empty() {
            out.insert("required".to_owned(), Value::Array(required));
        }
    }
}

/// A value of any kind, as near as it can be said.
fn anything() -> Value {
    json!({"type": "STRING"})
}

fn fits(key: &str, value: &Value) -> bool {
    match key {
        "description" | "pattern" => value.is_string(),
        "minimum" | "maximum" => value.is_number(),
        _ => value.is_u64(),
    }
}

/// The types that a schema names, and whether null is one of them.
fn types(map: &Map<String, Value>) -> (Vec<&str>, bool) {
    let named: Vec<_> = match map.get("type") {
        Some(Value::String(kind)) => vec![kind.as_str()],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let nullable = named.contains(&"null") || map.get("nullable") == Some(&Value::Bool(true));
    let known = ["string", "number", "integer", "boolean", "array", "object"];
    (named.into_iter().filter(|kind| known.contains(kind)).collect(), nullable)
}

/// A choice of values: only words can be chosen from, others are told in the description.
fn choose(out: &mut Map<String, Value>, all: &[Value]) {
    if all.iter().any(Value::is_null) {
        out.insert("nullable".to_owned(), Value::Bool(true));
    }
    let all: Vec<_> = all.iter().filter(|value| !value.is_null()).collect();
    if !all.is_empty() && all.iter().all(|value| value.is_string()) {
        out.insert("type".to_owned(), "STRING".into());
        out.insert("enum".to_owned(), all.into_iter().cloned().collect());
    } else if !all.is_empty() {
        let said = out.get("description").and_then(Value::as_str).unwrap_or_default();
        let values: Vec<_> = all.iter().map(ToString::to_string).collect();
        let text = format!("{said} One of: {}.", values.join(", "));
        out.insert("description".to_owned(), text.trim_start().into());
    }
}

/// Puts what `from` says into `out`; properties and what is required add up.
fn merge(out: &mut Map<String, Value>, from: Value) {
    let Value::Object(from) = from else { return };
    for (key, value) in from {
        match (out.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(more)) if key == "properties" => {
                known.extend(more);
            }
            (Some(Value::Array(known)), Value::Array(more)) if key == "required" => {
                for name in more {
                    if !known.contains(&name) {
                        known.push(name);
                    }
                }
            }
            (_, value) => drop(out.insert(key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(schema: &Value, defs: &Value) -> Value {
        let root = json!({"type": "object", "properties": {"p": schema}, "$defs": defs});
        convert(&root).unwrap()["properties"]["p"].clone()
    }

    #[rustfmt::skip]
    #[test]
    fn schemas() {
        let defs = json!({
            "A": {"type": "string", "description": "an A"},
            "Tree": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Tree"}}},
            "Loop": {"$ref": "#/$defs/Loop"},
        });
        let string = || json!({"type": "STRING"});
        let table = [
            (json!({"type": "string"}),                                    string()),
            (json!({"type": "string", "minLength": 1, "pattern": "^a", "default": "a", "title": "T", "examples": []}),
                                                                           json!({"pattern": "^a", "minLength": 1, "type": "STRING"})),
            (json!({"type": "string", "format": "uri"}),                   string()),
            (json!({"type": "string", "format": "date-time"}),             json!({"format": "date-time", "type": "STRING"})),
            (json!({"type": "integer", "format": "uint64", "minimum": 0}), json!({"minimum": 0, "type": "INTEGER"})),
            (json!({"type": "number", "format": "double", "exclusiveMinimum": 0}), json!({"format": "double", "type": "NUMBER"})),
            (json!({"type": "boolean"}),                                   json!({"type": "BOOLEAN"})),
            // A word that the key cannot hold is left out.
            (json!({"type": "string", "description": 7, "minLength": -1}), string()),
            // null
            (json!({"type": ["string", "null"]}),                          json!({"nullable": true, "type": "STRING"})),
            (json!({"type": ["string", "integer"]}),                       json!({"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]})),
            (json!({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "description": "d"}),
                                                                           json!({"minimum": 1, "type": "INTEGER", "description": "d", "nullable": true})),
            (json!({"type": "null"}),                                      json!({"nullable": true, "type": "STRING"})),
            // choices
            (json!({"enum": ["a", "b"]}),                                  json!({"type": "STRING", "enum": ["a", "b"]})),
            (json!({"type": ["string", "null"], "enum": ["a", null]}),     json!({"nullable": true, "type": "STRING", "enum": ["a"]})),
            (json!({"const": "a"}),                                        json!({"type": "STRING", "enum": ["a"]})),
            (json!({"type": "integer", "enum": [1, 2], "description": "How many."}),
                                                                           json!({"description": "How many. One of: 1, 2.", "type": "INTEGER"})),
            (json!({"type": "integer", "const": 2}),                       json!({"description": "One of: 2.", "type": "INTEGER"})),
            (json!({"oneOf": [{"const": "a", "description": "A"}, {"const": "b"}]}), json!({"type": "STRING", "enum": ["a", "b"]})),
            (json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}),  json!({"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]})),
            (json!({"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                              {"properties": {"b": {"type": "integer"}}, "required": ["b"]}]}),
                                                                           json!({"type": "OBJECT", "properties": {"a": {"type": "STRING"}, "b": {"type": "INTEGER"}}, "required": ["a", "b"]})),
            (json!({"allOf": [{"$ref": "#/$defs/A"}], "description": "d"}), json!({"description": "d", "type": "STRING"})),
            // lists
            (json!({"type": "array", "items": {"type": "integer"}, "minItems": 1, "uniqueItems": true}),
                                                                           json!({"minItems": 1, "type": "ARRAY", "items": {"type": "INTEGER"}})),
            (json!({"type": "array"}),                                     json!({"type": "ARRAY", "items": {"type": "STRING"}})),
            (json!({"type": "array", "items": true}),                      json!({"type": "ARRAY", "items": {"type": "STRING"}})),
            (json!({"items": {"type": "number"}}),                         json!({"type": "ARRAY", "items": {"type": "NUMBER"}})),
            (json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}),
                                                                           json!({"type": "ARRAY", "items": {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}})),
            // objects
            (json!({"type": "object", "additionalProperties": {"type": "string"}, "patternProperties": {"^x": {}}}),
                                                                           json!({"type": "OBJECT"})),
            (json!({"properties": {"a": {"type": "string"}}, "required": ["a", "ghost", 7]}),
                                                                           json!({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["a"]})),
            // references
            (json!({"$ref": "#/$defs/A"}),                                 json!({"description": "an A", "type": "STRING"})),
            (json!({"$ref": "#/$defs/A", "description": "mine"}),          json!({"description": "mine", "type": "STRING"})),
            (json!({"$ref": "#/$defs/Nobody"}),                            string()),
            (json!({"$ref": "https://example.org/schema"}),                string()),
            (json!({"$ref": 7}),                                           string()),
            (json!({"$ref": "#/$defs/Loop"}),                              json!({"type": "OBJECT"})),
            // what says nothing
            (json!({}),                                                    string()),
            (json!(true),                                                  string()),
            (json!({"type": "brand-new"}),                                 string()),
            (json!({"anyOf": []}),                                         string()),
            (json!({"anyOf": [{"type": "null"}]}),                         json!({"nullable": true, "type": "STRING"})),
        ];
        for (schema, expected) in table {
            assert_eq!(property(&schema, &defs), expected, "{schema}");
        }
    }

    #[test]
    fn what_takes_nothing_is_unsaid() {
        for schema in
            [json!({"type": "object"}), json!({"type": "object", "properties": {}}), json!(true)]
        {
            assert_eq!(convert(&schema), None, "{schema}");
        }
    }

    /// A schema comes from a server of tools: it may be made to grow.
    #[test]
    fn a_schema_has_a_bound() {
        let tree = json!({"$ref": "#/$defs/T"});
        let t = json!({"type": "object", "properties": {"a": tree, "b": tree, "c": tree}});
        let root = json!({"type": "object", "properties": {"p": tree}, "$defs": {"T": t}});
        let written = convert(&root).unwrap().to_string();
        assert!(written.len() < 400_000, "{}", written.len());
        let mut deep = json!({"type": "string"});
        for _ in 0..100 {
            deep = json!({"type": "array", "items": deep});
        }
        let written = property(&deep, &json!({})).to_string();
        assert_eq!(written.matches("ARRAY").count(), MAX_DEPTH - 1);
    }

    fn keys(schema: &Value, known: &[&str]) {
        for (key, value) in schema.as_object().unwrap() {
            assert!(known.contains(&key.as_str()), "{key} in {schema}");
            match key.as_str() {
                "items" => keys(value, known),
                "anyOf" => value.as_array().unwrap().iter().for_each(|it| keys(it, known)),
                "properties" => value.as_object().unwrap().values().for_each(|it| keys(it, known)),
                _ => {}
            }
        }
    }

    #[test]
    fn nothing_is_left_that_the_service_does_not_know() {
        let known = [
            "type",
            "format",
            "description",
            "nullable",
            "enum",
            "items",
            "properties",
            "required",
            "anyOf",
            "pattern",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
        ];
        let wild = json!({
            "$schema": "x", "$id": "y", "title": "T", "type": "object", "additionalProperties": false,
            "properties": {
                "a": {"not": {}, "if": {}, "then": {}, "dependentRequired": {}, "type": "string"},
                "b": {"type": "array", "contains": {}, "items": {"oneOf": [{"$comment": "c", "type": "string"}, {"type": "array"}]}},
                "c": {"allOf": [{"$anchor": "z", "properties": {"d": {"readOnly": true}}}]},
            },
        });
        keys(&convert(&wild).unwrap(), &known);
    }
}

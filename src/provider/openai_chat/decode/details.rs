//! The `reasoning_details` of `OpenRouter`: put together from their deltas, to be sent back as they were.
//!
//! Source: <https://openrouter.ai/docs/use-cases/reasoning-tokens>, "Preserving reasoning".

use serde_json::{Map, Value};

/// Most bytes that are kept. Reasoning with a piece missing would be refused: then none is kept.
const MAX_BYTES: usize = 8 << 20;
/// Most pieces.
const MAX_PIECES: usize = 1024;

/// The pieces of reasoning of one reply.
#[derive(Debug, Default)]
pub(super) struct Details {
    pieces: Vec<Map<String, Value>>,
    bytes: usize,
    too_much: bool,
}

/// The words of a delta that can be shown.
pub(super) fn text(detail: &Value) -> Option<&str> {
    let said = detail.get("text").or_else(|| detail.get("summary"));
    said.and_then(Value::as_str).filter(|text| !text.is_empty())
}

impl Details {
    /// Takes a delta in: words of the same piece are joined, its other fields replaced.
    pub(super) fn take(&mut self, detail: &Value) {
        let Value::Object(detail) = detail else { return };
        self.bytes += detail.values().map(|it| it.as_str().map_or(16, str::len)).sum::<usize>();
        self.too_much |= self.bytes > MAX_BYTES || self.pieces.len() >= MAX_PIECES;
        if self.too_much {
            self.pieces.clear();
            return;
        }
        let same = |piece: &Map<String, Value>| {
            let both = |key: &str| match (piece.get(key), detail.get(key)) {
                (Some(Value::Null) | None, _) | (_, Some(Value::Null) | None) => true,
                (one, other) => one == other,
            };
            both("type") && both("index") && both("id") && !detail.contains_key("data")
        };
        let last = self.pieces.last_mut().filter(|piece| same(piece));
        let Some(piece) = last else {
            self.pieces.push(detail.clone());
            return;
        };
        for (key, value) in detail {
            match (piece.get_mut(key), value) {
                (Some(_), Value::Null) => {}
                (Some(Value::String(said)), Value::String(more))
                    if matches!(key.as_str(), "text" | "summary") =>
                {
                    said.push_str(more);
                }
                _ => drop(piece.insert(key.clone(), value.clone())),
            }
        }
    }

    /// All of it as one text; none where there is none.
    pub(super) fn seal(self) -> Option<String> {
        (!self.pieces.is_empty()).then(|| serde_json::to_string(&self.pieces).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sealed(deltas: &[Value]) -> Value {
        let mut details = Details::default();
        for delta in deltas {
            details.take(delta);
        }
        details.seal().map_or(Value::Null, |seal| serde_json::from_str(&seal).unwrap())
    }

    #[test]
    fn pieces_are_put_together() {
        let words =
            |text: &str| json!({"type": "reasoning.text", "text": text, "index": 0, "format": "f"});
        let seal = json!({"type": "reasoning.text", "signature": "s", "index": 0, "format": "f"});
        let hidden = |id: &str, index: u32| json!({"type": "reasoning.encrypted", "data": "x", "id": id, "index": index});
        let table = [
            (
                vec![words("a"), words("b"), seal],
                json!([{"type": "reasoning.text", "text": "ab", "index": 0, "format": "f", "signature": "s"}]),
            ),
            (vec![hidden("r1", 0), hidden("r2", 1)], json!([hidden("r1", 0), hidden("r2", 1)])),
            (vec![words("a"), hidden("r", 0)], json!([words("a"), hidden("r", 0)])),
            (vec![json!(7), json!("x"), json!([])], Value::Null),
            (vec![], Value::Null),
        ];
        for (deltas, expected) in table {
            assert_eq!(sealed(&deltas), expected, "{deltas:?}");
        }
    }

    #[test]
    fn too_much_is_not_kept_in_part() {
        let big = json!({"type": "reasoning.text", "text": "x".repeat(MAX_BYTES / 2)});
        assert_eq!(
            sealed(&[big.clone(), big.clone(), big.clone(), json!({"text": "end"})]),
            Value::Null
        );
        let piece =
            |id: usize| json!({"type": "reasoning.encrypted", "data": "x", "id": id.to_string()});
        assert_eq!(sealed(&(0..=MAX_PIECES).map(piece).collect::<Vec<_>>()), Value::Null);
    }
}

//! What a request used, as the services count it.

use serde_json::Value;

use crate::protocol::Usage;

/// Reads a `usage`; none where it is no object.
pub(super) fn read(value: &Value) -> Option<Usage> {
    value.is_object().then_some(())?;
    let count = |path: &[&str]| {
        let found = path.iter().try_fold(value, |value, key| value.get(key))?;
        // A number may be written with a point.
        found.as_u64().or_else(|| found.as_f64().map(|it| it as u64))
    };
    let first = |paths: &[&[&str]]| paths.iter().find_map(|path| count(path)).unwrap_or(0);
    let prompt = first(&[&["prompt_tokens"]]);
    // OpenAI and most; DeepSeek; Moonshot.
    let cache_read = first(&[
        &["prompt_tokens_details", "cached_tokens"],
        &["prompt_cache_hit_tokens"],
        &["cached_tokens"],
    ])
    .min(prompt);
    let cache_write = first(&[&["prompt_tokens_details", "cache_write_tokens"]]);
    let cache_write = cache_write.min(prompt - cache_read);
    let said = first(&[&["completion_tokens"]]);
    let thought = first(&[&["completion_tokens_details", "reasoning_tokens"]]);
    // xAI counts the reasoning beside the completion, all others within; the total tells.
    let beside = prompt.saturating_add(said).saturating_add(thought);
    let beside = count(&["total_tokens"]) == Some(beside);
    let output = if beside { said.saturating_add(thought) } else { said };
    let input = prompt - cache_read - cache_write;
    Some(Usage { input, output, cache_read, cache_write, ..Usage::default() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_of_every_service() {
        let usage = |input, output, cache_read, cache_write| Usage {
            input,
            output,
            cache_read,
            cache_write,
            ..Usage::default()
        };
        let table = [
            (
                json!({"prompt_tokens": 100, "completion_tokens": 9, "total_tokens": 109,
                       "prompt_tokens_details": {"cached_tokens": 60},
                       "completion_tokens_details": {"reasoning_tokens": 4}}),
                usage(40, 9, 60, 0),
            ),
            (
                json!({"prompt_tokens": 100, "completion_tokens": 9, "total_tokens": 113,
                       "completion_tokens_details": {"reasoning_tokens": 4}}),
                usage(100, 13, 0, 0),
            ),
            (
                json!({"prompt_tokens": 100, "completion_tokens": 9,
                       "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36}),
                usage(36, 9, 64, 0),
            ),
            (
                json!({"prompt_tokens": 100, "completion_tokens": 9, "cost": 0.1,
                       "prompt_tokens_details": {"cached_tokens": 50, "cache_write_tokens": 30}}),
                usage(20, 9, 50, 30),
            ),
            (json!({"prompt_tokens": 7.0, "completion_tokens": null}), usage(7, 0, 0, 0)),
            (json!({"prompt_tokens": -1, "completion_tokens": "9"}), usage(0, 0, 0, 0)),
            // More in the cache than was asked.
            (
                json!({"prompt_tokens": 5, "completion_tokens": u64::MAX, "cached_tokens": 9,
                       "completion_tokens_details": {"reasoning_tokens": u64::MAX}}),
                usage(0, u64::MAX, 5, 0),
            ),
            (json!({}), usage(0, 0, 0, 0)),
        ];
        for (value, expected) in table {
            assert_eq!(read(&value), Some(expected), "{value}");
        }
        assert_eq!(read(&json!(null)), None);
        assert_eq!(read(&json!([1])), None);
    }
}

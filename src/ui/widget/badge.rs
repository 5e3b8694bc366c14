//! A model and how hard it thinks, in a few letters.

use crate::protocol::{Effort, ModelId};

/// The model and, where the user wished for an effort that it takes, what it makes of that:
/// `sonnet-5.5·high`.
pub fn badge(model: &ModelId, wished: Option<Effort>, takes: &[Effort], dot: &str) -> String {
    let name = short(&model.0);
    match wished.and_then(|wished| wished.nearest(takes)) {
        Some(effort) => format!("{name}{dot}{}", word(effort)),
        None => name,
    }
}

/// A model's name without what everybody knows: whose it is, and of which day.
fn short(id: &str) -> String {
    let name = id.rsplit('/').next().unwrap_or(id);
    let Some(name) = name.strip_prefix("claude-") else { return name.to_owned() };
    let dated = name.rsplit_once('-').filter(|(_, date)| date.len() == 8 && digits(date));
    let name = dated.map_or(name, |(name, _)| name);
    let mut out = String::with_capacity(name.len());
    let mut before = "";
    for part in name.split('-') {
        if !out.is_empty() {
            out.push(if digits(before) && digits(part) { '.' } else { '-' });
        }
        out.push_str(part);
        before = part;
    }
    out
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn word(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal => "min",
        Effort::Medium => "med",
        effort => effort.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn what_is_shown_of_a_model() {
        use Effort::{High, Low, Max, Medium};
        let table: [(&str, Option<Effort>, &[Effort], &str); 8] = [
            ("claude-sonnet-5-5",          Some(High),   &[Low, High],    "sonnet-5.5·high"),
            ("claude-sonnet-4-5-20250929", Some(Medium), &[Medium],       "sonnet-4.5·med"),
            ("claude-opus-5",              None,         &[Low, High],    "opus-5"),
            ("claude-3-5-haiku",           Some(High),   &[],             "3.5-haiku"),
            ("openai/gpt-6-sol",           Some(Max),    &[Low, High],    "gpt-6-sol·high"),
            ("groq/openai/gpt-oss-120b",   None,         &[],             "gpt-oss-120b"),
            ("ollama/qwen3:8b",            Some(Low),    &[],             "qwen3:8b"),
            ("demo",                       None,         &[],             "demo"),
        ];
        for (id, wished, takes, expected) in table {
            assert_eq!(badge(&id.into(), wished, takes, "·"), expected, "{id}");
        }
    }
}

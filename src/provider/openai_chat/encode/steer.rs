//! How hard the model is to think, in the words of its service.

use serde::Serialize;

use crate::protocol::Effort;
use crate::provider::Model;
use crate::provider::catalogue::Thinking;
use crate::provider::openai_chat::quirks::Steer;

/// The fields that steer; none of them where nothing is to be said.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Steered {
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<Effort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Toggle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_thinking: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u32>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Reasoning {
    Effort(Effort),
    MaxTokens(u32),
}

#[derive(Debug, PartialEq, Serialize)]
struct Toggle {
    #[serde(rename = "type")]
    kind: &'static str,
}

/// What is said of a wish.
pub(super) fn steered(model: &Model, wished: Option<Effort>, by: Steer) -> Steered {
    let Some(wished) = wished else { return Steered::default() };
    let Some(effort) = model.effort(wished) else { return Steered::default() };
    let budget = match model.thinking {
        Thinking::Budget(least, most) => Some(budget(effort, least, most)),
        _ => None,
    };
    // Where it is switched, it can be switched off whatever the efforts are.
    let on = wished != Effort::None;
    match by {
        Steer::Never => Steered::default(),
        Steer::Field => {
            let levels = [Effort::Low, Effort::Medium, Effort::High];
            let level = if budget.is_some() { effort.nearest(&levels) } else { Some(effort) };
            Steered { reasoning_effort: level, ..Steered::default() }
        }
        Steer::Object => {
            let reasoning = budget.map_or(Reasoning::Effort(effort), Reasoning::MaxTokens);
            Steered { reasoning: Some(reasoning), ..Steered::default() }
        }
        Steer::Toggle => Steered {
            thinking: Some(Toggle { kind: if on { "enabled" } else { "disabled" } }),
            reasoning_effort: on.then_some(effort),
            ..Steered::default()
        },
        Steer::Enable => Steered {
            enable_thinking: Some(on),
            thinking_budget: budget.filter(|_| on),
            ..Steered::default()
        },
    }
}

/// An even share of what the model may think.
fn budget(effort: Effort, least: u32, most: u32) -> u32 {
    let share = u64::from(most) * effort as u64 / Effort::Max as u64;
    u32::try_from(share).unwrap_or(most).max(least)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::Catalogue;

    #[test]
    fn efforts_in_the_words_of_each_service() {
        use Effort::{High, Max, Medium, None as Off};
        let levels = || Thinking::Effort(vec![Effort::Low, High]);
        let tokens = || Thinking::Budget(1024, 24_000);
        let table = [
            (Steer::Field, levels(), Some(Medium), json!({"reasoning_effort": "low"})),
            (Steer::Field, levels(), Some(Max), json!({"reasoning_effort": "high"})),
            (Steer::Field, tokens(), Some(Max), json!({"reasoning_effort": "high"})),
            (Steer::Field, levels(), None, json!({})),
            (Steer::Field, Thinking::Fixed, Some(High), json!({})),
            (Steer::Field, Thinking::None, Some(High), json!({})),
            (Steer::Never, levels(), Some(High), json!({})),
            (Steer::Object, levels(), Some(High), json!({"reasoning": {"effort": "high"}})),
            (Steer::Object, tokens(), Some(High), json!({"reasoning": {"max_tokens": 16_000}})),
            (
                Steer::Toggle,
                levels(),
                Some(High),
                json!({"reasoning_effort": "high", "thinking": {"type": "enabled"}}),
            ),
            (Steer::Toggle, levels(), Some(Off), json!({"thinking": {"type": "disabled"}})),
            (Steer::Enable, levels(), Some(High), json!({"enable_thinking": true})),
            (
                Steer::Enable,
                tokens(),
                Some(High),
                json!({"enable_thinking": true, "thinking_budget": 16_000}),
            ),
            (Steer::Enable, tokens(), Some(Off), json!({"enable_thinking": false})),
        ];
        for (by, thinking, wished, expected) in table {
            let model = Model { thinking, ..(*Catalogue::bundled().lookup("demo")).clone() };
            let got: Value = serde_json::to_value(steered(&model, wished, by)).unwrap();
            assert_eq!(got, expected, "{by:?} {:?} {wished:?}", model.thinking);
        }
    }
}

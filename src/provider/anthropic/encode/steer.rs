//! How much the model is to think: `platform.claude.com/docs/en/build-with-claude/effort`,
//! `…/adaptive-thinking` and `…/extended-thinking`.

use serde::Serialize;

use super::Said;
use crate::protocol::Effort;
use crate::provider::Request;
use crate::provider::catalogue::Thinking as Known;

/// The least budget that the service takes, in tokens.
const MIN_BUDGET: u32 = 1_024;

/// The fields that steer it.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Steered {
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Thinking {
    /// Newer models think as they see fit and keep it to themselves, the words between two tool
    /// calls included, unless a summary is asked for.
    Adaptive {
        display: &'static str,
    },
    Enabled {
        budget_tokens: u32,
    },
    Disabled,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct OutputConfig {
    effort: &'static str,
}

pub(super) fn steered(request: &Request, messages: &[Said<'_>]) -> Steered {
    let effort = request.effort.and_then(|wished| request.model.effort(wished));
    match (&request.model.thinking, effort) {
        (Known::Effort(_), Some(Effort::None)) => {
            Steered { thinking: Some(Thinking::Disabled), output_config: None }
        }
        (Known::Effort(_), effort) => Steered {
            thinking: Some(Thinking::Adaptive { display: "summarized" }),
            output_config: effort.map(|effort| OutputConfig { effort: effort.name() }),
        },
        (Known::Budget(least, most), Some(effort)) if !goes_on_without(messages) => {
            // The answer needs room, too: the budget is a part of its limit.
            let most = (*most).min(request.max_output / 4 * 3);
            let budget = budget(effort).map(|it| it.max(*least).max(MIN_BUDGET).min(most));
            let budget = budget.filter(|it| *it >= MIN_BUDGET);
            let thinking = budget.map(|budget_tokens| Thinking::Enabled { budget_tokens });
            Steered { thinking, output_config: None }
        }
        (Known::Budget(..) | Known::Fixed | Known::None, _) => Steered::default(),
    }
}

/// Tokens to think with; none: not at all.
fn budget(effort: Effort) -> Option<u32> {
    match effort {
        Effort::None => None,
        Effort::Minimal => Some(MIN_BUDGET),
        Effort::Low => Some(4_000),
        Effort::Medium => Some(10_000),
        Effort::High => Some(20_000),
        Effort::XHigh | Effort::Max => Some(32_000),
    }
}

/// Do results of tools answer a message that begins without reasoning? It may be another model's. The
/// service then refuses to think by a budget before the model has spoken again.
fn goes_on_without(messages: &[Said<'_>]) -> bool {
    let [.., asked, answered] = messages else { return false };
    answered.results > 0 && !asked.content.first().is_some_and(super::Block::is_thinking)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::super::{History, Lasts, body};
    use crate::protocol::{
        CallId, Content, Effort, Message, StopReason, ToolOutcome, ToolStatus, ToolUse, Usage,
    };
    use crate::provider::catalogue::{Model, Thinking};
    use crate::provider::{Catalogue, Input, Request};

    fn request(thinking: Thinking, effort: Option<Effort>, max_output: u32) -> Request {
        let model = (*Catalogue::bundled().lookup("demo")).clone();
        Request {
            model: Arc::new(Model { thinking, ..model }),
            effort,
            session: "s".into(),
            system: "be brief".into(),
            tools: [].into(),
            messages: vec![Input::User([Content::text("go")].into())],
            max_output,
        }
    }

    fn encoded(request: &Request) -> Value {
        serde_json::from_slice(&body(request, History::Whole, Lasts::Minutes).unwrap()).unwrap()
    }

    #[rustfmt::skip]
    #[test]
    fn how_much_it_thinks() {
        use Effort::{High, Low, Max, Medium, Minimal, None as No};
        let effort = || Thinking::Effort(vec![Low, Medium, High]);
        let switch = || Thinking::Effort(vec![No, Low]);
        let budget = || Thinking::Budget(1_024, 16_000);
        let enabled = |tokens: u32| json!({"type": "enabled", "budget_tokens": tokens});
        let adaptive = || json!({"type": "adaptive", "display": "summarized"});
        let table = [
            // model           wished         limit    thinking                       output_config
            (effort(),         None,          64_000,  adaptive(),                    Value::Null),
            (effort(),         Some(Low),     64_000,  adaptive(),                    json!({"effort": "low"})),
            (effort(),         Some(Max),     64_000,  adaptive(),                    json!({"effort": "high"})),
            (switch(),         Some(No),      64_000,  json!({"type": "disabled"}),   Value::Null),
            (budget(),         None,          64_000,  Value::Null,                   Value::Null),
            (budget(),         Some(No),      64_000,  Value::Null,                   Value::Null),
            (budget(),         Some(Minimal), 64_000,  enabled(1_024),                Value::Null),
            (budget(),         Some(Medium),  64_000,  enabled(10_000),               Value::Null),
            (budget(),         Some(Max),     64_000,  enabled(16_000),               Value::Null),
            (budget(),         Some(High),    8_000,   enabled(6_000),                Value::Null),
            (budget(),         Some(High),    1_024,   Value::Null,                   Value::Null),
            (Thinking::Fixed,  Some(High),    64_000,  Value::Null,                   Value::Null),
            (Thinking::None,   Some(High),    64_000,  Value::Null,                   Value::Null),
        ];
        for (known, wished, most, thinking, config) in table {
            let name = format!("{known:?} {wished:?} {most}");
            let body = encoded(&request(known, wished, most));
            assert_eq!((&body["thinking"], &body["output_config"]), (&thinking, &config), "{name}");
        }
    }

    /// Between a call that another model made and its result no budget may be set.
    #[test]
    fn no_budget_after_a_call_without_reasoning() {
        let own = Content::Thinking { text: "hm".into(), signature: Some("c2VhbA".into()) };
        let id = CallId::from("c1");
        let asks = ToolUse { id: id.clone(), name: "read".into(), input: json!({}) };
        for (model, thinks) in [("demo", true), ("openai/gpt-5.6", false)] {
            let mut request = request(Thinking::Budget(1_024, 16_000), Some(Effort::Low), 64_000);
            let message = Message {
                id: "m".into(),
                model: if thinks { request.model.id.clone() } else { model.into() },
                content: vec![own.clone(), Content::ToolUse(asks.clone())],
                stop: StopReason::ToolUse,
                usage: Usage::default(),
            };
            let outcome = Arc::new(ToolOutcome::new(ToolStatus::Done, "words"));
            request.messages.push(Input::Assistant(Arc::new(message)));
            let result = Input::Result { call: id.clone(), name: "read".into(), outcome };
            request.messages.push(result);
            assert_eq!(encoded(&request)["thinking"].is_object(), thinks, "{model}");
            request.messages.push(Input::User([Content::text("and?")].into()));
            assert_eq!(encoded(&request)["thinking"].is_object(), thinks, "{model}");
        }
    }
}

//! One reply as each wire streams it.

use claw::provider::catalogue::Wire;
use serde_json::{Value, json};

use super::messages::Reply;

/// A part of a reply, whatever the wire.
pub(crate) enum Part<'a> {
    /// Reasoning, and the service's seal of it.
    Thought(&'a str, &'a str),
    Text(&'a str),
    /// A call: its name, the tool's, the input.
    Call(&'a str, &'a str, Value),
}

/// Tokens that each reply says it used.
pub(crate) const INPUT: u64 = 12;
pub(crate) const OUTPUT: u64 = 4;

/// A whole reply of these parts. A wire that has no seals leaves them out.
pub(crate) fn reply(wire: Wire, parts: &[Part<'_>]) -> Reply {
    match wire {
        Wire::Messages => messages(parts),
        Wire::Chat => Reply::stream(lines(&chat(parts)) + "data: [DONE]\n\n"),
        Wire::Responses => Reply::stream(lines(&responses(parts))),
        Wire::Gemini => Reply::stream(lines(&gemini(parts))),
    }
}

fn lines(events: &[Value]) -> String {
    let lines = events.iter().map(|event| format!("data: {event}\n\n"));
    lines.collect()
}

/// A text in two pieces.
fn halves(text: &str) -> [&str; 2] {
    let at = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    let (one, other) = text.split_at(at);
    [one, other]
}

fn messages(parts: &[Part<'_>]) -> Reply {
    let blocks = parts.iter().map(|part| match part {
        Part::Thought(text, seal) => {
            json!({"type": "thinking", "thinking": text, "signature": seal})
        }
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Call(id, name, input) => {
            json!({"type": "tool_use", "id": id, "name": name, "input": input})
        }
    });
    let usage = json!({"input_tokens": INPUT, "output_tokens": OUTPUT});
    Reply::message_with(&blocks.collect::<Vec<_>>(), &usage)
}

fn chat(parts: &[Part<'_>]) -> Vec<Value> {
    let choice = |delta: Value, finish: Value| {
        json!({"id": "gen-1", "object": "chat.completion.chunk",
               "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    let mut all = vec![choice(json!({"role": "assistant", "content": ""}), Value::Null)];
    let mut calls = 0;
    for part in parts {
        match part {
            Part::Thought(text, seal) => {
                for text in halves(text) {
                    let detail = json!({"type": "reasoning.text", "text": text, "index": 0,
                                        "format": "anthropic-claude-v1"});
                    let delta = json!({"reasoning": text, "reasoning_details": [detail]});
                    all.push(choice(delta, Value::Null));
                }
                let detail = json!({"type": "reasoning.text", "signature": seal, "index": 0,
                                    "format": "anthropic-claude-v1"});
                all.push(choice(json!({"reasoning_details": [detail]}), Value::Null));
            }
            Part::Text(text) => {
                all.extend(halves(text).map(|text| choice(json!({"content": text}), Value::Null)));
            }
            Part::Call(id, name, input) => {
                let input = input.to_string();
                let [one, other] = halves(&input);
                let begun = json!({"index": calls, "id": id, "type": "function",
                                   "function": {"name": name, "arguments": one}});
                let more = json!({"index": calls, "function": {"arguments": other}});
                for call in [begun, more] {
                    all.push(choice(json!({"tool_calls": [call]}), Value::Null));
                }
                calls += 1;
            }
        }
    }
    let finish = if calls == 0 { "stop" } else { "tool_calls" };
    all.push(choice(json!({}), json!(finish)));
    all.push(json!({"id": "gen-1", "object": "chat.completion.chunk", "choices": [],
                    "usage": {"prompt_tokens": INPUT, "completion_tokens": OUTPUT,
                              "total_tokens": INPUT + OUTPUT}}));
    all
}

fn responses(parts: &[Part<'_>]) -> Vec<Value> {
    let mut all = vec![json!({"type": "response.created", "response": {"id": "resp_1"}})];
    for (at, part) in parts.iter().enumerate() {
        let item = |kind: &str, item: &Value| {
            json!({"type": format!("response.output_item.{kind}"), "output_index": at,
                   "item": item})
        };
        match part {
            Part::Thought(text, seal) => {
                let id = format!("rs_{at}");
                let begun = json!({"id": id, "type": "reasoning", "summary": []});
                all.push(item("added", &begun));
                for text in halves(text) {
                    all.push(json!({"type": "response.reasoning_summary_text.delta",
                                    "item_id": id, "output_index": at, "summary_index": 0,
                                    "delta": text}));
                }
                let summary = json!([{"type": "summary_text", "text": text}]);
                all.push(item(
                    "done",
                    &json!({"id": id, "type": "reasoning", "summary": summary,
                                              "encrypted_content": seal}),
                ));
            }
            Part::Text(text) => {
                let id = format!("msg_{at}");
                let message = |content: Value| json!({"id": id, "type": "message", "role": "assistant", "content": content});
                all.push(item("added", &message(json!([]))));
                for text in halves(text) {
                    all.push(json!({"type": "response.output_text.delta", "item_id": id,
                                    "output_index": at, "content_index": 0, "delta": text}));
                }
                let said = json!([{"type": "output_text", "text": text, "annotations": []}]);
                all.push(item("done", &message(said)));
            }
            Part::Call(call, name, input) => {
                let (id, input) = (format!("fc_{at}"), input.to_string());
                let asks = |input: &str| {
                    json!({"id": id, "type": "function_call", "call_id": call, "name": name,
                           "arguments": input})
                };
                all.push(item("added", &asks("")));
                for delta in halves(&input) {
                    all.push(json!({"type": "response.function_call_arguments.delta",
                                    "item_id": id, "output_index": at, "delta": delta}));
                }
                all.push(item("done", &asks(&input)));
            }
        }
    }
    all.push(json!({"type": "response.completed", "response": {"id": "resp_1",
                    "status": "completed", "output": [],
                    "usage": {"input_tokens": INPUT, "output_tokens": OUTPUT,
                              "total_tokens": INPUT + OUTPUT}}}));
    all
}

fn gemini(parts: &[Part<'_>]) -> Vec<Value> {
    let event = |part: Value, finish: Option<&str>| {
        json!({"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0,
                               "finishReason": finish}],
               "usageMetadata": {"promptTokenCount": INPUT, "candidatesTokenCount": OUTPUT}})
    };
    let mut all = Vec::new();
    for part in parts {
        match part {
            Part::Thought(text, seal) => {
                let [one, other] = halves(text);
                all.push(event(json!({"text": one, "thought": true}), None));
                let sealed = json!({"text": other, "thought": true, "thoughtSignature": seal});
                all.push(event(sealed, None));
            }
            Part::Text(text) => {
                all.extend(halves(text).map(|text| event(json!({"text": text}), None)));
            }
            Part::Call(id, name, input) => {
                let call = json!({"id": id, "name": name, "args": input});
                all.push(event(json!({"functionCall": call}), None));
            }
        }
    }
    all.push(event(json!({"text": ""}), Some("STOP")));
    all
}

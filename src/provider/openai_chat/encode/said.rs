//! What was said, as messages: every call of one is answered once, right after it, in order.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Value, json};

use crate::base::cap;
use crate::protocol::{CallId, Content, Image, Message, ToolOutcome, ToolUse, text_of};
use crate::provider::openai_chat::quirks::{Back, Cache, Field, Quirks};
use crate::provider::{Input, Model, NO_WORDS, Request, names};

/// How much is repeated of an input that was no JSON.
const MAX_UNPARSED: usize = 1_000;
/// Stands for the result of a call that has none.
const NO_RESULT: &str = "This call was not run.";

/// One message.
#[derive(Serialize)]
pub(super) struct Said<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<Cow<'a, str>>,
    /// Null for a message that only asks for tools.
    content: Option<Words<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_details: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<Mark>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Words<'a> {
    /// What every server reads.
    Text(Cow<'a, str>),
    /// With pictures, or with a mark.
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text {
        text: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<Mark>,
    },
    ImageUrl {
        image_url: Link,
    },
}

#[derive(Serialize)]
struct Link {
    url: String,
}

#[derive(Clone, Copy, Serialize)]
struct Mark {
    #[serde(rename = "type")]
    kind: &'static str,
}

const EPHEMERAL: Mark = Mark { kind: "ephemeral" };

#[derive(Serialize)]
struct Call<'a> {
    id: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Asked<'a>,
}

#[derive(Serialize)]
struct Asked<'a> {
    name: Cow<'a, str>,
    /// An object, as a string.
    arguments: String,
}

/// All messages, the instructions first.
pub(super) fn messages(request: &Request, quirks: Quirks) -> Vec<Said<'_>> {
    let model = &*request.model;
    let mut story = Story { model, quirks, all: Vec::new(), open: Vec::new(), shown: Vec::new() };
    if !request.system.trim().is_empty() {
        story.say(quirks.instructions, vec![text(&*request.system)]);
    }
    for input in &request.messages {
        story.take(input);
    }
    story.show();
    let mut all = story.all;
    let seen = &mut HashSet::new();
    for said in &mut all {
        said.drop_repeated_details(seen);
    }
    if matches!(quirks.cache, Cache::Marks(of) if model.name.starts_with(of)) {
        mark(&mut all);
    }
    all
}

/// The messages so far.
struct Story<'a> {
    model: &'a Model,
    quirks: Quirks,
    all: Vec<Said<'a>>,
    /// Calls that have no result yet, and where it goes.
    open: Vec<(&'a CallId, usize)>,
    /// Pictures of results that the user shows once all results are there.
    shown: Vec<Part<'a>>,
}

impl<'a> Story<'a> {
    fn take(&mut self, input: &'a Input) {
        match input {
            Input::User(content) => {
                self.show();
                let mut parts: Vec<_> = content.iter().filter_map(Self::by_user).collect();
                if parts.is_empty() {
                    parts.push(text(NO_WORDS));
                }
                self.by_person(parts);
            }
            Input::Assistant(message) => {
                self.show();
                self.by_model(message);
            }
            Input::Result { call, outcome, .. } => self.result(call, outcome),
        }
    }

    fn say(&mut self, role: &'static str, parts: Vec<Part<'a>>) -> &mut Said<'a> {
        let at = self.all.len();
        self.all.push(Said {
            role,
            tool_call_id: None,
            content: words(parts),
            reasoning_content: None,
            reasoning: None,
            reasoning_details: None,
            tool_calls: Vec::new(),
            cache_control: None,
        });
        &mut self.all[at]
    }

    /// Words of the user: two in a row are one message, since many servers want them to take turns.
    fn by_person(&mut self, parts: Vec<Part<'a>>) {
        match self.all.last_mut() {
            Some(last) if last.role == "user" => last.add(parts),
            Some(last) if last.role == "tool" && !self.quirks.user_after_tools => {
                self.say("assistant", vec![text("I have read the results.")]);
                self.say("user", parts);
            }
            _ => {
                self.say("user", parts);
            }
        }
    }

    fn by_user(content: &'a Content) -> Option<Part<'a>> {
        match content {
            Content::Text { text: said } => (!said.trim().is_empty()).then(|| text(said.as_str())),
            Content::Image(image) => Some(picture(image)),
            Content::Thinking { .. } | Content::RedactedThinking { .. } | Content::ToolUse(_) => {
                None
            }
        }
    }

    fn by_model(&mut self, message: &'a Message) {
        let own = message.model == self.model.id;
        let said = text_of(&message.content);
        let mut calls: Vec<(&CallId, Call<'a>)> = Vec::new();
        for tool in message.tool_uses() {
            let mut id = self.quirks.ids.fit(tool.id.as_str(), own);
            // A name that stands twice is made another; the results come in the same order.
            while calls.iter().any(|(_, call)| call.id == id) {
                id = Cow::Owned(self.quirks.ids.fit(&format!("{id} again"), false).into_owned());
            }
            let function = Asked { name: names::tool(&tool.name), arguments: arguments(tool) };
            calls.push((&tool.id, Call { id, kind: "function", function }));
        }
        if calls.is_empty() && said.trim().is_empty() {
            return;
        }
        let back = self.quirks.back;
        let asks = !calls.is_empty();
        let ids: Vec<_> = calls.iter().map(|(name, call)| (*name, call.id.clone())).collect();
        let parts = if said.trim().is_empty() { Vec::new() } else { vec![text(said)] };
        let it = self.say("assistant", parts);
        it.tool_calls = calls.into_iter().map(|(_, call)| call).collect();
        it.remember(message, back, asks, own);
        for (name, id) in ids {
            self.open.push((name, self.all.len()));
            self.say("tool", vec![text(NO_RESULT)]).tool_call_id = Some(id);
        }
    }

    fn result(&mut self, call: &CallId, outcome: &'a ToolOutcome) {
        let Some(open) = self.open.iter().position(|(name, _)| *name == call) else { return };
        let (_, at) = self.open.remove(open);
        let mut said = match outcome.text.trim() {
            "" => Cow::Borrowed("(no output)"),
            _ => Cow::Borrowed(outcome.text.as_str()),
        };
        // There is no other place to say so.
        if outcome.is_error() && !said.to_lowercase().starts_with("error") {
            said = Cow::Owned(format!("Error: {said}"));
        }
        let mut parts = vec![text(said)];
        match &outcome.image {
            Some(image) if self.quirks.tools_show => parts.push(picture(image)),
            Some(image) => {
                parts.push(text("[The picture follows.]"));
                self.shown.push(picture(image));
            }
            None => {}
        }
        self.all[at].content = words(parts);
    }

    /// Ends the results of a message: what they have to show comes now.
    fn show(&mut self) {
        self.open.clear();
        if !self.shown.is_empty() {
            let mut parts = vec![text("Shown by the tools:")];
            parts.append(&mut self.shown);
            self.by_person(parts);
        }
    }
}

impl<'a> Said<'a> {
    fn add(&mut self, parts: Vec<Part<'a>>) {
        let mut all = match self.content.take() {
            Some(Words::Parts(parts)) => parts,
            Some(Words::Text(said)) => vec![text(said)],
            None => Vec::new(),
        };
        all.extend(parts);
        self.content = words(all);
    }

    /// Puts in what the model is sent back of its own reasoning. Another model's is left out.
    fn remember(&mut self, message: &Message, back: Back, asks: bool, own: bool) {
        let thought = || {
            let thoughts = message.content.iter().filter_map(|content| match content {
                Content::Thinking { text, .. } if own => Some(text.as_str()),
                _ => None,
            });
            thoughts.collect::<String>()
        };
        match back {
            Back::Details if own => {
                let details: Vec<Value> = message.content.iter().flat_map(sealed).collect();
                self.reasoning_details = (!details.is_empty()).then_some(details);
            }
            Back::Words(field) if asks => {
                self.put(field, Some(thought()).filter(|it| !it.is_empty()));
            }
            Back::Always(field) if asks => self.put(field, Some(thought())),
            _ => {}
        }
    }

    fn put(&mut self, field: Field, thought: Option<String>) {
        match field {
            Field::Content => self.reasoning_content = thought,
            Field::Plain => self.reasoning = thought,
        }
    }

    /// A piece of reasoning that stands twice in a request is refused.
    fn drop_repeated_details(&mut self, seen: &mut HashSet<String>) {
        let Some(mut details) = self.reasoning_details.take() else { return };
        details.retain(|detail| match detail.get("id").and_then(Value::as_str) {
            Some(id) => seen.insert(id.to_owned()),
            None => true,
        });
        self.reasoning_details = (!details.is_empty()).then_some(details);
    }

    fn mark(&mut self) {
        match self.content.take() {
            Some(Words::Text(said)) => {
                let part = Part::Text { text: said, cache_control: Some(EPHEMERAL) };
                self.content = Some(Words::Parts(vec![part]));
            }
            Some(Words::Parts(mut parts)) => {
                let last = parts.iter_mut().rev().find_map(|part| match part {
                    Part::Text { cache_control, .. } => Some(cache_control),
                    Part::ImageUrl { .. } => None,
                });
                if let Some(mark) = last {
                    *mark = Some(EPHEMERAL);
                }
                self.content = Some(Words::Parts(parts));
            }
            None => {}
        }
    }
}

/// Marks the instructions, the user's last words, and a result of a tool that stands at the end:
/// where the next request goes on.
fn mark(all: &mut [Said<'_>]) {
    if let Some(first) = all.first_mut().filter(|said| matches!(said.role, "system" | "developer"))
    {
        first.mark();
    }
    if let Some(user) = all.iter_mut().rfind(|said| said.role == "user") {
        user.mark();
    }
    if let Some(result) = all.last_mut().filter(|said| said.role == "tool") {
        result.cache_control = Some(EPHEMERAL);
    }
}

/// The pieces of reasoning in a seal. One of Anthropic's without its signature is refused.
fn sealed(content: &Content) -> Vec<Value> {
    let Content::Thinking { signature: Some(seal), .. } = content else { return Vec::new() };
    let details: Vec<Value> = serde_json::from_str(seal).unwrap_or_default();
    let holds = |detail: &Value| {
        let is = |key: &str, value: &str| detail.get(key).is_some_and(|it| it == value);
        let signed =
            detail.get("signature").and_then(Value::as_str).is_some_and(|it| !it.is_empty());
        !is("type", "reasoning.text") || !is("format", "anthropic-claude-v1") || signed
    };
    details.into_iter().filter(|detail| detail.is_object() && holds(detail)).collect()
}

/// Parts as plain text, where they are that.
fn words(parts: Vec<Part<'_>>) -> Option<Words<'_>> {
    if parts.is_empty() {
        return None;
    }
    if !parts.iter().all(|part| matches!(part, Part::Text { .. })) {
        return Some(Words::Parts(parts));
    }
    let mut texts = parts.into_iter().filter_map(|part| match part {
        Part::Text { text, .. } => Some(text),
        Part::ImageUrl { .. } => None,
    });
    let first = texts.next()?;
    Some(Words::Text(texts.fold(first, |said, more| Cow::Owned(format!("{said}\n\n{more}")))))
}

fn text<'a>(text: impl Into<Cow<'a, str>>) -> Part<'a> {
    Part::Text { text: text.into(), cache_control: None }
}

fn picture(image: &Image) -> Part<'static> {
    let url = format!("data:{};base64,{}", image.media_type, image.data);
    Part::ImageUrl { image_url: Link { url } }
}

/// The input of a tool: the services take only objects.
fn arguments(tool: &ToolUse) -> String {
    let input = match &tool.input {
        Value::Object(_) => return tool.input.to_string(),
        Value::Null => json!({}),
        Value::String(text) => json!({"unparsed": &text[..cap::floor(text, MAX_UNPARSED)]}),
        value => json!({"value": value}),
    };
    input.to_string()
}

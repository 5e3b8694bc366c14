//! What a request has in common with the one before: as far as that goes, a provider's cache does.

use std::sync::Arc;

use super::{Input, Request};
use crate::protocol::{Broken, Effort, ModelId, ToolSpec};

/// A request, to compare the next one with. Shares what it holds.
#[derive(Debug, Clone)]
pub struct Prefix {
    model: ModelId,
    effort: Option<Effort>,
    system: Arc<str>,
    tools: Arc<[ToolSpec]>,
    messages: Vec<Input>,
}

impl Prefix {
    /// Of this request.
    pub fn of(request: &Request) -> Self {
        Self {
            model: request.model.id.clone(),
            effort: request.effort.and_then(|effort| request.model.effort(effort)),
            system: request.system.clone(),
            tools: request.tools.clone(),
            messages: request.messages.clone(),
        }
    }

    /// The first part of it that the `next` request does not begin with, in the order in which
    /// providers read; none where that only goes on.
    pub fn broken_by(&self, next: &Self) -> Option<Broken> {
        if self.model != next.model {
            return Some(Broken::Model);
        }
        if let Some(name) = self.tool(next) {
            return Some(Broken::Tool { name });
        }
        if self.system != next.system {
            return Some(Broken::System);
        }
        if self.effort != next.effort {
            return Some(Broken::Effort);
        }
        let mut after = next.messages.iter();
        let differs = |before: &Input| !after.next().is_some_and(|after| is_same(before, after));
        let at = self.messages.iter().position(differs)?;
        Some(Broken::Message { number: at + 1 })
    }

    /// The first tool that differs.
    fn tool(&self, next: &Self) -> Option<String> {
        if Arc::ptr_eq(&self.tools, &next.tools) {
            return None;
        }
        let longest = self.tools.len().max(next.tools.len());
        let at = (0..longest).find(|&at| self.tools.get(at) != next.tools.get(at))?;
        self.tools.get(at).or(next.tools.get(at)).map(|tool| tool.name.clone())
    }
}

/// Says it the same? Nearly all of it is the very same thing.
fn is_same(one: &Input, other: &Input) -> bool {
    match (one, other) {
        (Input::User(one), Input::User(other)) => Arc::ptr_eq(one, other) || one == other,
        (Input::Assistant(one), Input::Assistant(other)) => Arc::ptr_eq(one, other) || one == other,
        (
            Input::Result { call, name, outcome },
            Input::Result { call: other_call, name: other_name, outcome: other },
        ) => {
            let same = || outcome.text == other.text && outcome.image == other.image;
            (call, name) == (other_call, other_name)
                && (Arc::ptr_eq(outcome, other) || outcome.is_error() == other.is_error() && same())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Content, ToolOutcome, ToolStatus};
    use crate::provider::Catalogue;

    fn request() -> Request {
        let said = |text: &str| Input::User([Content::text(text)].into());
        let outcome = ToolOutcome::new(ToolStatus::Done, "ok").into();
        let result = Input::Result { call: "c".into(), name: "ls".to_owned(), outcome };
        Request {
            model: Catalogue::bundled().lookup("sonnet"),
            effort: None,
            session: "s".into(),
            system: "be brief".into(),
            tools: [tool("ls"), tool("read")].into(),
            messages: vec![said("one"), said("two"), result],
            max_output: 9,
        }
    }

    fn tool(name: &str) -> ToolSpec {
        let (name, description) = (name.to_owned(), String::new());
        ToolSpec { name, description, schema: serde_json::json!({}) }
    }

    #[test]
    fn the_first_part_that_differs_is_named() {
        type Change = fn(&mut Request);
        let table: [(Change, Option<&str>); 13] = [
            (|_| {}, None),
            (|it| it.messages.push(Input::User([Content::text("more")].into())), None),
            (|it| it.messages[0] = Input::User([Content::text("one")].into()), None),
            (|it| it.max_output = 1, None),
            (|it| it.model = Catalogue::bundled().lookup("opus"), Some("another model was asked")),
            (|it| it.system = "be long".into(), Some("the instructions changed")),
            (|it| it.effort = Some(Effort::High), Some("the effort changed")),
            (|it| it.tools = [tool("ls")].into(), Some("the tool read changed")),
            (
                |it| it.tools = [tool("ls"), tool("read"), tool("new")].into(),
                Some("the tool new changed"),
            ),
            (
                |it| (it.system, it.tools) = ("x".into(), [tool("rm"), tool("read")].into()),
                Some("the tool ls changed"),
            ),
            (
                |it| it.messages[1] = Input::User([Content::text("2")].into()),
                Some("message 2 changed"),
            ),
            (|it| it.messages.truncate(1), Some("message 2 changed")),
            (
                |it| {
                    let outcome = ToolOutcome::new(ToolStatus::Done, "no").into();
                    it.messages[2] =
                        Input::Result { call: "c".into(), name: "ls".to_owned(), outcome };
                },
                Some("message 3 changed"),
            ),
        ];
        let before = Prefix::of(&request());
        for (at, (change, words)) in table.into_iter().enumerate() {
            let mut next = request();
            change(&mut next);
            let broken = before.broken_by(&Prefix::of(&next)).map(|broken| broken.words());
            assert_eq!(broken.as_deref(), words, "{at}");
        }
    }
}

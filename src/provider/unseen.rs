//! Pictures for a model that sees none: it is told of them in words.

use std::sync::Arc;

use crate::protocol::{Content, Image, ToolOutcome};
use crate::provider::{Input, Request};

impl Request {
    /// As its model can take it. What has no picture is shared as it was.
    pub(super) fn for_its_model(mut self) -> Self {
        if !self.model.images {
            self.messages = self.messages.into_iter().map(without).collect();
        }
        self
    }
}

/// Is there a picture in it?
fn shows(input: &Input) -> bool {
    match input {
        Input::User(content) => content.iter().any(|it| matches!(it, Content::Image(_))),
        Input::Result { outcome, .. } => outcome.image.is_some(),
        Input::Assistant(_) => false,
    }
}

fn without(input: Input) -> Input {
    if !shows(&input) {
        return input;
    }
    match input {
        Input::User(content) => {
            let content = content.iter().map(|content| match content {
                Content::Image(image) => Content::text(line(image)),
                other => other.clone(),
            });
            Input::User(content.collect())
        }
        Input::Result { call, name, outcome } => {
            let line = outcome.image.as_ref().map(line).unwrap_or_default();
            let text = format!("{}\n\n{line}", outcome.text).trim_start().to_owned();
            let outcome = ToolOutcome { text, image: None, ..(*outcome).clone() };
            Input::Result { call, name, outcome: Arc::new(outcome) }
        }
        Input::Assistant(_) => input,
    }
}

fn line(image: &Image) -> String {
    format!("[Here is a picture ({}), which this model cannot see.]", image.media_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ToolStatus;
    use crate::provider::Model;
    use crate::provider::sample::{outcome, request, user};

    #[test]
    fn pictures_become_words_and_the_rest_stays() {
        let image = || Image { media_type: "image/png".into(), data: "QUJD".into() };
        let shown = |text: &str| {
            let mut outcome = ToolOutcome::new(ToolStatus::Done, text);
            outcome.image = Some(image());
            let outcome = Arc::new(outcome);
            Input::Result { call: "c".into(), name: "read".into(), outcome }
        };
        let line = "[Here is a picture (image/png), which this model cannot see.]";
        let table = [
            (user(&["a"]), user(&["a"])),
            (
                Input::User([Content::text("see"), Content::Image(image())].into()),
                user(&["see", line]),
            ),
            (
                outcome("c", "read", ToolStatus::Done, "one"),
                outcome("c", "read", ToolStatus::Done, "one"),
            ),
            (shown("one"), outcome("c", "read", ToolStatus::Done, &format!("one\n\n{line}"))),
            (shown(""), outcome("c", "read", ToolStatus::Done, line)),
        ];
        for (input, expected) in table {
            let request = request("demo", vec![], vec![input]);
            let model = |images| Arc::new(Model { images, ..(*request.model).clone() });
            let seen = Request { model: model(true), ..request.clone() }.for_its_model();
            assert_eq!(format!("{:?}", seen.messages), format!("{:?}", request.messages));
            let got = Request { model: model(false), ..request.clone() }.for_its_model().messages;
            assert!(!got.iter().any(shows));
            assert_eq!(format!("{got:?}"), format!("{:?}", [expected]));
        }
    }
}

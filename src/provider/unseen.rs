//! Pictures for a model that sees none, and documents for one that reads none: it is told of them
//! in words.

use std::sync::Arc;

use crate::protocol::{Content, Image, ToolOutcome};
use crate::provider::{Input, Request};

impl Request {
    /// As its model can take it. What has no picture is shared as it was.
    pub(super) fn for_its_model(mut self) -> Self {
        let (images, pdf) = (self.model.images, self.model.pdf);
        if !images || !pdf {
            let unseen = |image: &Image| !if image.is_document() { pdf } else { images };
            self.messages = self.messages.into_iter().map(|it| without(it, &unseen)).collect();
        }
        self
    }

    /// The same where the wire has no words for documents.
    pub(super) fn without_documents(mut self) -> Self {
        Arc::make_mut(&mut self.model).pdf = false;
        self.for_its_model()
    }
}

type Unseen<'a> = &'a dyn Fn(&Image) -> bool;

/// Is there one of them in it?
fn shows(input: &Input, unseen: Unseen<'_>) -> bool {
    match input {
        Input::User(content) => {
            content.iter().any(|it| matches!(it, Content::Image(image) if unseen(image)))
        }
        Input::Result { outcome, .. } => outcome.image.as_ref().is_some_and(unseen),
        Input::Assistant(_) => false,
    }
}

fn without(input: Input, unseen: Unseen<'_>) -> Input {
    if !shows(&input, unseen) {
        return input;
    }
    match input {
        Input::User(content) => {
            let content = content.iter().map(|content| match content {
                Content::Image(image) if unseen(image) => Content::text(line(image)),
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
    if image.is_document() {
        return "[Here is a PDF document, which this model cannot read: take its text out with a \
                command, such as pdftotext.]"
            .to_owned();
    }
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
            assert!(!got.iter().any(|it| shows(it, &|_| true)));
            assert_eq!(format!("{got:?}"), format!("{:?}", [expected]));
        }
    }

    #[test]
    fn documents_are_for_those_who_read_them() {
        let image = |media_type: &str| {
            Content::Image(Image { media_type: media_type.into(), data: "QUJD".into() })
        };
        let both = Input::User([image("image/png"), image(Image::PDF)].into());
        let picture = "[Here is a picture (image/png), which this model cannot see.]";
        let table = [
            (true, true, [None, None]),
            (true, false, [None, Some("pdftotext")]),
            (false, true, [Some(picture), None]),
            (false, false, [Some(picture), Some("pdftotext")]),
        ];
        for (images, pdf, expected) in table {
            let mut request = request("demo", vec![], vec![both.clone()]);
            request.model = Arc::new(Model { images, pdf, ..(*request.model).clone() });
            for (request, expected) in [
                (request.clone().for_its_model(), expected),
                (request.without_documents(), [expected[0], Some("pdftotext")]),
            ] {
                let Input::User(got) = &request.messages[0] else { panic!("{request:?}") };
                for (content, expected) in got.iter().zip(expected) {
                    let told = match content {
                        Content::Text { text } => Some(text.as_str()),
                        _ => None,
                    };
                    let fits = expected.zip(told).is_some_and(|(a, b)| b.contains(a));
                    assert!(
                        fits || expected.is_none() && told.is_none(),
                        "{images} {pdf} {told:?}"
                    );
                }
            }
        }
    }
}

//! How much of a model's window a prompt fills, in tokens, where no service has counted it.

use crate::protocol::Content;
use crate::provider::Input;

/// Tokens of a message beside its content.
const AROUND: u64 = 4;
/// Tokens of a picture.
const PICTURE: u64 = 1500;

/// Tokens of a text, estimated: about four bytes are one.
pub fn text(text: &str) -> u64 {
    (text.len() as u64).div_ceil(4)
}

/// Tokens of something that was said.
pub fn input(input: &Input) -> u64 {
    AROUND
        + match input {
            Input::User(content) => content.iter().map(part).sum(),
            Input::Assistant(message) => message.content.iter().map(part).sum(),
            Input::Result { outcome, .. } => {
                text(&outcome.text) + outcome.image.as_ref().map_or(0, |_| PICTURE)
            }
        }
}

fn part(content: &Content) -> u64 {
    match content {
        Content::Text { text: said } | Content::Thinking { text: said, .. } => text(said),
        Content::RedactedThinking { data } => data.len() as u64 / 4,
        Content::Image(_) => PICTURE,
        Content::ToolUse(asked) => AROUND + text(&asked.name) + text(&asked.input.to_string()),
    }
}

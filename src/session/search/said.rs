//! What of a log can be found: who said it, and the text.

use std::borrow::Cow;

use crate::protocol::{Event, text_of};

/// Who said what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Said {
    /// What the session is called.
    Title,
    /// The user.
    Prompt,
    /// The model.
    Answer,
    /// A tool: what it was called for, or what it gave.
    Tool,
}

impl Said {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Prompt => "prompt",
            Self::Answer => "answer",
            Self::Tool => "tool",
        }
    }
}

/// What an event says that can be found; none where it says nothing.
pub(crate) fn said(event: &Event) -> Option<(Said, Cow<'_, str>)> {
    let (who, text) = match event {
        Event::TurnStarted { prompt: content, .. } | Event::Steered { content } => {
            (Said::Prompt, Cow::Owned(text_of(content)))
        }
        Event::MessageFinished { message } => (Said::Answer, Cow::Owned(text_of(&message.content))),
        Event::ToolCallStarted { call } if !call.title.is_empty() => {
            (Said::Tool, Cow::Owned(format!("{} {}", call.verb, call.title)))
        }
        Event::ToolCallFinished { outcome, .. } => (Said::Tool, Cow::Borrowed(&*outcome.text)),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some((who, text))
}

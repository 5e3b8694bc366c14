//! What the user took out of the context, and the notes that came into it with a call.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::protocol::{CallId, Content, ContextPart, Message, ToolOutcome};
use crate::provider::Input;
use crate::session::State;

/// What a model reads in the place of a result that the user took out.
const LEFT_OUT: &str = "[The user took this result out of your context. Make the call again if you \
                        need it.]";

/// How the notes begin that came in with a call.
const FOUND: &str = "These instructions hold for files that were touched just now. The user's own \
                     words go first.";

/// A result as the model reads it.
pub(in crate::agent) fn left(
    state: &State,
    call: &CallId,
    outcome: Option<Arc<ToolOutcome>>,
) -> Option<Arc<ToolOutcome>> {
    let outcome = outcome?;
    if !state.chosen.is_dropped(&ContextPart::Result { call: call.clone() }) {
        return Some(outcome);
    }
    let text = LEFT_OUT.to_owned();
    Some(Arc::new(ToolOutcome { text, image: None, ..(*outcome).clone() }))
}

/// The notes that came in with the calls of a message, for the model to read after their results.
pub(in crate::agent) fn found(state: &State, message: &Message) -> Option<Input> {
    let mut text = String::new();
    for note in message.tool_uses().flat_map(|asked| state.chosen.notes_of(&asked.id)) {
        if !state.chosen.is_dropped(&ContextPart::Note { path: note.path.clone() }) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n\n# From {}\n\n{}", note.path.display(), note.text.trim());
        }
    }
    (!text.is_empty()).then(|| Input::User([Content::text(format!("{FOUND}{text}"))].into()))
}

/// Is it a text of [`found`]?
pub(super) fn is_found(content: &[Content]) -> bool {
    matches!(content, [Content::Text { text }] if text.starts_with(FOUND))
}

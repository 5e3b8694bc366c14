//! What the service did by itself, and the sources it named, sent back to the one who knows them:
//! `platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool` and
//! `…/build-with-claude/citations`.

use std::collections::HashSet;

use serde_json::Value;

use super::Block;
use crate::protocol::{Content, Message, ModelId};

/// What of a message goes back; nothing of one that another line of models said.
pub(super) struct Known<'a> {
    content: &'a [Content],
    /// Calls that were answered, by their names.
    answered: HashSet<&'a str>,
}

pub(super) fn known<'a>(message: &'a Message, model: &ModelId) -> Known<'a> {
    let own = line(&message.model) == line(model);
    let content = if own { message.content.as_slice() } else { &[] };
    let names = |key| content.iter().filter_map(move |it| name(it, key));
    let asked: HashSet<_> = names("id").collect();
    // A call without its result is refused, and so is a result without its call.
    let answered = names("tool_use_id").filter(|name| asked.contains(name)).collect();
    Known { content, answered }
}

impl<'a> Known<'a> {
    /// Does this block go back?
    pub(super) fn has(&self, block: &Value) -> bool {
        let name = block.get("tool_use_id").or_else(|| block.get("id")).and_then(Value::as_str);
        name.is_some_and(|name| self.answered.contains(name))
    }

    /// The words that stand at `at`, with their sources.
    pub(super) fn cited(&self, words: Block<'a>, at: usize) -> Block<'a> {
        match (words, self.content.get(at + 1)) {
            (Block::Text { text, cache_control, .. }, Some(Content::Citations { all })) => {
                Block::Text { text, citations: all, cache_control }
            }
            (words, _) => words,
        }
    }
}

fn name<'a>(content: &'a Content, key: &str) -> Option<&'a str> {
    let Content::Served { block } = content else { return None };
    block.get(key)?.as_str()
}

/// The line of a model, with whose it is: `gate/claude-opus-5` is of `gate/claude`.
fn line(model: &ModelId) -> &str {
    let id = &*model.0;
    let name = id.rfind('/').map_or(0, |at| at + 1);
    id[name..].find('-').map_or(id, |at| &id[..name + at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_models() {
        let table = [
            ("claude-opus-5", "claude"),
            ("gate/claude-opus-5", "gate/claude"),
            ("gate/anthropic/claude-opus-5", "gate/anthropic/claude"),
            ("demo", "demo"),
            ("a-b/demo", "a-b/demo"),
        ];
        for (id, expected) in table {
            assert_eq!(line(&id.into()), expected);
        }
    }
}

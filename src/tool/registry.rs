//! All tools that a model may call, by name.

use std::path::Path;
use std::sync::Arc;

use crate::protocol::ToolSpec;
use crate::tool::Tool;
use crate::tool::bash::Bash;
use crate::tool::edit::Edit;
use crate::tool::glob::Glob;
use crate::tool::grep::Grep;
use crate::tool::ls::Ls;
use crate::tool::read::Read;
use crate::tool::recall::Recall;
use crate::tool::todo_write::TodoWrite;
use crate::tool::write::Write;

/// Names that other harnesses give to our tools, in lower case: models that learned them say them.
const ALIASES: &[(&str, &str)] = &[
    ("read_file", "read"),
    ("view", "read"),
    ("cat", "read"),
    ("write_file", "write"),
    ("create_file", "write"),
    ("edit_file", "edit"),
    ("str_replace", "edit"),
    ("replace", "edit"),
    ("shell", "bash"),
    ("run_command", "bash"),
    ("run_shell_command", "bash"),
    ("execute_command", "bash"),
    ("glob_search", "glob"),
    ("find_files", "glob"),
    ("grep_search", "grep"),
    ("search_file_content", "grep"),
    ("list", "ls"),
    ("list_dir", "ls"),
    ("list_directory", "ls"),
    ("todowrite", "todo_write"),
    ("write_todos", "todo_write"),
    ("update_plan", "todo_write"),
];

/// Tools in the order in which the model is told of them.
#[derive(Clone, Default)]
pub struct Registry {
    tools: Vec<Arc<dyn Tool>>,
}

impl Registry {
    /// The tools that every session has.
    pub fn builtin() -> Self {
        let tools: Vec<Arc<dyn Tool>> = vec![
            Arc::new(Read::new()),
            Arc::new(Write::new()),
            Arc::new(Edit::new()),
            Arc::new(Bash::new()),
            Arc::new(Glob::new()),
            Arc::new(Grep::new()),
            Arc::new(Ls::new()),
            Arc::new(TodoWrite::new()),
        ];
        Self { tools }
    }

    /// The same, and what reads back the log of the session, which is at `log`.
    pub fn of_session(log: &Path) -> Self {
        let mut all = Self::builtin();
        all.tools.push(Arc::new(Recall::new(log)));
        all
    }

    /// Adds a tool at the end; false where its name is taken, and then nothing is added.
    #[must_use]
    pub fn add(&mut self, tool: Arc<dyn Tool>) -> bool {
        let free = !self.tools.iter().any(|there| there.spec().name == tool.spec().name);
        if free {
            self.tools.push(tool);
        }
        free
    }

    /// How the model sees them, always in the same order: prompts are cached by it.
    pub fn specs(&self) -> Arc<[ToolSpec]> {
        self.tools.iter().map(|tool| tool.spec().clone()).collect()
    }

    /// The tool of this name, or of this name in another harness (`Read`, `grep_search`).
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        let named = |name: &str| self.tools.iter().find(|tool| tool.spec().name == name);
        named(name).or_else(|| {
            let lower = name.to_ascii_lowercase();
            let alias = ALIASES.iter().find(|(theirs, _)| *theirs == lower);
            named(alias.map_or(lower.as_str(), |(_, ours)| ours))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_harnesses_are_known() {
        let registry = Registry::builtin();
        let table = [
            ("read", Some("read")),
            ("Read", Some("read")),
            ("read_file", Some("read")),
            ("Bash", Some("bash")),
            ("grep_search", Some("grep")),
            ("LS", Some("ls")),
            ("TodoWrite", Some("todo_write")),
            ("no_such_tool", None),
        ];
        for (name, expected) in table {
            let got = registry.get(name).map(|tool| tool.spec().name.as_str());
            assert_eq!(got, expected, "{name}");
        }
        for (alias, name) in ALIASES {
            assert!(registry.get(alias).is_some_and(|tool| tool.spec().name == *name), "{alias}");
        }
    }

    #[test]
    fn a_taken_name_is_not_given_twice() {
        let mut registry = Registry::default();
        assert!(registry.add(Arc::new(Read::new())));
        assert!(!registry.add(Arc::new(Read::new())));
        assert_eq!(registry.specs().len(), 1);
    }

    #[test]
    fn what_the_model_sees_is_the_same_each_time() {
        let bytes = || serde_json::to_string(&*Registry::builtin().specs()).unwrap();
        let specs = bytes();
        assert_eq!(specs, bytes());
        for noise in ["$ref", "$schema", "$defs", "\"title\"", "null", "anyOf"] {
            assert!(!specs.contains(noise), "{noise} in {specs}");
        }
        for spec in Registry::builtin().specs().iter() {
            assert!(spec.description.len() > 100, "{}", spec.name);
            assert_eq!(spec.schema["type"], "object", "{}", spec.name);
            assert_eq!(spec.schema["additionalProperties"], false, "{}", spec.name);
            let fields = spec.schema["properties"].as_object().unwrap();
            for (name, field) in fields {
                assert!(field["description"].is_string(), "{} {name}: {field}", spec.name);
                assert!(field["type"].is_string(), "{} {name}: {field}", spec.name);
            }
        }
    }
}

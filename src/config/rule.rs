//! A permission rule as it is written, with the examples that it has to keep.

use serde::Deserialize;

use crate::config::source::Source;

/// What a permission rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Done without a question.
    Allow,
    /// Asked, whatever else allows it.
    Ask,
    /// Not done.
    Deny,
}

/// A permission rule as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    /// What it does.
    pub effect: Effect,
    /// Its text: `Bash(cargo test:*)`.
    pub text: String,
    /// Where it stands.
    pub at: Source,
    /// What its author says that it is about.
    pub examples: Examples,
}

/// What a rule has to be about, and what it must not be: both are checked when it is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Examples {
    /// With this rule alone, these are decided as it says.
    pub matches: Vec<String>,
    /// These are not.
    pub not: Vec<String>,
}

impl RuleText {
    /// A rule without examples.
    pub fn new(effect: Effect, text: String, at: Source) -> Self {
        Self { effect, text, at, examples: Examples::default() }
    }

    /// Does it allow what `rule` says, by the same words?
    pub(super) fn is_allow(&self, rule: &str) -> bool {
        self.effect == Effect::Allow && self.text == rule
    }
}

/// A rule in a TOML file: its text, or a table.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a rule is a text, or a table of `rule`, `match` and `not_match`")]
pub(super) enum Entry {
    Text(String),
    Table(Table),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    rule: String,
    #[serde(default, rename = "match")]
    matches: Vec<String>,
    #[serde(default)]
    not_match: Vec<String>,
}

impl Entry {
    /// The rule, which stands there.
    pub(super) fn at(self, effect: Effect, at: Source) -> RuleText {
        match self {
            Self::Text(text) => RuleText::new(effect, text, at),
            Self::Table(Table { rule, matches, not_match }) => {
                let examples = Examples { matches, not: not_match };
                RuleText { examples, ..RuleText::new(effect, rule, at) }
            }
        }
    }
}

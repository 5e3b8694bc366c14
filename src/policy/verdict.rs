//! The answer of the policy.

use crate::policy::Rule;
use crate::protocol::Mode;

/// May it be done? The strictest answer to any part of a call is the answer to the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Allow(Why),
    /// The user has to say.
    Ask(Why),
    /// No.
    Deny(Why),
}

/// Why, for the user, the log and the model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Why {
    /// In a sentence.
    pub reason: String,
    /// The rule that decided, as it is written; none where a mode or a default did.
    pub rule: Option<String>,
    /// Where the rule stands: `file:line`, or the name of a built-in table.
    pub source: Option<String>,
    /// A rule that would allow exactly this, to offer for "always"; none where it must be asked each time.
    pub offer: Option<String>,
    /// The piece of the command line that decided; a path where a file did.
    pub atom: Option<String>,
    /// It deletes, leaves the project, or could not be understood.
    pub risky: bool,
}

impl Why {
    /// A rule decided.
    pub(super) fn rule(rule: &Rule, reason: String) -> Self {
        Self {
            reason,
            rule: Some(rule.text().to_owned()),
            source: Some(rule.source().to_owned()),
            ..Self::default()
        }
    }

    /// A floor decided, which no rule and no mode moves.
    pub(super) fn floor(reason: String) -> Self {
        Self { reason, source: Some("built-in floor".into()), risky: true, ..Self::default() }
    }

    /// The table of what only reads decided.
    pub(super) fn table(reason: String) -> Self {
        Self { reason, source: Some("built-in table".into()), ..Self::default() }
    }

    /// The mode decided.
    pub(super) fn mode(mode: Mode, reason: String) -> Self {
        Self { reason, source: Some(mode.name().into()), ..Self::default() }
    }

    /// Nothing decided: it is asked.
    pub(super) fn default_of(reason: String) -> Self {
        Self { reason, source: Some("default".into()), ..Self::default() }
    }
}

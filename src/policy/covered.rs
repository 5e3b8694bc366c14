//! What else a rule would allow, of calls that are known.

use crate::policy::{Policy, Rule, Verdict};
use crate::protocol::{Access, Mode};

impl Policy {
    /// Which of `calls` the rule would let run that are asked without any allow rule: their places.
    ///
    /// Pure, as [`Policy::decide`]; in default mode, because another mode may not last. A text that
    /// is no rule covers nothing.
    pub fn covered<'a>(
        &self,
        rule: &str,
        calls: impl IntoIterator<Item = &'a [Access]>,
    ) -> Vec<usize> {
        let Ok(rule) = Rule::parse(rule, "offer") else { return Vec::new() };
        let mut without = self.clone();
        without.rules.allow.clear();
        let mut with = without.clone();
        with.rules.allow.push(rule);
        let allowed = |policy: &Self, call: &[Access]| {
            matches!(policy.decide(Mode::Default, call), Verdict::Allow(_))
        };
        let calls = calls.into_iter().enumerate();
        let covered = calls.filter(|(_, call)| allowed(&with, call) && !allowed(&without, call));
        covered.map(|(at, _)| at).collect()
    }
}

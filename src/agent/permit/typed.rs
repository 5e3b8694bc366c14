//! A line that the user typed: what would be asked is answered by that.

use std::sync::Arc;

use crate::agent::permit::{Decided, Judged};
use crate::audit::By;
use crate::policy::Verdict;
use crate::protocol::{ToolOutcome, ToolStatus};

/// What the policy refuses is refused; all else the user has allowed by typing exactly it.
pub(in crate::agent) fn typed(judged: Judged) -> Decided {
    let (refused, by, why) = match judged.verdict {
        Verdict::Allow(why) => (None, By::Policy, why),
        Verdict::Ask(why) => (None, By::User, why),
        Verdict::Deny(why) => {
            let said = super::by(&why, judged.mode);
            let text = format!("The policy refuses this line: {said}. Nothing of it ran.");
            let summary = "denied".to_owned();
            let outcome = ToolOutcome { summary, ..ToolOutcome::new(ToolStatus::Denied, text) };
            (Some(Arc::new(outcome)), By::Policy, why)
        }
    };
    Decided { refused, by, why, asked: None }
}

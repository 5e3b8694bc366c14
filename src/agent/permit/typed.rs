//! A line that the user typed: what would be asked is answered by that.

use std::sync::Arc;

use crate::agent::Agent;
use crate::agent::call::Prepared;
use crate::agent::permit::question::by as said_by;
use crate::agent::permit::{Case, Decided};
use crate::audit::By;
use crate::policy::Verdict;
use crate::protocol::{ToolOutcome, ToolStatus};

/// What the policy refuses is refused; all else the user has allowed by typing exactly it.
pub(in crate::agent) async fn typed(agent: &Agent, prepared: Prepared) -> Decided {
    let case = Case::of(agent, prepared, false, false).await;
    let (refused, by, why) = match &case.judged.verdict {
        Verdict::Allow(why) => (None, By::Policy, why.clone()),
        Verdict::Ask(why) => (None, By::User, why.clone()),
        Verdict::Deny(why) => {
            let said = said_by(why, case.judged.mode);
            let text = format!("The policy refuses this line: {said}. Nothing of it ran.");
            let summary = "denied".to_owned();
            let outcome = ToolOutcome { summary, ..ToolOutcome::new(ToolStatus::Denied, text) };
            (Some(Arc::new(outcome)), By::Policy, why.clone())
        }
    };
    Decided::new(case, refused, by, why)
}

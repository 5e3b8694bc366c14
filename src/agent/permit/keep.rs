//! Rules that a user wants to keep: what speaks against one, where it goes, and what it would cover.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use crate::agent::Agent;
use crate::agent::permit::question::covered;
use crate::agent::permit::{Case, script};
use crate::base::{cap, text};
use crate::config::{For, Kept};
use crate::policy::{Policy, Rule, Verdict};
use crate::protocol::{
    Covered, Event, Mode, PermissionRequest, RequestId, RuleScope, RuleTried, SandboxState,
    ToolCall,
};

/// Most rules at once, and bytes of each.
const MOST: (usize, usize) = (32, 4 << 10);
/// Bytes of a rule in a sentence.
const SAID: usize = 200;

/// Keeps rules for those they hold for: from now on, and in the settings. What to tell the user.
///
/// # Errors
///
/// Why none of them is kept, in words for the user: then nothing may run by them.
pub(super) async fn keep(
    agent: &Agent,
    case: &Case,
    request: &PermissionRequest,
    rules: &[String],
    scope: RuleScope,
) -> Result<Vec<String>, String> {
    if rules.len() > MOST.0 {
        return Err(format!("these are more than {} rules at once", MOST.0));
    }
    {
        let policy = agent.policy.read().unwrap_or_else(PoisonError::into_inner);
        let (kept, root) = (&*agent.kept, agent.workspace.root());
        let trial = Trial { policy: &policy, kept, call: &case.call, request, root };
        for rule in rules {
            trial.parsed(rule)?;
        }
    }
    let whose = match scope {
        RuleScope::Session => None,
        RuleScope::Project => Some(For::Project),
        RuleScope::User => Some(For::User),
    };
    let mut places = vec!["session".to_owned(); rules.len()];
    let mut notices = Vec::new();
    if let Some(whose) = whose.filter(|_| !rules.is_empty()) {
        let (kept, texts) = (Arc::clone(&agent.kept), rules.to_vec());
        let done = tokio::task::spawn_blocking(move || kept.keep(whose, &texts)).await;
        let done = done.map_err(|_| "writing the settings failed inside".to_owned())?;
        let done = done.map_err(|error| format!("{error:#}"))?;
        places = done.iter().map(ToString::to_string).collect();
        let told = rules.iter().zip(&places);
        notices.extend(told.map(|(rule, place)| {
            format!("{rule} is always allowed now. It is saved in {place}; remove it there.")
        }));
    }
    let mut policy = agent.policy.write().unwrap_or_else(PoisonError::into_inner);
    for (rule, place) in rules.iter().zip(&places) {
        policy.add(Rule::parse(rule, place).map_err(|error| error.to_string())?);
    }
    Ok(notices)
}

/// Why nothing is kept, and nothing ran, where rules were to be kept that nobody was shown.
pub(super) fn unseen(
    agent: &Agent,
    call: &ToolCall,
    request: &PermissionRequest,
    rules: &[String],
) -> String {
    let policy = agent.policy.read().unwrap_or_else(PoisonError::into_inner);
    let (kept, root) = (&*agent.kept, agent.workspace.root());
    let trial = Trial { policy: &policy, kept, call, request, root };
    let wrong = rules.iter().take(MOST.0).find_map(|rule| trial.parsed(rule).err());
    let why = wrong.unwrap_or_else(|| {
        let shown: Vec<_> = rules.iter().take(3).map(|rule| rule_shown(rule)).collect();
        format!("it was not shown what {} would allow", shown.join(", "))
    });
    format!("nothing ran and no rule was kept: {why}")
}

/// A rule in a sentence: what cannot be seen is spelled out, and the end of a long one is cut.
fn rule_shown(rule: &str) -> String {
    let rule = cap::head_tail(rule, SAID, 0).text;
    format!("`{}`", text::sanitise_exact_line(&rule))
}

/// What rules would cover, for the question `request`. Nothing comes of one that is not open.
///
/// # Errors
///
/// Where the log takes no more.
pub async fn try_rules(
    agent: &Arc<Agent>,
    request: RequestId,
    rules: Vec<String>,
) -> anyhow::Result<()> {
    let found = agent.journal.look(|state| {
        let asked = state.pending.iter().find(|asked| asked.id == request)?;
        let (_, entry) = state.call(&asked.call)?;
        Some((asked.clone(), entry.call.clone()))
    });
    let Some((asked, call)) = found else { return Ok(()) };
    let own = Arc::clone(agent);
    let hash = asked.hash.clone();
    // Two hundred calls are judged twice for each rule.
    let work = move || {
        let policy = own.policy.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (kept, root) = (&*own.kept, own.workspace.root());
        let trial = Trial { policy: &policy, kept, call: &call, request: &asked, root };
        rules.into_iter().take(MOST.0).map(|rule| trial.tried(&own, rule)).collect()
    };
    let rules: Vec<RuleTried> = tokio::task::spawn_blocking(work).await?;
    let fine = rules.iter().filter(|tried| tried.refused.is_none());
    let fine: Vec<String> = fine.map(|tried| tried.rule.clone()).collect();
    agent.journal.record(Event::RulesTried { request: request.clone(), rules }).await?;
    agent.approvals.shown(&request, &hash, fine);
    Ok(())
}

/// A question, and what a rule has to be judged by that would answer it.
struct Trial<'a> {
    policy: &'a Policy,
    kept: &'a Kept,
    call: &'a ToolCall,
    request: &'a PermissionRequest,
    /// The project's.
    root: &'a Path,
}

impl Trial<'_> {
    /// The rule, or why it cannot be kept.
    fn parsed(&self, rule: &str) -> Result<Rule, String> {
        if self.kept.is_closed() {
            return Err("the managed policy of this machine lets nobody keep rules".to_owned());
        }
        if rule.len() > MOST.1 {
            return Err(format!("the rule is longer than {} bytes", MOST.1));
        }
        if rule.contains(text::is_hidden) {
            return Err(format!(
                "the rule {} has characters in it that cannot be seen",
                rule_shown(rule)
            ));
        }
        let parsed = Rule::parse(rule, "session").map_err(|error| error.to_string())?;
        if self.request.sandbox == Some(SandboxState::Outside) {
            return Err("what leaves the sandbox is asked each time".to_owned());
        }
        if let Some(atom) = self.dangerous(&parsed) {
            return Err(format!(
                "the rule `{rule}` would cover `{atom}`, which is dangerous and asked each time"
            ));
        }
        match self.policy.too_wide(&parsed, self.cwd()) {
            Some(why) => Err(format!("the rule `{rule}` {why}; make it narrower")),
            None => Ok(parsed),
        }
    }

    fn cwd(&self) -> &Path {
        script(self.call).map_or(self.root, |script| script.cwd.as_path())
    }

    /// The risky piece of the call that the rule would let run.
    fn dangerous(&self, rule: &Rule) -> Option<String> {
        let mut with = self.policy.clone();
        with.add(rule.clone());
        self.call.access.iter().find_map(|access| {
            let before = self.policy.explain(Mode::Default, access);
            let after = with.explain(Mode::Default, access);
            before.into_iter().zip(after).find_map(|(before, after)| {
                let risky = matches!(&before.verdict, Verdict::Ask(why) if why.risky);
                let runs = matches!(after.verdict, Verdict::Allow(_));
                (risky && runs).then_some(before.atom)
            })
        })
    }

    fn tried(&self, agent: &Agent, rule: String) -> RuleTried {
        match self.parsed(&rule) {
            Err(why) => {
                let (refused, covers) = (Some(why), Covered::default());
                RuleTried { rule, refused, covers, also: Vec::new() }
            }
            Ok(parsed) => {
                let covers = covered(agent, self.call, self.policy, &rule);
                let also = self.policy.invented(&parsed, self.cwd());
                RuleTried { rule, refused: None, covers, also }
            }
        }
    }
}

//! What may be done: decided here, below the model, by rules that the user wrote.

mod command;
mod fetch;
mod flags;
mod floor;
mod meaning;
mod pattern;
mod place;
mod rule;
mod table;
mod verdict;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::policy::place::Touch;
use crate::policy::rule::Scope;
use crate::protocol::{Access, Mode};

pub use rule::{Rule, RuleError};
pub use verdict::{Verdict, Why};

/// Rules and places, from which every access is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// The rules of all sources together; none can weaken another's deny.
    pub rules: Rules,
    /// Canonical directories in which reading is free. The first is the project.
    pub roots: Vec<PathBuf>,
    /// The user's home directory, for `~`.
    pub home: Option<PathBuf>,
}

/// Rules by what they say. A deny beats an ask, an ask beats an allow, whatever the order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// May be done without asking.
    pub allow: Vec<Rule>,
    /// Is asked each time.
    pub ask: Vec<Rule>,
    /// Is never done.
    pub deny: Vec<Rule>,
}

/// A verdict before the mode turned it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ruling {
    Allow(Why),
    /// A firm question is asked in every mode.
    Ask {
        why: Why,
        firm: bool,
    },
    Deny(Why),
}

impl Ruling {
    fn firm(why: Why) -> Self {
        Self::Ask { why, firm: true }
    }

    fn is_risky(&self) -> bool {
        matches!(self, Self::Ask { why, .. } if why.risky)
    }
}

impl Policy {
    /// Judges everything that one call wants to touch; the strictest part counts.
    ///
    /// Pure: no file system, no clock, the same answer everywhere. The order for each part is deny
    /// rule, floor, ask rule, floor that asks, allow rule or table or mode, else it is asked.
    pub fn decide(&self, mode: Mode, wanted: &[Access]) -> Verdict {
        let nothing = Verdict::Allow(Why::table("it touches nothing".into()));
        let judged = wanted.iter().map(|access| self.judge(mode, access));
        judged.reduce(strictest).unwrap_or(nothing)
    }

    /// Adds an allow rule for as long as this policy lives: the user's "always in this session".
    ///
    /// # Errors
    ///
    /// The text is no rule; nothing was added.
    pub fn grant(&mut self, rule: &str) -> Result<(), RuleError> {
        let rule = Rule::parse(rule, "session")?;
        if !self.rules.allow.contains(&rule) {
            self.rules.allow.push(rule);
        }
        Ok(())
    }

    /// The deny rule that forbids the whole tool `name`: then the model does not get to see it.
    pub fn forbids_tool(&self, name: &str) -> Option<&Rule> {
        self.rules.deny.iter().find(|rule| rule.is_whole_tool(name))
    }

    fn judge(&self, mode: Mode, access: &Access) -> Verdict {
        let (ruling, only_reads) = match access {
            Access::Read { path } => (self.place(mode, Touch::Read, path), true),
            Access::Write { path } => (self.place(mode, Touch::Write, path), false),
            Access::Shell { script } => {
                let judged = self.shell(mode, script);
                (judged.ruling, judged.only_reads)
            }
            Access::Fetch { url } => (self.fetch(url), false),
            Access::Mcp { server, tool } => (self.mcp(server, tool), false),
            // It is judged by this same policy, call by call: starting it touches nothing.
            Access::Spawn { agent } => (self.spawn(agent), true),
        };
        match (ruling, mode) {
            (Ruling::Deny(why), _) => Verdict::Deny(why),
            (Ruling::Allow(why) | Ruling::Ask { why, .. }, Mode::Plan) if !only_reads => {
                let reason = format!(
                    "plan mode changes nothing: {}. Present a plan instead, and ask to leave plan mode",
                    why.reason
                );
                Verdict::Deny(Why { offer: None, ..Why::mode(mode, reason) })
            }
            (Ruling::Ask { why, firm: false }, Mode::Bypass) => {
                let reason = format!("all checks are skipped: {}", why.reason);
                Verdict::Allow(Why { risky: why.risky, ..Why::mode(mode, reason) })
            }
            (Ruling::Ask { why, .. }, _) => Verdict::Ask(why),
            (Ruling::Allow(why), _) => Verdict::Allow(why),
        }
    }

    fn mcp(&self, server: &str, tool: &str) -> Ruling {
        let shown = format!("mcp__{server}__{tool}");
        let about = |rule: &&Rule| match &rule.scope {
            Scope::All => true,
            Scope::Mcp(s, t) => pattern::wildcard(s, server) && pattern::wildcard(t, tool),
            _ => false,
        };
        // An allow names its server by its very name.
        let plain = |rule: &&Rule| matches!(&rule.scope, Scope::Mcp(s, _) if s == server);
        let offer = Rule::parse(&shown, "offer").ok().filter(|rule| {
            rule.scope == Scope::Mcp(server.to_owned(), tool.to_owned()) && !shown.contains('*')
        });
        self.by_rules(
            &format!("the tool `{shown}`"),
            about,
            plain,
            offer.map(|rule| rule.to_string()),
        )
    }

    fn spawn(&self, agent: &str) -> Ruling {
        let about = |rule: &&Rule| match &rule.scope {
            Scope::All => true,
            Scope::Spawn(name) => pattern::wildcard(name, agent),
            _ => false,
        };
        match self.by_rules(&format!("starting the agent `{agent}`"), about, about, None) {
            Ruling::Ask { firm: false, .. } => Ruling::Allow(Why::table(format!(
                "the agent `{agent}` is judged by the same rules"
            ))),
            ruling => ruling,
        }
    }

    /// The verdict where only rules have a say.
    fn by_rules(
        &self,
        what: &str,
        may_mean: impl Fn(&&Rule) -> bool,
        means: impl Fn(&&Rule) -> bool,
        offer: Option<String>,
    ) -> Ruling {
        if let Some(rule) = self.rules.deny.iter().find(&may_mean) {
            return Ruling::Deny(Why::rule(rule, format!("a rule forbids {what}")));
        }
        if let Some(rule) = self.rules.ask.iter().find(&may_mean) {
            return Ruling::firm(Why::rule(rule, format!("a rule asks before {what}")));
        }
        if let Some(rule) = self.rules.allow.iter().filter(&may_mean).find(means) {
            return Ruling::Allow(Why::rule(rule, format!("a rule allows {what}")));
        }
        let why = Why { offer, ..Why::default_of(format!("no rule covers {what}")) };
        Ruling::Ask { why, firm: false }
    }
}

/// The stricter of two; of two questions one is asked for both, and no rule is offered for it.
fn strictest(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Deny(why), _) | (_, Verdict::Deny(why)) => Verdict::Deny(why),
        (Verdict::Ask(one), Verdict::Ask(other)) => {
            let offer = one.offer.clone().filter(|_| one.offer == other.offer);
            let risky = one.risky || other.risky;
            let shown = if other.risky && !one.risky { other } else { one };
            Verdict::Ask(Why { offer, risky, ..shown })
        }
        (Verdict::Ask(why), _) | (_, Verdict::Ask(why)) => Verdict::Ask(why),
        (one @ Verdict::Allow(_), Verdict::Allow(_)) => one,
    }
}

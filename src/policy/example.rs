//! The examples of a rule: what it is about, and what it is not, said by its author.

use std::path::{Path, PathBuf};

use crate::policy::rule::Scope;
use crate::policy::{Policy, Rule, RuleError, Rules, Verdict, Why};
use crate::protocol::{Access, Mode, Resolved, Script};

/// Where examples of paths and commands are looked at: they are texts, there need be no such place.
const ROOT: &str = "/project";
const HOME: &str = "/home/user";

impl Rule {
    /// Is `example` decided by this rule alone, as the list says that it stands in? For an allow this
    /// means that all of the example may then be done without asking.
    ///
    /// The example is a command, a path, an address, `mcp__server__tool` or an agent, whatever the rule
    /// is about. A path is below the project, unless it begins with `/` or `~/`.
    ///
    /// # Errors
    ///
    /// The rule is about a tool, of which there are no examples.
    pub fn meets(
        &self,
        list: fn(&mut Rules) -> &mut Vec<Self>,
        example: &str,
    ) -> Result<bool, RuleError> {
        let access = self.access(example)?;
        let decide = |list: fn(&mut Rules) -> &mut Vec<Self>| {
            let mut rules = Rules::default();
            list(&mut rules).push(self.clone());
            let home = Some(PathBuf::from(HOME));
            let policy = Policy { rules, roots: vec![ROOT.into()], home, untrusted: false };
            (policy.decide(Mode::Default, std::slice::from_ref(&access)), policy)
        };
        // What only reads is allowed without any rule: whether the rule is about it, a deny tells.
        let (denied, _) = decide(|rules| &mut rules.deny);
        let about =
            matches!(&denied, Verdict::Deny(Why { rule: Some(rule), .. }) if rule == self.text());
        let (verdict, Policy { rules, .. }) = decide(list);
        Ok(about
            && match verdict {
                Verdict::Allow(_) => !rules.allow.is_empty(),
                Verdict::Ask(why) => {
                    !rules.ask.is_empty() && why.rule.as_deref() == Some(self.text())
                }
                Verdict::Deny(_) => !rules.deny.is_empty(),
            })
    }

    /// What the example would touch.
    fn access(&self, example: &str) -> Result<Access, RuleError> {
        let path = || {
            let path = match example.strip_prefix("~/") {
                Some(rest) => Path::new(HOME).join(rest),
                None => Path::new(ROOT).join(example),
            };
            Resolved::plain(path)
        };
        Ok(match &self.scope {
            Scope::Shell(_) | Scope::All => {
                let script = Script { command: example.to_owned(), cwd: ROOT.into() };
                Access::Shell { script }
            }
            Scope::Read(_) => Access::Read { path: path() },
            Scope::Edit(_) => Access::Write { path: path().edited() },
            Scope::Write(_) => Access::Write { path: path() },
            Scope::Fetch(_) => Access::Fetch { url: example.to_owned() },
            Scope::Spawn(_) => Access::Spawn { agent: example.to_owned() },
            Scope::Mcp(..) => {
                let (server, tool) = example
                    .strip_prefix("mcp__")
                    .and_then(|rest| rest.split_once("__"))
                    .ok_or_else(|| self.wrong("an example of it is written `mcp__server__tool`"))?;
                Access::Mcp { server: server.to_owned(), tool: tool.to_owned() }
            }
            Scope::Tool => return Err(self.wrong("there are no examples of this tool")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type List = fn(&mut Rules) -> &mut Vec<Rule>;

    #[rustfmt::skip]
    #[test]
    fn what_a_rule_is_about() {
        let allow: List = |rules| &mut rules.allow;
        let ask: List = |rules| &mut rules.ask;
        let deny: List = |rules| &mut rules.deny;
        let table: [(List, &str, &str, bool); 25] = [
            (allow, "Bash(git log:*)",       "git log -3",                 true),
            (allow, "Bash(git log:*)",       "git log; rm x",              false),
            (allow, "Bash(git log:*)",       "git status",                 false),
            (allow, "Bash(cargo test:*)",    "cargo test --lib",           true),
            (allow, "Bash(cargo test:*)",    "cargo test && rm -rf /",     false),
            (allow, "Bash(cargo test:*)",    "cargo testament",            false),
            (allow, "Bash(cargo test:*)",    "cargo test > /etc/passwd",   false),
            (allow, "Bash(rm:*)",            "ls",                         false),
            (ask,   "Bash(git push:*)",      "git push origin main",       true),
            (ask,   "Bash(git push:*)",      "npm run x",                  false),
            (deny,  "Bash(curl:*)",          "curl http://x",              true),
            (deny,  "Bash(curl:*)",          "/usr/bin/curl http://x",     true),
            (deny,  "Bash(curl:*)",          "ls; curl http://x",          true),
            (deny,  "Bash(curl:*)",          "ls",                         false),
            (allow, "Edit(src/**)",          "src/a.rs",                   true),
            (allow, "Edit(src/**)",          "docs/a.md",                  false),
            (allow, "Edit(**)",              ".git/config",                false),
            (deny,  "Read(~/.ssh/**)",       "~/.ssh/id_ed25519",          true),
            (deny,  "Read(secrets/**)",      "secrets/a",                  true),
            (deny,  "Read(secrets/**)",      "src/a.rs",                   false),
            (allow, "WebFetch(domain:docs.rs)", "https://docs.rs/x",       true),
            (allow, "WebFetch(domain:docs.rs)", "https://docs.rs.evil.io", false),
            (deny,  "mcp__db__drop",         "mcp__db__drop",              true),
            (deny,  "mcp__db__drop",         "mcp__db__read",              false),
            (deny,  "Task(tests)",           "tests",                      true),
        ];
        for (list, rule, example, expected) in table {
            let got = Rule::parse(rule, "t").unwrap().meets(list, example);
            assert_eq!(got, Ok(expected), "{rule} {example}");
        }
        for (rule, example) in [("TodoWrite", "x"), ("mcp__a__b", "a b")] {
            assert!(Rule::parse(rule, "t").unwrap().meets(deny, example).is_err(), "{rule}");
        }
    }
}

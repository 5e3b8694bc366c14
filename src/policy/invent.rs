//! Calls that a rule would newly allow, made up from its wildcards.

use std::path::{Path, PathBuf};

use crate::policy::rule::{Scope, Shell};
use crate::policy::{Policy, Rule, Verdict};
use crate::protocol::{Access, Mode, Resolved, Script};

/// Most examples of one rule.
const MOST: usize = 3;

/// What may stand behind a command's first words, the most telling first.
const BEHIND: &[&str] = &["--force", "--all other", "anything", "-x https://example.com/"];

/// What may stand for a `*` in a command.
const WILD: &[&str] = &["anything", "other --force", "x"];

impl Policy {
    /// Up to three calls that `rule` would allow and that are asked without it: in default mode,
    /// because another mode may not last. Each is judged, with the rule and without.
    pub fn invented(&self, rule: &Rule, cwd: &Path) -> Vec<String> {
        let mut with = self.clone();
        with.add(rule.clone());
        let newly = |access: &Access| {
            let access = std::slice::from_ref(access);
            matches!(with.decide(Mode::Default, access), Verdict::Allow(_))
                && matches!(self.decide(Mode::Default, access), Verdict::Ask(_))
        };
        let all = self.candidates(rule, cwd).into_iter();
        all.filter(|(_, access)| newly(access)).map(|(shown, _)| shown).take(MOST).collect()
    }

    /// What a rule would allow that no rule is offered for, in words; none where it is narrow enough
    /// to be kept by a key.
    pub fn too_wide(&self, rule: &Rule, cwd: &Path) -> Option<String> {
        let any_program = |text: &str| text.split(' ').next().is_some_and(|it| it.starts_with('*'));
        match &rule.scope {
            Scope::All => return Some("every tool".to_owned()),
            Scope::Shell(Shell::All) => return Some("every command".to_owned()),
            Scope::Shell(Shell::Wild(text, _)) if any_program(text) => {
                return Some("any program".to_owned());
            }
            _ => {}
        }
        let mut with = self.clone();
        with.add(rule.clone());
        let risky = |access: &Access| {
            let access = std::slice::from_ref(access);
            matches!(self.decide(Mode::Default, access), Verdict::Ask(why) if why.risky)
                && matches!(with.decide(Mode::Default, access), Verdict::Allow(_))
        };
        let found = self.candidates(rule, cwd).into_iter().find(|(_, access)| risky(access));
        found.map(|(shown, _)| format!("`{shown}`, which is dangerous and asked each time"))
    }

    fn candidates(&self, rule: &Rule, cwd: &Path) -> Vec<(String, Access)> {
        let run = |command: String| {
            let script = Script { command: command.clone(), cwd: cwd.to_owned() };
            (command, Access::Shell { script })
        };
        let fetch = |host: &str| {
            let url = format!("https://{host}/any/page");
            (url.clone(), Access::Fetch { url })
        };
        match &rule.scope {
            Scope::Shell(Shell::All) => {
                let any = ["python3 any.py", "curl https://example.com/", "npm run anything"];
                any.map(str::to_owned).map(run).into()
            }
            Scope::Shell(Shell::Prefix(words)) => {
                let words = words.join(" ");
                BEHIND.iter().map(|more| run(format!("{words} {more}"))).collect()
            }
            Scope::Shell(Shell::Wild(text, more)) => {
                let more = if *more { " --force" } else { "" };
                WILD.iter().map(|wild| run(format!("{}{more}", text.replace('*', wild)))).collect()
            }
            Scope::Read(_) => self.files(rule, "Read", |path| Access::Read { path }),
            Scope::Edit(_) => {
                self.files(rule, "Edit", |path| Access::Write { path: path.edited() })
            }
            Scope::Write(_) => self.files(rule, "Write", |path| Access::Write { path }),
            Scope::Fetch(host) if host == "*" => vec![fetch("example.com")],
            Scope::Fetch(host) => vec![fetch(&host.replace('*', "any"))],
            Scope::Mcp(server, tool) if tool.contains('*') => {
                let (server, tool) = (server.clone(), tool.replace('*', "anything"));
                vec![(format!("mcp__{server}__{tool}"), Access::Mcp { server, tool })]
            }
            // They name one call, or none that is told by example.
            Scope::Shell(Shell::Exact(_))
            | Scope::Mcp(..)
            | Scope::Spawn(_)
            | Scope::Tool
            | Scope::All => Vec::new(),
        }
    }

    /// Files that a rule's pattern names, where it names more than one.
    fn files(
        &self,
        rule: &Rule,
        verb: &str,
        access: impl Fn(Resolved) -> Access,
    ) -> Vec<(String, Access)> {
        let inside = rule.text().split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        let inside = inside.unwrap_or("**").trim();
        let open = if inside.ends_with('/') { format!("{inside}**") } else { inside.to_owned() };
        if !open.contains(['*', '?']) {
            return Vec::new();
        }
        let filled = [("other", "other"), ("deep/inside/it", "other"), ("a", "b")];
        let names = filled
            .iter()
            .map(|(many, one)| open.replace("**", many).replace('*', one).replace('?', "x"));
        let place = |name: &str| -> Option<PathBuf> {
            if let Some(rest) = name.strip_prefix("//") {
                return Some(Path::new("/").join(rest));
            }
            if let Some(rest) = name.strip_prefix("~/") {
                return Some(self.home.as_ref()?.join(rest));
            }
            let inside = name.strip_prefix("./").or(name.strip_prefix('/')).unwrap_or(name);
            Some(self.roots.first()?.join(inside))
        };
        let made = names.filter_map(|name| {
            let path = place(&name)?;
            let root = self.roots.first().and_then(|root| path.strip_prefix(root).ok());
            let shown = format!("{verb} {}", root.unwrap_or(&path).display());
            Some((shown, access(Resolved::plain(path))))
        });
        made.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dangerous_is_too_wide() {
        let policy =
            Policy { roots: vec!["/w".into()], home: Some("/h".into()), ..Policy::default() };
        let table = [
            ("*", true),
            ("Bash", true),
            ("Bash(*)", true),
            ("Bash(* --version)", true),
            ("Bash(rm:*)", true),
            ("Bash(cargo test:*)", false),
            ("Bash(npm run *)", false),
            ("Edit(./src/**)", false),
            ("WebFetch(domain:docs.rs)", false),
        ];
        for (rule, expected) in table {
            let parsed = Rule::parse(rule, "t").unwrap();
            let got = policy.too_wide(&parsed, Path::new("/w"));
            assert_eq!(got.is_some(), expected, "{rule}: {got:?}");
        }
    }

    #[test]
    fn what_a_rule_would_newly_allow() {
        let mut policy =
            Policy { roots: vec!["/w".into()], home: Some("/h".into()), ..Policy::default() };
        policy.rules.deny.push(Rule::parse("Edit(src/other)", "t").unwrap());
        let table: &[(&str, &[&str])] = &[
            ("Bash(cargo test)", &[]),
            ("Bash(ls:*)", &[]),
            (
                "Bash(cargo test:*)",
                &["cargo test --force", "cargo test --all other", "cargo test anything"],
            ),
            ("Bash(npm run *x)", &["npm run anythingx", "npm run other --forcex", "npm run xx"]),
            ("Edit(./src/**)", &["Edit src/deep/inside/it", "Edit src/a"]),
            ("Edit(./src/a.rs)", &[]),
            (
                "Read(~/notes/)",
                &["Read /h/notes/other", "Read /h/notes/deep/inside/it", "Read /h/notes/a"],
            ),
            ("Read(./**)", &[]),
            ("WebFetch(domain:docs.rs)", &["https://docs.rs/any/page"]),
            ("mcp__db", &["mcp__db__anything"]),
            ("mcp__db__read", &[]),
        ];
        for (rule, expected) in table {
            let rule = Rule::parse(rule, "t").unwrap();
            assert_eq!(policy.invented(&rule, Path::new("/w")), *expected, "{rule}");
        }
        policy.grant("Bash(cargo:*)").unwrap();
        let rule = Rule::parse("Bash(cargo test:*)", "t").unwrap();
        assert!(policy.invented(&rule, Path::new("/w")).is_empty(), "it is allowed already");
    }
}

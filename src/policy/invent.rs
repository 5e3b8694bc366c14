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

    pub(super) fn candidates(&self, rule: &Rule, cwd: &Path) -> Vec<(String, Access)> {
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
            Scope::Read(_) | Scope::Edit(_) | Scope::Write(_) => self.files(rule),
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
    fn files(&self, rule: &Rule) -> Vec<(String, Access)> {
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
        names.filter_map(|name| place(&name)).map(|path| self.file(rule, path)).collect()
    }

    /// What a rule for files allows of one.
    pub(super) fn file(&self, rule: &Rule, path: PathBuf) -> (String, Access) {
        let root = self.roots.first().and_then(|root| path.strip_prefix(root).ok());
        let shown = root.unwrap_or(&path).display().to_string();
        let path = Resolved::plain(path);
        match &rule.scope {
            Scope::Edit(_) => (format!("Edit {shown}"), Access::Write { path: path.edited() }),
            Scope::Write(_) => (format!("Write {shown}"), Access::Write { path }),
            _ => (format!("Read {shown}"), Access::Read { path }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

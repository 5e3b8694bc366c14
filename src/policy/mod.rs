//! What may be done: decided here, below the model, by rules that the user wrote.

mod archive;
mod builtin;
mod covered;
mod delicate;
mod escape;
mod example;
mod fetch;
mod floor;
mod git;
mod here;
mod hidden;
mod invent;
mod judge;
mod line;
mod meaning;
mod opener;
mod option;
mod pattern;
mod place;
mod program;
mod reach;
mod rule;
mod script;
mod simple;
mod touched;
mod unclear;
mod verdict;
mod wrapper;
mod xargs;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::base::digest;
use crate::policy::here::Here;
use crate::policy::judge::{Atom, Ruling, strictest};
use crate::policy::line::Line;
use crate::policy::place::{Places, Touch};
use crate::policy::rule::Scope;
use crate::protocol::{Access, Mode, Resolved, Script};
use crate::shell;

pub use hidden::Hidden;
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
    /// The user does not trust the folder: git, which runs what its repository names, is asked.
    pub untrusted: bool,
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

/// What was found out about one piece of a call: for those who want to know why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The piece: a simple command, a path, an address.
    pub atom: String,
    /// The verdict on it alone.
    pub verdict: Verdict,
    /// The paths that it reads, as they are spelled.
    pub reads: Vec<String>,
    /// The paths that it writes, as they are spelled.
    pub writes: Vec<String>,
    /// The words of each command that it starts, as programs get them, wrappers and what is behind
    /// them; none for a word that is only known when it runs, and may then be several or no word.
    pub runs: Vec<Vec<Option<String>>>,
}

/// Longer commands are never allowed unseen, in characters (S15).
const LONGEST: usize = 10_000;

impl Policy {
    /// Judges everything that one call wants to touch; the strictest part counts.
    ///
    /// Pure: no file system, no clock, the same answer everywhere. The order for each part is deny
    /// rule, floor, ask rule, floor that asks, allow rule or table or mode, else it is asked.
    pub fn decide(&self, mode: Mode, wanted: &[Access]) -> Verdict {
        let nothing = Verdict::Allow(Why::table("it touches nothing".into()));
        let atoms = wanted.iter().flat_map(|access| self.judge(mode, access));
        atoms.map(|atom| atom.settle(mode)).reduce(strictest).unwrap_or(nothing)
    }

    /// The same judgement piece by piece.
    pub fn explain(&self, mode: Mode, access: &Access) -> Vec<Finding> {
        let finding = |atom: Atom| {
            let verdict = atom.settle(mode);
            Finding {
                atom: atom.text,
                verdict,
                reads: atom.reads,
                writes: atom.writes,
                runs: atom.runs,
            }
        };
        self.judge(mode, access).into_iter().map(finding).collect()
    }

    /// Adds an allow rule for as long as this policy lives: the user's "always in this session".
    ///
    /// # Errors
    ///
    /// The text is no rule; nothing was added.
    pub fn grant(&mut self, rule: &str) -> Result<(), RuleError> {
        self.add(Rule::parse(rule, "session")?);
        Ok(())
    }

    /// Adds an allow rule that stands somewhere.
    pub fn add(&mut self, rule: Rule) {
        if !self.rules.allow.contains(&rule) {
            self.rules.allow.push(rule);
        }
    }

    /// The deny rule that forbids the whole tool `name`: then the model does not get to see it.
    pub fn forbids_tool(&self, name: &str) -> Option<&Rule> {
        self.rules.deny.iter().find(|rule| rule.is_whole_tool(name))
    }

    fn judge(&self, mode: Mode, access: &Access) -> Vec<Atom> {
        let atom = match access {
            Access::Read { path } => self.path(mode, Touch::Read, path),
            Access::Write { path } if path.facts.edited => self.path(mode, Touch::Edit, path),
            Access::Write { path } => self.path(mode, Touch::Write, path),
            Access::Shell { script } => return self.shell(mode, script),
            Access::Fetch { url } => Atom::of(url, self.fetch(url), false),
            Access::Mcp { server, tool } => {
                Atom::of(format!("mcp__{server}__{tool}"), self.mcp(server, tool), false)
            }
            // It is judged by this same policy, call by call: starting it touches nothing.
            Access::Spawn { agent } => Atom::of(agent, self.spawn(agent).staying(), true),
        };
        vec![atom]
    }

    fn path(&self, mode: Mode, touch: Touch, path: &Resolved) -> Atom {
        let ruling = Places::new(self).judge(mode, touch, path);
        let reads = touch == Touch::Read;
        let name = path.lexical.to_string_lossy().into_owned();
        let mut atom = Atom::of(name.clone(), if reads { ruling.staying() } else { ruling }, reads);
        let list = if reads { &mut atom.reads } else { &mut atom.writes };
        list.push(name);
        atom
    }

    /// The directories in which a command asks git, where all of it only reads or edits files:
    /// there git needs no helper that a repository chose, and must be kept from running one (S6).
    /// Empty where it asks no git, or does more: a commit has its hooks.
    pub fn git_reads(&self, mode: Mode, script: &Script) -> Vec<PathBuf> {
        let places = Places::new(self);
        let line = self.line(&places, mode, script);
        let mut dirs = if line.tame { line.gits } else { Vec::new() };
        dirs.sort();
        dirs.dedup();
        dirs
    }

    /// The hash of all that decides, but for the mode.
    pub fn fingerprint(&self) -> String {
        let Rules { allow, ask, deny } = &self.rules;
        let mut text = format!("{:?} {:?} {}\0", self.roots, self.home, self.untrusted);
        for (effect, rules) in [("allow", allow), ("ask", ask), ("deny", deny)] {
            for rule in rules {
                for part in [effect, rule.text(), rule.source()] {
                    text.push_str(part);
                    text.push('\0');
                }
            }
        }
        digest::sha256(text.as_bytes())
    }

    /// Judges a shell command, atom by atom (S1).
    fn shell(&self, mode: Mode, script: &Script) -> Vec<Atom> {
        let places = Places::new(self);
        self.line(&places, mode, script).atoms
    }

    fn line<'a>(&'a self, places: &'a Places<'a>, mode: Mode, script: &Script) -> Line<'a> {
        let text = &script.command;
        let mut line = Line::new(self, places, mode);
        let mut here = Here::new(self, script.cwd.clone());
        match shell::parse(text) {
            Ok(list) => line.list(&list, &mut here),
            Err(why) => {
                line.tame = false;
                let atoms = unclear::judge(&line, text, &here, &why.to_string());
                line.atoms.extend(atoms);
            }
        }
        if floor::is_fork_bomb(text) {
            let ruling = Ruling::Deny(Why::floor("it starts itself without end".into()));
            line.atoms.push(Atom::of("the whole command", ruling, false));
        }
        if let Some(ruling) = Line::hidden(text) {
            line.atoms.push(Atom::of("the whole command", ruling, false));
        }
        if text.chars().count() > LONGEST {
            let why = Why::default_of(format!("it is longer than {LONGEST} characters"));
            let ruling = Ruling::firm(Why { risky: true, ..why });
            line.atoms.push(Atom::of("the whole command", ruling, false));
        }
        line
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
            let odd = |c: char| c == '*' || crate::base::text::is_hidden(c);
            rule.scope == Scope::Mcp(server.to_owned(), tool.to_owned()) && !shown.contains(odd)
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
            let why = Why::rule(rule, format!("a rule asks before {what}"));
            return Ruling::firm(why);
        }
        if let Some(rule) = self.rules.allow.iter().filter(&may_mean).find(means) {
            return Ruling::Allow(Why::rule(rule, format!("a rule allows {what}")));
        }
        let why = Why { offer, ..Why::default_of(format!("no rule covers {what}")) };
        Ruling::ask(why)
    }
}

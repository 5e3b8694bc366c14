//! Judging a shell command: what is understood by its words, what is not by everything it might do.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::base::text;
use crate::policy::flags;
use crate::policy::floor::{Floor, is_fork_bomb, seen_through};
use crate::policy::meaning::{BROAD, covers, names_it, runs, wraps};
use crate::policy::place::Touch;
use crate::policy::rule::{Rule, Scope, Shell};
use crate::policy::table;
use crate::policy::{Policy, Ruling, Why};
use crate::protocol::{Mode, Resolved, Script};
use crate::shell::{self, Command, Loose};

/// Longer commands are never allowed unseen, in characters (S15).
const LONGEST: usize = 10_000;

/// The longest argument that Linux hands to a program, in bytes: bash cannot be given more.
const LIMIT: usize = 128 * 1024;

/// Make or change files with the names that they are given.
const WRITERS: &[&str] = &[
    "cp", "mv", "rm", "rmdir", "mkdir", "touch", "tee", "ln", "install", "chmod", "chown", "chgrp",
    "truncate", "dd", "rsync", "shred", "unlink", "sed", "patch",
];

/// Free inside the project where edits are (S17).
const EDITS: &[&str] = &["mkdir", "touch", "cp", "mv", "tee"];

/// Delete, overwrite or take over.
const RISKY: &[&str] = &[
    "rm", "rmdir", "unlink", "dd", "shred", "truncate", "wipefs", "sudo", "doas", "su", "chown",
    "eval", "exec", "kill", "pkill", "killall", "crontab", "reboot", "shutdown", "mount", "umount",
];

/// The program that a command word names: the last part of its path.
pub(super) fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// What was found out about a command, and whether it provably only reads.
pub(super) struct Judged {
    pub(super) ruling: Ruling,
    pub(super) only_reads: bool,
}

impl Policy {
    /// Judges a shell command by the order of S2.
    pub(super) fn shell(&self, mode: Mode, script: &Script) -> Judged {
        let text = &script.command;
        if text.len() >= LIMIT {
            let reason = format!(
                "the command has {} bytes, and bash takes less than {LIMIT}: write a file and run that",
                text.len()
            );
            return Judged { ruling: Ruling::Deny(Why::floor(reason)), only_reads: false };
        }
        let short = text.chars().count() <= LONGEST;
        match shell::parse(text) {
            // One command: what it does is known.
            Ok(commands) if short && commands.len() == 1 => {
                let command = &commands[0];
                let only_reads = table::only_reads(command);
                Judged { ruling: self.plain(mode, command, text, &script.cwd), only_reads }
            }
            other => {
                let why = match other {
                    Ok(_) => format!("it is longer than {LONGEST} characters"),
                    Err(unclear) => format!("it has {unclear}"),
                };
                Judged { ruling: self.unclear(text, &script.cwd, &why), only_reads: false }
            }
        }
    }

    fn plain(&self, mode: Mode, command: &Command, text: &str, cwd: &Path) -> Ruling {
        let words: Vec<String> = command.words.iter().map(|word| word.text.clone()).collect();
        let shown = format!("`{}`", command.joined());
        let runs = |rule: &&Rule| runs(rule, &words);
        if let Some(rule) = self.rules.deny.iter().find(runs) {
            return Ruling::Deny(Why::rule(rule, format!("a rule forbids {shown}")));
        }
        let floor = self.floor_of(&words, cwd);
        // Behind a wrapper stands a script or another command: it is read once more, loosely.
        let behind = if words.first().is_some_and(|first| wraps(first)) {
            self.doubts(&shell::loose(text), text, cwd)
        } else {
            None
        };
        let behind = behind.into_iter().collect::<Vec<_>>();
        let places = self.places(mode, command, cwd);
        let denied = places.iter().chain(&behind).find(|ruling| matches!(ruling, Ruling::Deny(_)));
        if let Some(Floor::Deny(reason)) = floor {
            return Ruling::Deny(Why::floor(format!("{shown}: {reason}")));
        }
        if let Some(ruling) = denied {
            return ruling.clone();
        }
        let risky = is_risky(&words) || floor.is_some();
        if let Some(rule) = self.rules.ask.iter().find(runs) {
            return Ruling::firm(Why {
                risky,
                ..Why::rule(rule, format!("a rule asks before {shown}"))
            });
        }
        if let Some(Floor::Ask(reason)) = floor {
            return Ruling::firm(Why { risky, ..Why::floor(format!("{shown}: {reason}")) });
        }
        let firm = |ruling: &&Ruling| matches!(ruling, Ruling::Ask { firm: true, .. });
        if let Some(ruling) = places.iter().chain(&behind).find(firm) {
            return ruling.clone();
        }
        if let Some(ruling) = hidden(text) {
            return ruling;
        }
        let asked = places.iter().find(|ruling| matches!(ruling, Ruling::Ask { .. }));
        let name = table::known(&words[0]);
        let edits = matches!(mode, Mode::AcceptEdits | Mode::Auto)
            && EDITS.contains(&name)
            && !command.words.iter().any(|word| word.glob)
            && !command.words[0].quoted;
        let rule = self.rules.allow.iter().find(|rule| covers(rule, command, &words));
        if table::only_reads(command) {
            return asked.cloned().unwrap_or_else(|| {
                Ruling::Allow(Why::table(format!("{shown} only reads, inside the project")))
            });
        }
        match (asked, rule) {
            (None, _) if edits => {
                Ruling::Allow(Why::mode(mode, format!("{shown} changes files inside the project")))
            }
            (None, Some(rule)) => Ruling::Allow(Why::rule(rule, format!("a rule allows {shown}"))),
            (Some(place), Some(_)) => place.clone(),
            _ => {
                let reason = match flags::escape(&words).filter(|_| !risky) {
                    Some(flag) if flag != words[0] => {
                        format!("no rule covers {shown}: `{flag}` makes it write or run something")
                    }
                    _ => format!("no rule covers {shown}, and it is not known to only read"),
                };
                let risky = risky || asked.is_some_and(Ruling::is_risky);
                let offer = if risky || asked.is_some() { None } else { offer(command, &words) };
                Ruling::Ask { why: Why { offer, risky, ..Why::default_of(reason) }, firm: false }
            }
        }
    }

    /// The judgement on every word that may be a path.
    fn places(&self, mode: Mode, command: &Command, cwd: &Path) -> Vec<Ruling> {
        let name = command.words.first().map_or("", |word| program(&word.text));
        // Behind a program rule or an accepted edit, writing inside the project is no question.
        let mode = if mode == Mode::Plan { mode } else { Mode::AcceptEdits };
        let mut found = Vec::new();
        for (word, glob) in table::paths(&command.words) {
            let free = ["-", "/dev/null", "/dev/stdin", "/dev/stdout", "/dev/stderr"];
            if free.contains(&word.as_str()) {
                continue;
            }
            let path = self.absolute(&word, true, cwd);
            if glob {
                found.extend(self.glob(&word, &path));
            }
            let path = Resolved::plain(path);
            if WRITERS.contains(&name) {
                // `rm .env` shows nothing of it: only what copies or moves reads.
                if !matches!(self.place(mode, Touch::Write, &path), Ruling::Allow(_)) {
                    found.push(self.place(mode, Touch::Write, &path));
                }
                if !matches!(name, "cp" | "mv" | "rsync" | "install" | "ln" | "dd") {
                    continue;
                }
            }
            found.push(self.place(mode, Touch::Read, &path));
        }
        found
    }

    /// What a glob could run into.
    fn glob(&self, word: &str, path: &Path) -> Option<Ruling> {
        if let Some(rule) = self.globbed(&self.rules.deny, path) {
            let reason = format!("`{word}` could give the name of a file that a rule forbids");
            return Some(Ruling::Deny(Why::rule(rule, reason)));
        }
        if let Some(rule) = self.globbed(&self.rules.ask, path) {
            let reason = format!("`{word}` could give the name of a file that a rule asks for");
            return Some(Ruling::firm(Why::rule(rule, reason)));
        }
        let secret = self.globs_secret(path);
        secret
            .then(|| Ruling::firm(Why::floor(format!("`{word}` could give the name of a secret"))))
    }

    /// A text that is not understood: never allowed by a rule, denied where a rule may forbid it.
    fn unclear(&self, text: &str, cwd: &Path, why: &str) -> Ruling {
        let names = shell::names(text);
        // `$'\x63url'` spells a name that is not seen here.
        let spelled = text.contains("$'") && text.contains('\\');
        let may_run = |rule: &&Rule| match &rule.scope {
            Scope::All | Scope::Shell(Shell::All) => true,
            Scope::Shell(Shell::Exact(text) | Shell::Wild(text, _)) => {
                spelled || text.split(' ').next().is_some_and(|first| names_it(&names, first))
            }
            Scope::Shell(Shell::Prefix(words)) => spelled || names_it(&names, &words[0]),
            _ => false,
        };
        if let Some(rule) = self.rules.deny.iter().find(may_run) {
            let reason = format!("a rule forbids a program that this names, and {why}");
            return Ruling::Deny(Why { risky: true, ..Why::rule(rule, reason) });
        }
        let doubt = self.doubts(&shell::loose(text), text, cwd);
        if let Some(ruling @ Ruling::Deny(_)) = doubt {
            return ruling;
        }
        if let Some(rule) = self.rules.ask.iter().find(may_run) {
            let reason = format!("a rule asks for a program that this names, and {why}");
            return Ruling::firm(Why { risky: true, ..Why::rule(rule, reason) });
        }
        if let Some(ruling) = doubt.or_else(|| hidden(text)) {
            return ruling;
        }
        let reason = format!("it could not be read as one simple command: {why}");
        Ruling::Ask { why: Why { risky: true, ..Why::default_of(reason) }, firm: false }
    }

    /// Floors and path rules under everything that a text might do: a denial, or a firm question.
    fn doubts(&self, loose: &Loose, text: &str, cwd: &Path) -> Option<Ruling> {
        let mut found = Vec::new();
        if is_fork_bomb(text) {
            found.push(Ruling::Deny(Why::floor("it starts itself without end".into())));
        }
        let moved = self.directories(loose, cwd);
        let mut seen = HashSet::new();
        for segment in &loose.segments {
            for cwd in &moved {
                match self.floor_of(segment, cwd) {
                    Some(Floor::Deny(reason)) => {
                        let reason = format!("`{}`: {reason}", segment.join(" "));
                        found.push(Ruling::Deny(Why::floor(reason)));
                    }
                    Some(Floor::Ask(reason)) => {
                        let reason = format!("`{}`: {reason}", segment.join(" "));
                        found.push(Ruling::firm(Why { risky: true, ..Why::floor(reason) }));
                    }
                    None => {}
                }
                let writes =
                    seen_through(segment).iter().any(|w| WRITERS.contains(&program(&w[0])));
                for word in segment {
                    if seen.insert((word, writes, cwd)) {
                        found.extend(self.doubt(word, writes, cwd));
                    }
                }
            }
        }
        for word in &loose.written {
            for cwd in &moved {
                if seen.insert((word, true, cwd)) {
                    found.extend(self.doubt(word, true, cwd));
                }
            }
        }
        let strict = |ruling: &&Ruling| matches!(ruling, Ruling::Deny(_));
        let firm = |ruling: &&Ruling| matches!(ruling, Ruling::Ask { firm: true, .. });
        found.iter().find(strict).or_else(|| found.iter().find(firm)).cloned()
    }

    /// What the path rules and floors say to each part of a word that may be a path.
    fn doubt(&self, word: &str, writes: bool, cwd: &Path) -> Vec<Ruling> {
        let word = word.replace("$PWD", &cwd.to_string_lossy());
        let word = word.replace("${PWD}", &cwd.to_string_lossy());
        let parts = word.split(['=', '@', ':', ',', '{', '}']);
        let mut found = Vec::new();
        for part in parts.chain([word.as_str()]).filter(|part| !part.is_empty()) {
            if ["/dev/stdin", "/dev/stdout", "/dev/stderr"].contains(&part) {
                continue;
            }
            let path = self.absolute(part, true, cwd);
            if part.contains(['*', '?', '[']) {
                found.extend(self.glob(part, &path));
            }
            let path = Resolved::plain(path);
            found.push(self.place(Mode::Default, Touch::Read, &path));
            if writes {
                found.push(self.place(Mode::Default, Touch::Write, &path));
            }
        }
        found
            .retain(|ruling| !matches!(ruling, Ruling::Allow(_) | Ruling::Ask { firm: false, .. }));
        found
    }

    /// Every directory that the text may be in at some point: each `cd` adds those it leads to.
    fn directories(&self, loose: &Loose, cwd: &Path) -> Vec<PathBuf> {
        let mut dirs = vec![cwd.to_owned()];
        for segment in &loose.segments {
            if let [cd, to, ..] = &segment[..]
                && matches!(cd.as_str(), "cd" | "pushd")
                && dirs.len() < 16
            {
                let next: Vec<_> = dirs.iter().map(|dir| self.absolute(to, true, dir)).collect();
                dirs.extend(next);
                dirs.sort();
                dirs.dedup();
            }
        }
        dirs
    }
}

/// Characters that hide what a command is (S12). A tab and a newline are blanks.
fn hidden(text: &str) -> Option<Ruling> {
    let odd = |c: char| c != '\t' && c != '\n' && text::is_hidden(c);
    let c = text.chars().find(|&c| odd(c))?;
    let reason = format!("the command holds the invisible character U+{:04X}", u32::from(c));
    Some(Ruling::firm(Why { risky: true, ..Why::floor(reason) }))
}

/// Does it delete, overwrite or take over?
fn is_risky(words: &[String]) -> bool {
    seen_through(words).into_iter().any(|words| {
        let name = program(&words[0]);
        let has = |flag: &str| words[1..].iter().any(|word| word == flag);
        let git = name == "git"
            && (has("clean")
                || has("--hard")
                || has("--force")
                || has("-f")
                || has("-D")
                || has("--mirror"));
        RISKY.contains(&name) || name.starts_with("mkfs") || git || name == "find" && has("-delete")
    })
}

/// The rule for exactly these words; none for what would grant more than is shown.
fn offer(command: &Command, words: &[String]) -> Option<String> {
    let odd = |word: &String| {
        word.is_empty()
            || word.contains(|c: char| c.is_whitespace() || c == '*' || text::is_hidden(c))
    };
    if words.iter().any(odd) || wraps(&words[0]) || BROAD.contains(&program(&words[0])) {
        return None;
    }
    let text = format!("Bash({})", words.join(" "));
    let rule = Rule::parse(&text, "offer").ok()?;
    covers(&rule, command, words).then_some(text)
}

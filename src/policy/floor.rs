//! The floors for commands (S13): what no rule and no mode allows, and what is always asked.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use crate::policy::Policy;
use crate::policy::command::program;

/// What a floor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Floor {
    Ask(&'static str),
    Deny(&'static str),
}

/// Directories that hold the system or everybody's files.
const SYSTEM: &[&str] = &[
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/proc", "/root",
    "/sbin", "/srv", "/sys", "/usr", "/var",
];

/// Words after which another command may begin.
const BEFORE: &[&str] = &["if", "then", "else", "elif", "do", "while", "until", "!", "{", "time"];

/// Programs that run the command that follows them.
pub(super) const WRAPPERS: &[&str] = &[
    "sudo", "doas", "xargs", "watch", "setsid", "ionice", "chrt", "flock", "parallel", "strace",
    "unshare", "busybox", "builtin", "exec", "eval", "env", "find", "fd", "fdfind", "su", "script",
    "timeout", "time", "nice", "nohup", "stdbuf", "command", "bash", "sh", "dash", "zsh", "ksh",
];

/// The commands that `words` may run: itself, and behind each wrapper every rest of it.
pub(super) fn seen_through(words: &[String]) -> Vec<&[String]> {
    let Some(first) = words.first() else { return Vec::new() };
    let name = program(first);
    let wraps = WRAPPERS.contains(&name) || BEFORE.contains(&name) || first.contains('=');
    let rests = if wraps { words.len() } else { 1 };
    (0..rests).map(|at| &words[at..]).collect()
}

impl Policy {
    /// The floor under one command of static words, running in `cwd`.
    pub(super) fn floor_of(&self, words: &[String], cwd: &Path) -> Option<Floor> {
        // A later command of the same name has only words that the first one has too.
        let mut seen = HashSet::new();
        let rests = seen_through(words).into_iter().filter(|rest| seen.insert(program(&rest[0])));
        rests.filter_map(|words| self.floor_of_one(words, cwd)).max()
    }

    fn floor_of_one(&self, words: &[String], cwd: &Path) -> Option<Floor> {
        let (first, rest) = words.split_first()?;
        let name = program(first);
        let deep = |short: &[char], long: &str| {
            rest.iter().any(|word| match word.strip_prefix("--") {
                Some(name) => !name.is_empty() && long.starts_with(name),
                None => word.starts_with('-') && word.contains(short),
            })
        };
        let operands = || rest.iter().filter(|word| !word.starts_with('-'));
        match name {
            "rm" if deep(&['r', 'R'], "recursive") => {
                operands().filter_map(|word| self.floor_of_removal(word, cwd)).max()
            }
            "chmod" | "chown" | "chgrp" if deep(&['R'], "recursive") => operands()
                .any(|word| self.is_system(&self.target(word, cwd)))
                .then_some(Floor::Deny("it changes the rights of the whole system or home")),
            "find" => {
                let ends = rest.iter().any(|word| word == "-delete")
                    || rest.iter().any(|word| word.starts_with("-exec"))
                        && rest.iter().any(|word| program(word) == "rm");
                let from = rest.iter().take_while(|word| !word.starts_with('-'));
                let all = from
                    .map(|word| self.target(word, cwd))
                    .any(|path| path == Path::new("/") || self.home.as_deref() == Some(&path));
                (ends && all).then_some(Floor::Deny("it deletes everything below / or home"))
            }
            "dd" => {
                let free = ["/dev/null", "/dev/stdout", "/dev/stderr"];
                let to = rest.iter().filter_map(|word| word.strip_prefix("of="));
                let disk =
                    to.filter(|to| to.starts_with("/dev/") && !free.contains(to)).count() > 0;
                disk.then_some(Floor::Deny("it writes to a device"))
            }
            "wipefs" => Some(Floor::Deny("it erases a file system")),
            "crontab" => Some(Floor::Ask("it changes what runs by the clock")),
            name if name == "mkfs" || name.starts_with("mkfs.") => {
                Some(Floor::Deny("it makes a new file system over what is there"))
            }
            _ => None,
        }
    }

    fn floor_of_removal(&self, word: &str, cwd: &Path) -> Option<Floor> {
        if word.contains(['$', '`']) && !is_known(word) {
            return Some(Floor::Ask("what it deletes is only known when it runs"));
        }
        let target = self.target(word, cwd);
        if self.is_system(&target) {
            return Some(Floor::Deny("it deletes a system directory or the whole home directory"));
        }
        let all = [".", "./", "*", "./*", "..", "../"].contains(&word);
        let above = self.roots.iter().any(|root| root.starts_with(&target));
        (all || above).then_some(Floor::Ask("it deletes the whole project or what is around it"))
    }

    fn is_system(&self, path: &Path) -> bool {
        SYSTEM.iter().any(|system| path == Path::new(system)) || self.home.as_deref() == Some(path)
    }

    /// The directory that a word means, its `/*` at the end left out.
    fn target(&self, word: &str, cwd: &Path) -> PathBuf {
        let word = word.trim_end_matches('/');
        let word = word.strip_suffix("/*").or_else(|| word.strip_suffix("/.*")).unwrap_or(word);
        self.absolute(if word.is_empty() { "/" } else { word }, true, cwd)
    }

    /// The path that a word means, not asking the file system. `home`: a leading `~` is home.
    pub(super) fn absolute(&self, word: &str, home: bool, cwd: &Path) -> PathBuf {
        let from_home = ["~", "$HOME", "${HOME}"]
            .iter()
            .filter(|_| home)
            .find_map(|name| word.strip_prefix(name))
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let spelled = match (from_home, &self.home) {
            (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
            (Some(rest), None) => Path::new("/").join(rest.trim_start_matches('/')),
            (None, _) => cwd.join(word),
        };
        let mut out = PathBuf::new();
        for part in spelled.components() {
            match part {
                Component::ParentDir => {
                    out.pop();
                }
                Component::CurDir => {}
                part => out.push(part),
            }
        }
        out
    }
}

/// Does it begin with a variable that is the home directory, and hold no other?
fn is_known(word: &str) -> bool {
    let rest = word.strip_prefix("$HOME").or_else(|| word.strip_prefix("${HOME}"));
    rest.is_some_and(|rest| {
        (rest.is_empty() || rest.starts_with('/')) && !rest.contains(['$', '`'])
    })
}

/// Does the text hold `name(){ name|name& };name`, a process that doubles without end?
pub(super) fn is_fork_bomb(text: &str) -> bool {
    let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    dense.match_indices("(){").any(|(at, open)| {
        let before = &dense[..at];
        let start = before.rfind([';', '&', '|', '{', '}', '(']).map_or(0, |at| at + 1);
        let name = before[start..].trim_start_matches("function");
        let body = &dense[at + open.len()..];
        !name.is_empty() && body.starts_with(&format!("{name}|{name}&"))
    })
}

//! The floors for commands (S13): what no rule and no mode allows, and what is always asked.

use std::path::{Component, Path, PathBuf};

use crate::policy::Policy;
use crate::policy::pattern;
use crate::policy::program::base;
use crate::policy::wrapper;
use crate::shell::Field;

/// What a floor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Floor {
    Ask(&'static str),
    Deny(&'static str),
}

const UNKNOWN: &str = "what it deletes is only known when it runs";

/// So many wrappers are looked through behind `xargs`.
const BEHIND: u32 = 6;

/// Directories that hold the system or everybody's files.
const SYSTEM: &[&str] = &[
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/proc", "/root",
    "/sbin", "/srv", "/sys", "/usr", "/var",
];

impl Policy {
    /// The floor under one command of these words, running in `cwd`.
    pub(super) fn floor_of(&self, argv: &[Field], cwd: &Path) -> Option<Floor> {
        let (first, rest) = argv.split_first()?;
        let name = base(&first.text);
        let deep = |short: &[char], long: &str| goes_deep(rest, short, long);
        let operands = || rest.iter().filter(|field| !field.text.starts_with('-'));
        match name {
            "rm" if deep(&['r', 'R'], "recursive") => {
                operands().filter_map(|field| self.floor_of_removal(field, cwd)).max()
            }
            "chmod" | "chown" | "chgrp" if deep(&['R'], "recursive") => operands()
                .any(|field| self.is_system(field, &Self::target(&field.text, cwd)))
                .then_some(Floor::Deny("it changes the rights of the whole system or home")),
            "find" => {
                let has = |name: &str| rest.iter().any(|field| field.text == name);
                let removes = rest.windows(2).any(|two| {
                    (two[0].text.starts_with("-exec") || two[0].text.starts_with("-ok"))
                        && base(&two[1].text) == "rm"
                });
                let before = |field: &&Field| {
                    matches!(&*field.text, "-H" | "-L" | "-P" | "--")
                        || field.text.starts_with("-O")
                };
                let rest = rest.iter().skip_while(before);
                let from: Vec<_> = rest.take_while(|field| !field.text.starts_with('-')).collect();
                // Without a place it starts where it stands.
                let here = [Field { text: ".".into(), ..Field::default() }];
                let here = here.iter().filter(|_| from.is_empty());
                let all = from.iter().copied().chain(here).any(|field| {
                    let target = Self::target(&field.text, cwd);
                    let gives = |path| Self::gives(field, &target, path);
                    gives(Path::new("/")) || self.home.as_deref().is_some_and(gives)
                });
                let ends = has("-delete") || removes;
                (ends && all).then_some(Floor::Deny("it deletes everything below / or home"))
            }
            "dd" => {
                let free = ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"];
                let to = rest.iter().filter_map(|field| field.text.strip_prefix("of="));
                let disk =
                    |to: &str| Self::absolute(to, cwd).starts_with("/dev") && !free.contains(&to);
                to.into_iter().any(disk).then_some(Floor::Deny("it writes to a device"))
            }
            "wipefs" => Some(Floor::Deny("it erases a file system")),
            "xargs" => wrapper::behind(argv)
                .is_some_and(|behind| {
                    behind.commands.iter().any(|inner| removes_deeply(inner, BEHIND))
                })
                .then_some(Floor::Ask(UNKNOWN)),
            "crontab" => Some(Floor::Ask("it changes what runs by the clock")),
            name if name == "mkfs" || name.starts_with("mkfs.") => {
                Some(Floor::Deny("it makes a new file system over what is there"))
            }
            _ => None,
        }
    }

    fn floor_of_removal(&self, field: &Field, cwd: &Path) -> Option<Floor> {
        let word = field.text.as_str();
        if field.dynamic.is_some() {
            return Some(Floor::Ask(UNKNOWN));
        }
        let target = Self::target(word, cwd);
        if self.is_system(field, &target) {
            return Some(Floor::Deny("it deletes a system directory or the whole home directory"));
        }
        let all = [".", "./", "*", "./*", "..", "../"].contains(&word);
        let above = self
            .roots
            .iter()
            .flat_map(|root| root.ancestors())
            .any(|path| Self::gives(field, &target, path));
        (all || above).then_some(Floor::Ask("it deletes the whole project or what is around it"))
    }

    fn is_system(&self, field: &Field, target: &Path) -> bool {
        let system = SYSTEM.iter().map(Path::new).chain(self.home.as_deref());
        system.into_iter().any(|path| Self::gives(field, target, path))
    }

    /// Is the target that a word means this path, or could it be where the word is a glob?
    fn gives(field: &Field, target: &Path, path: &Path) -> bool {
        target == path || field.glob && pattern::gives(target, path)
    }

    /// The directory that a word means, its `/*` at the end left out.
    fn target(word: &str, cwd: &Path) -> PathBuf {
        let mut path = Self::absolute(word, cwd);
        if path.file_name().is_some_and(|name| name == "*" || name == ".*" || name == "**") {
            path.pop();
        }
        path
    }

    /// The path that a word means, not asking the file system.
    pub(super) fn absolute(word: &str, cwd: &Path) -> PathBuf {
        let mut out = PathBuf::new();
        for part in cwd.join(word).components() {
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

/// Is there an option for everything below?
fn goes_deep(rest: &[Field], short: &[char], long: &str) -> bool {
    rest.iter().map(|field| field.text.as_str()).any(|word| match word.strip_prefix("--") {
        Some(name) => !name.is_empty() && long.starts_with(name),
        None => word.starts_with('-') && word.contains(short),
    })
}

/// Is it `rm -r`, behind so many wrappers at the most?
fn removes_deeply(argv: &[Field], wrappers: u32) -> bool {
    let Some((first, rest)) = argv.split_first() else { return false };
    let behind = |behind: wrapper::Behind<'_>| {
        behind.commands.iter().any(|inner| removes_deeply(inner, wrappers - 1))
    };
    base(&first.text) == "rm" && goes_deep(rest, &['r', 'R'], "recursive")
        || wrappers > 0 && wrapper::behind(argv).is_some_and(behind)
}

/// Does the text define a process that doubles without end: `name(){ name|name& };name`, and
/// with the word `function` or in other brackets?
pub(super) fn is_fork_bomb(text: &str) -> bool {
    let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    dense.match_indices(['{', '(']).any(|(at, open)| {
        let before = dense[..at].trim_end_matches("()");
        let start = before.rfind([';', '&', '|', '{', '}', '(']).map_or(0, |at| at + 1);
        let word = &before[start..];
        let name = word.trim_start_matches("function");
        let defined = before.len() < at || name.len() < word.len();

        let ends = |rest: &str| rest.starts_with(['&', '|', ';', '}', ')']);
        let twice = dense[at + open.len()..]
            .strip_prefix(name)
            .filter(|rest| rest.starts_with(['|', '&']))
            .and_then(|rest| rest[1..].strip_prefix(name))
            .is_some_and(ends);
        defined && !name.is_empty() && twice
    })
}

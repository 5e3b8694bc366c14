//! A record of a policy corpus: a command, a path or a text to show, and what has to come of it.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::policy::{Policy, Rule, Rules};
use crate::protocol::{Access, Facts, FileKind, Mode, Resolved, Script};

/// One line of a corpus.
#[derive(Debug, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    #[serde(default)]
    pub(super) class: String,
    #[serde(default)]
    rules: Texts,
    #[serde(default)]
    mode: Option<String>,
    cwd: Option<PathBuf>,
    #[serde(default)]
    roots: Vec<PathBuf>,
    home: Option<PathBuf>,
    #[serde(default)]
    fs: Files,
    command: Option<String>,
    op: Option<String>,
    path: Option<String>,
    /// What has to come of a command or a path.
    pub(super) expect: Option<String>,
    /// A text to show, and how.
    pub(super) input: Option<String>,
    #[serde(default)]
    pub(super) context: String,
    #[serde(default)]
    pub(super) lines: String,
    #[serde(default)]
    pub(super) must_show: Vec<String>,
    #[serde(default)]
    pub(super) plain: Vec<String>,
    pub(super) max_lines: Option<usize>,
    pub(super) pair_with: Option<String>,
    #[serde(default)]
    pub(super) extra: serde_json::Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Texts {
    allow: Vec<String>,
    ask: Vec<String>,
    deny: Vec<String>,
}

/// A file system that is only told of.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Files {
    symlinks: BTreeMap<PathBuf, PathBuf>,
    special: BTreeMap<PathBuf, String>,
    hardlinks: Vec<PathBuf>,
    case_insensitive: bool,
}

/// What a record asks the policy.
pub(super) struct Question {
    pub(super) policy: Policy,
    pub(super) mode: Mode,
    pub(super) access: Access,
}

impl Record {
    /// The policy, the mode and the access of the record.
    ///
    /// # Errors
    ///
    /// Where a rule or the mode says nothing, or neither a command nor a path is given.
    pub(super) fn question(&self) -> Result<Question> {
        let root = PathBuf::from("/code/project");
        let cwd = self.cwd.clone().unwrap_or_else(|| root.clone());
        let roots = if self.roots.is_empty() { vec![root] } else { self.roots.clone() };
        let home = self.home.clone().unwrap_or_else(|| PathBuf::from("/home/dev"));
        let access = match (&self.command, &self.path) {
            (Some(command), _) => {
                Access::Shell { script: Script { command: command.clone(), cwd } }
            }
            (None, Some(path)) => self.touched(path, &cwd, &home)?,
            (None, None) => bail!("{}: it holds no command, no path and no input", self.id),
        };
        let rules = Rules {
            allow: parsed(&self.rules.allow)?,
            ask: parsed(&self.rules.ask)?,
            deny: parsed(&self.rules.deny)?,
        };
        let mode = mode(self.mode.as_deref().unwrap_or("default"))?;
        let policy = Policy { rules, roots, home: Some(home), untrusted: false };
        Ok(Question { policy, mode, access })
    }

    fn touched(&self, path: &str, cwd: &Path, home: &Path) -> Result<Access> {
        let spelled =
            path.strip_prefix("~/").map_or_else(|| cwd.join(path), |rest| home.join(rest));
        let resolved = self.fs.resolve(&spelled);
        Ok(match self.op.as_deref() {
            Some("Read") => Access::Read { path: resolved },
            Some("Edit") => Access::Write { path: resolved.edited() },
            Some("Write") => Access::Write { path: resolved },
            op => bail!("{}: `{}` is none of Read, Edit, Write", self.id, op.unwrap_or_default()),
        })
    }
}

impl Files {
    fn same(&self, one: &Path, other: &Path) -> bool {
        one == other
            || self.case_insensitive
                && one.to_string_lossy().to_lowercase() == other.to_string_lossy().to_lowercase()
    }

    fn resolve(&self, spelled: &Path) -> Resolved {
        let mut lexical = PathBuf::new();
        for part in spelled.components() {
            match part {
                Component::ParentDir => {
                    lexical.pop();
                }
                Component::CurDir => {}
                part => lexical.push(part),
            }
        }
        let mut links = 0;
        let (real, ends) = self.real(spelled, &mut links);
        let stands = |path: &Path| self.special.iter().find(|(at, _)| self.same(at, path));
        let kind = match stands(&real).map(|(_, kind)| kind.as_str()) {
            _ if !ends => FileKind::Unresolved,
            Some("dir") => FileKind::Directory,
            Some(_) => FileKind::Special,
            None => FileKind::File,
        };
        let linked = self.hardlinks.iter().any(|path| self.same(path, &real));
        Resolved { lexical, real, facts: Facts { kind, linked, edited: false } }
    }

    /// With links followed in the kernel's order; false where they lead in a circle.
    fn real(&self, path: &Path, links: &mut u32) -> (PathBuf, bool) {
        let mut out = PathBuf::new();
        let mut parts = path.components();
        while let Some(part) = parts.next() {
            match part {
                Component::ParentDir => {
                    out.pop();
                }
                Component::CurDir => {}
                part => {
                    let next = out.join(part);
                    match self.symlinks.iter().find(|(link, _)| self.same(link, &next)) {
                        Some(_) if *links >= 40 => return (next, false),
                        Some((_, target)) => {
                            *links += 1;
                            return self.real(&out.join(target).join(parts.as_path()), links);
                        }
                        None => out = next,
                    }
                }
            }
        }
        (out, true)
    }
}

fn parsed(texts: &[String]) -> Result<Vec<Rule>> {
    let rule = |text: &String| Rule::parse(text, "the record").context("reading a rule");
    texts.iter().map(rule).collect()
}

/// The mode that a word means, in claw's spelling or in other agents'.
pub(super) fn mode(word: &str) -> Result<Mode> {
    Ok(match word {
        "default" => Mode::Default,
        "acceptEdits" | "accept_edits" => Mode::AcceptEdits,
        "plan" => Mode::Plan,
        "auto" => Mode::Auto,
        "dontAsk" | "dont_ask" => Mode::DontAsk,
        "bypassPermissions" | "bypass" => Mode::Bypass,
        other => bail!("there is no mode `{other}`"),
    })
}

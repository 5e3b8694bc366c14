//! A record of a policy corpus: a command, a path or a text to show, and what has to come of it.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::policy::{Policy, Rule, Rules};
use crate::protocol::{Access, Facts, FileKind, LONGEST_PATH, Mode, Resolved, Script};
use crate::workspace;

/// One line of a corpus.
#[derive(Debug, Deserialize)]
pub(super) struct Record {
    /// Any value: the answer carries it back.
    #[serde(default)]
    pub(super) id: Value,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) class: String,
    #[serde(default, deserialize_with = "or_default")]
    rules: Texts,
    mode: Option<String>,
    cwd: Option<PathBuf>,
    #[serde(default, deserialize_with = "or_default")]
    roots: Vec<PathBuf>,
    home: Option<PathBuf>,
    #[serde(default, deserialize_with = "or_default")]
    fs: Files,
    command: Option<String>,
    op: Option<String>,
    path: Option<String>,
    /// What has to come of a command or a path.
    pub(super) expect: Option<String>,
    /// A text to show, and how.
    pub(super) input: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) context: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) lines: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) must_show: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) plain: Vec<String>,
    pub(super) max_lines: Option<usize>,
    pub(super) pair_with: Option<Value>,
    #[serde(default)]
    pub(super) extra: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Texts {
    #[serde(deserialize_with = "or_default")]
    allow: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    ask: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    deny: Vec<String>,
}

/// A file system that is only told of.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Files {
    #[serde(deserialize_with = "or_default")]
    symlinks: BTreeMap<PathBuf, PathBuf>,
    #[serde(deserialize_with = "or_default")]
    special: BTreeMap<PathBuf, String>,
    #[serde(deserialize_with = "or_default")]
    hardlinks: Vec<PathBuf>,
    #[serde(deserialize_with = "or_default")]
    case_insensitive: bool,
}

/// What a record asks the policy.
pub(super) struct Question {
    pub(super) policy: Policy,
    pub(super) mode: Mode,
    pub(super) access: Access,
}

/// What is given as `null` counts as not given.
fn or_default<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// An `id` as text.
pub(super) fn label(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

impl Record {
    /// Its `id`, as text.
    pub(super) fn label(&self) -> String {
        label(&self.id)
    }

    /// The policy, the mode and the access of the record.
    ///
    /// # Errors
    ///
    /// Where a rule or the mode says nothing, or neither a command nor a path is given.
    pub(super) fn question(&self) -> Result<Question> {
        let root = PathBuf::from("/code/project");
        let roots = if self.roots.is_empty() { vec![root] } else { self.roots.clone() };
        let cwd = roots[0].join(self.cwd.as_deref().unwrap_or(Path::new("")));
        let home = self.home.clone().unwrap_or_else(|| PathBuf::from("/home/dev"));
        let access = match (&self.command, &self.path) {
            (Some(command), _) => {
                Access::Shell { script: Script { command: command.clone(), cwd } }
            }
            (None, Some(path)) => self.touched(path, &cwd, &home, &roots)?,
            (None, None) => bail!("it holds no command, no path and no input"),
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

    fn touched(&self, path: &str, cwd: &Path, home: &Path, roots: &[PathBuf]) -> Result<Access> {
        let mut resolved = self.fs.resolve(&workspace::absolute(path, cwd, Some(home)));
        // What holds something that is known to be there can only be a directory.
        let known = roots.iter().map(PathBuf::as_path).chain([cwd, home]);
        if resolved.facts.kind == FileKind::File
            && (known.into_iter().any(|known| known.starts_with(&resolved.real))
                || self.fs.holds(&resolved.real))
        {
            resolved.facts.kind = FileKind::Directory;
        }
        let resolved = resolved.spelled(path);
        let op = self.op.as_deref().unwrap_or_default();
        Ok(match &*op.to_ascii_lowercase() {
            "read" => Access::Read { path: resolved },
            "edit" => Access::Write { path: resolved.edited() },
            "write" => Access::Write { path: resolved },
            _ => bail!("`{op}` is none of Read, Edit, Write"),
        })
    }
}

impl Files {
    fn same(&self, one: &Path, other: &Path) -> bool {
        one == other
            || self.case_insensitive
                && one.to_string_lossy().to_lowercase() == other.to_string_lossy().to_lowercase()
    }

    /// Is something known to be in this directory?
    fn holds(&self, dir: &Path) -> bool {
        let told = self.symlinks.keys().chain(self.special.keys()).chain(&self.hardlinks);
        told.into_iter().any(|path| path != dir && path.starts_with(dir))
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
        let (real, ends) = if spelled.as_os_str().len() > LONGEST_PATH {
            (lexical.clone(), false)
        } else {
            self.real(spelled, &mut links)
        };
        let stands = |path: &Path| self.special.iter().find(|(at, _)| self.same(at, path));
        let kind = match stands(&real).map(|(_, kind)| kind.as_str()) {
            _ if !ends => FileKind::Unresolved,
            Some("dir") => FileKind::Directory,
            Some(_) => FileKind::Special,
            None => FileKind::File,
        };
        let linked = self.hardlinks.iter().any(|path| self.same(path, &real));
        Resolved { lexical, real, facts: Facts { kind, linked, edited: false, veiled: false } }
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
fn mode(word: &str) -> Result<Mode> {
    let plain = word.replace(['_', '-'], "").to_ascii_lowercase();
    Ok(match &*plain {
        "default" => Mode::Default,
        "acceptedits" => Mode::AcceptEdits,
        "plan" => Mode::Plan,
        "auto" => Mode::Auto,
        "dontask" => Mode::DontAsk,
        "bypasspermissions" | "bypass" => Mode::Bypass,
        _ => bail!("there is no mode `{word}`"),
    })
}

//! Which commands a Bash rule means (S4): deny and ask where they may apply, allow where it is certain.

use crate::policy::escape;
use crate::policy::pattern::wildcard;
use crate::policy::program::{base, known};
use crate::policy::rule::{Rule, Scope, Shell};
use crate::policy::wrapper;
use crate::shell::Field;

/// So many wrappers are looked through where a rule allows.
const DEEP: u32 = 6;

/// A command's words as deny and ask rules see them.
pub(super) struct Bare {
    words: Vec<String>,
    joined: String,
    /// The same with git's own options.
    full: Option<String>,
}

impl Bare {
    pub(super) fn new(argv: &[Field]) -> Self {
        let mut words: Vec<String> = argv.iter().map(|field| field.text.clone()).collect();
        if let Some(first) = words.first_mut() {
            *first = base(first).to_lowercase();
        }
        let mut full = None;
        if words.first().is_some_and(|first| first == "git") {
            let skipped = words.len() - 1 - crate::policy::git::Git::new(&argv[1..]).rest.len();
            if skipped > 0 {
                full = Some(words.join(" "));
                words.drain(1..=skipped);
            }
        }
        let joined = words.join(" ");
        Self { words, joined, full }
    }

    /// May the rule mean this command?
    pub(super) fn is_meant(&self, rule: &Rule) -> bool {
        let shell = match &rule.scope {
            Scope::All => return true,
            Scope::Shell(shell) => shell,
            _ => return false,
        };
        match shell {
            Shell::All => true,
            Shell::Exact(_) => {
                rule.wide == self.joined
                    || self.full.as_ref().is_some_and(|full| rule.wide == *full)
            }
            Shell::Prefix(_) => {
                let under = |text: &str| {
                    text.strip_prefix(&rule.wide)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
                };
                under(&self.joined) || self.full.as_ref().is_some_and(|full| under(full))
            }
            Shell::Wild(_, more) => {
                wild(&rule.wide, *more, &self.joined)
                    || self.full.as_ref().is_some_and(|full| wild(&rule.wide, *more, full))
            }
        }
    }

    pub(super) fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }
}

/// Is the first word of a Bash rule one of `names`? For texts that could not be read (S15).
pub(super) fn may_name(rule: &Rule, names: &[String]) -> bool {
    match &rule.scope {
        Scope::All | Scope::Shell(Shell::All) => true,
        Scope::Shell(_) => {
            let first = rule.wide.split(' ').next().unwrap_or_default();
            names.iter().any(|name| wildcard(first, &name.to_lowercase()))
        }
        _ => false,
    }
}

fn wild(pattern: &str, more: bool, text: &str) -> bool {
    wildcard(pattern, text) || more && wildcard(&format!("{pattern} *"), text)
}

/// Does an allow rule certainly cover this command?
pub(super) fn covers(rule: &Rule, argv: &[Field]) -> bool {
    let Scope::Shell(shell) = &rule.scope else { return false };
    let Some(first) = argv.first() else { return false };
    let fixed = |field: &Field| field.dynamic.is_none() && !field.glob;
    if first.quoted || first.expanded || !argv.iter().all(fixed) {
        return false;
    }
    // Most rules are about another program.
    let first = known(&first.text);
    let other = match shell {
        Shell::All => false,
        Shell::Exact(text) => known(text.split(' ').next().unwrap_or_default()) != first,
        Shell::Prefix(prefix) => known(&prefix[0]) != first,
        Shell::Wild(text, _) => {
            let word = text.split(' ').next().unwrap_or_default();
            !word.contains('*') && known(word) != first
        }
    };
    if other {
        return false;
    }
    let mut words: Vec<&str> = argv.iter().map(|field| field.text.as_str()).collect();
    words[0] = first;
    let joined = words.join(" ");
    let named = |text: &str| {
        let (first, rest) = text.split_once(' ').map_or((text, ""), |(first, rest)| (first, rest));
        if rest.is_empty() { known(first).to_owned() } else { format!("{} {rest}", known(first)) }
    };
    match shell {
        Shell::Exact(text) => named(text) == joined,
        Shell::Prefix(prefix) => {
            let same = prefix.len() <= words.len()
                && known(&prefix[0]) == words[0]
                && prefix[1..].iter().zip(&words[1..]).all(|(a, b)| a == b);
            same && !escapes(argv, DEEP) && (!wrapper::is_broad(words[0]) || names_inner(prefix))
        }
        Shell::Wild(text, more) => {
            !wrapper::is_broad(words[0])
                && !escapes(argv, DEEP)
                && wild(&named(text), *more, &joined)
        }
        Shell::All => !wrapper::is_broad(words[0]) && !escapes(argv, DEEP),
    }
}

/// Does it, or what it runs, write or run something by an option? Behind `deep` wrappers it may.
fn escapes(argv: &[Field], deep: u32) -> bool {
    escape::of(argv).is_some()
        || wrapper::behind(argv).is_some_and(|behind| {
            deep == 0
                || !behind.scripts.is_empty()
                || behind.commands.iter().any(|inner| escapes(inner, deep - 1))
        })
}

/// Does the prefix of a wrapper name the script or the command behind it?
pub(super) fn names_inner(prefix: &[String]) -> bool {
    let fields: Vec<Field> =
        prefix.iter().map(|word| Field { text: word.clone(), ..Field::default() }).collect();
    if wrapper::SHELLS.contains(&base(&prefix[0])) {
        return prefix[1..].iter().any(|word| !word.starts_with('-'))
            && !prefix.iter().any(|word| {
                word.starts_with('-') && !word.starts_with("--") && word.contains('c')
            });
    }
    let inner = wrapper::behind(&fields).and_then(|behind| behind.commands.first().copied());
    inner.is_some_and(|inner| !wrapper::is_broad(&inner[0].text))
        || prefix[0] == "ssh" && prefix.len() > 2
}

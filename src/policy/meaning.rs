//! Which commands a Bash rule means (S4): deny and ask where they may apply, allow where it is certain.

use crate::policy::command::program;
use crate::policy::flags;
use crate::policy::floor::{WRAPPERS, seen_through};
use crate::policy::pattern::wildcard;
use crate::policy::rule::{Rule, Scope, Shell};
use crate::policy::table;
use crate::shell::{self, Command};

/// A broad rule on one of these would allow everything, so it allows nothing (S4).
pub(super) const BROAD: &[&str] = &[
    "bash", "sh", "zsh", "dash", "ksh", "eval", "exec", "env", "sudo", "doas", "xargs", "command",
    "nohup", "time", "timeout", "nice", "setsid", "watch", "busybox", "ssh",
];

/// Does it run the command that follows it?
pub(super) fn wraps(word: &str) -> bool {
    WRAPPERS.contains(&program(word))
}

/// Is `first`, the first word of a rule, one of `names`?
pub(super) fn names_it(names: &[String], first: &str) -> bool {
    let first = program(first);
    names.iter().any(|name| wildcard(&first.to_lowercase(), &name.to_lowercase()))
}

/// May a deny or ask rule mean this command, or one behind its wrapper?
pub(super) fn runs(rule: &Rule, words: &[String]) -> bool {
    let shell = match &rule.scope {
        Scope::All => return true,
        Scope::Shell(shell) => shell,
        _ => return false,
    };
    let behind = words.first().is_some_and(|first| wraps(first));
    let first = first_of(shell).map(|first| program(first).to_lowercase());
    let named = |word: &str| {
        first.as_ref().is_none_or(|first| wildcard(first, &program(word).to_lowercase()))
    };
    let script = behind
        && words.iter().any(|word| word.contains([' ', ';', '\n']))
        && first.as_ref().is_some_and(|first| names_it(&shell::names(&words.join(" ")), first));
    // A script in one word, as after `bash -c`, is looked through for the name alone.
    if script {
        return true;
    }
    seen_through(words).into_iter().filter(|words| named(&words[0])).any(|words| {
        let mut words: Vec<String> = words.to_vec();
        words[0] = program(&words[0]).to_lowercase();
        if words[0] == "git" {
            skip_globals(&mut words);
        }
        means(shell, &words)
    })
}

fn first_of(shell: &Shell) -> Option<&str> {
    match shell {
        Shell::All => None,
        Shell::Exact(text) | Shell::Wild(text, _) => text.split(' ').next(),
        Shell::Prefix(words) => words.first().map(String::as_str),
    }
}

/// Does it mean these words, whose first is a program's bare name?
fn means(shell: &Shell, words: &[String]) -> bool {
    let bare = |text: &str| {
        let (first, rest) = text.split_once(' ').map_or((text, None), |(f, r)| (f, Some(r)));
        let first = program(first).to_lowercase();
        rest.map_or(first.clone(), |rest| format!("{first} {rest}"))
    };
    match shell {
        Shell::All => true,
        Shell::Exact(text) => bare(text) == words.join(" "),
        Shell::Prefix(prefix) => {
            let prefix = bare(&prefix.join(" "));
            let prefix: Vec<&str> = prefix.split(' ').collect();
            words.len() >= prefix.len() && prefix.iter().zip(words).all(|(a, b)| a == b)
        }
        Shell::Wild(text, more) => wild(&bare(text), *more, &words.join(" ")),
    }
}

fn wild(pattern: &str, more: bool, text: &str) -> bool {
    wildcard(pattern, text) || more && wildcard(&format!("{pattern} *"), text)
}

/// Drops git's own options, so that `git -C x push` is `git push`.
fn skip_globals(words: &mut Vec<String>) {
    while let Some(option) = words.get(1).filter(|word| word.starts_with('-')) {
        let valued = ["-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env"];
        let takes = valued.contains(&option.as_str());
        words.drain(1..(2 + usize::from(takes)).min(words.len()));
    }
}

/// Does an allow rule certainly cover this command?
pub(super) fn covers(rule: &Rule, command: &Command, words: &[String]) -> bool {
    let Scope::Shell(shell) = &rule.scope else { return false };
    let first = &command.words[0];
    if first.quoted || command.words.iter().any(|word| word.glob) || first.home {
        return false;
    }
    let known = table::known(&first.text).to_owned();
    let words: Vec<String> = std::iter::once(known).chain(words.iter().skip(1).cloned()).collect();
    if *shell == Shell::Exact(words.join(" ")) {
        return true;
    }
    let broad = match shell {
        Shell::Prefix(prefix) => prefix.len() == 1 && BROAD.contains(&program(&prefix[0])),
        Shell::All | Shell::Wild(..) => BROAD.contains(&program(&words[0])),
        Shell::Exact(_) => return false,
    };
    if broad || flags::escape(&words).is_some() {
        return false;
    }
    match shell {
        Shell::Prefix(prefix) => words.starts_with(prefix),
        Shell::Wild(text, more) => wild(text, *more, &words.join(" ")),
        Shell::All => true,
        Shell::Exact(_) => false,
    }
}

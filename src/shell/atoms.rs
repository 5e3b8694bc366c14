//! Pieces of a syntax tree that a judge asks for.

use crate::shell::expand::Scope;
use crate::shell::syntax::{Command, Kind, Link, List, Op, Part, Pipeline, Redirect, Token, Word};

/// The only simple command of a list, where there is nothing else in it.
pub fn only_command(list: &List) -> Option<&Command> {
    let [item] = &list.items[..] else { return None };
    let [(Link::First, pipeline)] = &item.chain[..] else { return None };
    let [command] = &pipeline.commands[..] else { return None };
    (!item.background && !pipeline.negated && !pipeline.timed).then_some(command)
}

/// The text of a substitution that always gives the same: `$(cat <<'X' … X)`.
pub(super) fn constant(list: &List) -> Option<String> {
    let command = only_command(list)?;
    let Kind::Simple { assigns, words } = &command.kind else { return None };
    let [redirect] = &command.redirects[..] else { return None };
    let cat = assigns.is_empty() && matches!(&words[..], [word] if word.as_plain() == Some("cat"));
    let text = inert(redirect).filter(|_| cat)?;
    Some(text.trim_end_matches('\n').to_owned())
}

/// The text of a here-document whose delimiter was quoted.
pub(super) fn inert(redirect: &Redirect) -> Option<&str> {
    let here = redirect.op == Op::HereDoc && redirect.quoted && redirect.fd.unwrap_or(0) == 0;
    match &redirect.target.parts[..] {
        [Part::Double(parts)] if here => match &parts[..] {
            [Part::Single(text)] => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The text that a here-document or here-string gives, where it is certain.
pub fn fed(redirect: &Redirect, scope: &Scope) -> Option<String> {
    if redirect.fd.unwrap_or(0) != 0 || !matches!(redirect.op, Op::HereDoc | Op::HereString) {
        return None;
    }
    let field = scope.expand_one(&redirect.target);
    field.dynamic.is_none().then_some(field.text)
}

/// Every list inside a word: its substitutions.
pub fn lists(word: &Word) -> Vec<&List> {
    let mut found = Vec::new();
    lists_of(&word.parts, &mut found);
    found
}

fn lists_of<'a>(parts: &'a [Part], found: &mut Vec<&'a List>) {
    for part in parts {
        match part {
            Part::Double(parts) => lists_of(parts, found),
            Part::Substitution(list) | Part::Process(list, _) => found.push(list),
            Part::Operator(raw) | Part::Arithmetic(raw) => found.extend(&raw.inner),
            _ => {}
        }
    }
}

/// Names that a list may bind, and whether it may change the directory.
pub fn binds(list: &List) -> (Vec<String>, bool) {
    let mut found = (Vec::new(), false);
    bound(list, &mut found);
    found
}

/// May it change the directory of what follows?
pub fn moves(pipeline: &Pipeline) -> bool {
    let mut found = (Vec::new(), false);
    pipeline.commands.iter().for_each(|command| bound_by(command, &mut found));
    found.1
}

/// Does nothing follow it, as it ends in `exit`?
pub fn leaves(pipeline: &Pipeline) -> bool {
    let [command] = &pipeline.commands[..] else { return false };
    match &command.kind {
        Kind::Simple { words, .. } => {
            words.first().is_some_and(|word| word.as_plain() == Some("exit"))
        }
        Kind::Group(list) => list.items.last().is_some_and(|item| {
            let alone = matches!(&item.chain[..], [(Link::First, only)] if leaves(only));
            alone && !item.background
        }),
        _ => false,
    }
}

fn bound(list: &List, found: &mut (Vec<String>, bool)) {
    let commands = list.items.iter().flat_map(|item| &item.chain);
    for command in commands.flat_map(|(_, pipeline)| &pipeline.commands) {
        bound_by(command, found);
    }
}

fn bound_by(command: &Command, found: &mut (Vec<String>, bool)) {
    match &command.kind {
        Kind::Simple { assigns, words } => {
            if words.is_empty() {
                found.0.extend(assigns.iter().map(|assign| assign.name.clone()));
            }
            let plain = |word: &Word| word.as_plain().map(str::to_owned);
            match words.first().map(|word| word.as_plain().unwrap_or("?")) {
                Some("read") => found.0.extend(words[1..].iter().filter_map(plain)),
                Some("cd" | "pushd" | "popd" | "command" | "builtin" | "eval" | "?") => {
                    found.1 = true;
                }
                _ => {}
            }
        }
        Kind::Subshell(_) | Kind::Arithmetic(_) | Kind::Test(_) | Kind::Function { .. } => {}
        Kind::Group(list) => bound(list, found),
        Kind::If { arms, other } => {
            for list in arms.iter().flat_map(|(test, then)| [test, then]).chain(other) {
                bound(list, found);
            }
        }
        Kind::Loop { test, body, .. } => {
            bound(test, found);
            bound(body, found);
        }
        Kind::For { name, body, .. } => {
            found.0.push(name.clone());
            bound(body, found);
        }
        Kind::Case { arms, .. } => arms.iter().for_each(|arm| bound(&arm.body, found)),
    }
}

/// The operands of a test.
pub fn operands(tokens: &[Token]) -> impl Iterator<Item = &Word> {
    tokens.iter().filter_map(|token| match token {
        Token::Word(word) => Some(word),
        Token::Op(_) => None,
    })
}

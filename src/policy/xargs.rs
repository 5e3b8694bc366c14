//! A list of names read by a reader through `xargs` (S16).

use crate::policy::escape;
use crate::policy::git::Git;
use crate::policy::option::Parsed;
use crate::policy::program;
use crate::shell::syntax::{Command, Kind};
use crate::shell::{Field, Scope};

/// Between the lister and `xargs`.
const FILTERS: &[&str] = &["grep", "egrep", "fgrep", "head", "tail", "sort", "uniq"];

/// Is `argv` an `xargs` whose reader only reads, behind commands that only list?
pub(super) fn is_read(before: &[Command], argv: &[Field], scope: &Scope) -> bool {
    let Some((lister, filters)) = before.split_first() else { return false };
    if argv[0].text != "xargs" || argv[0].quoted || argv[0].expanded {
        return false;
    }
    let plain = |command: &Command| -> Option<Vec<Field>> {
        let Kind::Simple { assigns, words } = &command.kind else { return None };
        assigns.is_empty().then(|| words.iter().flat_map(|word| scope.expand(word)).collect())
    };
    let lists = plain(lister).is_some_and(|argv| lists(&argv));
    let filtered = filters.iter().all(|filter| {
        plain(filter).is_some_and(|argv| {
            argv.first()
                .is_some_and(|first| FILTERS.contains(&first.text.as_str()) && !first.quoted)
                && escape::of(&argv).is_none()
        })
    });
    let reader = reader(argv).is_some_and(|reader| {
        let pure = program::find(&reader[0].text).pure && !reader[0].quoted && !reader[0].expanded;
        pure && reader.iter().all(|field| field.dynamic.is_none() && !field.glob)
    });
    lists && filtered && reader
}

/// What `xargs` runs; none where it has other options than the harmless ones.
pub(super) fn reader(argv: &[Field]) -> Option<&[Field]> {
    let mut at = 1;
    while let Some(text) = argv.get(at).map(|field| field.text.as_str()) {
        match text {
            "-0" | "-r" | "-0r" | "-r0" | "-d\\n" => at += 1,
            "-n" | "-L" => {
                let number = argv.get(at + 1)?;
                if !number.text.chars().all(|c| c.is_ascii_digit()) {
                    return None;
                }
                at += 2;
            }
            "-d" if matches!(argv.get(at + 1)?.text.as_str(), "\\n" | "\n") => at += 2,
            _ if text.starts_with("-n") || text.starts_with("-L") => {
                if !text[2..].chars().all(|c| c.is_ascii_digit()) {
                    return None;
                }
                at += 1;
            }
            _ if text.starts_with('-') => return None,
            _ => break,
        }
    }
    argv.get(at..).filter(|reader| !reader.is_empty())
}

fn lists(argv: &[Field]) -> bool {
    let Some((first, rest)) = argv.split_first() else { return false };
    if first.quoted || first.expanded || escape::of(argv).is_some() {
        return false;
    }
    let name = first.text.as_str();
    let parsed = Parsed::new(program::find(name), rest);
    match name {
        "find" | "fd" | "fdfind" | "ls" => true,
        "rg" => parsed.longs.contains(&"files") || parsed.has('l', "files-with-matches"),
        "grep" | "egrep" | "fgrep" => parsed.has('l', "files-with-matches"),
        "git" => {
            let git = Git::new(rest);
            git.sub() == "ls-files"
                || git.sub() == "diff" && rest.iter().any(|field| field.text == "--name-only")
        }
        _ => false,
    }
}

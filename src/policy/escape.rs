//! Which uses of a program no table and no prefix rule covers (S7).

use crate::policy::git::Git;
use crate::policy::option::Parsed;
use crate::policy::program::{self, Operands, base};
use crate::policy::script;
use crate::shell::Field;

/// The word of `argv` that makes its program write or run something; none where none does.
pub(super) fn of(argv: &[Field]) -> Option<String> {
    let (first, rest) = argv.split_first()?;
    let name = base(&first.text);
    if name == "git" {
        return Git::new(rest).escape.map(str::to_owned);
    }
    let program = program::find(name);
    let parsed = Parsed::new(program, rest);
    by(name, &parsed, rest)
}

/// The same, of words that were taken apart already.
pub(super) fn by(name: &str, parsed: &Parsed<'_>, rest: &[Field]) -> Option<String> {
    if parsed.escape.is_some() {
        return parsed.escape.clone();
    }
    let operand = |at: usize| parsed.operands.get(at).map(|field| field.text.clone());
    let odd = |text: String, fine: bool| if fine { None } else { Some(text) };
    match name {
        "sed" | "awk" | "gawk" | "mawk" => {
            let fields: Vec<&Field> = if parsed.given {
                parsed.scripts.iter().collect()
            } else {
                parsed.operands.iter().take(1).copied().collect()
            };
            let plain = if name == "sed" { script::sed } else { script::awk };
            let bad = fields.iter().find(|field| field.dynamic.is_some() || !plain(&field.text));
            if fields.is_empty() {
                Some(name.to_owned())
            } else {
                bad.map(|field| field.text.clone())
            }
        }
        "uniq" | "xxd" => operand(1),
        "hostname" => operand(0),
        // Of `-LR` some versions take the `R` for the value of `-L`, others for an option.
        "tree" => {
            let short = |text: &str| text.starts_with('-') && !text.starts_with("--");
            let mut words = rest.iter().map(|field| field.text.as_str()).take_while(|&w| w != "--");
            words.find(|text| short(text) && text.contains(['o', 'R'])).map(str::to_owned)
        }
        "date" => parsed
            .operands
            .iter()
            .find(|field| !field.text.starts_with('+'))
            .map(|field| field.text.clone()),
        "tar" => tar(rest),
        "unzip" | "zipinfo" => {
            let lists =
                name == "zipinfo" || parsed.shorts.contains(&'l') || parsed.shorts.contains(&'Z');
            odd(name.to_owned(), lists && !parsed.shorts.iter().any(|c| "dpcxof".contains(*c)))
        }
        "printf" => rest
            .first()
            .filter(|field| field.text.starts_with('-') && field.text != "--")
            .map(|field| field.text.clone()),
        "make" => rest.iter().find(|field| sets_shell(&field.text)).map(|field| field.text.clone()),
        "curl" => parsed
            .scripts
            .iter()
            .find(|field| names_file(&field.text, parsed))
            .or_else(|| cookie_file(rest))
            .or_else(|| rest.iter().find(|field| field.text.to_lowercase().starts_with("file:")))
            .map(|field| field.text.clone()),
        _ => None,
    }
}

/// Does a word of `make` choose the shell of its recipes: `SHELL=x`, `SHELL := x`?
fn sets_shell(text: &str) -> bool {
    let name = text.split(['=', ':', '+', '?', '!', ' ']).next().unwrap_or_default();
    text.contains('=') && matches!(name, "SHELL" | ".SHELLFLAGS")
}

/// Does data for curl name a file to send: `@file`, `name=@file`, `name=<file`, `name@file`?
fn names_file(text: &str, parsed: &Parsed<'_>) -> bool {
    let encoded =
        parsed.longs.iter().any(|name| name.starts_with("data-u") || name.starts_with('u'));
    text.starts_with(['@', '<'])
        || ["=@", "=<", ";@", ",@"].iter().any(|mark| text.contains(mark))
        || encoded && text.contains('@')
}

/// What `-b` of curl is given is the name of a file where it has no `=`.
fn cookie_file(rest: &[Field]) -> Option<&Field> {
    rest.iter().enumerate().find_map(|(at, field)| {
        let next = || rest.get(at + 1).map(|next| next.text.as_str());
        let value = match (field.text.strip_prefix("--"), field.text.strip_prefix('-')) {
            (Some(long), _) => match long.split_once('=') {
                Some(("cookie", value)) => Some(value),
                Some(_) => None,
                None => next().filter(|_| matches!(long, "cook" | "cooki" | "cookie")),
            },
            (None, Some(letters)) => {
                let (flags, glued) = letters.split_once('b')?;
                // Another option may take the rest of the word.
                let own = flags.chars().all(|c| "sSfgikLIvGNjqRn#0123469".contains(c));
                if glued.is_empty() { next() } else { Some(glued) }.filter(|_| own)
            }
            _ => None,
        };
        value.filter(|value| !value.contains('=')).map(|_| field)
    })
}

/// Anything but listing with plain options.
fn tar(rest: &[Field]) -> Option<String> {
    let mut lists = false;
    let mut fields = rest.iter().enumerate();
    while let Some((at, field)) = fields.next() {
        let text = field.text.as_str();
        let letters = match text.strip_prefix('-') {
            Some(long) if long.starts_with('-') => {
                let name = long[1..].split('=').next().unwrap_or_default();
                let plain = ["list", "file", "verbose", "gzip", "bzip2", "xz"];
                if !plain.contains(&name) {
                    return Some(text.to_owned());
                }
                lists |= name == "list";
                let archive = long.split_once('=').map(|(_, value)| value);
                let archive = match (name, archive) {
                    ("file", None) => fields.next().map(|(_, field)| field.text.as_str()),
                    (_, archive) => archive,
                };
                if archive.is_some_and(remote) {
                    return Some(text.to_owned());
                }
                continue;
            }
            Some(letters) => letters,
            // The first word may leave its dash out.
            None if at == 0 => text,
            None => continue,
        };
        for (place, c) in letters.char_indices() {
            match c {
                't' => lists = true,
                'v' | 'z' | 'j' | 'J' => {}
                'f' => {
                    let glued = &letters[place + 1..];
                    let dashed = text.starts_with('-') && !glued.is_empty();
                    let archive = if dashed {
                        Some(glued)
                    } else {
                        fields.next().map(|(_, field)| field.text.as_str())
                    };
                    if archive.is_some_and(remote) {
                        return Some(text.to_owned());
                    }
                    if dashed {
                        break;
                    }
                }
                _ => return Some(text.to_owned()),
            }
        }
    }
    (!lists).then(|| "tar".to_owned())
}

/// An archive `host:file` is fetched by a remote shell.
fn remote(archive: &str) -> bool {
    archive.split('/').next().is_some_and(|host| host.contains(':'))
}

/// Does it only say its version?
pub(super) fn says_version(argv: &[Field]) -> bool {
    let Some((first, rest)) = argv.split_first() else { return false };
    let name = program::known(&first.text);
    let words: Vec<&str> = rest.iter().map(|field| field.text.as_str()).collect();
    let version = matches!(words[..], ["--version" | "-V"]);
    let plain = !first.quoted && !first.expanded && !first.glob;
    plain && (version && program::VERSIONED.contains(&name) || name == "go" && words == ["version"])
}

/// Is the whole command one that provably only reads (S6), its places left aside?
pub(super) fn only_reads(argv: &[Field], parsed: &Parsed<'_>) -> bool {
    let Some((first, rest)) = argv.split_first() else { return false };
    // `c"at"` is no way to write cat (S12).
    if first.quoted || first.expanded || first.glob {
        return false;
    }
    let name = program::known(&first.text);
    let words: Vec<&str> = rest.iter().map(|field| field.text.as_str()).collect();
    if says_version(argv) {
        return true;
    }
    if name == "git" {
        return Git::new(rest).reads();
    }
    if name == "printenv" || name == "env" {
        return false;
    }
    if name == "test" {
        return true;
    }
    if name == "[" {
        return words.last() == Some(&"]");
    }
    if name == "command" {
        return matches!(words[..], ["-v" | "-V", _, ..]);
    }
    let program = program::find(name);
    if program.pure {
        return true;
    }
    // Data that is glued to a dash cannot be told from an option; a glob may become one.
    let data = program.operands == Operands::Nothing && name == "printf";
    program.reader && (data || !parsed.open_glob) && by(name, parsed, rest).is_none()
}

//! Programs that run what their words say (S14): interpreters with code, and what starts others.
//! What stands behind a wrapper is [`crate::policy::wrapper`]'s.

use crate::policy::pattern::wildcard;
use crate::policy::program::base;
use crate::shell::Field;

/// How an interpreter is given what it runs.
struct Interpreter {
    names: &'static [&'static str],
    /// Options with code, a letter each.
    code: &'static str,
    long_code: &'static [&'static str],
    /// Options that name what runs as a script's name does: `-m pytest`.
    module: &'static str,
    /// Options without a value.
    flags: &'static str,
}

const PLAIN: Interpreter =
    Interpreter { names: &[], code: "", long_code: &[], module: "", flags: "" };

#[rustfmt::skip]
const INTERPRETERS: &[Interpreter] = &[
    Interpreter { names: &["python", "pypy"], code: "c", module: "m", flags: "BdEiIOPqsSuvx", ..PLAIN },
    Interpreter { names: &["node", "nodejs", "bun"], code: "epi", long_code: &["eval", "print", "interactive"], ..PLAIN },
    Interpreter { names: &["perl"], code: "eE", flags: "acnlpsStTuUwWX", ..PLAIN },
    Interpreter { names: &["ruby", "lua", "luajit", "R", "Rscript", "julia", "elixir", "groovy", "scala", "osascript"], code: "eE", long_code: &["eval"], flags: "wv", ..PLAIN },
    Interpreter { names: &["php"], code: "rBRE", long_code: &["run", "process-begin", "process-code", "process-end"], flags: "nq", ..PLAIN },
    Interpreter { names: &["pwsh", "powershell", "expect"], code: "cCeE", ..PLAIN },
    Interpreter { names: &["java", "tclsh"], ..PLAIN },
];

/// Words behind which a program is named, and how many of the words that follow name it.
#[rustfmt::skip]
const STARTERS: &[(&[&str], usize)] = &[
    (&["npx"], 1), (&["bunx"], 1), (&["uvx"], 1),
    (&["npm", "exec"], 1), (&["npm", "x"], 1),
    (&["pnpm", "exec"], 1), (&["pnpm", "dlx"], 1),
    (&["yarn", "exec"], 1), (&["yarn", "dlx"], 1),
    (&["bun", "x"], 1), (&["uv", "run"], 1), (&["uv", "tool", "run"], 1),
    (&["pipx", "run"], 1), (&["poetry", "run"], 1), (&["pipenv", "run"], 1), (&["bundle", "exec"], 1),
    (&["deno", "run"], 1), (&["deno", "eval"], usize::MAX), (&["go", "run"], 1),
    (&["docker", "run"], 1), (&["docker", "exec"], 2),
    (&["podman", "run"], 1), (&["podman", "exec"], 2),
    (&["kubectl", "run"], 1), (&["kubectl", "exec"], 2),
    (&["git", "bisect", "run"], 1), (&["git", "submodule", "foreach"], 1),
    // A command of theirs starts a shell.
    (&["vi"], usize::MAX), (&["vim"], usize::MAX), (&["nvim"], usize::MAX),
    (&["emacs"], usize::MAX), (&["ed"], usize::MAX), (&["gdb"], usize::MAX),
];

/// Do these words, with any more behind them, leave open what is run?
pub(super) fn is_open(argv: &[Field]) -> bool {
    let Some((first, rest)) = argv.split_first() else { return false };
    let name = base(&first.text);
    // `python3.12` is python.
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let of = |it: &&Interpreter| it.names.contains(&plain) || it.names.contains(&name);
    INTERPRETERS.iter().find(of).is_some_and(|interpreter| interpreter.is_open(rest))
        || STARTERS.iter().any(|(path, named)| path[0] == name && starts(&path[1..], *named, rest))
}

impl Interpreter {
    /// Is no script named, or code given?
    fn is_open(&self, rest: &[Field]) -> bool {
        let mut words = rest.iter().map(|field| field.text.as_str());
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix('-') else { return !names(word) };
            if let Some(long) = option.strip_prefix('-') {
                let (name, value) = long.split_once('=').unwrap_or((long, ""));
                if self.long_code.contains(&name) {
                    return true;
                }
                // What follows it may be its value.
                if value.is_empty() && !long.is_empty() {
                    words.next();
                }
                continue;
            }
            if option.is_empty() {
                return true;
            }
            for (at, c) in option.char_indices() {
                if self.code.contains(c) {
                    return true;
                }
                let last = at + c.len_utf8() == option.len();
                if self.module.contains(c) {
                    return last && words.next().is_none_or(|module| module.contains('*'));
                }
                if !self.flags.contains(c) {
                    if last {
                        words.next();
                    }
                    break;
                }
            }
        }
        true
    }
}

/// May `path` begin here, with fewer than `named` words behind it?
fn starts(path: &[&str], named: usize, rest: &[Field]) -> bool {
    let mut words = Vec::new();
    let mut valued = false;
    for field in rest {
        let text = field.text.as_str();
        // The word behind an option may be its value.
        if text.starts_with('-') {
            valued = !text.contains('=');
        } else if !std::mem::take(&mut valued) || words.len() < path.len() {
            words.push(text);
        }
    }
    let same = path.iter().zip(&words).all(|(part, word)| wildcard(word, part));
    let behind = words.iter().skip(path.len()).filter(|word| names(word)).count();
    same && behind < named
}

/// Does the word of a rule name something, though a `*` be in it?
fn names(word: &str) -> bool {
    let known = word.split('*').next().unwrap_or_default();
    known.len() == word.len() || known.contains('/')
}

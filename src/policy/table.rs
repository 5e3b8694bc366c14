//! The built-in table of commands that only read (S6), and which of their words are paths.

use crate::policy::command::program;
use crate::policy::flags;
use crate::shell::{Command, Word};

/// Read whatever their flags are.
const PURE: &[&str] = &[
    "cat",
    "head",
    "tail",
    "wc",
    "ls",
    "stat",
    "du",
    "df",
    "nl",
    "tac",
    "rev",
    "cut",
    "paste",
    "tr",
    "comm",
    "join",
    "fold",
    "fmt",
    "column",
    "expand",
    "unexpand",
    "od",
    "hexdump",
    "strings",
    "cksum",
    "md5sum",
    "sha1sum",
    "sha224sum",
    "sha256sum",
    "sha384sum",
    "sha512sum",
    "b2sum",
    "basename",
    "dirname",
    "realpath",
    "readlink",
    "pwd",
    "echo",
    "true",
    "false",
    ":",
    "seq",
    "expr",
    "whoami",
    "id",
    "groups",
    "uname",
    "nproc",
    "arch",
    "uptime",
    "free",
    "cal",
    "which",
    "type",
    "cmp",
    "diff",
    "grep",
    "egrep",
    "fgrep",
    "jq",
    "locale",
    "getconf",
    "ps",
    "sleep",
    "exit",
];

/// Read unless one of their flags escapes, see [`flags::escape`].
const RESTRICTED: &[&str] = &["find", "fd", "fdfind", "rg", "sort", "tree", "base64"];

/// Say their version, and nothing else.
const VERSIONED: &[&str] = &[
    "cargo", "rustc", "rustup", "node", "npm", "npx", "pnpm", "yarn", "bun", "deno", "python",
    "python3", "pip", "pip3", "go", "java", "javac", "gcc", "g++", "clang", "make", "cmake",
    "bash", "git", "gh", "docker", "kubectl", "ruby", "perl", "php",
];

const GIT: &[&str] = &[
    "status",
    "diff",
    "log",
    "show",
    "blame",
    "rev-parse",
    "ls-files",
    "ls-tree",
    "cat-file",
    "describe",
    "shortlog",
    "rev-list",
    "for-each-ref",
    "name-rev",
    "merge-base",
    "count-objects",
    "check-ignore",
    "diff-tree",
    "diff-index",
    "diff-files",
    "whatchanged",
    "grep",
];

/// Display options of `git branch` and `git tag`.
const LISTING: &[&str] = &[
    "-a",
    "-r",
    "-v",
    "-vv",
    "-l",
    "-n",
    "--list",
    "--sort",
    "--format",
    "--contains",
    "--merged",
    "--no-merged",
    "--show-current",
    "--points-at",
];

/// Does the command only read, whatever the places that it names are?
pub(super) fn only_reads(command: &Command) -> bool {
    let Some(first) = command.words.first() else { return false };
    // `c"at"` is no way to write cat (S12).
    if first.quoted || first.glob || first.home {
        return false;
    }
    let words: Vec<String> = command.words.iter().map(|word| word.text.clone()).collect();
    let (name, rest) = (known(&first.text), &words[1..]);
    if PURE.contains(&name) {
        return true;
    }
    let version = matches!(rest, [flag] if flag == "--version" || flag == "-V");
    if (version && VERSIONED.contains(&name)) || (name == "go" && rest == ["version"]) {
        return true;
    }
    // A name that the shell fills in could begin with `-`.
    let ended = command.words.iter().position(|word| word.text == "--").unwrap_or(words.len());
    let leads = |word: &Word| word.glob && word.text.starts_with(['*', '?', '[']);
    if command.words[..ended].iter().any(leads) || flags::escape(&words).is_some() {
        return false;
    }
    match name {
        "[" => rest.last().is_some_and(|last| last == "]") && !rest.iter().any(|w| number_test(w)),
        "test" => !rest.iter().any(|word| number_test(word)),
        "printf" => rest.first().is_some_and(|format| !format.starts_with('-')),
        "date" => rest.iter().all(|word| word.starts_with('+') || word == "-u" || word == "--utc"),
        "uniq" => rest.iter().filter(|word| !word.starts_with('-')).count() <= 1,
        "command" => matches!(rest, [flag, _] if flag == "-v" || flag == "-V"),
        "cd" => matches!(rest, [to] if !to.starts_with('-')),
        "git" => git(rest),
        name => RESTRICTED.contains(&name),
    }
}

/// `[ x -eq y ]` evaluates, and evaluating can run something.
fn number_test(word: &str) -> bool {
    matches!(word, "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-v")
}

/// `/bin/x` and `/usr/bin/x` are `x`; any other path is a program that nobody knows.
pub(super) fn known(word: &str) -> &str {
    let bare = word.strip_prefix("/usr/bin/").or_else(|| word.strip_prefix("/bin/"));
    bare.filter(|bare| !bare.contains('/')).unwrap_or(word)
}

fn git(words: &[String]) -> bool {
    let mut rest = words;
    while let Some((first, after)) = rest.split_first().filter(|(word, _)| word.starts_with('-')) {
        rest = match first.as_str() {
            "--no-pager" | "--no-optional-locks" | "--literal-pathspecs" => after,
            // The directory is judged as a place, as every word is.
            "-C" if !after.is_empty() => &after[1..],
            _ => return false,
        };
    }
    let Some((sub, rest)) = rest.split_first() else { return false };
    let first = rest.first().map(String::as_str);
    let listing = |word: &String| {
        let name = word.split('=').next().unwrap_or_default();
        LISTING.contains(&name)
    };
    match sub.as_str() {
        "branch" | "tag" => {
            let lists = ["-l", "--list", "--contains", "--merged", "--no-merged", "--points-at"];
            let named = rest.iter().any(|word| lists.contains(&word.as_str()));
            rest.iter().all(|word| listing(word) || (named && !word.starts_with('-')))
        }
        "stash" => matches!(first, Some("list" | "show")),
        "worktree" => first == Some("list"),
        "reflog" => first.is_none_or(|first| first == "show"),
        "remote" => {
            matches!(rest, [] | [_]) && first.is_none_or(|first| first == "-v")
                || first == Some("get-url")
        }
        "config" => {
            matches!(first, Some("--get" | "--get-all" | "--list" | "-l")) && rest.len() <= 2
        }
        sub => GIT.contains(&sub),
    }
}

/// The words of a command that may be paths, as they are spelled; `true` marks a glob.
///
/// Finds too much rather than too little: a number is taken for a file of that name.
pub(super) fn paths(words: &[Word]) -> Vec<(String, bool)> {
    let Some((first, rest)) = words.split_first() else { return Vec::new() };
    let name = program(&first.text);
    if matches!(name, "echo" | "printf" | "expr" | "tr" | "seq" | "sleep" | "which" | "type") {
        return Vec::new();
    }
    let patterned = matches!(name, "grep" | "egrep" | "fgrep" | "rg" | "jq");
    let given = |word: &Word| {
        word.text.starts_with("-e")
            || word.text.starts_with("-f")
            || word.text.starts_with("--regexp")
    };
    // The first word that is no flag is the pattern, unless a flag gave one.
    let mut skip =
        patterned && !rest.iter().any(|word| given(word) || word.text.starts_with("--file"));
    let mut found = Vec::new();
    let mut flags = true;
    for word in rest {
        if flags && word.text == "--" {
            flags = false;
        } else if flags && word.text.starts_with('-') && word.text.len() > 1 {
            let value = word.text.split_once('=').map(|(_, value)| value);
            let attached = word.text.find(['/', '~']).map(|at| &word.text[at..]);
            let value = value.or(attached.filter(|path| path.len() > 1));
            found.extend(value.map(|value| (value.to_owned(), word.glob)));
        } else if std::mem::take(&mut skip) {
        } else {
            let text = &word.text;
            found.push((text.clone(), word.glob));
            let parts = text.split_once('=').or_else(|| text.split_once('@'));
            let parts = parts.or_else(|| text.split_once(':').filter(|_| name == "git"));
            found.extend(parts.map(|(_, value)| (value.to_owned(), word.glob)));
        }
    }
    found.retain(|(text, _)| !text.is_empty());
    found
}

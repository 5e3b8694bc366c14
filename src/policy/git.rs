//! What git does by its words (S6, S7).

use crate::shell::Field;

/// Subcommands that only read, whatever their options but for the escapes.
const READERS: &[&str] = &[
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

/// Display options of `git branch` and `git tag`; with `true` a value may follow.
const LISTING: &[(&str, bool)] = &[
    ("-a", false),
    ("-r", false),
    ("-v", false),
    ("-vv", false),
    ("-l", false),
    ("-n", false),
    ("--list", false),
    ("--sort", true),
    ("--format", true),
    ("--contains", true),
    ("--merged", true),
    ("--no-merged", true),
    ("--show-current", false),
    ("--points-at", true),
];

/// Options of git itself that choose a helper or another repository (S7).
const GLOBAL: &[&str] = &[
    "-c",
    "--config-env",
    "--git-dir",
    "--work-tree",
    "--exec-path",
    "--namespace",
    "-p",
    "--paginate",
    "--super-prefix",
    "--attr-source",
];

/// Options of git itself with a value.
const VALUED: &[&str] = &[
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--config-env",
    "--exec-path",
    "--super-prefix",
    "--attr-source",
];

/// Options of subcommands that run or write something (S7).
const ESCAPES: &[&str] = &[
    "ext-diff",
    "textconv",
    "filters",
    "output",
    "open-files-in-pager",
    "upload-pack",
    "receive-pack",
    "exec",
    "exec-path",
    "output-directory",
];

/// Options that begin as an escape does, and are none.
const HARMLESS: &[&str] = &["show-toplevel", "show", "text", "exclude", "show-current"];

/// git's words by what they are.
#[derive(Debug, Default)]
pub(super) struct Git<'a> {
    /// The first word that escapes.
    pub(super) escape: Option<&'a str>,
    /// Every option of git itself is harmless.
    pub(super) plain: bool,
    /// Directories of `-C`.
    pub(super) dirs: Vec<&'a Field>,
    /// The subcommand and what follows it.
    pub(super) rest: &'a [Field],
}

impl<'a> Git<'a> {
    /// Reads the words behind `git`.
    pub(super) fn new(words: &'a [Field]) -> Self {
        let mut git = Self { plain: true, rest: words, ..Self::default() };
        while let Some((first, after)) = git.rest.split_first() {
            let text = first.text.as_str();
            if !text.starts_with('-') {
                break;
            }
            git.rest = after;
            let name = text.split('=').next().unwrap_or(text);
            let glued = !text.starts_with("--") && text.starts_with("-c");
            if GLOBAL.contains(&name) || glued {
                git.escape.get_or_insert(text);
            }
            git.plain &= matches!(
                text,
                "--no-pager" | "--no-optional-locks" | "--literal-pathspecs" | "-C" | "--version"
            );
            if VALUED.contains(&text) && !after.is_empty() {
                git.rest = &after[1..];
                git.dirs.extend((text == "-C").then(|| &after[0]));
            }
        }
        let sub = git.sub();
        let ended = git.rest.iter().position(|field| field.text == "--").unwrap_or(git.rest.len());
        let escape = git.rest[..ended].iter().skip(1).find(|field| escapes(sub, &field.text));
        git.escape = git.escape.or(escape.map(|field| field.text.as_str()));
        git
    }

    /// The subcommand.
    pub(super) fn sub(&self) -> &'a str {
        self.rest.first().map_or("", |field| field.text.as_str())
    }

    /// The words that may be paths, and whether they are certainly one.
    pub(super) fn places(&self) -> Vec<Place<'a>> {
        let mut found = Vec::new();
        let mut paths = false;
        // What is looked for is no path.
        let mut pattern = self.sub() == "grep"
            && !self.rest.iter().any(|field| field.text == "-e" || field.text == "-f");
        let named =
            matches!(self.sub(), "config" | "commit" | "branch" | "tag" | "remote" | "stash");
        let mut fields = self.rest.iter().skip(1).peekable();
        while let Some(field) = fields.next() {
            let text = field.text.as_str();
            if text == "--" && !paths {
                paths = true;
            } else if !paths && text.starts_with('-') {
                let valued = [
                    "-m",
                    "-S",
                    "-G",
                    "-n",
                    "-e",
                    "-A",
                    "-B",
                    "--grep",
                    "--author",
                    "--since",
                    "--until",
                    "--format",
                    "--pretty",
                    "--sort",
                    "--max-depth",
                ];
                if valued.contains(&text) {
                    fields.next();
                } else if text == "-L" {
                    found.extend(fields.next().and_then(lines));
                } else if let Some(range) = text.strip_prefix("-L") {
                    found.extend(lines_of(range, field));
                } else if let Some((name, value)) = text.split_once('=') {
                    let said = [
                        "--format",
                        "--pretty",
                        "--grep",
                        "--author",
                        "--since",
                        "--until",
                        "--date",
                        "--sort",
                        "--diff-filter",
                        "--message",
                        "--abbrev",
                    ];
                    if !said.contains(&name) {
                        found.push(Place { text: value.to_owned(), field, top: false });
                    }
                }
            } else if !std::mem::take(&mut pattern) && !named {
                found.push(Place { text: text.to_owned(), field, top: false });
                found.extend(behind_colon(text, field));
            }
        }
        found.retain(|place| !place.text.is_empty());
        found
    }

    /// Does it only read?
    pub(super) fn reads(&self) -> bool {
        if self.escape.is_some() || !self.plain {
            return false;
        }
        let Some((_, rest)) = self.rest.split_first() else { return false };
        let words: Vec<&str> = rest.iter().map(|field| field.text.as_str()).collect();
        let ended = words.iter().position(|word| *word == "--").unwrap_or(words.len());
        let glob = |field: &Field| field.glob && field.text.starts_with(['*', '?', '[']);
        if rest[..ended].iter().any(glob) {
            return false;
        }
        match self.sub() {
            "branch" | "tag" => lists(&words),
            "stash" => matches!(words[..], ["list" | "show", ..]),
            "worktree" => matches!(words[..], ["list", ..]),
            "reflog" => {
                matches!(words[..], [] | ["show", ..])
                    || words.first().is_some_and(|word| word.starts_with('-'))
            }
            "remote" => matches!(words[..], [] | ["-v" | "--verbose"] | ["get-url", ..]),
            "config" => {
                let mode = words
                    .iter()
                    .position(|word| matches!(*word, "--get" | "--get-all" | "--list" | "-l"));
                let scope = |word: &str| {
                    matches!(word, "--global" | "--local" | "--system" | "--show-origin" | "-z")
                };
                mode.is_some_and(|at| words[..at].iter().all(|word| scope(word)))
                    && words.iter().filter(|word| !word.starts_with('-')).count() <= 2
                    && !words.iter().any(|word| {
                        matches!(
                            *word,
                            "--unset" | "--add" | "--replace-all" | "-e" | "--edit" | "-f"
                        ) || word.starts_with("--file")
                            || word.starts_with("--blob")
                    })
            }
            sub => READERS.contains(&sub),
        }
    }
}

/// A word of git that may be a path.
pub(super) struct Place<'a> {
    pub(super) text: String,
    pub(super) field: &'a Field,
    /// It begins at the top of the repository, wherever git runs.
    pub(super) top: bool,
}

/// The path of `rev:path`, and of `:(top)path` and its kin; what is left out is none.
fn behind_colon<'a>(text: &str, field: &'a Field) -> Option<Place<'a>> {
    let magic = text.strip_prefix(':');
    if magic.is_some_and(|rest| rest.starts_with(['!', '^'])) {
        return None;
    }
    let signs = magic.and_then(|rest| rest.strip_prefix('(')).and_then(|rest| rest.split_once(')'));
    let path = match signs {
        Some((signs, _)) if signs.split(',').any(|sign| sign == "exclude") => return None,
        Some((_, path)) => path,
        None => text.rsplit_once(':')?.1,
    };
    let top = !path.starts_with("./") && !path.starts_with("../");
    Some(Place { text: path.trim_start_matches('/').to_owned(), field, top })
}

/// The file of `-L 1,5:file`.
fn lines(field: &Field) -> Option<Place<'_>> {
    lines_of(&field.text, field)
}

fn lines_of<'a>(range: &str, field: &'a Field) -> Option<Place<'a>> {
    range.rsplit_once(':').map(|(_, file)| Place { text: file.to_owned(), field, top: false })
}

fn escapes(sub: &str, text: &str) -> bool {
    if let Some(long) = text.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or(long);
        let could = |full: &&&str| name.len() >= 3 && full.starts_with(name);
        // `--no-index` compares any two files.
        return !HARMLESS.contains(&name)
            && (ESCAPES.iter().any(|full| could(&full))
                || "no-index".starts_with(name) && name.len() > 3);
    }
    sub == "grep" && text.starts_with("-O")
}

fn lists(words: &[&str]) -> bool {
    let named = words.iter().any(|word| {
        matches!(
            word.split('=').next(),
            Some("-l" | "--list" | "--contains" | "--merged" | "--no-merged" | "--points-at")
        )
    });
    words.iter().enumerate().all(|(at, word)| {
        if !word.starts_with('-') {
            let before = at.checked_sub(1).and_then(|at| words.get(at));
            let value = before.is_some_and(|before| LISTING.contains(&(before, true)));
            return named || value;
        }
        let name = word.split('=').next().unwrap_or(word);
        let digits = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit());
        LISTING.iter().any(|(known, _)| *known == name)
            || word.strip_prefix("-n").is_some_and(digits)
    })
}

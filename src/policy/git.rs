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
    // They start the program that `gpg.program` names.
    "show-signature",
];

/// Options with the next word as their value: a `--` behind one ends nothing.
const TAKING: &[&str] = &[
    "-S",
    "-G",
    "-L",
    "-n",
    "-e",
    "-f",
    "-A",
    "-B",
    "-C",
    "-m",
    "-O",
    "-U",
    "-l",
    "--grep",
    "--author",
    "--committer",
    "--since",
    "--until",
    "--after",
    "--before",
    "--max-count",
    "--skip",
    "--glob",
    "--exclude",
    "--diff-filter",
    "--diff-algorithm",
    "--word-diff-regex",
    "--find-object",
    "--src-prefix",
    "--dst-prefix",
    "--line-prefix",
    "--output",
    "--sort",
    "--format",
    "--contents",
    "--max-depth",
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
        let outside = |field: &Field| {
            field.text.starts_with('/') || field.text.split('/').any(|part| part == "..")
        };
        let outside = git.rest.iter().any(outside);
        let words = git.rest[..git.ended()].iter().skip(1);
        let escape = words.map(|field| &field.text).find(|text| escapes(sub, text, outside));
        git.escape = git.escape.or(escape.map(String::as_str));
        git
    }

    /// Where options end.
    fn ended(&self) -> usize {
        let words = self.rest;
        let ends = |at: usize| words[at].text == "--" && !TAKING.contains(&&*words[at - 1].text);
        (1..words.len()).find(|&at| ends(at)).unwrap_or(words.len())
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
                } else if let Some(order) = text.strip_prefix("-O") {
                    found.push(Place { text: order.to_owned(), field, top: false });
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
        let glob = |field: &Field| field.glob && field.text.starts_with(['*', '?', '[', '-']);
        if self.rest[1..self.ended()].iter().any(glob) {
            return false;
        }
        match self.sub() {
            "branch" | "tag" => lists(self.sub(), &words),
            "stash" => matches!(words[..], ["list" | "show", ..]),
            "worktree" => matches!(words[..], ["list", ..]),
            "reflog" => match words.first() {
                None | Some(&"show") => true,
                Some(word) => {
                    let changes = ["expire", "delete", "drop", "write"];
                    word.starts_with('-') && !words.iter().any(|word| changes.contains(word))
                }
            },
            "remote" => matches!(words[..], [] | ["-v" | "--verbose"] | ["get-url", ..]),
            "config" => queries(&words),
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

/// `outside`: one of the words is a place outside the project.
fn escapes(sub: &str, text: &str, outside: bool) -> bool {
    let Some(long) = text.strip_prefix("--") else { return shorts(sub, text) };
    let name = long.split('=').next().unwrap_or(long);
    let could = |full: &str| name.len() > 1 && full.starts_with(name);
    // A manual is shown by the program that the repository's configuration names.
    if name == "help" || sub == "clone" && ["config", "template"].into_iter().any(could) {
        return true;
    }
    if HARMLESS.contains(&name) || sub != "cat-file" && name == "filter" {
        return false;
    }
    // `%G?` starts the program that `gpg.program` names.
    let signed = text.contains("%G") || text.contains("%(signature");
    // `--no-index` compares any two files.
    ESCAPES.iter().any(|full| could(full))
        || signed
        || outside && name.len() > 3 && could("no-index")
        || READERS.contains(&sub) && enters(long, could)
        || sub == "difftool" && could("extcmd")
}

/// Does git enter submodules, where it runs what their own settings name?
fn enters(long: &str, could: impl Fn(&str) -> bool) -> bool {
    could("recurse-submodules")
        || could("submodule") && long.ends_with("=diff")
        || could("ignore-submodules") && (long.ends_with("=none") || long.ends_with("=untracked"))
}

/// The same for short options, which may stand together.
fn shorts(sub: &str, text: &str) -> bool {
    let (bad, values) = match sub {
        "grep" => ("O", "efABCm"),
        "clone" => ("uc", "boj"),
        "rebase" => ("x", "sXC"),
        "difftool" => ("x", "t"),
        _ => return false,
    };
    let Some(letters) = text.strip_prefix('-') else { return false };
    letters.chars().take_while(|c| !values.contains(*c)).any(|c| bad.contains(c))
}

/// Does `git config` only say what is set?
fn queries(words: &[&str]) -> bool {
    let is_mode = |word: &str| matches!(word, "--get" | "--get-all" | "--list" | "-l");
    let plain = |word: &str| {
        let scopes = ["--global", "--local", "--system", "--worktree"];
        let shown = ["--show-origin", "--show-scope", "--name-only", "-z", "--null"];
        is_mode(word) || scopes.contains(&word) || shown.contains(&word)
    };
    let at = words.iter().position(|word| !word.starts_with('-')).unwrap_or(words.len());
    let (options, operands) = words.split_at(at);
    let trailing = operands.iter().filter(|word| word.starts_with('-'));
    options.iter().any(|word| is_mode(word))
        && options.iter().chain(trailing).all(|word| plain(word))
        && operands.len() <= 2
}

/// Is it `git branch` or `git tag` in the form that lists?
fn lists(sub: &str, words: &[&str]) -> bool {
    // `-a`, `-v` of a tag make one and start gpg.
    let letters = if sub == "tag" { "l" } else { "arvl" };
    let short = |word: &str| {
        let rest =
            word.strip_prefix('-').map(|rest| rest.trim_start_matches(|c| letters.contains(c)));
        let digits = |rest: &str| rest.chars().all(|c| c.is_ascii_digit());
        let numbered = |rest: &str| sub == "tag" && rest.strip_prefix('n').is_some_and(digits);
        word.len() > 1 && rest.is_some_and(|rest| rest.is_empty() || numbered(rest))
    };
    let long = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
    let named = words.iter().any(|word| {
        let list = ["--list", "--contains", "--merged", "--no-merged", "--points-at"];
        list.contains(&&*long(word)) || short(word) && word.contains('l')
    });
    words.iter().enumerate().all(|(at, word)| {
        if !word.starts_with('-') {
            let before = at.checked_sub(1).and_then(|at| words.get(at));
            let value = before.is_some_and(|before| LISTING.contains(&(before, true)));
            return named || value;
        }
        short(word) || LISTING.iter().any(|(known, _)| *known == long(word))
    })
}

//! Highlighting of code: one thread beside the loop, and the only place that knows syntect.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;

use anyhow::{Context as _, Result};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use crate::ui::theme::Role;

/// Larger code stays plain.
pub const MAX_BYTES: usize = 500_000;
/// A longer line stays plain, in characters.
const MAX_LINE: usize = 5_000;
/// Requests that wait for the thread; what comes on top stays plain.
const QUEUE: usize = 64;

/// The roles of each line: ascending ranges of its bytes. What is in no range is plain.
pub type Lines = Vec<Vec<(Range<usize>, Role)>>;

/// Loaded by the first highlighting, on the thread that highlights.
static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Code to be highlighted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Names language and code; the answer bears it.
    pub key: u64,
    /// The language as a fence names it, a file's extension, or a file's name.
    pub language: String,
    /// The code.
    pub code: Arc<str>,
}

impl Request {
    /// Asks for `code`; none where it is too large, or no language is named.
    pub fn new(language: &str, code: &str) -> Option<Self> {
        let fits = !language.is_empty() && language.len() <= 64 && code.len() <= MAX_BYTES;
        fits.then(|| Self {
            key: key(language, code),
            language: language.to_owned(),
            code: code.into(),
        })
    }
}

/// Highlighted code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Highlighted {
    /// The request's key.
    pub key: u64,
    /// The roles of its lines; empty where the code stays plain.
    pub lines: Arc<Lines>,
}

/// The name of `code` in `language`.
pub fn key(language: &str, code: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (language, code).hash(&mut hasher);
    hasher.finish()
}

/// The thread that highlights. It ends when this is dropped.
#[derive(Debug)]
pub struct Highlighter {
    queue: SyncSender<Request>,
}

impl Highlighter {
    /// Starts the thread. `reply` is called on it with each answer; false ends it.
    ///
    /// # Errors
    ///
    /// Fails where the system gives no thread.
    pub fn start(mut reply: impl FnMut(Highlighted) -> bool + Send + 'static) -> Result<Self> {
        let (queue, requests) = sync_channel::<Request>(QUEUE);
        let work = move || {
            for request in requests {
                let lines = Arc::new(highlight(&request.language, &request.code));
                if !reply(Highlighted { key: request.key, lines }) {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name("highlight".into());
        thread.spawn(work).context("starting the thread that highlights code")?;
        Ok(Self { queue })
    }

    /// Queues a request; never waits. Where the queue is full the answer is given at once: plain.
    pub fn request(&self, request: Request) -> Option<Highlighted> {
        match self.queue.try_send(request) {
            Ok(()) => None,
            Err(TrySendError::Full(request) | TrySendError::Disconnected(request)) => {
                Some(Highlighted { key: request.key, lines: Arc::default() })
            }
        }
    }
}

/// The roles of `code`'s lines; empty where the language is unknown or the code too large.
///
/// `language` is what a fence names, a file's extension, or a file's name. Takes up to milliseconds
/// a kilobyte, and the first time it loads the syntaxes: not for the loop.
pub fn highlight(language: &str, code: &str) -> Lines {
    if code.len() > MAX_BYTES {
        return Lines::new();
    }
    let Some(syntax) = syntax(language) else { return Lines::new() };
    let mut parser = ParseState::new(syntax);
    let mut scopes = ScopeStack::new();
    let mut lines = Lines::new();
    for line in code.split_inclusive('\n') {
        let roles = roles(&mut parser, &mut scopes, line);
        let Some(roles) = roles else { return Lines::new() };
        lines.push(roles);
    }
    lines
}

/// The roles of one line; none where the syntax gives up on it.
fn roles(
    parser: &mut ParseState,
    scopes: &mut ScopeStack,
    line: &str,
) -> Option<Vec<(Range<usize>, Role)>> {
    let mut found: Vec<(Range<usize>, Role)> = Vec::new();
    if line.chars().nth(MAX_LINE).is_some() {
        return Some(found);
    }
    let end = line.trim_end_matches(['\n', '\r']).len();
    let mut at = 0;
    let mut add = |range: Range<usize>, scopes: &ScopeStack| {
        let range = range.start..range.end.min(end);
        let Some(role) = (!range.is_empty()).then(|| role(scopes)).flatten() else { return };
        match found.last_mut() {
            Some((last, same)) if last.end == range.start && *same == role => last.end = range.end,
            _ => found.push((range, role)),
        }
    };
    for (next, op) in parser.parse_line(line, &SYNTAXES).ok()? {
        add(at..next, scopes);
        at = next;
        scopes.apply(&op).ok()?;
    }
    add(at..line.len(), scopes);
    Some(found)
}

fn syntax(language: &str) -> Option<&'static SyntaxReference> {
    let set = &*SYNTAXES;
    let name = language.rsplit(['/', '\\']).next().unwrap_or(language);
    let ending = name.rsplit('.').next().unwrap_or(name);
    let found = set.find_syntax_by_token(name).or_else(|| set.find_syntax_by_token(ending));
    found.filter(|syntax| syntax.name != "Plain Text")
}

/// What scopes mean, the more special first: a prefix of the scope's name, and the role.
static MEANINGS: LazyLock<Vec<(Scope, Role)>> = LazyLock::new(|| {
    let table = [
        ("comment", Role::SyntaxComment),
        ("punctuation.definition.comment", Role::SyntaxComment),
        ("string", Role::SyntaxString),
        ("constant", Role::SyntaxNumber),
        ("entity.name.function", Role::SyntaxFunction),
        ("support.function", Role::SyntaxFunction),
        ("variable.function", Role::SyntaxFunction),
        ("entity.name.tag", Role::SyntaxKeyword),
        ("entity.name", Role::SyntaxType),
        ("entity.other.inherited-class", Role::SyntaxType),
        ("support.type", Role::SyntaxType),
        ("support.class", Role::SyntaxType),
        ("storage.type.function", Role::SyntaxKeyword),
        ("storage", Role::SyntaxKeyword),
        ("keyword.operator", Role::Text),
        ("keyword", Role::SyntaxKeyword),
        ("markup.heading", Role::Heading),
        ("markup.inserted", Role::DiffAdd),
        ("markup.deleted", Role::DiffDel),
    ];
    let known = table.into_iter();
    known.filter_map(|(name, role)| Some((Scope::from_str(name).ok()?, role))).collect()
});

/// What the innermost scope with a meaning means; none for plain code.
fn role(scopes: &ScopeStack) -> Option<Role> {
    let meaning = |scope: &Scope| {
        let found = MEANINGS.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope));
        found.map(|&(_, role)| role)
    };
    scopes.scopes.iter().rev().find_map(meaning).filter(|role| *role != Role::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(language: &str, code: &str) -> String {
        let lines = highlight(language, code);
        let words = code.lines().zip(&lines).flat_map(|(text, roles)| {
            roles
                .iter()
                .map(move |(range, role)| format!("{}={}", &text[range.clone()], role.name()))
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn code_gets_roles() {
        let got = marked("rust", "let n: usize = 1; // one\n\"s\"");
        for want in [
            "let=syntax.keyword",
            "usize=syntax.",
            "1=syntax.number",
            "// one=syntax.comment",
            "\"s\"=syntax.string",
        ] {
            assert!(got.contains(want), "{want} is not in {got}");
        }
    }

    #[test]
    fn languages_are_found_by_fence_extension_and_file_name() {
        for name in [
            "rust",
            "rs",
            "src/main.rs",
            "python",
            "py",
            "TypeScript",
            "tsx",
            "toml",
            "sh",
            "bash",
            "Makefile",
            "Dockerfile",
            "c++",
            "go",
            "json",
            "yaml",
            "diff",
        ] {
            assert!(syntax(name).is_some(), "{name}");
        }
        assert!(syntax("no such language").is_none());
        assert!(syntax("").is_none());
    }

    #[test]
    fn what_is_too_large_stays_plain() {
        assert!(highlight("rust", &"x".repeat(MAX_BYTES + 1)).is_empty());
        let lines = highlight("rust", &format!("let a;\n{}\nlet b;", "x".repeat(MAX_LINE + 1)));
        assert_eq!(lines.iter().map(Vec::is_empty).collect::<Vec<_>>(), [false, true, false]);
        assert!(Request::new("rust", &"x".repeat(MAX_BYTES + 1)).is_none());
        assert!(Request::new("", "x").is_none());
    }

    #[test]
    fn answers_come_from_the_thread() {
        let (answer, answers) = sync_channel(1);
        let highlighter = Highlighter::start(move |done| answer.send(done).is_ok()).unwrap();
        let request = Request::new("rust", "let a = 1;").unwrap();
        assert_eq!(highlighter.request(request.clone()), None);
        let done = answers.recv().unwrap();
        assert_eq!(done.key, request.key);
        assert_eq!(*done.lines, highlight("rust", "let a = 1;"));
    }

    #[test]
    fn a_full_queue_answers_plain_and_never_waits() {
        let (go, gate) = sync_channel::<()>(0);
        let highlighter = Highlighter::start(move |_| gate.recv().is_ok()).unwrap();
        let request = Request::new("rust", "let a = 1;").unwrap();
        let refused = (0..=QUEUE + 1).find_map(|_| highlighter.request(request.clone()));
        assert_eq!(refused, Some(Highlighted { key: request.key, lines: Arc::default() }));
        drop(go);
    }
}

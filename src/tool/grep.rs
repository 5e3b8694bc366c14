//! `grep`: lines that match, with ripgrep's libraries.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use futures_util::future::BoxFuture;
use globset::GlobMatcher;
use grep_regex::RegexMatcher;
use grep_regex::RegexMatcherBuilder;
use grep_searcher::BinaryDetection;
use grep_searcher::Searcher;
use grep_searcher::SearcherBuilder;
use grep_searcher::Sink;
use grep_searcher::SinkContext;
use grep_searcher::SinkContextKind;
use grep_searcher::SinkMatch;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::protocol::Access;
use crate::protocol::ToolKind;
use crate::protocol::ToolSpec;
use crate::tool::Context;
use crate::tool::Invocation;
use crate::tool::Output;
use crate::tool::Tool;
use crate::tool::ToolError;
use crate::tool::blocking;
use crate::tool::file::Target;
use crate::tool::glob;
use crate::tool::input;
use crate::tool::schema;
use crate::tool::walk;
use crate::workspace::Workspace;

/// Hits, or files, that are shown where the model asks for no number.
const SHOWN: u64 = 250;

/// Bytes of text for the model.
const TEXT: usize = 64 << 10;

/// Characters of a line that are shown.
const COLUMNS: usize = 500;

/// Lines of context around a hit, at most.
const CONTEXT: u64 = 50;

/// Bytes of a pattern made ready to search with.
const PATTERN: usize = 10 << 20;

/// Bytes of one line that are held, at most; a file with a longer one is left out.
const LINE: usize = 32 << 20;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// A regular expression in Rust's syntax, for one line.
    #[serde(alias = "regex", alias = "query")]
    pattern: String,
    /// The file or directory to search; the project's root where it is left out.
    #[serde(default, alias = "directory", alias = "dir")]
    path: Option<String>,
    /// Only files whose path matches, such as `*.rs` or `src/**/*.ts`.
    #[serde(default, alias = "include")]
    glob: Option<String>,
    /// What to show: the matching lines (without this), the files, or the number of hits a file.
    #[serde(default)]
    output_mode: Option<Mode>,
    /// Upper and lower case are the same.
    #[serde(default, alias = "-i", alias = "i", deserialize_with = "input::truth")]
    ignore_case: bool,
    /// Lines to show around each hit.
    #[serde(default, alias = "-C", deserialize_with = "input::number")]
    context: Option<u64>,
    /// How many hits, or files, to show at most; 250 where it is left out.
    #[serde(default, alias = "limit", deserialize_with = "input::number")]
    head_limit: Option<u64>,
    /// Other harnesses have it; line numbers are always shown.
    #[schemars(skip)]
    #[serde(default, rename = "-n")]
    _numbers: Option<Value>,
    /// Lines after and before a hit, as other harnesses have it.
    #[schemars(skip)]
    #[serde(default, rename = "-A", deserialize_with = "input::number")]
    after: Option<u64>,
    #[schemars(skip)]
    #[serde(default, rename = "-B", deserialize_with = "input::number")]
    before: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Content,
    FilesWithMatches,
    Count,
}

/// Searches files.
pub(super) struct Grep(ToolSpec);

impl Grep {
    pub(super) fn new() -> Self {
        Self(schema::spec::<Input>("grep", include_str!("../../assets/tools/grep.md")))
    }
}

impl Tool for Grep {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(
        &self,
        input: Value,
        workspace: &Workspace,
    ) -> Result<Box<dyn Invocation>, ToolError> {
        let input: Input = input::parse(&self.0, &input)?;
        let matcher = RegexMatcherBuilder::new()
            .case_insensitive(input.ignore_case)
            .line_terminator(Some(b'\n'))
            .size_limit(PATTERN)
            .dfa_size_limit(PATTERN)
            .build(&input.pattern);
        let wrong =
            |error| ToolError::Input(format!("grep: `pattern` is no regular expression: {error}"));
        let around = input.context.unwrap_or(0);
        Ok(Box::new(Grepping {
            matcher: matcher.map_err(wrong)?,
            base: Target::new(workspace, input.path.as_deref().unwrap_or_default()),
            glob: input.glob.filter(|g| !g.is_empty()).map(|g| glob::matcher(&g)).transpose()?,
            pattern: input.pattern,
            mode: input.output_mode.unwrap_or(Mode::Content),
            around: (
                input.before.unwrap_or(around).min(CONTEXT) as usize,
                input.after.unwrap_or(around).min(CONTEXT) as usize,
            ),
            limit: input.head_limit.filter(|&n| n > 0).unwrap_or(SHOWN),
        }))
    }
}

struct Grepping {
    pattern: String,
    matcher: RegexMatcher,
    base: Target,
    glob: Option<GlobMatcher>,
    mode: Mode,
    /// Lines before and after a hit.
    around: (usize, usize),
    limit: u64,
}

impl Invocation for Grepping {
    fn verb(&self) -> &'static str {
        "Grep"
    }

    fn title(&self) -> String {
        self.pattern.clone()
    }

    fn kind(&self) -> ToolKind {
        ToolKind::Search
    }

    fn access(&self) -> Vec<Access> {
        vec![Access::Read { path: self.base.place.clone() }]
    }

    fn run(self: Box<Self>, cx: Context) -> BoxFuture<'static, Result<Output, ToolError>> {
        blocking(move || self.search(&cx))
    }
}

impl Grepping {
    fn search(&self, cx: &Context) -> Result<Output, ToolError> {
        let mut searcher = SearcherBuilder::new()
            .line_number(true)
            .before_context(self.around.0)
            .after_context(self.around.1)
            .binary_detection(BinaryDetection::quit(0))
            .heap_limit(Some(LINE))
            .build();
        let mut found = Found::new(self, &cx.cancel);
        let mut unread = 0_usize;
        let mut walk = walk::below(&self.base)?;
        for entry in walk.sort_by_file_name(Ord::cmp).build() {
            if cx.cancel.is_cancelled() {
                return Err(ToolError::Cancelled("the search was stopped.".into()));
            }
            let Ok(entry) = entry else {
                unread += 1;
                continue;
            };
            let below = entry.path().strip_prefix(self.base.real()).unwrap_or(entry.path());
            // A single file is its own base.
            let name =
                if below.as_os_str().is_empty() { Path::new(entry.file_name()) } else { below };
            if !entry.file_type().is_some_and(|sort| sort.is_file())
                || self.glob.as_ref().is_some_and(|glob| !glob.is_match(name))
            {
                continue;
            }
            let shown = if below.as_os_str().is_empty() {
                self.base.shown.clone()
            } else {
                cx.workspace.shown(&self.base.place.lexical.join(below))
            };
            let Ok(file) = self.base.beneath.open(entry.path()) else {
                unread += 1;
                continue;
            };
            found.begin(shown);
            if searcher.search_file(&self.matcher, &file, &mut found).is_err() {
                unread += 1;
            }
            found.end();
            if found.full {
                break;
            }
        }
        Ok(found.output(unread))
    }
}

/// What was found until now.
struct Found<'a> {
    wanted: &'a Grepping,
    cancel: &'a CancellationToken,
    text: String,
    /// Hits in all, in the file that is read now, and files with hits.
    hits: u64,
    here: u64,
    files: u64,
    /// The file that is read now, and whether its name stands above its lines already.
    file: String,
    headed: bool,
    /// No more is wanted, and there may be more.
    full: bool,
}

impl<'a> Found<'a> {
    fn new(wanted: &'a Grepping, cancel: &'a CancellationToken) -> Self {
        let (text, file) = (String::new(), String::new());
        Self { wanted, cancel, text, hits: 0, here: 0, files: 0, file, headed: false, full: false }
    }

    fn begin(&mut self, file: String) {
        self.file = file;
        self.here = 0;
        self.headed = false;
    }

    fn end(&mut self) {
        if self.here == 0 {
            return;
        }
        self.files += 1;
        match self.wanted.mode {
            Mode::Content => self.text.push('\n'),
            Mode::FilesWithMatches => self.line(&self.file.clone()),
            Mode::Count => self.line(&format!("{}:{}", self.file, self.here)),
        }
        let listed = self.wanted.mode != Mode::Content && self.files >= self.wanted.limit;
        self.full |= listed || self.text.len() >= TEXT;
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a line of the file: `12:` before a hit, `12-` before its surroundings.
    fn show(&mut self, number: Option<u64>, mark: char, bytes: &[u8]) {
        if !std::mem::replace(&mut self.headed, true) {
            self.text.push_str(&self.file);
            self.text.push('\n');
        }
        // A line of megabytes is not decoded to show 500 characters of it.
        let line = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * COLUMNS + 4)]);
        let line = line.trim_end_matches(['\r', '\n']);
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{}{mark}", number.unwrap_or_default());
        match line.char_indices().nth(COLUMNS) {
            None => self.line(line),
            Some((at, _)) => {
                let line = format!("{} [… cut: {} bytes]", &line[..at], bytes.len());
                self.line(&line);
            }
        }
    }

    fn output(mut self, unread: usize) -> Output {
        let plural = |n: u64, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let more = if self.full { "+" } else { "" };
        let summary = match self.wanted.mode {
            Mode::FilesWithMatches => plural(self.files, "file"),
            Mode::Content | Mode::Count => plural(self.hits, "hit"),
        };
        let mut text = std::mem::take(&mut self.text).trim_end().to_owned();
        if self.hits == 0 {
            text = format!(
                "nothing below {} matches `{}`",
                self.wanted.base.shown, self.wanted.pattern
            );
        }
        if self.full {
            text.push_str("\n[there may be more: narrow the search with path, glob or pattern]");
        }
        if unread > 0 {
            let _ = write!(text, "\n[{unread} places could not be read]");
        }
        let summary = summary.replacen(' ', &format!("{more} "), 1);
        Output { text, summary, ..Output::default() }
    }
}

impl Sink for Found<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, hit: &SinkMatch<'_>) -> io::Result<bool> {
        if self.wanted.mode == Mode::Content && self.hits >= self.wanted.limit {
            self.full = true;
            return Ok(false);
        }
        self.here += 1;
        self.hits += 1;
        match self.wanted.mode {
            Mode::Content => self.show(hit.line_number(), ':', hit.bytes()),
            Mode::FilesWithMatches => return Ok(false),
            Mode::Count => {}
        }
        self.full |= self.text.len() >= TEXT;
        Ok(!self.full && !self.cancel.is_cancelled())
    }

    fn context(&mut self, _: &Searcher, line: &SinkContext<'_>) -> io::Result<bool> {
        if self.wanted.mode != Mode::Content {
            return Ok(true);
        }
        // Lines before a hit that is one too many.
        if *line.kind() == SinkContextKind::Before && self.hits >= self.wanted.limit {
            self.full = true;
            return Ok(false);
        }
        self.show(line.line_number(), '-', line.bytes());
        self.full |= self.text.len() >= TEXT;
        Ok(!self.full)
    }

    fn context_break(&mut self, _: &Searcher) -> io::Result<bool> {
        if self.wanted.mode == Mode::Content {
            self.line("--");
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;

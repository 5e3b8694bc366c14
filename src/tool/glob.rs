//! `glob`: files by their names.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::SystemTime;

use futures_util::future::BoxFuture;
use globset::GlobBuilder;
use globset::GlobMatcher;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

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
use crate::tool::input;
use crate::tool::schema;
use crate::tool::walk;
use crate::workspace::Workspace;

/// Files that are named to the model.
const SHOWN: usize = 200;

/// Files that are held while the newest are looked for.
const HELD: usize = 10_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The pattern, such as `*.rs`, `src/**/*.{ts,tsx}`. Without a `/` it matches at any depth.
    #[serde(alias = "glob")]
    pattern: String,
    /// The directory to look below; the project's root where it is left out.
    #[serde(default, alias = "directory", alias = "dir")]
    path: Option<String>,
}

/// Finds files by name.
pub(super) struct Glob(ToolSpec);

impl Glob {
    pub(super) fn new() -> Self {
        Self(schema::spec::<Input>("glob", include_str!("../../assets/tools/glob.md")))
    }
}

/// A pattern, for paths relative to where the search starts.
pub(super) fn matcher(pattern: &str) -> Result<GlobMatcher, ToolError> {
    if pattern.starts_with('/') {
        let what = "is absolute: give the directory as `path`, and a pattern below it";
        return Err(ToolError::Input(format!("`{pattern}` {what}.")));
    }
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let deep = if pattern.contains('/') { pattern } else { &format!("**/{pattern}") };
    let glob = GlobBuilder::new(deep).literal_separator(true).build();
    let wrong = |error| ToolError::Input(format!("`{pattern}` is no glob pattern: {error}."));
    Ok(glob.map_err(wrong)?.compile_matcher())
}

impl Tool for Glob {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(
        &self,
        input: Value,
        workspace: &Workspace,
    ) -> Result<Box<dyn Invocation>, ToolError> {
        let Input { pattern, path } = input::parse(&self.0, &input)?;
        let matcher = matcher(&pattern)?;
        let base = Target::new(workspace, path.as_deref().unwrap_or_default());
        Ok(Box::new(Globbing { pattern, matcher, base }))
    }
}

struct Globbing {
    pattern: String,
    matcher: GlobMatcher,
    base: Target,
}

impl Invocation for Globbing {
    fn verb(&self) -> &'static str {
        "Glob"
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
        blocking(move || self.find(&cx))
    }
}

impl Globbing {
    fn find(&self, cx: &Context) -> Result<Output, ToolError> {
        let mut found: Vec<(SystemTime, PathBuf)> = Vec::new();
        let (mut count, mut unread) = (0, 0);
        for entry in walk::below(&self.base)?.build() {
            if cx.cancel.is_cancelled() {
                return Err(ToolError::Cancelled("the search was stopped.".into()));
            }
            let Ok(entry) = entry else {
                unread += 1;
                continue;
            };
            let path = entry.path().strip_prefix(self.base.real()).unwrap_or(entry.path());
            let is_directory = entry.file_type().is_some_and(|sort| sort.is_dir());
            if is_directory || !self.matcher.is_match(path) {
                continue;
            }
            let modified = entry.metadata().ok().and_then(|metadata| metadata.modified().ok());
            found.push((modified.unwrap_or(SystemTime::UNIX_EPOCH), path.to_owned()));
            count += 1;
            if found.len() >= HELD {
                newest(&mut found);
            }
        }
        newest(&mut found);
        // Of what lies behind a link that appeared meanwhile not even the names are told.
        found.retain(|(_, path)| self.base.beneath.has(&self.base.real().join(path)));
        let path = |(_, path): &(SystemTime, PathBuf)| {
            cx.workspace.shown(&self.base.place.lexical.join(path))
        };
        let mut text = found.iter().map(path).collect::<Vec<_>>().join("\n");
        if count == 0 {
            text = format!("no file below {} matches `{}`", self.base.shown, self.pattern);
        } else if count > found.len() {
            let rest = count - found.len();
            // Writing to a String cannot fail.
            let _ = write!(text, "\n[{rest} older ones left out: make the pattern narrower]");
        }
        if unread > 0 {
            let _ = write!(text, "\n[{unread} places could not be read]");
        }
        let summary = if count == 1 { "1 file".into() } else { format!("{count} files") };
        Ok(Output { text, summary, ..Output::default() })
    }
}

/// Keeps those that are shown, the newest first.
fn newest(found: &mut Vec<(SystemTime, PathBuf)>) {
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.truncate(SHOWN);
}

#[cfg(test)]
mod tests;

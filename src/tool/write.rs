//! `write`: a whole file, new or seen before. And the one way in which a tool changes a file.

use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::base::atomic;
use crate::diff;
use crate::protocol::Access;
use crate::protocol::Author;
use crate::protocol::EditPart;
use crate::protocol::FileChange;
use crate::protocol::Preview;
use crate::protocol::ToolKind;
use crate::protocol::ToolSpec;
use crate::tool::Context;
use crate::tool::Invocation;
use crate::tool::Narrowed;
use crate::tool::Output;
use crate::tool::Tool;
use crate::tool::ToolError;
use crate::tool::blocking;
use crate::tool::file::Target;
use crate::tool::input;
use crate::tool::part;
use crate::tool::schema;
use crate::workspace::Stamp;
use crate::workspace::Workspace;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file: absolute, or relative to the project's root.
    #[serde(alias = "file_path", alias = "filePath", alias = "filename", alias = "file")]
    path: String,
    /// The whole content of the file.
    #[serde(alias = "contents", alias = "text")]
    content: String,
}

/// Makes and replaces files.
pub(super) struct Write(ToolSpec);

impl Write {
    pub(super) fn new() -> Self {
        Self(schema::spec::<Input>("write", include_str!("../../assets/tools/write.md")))
    }
}

impl Tool for Write {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(
        &self,
        input: Value,
        workspace: &Workspace,
    ) -> Result<Box<dyn Invocation>, ToolError> {
        let Input { path, content } = input::parse(&self.0, &input)?;
        let target = Target::new(workspace, &path);
        let before = match target.find()? {
            Some(_) => Some(target.content()?),
            None => None,
        };
        if let Some(before) = &before {
            known(&target, workspace, before)?;
        }
        let change = Change::new(target, before, content.into_bytes());
        Ok(Box::new(Writing(change)))
    }
}

struct Writing(Change);

impl Invocation for Writing {
    fn verb(&self) -> &'static str {
        "Write"
    }

    fn title(&self) -> String {
        self.0.target.shown.clone()
    }

    fn kind(&self) -> ToolKind {
        ToolKind::Edit
    }

    fn access(&self) -> Vec<Access> {
        vec![Access::Write { path: self.0.target.place.clone() }]
    }

    fn preview(&self) -> Option<Preview> {
        self.0.preview()
    }

    fn narrowed(&self, part: &EditPart) -> Result<Narrowed, ToolError> {
        Ok(match self.0.narrowed(part)? {
            Ok(change) => Narrowed::Some(Box::new(Self(change))),
            Err(nothing) => Narrowed::Nothing(nothing),
        })
    }

    fn basis(&self) -> Option<&Path> {
        Some(self.0.target.real())
    }

    fn anew(&self, workspace: &Workspace) -> Result<Option<Box<dyn Invocation>>, ToolError> {
        let target = self.0.target.anew(workspace);
        if target.place.real == self.0.target.place.real && self.0.is_current()? {
            return Ok(None);
        }
        Err(target.failed("the whole file was to be written, and would lose what changed in it"))
    }

    fn text(&self) -> Option<Arc<str>> {
        self.0.text()
    }

    fn with_text(&self, text: String) -> Result<Box<dyn Invocation>, ToolError> {
        self.0.with_text(text)
    }

    fn run(self: Box<Self>, cx: Context) -> BoxFuture<'static, Result<Output, ToolError>> {
        blocking(move || {
            let change = self.0;
            let done = if change.before.is_none() { "made" } else { "replaced" };
            let said = format!("{}: {done}", change.target.shown);
            change.make(&cx, &said)
        })
    }
}

/// An error unless the file may be written and the model has seen exactly this content of it.
pub(super) fn known(
    target: &Target,
    workspace: &Workspace,
    content: &[u8],
) -> Result<(), ToolError> {
    writable(target)?;
    match workspace.ledger.known(target.real()) {
        Some(stamp) if stamp == Stamp::of(content) => Ok(()),
        Some(_) => Err(target.failed("it was changed since you read it: read it again first")),
        None => Err(target.failed("you have not read it yet: read it first")),
    }
}

/// An error where the file is protected.
pub(super) fn writable(target: &Target) -> Result<(), ToolError> {
    // A file is replaced, not written into: without this look its protection would do nothing.
    if target.find()?.is_some_and(|metadata| metadata.permissions().readonly()) {
        return Err(target.failed("it is read-only (no write permission for anybody)"));
    }
    Ok(())
}

/// A file's new content, worked out and not yet written.
pub(super) struct Change {
    pub(super) target: Target,
    /// What is replaced; none for a new file.
    before: Option<Vec<u8>>,
    after: Vec<u8>,
    diff: Option<FileChange>,
    /// What the model is told of the part that the user chose.
    told: Option<String>,
}

impl Change {
    pub(super) fn new(target: Target, before: Option<Vec<u8>>, after: Vec<u8>) -> Self {
        let diff = diff::change(target.real(), before.as_deref(), Some(&after), Author::Agent);
        Self { before, target, after, diff, told: None }
    }

    /// Is the file what it was when the change was worked out?
    pub(super) fn is_current(&self) -> Result<bool, ToolError> {
        let now = match self.target.find()? {
            Some(_) => Some(self.target.content()?),
            None => None,
        };
        Ok(now == self.before)
    }

    /// The file as it will be; none where that is no text.
    pub(super) fn text(&self) -> Option<Arc<str>> {
        std::str::from_utf8(&self.after).ok().map(Arc::from)
    }

    /// The user's text for the same file, over what this was worked out from.
    pub(super) fn with_text(&self, text: String) -> Result<Box<dyn Invocation>, ToolError> {
        let change = Self::new(self.target.clone(), self.before.clone(), text.into_bytes());
        if change.diff.is_none() {
            return Err(self.target.failed("this is the file as it is: deny the call instead"));
        }
        Ok(Box::new(Writing(change)))
    }

    /// The change with only the lines that the user wants, or what to tell of none.
    pub(super) fn narrowed(&self, part: &EditPart) -> Result<Result<Self, String>, ToolError> {
        let fails = |what: String| self.target.failed(&what);
        let Some(diff) = &self.diff else {
            return Err(fails("it would not change, so there is no part of a change".to_owned()));
        };
        let before = self.before.as_deref().unwrap_or_default();
        let chosen = part::choose(diff, before, &self.after, part).map_err(fails)?;
        let told = part::told(&self.target.shown, diff, part);
        let Some(after) = chosen else { return Ok(Err(told)) };
        let change = Self::new(self.target.clone(), self.before.clone(), after);
        Ok(Ok(Self { told: Some(told), ..change }))
    }

    /// What is shown before it is allowed; none where nothing changes.
    pub(super) fn preview(&self) -> Option<Preview> {
        self.diff.clone().map(|change| Preview::Diff { change })
    }

    /// Writes it, if the file is still what it was when the change was worked out.
    pub(super) fn make(self, cx: &Context, said: &str) -> Result<Output, ToolError> {
        let target = &self.target;
        if cx.cancel.is_cancelled() {
            return Err(ToolError::Cancelled(format!("{}: nothing was written.", target.shown)));
        }
        let Some(diff) = self.diff else {
            let text = format!("{} has exactly this content already.", target.shown);
            return Ok(Output { text, summary: "+0 -0".into(), ..Output::default() });
        };
        // Else directories could be made behind a link that was not judged.
        target.check_place(&cx.workspace)?;
        let (Some(parent), Some(name)) = (target.real().parent(), target.real().file_name()) else {
            return Err(target.failed("it is no file"));
        };
        // From here on the directory is this one, whatever becomes of the way to it.
        let dir = target.beneath.make_dir(parent);
        let dir = dir.map_err(|error| target.failed(&format!("opening its directory: {error}")))?;
        target.check_place(&cx.workspace)?;
        let now = target.content_in(&dir, name)?;
        if now != self.before {
            let what = "it changed since the call was prepared: nothing was written";
            return Err(target.failed(&format!("{what}. Read it again")));
        }
        atomic::write_at(&dir, name, &self.after)
            .map_err(|error| target.failed(&format!("writing it: {error}")))?;
        cx.workspace.ledger.saw(target.real(), Stamp::of(&self.after));
        let summary = format!("+{} -{}", diff.added, diff.removed);
        let text = match &self.told {
            Some(told) => format!("{} ({summary}). {told}", target.shown),
            None => format!("{said} ({summary})."),
        };
        Ok(Output { text, summary, changes: vec![diff], ..Output::default() })
    }
}

#[cfg(test)]
mod tests;

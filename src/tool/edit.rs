//! `edit`: one text for another in a file that the model has seen.

use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::protocol::Access;
use crate::protocol::EditPart;
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
use crate::tool::replace::replace;
use crate::tool::schema;
use crate::tool::write::Change;
use crate::tool::write::known;
use crate::tool::write::writable;
use crate::workspace::Workspace;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file: absolute, or relative to the project's root.
    #[serde(alias = "file_path", alias = "filePath", alias = "filename", alias = "file")]
    path: String,
    /// The text to replace, exactly as it stands in the file, blanks included.
    #[serde(alias = "oldString", alias = "old_str", alias = "old_text")]
    old_string: String,
    /// The text to put in its place.
    #[serde(alias = "newString", alias = "new_str", alias = "new_text")]
    new_string: String,
    /// Replace it everywhere; without this it has to stand in the file exactly once.
    #[serde(default, alias = "replaceAll", deserialize_with = "input::truth")]
    replace_all: bool,
}

/// Changes parts of files.
pub(super) struct Edit(ToolSpec);

impl Edit {
    pub(super) fn new() -> Self {
        Self(schema::spec::<Input>("edit", include_str!("../../assets/tools/edit.md")))
    }
}

impl Tool for Edit {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(
        &self,
        input: Value,
        workspace: &Workspace,
    ) -> Result<Box<dyn Invocation>, ToolError> {
        let Input { path, old_string, new_string, replace_all } = input::parse(&self.0, &input)?;
        let swap = Swap { old: old_string, new: new_string, all: replace_all };
        let target = Target::new(workspace, &path);
        let before = target.content()?;
        known(&target, workspace, &before)?;
        Ok(Box::new(swap.made(target, before)?))
    }
}

/// One text for another.
#[derive(Debug, Clone)]
struct Swap {
    old: String,
    new: String,
    all: bool,
}

impl Swap {
    fn made(&self, target: Target, before: Vec<u8>) -> Result<Editing, ToolError> {
        let Ok(text) = std::str::from_utf8(&before) else {
            return Err(target.failed("it is not UTF-8: change it with a command"));
        };
        let replaced =
            replace(text, &self.old, &self.new, self.all).map_err(|what| target.failed(&what))?;
        let (after, count) = (replaced.text.into_bytes(), replaced.count);
        let change = Change::new(target, Some(before), after);
        Ok(Editing { change, count, swap: self.clone() })
    }
}

struct Editing {
    change: Change,
    count: usize,
    swap: Swap,
}

impl Invocation for Editing {
    fn verb(&self) -> &'static str {
        "Edit"
    }

    fn title(&self) -> String {
        self.change.target.shown.clone()
    }

    fn kind(&self) -> ToolKind {
        ToolKind::Edit
    }

    fn access(&self) -> Vec<Access> {
        vec![Access::Write { path: self.change.target.place.clone().edited() }]
    }

    fn preview(&self) -> Option<Preview> {
        self.change.preview()
    }

    fn narrowed(&self, part: &EditPart) -> Result<Narrowed, ToolError> {
        let (count, swap) = (self.count, self.swap.clone());
        Ok(match self.change.narrowed(part)? {
            Ok(change) => Narrowed::Some(Box::new(Self { change, count, swap })),
            Err(nothing) => Narrowed::Nothing(nothing),
        })
    }

    fn basis(&self) -> Option<&Path> {
        Some(self.change.target.real())
    }

    fn anew(&self, workspace: &Workspace) -> Result<Option<Box<dyn Invocation>>, ToolError> {
        let target = self.change.target.anew(workspace);
        if target.place.real == self.change.target.place.real && self.change.is_current()? {
            return Ok(None);
        }
        // The user sees what is there now: that the model has not seen it is told to both.
        writable(&target)?;
        let before = target.content()?;
        Ok(Some(Box::new(self.swap.made(target, before)?)))
    }

    fn text(&self) -> Option<Arc<str>> {
        self.change.text()
    }

    fn with_text(&self, text: String) -> Result<Box<dyn Invocation>, ToolError> {
        self.change.with_text(text)
    }

    fn run(self: Box<Self>, cx: Context) -> BoxFuture<'static, Result<Output, ToolError>> {
        blocking(move || {
            let Self { change, count, swap: _ } = *self;
            let places = if count == 1 { "place" } else { "places" };
            let said = format!("{}: changed at {count} {places}", change.target.shown);
            change.make(&cx, &said)
        })
    }
}

#[cfg(test)]
mod tests;

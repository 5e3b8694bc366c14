//! `edit`: one text for another in a file that the model has seen.

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::protocol::Access;
use crate::protocol::Preview;
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
use crate::tool::replace::replace;
use crate::tool::schema;
use crate::tool::write::Change;
use crate::tool::write::known;
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
        let target = Target::new(workspace, &path);
        let before = target.content()?;
        known(&target, workspace, &before)?;
        let Ok(text) = std::str::from_utf8(&before) else {
            return Err(target.failed("it is not UTF-8: change it with a command"));
        };
        let replaced = replace(text, &old_string, &new_string, replace_all)
            .map_err(|what| target.failed(&what))?;
        let after = replaced.text.into_bytes();
        let count = replaced.count;
        Ok(Box::new(Editing { change: Change::new(target, Some(&before), after), count }))
    }
}

struct Editing {
    change: Change,
    count: usize,
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

    fn run(self: Box<Self>, cx: Context) -> BoxFuture<'static, Result<Output, ToolError>> {
        blocking(move || {
            let Self { change, count } = *self;
            let places = if count == 1 { "place" } else { "places" };
            let said = format!("{}: changed at {count} {places}", change.target.shown);
            change.make(&cx, &said)
        })
    }
}

#[cfg(test)]
mod tests;

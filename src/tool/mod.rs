//! What the model may call. A call is prepared, judged, run: once each, in that order.

mod bash;
mod edit;
mod file;
mod glob;
mod grep;
pub mod image;
mod input;
mod ls;
mod part;
mod read;
mod recall;
mod registry;
mod replace;
mod schema;
mod todo_write;
mod walk;
mod write;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::exec::{Sandbox, Ticket};
use crate::protocol::{Access, EditPart, FileChange, Image, PlanStep, Preview, ToolKind, ToolSpec};
use crate::workspace::Workspace;

pub use registry::Registry;

/// A tool.
pub trait Tool: Send + Sync {
    /// How the model sees it.
    fn spec(&self) -> &ToolSpec;

    /// Checks the input and works out what will be done, without doing any of it.
    ///
    /// May read files; runs on a thread that may block.
    ///
    /// # Errors
    ///
    /// In words that the model can act on.
    fn prepare(
        &self,
        input: Value,
        workspace: &Workspace,
    ) -> Result<Box<dyn Invocation>, ToolError>;
}

/// A prepared call. What it says of itself is shown and judged; then it is moved into `run`.
pub trait Invocation: Send + Sync {
    /// A verb for the transcript: `Read`, `Edit`, `Run`.
    fn verb(&self) -> &'static str;
    /// What it is about, on one line: a path, a command, a pattern.
    fn title(&self) -> String;
    /// What sort of thing it does.
    fn kind(&self) -> ToolKind;
    /// Everything it will touch.
    fn access(&self) -> Vec<Access>;
    /// What it will do, to look at before it is allowed.
    fn preview(&self) -> Option<Preview> {
        None
    }
    /// Does the model want its command to run outside the sandbox? That is asked each time.
    fn outside_sandbox(&self) -> bool {
        false
    }
    /// The same with only the part of its preview that the user wants; what it does is less, never
    /// more or other.
    ///
    /// # Errors
    ///
    /// There is no such part of it.
    fn narrowed(&self, _part: &EditPart) -> Result<Narrowed, ToolError> {
        Err(ToolError::Failed("Only a change to a file can be allowed in part.".to_owned()))
    }
    /// The file whose content it was worked out from; none where it depends on none.
    fn basis(&self) -> Option<&Path> {
        None
    }
    /// The same, worked out from its file as it is now; none where that is as it was. Reads the
    /// file: runs on a thread that may block.
    ///
    /// # Errors
    ///
    /// It does not fit what is there.
    fn anew(&self, _workspace: &Workspace) -> Result<Option<Box<dyn Invocation>>, ToolError> {
        Ok(None)
    }
    /// The text of the file that it leaves behind; none where it leaves no text.
    fn text(&self) -> Option<Arc<str>> {
        None
    }
    /// The same file with the user's text instead.
    ///
    /// # Errors
    ///
    /// It leaves no file with a text behind, or would not change it.
    fn with_text(&self, _text: String) -> Result<Box<dyn Invocation>, ToolError> {
        Err(ToolError::Failed("It writes no file.".to_owned()))
    }
    /// Does it.
    fn run(self: Box<Self>, cx: Context) -> BoxFuture<'static, Result<Output, ToolError>>;
}

/// What is left of a call of which the user wants a part.
pub enum Narrowed {
    /// All of it, and the user's words to lines of it.
    Some(Box<dyn Invocation>),
    /// Nothing; this tells the model so.
    Nothing(String),
}

/// What a running call has at hand.
#[derive(Clone)]
pub struct Context {
    /// The project.
    pub workspace: Arc<Workspace>,
    /// Stops the call: it has to end soon and leave nothing running.
    pub cancel: CancellationToken,
    /// Where the last lines of output go, for the user to watch.
    pub progress: watch::Sender<Progress>,
    /// A directory for outputs that are too long for the model.
    pub spill: PathBuf,
    /// The right to start the program that was judged; none where no program was.
    pub start: Option<Start>,
}

/// The right to start one program, and how.
#[derive(Clone)]
pub struct Start {
    /// Made when it was decided.
    pub ticket: Ticket,
    /// Variables on top of what every child sees.
    pub env: Vec<(OsString, OsString)>,
    /// What confines it; none where it runs as the user does.
    pub sandbox: Option<Arc<Sandbox>>,
    /// The hash of the rules that hold now.
    pub policy: Arc<dyn Fn() -> String + Send + Sync>,
}

/// What a running call has printed so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The last lines.
    pub tail: String,
    /// Bytes in all.
    pub bytes: u64,
}

/// What came of a call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Output {
    /// What the model is told. Bounded by the tool.
    pub text: String,
    /// A picture.
    pub image: Option<Image>,
    /// A few words for the transcript's line: `1-140`, `3 hits`, `exit 1`.
    pub summary: String,
    /// What it changed.
    pub changes: Vec<FileChange>,
    /// The plan is this from now on.
    pub plan: Option<Vec<PlanStep>>,
    /// It ran to its end, but what it did failed: a command that exited with other than 0.
    pub failed: bool,
}

/// Why a call gave no output, in words that the model can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// The input is not what the tool takes.
    #[error("{0}")]
    Input(String),
    /// It could not be done.
    #[error("{0}")]
    Failed(String),
    /// It was stopped; says what was done until then.
    #[error("{0}")]
    Cancelled(String),
}

/// Runs what waits for the disk where that holds up nobody else.
fn blocking(
    work: impl FnOnce() -> Result<Output, ToolError> + Send + 'static,
) -> BoxFuture<'static, Result<Output, ToolError>> {
    Box::pin(async move {
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(ToolError::Failed(format!("the tool stopped: {error}."))))
    })
}

#[cfg(test)]
mod tests;

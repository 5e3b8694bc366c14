//! Another call than the one that was asked about: a part of it, the user's, or one that fits anew.

use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::agent::Agent;
use crate::agent::call::{Prepared, prepare, shown};
use crate::agent::permit::{Case, script};
use crate::base::{cap, clock};
use crate::protocol::{Access, Changed, EditPart, LineKind, Preview, ToolCall, ToolUse};
use crate::tool::{Invocation, Narrowed, ToolError};

/// Most bytes of what the user changed that the model is told.
const TOLD: usize = 32 << 10;

/// How a call stands to its file.
pub(super) enum Fit {
    /// The file is what it was.
    Same,
    /// It was worked out anew, for this reason.
    Changed(String),
    /// It cannot be, for this reason.
    Conflict(String),
}

/// What is left of a call of which the user wants a part.
pub(super) enum Left {
    /// No part was asked for.
    All,
    /// This.
    Part(Box<dyn Invocation>),
    /// Nothing; the model is told so.
    Nothing(String),
}

/// Works a call out anew where its file is another.
pub(super) async fn fit(agent: &Agent, case: Case) -> Result<(Case, Fit)> {
    let workspace = agent.workspace.clone();
    let work = move || {
        let anew = tried(|| case.invocation.anew(&workspace));
        let when = case.invocation.basis().and_then(|path| std::fs::symlink_metadata(path).ok());
        (case, anew, when.map(|found| found.mtime()))
    };
    let (case, anew, when) =
        tokio::task::spawn_blocking(work).await.context("looking at a file that changed")?;
    let changed = format!("{} changed on disk{}", case.call.title, ago(when));
    Ok(match anew {
        Ok(None) => (case, Fit::Same),
        Err(error) => {
            let error = error.to_string();
            let why = format!("{changed}: it does not apply ({})", error.trim_end_matches('.'));
            (case, Fit::Conflict(why))
        }
        Ok(Some(invocation)) => {
            let call = Arc::new(shown(&asked(&case.call), &*invocation));
            let edited = case.judged.edited;
            let new = Case::of(agent, Prepared::new(call, invocation), edited, true).await;
            let why = format!("{changed}: the edit was made to fit again");
            (Case { unseen: true, ..new }, Fit::Changed(why))
        }
    })
}

/// A tool that crashes leaves the question as it is.
fn tried<T>(work: impl FnOnce() -> Result<T, ToolError>) -> Result<T, ToolError> {
    let crashed = |_| Err(ToolError::Failed("the tool crashed on it".to_owned()));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(crashed)
}

/// How long ago, in seconds since the Unix epoch; empty where that says nothing.
fn ago(when: Option<i64>) -> String {
    let when = when.and_then(|when| u64::try_from(when).ok());
    let age = when.map(|when| (clock::now().0 / 1000).saturating_sub(when));
    match age {
        Some(0) => " just now".to_owned(),
        // Longer ago than it can have been asked: the file was moved here with its old time.
        Some(age) if age < 3600 => format!(" {age} s ago"),
        _ => String::new(),
    }
}

/// Takes the part of a call that the user wants.
pub(super) async fn narrow(case: Case, part: &EditPart) -> Result<(Case, Result<Left, String>)> {
    let part = part.clone();
    let work = move || {
        let narrowed = tried(|| case.invocation.narrowed(&part));
        (case, narrowed)
    };
    let (case, narrowed) =
        tokio::task::spawn_blocking(work).await.context("taking a part of a change")?;
    let left = match narrowed {
        Ok(Narrowed::Some(invocation)) => Ok(Left::Part(invocation)),
        Ok(Narrowed::Nothing(told)) => Ok(Left::Nothing(told)),
        Err(error) => Err(error.to_string().trim_end_matches('.').to_owned()),
    };
    Ok((case, left))
}

/// The call that the user made of it, judged.
///
/// # Errors
///
/// Why it cannot be, in words for the user.
pub(super) async fn change(agent: &Agent, case: &Case, to: &Changed) -> Result<Case, String> {
    let prepared = match to {
        Changed::Command { command } => {
            script(&case.call).ok_or("it runs no command")?;
            let mut new = asked(&case.call);
            let Value::Object(fields) = &mut new.input else {
                return Err("its input is no object".to_owned());
            };
            // The names that other harnesses give to the field.
            for alias in ["cmd", "script"] {
                fields.shift_remove(alias);
            }
            fields.insert("command".to_owned(), Value::String(command.clone()));
            prepare(agent, &new).await.map_err(|outcome| outcome.text.clone())?
        }
        Changed::File { text } => {
            let invocation =
                case.invocation.with_text(text.clone()).map_err(|error| error.to_string())?;
            let path = invocation.access().into_iter().find_map(|access| match access {
                Access::Write { path } => path.lexical.to_str().map(str::to_owned),
                _ => None,
            });
            let path = path.ok_or("its path is no text")?;
            let input = serde_json::json!({"path": path, "content": text});
            let new = ToolUse { id: case.call.id.clone(), name: "write".to_owned(), input };
            Prepared::new(Arc::new(shown(&new, &*invocation)), invocation)
        }
    };
    let new = Case::of(agent, prepared, true, true).await;
    Ok(Case { unseen: case.unseen, ..new })
}

/// What was asked for by a call.
fn asked(call: &ToolCall) -> ToolUse {
    ToolUse { id: call.id.clone(), name: call.name.clone(), input: call.input.clone() }
}

/// What the model is told before the result of a call that is not the one that it made.
pub(super) fn said(call: &ToolCall, edited: bool, unseen: bool) -> Option<String> {
    let mut said = String::new();
    // Writing to a String cannot fail.
    let _ = match &call.preview {
        Some(Preview::Command { command, .. }) if edited => {
            let command = cap::head_tail(command, TOLD / 2, TOLD / 2).text;
            write!(said, "The user changed this command. What was run is:\n{command}\n\n")
        }
        Some(Preview::Diff { change }) if edited => {
            let mut diff = String::new();
            for hunk in &change.hunks {
                let _ = writeln!(diff, "@@ -{} +{} @@", hunk.old_start, hunk.new_start);
                for line in &hunk.lines {
                    let sign = match line.kind {
                        LineKind::Added => '+',
                        LineKind::Removed => '-',
                        LineKind::Context => ' ',
                    };
                    let _ = writeln!(diff, "{sign}{}", line.text);
                }
            }
            let diff = cap::head_tail(&diff, TOLD / 2, TOLD / 2).text;
            write!(
                said,
                "The user changed what you wanted to write. Against the file as it was, their \
                 version is:\n{diff}\n"
            )
        }
        _ => Ok(()),
    };
    if unseen {
        said.push_str(
            "The file had changed on disk since you read it, and the change was made to fit what \
             is there now: read it again before you change it further.\n",
        );
    }
    (!said.is_empty()).then_some(said)
}

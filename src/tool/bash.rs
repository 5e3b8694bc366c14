//! `bash`: a shell command.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::base::text;
use crate::exec;
use crate::exec::End;
use crate::protocol::Access;
use crate::protocol::Preview;
use crate::protocol::Script;
use crate::protocol::ToolKind;
use crate::protocol::ToolSpec;
use crate::shell;
use crate::tool::Context;
use crate::tool::Invocation;
use crate::tool::Output;
use crate::tool::Progress;
use crate::tool::Start;
use crate::tool::Tool;
use crate::tool::ToolError;
use crate::tool::input;
use crate::tool::schema;
use crate::workspace::Workspace;

/// How long a command may run, in milliseconds: where nothing is said, and at most.
const TIMEOUT: (u64, u64) = (120_000, 600_000);

/// What programs print when the sandbox refuses them something.
const SANDBOXED: &[&str] = &[
    "Read-only file system",
    "EROFS",
    "Network is unreachable",
    "ENETUNREACH",
    "Could not resolve host",
    "Temporary failure in name resolution",
    "EAI_AGAIN",
    "Permission denied",
    "EACCES",
    "Operation not permitted",
    "EPERM",
];

/// What the model is told of it.
const HINT: &str = "[it ran in the sandbox: it may write in the project only (its /tmp is its own \
                    and gone by now), and has no network unless the user gave it one. If that is why it failed, and it cannot be done \
                    inside, call it again with `outside_sandbox`: the user is asked]";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The command line, for bash.
    #[serde(alias = "cmd", alias = "script")]
    command: String,
    /// What it is for, in five to ten words, for the user.
    #[serde(default)]
    description: Option<String>,
    /// Milliseconds after which it is ended: 120000 where it is left out, at most 600000.
    #[serde(default, alias = "timeout_ms", deserialize_with = "input::number")]
    timeout: Option<u64>,
    /// Run it outside the sandbox: the user is asked each time. Only after the same command failed
    /// because of the sandbox.
    #[serde(default)]
    outside_sandbox: bool,
}

/// Runs commands.
pub(super) struct Bash(ToolSpec);

impl Bash {
    pub(super) fn new() -> Self {
        Self(schema::spec::<Input>("bash", include_str!("../../assets/tools/bash.md")))
    }
}

impl Tool for Bash {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(
        &self,
        input: Value,
        workspace: &Workspace,
    ) -> Result<Box<dyn Invocation>, ToolError> {
        let Input { command, description, timeout, outside_sandbox } =
            input::parse(&self.0, &input)?;
        if command.trim().is_empty() || command.contains('\0') {
            return Err(ToolError::Input("bash: `command` is empty or holds a NUL.".into()));
        }
        // What is understood runs as it was understood, not as it was spelled: all that look at
        // this call from here on see the same bytes (P08).
        let command = shell::canonical(&command).unwrap_or(command);
        let (default, most) = TIMEOUT;
        let timeout = timeout.filter(|&timeout| timeout > 0).unwrap_or(default).min(most);
        let timeout = Duration::from_millis(timeout);
        let cwd = workspace.root().to_owned();
        Ok(Box::new(Running { command, description, timeout, cwd, outside_sandbox }))
    }
}

struct Running {
    command: String,
    description: Option<String>,
    timeout: Duration,
    cwd: PathBuf,
    outside_sandbox: bool,
}

impl Invocation for Running {
    fn verb(&self) -> &'static str {
        "Run"
    }

    fn title(&self) -> String {
        let mut lines = self.command.trim().lines();
        let first = text::truncate(lines.next().unwrap_or_default(), 200);
        if lines.next().is_some() { format!("{first} …") } else { first }
    }

    fn kind(&self) -> ToolKind {
        ToolKind::Run
    }

    fn access(&self) -> Vec<Access> {
        let script = Script { command: self.command.clone(), cwd: self.cwd.clone() };
        vec![Access::Shell { script }]
    }

    fn preview(&self) -> Option<Preview> {
        let (command, description) = (self.command.clone(), self.description.clone());
        Some(Preview::Command { command, description, timeout: self.timeout })
    }

    fn outside_sandbox(&self) -> bool {
        self.outside_sandbox
    }

    fn run(self: Box<Self>, cx: Context) -> BoxFuture<'static, Result<Output, ToolError>> {
        Box::pin(async move {
            let Some(Start { ticket, env, sandbox, policy }) = cx.start else {
                let text = "bash: nothing was decided about this command, so it did not run.";
                return Err(ToolError::Failed(text.to_owned()));
            };
            let order = exec::Order {
                script: &self.command,
                cwd: &self.cwd,
                env: &env,
                sandbox: sandbox.as_deref(),
                policy: &policy(),
            };
            let (timeout, spill) = (self.timeout, &*cx.spill);
            let script = exec::Shell { order, ticket: &ticket, timeout, spill };
            let progress = |tail, bytes| {
                cx.progress.send_replace(Progress { tail, bytes });
            };
            let finished = exec::shell(script, progress, &cx.cancel).await;
            let finished = finished.map_err(|error| ToolError::Failed(format!("{error}.")))?;
            told(&finished, self.timeout, sandbox.is_some())
        })
    }
}

/// What the model is told of a command that ended.
fn told(finished: &exec::Finished, timeout: Duration, confined: bool) -> Result<Output, ToolError> {
    let mut text = finished.text.trim_end().to_owned();
    let mut say = |what: &str| {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(what);
    };
    if finished.bytes == 0 {
        say("(no output)");
    }
    let (summary, failed) = match finished.end {
        End::Exited(status) if status.success() => (String::new(), false),
        End::Exited(status) => match status.code() {
            Some(code) => (format!("exit {code}"), true),
            None => (format!("killed: {status}"), true),
        },
        End::TimedOut => ("timed out".to_owned(), true),
        End::Cancelled => ("stopped".to_owned(), true),
    };
    match finished.end {
        End::Exited(_) if failed => say(&format!("[{summary}]")),
        End::Exited(_) => {}
        End::TimedOut => say(&format!("[ended: it took longer than its timeout, {timeout:?}]")),
        End::Cancelled => say("[stopped by the user; what it had done by then stays done]"),
    }
    if finished.left_running {
        say("[a process was still running in the background and was ended with the call]");
    }
    for host in &finished.refused {
        say(&format!("[network: refused {host}]"));
    }
    let refused =
        !finished.refused.is_empty() || SANDBOXED.iter().any(|sign| finished.text.contains(sign));
    if confined && failed && refused {
        say(HINT);
    }
    match finished.end {
        End::Cancelled => Err(ToolError::Cancelled(text)),
        _ => Ok(Output { text, summary, failed, ..Output::default() }),
    }
}

#[cfg(test)]
mod tests;

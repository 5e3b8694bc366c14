//! What a client asks of a session.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::protocol::{
    Baseline, Budget, CallId, Content, ContextPart, Effort, Hunk, Mode, ModelId, PartState,
    PermissionOutcome, RequestId, Rewind, TurnId,
};

/// A request to a live session. Carried out in order; what comes of it are events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Op {
    /// Start a turn; while one runs, wait in the queue behind it.
    Prompt {
        /// What the user says.
        content: Vec<Content>,
    },
    /// Say it into the running turn, before the next request; without a running turn, a prompt.
    Steer {
        /// What the user says.
        content: Vec<Content>,
    },
    /// Take a queued prompt or steering back. Answered by `Event::QueueChanged`, also where it is
    /// gone already.
    Unqueue {
        /// Which: the last one that is like this; none: the last one of all.
        #[serde(default)]
        item: Option<QueueItem>,
    },
    /// Stop the running turn.
    Cancel,
    /// Answer a permission request. The first answer counts.
    Decide {
        /// Which request.
        request: RequestId,
        /// The request's hash, as it was shown: what allows something else allows nothing.
        #[serde(default)]
        hash: String,
        /// The answer.
        outcome: PermissionOutcome,
    },
    /// From now on ask more, or less.
    SetMode {
        /// The new mode.
        mode: Mode,
    },
    /// From the next request on, ask another model.
    SetModel {
        /// The new model.
        model: ModelId,
    },
    /// From the next request on, think harder or less.
    SetEffort {
        /// How hard; none: as each model does by itself.
        effort: Option<Effort>,
    },
    /// From now on the session may use this much in all. A turn that waits for it goes on.
    SetBudget {
        /// The new budget.
        budget: Budget,
    },
    /// Send a summary in place of the older part of the session: before the next request, or now
    /// where no turn runs.
    Compact {
        /// What matters to the user in it, in words; none: nothing in particular.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instructions: Option<String>,
    },
    /// Take a part out of the context, hold it there, or let it be.
    SetContext {
        /// Which.
        part: ContextPart,
        /// What shall become of it.
        state: PartState,
    },
    /// What fills the window? Answered by `Event::ContextTold`.
    TellContext,
    /// Add a line to a file of notes: one of `Window::targets`.
    AddNote {
        /// The file.
        path: PathBuf,
        /// The line.
        text: String,
    },
    /// Let notes import this file, one of `Window::outside`, from the next session on.
    AllowImport {
        /// The file.
        path: PathBuf,
    },
    /// What would these rules cover? Answered by `Event::RulesTried`.
    TryRules {
        /// The question that they would answer.
        request: RequestId,
        /// The rules, as `Tool(pattern)`.
        rules: Vec<String>,
    },
    /// What would the file of an open question say? Answered by `Event::TextTold`.
    TellText {
        /// The question.
        request: RequestId,
    },
    /// From now on show how files differ from this.
    Compare {
        /// From what.
        baseline: Baseline,
    },
    /// The user has seen the changes: `Baseline::LastLook` is now.
    Looked,
    /// Put lines of a change into git's index, or take them out of it.
    Stage {
        /// The file, absolute.
        path: PathBuf,
        /// The lines, as a patch from the index (or, to take out, from `HEAD`).
        hunks: Vec<Hunk>,
        /// Take them out.
        unstage: bool,
    },
    /// Take lines of a change back in the file itself. Undoable.
    Revert {
        /// The file, absolute.
        path: PathBuf,
        /// The lines, as a patch from the file as it is now.
        hunks: Vec<Hunk>,
    },
    /// Undo the last `Revert` that is not undone.
    UndoRevert,
    /// What would a rewind to before this turn do? Answered by `Event::RewindTried`.
    TryRewind {
        /// The turn.
        to: TurnId,
    },
    /// Go back to before a turn. Refused while one runs. Redoable.
    Rewind {
        /// The turn.
        to: TurnId,
        /// What goes back.
        what: Rewind,
        /// Files that change though the user changed them since: absolute paths.
        #[serde(default)]
        force: Vec<PathBuf>,
    },
    /// Take back the last `Rewind` that is not taken back, while no turn began since.
    Redo,
    /// Stop one running call; the turn goes on.
    StopCall {
        /// Which.
        call: CallId,
    },
    /// Run a command line of the user's own, through the same policy; the model learns of it.
    Shell {
        /// The command line.
        command: String,
    },
    /// End the session's task; its log stays.
    Close,
}

/// Something the user said while a turn ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueItem {
    /// What was said.
    pub content: Vec<Content>,
    /// Into the running turn (true), or as a turn of its own after it (false).
    pub steer: bool,
}

//! What happened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::clock::Millis;
use crate::protocol::{
    Baseline, Broken, Budget, CallId, Compaction, Content, ContextPart, Effort, FileChange,
    FoundNote, KeptFile, Message, MessageId, Mode, ModelId, PartState, PermissionOutcome,
    PermissionRequest, QueueItem, RequestId, Rewind, RewindFile, RuleTried, SandboxState,
    SessionId, Spent, StopReason, ToolCall, ToolOutcome, Trigger, TurnId, Usage, Window,
};

/// An event with its address. Only the journal makes one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Which session.
    pub session: SessionId,
    /// The how-manieth durable event of the session, from 1. An event that is not durable bears
    /// the number of the durable one before it.
    pub seq: u64,
    /// When.
    pub at: Millis,
    /// What.
    pub event: Event,
}

/// What happened, in the past tense.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The session began.
    SessionStarted {
        /// The version of the log's format.
        version: u32,
        /// The session that spawned it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<Parent>,
        /// Its working directory.
        cwd: PathBuf,
        /// The model it asks.
        model: ModelId,
        /// How much is asked.
        mode: Mode,
    },
    /// The session is a copy of another one: what is before this in the log happened there.
    SessionForked {
        /// Of which.
        from: SessionId,
    },
    /// A process took the session up again.
    SessionResumed {
        /// What was repaired, in words for the user; empty where nothing was.
        repairs: Vec<String>,
    },
    /// A prompt went in.
    TurnStarted {
        /// The turn's name.
        turn: TurnId,
        /// What the user said.
        prompt: Vec<Content>,
    },
    /// The prompts that wait behind the running turn are now these.
    QueueChanged {
        /// All of them, oldest first.
        queue: Vec<QueueItem>,
    },
    /// The user's words went into the running turn.
    Steered {
        /// What the user said.
        content: Vec<Content>,
    },
    /// The model said a little more. Not kept.
    MessageDelta {
        /// Which message; the first delta of a message opens it.
        message: MessageId,
        /// Which of its blocks, from 0.
        block: usize,
        /// What the block is.
        kind: TextKind,
        /// At which byte of the block `text` begins.
        start: usize,
        /// What was said.
        text: String,
    },
    /// A message is whole.
    MessageFinished {
        /// The message.
        message: Arc<Message>,
    },
    /// A call is prepared; whether it runs is decided next.
    ToolCallStarted {
        /// What will run.
        call: Arc<ToolCall>,
    },
    /// A running call printed something. Not kept.
    ToolCallProgress {
        /// Which call.
        call: CallId,
        /// The last lines it printed.
        tail: String,
        /// Bytes it printed so far.
        bytes: u64,
    },
    /// A call ended.
    ToolCallFinished {
        /// Which call.
        call: CallId,
        /// How.
        outcome: Arc<ToolOutcome>,
        /// What it changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<FileChange>,
    },
    /// What files were before a call, and what it left: what a rewind goes by. Of a command it is
    /// known when it has ended.
    FilesKept {
        /// Which call.
        call: CallId,
        /// The files that it changed, or will.
        files: Vec<KeptFile>,
    },
    /// What a rewind would do to files; the answer to `Op::TryRewind`. Not kept.
    RewindTried {
        /// To before which turn.
        to: TurnId,
        /// The files, sorted by path.
        files: Arc<Vec<RewindFile>>,
    },
    /// The session went back to before a turn.
    Rewound {
        /// The turn.
        to: TurnId,
        /// What went back.
        what: Rewind,
        /// The files that did.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<KeptFile>,
    },
    /// The last `Rewound` was taken back.
    Redone {
        /// The files that are again what they were.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<KeptFile>,
    },
    /// The user has to say whether a call may run.
    PermissionRequested {
        /// The question.
        request: PermissionRequest,
    },
    /// The question is answered.
    PermissionResolved {
        /// Which.
        request: RequestId,
        /// How.
        outcome: PermissionOutcome,
    },
    /// Files differ from the session's start; seen by the watcher. Not kept.
    FilesChanged {
        /// From what they differ.
        #[serde(default)]
        against: Baseline,
        /// The changes of every file that differs.
        changes: Arc<Vec<FileChange>>,
        /// Files that differ beside them: too many to tell.
        #[serde(default)]
        unlisted: usize,
    },
    /// A question that is open asks something else now: what it is about changed meanwhile, or the
    /// user changed it. Its hash is another.
    PermissionRenewed {
        /// The question, under its old name.
        request: PermissionRequest,
        /// The call as it would run now; none where only the question changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call: Option<Arc<ToolCall>>,
        /// Why, in a sentence.
        why: String,
    },
    /// What rules would cover; the answer to `Op::TryRules`. Not kept.
    RulesTried {
        /// The question that they would answer.
        request: RequestId,
        /// Each of them, in order.
        rules: Vec<RuleTried>,
    },
    /// What the file of an open question would say; the answer to `Op::TellText`. Not kept.
    TextTold {
        /// The question.
        request: RequestId,
        /// Its hash: it is the text of what was shown with that.
        hash: String,
        /// The whole text; none where it leaves no text behind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Arc<str>>,
    },
    /// The plan is now this.
    PlanChanged {
        /// All of its steps, in order.
        steps: Vec<PlanStep>,
    },
    /// Git's branch or the count of its changed files is another. Not kept.
    GitChanged {
        /// The branch; none outside a repository.
        branch: Option<String>,
        /// Tracked files that differ from HEAD, and untracked files.
        dirty: (usize, usize),
    },
    /// What holds commands back was found out. Not kept: on another machine it is another.
    SandboxTested {
        /// What the self-test found.
        state: SandboxState,
    },
    /// A small model gave the session a title: the words of this message.
    Titled {
        /// The title, who gave it, and what that used.
        message: Arc<Message>,
    },
    /// How much is asked has changed.
    ModeChanged {
        /// The new mode.
        mode: Mode,
    },
    /// Models think harder, or less.
    EffortChanged {
        /// How hard; none: as each model does by itself.
        effort: Option<Effort>,
    },
    /// Another model is asked.
    ModelChanged {
        /// The new model.
        model: ModelId,
    },
    /// Until the turn is over, another model is asked: the one before does not answer.
    FellBack {
        /// The model that goes on.
        model: ModelId,
    },
    /// The session may use this much from now on. A turn that waited for it goes on.
    BudgetChanged {
        /// The new budget.
        budget: Budget,
    },
    /// The budget is used up: no request is begun, and the turn waits for `Op::SetBudget` or
    /// `Op::Cancel`. It ends where nobody can be asked.
    BudgetReached {
        /// What was used.
        spent: Spent,
        /// What may be used.
        budget: Budget,
    },
    /// A compaction began, or ended. Not kept.
    Compacting {
        /// Why it began; none: it is over.
        why: Option<Trigger>,
    },
    /// The older part of the session is no longer sent; it stays in the log.
    Compacted {
        /// What is sent in its place.
        compaction: Arc<Compaction>,
    },
    /// The results of these calls are sent as a line from now on; they stay in the log.
    Shortened {
        /// Which calls.
        calls: Vec<CallId>,
        /// Tokens that this frees of the last request's prompt.
        freed: u64,
    },
    /// A request beside the talk, for a summary, used this.
    Used {
        /// Which model was asked.
        model: ModelId,
        /// What it used.
        usage: Usage,
    },
    /// A part of the context goes, stays, or comes back. The last word on a part counts.
    ContextChanged {
        /// Which.
        part: ContextPart,
        /// What becomes of it.
        state: PartState,
    },
    /// Instructions came in that hold for a file which was touched: the model is told of them with
    /// the result of that call.
    NoteFound {
        /// What they say.
        note: Arc<FoundNote>,
    },
    /// What fills the window; the answer to `Op::TellContext`. Not kept.
    ContextTold {
        /// The next request, part by part.
        window: Arc<Window>,
    },
    /// The next request does not begin as the one before did: the provider's cache cannot be read
    /// from there on.
    CacheBroken {
        /// The first part that differs.
        by: Broken,
    },
    /// A request failed and is sent again.
    Retrying {
        /// Which retry, from 1.
        attempt: u32,
        /// How many there are.
        of: u32,
        /// How long is waited.
        after: Duration,
        /// What went wrong.
        why: String,
    },
    /// The turn is over.
    TurnFinished {
        /// Which.
        turn: TurnId,
        /// Why.
        stop: StopReason,
        /// What its requests used.
        usage: Usage,
    },
    /// Something the user should know.
    Notice {
        /// How much it matters.
        level: Level,
        /// In a sentence.
        text: String,
    },
}

/// A step of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// What is to be done.
    pub text: String,
    /// How far it is.
    pub state: StepState,
}

/// How far a step of the plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Pending,
    /// In work.
    InProgress,
    /// Done.
    Completed,
}

/// The session that spawned a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The parent.
    pub session: SessionId,
    /// The call that asked for it.
    pub call: CallId,
}

/// What a delta adds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// The answer.
    Text,
    /// The reasoning.
    Thinking,
    /// The input of a tool call, as JSON in the making; shown as its length only.
    ToolInput,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    Info,
    /// Something is not as it should be.
    Warning,
    /// Something failed.
    Error,
}

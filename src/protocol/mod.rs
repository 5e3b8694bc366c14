//! The words: plain data that engine, faces and log share. Nothing here does anything.

mod access;
mod budget;
mod cache;
mod change;
mod effort;
mod event;
mod id;
mod message;
mod mode;
mod model;
mod op;
mod permission;
mod stop;
mod tool;
mod usage;

pub use access::{Access, Facts, FileKind, LONGEST_PATH, Resolved, Script};
pub use budget::{Budget, Spent};
pub use cache::Broken;
pub use change::{Author, Baseline, ChangeKind, DiffLine, FileChange, Hunk, LineKind};
pub use effort::{Effort, NoEffort};
pub use event::{Envelope, Event, Level, Parent, PlanStep, StepState, TextKind, Topics};
pub use id::{CallId, MessageId, RequestId, SessionId, TurnId};
pub use message::{Content, Image, Message, Role, ToolUse, text_of};
pub use mode::Mode;
pub use model::ModelId;
pub use op::{Op, QueueItem};
pub use permission::{
    Changed, Covered, Decision, EditPart, LineAt, LineComment, Part, PermissionOutcome,
    PermissionRequest, Reach, RuleScope, RuleTried, SandboxState,
};
pub use stop::StopReason;
pub use tool::{Preview, ToolCall, ToolKind, ToolOutcome, ToolSpec, ToolStatus};
pub use usage::Usage;

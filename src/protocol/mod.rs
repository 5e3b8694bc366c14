//! The words: plain data that engine, faces and log share. Nothing here does anything.

mod access;
mod change;
mod event;
mod id;
mod message;
mod mode;
mod model;
mod op;
mod permission;
mod tool;
mod usage;

pub use access::{Access, Facts, FileKind, LONGEST_PATH, Resolved, Script};
pub use change::{Author, ChangeKind, DiffLine, FileChange, Hunk, LineKind};
pub use event::{Envelope, Event, Level, Parent, StopReason, TextKind, Topics};
pub use id::{CallId, MessageId, RequestId, SessionId, TurnId};
pub use message::{Content, Image, Message, Role, ToolUse, text_of};
pub use mode::Mode;
pub use model::ModelId;
pub use op::{Op, QueueItem};
pub use permission::{
    Covered, Decision, Part, PermissionOutcome, PermissionRequest, Reach, SandboxState,
};
pub use tool::{Preview, ToolCall, ToolKind, ToolOutcome, ToolSpec, ToolStatus};
pub use usage::Usage;

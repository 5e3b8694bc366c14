//! All live sessions: one task a session, ops in, events out.

mod actor;
mod build;
mod changes;
mod follow;
mod handle;
mod kept;
mod prompt;
mod shell;
mod watch;

pub use build::Setup;
pub use follow::POLLING;
pub use handle::{Busy, Handle, Start};

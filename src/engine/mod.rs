//! All live sessions: one task a session, ops in, events out.

mod actor;
mod build;
mod changes;
mod follow;
mod handle;
mod modes;
mod prompt;
mod shell;

pub use build::Setup;
pub use follow::POLLING;
pub use handle::{Busy, Handle, Start};

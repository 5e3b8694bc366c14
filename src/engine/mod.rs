//! All live sessions: one task a session, ops in, events out.

mod actor;
mod build;
mod follow;
mod handle;
mod prompt;

pub use build::Setup;
pub use follow::POLLING;
pub use handle::{Busy, Handle, Start};

//! All live sessions: one task a session, ops in, events out.

mod handle;

pub use handle::{Busy, Handle, Start};

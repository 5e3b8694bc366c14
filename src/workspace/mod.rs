//! The project: its root, what was read of it, its notes, its git, and who changes it.

mod ledger;
mod root;

pub use ledger::{Ledger, Stamp, Stamper};
pub use root::Workspace;

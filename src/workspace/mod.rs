//! The project: its root, what was read of it, its notes, its git, and who changes it.

mod beneath;
mod files;
pub mod git;
mod ledger;
pub mod notes;
mod put;
mod root;
mod sketch;
mod survey;
mod tracker;
mod watch;

pub use beneath::Beneath;
pub use files::files;
pub use ledger::{Ledger, Stamp, Stamper};
pub use put::{Kept, Standing};
pub use root::{Workspace, absolute};
pub use sketch::sketch;
pub use survey::{Seen, Survey};
pub use tracker::{Listed, Tracker, Watching};
pub use watch::DirWatch;

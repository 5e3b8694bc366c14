//! All live sessions: one task a session, ops in, events out.

mod actor;
mod build;
mod changes;
mod context;
mod follow;
mod handle;
mod kept;
mod modes;
mod prompt;
mod rewind;
mod shell;
mod watch;

pub use build::Setup;
pub use follow::POLLING;
pub use handle::{Busy, Handle, Start};

use std::path::Path;

use crate::agent::prompt::Instructions;
use crate::exec::Helpers;
use crate::workspace::notes::Places;

/// The instructions of a session that begins now, and what the user should know of how they came
/// about.
pub async fn instructions(
    root: &Path,
    notes: &Places,
    trusted: bool,
    helpers: &Helpers,
) -> (Instructions, Vec<String>) {
    let (root, notes, helpers) = (root.to_owned(), notes.clone(), helpers.clone());
    prompt::system(prompt::Place { root, notes, trusted, helpers }).await
}

//! Where commands run that a model wrote: with the project writable, everything else read-only or
//! out of sight, without a network and without a way up.
//!
//! On Linux claw starts itself as a helper (`claw __sandbox`), which confines itself and then
//! becomes the command: no docker, no bwrap, no root needed. Whether that works on this machine is
//! never assumed: a [`Confinement`] tries it before the first command, and says what is missing.

mod confinement;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "its profile knows none"))]
mod linked;
#[cfg(target_os = "linux")]
mod linux;
mod place;
#[cfg(target_os = "linux")]
mod proxied;
mod read;
pub mod seatbelt;
mod spawn;
mod spec;
mod status;
#[cfg_attr(not(target_os = "linux"), path = "cold.rs")]
mod warm;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::exec::network::Network;

pub use confinement::Confinement;
pub use confinement::State;
pub use spec::Attempt;
pub use spec::Cache;
pub use spec::Layer;
pub use spec::Limits;
pub use status::Status;
pub use warm::Warm;

pub(super) use spawn::Started;

/// The first argument of a claw that is a helper.
const HELPER: &str = "__sandbox";

/// What a helper prints first, with code 127, where there is no such program.
pub(super) const ABSENT: &[u8] = b"claw: starting ";

/// How commands are confined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    /// The claw program, which is started as the helper.
    pub helper: PathBuf,
    /// Canonical directories in which the command may write. From the user alone, never from a
    /// model.
    pub roots: Vec<PathBuf>,
    /// Files and directories that it cannot read.
    pub masked: Vec<PathBuf>,
    /// Patterns of what it cannot read in a root: absolute, in any letter case. They are looked for
    /// when a helper starts, in the first levels and the first thousands of files.
    pub hidden: Vec<String>,
    /// Directories of tools, changed for this project alone.
    pub caches: Vec<Cache>,
    /// Claw's own directory for this project's sandbox.
    pub store: PathBuf,
    /// The network that it may reach.
    pub network: Network,
    /// How much it may take.
    pub limits: Limits,
    /// The helper that waits for the next command.
    pub warm: Warm,
}

/// The program as a helper, where it was started as one. Before anything else in `main`: the
/// helper must be alone in its process.
pub fn helper() -> Option<ExitCode> {
    if std::env::args_os().nth(1)? != HELPER {
        return None;
    }
    #[cfg(target_os = "linux")]
    return Some(linux::serve());
    #[cfg(not(target_os = "linux"))]
    Some(ExitCode::from(2))
}

//! The one door to processes. Each child is the first of its own group, sees a short list of the
//! environment, has no terminal, and is killed with all it started when its call ends.

use std::time::Duration;

mod capture;
mod command;
mod env;
mod group;
pub mod network;
mod run;
pub mod sandbox;
mod shell;

pub use command::Command;
pub use command::ExecError;
pub use network::HostPattern;
pub use network::Network;
pub use run::Captured;
pub use run::run;
pub use sandbox::Sandbox;
pub use shell::End;
pub use shell::Finished;
pub use shell::Shell;
pub use shell::shell;

/// How long output is still waited for once the program itself has ended.
const DRAIN: Duration = Duration::from_millis(100);

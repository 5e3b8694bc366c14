//! The one door to processes. Each child is the first of its own group, sees a short list of the
//! environment, has no terminal, and is killed with all it started when its call ends.

use std::time::Duration;

mod capture;
mod command;
mod env;
mod foreground;
mod group;
pub mod network;
mod run;
mod running;
pub mod sandbox;
mod shell;
pub mod signal;
mod ticket;

pub use command::Command;
pub use command::ExecError;
pub use foreground::foreground;
#[cfg(unix)]
pub use group::stop;
pub use network::HostPattern;
pub use network::Network;
pub use run::Captured;
pub use run::Helpers;
pub use run::leave;
pub use run::run;
pub use sandbox::Sandbox;
pub use shell::End;
pub use shell::Finished;
pub use shell::Shell;
pub use shell::shell;
pub use ticket::Order;
pub use ticket::Ticket;

/// How long output is still waited for once the program itself has ended.
const DRAIN: Duration = Duration::from_millis(100);

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::audit::Audit;
    use crate::audit::Entry;
    use crate::audit::Record;
    use crate::protocol::Mode;

    /// The ticket for what a test runs.
    pub(crate) async fn ticket(order: Order<'_>) -> Ticket {
        let dir = tempfile::tempdir().unwrap();
        let audit = Arc::new(Audit::new(dir.path().join("audit")));
        Ticket::issue(order, audit, record).await.unwrap()
    }

    /// A record of some call.
    pub(crate) fn record(entry: Entry) -> Record {
        Record {
            session: "s".into(),
            call: "c".into(),
            tool: "bash".into(),
            title: String::new(),
            call_hash: String::new(),
            mode: Some(Mode::Default),
            policy: String::new(),
            entry,
        }
    }
}

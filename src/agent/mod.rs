//! One turn: ask the model, run its tools under the policy, ask again.

mod approvals;
mod ask;
mod budget;
mod call;
mod context;
mod execute;
mod fallback;
mod inbox;
mod permit;
mod repeat;
mod running;
mod shell;
mod turn;
mod witness;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};

use futures_util::future::Shared;
use tokio::sync::{Notify, oneshot};

use crate::audit::Audit;
use crate::config::Kept;
use crate::exec::sandbox::Confinement;
use crate::policy::Policy;
use crate::protocol::{ModelId, ToolSpec};
use crate::provider::{Prefix, Provider};
use crate::session::Journal;
use crate::tool::Registry;
use crate::workspace::{Tracker, Workspace};

pub use approvals::Approvals;
pub use inbox::Inbox;
pub use permit::try_rules;
pub use running::Running;
pub use shell::run_line;
pub use turn::run_turn;

/// All that a turn needs.
pub struct Agent {
    /// The session's memory.
    pub journal: Journal,
    /// Who is asked.
    pub provider: Arc<dyn Provider>,
    /// What may be called.
    pub registry: Arc<Registry>,
    /// What the model sees of it; the same bytes in every request.
    pub tools: Arc<[ToolSpec]>,
    /// What may be done.
    pub policy: Arc<RwLock<Policy>>,
    /// The project.
    pub workspace: Arc<Workspace>,
    /// Who follows what changes in the project; none where nobody looks.
    pub tracker: Option<Arc<Tracker>>,
    /// Where every decision and every spawn is written down before it happens.
    pub audit: Arc<Audit>,
    /// Questions that wait for the user.
    pub approvals: Approvals,
    /// What the user said while the turn runs.
    pub inbox: Inbox,
    /// The instructions, as soon as they are made; the same bytes in every request.
    pub system: Shared<oneshot::Receiver<Arc<str>>>,
    /// The last request: as far as the next one is like it, the provider's cache goes.
    pub before: Mutex<Option<Prefix>>,
    /// The calls that run now.
    pub running: Running,
    /// How much is allowed.
    pub limits: Limits,
    /// Who goes on where the model does not answer, in this order.
    pub fallback: Vec<ModelId>,
    /// The session may use another amount now.
    pub budgeted: Notify,
    /// The model begins to call something.
    pub calling: Arc<Notify>,
    /// Nobody may switch all checks off.
    pub no_bypass: bool,
    /// Where what the user always allows is written down.
    pub kept: Arc<Kept>,
    /// Where outputs go that are too long for the model.
    pub spill: PathBuf,
    /// Whether commands are confined.
    pub sandbox: Arc<Confinement>,
}

/// How much a turn may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most requests to the model in one turn; none for no limit.
    pub requests: Option<u32>,
    /// Nobody can be asked: what would be asked is refused.
    pub unattended: bool,
}

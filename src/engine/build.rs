//! From a setup to a live session.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock, Weak};

use anyhow::{Context as _, Result};
use futures_util::FutureExt as _;
use tokio::sync::{Notify, oneshot};

use crate::agent::prompt::Instructions;
use crate::agent::{Agent, Approvals, Inbox, Limits, Room, Running, Wanted};
use crate::audit::Audit;
use crate::bus::Bus;
use crate::config::Kept;
use crate::engine::prompt::{self, Place};
use crate::exec::Helpers;
use crate::exec::sandbox::{Confinement, State};
use crate::policy::Policy;
use crate::protocol::{Budget, Event, Level, Mode, ModelId, SessionId};
use crate::provider::Provider;
use crate::session::checkpoint::{Blobs, Bounds, Keeper, sweep};
use crate::session::{self, Journal, Store, VERSION, repairs};
use crate::tool::Registry;
use crate::workspace::notes::Places;
use crate::workspace::{Tracker, Workspace};

/// All that sessions are made from.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Setup {
    /// The project: absolute and canonical.
    pub root: PathBuf,
    /// Who is asked.
    pub provider: Arc<dyn Provider>,
    /// The model of new sessions, and of resumed ones where `force_model` is set.
    pub model: ModelId,
    /// The mode of new sessions, and of resumed ones where `force_mode` is set.
    pub mode: Mode,
    /// The model was asked for by a flag.
    pub force_model: bool,
    /// The mode was asked for by a flag.
    pub force_mode: bool,
    /// What may be done.
    pub policy: Policy,
    /// How much is allowed.
    pub limits: Limits,
    /// What each session may use in all; what is not limited here stays as it is in a resumed one.
    pub budget: Budget,
    /// What a new session may use where `budget` does not say.
    pub usual: Budget,
    /// Who goes on in a turn where the model does not answer, in this order.
    pub fallback: Vec<ModelId>,
    /// When sessions are compacted by themselves.
    pub room: Room,
    /// The model for what is small, such as titles; none: such things are not made.
    pub small: Option<ModelId>,
    /// The models of modes: each is asked while its mode holds, unless the user chooses another.
    pub modes: Vec<(Mode, ModelId)>,
    /// Where decisions and spawns are written down.
    pub audit: Arc<Audit>,
    /// Nobody may switch all checks off, whatever they ask for.
    pub no_bypass: bool,
    /// Where what the user always allows is written down.
    pub kept: Arc<Kept>,
    /// Where the logs are.
    pub store: Store,
    /// Where outputs go that are too long for the model.
    pub spill: PathBuf,
    /// The project may speak: its notes go into the prompt.
    pub trusted: bool,
    /// Where notes are read from, but for the project's.
    pub notes: Places,
    /// Somebody looks at the project's changes: they are followed.
    pub follow: bool,
    /// Whether commands are confined.
    pub sandbox: Arc<Confinement>,
}

/// The journal and the agent of one session.
pub(super) async fn new(setup: &Setup, bus: &Bus) -> Result<Arc<Agent>> {
    let id = SessionId::fresh();
    let path = setup.store.place(&id, &setup.root);
    let journal = Journal::create(id, &path, bus.clone())?;
    let started = Event::SessionStarted {
        version: VERSION,
        parent: None,
        cwd: setup.root.clone(),
        model: setup.model.clone(),
        mode: setup.mode,
    };
    journal.record(started).await?;
    ask_of_mode(setup, &journal).await?;
    limit(setup.usual, &journal).await?;
    limit(setup.budget, &journal).await?;
    agent(setup, journal)
}

/// The same for a copy of a session: of what its log says now, or said when one of its turns ended.
pub(super) async fn fork(
    setup: &Setup,
    bus: &Bus,
    from: &SessionId,
    at: Option<u32>,
) -> Result<Arc<Agent>> {
    let found = setup.store.find(from.as_str(), &setup.root)?;
    let copied = session::fork(&setup.store, &found, at, &setup.root, bus.clone()).await?;
    take_up(setup, copied, Vec::new()).await
}

/// The same for a session whose log is there; what it left open is closed.
pub(super) async fn resume(setup: &Setup, bus: &Bus, id: &SessionId) -> Result<Arc<Agent>> {
    let found = setup.store.find(id.as_str(), &setup.root)?;
    let (journal, told) = Journal::open(found.id, &found.path, bus.clone())?;
    take_up(setup, journal, told).await
}

async fn take_up(setup: &Setup, journal: Journal, mut told: Vec<String>) -> Result<Arc<Agent>> {
    let cwd = journal.look(|state| state.cwd.clone());
    if cwd != setup.root {
        told.push(format!(
            "This session began in {}; it goes on in {}.",
            cwd.display(),
            setup.root.display()
        ));
    }
    let open = journal.look(repairs);
    let copied = journal.look(|state| state.forked.is_some() && state.turn.is_some());
    if copied {
        told.push("The turn that ran was copied as far as it was, and closed here.".to_owned());
    } else if journal.look(|state| state.turn.is_some()) {
        told.push(
            "claw ended in the middle of the last turn. The turn was closed as interrupted; look \
             at what its last calls changed before you go on."
                .to_owned(),
        );
    }
    for event in open {
        journal.record(event).await?;
    }
    journal.record(Event::SessionResumed { repairs: told }).await?;
    let (model, mode) = journal.look(|state| (state.model.clone(), state.mode));
    if setup.force_model && model != setup.model {
        journal.record(Event::ModelChanged { model: setup.model.clone() }).await?;
    }
    // Bypass is asked for at each start anew.
    if (setup.force_mode || mode == Mode::Bypass) && mode != setup.mode {
        journal.record(Event::ModeChanged { mode: setup.mode }).await?;
        ask_of_mode(setup, &journal).await?;
    }
    limit(setup.budget, &journal).await?;
    agent(setup, journal)
}

/// The mode's own model is asked, unless a flag named one.
async fn ask_of_mode(setup: &Setup, journal: &Journal) -> Result<()> {
    let (mode, now) = journal.look(|state| (state.mode, state.model.clone()));
    let own = setup.modes.iter().find(|(known, _)| *known == mode && !setup.force_model);
    match own.filter(|(_, model)| *model != now) {
        Some((_, model)) => journal.record(Event::ModelChanged { model: model.clone() }).await,
        None => Ok(()),
    }
}

/// Gives the session this budget; what it does not limit stays.
async fn limit(budget: Budget, journal: &Journal) -> Result<()> {
    let now = journal.look(|state| state.budget);
    let Budget { usd, tokens } = budget;
    let budget = Budget { usd: usd.or(now.usd), tokens: tokens.or(now.tokens) };
    if budget == now {
        return Ok(());
    }
    journal.record(Event::BudgetChanged { budget }).await
}

fn agent(setup: &Setup, journal: Journal) -> Result<Arc<Agent>> {
    let registry = Arc::new(Registry::of_session(journal.path()));
    let helpers = Helpers::new(setup.audit.clone(), setup.sandbox.clone());
    let tracker = setup.follow.then(|| Arc::new(Tracker::start(&setup.root, &helpers)));
    let waiting = journal.look(|state| state.queue.clone());
    let spill = spill(&setup.spill, journal.session())?;
    let (made, system) = oneshot::channel();
    let workspace = Arc::new(Workspace::new(setup.root.clone()));
    let blobs = Blobs::new(setup.store.checkpoints(&setup.root));
    tidy(setup, blobs.clone());
    let unseen = setup.limits.unattended;
    let agent = Arc::new(Agent {
        journal,
        provider: setup.provider.clone(),
        tools: registry.specs(),
        registry,
        policy: Arc::new(RwLock::new(setup.policy.clone())),
        keeper: Keeper::new(blobs, workspace.beneath().clone(), helpers.clone()),
        workspace,
        tracker,
        audit: setup.audit.clone(),
        fallback: distinct(&setup.fallback),
        room: setup.room,
        wanted: Wanted::default(),
        small: setup.small.clone(),
        budgeted: Notify::new(),
        calling: Arc::default(),
        before: Mutex::default(),
        no_bypass: setup.no_bypass,
        kept: setup.kept.clone(),
        approvals: Approvals::default(),
        inbox: Inbox::new(waiting),
        system: system.shared(),
        running: Running::default(),
        limits: setup.limits,
        spill,
        sandbox: setup.sandbox.clone(),
    });
    tokio::spawn(announce(Arc::downgrade(&agent), unseen.then(|| agent.calling.clone())));
    let (root, notes, trusted) = (setup.root.clone(), setup.notes.clone(), setup.trusted);
    tokio::spawn(instruct(agent.clone(), Place { root, notes, trusted, helpers }, made));
    Ok(agent)
}

/// Removes what was kept too long, beside everything else.
fn tidy(setup: &Setup, blobs: Blobs) {
    let logs = setup.store.project(&setup.root);
    tokio::task::spawn_blocking(move || match sweep(&blobs, &logs, Bounds::default()) {
        Ok(0) => {}
        Ok(bytes) => tracing::info!(bytes, "kept contents were removed"),
        Err(error) => tracing::warn!(%error, "kept contents were not looked through"),
    });
}

/// Each of them once: who did not answer is not asked again.
fn distinct(models: &[ModelId]) -> Vec<ModelId> {
    let mut seen = HashSet::new();
    models.iter().filter(|model| seen.insert(*model)).cloned().collect()
}

/// Tries the sandbox before the first command needs it, and says what came of it: at once, or when
/// something is called. A run that nobody looks at may call nothing, and is over sooner without.
async fn announce(agent: Weak<Agent>, calling: Option<Arc<Notify>>) {
    if let Some(calling) = calling {
        calling.notified().await;
    }
    let Some(agent) = agent.upgrade() else { return };
    let state = agent.sandbox.state(&agent.audit).await;
    // Where the log takes no more, the first turn says so.
    let _ = agent.journal.record(Event::SandboxTested { state: state.shown() }).await;
    if let State::Unavailable(why) = state {
        let text = format!(
            "The sandbox is not available: {why}. Every command asks; `claw sandbox status` tells \
             more, and --no-sandbox runs commands without it."
        );
        let _ = agent.journal.record(Event::Notice { level: Level::Warning, text }).await;
    }
}

/// Makes the instructions beside everything else: git may be slow, the first frame is not.
async fn instruct(agent: Arc<Agent>, here: Place, made: oneshot::Sender<Arc<Instructions>>) {
    let (system, notices) = prompt::system(here).await;
    for text in notices {
        // Where the log takes no more, the first turn says so.
        let _ = agent.journal.record(Event::Notice { level: Level::Warning, text }).await;
    }
    // The session may be closed already.
    let _ = made.send(Arc::new(system));
}

/// A directory of the session's own, made when the first output goes there.
fn spill(dir: &Path, session: &SessionId) -> Result<PathBuf> {
    std::path::absolute(dir.join(session.as_str()))
        .with_context(|| format!("finding the place for long outputs, {}", dir.display()))
}

//! A live session over a scripted model, and the laws that hold for every log.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use claw::agent::{Limits, Room};
use claw::audit::Audit;
use claw::bus::Subscription;
use claw::config::{Kept, Paths};
use claw::engine::{Handle, Setup, Start};
use claw::exec::sandbox::Confinement;
use claw::policy::Policy;
use claw::protocol::{
    Budget, Content, Effort, Envelope, Event, Mode, ModelId, Op, PermissionOutcome, SessionId,
    StopReason,
};
use claw::provider::Provider;
use claw::session::{State, Store};
use claw::workspace::notes::Places;
use tempfile::TempDir;

/// Enough on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A project, a home for logs, an engine and one open session.
pub struct Session {
    pub dir: TempDir,
    pub handle: Handle,
    pub state: State,
    pub seen: Vec<Envelope>,
    /// How long an event may take to come.
    pub patience: Duration,
    events: Subscription,
}

pub struct Wish {
    pub mode: Mode,
    pub limits: Limits,
    pub allow: Vec<&'static str>,
    /// The project's files are followed.
    pub follow: bool,
    pub model: &'static str,
    pub budget: Budget,
    pub fallback: Vec<&'static str>,
    pub room: Room,
    pub small: Option<&'static str>,
    pub modes: Vec<(Mode, &'static str)>,
}

impl Default for Wish {
    fn default() -> Self {
        let limits = Limits { requests: Some(50), unattended: false };
        Self {
            mode: Mode::Default,
            limits,
            allow: Vec::new(),
            follow: false,
            model: "test",
            budget: Budget::default(),
            fallback: Vec::new(),
            room: Room::default(),
            small: None,
            modes: Vec::new(),
        }
    }
}

pub fn setup(dir: &Path, provider: Arc<dyn Provider>, wish: &Wish) -> Setup {
    let root = dir.canonicalize().unwrap().join("project");
    std::fs::create_dir_all(&root).unwrap();
    let mut policy = Policy { roots: vec![root.clone()], ..Policy::default() };
    for rule in &wish.allow {
        policy.grant(rule).unwrap();
    }
    let paths = Paths::under(&dir.join("own"));
    let kept = Arc::new(Kept::new(&paths, &root, false).unwrap());
    Setup {
        kept,
        root,
        provider,
        model: ModelId::from(wish.model),
        budget: wish.budget,
        usual: Budget { usd: None, tokens: None },
        fallback: wish.fallback.iter().map(|name| ModelId::from(*name)).collect(),
        small: wish.small.map(ModelId::from),
        modes: wish.modes.iter().map(|(mode, name)| (*mode, ModelId::from(*name))).collect(),
        mode: wish.mode,
        force_model: false,
        force_mode: false,
        policy,
        limits: wish.limits,
        room: wish.room,
        audit: Arc::new(Audit::new(dir.join("audit"))),
        no_bypass: false,
        store: Store::new(dir.join("sessions")),
        spill: dir.join("spill"),
        trusted: true,
        notes: Places { config: dir.join("config"), vouched: true, ..Places::default() },
        follow: wish.follow,
        sandbox: Arc::new(Confinement::off()),
    }
}

impl Session {
    pub async fn start(provider: Arc<dyn Provider>, wish: &Wish) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let handle = Handle::new(setup(dir.path(), provider, wish));
        Self::open(dir, handle, Start::New).await
    }

    pub async fn open(dir: TempDir, handle: Handle, start: Start) -> Self {
        let (state, events) = handle.open(start).await.unwrap();
        Self { dir, handle, state, seen: Vec::new(), patience: PATIENCE, events }
    }

    pub fn id(&self) -> SessionId {
        self.state.id.clone()
    }

    /// A file of the project.
    pub fn file(&self, name: &str) -> PathBuf {
        self.state.cwd.join(name)
    }

    pub fn log(&self) -> PathBuf {
        Store::new(self.dir.path().join("sessions")).place(&self.state.id, &self.state.cwd)
    }

    pub fn send(&self, op: Op) {
        self.handle.send(&self.state.id, op).unwrap();
    }

    pub fn prompt(&self, text: &str) {
        self.send(Op::Prompt { content: vec![Content::text(text)] });
    }

    /// Takes events in until one is as wanted, and gives it back.
    #[track_caller]
    pub fn until<'a>(
        &'a mut self,
        wanted: impl Fn(&Event) -> bool + 'a,
    ) -> impl Future<Output = Event> + 'a {
        let patience = self.patience;
        async move {
            let waiting = async {
                loop {
                    let envelope = self.events.next().await;
                    self.state.apply(&envelope);
                    self.seen.push((*envelope).clone());
                    if wanted(&envelope.event) {
                        return envelope.event.clone();
                    }
                }
            };
            let Ok(event) = tokio::time::timeout(patience, waiting).await else {
                panic!("the event did not come; the state is {:#?}", self.state.entries)
            };
            event
        }
    }

    /// Until the turn ends.
    pub async fn stop(&mut self) -> StopReason {
        match self.until(|event| matches!(event, Event::TurnFinished { .. })).await {
            Event::TurnFinished { stop, .. } => stop,
            _ => unreachable!(),
        }
    }

    /// Ends it when all that was asked was taken, and no turn runs that nobody has to wait for.
    pub async fn ended(&mut self) {
        self.send(Op::SetEffort { effort: Some(Effort::High) });
        let high = |event: &Event| *event == Event::EffortChanged { effort: Some(Effort::High) };
        self.until(high).await;
        while self.state.turn.is_some() && self.state.over.is_none() {
            self.until(|_| true).await;
        }
        let handle = self.handle.clone();
        let closing = handle.close();
        tokio::pin!(closing);
        loop {
            tokio::select! {
                () = &mut closing => break,
                envelope = self.events.next() => self.state.apply(&envelope),
            }
        }
        while let Some(envelope) = self.events.try_next() {
            self.state.apply(&envelope);
        }
    }

    /// Another session of the same engine.
    pub async fn reopen(self, start: Start) -> Self {
        Self::open(self.dir, self.handle, start).await
    }

    /// Until the next question, which is answered so.
    pub async fn answer(&mut self, outcome: PermissionOutcome) {
        let asked = self.until(|event| matches!(event, Event::PermissionRequested { .. })).await;
        if let Event::PermissionRequested { request } = asked {
            self.send(Op::Decide { request: request.id, hash: request.hash, outcome });
        }
    }
}

/// What must hold of every log: one end for each turn, one result for each call before the next
/// reply, one answer for each question.
#[track_caller]
pub fn check_laws(log: &[Envelope]) {
    let (mut turn, mut open) = (None, HashSet::new());
    let (mut asked, mut results) = (Vec::new(), HashSet::new());
    for (seq, envelope) in (1..).zip(log) {
        assert_eq!(envelope.seq, seq, "the numbers run without a gap");
        match &envelope.event {
            Event::TurnStarted { turn: next, .. } => {
                assert_eq!(turn, None, "a turn began in a turn");
                turn = Some(next.clone());
            }
            Event::MessageFinished { message } => {
                for id in asked.drain(..) {
                    assert!(results.contains(&id), "{id} has no result before the next reply");
                }
                asked.extend(message.tool_uses().map(|asked| asked.id.clone()));
            }
            Event::ToolCallFinished { call, .. } => {
                assert!(results.insert(call.clone()), "{call} has two results");
            }
            Event::PermissionRequested { request } => {
                open.insert(request.id.clone());
            }
            Event::PermissionResolved { request, .. } => {
                assert!(open.remove(request), "{request} was answered twice");
            }
            Event::TurnFinished { turn: ended, .. } => {
                assert_eq!(turn.take().as_ref(), Some(ended), "the wrong turn ended");
                for id in asked.drain(..) {
                    assert!(results.contains(&id), "{id} has no result at the end of the turn");
                }
                assert!(open.is_empty(), "{open:?} are unanswered");
            }
            _ => {}
        }
    }
    assert_eq!(turn, None, "the last turn has no end");
}

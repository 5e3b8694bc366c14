//! The fold: events in, state out. The live engine, resume, replay, the screen's mirror, headless
//! output and tests all use this one.

mod chosen;
mod compact;
mod entry;
mod live;
mod open;
mod past;
mod question;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::clock::Millis;
use crate::protocol::{
    Broken, Budget, CallId, Content, Effort, Envelope, Event, Level, Message, Mode, ModelId,
    Parent, PermissionRequest, PlanStep, QueueItem, SessionId, Spent, StopReason, ToolCall, TurnId,
    Usage,
};

pub use chosen::Chosen;
pub use entry::{CallEntry, Entry, OpenBlock, OpenMessage};
pub use live::Live;
pub use past::Past;
pub use question::Status;

/// Everything that is known of a session. Only [`State::apply`] changes one.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The session.
    pub id: SessionId,
    /// The number of the last durable event that was applied; 0 before the first.
    pub seq: u64,
    /// When it began.
    pub started: Millis,
    /// When something last happened.
    pub touched: Millis,
    /// The session that spawned it.
    pub parent: Option<Parent>,
    /// The session that it is a copy of.
    pub forked: Option<SessionId>,
    /// Its working directory.
    pub cwd: PathBuf,
    /// The model it asks.
    pub model: ModelId,
    /// The model that is asked in its place until the turn is over.
    pub fallback: Option<ModelId>,
    /// How hard that thinks; none: as it does by itself.
    pub effort: Option<Effort>,
    /// How much is asked.
    pub mode: Mode,
    /// What happened, oldest first. Only grows, but for an open message that ends or is dropped,
    /// and for what a rewind takes away or brings back.
    pub entries: Vec<Entry>,
    /// Questions that wait for the user, oldest first.
    pub pending: Vec<PermissionRequest>,
    /// What waits behind the running turn, oldest first.
    pub queue: Vec<QueueItem>,
    /// The running turn and when it began.
    pub turn: Option<(TurnId, Millis)>,
    /// How many turns there were, the running one included.
    pub turns: u32,
    /// What all requests used.
    pub usage: Usage,
    /// Most that all requests may use.
    pub budget: Budget,
    /// The turn waits: this much is used, and the budget is used up.
    pub over: Option<Spent>,
    /// What kept providers from reading from their caches, each with the number of its turn.
    pub broken: Vec<(u32, Broken)>,
    /// The size of the last request's prompt and its answer, in tokens: what fills the window.
    pub context: u64,
    /// What the user chose of the context, and the notes that came into it.
    pub chosen: Chosen,
    /// What the model means to do, step by step.
    pub plan: Vec<PlanStep>,
    /// What is needed to go back, and forward again.
    pub past: Past,
    /// What a small model called it, and what that used.
    pub titled: Option<Arc<Message>>,
    /// What is only seen, never kept.
    pub live: Live,
    calls: HashMap<CallId, usize>,
}

impl State {
    /// The state before the first event.
    pub fn new(id: SessionId) -> Self {
        Self {
            id,
            seq: 0,
            started: Millis(0),
            touched: Millis(0),
            parent: None,
            forked: None,
            cwd: PathBuf::new(),
            model: ModelId::from(""),
            fallback: None,
            effort: None,
            mode: Mode::default(),
            entries: Vec::new(),
            pending: Vec::new(),
            queue: Vec::new(),
            turn: None,
            turns: 0,
            usage: Usage::default(),
            budget: Budget::default(),
            over: None,
            broken: Vec::new(),
            context: 0,
            chosen: Chosen::default(),
            plan: Vec::new(),
            past: Past::default(),
            titled: None,
            live: Live::default(),
            calls: HashMap::new(),
        }
    }

    /// The same of a session that is only looked at.
    pub fn watched(id: SessionId) -> Self {
        let live = Live { watched: true, ..Live::default() };
        Self { live, ..Self::new(id) }
    }

    /// Takes one event in. Total: any event in any state. Idempotent: the same envelope twice is
    /// the same as once; deltas say where they start.
    pub fn apply(&mut self, envelope: &Envelope) {
        let durable = envelope.event.is_durable();
        // What is not kept bears the number of the event before it: where a later one is known
        // already, what it said is, too.
        if envelope.seq < self.seq {
            return;
        }
        if durable {
            if envelope.seq == self.seq {
                return;
            }
            self.seq = envelope.seq;
            self.touched = envelope.at;
        }
        self.fold(&envelope.event, envelope.at);
    }

    /// The call of that name, and where it stands in `entries`.
    pub fn call(&self, id: &CallId) -> Option<(usize, &CallEntry)> {
        let at = *self.calls.get(id)?;
        match self.entries.get(at)? {
            Entry::Call(call) => Some((at, call)),
            _ => None,
        }
    }

    /// All calls, oldest first.
    pub fn calls(&self) -> impl DoubleEndedIterator<Item = &CallEntry> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Call(call) => Some(call),
            _ => None,
        })
    }

    /// The message that is being said, and where it stands in `entries`.
    pub fn open(&self) -> Option<(usize, &OpenMessage)> {
        let at = self.open_at()?;
        match &self.entries[at] {
            Entry::Open(open) => Some((at, open)),
            _ => None,
        }
    }

    fn fold(&mut self, event: &Event, at: Millis) {
        match event {
            Event::SessionStarted { version: _, parent, cwd, model, mode } => {
                self.started = at;
                self.parent.clone_from(parent);
                self.cwd.clone_from(cwd);
                self.model = model.clone();
                self.mode = *mode;
            }
            Event::SessionForked { from } => self.forked = Some(from.clone()),
            Event::SessionResumed { repairs } => {
                for text in repairs {
                    self.notice(Level::Warning, text, at);
                }
            }
            Event::TurnStarted { turn, prompt } => {
                self.turns += 1;
                self.turn = Some((turn.clone(), at));
                self.begin(turn);
                self.prompt(turn.clone(), prompt, at, false);
            }
            Event::Steered { content } => {
                let turn = self.turn.as_ref().map_or_else(|| "".into(), |(turn, _)| turn.clone());
                self.prompt(turn, content, at, true);
            }
            Event::QueueChanged { queue } => self.queue.clone_from(queue),
            Event::MessageDelta { message, block, kind, start, text } => {
                self.live.retrying = None;
                self.delta(message, *block, *kind, *start, text, at);
            }
            Event::MessageFinished { message } => self.finish_message(message, at),
            Event::ToolCallStarted { call } => self.start_call(call, at),
            Event::ToolCallProgress { call, tail, bytes } => {
                if let Some(entry) = self.call_mut(call).filter(|entry| entry.outcome.is_none()) {
                    entry.tail.clone_from(tail);
                    entry.bytes = *bytes;
                }
            }
            Event::ToolCallFinished { call, outcome, changes } => {
                if let Some(entry) = self.call_mut(call) {
                    entry.outcome = Some(outcome.clone());
                    entry.changes = changes.as_slice().into();
                    entry.tail.clear();
                    entry.bytes = 0;
                }
            }
            Event::PermissionRequested { request } => self.pending.push(request.clone()),
            Event::PermissionResolved { request, .. } => self.pending.retain(|p| p.id != *request),
            Event::FilesChanged { against, changes, unlisted } => {
                self.live.differ(*against, changes, *unlisted);
            }
            Event::PermissionRenewed { request, call, .. } => self.renew(request, call.as_ref()),
            Event::RulesTried { request, rules } => {
                self.live.tried = Some((request.clone(), rules.clone()));
            }
            // Whoever asked for it takes it as it comes: no copy of a file stays here.
            Event::TextTold { .. } => {}
            Event::RewindTried { to, files } => {
                self.live.rewind = Some((to.clone(), files.clone()));
            }
            Event::FilesKept { files, .. } => self.keep(files),
            Event::Rewound { to, what, files } => self.rewind(to, *what, files),
            Event::Redone { files } => self.redo(files),
            Event::PlanChanged { steps } => self.plan.clone_from(steps),
            Event::GitChanged { branch, dirty } => {
                self.live.branch.clone_from(branch);
                self.live.dirty = *dirty;
            }
            Event::SandboxTested { state } => self.live.sandbox = Some(state.clone()),
            Event::Titled { message } => {
                self.usage.add(&message.usage);
                self.titled = Some(message.clone());
            }
            Event::ModeChanged { mode } => self.mode = *mode,
            Event::ModelChanged { model } => {
                self.model = model.clone();
                self.fallback = None;
            }
            Event::FellBack { model } => {
                self.drop_open();
                self.live.retrying = None;
                self.fallback = Some(model.clone());
            }
            Event::BudgetChanged { budget } => (self.budget, self.over) = (*budget, None),
            Event::BudgetReached { spent, .. } => self.over = Some(*spent),
            Event::CacheBroken { by } => self.broken.push((self.turns, by.clone())),
            Event::EffortChanged { effort } => self.effort = *effort,
            Event::Compacting { .. }
            | Event::Compacted { .. }
            | Event::Shortened { .. }
            | Event::Used { .. } => self.compact(event, at),
            Event::ContextChanged { part, state } => self.chosen.set(part, *state),
            Event::NoteFound { note } => self.chosen.found(note),
            Event::ContextTold { window } => self.live.window = Some(window.clone()),
            Event::Retrying { attempt, of, after, why } => {
                self.drop_open();
                let until = Millis(at.0.saturating_add(after.as_millis() as u64));
                self.live.retrying = Some((*attempt, *of, until, why.clone()));
            }
            Event::TurnFinished { turn, stop, usage } => self.finish_turn(turn, stop, *usage, at),
            Event::Notice { level, text } => self.notice(*level, text, at),
        }
    }

    fn prompt(&mut self, turn: TurnId, content: &[Content], at: Millis, steer: bool) {
        let (number, content) = (self.turns, content.into());
        self.entries.push(Entry::Prompt { turn, number, at, content, steer });
    }

    fn notice(&mut self, level: Level, text: &str, at: Millis) {
        self.entries.push(Entry::Notice { level, text: text.to_owned(), at });
    }

    fn call_mut(&mut self, id: &CallId) -> Option<&mut CallEntry> {
        match self.entries.get_mut(*self.calls.get(id)?)? {
            Entry::Call(call) => Some(call),
            _ => None,
        }
    }

    /// A call starts once: its name is unique in the session.
    fn start_call(&mut self, call: &Arc<ToolCall>, at: Millis) {
        if self.calls.contains_key(&call.id) {
            return;
        }
        self.calls.insert(call.id.clone(), self.entries.len());
        self.entries.push(Entry::Call(CallEntry {
            call: call.clone(),
            at,
            outcome: None,
            changes: [].into(),
            short: false,
            tail: String::new(),
            bytes: 0,
        }));
    }

    fn finish_message(&mut self, message: &Arc<Message>, at: Millis) {
        self.drop_open();
        self.live.retrying = None;
        self.usage.add(&message.usage);
        if message.usage.prompt() > 0 {
            self.context = message.usage.prompt() + message.usage.output;
        }
        self.entries.push(Entry::Message { message: message.clone(), at });
    }

    fn finish_turn(&mut self, turn: &TurnId, stop: &StopReason, usage: Usage, at: Millis) {
        self.drop_open();
        (self.live.retrying, self.live.compacting) = (None, None);
        (self.fallback, self.over) = (None, None);
        let since = self.turn.take().map_or(at, |(_, since)| since);
        let (turn, stop, took) = (turn.clone(), stop.clone(), at.since(since));
        self.entries.push(Entry::TurnEnd { turn, stop, usage, took });
    }
}

#[cfg(test)]
mod tests;

//! The face for screen readers and dumb terminals: lines in, lines out, appended one after the
//! other. No cursor is moved, nothing is drawn; a question is a list of numbers.

mod act;
mod command;
mod model;
mod question;
mod rewind;
mod say;
mod sessions;

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::base::clock;
use crate::base::text::sanitise;
use crate::bus::Subscription;
use crate::desk::{Copied, Desk};
use crate::engine::{Handle, Start};
use crate::exec::signal::Signal;
use crate::protocol::{Content, Effort, Envelope, Event, ModelId, Op, SessionId};
use crate::provider::offers::Offer;
use crate::session::{Price, State, Status, Summary};
use question::{Question, Step};
use say::Speaker;

/// After how many seconds of silence it is said that the turn still runs; then each minute.
const STILL: [u64; 3] = [10, 30, 60];
/// For how long a second Ctrl+C quits.
const AGAIN: Duration = Duration::from_secs(2);

/// How a line is written: as it is for ears, or dressed for eyes. It has no control characters.
pub type Dress = Box<dyn Fn(&str) -> String + Send>;

/// What the face needs of the world, beside the engine.
pub struct World<W> {
    /// Where the lines go.
    pub out: W,
    /// Lines that the user wrote; it ends with the input.
    pub lines: mpsc::Receiver<String>,
    /// Signals that ask it to stop or to end.
    pub signals: mpsc::Receiver<Signal>,
    /// What lies beside the terminal.
    pub desk: Desk,
    /// How its lines are written.
    pub dress: Dress,
    /// The sessions of this project, the last one first.
    pub sessions: Box<dyn Fn() -> Vec<Summary> + Send>,
    /// The models that can be chosen, but for those of this machine's servers.
    pub offers: Arc<[Offer]>,
    /// The efforts that a model takes, from the least.
    pub efforts: fn(&ModelId) -> Vec<Effort>,
    /// What one request cost, where prices are known.
    pub price: Price,
}

/// Talks until the user leaves. The session that was open last, and the exit code.
///
/// # Errors
///
/// Where a session cannot be opened or the output is gone.
pub async fn run<W: Write>(
    engine: &Handle,
    start: Start,
    prompt: Option<String>,
    notices: &[String],
    world: World<W>,
) -> Result<(SessionId, u8)> {
    let (state, events) = engine.open(start).await?;
    let mut face = Face {
        engine: engine.clone(),
        speaker: Speaker::default(),
        question: None,
        later: false,
        others: HashMap::new(),
        draft: String::new(),
        silent: 0,
        quits: None,
        copying: JoinSet::new(),
        looking: JoinSet::new(),
        state,
        world,
    };
    let ran = face.talk(events, prompt, notices).await;
    match ran {
        Err(error) if is_gone(&error) => Ok((face.state.id, 0)),
        ran => Ok((face.state.id, ran?)),
    }
}

/// Nobody reads any more: that ends it, and is no error.
fn is_gone(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

struct Face<W> {
    engine: Handle,
    state: State,
    world: World<W>,
    speaker: Speaker,
    question: Option<Question>,
    /// The open question was put aside.
    later: bool,
    /// Sessions that go on out of sight.
    others: HashMap<SessionId, State>,
    /// Lines that ended with a backslash.
    draft: String,
    /// Seconds since something was said while a turn runs.
    silent: u64,
    /// Until when a second Ctrl+C quits.
    quits: Option<std::time::Instant>,
    /// Copies that are under way.
    copying: JoinSet<Copied>,
    /// Looks for servers on this machine that are under way.
    looking: JoinSet<Vec<Offer>>,
}

/// Why the loop goes on or ends.
enum Next {
    Go,
    Quit(u8),
    Open(Start),
}

impl<W: Write> Face<W> {
    async fn talk(
        &mut self,
        mut events: Subscription,
        prompt: Option<String>,
        notices: &[String],
    ) -> Result<u8> {
        self.begin(notices)?;
        if let Some(prompt) = prompt.filter(|prompt| !prompt.trim().is_empty()) {
            self.prompt(prompt, true)?;
        }
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            let running = self.state.status() == Status::Running;
            let next = tokio::select! {
                biased;
                Some(signal) = self.world.signals.recv() => self.signal(signal)?,
                line = self.world.lines.recv() => match line {
                    Some(line) => self.line(&line)?,
                    None => Next::Quit(0),
                },
                envelope = events.next() => {
                    self.hear(&envelope)?;
                    Next::Go
                }
                Some(local) = self.looking.join_next() => {
                    self.say(model::list(&self.world.offers, &local?, &self.state.model))?;
                    Next::Go
                }
                Some(copied) = self.copying.join_next() => {
                    self.copied(copied?)?;
                    Next::Go
                }
                _ = second.tick(), if running => {
                    self.still()?;
                    Next::Go
                }
            };
            match next {
                Next::Go => {}
                Next::Quit(code) => {
                    while let Some(copied) = self.copying.join_next().await {
                        self.copied(copied?)?;
                    }
                    return Ok(code);
                }
                Next::Open(start) => {
                    if let Some(other) = self.open(start).await? {
                        events = other;
                    }
                }
            }
        }
    }

    fn begin(&mut self, notices: &[String]) -> Result<()> {
        let cwd = sanitise(&self.state.cwd.to_string_lossy()).into_string();
        let model = sanitise(&self.state.model.0).into_string();
        self.say([
            format!("Claw: ready in {cwd}, model {model}, mode {}", self.state.mode.label()),
            "Help: write what is to be done and press Enter; /help lists the commands".to_owned(),
        ])?;
        if self.state.turns > 0 {
            self.say([format!(
                "Session: {} turns so far; /last says the last answer",
                self.state.turns
            )])?;
        }
        self.say(notices.iter().map(|notice| format!("Note: {}", sanitise(notice))))?;
        self.ask()
    }

    /// Goes over to another session; the one before goes on. None where that cannot be opened.
    async fn open(&mut self, start: Start) -> Result<Option<Subscription>> {
        match self.engine.open(start).await {
            Ok((state, events)) => {
                let before = std::mem::replace(&mut self.state, state);
                self.others.insert(before.id.clone(), before);
                self.others.remove(&self.state.id);
                self.speaker = Speaker::default();
                self.question = None;
                self.begin(&[])?;
                Ok(Some(events))
            }
            Err(error) => {
                self.say([format!("Error: {}", sanitise(&format!("{error:#}")))])?;
                Ok(None)
            }
        }
    }

    fn say(&mut self, lines: impl IntoIterator<Item = String>) -> Result<()> {
        for line in lines {
            writeln!(self.world.out, "{}", (self.world.dress)(&line))?;
            self.silent = 0;
        }
        self.world.out.flush()?;
        Ok(())
    }

    fn hear(&mut self, envelope: &Envelope) -> Result<()> {
        if envelope.session != self.state.id {
            return self.aside(envelope);
        }
        self.state.apply(envelope);
        let lines = self.speaker.hear(envelope, &self.state);
        self.say(lines)?;
        match &envelope.event {
            Event::PermissionRequested { .. } => self.ask(),
            Event::ContextTold { window } => self.say(model::context(window)),
            Event::PermissionRenewed { request, why, .. } => {
                if self.question.as_ref().is_some_and(|open| open.is(&request.id)) {
                    self.question = None;
                }
                self.say([format!("Changed: {}", sanitise(why))])?;
                self.ask()
            }
            Event::PermissionResolved { request, .. } => {
                if self.question.as_ref().is_some_and(|open| open.is(request)) {
                    self.question = None;
                }
                self.later = false;
                self.ask()
            }
            _ => Ok(()),
        }
    }

    /// A session out of sight: only what it needs is said.
    fn aside(&mut self, envelope: &Envelope) -> Result<()> {
        let id = envelope.session.clone();
        let state = self.others.entry(id.clone()).or_insert_with(|| State::new(id.clone()));
        state.apply(envelope);
        let what = match &envelope.event {
            Event::PermissionRequested { .. } => "needs you",
            Event::TurnFinished { .. } => "is done",
            _ => return Ok(()),
        };
        self.say([format!("Session: {id} {what}; /open {id} goes there")])
    }

    /// Asks the oldest open question, unless it was put aside.
    fn ask(&mut self) -> Result<()> {
        if self.question.is_some() || self.later {
            return Ok(());
        }
        let Some(request) = self.state.pending.first().cloned() else { return Ok(()) };
        let Some((_, entry)) = self.state.call(&request.call) else { return Ok(()) };
        let question = Question::new(request, entry.call.as_ref().clone());
        let mut lines = question.lines();
        let more = self.state.pending.len() - 1;
        if more > 0 {
            lines.insert(1, format!("  and {more} more questions after it"));
        }
        self.question = Some(question);
        self.say(lines)
    }

    fn line(&mut self, line: &str) -> Result<Next> {
        // Whatever else is written takes the first "quit" back.
        let quits = self.quits.take().is_some();
        if let Some(begun) = line.strip_suffix('\\') {
            self.draft.push_str(begun);
            self.draft.push('\n');
            return Ok(Next::Go);
        }
        let text = std::mem::take(&mut self.draft) + line;
        if let Some(question) = self.question.as_mut().filter(|_| !text.starts_with('/')) {
            match question.answer(&text) {
                Step::Say(lines) => self.say(lines)?,
                Step::Later => {
                    self.question = None;
                    self.later = true;
                    self.say(["Later: the agent waits; /ask asks again".to_owned()])?;
                }
                Step::Answer(op) => self.send(op)?,
            }
            return Ok(Next::Go);
        }
        if text.trim().is_empty() {
            return Ok(Next::Go);
        }
        if let Some(command) = text.strip_prefix('!').map(str::trim).filter(|c| !c.is_empty()) {
            self.send(Op::Shell { command: command.to_owned() })?;
            return Ok(Next::Go);
        }
        match command::parse(&text) {
            Some(asked) => self.act(asked, quits),
            None => {
                self.prompt(text, false)?;
                Ok(Next::Go)
            }
        }
    }

    /// Says a prompt: into the running turn, or as a turn of its own.
    fn prompt(&mut self, text: String, first: bool) -> Result<()> {
        let content = vec![Content::text(text)];
        let busy = self.state.status() != Status::Idle;
        if !first {
            self.speaker.wrote();
        }
        self.send(if busy { Op::Steer { content } } else { Op::Prompt { content } })
    }

    fn send(&mut self, op: Op) -> Result<()> {
        match self.engine.send(&self.state.id, op) {
            Ok(()) => Ok(()),
            Err(busy) => self.say([format!("Error: not sent, {busy}; try again")]),
        }
    }

    /// Ctrl+C: ends the turn, else asks once more, else quits. Another signal quits.
    fn signal(&mut self, signal: Signal) -> Result<Next> {
        if signal == Signal::Terminate {
            return Ok(Next::Quit(143));
        }
        self.draft.clear();
        if self.state.status() != Status::Idle {
            self.question = None;
            self.send(Op::Cancel)?;
            return Ok(Next::Go);
        }
        let now = clock::instant();
        if self.quits.is_some_and(|until| now < until) {
            return Ok(Next::Quit(0));
        }
        self.quits = Some(now + AGAIN);
        self.say(["Quit: press Ctrl+C again to quit".to_owned()])?;
        Ok(Next::Go)
    }

    fn quit(&mut self, again: bool) -> Result<Next> {
        if again || self.state.status() == Status::Idle {
            return Ok(Next::Quit(0));
        }
        self.quits = Some(clock::instant() + AGAIN);
        self.say(["Quit: a turn runs; /quit again stops it and quits".to_owned()])?;
        Ok(Next::Go)
    }

    /// A second passed while a turn runs: now and then that is said.
    fn still(&mut self) -> Result<()> {
        self.silent += 1;
        let silent = self.silent;
        let told = STILL.contains(&silent) || silent > 60 && silent.is_multiple_of(60);
        if !told {
            return Ok(());
        }
        let running = self.state.calls().rev().find(|call| call.outcome.is_none());
        let what = running
            .map_or(String::new(), |call| format!(": {} {}", call.call.verb, call.call.title));
        let what = sanitise(&what).into_string();
        self.say([format!("Still running, {silent} s{what}")])?;
        self.silent = silent;
        Ok(())
    }
}

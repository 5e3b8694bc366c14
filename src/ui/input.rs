//! What comes in from the terminal and from the system.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event, KeyEventKind, MouseButton, MouseEventKind};
use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use crate::ui::msg::Msg;

/// The exit codes of who is ended by a signal: 128 and its number, as the shell has it.
const HUNG_UP: u8 = 128 + 1;
const INTERRUPTED: u8 = 128 + 2;
#[cfg(unix)]
const TERMINATED: u8 = 128 + 15;

/// Something came in.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// A message for the model.
    Msg(Msg),
    /// The system, or the lost terminal, ends the program, with this exit code.
    Quit(u8),
    /// The system wants the program to stop until it is continued.
    Stop,
    /// The program goes on after it was stopped.
    Continue,
}

/// How many events wait before the terminal is read no further.
const WAITING: usize = 256;

/// The terminal's events and the system's signals.
pub struct Input {
    events: mpsc::Receiver<io::Result<Event>>,
    signals: Signals,
    gate: Arc<Gate>,
}

/// Where the thread that reads waits while another program has the terminal.
#[derive(Debug, Default)]
pub struct Gate {
    /// It is closed, and the thread stands before it.
    state: Mutex<(bool, bool)>,
    news: Condvar,
}

/// How long the thread may take to come to the gate.
const TO_GATE: Duration = Duration::from_millis(500);

impl Gate {
    fn state(&self) -> MutexGuard<'_, (bool, bool)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while it is closed.
    fn pass(&self) {
        let mut state = self.state();
        while state.0 {
            state.1 = true;
            self.news.notify_all();
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.1 = false;
    }

    /// Closes it, and waits until the thread stands before it. Blocks.
    pub fn close(&self) {
        self.state().0 = true;
        // The thread reads and waits; a change of the size wakes it.
        #[cfg(unix)]
        let _ = rustix::process::kill_process(
            rustix::process::getpid(),
            rustix::process::Signal::WINCH,
        );
        let waits = |state: &mut (bool, bool)| !state.1;
        drop(self.news.wait_timeout_while(self.state(), TO_GATE, waits));
    }

    /// Opens it.
    pub fn open(&self) {
        self.state().0 = false;
        self.news.notify_all();
    }
}

impl Input {
    /// Listens. Needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// Fails where the system takes no more signal handlers, or gives no thread.
    pub fn new() -> io::Result<Self> {
        let (read, events) = mpsc::channel(WAITING);
        // A thread that only reads: no key waits for the loop, and none is lost between two looks.
        // It ends with the terminal, with the program, or when nobody listens any more.
        let gate = Arc::new(Gate::default());
        let closed = Arc::clone(&gate);
        thread::Builder::new().name("input".into()).spawn(move || {
            loop {
                closed.pass();
                let event = event::read();
                let last = event.is_err();
                if read.blocking_send(event).is_err() || last {
                    return;
                }
            }
        })?;
        Ok(Self { events, signals: Signals::new()?, gate })
    }

    /// Where the thread that reads can be held up.
    pub fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    /// The next thing that comes in.
    pub async fn next(&mut self) -> Incoming {
        loop {
            let found = tokio::select! {
                biased;
                signal = self.signals.next() => return signal,
                event = self.events.recv() => event,
            };
            if let Some(incoming) = incoming(found) {
                return incoming;
            }
        }
    }

    /// What has come in already.
    pub fn ready(&mut self) -> Option<Incoming> {
        if let Some(signal) = self.signals.next().now_or_never() {
            return Some(signal);
        }
        loop {
            match self.events.try_recv() {
                Ok(event) => {
                    if let Some(incoming) = incoming(Some(event)) {
                        return Some(incoming);
                    }
                }
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => return incoming(None),
            }
        }
    }
}

fn incoming(found: Option<io::Result<Event>>) -> Option<Incoming> {
    match found {
        Some(Ok(event)) => translate(event).map(Incoming::Msg),
        // The terminal is gone.
        Some(Err(_)) | None => Some(Incoming::Quit(HUNG_UP)),
    }
}

/// Only what means something becomes a message: a moving mouse wakes nobody.
fn translate(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => (key.kind != KeyEventKind::Release).then_some(Msg::Key(key)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
        Event::FocusGained => Some(Msg::Focus(true)),
        Event::FocusLost => Some(Msg::Focus(false)),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left | MouseButton::Right)
            | MouseEventKind::Drag(MouseButton::Left)
            | MouseEventKind::Up(MouseButton::Left)
            | MouseEventKind::ScrollUp
            | MouseEventKind::ScrollDown => Some(Msg::Mouse(mouse)),
            _ => None,
        },
    }
}

#[cfg(unix)]
struct Signals {
    quit: [tokio::signal::unix::Signal; 3],
    stop: tokio::signal::unix::Signal,
    go: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        let raw = |known: Signal| signal(SignalKind::from_raw(known.as_raw()));
        let quit = [raw(Signal::TERM)?, raw(Signal::HUP)?, raw(Signal::INT)?];
        Ok(Self { quit, stop: raw(Signal::TSTP)?, go: raw(Signal::CONT)? })
    }

    async fn next(&mut self) -> Incoming {
        let [term, hang_up, interrupt] = &mut self.quit;
        tokio::select! {
            _ = term.recv() => Incoming::Quit(TERMINATED),
            _ = hang_up.recv() => Incoming::Quit(HUNG_UP),
            _ = interrupt.recv() => Incoming::Quit(INTERRUPTED),
            _ = self.stop.recv() => Incoming::Stop,
            _ = self.go.recv() => Incoming::Continue,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Incoming {
        // In raw mode Ctrl+C is a key; what arrives here comes from outside.
        let _ = tokio::signal::ctrl_c().await;
        Incoming::Quit(INTERRUPTED)
    }
}

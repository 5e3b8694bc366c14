//! The world of a screen: the terminal, the engine, and what works off the loop.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use tokio::sync::mpsc;

use crate::audit::Audit;

use crate::engine::{Busy, Handle};
use crate::protocol::{Op, SessionId};
use crate::ui::highlight::{Highlighted, Highlighter, Request};
use crate::ui::input::Incoming;
use crate::ui::model::Model;
use crate::ui::msg::{Loaded, Msg};
use crate::ui::perform::World;
use crate::ui::runtime::Screen;
use crate::ui::runtime::open;
use crate::ui::view::view;

/// The world that the loop of a session runs in: the terminal and the engine, or a test's.
pub(super) trait Stage: World {
    /// The next thing that comes in.
    async fn next(&mut self) -> Incoming;
    /// What has come in already.
    fn ready(&mut self) -> Option<Incoming>;
    /// Columns and rows.
    fn size(&self) -> (u16, u16);
    /// Draws the model.
    fn draw(&mut self, model: &Model) -> Result<()>;
    /// The program goes on after it was stopped.
    fn resume(&mut self) -> Result<()>;
}

/// The terminal, the engine, and what works off the loop.
pub(super) struct Live<'a> {
    screen: &'a mut Screen,
    handle: Handle,
    highlighter: Highlighter,
    answers: mpsc::Receiver<Loaded>,
    back: mpsc::Sender<Loaded>,
    audit: Arc<Audit>,
    cwd: PathBuf,
    editor: String,
    /// The user's editor has the terminal.
    away: bool,
}

/// What the world of a session is made with.
pub(super) struct Make {
    pub(super) handle: Handle,
    pub(super) audit: Arc<Audit>,
    pub(super) cwd: PathBuf,
    pub(super) editor: String,
}

impl<'a> Live<'a> {
    /// Starts what works off the loop.
    pub(super) fn new(screen: &'a mut Screen, make: Make) -> Result<Self> {
        let Make { handle, audit, cwd, editor } = make;
        let (answer, answers) = mpsc::channel(ANSWERS);
        let back = answer.clone();
        // The screen is gone where nobody takes the answer: then the highlighter ends.
        let painted = move |done| answer.blocking_send(Loaded::Highlighted(done)).is_ok();
        let highlighter = Highlighter::start(painted)?;
        let away = false;
        Ok(Self { screen, handle, highlighter, answers, back, audit, cwd, editor, away })
    }
}

/// Answers that wait for the loop; who has more waits with it.
const ANSWERS: usize = 16;

impl Live<'_> {
    /// While the user's editor has the terminal, its keys for the system are not for us.
    fn heeded(&mut self, incoming: Incoming) -> Option<Incoming> {
        match incoming {
            Incoming::Quit(code) if self.away && code == open::INTERRUPTED => None,
            Incoming::Stop if self.away => {
                open::stop();
                None
            }
            Incoming::Continue if self.away => None,
            incoming => Some(incoming),
        }
    }

    fn answered(&mut self, done: Loaded) -> Incoming {
        if self.away && done == Loaded::EditorClosed {
            self.away = false;
            if self.screen.tty.back().is_err() {
                return Incoming::Quit(open::HUNG_UP);
            }
        }
        Incoming::Msg(Msg::Loaded(done))
    }
}

impl World for Live<'_> {
    fn send(&mut self, session: &SessionId, op: Op) -> Result<(), Busy> {
        self.handle.send(session, op)
    }

    fn copy(&mut self, text: &str) -> Result<()> {
        self.screen.tty.copy(text)
    }

    fn mouse(&mut self, on: bool) -> Result<()> {
        self.screen.tty.set_mouse(on)
    }

    fn highlight(&mut self, request: Request) -> Option<Highlighted> {
        self.highlighter.request(request)
    }

    fn open_file(&mut self, path: PathBuf, line: usize) {
        if self.away {
            return;
        }
        self.away = true;
        self.screen.tty.leave();
        let order = open::Order {
            editor: self.editor.clone(),
            path,
            line,
            cwd: self.cwd.clone(),
            audit: Arc::clone(&self.audit),
            gate: self.screen.input.gate(),
        };
        let back = self.back.clone();
        tokio::spawn(async move {
            // The screen is gone where nobody takes the answer.
            if let Err(error) = open::open(order).await {
                let _ = back.send(Loaded::Failed(format!("{error:#}"))).await;
            }
            let _ = back.send(Loaded::EditorClosed).await;
        });
    }

    fn repaint(&mut self) {
        self.screen.tty.repaint();
    }

    fn suspend(&mut self) -> Result<()> {
        self.screen.tty.suspend()
    }
}

impl Stage for Live<'_> {
    async fn next(&mut self) -> Incoming {
        loop {
            let incoming = tokio::select! {
                biased;
                incoming = self.screen.input.next() => incoming,
                Some(done) = self.answers.recv() => return self.answered(done),
            };
            if let Some(incoming) = self.heeded(incoming) {
                return incoming;
            }
        }
    }

    fn ready(&mut self) -> Option<Incoming> {
        while let Some(incoming) = self.screen.input.ready() {
            if let Some(incoming) = self.heeded(incoming) {
                return Some(incoming);
            }
        }
        let done = self.answers.try_recv().ok()?;
        Some(self.answered(done))
    }

    fn size(&self) -> (u16, u16) {
        self.screen.tty.size()
    }

    fn draw(&mut self, model: &Model) -> Result<()> {
        if self.away {
            return Ok(());
        }
        self.screen.tty.draw(&model.title(), |frame| view(model, frame))
    }

    fn resume(&mut self) -> Result<()> {
        self.screen.tty.resume()
    }
}

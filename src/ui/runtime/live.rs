//! The world of a screen: the terminal, the engine, and what works off the loop.

use std::path::PathBuf;

use anyhow::Result;
use tokio::sync::mpsc;

use crate::engine::{Busy, Handle};
use crate::protocol::{Op, SessionId};
use crate::ui::highlight::{Highlighted, Highlighter, Request};
use crate::ui::input::Incoming;
use crate::ui::model::Model;
use crate::ui::msg::{Loaded, Msg};
use crate::ui::perform::World;
use crate::ui::runtime::{Desk, Screen, editor};
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
    answer: mpsc::Sender<Loaded>,
    desk: Desk,
}

impl<'a> Live<'a> {
    /// Starts what works off the loop.
    pub(super) fn new(screen: &'a mut Screen, handle: Handle, desk: Desk) -> Result<Self> {
        let (answer, answers) = mpsc::channel(ANSWERS);
        let back = answer.clone();
        // The screen is gone where nobody takes the answer: then the highlighter ends.
        let painted = move |done| back.blocking_send(Loaded::Highlighted(done)).is_ok();
        let highlighter = Highlighter::start(painted)?;
        Ok(Self { screen, handle, highlighter, answers, answer, desk })
    }
}

/// Answers that wait for the loop; who has more waits with it.
const ANSWERS: usize = 16;

impl World for Live<'_> {
    fn send(&mut self, session: &SessionId, op: Op) -> Result<(), Busy> {
        self.handle.send(session, op)
    }

    fn copy(&mut self, text: String) {
        tokio::spawn(self.desk.clone().copy(text, self.answer.clone()));
    }

    fn tell(&mut self, words: &str) -> Result<()> {
        self.screen.tty.tell(words)
    }

    fn open_link(&mut self, url: String) {
        tokio::spawn(self.desk.clone().open(url, self.answer.clone()));
    }

    fn open_file(&mut self, path: PathBuf, line: usize) -> Result<Option<Loaded>> {
        editor::open(self.screen, &self.desk, &path, line)
    }

    fn print(&mut self, text: &str) -> Result<()> {
        self.screen.tty.print(text)
    }

    fn mouse(&mut self, on: bool) -> Result<()> {
        self.screen.tty.set_mouse(on)
    }

    fn highlight(&mut self, request: Request) -> Option<Highlighted> {
        self.highlighter.request(request)
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
        tokio::select! {
            biased;
            incoming = self.screen.input.next() => incoming,
            Some(done) = self.answers.recv() => Incoming::Msg(Msg::Loaded(done)),
        }
    }

    fn ready(&mut self) -> Option<Incoming> {
        let incoming = self.screen.input.ready();
        let answer = || self.answers.try_recv().ok().map(|done| Incoming::Msg(Msg::Loaded(done)));
        incoming.or_else(answer)
    }

    fn size(&self) -> (u16, u16) {
        self.screen.tty.size()
    }

    fn draw(&mut self, model: &Model) -> Result<()> {
        self.screen.tty.draw(&model.title(), |frame| view(model, frame))
    }

    fn resume(&mut self) -> Result<()> {
        self.screen.tty.resume()
    }
}

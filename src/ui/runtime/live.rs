//! The world of a screen: the terminal, the engine, and what works off the loop.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::mpsc;

use crate::engine::{Busy, Handle, Start};
use crate::protocol::{Op, SessionId};
use crate::session::Store;
use crate::ui::composer::complete::Query;
use crate::ui::highlight::{self, Highlighted, Highlighter};
use crate::ui::input::Incoming;
use crate::ui::library::{Answer, Library, Request};
use crate::ui::model::{Model, Setting};
use crate::ui::msg::{Loaded, Msg};
use crate::ui::perform::World;
use crate::ui::runtime::Screen;
use crate::ui::runtime::files::Finder;
use crate::ui::signal::Signal;
use crate::ui::theme::Shelf;
use crate::ui::view::view;
use crate::workspace::DirWatch;

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
    /// Started by the first question.
    finder: Option<Finder>,
    library: Library,
    answer: mpsc::Sender<Loaded>,
    answers: mpsc::Receiver<Loaded>,
}

impl<'a> Live<'a> {
    /// Starts what works off the loop.
    pub(super) fn new(
        screen: &'a mut Screen,
        handle: Handle,
        (dirs, read): (&[PathBuf], ReadThemes),
        store: Store,
        setting: &Setting,
    ) -> Result<Self> {
        let (answer, answers) = mpsc::channel(ANSWERS);
        if let Some(watch) = DirWatch::new(dirs) {
            tokio::spawn(follow_themes(watch, read, answer.clone()));
        }
        // The screen is gone where nobody takes the answer: then what works for it ends.
        let back = answer.clone();
        let painted = move |done| back.blocking_send(Loaded::Highlighted(done)).is_ok();
        let highlighter = Highlighter::start(painted)?;
        let back = answer.clone();
        let told = move |told| back.blocking_send(Loaded::Library(told)).is_ok();
        let library = Library::start(store, setting.project.clone(), setting.price, told)?;
        Ok(Self { screen, handle, highlighter, finder: None, library, answer, answers })
    }
}

type ReadThemes = Arc<dyn Fn() -> (Shelf, Vec<String>) + Send + Sync>;

/// Editors write a file in several steps: that is one change.
const SETTLE: Duration = Duration::from_millis(60);

/// Reads the themes again whenever one of their files changes, until the screen is gone.
async fn follow_themes(watch: DirWatch, read: ReadThemes, answer: mpsc::Sender<Loaded>) {
    loop {
        tokio::select! {
            () = watch.changed() => {}
            () = answer.closed() => return,
        }
        tokio::time::sleep(SETTLE).await;
        let read = read.clone();
        let Ok((themes, failed)) = tokio::task::spawn_blocking(move || read()).await else {
            return;
        };
        if answer.send(Loaded::Themes(themes, failed)).await.is_err() {
            return;
        }
    }
}

/// Answers that wait for the loop; who has more waits with it.
const ANSWERS: usize = 16;

impl World for Live<'_> {
    fn send(&mut self, session: &SessionId, op: Op) -> Result<(), Busy> {
        self.handle.send(session, op)
    }

    fn copy(&mut self, text: &str) -> Result<()> {
        self.screen.tty.copy(text)
    }

    fn open(&mut self, generation: u64, start: Start) {
        let (handle, back) = (self.handle.clone(), self.answer.clone());
        tokio::spawn(async move {
            // The screen's own subscription tells of all sessions: this one is not needed.
            let opened = handle.open(start).await.map(|(state, _)| Box::new(state));
            let opened = opened.map_err(|error| format!("{error:#}"));
            // Gone is the screen that asked: then nobody waits for the answer.
            let _ = back.send(Loaded::Opened(generation, opened)).await;
        });
    }

    fn ask(&mut self, request: Request) -> Option<Answer> {
        self.library.request(request)
    }

    fn close_and_ask(&mut self, session: SessionId, request: Request) {
        let (handle, library, back) =
            (self.handle.clone(), self.library.clone(), self.answer.clone());
        tokio::spawn(async move {
            handle.close_one(&session).await;
            if let Some(answer) = library.request(request) {
                let _ = back.send(Loaded::Library(answer)).await;
            }
        });
    }

    fn mouse(&mut self, on: bool) -> Result<()> {
        self.screen.tty.set_mouse(on)
    }

    fn tell(&mut self, signal: &Signal) -> Result<()> {
        self.screen.tty.tell(signal)
    }

    fn highlight(&mut self, request: highlight::Request) -> Option<Highlighted> {
        self.highlighter.request(request)
    }

    fn find_files(&mut self, query: Query) {
        if self.finder.is_none() {
            let answer = self.answer.clone();
            // Without a thread nothing is offered; what is written is sent all the same.
            self.finder =
                Finder::start(move |found| answer.blocking_send(Loaded::Files(found)).is_ok()).ok();
        }
        if let Some(finder) = &self.finder {
            finder.find(query);
        }
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
        self.screen.tty.draw(&model.title(), model.size, |frame| view(model, frame))
    }

    fn resume(&mut self) -> Result<()> {
        self.screen.tty.resume()
    }
}

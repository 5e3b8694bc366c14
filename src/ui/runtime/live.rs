//! The world of a screen: the terminal, the engine, and what works off the loop.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::sync::mpsc;

use crate::audit::Audit;

use crate::engine::{Busy, Handle};
use crate::protocol::{Op, SessionId};
use crate::session::{Draft, Prompt, Store};
use crate::ui::composer::complete::Query;
use crate::ui::highlight::{Highlighted, Highlighter, Request};
use crate::ui::input::Incoming;
use crate::ui::model::Model;
use crate::ui::msg::{Loaded, Msg};
use crate::ui::perform::World;
use crate::ui::runtime::Screen;
use crate::ui::runtime::files::Finder;
use crate::ui::runtime::keeper::Keeper;
use crate::ui::runtime::{clip, editor};
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
    /// Started by the first question.
    finder: Option<Finder>,
    answer: mpsc::Sender<Loaded>,
    answers: mpsc::Receiver<Loaded>,
    store: Store,
    keeper: Keeper,
    audit: Arc<Audit>,
    cwd: PathBuf,
    editor: String,
    /// The user's editor has the terminal.
    away: bool,
}

/// What the world of a session is made with.
pub(super) struct Make {
    pub(super) handle: Handle,
    pub(super) store: Store,
    pub(super) audit: Arc<Audit>,
    pub(super) cwd: PathBuf,
    pub(super) editor: String,
}

impl<'a> Live<'a> {
    /// Starts what works off the loop.
    pub(super) fn new(screen: &'a mut Screen, make: Make) -> Result<Self> {
        let Make { handle, store, audit, cwd, editor } = make;
        let (answer, answers) = mpsc::channel(ANSWERS);
        let failed = answer.clone();
        // Where nobody takes it any more, there is no screen to say it on.
        let failed = move |text| drop(failed.try_send(Loaded::Failed(text)));
        let keeper = Keeper::start(store.prompts(), failed).context("starting the keeper")?;
        // The screen is gone where nobody takes the answer: then the highlighter ends.
        let paint = answer.clone();
        let painted = move |done| paint.blocking_send(Loaded::Highlighted(done)).is_ok();
        let highlighter = Highlighter::start(painted)?;
        Ok(Self {
            screen,
            handle,
            highlighter,
            finder: None,
            answer,
            answers,
            store,
            keeper,
            audit,
            cwd,
            editor,
            away: false,
        })
    }
}

/// Answers that wait for the loop; who has more waits with it.
const ANSWERS: usize = 16;

impl Live<'_> {
    /// While the user's editor has the terminal, its keys for the system are not for us.
    fn heeded(&mut self, incoming: Incoming) -> Option<Incoming> {
        match incoming {
            Incoming::Quit(code) if self.away && code == editor::INTERRUPTED => None,
            Incoming::Stop if self.away => {
                editor::stop();
                None
            }
            // What was typed while the terminal changed hands was meant for the editor.
            Incoming::Msg(Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(_)) | Incoming::Continue
                if self.away =>
            {
                None
            }
            incoming => Some(incoming),
        }
    }

    fn answered(&mut self, done: Loaded) -> Incoming {
        if self.away && matches!(done, Loaded::TextEdited { .. }) {
            self.away = false;
            if self.screen.tty.back().is_err() {
                return Incoming::Quit(editor::HUNG_UP);
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

    fn keep(&mut self, session: &SessionId, cwd: &Path, draft: Draft) {
        self.keeper.keep(self.store.draft(session, cwd), draft);
    }

    fn remember(&mut self, prompt: Prompt) {
        self.keeper.remember(prompt);
    }

    fn edit_text(&mut self, key: String, text: String, suffix: &str) {
        if self.away {
            return;
        }
        self.away = true;
        let order = editor::Order {
            editor: self.editor.clone(),
            text,
            suffix: suffix.to_owned(),
            cwd: self.cwd.clone(),
            audit: Arc::clone(&self.audit),
            gate: self.screen.input.gate(),
        };
        let back = self.answer.clone();
        tokio::spawn(async move {
            let text = match editor::edit(order).await {
                Ok(text) => text,
                Err(error) => {
                    let _ =
                        back.send(Loaded::Failed(format!("{error:#}: nothing is changed"))).await;
                    None
                }
            };
            // The screen is gone where nobody takes the answer.
            let _ = back.send(Loaded::TextEdited { key, text }).await;
        });
    }

    fn paste_clipboard(&mut self) {
        let (back, cwd, audit) = (self.answer.clone(), self.cwd.clone(), Arc::clone(&self.audit));
        tokio::spawn(async move {
            let clip = clip::clipboard(cwd, audit).await;
            let _ = back.send(Loaded::Pasted(clip)).await;
        });
    }

    fn load_image(&mut self, path: PathBuf, pasted: String) {
        let (back, cwd) = (self.answer.clone(), self.cwd.clone());
        tokio::task::spawn_blocking(move || {
            if let Some(clip) = clip::file(&path, &cwd, pasted) {
                let _ = back.blocking_send(Loaded::Pasted(clip));
            }
        });
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

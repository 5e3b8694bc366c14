//! The world of a screen: the terminal, the engine, and what works off the loop.

mod away;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use ratatui::Frame;
use tokio::sync::mpsc;

use crate::audit::Audit;
use crate::config::Knob;
use crate::desk::Desk;
use crate::engine::{Busy, Handle, Start};
use crate::protocol::{Op, SessionId};
use crate::session::{Draft, Price, Prompt, Prompts, Store};
use crate::ui::composer::complete::Query;
use crate::ui::highlight::{self, Highlighted, Highlighter};
use crate::ui::input::Incoming;
use crate::ui::library::{Answer, Library, Request};
use crate::ui::link::links;
use crate::ui::model::{Model, Setting};
use crate::ui::msg::Loaded;
use crate::ui::pane::changes::Asked;
use crate::ui::perform::World;
use crate::ui::runtime::Trace;
use crate::ui::runtime::files::Finder;
use crate::ui::runtime::keeper::Keeper;
use crate::ui::runtime::looks::{ReadThemes, follow_themes};
use crate::ui::runtime::{Screen, clip, desk, editor, lines};
use crate::ui::signal::Signal;
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
    /// Where messages and frames are written down; none where nobody asked for that.
    fn trace(&mut self) -> Option<&mut Trace> {
        None
    }
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
    store: Store,
    price: Price,
    keeper: Keeper,
    desk: Desk,
    audit: Arc<Audit>,
    cwd: PathBuf,
    editor: String,
    /// The user's editor has the terminal.
    away: bool,
    trace: Option<Trace>,
    /// The next frame is to be kept as a text.
    saves: bool,
}

/// What the world of a session is made with.
pub(super) struct Make<'a> {
    pub(super) handle: Handle,
    pub(super) store: Store,
    /// Where prompts are kept for other sessions.
    pub(super) prompts: Option<Prompts>,
    /// The user's own settings.
    pub(super) file: Option<PathBuf>,
    pub(super) desk: Desk,
    pub(super) audit: Arc<Audit>,
    pub(super) cwd: PathBuf,
    pub(super) editor: String,
    /// The directories of themes, and how these are read.
    pub(super) themes: (&'a [PathBuf], ReadThemes),
    pub(super) setting: &'a Setting,
    pub(super) trace: Option<Trace>,
}

impl Live<'_> {
    /// Lends the terminal to the user's editor; none while it has it already.
    fn lend(&mut self) -> Option<editor::Order> {
        if std::mem::replace(&mut self.away, true) {
            return None;
        }
        Some(editor::Order {
            editor: self.editor.clone(),
            cwd: self.cwd.clone(),
            audit: Arc::clone(&self.audit),
            gate: self.screen.input.gate(),
        })
    }
}

impl<'a> Live<'a> {
    /// Starts what works off the loop.
    pub(super) fn new(screen: &'a mut Screen, make: Make<'_>) -> Result<Self> {
        let Make { handle, store, prompts, file, desk, audit, cwd, editor, trace, .. } = make;
        let ((dirs, read), setting) = (make.themes, make.setting);
        let (answer, answers) = mpsc::channel(ANSWERS);
        if let Some(watch) = DirWatch::new(dirs) {
            tokio::spawn(follow_themes(watch, read, answer.clone()));
        }
        let told = answer.clone();
        // Where nobody takes it any more, there is no screen to say it on.
        let told = move |done| drop(told.try_send(done));
        let keeper = Keeper::start(prompts, file, told).context("starting the keeper")?;
        // The screen is gone where nobody takes the answer: then what works for it ends.
        let back = answer.clone();
        let painted = move |done| back.blocking_send(Loaded::Highlighted(done)).is_ok();
        let highlighter = Highlighter::start(painted)?;
        let back = answer.clone();
        let told = move |told| back.blocking_send(Loaded::Library(told)).is_ok();
        let (project, price) = (setting.project.clone(), setting.price);
        let library = Library::start(store.clone(), project, price, told)?;
        Ok(Self {
            screen,
            handle,
            highlighter,
            finder: None,
            library,
            answer,
            answers,
            store,
            price,
            keeper,
            desk,
            audit,
            cwd,
            editor,
            away: false,
            trace,
            saves: false,
        })
    }
}

/// Answers that wait for the loop; who has more waits with it.
const ANSWERS: usize = 16;

impl World for Live<'_> {
    fn send(&mut self, session: &SessionId, op: Op) -> Result<(), Busy> {
        self.handle.send(session, op)
    }

    fn copy(&mut self, text: String) {
        tokio::spawn(desk::copy(self.desk.clone(), text, self.answer.clone()));
    }

    fn say(&mut self, words: &str) -> Result<()> {
        self.screen.tty.say(words)
    }

    fn open_link(&mut self, url: String) {
        tokio::spawn(desk::open(self.desk.clone(), url, self.answer.clone()));
    }

    fn print(&mut self, text: &str) -> Result<()> {
        self.screen.tty.print(text)
    }

    fn open(&mut self, generation: u64, start: Start) {
        let (handle, back) = (self.handle.clone(), self.answer.clone());
        let store = self.store.clone();
        tokio::spawn(async move {
            // The screen's own subscription tells of all sessions: this one is not needed.
            let opened = handle.open(start).await.map(|(state, _)| Box::new(state));
            let place = opened.as_ref().ok().map(|state| (state.id.clone(), state.cwd.clone()));
            // Gone is the screen that asked: then nobody waits for the answer.
            let _ = back.send(Loaded::opened(generation, opened)).await;
            let Some((session, cwd)) = place else { return };
            let path = store.draft(&session, &cwd);
            let said = match tokio::task::spawn_blocking(move || Draft::read(&path)).await {
                Ok(Ok(Some(draft))) => Loaded::Draft(session, draft),
                Ok(Err(error)) => Loaded::Failed(format!("its draft cannot be read: {error}")),
                Ok(Ok(None)) | Err(_) => return,
            };
            let _ = back.send(said).await;
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

    fn keep(&mut self, session: &SessionId, cwd: &Path, draft: Draft) {
        self.keeper.keep(self.store.draft(session, cwd), draft);
    }

    fn save(&mut self, knob: Knob, word: String) {
        let manner = &mut self.screen.tty.manner;
        match knob {
            Knob::Notify => manner.calls = word == "on",
            Knob::TmuxPassthrough => manner.passthrough = word == "on",
            _ => {}
        }
        self.keeper.save(knob, word);
    }

    fn remember(&mut self, prompt: Prompt) {
        self.keeper.remember(prompt);
    }

    fn edit_text(&mut self, key: String, text: String, suffix: &str) {
        let Some(order) = self.lend() else { return };
        let (back, suffix) = (self.answer.clone(), suffix.to_owned());
        tokio::spawn(async move {
            let text = match order.edit(text, suffix).await {
                Ok(text) => text,
                Err(error) => {
                    let failed = Loaded::Failed(format!("{error:#}: nothing is changed"));
                    let _ = back.send(failed).await;
                    None
                }
            };
            // The screen is gone where nobody takes the answer.
            let _ = back.send(Loaded::TextEdited { key, text }).await;
        });
    }

    fn open_file(&mut self, path: PathBuf, line: usize) {
        let Some(order) = self.lend() else { return };
        let back = self.answer.clone();
        tokio::spawn(async move {
            if let Err(error) = order.open(path, line).await {
                let _ = back.send(Loaded::Failed(format!("{error:#}"))).await;
            }
            // The screen is gone where nobody takes the answer.
            let _ = back.send(Loaded::EditorClosed).await;
        });
    }

    fn paste_clipboard(&mut self) {
        let (cwd, audit) = (self.cwd.clone(), Arc::clone(&self.audit));
        tokio::spawn(clip::paste(cwd, audit, self.answer.clone()));
    }

    fn load_image(&mut self, path: PathBuf, pasted: String) {
        clip::load(path, self.cwd.clone(), pasted, self.answer.clone());
    }

    fn read_lines(&mut self, asked: Asked) {
        lines::read(asked, self.answer.clone());
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

    fn find_models(&mut self, generation: u64) {
        tokio::spawn(desk::find_models(generation, self.answer.clone()));
    }

    fn export(&mut self, session: SessionId, file: String) {
        let (store, answer) = (self.store.clone(), self.answer.clone());
        tokio::spawn(desk::export(store, session, file, self.price, answer));
    }

    fn save_screen(&mut self) {
        self.saves = true;
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
        let (title, size) = (model.title(), model.size);
        let (saves, mut kept) = (std::mem::take(&mut self.saves), None);
        let draw = |frame: &mut Frame<'_>| {
            view(model, frame);
            kept = saves.then(|| frame.buffer_mut().clone());
        };
        self.screen.tty.draw(&title, size, draw, |drawn| links(model, drawn))?;
        if let Some(screen) = kept {
            tokio::spawn(desk::save(self.desk.clone(), screen, self.answer.clone()));
        }
        Ok(())
    }

    fn trace(&mut self) -> Option<&mut Trace> {
        if let Some(error) = self.trace.as_mut().and_then(Trace::failed) {
            self.trace = None;
            // Where the loop has no room for it, the file says by its end that it is cut off.
            let _ = self.answer.try_send(Loaded::Failed(format!("the trace ends here: {error}")));
        }
        self.trace.as_mut()
    }

    fn resume(&mut self) -> Result<()> {
        self.screen.tty.resume()
    }
}

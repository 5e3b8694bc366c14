//! The screen of a session, from its beginning to its end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::audit::Audit;
use crate::base::clock;
use crate::base::text::sanitise;
use crate::bus::Subscription;
use crate::config::Knob;
use crate::desk::Desk;
use crate::engine::Handle;
use crate::protocol::{Effort, ModelId, SessionId, Usage};
use crate::provider::offers::Offer;
use crate::session;
use crate::session::{Draft, Prompts, State, Store};
use crate::ui::input::{Incoming, Input};
use crate::ui::keymap::{Chord, Keymap};
use crate::ui::library;
use crate::ui::model::{Model, Motion, Setting};
use crate::ui::msg::Msg;
use crate::ui::overlay::choice::{Answer, Choice, Step};
use crate::ui::pane::permission::arming::Arming;
use crate::ui::perform::perform;
use crate::ui::row::Row;
use crate::ui::signal::Manner;
use crate::ui::terminal::Tty;
use crate::ui::theme::{Depth, Role, Shelf, Theme};
use crate::ui::trace::{Head, Opening};
use crate::ui::update::{Knobs, keep};

mod clip;
mod desk;
mod drive;
mod editor;
mod files;
mod keeper;
mod lines;
mod live;
mod looks;
mod play;
mod trace;

pub use play::play;
pub use trace::Trace;

use drive::drive;
use live::{Live, Make};

/// What the screen of a session begins with.
pub struct Start {
    /// The engine.
    pub handle: Handle,
    /// The session as it is now.
    pub state: State,
    /// What happens to it from then on.
    pub subscription: Subscription,
    /// The look.
    pub theme: Theme,
    /// How many colours the terminal has: for the next theme.
    pub depth: Depth,
    /// The other themes.
    pub themes: Themes,
    /// The keys.
    pub keymap: Keymap,
    /// What the terminal is told besides what it shows.
    pub manner: Manner,
    /// How much may move by itself.
    pub motion: Motion,
    /// Is the mouse reported?
    pub mouse: bool,
    /// The user's home, to shorten paths.
    pub home: Option<PathBuf>,
    /// The size of a model's window in tokens, where it is known.
    pub window: fn(&ModelId) -> Option<u64>,
    /// The models that can be chosen, but for those of this machine's servers.
    pub offers: Arc<[Offer]>,
    /// The efforts that a model takes, from the least.
    pub efforts: fn(&ModelId) -> Vec<Effort>,
    /// What one request to a model cost in US dollars, where prices are known.
    pub price: fn(&ModelId, &Usage) -> Option<f64>,
    /// The project's directory.
    pub project: PathBuf,
    /// What lies beside the terminal.
    pub desk: Desk,
    /// What the mouse selects is copied at once.
    pub copy_on_select: bool,
    /// What the settings of the screen say.
    pub knobs: Knobs,
    /// The prompts of all sessions; none where they are not kept.
    pub prompts: Option<Prompts>,
    /// What already stands in the composer.
    pub prompt: Option<String>,
    /// What the user has to know, a sentence each.
    pub notices: Vec<String>,
    /// Where the logs are, the drafts beside them, and the prompts of all sessions.
    pub store: Store,
    /// Where it is written down what is started.
    pub audit: Arc<Audit>,
    /// The command of the user's editor.
    pub editor: String,
    /// Does the composer have vim's keys?
    pub vim: bool,
    /// Where the trace goes, and the text of the user's keys; none where none is asked for.
    pub trace: Option<(Trace, String)>,
}

/// All themes, and how to read them again.
pub struct Themes {
    /// Those that there are.
    pub shelf: Shelf,
    /// The directories whose files are read again when they change.
    pub dirs: Vec<PathBuf>,
    /// Reads them: all themes, and what of their files cannot be read.
    pub read: Arc<dyn Fn() -> (Shelf, Vec<String>) + Send + Sync>,
}

/// What is left of a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The session that was seen last.
    pub session: SessionId,
    /// The other sessions that were live then.
    pub others: Vec<SessionId>,
    /// The exit code: 0 where the user left, else 128 and the number of the signal.
    pub code: u8,
    /// What was said and done, as markdown that is safe to print; may be nothing.
    pub said: String,
}

/// The terminal and what comes in from it: taken once, for a choice and the session after it.
pub struct Screen {
    tty: Tty,
    input: Input,
    /// A choice without a default takes no key that was meant for what stood there before.
    arming: Arming,
}

/// Shows a session on the whole terminal until the user leaves.
///
/// # Errors
///
/// Fails where there is no terminal, or where it goes away.
pub async fn run(start: Start) -> Result<Exit> {
    Screen::enter(start.mouse)?.run(start).await
}

impl Screen {
    /// Takes the terminal. Dropping the screen gives it back.
    ///
    /// # Errors
    ///
    /// Fails where input or output is no terminal.
    pub fn enter(mouse: bool) -> Result<Self> {
        let tty = Tty::enter(mouse)?;
        let input = Input::new().context("listening to signals")?;
        Ok(Self { tty, input, arming: Arming::default() })
    }

    /// Says in a few words what is waited for before there is a session to see.
    ///
    /// # Errors
    ///
    /// Fails where the terminal goes away.
    pub fn say(&mut self, words: &str, theme: &Theme) -> Result<()> {
        let draw = |frame: &mut Frame<'_>| {
            let screen = frame.area();
            frame.buffer_mut().set_style(screen, theme.style(Role::Background));
            let room = Rect { y: screen.height / 3, height: 1.min(screen.height), ..screen };
            let row = Row::new(sanitise(words), Role::Muted).truncated(room.width.into());
            row.indented(2).draw(room, 0, theme, frame.buffer_mut());
        };
        self.tty.draw("claw", self.tty.size(), draw, |_| Vec::new())
    }

    /// Lets the user choose; none where the user leaves instead.
    ///
    /// # Errors
    ///
    /// Fails where the terminal goes away.
    pub async fn choose(&mut self, mut choice: Choice, theme: &Theme) -> Result<Option<usize>> {
        let careful = choice.selected.is_none();
        self.arming.restart();
        loop {
            self.arming.tick(clock::now());
            let waits = (careful && !self.arming.armed()).then(|| self.arming.steps());
            let (width, height) = self.tty.size();
            choice.settle(Rect::new(0, 0, width, height));
            let draw = |frame: &mut Frame<'_>| choice.view(theme, waits, frame);
            self.tty.draw("claw", (width, height), draw, |_| Vec::new())?;
            let pause = self.arming.next_tick().filter(|_| waits.is_some());
            let pause = pause.map(|at| at.since(clock::now()));
            let incoming = tokio::select! {
                biased;
                incoming = self.input.next() => incoming,
                () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => continue,
            };
            let step = match incoming {
                Incoming::Quit(_) => Some(Step::Leave),
                Incoming::Stop => {
                    self.tty.suspend()?;
                    None
                }
                Incoming::Continue => {
                    self.tty.resume()?;
                    None
                }
                Incoming::Msg(Msg::Key(key)) => Chord::of(key).and_then(step),
                Incoming::Msg(Msg::Paste(_)) => {
                    self.arming.typed(clock::now());
                    None
                }
                Incoming::Msg(_) => None,
            };
            let Some(step) = step else { continue };
            if waits.is_some() && !matches!(step, Step::Leave | Step::PageUp | Step::PageDown) {
                self.arming.typed(clock::now());
                continue;
            }
            match choice.step(step) {
                Answer::None => {}
                Answer::Chosen(at) => {
                    self.arming.tick(clock::now());
                    self.arming.answered();
                    return Ok(Some(at));
                }
                Answer::Quit => return Ok(None),
            }
        }
    }

    /// Shows a session until the user leaves.
    ///
    /// # Errors
    ///
    /// Fails where the terminal goes away.
    pub async fn run(mut self, start: Start) -> Result<Exit> {
        let Start { handle, mut subscription, .. } = start;
        let setting = Setting {
            motion: start.motion,
            depth: start.depth,
            themes: start.themes.shelf,
            home: start.home,
            window: start.window,
            offers: start.offers,
            efforts: start.efforts,
            price: start.price,
            project: start.project,
            copy_on_select: start.copy_on_select,
            ..Setting::default()
        };
        let kept = library::kept(&start.store, &setting.project);
        let mut model = Model::new(start.state, start.theme, setting);
        model.keymap = start.keymap;
        self.tty.manner = start.manner;
        model.knobs = start.knobs;
        let (cwd, store) = (model.session.cwd.clone(), start.store);
        let (draft, failed) = match Draft::read(&store.draft(&model.session.id, &cwd)) {
            Ok(draft) => (draft, None),
            Err(error) => (None, Some(format!("your draft cannot be read: {error}"))),
        };
        let opening = Opening {
            now: clock::now(),
            mouse: start.mouse,
            vim: start.vim,
            layout: kept,
            draft,
            failed,
            prompt: start.prompt,
            notices: start.notices,
        };
        let trace = start.trace.map(|(mut trace, keys)| {
            let log = session::read(&store.place(&model.session.id, &cwd))?.envelopes;
            trace.begin(&Head::new(&model, &opening, self.tty.size(), keys, log))?;
            anyhow::Ok(trace)
        });
        let trace = trace.transpose().context("beginning the trace")?;
        let prompts = start.prompts.as_ref().and_then(|prompts| prompts.read().ok());
        opening.apply(&mut model, prompts.unwrap_or_default());
        let themes = (start.themes.dirs.as_slice(), start.themes.read);
        let setting = &model.setting.clone();
        let (audit, editor, desk) = (start.audit, start.editor, start.desk);
        let (file, prompts) = (model.knobs.file().map(Path::to_owned), start.prompts);
        let make =
            Make { handle, store, prompts, file, desk, audit, cwd, editor, themes, setting, trace };
        let mut world = Live::new(&mut self, make)?;
        let code = drive(&mut model, &mut subscription, &mut world).await;
        if let Some(effect) = keep(&mut model) {
            perform(effect, &mut world)?;
        }
        let said = match model.knobs.word(Knob::PrintOnExit) {
            "none" => String::new(),
            "all" => model.panes.transcript.printed(&model.session),
            _ => model.panes.transcript.last_turn(&model.session),
        };
        let (code, others) = (code?, model.others.into_keys().collect());
        Ok(Exit { session: model.session.id, others, code, said })
    }
}

/// A key on the screen of a choice.
fn step(chord: Chord) -> Option<Step> {
    Some(match chord.to_string().as_str() {
        "Up" | "k" => Step::Up,
        "Down" | "j" => Step::Down,
        "PgUp" => Step::PageUp,
        "PgDn" | "Space" => Step::PageDown,
        "Enter" => Step::Take,
        "Esc" | "Ctrl+C" | "Ctrl+D" => Step::Leave,
        _ => Step::Letter(chord.text()?),
    })
}

#[cfg(test)]
mod tests;

//! The full-screen face, as the command line starts it.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;

use crate::cli::Wrong;
use crate::cli::desk;
use crate::cli::looks::{self, Looks};
use crate::cli::offers::{efforts, offers};
use crate::cli::setup::Place;
use crate::cli::trust::Question;
use crate::config::{self, Motion, Settings};
use crate::engine::{Handle, Setup, Start};
use crate::plain::Dress;
use crate::protocol::{ModelId, SessionId};
use crate::provider::Catalogue;
use crate::provider::offers::price;
use crate::session::Held;
use crate::ui;
use crate::ui::keymap::Keymap;
use crate::ui::model;
use crate::ui::signal::Manner;
use crate::ui::terminal::Place as Terminal;

/// The terminal, taken, and how things look on it.
pub(super) struct Screen {
    taken: ui::Screen,
    looks: Looks,
    motion: model::Motion,
    mouse: bool,
    vim: bool,
    copy_on_select: bool,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    ///
    /// Wrong usage where there is none, or where no theme has the name that was asked for.
    pub(super) fn enter(place: &Place) -> Result<Self, Wrong> {
        let settings: &Settings = &place.settings;
        let mouse = settings.mouse.unwrap_or(true);
        let looks = Looks::find(place, ui::terminal::ground).map_err(Wrong::Usage)?;
        let motion = match settings.motion {
            Motion::Full => model::Motion::Full,
            Motion::Reduced | Motion::None => model::Motion::Reduced,
        };
        let taken = ui::Screen::enter(mouse).map_err(Wrong::Usage)?;
        let vim = settings.vim.unwrap_or(false);
        let copy_on_select = settings.copy_on_select;
        Ok(Self { taken, looks, motion, mouse, vim, copy_on_select })
    }

    /// Says that there is no key, and offers the demo. The screen, where the user wants it; else
    /// the terminal is given back.
    pub(super) async fn offer_demo(mut self, why: &str, root: &Path) -> Result<Option<Self>> {
        let lines = vec![
            format!("To work on {} claw needs a model, but {why}.", root.display()),
            "The demo needs none: a scripted model drives the real loop, the real tools, real \
             permissions and real diffs, in a scratch project of its own."
                .to_owned(),
        ];
        let options = vec![('d', "Start the demo".to_owned()), ('q', "Quit".to_owned())];
        let choice = ui::Choice::new("claw", lines, options, Some(0));
        let chosen = self.taken.choose(choice, &self.looks.theme).await?;
        Ok((chosen == Some(0)).then_some(self))
    }

    /// Asks whether the folder is trusted; nothing is the answer to a thoughtless key. The screen,
    /// and the answer; none where the user leaves.
    pub(super) async fn ask_trust(mut self, question: Question) -> Result<Option<(Self, bool)>> {
        let mut options =
            vec![('r', "Look first: read only, nothing of the folder has a say".to_owned())];
        if question.can_be_trusted {
            options.push(('t', "Trust it, as it is now".to_owned()));
        }
        options.push(('q', "Quit".to_owned()));
        let keys: Vec<char> = options.iter().map(|(key, _)| *key).collect();
        let choice = ui::Choice::new("Trust this folder?", question.lines, options, None)
            .with_changes(question.changes);
        let chosen = self.taken.choose(choice, &self.looks.theme).await?;
        Ok(match chosen.and_then(|at| keys.get(at)) {
            Some('r') => Some((self, false)),
            Some('t') => Some((self, true)),
            _ => None,
        })
    }

    /// Asks whether a rule of the project shall hold. The screen, and the answer, none for "later";
    /// none at all where the user leaves.
    pub(super) async fn ask_rule(
        mut self,
        lines: Vec<String>,
    ) -> Result<Option<(Self, Option<bool>)>> {
        let options = vec![
            ('y', "Accept this rule".to_owned()),
            ('n', "Decline it: it is not offered again".to_owned()),
            ('q', "Later: no rule that is left holds, and all are offered again".to_owned()),
        ];
        let choice = ui::Choice::new("The project proposes a rule", lines, options, None);
        let chosen = self.taken.choose(choice, &self.looks.theme).await?;
        Ok(match chosen {
            Some(0) => Some((self, Some(true))),
            Some(1) => Some((self, Some(false))),
            Some(_) => Some((self, None)),
            None => None,
        })
    }

    /// Asks what to do about a session that cannot go on here; none where the user leaves.
    async fn ask_held(&mut self, error: &anyhow::Error) -> Result<Option<Start>> {
        let Some(held) = error.downcast_ref::<Held>() else { return Ok(None) };
        let offers = ui::offers(held);
        let options = ('a'..).zip(offers.iter().map(|(label, _)| (*label).to_owned()));
        let options = options.chain([('q', "Quit".to_owned())]).collect();
        let lines = vec![ui::why_held(held)];
        let choice = ui::Choice::new("This session cannot go on here", lines, options, Some(0));
        let chosen = self.taken.choose(choice, &self.looks.theme).await?;
        Ok(chosen.and_then(|at| offers.into_iter().nth(at)).map(|(_, start)| start))
    }

    /// Shows a session until the user leaves. Those that were live then, the one that was seen
    /// first; the exit code, and what is left to say.
    pub(super) async fn run(
        mut self,
        place: &Place,
        setup: Setup,
        start: Start,
        prompt: Option<String>,
        trace: Option<&Path>,
    ) -> Result<(Vec<SessionId>, u8, String), Wrong> {
        let trace = trace.map(|path| {
            let trace = ui::Trace::create(path).map_err(Wrong::Usage)?;
            Ok::<_, Wrong>((trace, looks::keys_text(place).unwrap_or_default()))
        });
        let trace = trace.transpose()?;
        // Meanwhile the folder may be trusted, and bring themes.
        let ground = self.looks.ground;
        self.looks = Looks::find(place, || ground).map_err(Wrong::Usage)?;
        let home = setup.policy.home.clone();
        let (store, project) = (setup.store.clone(), setup.root.clone());
        let prompts = (!place.demo).then(|| store.prompts());
        let (audit, desk) = (Arc::clone(&setup.audit), desk::find(&setup));
        let handle = Handle::new(setup);
        if start != Start::New {
            // A long one takes a moment; what is typed meanwhile goes into the message.
            self.taken.say("opening the session…", &self.looks.theme)?;
        }
        let (state, subscription) = match handle.open(start).await {
            Err(error) if error.is::<Held>() => match self.ask_held(&error).await? {
                Some(start) => handle.open(start).await?,
                None => return Err(Wrong::Failed(error)),
            },
            opened => opened?,
        };
        let Self { taken, looks, motion, mouse, vim, copy_on_select } = self;
        let mut notices = place.settings.notices.clone();
        notices.extend(state.live.watched.then(|| ui::LOOKS_ON.to_owned()));
        notices.extend(looks.notices);
        let keymap = looks::keys(place).unwrap_or_else(|why| {
            notices.push(why);
            Keymap::default()
        });
        let settings = &place.settings;
        let manner = Manner {
            place: Terminal::of(|name| looks::var(name).map(Cow::into_owned)),
            calls: settings.notify.unwrap_or(true),
            osc7501: settings.osc7501,
            passthrough: settings.tmux_passthrough,
        };
        let shown = taken.run(ui::Start {
            handle: handle.clone(),
            state,
            subscription,
            theme: looks.theme,
            depth: looks.depth,
            themes: looks::themes(place, looks.shelf),
            keymap,
            manner,
            motion,
            mouse,
            home,
            window,
            offers: offers(place),
            efforts,
            price,
            store,
            project,
            desk,
            copy_on_select,
            knobs: ui::Knobs::new(place.paths.config_file.clone(), settings),
            prompts,
            prompt,
            notices,
            audit,
            editor: editor(),
            vim,
            trace,
        });
        let left = Box::pin(shown).await;
        handle.close().await;
        let ui::Exit { session, others, code, said } = left?;
        Ok((std::iter::once(session).chain(others).collect(), code, said))
    }
}

/// The user's editor.
fn editor() -> String {
    let said = |name: &str| config::process(name).and_then(|value| value.into_string().ok());
    let found = ["VISUAL", "EDITOR"].into_iter().filter_map(said).find(|it| !it.trim().is_empty());
    found.unwrap_or_else(|| "vi".to_owned())
}

/// How a line is written where `--inline` asks for colours: those of the theme that fits here.
pub(super) fn dress(place: &Place) -> Result<Dress, Wrong> {
    let theme = Looks::find(place, ui::terminal::ground).map_err(Wrong::Usage)?.theme;
    Ok(Box::new(move |line| ui::dressed(line, &theme)))
}

/// The size of a model's window in tokens.
pub(super) fn window(model: &ModelId) -> Option<u64> {
    let model = Catalogue::current().lookup(&model.0);
    model.known.then(|| u64::from(model.window))
}

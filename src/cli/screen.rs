//! The full-screen face, as the command line starts it.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;

use crate::cli::Wrong;
use crate::cli::trust::Question;
use crate::config::{self, Glyphs, Motion, Printed, Settings};
use crate::engine::{Handle, Setup, Start};
use crate::protocol::{ModelId, Usage};
use crate::provider::catalogue;
use crate::ui;
use crate::ui::Desk;
use crate::ui::clipboard::Facts;
use crate::ui::model;
use crate::ui::theme::{Depth, Theme};

/// The terminal, taken, and how things look on it.
pub(super) struct Screen {
    taken: ui::Screen,
    theme: Theme,
    depth: Depth,
    motion: model::Motion,
    mouse: bool,
    copy_on_select: bool,
    printed: ui::Printed,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    ///
    /// Wrong usage where there is none, or where no theme has the name that was asked for.
    pub(super) fn enter(settings: &Settings) -> Result<Self, Wrong> {
        let mouse = settings.mouse.unwrap_or(true);
        let (theme, depth) = theme(settings).map_err(Wrong::Usage)?;
        let motion = match settings.motion {
            Motion::Full => model::Motion::Full,
            Motion::Reduced | Motion::None => model::Motion::Reduced,
        };
        let taken = ui::Screen::enter(mouse).map_err(Wrong::Usage)?;
        let copy_on_select = settings.copy_on_select;
        let printed = match settings.print_on_exit {
            Printed::None => ui::Printed::None,
            Printed::Last => ui::Printed::Last,
            Printed::All => ui::Printed::All,
        };
        Ok(Self { taken, theme, depth, motion, mouse, copy_on_select, printed })
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
        let chosen = self.taken.choose(choice, &self.theme).await?;
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
        let chosen = self.taken.choose(choice, &self.theme).await?;
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
        let chosen = self.taken.choose(choice, &self.theme).await?;
        Ok(match chosen {
            Some(0) => Some((self, Some(true))),
            Some(1) => Some((self, Some(false))),
            Some(_) => Some((self, None)),
            None => None,
        })
    }

    /// Shows a session until the user leaves. Which one that was, the exit code, and what is left to say.
    pub(super) async fn run(
        self,
        setup: Setup,
        start: Start,
        prompt: Option<String>,
        notices: Vec<String>,
    ) -> Result<ui::Exit, Wrong> {
        let home = setup.policy.home.clone();
        let desk = desk(&setup);
        let handle = Handle::new(setup);
        let (state, subscription) = handle.open(start).await?;
        let Self { taken, theme, depth, motion, mouse, copy_on_select, printed } = self;
        let shown = taken.run(ui::Start {
            handle: handle.clone(),
            state,
            subscription,
            theme,
            depth,
            motion,
            mouse,
            home,
            window,
            price,
            desk,
            copy_on_select,
            printed,
            prompt,
            notices,
        });
        let left = shown.await;
        handle.close().await;
        Ok(left?)
    }
}

/// What lies beside the terminal, as the environment says.
fn desk(setup: &Setup) -> Desk {
    let var = |name: &str| config::process(name).filter(|value| !value.is_empty());
    let term = var("TERM").is_some_and(|term| term.to_string_lossy().starts_with("screen"));
    let tmux = var("TMUX").is_some();
    let facts = Facts {
        remote: ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].iter().any(|name| var(name).is_some()),
        tmux,
        screen: var("STY").is_some() || term && !tmux,
        wayland: var("WAYLAND_DISPLAY").is_some(),
        x11: var("DISPLAY").is_some(),
        mac: cfg!(target_os = "macos"),
        wsl: var("WSL_DISTRO_NAME").is_some(),
    };
    let editor = var("VISUAL").or_else(|| var("EDITOR"));
    let editor = editor.map_or_else(|| "vi".to_owned(), |name| name.to_string_lossy().into_owned());
    let env = ui::DESK.iter().filter_map(|name| Some((OsString::from(name), var(name)?)));
    Desk {
        facts,
        env: env.collect(),
        editor,
        cache: setup.spill.clone(),
        audit: Arc::clone(&setup.audit),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "a provider may not know its models' windows")]
fn window(model: &ModelId) -> Option<u64> {
    Some(u64::from(catalogue::lookup(&model.0).window))
}

fn price(model: &ModelId, usage: &Usage) -> Option<f64> {
    catalogue::lookup(&model.0).cost(usage)
}

/// The theme that was asked for, or the one that the surroundings suggest, in the colours that
/// the terminal has.
fn theme(settings: &Settings) -> Result<(Theme, Depth)> {
    let var = |name: &str| config::process(name).map(|value| value.to_string_lossy().into_owned());
    let (colorterm, term) = (var("COLORTERM"), var("TERM"));
    let depth = Depth::detect(colorterm.as_deref(), term.as_deref());
    let plain = var("NO_COLOR").is_some_and(|v| !v.is_empty()) || term.as_deref() == Some("dumb");
    let wanted = settings.theme.as_deref();
    if let Some(name) = wanted.filter(|name| Theme::builtin(name).is_none()) {
        let known = ui::theme::BUILTIN.join(", ");
        anyhow::bail!("there is no theme \"{name}\": there are {known}");
    }
    let name = Theme::choose(wanted, plain, var("COLORFGBG").as_deref());
    let theme = Theme::load(name, depth).unwrap_or_else(Theme::dark);
    Ok((theme.with_ascii(settings.glyphs == Glyphs::Ascii), depth))
}

//! How the screen looks here: the themes that there are, and which of them.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;

use crate::cli::setup::Place;
use crate::config::{self, Glyphs, Paths, Standing, ThemeChoice, ThemeMode, ThemeText};
use crate::ui;
use crate::ui::keymap::Keymap;
use crate::ui::theme::{Choice, Depth, Ground, Shelf, Surroundings, Theme, ThemeFile};

/// A theme, the others, and what the terminal makes of them.
pub(super) struct Looks {
    /// All themes.
    pub(super) shelf: Shelf,
    /// The one to take.
    pub(super) theme: Theme,
    /// How many colours the terminal has.
    pub(super) depth: Depth,
    /// The terminal's ground, where it was asked for it and gave an answer.
    pub(super) ground: Option<Ground>,
    /// Which files cannot be used, a sentence each.
    pub(super) notices: Vec<String>,
}

impl Looks {
    /// The theme that was chosen, or the one for the surroundings; `ask` asks the terminal.
    ///
    /// # Errors
    ///
    /// Where no theme has the name that was chosen.
    pub(super) fn find(place: &Place, ask: impl Fn() -> Option<Ground>) -> Result<Self> {
        let (shelf, mut notices) = shelf(place);
        let depth = depth();
        let mut ground = None;
        let mut asked = || {
            ground = ground.or_else(&ask);
            ground
        };
        let (no_color, term, colorfgbg) = (var("NO_COLOR"), var("TERM"), var("COLORFGBG"));
        let around = Surroundings {
            no_color: no_color.as_deref(),
            term: term.as_deref(),
            colorfgbg: colorfgbg.as_deref(),
        };
        let chosen = place.settings.theme.as_ref();
        let known = shelf.names();
        // The themes of a folder that is not trusted yet are not known yet.
        let asks = place.question().is_some();
        let names = chosen.map(ThemeChoice::names).unwrap_or_default();
        if let Some(name) = names.iter().find(|name| !known.contains(name)).filter(|_| !asks) {
            let known = known.join(", ");
            anyhow::bail!("there is no theme \"{name}\": there are {known}");
        }
        let name = around.choose(choice(chosen), &mut asked);
        let theme = shelf.load(name, depth).or_else(|error| {
            if known.contains(&name) {
                notices.push(format!("{error:#}; the theme is not used"));
            }
            shelf.load(around.choose(Choice::None, &mut asked), depth)
        });
        let theme = theme.unwrap_or_else(|_| Theme::dark());
        let theme = theme.with_ascii(place.settings.glyphs == Glyphs::Ascii);
        Ok(Self { shelf, theme, depth, ground, notices })
    }
}

/// The themes of the screen, and how to read them again.
pub(super) fn themes(place: &Place, shelf: Shelf) -> ui::Themes {
    let (paths, root) = (place.paths.clone(), trusted(place));
    let mut dirs = vec![paths.config.join("themes")];
    dirs.extend(root.as_ref().map(|root| root.join(".claw").join("themes")));
    ui::Themes { shelf, dirs, read: Arc::new(move || read(&paths, root.as_deref())) }
}

/// The user's keys.
///
/// # Errors
///
/// In a sentence with `file:line`: then the keys are the usual ones.
pub(super) fn keys(place: &Place) -> Result<Keymap, String> {
    let path = keys_path(place);
    let text = config::text(&path).map_err(|error| format!("{error:#}"))?;
    let read = text.map(|text| Keymap::read(&path.display().to_string(), &text)).transpose();
    read.map(Option::unwrap_or_default).map_err(|error| format!("{error:#}"))
}

fn keys_path(place: &Place) -> PathBuf {
    place.paths.config.join("keys.toml")
}

/// The file of the user's keys; none where there is none, or where it cannot be used.
pub(super) fn keys_text(place: &Place) -> Option<String> {
    keys(place).ok()?;
    config::text(&keys_path(place)).ok()?
}

/// All themes that hold here, and which files cannot be read.
pub(super) fn shelf(place: &Place) -> (Shelf, Vec<String>) {
    read(&place.paths, trusted(place).as_deref())
}

/// The project, where its files have a say.
fn trusted(place: &Place) -> Option<PathBuf> {
    (place.look.standing == Standing::Trusted).then(|| place.root.clone())
}

fn read(paths: &Paths, root: Option<&Path>) -> (Shelf, Vec<String>) {
    let (user, project, failed) = config::themes(paths, root);
    let files = |found: Vec<ThemeText>| found.into_iter().map(file).collect();
    (Shelf::new(files(user), files(project)), failed)
}

/// A file of the configuration, as the screen knows it.
pub(super) fn file(ThemeText { name, path, text }: ThemeText) -> ThemeFile {
    ThemeFile { name, path, text }
}

/// How many colours the terminal has.
pub(super) fn depth() -> Depth {
    let (force, colorterm, term) = (var("FORCE_COLOR"), var("COLORTERM"), var("TERM"));
    Depth::detect(force.as_deref(), colorterm.as_deref(), term.as_deref())
}

/// A variable of the environment.
pub(super) fn var(name: &str) -> Option<Cow<'static, str>> {
    Some(config::process(name)?.to_string_lossy().into_owned().into())
}

fn choice(chosen: Option<&ThemeChoice>) -> Choice<'_> {
    match chosen {
        None => Choice::None,
        Some(ThemeChoice::One(name)) => Choice::One(name),
        Some(ThemeChoice::Pair(pair)) => Choice::Pair {
            dark: &pair.dark,
            light: &pair.light,
            fixed: match pair.mode {
                ThemeMode::Auto => None,
                ThemeMode::Dark => Some(Ground::Dark),
                ThemeMode::Light => Some(Ground::Light),
            },
        },
    }
}

//! `claw replay`: what was, seen again; on the screen, or as text.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use crate::cli::args::Flags;
use crate::cli::looks::Looks;
use crate::cli::offers::{efforts, offers};
use crate::cli::screen::window;
use crate::cli::setup::Place;
use crate::cli::words::Picture;
use crate::cli::{Wrong, runtime, tell};
use crate::provider::offers::price;
use crate::ui;
use crate::ui::replay::{Facts, Reel, read};

/// Plays a file or a session. The exit code.
pub(super) fn run(
    what: &str,
    text: Option<Picture>,
    size: Option<(u16, u16)>,
    flags: &Flags,
) -> Result<u8, Wrong> {
    let place = Place::find(flags)?;
    let path = find(what, &place).map_err(Wrong::Usage)?;
    let name = path.display().to_string();
    let bytes = fs::read(&path).with_context(|| format!("reading {name}"));
    let (tape, mut notes) = read(&bytes.map_err(Wrong::Usage)?, &name).map_err(Wrong::Usage)?;
    let plays = text.is_none();
    if plays && !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        let how = "the player needs a terminal: without one, add --text to print a picture";
        return Err(Wrong::Usage(anyhow!(how)));
    }
    let ask = || if plays { ui::terminal::ground() } else { None };
    let looks = Looks::find(&place, ask).map_err(Wrong::Usage)?;
    let theme = looks.theme.clone();
    let facts = Facts {
        themes: looks.shelf,
        theme: looks.theme,
        depth: looks.depth,
        home: std::env::home_dir(),
        window,
        offers: offers(&place),
        efforts,
        price,
        size,
    };
    let (mut reel, more) = Reel::new(tape, facts).map_err(|error| {
        let error = std::iter::once(format!("{error:#}")).chain(notes.iter().cloned());
        Wrong::Usage(anyhow!("{name}: {}", error.collect::<Vec<_>>().join("; ")))
    })?;
    notes.extend(more);
    let code = match text {
        Some(picture) => {
            let number = match picture {
                Picture::Last => None,
                Picture::Number(number) => Some(number),
            };
            let text = reel.text(number).map_err(Wrong::Usage)?;
            let written = io::stdout().write_all(text.as_bytes());
            written.context("writing the picture")?;
            0
        }
        None => runtime(flags)?.block_on(ui::play(reel, &theme, notes.first().cloned()))?,
    };
    for note in notes {
        tell(&note);
    }
    Ok(code)
}

/// The file, or the log of the session that is meant.
fn find(what: &str, place: &Place) -> anyhow::Result<PathBuf> {
    let path = Path::new(what);
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let found = place.store().find(what, &place.root);
    Ok(found.with_context(|| format!("there is no file {what}"))?.path)
}

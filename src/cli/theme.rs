//! `claw theme`: the themes of the screen, listed, shown, checked.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::Context as _;

use crate::base::text::sanitise;
use crate::cli::Wrong;
use crate::cli::args::{Flags, ThemeCommand};
use crate::cli::looks::{self, Looks};
use crate::cli::setup::Place;
use crate::config::ThemeText;
use crate::ui::theme::{Entry, Shelf};

/// Does what was asked. The exit code: 1 where a theme cannot be read well enough or not at all.
pub(super) fn run(what: &ThemeCommand, flags: &Flags) -> Result<u8, Wrong> {
    let place = Place::find(flags)?;
    let (shelf, failed) = looks::shelf(&place);
    let (shown, good) = match what {
        ThemeCommand::List => {
            // Not the terminal: a list is also made in a pipe.
            let now = Looks::find(&place, || None).ok();
            let shown = list(&shelf.list(), now.as_ref().map(|looks| looks.theme.name()));
            (shown, true)
        }
        ThemeCommand::Show { name } => {
            let theme = shelf.load(name, looks::depth()).map_err(Wrong::Usage)?;
            let styled = io::stdout().is_terminal() || looks::var("FORCE_COLOR").is_some();
            (theme.sample(styled), true)
        }
        ThemeCommand::Check { themes } => check(shelf, themes),
    };
    let lines = failed.iter().map(|why| sanitise(why).into_string() + "\n");
    let failed: String = lines.collect();
    let written = io::stdout().write_all(format!("{shown}{failed}").as_bytes());
    written.context("writing the themes")?;
    Ok(u8::from(!good || matches!(what, ThemeCommand::Check { .. }) && !failed.is_empty()))
}

fn list(themes: &[Entry], now: Option<&str>) -> String {
    let mut out = String::new();
    let wide = themes.iter().map(|theme| theme.name.chars().count()).max().unwrap_or_default();
    for Entry { name, path, found } in themes {
        let sign = if now == Some(name.as_str()) { "*" } else { " " };
        let (kind, title) = match found {
            Ok((title, kind)) => (kind.name(), title.clone()),
            Err(why) => ("-", why.clone()),
        };
        let place = path.as_ref().map_or("built in".to_owned(), Clone::clone);
        let (name, title, place) = (sanitise(name), sanitise(&title), sanitise(&place));
        let (name, title, place) = (name.as_str(), title.as_str(), place.as_str());
        // Writing to a string does not fail.
        let _ = writeln!(out, "{sign} {name:<wide$}  {kind:<5}  {title:<22}  {place}");
    }
    out
}

/// Checks themes by name or file; all of them where none is named.
fn check(mut shelf: Shelf, wanted: &[String]) -> (String, bool) {
    let mut names: Vec<Result<String, String>> = Vec::new();
    for wanted in wanted {
        let path = Path::new(wanted);
        let is_file = path.components().count() > 1 || path.extension().is_some();
        if !is_file {
            names.push(Ok(wanted.clone()));
            continue;
        }
        names.push(ThemeText::read(path).map(|theme| {
            let name = theme.name.clone();
            shelf = std::mem::take(&mut shelf).with(looks::file(theme));
            name
        }));
    }
    if wanted.is_empty() {
        names.extend(shelf.names().into_iter().map(|name| Ok(name.to_owned())));
    }
    let (mut out, mut good) = (String::new(), true);
    for name in names {
        let flaws = name.and_then(|name| {
            let flaws = shelf.check(&name).map_err(|error| format!("{error:#}"))?;
            Ok((name, flaws))
        });
        // Writing to a string does not fail.
        let _ = match flaws {
            Ok((name, flaws)) if flaws.is_empty() => writeln!(out, "{}: ok", sanitise(&name)),
            Ok((name, flaws)) => {
                good = false;
                let lines = flaws.iter().map(|flaw| {
                    let (role, ratio, needed) = (flaw.role, flaw.ratio, flaw.needed);
                    format!("{}: {role} has {ratio:.2}, needs {needed:.1}\n", sanitise(&name))
                });
                write!(out, "{}", lines.collect::<String>())
            }
            Err(why) => {
                good = false;
                writeln!(out, "{}", sanitise(&why))
            }
        };
    }
    (out, good)
}

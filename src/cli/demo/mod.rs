//! `claw demo`: a story that plays a model, with real tools in a project of its own.

mod scratch;

use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::cli::args::Flags;
use crate::cli::demo::scratch::Scratch;
use crate::cli::setup::Place;
use crate::cli::{Wrong, begin_log, face, needs_terminal};
use crate::config::Paths;
use crate::engine::Start;
use crate::provider::scripted::{Pace, Script, Scripted};

/// The command's own flags.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// Without pauses.
    pub(super) fast: bool,
    /// The project stays.
    pub(super) keep: bool,
}

/// Plays the story with the face that the flags ask for; `prompt` instead of the story's own.
/// The exit code.
///
/// Nothing of the user's is read or written: no settings, no trust, no sessions.
pub(super) async fn play(
    options: Options,
    prompt: Option<String>,
    flags: &Flags,
) -> Result<u8, Wrong> {
    needs_terminal(flags)?;
    flags.check_demo().map_err(Wrong::Usage)?;
    let story = script()?;
    let prompt = prompt.unwrap_or_else(|| story.prompt.clone());
    let scratch = Scratch::new().await?;
    let paths = Paths::under(&scratch.home());
    paths.create()?;
    begin_log(&paths, flags)?;
    let root = scratch.project().canonicalize().context("finding the demo's project")?;
    let demo = Place::of_demo(root, paths, flags);
    let pace = if options.fast { Pace::AtOnce } else { Pace::Scripted };
    let setup = demo.setup(Arc::new(Scripted::new(story, pace)), "demo".into(), flags)?;
    let ended = face(setup, Start::New, Some(prompt), flags).await;
    if options.keep {
        let kept = scratch.keep();
        // Nobody there to read it is no error.
        let _ = writeln!(std::io::stderr(), "claw: the demo's project is {}", kept.display());
    }
    ended
}

/// The story.
///
/// # Errors
///
/// Never, for the one that is built in; a test holds that.
fn script() -> Result<Script> {
    Script::parse(include_str!("../../../assets/demo/story.json"))
}

#[cfg(test)]
mod tests;

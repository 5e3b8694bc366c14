//! `claw demo`: a story that plays a model, with real tools in a project of its own.

mod scratch;

use std::io::{self, Write as _};
use std::sync::Arc;

use anyhow::Result;

use crate::audit::Audit;
use crate::cli::args::Flags;
use crate::cli::screen::Screen;
use crate::cli::setup::Place;
use crate::cli::{Wrong, begin_log, face};
use crate::config::{self, Paths};
use crate::engine::Start;
use crate::provider::Provider;
use crate::provider::scripted::{Pace, Script, Scripted};

/// The model's name in a session of the demo.
pub(super) const MODEL: &str = "demo";

/// Plays the story with the face that the flags ask for; `prompt` instead of the story's own. The
/// exit code.
///
/// Only the session's log is the user's own; no settings of theirs but those of the screen.
pub(super) async fn play(
    fast: bool,
    prompt: Option<String>,
    flags: &Flags,
    screen: Option<Screen>,
) -> Result<u8, Wrong> {
    let paths = Paths::find(&config::process).map_err(Wrong::Usage)?;
    paths.create()?;
    begin_log(&paths, flags)?;
    let audit = Arc::new(Audit::new(paths.audit.clone()));
    let root = scratch::project(&audit).await?;
    let prompt = prompt.map_or_else(|| Ok(script()?.prompt), Ok::<_, anyhow::Error>)?;
    let demo = Place::of_demo(root.clone(), paths, flags)?;
    let setup = demo.setup(provider(fast)?, MODEL.into(), flags)?;
    let ended = face(&demo, setup, Start::New, Some(prompt), flags, screen).await;
    // Nobody there to read it is no error.
    let _ = writeln!(io::stderr(), "claw: the demo's project is {}", root.display());
    ended
}

/// The model of the demo.
pub(super) fn provider(fast: bool) -> Result<Arc<dyn Provider>> {
    let pace = if fast { Pace::AtOnce } else { Pace::Scripted };
    Ok(Arc::new(Scripted::new(script()?, pace)))
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

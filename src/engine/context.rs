//! What fills the window, told to whoever asks; and notes that the user adds to.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};

use crate::agent::Agent;
use crate::agent::prompt::{Around, window};
use crate::config::Imports;
use crate::protocol::{Event, Level};
use crate::provider::Catalogue;
use crate::workspace::notes;

/// Counts the next request and says what it is made of.
pub(super) async fn tell(agent: &Agent) -> Result<()> {
    // Where they could not be made, the next turn says so.
    let instructions = agent.system.clone().await.unwrap_or_default();
    let window = agent.journal.look(|state| {
        let model = Catalogue::current().lookup(&state.asked().0);
        window(state, &Around { instructions: &instructions, tools: &agent.tools, model: &model })
    });
    agent.journal.record(Event::ContextTold { window: Arc::new(window) }).await
}

/// Adds a line to a file of notes. Only to those that were offered: an op names no other file.
pub(super) async fn add(agent: &Agent, path: PathBuf, text: String) -> Result<()> {
    let instructions = agent.system.clone().await.unwrap_or_default();
    let known = instructions.targets.iter().find(|(target, _)| *target == path);
    let Some((_, bound)) = known.cloned() else {
        bail!("{} is no file of notes here", path.display());
    };
    let (file, line) = (path.clone(), text.clone());
    tokio::task::spawn_blocking(move || notes::add(&file, &bound, &line)).await??;
    let said = format!("{}: added `- {text}`. Sessions that begin now read it.", path.display());
    notice(agent, said).await
}

/// Lets notes import a file outside of the project.
pub(super) async fn allow(agent: &Agent, path: PathBuf) -> Result<()> {
    let instructions = agent.system.clone().await.unwrap_or_default();
    if !instructions.outside.contains(&path) {
        bail!("{} is imported by no notes here", path.display());
    }
    let (imports, file) = (Imports::new(instructions.imports.clone()), path.clone());
    tokio::task::spawn_blocking(move || imports.allow(&file)).await??;
    let said = format!("{} may be imported: sessions that begin now read it.", path.display());
    notice(agent, said).await
}

async fn notice(agent: &Agent, text: String) -> Result<()> {
    agent.journal.record(Event::Notice { level: Level::Info, text }).await
}

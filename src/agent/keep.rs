//! What a call may change is kept before it runs, so that the session can go back.

use anyhow::Result;

use crate::agent::Agent;
use crate::protocol::{Access, Event, Held, KeptFile, Level, ToolCall};
use crate::session::checkpoint::{Blobs, Shot};
use crate::tool::Invocation;

/// Keeps what the call is about to write to, or looks at the project before it runs a command.
///
/// # Errors
///
/// Where the log takes no more: then it must not run.
pub(super) async fn before(
    agent: &Agent,
    call: &ToolCall,
    invocation: &dyn Invocation,
) -> Result<Option<Shot>> {
    let paths: Vec<_> = call.access.iter().filter_map(written).collect();
    if !paths.is_empty() {
        let after = match invocation.text() {
            Some(text) => Held::File { hash: Blobs::name(text.as_bytes()), mode: None },
            None => Held::Unkept { why: "claw ended before that was known".to_owned() },
        };
        let held = agent.keeper.hold(paths).await.into_iter();
        let files = held.map(|(path, before)| KeptFile { path, before, after: after.clone() });
        keep(agent, call, files.collect()).await?;
    }
    if !call.access.iter().any(|access| matches!(access, Access::Shell { .. })) {
        return Ok(None);
    }
    let (shot, notices) = agent.keeper.shoot().await;
    say(agent, notices).await?;
    Ok(shot)
}

/// Says what a command changed since then.
///
/// # Errors
///
/// Where the log takes no more.
pub(super) async fn after(agent: &Agent, call: &ToolCall, shot: Option<Shot>) -> Result<()> {
    let Some(shot) = shot else { return Ok(()) };
    match agent.keeper.changed(shot).await {
        Ok(changed) => {
            keep(agent, call, changed.files).await?;
            say(agent, changed.notices).await
        }
        Err(error) => {
            let text = format!("{error:#}: what that command changed cannot be rewound.");
            say(agent, vec![text]).await
        }
    }
}

fn written(access: &Access) -> Option<std::path::PathBuf> {
    match access {
        Access::Write { path } => Some(path.real.clone()),
        _ => None,
    }
}

async fn keep(agent: &Agent, call: &ToolCall, files: Vec<KeptFile>) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    agent.journal.record(Event::FilesKept { call: call.id.clone(), files }).await
}

async fn say(agent: &Agent, notices: Vec<String>) -> Result<()> {
    for text in notices {
        agent.journal.record(Event::Notice { level: Level::Warning, text }).await?;
    }
    Ok(())
}

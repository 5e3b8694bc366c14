//! Notes and rules that come in when a file is touched that they are for.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use crate::agent::Agent;
use crate::base::redact;
use crate::protocol::{Access, Event, FileKind, FoundNote, Level, ToolCall, ToolKind};

/// Files of one call that are looked at: a call names few.
const FILES: usize = 8;

/// Records the instructions that hold for what a call touched and that the model does not know yet.
pub(in crate::agent) async fn discover(agent: &Agent, call: &ToolCall) -> Result<()> {
    let touched = touched(call);
    if touched.is_empty() {
        return Ok(());
    }
    // Where they could not be made, no request is sent either.
    let Ok(instructions) = agent.system.clone().await else { return Ok(()) };
    let Some(nested) = instructions.nested.clone() else { return Ok(()) };
    for file in touched {
        let mut known: Vec<PathBuf> = agent.journal.look(|state| {
            let told = state.chosen.notes().iter();
            // What came in with a call that is gone, the model does not know any more.
            let told = told.filter(|note| state.call(&note.call).is_some());
            told.map(|note| note.path.clone()).collect()
        });
        known.extend(instructions.pieces.iter().filter_map(|piece| piece.path.clone()));
        let (nested, path) = (nested.clone(), file.clone());
        let found = tokio::task::spawn_blocking(move || {
            nested.of(&path, &|path| known.iter().any(|known| known == path))
        });
        // Crashed: the call has its result all the same.
        let Ok(found) = found.await else { continue };
        for note in found.notes {
            let text = redact::values(&note.text).into_owned();
            let said = format!(
                "{} came in with {}.",
                agent.workspace.shown(&note.path),
                agent.workspace.shown(&file)
            );
            let (path, touched, call) = (note.path, file.clone(), call.id.clone());
            let note = Arc::new(FoundNote { path, text, touched, call });
            agent.journal.record(Event::NoteFound { note }).await?;
            notice(agent, Level::Info, said).await?;
        }
        for why in found.notices {
            once(agent, why).await?;
        }
        for (path, why) in found.unread {
            once(agent, format!("{}: not read: {why}", path.display())).await?;
        }
    }
    Ok(())
}

/// The files that the model read or changed by this call.
fn touched(call: &ToolCall) -> Vec<PathBuf> {
    if !matches!(call.kind, ToolKind::Read | ToolKind::Edit) {
        return Vec::new();
    }
    let files = call.access.iter().filter_map(|access| match access {
        Access::Read { path } | Access::Write { path } if path.facts.kind == FileKind::File => {
            Some(path.real.clone())
        }
        _ => None,
    });
    files.take(FILES).collect()
}

async fn notice(agent: &Agent, level: Level, text: String) -> Result<()> {
    agent.journal.record(Event::Notice { level, text }).await
}

/// Says what was not said before in this session.
async fn once(agent: &Agent, text: String) -> Result<()> {
    let said = agent.journal.look(|state| {
        state.entries.iter().rev().any(
            |entry| matches!(entry, crate::session::Entry::Notice { text: said, .. } if *said == text),
        )
    });
    if said { Ok(()) } else { notice(agent, Level::Warning, text).await }
}

//! `claw sessions fork`, `rename`, `tag`, `pin`, `archive`, `delete` and `undelete`.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::base::clock;
use crate::base::text::sanitise;
use crate::bus::Bus;
use crate::cli::Wrong;
use crate::cli::sessions::Told;
use crate::cli::sessions::words::SessionsCommand;
use crate::cli::setup::Place;
use crate::session::{Store, Summary, fork};

/// Carries one out.
pub(super) fn change(
    store: &Store,
    command: SessionsCommand,
    place: &Place,
) -> Result<Told, Wrong> {
    let root = place.root.as_path();
    let find = |id: &str| store.find(id, root).map_err(Wrong::Usage);
    let one = |found: &Summary, text: String| Told {
        text: vec![text],
        json: json!({"id": found.id, "log": found.path}),
    };
    Ok(match command {
        SessionsCommand::Fork { id, at } => {
            let from = find(&id)?;
            let at = at.map(std::num::NonZeroU32::get);
            let (id, log) = forked(store, &from, at).map_err(Wrong::Usage)?;
            let text = format!("{id}\n\nIt goes on with: claw --resume {id}");
            Told { text: vec![text], json: json!({"id": id, "log": log}) }
        }
        SessionsCommand::Rename { id, name } => {
            let found = find(&id)?;
            let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
            store.rename(&found.path, name.clone())?;
            let called =
                name.map_or("by its first prompt".to_owned(), |name| format!("\"{name}\""));
            one(&found, format!("{} is called {}", found.id, sanitise(&called)))
        }
        SessionsCommand::Tag { id, tags, remove } => {
            let found = find(&id)?;
            store.tag(&found.path, &tags, &remove).map_err(Wrong::Usage)?;
            let now = store.tags(&found.path);
            let list = now.iter().map(|tag| format!("#{}", sanitise(tag))).collect::<Vec<_>>();
            let list = if list.is_empty() { "no tags".to_owned() } else { list.join(" ") };
            let mut told = one(&found, format!("{} has {list}", found.id));
            told.json["tags"] = now.into_iter().collect();
            told
        }
        SessionsCommand::Pin { id, undo } => {
            let found = find(&id)?;
            store.pin(&found.path, !undo)?;
            let how = if undo { "pinned no longer" } else { "pinned" };
            one(&found, format!("{} is {how}", found.id))
        }
        SessionsCommand::Archive { id, undo } => {
            let found = find(&id)?;
            store.archive(&found.path, !undo)?;
            let how = if undo { "in the lists again" } else { "put away: --archived lists it" };
            one(&found, format!("{} is {how}", found.id))
        }
        SessionsCommand::Delete { ids } => {
            // All or none: what cannot be found is said before anything is deleted.
            let found = ids.iter().map(|id| find(id)).collect::<Result<Vec<_>, _>>()?;
            let mut told = Told { text: Vec::new(), json: Value::Array(Vec::new()) };
            let mut done = Vec::new();
            for found in found {
                store.delete(&found.path, clock::now())?;
                told.text
                    .push(format!("deleted; for 30 days: claw sessions undelete {}", found.id));
                done.push(json!({"id": found.id, "log": found.path}));
            }
            Told { json: Value::Array(done), ..told }
        }
        SessionsCommand::Undelete { id } => {
            undeleted(store, id.as_deref()).map_err(Wrong::Usage)?
        }
        _ => Told { text: Vec::new(), json: Value::Null },
    })
}

/// A copy of a session. Its id and its log.
fn forked(store: &Store, from: &Summary, at: Option<u32>) -> Result<(String, std::path::PathBuf)> {
    let runtime = Builder::new_current_thread().enable_all().build().context("starting")?;
    runtime.block_on(async {
        let copy = fork(store, from, at, &from.cwd, Bus::new()).await?;
        let id = copy.session().clone();
        copy.close().await?;
        let log = store.place(&id, &from.cwd);
        Ok((id.to_string(), log))
    })
}

fn undeleted(store: &Store, wanted: Option<&str>) -> Result<Told> {
    let id = |log: &Path| log.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let wanted = wanted.unwrap_or_default();
    let all = store.deleted(None);
    let mut fitting: Vec<_> = all.iter().filter(|one| id(&one.log).starts_with(wanted)).collect();
    // A session that was deleted twice is there twice: the last one counts.
    fitting.dedup_by(|a, b| a.log == b.log);
    let found = match (&fitting[..], wanted) {
        ([], "") => bail!("nothing was deleted in the last 30 days"),
        ([], _) => bail!("no deleted session begins with \"{wanted}\""),
        ([first, ..], "") | ([first], _) => first,
        _ => {
            return Err(anyhow!(
                "several deleted sessions begin with \"{wanted}\": give more of it"
            ));
        }
    };
    store.restore(&found.log)?;
    let id = id(&found.log);
    Ok(Told { text: vec![format!("{id} is back")], json: json!({"id": id, "log": found.log}) })
}

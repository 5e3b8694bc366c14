//! What changes in the project becomes events of the session.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::agent::Agent;
use crate::protocol::{Event, Level};
use crate::workspace::{Listed, Tracker, Watching};

/// How the notice begins that watching failed.
pub const POLLING: &str = "Changes are looked for every two seconds";

/// Follows the project on a task of its own; none where nobody looks.
pub(super) fn follow(agent: &Arc<Agent>) -> Option<JoinHandle<()>> {
    let tracker = agent.tracker.clone()?;
    Some(tokio::spawn(told(agent.clone(), tracker)))
}

async fn told(agent: Arc<Agent>, tracker: Arc<Tracker>) {
    let (mut changes, mut watching) = (tracker.changes(), tracker.watching());
    let (mut said, mut git) = (HashSet::new(), None);
    loop {
        let events = tokio::select! {
            Ok(()) = changes.changed() => {
                let Listed { against, changes, unlisted } = changes.borrow_and_update().clone();
                vec![Event::FilesChanged { against, changes, unlisted }]
            }
            Ok(()) = watching.changed() => {
                let now = watching.borrow_and_update().clone();
                let mut events = notices(&now, &mut said);
                if now.git != git {
                    git.clone_from(&now.git);
                    let branch = now.git.as_ref().map(|git| git.head.to_string());
                    let dirty = now.git.as_ref().map_or((0, 0), |git| (git.changed, git.untracked));
                    events.push(Event::GitChanged { branch, dirty });
                }
                events
            }
            else => return,
        };
        for event in events {
            // Where the log takes no more, the next turn says so.
            let _ = agent.journal.record(event).await;
        }
    }
}

/// What the user has not been told yet of how the project is watched.
fn notices(now: &Watching, said: &mut HashSet<String>) -> Vec<Event> {
    let polling =
        now.polling.iter().map(|why| format!("{POLLING}, because watching failed: {why}"));
    let texts = now.notices.iter().cloned().chain(polling);
    texts
        .filter(|text| said.insert(text.clone()))
        .map(|text| Event::Notice { level: Level::Warning, text })
        .collect()
}

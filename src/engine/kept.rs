//! What is kept of a session beside its log, after each turn: what a search finds of it, and the
//! branch it works on.

use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};

use crate::agent::Agent;
use crate::bus::Bus;
use crate::protocol::{Event, Topics};
use crate::session::Store;

/// Keeps it on a task of its own; nothing waits for that.
pub(super) fn kept(agent: &Arc<Agent>, store: &Store, bus: &Bus) -> JoinHandle<()> {
    let (agent, store) = (agent.clone(), store.clone());
    let mut said = bus.subscribe(Topics::SESSION);
    tokio::spawn(async move {
        let log = agent.journal.path().to_owned();
        loop {
            let envelope = said.next().await;
            let own = envelope.session == *agent.journal.session();
            if !own || !matches!(envelope.event, Event::TurnFinished { .. }) {
                continue;
            }
            let branch = agent.journal.look(|state| state.live.branch.clone());
            let (store, log) = (store.clone(), log.clone());
            let done = spawn_blocking(move || {
                // What cannot be kept now is kept after the next turn.
                let _ = branch.map(|branch| store.on_branch(&log, Some(branch)));
                store.turn_over(&log);
            });
            let _ = done.await;
        }
    })
}

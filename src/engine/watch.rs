//! Looking on at a session that another process writes.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::bus::{Bus, Subscription};
use crate::engine::build::Setup;
use crate::protocol::{Envelope, SessionId, Topics};
use crate::session::{State, Tail};

/// How often the log is looked at.
const EVERY: Duration = Duration::from_millis(200);

/// A session that is looked on at: it takes no ops.
pub(super) struct Watched {
    pub(super) session: SessionId,
    pub(super) state: State,
    pub(super) subscription: Subscription,
    pub(super) task: JoinHandle<()>,
}

/// The session as its log tells it, and a task that publishes what is written to that from then on.
pub(super) async fn watch(setup: &Setup, bus: &Bus, id: &SessionId) -> Result<Watched> {
    let found = setup.store.find(id.as_str(), &setup.root)?;
    let (session, log) = (found.id.clone(), found.path);
    let read = spawn_blocking(move || {
        let (mut state, mut tail) = (State::watched(found.id), Tail::open(&log)?);
        tail.more(|envelope| state.apply(&envelope)).context("reading the session's log")?;
        Ok::<_, anyhow::Error>((state, tail))
    });
    let (state, tail) = read.await.context("reading the session's log")??;
    let subscription = bus.subscribe(Topics::ALL);
    let task = tokio::spawn(follow(tail, bus.clone()));
    Ok(Watched { session, state, subscription, task })
}

async fn follow(mut tail: Tail, bus: Bus) {
    loop {
        tokio::time::sleep(EVERY).await;
        let read = spawn_blocking(move || {
            let mut said: Vec<Envelope> = Vec::new();
            let read = tail.more(|envelope| said.push(envelope));
            (tail, said, read)
        });
        // Where it cannot be read any more, there is nothing more to be seen.
        let Ok((read, said, Ok(()))) = read.await else { return };
        tail = read;
        for envelope in said {
            bus.publish(envelope).await;
        }
    }
}

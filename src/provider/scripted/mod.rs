//! A model that follows a script: for the demo, for practice, and for tests without a network.
//!
//! It looks at nothing but the request: where the story stands is worked out from what was said so
//! far, so the same request gets the same reply. Only faults are counted, since a request that is
//! sent again is the same request.

mod script;
mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;

pub use crate::provider::scripted::script::{Block, Edge, Failure, Fault, Script, Step};
use crate::provider::scripted::stream::Playing;
use crate::provider::{Chunks, Provider, ProviderError, Request};

/// How fast a script is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As the script says.
    Scripted,
    /// Without any wait.
    AtOnce,
}

/// A [`Script`] as a provider.
pub struct Scripted {
    script: Arc<Script>,
    pace: Pace,
    /// How many faults each step has met: by how many messages were said before it, and its name.
    met: Mutex<HashMap<(usize, String), usize>>,
}

impl Scripted {
    /// Plays `script` at `pace`.
    pub fn new(script: Script, pace: Pace) -> Self {
        Self { script: Arc::new(script), pace, met: Mutex::default() }
    }

    /// The fault that this request meets; none where it met them all before.
    fn fault(&self, said: usize, name: &str, step: &Step) -> Option<Fault> {
        if step.faults.is_empty() {
            return None;
        }
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let count = met.entry((said, name.to_owned())).or_default();
        let fault = step.faults.get(*count)?.clone();
        *count += 1;
        Some(fault)
    }
}

impl Provider for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Box<dyn Chunks>, ProviderError>> {
        Box::pin(async move {
            let walk = self.script.walk(&request.messages);
            let (said, name) = (walk.said, walk.name.map_err(ProviderError::Fatal)?);
            let step = self.script.step(name).map_err(ProviderError::Fatal)?;
            let (start, gap) = match self.pace {
                Pace::Scripted => (self.script.start_wait(step), self.script.gap()),
                Pace::AtOnce => (Duration::ZERO, Duration::ZERO),
            };
            tokio::time::sleep(start).await;
            let fault = self.fault(said, name, step);
            if let Some(fault) = fault.as_ref().filter(|fault| fault.after_chunks == 0) {
                return Err(fault.error());
            }
            let chunks = step.chunks(said, walk.seen.as_ref());
            let playing: Box<dyn Chunks> = Box::new(Playing::new(chunks, fault, gap));
            Ok(playing)
        })
    }
}

#[cfg(test)]
mod tests;

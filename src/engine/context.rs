//! What fills the window, told to whoever asks.

use std::sync::Arc;

use anyhow::Result;

use crate::agent::Agent;
use crate::agent::prompt::{Around, window};
use crate::protocol::Event;
use crate::provider::Catalogue;

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

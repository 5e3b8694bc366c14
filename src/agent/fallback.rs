//! Another model goes on where one does not answer.

use std::time::Duration;

use anyhow::Result;

use crate::agent::Agent;
use crate::protocol::{Event, Level, ModelId};
use crate::session::State;

/// The longest wait for a model where another one could go on.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Is it no longer the model that the user chose?
pub(super) fn goes_on(agent: &Agent) -> bool {
    agent.journal.look(|state| state.fallback.is_some())
}

/// Who is asked after the model that does not answer; none where nobody is left.
pub(super) fn next(agent: &Agent) -> Option<ModelId> {
    agent.journal.look(|state| after(state, &agent.fallback))
}

/// Asks this one from now on, until the turn is over.
pub(super) async fn fall_back(agent: &Agent, model: ModelId, why: &str) -> Result<()> {
    let before = agent.journal.look(|state| state.asked().clone());
    let why = why.trim_end_matches('.');
    let text =
        format!("{before} does not answer ({why}): {model} goes on until this turn is over.");
    agent.journal.record(Event::FellBack { model }).await?;
    agent.journal.record(Event::Notice { level: Level::Warning, text }).await
}

fn after(state: &State, all: &[ModelId]) -> Option<ModelId> {
    let asked = state.fallback.as_ref().and_then(|now| all.iter().position(|it| it == now));
    all.iter().skip(asked.map_or(0, |at| at + 1)).find(|it| **it != state.model).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_is_asked_once_in_its_turn() {
        let all = ["a", "m", "b"].map(ModelId::from);
        let table = [
            // asked now, after it
            (None, Some("a")),
            (Some("a"), Some("b")),
            (Some("b"), None),
        ];
        for (now, next) in table {
            let mut state = State::new("s".into());
            (state.model, state.fallback) = ("m".into(), now.map(ModelId::from));
            assert_eq!(after(&state, &all), next.map(ModelId::from), "{now:?}");
        }
        assert_eq!(after(&State::new("s".into()), &[]), None);
    }
}

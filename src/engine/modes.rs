//! Which model is asked in which mode.

use crate::agent::Agent;
use crate::engine::Setup;
use crate::protocol::{Mode, ModelId};

/// The models of the modes, and what was asked before one of them.
#[derive(Debug, Default)]
pub(super) struct Modes {
    models: Vec<(Mode, ModelId)>,
    /// While a mode's model is asked: the one before, and the mode's own.
    instead: Option<(ModelId, ModelId)>,
}

impl Modes {
    /// Of a session that begins or goes on.
    pub(super) fn new(setup: &Setup, agent: &Agent) -> Self {
        let (mode, now) = agent.journal.look(|state| (state.mode, state.model.clone()));
        let mut modes = Self { models: setup.modes.clone(), instead: None };
        modes.instead =
            modes.of(mode).filter(|own| *own == now).map(|own| (setup.model.clone(), own));
        modes
    }

    /// The model to ask in `mode` from now on, where `now` is asked: the mode's own, else the one
    /// before another mode had its own. Where the user chose by hand since, that one stays.
    pub(super) fn turn_to(&mut self, mode: Mode, now: &ModelId) -> ModelId {
        let before = match self.instead.take() {
            Some((before, own)) if own == *now => before,
            _ => now.clone(),
        };
        let Some(own) = self.of(mode) else { return before };
        self.instead = Some((before, own.clone()));
        own
    }

    /// The user chose a model.
    pub(super) fn by_hand(&mut self) {
        self.instead = None;
    }

    fn of(&self, mode: Mode) -> Option<ModelId> {
        self.models.iter().find(|(known, _)| *known == mode).map(|(_, model)| model.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_lends_its_model_and_gives_the_one_before_back() {
        use Mode::{AcceptEdits, Auto, Default, Plan};
        // Modes, each with what the user chose in it.
        let table: [(&[(Mode, &str)], &str); 7] = [
            (&[(Plan, "")], "opus"),
            (&[(Plan, ""), (Default, "")], "base"),
            (&[(Plan, ""), (Auto, ""), (AcceptEdits, "")], "base"),
            (&[(Plan, ""), (Auto, "")], "haiku"),
            (&[(Plan, "own"), (Default, "")], "own"),
            (&[(Plan, "opus"), (Default, "")], "opus"),
            (&[(Plan, "own"), (Default, ""), (Plan, ""), (Default, "")], "own"),
        ];
        for (steps, expected) in table {
            let own = vec![(Plan, "opus".into()), (Auto, "haiku".into())];
            let mut modes = Modes { models: own, instead: None };
            let mut now = ModelId::from("base");
            for (mode, chosen) in steps {
                now = modes.turn_to(*mode, &now);
                if !chosen.is_empty() {
                    modes.by_hand();
                    now = (*chosen).into();
                }
            }
            assert_eq!(&*now.0, expected, "{steps:?}");
        }
    }
}

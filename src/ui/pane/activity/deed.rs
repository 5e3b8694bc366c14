//! What is done with the call under the cursor.

use crate::protocol::{Op, ToolStatus};
use crate::session::{CallEntry, State};
use crate::ui::effect::{Effect, Effects};
use crate::ui::pane::activity::ActivityPane;
use crate::ui::pane::activity::log::Log;
use crate::ui::pane::activity::rows::output;

impl ActivityPane {
    /// To the next call that failed, or the one before.
    pub(super) fn failed(&mut self, session: &State, down: bool) {
        let all: Vec<_> = self.calls(session).collect();
        let here = self.place(session).map(|(_, _, call)| &call.call.id);
        let at = all.iter().position(|call| Some(&call.call.id) == here).unwrap_or(0);
        let failed = |call: &&&CallEntry| {
            let status = call.outcome.as_ref().map(|outcome| outcome.status);
            matches!(status, Some(ToolStatus::Failed | ToolStatus::Denied))
        };
        let next = if down {
            all.iter().skip(at + 1).find(failed)
        } else {
            all.iter().take(at).rev().find(failed)
        };
        // None follows: the one that is there may be the first row and yet not chosen.
        let next = next.map(|call| (call.call.id.clone(), 0));
        self.cursor = next.or(self.cursor.take());
    }

    pub(super) fn open_log(&mut self, session: &State) {
        self.log = self.place(session).map(|(_, _, call)| Log::new(call));
    }

    /// Stops the call under the cursor.
    pub(super) fn stop(&self, session: &State) -> Effects {
        let call = self.place(session).filter(|(_, _, call)| call.outcome.is_none());
        let call = call.map(|(_, _, call)| call.call.id.clone());
        call.map(|call| Effect::Send(session.id.clone(), Op::StopCall { call }))
            .into_iter()
            .collect()
    }

    /// Stops all that run, the second time it is asked.
    pub(super) fn stop_all(&mut self, session: &State) -> Effects {
        self.sure = !self.sure && self.running > 0;
        if self.sure {
            return Effects::new();
        }
        let running = self.calls(session).take(self.running).map(|call| call.call.id.clone());
        let stop = |call| Effect::Send(session.id.clone(), Op::StopCall { call });
        running.map(stop).collect()
    }

    /// What was run and what it printed.
    pub(super) fn whole(&self, session: &State) -> Option<String> {
        let (_, _, call) = self.place(session)?;
        Some(format!("{} {}\n{}", call.call.verb, call.call.title, output(call)))
    }
}

//! The ladders of Esc, Ctrl+C and Ctrl+D: each press does the next gentler thing that is left.

use crate::base::clock::Millis;
use crate::protocol::{Op, text_of};
use crate::session::{Entry, State};
use crate::ui::action::Edit;
use crate::ui::effect::{Effect, Effects};
use crate::ui::model::{Focus, Model};
use crate::ui::update::{to_session, transcript};

/// For how long a second Esc stops the turn, in milliseconds.
const STOP: u64 = 1500;
/// For how long a second Ctrl+C quits, in milliseconds.
const QUIT: u64 = 2000;

/// Which second presses count, and until when.
#[derive(Debug, Default)]
pub struct Ladder {
    stop: Option<Millis>,
    quit: Option<Millis>,
}

impl Ladder {
    /// What the next press does, for the status line.
    pub fn hint(&self) -> Option<&'static str> {
        match (self.stop, self.quit) {
            (Some(_), _) => Some("Esc again stops the turn"),
            (_, Some(_)) => Some("Ctrl+C again quits"),
            _ => None,
        }
    }

    /// When a hint goes.
    pub fn next_tick(&self) -> Option<Millis> {
        self.stop.into_iter().chain(self.quit).min()
    }

    /// Time passed. Did a hint go?
    pub fn tick(&mut self, now: Millis) -> bool {
        let over = |until: &mut Option<Millis>| until.take_if(|until| *until <= now).is_some();
        over(&mut self.stop) | over(&mut self.quit)
    }

    /// No turn runs any more: there is nothing to stop.
    pub fn turn_over(&mut self) {
        self.stop = None;
    }

    /// Another key was pressed: the next press is a first one again.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Esc: leave what is open, stop what runs, give the focus back.
pub(super) fn escape(model: &mut Model) -> Effects {
    if transcript::dismiss(model) {
        return Effects::new();
    }
    match model.focus {
        Focus::Pane(_) => {
            model.focus = Focus::Message;
            Effects::new()
        }
        Focus::Message if model.is_busy() => {
            if model.ladder.stop.take().is_some() {
                return stop(model);
            }
            model.ladder.stop = Some(Millis(model.now.0.saturating_add(STOP)));
            Effects::new()
        }
        Focus::Message => {
            model.focus = Focus::Pane(model.front);
            Effects::new()
        }
    }
}

/// Ctrl+C: stop the turn (a question that waits is denied with it), else clear the draft into the history, else quit at the second press.
pub(super) fn interrupt(model: &mut Model) -> Effects {
    if let Some(copied) = transcript::selected(model) {
        return copied;
    }
    if model.is_busy() {
        return stop(model);
    }
    if !model.composer.editor.is_empty() {
        let _ = model.composer.take();
        model.toasts.say("cleared: Up or Ctrl+- brings it back", model.now);
        return Effects::new();
    }
    quit(model)
}

/// Ctrl+D: delete forward, else as Ctrl+C where nothing runs.
pub(super) fn end_of_input(model: &mut Model) -> Effects {
    if !model.composer.editor.is_empty() {
        model.composer.editor.edit(Edit::DeleteAt);
        return Effects::new();
    }
    if model.is_busy() {
        return Effects::new();
    }
    quit(model)
}

fn quit(model: &mut Model) -> Effects {
    if model.ladder.quit.take().is_some() {
        return vec![Effect::Quit];
    }
    model.ladder.quit = Some(Millis(model.now.0.saturating_add(QUIT)));
    Effects::new()
}

/// Stops the turn. Its prompt comes back where nothing is written.
fn stop(model: &mut Model) -> Effects {
    if model.composer.editor.is_empty()
        && let Some(prompt) = running_prompt(&model.session)
    {
        model.composer.give_back(&prompt);
    }
    vec![to_session(model, Op::Cancel)]
}

/// What the running turn was asked, where it has said and done nothing yet.
fn running_prompt(session: &State) -> Option<String> {
    match session.entries.last()? {
        Entry::Prompt { content, steer: false, .. } => Some(text_of(content)),
        _ => None,
    }
}

//! The ladders of Esc, Ctrl+C and Ctrl+D: each press does the next gentler thing that is left.

use crate::base::clock::Millis;
use crate::protocol::{Content, Op};
use crate::session::{Entry, State, uncited};
use crate::ui::action::Edit;
use crate::ui::effect::{Effect, Effects};
use crate::ui::layout::PaneId;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::update::{changes, compose, layer, rewind, to_session, transcript};

/// For how long a second Esc stops the turn, in milliseconds.
const STOP: u64 = 1500;
/// For how long a second Esc clears the draft.
const CLEAR: u64 = 800;
/// For how long a second Ctrl+C quits.
const QUIT: u64 = 2000;
/// For how long a third Ctrl+C quits though a turn runs.
const NOW: u64 = 5000;

/// Which further presses count, and until when.
#[derive(Debug, Default)]
pub struct Ladder {
    stop: Option<Millis>,
    clear: Option<Millis>,
    quit: Option<Millis>,
    /// How often Ctrl+C was pressed while a turn runs.
    presses: (u8, Option<Millis>),
}

impl Ladder {
    /// What the next press does, for the status line.
    pub fn hint(&self) -> Option<&'static str> {
        match (self.stop, self.quit, self.presses) {
            (Some(_), ..) => Some("Esc again stops the turn"),
            (_, Some(_), _) => Some("Ctrl+C again quits"),
            (_, _, (2, Some(_))) => Some("Ctrl+C again quits, the turn is lost"),
            _ => None,
        }
    }

    /// When a hint goes.
    pub fn next_tick(&self) -> Option<Millis> {
        self.stop.into_iter().chain(self.clear).chain(self.quit).chain(self.presses.1).min()
    }

    /// Time passed. Did a hint go?
    pub fn tick(&mut self, now: Millis) -> bool {
        let over = |until: &mut Option<Millis>| until.take_if(|until| *until <= now).is_some();
        let presses = over(&mut self.presses.1);
        if presses {
            self.presses.0 = 0;
        }
        over(&mut self.stop) | over(&mut self.clear) | over(&mut self.quit) | presses
    }

    /// No turn runs any more: there is nothing to stop.
    pub fn turn_over(&mut self) {
        self.stop = None;
        self.presses = (0, None);
    }

    /// Another key was pressed: the next press is a first one again.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

fn after(model: &Model, ms: u64) -> Millis {
    Millis(model.now.0.saturating_add(ms))
}

/// Esc: leave what is open, stop what runs, give the focus back.
pub(super) fn escape(model: &mut Model) -> Effects {
    if transcript::dismiss(model) {
        return Effects::new();
    }
    match model.focus {
        Focus::Pane(PaneId::Changes) if model.panes.changes.dismiss() => Effects::new(),
        Focus::Pane(PaneId::Changes) if changes::is_full(model) => changes::close(model),
        Focus::Pane(_) => {
            model.focus = Focus::Message;
            match (model.ladder.clear.take(), model.composer.editor.is_empty()) {
                (Some(_), false) => clear(model),
                (Some(_), true) if model.session.past.last().is_some() => rewind::open(model),
                _ => Effects::new(),
            }
        }
        Focus::Message if model.composer.editor.unselect() => Effects::new(),
        Focus::Message if model.is_busy() => {
            if model.ladder.stop.take().is_some() {
                return stop(model);
            }
            model.ladder.stop = Some(after(model, STOP));
            Effects::new()
        }
        Focus::Message => {
            model.ladder.clear = Some(after(model, CLEAR));
            model.focus = Focus::Pane(model.front);
            Effects::new()
        }
    }
}

/// Ctrl+C: copy what is selected, else stop the turn (a question that waits is denied with it),
/// else clear the draft into the history, else quit at the second press.
pub(super) fn interrupt(model: &mut Model) -> Effects {
    if model.focus == Focus::Message
        && let Some(text) = model.composer.editor.selected()
    {
        return vec![Effect::Copy(text)];
    }
    if let Some(copied) = transcript::selected(model) {
        return copied;
    }
    if model.is_busy() {
        let (presses, until) = model.ladder.presses;
        if presses >= 2 && until.is_some() {
            return vec![Effect::Quit];
        }
        model.ladder.presses = (presses + 1, until.or_else(|| Some(after(model, NOW))));
        return stop(model);
    }
    if !model.composer.editor.is_empty() {
        return clear(model);
    }
    quit_at_second(model)
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
    quit_at_second(model)
}

fn clear(model: &mut Model) -> Effects {
    let (_, effects) = compose::take(model);
    model.toasts.say("cleared: Up or Ctrl+- brings it back", model.now);
    effects
}

fn quit_at_second(model: &mut Model) -> Effects {
    if model.ladder.quit.take().is_some() {
        return vec![Effect::Quit];
    }
    model.ladder.quit = Some(after(model, QUIT));
    Effects::new()
}

/// Quit: asks where a turn runs.
pub(super) fn quit(model: &mut Model) -> Effects {
    if !model.is_busy() {
        return vec![Effect::Quit];
    }
    let item = |label: &str, chosen| Item { label: label.to_owned(), chosen, ..Item::default() };
    let items = vec![
        item("Keep working", Some(Msg::Chosen(Chosen::KeepWorking))),
        item("Stop the turn and quit", Some(Msg::Chosen(Chosen::StopAndQuit))),
    ];
    layer::open(model, Picker::new("A turn is running", items));
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
fn running_prompt(session: &State) -> Option<Vec<Content>> {
    match session.entries.last()? {
        Entry::Prompt { content, steer: false, .. } => Some(uncited(content).to_vec()),
        _ => None,
    }
}

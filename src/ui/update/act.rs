//! Actions: each goes to the one part that knows it.

use crate::protocol::{Op, text_of};
use crate::session::Entry;
use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::Context;
use crate::ui::layout::PaneId;
use crate::ui::model::{Focus, Model};
use crate::ui::overlay::help::Help;
use crate::ui::overlay::palette::{More, palette};
use crate::ui::overlay::{keys, messages};
use crate::ui::pane::{Pane as _, permission};
use crate::ui::update::focus::{cycle, focus, step, toggle};
use crate::ui::update::{
    changes, command, compacting, complete, compose, ladder, layer, models, rewind, sessions,
    settings, split, theme, to_session, transcript, window,
};

/// Does an action, where the focus is now.
pub(super) fn act(model: &mut Model, action: Action) -> Effects {
    model.dirty = true;
    if !model.layers.is_empty() {
        return layer::act(model, action);
    }
    if model.context() == Context::Completion && is_completion(action) {
        return complete::act(model, action);
    }
    if model.context().is_question() && permission::is_its_own(action) {
        return model.panes.permission.act(action, &model.session);
    }
    if let Some(effects) = sessions::act(model, action) {
        return effects;
    }
    // Before the composer: the find line takes keys that would change the draft.
    if let Some(effects) = transcript::act(model, action) {
        return effects;
    }
    if let Some(effects) = compose::act(model, action) {
        return effects;
    }
    match action {
        Action::Grow => return split::step(model, true),
        Action::Shrink => return split::step(model, false),
        Action::ResetLayout => return split::reset(model),
        Action::Escape => return ladder::escape(model),
        Action::Interrupt => return ladder::interrupt(model),
        Action::EndOfInput => return ladder::end_of_input(model),
        Action::Quit => return ladder::quit(model),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Repaint => return vec![Effect::Repaint],
        Action::SaveScreen => return vec![Effect::SaveScreen],
        Action::CycleMode => {
            let mode = model.session.mode.next();
            return vec![to_session(model, Op::SetMode { mode })];
        }
        Action::Help => {
            let help = Help::new(&model.keymap, model.context());
            layer::open(model, help);
        }
        Action::Palette => {
            let more = More {
                recent: model.recent.clone(),
                slash: command::with_arguments(),
                models: models::ready(model),
                themes: model.setting.themes.names().into_iter().map(str::to_owned).collect(),
                settings: settings::items(model, "Settings"),
            };
            let palette = palette(&model.keymap, model.context(), more);
            layer::open(model, palette);
        }
        Action::AllKeys => layer::open(model, keys::all(&model.keymap)),
        Action::Messages => {
            let said = messages::said(&model.toasts, model.now);
            layer::open(model, said);
        }
        Action::ModelPicker => return models::open(model),
        Action::EffortPicker => models::open_effort(model),
        Action::Compact => return compacting::by_key(model),
        Action::ShowContext => return window::open(model),
        Action::ShowCost => models::open_cost(model),
        Action::FocusMessage => model.focus = Focus::Message,
        Action::FocusTranscript => focus(model, PaneId::Transcript),
        Action::FocusActivity => toggle(model, PaneId::Activity),
        Action::FocusChanges => toggle(model, PaneId::Changes),
        Action::FocusNext => cycle(model, 1),
        Action::FocusPrevious => cycle(model, -1),
        Action::FocusLeft | Action::FocusRight | Action::FocusUp | Action::FocusDown => {
            step(model, action);
        }
        Action::Zoom => return changes::zoom(model),
        Action::ChangesFull
        | Action::ChooseBaseline
        | Action::ShowWhy
        | Action::AskAbout
        | Action::EditFile => return changes::act(model, action),
        Action::Open if changes::opens(model) => return changes::act(model, Action::ChangesFull),
        Action::ToggleMouse => {
            model.mouse = !model.mouse;
            let text = if model.mouse {
                "mouse on: Shift+drag selects in the terminal"
            } else {
                "mouse off: the terminal selects"
            };
            model.toasts.say(text, model.now);
            return vec![Effect::Mouse(model.mouse)];
        }
        Action::PickTheme => theme::pick(model),
        Action::Settings => settings::open(model),
        Action::CopyAnswer => return copy_answer(model),
        Action::OpenRewind => return rewind::open(model),
        Action::UndoTurn => return rewind::undo(model),
        Action::RedoTurn => return rewind::redo(model),
        Action::NextWaiting => {
            if model.session.pending.is_empty() && !sessions::to_waiting(model) {
                model.toasts.say("nothing waits for you", model.now);
            }
            return model.panes.permission.act(action, &model.session);
        }
        Action::TranscriptPageUp => return to_transcript(model, Action::PageUp),
        Action::TranscriptPageDown => return to_transcript(model, Action::PageDown),
        Action::TranscriptTop => return to_transcript(model, Action::Top),
        Action::TranscriptBottom => return to_transcript(model, Action::Bottom),
        _ => return to_pane(model, action),
    }
    Effects::new()
}

/// Belongs it to the list of completions?
fn is_completion(action: Action) -> bool {
    matches!(
        action,
        Action::Complete | Action::Confirm | Action::Up | Action::Down | Action::Escape
    )
}

/// The rest is for the pane with the focus; from the composer, for the one in front.
fn to_pane(model: &mut Model, action: Action) -> Effects {
    let id = match model.focus {
        Focus::Pane(id) => id,
        Focus::Message => model.front,
    };
    model.panes.get_mut(id).act(action, &model.session)
}

fn to_transcript(model: &mut Model, action: Action) -> Effects {
    model.panes.transcript.act(action, &model.session)
}

fn copy_answer(model: &mut Model) -> Effects {
    let answers = model.session.entries.iter().rev().filter_map(|entry| match entry {
        Entry::Message { message, .. } => Some(text_of(&message.content)),
        _ => None,
    });
    let Some(text) = answers.into_iter().find(|text| !text.trim().is_empty()) else {
        model.toasts.say("there is no answer to copy yet", model.now);
        return Effects::new();
    };
    vec![Effect::Copy(text)]
}

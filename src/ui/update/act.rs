//! Actions: each goes to the one part that knows it.

use crate::protocol::{Op, text_of};
use crate::session::Entry;
use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::Context;
use crate::ui::layout::PaneId;
use crate::ui::model::{Focus, Model};
use crate::ui::overlay::help::Help;
use crate::ui::overlay::palette::palette;
use crate::ui::pane::Pane as _;
use crate::ui::theme::Theme;
use crate::ui::update::focus::{cycle, focus, step, toggle, zoom};
use crate::ui::update::{ladder, layer, send, to_session, transcript};

/// Does an action, where the focus is now.
pub(super) fn act(model: &mut Model, action: Action) -> Effects {
    model.dirty = true;
    if !model.layers.is_empty() {
        return layer::act(model, action);
    }
    match model.context() {
        Context::Permission | Context::Words => {
            if let Some(effects) = in_question(model, action) {
                return effects;
            }
        }
        _ => {}
    }
    if let Some(effects) = transcript::act(model, action) {
        return effects;
    }
    match action {
        Action::Send => return send::send(model, false),
        Action::Queue => return send::send(model, true),
        Action::Unqueue => return send::unqueue(model),
        Action::Newline => model.composer.editor.newline(),
        Action::HistoryPrevious => model.composer.up(),
        Action::HistoryNext => model.composer.down(),
        Action::Edit(edit) => model.composer.editor.edit(edit),
        Action::Escape => return ladder::escape(model),
        Action::Interrupt => return ladder::interrupt(model),
        Action::EndOfInput => return ladder::end_of_input(model),
        Action::Quit => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Repaint => return vec![Effect::Repaint],
        Action::CycleMode => {
            let mode = model.session.mode.next();
            return vec![to_session(model, Op::SetMode { mode })];
        }
        Action::Help => {
            let help = Help::new(&model.keymap, model.context());
            layer::open(model, help);
        }
        Action::Palette => {
            let palette = palette(&model.keymap, model.context());
            layer::open(model, palette);
        }
        Action::FocusMessage => model.focus = Focus::Message,
        Action::FocusTranscript => focus(model, PaneId::Transcript),
        Action::FocusActivity => toggle(model, PaneId::Activity),
        Action::FocusChanges => toggle(model, PaneId::Changes),
        Action::FocusNext => cycle(model, 1),
        Action::FocusPrevious => cycle(model, -1),
        Action::FocusLeft | Action::FocusRight | Action::FocusUp | Action::FocusDown => {
            step(model, action);
        }
        Action::Zoom => zoom(model),
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
        Action::NextTheme => {
            let name = model.theme.next();
            set_theme(model, name);
        }
        Action::CopyAnswer => return copy_answer(model),
        Action::NextWaiting => {
            if model.session.pending.is_empty() {
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

/// Actions that belong to the question in front; none for those that belong to the screen.
fn in_question(model: &mut Model, action: Action) -> Option<Effects> {
    match action {
        Action::AllowOnce
        | Action::AllowSession
        | Action::Deny
        | Action::DenyWithWords
        | Action::Confirm
        | Action::Escape
        | Action::FullScreen
        | Action::Up
        | Action::Down
        | Action::HalfPageUp
        | Action::HalfPageDown
        | Action::PageUp
        | Action::PageDown
        | Action::Top
        | Action::Bottom
        | Action::NextHunk
        | Action::PreviousHunk => Some(model.panes.permission.act(action, &model.session)),
        _ => None,
    }
}

/// Takes another theme. Is there one of that name?
pub(super) fn set_theme(model: &mut Model, name: &str) -> bool {
    let Some(theme) = Theme::load(name, model.setting.depth) else { return false };
    model.theme = theme.with_ascii(model.theme.is_ascii());
    model.toasts.say(format!("theme: {name}"), model.now);
    true
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

//! Actions: each goes to the one part that knows it.

use ratatui::layout::Rect;

use crate::protocol::{Op, text_of};
use crate::session::Entry;
use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::Context;
use crate::ui::layout::PaneId;
use crate::ui::model::{Focus, Model};
use crate::ui::overlay::Overlay;
use crate::ui::overlay::help::Help;
use crate::ui::overlay::palette::Palette;
use crate::ui::pane::Pane as _;
use crate::ui::theme::Theme;
use crate::ui::update::{ladder, send, to_session};

/// The longest text that is given to a terminal's clipboard, in bytes.
const MAX_COPY: usize = 100_000;

/// Does an action, where the focus is now.
pub(super) fn act(model: &mut Model, action: Action) -> Effects {
    model.dirty = true;
    match model.context() {
        Context::Help | Context::Palette => return in_overlay(model, action),
        Context::Permission | Context::Words => {
            if let Some(effects) = in_question(model, action) {
                return effects;
            }
        }
        _ => {}
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
            model.overlay = Some(Overlay::Help(Help::new(&model.keymap, model.context())));
        }
        Action::Palette => {
            let palette = Palette::new(&model.keymap, model.context());
            model.overlay = Some(Overlay::Palette(palette));
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
    let effects = model.panes.get_mut(id).act(action, &model.session);
    say_copied(model, effects)
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

fn in_overlay(model: &mut Model, action: Action) -> Effects {
    match (&mut model.overlay, action) {
        (_, Action::Escape) => model.overlay = None,
        (Some(Overlay::Palette(palette)), Action::Confirm) => {
            let chosen = palette.chosen();
            if let Some(action) = chosen {
                model.overlay = None;
                return act(model, action);
            }
        }
        (Some(Overlay::Palette(palette)), action) => palette.act(action),
        (Some(Overlay::Help(help)), action) => help.act(action),
        (None, _) => {}
    }
    Effects::new()
}

/// Gives a pane the focus, and shows it.
pub(super) fn focus(model: &mut Model, id: PaneId) {
    match id {
        PaneId::Transcript => {}
        PaneId::Activity => model.activity = true,
        PaneId::Changes => model.changes = true,
    }
    model.focus = Focus::Pane(id);
    model.front = id;
}

/// Shows a pane and gives it the focus; hides it where it has it.
fn toggle(model: &mut Model, id: PaneId) {
    if model.focus != Focus::Pane(id) {
        return focus(model, id);
    }
    match id {
        PaneId::Transcript => {}
        PaneId::Activity => model.activity = false,
        PaneId::Changes => model.changes = false,
    }
    model.focus = Focus::Message;
    model.front = PaneId::Transcript;
    model.zoom = false;
}

/// All that can have the focus, in the order of the keys that walk through it.
fn stops(model: &Model) -> Vec<Focus> {
    let shown = |id: &PaneId| match id {
        PaneId::Transcript => true,
        PaneId::Activity => model.activity,
        PaneId::Changes => model.changes,
    };
    let panes = PaneId::ALL.into_iter().filter(shown).map(Focus::Pane);
    panes.chain([Focus::Message]).collect()
}

fn cycle(model: &mut Model, by: isize) {
    let stops = stops(model);
    let at = stops.iter().position(|stop| *stop == model.focus).unwrap_or(0) as isize;
    let next = (at + by).rem_euclid(stops.len() as isize) as usize;
    set_focus(model, stops[next]);
}

fn set_focus(model: &mut Model, to: Focus) {
    match to {
        Focus::Message => model.focus = Focus::Message,
        Focus::Pane(id) => focus(model, id),
    }
}

/// Gives the focus to the nearest part in a direction.
fn step(model: &mut Model, direction: Action) {
    let parts = model.layout.panes.iter().map(|(id, place)| (Focus::Pane(*id), place.outer));
    let parts: Vec<_> = parts.chain([(Focus::Message, model.layout.composer.outer)]).collect();
    let Some((_, from)) = parts.iter().find(|(part, _)| *part == model.focus) else { return };
    let lies = |to: &Rect| match direction {
        Action::FocusLeft => to.right() <= from.x,
        Action::FocusRight => to.x >= from.right(),
        Action::FocusUp => to.bottom() <= from.y,
        _ => to.y >= from.bottom(),
    };
    let far = |to: &Rect| u32::from(from.x.abs_diff(to.x)) + u32::from(from.y.abs_diff(to.y));
    let next = parts.iter().filter(|(_, area)| lies(area)).min_by_key(|(_, area)| far(area));
    if let Some((part, _)) = next {
        set_focus(model, *part);
    }
}

fn zoom(model: &mut Model) {
    if let Focus::Pane(id) = model.focus {
        model.front = id;
    }
    model.zoom = !model.zoom;
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
    say_copied(model, vec![Effect::Copy(text)])
}

/// Says what is known of a copy: that it went to the terminal, not that it arrived. What is too
/// long for a terminal is not sent.
fn say_copied(model: &mut Model, effects: Effects) -> Effects {
    let mut out = Effects::new();
    for effect in effects {
        if let Effect::Copy(text) = &effect {
            if text.len() > MAX_COPY {
                let (size, most) = (text.len() / 1000, MAX_COPY / 1000);
                let text = format!("{size} kB are too much for the clipboard: most is {most} kB");
                model.toasts.fail(text, model.now);
                continue;
            }
            let count = text.chars().count();
            let how = "sent to the terminal (OSC 52): paste to check";
            model.toasts.say(format!("{count} characters {how}"), model.now);
        }
        out.push(effect);
    }
    out
}

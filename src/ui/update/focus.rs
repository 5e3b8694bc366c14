//! Which part of the screen has the keys.

use ratatui::layout::Rect;

use crate::ui::action::Action;
use crate::ui::layout::PaneId;
use crate::ui::model::{Focus, Model};

/// Gives a pane the focus, and shows it.
pub(super) fn focus(model: &mut Model, id: PaneId) {
    match id {
        PaneId::Transcript | PaneId::Sessions => {}
        PaneId::Activity => model.activity = true,
        PaneId::Changes => model.changes = true,
    }
    if id == PaneId::Sessions {
        model.panes.sessions.refresh();
    }
    model.focus = Focus::Pane(id);
    model.front = id;
}

/// Shows a pane and gives it the focus; hides it where it has it.
pub(super) fn toggle(model: &mut Model, id: PaneId) {
    if model.focus != Focus::Pane(id) {
        return focus(model, id);
    }
    match id {
        PaneId::Transcript | PaneId::Sessions => {}
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
        PaneId::Sessions => model.has_sidebar() || model.layout.tabs.is_some(),
        PaneId::Activity => model.activity,
        PaneId::Changes => model.changes,
    };
    let panes = PaneId::ALL.into_iter().filter(shown).map(Focus::Pane);
    panes.chain([Focus::Message]).collect()
}

pub(super) fn cycle(model: &mut Model, by: isize) {
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
pub(super) fn step(model: &mut Model, direction: Action) {
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

pub(super) fn zoom(model: &mut Model) {
    if let Focus::Pane(id) = model.focus {
        model.front = id;
    }
    model.zoom = !model.zoom;
}

//! The mouse: a click gives the focus, the wheel scrolls what lies under it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use crate::ui::action::Action;
use crate::ui::effect::Effects;
use crate::ui::layout::PaneId;
use crate::ui::model::{Focus, Model};
use crate::ui::pane::Pane as _;
use crate::ui::update::{act, changes, focus, layer, select, split};

/// Rows of a step of the wheel.
const WHEEL: usize = 3;

/// What the mouse did, where the parts of the last frame stand.
pub(super) fn mouse(model: &mut Model, event: MouseEvent) -> Effects {
    let at = Position::new(event.column, event.row);
    if let Some(effects) = split::mouse(model, event.kind, at) {
        return effects;
    }
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) if model.now >= model.deaf => {
            let effects = click(model, at);
            select::press(model, at, event.modifiers);
            effects
        }
        MouseEventKind::Down(MouseButton::Right) => select::menu(model, at),
        MouseEventKind::Drag(MouseButton::Left) => select::drag(model, at),
        MouseEventKind::Up(MouseButton::Left) => select::release(model, at),
        MouseEventKind::ScrollUp => wheel(model, at, Action::Up),
        MouseEventKind::ScrollDown => wheel(model, at, Action::Down),
        _ => Effects::new(),
    }
}

fn click(model: &mut Model, at: Position) -> Effects {
    model.dirty = true;
    if !model.layers.is_empty() {
        return layer::click(model, at);
    }
    if let Some(question) = model.question
        && question.outer.contains(at)
    {
        return model.panes.permission.click(at, question.inner, &model.session);
    }
    if model.layout.composer.outer.contains(at) {
        model.focus = Focus::Message;
        if model.layout.draft.contains(at) {
            model.composer.editor.click(at, model.layout.draft);
        }
        return Effects::new();
    }
    if let Some(id) = tab(model, at) {
        focus::focus(model, id);
        return Effects::new();
    }
    let Some((id, place)) = under(model, at) else { return Effects::new() };
    let twice = model.focus == Focus::Pane(id);
    focus::focus(model, id);
    if twice && id == PaneId::Sessions && model.panes.sessions.is_chosen(at, place) {
        return act::act(model, Action::Open);
    }
    // The transcript waits for the button to go up: until then it may be a selection.
    if place.contains(at) && id != PaneId::Transcript {
        if id == PaneId::Changes && changes::opens(model) && model.panes.changes.is_cursor(at) {
            return changes::act(model, Action::ChangesFull);
        }
        return model.panes.get_mut(id).click(at, place, &model.session);
    }
    Effects::new()
}

/// The wheel over something that lies over the screen never scrolls what is below.
fn wheel(model: &mut Model, at: Position, action: Action) -> Effects {
    model.dirty = true;
    let mut effects = Effects::new();
    for _ in 0..WHEEL {
        match model.layers.is_empty() {
            false => effects.extend(layer::act(model, action)),
            true if model.question.is_some_and(|question| question.outer.contains(at)) => {
                effects.extend(model.panes.permission.act(action, &model.session));
            }
            true => {
                if let Some((id, _)) = under(model, at) {
                    // Its cursor stays: the wheel looks around, it does not choose.
                    let action = match (id, action) {
                        (PaneId::Transcript | PaneId::Changes, Action::Up) => Action::ScrollUp,
                        (PaneId::Transcript | PaneId::Changes, Action::Down) => Action::ScrollDown,
                        _ => action,
                    };
                    effects.extend(model.panes.get_mut(id).act(action, &model.session));
                }
            }
        }
    }
    effects
}

/// The pane under the pointer, and the room inside its border.
pub(super) fn under(model: &Model, at: Position) -> Option<(PaneId, ratatui::layout::Rect)> {
    // What lies over others comes last.
    let mut panes = model.layout.panes.iter().rev();
    panes.find(|(_, place)| place.outer.contains(at)).map(|(id, place)| (*id, place.inner))
}

/// The tab under the pointer.
fn tab(model: &Model, at: Position) -> Option<PaneId> {
    let tabs = model.layout.tabs.filter(|tabs| tabs.contains(at))?;
    let mut x = tabs.x;
    crate::ui::view::tabs(model).into_iter().find_map(|(id, text)| {
        x = x.saturating_add(crate::base::text::width(&text) as u16);
        (at.x < x).then_some(id)
    })
}

//! Selecting with the mouse: inside one pane, however far the pointer goes.

use crossterm::event::KeyModifiers;
use ratatui::layout::{Position, Rect};

use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::layout::PaneId;
use crate::ui::model::Model;
use crate::ui::msg::Msg;
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::pane::Pane as _;
use crate::ui::update::mouse::under;
use crate::ui::update::{focus, layer};

/// The transcript's room, where it is seen and nothing lies over it at `at`.
fn room(model: &Model) -> Option<Rect> {
    let mut panes = model.layout.panes.iter();
    panes.find(|(id, _)| *id == PaneId::Transcript).map(|(_, place)| place.inner)
}

/// Does the pointer stand on the transcript, with nothing over it?
fn is_on(model: &Model, at: Position) -> bool {
    let question = model.question.is_some_and(|question| question.outer.contains(at));
    let on =
        under(model, at).is_some_and(|(id, inner)| id == PaneId::Transcript && inner.contains(at));
    on && model.layers.is_empty() && !question
}

/// The left button went down.
pub(super) fn press(model: &mut Model, at: Position, keys: KeyModifiers) {
    let Some(area) = room(model).filter(|_| is_on(model, at)) else { return };
    let Model { panes, session, now, .. } = model;
    panes.transcript.press(at, area, keys.contains(KeyModifiers::ALT), *now, session);
}

/// The pointer moved with the button down.
pub(super) fn drag(model: &mut Model, at: Position) -> Effects {
    if let Some(area) = room(model).filter(|_| model.layers.is_empty()) {
        let Model { panes, session, now, .. } = &mut *model;
        panes.transcript.drag(at, area, *now, session);
        model.dirty = true;
    }
    Effects::new()
}

/// The button went up: a click does what a click does; what was selected is copied where that is
/// wanted.
pub(super) fn release(model: &mut Model, at: Position) -> Effects {
    let Some(area) = room(model) else { return Effects::new() };
    model.dirty = true;
    let Model { panes, session, setting, .. } = &mut *model;
    if panes.transcript.release() {
        return if area.contains(at) {
            panes.transcript.click(at, area, session)
        } else {
            Effects::new()
        };
    }
    if !setting.copy_on_select {
        return Effects::new();
    }
    let text = panes.transcript.selected(false, session);
    text.map(Effect::Copy).into_iter().collect()
}

/// The right button: what can be done with what is selected or stands there.
pub(super) fn menu(model: &mut Model, at: Position) -> Effects {
    let Some(area) = room(model).filter(|_| is_on(model, at)) else { return Effects::new() };
    focus::focus(model, PaneId::Transcript);
    if model.panes.transcript.selection().is_none() {
        let Model { panes, session, .. } = &mut *model;
        panes.transcript.point(at, area, session);
    }
    let item = |label: &str, action| Item {
        label: label.to_owned(),
        chosen: Some(Msg::Act(action)),
        ..Item::default()
    };
    let items = vec![
        item("Copy", Action::Copy),
        item("Copy the turn as markdown", Action::CopyTurn),
        item("Quote in the message", Action::Quote),
        item("Open link or file", Action::OpenAt),
    ];
    layer::open(model, Picker::new("Transcript", items));
    model.dirty = true;
    Effects::new()
}

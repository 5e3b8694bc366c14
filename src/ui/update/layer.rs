//! What lies over the screen: it takes the keys, and what it says goes to the model.

use ratatui::layout::Position;

use crate::ui::action::Action;
use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::overlay::{Answer, Layer};
use crate::ui::update::update;

/// Lays something over the screen.
pub(super) fn open(model: &mut Model, layer: impl Layer + 'static) {
    model.layers.push(Box::new(layer));
}

/// An action for the top one.
pub(super) fn act(model: &mut Model, action: Action) -> Effects {
    let Model { layers, session, .. } = model;
    let Some(top) = layers.last_mut() else { return Effects::new() };
    let answer = top.act(action, session);
    done(model, answer)
}

/// Text for the top one.
pub(super) fn write(model: &mut Model, text: &str) -> Effects {
    let Some(top) = model.layers.last_mut() else { return Effects::new() };
    let answer = top.write(text);
    done(model, answer)
}

/// A click: into the top one, or beside it, which closes it.
pub(super) fn click(model: &mut Model, at: Position) -> Effects {
    let Some(place) = model.layer_places().last() else { return Effects::new() };
    if !place.outer.contains(at) {
        return act(model, Action::Escape);
    }
    let Model { layers, session, .. } = model;
    let Some(top) = layers.last_mut().filter(|_| place.inner.contains(at)) else {
        return Effects::new();
    };
    let answer = top.click(at, place.inner, session);
    done(model, answer)
}

/// What it says is taken in when it went: a message may lay something else over the screen.
fn done(model: &mut Model, answer: Answer) -> Effects {
    if answer.close {
        model.layers.pop();
    }
    answer.msgs.into_iter().flat_map(|msg| update(model, msg)).collect()
}

//! What fills the window: asked for, shown, and chosen from.

use crate::protocol::{ContextPart, Event, Op, PartState};
use crate::ui::effect::Effects;
use crate::ui::keymap::Context;
use crate::ui::model::Model;
use crate::ui::overlay::context::ContextLayer;
use crate::ui::update::{layer, to_session};

/// Lays it over the screen, and asks the engine to count.
pub(super) fn open(model: &mut Model) -> Effects {
    layer::open(model, ContextLayer::default());
    vec![to_session(model, Op::TellContext)]
}

/// A part shall go, stay or come back.
pub(super) fn chosen(model: &mut Model, part: ContextPart, state: PartState) -> Effects {
    vec![to_session(model, Op::SetContext { part, state }), to_session(model, Op::TellContext)]
}

/// What was said since then is counted too, while somebody looks.
pub(super) fn told(model: &Model, event: &Event) -> Effects {
    let said = matches!(event, Event::MessageFinished { .. } | Event::ToolCallFinished { .. });
    if said && model.layers.iter().any(|layer| layer.context() == Context::Window) {
        return vec![to_session(model, Op::TellContext)];
    }
    Effects::new()
}

#[cfg(test)]
pub(in crate::ui) mod tests;

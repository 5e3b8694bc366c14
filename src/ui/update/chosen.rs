//! A row of a list was chosen: what it stands for happens.

use crate::protocol::Op;
use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::msg::Chosen;
use crate::ui::update::{act, changes, to_session};

/// Does what the row stands for.
pub(super) fn chosen(model: &mut Model, chosen: Chosen) -> Effects {
    model.dirty = true;
    match chosen {
        Chosen::Theme(name) => {
            if !act::set_theme(model, &name) {
                model.toasts.fail(format!("there is no theme {name}"), model.now);
            }
            Effects::new()
        }
        Chosen::Baseline(baseline) => vec![to_session(model, Op::Compare { baseline })],
        Chosen::Turn(turn) => changes::to_turn(model, &turn),
    }
}

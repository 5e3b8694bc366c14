//! A row of a list was chosen: what it stands for happens.

use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::msg::Chosen;
use crate::ui::update::{act, sessions};

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
        Chosen::Session(id) => sessions::go(model, &id),
    }
}

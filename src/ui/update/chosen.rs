//! A row of a list was chosen: what it stands for happens.

use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::msg::Chosen;
use crate::ui::update::theme;

/// Does what the row stands for.
pub(super) fn chosen(model: &mut Model, chosen: Chosen) -> Effects {
    model.dirty = true;
    match chosen {
        Chosen::Theme(name) => theme::choose(model, &name),
        Chosen::Preview(name) => theme::preview(model, &name),
    }
    Effects::new()
}

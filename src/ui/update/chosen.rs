//! A row of a list was chosen: what it stands for happens.

use crate::ui::effect::{Effect, Effects};
use crate::ui::model::Model;
use crate::ui::msg::Chosen;
use crate::ui::update::{act, transcript};

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
        Chosen::Turn(turn) => {
            transcript::go_to(model, &turn);
            Effects::new()
        }
        Chosen::Link(url) => vec![Effect::OpenLink(url)],
        Chosen::File(path, line) => vec![transcript::open_file(model, &path, line)],
    }
}

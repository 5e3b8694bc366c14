//! A row of a list was chosen: what it stands for happens.

use crate::protocol::Op;
use crate::ui::effect::{Effect, Effects};
use crate::ui::model::{Focus, Model};
use crate::ui::msg::Chosen;
use crate::ui::update::{act, queue, to_session};

/// Does what the row stands for.
pub(super) fn chosen(model: &mut Model, chosen: Chosen) -> Effects {
    model.dirty = true;
    match chosen {
        Chosen::Model(name) => vec![to_session(model, Op::SetModel { model: name })],
        Chosen::Theme(name) => {
            if !act::set_theme(model, &name) {
                model.toasts.fail(format!("there is no theme {name}"), model.now);
            }
            Effects::new()
        }
        Chosen::Draft(text) => {
            model.composer.recall(&text, model.now);
            model.focus = Focus::Message;
            Effects::new()
        }
        Chosen::Queued(item) => {
            queue::choose(model, &item);
            Effects::new()
        }
        Chosen::Unqueue(item, fate) => queue::take(model, item, fate),
        Chosen::StopAndQuit => vec![to_session(model, Op::Cancel), Effect::Quit],
        Chosen::KeepWorking => Effects::new(),
    }
}

//! What leaves the composer, and what comes back to it.

use crate::protocol::{Content, Op};
use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::update::{command, compose, held, memory, to_session};

/// Enter, or Tab: says the draft now, or after the running turn.
pub(super) fn send(model: &mut Model, later: bool) -> Effects {
    if !later && (model.burst.goes_on(model.now) || model.composer.editor.take_backslash()) {
        model.composer.editor.newline();
        return Effects::new();
    }
    if later && let Some(next) = compose::ghost(model) {
        model.composer.editor.insert(&next);
        return Effects::new();
    }
    if model.composer.is_blank() || later && !model.is_busy() {
        return Effects::new();
    }
    let draft = model.composer.draft();
    if let Some(command) = command::parse(&draft) {
        return command::run(model, command);
    }
    if let Some(note) = memory::note(&draft) {
        return memory::ask(model, note);
    }
    if let Some(command) = draft.strip_prefix('!').filter(|command| !command.trim().is_empty()) {
        // A paste in it stands there unfolded.
        let written = model.composer.text();
        let command = written.strip_prefix('!').unwrap_or(command).trim().to_owned();
        let (_, mut effects) = compose::take(model);
        effects.push(to_session(model, Op::Shell { command }));
        return effects;
    }
    let (content, mut effects) = compose::take(model);
    let op = if model.is_busy() && !later { Op::Steer { content } } else { Op::Prompt { content } };
    effects.push(to_session(model, op));
    effects
}

/// The engine did not take an op: what was said comes back, and the user is told.
pub(super) fn refused(model: &mut Model, op: Op) -> Effects {
    match op {
        Op::Prompt { content } | Op::Steer { content } => {
            model.composer.give_back(&content);
        }
        Op::Unqueue { item: Some(item) } => {
            if let Some(at) = model.unqueued.iter().rposition(|asked| asked.item == item) {
                model.unqueued.remove(at);
            }
        }
        Op::Shell { command } => {
            model.composer.give_back(&[Content::text(format!("!{command}"))]);
        }
        Op::Decide { .. } => model.panes.permission.not_sent(),
        Op::TellText { .. } => model.panes.permission.not_told(),
        Op::TryRules { .. } => model.panes.permission.not_tried(model.now),
        _ => {}
    }
    if model.session.live.watched {
        model.toasts.fail(held::looked_at(model), model.now);
        model.dirty = true;
        return Effects::new();
    }
    model.toasts.fail("not sent: the session takes no more for now; try again", model.now);
    model.dirty = true;
    Effects::new()
}

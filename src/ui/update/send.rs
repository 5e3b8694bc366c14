//! What leaves the composer, and what comes back to it.

use crate::protocol::{Content, Envelope, Event, Op, text_of};
use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::update::{command, to_session};

/// Enter, or Tab: says the draft now, or after the running turn.
pub(super) fn send(model: &mut Model, later: bool) -> Effects {
    if !later && model.composer.editor.take_backslash() {
        model.composer.editor.newline();
        return Effects::new();
    }
    if model.composer.is_blank() || later && !model.is_busy() {
        return Effects::new();
    }
    let draft = model.composer.draft();
    if let Some(command) = command::parse(&draft) {
        return command::run(model, command);
    }
    let content = vec![Content::text(model.composer.take())];
    let op = if model.is_busy() && !later { Op::Steer { content } } else { Op::Prompt { content } };
    vec![to_session(model, op)]
}

/// Asks for the last queued prompt. It comes back when the queue says that it left.
pub(super) fn unqueue(model: &mut Model) -> Effects {
    if model.session.queue.len() <= model.unqueued {
        return Effects::new();
    }
    model.unqueued += 1;
    vec![to_session(model, Op::Unqueue)]
}

/// Looks whether an event takes the last prompt out of the queue, before it is folded in.
pub(super) fn take_back(model: &mut Model, envelope: &Envelope) {
    let Event::QueueChanged { queue } = &envelope.event else { return };
    if model.unqueued == 0 || envelope.seq <= model.session.seq {
        return;
    }
    if let Some((last, rest)) = model.session.queue.split_last()
        && queue == rest
    {
        model.unqueued -= 1;
        let text = text_of(&last.content);
        model.composer.give_back(&text);
    }
    model.unqueued = model.unqueued.min(queue.len());
}

/// The engine did not take an op: what was said comes back, and the user is told.
pub(super) fn refused(model: &mut Model, op: Op) -> Effects {
    match op {
        Op::Prompt { content } | Op::Steer { content } => {
            model.composer.give_back(&text_of(&content));
        }
        Op::Unqueue => model.unqueued = model.unqueued.saturating_sub(1),
        Op::Decide { .. } => model.panes.permission.not_sent(),
        Op::TryRules { .. } => model.panes.permission.not_tried(model.now),
        _ => {}
    }
    model.toasts.fail("not sent: the session takes no more for now; try again", model.now);
    model.dirty = true;
    Effects::new()
}

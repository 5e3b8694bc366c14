//! What leaves the composer, and what comes back to it.

use crate::protocol::{Content, Envelope, Event, Op, text_of};
use crate::session::State;
use crate::ui::composer::Composer;
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
    if let Some(command) = draft.strip_prefix('!').filter(|command| !command.trim().is_empty()) {
        let written = model.composer.take();
        // A paste in it stands there unfolded.
        let command = written.strip_prefix('!').unwrap_or(command).trim().to_owned();
        return vec![to_session(model, Op::Shell { command })];
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
pub(in crate::ui) fn take_back(
    envelope: &Envelope,
    before: &State,
    composer: &mut Composer,
    unqueued: &mut usize,
) {
    let Event::QueueChanged { queue } = &envelope.event else { return };
    if *unqueued == 0 || envelope.seq <= before.seq {
        return;
    }
    if let Some((last, rest)) = before.queue.split_last()
        && queue == rest
    {
        *unqueued -= 1;
        let text = text_of(&last.content);
        composer.give_back(&text);
    }
    *unqueued = (*unqueued).min(queue.len());
}

/// The engine did not take an op: what was said comes back, and the user is told.
pub(super) fn refused(model: &mut Model, op: Op) -> Effects {
    match op {
        Op::Prompt { content } | Op::Steer { content } => {
            model.composer.give_back(&text_of(&content));
        }
        Op::Shell { command } => model.composer.give_back(&format!("!{command}")),
        Op::Unqueue => model.unqueued = model.unqueued.saturating_sub(1),
        Op::Decide { .. } => model.panes.permission.not_sent(),
        Op::TryRules { .. } => model.panes.permission.not_tried(model.now),
        _ => {}
    }
    model.toasts.fail("not sent: the session takes no more for now; try again", model.now);
    model.dirty = true;
    Effects::new()
}

//! The prompts that wait: taken back, thrown out, or said at once.

use crate::protocol::{Envelope, Event, Op, QueueItem, text_of};
use crate::session::State;
use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::update::to_session;

/// What becomes of a prompt that is taken out of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes back into the composer.
    Edit,
    /// It goes into the turn that runs.
    Steer,
    /// It goes to the prompts before.
    Drop,
}

/// A prompt that was asked for and has not come yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub(in crate::ui) item: QueueItem,
    fate: Fate,
}

/// Asks for one. It comes when the queue says that it left.
pub(super) fn take(model: &mut Model, item: QueueItem, fate: Fate) -> Effects {
    let waits = model.session.queue.iter().filter(|waiting| **waiting == item).count();
    let asked = model.unqueued.iter().filter(|asked| asked.item == item).count();
    if asked >= waits {
        return Effects::new();
    }
    model.unqueued.push(Asked { item: item.clone(), fate });
    vec![to_session(model, Op::Unqueue { item: Some(item) })]
}

/// Asks for the last one that is not asked for yet.
pub(super) fn take_last(model: &mut Model) -> Effects {
    let asked = |item: &QueueItem| model.unqueued.iter().any(|asked| asked.item == *item);
    let last = model.session.queue.iter().rev().find(|item| !asked(item)).cloned();
    last.map(|item| take(model, item, Fate::Edit)).unwrap_or_default()
}

/// Looks whether an event brings what was asked for, before it is folded in.
pub(super) fn observe(model: &mut Model, envelope: &Envelope) -> Effects {
    let Some(Asked { item, fate }) = come(envelope, &model.session, &mut model.unqueued) else {
        return Effects::new();
    };
    match fate {
        Fate::Edit => model.composer.give_back(&item.content),
        Fate::Steer => return vec![to_session(model, Op::Steer { content: item.content })],
        Fate::Drop => {
            model.composer.keep(&item.content, model.now);
            model.toasts.say("removed: Up brings it back", model.now);
        }
    }
    Effects::new()
}

/// The prompt that was asked for and comes by this event, before it is folded in.
pub(in crate::ui) fn come(
    envelope: &Envelope,
    before: &State,
    unqueued: &mut Vec<Asked>,
) -> Option<Asked> {
    let Event::QueueChanged { queue } = &envelope.event else { return None };
    if unqueued.is_empty() || envelope.seq <= before.seq {
        return None;
    }
    let before = &before.queue;
    let gone = (queue.len() + 1 == before.len())
        .then(|| before.iter().zip(queue).position(|(old, new)| old != new).unwrap_or(queue.len()));
    let found = gone.and_then(|at| {
        let item = before.get(at)?;
        unqueued.iter().position(|asked| asked.item == *item)
    });
    let came = found.map(|at| unqueued.remove(at));
    // What went into a turn meanwhile does not come any more.
    unqueued.retain(|asked| queue.contains(&asked.item));
    came
}

/// The list of all that waits.
pub(super) fn open(model: &mut Model) {
    if model.session.queue.is_empty() {
        model.toasts.say("nothing waits to be sent", model.now);
        return;
    }
    let items = model.session.queue.iter().map(|item| {
        let when = if item.steer { "into this turn" } else { "after this turn" };
        let chosen = Some(Msg::Chosen(Chosen::Queued(item.clone())));
        Item { label: label(item), right: when.to_owned(), chosen, ..Item::default() }
    });
    let picker = Picker::new("Waiting prompts", items.collect());
    super::layer::open(model, picker);
}

/// What can be done with one of them.
pub(super) fn choose(model: &mut Model, item: &QueueItem) {
    let mut fates = vec![(Fate::Edit, "Edit it: back into the composer")];
    if model.is_busy() && !item.steer {
        fates.push((Fate::Steer, "Say it now, into the running turn"));
    }
    fates.push((Fate::Drop, "Remove it"));
    let items = fates.into_iter().map(|(fate, label)| {
        let chosen = Some(Msg::Chosen(Chosen::Unqueue(item.clone(), fate)));
        Item { label: label.to_owned(), chosen, ..Item::default() }
    });
    let picker = Picker::new(label(item), items.collect());
    super::layer::open(model, picker);
}

fn label(item: &QueueItem) -> String {
    let text = text_of(&item.content);
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned()
}

//! A message changes the model; what is to be done in the world comes back as data.

mod act;
mod budget;
mod changes;
mod chosen;
mod command;
mod compacting;
mod complete;
mod compose;
mod doubt;
mod focus;
mod held;
mod keep;
mod key;
mod ladder;
mod layer;
mod memory;
mod models;
mod mouse;
mod notify;
mod queue;
mod rewind;
mod select;
mod send;
mod sessions;
mod settings;
mod split;
mod theme;
mod transcript;
pub(in crate::ui) mod window;

pub use self::notify::Told;
pub(in crate::ui) use self::notify::signals;
pub use command::COMMANDS;
pub use compose::{Burst, ghost};
pub use held::{LOOKS_ON, offers, why_held};
pub use keep::{Kept, keep, restore};
pub use ladder::Ladder;
pub use memory::Wanted;
pub use models::Local;
pub(super) use queue::come;
pub use queue::{Asked, Fate};
pub use settings::Knobs;
pub use split::recall;

use std::sync::Arc;

use crate::base::clock::Millis;
use crate::desk::clipboard;
use crate::protocol::{Envelope, Event};
use crate::ui::effect::{Effect, Effects};
use crate::ui::model::{Model, Motion};
use crate::ui::msg::{Loaded, Msg};

/// For how long after the terminal got the focus a click says nothing more, in milliseconds.
const DEAF: u64 = 250;

/// Takes one message in. Pure: reads no clock, waits for nothing.
#[must_use]
pub fn update(model: &mut Model, msg: Msg) -> Effects {
    let writes =
        matches!(msg, Msg::Act(_) | Msg::Chosen(_) | Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(_));
    let mut effects = take_in(model, msg);
    if writes {
        effects.extend(complete::look(model));
    }
    keep::watch(model, &mut effects);
    split::watch(model, &mut effects);
    effects
}

fn take_in(model: &mut Model, msg: Msg) -> Effects {
    match msg {
        Msg::Act(action) => act::act(model, action),
        Msg::Chosen(chosen) => chosen::chosen(model, chosen),
        Msg::Key(key) => key::key(model, key),
        Msg::Paste(text) => key::paste(model, &text),
        Msg::Mouse(event) => mouse::mouse(model, event),
        Msg::Event(envelope) => observe(model, &envelope),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            model.dirty = true;
            // Also at the size that was drawn last: between two frames the terminal may have been
            // smaller, and what it cut off then is gone.
            vec![Effect::Repaint]
        }
        Msg::Focus(awake) => {
            model.awake = awake;
            transcript::look(model, awake);
            if awake {
                model.deaf = Millis(model.now.0.saturating_add(DEAF));
                model.dirty = true;
            }
            Effects::new()
        }
        Msg::Tick(now) => {
            tick(model, now);
            let mut effects = doubt::alone(model);
            effects.extend(model.panes.permission.wanted(now));
            effects
        }
        Msg::Loaded(Loaded::Failed(text)) => {
            model.toasts.fail(text, model.now);
            model.dirty = true;
            Effects::new()
        }
        Msg::Loaded(Loaded::Draft(session, draft)) => {
            keep::found(model, &session, draft);
            Effects::new()
        }
        Msg::Loaded(Loaded::Saved { knob, word, done }) => {
            settings::saved(model, knob, &word, done)
        }
        Msg::Loaded(Loaded::Files(files)) => {
            complete::found(model, files);
            Effects::new()
        }
        Msg::Loaded(Loaded::Lines(lines)) => {
            changes::unfolded(model, lines);
            Effects::new()
        }
        Msg::Loaded(Loaded::Opened(asked, opened)) => sessions::opened(model, asked, opened),
        Msg::Loaded(Loaded::Held(_, held)) => held::asked(model, &held),
        Msg::Loaded(Loaded::Models(asked, found)) => {
            models::found(model, asked, found);
            Effects::new()
        }
        Msg::Loaded(Loaded::Library(answer)) => sessions::answered(model, answer),
        Msg::Loaded(Loaded::EditorClosed) => {
            model.dirty = true;
            Effects::new()
        }
        Msg::Loaded(Loaded::Done(text)) => {
            model.toasts.say(text, model.now);
            model.dirty = true;
            Effects::new()
        }
        Msg::Loaded(Loaded::Uncopied { text, way, said }) => {
            let said = said.unwrap_or_else(|| clipboard::sent(&text));
            model.toasts.say(said, model.now);
            model.dirty = true;
            vec![Effect::Say(text, way)]
        }
        Msg::Loaded(Loaded::Highlighted(done)) => {
            for seat in model.seats.away.values_mut() {
                seat.panes.transcript.highlighted(done.clone());
                seat.panes.changes.highlighted(&done);
            }
            model.panes.changes.highlighted(&done);
            model.panes.transcript.highlighted(done);
            model.dirty = true;
            Effects::new()
        }
        Msg::Loaded(Loaded::Themes(themes, failed)) => theme::changed(model, themes, failed),
        Msg::Loaded(Loaded::TextEdited { key, text }) => {
            model.dirty = true;
            let written = &mut model.panes.permission;
            let (effects, said) = written.written(&key, text.as_deref(), &model.session);
            if let Some(said) = said {
                model.toasts.say(said, model.now);
            }
            compose::edited(model, &key, text);
            effects
        }
        Msg::Loaded(Loaded::Pasted(clip)) => key::pasted(model, clip),
        Msg::Refused(op) => send::refused(model, op),
    }
}

/// Folds an event into its session, then shows it to the panes that subscribed to it.
fn observe(model: &mut Model, envelope: &Arc<Envelope>) -> Effects {
    if envelope.session != model.session.id {
        // Out of sight: folded in; a frame is asked for only where something of it is seen.
        sessions::observe_away(model, envelope);
        return Effects::new();
    }
    let mut effects = queue::observe(model, envelope);
    let waited = model.session.pending.len();
    if matches!(envelope.event, Event::Redone { .. }) {
        rewind::told(model, &envelope.event);
    }
    model.session.apply(envelope);
    if matches!(envelope.event, Event::Rewound { .. }) {
        rewind::told(model, &envelope.event);
    }
    models::told(model, &envelope.event);
    budget::told(model, &envelope.event);
    effects.extend(window::told(model, &envelope.event));
    memory::told(model, &envelope.event);
    let topic = envelope.event.topic();
    for pane in model.panes.all_mut() {
        if pane.topics().contains(topic) {
            pane.observe(envelope, &model.session);
        }
    }
    effects.extend(model.panes.permission.wanted(model.now));
    if model.session.pending.len() != waited {
        model.panes.permission.tick(model.now, &model.session);
    }
    if matches!(envelope.event, Event::TurnFinished { .. }) {
        model.ladder.turn_over();
        model.panes.sessions.refresh();
    }
    model.dirty = true;
    effects
}

/// Time passed: what shows time is drawn again, and what had its time goes.
fn tick(model: &mut Model, now: Millis) {
    let before = model.now;
    let shown = model.shows_leader();
    model.now = now;
    let armed = model.panes.permission.armed();
    model.panes.permission.tick(now, &model.session);
    let arming = model.panes.permission.is_open(&model.session)
        && (!armed || !model.panes.permission.armed());
    let step = match model.setting.motion {
        Motion::Full => before.0 / 125 != now.0 / 125,
        Motion::Reduced => before.0 / 1000 != now.0 / 1000,
    };
    let moved = step && model.is_animated();
    let found = transcript::tick(model, now);
    let gone = model.toasts.tick(now) | model.ladder.tick(now);
    model.dirty |= found || arming || moved || gone || shown != model.shows_leader();
}

/// An effect on the session that is seen.
fn to_session(model: &Model, op: crate::protocol::Op) -> Effect {
    Effect::Send(model.session.id.clone(), op)
}

#[cfg(test)]
mod tests;

//! The draft outlives the program: what changed is written down soon, and not at every key.

use crate::base::clock::Millis;
use crate::protocol::SessionId;
use crate::session::{Draft, Prompt};
use crate::ui::composer::Entry;
use crate::ui::effect::{Effect, Effects};
use crate::ui::model::Model;

/// After how long a change is written, in milliseconds.
const SOON: u64 = 600;

/// What of the draft is written down.
#[derive(Debug, Default)]
pub struct Kept {
    /// The draft that was written last.
    stamp: u64,
    /// When the one that is there is to be.
    due: Option<Millis>,
}

impl Kept {
    /// When something is to be written.
    pub fn next_tick(&self) -> Option<Millis> {
        self.due
    }
}

/// Looks after each message whether the draft is another one, and whether its time has come.
pub(super) fn watch(model: &mut Model, effects: &mut Effects) {
    for (session, seat) in &mut model.seats.away {
        let (stamp, state) = (seat.composer.stamp(), model.others.get(session));
        if let Some(state) = state.filter(|_| stamp != seat.kept.stamp) {
            seat.kept = Kept { stamp, due: None };
            let (session, cwd) = (session.clone(), state.cwd.clone());
            effects.push(Effect::Keep { session, cwd, draft: seat.composer.kept() });
        }
    }
    if model.composer.stamp() == model.kept.stamp {
        return;
    }
    let due = *model.kept.due.get_or_insert(Millis(model.now.0.saturating_add(SOON)));
    // What was sent is not to come back.
    if due <= model.now || model.composer.editor.is_empty() {
        effects.extend(keep(model));
    }
}

/// Writes the draft down; nothing where it is already.
pub fn keep(model: &mut Model) -> Option<Effect> {
    let stamp = model.composer.stamp();
    if stamp == model.kept.stamp {
        return None;
    }
    model.kept = Kept { stamp, due: None };
    let (session, cwd) = (model.session.id.clone(), model.session.cwd.clone());
    Some(Effect::Keep { session, cwd, draft: model.composer.kept() })
}

/// What was kept of a session that was opened is there again, unless something else is written.
pub(super) fn found(model: &mut Model, session: &SessionId, draft: Draft) {
    let composer = match model.seats.away.get_mut(session) {
        Some(seat) => &mut seat.composer,
        None if model.session.id == *session => &mut model.composer,
        None => return,
    };
    if composer.editor.is_empty() && !composer.is_stashed() {
        composer.restore(draft);
        model.dirty = true;
    }
}

/// What was kept is there again.
pub fn restore(model: &mut Model, draft: Option<Draft>, prompts: Vec<Prompt>) {
    let entry = |prompt: Prompt| Entry { text: prompt.text, cwd: Some(prompt.cwd), at: prompt.at };
    let here = model.session.cwd.clone();
    model.composer.load(prompts.into_iter().map(entry).collect(), &here);
    if let Some(draft) = draft.filter(|draft| !draft.is_empty()) {
        let stashed = draft.stash.is_some();
        model.composer.restore(draft);
        let text = match (model.composer.is_blank(), stashed) {
            (true, _) => "what you put aside is back: Ctrl+S",
            (false, false) => "your draft is back",
            (false, true) => "your draft is back, and what you put aside: Ctrl+S",
        };
        model.toasts.say(text, model.now);
    }
    model.kept = Kept { stamp: model.composer.stamp(), due: None };
}

//! A session that another claw works in, and copies of a session: what is offered and asked for.

use crate::engine::Start;
use crate::session::Held;
use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::Context;
use crate::ui::layout::PaneId;
use crate::ui::library::Request;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::update::{layer, sessions};

/// What is said where a session is only looked at.
pub const LOOKS_ON: &str = "You only look on: another claw works in this session.";

/// What can be done about a session that cannot go on here: in words, and how it is opened then.
pub fn offers(held: &Held) -> Vec<(&'static str, Start)> {
    let id = held.session().clone();
    let look = match held {
        Held::Open { .. } => "Look on: see what happens there, and change nothing",
        Held::Newer { .. } => "Look at it, and change nothing",
    };
    vec![("Go on in a copy of it, as it is now", Start::Fork(id.clone())), (look, Start::Watch(id))]
}

/// Why it cannot, in a sentence.
pub fn why_held(held: &Held) -> String {
    match held {
        Held::Open { session } => format!("Another claw works in the session {session}."),
        Held::Newer { version, .. } => {
            format!("A newer claw wrote it (version {version} of the log): this one must not.")
        }
    }
}

/// A session that was asked for cannot go on here: the user is asked.
pub(super) fn asked(model: &mut Model, held: &Held) -> Effects {
    model.seats.opening = model.seats.opening.saturating_sub(1);
    model.dirty = true;
    let items = offers(held).into_iter().map(|(label, start)| Item {
        label: label.to_owned(),
        chosen: Some(Msg::Chosen(Chosen::Start(start))),
        ..Item::default()
    });
    let items = items.collect();
    layer::open(model, Picker::new(why_held(held), items));
    Effects::new()
}

/// What is said to who writes into a session that is only looked at.
pub(super) fn looked_at(model: &Model) -> String {
    let fork = model.keymap.hint(Action::ForkSession, Context::Message).unwrap_or_default();
    format!("not sent: here you only look on; {fork}")
}

/// A copy of the session that is seen: as it was after the turn under the cursor of the transcript.
pub(super) fn fork_here(model: &Model) -> Start {
    let id = model.session.id.clone();
    let reads = model.focus == Focus::Pane(PaneId::Transcript);
    match model.panes.transcript.earlier_turn(&model.session).filter(|_| reads) {
        Some(turn) => Start::ForkAt(id, turn),
        None => Start::Fork(id),
    }
}

/// `/fork [TURN]`.
pub(super) fn fork(model: &mut Model, said: &str) -> Result<Effects, String> {
    let id = model.session.id.clone();
    let turns = model.session.turns;
    let start = match said.trim_start_matches('#') {
        "" => Start::Fork(id),
        number => match number.parse() {
            Ok(turn) if (1..=turns).contains(&turn) => Start::ForkAt(id, turn),
            _ => return Err(format!("forks: /fork, or /fork and a turn from 1 to {turns}")),
        },
    };
    Ok(sessions::open(model, start))
}

/// `/tag WORDS`.
pub(super) fn tag(model: &mut Model, said: &str) -> Result<Effects, String> {
    let words = || said.split_whitespace();
    let remove: Vec<_> =
        words().filter_map(|word| word.strip_prefix('-')).map(str::to_owned).collect();
    let add: Vec<_> = words().filter(|word| !word.starts_with('-')).map(str::to_owned).collect();
    let row = model.panes.sessions.row(&model.session.id);
    let Some(row) = row.filter(|row| !row.path.as_os_str().is_empty()) else {
        model.panes.sessions.want();
        model.panes.sessions.refresh();
        return Err("the list of sessions is not here yet: try again".to_owned());
    };
    if add.is_empty() && remove.is_empty() {
        let tags: Vec<_> = row.tags.iter().map(|tag| format!("#{tag}")).collect();
        let tags = if tags.is_empty() { "none".to_owned() } else { tags.join(" ") };
        return Err(format!("tags: {tags}; /tag WORDS gives it more, -WORD takes one away"));
    }
    let log = row.path.clone();
    model.panes.sessions.refresh();
    model.toasts.say("tagged; tag:WORD in the list of sessions finds it", model.now);
    Ok(vec![Effect::Library(Request::Tag { log, add, remove })])
}

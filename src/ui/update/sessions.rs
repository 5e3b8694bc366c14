//! From session to session: what is asked of the list, and which session is seen.

use std::sync::Arc;

use crate::engine::Start;
use crate::protocol::{Envelope, SessionId};
use crate::session::{Overview, State, Status};
use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::Context;
use crate::ui::layout::{PaneId, ROOMY};
use crate::ui::library::{Answer, Request};
use crate::ui::model::{Focus, Model};
use crate::ui::msg::Loaded;
use crate::ui::overlay::preview::Preview;
use crate::ui::pane::sessions::{Done, LAST};
use crate::ui::update::{focus, held, layer, split};

/// An action that is about sessions; none for the others.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Effects> {
    let listed = model.focus == Focus::Pane(PaneId::Sessions);
    if model.context() == Context::SessionWords {
        let done = model.panes.sessions.edit(action);
        return Some(written(model, done));
    }
    let none = Some(Effects::new());
    if action != Action::DeleteSession {
        model.panes.sessions.reconsider();
    }
    match action {
        Action::FocusSessions => focus::toggle(model, PaneId::Sessions),
        Action::ToggleSessions => return Some(toggle(model)),
        Action::NewSession => return Some(open(model, Start::New)),
        Action::LastSession | Action::SecondLastSession | Action::ThirdLastSession => {
            return Some(last(model, action));
        }
        Action::ForkSession => return Some(fork(model, listed)),
        Action::RenameSession => {
            if !listed {
                focus::focus(model, PaneId::Sessions);
                let seen = model.session.id.clone();
                model.panes.sessions.select(&seen);
            }
            if !model.panes.sessions.rename() {
                model.toasts.say("the list of sessions is not here yet: try again", model.now);
            }
        }
        Action::UndeleteSession if listed => {
            let Some(log) = model.panes.sessions.deleted.pop() else {
                model.toasts.say("nothing was deleted", model.now);
                return none;
            };
            model.panes.sessions.refresh();
            return Some(vec![Effect::Library(Request::Restore { log })]);
        }
        Action::Open
        | Action::PinSession
        | Action::DeleteSession
        | Action::PreviewSession
        | Action::ArchiveSession
        | Action::Copy
            if listed =>
        {
            let Some(row) = model.panes.sessions.selected().cloned() else { return none };
            return Some(on_row(model, action, &row));
        }
        _ => return None,
    }
    none
}

fn on_row(model: &mut Model, action: Action, row: &Overview) -> Effects {
    match action {
        Action::Open => go(model, &row.id),
        Action::Copy => {
            model.toasts.say(format!("copied the id {} (sent to the terminal)", row.id), model.now);
            vec![Effect::Copy(row.id.to_string())]
        }
        Action::DeleteSession => delete(model, row),
        // The log of a session that was just begun is not listed yet.
        _ if row.path.as_os_str().is_empty() => {
            model.panes.sessions.refresh();
            Effects::new()
        }
        Action::PinSession => {
            model.panes.sessions.refresh();
            let (log, pinned) = (row.path.clone(), !row.pinned);
            vec![Effect::Library(Request::Pin { log, pinned })]
        }
        Action::ArchiveSession => {
            model.panes.sessions.refresh();
            let how =
                if row.archived { "in the list again" } else { "put away; archived: lists it" };
            model.toasts.say(how, model.now);
            let (log, archived) = (row.path.clone(), !row.archived);
            vec![Effect::Library(Request::Archive { log, archived })]
        }
        _ => {
            layer::open(model, Preview::new(row));
            let (session, log) = (row.id.clone(), row.path.clone());
            vec![Effect::Library(Request::Turns { session, log })]
        }
    }
}

/// What came of words for the list.
fn written(model: &mut Model, done: Done) -> Effects {
    match done {
        Done::No => Effects::new(),
        Done::Renamed(log, name) => {
            model.panes.sessions.refresh();
            vec![Effect::Library(Request::Rename { log, name })]
        }
    }
}

/// Shows the sidebar, or hides it wherever the focus is.
fn toggle(model: &mut Model) -> Effects {
    let seen = model.layout.pane(PaneId::Sessions).is_some() && model.has_sidebar();
    if seen {
        if model.focus == Focus::Pane(PaneId::Sessions) {
            focus::toggle(model, PaneId::Sessions);
        }
    } else {
        focus::focus(model, PaneId::Sessions);
    }
    if model.size.0 < ROOMY {
        return Effects::new();
    }
    model.sidebar = Some(!seen);
    split::keep(model)
}

/// Goes to a session: at once where it is live, else when it is open.
pub(super) fn go(model: &mut Model, id: &SessionId) -> Effects {
    if *id == model.session.id || model.show(id) {
        shown(model);
        return Effects::new();
    }
    let Some(row) = model.panes.sessions.row(id) else { return Effects::new() };
    if row.cwd != model.setting.project {
        let text = if row.cwd.as_os_str().is_empty() {
            "this session cannot be opened: its log is damaged".to_owned()
        } else {
            format!("it belongs to {}: claw --resume {id} opens it there", row.cwd.display())
        };
        model.toasts.fail(text, model.now);
        return Effects::new();
    }
    open(model, Start::Resume(id.clone()))
}

/// To one of the sessions that were last touched.
fn last(model: &mut Model, action: Action) -> Effects {
    let Model { panes, session, setting, .. } = model;
    let Some(recent) = panes.sessions.recent(&session.id, &setting.project) else {
        model.panes.sessions.want();
        model.toasts.say("the list of sessions is not here yet: try again", model.now);
        return Effects::new();
    };
    let found = recent.zip(LAST).find(|(_, one)| *one == action).map(|(one, _)| one.id.clone());
    match found {
        Some(id) if model.show(&id) => shown(model),
        Some(id) => return open(model, Start::Resume(id)),
        None => model.toasts.say("there is no such session in this project yet", model.now),
    }
    Effects::new()
}

/// After another session came, it is seen and written to.
fn shown(model: &mut Model) {
    model.focus = Focus::Message;
    model.front = PaneId::Transcript;
    model.zoom = false;
    model.dirty = true;
    let seen = model.session.id.clone();
    model.panes.sessions.select(&seen);
}

pub(super) fn open(model: &mut Model, start: Start) -> Effects {
    model.seats.asked += 1;
    model.seats.opening += 1;
    vec![Effect::Open(model.seats.asked, start)]
}

fn fork(model: &mut Model, listed: bool) -> Effects {
    let row = model.panes.sessions.selected().filter(|_| listed);
    if row.is_some_and(|row| row.cwd != model.setting.project) {
        let text = "a session of another project is forked there";
        model.toasts.fail(text, model.now);
        return Effects::new();
    }
    let start = match row {
        Some(row) => Start::Fork(row.id.clone()),
        None => held::fork_here(model),
    };
    open(model, start)
}

/// A session that was asked for is open, or cannot be opened.
pub(super) fn opened(model: &mut Model, asked: u64, opened: Result<Box<State>, String>) -> Effects {
    model.seats.opening = model.seats.opening.saturating_sub(1);
    model.dirty = true;
    model.panes.sessions.refresh();
    match opened {
        Ok(state) => {
            let id = state.id.clone();
            if state.live.watched {
                model.toasts.say(held::LOOKS_ON, model.now);
            }
            model.opened(*state);
            // Of several that were asked for, the last one is meant.
            if asked == model.seats.asked && model.show(&id) {
                shown(model);
            }
        }
        Err(error) => model.toasts.fail(error, model.now),
    }
    Effects::new()
}

/// Something happened in a session out of sight.
pub(super) fn observe_away(model: &mut Model, envelope: &Arc<Envelope>) {
    let state = |model: &Model| {
        model.others.get(&envelope.session).map(|state| (state.status(), state.pending.len()))
    };
    let before = state(model);
    model.observe_away(envelope);
    let after = state(model);
    if after != before {
        model.panes.sessions.refresh();
        let waits = |state: Option<(Status, usize)>| state.map_or(0, |(_, waiting)| waiting);
        let listed = model.layout.pane(PaneId::Sessions).is_some();
        model.dirty |= listed || waits(before) != waits(after);
    }
}

/// Goes to a session out of sight that waits for the user. Is there one?
pub(super) fn to_waiting(model: &mut Model) -> bool {
    let mut waiting: Vec<_> =
        model.others.values().filter(|state| !state.pending.is_empty()).collect();
    waiting.sort_by_key(|state| (state.touched, state.id.clone()));
    let Some(id) = waiting.first().map(|state| state.id.clone()) else { return false };
    let there = model.show(&id);
    shown(model);
    there
}

/// The first press asks, the second deletes.
fn delete(model: &mut Model, row: &Overview) -> Effects {
    let sessions = &mut model.panes.sessions;
    let busy = model.others.get(&row.id).is_some_and(|state| state.turn.is_some());
    let refused = if row.id == model.session.id {
        Some("this session is open: go to another one first")
    } else if busy {
        Some("this session works: go there and stop it first")
    } else {
        None
    };
    if let Some(text) = refused {
        model.toasts.fail(text, model.now);
        return Effects::new();
    }
    if !sessions.confirm(&row.id) {
        return Effects::new();
    }
    let (session, log) = (row.id.clone(), row.path.clone());
    let request = Request::Delete { session: session.clone(), log };
    if model.others.contains_key(&session) {
        return vec![Effect::Delete(request, session)];
    }
    vec![Effect::Library(request)]
}

/// The library answered.
pub(super) fn answered(model: &mut Model, answer: Answer) -> Effects {
    model.dirty = true;
    match answer {
        Answer::Listed { all, sessions } => model.panes.sessions.listed(all, sessions),
        Answer::Found { generation, hits, more } => {
            model.panes.sessions.found(generation, hits, more);
        }
        Answer::Deleted { session, log } => {
            model.others.remove(&session);
            model.panes.sessions.deleted.push(log);
            model.panes.sessions.refresh();
            let undo = model.keymap.hint(Action::UndeleteSession, Context::Sessions);
            let text = format!("deleted; {}", undo.unwrap_or_default());
            model.toasts.say(text, model.now);
        }
        Answer::Told(text) => model.toasts.say(text, model.now),
        Answer::Failed(text) => {
            model.panes.sessions.refresh();
            model.toasts.fail(text, model.now);
        }
        answer @ Answer::Turns { .. } => {
            let loaded = Loaded::Library(answer);
            for layer in &mut model.layers {
                let _ = layer.loaded(&loaded);
            }
        }
    }
    Effects::new()
}

#[cfg(test)]
mod tests;

//! The transcript's own actions: find, select, copy, quote, open, jump.

use std::path::Path;

use crate::base::clock::Millis;
use crate::ui::action::{Action, Edit};
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::Context;
use crate::ui::layout::PaneId;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::pane::transcript::Target;
use crate::ui::update::focus::focus;
use crate::ui::update::layer;

/// Does an action of the transcript; none where it is not one.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Effects> {
    let here = model.focus == Focus::Pane(PaneId::Transcript);
    let finds = model.context() == Context::Find;
    let Model { panes, session, .. } = &mut *model;
    let pane = &mut panes.transcript;
    match action {
        Action::Find => {
            focus(model, PaneId::Transcript);
            let Model { panes, session, .. } = model;
            panes.transcript.begin_find(session);
        }
        Action::Confirm if finds => pane.end_typing(),
        Action::Escape if finds => drop(pane.end_find()),
        Action::Edit(edit) if finds => {
            let change = |needle: &mut String| match edit {
                Edit::DeleteBefore => drop(needle.pop()),
                Edit::DeleteToStart => needle.clear(),
                _ => {}
            };
            pane.rewrite_find(change, session);
        }
        Action::TurnList => turns(model),
        Action::CopyTurn if here => {
            return Some(copied(pane.copy_turn(session)));
        }
        Action::Quote => quote(model),
        Action::OpenAt => return Some(open(model)),
        Action::PrintTranscript => return Some(vec![Effect::Print(pane.printed(session))]),
        _ => return None,
    }
    Some(Effects::new())
}

/// Text for the find line. Does it take any?
pub(super) fn write(model: &mut Model, text: &str) -> bool {
    let Model { panes, session, .. } = model;
    if !panes.transcript.is_finding() {
        return false;
    }
    let line = text.lines().next().unwrap_or_default();
    panes.transcript.rewrite_find(|needle| needle.push_str(line), session);
    true
}

/// Time passes: the search goes on, and so does a selection beyond the edge. Is something new seen?
pub(super) fn tick(model: &mut Model, now: Millis) -> bool {
    let place = model.layout.panes.iter().find(|(id, _)| *id == PaneId::Transcript);
    let area = place.map(|(_, place)| place.inner).unwrap_or_default();
    let Model { panes, session, .. } = model;
    panes.transcript.advance_find(session) | panes.transcript.drag_on(area, now, session)
}

/// The terminal lost the focus, or has it again.
pub(super) fn look(model: &mut Model, awake: bool) {
    let Model { panes, session, setting, .. } = model;
    if awake {
        panes.transcript.look_back(session, setting.price);
    } else {
        panes.transcript.look_away(session);
    }
}

/// What Esc ends first: the selection, then the search. Was there one?
pub(super) fn dismiss(model: &mut Model) -> bool {
    let pane = &mut model.panes.transcript;
    model.focus == Focus::Pane(PaneId::Transcript) && (pane.unselect() || pane.end_find())
}

/// What is selected, where the transcript has the focus: `Ctrl+C` copies it.
pub(super) fn selected(model: &mut Model) -> Option<Effects> {
    let Model { panes, session, focus, .. } = model;
    let here = *focus == Focus::Pane(PaneId::Transcript);
    let text = panes.transcript.selected(false, session).filter(|_| here)?;
    Some(copied(Some(text)))
}

fn copied(text: Option<String>) -> Effects {
    text.map(Effect::Copy).into_iter().collect()
}

/// The list of turns, the last one first.
fn turns(model: &mut Model) {
    let items: Vec<Item> = model.panes.transcript.turns(&model.session);
    let items = items.into_iter().rev().collect::<Vec<_>>();
    if items.is_empty() {
        model.toasts.say("nothing was said yet", model.now);
        return;
    }
    layer::open(model, Picker::new("Turns", items));
}

/// What is selected, or the entry under the cursor, goes into the draft as a quote.
fn quote(model: &mut Model) {
    let Model { panes, session, .. } = &mut *model;
    let Some(text) = panes.transcript.quoted(session) else {
        model.toasts.say("there is nothing to quote here", model.now);
        return;
    };
    model.composer.quote(&text);
    model.panes.transcript.unselect();
    model.focus = Focus::Message;
}

/// Opens what stands under the cursor: a file in the editor, an address after a question; of
/// several, one is chosen.
fn open(model: &mut Model) -> Effects {
    let Model { panes, session, .. } = &mut *model;
    let found = panes.transcript.targets(session);
    let item = |target: &Target| match target {
        Target::Link(url) => Item {
            label: url.clone(),
            detail: "in the browser".to_owned(),
            chosen: Some(Msg::Chosen(Chosen::Link(url.clone()))),
            ..Item::default()
        },
        Target::File(path, line) => Item {
            label: format!("{}:{line}", path.display()),
            detail: "in the editor".to_owned(),
            chosen: Some(Msg::Chosen(Chosen::File(path.clone(), *line))),
            ..Item::default()
        },
    };
    match found.as_slice() {
        [] => model.toasts.say("no link and no file stands here", model.now),
        [Target::File(path, line)] => return vec![open_file(model, path, *line)],
        // Nothing leaves for the net without a look at where it goes.
        [link @ Target::Link(_)] => {
            layer::open(model, Picker::new("Open this address?", vec![item(link)]));
        }
        several => layer::open(model, Picker::new("Open", several.iter().map(item).collect())),
    }
    Effects::new()
}

/// The editor on a file of the project.
pub(super) fn open_file(model: &Model, path: &Path, line: usize) -> Effect {
    Effect::OpenFile { path: model.session.cwd.join(path), line }
}

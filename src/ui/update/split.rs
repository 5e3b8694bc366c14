//! Borders that move: by the mouse, by keys, and back.

use crossterm::event::{MouseButton, MouseEventKind};
use ratatui::layout::Position;

use crate::ui::effect::{Effect, Effects};
use crate::ui::layout::{Kept, PaneId, ROOMY, Shares, Splitter};
use crate::ui::library::Request;
use crate::ui::model::{Focus, Model};

/// What the mouse does to a border; none where it has none. A press is a click, too.
pub(super) fn mouse(model: &mut Model, kind: MouseEventKind, at: Position) -> Option<Effects> {
    match kind {
        MouseEventKind::Down(MouseButton::Left) => {
            let free = model.layers.is_empty()
                && model.now >= model.deaf
                && model.question.is_none_or(|question| !question.outer.contains(at));
            model.drag = model.layout.splitter(at).filter(|_| free);
            None
        }
        MouseEventKind::Drag(MouseButton::Left) => {
            let splitter = model.drag?;
            let (place, size) = match splitter {
                Splitter::Sidebar | Splitter::Right => ((at.x, 0), (model.size.0, 0)),
                Splitter::Upper => {
                    let rows = model.layout.above.height;
                    ((0, at.y.saturating_sub(model.layout.above.y)), (0, rows))
                }
            };
            model.shares = model.shares.dragged(splitter, place, size);
            model.dirty = true;
            Some(Effects::new())
        }
        MouseEventKind::Up(MouseButton::Left) => model.drag.take().map(|_| keep(model)),
        _ => None,
    }
}

/// The pane with the focus gets larger or smaller.
pub(super) fn step(model: &mut Model, grow: bool) -> Effects {
    let Focus::Pane(id) = model.focus else { return Effects::new() };
    // Of several presses between two frames each counts.
    model.arrange();
    let Some(place) = model.layout.pane(id).filter(|_| !model.zoom) else { return Effects::new() };
    let both = model.layout.pane(PaneId::Activity).zip(model.layout.pane(PaneId::Changes));
    let (columns, rows) = (model.size.0, model.layout.above.height);
    let (splitter, now, of, grow) = match id {
        PaneId::Sessions => (Splitter::Sidebar, place.outer.width, columns, grow),
        PaneId::Transcript => {
            let Some(right) = model.layout.panes.iter().find(|(id, _)| is_right(*id)) else {
                return Effects::new();
            };
            (Splitter::Right, right.1.outer.width, columns, !grow)
        }
        // Above each other they share rows; alone, columns with the transcript.
        PaneId::Activity | PaneId::Changes => match both {
            Some((activity, _)) => {
                (Splitter::Upper, activity.outer.height, rows, grow == (id == PaneId::Activity))
            }
            None => (Splitter::Right, place.outer.width, columns, grow),
        },
    };
    let seen = model.layout.splitters.iter().any(|(which, _)| *which == splitter);
    if !seen {
        model.toasts.say("this size has no border to move", model.now);
        return Effects::new();
    }
    model.shares = model.shares.stepped(splitter, now, of, grow);
    keep(model)
}

fn is_right(id: PaneId) -> bool {
    matches!(id, PaneId::Activity | PaneId::Changes)
}

/// Everything stands where the size of the screen says.
pub(super) fn reset(model: &mut Model) -> Effects {
    model.shares = Shares::default();
    (model.sidebar, model.zoom, model.activity, model.changes) = (None, false, true, true);
    model.toasts.say("the layout is as at first", model.now);
    keep(model)
}

/// Remembers the layout for the project.
pub(super) fn keep(model: &mut Model) -> Effects {
    model.laid = laid(model);
    vec![Effect::Library(Request::Keep(model.laid))]
}

/// The layout, as it is worth to be remembered. Another pane on the whole width is a look at it: at
/// the next start it would hide what is said.
fn laid(model: &Model) -> Kept {
    Kept {
        shares: model.shares,
        sessions: model.sidebar,
        no_activity: !model.activity,
        no_changes: !model.changes,
        zoom: model.zoom && model.front == PaneId::Transcript,
    }
}

/// Remembers which panes are shown, where a screen shows several.
pub(super) fn watch(model: &mut Model, effects: &mut Effects) {
    let (now, before) = (laid(model), model.laid);
    let shown = |kept: Kept| (kept.no_activity, kept.no_changes, kept.zoom);
    if model.size.0 >= ROOMY && shown(now) != shown(before) {
        effects.extend(keep(model));
    }
}

/// The layout is as it was remembered.
pub fn recall(model: &mut Model, kept: Kept) {
    (model.shares, model.sidebar) = (kept.shares, kept.sessions);
    (model.activity, model.changes) = (!kept.no_activity, !kept.no_changes);
    (model.zoom, model.laid) = (kept.zoom, kept);
}

//! The changes, where more than their pane is asked for: the whole screen, a list over it, the
//! composer, the editor.

use crate::protocol::{Baseline, Op, TurnId};
use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::layout::PaneId;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::overlay::why::WhyLayer;
use crate::ui::pane::changes::Lines;
use crate::ui::update::{focus, layer, to_session};

/// All baselines: what the list calls them, and what is seen from there.
const BASELINES: &[(Baseline, &str, &str)] = &[
    (Baseline::SessionStart, "session start", "all that this session did"),
    (Baseline::LastTurn, "last turn", "what the last prompt brought"),
    (Baseline::LastLook, "since you last looked", "what you have not seen"),
    (Baseline::Head, "HEAD", "all that is not committed"),
    (Baseline::Index, "index", "all that is not staged"),
];

/// An action that takes more than the pane.
pub(super) fn act(model: &mut Model, action: Action) -> Effects {
    match action {
        Action::ChangesFull if is_full(model) => return close(model),
        Action::ChangesFull => {
            focus::focus(model, PaneId::Changes);
            model.zoom = true;
            model.panes.changes.set_full(true);
        }
        Action::ChooseBaseline => {
            let picker = baselines(model);
            layer::open(model, picker);
        }
        Action::ShowWhy => match model.panes.changes.reason(&model.session) {
            Some(reason) => layer::open(model, WhyLayer::new(reason)),
            None => model.toasts.say("there is no change to explain", model.now),
        },
        Action::AskAbout => ask(model),
        Action::EditFile => {
            let place = model.panes.changes.place();
            return place.map(|(path, line)| Effect::OpenFile { path, line }).into_iter().collect();
        }
        _ => {}
    }
    Effects::new()
}

/// Have the changes the whole screen, and the focus?
pub(super) fn is_full(model: &Model) -> bool {
    model.zoom && model.focus == Focus::Pane(PaneId::Changes)
}

/// Does opening mean the whole screen here?
pub(super) fn opens(model: &Model) -> bool {
    let changes = &model.panes.changes;
    let focused = model.focus == Focus::Pane(PaneId::Changes);
    let otherwise = changes.on_folded() || changes.on_unchanged();
    focused && !model.zoom && !changes.is_empty() && !otherwise
}

/// Lines that were asked for were read: they go to the session that asked.
pub(super) fn unfolded(model: &mut Model, lines: Lines) {
    let panes = if lines.session == model.session.id {
        model.dirty = true;
        Some(&mut model.panes)
    } else {
        model.seats.away.get_mut(&lines.session).map(|seat| &mut seat.panes)
    };
    if let Some(panes) = panes {
        panes.changes.unfolded(lines);
    }
}

/// Leaves the full screen: what was in it is seen.
pub(super) fn close(model: &mut Model) -> Effects {
    model.zoom = false;
    model.panes.changes.set_full(false);
    looked(model)
}

/// The pane in front takes the whole width, or gives it back.
pub(super) fn zoom(model: &mut Model) -> Effects {
    let was = is_full(model);
    focus::zoom(model);
    if was { looked(model) } else { Effects::new() }
}

fn looked(model: &Model) -> Effects {
    if model.panes.changes.is_empty() {
        return Effects::new();
    }
    vec![to_session(model, Op::Looked)]
}

fn baselines(model: &Model) -> Picker {
    let git = model.session.live.branch.is_some();
    let items = BASELINES.iter().map(|(baseline, label, detail)| {
        let needs = matches!(baseline, Baseline::Head | Baseline::Index) && !git;
        let detail = if needs { "there is no git repository here" } else { detail };
        let chosen = (!needs).then_some(Msg::Chosen(Chosen::Baseline(*baseline)));
        let now = model.panes.changes.against() == *baseline;
        let right = if now { "now" } else { "" }.to_owned();
        let (label, detail) = ((*label).to_owned(), detail.to_owned());
        Item { label, detail, right, chosen, ..Item::default() }
    });
    Picker::new("Compare with", items.collect()).at(|item| !item.right.is_empty())
}

/// Puts the lines into the draft, and the caret behind them.
fn ask(model: &mut Model) {
    let Some((place, block)) = model.panes.changes.quote(&model.session.cwd) else {
        model.toasts.say("there are no lines to ask about", model.now);
        return;
    };
    let composer = &mut model.composer;
    if !composer.editor.is_empty() {
        composer.editor.insert("\n");
    }
    composer.editor.insert(&format!("{place}\n"));
    if composer.paste(&block).is_err() {
        // The place is enough to find them.
        model.toasts.say("too many lines to quote: only their place is", model.now);
    }
    model.panes.changes.dismiss();
    model.focus = Focus::Message;
}

/// To the prompt of a turn.
pub(super) fn to_turn(model: &mut Model, turn: &TurnId) -> Effects {
    let Model { panes, session, .. } = model;
    if panes.transcript.go_to_turn(turn, session) {
        let effects = if is_full(model) { close(model) } else { Effects::new() };
        focus::focus(model, PaneId::Transcript);
        return effects;
    }
    model.toasts.say("that turn is not in the transcript", model.now);
    Effects::new()
}

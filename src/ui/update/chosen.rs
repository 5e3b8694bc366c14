//! A row of a list was chosen: what it stands for happens.

use crate::protocol::Op;
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::Context;
use crate::ui::layout::PaneId;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::Chosen;
use crate::ui::update::focus::focus;
use crate::ui::update::{
    act, changes, memory, queue, sessions, settings, theme, to_session, transcript, window,
};

/// How many commands are remembered as recent.
const RECENT: usize = 5;

/// The pane whose commands a context names.
fn pane(context: Context) -> Option<PaneId> {
    match context {
        Context::Transcript => Some(PaneId::Transcript),
        Context::Activity => Some(PaneId::Activity),
        Context::Changes => Some(PaneId::Changes),
        Context::Sessions => Some(PaneId::Sessions),
        _ => None,
    }
}

/// Does what the row stands for.
pub(super) fn chosen(model: &mut Model, chosen: Chosen) -> Effects {
    model.dirty = true;
    match chosen {
        Chosen::Run(place, action) => {
            model.recent.retain(|run| *run != (place, action));
            model.recent.insert(0, (place, action));
            model.recent.truncate(RECENT);
            if let Some(pane) = pane(place) {
                focus(model, pane);
            }
            return act::act(model, action);
        }
        Chosen::Write(text) => {
            model.focus = Focus::Message;
            // A sign begins a draft: where one is written already, it stands at the caret.
            model.composer.editor.insert(&text);
        }
        Chosen::Budget(budget) => return vec![to_session(model, Op::SetBudget { budget })],
        Chosen::Context(part, state) => return window::chosen(model, part, state),
        Chosen::Note(path, text) => return memory::add(model, path, text),
        Chosen::Import(path) => return vec![to_session(model, Op::AllowImport { path })],
        Chosen::StopTurn => return vec![to_session(model, Op::Cancel)],
        Chosen::Mode(mode) => return vec![to_session(model, Op::SetMode { mode })],
        Chosen::Model(name) => return vec![to_session(model, Op::SetModel { model: name })],
        Chosen::Effort(effort) => return vec![to_session(model, Op::SetEffort { effort })],
        Chosen::Theme(name) => return theme::choose(model, &name),
        Chosen::Knob(knob) => return settings::cycle(model, knob),
        Chosen::Sidebar => return settings::sidebar(model),
        Chosen::Preview(name) => theme::preview(model, &name),
        Chosen::Session(id) => return sessions::go(model, &id),
        Chosen::Start(start) => return sessions::open(model, start),
        Chosen::Draft(text) => {
            model.composer.recall(&text, model.now);
            model.focus = Focus::Message;
        }
        Chosen::Queued(item) => queue::choose(model, &item),
        Chosen::Unqueue(item, fate) => return queue::take(model, item, fate),
        Chosen::StopAndQuit => return vec![to_session(model, Op::Cancel), Effect::Quit],
        Chosen::KeepWorking => {}
        Chosen::Baseline(baseline) => return vec![to_session(model, Op::Compare { baseline })],
        Chosen::Turn(turn) => return changes::to_turn(model, &turn),
        Chosen::TryRewind(to) => return vec![to_session(model, Op::TryRewind { to })],
        Chosen::Rewind(to, what, force) => {
            return vec![to_session(model, Op::Rewind { to, what, force })];
        }
        Chosen::Link(url) => return vec![Effect::OpenLink(url)],
        Chosen::File(path, line) => return vec![transcript::open_file(model, &path, line)],
    }
    Effects::new()
}

//! The screen: a function of the model. Changes nothing.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget as _;

use crate::base::text::{sanitise, width};
use crate::ui::action::Action;
use crate::ui::composer::popup;
use crate::ui::keymap::Context;
use crate::ui::layout::{LEAST, PaneId, Place};
use crate::ui::model::{Focus, Model};
use crate::ui::overlay::which_key;
use crate::ui::pane::Pane;
use crate::ui::pane::composer;
use crate::ui::pane::status;
use crate::ui::pane::transcript::TranscriptPane;
use crate::ui::theme::Role;
use crate::ui::widget::frame::{Framed, clear};
use crate::ui::widget::hints::Hints;

/// Draws what [`Model::arrange`] laid out. The terminal's cursor stands where text goes.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let screen = frame.area();
    let buf = frame.buffer_mut();
    buf.set_style(screen, model.theme.style(Role::Background));
    buf.set_style(screen, model.theme.style(Role::Text));
    if let Some(area) = model.layout.tabs {
        view_tabs(model, area, buf);
    }
    for (id, place) in &model.layout.panes {
        view_pane(model, *id, place, buf);
    }
    if model.layout.too_small && model.question.is_none() {
        too_small(model, buf);
    }
    composer::view(model, buf);
    status::view(model, model.layout.status, buf);
    if let Some(offer) = model.completer.offer().filter(|_| model.context() == Context::Completion)
    {
        let keys =
            hints(model, &[Action::Complete, Action::Confirm, Action::Escape], Context::Completion);
        popup::view(offer, keys, &model.theme, model.layout.above, buf);
    }
    if let Some(place) = model.question {
        view_question(model, place, buf);
    }
    model.toasts.view(&model.theme, toast_room(model), buf);
    view_layers(model, buf);
    if model.shows_leader() {
        let (chords, _) = &model.leader;
        let keys = model.keymap.following(model.context(), chords);
        let leader = crate::ui::keymap::written(chords);
        which_key::view(&leader, &keys, &model.theme, model.layout.above, buf);
    }
    if let Some(cursor) = cursor(model).filter(|cursor| screen.contains(*cursor)) {
        frame.set_cursor_position(cursor);
    }
}

/// Where text goes; none where keys are commands.
fn cursor(model: &Model) -> Option<Position> {
    if let Some((layer, place)) = model.layers.last().zip(model.layer_places().last()) {
        return layer.caret(place.inner);
    }
    match model.context() {
        context if context.is_question() => {
            model.panes.permission.cursor(&model.session, model.question?.inner)
        }
        Context::SessionWords => {
            let place = model.layout.pane(PaneId::Sessions)?;
            model.panes.sessions.caret(place.inner)
        }
        Context::Find => {
            let mut panes = model.layout.panes.iter();
            let (_, place) = panes.find(|(id, _)| *id == PaneId::Transcript)?;
            let area = TranscriptPane::find_area(place.outer, place.inner);
            model.panes.transcript.find_caret(&model.session, area)
        }
        Context::Message | Context::Completion => {
            let covered = model.question.is_some_and(|q| q.outer.intersects(model.layout.draft));
            (!covered).then(|| model.composer.editor.caret(model.layout.draft))
        }
        _ => None,
    }
}

/// Toasts stand above the composer, and never over an answer.
fn toast_room(model: &Model) -> Rect {
    let mut room = model.layout.above;
    if model.layout.bordered {
        // Not over the lower borders, where the hints are.
        room.height = room.height.saturating_sub(1);
    }
    if let Some(question) = model.question {
        let free = question.outer.y.saturating_sub(room.y);
        room.height = room.height.min(free);
    }
    room
}

fn view_pane(model: &Model, id: PaneId, place: &Place, buf: &mut Buffer) {
    let pane = model.panes.get(id);
    let focused = model.is_focused(id);
    let look = model.look(focused);
    let finds = id == PaneId::Transcript && model.panes.transcript.has_find();
    let pane_hints = || hints(model, pane.hints(), keys(model, id));
    if model.layout.bordered {
        let (left, right) = pane.title(&model.session, &look);
        let dot = model.theme.glyphs().dot;
        let after = if left.is_empty() { String::new() } else { format!(" {dot} {left}") };
        let framed = Framed {
            theme: &model.theme,
            focused,
            title: format!("{} {}{after}", id.number(), id.name()),
            right,
            hints: if focused && !finds { pane_hints() } else { Vec::new() },
        };
        framed.over(place.outer, buf);
        buf.set_style(place.inner, model.theme.style(Role::Text));
    }
    pane.view(&model.session, &look, place.inner, buf);
    if finds {
        let area = TranscriptPane::find_area(place.outer, place.inner);
        if !model.layout.bordered {
            clear(area.intersection(buf.area), buf);
            buf.set_style(area, model.theme.style(Role::Text));
        }
        let rest = model.panes.transcript.view_find(&model.session, &model.theme, area, buf);
        if focused && model.layout.bordered {
            Hints { theme: &model.theme, hints: &pane_hints() }.render(rest, buf);
        }
    }
}

fn context(id: PaneId) -> Context {
    match id {
        PaneId::Sessions => Context::Sessions,
        PaneId::Transcript => Context::Transcript,
        PaneId::Activity => Context::Activity,
        PaneId::Changes => Context::Changes,
    }
}

/// Which keys hold in a pane that has the focus.
fn keys(model: &Model, id: PaneId) -> Context {
    match model.context() {
        context @ (Context::SessionWords | Context::Find) => context,
        _ => context(id),
    }
}

/// Keys and words for actions where they can be reached in a context.
pub(super) fn hints(model: &Model, actions: &[Action], context: Context) -> Vec<(String, String)> {
    let rows = actions.iter().filter_map(|action| model.keymap.binding(*action, context));
    rows.map(|row| (row.keys(), row.label.to_owned())).collect()
}

/// What the pane with the focus can do, where it has no border to say it in.
pub(super) fn focused_hints(model: &Model) -> Option<Vec<(String, String)>> {
    match model.focus {
        Focus::Pane(id) if model.is_focused(id) && !model.layout.bordered => {
            let mut actions = vec![Action::FocusMessage];
            actions.extend(model.panes.get(id).hints());
            Some(hints(model, &actions, keys(model, id)))
        }
        _ => None,
    }
}

/// The tabs, in order: each with its text.
pub(super) fn tabs(model: &Model) -> Vec<(PaneId, String)> {
    let glyphs = model.theme.glyphs();
    let tab = |id: PaneId| {
        let name = format!("{} {}", id.number(), id.name());
        let text = if id == model.front {
            format!("{}{name}{}", glyphs.tab_left, glyphs.tab_right)
        } else {
            format!(" {name} ")
        };
        (id, text)
    };
    PaneId::ALL.into_iter().map(tab).collect()
}

fn view_tabs(model: &Model, area: Rect, buf: &mut Buffer) {
    let mut x = area.x;
    for (id, text) in tabs(model) {
        let role = match id == model.front {
            true if model.is_focused(id) => Role::BorderFocus,
            true => Role::Text,
            false => Role::Muted,
        };
        let room = usize::from(area.right().saturating_sub(x));
        x = buf.set_stringn(x, area.y, text, room, model.theme.style(role)).0;
    }
    let look = model.look(false);
    let (left, right) = model.panes.get(model.front).title(&model.session, &look);
    let text = if right.is_empty() { left } else { right };
    let text = sanitise(&text);
    let cells = width(text.as_str()) as u16;
    if cells > 0 && x + cells + 2 < area.right() {
        let style = model.theme.style(Role::Muted);
        buf.set_stringn(area.right() - cells - 1, area.y, text, usize::from(cells), style);
    }
}

fn view_question(model: &Model, place: Place, buf: &mut Buffer) {
    let pane = &model.panes.permission;
    let focused = model.context().is_question();
    let look = model.look(focused);
    let (title, right) = pane.title(&model.session, &look);
    let title = format!("Permission {title}");
    let framed = Framed {
        theme: &model.theme,
        focused,
        title,
        right,
        hints: hints(model, pane.hints(), pane.context()),
    };
    if model.layout.too_small {
        clear(place.outer, buf);
    } else {
        framed.over(place.outer, buf);
    }
    buf.set_style(place.inner, model.theme.style(Role::Text));
    pane.view(&model.session, &look, place.inner, buf);
}

fn view_layers(model: &Model, buf: &mut Buffer) {
    for (layer, place) in model.layers.iter().zip(model.layer_places()) {
        let (title, right) = layer.title();
        let hints = hints(model, layer.hints(), layer.context());
        Framed { theme: &model.theme, focused: true, title, right, hints }.over(place.outer, buf);
        layer.view(&model.session, &model.look(true), place.inner, buf);
    }
}

fn too_small(model: &Model, buf: &mut Buffer) {
    let area = model.layout.above;
    if area.height > 0 {
        let text = format!("too small: {}x{} needed", LEAST.0, LEAST.1);
        let style = model.theme.style(Role::Wait);
        buf.set_stringn(area.x, area.y, text, usize::from(area.width), style);
    }
}

/// Hints at the right end of a line: as many of them as there is room for.
pub(super) fn hints_right(model: &Model, hints: &[(String, String)], area: Rect, buf: &mut Buffer) {
    let mut hints = Hints { theme: &model.theme, hints };
    while hints.width() > usize::from(area.width) && !hints.hints.is_empty() {
        hints.hints = &hints.hints[..hints.hints.len() - 1];
    }
    let cells = hints.width() as u16;
    (&hints).render(Rect { x: area.right() - cells, width: cells, ..area }, buf);
}

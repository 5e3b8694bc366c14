//! The composer: the queue, the draft, and what Enter would do with it.

mod cost;

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget as _;

use crate::base::text::{sanitise, truncate, width};
use crate::protocol::text_of;
use crate::ui::action::Action;
use crate::ui::composer::Looks;
use crate::ui::keymap::Context;
use crate::ui::layout;
use crate::ui::model::Model;
use crate::ui::theme::Role;
use crate::ui::update::ghost;
use crate::ui::view::hints;
use crate::ui::widget::frame::{Framed, alone};
use crate::ui::widget::hints::Hints;
use crate::ui::widget::scrollbar::Scrollbar;

/// Draws it where the layout has it.
pub fn view(model: &Model, buf: &mut Buffer) {
    let place = model.layout.composer;
    let framed = Framed {
        theme: &model.theme,
        focused: model.is_writing(),
        title: title(model).to_owned(),
        right: right(model),
        hints: words(model),
    };
    let (above, below) =
        (place.inner.y - place.outer.y, place.outer.bottom() - place.inner.bottom());
    if place.inner.x > place.outer.x {
        (&framed).render(place.outer, buf);
    } else {
        if above > 0 {
            let line = Rect { height: 1, ..place.outer };
            framed.rule(line, buf);
            framed.upper(line, buf);
        }
        if below > 0 {
            let line = Rect { y: place.outer.bottom() - 1, height: 1, ..place.outer };
            framed.rule(line, buf);
            framed.lower(line, buf);
        }
    }
    if below > 0 {
        view_cost(model, &framed, place.outer, buf);
    }
    view_queue(model, buf);
    view_draft(model, buf);
}

/// What is put aside, and the mode of vim's keys.
fn right(model: &Model) -> String {
    let aside = model.composer.is_stashed().then(|| {
        let key = model.keymap.binding(Action::Stash, Context::Message);
        key.map_or_else(|| "1 put aside".to_owned(), |row| format!("1 put aside: {}", row.keys()))
    });
    let mode = model.composer.mode().map(|mode| mode.word().to_owned());
    let parts: Vec<String> = aside.into_iter().chain(mode).collect();
    parts.join(&format!(" {} ", model.theme.glyphs().dot))
}

/// What sending would cost, at the right of the lower border, where the hints leave room.
fn view_cost(model: &Model, framed: &Framed<'_>, outer: Rect, buf: &mut Buffer) {
    let Some(cost) = cost::cost(model) else { return };
    let hints = Hints { theme: &model.theme, hints: &framed.hints };
    let (cells, used) = (width(&cost) + 2, hints.width() + 4);
    let room = usize::from(outer.width).saturating_sub(2);
    if used + cells <= room {
        let x = outer.right().saturating_sub(cells as u16 + 2);
        let style = alone(model.theme.style(Role::Muted));
        buf.set_stringn(x, outer.bottom() - 1, format!(" {cost} "), cells, style);
    }
}

fn title(model: &Model) -> &'static str {
    let open = model.panes.permission.is_open(&model.session);
    if open && !model.composer.is_blank() { "Message · your draft is kept" } else { "Message" }
}

/// What Enter and its like do now; nothing that cannot be done now.
fn words(model: &Model) -> Vec<(String, String)> {
    if model.context() != Context::Message {
        return Vec::new();
    }
    let mut actions = vec![Action::Send];
    if model.is_busy() {
        actions.push(Action::Queue);
    }
    actions.push(Action::Newline);
    if !model.session.queue.is_empty() {
        actions.insert(1, Action::Unqueue);
        actions.push(Action::OpenQueue);
    }
    if model.composer.editor.is_empty() && model.composer.is_stashed() {
        actions.push(Action::Stash);
    }
    let mut hints = hints(model, &actions, Context::Message);
    if model.is_busy() {
        for (_, label) in hints.iter_mut().filter(|(_, label)| label == "send") {
            "send now".clone_into(label);
        }
    }
    if model.composer.is_blank() {
        // No key of the table: a letter that begins a draft of another kind.
        hints.push(("/".to_owned(), "command".to_owned()));
    }
    hints
}

/// The prompts that wait, the last ones where there is no room for all.
fn view_queue(model: &Model, buf: &mut Buffer) {
    let area = model.layout.queue;
    let queue = &model.session.queue;
    let hidden = queue.len().saturating_sub(usize::from(area.height));
    for (item, y) in queue.iter().skip(hidden).zip(area.y..area.bottom()) {
        let how = match (item.steer, model.is_busy()) {
            (true, _) => "into this turn",
            (false, true) => "after this turn",
            // A turn that was stopped leaves them here.
            (false, false) => "after the next turn",
        };
        let more = if hidden > 0 && y == area.y {
            format!(" (and {hidden} before)")
        } else {
            String::new()
        };
        let text = sanitise(text_of(&item.content).trim()).into_string();
        let room = usize::from(area.width);
        let line = truncate(&format!("{} {how}{more}: {text}", model.theme.glyphs().dot), room);
        buf.set_stringn(area.x, y, line, room, model.theme.style(Role::Muted));
    }
}

fn view_draft(model: &Model, buf: &mut Buffer) {
    let area = model.layout.draft;
    if area.is_empty() {
        return;
    }
    let muted = model.theme.style(Role::Muted);
    if area.x >= 2 {
        buf.set_stringn(area.x - 2, area.y, model.theme.glyphs().caret, 1, muted);
    }
    let editor = &model.composer.editor;
    let looks = Looks {
        text: model.theme.style(Role::Text),
        atom: model.theme.style(Role::Accent),
        selected: model.theme.style(Role::Selection),
    };
    editor.view(&looks, area, buf);
    if editor.is_empty() {
        let text = truncate(&placeholder(model), usize::from(area.width));
        buf.set_stringn(area.x, area.y, text, usize::from(area.width), muted);
    }
    let (_, most) = layout::composer_rows(model.size);
    if area.height >= most && area.right() < buf.area.right() {
        let rows = usize::from(editor.scrolled()) + usize::from(area.height);
        let bar = Rect { width: area.width + 1, ..area };
        Scrollbar { theme: &model.theme, top: usize::from(editor.scrolled()), rows }
            .render(bar, buf);
    }
}

/// What the composer is for now.
fn placeholder(model: &Model) -> Cow<'static, str> {
    let key = model.keymap.binding(Action::Queue, Context::Message);
    if model.panes.permission.is_open(&model.session) {
        "Waiting for your answer above".into()
    } else if model.is_busy() {
        "Steer (Enter) or queue (Tab)".into()
    } else if let Some((next, key)) = ghost(model).zip(key) {
        format!("Type a task, or {}: {}", key.keys(), sanitise(&next)).into()
    } else {
        "Type a task".into()
    }
}

//! Lays the screen out before a frame.

use ratatui::layout::Rect;

use crate::ui::layout::{self, Layout, PaneId, Place, Wanted};
use crate::ui::model::{Focus, Model, look};
use crate::ui::pane::Pane as _;
use crate::ui::pane::permission;

impl Model {
    /// Lays everything out for the next frame. Cheap where nothing changed.
    pub fn arrange(&mut self) {
        let (_, most) = layout::composer_rows(self.size);
        let width = layout::composer_width(self.size);
        self.layout = Layout::new(&Wanted {
            size: self.size,
            sessions: self.has_sidebar(),
            shares: self.shares,
            activity: self.activity,
            changes: self.changes,
            front: self.front,
            zoom: self.zoom,
            draft: self.composer.editor.rows(width, most),
            question: self.panes.permission.is_open(&self.session),
            queued: u16::try_from(self.session.queue.len()).unwrap_or(u16::MAX),
        });
        self.composer.editor.arrange(self.layout.draft);
        self.spent.follow(&self.session, self.setting.price);
        self.panes.transcript.set_price(self.setting.price);
        self.arrange_permission();
        self.arrange_offers();
        if self.layout.pane(crate::ui::layout::PaneId::Sessions).is_some() {
            let Self { panes, session, others, setting, .. } = self;
            panes.sessions.follow(session, others, setting, self.now);
        }
        let focus = if self.pane_context() { Some(self.focus) } else { None };
        let full = self.zoom && self.front == PaneId::Changes;
        self.panes.changes.set_full(full);
        let Self { panes, session, theme, layout, now, setting, .. } = self;
        for (id, place) in &layout.panes {
            let focused = focus == Some(Focus::Pane(*id));
            let look = look(theme, *now, setting.motion, focused);
            panes.get_mut(*id).arrange(session, &look, place.inner);
        }
        let places: Vec<Rect> = self.layer_places().map(|place| place.inner).collect();
        for (layer, inner) in self.layers.iter_mut().zip(places) {
            layer.arrange(&self.session, inner);
        }
    }

    /// Where nothing was said yet, the last sessions are offered.
    fn arrange_offers(&mut self) {
        let Self { panes, session, setting, keymap, now, .. } = self;
        let mut offers = Vec::new();
        if session.entries.is_empty() {
            panes.sessions.want();
            offers = panes.sessions.offers(&session.id, &setting.project, keymap, *now);
        }
        panes.transcript.offer(offers);
    }

    fn arrange_permission(&mut self) {
        let Self { panes, session, theme, layout, now, setting, size, .. } = self;
        self.question = panes.permission.is_open(session).then(|| {
            // On a small screen the question takes the room of the panes: the draft stays in sight.
            let screen = Rect::new(0, 0, size.0, size.1);
            let room = if layout.bordered { screen } else { layout.above };
            let outer = panes.permission.size(session, room).intersection(screen);
            let inner = if layout.too_small { outer } else { permission::inside(outer) };
            let look = look(theme, *now, setting.motion, panes.permission.armed());
            panes.permission.arrange(session, &look, inner);
            Place { outer, inner }
        });
    }

    /// Where what lies over the screen stands, the lowest first.
    pub fn layer_places(&self) -> impl Iterator<Item = Place> {
        self.layers.iter().map(|layer| self.layer_place(layer.size()))
    }

    fn layer_place(&self, (width, height): (u16, u16)) -> Place {
        let screen = Rect::new(0, 0, self.size.0, self.size.1);
        let room = self.layout.composer.outer.y;
        let width = width.min(screen.width);
        let height = height.min(room.saturating_sub(2)).max(room.min(6)).max(3).min(screen.height);
        let outer = Rect {
            x: (screen.width - width) / 2,
            y: room.saturating_sub(height) / 2,
            width,
            height,
        };
        let inner = layout::shrink(outer);
        let inside = Rect { x: inner.x + 1, width: inner.width.saturating_sub(1), ..inner };
        Place { outer, inner: inside.intersection(inner) }
    }
}

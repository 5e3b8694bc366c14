//! The whole output of one call, as it is kept.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::text;
use crate::protocol::CallId;
use crate::session::CallEntry;
use crate::ui::action::Action;
use crate::ui::pane::activity::rows::output;
use crate::ui::pane::{Look, paged};
use crate::ui::row::Row;
use crate::ui::theme::Role;

/// The output of a call in place of the list.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub(super) call: CallId,
    made_of: Option<(usize, u64, bool)>,
    rows: Vec<Row>,
    scroll: usize,
    page: usize,
    /// The end stays in sight.
    follow: bool,
}

impl Log {
    /// Of a call that runs the end is in sight.
    pub(super) fn new(call: &CallEntry) -> Self {
        let follow = call.outcome.is_none();
        let call = call.call.id.clone();
        Self { call, made_of: None, rows: Vec::new(), scroll: 0, page: 0, follow }
    }

    /// Scrolls. Does the action close it?
    pub(super) fn act(&mut self, action: Action) -> bool {
        let to = match action {
            Action::OpenLog | Action::Close | Action::Toggle => return true,
            Action::Up => self.scroll.saturating_sub(1),
            Action::Down => self.scroll.saturating_add(1),
            action => match paged(action, self.scroll, self.page) {
                Some(to) => to,
                None => return false,
            },
        };
        let last = self.last();
        self.scroll = to.min(last);
        self.follow = to >= last;
        false
    }

    fn last(&self) -> usize {
        self.rows.len().saturating_sub(self.page)
    }

    /// Lays it out for this room.
    pub(super) fn arrange(&mut self, call: &CallEntry, area: Rect) {
        let cells = usize::from(area.width);
        let made_of = Some((cells, call.bytes, call.outcome.is_some()));
        if self.made_of != made_of {
            self.made_of = made_of;
            self.rows.clear();
            for line in text::sanitise_lines(output(call)).lines() {
                self.rows
                    .extend(Row::new(" ", Role::Text).with(line, Role::Text).wrapped(cells, 1));
            }
            if self.rows.is_empty() {
                self.rows.push(Row::new(" no output", Role::Muted));
            }
        }
        self.page = usize::from(area.height);
        self.scroll = if self.follow { self.last() } else { self.scroll.min(self.last()) };
    }

    pub(super) fn view(&self, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let seen = self.rows.iter().skip(self.scroll).take(usize::from(area.height));
        for (y, row) in (0..).zip(seen) {
            row.draw(area, y, look.theme, buf);
        }
    }

    /// Which rows are in sight, of how many.
    pub(super) fn place(&self) -> String {
        let last = (self.scroll + self.page).min(self.rows.len());
        format!("{}-{last} of {}", self.scroll + 1, self.rows.len())
    }
}

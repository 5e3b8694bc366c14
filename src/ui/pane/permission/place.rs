//! Where the question stands, what of it is in sight, and what can be answered.

use ratatui::layout::{Position, Rect};

use crate::protocol::{PermissionRequest, Preview};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::layout;
use crate::ui::pane::permission::foot::Foot;
use crate::ui::pane::permission::rules::Rules;
use crate::ui::pane::permission::written::is_text;
use crate::ui::pane::permission::{PermissionPane, Stage, content};

/// Above this width the border does not touch the words.
const AIRY: u16 = 80;

/// What can be answered where the call can be edited.
const EDITABLE: &[Action] =
    &[Action::AllowOnce, Action::Always, Action::ChangeFirst, Action::Deny, Action::DenyWithWords];
const EDITABLE_ONCE: &[Action] =
    &[Action::AllowOnce, Action::ChangeFirst, Action::Deny, Action::DenyWithWords];
/// What can be answered where there is nothing to edit.
const OTHER: &[Action] = &[Action::AllowOnce, Action::Always, Action::Deny, Action::DenyWithWords];
const OTHER_ONCE: &[Action] = &[Action::AllowOnce, Action::Deny, Action::DenyWithWords];
const DENY: &[Action] = &[Action::Deny, Action::DenyWithWords];

/// What can be answered: "always" only with a rule, and what cannot be shown is not allowed.
pub(super) fn choices(session: &State, request: &PermissionRequest) -> &'static [Action] {
    let Some((_, entry)) = session.call(&request.call) else { return DENY };
    let always = Rules::offered(request, session.touched).is_some();
    let preview = entry.call.preview.as_ref();
    let editable = matches!(preview, Some(Preview::Command { .. })) || is_text(preview);
    match (editable, always) {
        (true, true) => EDITABLE,
        (true, false) => EDITABLE_ONCE,
        (false, true) => OTHER,
        (false, false) => OTHER_ONCE,
    }
}

/// The room inside its border: with air at the sides, where there is room for air.
pub fn inside(outer: Rect) -> Rect {
    let air = u16::from(outer.width > AIRY);
    let inner = layout::shrink(outer);
    Rect { x: inner.x + air, width: inner.width.saturating_sub(2 * air), ..inner }
}

fn is_small(screen: Rect) -> bool {
    screen.width < 100 || screen.height < 20
}

impl PermissionPane {
    /// Where it wants to be on `screen`, border included: the whole of it where that is below 100
    /// columns or 20 rows, else above the composer.
    pub fn size(&self, session: &State, screen: Rect) -> Rect {
        if self.full || is_small(screen) {
            return screen;
        }
        let Some(request) = self.front(session) else { return screen };
        let call = session.call(&request.call).map(|(_, entry)| &entry.call);
        let diff = matches!(call.and_then(|c| c.preview.as_ref()), Some(Preview::Diff { .. }));
        let width = if diff { screen.width - 4 } else { (screen.width - 18).min(120) };
        // Below it stay the composer at its least height, the status and a row of air.
        let room = screen.height - 7;
        let cells = usize::from(inside(Rect { width, ..screen }).width);
        let rows = match self.built {
            Some((built, _)) if built == cells && self.is_front(request) => self.content.rows.len(),
            _ => content::build(&self.sight(session, request, cells), false).rows.len(),
        };
        let next = usize::from(session.pending.len() > 1);
        let foot = match self.panel(session, cells) {
            Some(panel) => panel.rows.len(),
            None => choices(session, request).len(),
        };
        let height = rows.saturating_add(foot + next + 4).min(usize::from(room)) as u16;
        Rect {
            x: screen.x + (screen.width - width) / 2,
            y: screen.y + (room - height).div_ceil(2),
            width,
            height,
        }
    }

    /// What the content is made of.
    pub(super) fn sight<'a>(
        &'a self,
        session: &'a State,
        request: &'a PermissionRequest,
        cells: usize,
    ) -> content::Sight<'a> {
        let of = |kept: &'a Option<(_, String)>| {
            kept.as_ref().filter(|(id, _)| *id == request.id).map(|(_, text)| text.as_str())
        };
        content::Sight {
            session,
            request,
            call: session.call(&request.call).map(|(_, entry)| entry.call.as_ref()),
            picks: &self.picks,
            manner: self.manner,
            explained: self.explained,
            renewed: of(&self.renewed),
            before: of(&self.before),
            cells,
        }
    }

    /// Where the cursor stands in `area`, the room inside the border: in the editor, or at the
    /// choice. None while keys go elsewhere.
    pub fn cursor(&self, session: &State, area: Rect) -> Option<Position> {
        let foot = self.foot(session, area, false);
        if !self.armed() || area.width == 0 {
            return None;
        }
        self.line_at(area, foot.page()).or_else(|| foot.cursor(self, session, area))
    }

    /// Where the line under the cursor stands.
    fn line_at(&self, area: Rect, page: usize) -> Option<Position> {
        let row = self.content.row_of(self.picks.cursor()).filter(|_| self.walks())?;
        let row = row.checked_sub(self.scroll).filter(|row| *row < page)?;
        Some(Position { x: area.x, y: area.y + row as u16 })
    }

    /// Do keys that move walk through the lines of an edit?
    pub(super) fn walks(&self) -> bool {
        self.stage == Stage::Choosing && !self.at_answers && self.picks.change().is_some()
    }

    pub(super) fn fits(&self) -> bool {
        self.content.rows.len() <= self.page
    }

    pub(super) fn scroll_to(&mut self, row: usize) {
        self.scroll = row.min(self.content.rows.len().saturating_sub(self.page));
    }

    /// What is in sight now is drawn next: only that counts as read, not what keys ran past.
    pub(super) fn see(&mut self) {
        self.read |= self.page > 0 && self.scroll + self.page >= self.content.rows.len();
    }

    /// Scrolls as far as it takes to have the line under the cursor in sight.
    pub(super) fn show_line(&mut self) {
        let Some(row) = self.content.row_of(self.picks.cursor()) else { return };
        if row < self.scroll {
            self.scroll_to(row);
        } else if row >= self.scroll + self.page {
            self.scroll_to((row + 1).saturating_sub(self.page));
        }
    }

    pub(super) fn foot(&self, session: &State, area: Rect, next: bool) -> Foot {
        match self.panel(session, usize::from(area.width)) {
            Some(panel) => Foot::panel(area, panel.rows.len(), panel.greedy),
            None => Foot::choosing(area, self.choices().len(), next),
        }
    }
}

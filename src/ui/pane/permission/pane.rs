//! The question as a pane: its keys, its picture.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::base::clock::Millis;
use crate::protocol::{Envelope, Topics};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::effect::Effects;
use crate::ui::pane::permission::PermissionPane;
use crate::ui::pane::permission::Stage;
use crate::ui::pane::permission::content;
use crate::ui::pane::permission::foot::Foot;
use crate::ui::pane::{Look, Pane, paged};
use crate::ui::row::Row;
use crate::ui::theme::Role;

impl Pane for PermissionPane {
    fn topics(&self) -> Topics {
        Topics::PERMISSION
    }

    fn observe(&mut self, envelope: &Envelope, session: &State) {
        self.follow(session, envelope.at);
    }

    fn act(&mut self, action: Action, session: &State) -> Effects {
        if action == Action::NextWaiting {
            self.summon(session);
            return Effects::new();
        }
        // An answer is for the question that is in front now, or for none.
        self.follow(session, Millis::default());
        match action {
            Action::AllowOnce | Action::AllowSession | Action::Deny | Action::DenyWithWords => {
                return self.answer(action);
            }
            Action::Confirm if self.wants_text() => return self.refuse_with_words(),
            Action::Confirm if !self.is_risky() => {
                return self
                    .choices()
                    .get(self.selected)
                    .map_or_else(Effects::new, |choice| self.answer(*choice));
            }
            Action::Escape => self.escape(session),
            Action::Up => self.step(false),
            Action::Down => self.step(true),
            Action::FullScreen => self.full = !self.full && !self.small,
            Action::NextHunk => {
                let next = self.content.hunks.iter().find(|at| **at > self.scroll);
                self.scroll_to(next.copied().unwrap_or(self.scroll));
            }
            Action::PreviousHunk => {
                let before = self.content.hunks.iter().rfind(|at| **at < self.scroll);
                self.scroll_to(before.copied().unwrap_or(self.scroll));
            }
            _ => {
                if let Some(row) = paged(action, self.scroll, self.page) {
                    self.scroll_to(row);
                }
            }
        }
        Effects::new()
    }

    fn arrange(&mut self, session: &State, _: &Look<'_>, area: Rect) {
        self.follow(session, Millis::default());
        let Some(request) = self.front(session) else { return };
        let cells = usize::from(area.width);
        let next = session.pending.len() > 1;
        // It begins at the screen's edge without having been asked to.
        self.small = area.x <= 2 && !self.full;
        let spell = Foot::choosing(area, self.choices().len(), next).hides_rule(request, cells);
        if self.built != Some((cells, spell)) {
            let call = session.call(&request.call).map(|(_, entry)| entry.call.as_ref());
            self.content = content::build(session, request, call, cells, spell);
            self.built = Some((cells, spell));
        }
        // Where nothing can be seen, nothing was read.
        self.page = if cells < 8 { 0 } else { self.foot(area, next).page() };
        self.scroll_to(self.scroll);
    }

    fn view(&self, session: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let Some(request) = self.front(session).filter(|request| self.is_front(request)) else {
            return;
        };
        let foot = self.foot(area, session.pending.len() > 1);
        let rows = self.content.rows.iter().skip(self.scroll).take(foot.page());
        for (y, row) in (0..).zip(rows) {
            row.draw(area, y, look.theme, buf);
        }
        for (y, row, selected) in foot.rows(self, session, request, area) {
            if selected {
                row.draw_on(Role::Selection, area, y, look.theme, buf);
            } else {
                row.draw(area, y, look.theme, buf);
            }
        }
    }

    fn title(&self, session: &State, _: &Look<'_>) -> (String, String) {
        let Some(request) = self.front(session) else { return Default::default() };
        let state = match (self.stage == Stage::Sent, self.armed()) {
            (true, _) => "sent…",
            (false, true) => "armed ▰▰▰▰",
            (false, false) => ["waiting ▱▱▱▱", "waiting ▰▱▱▱", "waiting ▰▰▱▱", "waiting ▰▰▰▱"]
                [self.arming.steps().min(3)],
        };
        let at = session.pending.iter().position(|pending| pending.id == request.id).unwrap_or(0);
        let agent = if session.parent.is_some() { "sub-agent" } else { "main agent" };
        let place = format!("{} of {} · {agent}", at + 1, session.pending.len());
        (place, state.to_owned())
    }

    fn hints(&self) -> &'static [Action] {
        const WITH_RULE: &[Action] = &[
            Action::AllowOnce,
            Action::AllowSession,
            Action::Deny,
            Action::DenyWithWords,
            Action::Escape,
            Action::FullScreen,
        ];
        const WITHOUT_RULE: &[Action] = &[
            Action::AllowOnce,
            Action::Deny,
            Action::DenyWithWords,
            Action::Escape,
            Action::FullScreen,
        ];
        const UNREAD: &[Action] =
            &[Action::PageDown, Action::Bottom, Action::Escape, Action::FullScreen];
        if self.stage == Stage::Sent {
            return &[];
        }
        if !self.armed() {
            return &[Action::NextWaiting];
        }
        if self.stage == Stage::Writing {
            return &[Action::Confirm, Action::Escape];
        }
        let all = match (self.read, self.choices().len()) {
            (false, _) => UNREAD,
            (true, 4..) => WITH_RULE,
            (true, 3) => WITHOUT_RULE,
            (true, _) => &WITHOUT_RULE[1..],
        };
        // Full screen means nothing where it has the whole screen anyway.
        if self.small { &all[..all.len() - 1] } else { all }
    }

    fn click(&mut self, at: Position, area: Rect, session: &State) -> Effects {
        if self.armed() {
            let foot = self.foot(area, session.pending.len() > 1);
            if let Some(choice) = foot.choice_at(at, area).filter(|at| *at < self.choices().len()) {
                self.selected = choice;
            }
        } else {
            self.summon(session);
        }
        Effects::new()
    }
}

/// The row that says what the pane waits for.
pub(super) fn note(pane: &PermissionPane) -> Row {
    if pane.stage == Stage::Sent {
        Row::new("sent… the answer is on its way", Role::Wait)
    } else if !pane.armed() {
        Row::new("waiting: pause typing, or press Ctrl+X a", Role::Wait)
    } else if pane.stage == Stage::Writing {
        Row::new("Enter sends · Ctrl+J line break · Up earlier words · Esc back", Role::Muted)
    } else if !pane.read {
        Row::new("not all of it was seen: scroll to the end, then answer", Role::Wait)
    } else if pane.is_risky() {
        let words = "! Enter is off (it deletes, leaves its bounds or is not understood): press y";
        Row::new(words, Role::RiskChange)
    } else {
        Row::default()
    }
}

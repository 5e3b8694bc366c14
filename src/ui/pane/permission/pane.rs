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
use crate::ui::pane::permission::words::Words;
use crate::ui::pane::permission::written::Written;
use crate::ui::pane::{Look, Pane, paged};
use crate::ui::theme::Role;

impl Pane for PermissionPane {
    fn topics(&self) -> Topics {
        Topics::PERMISSION
    }

    fn observe(&mut self, envelope: &Envelope, session: &State) {
        self.heard(&envelope.event, session);
        self.follow(session, envelope.at);
    }

    fn act(&mut self, action: Action, session: &State) -> Effects {
        if action == Action::NextWaiting {
            self.summon(session);
            return Effects::new();
        }
        // An answer is for the question that is in front now, or for none.
        self.follow(session, Millis::default());
        (self.refused, self.written) = (None, Written::No);
        match action {
            Action::AllowOnce
            | Action::Always
            | Action::ChangeFirst
            | Action::Deny
            | Action::DenyWithWords => return self.answer(action, session),
            Action::Answer(number) => {
                let choice = self.choices().get(usize::from(number).wrapping_sub(1)).copied();
                return choice.map_or_else(Effects::new, |choice| self.answer(choice, session));
            }
            Action::AllowAlike => return self.answer_alike(true, session),
            Action::DenyAlike => return self.answer_alike(false, session),
            Action::Confirm => return self.confirm(session),
            Action::Escape => self.escape(session),
            Action::FullScreen => self.full = !self.full && !self.small,
            Action::Explain => (self.explained, self.built) = (!self.explained, None),
            _ if self.stage == Stage::Ruling => self.in_rules(action),
            Action::Up => self.step(false),
            Action::Down => self.step(true),
            Action::NextHunk | Action::PreviousHunk => self.jump(action == Action::NextHunk),
            Action::NextField => {
                self.at_answers = !self.at_answers && self.picks.change().is_some();
            }
            Action::Toggle
            | Action::SelectLines
            | Action::ChooseAll
            | Action::Comment
            | Action::Split
            | Action::WordDiff => self.in_edit(action),
            _ => {
                if let Some(row) = paged(action, self.scroll, self.page) {
                    self.scroll_to(row);
                    self.point_into_sight();
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
        let small = area.x <= 2 && !self.full;
        let spell = Foot::choosing(area, self.choices().len(), next).hides_rule(request, cells);
        let anew = self.built != Some((cells, spell));
        if anew {
            self.content = match self.stage {
                Stage::Alike(allow) => self.alike_content(allow, session, cells),
                _ => content::build(&self.sight(session, request, cells), spell),
            };
            self.built = Some((cells, spell));
        }
        self.small = small;
        // Where nothing can be seen, nothing was read.
        self.page = if cells < 8 { 0 } else { self.foot(session, area, next).page() };
        self.scroll_to(self.scroll);
        if anew && (self.walks() || self.stage == Stage::Commenting) && self.read {
            self.show_line();
        }
        self.see();
    }

    fn view(&self, session: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let Some(request) = self.front(session).filter(|request| self.is_front(request)) else {
            return;
        };
        let foot = self.foot(session, area, session.pending.len() > 1);
        let rows = self.content.rows.iter().enumerate().skip(self.scroll).take(foot.page());
        let at = self.content.row_of(self.picks.cursor());
        let walks = self.armed() && (self.walks() || self.stage == Stage::Commenting);
        for (y, (nth, row)) in (0..).zip(rows) {
            let stop =
                self.content.stops.iter().find(|(row, _)| *row == nth).map(|(_, stop)| *stop);
            let selected = stop.is_some_and(|stop| self.picks.is_selected(stop));
            if walks && (at == Some(nth) || selected) {
                row.draw_on(Role::CursorLine, area, y, look.theme, buf);
                let style = look.theme.style(Role::Accent);
                buf.set_stringn(area.x, area.y + y, look.theme.glyphs().caret, 1, style);
            } else {
                row.draw(area, y, look.theme, buf);
            }
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
        let state = match self.picks.count() {
            (_, 0) => state.to_owned(),
            (chosen, 1) => format!("1 hunk · {chosen} chosen · {state}"),
            (chosen, all) => format!("{all} hunks · {chosen} chosen · {state}"),
        };
        (place, state)
    }

    fn hints(&self) -> &'static [Action] {
        const EDIT: &[Action] = &[
            Action::AllowOnce,
            Action::Toggle,
            Action::Deny,
            Action::Comment,
            Action::SelectLines,
            Action::NextHunk,
            Action::ChooseAll,
            Action::DenyWithWords,
            Action::Escape,
            Action::Split,
            Action::WordDiff,
            Action::Explain,
            Action::FullScreen,
        ];
        const COMMAND: &[Action] = &[
            Action::AllowOnce,
            Action::Always,
            Action::ChangeFirst,
            Action::Deny,
            Action::DenyWithWords,
            Action::Escape,
            Action::Explain,
            Action::FullScreen,
        ];
        const COMMAND_ONCE: &[Action] = &[
            Action::AllowOnce,
            Action::ChangeFirst,
            Action::Deny,
            Action::DenyWithWords,
            Action::Escape,
            Action::Explain,
            Action::FullScreen,
        ];
        const WITH_RULE: &[Action] = &[
            Action::AllowOnce,
            Action::Always,
            Action::Deny,
            Action::DenyWithWords,
            Action::Escape,
            Action::Explain,
            Action::FullScreen,
        ];
        const WITHOUT_RULE: &[Action] = &[
            Action::AllowOnce,
            Action::Deny,
            Action::DenyWithWords,
            Action::Escape,
            Action::Explain,
            Action::FullScreen,
        ];
        const UNREAD: &[Action] =
            &[Action::PageDown, Action::Bottom, Action::Escape, Action::FullScreen];
        const RULES: &[Action] = &[
            Action::Confirm,
            Action::Toggle,
            Action::EditRule,
            Action::NextScope,
            Action::Down,
            Action::Escape,
        ];
        if self.stage == Stage::Sent {
            return &[];
        }
        if !self.armed() {
            return &[Action::NextWaiting];
        }
        match self.stage {
            Stage::Ruling => return RULES,
            Stage::Alike(_) if !self.read => return &UNREAD[..3],
            Stage::Alike(true) => return &[Action::AllowAlike, Action::Escape],
            Stage::Alike(false) => return &[Action::DenyAlike, Action::Escape],
            Stage::Choosing | Stage::Sent => {}
            _ => return &[Action::Confirm, Action::Escape],
        }
        let can = |action| self.choices().contains(&action);
        let (always, command) = (can(Action::Always), can(Action::ChangeFirst));
        let all = match (self.read, self.choices().contains(&Action::AllowOnce)) {
            (false, _) => UNREAD,
            (true, false) => &WITHOUT_RULE[1..],
            (true, true) if self.picks.change().is_some() => EDIT,
            (true, true) if command && always => COMMAND,
            (true, true) if command => COMMAND_ONCE,
            (true, true) if always => WITH_RULE,
            (true, true) => WITHOUT_RULE,
        };
        // Full screen means nothing where it has the whole screen anyway.
        if self.small { &all[..all.len() - 1] } else { all }
    }

    fn click(&mut self, at: Position, area: Rect, session: &State) -> Effects {
        if self.armed() {
            self.engage();
            let foot = self.foot(session, area, session.pending.len() > 1);
            let row = self.scroll + usize::from(at.y.saturating_sub(area.y));
            let inside = usize::from(at.y.saturating_sub(area.y)) < foot.page();
            if let Some(stop) = self.content.stop_at(row).filter(|_| inside && self.walks()) {
                self.picks.point(stop);
            } else if let Some(choice) =
                foot.choice_at(at, area).filter(|at| *at < self.choices().len())
            {
                self.selected = choice;
            }
        } else {
            self.summon(session);
        }
        Effects::new()
    }
}

impl PermissionPane {
    /// A row up or down: among the lines of an edit; else among the answers where everything is in
    /// sight, else in the content.
    fn step(&mut self, down: bool) {
        if self.walks() {
            self.picks.step(down);
            return self.show_line();
        }
        let last = self.choices().len().saturating_sub(1);
        let answers = self.at_answers || self.fits();
        match (answers && self.stage == Stage::Choosing, down) {
            (true, true) => self.selected = (self.selected + 1).min(last),
            (true, false) => self.selected = self.selected.saturating_sub(1),
            (false, true) => self.scroll_to(self.scroll + 1),
            (false, false) => self.scroll_to(self.scroll.saturating_sub(1)),
        }
    }

    /// To the next hunk, or the one before: its head is in sight then, and what follows it.
    fn jump(&mut self, down: bool) {
        if self.picks.change().is_none() {
            return;
        }
        self.picks.jump(down);
        if let Some(row) = self.content.row_of(self.picks.cursor()) {
            self.scroll_to(row);
        }
    }

    /// After a page the cursor stands where the page is.
    fn point_into_sight(&mut self) {
        let last = (self.scroll + self.page).saturating_sub(1);
        let seen = self.content.row_of(self.picks.cursor());
        if self.walks() && !seen.is_some_and(|row| (self.scroll..=last).contains(&row)) {
            let up = seen.is_some_and(|row| row > last);
            let row = if up { last } else { self.scroll };
            if let Some(stop) = self.content.stop_at(row) {
                self.picks.point(stop);
            }
        }
    }

    /// What chooses among the lines of an edit, and how they are looked at.
    fn in_edit(&mut self, action: Action) {
        if !self.armed() || self.stage != Stage::Choosing || self.picks.change().is_none() {
            return;
        }
        match action {
            Action::Toggle => self.picks.toggle(),
            Action::SelectLines => self.picks.select(),
            Action::ChooseAll => self.picks.all(),
            Action::Split => self.manner.split = !self.manner.split,
            Action::WordDiff => self.manner.words = !self.manner.words,
            _ => {
                if let Some(said) = self.picks.said() {
                    (self.line, self.stage) = (Words::line(said), Stage::Commenting);
                }
            }
        }
        self.built = None;
    }

    /// What moves and changes among the rules of "always".
    fn in_rules(&mut self, action: Action) {
        let Some(rules) = self.rules.as_mut().filter(|_| self.arming.armed()) else { return };
        match action {
            Action::Up | Action::Down => rules.step(action == Action::Down),
            Action::Toggle => rules.toggle(),
            Action::NextScope => rules.next_scope(),
            Action::EditRule => {
                rules.begin();
                (self.line, self.stage) = (Words::line(rules.rule()), Stage::Rule);
            }
            _ => {}
        }
    }
}

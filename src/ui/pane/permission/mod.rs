//! The question whether a call may run, and the user's answer to it.

mod arming;
mod content;
mod foot;
mod words;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::base::clock::Millis;
use crate::protocol::{
    Envelope, Op, PermissionOutcome, PermissionRequest, Preview, RequestId, SessionId, Topics,
};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::effect::Effect;
use crate::ui::effect::Effects;
use crate::ui::pane::Look;
use crate::ui::pane::Pane;
use crate::ui::theme::Role;
use crate::ui::widget::row::Row;

use arming::Arming;
use content::Content;
use foot::Foot;
use words::{Typed, Words};

const ALL: &[Action] =
    &[Action::AllowOnce, Action::AllowSession, Action::Deny, Action::DenyWithWords];
const NO_RULE: &[Action] = &[Action::AllowOnce, Action::Deny, Action::DenyWithWords];
const DENY: &[Action] = &[Action::Deny, Action::DenyWithWords];

/// The permission question: the oldest that was not put off.
///
/// It never takes the keyboard from someone who types: [`Self::typed`] is to be called with *every*
/// key and paste that goes elsewhere, also while no question is open, and [`Self::tick`] whenever
/// [`Self::next_tick`] is due. It answers only what was seen to its end, once, and closes when the
/// engine says that the question is answered.
#[derive(Debug, Clone, Default)]
pub struct PermissionPane {
    arming: Arming,
    /// The question in front.
    asked: Option<(SessionId, RequestId)>,
    /// What can be answered to it.
    choices: &'static [Action],
    risky: bool,
    selected: usize,
    /// The first row of the content in sight.
    scroll: usize,
    /// How many rows of the content are in sight, and whether its end was.
    page: usize,
    read: bool,
    sent: bool,
    full: bool,
    /// It takes the whole screen anyway.
    small: bool,
    /// The editor of "deny and say why" is open.
    writing: bool,
    words: Words,
    /// Put off with `Esc`.
    later: Vec<RequestId>,
    content: Content,
    /// What `content` was built for: its cells, and whether the rule is spelled in it.
    built: Option<(usize, bool)>,
}

impl PermissionPane {
    /// Is there a question that was not put off?
    pub fn is_open(&self, session: &State) -> bool {
        self.front(session).is_some()
    }

    /// Do keys go to the question? Not before the user paused or called for it.
    pub fn armed(&self) -> bool {
        self.asked.is_some() && !self.sent && self.arming.armed()
    }

    /// The engine did not take the answer: the question can be answered again.
    pub fn not_sent(&mut self) {
        self.sent = false;
    }

    /// Is it so soon after a question left that a key may have been meant for that? Such a key is
    /// best dropped.
    pub fn is_quiet(&self, now: Millis) -> bool {
        self.arming.is_quiet(now)
    }

    /// Time passed.
    pub fn tick(&mut self, now: Millis, session: &State) {
        self.follow(session, now);
        if self.asked.is_some() {
            self.arming.tick(now);
        }
    }

    /// A key or a paste went elsewhere: arming begins again.
    pub fn typed(&mut self, now: Millis) {
        self.arming.typed(now);
    }

    /// When [`Self::tick`] has something to do; none where it has not.
    pub fn next_tick(&self) -> Option<Millis> {
        self.asked.as_ref()?;
        if self.sent { None } else { self.arming.next_tick() }
    }

    /// Is the editor of "deny and say why" open? Then keys go to [`Self::input`] and pastes to
    /// [`Self::paste`].
    pub fn wants_text(&self) -> bool {
        self.writing && self.armed()
    }

    /// A key for the editor. `Enter` refuses with its words, `Esc` goes back to the choices.
    pub fn input(&mut self, key: KeyEvent) -> Effects {
        if !self.wants_text() {
            return Effects::new();
        }
        match self.words.key(key) {
            Typed::Edited => Effects::new(),
            Typed::Send => self.refuse_with_words(),
            Typed::Back => {
                self.writing = false;
                Effects::new()
            }
        }
    }

    /// A paste for the editor.
    pub fn paste(&mut self, text: &str) {
        if self.wants_text() {
            self.words.paste(text);
        }
    }

    /// Where the cursor stands in `area`, the room inside the border: in the editor, or at the
    /// choice. None while keys go elsewhere.
    pub fn cursor(&self, area: Rect) -> Option<Position> {
        let foot = self.foot(area, false);
        (self.armed() && area.width > 0).then(|| foot.cursor(self, area)).flatten()
    }

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
        let cells = usize::from(width - 2);
        let rows = match self.built {
            Some((built, _)) if built == cells && self.is_front(request) => self.content.rows.len(),
            _ => content::build(session, request, call.map(AsRef::as_ref), cells, false).rows.len(),
        };
        let next = usize::from(session.pending.len() > 1);
        let foot = choices(session, request).len() + 2 + next;
        let height = rows.saturating_add(foot + 2).min(usize::from(room)) as u16;
        Rect {
            x: screen.x + (screen.width - width) / 2,
            y: screen.y + (room - height).div_ceil(2),
            width,
            height,
        }
    }

    fn front<'s>(&self, session: &'s State) -> Option<&'s PermissionRequest> {
        session.pending.iter().find(|request| !self.later.contains(&request.id))
    }

    fn is_front(&self, request: &PermissionRequest) -> bool {
        self.asked.as_ref().is_some_and(|(_, id)| *id == request.id)
    }

    /// Puts the right question in front; another one than before is armed and read anew.
    fn follow(&mut self, session: &State, at: Millis) {
        self.later.retain(|id| session.pending.iter().any(|request| request.id == *id));
        let front = self.front(session);
        let same = match (front, &self.asked) {
            (Some(request), Some((home, id))) => *id == request.id && *home == session.id,
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        if let Some((_, before)) = &self.asked {
            if !session.pending.iter().any(|request| request.id == *before) {
                self.arming.quiet(at);
            }
        }
        self.asked = front.map(|request| (session.id.clone(), request.id.clone()));
        self.choices = front.map_or(&[], |request| choices(session, request));
        self.risky = front.is_some_and(|request| request.risky);
        (self.selected, self.scroll, self.page) = (0, 0, 0);
        (self.read, self.sent, self.full, self.writing) = (false, false, false, false);
        self.built = None;
        self.words.clear();
        self.arming.restart();
    }

    /// May the question be answered now?
    fn can_answer(&self) -> bool {
        self.armed() && self.read
    }

    fn answer(&mut self, choice: Action) -> Effects {
        if !self.can_answer() || !self.choices.contains(&choice) {
            return Effects::new();
        }
        match choice {
            Action::AllowOnce => self.decide(PermissionOutcome::AllowOnce),
            Action::AllowSession => self.decide(PermissionOutcome::AllowSession),
            Action::Deny => self.decide(PermissionOutcome::Deny { message: None }),
            _ => {
                self.writing = true;
                Effects::new()
            }
        }
    }

    fn refuse_with_words(&mut self) -> Effects {
        let message = self.words.message();
        self.words.clear();
        self.decide(PermissionOutcome::Deny { message })
    }

    fn decide(&mut self, outcome: PermissionOutcome) -> Effects {
        let Some((session, request)) = self.asked.clone() else { return Effects::new() };
        (self.sent, self.writing) = (true, false);
        self.arming.answered();
        vec![Effect::Send(session, Op::Decide { request, outcome })]
    }

    /// `Esc`: back from the editor, else later.
    fn escape(&mut self, session: &State) {
        if self.writing {
            self.writing = false;
        } else if let Some((_, id)) = self.asked.clone() {
            self.later.push(id);
            self.follow(session, Millis::default());
        }
    }

    /// Brings the question to the front, also one that was put off, and arms it. What was sent and
    /// came to nothing can be answered again this way: the first answer counts.
    fn summon(&mut self, session: &State) {
        if !self.is_open(session) {
            self.later.clear();
        }
        self.follow(session, Millis::default());
        if self.asked.is_some() && !self.sent {
            self.arming.summon();
        }
    }

    fn fits(&self) -> bool {
        self.content.rows.len() <= self.page
    }

    fn scroll_to(&mut self, row: usize) {
        self.scroll = row.min(self.content.rows.len().saturating_sub(self.page));
        self.see();
    }

    fn see(&mut self) {
        self.read |= self.page > 0 && self.scroll + self.page >= self.content.rows.len();
    }

    /// A row up or down: among the choices where everything is in sight, else in the content.
    fn step(&mut self, down: bool) {
        let last = self.choices.len().saturating_sub(1);
        match (self.fits(), down) {
            (true, true) => self.selected = (self.selected + 1).min(last),
            (true, false) => self.selected = self.selected.saturating_sub(1),
            (false, true) => self.scroll_to(self.scroll + 1),
            (false, false) => self.scroll_to(self.scroll.saturating_sub(1)),
        }
    }

    fn foot(&self, area: Rect, next: bool) -> Foot {
        let choices = self.choices.len();
        if self.writing {
            let (rows, _) = self.words.rows(usize::from(area.width));
            Foot::writing(area, rows.len())
        } else {
            Foot::choosing(area, choices, next)
        }
    }

    fn title_words(&self, session: &State, request: &PermissionRequest) -> String {
        let at = session.pending.iter().position(|p| p.id == request.id).unwrap_or(0) + 1;
        let agent = if session.parent.is_some() { "sub-agent" } else { "main agent" };
        format!("{at} of {} · {agent}", session.pending.len())
    }
}

/// What can be answered: "always" only with a rule, and what cannot be shown is not allowed.
fn choices(session: &State, request: &PermissionRequest) -> &'static [Action] {
    match (session.call(&request.call), &request.rule) {
        (None, _) => DENY,
        (Some(_), None) => NO_RULE,
        (Some(_), Some(_)) => ALL,
    }
}

fn is_small(screen: Rect) -> bool {
    screen.width < 100 || screen.height < 20
}

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
        let page = self.page.max(1);
        match action {
            Action::AllowOnce | Action::AllowSession | Action::Deny | Action::DenyWithWords => {
                return self.answer(action);
            }
            Action::Confirm if self.wants_text() => return self.refuse_with_words(),
            Action::Confirm if !self.risky => {
                return self
                    .choices
                    .get(self.selected)
                    .map_or_else(Effects::new, |choice| self.answer(*choice));
            }
            Action::Escape => self.escape(session),
            Action::Up => self.step(false),
            Action::Down => self.step(true),
            Action::HalfPageUp => self.scroll_to(self.scroll.saturating_sub(page.div_ceil(2))),
            Action::HalfPageDown => self.scroll_to(self.scroll + page.div_ceil(2)),
            Action::PageUp => self.scroll_to(self.scroll.saturating_sub(page)),
            Action::PageDown => self.scroll_to(self.scroll + page),
            Action::Top => self.scroll_to(0),
            Action::Bottom => self.scroll_to(usize::MAX),
            Action::FullScreen => self.full = !self.full && !self.small,
            Action::NextHunk => {
                let next = self.content.hunks.iter().find(|at| **at > self.scroll);
                self.scroll_to(next.copied().unwrap_or(self.scroll));
            }
            Action::PreviousHunk => {
                let before = self.content.hunks.iter().rfind(|at| **at < self.scroll);
                self.scroll_to(before.copied().unwrap_or(self.scroll));
            }
            _ => {}
        }
        Effects::new()
    }

    fn arrange(&mut self, session: &State, _: &Look<'_>, area: Rect) {
        self.follow(session, Millis::default());
        let Some(request) = self.front(session) else { return };
        let cells = usize::from(area.width);
        let next = session.pending.len() > 1;
        // It begins at the screen's edge without having been asked to.
        self.small = area.x <= 1 && !self.full;
        let spell = Foot::choosing(area, self.choices.len(), next).hides_rule(request, cells);
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
                row.draw_selected(area, y, look.theme, buf);
            } else {
                row.draw(area, y, look.theme, buf);
            }
        }
    }

    fn title(&self, session: &State, _: &Look<'_>) -> (String, String) {
        let Some(request) = self.front(session) else { return Default::default() };
        let state = match (self.sent, self.armed()) {
            (true, _) => "sent…",
            (false, true) => "armed ▰▰▰▰",
            (false, false) => ["waiting ▱▱▱▱", "waiting ▰▱▱▱", "waiting ▰▰▱▱", "waiting ▰▰▰▱"]
                [self.arming.steps().min(3)],
        };
        (self.title_words(session, request), state.to_owned())
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
        if self.sent {
            return &[];
        }
        if !self.armed() {
            return &[Action::NextWaiting];
        }
        if self.writing {
            return &[Action::Confirm, Action::Escape];
        }
        let all = match (self.read, self.choices.len()) {
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
            if let Some(choice) = foot.choice_at(at, area).filter(|at| *at < self.choices.len()) {
                self.selected = choice;
            }
        } else {
            self.summon(session);
        }
        Effects::new()
    }
}

/// The row that says what the pane waits for.
fn note(pane: &PermissionPane) -> Row {
    if pane.sent {
        Row::new(Role::Wait, "sent… the answer is on its way")
    } else if !pane.armed() {
        Row::new(Role::Wait, "waiting: pause typing, or press Ctrl+X a")
    } else if pane.writing {
        Row::new(Role::Muted, "Enter sends · Ctrl+J line break · Up earlier words · Esc back")
    } else if !pane.read {
        Row::new(Role::Wait, "not all of it was seen: scroll to the end, then answer")
    } else if pane.risky {
        let words = "! It changes or leaves something for good: Enter is off, press the letter.";
        Row::new(Role::RiskChange, words)
    } else {
        Row::default()
    }
}

#[cfg(test)]
mod tests;

//! The question whether a call may run, and the user's answer to it.

pub(in crate::ui) mod arming;
mod content;
mod foot;
mod found;
mod pane;
mod words;

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use crate::base::clock::Millis;
use crate::protocol::{Op, PermissionOutcome, PermissionRequest, Preview, RequestId, SessionId};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::effect::Effect;
use crate::ui::effect::Effects;
use crate::ui::layout;

use arming::Arming;
use content::Content;
use foot::Foot;
use words::{Typed, Words};

/// Above this width the border does not touch the words.
const AIRY: u16 = 80;

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
    asked: Option<Asked>,
    stage: Stage,
    selected: usize,
    /// The first row of the content in sight.
    scroll: usize,
    /// How many rows of the content are in sight, and whether its end was.
    page: usize,
    read: bool,
    full: bool,
    /// It takes the whole screen anyway.
    small: bool,
    words: Words,
    /// Put off with `Esc`.
    later: Vec<RequestId>,
    content: Content,
    /// What `content` was built for: its cells, and whether the rule is spelled in it.
    built: Option<(usize, bool)>,
}

/// The question in front.
#[derive(Debug, Clone)]
struct Asked {
    session: SessionId,
    id: RequestId,
    /// What was shown.
    hash: String,
    /// What can be answered to it.
    choices: &'static [Action],
    risky: bool,
}

/// How far the user is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Choosing,
    /// The editor of "deny and say why" is open.
    Writing,
    /// The answer is on its way.
    Sent,
}

impl PermissionPane {
    /// Is there a question that was not put off?
    pub fn is_open(&self, session: &State) -> bool {
        self.front(session).is_some()
    }

    /// Do keys go to the question? Not before the user paused or called for it.
    pub fn armed(&self) -> bool {
        self.asked.is_some() && self.stage != Stage::Sent && self.arming.armed()
    }

    /// The engine did not take the answer: the question can be answered again.
    pub fn not_sent(&mut self) {
        if self.stage == Stage::Sent {
            self.stage = Stage::Choosing;
        }
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
        if self.stage == Stage::Sent { None } else { self.arming.next_tick() }
    }

    /// Is the editor of "deny and say why" open? Then keys go to [`Self::input`] and pastes to
    /// [`Self::paste`].
    pub fn wants_text(&self) -> bool {
        self.stage == Stage::Writing && self.armed()
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
                self.stage = Stage::Choosing;
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
        let cells = usize::from(inside(Rect { width, ..screen }).width);
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

    fn choices(&self) -> &'static [Action] {
        self.asked.as_ref().map_or(&[], |asked| asked.choices)
    }

    fn is_risky(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.risky)
    }

    fn is_front(&self, request: &PermissionRequest) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.id == request.id)
    }

    /// Puts the right question in front; another one than before is armed and read anew.
    fn follow(&mut self, session: &State, at: Millis) {
        self.later.retain(|id| session.pending.iter().any(|request| request.id == *id));
        let front = self.front(session);
        let same = match (front, &self.asked) {
            (Some(request), Some(asked)) => asked.id == request.id && asked.session == session.id,
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        let is_pending = |id: &RequestId| session.pending.iter().any(|request| request.id == *id);
        if self.asked.as_ref().is_some_and(|before| !is_pending(&before.id)) {
            self.arming.quiet(at);
        }
        self.asked = front.map(|request| Asked {
            session: session.id.clone(),
            id: request.id.clone(),
            hash: request.hash.clone(),
            choices: choices(session, request),
            risky: request.risky,
        });
        self.stage = Stage::Choosing;
        (self.selected, self.scroll, self.page) = (0, 0, 0);
        (self.read, self.full) = (false, false);
        self.built = None;
        self.words.clear();
        self.arming.restart();
    }

    /// May the question be answered now?
    fn can_answer(&self) -> bool {
        self.armed() && self.read
    }

    fn answer(&mut self, choice: Action) -> Effects {
        if !self.can_answer() || !self.choices().contains(&choice) {
            return Effects::new();
        }
        match choice {
            Action::AllowOnce => self.decide(PermissionOutcome::AllowOnce),
            Action::AllowSession => self.decide(PermissionOutcome::AllowSession),
            Action::Deny => self.decide(PermissionOutcome::Deny { message: None }),
            _ => {
                self.stage = Stage::Writing;
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
        let Some(Asked { session, id: request, hash, .. }) = self.asked.clone() else {
            return Effects::new();
        };
        self.stage = Stage::Sent;
        self.arming.answered();
        vec![Effect::Send(session, Op::Decide { request, hash, outcome })]
    }

    /// `Esc`: back from the editor, else later.
    fn escape(&mut self, session: &State) {
        if self.stage == Stage::Writing {
            self.stage = Stage::Choosing;
        } else if let Some(asked) = &self.asked {
            self.later.push(asked.id.clone());
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
        if self.asked.is_some() && self.stage != Stage::Sent {
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
        let last = self.choices().len().saturating_sub(1);
        match (self.fits(), down) {
            (true, true) => self.selected = (self.selected + 1).min(last),
            (true, false) => self.selected = self.selected.saturating_sub(1),
            (false, true) => self.scroll_to(self.scroll + 1),
            (false, false) => self.scroll_to(self.scroll.saturating_sub(1)),
        }
    }

    fn foot(&self, area: Rect, next: bool) -> Foot {
        let choices = self.choices().len();
        if self.stage == Stage::Writing {
            let (rows, _) = self.words.rows(usize::from(area.width));
            Foot::writing(area, rows.len())
        } else {
            Foot::choosing(area, choices, next)
        }
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

/// The room inside its border: with air at the sides, where there is room for air.
pub fn inside(outer: Rect) -> Rect {
    let air = u16::from(outer.width > AIRY);
    let inner = layout::shrink(outer);
    Rect { x: inner.x + air, width: inner.width.saturating_sub(2 * air), ..inner }
}

fn is_small(screen: Rect) -> bool {
    screen.width < 100 || screen.height < 20
}

#[cfg(test)]
mod tests;

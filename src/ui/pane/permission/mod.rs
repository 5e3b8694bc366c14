//! The question whether a call may run, and the user's answer to it.

mod alike;
mod answer;
pub(in crate::ui) mod arming;
mod content;
mod foot;
mod found;
mod hunks;
mod keys;
mod pane;
mod panel;
mod pick;
mod place;
mod rules;
mod words;
mod written;

use crate::base::clock::Millis;
use crate::protocol::{Event, PermissionRequest, RequestId, SessionId};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::keymap::{Chord, Context};

pub use keys::{answers, is_its_own};
pub use place::inside;

use alike::Shown;
use arming::Arming;
use content::Content;
use hunks::Manner;
use keys::Repeat;
use pick::Picks;
use rules::Rules;
use words::Words;
use written::Written;

/// The permission question: the oldest that was not put off.
///
/// It never takes the keyboard from someone who types: [`Self::typed`] is to be called with *every*
/// key and paste that goes elsewhere, also while no question is open, and [`Self::tick`] whenever
/// [`Self::next_tick`] is due. It answers only what was seen to its end, once, and closes when the
/// engine says that the question is answered. A question that asks something else now is a new one.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is switched on and off by itself")]
pub struct PermissionPane {
    arming: Arming,
    repeat: Repeat,
    asked: Option<Asked>,
    stage: Stage,
    selected: usize,
    /// Keys that move go to the answers, also where there are lines to choose from.
    at_answers: bool,
    /// The first row of the content in sight.
    scroll: usize,
    /// How many rows of the content are in sight, and whether its end was.
    page: usize,
    read: bool,
    full: bool,
    /// It takes the whole screen anyway.
    small: bool,
    /// The reasons are spelled out.
    explained: bool,
    picks: Picks,
    manner: Manner,
    rules: Option<Rules>,
    /// The words of a refusal.
    words: Words,
    /// What is being written otherwise: a comment, a command, a rule.
    line: Words,
    written: Written,
    /// Why the last key did nothing.
    refused: Option<&'static str>,
    /// Why a question asks something else now.
    renewed: Option<(RequestId, String)>,
    /// What a command was before the user changed it.
    before: Option<(RequestId, String)>,
    /// Put off with `Esc`.
    later: Vec<RequestId>,
    /// What is shown to be answered at once.
    alike: Vec<Shown>,
    /// Answered together with another one.
    decided: Vec<RequestId>,
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
    /// The editor of a comment to a line is open.
    Commenting,
    /// The editor of the command is open.
    Changing,
    /// The rules of "always" are open.
    Ruling,
    /// The editor of one of them is open.
    Rule,
    /// All questions of its kind are shown, to be allowed or denied at once.
    Alike(bool),
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

    /// Which keys hold while it is armed.
    pub fn context(&self) -> Context {
        match self.stage {
            Stage::Choosing | Stage::Sent => Context::Permission,
            Stage::Writing => Context::Words,
            Stage::Commenting => Context::Comment,
            Stage::Changing => Context::Command,
            Stage::Ruling => Context::Rules,
            Stage::Rule => Context::Rule,
            Stage::Alike(_) => Context::Alike,
        }
    }

    /// The engine did not take the answer: the question can be answered again.
    pub fn not_sent(&mut self) {
        self.decided.clear();
        if self.stage == Stage::Sent {
            self.stage = Stage::Choosing;
        }
    }

    /// The engine did not take the question what rules would cover: it is asked again.
    pub fn not_tried(&mut self, now: Millis) {
        if let Some(rules) = &mut self.rules {
            rules.try_again(now);
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

    /// May a letter be text, with a draft being written or not?
    pub fn in_doubt(&self, drafting: bool) -> bool {
        self.stage == Stage::Choosing && self.arming.in_doubt(drafting)
    }

    /// Would the action answer the question, as it is seen now?
    pub fn would_answer(&self, action: Action) -> bool {
        answers(action) && self.can_answer()
    }

    /// A letter waits for what follows it: see [`Self::followed`] and [`Self::alone`].
    pub fn hold(&mut self, chord: Chord, now: Millis) {
        self.arming.hold(chord, now);
    }

    /// Another key came: the letter that waited, which was text.
    pub fn followed(&mut self) -> Option<Chord> {
        self.arming.followed()
    }

    /// The letter that waited long enough to be a key of the question.
    pub fn alone(&mut self) -> Option<Chord> {
        self.arming.alone()
    }

    /// A key was surely meant for the question.
    pub fn engage(&mut self) {
        self.arming.engage();
    }

    /// The last key did nothing, and why.
    pub fn refuse(&mut self, why: &'static str) {
        self.refused = Some(why);
    }

    /// When [`Self::tick`] has something to do; none where it has not.
    pub fn next_tick(&self) -> Option<Millis> {
        self.asked.as_ref()?;
        let rules = self.rules.as_ref().and_then(Rules::next_tick);
        let arming = if self.stage == Stage::Sent { None } else { self.arming.next_tick() };
        rules.into_iter().chain(arming).min()
    }

    fn front<'s>(&self, session: &'s State) -> Option<&'s PermissionRequest> {
        let put_off = |id| self.later.contains(id) || self.decided.contains(id);
        session.pending.iter().find(|request| !put_off(&request.id))
    }

    fn choices(&self) -> &'static [Action] {
        self.asked.as_ref().map_or(&[], |asked| asked.choices)
    }

    fn is_risky(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.risky)
    }

    fn is_front(&self, request: &PermissionRequest) -> bool {
        let asked = self.asked.as_ref();
        asked.is_some_and(|asked| asked.id == request.id && asked.hash == request.hash)
    }

    /// Something happened to the questions.
    fn heard(&mut self, event: &Event, session: &State) {
        match event {
            Event::RulesTried { .. } => self.refused = None,
            Event::TextTold { request, hash, text } => {
                self.told(request, hash, text.as_ref(), session);
            }
            _ => {}
        }
        let Event::PermissionRenewed { request, why, .. } = event else { return };
        self.renewed = Some((request.id.clone(), why.clone()));
        self.decided.retain(|id| *id != request.id);
        // Also where it is the same to the letter: what was sent came to nothing.
        if let Some(asked) = self.asked.as_mut().filter(|asked| asked.id == request.id) {
            asked.hash.clear();
        }
    }

    /// Puts the right question in front; another one than before, or one that asks something else
    /// now, is armed and read anew.
    fn follow(&mut self, session: &State, at: Millis) {
        let is_pending = |id: &RequestId| session.pending.iter().any(|request| request.id == *id);
        self.later.retain(&is_pending);
        self.decided.retain(&is_pending);
        let front = self.front(session);
        let same = match (front, &self.asked) {
            (Some(request), Some(asked)) => self.is_front(request) && asked.session == session.id,
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        let before = self.asked.take();
        let is = |id: &RequestId| front.is_some_and(|request| request.id == *id);
        let renewed = before.as_ref().is_some_and(|asked| is(&asked.id));
        // The finger may be on its way to what is no longer there.
        if renewed || before.is_some_and(|before| !is_pending(&before.id)) {
            self.arming.quiet(at);
        }
        self.asked = front.map(|request| Asked {
            session: session.id.clone(),
            id: request.id.clone(),
            hash: request.hash.clone(),
            choices: place::choices(session, request),
            risky: request.risky,
        });
        let call = front.and_then(|request| session.call(&request.call));
        let call = call.map(|(_, entry)| &entry.call);
        self.picks = if renewed { self.picks.renewed(call) } else { Picks::new(call) };
        for kept in [&mut self.renewed, &mut self.before] {
            kept.take_if(|(id, _)| !is_pending(id));
        }
        self.stage = Stage::Choosing;
        (self.selected, self.scroll, self.page) = (0, 0, 0);
        (self.read, self.explained, self.at_answers) = (false, false, false);
        self.full &= renewed;
        (self.built, self.rules, self.refused) = (None, None, None);
        self.written = Written::No;
        self.words.clear();
        self.arming.restart();
    }

    /// May the question be answered now?
    fn can_answer(&self) -> bool {
        self.armed() && self.read
    }

    /// `Esc`: back from where one is, else later.
    fn escape(&mut self, session: &State) {
        match self.stage {
            Stage::Rule => self.stage = Stage::Ruling,
            Stage::Alike(_) => {
                // It was shown whole: else there had been no key that led here.
                (self.stage, self.read) = (Stage::Choosing, true);
                (self.built, self.scroll) = (None, 0);
            }
            Stage::Choosing if self.picks.is_selecting() => self.picks.select(),
            Stage::Choosing | Stage::Sent => {
                if let Some(asked) = &self.asked {
                    self.later.push(asked.id.clone());
                    self.follow(session, Millis::default());
                }
            }
            _ => (self.stage, self.rules) = (Stage::Choosing, None),
        }
    }

    /// Brings the question to the front, also one that was put off, and arms it. What was sent and
    /// came to nothing can be answered again this way: the first answer counts.
    fn summon(&mut self, session: &State) {
        if !self.is_open(session) {
            self.later.clear();
            self.decided.clear();
        }
        self.follow(session, Millis::default());
        if self.asked.is_some() && self.stage != Stage::Sent {
            self.arming.summon();
        }
    }
}

#[cfg(test)]
mod tests;

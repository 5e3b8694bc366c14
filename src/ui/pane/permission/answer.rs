//! The answers: what a key sends, where it may send something.

use crossterm::event::KeyEvent;

use crate::base::clock::Millis;
use crate::protocol::{Changed, Op, PermissionOutcome, PermissionRequest, Preview};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::pane::permission::rules::{Confirmed, Rules};
use crate::ui::pane::permission::words::{Typed, Words};
use crate::ui::pane::permission::{Asked, PermissionPane, Stage};

impl PermissionPane {
    /// Do keys go into a text? Then they go to [`Self::input`] and pastes to [`Self::paste`].
    pub fn wants_text(&self) -> bool {
        let writes = matches!(
            self.stage,
            Stage::Writing | Stage::Commenting | Stage::Changing | Stage::Rule
        );
        writes && self.armed()
    }

    /// Is the key held down, rather than pressed? To be told of every key.
    pub fn is_held(&mut self, key: KeyEvent, now: Millis) -> bool {
        self.repeat.is_held(key, now)
    }

    /// A key for the text. `Enter` does with it what it is for, `Esc` goes back.
    pub fn input(&mut self, key: KeyEvent, session: &State) -> Effects {
        self.follow(session, Millis::default());
        if !self.wants_text() {
            return Effects::new();
        }
        self.refused = None;
        let text = if self.stage == Stage::Writing { &mut self.words } else { &mut self.line };
        match text.key(key) {
            Typed::Edited => {
                self.edited();
                Effects::new()
            }
            Typed::Send => self.done(session),
            Typed::Back => {
                if let Some(rules) = self.rules.as_mut().filter(|_| self.stage == Stage::Rule) {
                    rules.revert(self.arming.now());
                }
                self.escape(session);
                Effects::new()
            }
        }
    }

    /// A paste for the text.
    pub fn paste(&mut self, text: &str) {
        if self.wants_text() {
            let into = if self.stage == Stage::Writing { &mut self.words } else { &mut self.line };
            into.paste(text);
            self.edited();
        }
    }

    /// The text changed: a rule is tried as it is being written.
    fn edited(&mut self) {
        if let Some(rules) = self.rules.as_mut().filter(|_| self.stage == Stage::Rule) {
            rules.write(self.line.text(), self.arming.now());
        }
    }

    /// The text is done.
    fn done(&mut self, session: &State) -> Effects {
        match self.stage {
            Stage::Writing => {
                let message = self.words.message();
                self.words.clear();
                return self.decide(PermissionOutcome::Deny { message });
            }
            Stage::Commenting => {
                self.picks.say(self.line.message());
                (self.stage, self.built) = (Stage::Choosing, None);
            }
            Stage::Rule => self.stage = Stage::Ruling,
            Stage::Changing => return self.change(session),
            _ => {}
        }
        Effects::new()
    }

    /// The command is to be another one: that is asked then.
    fn change(&mut self, session: &State) -> Effects {
        let command = self.line.text().to_owned();
        let before = self.front(session).and_then(|request| command_of(session, request));
        if command.trim().is_empty() {
            self.refused = Some("there is no command: Esc goes back, n denies");
            return Effects::new();
        }
        if before == Some(command.as_str()) {
            self.stage = Stage::Choosing;
            self.refused = Some("nothing was changed");
            return Effects::new();
        }
        if let Some((asked, before)) = self.asked.as_ref().zip(before) {
            self.before = Some((asked.id.clone(), before.to_owned()));
        }
        self.decide(PermissionOutcome::Change { changed: Changed::Command { command } })
    }

    /// An answer's key.
    pub(super) fn answer(&mut self, choice: Action, session: &State) -> Effects {
        if !self.can_answer() || self.stage != Stage::Choosing || !self.choices().contains(&choice)
        {
            return Effects::new();
        }
        match choice {
            Action::AllowOnce => match self.picks.outcome() {
                Some(outcome) => return self.decide(outcome),
                None => self.refused = Some("nothing is chosen: n denies, A chooses all"),
            },
            Action::Deny => return self.decide(PermissionOutcome::Deny { message: None }),
            Action::DenyWithWords => self.stage = Stage::Writing,
            Action::Always if self.picks.outcome() != Some(PermissionOutcome::AllowOnce) => {
                self.refused =
                    Some("a rule allows all of it: choose all with A, or y applies these");
            }
            Action::Always => {
                let request = self.front(session);
                self.rules = request.and_then(|it| Rules::offered(it, self.arming.now()));
                if self.rules.is_some() {
                    self.stage = Stage::Ruling;
                }
            }
            _ => {
                let command = self.front(session).and_then(|it| command_of(session, it));
                let Some(command) = command else { return self.write() };
                (self.line, self.stage) = (Words::exact(command), Stage::Changing);
            }
        }
        Effects::new()
    }

    /// `Enter`: the chosen answer, or what it means where one is.
    pub(super) fn confirm(&mut self, session: &State) -> Effects {
        match self.stage {
            Stage::Choosing if self.is_risky() => Effects::new(),
            Stage::Choosing => {
                let choice = self.choices().get(self.selected).copied();
                choice.map_or_else(Effects::new, |choice| self.answer(choice, session))
            }
            Stage::Ruling if self.can_answer() => {
                let confirmed = match (&mut self.rules, self.asked.as_ref()) {
                    (Some(rules), Some(asked)) => {
                        let request = session.pending.iter().find(|it| it.id == asked.id);
                        request.map(|request| rules.confirm(session, request))
                    }
                    _ => None,
                };
                match confirmed {
                    Some(Confirmed::Sent(outcome)) => return self.decide(outcome),
                    Some(Confirmed::Not(why)) => self.refused = Some(why),
                    Some(Confirmed::Shown) | None => {}
                }
                Effects::new()
            }
            _ if self.wants_text() => self.done(session),
            _ => Effects::new(),
        }
    }

    /// What is to be done now without a key: the user's editor opens, or it is found out what the
    /// rules would do that are being looked at.
    pub fn wanted(&mut self, now: Millis) -> Effects {
        if let Some(editor) = self.editor() {
            return vec![editor];
        }
        let (Some(rules), Some(asked)) = (&mut self.rules, &self.asked) else {
            return Effects::new();
        };
        let op = rules.wanted(&asked.id, now);
        op.map(|op| Effect::Send(asked.session.clone(), op)).into_iter().collect()
    }

    pub(super) fn decide(&mut self, outcome: PermissionOutcome) -> Effects {
        let Some(Asked { session, id: request, hash, .. }) = self.asked.clone() else {
            return Effects::new();
        };
        self.sent();
        vec![Effect::Send(session, Op::Decide { request, hash, outcome })]
    }

    /// The answer is on its way: keys stay off.
    pub(super) fn sent(&mut self) {
        (self.stage, self.rules, self.built) = (Stage::Sent, None, None);
        self.arming.answered();
    }
}

/// The command line that a question is about.
pub(super) fn command_of<'s>(session: &'s State, request: &PermissionRequest) -> Option<&'s str> {
    match &session.call(&request.call)?.1.call.preview {
        Some(Preview::Command { command, .. }) => Some(command),
        _ => None,
    }
}

//! Which keys are the question's, and which of them answer it.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::base::clock::Millis;
use crate::ui::action::Action;

/// The same key so soon after itself is held down, in milliseconds.
const HELD: u64 = 40;

/// The last key: whether the next one is that key held down.
#[derive(Debug, Clone, Default)]
pub(super) struct Repeat {
    last: Option<(KeyCode, KeyModifiers, Millis)>,
}

impl Repeat {
    /// Is the key held down, rather than pressed?
    pub(super) fn is_held(&mut self, key: KeyEvent, now: Millis) -> bool {
        let last = self.last.replace((key.code, key.modifiers, now));
        let soon = last.is_some_and(|(code, modifiers, at)| {
            code == key.code && modifiers == key.modifiers && now.0.saturating_sub(at.0) < HELD
        });
        soon || key.kind == KeyEventKind::Repeat
    }
}

/// Does it answer the question, or lead to an answer? A key that is held down never does.
pub fn answers(action: Action) -> bool {
    matches!(
        action,
        Action::AllowOnce
            | Action::Always
            | Action::ChangeFirst
            | Action::Deny
            | Action::DenyWithWords
            | Action::AllowAlike
            | Action::DenyAlike
            | Action::Answer(_)
            | Action::Confirm
    )
}

/// Does the action belong to the question in front, not to the screen?
pub fn is_its_own(action: Action) -> bool {
    answers(action)
        || matches!(
            action,
            Action::Escape
                | Action::FullScreen
                | Action::Up
                | Action::Down
                | Action::HalfPageUp
                | Action::HalfPageDown
                | Action::PageUp
                | Action::PageDown
                | Action::Top
                | Action::Bottom
                | Action::NextHunk
                | Action::PreviousHunk
                | Action::Toggle
                | Action::SelectLines
                | Action::ChooseAll
                | Action::Comment
                | Action::Split
                | Action::WordDiff
                | Action::NextField
                | Action::Explain
                | Action::EditRule
                | Action::NextScope
        )
}

//! Modal keys on the draft: what the state machine says is done here.

use crate::ui::action::Edit;
use crate::ui::composer::Composer;
use crate::ui::composer::vim::{Key, Mode, Then};

/// How many keys a change that is made again may come to.
const MOST: usize = 10_000;

impl Composer {
    /// Turns modal keys on or off. Are they on?
    pub fn toggle_vim(&mut self) -> bool {
        self.editor.mark(None);
        self.editor.group(false);
        self.vim = match self.vim {
            Some(_) => None,
            None => Some(super::vim::Vim::default()),
        };
        self.vim.is_some()
    }

    /// The mode of modal keys; none where they are off.
    pub fn mode(&self) -> Option<Mode> {
        Some(self.vim.as_ref()?.mode())
    }

    /// Takes a modal key in. What is left to be done.
    pub fn modal(&mut self, key: Key) -> Then {
        let Self { editor, vim, .. } = self;
        let Some(vim) = vim else { return Then::Pass };
        let before = vim.mode();
        let step = vim.key(key, editor.text(), editor.place());
        let after = vim.mode();
        if before != Mode::Insert && after == Mode::Insert {
            // What is written until Esc is one change with what made room for it.
            editor.group(true);
        }
        if let Some((range, with)) = step.change {
            editor.replace(range, &with);
        }
        if before == Mode::Insert && after != Mode::Insert {
            editor.group(false);
        }
        if let Some(at) = step.caret {
            editor.set_caret(at, None);
        }
        let then = match step.then {
            Then::Rows(by) => {
                for _ in 0..by.unsigned_abs() {
                    if by < 0 { self.up() } else { self.down() }
                }
                Then::Nothing
            }
            Then::Undo(times) => {
                (0..times).for_each(|_| self.editor.edit(Edit::Undo));
                Then::Nothing
            }
            Then::Redo(times) => {
                (0..times).for_each(|_| self.editor.edit(Edit::Redo));
                Then::Nothing
            }
            Then::Again(keys, times) => {
                self.again(&keys, times);
                Then::Nothing
            }
            then => then,
        };
        self.settle();
        then
    }

    fn again(&mut self, keys: &[Key], times: usize) {
        let replay = |composer: &mut Self, on| {
            if let Some(vim) = &mut composer.vim {
                vim.replay(on);
            }
        };
        replay(self, true);
        for key in keys.iter().cycle().take((keys.len() * times).min(MOST)) {
            if self.modal(*key) == Then::Pass {
                self.plain(*key);
            }
        }
        replay(self, false);
    }

    /// A key that is text.
    pub(super) fn plain(&mut self, key: Key) {
        match key {
            Key::Char(c) => self.editor.insert(c.encode_utf8(&mut [0; 4])),
            Key::Newline => self.editor.newline(),
            Key::Backspace => self.editor.edit(Edit::DeleteBefore),
            Key::Esc | Key::Redo | Key::Other => {}
        }
    }

    /// The caret where the mode lets it stand, and what is selected by the mode.
    pub fn settle(&mut self) {
        let Self { editor, vim, .. } = self;
        let Some(vim) = vim else { return };
        let (text, at) = (editor.text(), editor.place());
        let (rest, marked) = (vim.rest(text, at), vim.marked(text, at));
        if rest != at {
            editor.set_caret(rest, None);
        }
        editor.mark(marked);
    }

    /// A key was done elsewhere: nothing is selected by a mode any more.
    pub fn leave_visual(&mut self) {
        if let Some(vim) = &mut self.vim {
            vim.settle();
        }
        self.settle();
    }
}

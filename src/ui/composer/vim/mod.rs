//! Modal keys, as vim has them: a state machine over a text and a caret. It changes neither; it
//! says what is to be done.

mod act;
mod command;
mod motion;

use std::ops::Range;

use crate::ui::composer::motion::{Class, border, class, line, next, previous};
use act::{covered, lines, word_after};
use command::{Command, Parsed, What, parse};
use motion::{Cover, Find, go, object};

/// What the keys mean now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Keys are text.
    #[default]
    Insert,
    /// Keys are commands.
    Normal,
    /// Keys are commands on the characters that are selected.
    Visual,
    /// Keys are commands on the lines that are selected.
    Lines,
}

impl Mode {
    /// What the screen calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Normal => "NORMAL",
            Self::Visual => "VISUAL",
            Self::Lines => "V-LINE",
        }
    }
}

/// A key, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// Leave the mode.
    Esc,
    /// A line break, not Enter.
    Newline,
    /// Delete left; in the other modes, left.
    Backspace,
    /// Make the last change again that was taken back.
    Redo,
    /// None of these.
    Other,
}

/// What is left for others to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Then {
    /// Nothing.
    #[default]
    Nothing,
    /// The key is not for here: it means what it means without modal keys.
    Pass,
    /// Esc, where there is nothing to leave.
    Escape,
    /// Look for a prompt in the history.
    Search,
    /// All commands.
    Palette,
    /// The caret so many visual rows down (or up), or through the history.
    Rows(isize),
    /// Take so many changes back.
    Undo(usize),
    /// Make so many again.
    Redo(usize),
    /// These keys, so many times.
    Again(Vec<Key>, usize),
}

/// What a key comes to: first the change, then the caret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// Put a text in place of a range.
    pub change: Option<(Range<usize>, String)>,
    /// Then the caret to here.
    pub caret: Option<usize>,
    /// Then this.
    pub then: Then,
}

impl Step {
    fn then(then: Then) -> Self {
        Self { then, ..Self::default() }
    }

    fn to(caret: usize) -> Self {
        Self { caret: Some(caret), ..Self::default() }
    }

    fn change(range: Range<usize>, with: impl Into<String>, caret: usize) -> Self {
        Self { change: Some((range, with.into())), caret: Some(caret), then: Then::Nothing }
    }
}

/// The modes, and what they remember.
#[derive(Debug, Default)]
pub struct Vim {
    mode: Mode,
    /// The command so far.
    keys: Vec<char>,
    /// What was deleted or copied last; whole lines?
    register: (String, bool),
    find: Option<Find>,
    /// The other end of what is selected.
    anchor: usize,
    /// The keys of the last change, and of the one that is being made.
    last: Vec<Key>,
    now: Option<Vec<Key>>,
    replaying: bool,
}

impl Vim {
    /// What the keys mean now.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Keys are text again.
    pub fn insert(&mut self) {
        self.mode = Mode::Insert;
        self.keys.clear();
        self.now = None;
    }

    /// Nothing is selected any more.
    pub fn settle(&mut self) {
        if matches!(self.mode, Mode::Visual | Mode::Lines) {
            self.mode = Mode::Normal;
        }
        self.keys.clear();
    }

    /// The keys that follow are a change that is made again.
    pub fn replay(&mut self, on: bool) {
        self.replaying = on;
    }

    /// What is selected, where the caret stands at `at`.
    pub fn marked(&self, text: &str, at: usize) -> Option<Range<usize>> {
        // The text may have changed under it.
        let anchor = border(text, self.anchor);
        let (from, to) = (anchor.min(at), anchor.max(at));
        match self.mode {
            Mode::Visual => Some(from..next(text, to)),
            Mode::Lines => Some(line(text, from).start..line(text, to).end),
            Mode::Insert | Mode::Normal => None,
        }
    }

    /// Where the caret may stand: on a character, but where keys are text.
    pub fn rest(&self, text: &str, at: usize) -> usize {
        let here = line(text, at);
        let past = at >= here.end && here.end > here.start;
        if past && self.mode == Mode::Normal { previous(text, here.end) } else { at }
    }

    /// Takes a key in.
    pub fn key(&mut self, key: Key, text: &str, at: usize) -> Step {
        if self.mode == Mode::Insert {
            return self.inserting(key, text, at);
        }
        let c = match key {
            Key::Char(c) => c,
            Key::Backspace => 'h',
            Key::Redo => {
                let count = parse(&self.keys, false).count();
                self.keys.clear();
                return Step::then(Then::Redo(count));
            }
            Key::Esc if !self.keys.is_empty() || self.mode != Mode::Normal => {
                self.settle();
                return Step::to(self.rest(text, at));
            }
            Key::Esc => return Step::then(Then::Escape),
            Key::Newline | Key::Other => {
                self.keys.clear();
                return Step::then(Then::Pass);
            }
        };
        self.keys.push(c);
        let visual = self.mode != Mode::Normal;
        match parse(&self.keys, visual) {
            Parsed::More(_) => Step::default(),
            Parsed::Nothing => {
                self.keys.clear();
                Step::default()
            }
            Parsed::Done(command) => {
                let keys = std::mem::take(&mut self.keys);
                let mut step = self.run(&command, text, at);
                let inserts = self.mode == Mode::Insert;
                if command.changes() && !visual && !self.replaying {
                    let keys = keys.into_iter().map(Key::Char).collect();
                    if inserts {
                        self.now = Some(keys);
                    } else {
                        self.last = keys;
                    }
                }
                if step.change.is_none() {
                    step.caret = step.caret.map(|at| self.rest(text, at));
                }
                step
            }
        }
    }

    fn inserting(&mut self, key: Key, text: &str, at: usize) -> Step {
        if let Some(now) = &mut self.now {
            now.push(key);
        }
        if key != Key::Esc {
            return Step::then(Then::Pass);
        }
        self.mode = Mode::Normal;
        if let Some(keys) = self.now.take() {
            self.last = keys;
        }
        Step::to(previous(text, at).max(line(text, at).start))
    }

    fn run(&mut self, command: &Command, text: &str, at: usize) -> Step {
        let visual = self.marked(text, at);
        match (&command.what, command.operator) {
            (What::Move { key, to }, operator) => {
                let Some(find) = self.find_for(*key, *to) else { return Step::default() };
                let key = find.map_or(*key, |find| find.how);
                let plain = operator.is_none() && visual.is_none();
                if plain && matches!(key, 'j' | 'k') {
                    let rows = command.count.unwrap_or(1).min(1000) as isize;
                    return Step::then(Then::Rows(if key == 'j' { rows } else { -rows }));
                }
                // `cw` leaves the blanks after the word.
                let on_word = at < text.len() && class(text, at, true) != Class::Blank;
                if operator == Some('c') && matches!(key, 'w' | 'W') && on_word {
                    let end = word_after(text, at, key == 'W', command.count.unwrap_or(1));
                    return self.operate('c', text, at, at..end, false);
                }
                let Some((to, cover)) = go(text, at, key, find, command.count) else {
                    return Step::default();
                };
                match operator {
                    None => Step::to(to),
                    Some(operator) => {
                        let range = covered(text, at, to, cover, key);
                        self.operate(operator, text, at, range, cover == Cover::Lines)
                    }
                }
            }
            (What::Object { kind, around }, operator) => {
                match (object(text, at, *kind, *around), operator) {
                    (None, _) => Step::default(),
                    (Some(range), Some(operator)) => self.operate(operator, text, at, range, false),
                    (Some(range), None) => {
                        self.mode = Mode::Visual;
                        self.anchor = range.start;
                        Step::to(previous(text, range.end).max(range.start))
                    }
                }
            }
            (What::Lines, Some(operator)) => {
                let range = lines(text, at, command.count.unwrap_or(1));
                self.operate(operator, text, at, range, true)
            }
            (What::Lines, None) => Step::default(),
            (What::Act { key, with }, _) => match visual {
                Some(range) => self.act_on(*key, *with, text, at, range),
                None => self.act(*key, *with, command.count, text, at),
            },
        }
    }

    /// The search that a move stands for: none within for moves that are no search; none at all
    /// for `;` before the first one.
    #[allow(clippy::option_option, reason = "no search, or a search that is not known")]
    fn find_for(&mut self, key: char, what: Option<char>) -> Option<Option<Find>> {
        match (key, what) {
            ('f' | 'F' | 't' | 'T', Some(what)) => {
                self.find = Some(Find { how: key, what });
                Some(self.find)
            }
            (';', _) => self.find.map(Some),
            (',', _) => self.find.map(|find| {
                let how = find.how;
                let back = if how.is_lowercase() {
                    how.to_ascii_uppercase()
                } else {
                    how.to_ascii_lowercase()
                };
                Some(Find { how: back, ..find })
            }),
            _ => Some(None),
        }
    }
}

#[cfg(test)]
mod tests;

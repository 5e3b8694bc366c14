//! Modal keys, as vim has them: a state machine over a text and a caret. It changes neither; it
//! says what is to be done.

mod command;
mod motion;

use std::ops::Range;

use crate::ui::composer::motion::{Class, class, line, next, previous, run, word_end};
use command::{Command, Parsed, What, parse};
use motion::{Cover, Find, first_letter, go, object};

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
        let (from, to) = (self.anchor.min(at).min(text.len()), self.anchor.max(at).min(text.len()));
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
                    match inserts {
                        true => self.now = Some(keys),
                        false => self.last = keys,
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

    /// `d`, `c` or `y` on a range.
    fn operate(
        &mut self,
        operator: char,
        text: &str,
        at: usize,
        range: Range<usize>,
        whole: bool,
    ) -> Step {
        let range =
            if whole { line(text, range.start).start..line(text, range.end).end } else { range };
        self.register = (text[range.clone()].to_owned(), whole);
        if matches!(self.mode, Mode::Visual | Mode::Lines) {
            self.mode = Mode::Normal;
        }
        match operator {
            // The caret stays in the line that it stands in.
            'y' if whole && line(text, at).start == range.start => Step::to(at),
            'y' => Step::to(range.start),
            'c' => {
                self.mode = Mode::Insert;
                Step::change(range.clone(), "", range.start)
            }
            _ if whole => {
                // The line's end goes with it; the last line takes the one before it.
                let (cut, rest) = match (range.end < text.len(), range.start > 0) {
                    (true, _) => (range.start..range.end + 1, range.start),
                    (false, true) => {
                        (range.start - 1..range.end, line(text, range.start - 1).start)
                    }
                    (false, false) => (range, 0),
                };
                let mut left = text.to_owned();
                left.replace_range(cut.clone(), "");
                Step::change(cut, "", first_letter(&left, rest.min(left.len())))
            }
            _ => {
                let mut left = text.to_owned();
                left.replace_range(range.clone(), "");
                let caret = self.rest(&left, range.start);
                Step::change(range, "", caret)
            }
        }
    }

    /// A command of its own, on what is selected.
    fn act_on(
        &mut self,
        key: char,
        with: Option<char>,
        text: &str,
        at: usize,
        range: Range<usize>,
    ) -> Step {
        let whole = self.mode == Mode::Lines;
        match key {
            'x' | 'X' | 'D' => self.operate('d', text, at, range, whole || key != 'x'),
            's' | 'C' | 'S' => self.operate('c', text, at, range, whole || key != 's'),
            'y' | 'Y' => self.operate('y', text, at, range, whole || key == 'Y'),
            'o' => {
                let to = std::mem::replace(&mut self.anchor, at);
                Step::to(to)
            }
            'v' | 'V' => {
                let wanted = if key == 'v' { Mode::Visual } else { Mode::Lines };
                self.mode = if self.mode == wanted { Mode::Normal } else { wanted };
                Step::to(at)
            }
            '~' => {
                self.mode = Mode::Normal;
                Step::change(range.clone(), swapped(&text[range.clone()]), range.start)
            }
            'r' => {
                self.mode = Mode::Normal;
                let c = with.unwrap_or(' ');
                let put = |old: char| if old == '\n' { old } else { c };
                let new: String = text[range.clone()].chars().map(put).collect();
                Step::change(range.clone(), new, range.start)
            }
            'J' => {
                self.mode = Mode::Normal;
                let count = text[range.clone()].matches('\n').count() + 1;
                join(text, range.start, count)
            }
            'p' | 'P' => {
                let (new, _) = self.register.clone();
                self.register = (text[range.clone()].to_owned(), whole);
                self.mode = Mode::Normal;
                let caret = range.start;
                Step::change(range, new, caret)
            }
            ':' => Step::then(Then::Palette),
            _ => Step::default(),
        }
    }

    /// A command of its own.
    fn act(
        &mut self,
        key: char,
        with: Option<char>,
        count: Option<usize>,
        text: &str,
        at: usize,
    ) -> Step {
        let many = count.unwrap_or(1);
        let here = line(text, at);
        let right = || (0..many).fold(at, |at, _| next(text, at).min(here.end));
        let left = || (0..many).fold(at, |at, _| previous(text, at).max(here.start));
        match key {
            'i' | 'a' | 'I' | 'A' => {
                self.mode = Mode::Insert;
                Step::to(match key {
                    'i' => at,
                    'a' => next(text, at).min(here.end),
                    'I' => first_letter(text, at),
                    _ => here.end,
                })
            }
            'o' | 'O' => {
                self.mode = Mode::Insert;
                match key {
                    'o' => Step::change(here.end..here.end, "\n", here.end + 1),
                    _ => Step::change(here.start..here.start, "\n", here.start),
                }
            }
            'x' if at < here.end => self.operate('d', text, at, at..right(), false),
            'X' if at > here.start => self.operate('d', text, at, left()..at, false),
            's' => self.operate('c', text, at, at..right(), false),
            'S' => self.operate('c', text, at, lines(text, at, many), true),
            'D' => self.operate('d', text, at, at..here.end, false),
            'C' => self.operate('c', text, at, at..here.end, false),
            'Y' => self.operate('y', text, at, lines(text, at, many), true),
            'r' => {
                let end = right();
                let there = text[at..end].chars().count();
                let c = with.filter(|_| there >= 1 && end > at);
                let Some(c) = c else { return Step::default() };
                let graphemes = (0..).scan(at, |at, _| {
                    *at = next(text, *at).min(end);
                    Some(*at)
                });
                let many = graphemes.take_while(|to| *to < end).count() + 1;
                let new = c.to_string().repeat(many);
                let caret = at + new.len() - c.len_utf8();
                Step::change(at..end, new, caret)
            }
            '~' if at < here.end => {
                let end = right();
                let new = swapped(&text[at..end]);
                let mut left = text.to_owned();
                left.replace_range(at..end, &new);
                let caret = self.rest(&left, at + new.len());
                Step::change(at..end, new, caret)
            }
            'J' => join(text, at, many.max(2)),
            'p' | 'P' => self.put(key == 'p', many, text, at),
            'v' | 'V' => {
                self.mode = if key == 'v' { Mode::Visual } else { Mode::Lines };
                self.anchor = at;
                Step::to(at)
            }
            'u' => Step::then(Then::Undo(many)),
            '.' if !self.replaying => Step::then(Then::Again(self.last.clone(), many)),
            '/' => Step::then(Then::Search),
            ':' => Step::then(Then::Palette),
            _ => Step::default(),
        }
    }

    fn put(&self, after: bool, many: usize, text: &str, at: usize) -> Step {
        let (words, whole) = &self.register;
        let here = line(text, at);
        if words.is_empty() && !whole {
            return Step::default();
        }
        // What a count can ask for has a bound.
        let many = many.min((1 << 20) / words.len().max(1)).max(1);
        if *whole {
            let block = vec![words.as_str(); many].join("\n");
            let indent = first_letter(&block, 0);
            return match after {
                true => {
                    Step::change(here.end..here.end, format!("\n{block}"), here.end + 1 + indent)
                }
                false => {
                    Step::change(here.start..here.start, format!("{block}\n"), here.start + indent)
                }
            };
        }
        let place = if after { next(text, at).min(here.end) } else { at };
        let new = words.repeat(many);
        let caret = place + previous(&new, new.len());
        Step::change(place..place, new, caret)
    }
}

/// Some lines from the one at `at` on, without the last one's end.
fn lines(text: &str, at: usize, count: usize) -> Range<usize> {
    let first = line(text, at);
    let mut end = first.end;
    for _ in 1..count {
        if end >= text.len() {
            break;
        }
        end = line(text, end + 1).end;
    }
    first.start..end
}

/// The end of the word at `at`, or of one of those after it.
fn word_after(text: &str, at: usize, big: bool, count: usize) -> usize {
    let first = run(text, at, big).end;
    (1..count).fold(first, |end, _| {
        let to = word_end(text, previous(text, end), big);
        if to < end { end } else { next(text, to) }
    })
}

/// What an operator takes of a move from `at`.
fn covered(text: &str, at: usize, to: usize, cover: Cover, key: char) -> Range<usize> {
    let (from, end) = (at.min(to), at.max(to));
    match cover {
        Cover::Through => from..next(text, end),
        // A word that is the last of its line ends with it.
        Cover::Before if matches!(key, 'w' | 'W') && to > at => {
            let words = text[from..end].trim_end_matches(|c: char| c.is_whitespace() && c != '\n');
            let broken = words.len() > 1 && words.ends_with('\n');
            if broken { from..from + words.trim_end().len().max(1) } else { from..end }
        }
        Cover::Before | Cover::Lines => from..end,
    }
}

/// With great letters for small ones, and small ones for great ones.
fn swapped(text: &str) -> String {
    let swap = |c: char| -> String {
        if c.is_lowercase() { c.to_uppercase().collect() } else { c.to_lowercase().collect() }
    };
    text.chars().map(swap).collect()
}

/// Makes one line of some.
fn join(text: &str, at: usize, count: usize) -> Step {
    let range = lines(text, at, count);
    let words = &text[range.clone()];
    let mut parts = words.split('\n');
    let mut new = parts.next().unwrap_or_default().to_owned();
    let mut caret = range.start;
    for part in parts {
        let part = part.trim_start();
        caret = range.start + new.len();
        if !part.is_empty() && !new.ends_with(char::is_whitespace) && !new.is_empty() {
            new.push(' ');
        }
        new.push_str(part);
    }
    if new == words { Step::default() } else { Step::change(range, new, caret) }
}

#[cfg(test)]
mod tests;

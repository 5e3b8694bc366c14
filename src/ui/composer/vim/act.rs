//! What operators and commands of their own do.

use std::ops::Range;

use super::motion::{Cover, first_letter};
use super::{Mode, Step, Then, Vim};
use crate::ui::composer::motion::{line, next, previous, run, word_end};

impl Vim {
    /// `d`, `c` or `y` on a range.
    pub(super) fn operate(
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
    pub(super) fn act_on(
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
    pub(super) fn act(
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
            return if after {
                Step::change(here.end..here.end, format!("\n{block}"), here.end + 1 + indent)
            } else {
                Step::change(here.start..here.start, format!("{block}\n"), here.start + indent)
            };
        }
        let place = if after { next(text, at).min(here.end) } else { at };
        let new = words.repeat(many);
        let caret = place + previous(&new, new.len());
        Step::change(place..place, new, caret)
    }
}

/// Some lines from the one at `at` on, without the last one's end.
pub(super) fn lines(text: &str, at: usize, count: usize) -> Range<usize> {
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
pub(super) fn word_after(text: &str, at: usize, big: bool, count: usize) -> usize {
    let first = run(text, at, big).end;
    (1..count).fold(first, |end, _| {
        let to = word_end(text, previous(text, end), big);
        if to < end { end } else { next(text, to) }
    })
}

/// What an operator takes of a move from `at`.
pub(super) fn covered(text: &str, at: usize, to: usize, cover: Cover, key: char) -> Range<usize> {
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

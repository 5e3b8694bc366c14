//! Where the moves of vim lead, and what its text objects are.

use std::ops::Range;

use crate::ui::composer::motion::{
    Class, class, line, next, previous, run, word_back, word_end, word_start,
};

/// What a move covers, where an operator follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// Up to where it leads.
    Before,
    /// That character too.
    Through,
    /// Whole lines.
    Lines,
}

/// A search within a line: `f`, `F`, `t` or `T`, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Find {
    pub(super) how: char,
    pub(super) what: char,
}

/// Where a move leads from `at`, and what it covers; none where it leads nowhere.
pub(super) fn go(
    text: &str,
    at: usize,
    key: char,
    find: Option<Find>,
    count: Option<usize>,
) -> Option<(usize, Cover)> {
    let here = line(text, at);
    let many = |step: &dyn Fn(usize) -> usize| {
        let mut at = at;
        for _ in 0..count.unwrap_or(1) {
            let to = step(at);
            if to == at {
                break;
            }
            at = to;
        }
        at
    };
    let found = match key {
        'h' => (many(&|at| previous(text, at).max(here.start)), Cover::Before),
        'l' => (many(&|at| next(text, at).min(here.end)), Cover::Before),
        'j' | 'k' => (rows(text, at, key == 'j', count.unwrap_or(1))?, Cover::Lines),
        'w' | 'W' => (many(&|at| word_start(text, at, key == 'W')), Cover::Before),
        'b' | 'B' => (many(&|at| word_back(text, at, key == 'B')), Cover::Before),
        'e' | 'E' => (many(&|at| word_end(text, at, key == 'E')), Cover::Through),
        '0' => (here.start, Cover::Before),
        '^' => (first_letter(text, at), Cover::Before),
        '$' => {
            let last = rows(text, at, true, count.unwrap_or(1) - 1).unwrap_or(at);
            (line(text, last).end, Cover::Before)
        }
        'g' | 'G' => {
            let lines = text.split('\n').count();
            let wanted = count.unwrap_or(if key == 'g' { 1 } else { lines }).clamp(1, lines);
            let ends = text.match_indices('\n').map(|(at, _)| at + 1);
            let start = std::iter::once(0).chain(ends).nth(wanted - 1).unwrap_or(0);
            (first_letter(text, start), Cover::Lines)
        }
        'f' | 'F' | 't' | 'T' => within(text, at, find?, count.unwrap_or(1))?,
        _ => return None,
    };
    Some(found)
}

/// Some lines further, in the same column.
fn rows(text: &str, at: usize, down: bool, count: usize) -> Option<usize> {
    let here = line(text, at);
    let mut column = 0;
    let mut from = here.start;
    while from < at {
        from = next(text, from);
        column += 1;
    }
    let mut to = here;
    for _ in 0..count {
        let edge = if down { to.end + 1 } else { to.start.checked_sub(1)? };
        if edge > text.len() {
            return None;
        }
        to = line(text, edge);
    }
    let mut at = to.start;
    for _ in 0..column {
        at = next(text, at).min(to.end);
    }
    Some(at)
}

/// The first character of a line that is no blank.
pub(super) fn first_letter(text: &str, at: usize) -> usize {
    let here = line(text, at);
    let mut at = here.start;
    while at < here.end && class(text, at, true) == Class::Blank {
        at = next(text, at);
    }
    at
}

fn within(text: &str, at: usize, find: Find, count: usize) -> Option<(usize, Cover)> {
    let here = line(text, at);
    let forward = matches!(find.how, 'f' | 't');
    let mut found = at;
    for _ in 0..count {
        found = if forward {
            let from = next(text, found).min(here.end);
            from + text[from..here.end].find(find.what)?
        } else {
            here.start + text[here.start..found].rfind(find.what)?
        };
    }
    let to = match find.how {
        't' => previous(text, found),
        'T' => next(text, found),
        _ => found,
    };
    Some((to, if forward { Cover::Through } else { Cover::Before }))
}

/// The range of a text object around `at`: `w`, a pair of brackets, or quotes.
pub(super) fn object(text: &str, at: usize, kind: char, around: bool) -> Option<Range<usize>> {
    match kind {
        'w' | 'W' => Some(word(text, at, kind == 'W', around)),
        '(' | ')' | 'b' => pair(text, at, ('(', ')'), around),
        '[' | ']' => pair(text, at, ('[', ']'), around),
        '{' | '}' | 'B' => pair(text, at, ('{', '}'), around),
        '"' | '\'' | '`' => quotes(text, at, kind, around),
        _ => None,
    }
}

fn word(text: &str, at: usize, big: bool, around: bool) -> Range<usize> {
    let inner = run(text, at, big);
    if !around {
        return inner;
    }
    let here = line(text, at);
    if inner.end < here.end {
        let after = run(text, inner.end, big);
        let blank = class(text, inner.end, big) == Class::Blank;
        if blank || class(text, at, big) == Class::Blank {
            return inner.start..after.end;
        }
    }
    let before =
        inner.start > here.start && class(text, previous(text, inner.start), big) == Class::Blank;
    let start =
        if before { run(text, previous(text, inner.start), big).start } else { inner.start };
    start..inner.end
}

fn pair(text: &str, at: usize, (open, close): (char, char), around: bool) -> Option<Range<usize>> {
    let mut depth = 0usize;
    let on_close = text[at..].starts_with(close);
    let after = if text[at..].starts_with(open) { at + open.len_utf8() } else { at };
    let start = text[..after].char_indices().rev().find_map(|(place, c)| {
        if c == close {
            depth += 1;
        } else if c == open {
            if depth == 0 {
                return Some(place);
            }
            depth -= 1;
        }
        None
    })?;
    depth = 0;
    let from = start + open.len_utf8();
    let end = text[from..].char_indices().find_map(|(place, c)| {
        if c == open {
            depth += 1;
        } else if c == close {
            if depth == 0 {
                return Some(from + place);
            }
            depth -= 1;
        }
        None
    })?;
    if end < at && !on_close {
        return None;
    }
    Some(if around { start..end + close.len_utf8() } else { from..end })
}

/// Quotes pair up from the start of the line.
fn quotes(text: &str, at: usize, quote: char, around: bool) -> Option<Range<usize>> {
    let here = line(text, at);
    let places: Vec<_> =
        text[here.clone()].match_indices(quote).map(|(place, _)| here.start + place).collect();
    let found = places.chunks_exact(2).find(|both| both[1] >= at)?;
    Some(if around { found[0]..found[1] + 1 } else { found[0] + 1..found[1] })
}

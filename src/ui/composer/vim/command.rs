//! The grammar of a command: a count, an operator, a count, and what it works on.

/// A command, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) count: Option<usize>,
    /// `d`, `c` or `y`.
    pub(super) operator: Option<char>,
    pub(super) what: What,
}

/// What it does, or works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// A move, and the character that it looks for.
    Move { key: char, to: Option<char> },
    /// A text object.
    Object { kind: char, around: bool },
    /// The operator, doubled: whole lines.
    Lines,
    /// A command of its own, and the character that it takes.
    Act { key: char, with: Option<char> },
}

/// What the keys so far come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parsed {
    /// More have to come; the count so far.
    More(Option<usize>),
    /// No command.
    Nothing,
    /// A command.
    Done(Command),
}

impl Parsed {
    /// How often.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::More(count) => count.unwrap_or(1),
            Self::Nothing => 1,
            Self::Done(command) => command.count.unwrap_or(1),
        }
    }
}

impl Command {
    /// Does it change the text, so that `.` makes it again?
    pub(super) fn changes(&self) -> bool {
        match self.what {
            What::Act { key, .. } => "xXsSrJpP~iaIAoOCD".contains(key),
            _ => matches!(self.operator, Some('d' | 'c')),
        }
    }
}

/// The highest count that means something.
const MOST: usize = 9999;

/// Reads the keys of a command.
pub(super) fn parse(keys: &[char], visual: bool) -> Parsed {
    let (first, rest) = number(keys);
    let Some((&key, after)) = rest.split_first() else { return Parsed::More(first) };
    if !matches!(key, 'd' | 'c' | 'y') {
        return target(key, after, first, None, visual);
    }
    if visual {
        // What is selected is what it works on.
        let act = match key {
            'd' => 'x',
            'c' => 's',
            _ => 'y',
        };
        return done(first, None, What::Act { key: act, with: None });
    }
    let (second, rest) = number(after);
    let count = match (first, second) {
        (Some(first), Some(second)) => Some((first * second).min(MOST)),
        (first, second) => first.or(second),
    };
    match rest.split_first() {
        None => Parsed::More(count),
        Some((again, _)) if *again == key => done(count, Some(key), What::Lines),
        Some((next, after)) => target(*next, after, count, Some(key), visual),
    }
}

fn done(count: Option<usize>, operator: Option<char>, what: What) -> Parsed {
    Parsed::Done(Command { count, operator, what })
}

fn number(keys: &[char]) -> (Option<usize>, &[char]) {
    let is_digit = |(at, key): &(usize, &char)| key.is_ascii_digit() && (*at > 0 || **key != '0');
    let digits = keys.iter().enumerate().take_while(is_digit).count();
    let (digits, rest) = keys.split_at(digits);
    let value =
        |sum: usize, digit: &char| (sum * 10 + digit.to_digit(10).unwrap_or(0) as usize).min(MOST);
    ((!digits.is_empty()).then(|| digits.iter().fold(0, value)), rest)
}

fn target(
    key: char,
    after: &[char],
    count: Option<usize>,
    operator: Option<char>,
    visual: bool,
) -> Parsed {
    let act = |with| done(count, operator, What::Act { key, with });
    match (key, after.first().copied()) {
        ('g' | 'f' | 'F' | 't' | 'T', None) => Parsed::More(count),
        ('g', Some('g')) => done(count, operator, What::Move { key: 'g', to: None }),
        ('f' | 'F' | 't' | 'T', to) => done(count, operator, What::Move { key, to }),
        _ if "hjklwbeWBE0^$G;,".contains(key) => {
            done(count, operator, What::Move { key, to: None })
        }
        ('i' | 'a', None) if operator.is_some() || visual => Parsed::More(count),
        ('i' | 'a', Some(kind)) => {
            if !"wW()b[]{}B\"'`".contains(kind) {
                return Parsed::Nothing;
            }
            done(count, operator, What::Object { kind, around: key == 'a' })
        }
        _ if operator.is_some() => Parsed::Nothing,
        ('r', None) => Parsed::More(count),
        ('r', with) => act(with),
        _ if "xXsSJpPuiaIAoOCDYvV~.:/".contains(key) => act(None),
        _ => Parsed::Nothing,
    }
}

//! What the words of a command are when it runs: certain, a glob, or only known then.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::shell::arithmetic;
use crate::shell::parse::is_name;
use crate::shell::syntax::{Part, Word};

/// One argument as a program gets it, but for globs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Field {
    /// Quotes removed, known variables filled in. Of what is dynamic only the certain pieces.
    pub text: String,
    /// It holds an unquoted `*`, `?` or `[`: the shell replaces it by names of files.
    pub glob: bool,
    /// A part of it was quoted or escaped.
    pub quoted: bool,
    /// A part of it came from a variable or a substitution.
    pub expanded: bool,
    /// What makes it known only when it runs.
    pub dynamic: Option<Dynamic>,
    /// It is `$?` or `$#` and nothing else: a number.
    pub counts: bool,
}

/// Why a word is known only when it runs; the later the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dynamic {
    /// A substitution of a process alone: the name of a pipe.
    Process,
    /// A substitution, or a variable that this line bound or that holds no secret.
    Bound,
    /// A list of braces that is not a plain one.
    Braces,
    /// A variable that this line did not bind, an operator, or arithmetic on names.
    Unknown,
}

/// What a variable is at some point of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// This text.
    Text(String),
    /// A name that this glob gives; in double quotes it is a place.
    Glob(String),
    /// Bound on this line, to what only running it tells.
    Dynamic,
}

/// What is known where a word stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Variables of this line.
    pub vars: HashMap<String, Value>,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// The directory it runs in, where that is known.
    pub cwd: Option<PathBuf>,
}

/// Variables whose value is no secret.
const HARMLESS: &[&str] = &[
    "HOME", "PWD", "USER", "SHELL", "PATH", "LANG", "TERM", "OSTYPE", "HOSTNAME", "?", "#", "$",
    "!",
];

/// Most words that several lists in braces may give, and most pieces that these may be written with.
const MOST: (usize, usize) = (64, 1 << 16);

impl Scope {
    /// The fields that a word becomes; braces make several of one.
    pub fn expand(&self, word: &Word) -> Vec<Field> {
        // Most words are nothing but letters.
        if let Some(text) = word.as_plain().filter(|text| !text.contains(['{', '~'])) {
            let glob = text.contains(['*', '?', '[']) && text != "[" && text != "[[";
            return vec![Field { text: text.to_owned(), glob, ..Field::default() }];
        }
        let mut pieces = Vec::new();
        self.flatten(&word.parts, false, false, &mut pieces);
        let Ok(braced) = braces(&pieces) else {
            let mut field = self.tilded(pieces, true);
            field.dynamic = field.dynamic.max(Some(Dynamic::Braces));
            return vec![field];
        };
        // Braces come before `~`: `{a,~/b}`. What they made is no assignment any more.
        let alone = braced.len() == 1;
        let mut fields: Vec<Field> =
            braced.into_iter().map(|pieces| self.tilded(pieces, alone)).collect();
        if !alone {
            for field in &mut fields {
                field.expanded = true;
            }
        }
        // What holds nothing and has no quotes gives no word at all: `$x`, the first of `{,a}`.
        fields.retain(|field| !field.text.is_empty() || field.quoted || field.dynamic.is_some());
        fields
    }

    /// The one field of a word that the shell neither splits nor globs: of an assignment or a test.
    pub fn expand_one(&self, word: &Word) -> Field {
        let mut pieces = Vec::new();
        self.flatten(&word.parts, false, true, &mut pieces);
        self.tilded(pieces, true)
    }

    /// The field of these pieces, its `~` filled in.
    fn tilded(&self, mut pieces: Vec<Piece>, may_assign: bool) -> Field {
        let odd = self.tilde(&mut pieces, may_assign);
        let mut field = gather(&pieces);
        if odd {
            field.dynamic = Some(Dynamic::Unknown);
        }
        field
    }

    /// `double`: inside double quotes. `whole`: what a variable holds is not split.
    fn flatten(&self, parts: &[Part], double: bool, whole: bool, out: &mut Vec<Piece>) {
        for part in parts {
            match part {
                Part::Plain(text) if double => out.push(Piece::quoted(text)),
                Part::Plain(text) => out.extend(text.chars().map(Piece::Char)),
                Part::Escaped(c) => out.push(Piece::quoted(c.encode_utf8(&mut [0; 4]))),
                Part::Single(text) | Part::Ansi(text) => out.push(Piece::quoted(text)),
                Part::Double(parts) => {
                    out.push(Piece::quoted(""));
                    self.flatten(parts, true, true, out);
                }
                Part::Param(name) => out.push(self.param(name, double || whole)),
                Part::Operator(_) => out.push(Piece::Dynamic(Dynamic::Unknown)),
                Part::Arithmetic(raw) => {
                    let value = arithmetic::value(&raw.text).map(|value| value.to_string());
                    out.push(value.map_or_else(|| Self::counted(&raw.text), Piece::Known));
                }
                Part::Substitution(list) => out.push(match super::atoms::constant(list) {
                    Some(text) if double || whole => Piece::Known(text),
                    _ => Piece::Dynamic(Dynamic::Bound),
                }),
                Part::Process(..) => out.push(Piece::Dynamic(Dynamic::Process)),
            }
        }
    }

    /// A sum of numbers that is not worked out here: some number.
    fn counted(text: &str) -> Piece {
        let plain = |c: char| c.is_ascii_digit() || " \t+-*/%()<>=!&|^~?:".contains(c);
        // `$?` and `$#` are numbers.
        let text = text.replace("$?", "0").replace("$#", "0");
        let number = text.chars().all(plain) && text.contains(|c: char| c.is_ascii_digit());
        Piece::Dynamic(if number { Dynamic::Bound } else { Dynamic::Unknown })
    }

    fn param(&self, name: &str, double: bool) -> Piece {
        let certain = |text: &str| {
            let split = |c: char| c.is_whitespace() || "*?[".contains(c);
            if double || !text.contains(split) {
                Piece::Known(text.to_owned())
            } else {
                Piece::Dynamic(Dynamic::Bound)
            }
        };
        match self.vars.get(name) {
            Some(Value::Text(text)) => return certain(text),
            Some(Value::Glob(text)) if double => return Piece::Glob(text.clone()),
            Some(Value::Glob(_) | Value::Dynamic) => return Piece::Dynamic(Dynamic::Bound),
            None => {}
        }
        let known = match name {
            "HOME" => self.home.as_ref(),
            "PWD" => self.cwd.as_ref(),
            _ => None,
        };
        match known.and_then(|path| path.to_str()) {
            Some(text) => certain(text),
            None if matches!(name, "?" | "#") => Piece::Count,
            None if HARMLESS.contains(&name) => Piece::Dynamic(Dynamic::Bound),
            None => Piece::Dynamic(Dynamic::Unknown),
        }
    }

    /// Fills in a leading `~`, and one behind `name=`; is it another user's?
    fn tilde(&self, pieces: &mut [Piece], may_assign: bool) -> bool {
        let equals = pieces.iter().position(|piece| *piece == Piece::Char('='));
        let equals = equals.filter(|_| may_assign);
        let name: String = pieces[..equals.unwrap_or(0)]
            .iter()
            .map_while(|piece| if let Piece::Char(c) = piece { Some(*c) } else { None })
            .collect();
        let assigns = equals.filter(|&at| name.len() == at && is_name(&name)).map(|at| at + 1);
        let mut odd = false;
        for at in [Some(0), assigns].into_iter().flatten() {
            if pieces.get(at) != Some(&Piece::Char('~')) {
                continue;
            }
            let home = match self.param("HOME", true) {
                Piece::Known(home) => Some(home),
                _ => None,
            };
            let plus = |next: Option<&Piece>| matches!(next, None | Some(Piece::Char('/')));
            match (pieces.get(at + 1), home) {
                (None | Some(Piece::Char('/')), Some(home)) => pieces[at] = Piece::Tilde(home),
                // `~+` is the directory; no place is written so without need.
                (Some(Piece::Char('+')), _) if plus(pieces.get(at + 2)) => {
                    if let Some(cwd) = self.cwd.as_ref().and_then(|cwd| cwd.to_str()) {
                        pieces[at] = Piece::Tilde(cwd.to_owned());
                        pieces[at + 1] = Piece::Tilde(String::new());
                    }
                    odd = true;
                }
                // `~"x"` is a file of that name.
                (Some(Piece::Quoted(_)), _) => {}
                _ => odd = true,
            }
        }
        odd
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Char(char),
    Quoted(String),
    Known(String),
    Tilde(String),
    Glob(String),
    Dynamic(Dynamic),
    /// `$?` or `$#`.
    Count,
}

impl Piece {
    fn quoted(text: &str) -> Self {
        Self::Quoted(text.to_owned())
    }
}

fn gather(pieces: &[Piece]) -> Field {
    let mut field = Field::default();
    for piece in pieces {
        match piece {
            Piece::Char(c) => {
                field.glob |= "*?[".contains(*c);
                field.text.push(*c);
            }
            Piece::Quoted(text) => {
                field.quoted = true;
                field.text.push_str(text);
            }
            Piece::Tilde(text) | Piece::Known(text) => {
                field.expanded = true;
                field.text.push_str(text);
            }
            Piece::Glob(text) => {
                field.expanded = true;
                field.glob = true;
                field.text.push_str(text);
            }
            Piece::Dynamic(why) => {
                field.expanded = true;
                field.dynamic = field.dynamic.max(Some(*why));
            }
            Piece::Count => {
                field.expanded = true;
                field.dynamic = field.dynamic.max(Some(Dynamic::Bound));
            }
        }
    }
    // A pipe's name glued to anything else is no pipe.
    if field.dynamic == Some(Dynamic::Process) && pieces.len() > 1 {
        field.dynamic = Some(Dynamic::Bound);
    }
    field.counts = pieces.iter().all(|piece| *piece == Piece::Count || *piece == Piece::quoted(""))
        && pieces.contains(&Piece::Count);
    // `[` alone is a program.
    field.glob &= field.text != "[" && field.text != "[[";
    field
}

/// The words that comma lists in braces make; an error where they are no plain ones.
fn braces(pieces: &[Piece]) -> Result<Vec<Vec<Piece>>, ()> {
    let (mut open, mut close) = (0, 0);
    // Braces without a comma stand for themselves.
    loop {
        let Some(next) = pieces[open + close..].iter().position(|p| *p == Piece::Char('{')) else {
            return Ok(vec![pieces.to_vec()]);
        };
        open += close + next;
        let Some(end) = pieces[open..].iter().position(|piece| *piece == Piece::Char('}')) else {
            return Ok(vec![pieces.to_vec()]);
        };
        close = end;
        let inside = &pieces[open + 1..open + close];
        let range = inside.windows(2).any(|two| two == [Piece::Char('.'), Piece::Char('.')]);
        let nested = inside.contains(&Piece::Char('{'));
        let comma = inside.contains(&Piece::Char(','));
        let moving = inside
            .iter()
            .any(|piece| matches!(piece, Piece::Dynamic(_) | Piece::Glob(_) | Piece::Count));
        if nested || range && !comma || comma && moving {
            return Err(());
        }
        if comma {
            break;
        }
    }
    let rests = braces(&pieces[open + close + 1..])?;
    let choices: Vec<&[Piece]> =
        pieces[open + 1..open + close].split(|piece| *piece == Piece::Char(',')).collect();
    let several = rests.len() > 1 && choices.len() > 1;
    if several && rests.len() * choices.len() > MOST.0 || choices.len() * pieces.len() > MOST.1 {
        return Err(());
    }
    let mut all = Vec::new();
    for choice in choices {
        for rest in &rests {
            all.push([&pieces[..open], choice, rest].concat());
        }
    }
    Ok(all)
}

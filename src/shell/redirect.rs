//! Redirections and here-documents.

use crate::shell::parse::{Parser, Result};
use crate::shell::syntax::{Command, Kind, List, Op, Part, Redirect, Token, Word};

/// A here-document whose body has not come yet.
pub(super) struct Pending {
    delimiter: String,
    quoted: bool,
    /// Leading tabs are dropped.
    dash: bool,
    number: usize,
}

/// Operators, the longer before those that they begin with.
const OPS: &[(&str, Op)] = &[
    ("<<<", Op::HereString),
    ("<<", Op::HereDoc),
    ("<>", Op::Both),
    ("<&", Op::DupIn),
    ("<", Op::In),
    (">>", Op::Append),
    (">|", Op::Clobber),
    (">&", Op::DupOut),
    (">", Op::Out),
];

impl Parser<'_> {
    pub(super) fn redirects(&mut self) -> Result<Vec<Redirect>> {
        let mut found = Vec::new();
        loop {
            self.blanks();
            match self.redirect()? {
                Some(redirect) => found.push(redirect),
                None => return Ok(found),
            }
        }
    }

    /// The redirection that begins here, its number included.
    pub(super) fn redirect(&mut self) -> Result<Option<Redirect>> {
        let rest = self.rest();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let after = &rest[digits..];
        let all = [("&>>", Op::AllAppend), ("&>", Op::All)];
        let ops = if digits == 0 { &all[..] } else { &[] };
        let found = ops.iter().chain(OPS).find(|(text, _)| after.starts_with(text));
        let Some(&(text, op)) = found else {
            return if digits == 0 && rest.starts_with('{') && named(rest) {
                self.unclear("a redirection by a variable")
            } else {
                Ok(None)
            };
        };
        // `<(…)` begins a word.
        if digits == 0 && (after.starts_with("<(") || after.starts_with(">(")) {
            return Ok(None);
        }
        let fd = if digits == 0 {
            None
        } else {
            match rest[..digits].parse::<u32>() {
                Ok(fd) if fd < 256 => Some(fd),
                _ => return self.unclear("a redirection of a number that is not known"),
            }
        };
        self.at += digits + text.len();
        if op == Op::HereDoc {
            return self.here_document(fd).map(Some);
        }
        self.blanks();
        if self.peek().is_none_or(|c| "\n;&|()".contains(c))
            || matches!(self.peek(), Some('<' | '>')) && !self.sees("<(") && !self.sees(">(")
        {
            return self.unclear("a redirection to nothing");
        }
        let target = self.word()?;
        // `< 2> x`: the number belongs to what follows.
        let digits = target.as_plain().is_some_and(|t| t.bytes().all(|c| c.is_ascii_digit()));
        if digits && matches!(self.peek(), Some('<' | '>')) {
            return self.unclear("a redirection to nothing");
        }
        Ok(Some(Redirect { fd, op, target, quoted: false }))
    }

    fn here_document(&mut self, fd: Option<u32>) -> Result<Redirect> {
        let dash = self.take("-");
        self.blanks();
        if self.peek().is_none_or(|c| "\n;&|()<>".contains(c)) {
            return self.unclear("a here-document without a delimiter");
        }
        let word = self.word()?;
        let mut delimiter = String::new();
        let mut quoted = false;
        for part in &word.parts {
            quoted |= !matches!(part, Part::Plain(_));
            match part {
                Part::Plain(text) if text.contains('$') => {
                    return self.unclear("a here-document's odd delimiter");
                }
                Part::Plain(text) | Part::Single(text) => delimiter.push_str(text),
                Part::Escaped(c) => delimiter.push(*c),
                Part::Double(parts) => match &parts[..] {
                    [] => {}
                    [Part::Plain(text)] => delimiter.push_str(text),
                    _ => return self.unclear("a here-document's odd delimiter"),
                },
                _ => return self.unclear("a here-document's odd delimiter"),
            }
        }
        if delimiter.contains('\n') {
            return self.unclear("a here-document's odd delimiter");
        }
        let number = self.bodies.len();
        self.bodies.push(None);
        self.pending.push(Pending { delimiter, quoted, dash, number });
        // Until the body is known, its number stands for it.
        let target = Word::plain(number.to_string());
        Ok(Redirect { fd, op: Op::HereDoc, target, quoted })
    }

    /// The bodies that begin here, after a newline.
    pub(super) fn read_bodies(&mut self) -> Result<()> {
        for pending in std::mem::take(&mut self.pending) {
            let mut body = String::new();
            loop {
                let rest = self.rest();
                if rest.is_empty() {
                    return self.unclear("a here-document without an end");
                }
                let end = rest.find('\n');
                let line = &rest[..end.unwrap_or(rest.len())];
                let line = if pending.dash { line.trim_start_matches('\t') } else { line };
                self.at += end.map_or(rest.len(), |end| end + 1);
                if line == pending.delimiter {
                    break;
                }
                // A continued line is joined with the next before it is compared.
                if !pending.quoted && line.ends_with('\\') {
                    return self.unclear("a line continuation in a here-document");
                }
                body.push_str(line);
                body.push('\n');
            }
            let parts = if pending.quoted {
                vec![Part::Single(body)]
            } else {
                let depth = self.depth;
                self.deeper(|_| {
                    let mut inside = Parser::new(&body, depth + 1);
                    let parts = inside.double(false)?;
                    let mut word = Word { parts };
                    fill_word(&mut word, &mut inside.bodies);
                    Ok(word.parts)
                })?
            };
            self.bodies[pending.number] = Some(Word { parts: vec![Part::Double(parts)] });
        }
        Ok(())
    }
}

/// Is it `{name}` before a redirection?
fn named(text: &str) -> bool {
    let Some((name, after)) = text[1..].split_once('}') else { return false };
    super::parse::is_name(name) && after.starts_with(['<', '>'])
}

/// Puts the bodies of here-documents where their numbers stand.
pub(super) fn fill(list: &mut List, bodies: &mut [Option<Word>]) {
    if bodies.is_empty() {
        return;
    }
    for item in &mut list.items {
        for (_, pipeline) in &mut item.chain {
            for command in &mut pipeline.commands {
                fill_command(command, bodies);
            }
        }
    }
}

fn fill_command(command: &mut Command, bodies: &mut [Option<Word>]) {
    for redirect in &mut command.redirects {
        if redirect.op == Op::HereDoc {
            let number = redirect.target.as_plain().and_then(|text| text.parse::<usize>().ok());
            let body = number.and_then(|number| bodies.get_mut(number)).and_then(Option::take);
            redirect.target = body.unwrap_or_default();
        } else {
            fill_word(&mut redirect.target, bodies);
        }
    }
    let mut lists = Vec::new();
    let mut words: Vec<&mut Word> = Vec::new();
    match &mut command.kind {
        Kind::Simple { assigns, words: simple } => {
            words.extend(assigns.iter_mut().map(|assign| &mut assign.value).chain(simple));
        }
        Kind::Subshell(list) | Kind::Group(list) => lists.push(list),
        Kind::If { arms, other } => {
            lists.extend(arms.iter_mut().flat_map(|(test, then)| [test, then]).chain(other));
        }
        Kind::Loop { test, body, .. } => lists.extend([test, body]),
        Kind::For { words: each, body, .. } => {
            words.extend(each.iter_mut().flatten());
            lists.push(body);
        }
        Kind::Case { word, arms } => {
            words.push(word);
            for arm in arms {
                words.extend(&mut arm.patterns);
                lists.push(&mut arm.body);
            }
        }
        Kind::Test(tokens) => words.extend(tokens.iter_mut().filter_map(|token| match token {
            Token::Word(word) => Some(word),
            Token::Op(_) => None,
        })),
        Kind::Arithmetic(raw) => lists.extend(&mut raw.inner),
        Kind::Function { body, .. } => fill_command(body, bodies),
    }
    for word in words {
        fill_word(word, bodies);
    }
    for list in lists {
        fill(list, bodies);
    }
}

fn fill_word(word: &mut Word, bodies: &mut [Option<Word>]) {
    if bodies.is_empty() {
        return;
    }
    fill_parts(&mut word.parts, bodies);
}

fn fill_parts(parts: &mut [Part], bodies: &mut [Option<Word>]) {
    for part in parts {
        match part {
            Part::Double(parts) => fill_parts(parts, bodies),
            Part::Substitution(list) | Part::Process(list, _) => fill(list, bodies),
            Part::Operator(raw) | Part::Arithmetic(raw) => {
                raw.inner.iter_mut().for_each(|list| fill(list, bodies));
            }
            _ => {}
        }
    }
}

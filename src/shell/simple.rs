//! Simple commands: assignments, words and redirections.

use crate::shell::parse::{CLOSING, OPENING, Parser, Result, is_name, is_name_char};
use crate::shell::syntax::{Assign, Command, Kind, Part, Redirect, Word};

/// Builtins whose arguments may be assignments, as if they stood before a command.
const DECLARING: &[&str] = &[
    "alias", "declare", "eval", "export", "let", "local", "readonly", "typeset", "builtin",
    "command",
];

impl Parser<'_> {
    pub(super) fn simple(&mut self) -> Result<Command> {
        let (mut assigns, mut words) = (Vec::new(), Vec::new());
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            match self.peek() {
                None | Some('\n' | ';' | '&' | '|' | ')') => break,
                Some('(') => return self.unclear("a parenthesis"),
                Some(_) => {}
            }
            if words.is_empty()
                && let Some(assign) = self.assign()?
            {
                assigns.push(assign);
                continue;
            }
            let declares = words.first().and_then(Word::as_plain);
            if declares.is_some_and(|word| DECLARING.contains(&word)) && self.at_array() {
                return self.unclear("an assignment to a part of an array");
            }
            let word = self.word()?;
            let grammar = |text: &str| OPENING.contains(&text) || CLOSING.contains(&text);
            if words.is_empty() && word.as_plain().is_some_and(grammar) {
                return self.unclear("a word of the shell's grammar");
            }
            // `na\<newline>me=x` is joined before it is read.
            if words.is_empty() && assigns_late(&word) {
                return self.unclear("an assignment on two lines");
            }
            if words.is_empty() && self.sees("(") {
                return self.function(&word, &assigns, &redirects);
            }
            words.push(word);
        }
        if assigns.is_empty() && words.is_empty() && redirects.is_empty() {
            return self.unclear("no command where one has to be");
        }
        Ok(Command { kind: Kind::Simple { assigns, words }, redirects, errors: false })
    }

    fn function(
        &mut self,
        name: &Word,
        assigns: &[Assign],
        redirects: &[Redirect],
    ) -> Result<Command> {
        let plain = name.as_plain().filter(|name| is_function_name(name));
        let (Some(name), true, true) = (plain, assigns.is_empty(), redirects.is_empty()) else {
            return self.unclear("a parenthesis");
        };
        let name = name.to_owned();
        self.at += 1;
        self.blanks();
        if !self.take(")") {
            return self.unclear("a parenthesis");
        }
        let body = Box::new(self.deeper(Self::body)?);
        let kind = Kind::Function { name, body };
        Ok(Command { kind, redirects: Vec::new(), errors: false })
    }

    /// Does a name with a `[` begin here?
    fn at_array(&self) -> bool {
        let rest = self.rest();
        let end = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
        is_name(&rest[..end]) && rest[end..].starts_with('[')
    }

    /// `name=` or `name+=` and its value.
    fn assign(&mut self) -> Result<Option<Assign>> {
        let rest = self.rest();
        let end = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
        let name = &rest[..end];
        if !is_name(name) {
            return Ok(None);
        }
        let append = rest[end..].starts_with("+=");
        if rest[end..].starts_with('[') {
            return self.unclear("an assignment to a part of an array");
        }
        if !append && !rest[end..].starts_with('=') {
            return Ok(None);
        }
        self.at += end + if append { 2 } else { 1 };
        if self.sees("(") {
            return self.unclear("an array");
        }
        let value = if matches!(
            self.peek(),
            None | Some(' ' | '\t' | '\n' | ';' | '&' | '|' | ')' | '<' | '>')
        ) && !self.sees("<(")
            && !self.sees(">(")
        {
            Word::default()
        } else {
            self.word()?
        };
        Ok(Some(Assign { name: name.to_owned(), append, value }))
    }
}

/// Does a word that was not read as an assignment begin like one?
fn assigns_late(word: &Word) -> bool {
    let Some(Part::Plain(text)) = word.parts.first() else { return false };
    let end = text.find(|c: char| !is_name_char(c)).unwrap_or(text.len());
    is_name(&text[..end]) && (text[end..].starts_with(['=', '[']) || text[end..].starts_with("+="))
}

fn is_function_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| is_name_char(c) || "-.:+".contains(c))
}

//! Simple commands: assignments, words and redirections.

use crate::shell::parse::{CLOSING, OPENING, Parser, Result, is_name, is_name_char};
use crate::shell::syntax::{Assign, Command, Kind, Redirect, Word};

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
            let word = self.word()?;
            let grammar = |text: &str| OPENING.contains(&text) || CLOSING.contains(&text);
            if words.is_empty() && word.as_plain().is_some_and(grammar) {
                return self.unclear("a word of the shell's grammar");
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
            return if rest[end..].contains("]=") || rest[end..].contains("]+=") {
                self.unclear("an assignment to a part of an array")
            } else {
                Ok(None)
            };
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

fn is_function_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| is_name_char(c) || "-.:+".contains(c))
}

//! The strict reading of a command line. What it does not take, nobody may take for granted.

use std::fmt;

use crate::shell::syntax::{Command, Item, Kind, Link, List, Pipeline, Word};

/// How deep commands, substitutions and quotes may stand in each other.
const DEEPEST: u32 = 64;

/// The first thing in a text that the strict reading does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unclear {
    /// Its byte in the text, or in the nested text where it stands in one.
    pub at: usize,
    /// What it is.
    pub what: &'static str,
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

pub(super) type Result<T> = std::result::Result<T, Unclear>;

/// Words that end or continue a compound command: no command begins with one.
pub(super) const CLOSING: &[&str] =
    &["then", "else", "elif", "fi", "do", "done", "esac", "in", "}", "]]", "coproc"];

/// Words that begin a compound command or a pipeline: read before a simple command is.
pub(super) const OPENING: &[&str] =
    &["!", "[[", "case", "for", "function", "if", "select", "time", "until", "while", "{"];

/// Reads a whole command line.
///
/// Bash runs a text line by line: of a text with a mistake in its third line it has run two.
///
/// # Errors
///
/// [`Unclear`] names the first thing that is not understood: then nothing is known about what the
/// text runs.
pub fn parse(text: &str) -> Result<List> {
    Parser::new(text, 0).whole()
}

/// A reader of one text, and how deep it is inside others.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) depth: u32,
    /// Here-documents whose body begins after the next newline.
    pub(super) pending: Vec<super::redirect::Pending>,
    /// Bodies that were read, by their number.
    pub(super) bodies: Vec<Option<Word>>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, depth: u32) -> Self {
        Self { text, at: 0, depth, pending: Vec::new(), bodies: Vec::new() }
    }

    /// The whole text as one list, its here-documents filled in.
    pub(super) fn whole(mut self) -> Result<List> {
        let mut list = self.list(&[])?;
        if self.at < self.text.len() {
            return self.unclear("something that ends no command");
        }
        if !self.pending.is_empty() {
            return self.unclear("a here-document without an end");
        }
        if list.items.is_empty() {
            return self.unclear("no command");
        }
        super::redirect::fill(&mut list, &mut self.bodies);
        Ok(list)
    }

    pub(super) fn unclear<T>(&self, what: &'static str) -> Result<T> {
        Err(Unclear { at: self.at, what })
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    pub(super) fn sees(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    pub(super) fn take(&mut self, text: &str) -> bool {
        let there = self.sees(text);
        if there {
            self.at += text.len();
        }
        there
    }

    /// One level further in.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEEPEST {
            return self.unclear("too many commands inside each other");
        }
        self.depth += 1;
        let got = read(self);
        self.depth -= 1;
        got
    }

    /// Blanks, line continuations and a comment.
    pub(super) fn blanks(&mut self) {
        let start = self.at;
        loop {
            match self.peek() {
                Some(' ' | '\t') => self.at += 1,
                Some('\\') if self.sees("\\\n") => self.at += 2,
                Some('#') if self.begins_comment(start) => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                }
                _ => return,
            }
        }
    }

    /// A `#` begins a comment where a word could begin.
    fn begins_comment(&self, start: usize) -> bool {
        let before = self.text[..self.at].chars().next_back();
        self.at > start || before.is_none_or(|c| " \t\n;&|()<>".contains(c))
    }

    /// Blanks, comments and newlines; a newline brings the bodies of here-documents.
    pub(super) fn newlines(&mut self) -> Result<()> {
        loop {
            self.blanks();
            if !self.take("\n") {
                return Ok(());
            }
            self.read_bodies()?;
        }
    }

    /// The unquoted word that begins here, where it is nothing but letters and signs of the
    /// grammar; the end of it.
    pub(super) fn reserved(&self) -> Option<(String, usize)> {
        let mut word = String::new();
        let mut at = self.at;
        loop {
            let rest = &self.text[at..];
            match rest.chars().next() {
                Some('\\') if rest.starts_with("\\\n") => at += 2,
                Some(c) if c.is_ascii_alphanumeric() || "_{}[]!-".contains(c) => {
                    word.push(c);
                    at += 1;
                }
                None | Some(' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>') => break,
                Some(_) => return None,
            }
        }
        (!word.is_empty()).then_some((word, at))
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        self.reserved().is_some_and(|(found, _)| found == word)
    }

    /// Takes the word of the grammar `word`.
    pub(super) fn expect(&mut self, word: &'static str) -> Result<()> {
        self.blanks();
        match self.reserved() {
            Some((found, end)) if found == word => {
                self.at = end;
                Ok(())
            }
            _ => self.unclear("a compound command without its end"),
        }
    }

    /// Commands up to one of the words `ends`, a `)`, `;;` or the end of the text.
    pub(super) fn list(&mut self, ends: &[&str]) -> Result<List> {
        self.deeper(|parser| {
            let mut items = Vec::new();
            loop {
                parser.newlines()?;
                let over = matches!(parser.peek(), None | Some(')'))
                    || parser.sees(";;")
                    || parser.sees(";&");
                if over || parser.reserved().is_some_and(|(word, _)| ends.contains(&word.as_str()))
                {
                    return Ok(List { items });
                }
                let mut item = parser.item()?;
                parser.blanks();
                let arm_ends = parser.sees(";;") || parser.sees(";&");
                if arm_ends || parser.take(";") {
                    // An arm's end is its own.
                } else if parser.sees("&") && !parser.sees("&&") {
                    parser.at += 1;
                    item.background = true;
                } else if !parser.ends_item(&item, ends) {
                    return parser.unclear("a word that no command can have here");
                }
                items.push(item);
            }
        })
    }

    /// May a command end here without `;`?
    fn ends_item(&self, item: &Item, ends: &[&str]) -> bool {
        let word = || self.reserved().is_some_and(|(word, _)| ends.contains(&word.as_str()));
        matches!(self.peek(), None | Some('\n' | ')')) || closed(item) && word()
    }

    /// A list that holds at least one command.
    pub(super) fn commands(&mut self, ends: &[&str]) -> Result<List> {
        let list = self.list(ends)?;
        if list.items.is_empty() {
            self.unclear("no command where one has to be")
        } else {
            Ok(list)
        }
    }

    fn item(&mut self) -> Result<Item> {
        let mut chain = vec![(Link::First, self.pipeline()?)];
        loop {
            self.blanks();
            let link = if self.take("&&") {
                Link::And
            } else if self.take("||") {
                Link::Or
            } else {
                return Ok(Item { chain, background: false });
            };
            self.newlines()?;
            chain.push((link, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline> {
        let (mut negated, mut timed) = (false, false);
        self.blanks();
        if let Some((_, end)) = self.reserved().filter(|(word, _)| word == "time") {
            self.at = end;
            self.blanks();
            timed = true;
            if let Some((_, end)) = self.reserved().filter(|(word, _)| word == "-p") {
                self.at = end;
                self.blanks();
            }
            if self.peek().is_none_or(|c| "-\n;&|)!".contains(c)) {
                return self.unclear("`time` without a command");
            }
        }
        if let Some((_, end)) = self.reserved().filter(|(word, _)| word == "!") {
            self.at = end;
            negated = true;
            self.blanks();
        }
        let mut commands = vec![self.command()?];
        loop {
            self.blanks();
            if self.sees("||") || !self.sees("|") {
                return Ok(Pipeline { negated, timed, commands });
            }
            self.at += 1;
            let errors = self.take("&");
            if let Some(last) = commands.last_mut() {
                last.errors = errors;
            }
            self.newlines()?;
            commands.push(self.command()?);
        }
    }

    fn command(&mut self) -> Result<Command> {
        self.blanks();
        if let Some(kind) = self.compound()? {
            let redirects = self.redirects()?;
            return Ok(Command { kind, redirects, errors: false });
        }
        self.simple()
    }

    /// A function's body, which has to be a compound command.
    pub(super) fn body(&mut self) -> Result<Command> {
        self.newlines()?;
        match self.compound()? {
            Some(Kind::Function { .. }) | None => self.unclear("a function without a body"),
            Some(kind) => {
                let redirects = self.redirects()?;
                Ok(Command { kind, redirects, errors: false })
            }
        }
    }
}

/// Does it end with the closing word of a compound command? Then a word of the grammar may follow.
fn closed(item: &Item) -> bool {
    let last = item.chain.last().and_then(|(_, pipeline)| pipeline.commands.last());
    last.is_some_and(|last| {
        let simple = matches!(last.kind, Kind::Simple { .. } | Kind::Function { .. });
        !simple && last.redirects.is_empty()
    })
}

pub(super) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Is it a name of a variable?
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(is_name_char)
}

//! Words: quotes, escapes and expansions.

use crate::shell::parse::{Parser, Result, is_name_char};
use crate::shell::syntax::{List, Part, Raw, Word};

/// Parameters of one character.
const SPECIAL: &str = "?#$!@*-0123456789";

impl Parser<'_> {
    /// The word that begins here; at least one part.
    pub(super) fn word(&mut self) -> Result<Word> {
        let start = self.at;
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                '<' | '>' if self.text[self.at + 1..].starts_with('(') => {
                    self.at += 2;
                    let list = self.inside()?;
                    if list.items.is_empty() {
                        return self.unclear("a substitution of nothing");
                    }
                    parts.push(Part::Process(list, c == '>'));
                }
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => break,
                '\'' => parts.push(Part::Single(self.single()?)),
                '"' => {
                    self.at += 1;
                    let inside = self.deeper(|parser| parser.double(true))?;
                    parts.push(Part::Double(inside));
                }
                '\\' => {
                    self.at += 1;
                    match self.bump() {
                        None => return self.unclear("a backslash at the end"),
                        Some('\n') => {}
                        Some(c) => parts.push(Part::Escaped(c)),
                    }
                }
                '$' if self.sees("$'") => parts.push(Part::Ansi(self.ansi()?)),
                '$' if self.sees("$\"") => return self.unclear("a translated string"),
                '$' | '`' => self.expansion(&mut parts)?,
                c => {
                    self.at += c.len_utf8();
                    push(&mut parts, c);
                }
            }
        }
        if self.at == start {
            return self.unclear("a word that is missing");
        }
        Ok(Word { parts })
    }

    fn single(&mut self) -> Result<String> {
        let inside = self.at + 1;
        let Some(length) = self.text[inside..].find('\'') else {
            return self.unclear("an open quote");
        };
        self.at = inside + length + 1;
        Ok(self.text[inside..inside + length].to_owned())
    }

    /// The inside of double quotes; with `closed` false that of a here-document.
    pub(super) fn double(&mut self, closed: bool) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        loop {
            match self.peek() {
                None if closed => return self.unclear("an open quote"),
                None => return Ok(parts),
                Some('"') if closed => {
                    self.at += 1;
                    return Ok(parts);
                }
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(c) if matches!(c, '$' | '`' | '\\') || c == '"' && closed => {
                            self.at += 1;
                            parts.push(Part::Escaped(c));
                        }
                        Some('\n') => self.at += 1,
                        _ => push(&mut parts, '\\'),
                    }
                }
                Some('$' | '`') => self.expansion(&mut parts)?,
                Some(c) => {
                    self.at += c.len_utf8();
                    push(&mut parts, c);
                }
            }
        }
    }

    /// `$'…'`, decoded as bash does. Bytes that are no text are not understood.
    fn ansi(&mut self) -> Result<String> {
        self.at += 2;
        let mut out: Vec<u8> = Vec::new();
        loop {
            match self.bump() {
                None => return self.unclear("an open quote"),
                Some('\'') => break,
                Some('\\') => self.escape(&mut out)?,
                Some(c) => out.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        String::from_utf8(out).or_else(|_| self.unclear("a string that is no text"))
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let Some(c) = self.bump() else { return self.unclear("an open quote") };
        let byte = match c {
            'a' => 7,
            'b' => 8,
            'e' | 'E' => 27,
            'f' => 12,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 11,
            '\\' | '\'' | '"' | '?' => u8::try_from(c).unwrap_or_default(),
            '0'..='7' => {
                self.at -= 1;
                let value = self.digits(8, 3);
                u8::try_from(value & 0xff).unwrap_or_default()
            }
            // A control character.
            'c' => match self.bump() {
                Some('?') => 0x7f,
                Some(c) if c.is_ascii_alphabetic() || matches!(c, '[' | ']' | '^' | '_') => {
                    u8::try_from(c).unwrap_or_default() & 0x1f
                }
                _ => return self.unclear("an escape that is not known"),
            },
            'x' => {
                if !self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
                    return self.unclear("an escape that is not known");
                }
                u8::try_from(self.digits(16, 2)).unwrap_or_default()
            }
            'u' | 'U' => {
                if !self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
                    return self.unclear("an escape that is not known");
                }
                let value = self.digits(16, if c == 'u' { 4 } else { 8 });
                let Some(c) = char::from_u32(value).filter(|&c| c != '\0') else {
                    return self.unclear("an escape that is no character");
                };
                out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return self.unclear("an escape that is not known"),
        };
        // Bash ends the string at a NUL: what follows would be another text.
        if byte == 0 {
            return self.unclear("a NUL character");
        }
        out.push(byte);
        Ok(())
    }

    fn digits(&mut self, radix: u32, most: usize) -> u32 {
        let mut value = 0_u32;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(radix)) else { break };
            value = value.wrapping_mul(radix).wrapping_add(digit);
            self.at += 1;
        }
        value
    }

    /// What begins with `$` or a backtick.
    pub(super) fn expansion(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        if self.sees("`") {
            parts.push(Part::Substitution(self.backticks()?));
            return Ok(());
        }
        self.at += 1;
        if self.sees("((") {
            self.at += 2;
            parts.push(Part::Arithmetic(self.arithmetic()?));
            return Ok(());
        }
        if self.take("(") {
            parts.push(Part::Substitution(self.inside()?));
            return Ok(());
        }
        if self.take("{") {
            parts.push(self.braced()?);
            return Ok(());
        }
        match self.peek() {
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let rest = self.rest();
                let end = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
                parts.push(Part::Param(rest[..end].to_owned()));
                self.at += end;
            }
            Some(c) if SPECIAL.contains(c) => {
                self.at += 1;
                parts.push(Part::Param(c.to_string()));
            }
            Some('[') => return self.unclear("old arithmetic"),
            _ => push(parts, '$'),
        }
        // A continuation inside a name is joined before the name is read.
        if self.sees("\\\n") {
            self.unclear("a line continuation inside an expansion")
        } else {
            Ok(())
        }
    }

    /// The commands of a substitution, up to and with its `)`.
    fn inside(&mut self) -> Result<List> {
        let start = self.at;
        let outer = std::mem::take(&mut self.pending);
        let list = self.list(&[])?;
        let crossed = !outer.is_empty() && self.text[start..self.at].contains('\n');
        if !self.pending.is_empty() || crossed {
            return self.unclear("a here-document without an end");
        }
        self.pending = outer;
        if self.take(")") { Ok(list) } else { self.unclear("a substitution that is not closed") }
    }

    /// `${…}` from behind its brace.
    fn braced(&mut self) -> Result<Part> {
        self.deeper(|parser| {
            let start = parser.at;
            let mut inner = Vec::new();
            loop {
                match parser.peek() {
                    None | Some('\'' | '"' | '\\' | '\n' | '{' | '<' | '>') => {
                        return parser.unclear("an expansion that is not plain");
                    }
                    Some('}') => {
                        let text = &parser.text[start..parser.at];
                        parser.at += 1;
                        let name = !text.is_empty() && text.chars().all(is_name_char);
                        let plain = name
                            && (!text.starts_with(|c: char| c.is_ascii_digit()) || text.len() == 1);
                        let special = text.len() == 1 && SPECIAL.contains(text);
                        if text.is_empty() {
                            return parser.unclear("an expansion of nothing");
                        }
                        return Ok(if plain || special {
                            Part::Param(text.to_owned())
                        } else {
                            Part::Operator(Raw { text: text.to_owned(), inner })
                        });
                    }
                    Some('$' | '`') => parser.nested(&mut inner)?,
                    Some(c) => parser.at += c.len_utf8(),
                }
            }
        })
    }

    /// An expansion inside text that is not taken apart: its commands are kept.
    pub(super) fn nested(&mut self, inner: &mut Vec<List>) -> Result<()> {
        let mut parts = Vec::new();
        self.expansion(&mut parts)?;
        for part in parts {
            match part {
                Part::Substitution(list) => inner.push(list),
                Part::Operator(raw) | Part::Arithmetic(raw) => inner.extend(raw.inner),
                _ => {}
            }
        }
        Ok(())
    }

    fn backticks(&mut self) -> Result<List> {
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.bump() {
                None => return self.unclear("a backtick that is not closed"),
                Some('`') => break,
                Some('\\') => match self.bump() {
                    Some(c @ ('$' | '`' | '\\')) => text.push(c),
                    Some('"') | None => return self.unclear("a quote behind a backtick"),
                    Some(c) => text.extend(['\\', c]),
                },
                Some(c) => text.push(c),
            }
        }
        let depth = self.depth;
        self.deeper(|_| Parser::new(&text, depth + 1).whole())
    }
}

fn push(parts: &mut Vec<Part>, c: char) {
    match parts.last_mut() {
        Some(Part::Plain(text)) => text.push(c),
        _ => parts.push(Part::Plain(c.to_string())),
    }
}

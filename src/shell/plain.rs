//! The strict reading: simple commands of static words, or the first thing that is neither.

use std::fmt;

/// One simple command: an atom of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments; at least one.
    pub words: Vec<Word>,
}

impl Command {
    /// The words as the program gets them, joined by one blank.
    pub fn joined(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// One word, as the program gets it but for globs and a leading `~`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// Quotes and backslashes removed.
    pub text: String,
    /// A part of it was quoted or escaped.
    pub quoted: bool,
    /// It holds an unquoted `*`, `?` or `[`: the shell replaces it by names of files.
    pub glob: bool,
    /// It begins with an unquoted `~`: the home directory.
    pub home: bool,
}

/// The first thing in a text that the strict reading does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unclear {
    /// Its byte in the text.
    pub at: usize,
    /// What it is.
    pub what: &'static str,
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

/// Words that mean something to the shell where a command is expected.
const RESERVED: &[&str] = &[
    "!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for",
    "function", "if", "in", "select", "then", "time", "until", "while",
];

/// The commands of `text`, in order.
///
/// # Errors
///
/// [`Unclear`] names the first operator, expansion, redirection or quoting that is not understood:
/// then nothing at all is known about what the text runs.
pub fn parse(text: &str) -> Result<Vec<Command>, Unclear> {
    let text = text.trim_matches([' ', '\t', '\n']);
    let mut reader = Reader { text, at: 0 };
    let mut words: Vec<Word> = Vec::new();
    while let Some(word) = reader.word(words.is_empty())? {
        words.push(word);
    }
    if words.is_empty() {
        return Err(Unclear { at: 0, what: "no command" });
    }
    Ok(vec![Command { words }])
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn unclear<T>(&self, what: &'static str) -> Result<T, Unclear> {
        Err(Unclear { at: self.at, what })
    }

    fn word(&mut self, first: bool) -> Result<Option<Word>, Unclear> {
        while let Some(' ' | '\t') = self.peek() {
            self.at += 1;
        }
        let start = self.at;
        let mut word = Word::default();
        while let Some(c) = self.peek() {
            if matches!(c, ' ' | '\t') {
                break;
            }
            self.piece(c, start, &mut word)?;
        }
        if self.at == start {
            return Ok(None);
        }
        if first && !word.quoted {
            if RESERVED.contains(&word.text.as_str()) {
                return Err(Unclear { at: start, what: "a word of the shell's grammar" });
            }
            if assigns(&word.text) {
                return Err(Unclear { at: start, what: "an assignment" });
            }
        }
        Ok(Some(word))
    }

    /// Takes one character, one escape or one quoted part into `word`.
    fn piece(&mut self, c: char, start: usize, word: &mut Word) -> Result<(), Unclear> {
        match c {
            '\'' => return self.single(word),
            '"' => return self.double(word),
            '\\' => {
                self.at += 1;
                word.quoted = true;
                match self.next() {
                    None | Some('\n') => return self.unclear("a line continuation"),
                    Some(escaped) => word.text.push(escaped),
                }
                return Ok(());
            }
            '\n' => return self.unclear("a newline"),
            ';' | '&' | '|' => return self.unclear("an operator"),
            '<' | '>' => return self.unclear("a redirection"),
            '(' | ')' => return self.unclear("a parenthesis"),
            '$' | '`' => return self.unclear("an expansion"),
            '{' if self.text[self.at..].starts_with("{}") => {
                word.text.push('{');
                self.at += 1;
                word.text.push('}');
            }
            '{' | '}' => return self.unclear("a brace"),
            '#' if self.at == start => return self.unclear("a comment"),
            '~' if self.at == start => {
                let after = self.text[self.at + 1..].chars().next();
                if !matches!(after, None | Some('/' | ' ' | '\t')) {
                    return self.unclear("another user's home directory");
                }
                word.home = true;
                word.text.push('~');
            }
            '~' if word.text.ends_with(['=', ':']) => return self.unclear("a home directory"),
            c => {
                word.glob |= matches!(c, '*' | '?' | '[') && !self.lone_bracket(start);
                word.text.push(c);
            }
        }
        self.at += c.len_utf8();
        Ok(())
    }

    /// Is the word `[` alone, the program?
    fn lone_bracket(&self, start: usize) -> bool {
        let rest = &self.text[self.at..];
        self.at == start && (rest == "[" || rest.starts_with("[ "))
    }

    fn single(&mut self, word: &mut Word) -> Result<(), Unclear> {
        let inside = self.at + 1;
        let Some(length) = self.text[inside..].find('\'') else {
            return self.unclear("an open quote");
        };
        word.quoted = true;
        word.text.push_str(&self.text[inside..inside + length]);
        self.at = inside + length + 1;
        Ok(())
    }

    fn double(&mut self, word: &mut Word) -> Result<(), Unclear> {
        let open = self.at;
        self.at += 1;
        word.quoted = true;
        loop {
            match self.peek() {
                None => return Err(Unclear { at: open, what: "an open quote" }),
                Some('$' | '`') => return self.unclear("an expansion"),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => {
                    self.at += 1;
                    match self.next() {
                        Some(c @ ('$' | '`' | '"' | '\\')) => word.text.push(c),
                        None | Some('\n') => return self.unclear("a line continuation"),
                        Some(c) => word.text.extend(['\\', c]),
                    }
                }
                Some(c) => {
                    self.at += c.len_utf8();
                    word.text.push(c);
                }
            }
        }
    }
}

/// Is it `name=value`, `name+=value` or `name[index]=value`?
fn assigns(word: &str) -> bool {
    let name = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let Some(end) = name.filter(|&end| end > 0) else { return false };
    let rest = &word[end..];
    rest.starts_with('=') || rest.starts_with("+=") || (rest.starts_with('[') && rest.contains('='))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_words() {
        let table: &[(&str, &[&str])] = &[
            ("ls -la  src", &["ls", "-la", "src"]),
            ("git\tstatus\n", &["git", "status"]),
            ("echo 'a b'\"c d\"\\ e", &["echo", "a bc d e"]),
            ("echo \"price: \\$5 & up\"", &["echo", "price: $5 & up"]),
            ("find . -name '*.rs' ! -path x", &["find", ".", "-name", "*.rs", "!", "-path", "x"]),
            ("grep ''", &["grep", ""]),
            ("echo a#b", &["echo", "a#b"]),
            ("find . -exec {}", &["find", ".", "-exec", "{}"]),
        ];
        for (text, expected) in table {
            let commands = parse(text).unwrap_or_else(|why| panic!("{text:?}: {why}"));
            let words: Vec<_> = commands[0].words.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(&words, expected, "{text:?}");
        }
    }

    #[test]
    fn marks_of_words() {
        let words = &parse("'ls' ~/x *.rs '*' [ab]").unwrap()[0].words;
        let marks: Vec<_> = words.iter().map(|w| (w.quoted, w.home, w.glob)).collect();
        assert_eq!(
            marks,
            [
                (true, false, false),
                (false, true, false),
                (false, false, true),
                (true, false, false),
                (false, false, true)
            ]
        );
    }

    #[test]
    fn what_is_not_plain_is_named() {
        let table = [
            ("", "no command"),
            ("  \n", "no command"),
            ("a && b", "an operator"),
            ("a\nb", "a newline"),
            ("a > b", "a redirection"),
            ("a $x", "an expansion"),
            ("a \"$x\"", "an expansion"),
            ("a `b`", "an expansion"),
            ("a {b,c}", "a brace"),
            ("(a)", "a parenthesis"),
            ("a # b", "a comment"),
            ("A=1 b", "an assignment"),
            ("a[1]=2", "an assignment"),
            ("if a", "a word of the shell's grammar"),
            ("a 'b", "an open quote"),
            ("a \"b", "an open quote"),
            ("a \\\nb", "a line continuation"),
            ("cat ~root/x", "another user's home directory"),
            ("make x=~/y", "a home directory"),
        ];
        for (text, what) in table {
            assert_eq!(parse(text).map_err(|why| why.what), Err(what), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z '\"\\\\${}~*;|&\n\t=#é\u{202e}]{0,40}") {
            if let Ok(commands) = parse(&text) {
                prop_assert!(commands.iter().all(|command| !command.words.is_empty()));
            }
        }
    }
}

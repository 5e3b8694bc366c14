//! The loose reading, for deny rules and floors: every program that a text might run. It never
//! fails and finds too much rather than too little.

/// What a text that is not understood might run and write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loose {
    /// Runs of words between operators, quotes removed; text inside quotes is read again.
    pub segments: Vec<Vec<String>>,
    /// Targets of redirections that write.
    pub written: Vec<String>,
}

/// How deep quoted text inside quoted text is read again.
const DEPTH: u32 = 4;

/// Reads `text` loosely.
pub fn loose(text: &str) -> Loose {
    let mut found = Loose::default();
    read(text, DEPTH, &mut found);
    found
}

/// Every word that could be a program's name, quotes and backslashes removed or taken as blanks.
pub fn names(text: &str) -> Vec<String> {
    let joined: String = text.replace("\\\n", "").replace(['\'', '"', '\\'], "");
    let mut names: Vec<String> = Vec::new();
    for text in [text, &joined] {
        let apart = |c: char| !(c.is_alphanumeric() || "_.+-".contains(c));
        names.extend(text.split(apart).filter(|name| !name.is_empty()).map(str::to_owned));
    }
    names
}

fn read(text: &str, depth: u32, found: &mut Loose) {
    let mut words = Words::default();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some(c) => words.push(c),
            },
            '\'' => {
                let inside: String = chars.by_ref().take_while(|&c| c != '\'').collect();
                words.quoted(&inside, depth, found);
            }
            '"' => {
                let mut inside = String::new();
                while let Some(c) = chars.next().filter(|&c| c != '"') {
                    match c {
                        '\\' => inside.extend(chars.next()),
                        c => inside.push(c),
                    }
                }
                words.quoted(&inside, depth, found);
            }
            ' ' | '\t' => words.end_word(found),
            '>' => {
                words.drop_descriptor();
                words.end_word(found);
                while let Some('>' | '|' | '&') = chars.peek() {
                    chars.next();
                }
                words.writes = true;
            }
            ';' | '&' | '|' | '\n' | '(' | ')' | '<' | '`' => words.end_segment(found),
            c => words.push(c),
        }
    }
    words.end_segment(found);
}

#[derive(Default)]
struct Words {
    word: String,
    open: bool,
    /// The next word is the target of a redirection.
    writes: bool,
    segment: Vec<String>,
}

impl Words {
    fn push(&mut self, c: char) {
        self.word.push(c);
        self.open = true;
    }

    /// Quoted text is a part of the word, and may be a script of its own.
    fn quoted(&mut self, inside: &str, depth: u32, found: &mut Loose) {
        self.word.push_str(inside);
        self.open = true;
        let command = self.segment.first().is_none_or(|first| !SINKS.contains(&first.as_str()));
        let expands = inside.contains("$(") || inside.contains('`');
        if depth > 0 && (command || expands) && inside.contains([' ', '\t', '\n', ';']) {
            read(inside, depth - 1, found);
        }
    }

    /// The `2` of `2>` is no word.
    fn drop_descriptor(&mut self) {
        if self.word.chars().all(|c| c.is_ascii_digit()) {
            self.word.clear();
            self.open = false;
        }
    }

    fn end_word(&mut self, found: &mut Loose) {
        if !self.open {
            return;
        }
        self.open = false;
        let word = std::mem::take(&mut self.word);
        if std::mem::take(&mut self.writes) {
            found.written.push(word);
        } else {
            self.segment.push(word);
        }
    }

    fn end_segment(&mut self, found: &mut Loose) {
        self.end_word(found);
        self.writes = false;
        if !self.segment.is_empty() {
            found.segments.push(std::mem::take(&mut self.segment));
        }
    }
}

/// Programs whose arguments are data: quoted text given to them is not read as a script.
const SINKS: &[&str] = &["echo", "printf", "grep", "egrep", "fgrep", "rg", "jq"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn segments_and_targets() {
        let table = [
            ("ls && rm -rf '/' >out 2>&1", "[[\"ls\"], [\"rm\", \"-rf\", \"/\"]] [\"out\", \"1\"]"),
            ("bash -c 'ls; id'", "[[\"ls\"], [\"id\"], [\"bash\", \"-c\", \"ls; id\"]] []"),
            ("echo 'rm -rf /' | cat", "[[\"echo\", \"rm -rf /\"], [\"cat\"]] []"),
            ("echo \"$(id -u)\"", "[[\"$\"], [\"id\", \"-u\"], [\"echo\", \"$(id -u)\"]] []"),
            ("r''m x", "[[\"rm\", \"x\"]] []"),
        ];
        for (text, expected) in table {
            let got = loose(text);
            assert_eq!(format!("{:?} {:?}", got.segments, got.written), expected, "{text:?}");
        }
    }

    #[test]
    fn names_see_through_quotes() {
        for text in ["r''m x", "ls;rm", "\\rm", "{rm,-rf}", "a \"rm b\"", "$(/bin/rm x)", "r\\\nm"]
        {
            assert!(names(text).iter().any(|name| name == "rm"), "{text:?}: {:?}", names(text));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,60}") {
            let _ = (loose(&text), names(&text));
        }
    }
}

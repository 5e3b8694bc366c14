//! Taking the words of a command apart by its program's option table.

use crate::policy::program::{Operands, Program};
use crate::shell::Field;

/// A command's words by what they are.
#[derive(Debug, Default)]
pub(super) struct Parsed<'a> {
    /// The first option that escapes (S7).
    pub(super) escape: Option<String>,
    /// Files that options read.
    pub(super) reads: Vec<Field>,
    /// Files that options write.
    pub(super) writes: Vec<Field>,
    /// What is no option and no value of one.
    pub(super) operands: Vec<&'a Field>,
    /// The pattern or script was given by an option.
    pub(super) given: bool,
    /// The values of the options that give it.
    pub(super) scripts: Vec<Field>,
    /// Short options, in order.
    pub(super) shorts: Vec<char>,
    /// Long options without `--` and value.
    pub(super) longs: Vec<&'a str>,
    /// A glob could become an option.
    pub(super) open_glob: bool,
}

/// What an option's value is.
enum Worth {
    Nothing,
    Read,
    Write,
    Script,
    /// A file that holds the pattern or the script.
    File,
}

impl<'a> Parsed<'a> {
    /// Reads the words behind the program's name.
    pub(super) fn new(program: &Program, rest: &'a [Field]) -> Self {
        let mut parsed = Self::default();
        let mut fields = rest.iter().peekable();
        let mut ended = false;
        while let Some(field) = fields.next() {
            let text = field.text.as_str();
            if !ended {
                parsed.look(field);
            }
            if ended || text == "-" || !text.starts_with('-') {
                parsed.operands.push(field);
                // What stands behind the first operand belongs to another command.
                ended |= program.operands == Operands::Command;
            } else if text == "--" {
                // `find -- . -delete` deletes: there it only ends what stands before the paths.
                ended = !program.single_dash;
            } else if let Some(long) = text.strip_prefix("--") {
                let (name, value) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (long, None),
                };
                parsed.longs.push(name);
                parsed.long(program, name, value, field, &mut fields);
            } else if program.single_dash {
                parsed.single(program, text, &mut fields);
            } else {
                parsed.bundle(program, text, field, &mut fields);
            }
        }
        parsed
    }

    /// A glob that begins so may give a name that is read as an option.
    fn look(&mut self, field: &Field) {
        self.open_glob |= field.glob && field.text.starts_with(['*', '?', '[', '-']);
    }

    /// The next word, which is an option's value.
    fn value(
        &mut self,
        worth: &Worth,
        fields: &mut std::iter::Peekable<std::slice::Iter<'a, Field>>,
    ) {
        if let Some(next) = fields.next() {
            // A glob gives several words: the second is no value any more.
            self.look(next);
            self.put(worth, next.clone());
        }
    }

    fn escapes(&mut self, text: &str) {
        self.escape.get_or_insert_with(|| text.to_owned());
    }

    fn put(&mut self, worth: &Worth, value: Field) {
        match worth {
            Worth::Nothing => {}
            Worth::Read => self.reads.push(value),
            Worth::File => {
                self.given = true;
                self.reads.push(value);
            }
            Worth::Write => self.writes.push(value),
            Worth::Script => {
                self.given = true;
                self.scripts.push(value);
            }
        }
    }

    fn long(
        &mut self,
        program: &Program,
        name: &'a str,
        value: Option<&str>,
        field: &Field,
        fields: &mut std::iter::Peekable<std::slice::Iter<'a, Field>>,
    ) {
        let exact = |list: &[&str]| list.contains(&name);
        self.given |= exact(program.long_alone);
        if exact(program.long_pairs) {
            self.value(&Worth::Nothing, fields);
            self.value(&Worth::Nothing, fields);
            return;
        }
        if exact(program.long_flags) {
            return;
        }
        // An option may be abbreviated: whatever it could be counts.
        let harmless = exact(program.long_values) || exact(program.long_scripts);
        let could = |list: &[&str]| {
            exact(list)
                || !harmless && !name.is_empty() && list.iter().any(|long| long.starts_with(name))
        };
        if could(program.long_escapes) {
            self.escapes(&field.text);
        }
        let worth = if could(program.long_writes) {
            Worth::Write
        } else if could(program.long_reads) {
            Worth::Read
        } else if could(program.long_files) {
            Worth::File
        } else if could(program.long_scripts) {
            Worth::Script
        } else if could(program.long_values) {
            Worth::Nothing
        } else {
            // Of an unknown option, a value behind `=` may be a file.
            if let Some(value) = value {
                self.reads.push(Field { text: value.to_owned(), ..field.clone() });
            }
            return;
        };
        match value {
            Some(value) => self.put(&worth, Field { text: value.to_owned(), ..field.clone() }),
            None => {
                // What is not spelled in full may be another option, one without a value.
                if let (Worth::Nothing, false, Some(next)) = (&worth, harmless, fields.peek()) {
                    self.reads.push((*next).clone());
                }
                self.value(&worth, fields);
            }
        }
    }

    fn bundle(
        &mut self,
        program: &Program,
        text: &str,
        field: &Field,
        fields: &mut std::iter::Peekable<std::slice::Iter<'a, Field>>,
    ) {
        let mut rest = text[1..].chars();
        while let Some(c) = rest.next() {
            self.shorts.push(c);
            if program.escapes.contains(c) {
                self.escapes(text);
            }
            let worth = if program.writes.contains(c) {
                Worth::Write
            } else if program.reads.contains(c) {
                Worth::Read
            } else if program.files.contains(c) {
                Worth::File
            } else if program.scripts.contains(c) {
                Worth::Script
            } else if program.values.contains(c) {
                Worth::Nothing
            } else if program.glued.contains(c) || program.alone {
                return;
            } else {
                continue;
            };
            let attached = rest.as_str();
            if attached.is_empty() {
                self.value(&worth, fields);
            } else {
                self.put(&worth, Field { text: attached.to_owned(), ..field.clone() });
            }
            return;
        }
        // An option that nobody knows may hold a path.
        if let Some(at) = text.find(['/', '~']).filter(|_| !program.pure) {
            self.reads.push(Field { text: text[at..].to_owned(), ..field.clone() });
        }
    }

    /// Options of one dash and many letters.
    fn single(
        &mut self,
        program: &Program,
        text: &'a str,
        fields: &mut std::iter::Peekable<std::slice::Iter<'a, Field>>,
    ) {
        let (name, value) = match text[1..].split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (&text[1..], None),
        };
        self.longs.push(name);
        if program.long_escapes.contains(&name) {
            self.escapes(text);
        }
        if value.is_some() {
            return;
        }
        let worth = if program.long_writes.contains(&name) {
            Worth::Write
        } else if program.long_reads.contains(&name) {
            Worth::Read
        } else if program.long_values.contains(&name) {
            Worth::Nothing
        } else {
            return;
        };
        self.value(&worth, fields);
    }

    /// Is the option there, by its letter or its name, also abbreviated?
    pub(super) fn has(&self, short: char, long: &str) -> bool {
        self.shorts.contains(&short)
            || self.longs.iter().any(|name| !name.is_empty() && long.starts_with(name))
    }
}

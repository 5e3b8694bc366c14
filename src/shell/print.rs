//! A command line written again in one way: what was understood is what this says.

use std::fmt::Write as _;

use crate::base::text;
use crate::shell::parse::{is_name, parse};
use crate::shell::syntax::{Command, Kind, Link, List, Op, Part, Pipeline, Redirect, Token, Word};

/// Writes a list so that reading it gives the same list again, a command a line.
pub fn print(list: &List) -> String {
    written(list, Printer::default())
}

/// The same on one line, as far as no here-document needs its own.
pub fn line(list: &List) -> String {
    written(list, Printer { joined: true, ..Printer::default() })
}

/// What bash is given for `text`: what was understood of it, written anew, so that no byte runs
/// that was not judged. None where it is not understood.
///
/// One line stays one line. What it means is the same, but for what asks for its own text
/// (`$LINENO`, `$BASH_EXECUTION_STRING`).
pub fn canonical(text: &str) -> Option<String> {
    let list = parse(text).ok()?;
    Some(if text.trim().contains('\n') { print(&list) } else { line(&list) })
}

fn written(list: &List, mut printer: Printer) -> String {
    printer.list(list);
    printer.trim();
    printer.out.truncate(printer.out.trim_end_matches('\n').len());
    printer.out + if printer.bodies { "\n" } else { "" }
}

/// Writes one command on one line, its here-documents left out: for people.
pub fn shown(command: &Command) -> String {
    let mut printer = Printer { joined: true, ..Printer::default() };
    printer.command(command);
    let line = printer.out.replace('\n', "; ");
    line.trim_end_matches(['\n', ' ']).to_owned()
}

#[derive(Default)]
struct Printer {
    out: String,
    /// Here-documents whose body comes after the next newline.
    pending: Vec<(String, String)>,
    bodies: bool,
    /// Commands stand on one line.
    joined: bool,
}

impl Printer {
    /// Ends a command.
    fn end(&mut self) {
        if !self.joined || !self.pending.is_empty() {
            self.end_line();
        } else if self.out.ends_with(" &") {
            self.out.push(' ');
        } else {
            self.out.push_str("; ");
        }
    }

    /// Goes on after a word that no `;` may follow.
    fn open(&mut self) {
        if !self.joined || !self.pending.is_empty() {
            self.end_line();
        } else {
            self.out.push(' ');
        }
    }

    /// Takes back the last command's end, where what follows ends it too.
    fn trim(&mut self) {
        if self.joined {
            // Of `& ` the blank alone.
            let end = [("; ", 2), ("& ", 1)].iter().find(|(end, _)| self.out.ends_with(end));
            self.out.truncate(self.out.len() - end.map_or(0, |&(_, bytes)| bytes));
        }
    }

    fn end_line(&mut self) {
        self.out.push('\n');
        for (body, delimiter) in std::mem::take(&mut self.pending) {
            self.out.push_str(&body);
            self.out.push_str(&delimiter);
            self.out.push('\n');
            self.bodies = true;
        }
    }

    fn list(&mut self, list: &List) {
        for item in &list.items {
            for (link, pipeline) in &item.chain {
                self.out.push_str(match link {
                    Link::First => "",
                    Link::And => " && ",
                    Link::Or => " || ",
                });
                self.pipeline(pipeline);
            }
            self.out.push_str(if item.background { " &" } else { "" });
            self.end();
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        self.out.push_str(if pipeline.timed { "time " } else { "" });
        self.out.push_str(if pipeline.negated { "! " } else { "" });
        for (at, command) in pipeline.commands.iter().enumerate() {
            if at > 0 {
                let errors = pipeline.commands[at - 1].errors;
                self.out.push_str(if errors { " |& " } else { " | " });
            }
            self.command(command);
        }
    }

    fn block(&mut self, before: &str, list: &List, after: &str) {
        self.out.push_str(before);
        if before.ends_with('(') && self.joined {
            self.list(list);
            self.trim();
        } else {
            self.open();
            self.list(list);
        }
        self.out.push_str(after);
    }

    fn command(&mut self, command: &Command) {
        let start = self.out.len();
        match &command.kind {
            Kind::Simple { assigns, words } => {
                for assign in assigns {
                    let op = if assign.append { "+=" } else { "=" };
                    self.blank(start);
                    let _ = write!(self.out, "{}{op}", assign.name);
                    self.parts(&assign.value.parts);
                }
                for word in words {
                    self.blank(start);
                    self.word(word);
                }
            }
            Kind::Subshell(list) => self.block("(", list, ")"),
            Kind::Group(list) => self.block("{", list, "}"),
            Kind::If { arms, other } => {
                for (at, (test, then)) in arms.iter().enumerate() {
                    self.block(if at == 0 { "if" } else { "elif" }, test, "");
                    self.block("then", then, "");
                }
                if let Some(other) = other {
                    self.block("else", other, "");
                }
                self.out.push_str("fi");
            }
            Kind::Loop { until, test, body } => {
                self.block(if *until { "until" } else { "while" }, test, "");
                self.block("do", body, "done");
            }
            Kind::For { select, name, words, body } => {
                let _ = write!(self.out, "{} {name}", if *select { "select" } else { "for" });
                if let Some(words) = words {
                    self.out.push_str(" in");
                    for word in words {
                        self.out.push(' ');
                        self.word(word);
                    }
                }
                self.end();
                self.block("do", body, "done");
            }
            Kind::Case { word, arms } => {
                self.out.push_str("case ");
                self.word(word);
                self.out.push_str(" in");
                self.open();
                for arm in arms {
                    self.out.push('(');
                    for (at, pattern) in arm.patterns.iter().enumerate() {
                        self.out.push_str(if at > 0 { "|" } else { "" });
                        self.word(pattern);
                    }
                    self.block(")", &arm.body, arm.end);
                    self.open();
                }
                self.out.push_str("esac");
            }
            Kind::Test(tokens) => {
                self.out.push_str("[[");
                for token in tokens {
                    self.out.push(' ');
                    match token {
                        Token::Op(op) => self.out.push_str(op),
                        Token::Word(word) => self.word(word),
                    }
                }
                self.out.push_str(" ]]");
            }
            Kind::Arithmetic(raw) => {
                let _ = write!(self.out, "(({}))", raw.text);
            }
            Kind::Function { name, body } => {
                let _ = write!(self.out, "{name}()");
                self.open();
                self.command(body);
            }
        }
        for redirect in &command.redirects {
            self.blank(start);
            self.redirect(redirect);
        }
    }

    fn blank(&mut self, start: usize) {
        if self.out.len() > start {
            self.out.push(' ');
        }
    }

    fn redirect(&mut self, redirect: &Redirect) {
        if let Some(fd) = redirect.fd {
            let _ = write!(self.out, "{fd}");
        }
        let op = match redirect.op {
            Op::In => "<",
            Op::Out => ">",
            Op::Append => ">>",
            Op::Clobber => ">|",
            Op::Both => "<>",
            Op::All => "&>",
            Op::AllAppend => "&>>",
            Op::DupIn => "<&",
            Op::DupOut => ">&",
            Op::HereDoc => "<<",
            Op::HereString => "<<<",
        };
        self.out.push_str(op);
        if redirect.op != Op::HereDoc {
            // `>&` and a `(`, or `<` and a `<(`, would be read as something else.
            let number = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
            let dup = matches!(redirect.op, Op::DupIn | Op::DupOut);
            if !(dup && redirect.target.as_plain().is_some_and(number)) {
                self.out.push(' ');
            }
            self.word(&redirect.target);
            return;
        }
        let body = self.body(redirect);
        let mut delimiter = "EOF".to_owned();
        while body.lines().any(|line| line == delimiter) {
            delimiter.push('F');
        }
        let _ = if redirect.quoted {
            write!(self.out, "'{delimiter}'")
        } else {
            write!(self.out, "{delimiter}")
        };
        self.pending.push((body, delimiter));
    }

    fn body(&mut self, redirect: &Redirect) -> String {
        let outer = std::mem::take(&mut self.out);
        for part in &redirect.target.parts {
            let Part::Double(parts) = part else { continue };
            for (at, part) in parts.iter().enumerate() {
                match part {
                    // An inert body is kept as one quoted text.
                    Part::Single(text) => self.out.push_str(text),
                    part => self.part(part, parts.get(at + 1)),
                }
            }
        }
        std::mem::replace(&mut self.out, outer)
    }

    fn word(&mut self, word: &Word) {
        self.parts(&word.parts);
    }

    fn parts(&mut self, parts: &[Part]) {
        for (at, part) in parts.iter().enumerate() {
            self.part(part, parts.get(at + 1));
        }
    }

    fn part(&mut self, part: &Part, next: Option<&Part>) {
        match part {
            Part::Plain(text) => self.out.push_str(text),
            Part::Escaped(c) => {
                let _ = write!(self.out, "\\{c}");
            }
            Part::Single(text) => {
                let _ = write!(self.out, "'{text}'");
            }
            Part::Ansi(text) => self.ansi(text),
            Part::Double(inside) => {
                self.out.push('"');
                self.parts(inside);
                self.out.push('"');
            }
            Part::Param(name) if stands_alone(name, next) => {
                let _ = write!(self.out, "${name}");
            }
            Part::Param(name) => {
                let _ = write!(self.out, "${{{name}}}");
            }
            Part::Operator(raw) => {
                let _ = write!(self.out, "${{{}}}", raw.text);
            }
            Part::Arithmetic(raw) => {
                let _ = write!(self.out, "$(({}))", raw.text);
            }
            Part::Substitution(list) => self.nested("$(", list),
            Part::Process(list, out) => self.nested(if *out { ">(" } else { "<(" }, list),
        }
    }

    fn nested(&mut self, open: &str, list: &List) {
        let outer = std::mem::take(&mut self.pending);
        self.out.push_str(open);
        let from = self.out.len();
        self.list(list);
        self.trim();
        if self.out[from..].starts_with('(') || !self.joined {
            // `$((` would be arithmetic.
            self.out.insert(from, ' ');
        }
        self.out.push(')');
        self.pending = outer;
    }

    fn ansi(&mut self, text: &str) {
        self.out.push_str("$'");
        for c in text.chars() {
            match c {
                '\'' | '\\' => self.out.extend(['\\', c]),
                '\n' => self.out.push_str("\\n"),
                '\t' => self.out.push_str("\\t"),
                c if text::is_hidden(c) => {
                    // Bytes: what `\u` means depends on the locale.
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        let _ = write!(self.out, "\\x{byte:02x}");
                    }
                }
                c => self.out.push(c),
            }
        }
        self.out.push('\'');
    }
}

/// Is `$name` read as this name alone, whatever follows it?
fn stands_alone(name: &str, next: Option<&Part>) -> bool {
    let Some(Part::Plain(text)) = next else { return true };
    // After `$1` a digit would be text, after `$x` a letter would be its own; a bracket is kept
    // away for the reader's sake.
    let grows = |c: char| c.is_alphanumeric() || c == '_' || c == '[';
    !is_name(name) || !text.starts_with(grows)
}

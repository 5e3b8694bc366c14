//! A command line written again in one way: what was understood is what this says.

use std::fmt::Write as _;

use crate::base::text;
use crate::shell::syntax::{Command, Kind, Link, List, Op, Part, Pipeline, Redirect, Token, Word};

/// Writes a list so that reading it gives the same list again.
pub fn print(list: &List) -> String {
    let mut printer = Printer::default();
    printer.list(list);
    printer.out.trim_end_matches('\n').to_owned() + if printer.bodies { "\n" } else { "" }
}

/// Writes one command on one line, its here-documents left out: for people.
pub fn shown(command: &Command) -> String {
    let mut printer = Printer::default();
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
}

impl Printer {
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
            self.end_line();
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
        self.end_line();
        self.list(list);
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
                self.end_line();
                self.block("do", body, "done");
            }
            Kind::Case { word, arms } => {
                self.out.push_str("case ");
                self.word(word);
                self.out.push_str(" in");
                self.end_line();
                for arm in arms {
                    self.out.push('(');
                    for (at, pattern) in arm.patterns.iter().enumerate() {
                        self.out.push_str(if at > 0 { "|" } else { "" });
                        self.word(pattern);
                    }
                    self.block(")", &arm.body, arm.end);
                    self.end_line();
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
                let _ = writeln!(self.out, "{name}()");
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
            self.out.push(' ');
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
            for part in parts {
                match part {
                    Part::Single(text) | Part::Plain(text) => self.out.push_str(text),
                    part => self.parts(std::slice::from_ref(part)),
                }
            }
        }
        std::mem::replace(&mut self.out, outer)
    }

    fn word(&mut self, word: &Word) {
        self.parts(&word.parts);
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
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
    }

    fn nested(&mut self, open: &str, list: &List) {
        let outer = std::mem::take(&mut self.pending);
        self.out.push_str(open);
        // `$((` would be arithmetic.
        self.out.push(' ');
        self.list(list);
        self.out.push(')');
        self.pending = outer;
    }

    fn ansi(&mut self, text: &str) {
        self.out.push_str("$'");
        for c in text.chars() {
            match c {
                '\'' | '\\' => self.out.extend(['\\', c]),
                c if text::is_hidden(c) => {
                    let _ = write!(self.out, "\\U{:08x}", u32::from(c));
                }
                c => self.out.push(c),
            }
        }
        self.out.push('\'');
    }
}

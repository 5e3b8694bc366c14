//! Builtins of the shell: what they look at, bind and move (S6).

use std::path::Path;

use crate::policy::here::Here;
use crate::policy::judge::{Atom, Part, Ruling};
use crate::policy::line::{Line, lower};
use crate::policy::place::Touch;
use crate::policy::program::base;
use crate::policy::{Policy, Why};
use crate::shell::{Dynamic, Field, Value};

/// Directories further down are not followed.
const DEEPEST: usize = 40;

/// Operators of tests that look at a file.
const FILES: &[&str] = &[
    "-a", "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-k", "-p", "-r", "-s", "-u", "-w", "-x", "-G",
    "-L", "-N", "-O", "-S",
];

/// Operators of tests that work a number out, which can run something.
const NUMBERS: &[&str] = &["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];

impl Line<'_> {
    /// Judges the words of a builtin that the option tables do not know.
    pub(super) fn builtin(&self, atom: &mut Atom, name: &str, argv: &[Field], here: &Here) {
        match name {
            "test" => self.conditions(atom, &argv[1..], here),
            "[" => {
                let end =
                    argv.len() - usize::from(argv.last().is_some_and(|last| last.text == "]"));
                self.conditions(atom, &argv[1.min(end)..end], here);
            }
            _ => {}
        }
    }

    /// Does it only change the shell that runs this line, as a reader may?
    pub(super) fn harmless_builtin(argv: &[Field]) -> bool {
        let words: Vec<&str> = argv[1..].iter().map(|field| field.text.as_str()).collect();
        let fixed = argv.iter().all(|field| field.dynamic.is_none() && !field.glob);
        match argv[0].text.as_str() {
            _ if argv[0].quoted || argv[0].expanded || !fixed => false,
            "cd" => matches!(words[..], [to] if !to.starts_with('-')),
            "read" => reads(&words).is_some_and(|names| names.iter().all(|name| lower(name))),
            "set" => sets(&words),
            _ => false,
        }
    }

    /// The parts of `test`, `[` and `[[`.
    pub(super) fn conditions(&self, atom: &mut Atom, fields: &[Field], here: &Here) {
        let ask = |reason: String| Ruling::ask(Why::default_of(reason));
        for (at, field) in fields.iter().enumerate() {
            let op = field.text.as_str();
            let before = at.checked_sub(1).and_then(|at| fields.get(at));
            let after = fields.get(at + 1);
            if field.dynamic.is_none() && NUMBERS.contains(&op) && before.is_some() {
                let sides = [before, after].into_iter().flatten();
                if sides.clone().any(|side| !number(side)) {
                    atom.push(ask(format!("`{op}` works out a value that is not known")), false);
                }
            }
            if matches!(op, "-v" | "-R") && !field.quoted {
                atom.push(ask(format!("`{op}` looks at a variable by its name")), false);
            }
            let looks = FILES.contains(&op) && !field.quoted && after.is_some();
            let compared = matches!(op, "-nt" | "-ot" | "-ef");
            let files = [after.filter(|_| looks || compared), before.filter(|_| compared)];
            for file in files.into_iter().flatten() {
                if file.dynamic.is_some() {
                    atom.push(
                        ask("which file it looks at is only known when it runs".into()),
                        false,
                    );
                }
                self.place(atom, Touch::Read, file, here);
            }
            match field.dynamic {
                Some(Dynamic::Bound) if field.quoted || safe_number(field) => {}
                Some(_) => {
                    atom.push(ask("it looks at a variable that is not known here".into()), false);
                }
                None => {}
            }
        }
        let why = Why::table("a test only looks".into());
        atom.parts.push(Part { program: true, ..Part::new(Ruling::Allow(why), true) });
    }

    /// Follows what a command does to the shell's own state.
    pub(super) fn moves(argv: &[Field], here: &mut Here) {
        let name = base(&argv[0].text);
        let options = ["-P", "-L", "-e", "-@", "-n", "--"];
        let own = argv[1..].iter().take_while(|field| options.contains(&&*field.text)).count();
        match name {
            "command" | "builtin" if argv.len() > 1 => Self::moves(&argv[1..], here),
            "cd" | "pushd" => match &argv[1 + own..] {
                [] if name == "cd" && here.scope.home.is_some() => {
                    let home = here.scope.home.clone().into_iter().collect();
                    here.moved(home, true);
                }
                [to] if to.dynamic.is_none() && !to.glob && !to.text.starts_with('-') => {
                    let cwds = here.cwds.iter().map(|cwd| Policy::absolute(&to.text, cwd));
                    let sure = here.sure || Path::new(&to.text).is_absolute();
                    let cwds: Vec<_> = cwds.collect();
                    if cwds.iter().any(|cwd| cwd.components().count() > DEEPEST) {
                        here.lost();
                    } else {
                        here.moved(cwds, sure);
                    }
                }
                _ => here.lost(),
            },
            "popd" => here.lost(),
            "read" => {
                let words: Vec<&str> = argv[1..].iter().map(|field| field.text.as_str()).collect();
                for name in words.iter().filter(|word| crate::shell::is_name(word)) {
                    here.scope.vars.insert((*name).to_owned(), Value::Dynamic);
                }
            }
            // They may bind anything.
            "export" | "declare" | "typeset" | "local" | "readonly" | "eval" | "source" | "."
            | "unset" | "mapfile" | "readarray" | "getopts" | "let" => here.scope.vars.clear(),
            "printf" if argv.get(1).is_some_and(|flag| flag.text.starts_with("-v")) => {
                here.scope.vars.clear();
            }
            _ => {}
        }
    }
}

/// A plain number, or how the last command ended.
fn number(field: &Field) -> bool {
    let text = field.text.strip_prefix('-').unwrap_or(&field.text);
    let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    field.dynamic.is_none() && digits || safe_number(field)
}

/// `$?` and `$#` alone are spelled by nothing else.
fn safe_number(field: &Field) -> bool {
    field.counts
}

/// The names that `read` binds; none where it has other options than `-r` and `-d ''`.
fn reads<'a>(words: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut names = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "-r" => {}
            "-d" | "-rd" => {
                if words.next() != Some(&"") {
                    return None;
                }
            }
            word if word.starts_with('-') => return None,
            word => names.push(word),
        }
    }
    (!names.is_empty()).then_some(names)
}

/// `set` with nothing but `e`, `u` and `o pipefail`.
fn sets(words: &[&str]) -> bool {
    let mut words = words.iter();
    let mut any = false;
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-') else { return false };
        if letters.is_empty() || !letters.chars().all(|c| "euo".contains(c)) {
            return false;
        }
        any = true;
        if letters.contains('o') && words.next() != Some(&"pipefail") {
            return false;
        }
    }
    any
}

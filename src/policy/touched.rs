//! The places of a command: its operands, its options' files, its redirections (S8, S9).

use std::path::{Path, PathBuf};

use crate::policy::archive;
use crate::policy::git::Git;
use crate::policy::here::Here;
use crate::policy::judge::{self, Atom, Ruling};
use crate::policy::line::Line;
use crate::policy::option::Parsed;
use crate::policy::place::{Touch, free};
use crate::policy::program::{self, Operands, base};
use crate::policy::{Policy, Why, wrapper};
use crate::protocol::{Mode, Resolved};
use crate::shell::syntax::{Op, Part, Redirect, Word};
use crate::shell::{Dynamic, Field};

impl Line<'_> {
    /// Judges every place that the words name.
    pub(super) fn places(
        &self,
        atom: &mut Atom,
        argv: &[Field],
        parsed: &Parsed<'_>,
        here: &Here,
        reads: bool,
    ) {
        let name = base(&argv[0].text);
        if matches!(name, "test" | "[" | "read" | "set" | "command") {
            self.builtin(atom, name, argv, here);
            return;
        }
        if name == "git" {
            self.git(atom, &Git::new(&argv[1..]), here);
            return;
        }
        for field in &parsed.reads {
            self.place(atom, Touch::Read, field, here);
        }
        for field in &parsed.writes {
            self.place(atom, Touch::Write, field, here);
        }
        let operands = &parsed.operands[..];
        let program = program::find(name);
        let from_script = usize::from(!parsed.given);
        match program.operands {
            Operands::Nothing | Operands::Command => {}
            Operands::Read if name == "uniq" || name == "xxd" => {
                self.each_place(atom, Touch::Read, operands.iter().take(1), here);
                self.each_place(atom, Touch::Write, operands.iter().skip(1), here);
            }
            Operands::Read => {
                let places = if name == "find" { before_expression(operands) } else { operands };
                self.each_place(atom, Touch::Read, places.iter(), here);
                if name == "find" && parsed.longs.contains(&"delete") {
                    self.each_place(atom, Touch::Write, places.iter(), here);
                }
                if name == "tar" {
                    let written = archive::written(&argv[1..]);
                    self.each_place(
                        atom,
                        Touch::Write,
                        written.iter().collect::<Vec<_>>().iter(),
                        here,
                    );
                }
            }
            Operands::Script => {
                let files = operands.get(from_script..).unwrap_or_default();
                let in_place = name == "sed" && parsed.has('i', "in-place");
                self.each_place(atom, Touch::Read, files.iter(), here);
                if in_place {
                    self.each_place(atom, Touch::Edit, files.iter(), here);
                }
            }
            Operands::Write => self.each_place(atom, Touch::Write, operands.iter(), here),
            Operands::Copy if name == "install" && parsed.has('d', "directory") => {
                self.each_place(atom, Touch::Write, operands.iter(), here);
            }
            Operands::Move | Operands::Copy => self.carried(atom, program.operands, parsed, here),
            Operands::Unknown => self.unknown(atom, name, argv, here, reads),
        }
    }

    /// Copying, moving and linking: what is read, what goes, and where to.
    fn carried(&self, atom: &mut Atom, operands: Operands, parsed: &Parsed<'_>, here: &Here) {
        let here_dir = Field { text: ".".into(), ..Field::default() };
        let (sources, target) = match (&parsed.writes[..], parsed.operands.split_last()) {
            // `ln x` makes its link here.
            ([], Some((_, []))) => (&parsed.operands[..], Some(here_dir)),
            ([], Some((last, sources))) => (sources, Some((*last).clone())),
            ([dir, ..], _) => (&parsed.operands[..], Some(dir.clone())),
            _ => return,
        };
        self.each_place(atom, Touch::Read, sources.iter(), here);
        if operands == Operands::Move {
            self.each_place(atom, Touch::Write, sources.iter(), here);
        }
        let Some(target) = target else { return };
        self.place(atom, Touch::Write, &target, here);
        // Where the target is a directory, it gets the sources' names.
        for source in sources {
            let name = base(source.text.trim_end_matches('/'));
            if !matches!(name, "" | "." | "..") {
                let text = format!("{}/{name}", target.text);
                self.place(
                    atom,
                    Touch::Write,
                    &Field { text, glob: source.glob, ..target.clone() },
                    here,
                );
            }
        }
    }

    /// Words of a program that nobody knows: what denies counts, and what is plainly a place.
    fn unknown(&self, atom: &mut Atom, name: &str, argv: &[Field], here: &Here, reads: bool) {
        if reads || matches!(name, "cd" | "xargs" | "eval") {
            let places = if name == "cd" { &argv[1..] } else { &[] };
            self.each_place(atom, Touch::Read, places.iter().collect::<Vec<_>>().iter(), here);
            return;
        }
        let writes = name == "dd";
        // What a wrapper runs is judged by itself.
        let inner = wrapper::behind(argv)
            .and_then(|behind| behind.commands.iter().map(|inner| inner.len()).max())
            .unwrap_or_default();
        for field in &argv[1..argv.len() - inner] {
            let text = field.text.as_str();
            let parts = text.match_indices(['=', '@']).map(|(at, _)| &text[at + 1..]).take(8);
            let whole = Some(text).filter(|text| !text.starts_with('-'));
            for part in whole.into_iter().chain(parts).filter(|part| !part.is_empty()) {
                let touch =
                    if writes && text.starts_with("of=") { Touch::Write } else { Touch::Read };
                let word = Field { text: part.to_owned(), ..field.clone() };
                let plain = !part.contains("://") && !part.contains(char::is_whitespace);
                if plain {
                    self.place(atom, touch, &word, here);
                }
                // What a program does with a file that may not be changed is not known.
                if plain && touch == Touch::Read {
                    self.unwritable(atom, &word, here);
                }
            }
        }
    }

    /// What git looks at, and what of it a rule forbids to change.
    fn git(&self, atom: &mut Atom, git: &Git<'_>, here: &Here) {
        let mut here = here.clone();
        for dir in &git.dirs {
            self.place(atom, Touch::Read, dir, &here);
            let cwds = here.cwds.iter().map(|cwd| Policy::absolute(&dir.text, cwd)).collect();
            let sure = here.sure && dir.dynamic.is_none() && !dir.glob;
            here.moved(cwds, sure);
        }
        let mut top = here.clone();
        let above = |cwd: &PathBuf| -> Vec<PathBuf> {
            let inside = cwd.ancestors().skip(1).take_while(|path| self.places.is_inside(path));
            inside.map(Path::to_owned).chain([cwd.clone()]).collect()
        };
        top.moved(here.cwds.iter().flat_map(above).collect(), here.sure);
        for place in git.places() {
            let here = if place.top { &top } else { &here };
            let field = Field { text: place.text, ..place.field.clone() };
            self.place(atom, Touch::Read, &field, here);
            // What governs git is git's own to write; a rule is not.
            if matches!(git.sub(), "mv" | "rm" | "checkout" | "restore" | "clean") {
                self.unwritable(atom, &field, here);
            }
        }
        for (at, field) in git.rest.iter().enumerate() {
            let text = match field.text.strip_prefix("--output") {
                Some("") => git.rest.get(at + 1).map(|next| next.text.as_str()),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            };
            if let Some(text) = text {
                let field = Field { text: text.to_owned(), ..Field::default() };
                self.place(atom, Touch::Write, &field, &here);
            }
        }
    }

    /// The rules that forbid to write what a word names.
    fn unwritable(&self, atom: &mut Atom, word: &Field, here: &Here) {
        let denied = self.place_rulings(Touch::Write, word, here);
        let by_rule = |ruling: &Ruling| matches!(ruling, Ruling::Deny(why) if why.rule.is_some());
        let denied = denied.into_iter().filter(by_rule);
        atom.parts.extend(denied.map(|ruling| judge::Part::new(ruling, false)));
    }

    fn each_place<'f>(
        &self,
        atom: &mut Atom,
        touch: Touch,
        fields: impl Iterator<Item = &'f &'f Field>,
        here: &Here,
    ) {
        for field in fields {
            self.place(atom, touch, field, here);
        }
    }

    /// Judges a word that is a path. The program's own verdict covers writing inside a root.
    pub(super) fn place(&self, atom: &mut Atom, touch: Touch, field: &Field, here: &Here) {
        if field.text == "-"
            || free(Path::new(&field.text))
            || field.text.is_empty() && field.dynamic.is_some()
        {
            return;
        }
        let list = if touch == Touch::Read { &mut atom.reads } else { &mut atom.writes };
        list.push(field.text.clone());
        let reads = touch == Touch::Read;
        let rulings = self.place_rulings(touch, field, here);
        atom.parts.extend(rulings.into_iter().map(|ruling| judge::Part::new(ruling, reads)));
    }

    fn place_rulings(&self, touch: Touch, field: &Field, here: &Here) -> Vec<Ruling> {
        let stays = |ruling: Ruling| if touch == Touch::Read { ruling.staying() } else { ruling };
        let mut found = Vec::new();
        if !here.sure && !Path::new(&field.text).is_absolute() {
            let reason = format!("the directory of `{}` is only known when it runs", field.text);
            found.push(Ruling::ask(Why::default_of(reason)));
        }
        for cwd in &here.cwds {
            let path = Policy::absolute(&field.text, cwd);
            if field.glob {
                found.extend(self.places.glob(touch, &field.text, &path).map(stays));
            }
            found.push(stays(self.places.judge(Mode::AcceptEdits, touch, &Resolved::plain(path))));
        }
        found
    }

    /// Redirections (S9): a program's rule never covers them.
    pub(super) fn redirects(&mut self, atom: &mut Atom, redirects: &[Redirect], here: &Here) {
        for redirect in redirects {
            self.nested(&redirect.target, here);
            let field = here.scope.expand_one(&redirect.target);
            if let Some(ruling) = Self::hidden(&field.text) {
                atom.push(ruling, false);
            }
            let touches: &[Touch] = match redirect.op {
                Op::HereDoc | Op::HereString => {
                    if field.dynamic.is_some_and(|why| why > Dynamic::Bound) {
                        let reason = "it gives a variable that this line did not bind";
                        atom.push(Ruling::ask(Why::default_of(reason.into())), false);
                    }
                    continue;
                }
                Op::DupIn | Op::DupOut if number(&field) => continue,
                Op::In | Op::DupIn => &[Touch::Read],
                Op::Both => &[Touch::Read, Touch::Write],
                _ => &[Touch::Write],
            };
            if field.dynamic == Some(Dynamic::Process) {
                continue;
            }
            // A loop's variable in double quotes is one of the names that its glob gives.
            let several = unquoted_glob(&redirect.target, here)
                || field.glob && touches.contains(&Touch::Write);
            if field.dynamic.is_some() || several {
                let reason = format!("where `{}` leads is only known when it runs", field.text);
                atom.push(Ruling::ask(Why { risky: true, ..Why::default_of(reason) }), false);
            }
            for &touch in touches {
                self.redirect(atom, touch, &field, here);
            }
        }
    }

    fn redirect(&self, atom: &mut Atom, touch: Touch, field: &Field, here: &Here) {
        let path =
            Policy::absolute(&field.text, here.cwds.first().map_or(Path::new("/"), |cwd| cwd));
        if path.starts_with("/dev/tcp") || path.starts_with("/dev/udp") {
            let why =
                Why::default_of(format!("`{}` is a connection to another machine", field.text));
            atom.push(Ruling::ask(Why { risky: true, ..why }), false);
            return;
        }
        if free(&path) {
            return;
        }
        let before = atom.parts.len();
        self.place(atom, touch, field, here);
        if touch == Touch::Read {
            return;
        }
        // Here writing inside a root has to be granted by itself.
        atom.parts.truncate(before);
        if !here.sure && !Path::new(&field.text).is_absolute() {
            let reason = format!("the directory of `{}` is only known when it runs", field.text);
            atom.push(Ruling::ask(Why::default_of(reason)), false);
        }
        for cwd in &here.cwds {
            let path = Policy::absolute(&field.text, cwd);
            if field.glob {
                let met = self.places.glob(touch, &field.text, &path);
                atom.parts.extend(met.map(|ruling| judge::Part::new(ruling, false)));
            }
            atom.push(self.places.judge(self.mode, touch, &Resolved::plain(path)), false);
        }
    }
}

/// The operands of `find` before its expression.
fn before_expression<'a, 'f>(operands: &'a [&'f Field]) -> &'a [&'f Field] {
    let end =
        operands.iter().position(|field| matches!(field.text.as_str(), "(" | ")" | "!" | ","));
    &operands[..end.unwrap_or(operands.len())]
}

/// A descriptor: free.
fn number(field: &Field) -> bool {
    let text = field.text.trim_end_matches('-');
    field.dynamic.is_none() && !field.glob && text.chars().all(|c| c.is_ascii_digit())
}

fn unquoted_glob(word: &Word, here: &Here) -> bool {
    let spelled = |part: &Part| matches!(part, Part::Plain(text) if text.contains(['*', '?', '[']));
    word.parts.iter().any(spelled) || here.scope.expand(word).len() != 1
}

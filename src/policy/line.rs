//! Walking a command line: every piece of it is an atom, the strictest counts (S1).

use std::path::PathBuf;

use crate::base::text;
use crate::policy::here::Here;
use crate::policy::judge::{Atom, Ruling};
use crate::policy::place::Places;
use crate::policy::simple::LONGEST;
use crate::policy::{Policy, Why};
use crate::protocol::Mode;
use crate::shell::syntax::{Command, Item, Kind, Link, List, Pipeline, Raw, Token, Word};
use crate::shell::{self, Dynamic, Field, Value};

/// Most rounds of loops that are judged one by one: beyond, a loop's variable is not known.
const ROUNDS: usize = 64;

/// Most pieces that the rounds of one loop are judged in, one by one.
const MOST: usize = 2000;

/// How deep scripts and wrappers may stand in each other: `bash -c "bash -c …"`.
pub(super) const DEEPEST: u32 = 12;

/// The judge of one command line.
pub(super) struct Line<'a> {
    pub(super) policy: &'a Policy,
    pub(super) places: &'a Places<'a>,
    pub(super) mode: Mode,
    pub(super) atoms: Vec<Atom>,
    pub(super) depth: u32,
    /// What may still be looked at behind the wrappers of one command, in words; none left says
    /// that something was not looked at.
    pub(super) fuel: Option<usize>,
    rounds: usize,
    /// So far everything only reads, or edits as S17 says: nothing in it needs a helper that a
    /// repository chose.
    pub(super) tame: bool,
    /// The directories in which git only reads.
    pub(super) gits: Vec<PathBuf>,
}

impl<'a> Line<'a> {
    pub(super) fn new(policy: &'a Policy, places: &'a Places<'a>, mode: Mode) -> Self {
        Self {
            policy,
            places,
            mode,
            atoms: Vec::new(),
            depth: 0,
            fuel: Some(0),
            rounds: 1,
            tame: true,
            gits: Vec::new(),
        }
    }

    fn asks(&mut self, text: impl Into<String>, reason: &str) {
        self.tame = false;
        let text = text.into();
        let why = Why::default_of(format!("`{text}`: {reason}"));
        self.atoms.push(Atom::of(text, Ruling::ask(Why { risky: true, ..why }), false));
    }

    /// Judges a script that stands inside a command; it changes nothing around it.
    pub(super) fn script(&mut self, script: &str, here: &Here) {
        if self.depth >= DEEPEST || !self.spend(script.len() / 4 + 1) {
            self.fuel = None;
            return;
        }
        self.depth += 1;
        match shell::parse(script) {
            Ok(list) => self.list(&list, &mut here.clone()),
            Err(why) => {
                self.tame = false;
                let atoms = super::unclear::judge(self, script, here, &why.to_string());
                self.atoms.extend(atoms);
            }
        }
        self.depth -= 1;
    }

    /// Takes so many words from what may be looked at.
    pub(super) fn spend(&mut self, words: usize) -> bool {
        self.fuel = self.fuel.and_then(|fuel| fuel.checked_sub(words));
        self.fuel.is_some()
    }

    pub(super) fn list(&mut self, list: &List, here: &mut Here) {
        for item in &list.items {
            self.item(item, here);
        }
    }

    fn item(&mut self, item: &Item, here: &mut Here) {
        if item.background {
            self.asks("&", "it goes on in the background");
            self.chain(&item.chain, &mut here.clone());
        } else {
            self.chain(&item.chain, here);
        }
    }

    fn chain(&mut self, chain: &[(Link, Pipeline)], here: &mut Here) {
        // Where a `cd` fails, things stay where they were.
        let mut before: Vec<PathBuf> = Vec::new();
        for (link, pipeline) in chain {
            if shell::moves(pipeline) {
                before.extend_from_slice(&here.cwds);
            }
            match link {
                Link::First | Link::And => self.pipeline(pipeline, here),
                // It runs only where the one before failed.
                Link::Or => {
                    let mut there = here.clone();
                    if !before.is_empty() {
                        let cwds = before.iter().chain(&here.cwds).cloned().collect();
                        there.moved(cwds, here.sure);
                    }
                    self.pipeline(pipeline, &mut there);
                    if !shell::leaves(pipeline) {
                        here.merge(&there);
                    }
                }
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, here: &mut Here) {
        let alone = pipeline.commands.len() == 1;
        for (at, command) in pipeline.commands.iter().enumerate() {
            let before = &pipeline.commands[..at];
            if alone {
                self.command(command, here, before);
            } else {
                // Each runs in a shell of its own.
                self.command(command, &mut here.clone(), before);
            }
        }
    }

    fn command(&mut self, command: &Command, here: &mut Here, before: &[Command]) {
        if let Kind::Simple { assigns, words } = &command.kind {
            self.simple(command, assigns, words, here, before);
            return;
        }
        if !command.redirects.is_empty() {
            let mut atom = Atom { text: "a redirection".into(), ..Atom::default() };
            self.redirects(&mut atom, &command.redirects, here);
            self.atoms.push(atom);
        }
        match &command.kind {
            Kind::Simple { .. } => {}
            Kind::Subshell(list) => self.list(list, &mut here.clone()),
            Kind::Group(list) => self.list(list, here),
            Kind::If { arms, other } => self.branches(arms, other.as_ref(), here),
            Kind::Loop { test, body, .. } => self.repeated(test, body, here),
            Kind::For { select, name, words, body } => {
                if *select {
                    self.asks("select", "it waits for an answer");
                }
                self.each(name, words.as_deref(), body, here);
            }
            Kind::Case { word, arms } => {
                self.word_of("case", word, here);
                let begin = here.clone();
                for arm in arms {
                    for pattern in &arm.patterns {
                        self.word_of("case", pattern, here);
                    }
                    let mut there = begin.clone();
                    // `;&` goes on with the next arm.
                    if arm.end != ";;" {
                        there.merge(here);
                    }
                    self.list(&arm.body, &mut there);
                    here.merge(&there);
                }
            }
            Kind::Test(tokens) => self.test(tokens, here),
            Kind::Arithmetic(raw) => self.arithmetic(raw, here),
            Kind::Function { name, body } => {
                self.asks(format!("{name}()"), "it gives a name a new meaning");
                let mut there = here.clone();
                there.scope.vars.clear();
                there.lost();
                self.command(body, &mut there, &[]);
            }
        }
    }

    fn branches(&mut self, arms: &[(List, List)], other: Option<&List>, here: &mut Here) {
        let mut ends = Vec::new();
        for (test, then) in arms {
            self.list(test, here);
            let mut there = here.clone();
            self.list(then, &mut there);
            ends.push(there);
        }
        if let Some(other) = other {
            self.list(other, here);
        }
        for end in ends {
            here.merge(&end);
        }
    }

    /// Nobody knows how often it runs: what it binds has no known value at its beginning.
    fn repeated(&mut self, test: &List, body: &List, here: &mut Here) {
        let (mut names, mut moves) = shell::binds(test);
        let (more, also) = shell::binds(body);
        names.extend(more);
        moves |= also;
        if moves {
            here.lost();
        }
        for name in &names {
            if here.scope.vars.contains_key(name) {
                here.scope.vars.insert(name.clone(), Value::Dynamic);
            }
        }
        let begin = here.clone();
        self.list(test, here);
        self.list(body, here);
        here.merge(&begin);
    }

    fn each(&mut self, name: &str, words: Option<&[Word]>, body: &List, here: &mut Here) {
        let mut fields: Vec<Field> = Vec::new();
        for word in words.unwrap_or_default() {
            self.nested(word, here);
            fields.extend(here.scope.expand(word));
        }
        if words.is_none() {
            self.asks("for", "it goes through arguments that are not known");
        }
        let bad = fields.iter().find(|field| field.dynamic == Some(Dynamic::Unknown));
        if bad.is_some() || !lower(name) {
            self.asks(format!("for {name}"), "what it goes through is only known when it runs");
        }
        let values: Vec<Value> = fields
            .iter()
            .map(|field| match (field.dynamic, field.glob) {
                (Some(_), _) => Value::Dynamic,
                (None, _) if field.text.len() > LONGEST => Value::Dynamic,
                (None, true) => Value::Glob(field.text.clone()),
                (None, false) => Value::Text(field.text.clone()),
            })
            .collect();
        let begin = here.clone();
        if values.is_empty() || self.rounds * values.len() > ROUNDS {
            here.scope.vars.insert(name.to_owned(), Value::Dynamic);
            self.repeated(&List::default(), body, here);
            return;
        }
        self.rounds *= values.len();
        let several =
            values.len() > 1 || values.iter().any(|value| !matches!(value, Value::Text(_)));
        if several && shell::binds(body).1 && values.iter().any(|v| !matches!(v, Value::Text(_))) {
            here.lost();
        }
        let count = values.len();
        let first = self.atoms.len();
        for value in values {
            if self.atoms.len() - first > MOST {
                here.scope.vars.insert(name.to_owned(), Value::Dynamic);
                self.repeated(&List::default(), body, here);
                break;
            }
            // A glob gives many names: what one round binds, the next finds.
            if !matches!(value, Value::Text(_)) {
                for bound in shell::binds(body).0 {
                    if here.scope.vars.contains_key(&bound) {
                        here.scope.vars.insert(bound, Value::Dynamic);
                    }
                }
            }
            here.scope.vars.insert(name.to_owned(), value);
            self.list(body, here);
        }
        self.rounds /= count;
        // A `break`, or a glob that gives nothing, leaves things as they were.
        here.merge(&begin);
    }

    /// The commands inside a word.
    pub(super) fn nested(&mut self, word: &Word, here: &Here) {
        for list in shell::lists(word) {
            self.list(list, &mut here.clone());
        }
    }

    /// A word that is only looked at.
    fn word_of(&mut self, what: &str, word: &Word, here: &Here) {
        self.nested(word, here);
        let field = here.scope.expand_one(word);
        if field.dynamic.is_some_and(|why| why > Dynamic::Braces) {
            self.asks(what, "it looks at a variable that this line did not bind");
        }
    }

    fn test(&mut self, tokens: &[Token], here: &Here) {
        for word in shell::operands(tokens) {
            self.nested(word, here);
        }
        let fields: Vec<Field> = tokens
            .iter()
            .map(|token| match token {
                Token::Op(op) => Field { text: op.clone(), ..Field::default() },
                Token::Word(word) => {
                    let mut field = here.scope.expand_one(word);
                    field.quoted |= word
                        .parts
                        .iter()
                        .any(|part| matches!(part, crate::shell::syntax::Part::Double(_)));
                    field
                }
            })
            .collect();
        let mut atom = Atom { text: "[[ ]]".into(), ..Atom::default() };
        self.conditions(&mut atom, &fields, here);
        self.atoms.push(atom);
    }

    fn arithmetic(&mut self, raw: &Raw, here: &Here) {
        for list in &raw.inner {
            self.list(list, &mut here.clone());
        }
        let plain = |c: char| c.is_ascii_digit() || " \t+-*/%()<>=!&|^~?:".contains(c);
        if !raw.text.replace("$?", "0").replace("$#", "0").chars().all(plain) {
            self.asks("(( ))", "arithmetic on names can run commands");
        }
    }

    /// Characters that hide what a command is (S12). A tab and a newline are blanks.
    pub(super) fn hidden(text: &str) -> Option<Ruling> {
        let odd = |c: char| c != '\t' && c != '\n' && text::is_hidden(c);
        let c = text.chars().find(|&c| odd(c))?;
        let reason = format!("the command holds the invisible character U+{:04X}", u32::from(c));
        Some(Ruling::firm(Why { risky: true, ..Why::floor(reason) }))
    }
}

/// A name that no program obeys: small letters.
pub(super) fn lower(name: &str) -> bool {
    let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.chars().all(small) && !name.ends_with("_proxy") && name != "ifs"
}

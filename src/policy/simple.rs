//! Judging one simple command: its program, its places, its redirections.

use crate::policy::escape;
use crate::policy::floor::Floor;
use crate::policy::here::Here;
use crate::policy::judge::{Atom, Part, Ruling};
use crate::policy::line::{DEEPEST, Line, lower};
use crate::policy::meaning::{Bare, covers};
use crate::policy::option::Parsed;
use crate::policy::program::{self, base, known};
use crate::policy::script;
use crate::policy::unclear;
use crate::policy::{Policy, Rule, Why, git, wrapper, xargs};
use crate::protocol::Mode;
use crate::shell::syntax::{Assign, Command, Word};
use crate::shell::{self, Dynamic, Field, Value};

/// More text than this does not come out of the variables and braces of one command, in bytes.
const MOST: usize = 16 * 1024;

/// Longer values of variables are not followed, in bytes.
pub(super) const LONGEST: usize = 256;

/// What may be looked at behind the wrappers of a command, in words, beside sixteen times its length.
const FUEL: usize = 4000;

impl Line<'_> {
    pub(super) fn simple(
        &mut self,
        command: &Command,
        assigns: &[Assign],
        words: &[Word],
        here: &mut Here,
        before: &[Command],
    ) {
        let mut fields = Vec::new();
        let mut atom = Atom { text: shell::shown(command), ..Atom::default() };
        let mut grown = 0;
        for word in words {
            self.nested(word, here);
            if grown > MOST {
                continue;
            }
            let more = here.scope.expand(word);
            let expanded = more.iter().filter(|field| field.expanded);
            grown += expanded.map(|field| field.text.len() + 1).sum::<usize>();
            fields.extend(more);
        }
        if grown > MOST {
            let why = "more words than can be looked at";
            let atoms = unclear::judge(self, &atom.text, here, why);
            self.atoms.extend(atoms);
        }
        let values: Vec<Field> = assigns
            .iter()
            .map(|assign| {
                self.nested(&assign.value, here);
                here.scope.expand_one(&assign.value)
            })
            .collect();
        self.redirects(&mut atom, &command.redirects, here);
        if fields.is_empty() {
            Self::assigned(&mut atom, assigns, values, here);
            self.atoms.push(atom);
            return;
        }
        for (assign, value) in assigns.iter().zip(&values) {
            if assign.append || value.dynamic.is_some() || !safe(&assign.name, &value.text) {
                let name = &assign.name;
                let why = Why::default_of(format!("setting {name} can change what a program does"));
                atom.push(Ruling::ask(why), false);
            }
        }
        let hidden = fields.iter().chain(&values).find_map(|field| Self::hidden(&field.text));
        if let Some(ruling) = hidden {
            atom.push(ruling, false);
        }
        let piped = xargs::is_read(before, &fields, &here.scope);
        let fed: Vec<String> =
            command.redirects.iter().filter_map(|r| shell::fed(r, &here.scope)).collect();
        let mut whole = joined(&fields);
        // What stands in a script shares with the command that runs it.
        let outermost = self.depth == 0;
        if outermost {
            let length = whole.len() + fed.iter().map(String::len).sum::<usize>();
            self.fuel = Some(FUEL + 16 * length);
        }
        self.argv(&mut atom, &fields, here, piped);
        if !fed.is_empty() && wrapper::runs_shell(&fields, 8) {
            for script in fed {
                self.script(&script, here);
                whole = format!("{whole}\n{script}");
            }
        }
        if outermost && self.fuel.is_none() {
            let why = "too many commands inside each other";
            let atoms = unclear::judge(self, &whole, here, why);
            self.atoms.extend(atoms);
        }
        Self::moves(&fields, here);
        self.atoms.push(atom);
    }

    /// Assignments alone.
    fn assigned(atom: &mut Atom, assigns: &[Assign], values: Vec<Field>, here: &mut Here) {
        for (assign, value) in assigns.iter().zip(values) {
            let name = &assign.name;
            let unknown = value.dynamic.is_some_and(|why| why > Dynamic::Bound);
            if !lower(name) || unknown {
                let why =
                    Why::default_of(format!("setting {name} can change what later commands do"));
                atom.push(Ruling::ask(why), false);
            } else if let Some(ruling) = Self::hidden(&value.text) {
                atom.push(ruling, false);
            } else {
                let why = Why::table(format!("{name} is a variable of this line alone"));
                atom.push(Ruling::Allow(why), true);
            }
            // `a=$a$a` doubles each time.
            let known = value.dynamic.is_none() && !assign.append && value.text.len() <= LONGEST;
            let value = if known { Value::Text(value.text) } else { Value::Dynamic };
            here.scope.vars.insert(name.clone(), value);
        }
    }

    /// Judges the words of a command, and of what it runs.
    pub(super) fn argv(&mut self, atom: &mut Atom, argv: &[Field], here: &Here, piped: bool) {
        let Some(first) = argv.first() else { return };
        if self.depth > DEEPEST || !self.spend(argv.len()) {
            self.fuel = None;
            return;
        }
        let shown = format!("`{}`", joined(argv));
        let fixed = |field: &Field| field.dynamic.is_none() && !field.glob;
        atom.runs.push(argv.iter().map(|f| fixed(f).then(|| f.text.clone())).collect());
        self.ruled(atom, argv, &shown, here);
        // `command -v x` only says where x is.
        let query = first.text == "command"
            && argv.get(1).is_some_and(|flag| matches!(flag.text.as_str(), "-v" | "-V"));
        let asks_only = query || escape::says_version(argv);
        let behind = if asks_only { None } else { wrapper::behind(argv) };
        if let Some(behind) = &behind {
            let plain = !first.quoted && !first.expanded && known(&first.text) == base(&first.text);
            let fine = behind.assigns.iter().all(|(name, value)| safe(name, value));
            let rule = self.policy.rules.allow.iter().find(|rule| covers(rule, argv));
            if let Some(rule) = rule.filter(|_| behind.transparent && behind.scripts.is_empty()) {
                self.behind(atom, &behind.commands, &[], here);
                let why = Why::rule(rule, format!("a rule allows {shown}"));
                atom.parts.push(Part { program: true, ..Part::new(Ruling::Allow(why), false) });
                return;
            }
            if behind.transparent && plain && fine {
                for script in &behind.scripts {
                    self.script(script, here);
                }
                if behind.scripts.is_empty() {
                    self.depth += 1;
                    for inner in &behind.commands {
                        self.argv(atom, inner, here, false);
                    }
                    self.depth -= 1;
                    return;
                }
                let why = Why::table(format!("{shown} only runs what is judged by itself"));
                atom.parts.push(Part { program: true, ..Part::new(Ruling::Allow(why), true) });
                // Words behind the script are its `$0`, `$1`.
                return;
            }
            self.behind(atom, &behind.commands, &behind.scripts, here);
        }
        let program = program::find(base(&first.text));
        let parsed = Parsed::new(program, &argv[1..]);
        let inert = self.policy.untrusted && base(&first.text) == "git";
        let looks =
            behind.is_none() && (escape::only_reads(argv, &parsed) || Self::harmless_builtin(argv));
        let reads = looks && !inert || piped;
        let before = atom.parts.len();
        self.places(atom, argv, &parsed, here, reads);
        let asked =
            atom.parts[before..].iter().any(|part| matches!(part.ruling, Ruling::Ask { .. }));
        let edits = self.edits(argv, &parsed);
        self.tame &= looks || edits || piped;
        if looks || piped {
            self.looks(argv, here);
        }
        let ruling = self.grant(argv, &shown, reads, edits, asked);
        atom.parts.push(Part { program: true, ..Part::new(ruling, reads) });
        if let Some(ruling) = Self::uncertain(argv, &parsed, &shown, reads) {
            atom.push(ruling, false);
        }
    }

    /// Deny rules, floors and ask rules.
    fn ruled(&self, atom: &mut Atom, argv: &[Field], shown: &str, here: &Here) {
        let bare = Bare::new(argv);
        let rules = &self.policy.rules;
        if let Some(rule) = rules.deny.iter().find(|rule| bare.is_meant(rule)) {
            atom.push(Ruling::Deny(Why::rule(rule, format!("a rule forbids {shown}"))), false);
        }
        if let Some(rule) = rules.ask.iter().find(|rule| bare.is_meant(rule)) {
            let risky = is_risky(bare.name(), argv);
            let why = Why { risky, ..Why::rule(rule, format!("a rule asks before {shown}")) };
            atom.push(Ruling::firm(why).staying(), true);
        }
        match here.cwds.iter().filter_map(|cwd| self.policy.floor_of(argv, cwd)).max() {
            Some(Floor::Deny(reason)) => {
                atom.push(Ruling::Deny(Why::floor(format!("{shown}: {reason}"))), false);
            }
            Some(Floor::Ask(reason)) => {
                atom.push(Ruling::firm(Why::floor(format!("{shown}: {reason}"))), false);
            }
            None => {}
        }
    }

    /// What a wrapper runs is looked at for denials and questions; it grants nothing.
    fn behind(&mut self, atom: &mut Atom, commands: &[&[Field]], scripts: &[String], here: &Here) {
        if self.depth >= DEEPEST {
            self.fuel = None;
            return;
        }
        self.depth += 1;
        for inner in commands {
            let mut found = Atom::default();
            self.argv(&mut found, inner, here, false);
            atom.parts.extend(found.parts.into_iter().filter(|part| !part.program));
            atom.reads.extend(found.reads);
            atom.writes.extend(found.writes);
        }
        for script in scripts {
            self.script(script, here);
        }
        self.depth -= 1;
    }

    /// The verdict on the program.
    fn grant(&self, argv: &[Field], shown: &str, reads: bool, edits: bool, asked: bool) -> Ruling {
        if reads {
            return Ruling::Allow(Why::table(format!("{shown} only reads")));
        }
        if let Some(rule) = self.policy.rules.allow.iter().find(|rule| covers(rule, argv)) {
            return Ruling::Allow(Why::rule(rule, format!("a rule allows {shown}")));
        }
        if edits {
            let reason = format!("{shown} changes files inside the project");
            return Ruling::Allow(Why::mode(self.mode, reason));
        }
        let risky = is_risky(base(&argv[0].text), argv);
        let reason = match escape::of(argv).filter(|_| !risky) {
            Some(flag) if flag != argv[0].text => {
                format!("no rule covers {shown}: `{flag}` makes it write or run something")
            }
            _ => {
                format!("no rule covers {shown}, and it is not known to only read")
            }
        };
        let offer = if risky || asked { None } else { offer(argv) };
        Ruling::ask(Why { offer, risky, ..Why::default_of(reason) })
    }

    /// Notes where git reads.
    fn looks(&mut self, argv: &[Field], here: &Here) {
        let Some(at) = argv.iter().position(|field| base(&field.text) == "git") else { return };
        let mut dirs = here.cwds.clone();
        for dir in git::Git::new(&argv[at + 1..]).dirs {
            self.tame &= dir.dynamic.is_none() && !dir.glob;
            // One `-C` counts from where the one before it leads.
            dirs = dirs.iter().map(|cwd| Policy::absolute(&dir.text, cwd)).collect();
        }
        self.tame &= here.sure;
        self.gits.extend(dirs);
    }

    /// Is it one of the commands that accepting edits allows (S17)?
    fn edits(&self, argv: &[Field], parsed: &Parsed<'_>) -> bool {
        let fixed = |field: &Field| field.dynamic.is_none() && !field.glob;
        let first = &argv[0];
        if !matches!(self.mode, Mode::AcceptEdits | Mode::Auto)
            || first.quoted
            || first.expanded
            || !argv.iter().all(fixed)
        {
            return false;
        }
        let name = known(&first.text);
        let plain_sed = name == "sed"
            && parsed.escape.is_some()
            && script::not_in_place(argv).is_some_and(|rest| escape::of(&rest).is_none());
        program::EDITS.contains(&name) || plain_sed
    }

    /// What is only known when it runs, and disguises (S10, S12).
    fn uncertain(argv: &[Field], parsed: &Parsed<'_>, shown: &str, reads: bool) -> Option<Ruling> {
        let first = &argv[0];
        let ask = |reason: String| Some(Ruling::ask(Why::default_of(reason)));
        if first.dynamic.is_some() || first.expanded || first.glob {
            return ask(format!("which program {shown} runs is only known when it runs"));
        }
        if first.quoted {
            return ask(format!("the program of {shown} is written in a disguise"));
        }
        let name = known(&first.text);
        let sink = program::SINKS.contains(&name);
        let worst = argv.iter().filter_map(|field| field.dynamic).max()?;
        let literal = name != "printf"
            || parsed.operands.first().is_none_or(|format| format.dynamic.is_none());
        if reads && (sink && literal && worst <= Dynamic::Bound || worst == Dynamic::Process) {
            return None;
        }
        if matches!(name, "test" | "[") && worst <= Dynamic::Bound {
            return None;
        }
        ask(format!("a part of {shown} is only known when it runs"))
    }
}

pub(super) fn joined(argv: &[Field]) -> String {
    argv.iter().map(|field| field.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// May it stand before a command (S11)?
pub(super) fn safe(name: &str, value: &str) -> bool {
    let plain = [
        "LANG",
        "TZ",
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR",
        "CI",
        "RUST_BACKTRACE",
        "RUST_LOG",
        "CARGO_TERM_COLOR",
        "NODE_ENV",
        "COLUMNS",
        "LINES",
    ];
    plain.contains(&name) || name.starts_with("LC_") || name == "TERM" && value == "dumb"
}

/// Does it delete, overwrite or take over?
pub(super) fn is_risky(name: &str, argv: &[Field]) -> bool {
    let has = |flag: &str| argv[1..].iter().any(|field| field.text == flag);
    let git = || {
        let sub = git::Git::new(&argv[1..]).rest.first();
        let known = |(name, _): &&(&str, _)| sub.is_some_and(|sub| sub.text == *name);
        let found = program::GIT_RISKY.iter().find(known);
        found.is_some_and(|(_, flags)| flags.is_empty() || flags.iter().any(|flag| has(flag)))
    };
    program::RISKY.contains(&name)
        || name.starts_with("mkfs")
        || name == "git" && git()
        || name == "find" && has("-delete")
}

/// The rule for exactly these words; none for what would grant more than is shown.
fn offer(argv: &[Field]) -> Option<String> {
    let odd = |field: &Field| {
        let hidden = |c: char| c.is_whitespace() || c == '*' || crate::base::text::is_hidden(c);
        field.text.is_empty() || field.text.contains(hidden)
    };
    if argv.iter().any(odd) || wrapper::behind(argv).is_some() || wrapper::is_broad(&argv[0].text) {
        return None;
    }
    let text = format!("Bash({})", joined(argv));
    let rule = Rule::parse(&text, "offer").ok()?;
    covers(&rule, argv).then_some(text)
}

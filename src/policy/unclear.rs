//! A text that is not understood (S15): asked, and denied where a rule or a floor may mean it.

use std::collections::HashSet;

use crate::policy::floor::Floor;
use crate::policy::here::Here;
use crate::policy::judge::{Atom, Ruling};
use crate::policy::line::Line;
use crate::policy::meaning::may_name;
use crate::policy::place::Touch;
use crate::policy::program::{self, Operands, base};
use crate::policy::{Policy, Why, wrapper};
use crate::protocol::{Mode, Resolved};
use crate::shell::{self, Field};

/// Judges a text by everything that it might do.
pub(super) fn judge(line: &Line<'_>, text: &str, here: &Here, why: &str) -> Vec<Atom> {
    let mut atom = Atom { text: first_line(text), ..Atom::default() };
    let names = shell::names(text);
    // `$'\x63url'` spells a name that is not seen here.
    let spelled = text.contains("$'") && text.contains('\\');
    let rules = &line.policy.rules;
    let meant = |rule: &&crate::policy::Rule| may_name(rule, &names) || spelled && rule.is_shell();
    if let Some(rule) = rules.deny.iter().find(meant) {
        let reason = format!("a rule forbids a program that this names, and it has {why}");
        atom.push(Ruling::Deny(Why { risky: true, ..Why::rule(rule, reason) }), false);
    }
    doubts(line, &mut atom, text, here);
    if let Some(rule) = rules.ask.iter().find(meant) {
        let reason = format!("a rule asks for a program that this names, and it has {why}");
        atom.push(Ruling::firm(Why { risky: true, ..Why::rule(rule, reason) }), false);
    }
    atom.parts
        .extend(Line::hidden(text).map(|ruling| crate::policy::judge::Part::new(ruling, false)));
    let reason = format!("it could not be read: it has {why}");
    atom.push(Ruling::ask(Why { risky: true, ..Why::default_of(reason) }), false);
    vec![atom]
}

fn first_line(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("an empty script");
    crate::base::cap::head_tail(line, 200, 0).text
}

/// Floors and path rules under everything that the text might do.
fn doubts(line: &Line<'_>, atom: &mut Atom, text: &str, here: &Here) {
    let loose = shell::loose(text);
    let mut here = here.clone();
    for segment in &loose.segments {
        if let [cd, to, ..] = &segment[..]
            && matches!(cd.as_str(), "cd" | "pushd")
            && here.cwds.len() < 16
        {
            let mut cwds = here.cwds.clone();
            cwds.extend(here.cwds.iter().map(|cwd| Policy::absolute(to, cwd)));
            here.moved(cwds, here.sure);
        }
    }
    let mut seen = HashSet::new();
    for segment in &loose.segments {
        let fields: Vec<Field> = segment.iter().map(|word| field(word, &here)).collect();
        floors(line, atom, &fields, &here, 0);
        let writes = matches!(
            program::find(base(&segment[0])).operands,
            Operands::Write | Operands::Move | Operands::Copy
        );
        for field in &fields {
            if seen.insert((field.text.clone(), writes)) {
                word(line, atom, field, writes, &here);
            }
        }
    }
    for written in &loose.written {
        if seen.insert((written.clone(), true)) {
            word(line, atom, &field(written, &here), true, &here);
        }
    }
}

/// A word with the known variables filled in.
fn field(word: &str, here: &Here) -> Field {
    let mut text = word.to_owned();
    let home = here.scope.home.as_ref().and_then(|home| home.to_str());
    let cwd = here.scope.cwd.as_ref().and_then(|cwd| cwd.to_str());
    for (name, value) in [("HOME", home), ("PWD", cwd)] {
        if let Some(value) = value {
            text = text.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
        }
    }
    if let Some(home) = home
        && (text == "~" || text.starts_with("~/"))
    {
        text.replace_range(..1, home);
    }
    let glob = text.contains(['*', '?', '[']) && text != "[" && text != "[[";
    let dynamic = text.contains(['$', '`']).then_some(shell::Dynamic::Unknown);
    Field { text, glob, dynamic, ..Field::default() }
}

fn floors(line: &Line<'_>, atom: &mut Atom, argv: &[Field], here: &Here, depth: u32) {
    for cwd in &here.cwds {
        let shown = crate::policy::simple::joined(argv);
        match line.policy.floor_of(argv, cwd) {
            Some(Floor::Deny(reason)) => {
                atom.push(Ruling::Deny(Why::floor(format!("`{shown}`: {reason}"))), false);
            }
            Some(Floor::Ask(reason)) => {
                atom.push(Ruling::firm(Why::floor(format!("`{shown}`: {reason}"))), false);
            }
            None => {}
        }
    }
    // Before the first word may stand a word of the grammar.
    let grammar = ["if", "then", "else", "elif", "do", "while", "until", "!", "{", "time"];
    let skipped = argv.first().is_some_and(|first| grammar.contains(&first.text.as_str()));
    if depth < 8 && skipped {
        floors(line, atom, &argv[1..], here, depth + 1);
    }
    if let Some(behind) = wrapper::behind(argv).filter(|_| depth < 8) {
        for inner in behind.commands {
            floors(line, atom, inner, here, depth + 1);
        }
    }
}

/// What the path rules and floors say to each piece of a word that may be a path.
fn word(line: &Line<'_>, atom: &mut Atom, field: &Field, writes: bool, here: &Here) {
    let pieces = field.text.split(['=', '@', ':', ',', '{', '}']);
    for piece in pieces.chain([field.text.as_str()]).filter(|piece| !piece.is_empty()) {
        for cwd in &here.cwds {
            let path = Policy::absolute(piece, cwd);
            let touches: &[Touch] =
                if writes { &[Touch::Read, Touch::Write] } else { &[Touch::Read] };
            for &touch in touches {
                let met = (field.glob && piece.contains(['*', '?', '[']))
                    .then(|| line.places.glob(touch, piece, &path));
                let place = line.places.judge(Mode::Default, touch, &Resolved::plain(path.clone()));
                for ruling in met.flatten().into_iter().chain([place]) {
                    if matches!(ruling, Ruling::Deny(_) | Ruling::Ask { firm: true, .. }) {
                        atom.push(ruling, false);
                    }
                }
            }
        }
    }
}

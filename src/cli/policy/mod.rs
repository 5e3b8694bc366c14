//! `claw policy`: what the policy says, why, and whether it keeps its corpus.

mod corpus;
mod record;

use std::fs::File;
use std::io::{self, BufReader, Write};

use anyhow::{Context as _, Result};

use crate::base::text;
use crate::cli::Wrong;
use crate::cli::args::{Flags, PolicyCommand};
use crate::cli::setup::Place;
use crate::config::RuleText;
use crate::policy::{Policy, Rule, Why};
use crate::protocol::{Access, Mode, Script};

/// Does what `claw policy …` asks; the exit code.
///
/// # Errors
///
/// Wrong usage where the settings or a file cannot be read; a failure where nothing can be written.
pub(super) fn run(command: &PolicyCommand, flags: &Flags) -> Result<u8, Wrong> {
    let out = io::BufWriter::new(io::stdout().lock());
    match command {
        PolicyCommand::Explain { command } => {
            let place = Place::find(flags)?;
            let script = Script { command: command.clone(), cwd: place.root.clone() };
            explain(&place.policy()?, place.settings.mode, script, out)?;
        }
        PolicyCommand::Test { files } => {
            let mut out = out;
            let mut passed = true;
            for name in files {
                let doing = || format!("reading the corpus {}", name.display());
                let file = File::open(name).with_context(doing).map_err(Wrong::Usage)?;
                passed &= corpus::test(BufReader::new(file), &mut out).with_context(doing)?;
            }
            out.flush().context("writing the result")?;
            return Ok(u8::from(!passed));
        }
        PolicyCommand::Check { .. } => corpus::check(io::stdin().lock(), out)?,
        PolicyCommand::List => {
            let place = Place::find(flags)?;
            list(&place.policy()?, &place.settings.proposed, out)?;
        }
    }
    Ok(0)
}

/// Says of each piece of a command what it touches and what is decided about it.
fn explain(policy: &Policy, mode: Mode, script: Script, mut out: impl Write) -> Result<()> {
    let access = Access::Shell { script };
    let verdict = policy.decide(mode, std::slice::from_ref(&access));
    let (word, why) = corpus::named(&verdict);
    writeln!(out, "{word} in the mode {}: {}", mode.label(), text::sanitise(&why.reason))?;
    for finding in policy.explain(mode, &access) {
        let (word, why) = corpus::named(&finding.verdict);
        writeln!(out, "\n{word:6}{}", text::sanitise(&finding.atom))?;
        for (name, places) in [("reads", &finding.reads), ("writes", &finding.writes)] {
            for place in places {
                writeln!(out, "      {name:8}{}", text::sanitise(place))?;
            }
        }
        writeln!(out, "      {:8}{}", "why", text::sanitise(&why.reason))?;
        writeln!(out, "      {:8}{}", "by", by(why))?;
    }
    out.flush().context("writing the explanation")
}

fn by(why: &Why) -> String {
    let source = text::sanitise(why.source.as_deref().unwrap_or("default")).into_string();
    match &why.rule {
        Some(rule) => format!("{} ({source})", text::sanitise(rule)),
        None => source,
    }
}

/// Lists the rules in the order in which they count.
fn list(policy: &Policy, proposed: &[RuleText], mut out: impl Write) -> Result<()> {
    let rules = &policy.rules;
    let lists = [("deny", &rules.deny), ("ask", &rules.ask), ("allow", &rules.allow)];
    for (word, rules) in lists {
        for rule in rules {
            line(&mut out, word, rule)?;
        }
    }
    for rule in proposed {
        let (text, at) = (text::sanitise(&rule.text), text::sanitise(&rule.at.to_string()));
        let text = text.as_str();
        writeln!(out, "      {text:40} {at}: only proposed, it does not hold until you accept it")?;
    }
    writeln!(out, "Built-in floors and the table of commands that only read hold besides.")?;
    out.flush().context("writing the rules")
}

fn line(mut out: impl Write, word: &str, rule: &Rule) -> Result<()> {
    let (text, source) = (text::sanitise(rule.text()), text::sanitise(rule.source()));
    Ok(writeln!(out, "{word:6}{text:40} {source}", text = text.as_str())?)
}

#[cfg(test)]
mod tests;

//! A corpus of cases, run through the policy: what came of each, and how often which way it erred.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::base::text;
use crate::cli::policy::record::Record;
use crate::policy::{Verdict, Why};

/// The longest record, in bytes.
const LONGEST: u64 = 16 << 20;

/// How often the policy erred, by the way it did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    cases: usize,
    unsafe_allows: usize,
    missed_denies: usize,
    false_prompts: usize,
    over_denies: usize,
    display_failures: usize,
}

impl Totals {
    fn failures(&self) -> usize {
        self.unsafe_allows
            + self.missed_denies
            + self.false_prompts
            + self.over_denies
            + self.display_failures
    }
}

/// Runs the cases of `input`: a line for each that fails, then totals for each class.
/// True where none failed.
///
/// # Errors
///
/// Where a line is no record, or nothing can be written.
pub(super) fn test(input: impl BufRead, mut out: impl Write) -> Result<bool> {
    let mut classes: BTreeMap<String, Totals> = BTreeMap::new();
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    let mut pairs = Vec::new();
    for record in records(input) {
        let record = record?;
        let totals = classes.entry(class(&record)).or_default();
        totals.cases += 1;
        if record.input.is_some() {
            let output = show(&record);
            for wrong in wrong_display(&record, &output) {
                totals.display_failures += 1;
                writeln!(out, "{}: {wrong}", text::sanitise(&record.id))?;
            }
            pairs.extend(record.pair_with.clone().map(|other| (record.id.clone(), other)));
            shown.insert(record.id, output);
            continue;
        }
        let question = record.question().with_context(|| format!("in the record {}", record.id))?;
        let verdict = question.policy.decide(question.mode, &[question.access]);
        let (got, why) = named(&verdict);
        let expected = record.expect.as_deref().context("a record without `expect`")?;
        match (expected, got) {
            (expected, got) if expected == got => continue,
            (_, "allow") => totals.unsafe_allows += 1,
            ("deny", _) => totals.missed_denies += 1,
            (_, "deny") => totals.over_denies += 1,
            _ => totals.false_prompts += 1,
        }
        let reason = text::sanitise(&why.reason);
        writeln!(out, "{}: expected {expected}, got {got}: {reason}", text::sanitise(&record.id))?;
    }
    for (one, other) in pairs {
        if shown.get(&one).is_some_and(|output| Some(output) == shown.get(&other)) {
            classes.entry("display".into()).or_default().display_failures += 1;
            writeln!(out, "{}: it looks like {}", text::sanitise(&one), text::sanitise(&other))?;
        }
    }
    summary(&classes, out)
}

fn class(record: &Record) -> String {
    match (record.class.as_str(), &record.input) {
        ("", Some(_)) => "display".to_owned(),
        (class, _) => class.to_owned(),
    }
}

fn summary(classes: &BTreeMap<String, Totals>, mut out: impl Write) -> Result<bool> {
    let head = ["cases", "unsafe", "missed", "false", "over", "display"];
    writeln!(out, "{:18} {}", "class", head.map(|word| format!("{word:>8}")).concat())?;
    let mut all = Totals::default();
    for (class, totals) in classes {
        row(&mut out, text::sanitise(class).as_str(), totals)?;
        all.cases += totals.cases;
        all.unsafe_allows += totals.unsafe_allows;
        all.missed_denies += totals.missed_denies;
        all.false_prompts += totals.false_prompts;
        all.over_denies += totals.over_denies;
        all.display_failures += totals.display_failures;
    }
    row(&mut out, "all", &all)?;
    writeln!(
        out,
        "{} cases: {} unsafe allows, {} missed denies, {} false prompts, {} over-denies, {} display failures",
        all.cases,
        all.unsafe_allows,
        all.missed_denies,
        all.false_prompts,
        all.over_denies,
        all.display_failures
    )?;
    Ok(all.failures() == 0)
}

fn row(mut out: impl Write, class: &str, totals: &Totals) -> Result<()> {
    let numbers = [
        totals.cases,
        totals.unsafe_allows,
        totals.missed_denies,
        totals.false_prompts,
        totals.over_denies,
        totals.display_failures,
    ];
    writeln!(out, "{class:18} {}", numbers.map(|number| format!("{number:>8}")).concat())?;
    Ok(())
}

/// Answers each record of `input` with one line of JSON.
///
/// A record that says nothing is answered with a denial and what is wrong with it: who asks gets
/// as many answers as there were questions.
///
/// # Errors
///
/// Where the input cannot be read or the answer cannot be written.
pub(super) fn check(input: impl BufRead, mut out: impl Write) -> Result<()> {
    for record in lines(input) {
        let record = record.context("reading a record")?;
        let answer = match serde_json::from_str::<Record>(&record) {
            Ok(record) if record.input.is_some() => {
                json!({ "id": record.id, "output": show(&record) })
            }
            Ok(record) => verdict(&record)
                .unwrap_or_else(|error| refused(&json!(record.id), &format!("{error:#}"))),
            Err(error) => refused(&Value::Null, &format!("this is no record: {error}")),
        };
        writeln!(out, "{answer}").context("writing a verdict")?;
    }
    out.flush().context("writing a verdict")
}

fn verdict(record: &Record) -> Result<Value> {
    let question = record.question()?;
    let verdict = question.policy.decide(question.mode, &[question.access]);
    let (decision, why) = named(&verdict);
    Ok(json!({
        "id": record.id,
        "decision": decision,
        "reason": why.reason,
        "atom": why.atom,
        "rule": why.rule,
        "source": why.source,
    }))
}

fn refused(id: &Value, reason: &str) -> Value {
    json!({ "id": id, "decision": "deny", "reason": reason, "atom": null, "rule": null })
}

/// The verdict's word, and why.
pub(super) fn named(verdict: &Verdict) -> (&'static str, &Why) {
    match verdict {
        Verdict::Allow(why) => ("allow", why),
        Verdict::Ask(why) => ("ask", why),
        Verdict::Deny(why) => ("deny", why),
    }
}

/// The text as the screen shows it in the record's context.
fn show(record: &Record) -> String {
    let input = record.input.as_deref().unwrap_or_default();
    let single =
        record.lines == "single" || matches!(&*record.context, "title" | "file-path" | "link");
    let shown = match (single, &*record.context) {
        (true, "prompt-command") => text::sanitise_exact_line(input),
        (true, _) => text::sanitise(input),
        (false, "tool-output") => text::sanitise_lines(input),
        (false, "diff-line") => {
            let lines: Vec<_> = input.split('\n').map(text::sanitise).collect();
            return lines.iter().map(text::Sanitised::as_str).collect::<Vec<_>>().join("\n");
        }
        (false, _) => text::sanitise_exact(input),
    };
    shown.into_string()
}

fn wrong_display(record: &Record, output: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let single = record.lines == "single";
    if output.contains(|c: char| text::is_hidden(c) && (single || c != '\n')) {
        wrong.push("a character that cannot be seen reached the screen (D1)".to_owned());
    }
    for point in &record.must_show {
        let number = u32::from_str_radix(point, 16).unwrap_or_default();
        // A mark of its own, or counted in one that stands for many.
        if !output.contains(&format!("U+{number:04X}")) {
            wrong.push(format!("U+{number:04X} is not shown (D2)"));
        }
    }
    for plain in record.plain.iter().filter(|plain| !output.contains(plain.as_str())) {
        wrong.push(format!("`{}` is not there any more (D3)", text::sanitise(plain)));
    }
    if record.max_lines.is_some_and(|most| output.lines().count() > most) {
        wrong.push("it takes too many lines (D7)".to_owned());
    }
    if record.extra["blank_run_marker"] == json!(true) && !output.contains('\u{d7}') {
        wrong.push("a long run of blanks has no mark (D7)".to_owned());
    }
    let again = text::sanitise_lines(output);
    if again.as_str().contains(|c: char| text::is_hidden(c) && c != '\n') {
        wrong.push("showing it once more brings a raw character back (D6)".to_owned());
    }
    wrong
}

fn records(input: impl BufRead) -> impl Iterator<Item = Result<Record>> {
    lines(input).enumerate().map(|(at, line)| {
        let at = at + 1;
        let line = line.with_context(|| format!("reading record {at}"))?;
        serde_json::from_str(&line).with_context(|| format!("record {at} is no record"))
    })
}

/// Its lines without the empty ones; a line that is too long is an error.
fn lines(mut input: impl BufRead) -> impl Iterator<Item = Result<String>> {
    std::iter::from_fn(move || {
        loop {
            let mut line = Vec::new();
            let read = std::io::Read::take(&mut input, LONGEST).read_until(b'\n', &mut line);
            match read {
                Ok(0) => return None,
                Ok(_) if line.iter().all(u8::is_ascii_whitespace) => {}
                Ok(_) if !line.ends_with(b"\n") && line.len() as u64 >= LONGEST => {
                    return Some(Err(anyhow::anyhow!("a record is longer than {LONGEST} bytes")));
                }
                Ok(_) => {
                    return Some(String::from_utf8(line).context("a record is no text"));
                }
                Err(error) => return Some(Err(error.into())),
            }
        }
    })
}

//! A corpus of cases, run through the policy: what came of each, and how often which way it erred.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _, Write};

use anyhow::{Context as _, Result, anyhow};
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::base::text;
use crate::cli::policy::record::{Record, label};
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
/// True where none failed, and each line is a record.
///
/// # Errors
///
/// Where nothing can be read or written.
pub(super) fn test(input: impl BufRead, mut out: impl Write) -> Result<bool> {
    let mut classes: BTreeMap<String, Totals> = BTreeMap::new();
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    let mut pairs = Vec::new();
    let mut broken = 0;
    for (at, line) in lines(input) {
        let line = line.context("reading a record")?;
        let (record, answer) = match case(line) {
            Ok(case) => case,
            Err((id, error)) => {
                broken += 1;
                let id = id.map_or_else(|| format!("line {at}"), |id| label(&id));
                let why = text::sanitise(&format!("{error:#}")).into_string();
                writeln!(out, "{}: {why}", text::sanitise(&id))?;
                continue;
            }
        };
        let totals = classes.entry(class(&record)).or_default();
        totals.cases += 1;
        let id = text::sanitise(&record.label());
        let (expected, verdict) = match answer {
            Answer::Shown(output) => {
                for wrong in wrong_display(&record, &output) {
                    totals.display_failures += 1;
                    writeln!(out, "{id}: {wrong}")?;
                }
                pairs.extend(record.pair_with.as_ref().map(|pair| (record.label(), label(pair))));
                shown.insert(record.label(), output);
                continue;
            }
            Answer::Decided(expected, verdict) => (expected, verdict),
        };
        let (got, why) = named(&verdict);
        match (&*expected, got) {
            (expected, got) if expected == got => continue,
            (_, "allow") => totals.unsafe_allows += 1,
            ("deny", _) => totals.missed_denies += 1,
            (_, "deny") => totals.over_denies += 1,
            _ => totals.false_prompts += 1,
        }
        let reason = text::sanitise(&why.reason);
        writeln!(out, "{id}: expected {expected}, got {got}: {reason}")?;
    }
    for (one, other) in pairs {
        if shown.get(&one).is_some_and(|output| Some(output) == shown.get(&other)) {
            classes.entry("display".into()).or_default().display_failures += 1;
            writeln!(out, "{}: it looks like {}", text::sanitise(&one), text::sanitise(&other))?;
        }
    }
    let passed = summary(&classes, &mut out)?;
    if broken > 0 {
        writeln!(out, "{broken} lines could not be judged; each is named above")?;
    }
    Ok(passed && broken == 0)
}

/// What came of a case: a text as it is shown, or what was expected and what was decided.
enum Answer {
    Shown(String),
    Decided(String, Verdict),
}

/// A line's case and what came of it; else its `id`, where it has one, and what is wrong with it.
fn case(line: Result<String>) -> Result<(Record, Answer), (Option<Value>, anyhow::Error)> {
    let record = read(line)?;
    if record.input.is_some() {
        let output = show(&record);
        return Ok((record, Answer::Shown(output)));
    }
    let decided = || {
        let expected = record.expect.clone().context("it says nothing of what it expects")?;
        if !["allow", "ask", "deny"].contains(&&*expected) {
            return Err(anyhow!("it expects `{expected}`, which is none of allow, ask, deny"));
        }
        let question = record.question()?;
        let verdict = question.policy.decide(question.mode, &[question.access]);
        Ok(Answer::Decided(expected, verdict))
    };
    match decided() {
        Ok(answer) => Ok((record, answer)),
        Err(error) => Err((Some(record.id), error)),
    }
}

/// The record of a line; else its `id`, where it has one, and what is wrong with it.
fn read(line: Result<String>) -> Result<Record, (Option<Value>, anyhow::Error)> {
    let line = line.map_err(|error| (None, error))?;
    let no_record = |error: &str| anyhow!("this is no record: {error}");
    let value: Value =
        serde_json::from_str(&line).map_err(|error| (None, no_record(&error.to_string())))?;
    if !value.is_object() {
        return Err((None, no_record("it is no JSON object")));
    }
    let id = value.get("id").cloned();
    Record::deserialize(value).map_err(|error| (id, no_record(&error.to_string())))
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
/// as many answers as there were questions, each before the next question is read.
///
/// # Errors
///
/// Where the input cannot be read or the answer cannot be written.
pub(super) fn check(input: impl BufRead, mut out: impl Write) -> Result<()> {
    for (at, line) in lines(input) {
        let line = line.context("reading a record")?;
        let answer = match read(line) {
            Ok(record) if record.input.is_some() => {
                json!({ "id": record.id, "output": show(&record) })
            }
            Ok(record) => verdict(&record)
                .unwrap_or_else(|error| refused(&record.id, &format!("line {at}: {error:#}"))),
            Err((id, error)) => refused(&json!(id), &format!("line {at}: {error:#}")),
        };
        writeln!(out, "{answer}").and_then(|()| out.flush()).context("writing a verdict")?;
    }
    Ok(())
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
        (true, "prompt-command" | "file-path") => text::sanitise_exact_line(input),
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

/// Its lines by their number, without the empty ones and without a byte order mark. What is too
/// long or no text is an error of its line alone; the outer error ends it.
fn lines(mut input: impl BufRead) -> impl Iterator<Item = (usize, io::Result<Result<String>>)> {
    let mut at = 0;
    let mut ended = false;
    std::iter::from_fn(move || {
        while !ended {
            let mut line = Vec::new();
            at += 1;
            let read = (&mut input).take(LONGEST).read_until(b'\n', &mut line);
            let too_long = !line.ends_with(b"\n") && line.len() as u64 >= LONGEST;
            match read.and_then(|_| if too_long { input.skip_until(b'\n') } else { Ok(0) }) {
                Err(error) => {
                    ended = true;
                    return Some((at, Err(error)));
                }
                Ok(_) if too_long => {
                    return Some((at, Ok(Err(anyhow!("it is longer than {LONGEST} bytes")))));
                }
                Ok(_) if line.is_empty() => ended = true,
                Ok(_) => {
                    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line).to_vec();
                    if !line.iter().all(u8::is_ascii_whitespace) {
                        return Some((at, Ok(String::from_utf8(line).context("it is no text"))));
                    }
                }
            }
        }
        None
    })
}

//! `claw cost`: what all sessions used and cost, for each day and model.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::num::NonZeroU32;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::base::amount::tokens;
use crate::base::clock::{self, Millis};
use crate::base::text::{sanitise, width};
use crate::cli::args::Flags;
use crate::cli::setup::Place;
use crate::cli::{Wrong, tell};
use crate::protocol::{Envelope, Event};
use crate::provider::offers::price;
use crate::session::{Price, Spending, Store, Sum, each};

/// A day, in milliseconds: a log that was last written so long before the first day wanted, and a
/// day more for what zones and clocks do, has nothing of it.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// What each day cost, by its date.
type Days = BTreeMap<String, Spending>;

/// Prints it. The exit code.
pub(super) fn run(json: bool, days: NonZeroU32, flags: &Flags) -> Result<u8, Wrong> {
    let store = Place::find(flags)?.store();
    let now = clock::now();
    let first = clock::day(now).saturating_sub(i64::from(days.get()) - 1);
    let (found, damage) = collect(&store, now, first, price);
    for line in damage {
        tell(&line);
    }
    let mut out = io::stdout().lock();
    let written = if json {
        writeln!(out, "{}", as_json(&found))
    } else if found.is_empty() {
        tell(&format!("no request was made in the last {days} days; --days N looks further back"));
        Ok(())
    } else {
        table(&found).iter().try_for_each(|line| writeln!(out, "{line}"))
    };
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Ok(Err(error).context("writing what was spent")?)
        }
        _ => Ok(0),
    }
}

/// Adds up the requests of all sessions from a day on; what of their logs could not be read.
///
/// One log at a time is gone through, an envelope at a time: of each only the sums are kept.
fn collect(store: &Store, now: Millis, first: i64, price: Price) -> (Days, Vec<String>) {
    let (mut all, mut damage) = (Days::new(), Vec::new());
    let back = clock::day(now).saturating_sub(first).saturating_add(2);
    let oldest = now.0.saturating_sub(u64::try_from(back).unwrap_or(0).saturating_mul(DAY));
    for summary in store.list(None) {
        if summary.touched.0 < oldest {
            continue;
        }
        let mut own = Days::new();
        match each(&summary.path, |envelope| take(&mut own, &envelope, first, price)) {
            Ok(None) => {}
            Ok(Some(passed_over)) => damage.push(format!("{}: {passed_over}", summary.id)),
            Err(error) => damage.push(format!("{error:#}")),
        }
        for (day, spending) in own {
            all.entry(day).or_default().join(&spending);
        }
    }
    (all, damage)
}

/// Takes one event of a log in.
fn take(days: &mut Days, envelope: &Envelope, first: i64, price: Price) {
    match &envelope.event {
        // What is before this happened in another session, and stands in its log.
        Event::SessionForked { .. } => days.clear(),
        Event::MessageFinished { message } if clock::day(envelope.at) >= first => {
            let date = clock::date_time(envelope.at);
            let day = date.split(' ').next().unwrap_or_default();
            days.entry(day.to_owned()).or_default().add(message, price);
        }
        Event::CacheBroken { by } if clock::day(envelope.at) >= first => {
            let date = clock::date_time(envelope.at);
            let day = date.split(' ').next().unwrap_or_default();
            days.entry(day.to_owned()).or_default().broke(by);
        }
        _ => {}
    }
}

fn all(days: &Days) -> Spending {
    let mut all = Spending::default();
    for spending in days.values() {
        all.join(spending);
    }
    all
}

fn as_json(days: &Days) -> Value {
    let row = |sum: &Sum| {
        json!({
            "requests": sum.requests,
            "input": sum.usage.input,
            "cache_read": sum.usage.cache_read,
            "cache_write": sum.usage.cache_write,
            "output": sum.usage.output,
            "cached_percent": sum.cached(),
            "dollars": sum.dollars(),
        })
    };
    let mut rows = Vec::new();
    for (day, spending) in days {
        for (model, sum) in spending.rows() {
            let mut row = row(sum);
            row["day"] = day.as_str().into();
            row["model"] = (*model.0).into();
            rows.push(row);
        }
    }
    let all = all(days);
    json!({ "rows": rows, "total": row(&all.total()), "cache_broken_by": all.broken() })
}

/// The lines for people, each column as wide as it has to be.
fn table(days: &Days) -> Vec<String> {
    let cells = |day: &str, model: &str, sum: &Sum| {
        let used = &sum.usage;
        let amounts = [used.input, used.cache_read, used.cache_write, used.output].map(tokens);
        let [input, read, write, output] = amounts;
        let model = sanitise(model).into_string();
        [day.to_owned(), model, sum.requests.to_string(), input, read, write, output, sum.cost()]
    };
    let head = ["day", "model", "requests", "input", "cache read", "cache write", "output", "cost"];
    let mut rows = vec![head.map(str::to_owned)];
    let mut before = "";
    for (day, spending) in days {
        for (model, sum) in spending.rows() {
            // A day is said once.
            let shown = if before == day { "" } else { day };
            before = day;
            rows.push(cells(shown, &model.0, sum));
        }
    }
    rows.push(cells("total", "", &all(days).total()));
    let wide = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(wide).collect();
    let line = |row: &[String; 8]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (text, cells))| {
            let blank = " ".repeat(cells - width(text));
            if at < 2 { format!("{text}{blank}") } else { format!("{blank}{text}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::protocol::{Message, Mode, ModelId, StopReason, Usage};

    fn envelope(id: &str, seq: u64, at: u64, event: Event) -> String {
        let envelope = Envelope { session: id.into(), seq, at: Millis(at), event };
        serde_json::to_string(&envelope).unwrap() + "\n"
    }

    fn said(model: &str, input: u64) -> Event {
        let usage = Usage { input, cache_read: 1, ..Usage::default() };
        let (content, stop) = (Vec::new(), StopReason::EndTurn);
        let message = Message { id: "m".into(), model: model.into(), content, stop, usage };
        Event::MessageFinished { message: message.into() }
    }

    fn log(store: &Store, id: &str, events: &[(u64, Event)]) {
        let cwd = Path::new("/w");
        let started = Event::SessionStarted {
            version: 1,
            parent: None,
            cwd: cwd.into(),
            model: "m".into(),
            mode: Mode::Default,
        };
        let mut text = envelope(id, 1, 0, started);
        for (seq, (at, event)) in (2..).zip(events) {
            text += &envelope(id, seq, *at, event.clone());
        }
        let path = store.place(&id.into(), cwd);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn price(model: &ModelId, usage: &Usage) -> Option<f64> {
        (&*model.0 == "paid").then_some(usage.input as f64)
    }

    #[test]
    fn days_and_models_are_added_up_over_all_sessions() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let now = clock::now();
        let (today, week) = (now.0, now.0 - 7 * DAY);
        log(
            &store,
            "one",
            &[(week, said("paid", 1)), (today, said("paid", 2)), (today, said("other", 3))],
        );
        // The first request happened in the session of which it is a copy.
        let forked = Event::SessionForked { from: "one".into() };
        log(&store, "two", &[(week, said("paid", 1)), (today, forked), (today, said("paid", 4))]);

        let (days, damage) = collect(&store, now, clock::day(now) - 29, price);
        assert!(damage.is_empty(), "{damage:?}");
        let sums: Vec<_> =
            days.values().map(|it| (it.total().requests, it.total().cost())).collect();
        assert_eq!(sums, [(1, "$1.00".to_owned()), (3, "$6.00 + unknown".to_owned())]);
        let json = as_json(&days);
        assert_eq!(json["rows"].as_array().unwrap().len(), 3);
        assert_eq!(
            (&json["total"]["requests"], &json["total"]["dollars"]),
            (&json!(4), &Value::Null)
        );

        let (days, _) = collect(&store, now, clock::day(now) - 6, price);
        assert_eq!(all(&days).total().requests, 3);
    }

    #[test]
    fn a_table_has_its_columns_below_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let now = clock::now();
        log(&store, "one", &[(now.0, said("paid", 12_000)), (now.0, said("a\u{1b}longer", 3))]);
        let (days, _) = collect(&store, now, clock::day(now), price);
        let lines = table(&days);
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| !line.contains('\u{1b}')), "{lines:?}");
        let ends: Vec<usize> = lines[1..].iter().map(|line| line.find("0  ").unwrap()).collect();
        assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{lines:#?}");
        assert!(lines[3].starts_with("total"), "{lines:#?}");
    }
}

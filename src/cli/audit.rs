//! `claw audit`: is the log of decisions whole, and what does it say?

use std::io::{self, ErrorKind, Write};

use anyhow::Result;

use crate::audit::{self, By, Entry, Kept, Record};
use crate::base::clock;
use crate::base::text::sanitise;
use crate::cli::Wrong;
use crate::cli::args::AuditCommand;
use crate::config::{self, Paths};

/// Carries the command out. The exit code.
pub(super) fn run(command: &AuditCommand) -> Result<u8, Wrong> {
    let dir = Paths::find(&config::process).map_err(Wrong::Usage)?.audit;
    let done = match command {
        AuditCommand::Verify => verify(&dir, io::stdout()),
        AuditCommand::Show { session, json } => {
            show(&dir, session.as_deref(), *json, io::stdout()).map(|()| 0)
        }
    };
    match done {
        // Nobody there to read it is no error.
        Err(error) if closed(&error) => Ok(0),
        done => Ok(done?),
    }
}

fn closed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn verify(dir: &std::path::Path, mut out: impl Write) -> Result<u8> {
    let checked = audit::verify(dir)?;
    let log = dir.display();
    match &checked.fault {
        None => writeln!(out, "{} records in {log}: whole and in order", checked.records)?,
        Some(fault) => writeln!(
            out,
            "{log}: NOT whole at record {}: {}. The {} before it are as they were written.",
            fault.line, fault.what, checked.records
        )?,
    }
    Ok(u8::from(checked.fault.is_some()))
}

fn show(
    dir: &std::path::Path,
    session: Option<&str>,
    json: bool,
    mut out: impl Write,
) -> Result<()> {
    let (mut number, mut calls, mut asked) = (0, 0_u64, 0_u64);
    audit::read(dir, |line, kept| {
        number += 1;
        let about = |kept: &Kept| kept.record.session.as_str().starts_with(session.unwrap_or(""));
        if let Some(Kept { record: Record { entry: Entry::Decision { by, .. }, .. }, .. }) =
            kept.as_ref().filter(|kept| about(kept))
        {
            calls += 1;
            asked += u64::from(*by != By::Policy);
        }
        match kept {
            Some(kept) if !about(&kept) => Ok(()),
            Some(_) if json => out.write_all(line),
            Some(kept) => writeln!(out, "{}", sanitise(&row(&kept))),
            None => writeln!(out, "record {number} cannot be read: see `claw audit verify`"),
        }
    })?;
    // How often somebody was asked is a number: too many questions are answered unread.
    if !json && calls > 0 {
        let share = (asked * 100 + calls / 2) / calls;
        writeln!(out, "{calls} calls, {asked} of them asked: {share} in 100")?;
    }
    Ok(out.flush()?)
}

/// A record on one line.
fn row(Kept { seq, at, record }: &Kept) -> String {
    let (time, session) = (clock::date_time(*at), record.session.as_str());
    let session = &session[session.len().saturating_sub(8)..];
    let what = match &record.entry {
        Entry::Decision { allowed, by, reason, rule, source } => {
            let verdict = if *allowed { "allowed" } else { "refused" };
            let rule = rule.as_ref().map(|rule| format!(", rule {rule}")).unwrap_or_default();
            let source = source.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
            let (tool, title) = (&record.tool, &record.title);
            format!("{verdict} by {}: {tool} {title} — {reason}{rule}{source}", by.word())
        }
        Entry::Spawn { command, cwd } => format!("started in {}: {command}", cwd.display()),
        Entry::Helper { command, cwd } => {
            format!("claw itself started in {}: {command}", cwd.display())
        }
    };
    format!("{seq:>6}  {time}  {session}  {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Audit;
    use crate::protocol::Mode;

    #[test]
    fn the_log_is_shown_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let audit = Audit::new(dir.path().join("a"));
        let shown = |session, json| {
            let mut out = Vec::new();
            show(audit.dir(), session, json, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown(None, false), "");
        let record = |session: &str, entry| Record {
            session: session.into(),
            call: "c".into(),
            tool: "bash".into(),
            title: "ls\u{1b}[2J".into(),
            call_hash: "h".into(),
            mode: Some(Mode::Plan),
            policy: "p".into(),
            entry,
        };
        let denied = Entry::Decision {
            allowed: false,
            by: By::Policy,
            reason: "a rule forbids it".into(),
            rule: Some("Bash(ls)".into()),
            source: Some("c.toml:3".into()),
        };
        audit.append(&record("0197-one", denied)).unwrap();
        let spawn = Entry::Spawn { command: "ls\nrm".into(), cwd: "/w".into() };
        audit.append(&record("0198-two", spawn)).unwrap();

        let all = shown(None, false);
        let words = "0197-one  refused by policy: bash ls<U+001B>[2J — a rule forbids it, \
                     rule Bash(ls) (c.toml:3)";
        assert!(all.contains(words), "{all}");
        assert!(all.ends_with("\n1 calls, 0 of them asked: 0 in 100\n"), "{all}");
        assert_eq!(all.lines().count(), 3, "{all}");
        assert!(shown(Some("0198"), false).contains("started in /w: ls"));
        assert_eq!(shown(Some("0197"), true).lines().count(), 1);

        let checked = || {
            let mut out = Vec::new();
            let code = verify(audit.dir(), &mut out).unwrap();
            (code, String::from_utf8(out).unwrap())
        };
        assert_eq!(checked().0, 0);
        let log = audit.dir().join("log.jsonl");
        let text = std::fs::read_to_string(&log).unwrap();
        std::fs::write(&log, text.replace("forbids", "permits")).unwrap();
        let (code, said) = checked();
        assert!(code == 1 && said.contains("NOT whole at record 1: it was changed"), "{said}");
    }
}

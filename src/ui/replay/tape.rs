//! Reads a file: a trace, or a session's log.

use anyhow::{Result, bail, ensure};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::protocol::Envelope;
use crate::ui::trace::{Head, Line, VERSION};

/// What was kept.
#[derive(Debug)]
pub enum Tape {
    /// Of a screen.
    Trace(Box<Head>, Vec<Line>),
    /// Of a session.
    Log(Vec<Envelope>),
}

/// Reads what is whole, and says what is not: a sentence each, with its line.
///
/// Behind a line of a trace that cannot be read nothing is what it was: it ends there. Of a log
/// only that line is missing.
///
/// # Errors
///
/// Where the file is neither, or a newer claw wrote it.
pub fn read(bytes: &[u8], name: &str) -> Result<(Tape, Vec<String>)> {
    let mut lines = (1..)
        .zip(bytes.split_inclusive(|&byte| byte == b'\n'))
        .filter(|(_, line)| !line.trim_ascii().is_empty());
    let Some((number, first)) = lines.next() else { bail!("{name} is empty: nothing to play") };
    let neither = |why: &str| {
        anyhow::anyhow!("{name}:{number}: neither a trace nor a session's log begins so: {why}")
    };
    let value: Value = parse(first).map_err(|why| neither(&why))?;
    let Some(version) = value.get("trace") else {
        if value.get("event").is_none() || value.get("session").is_none() {
            return Err(neither("it has neither \"trace\" nor \"session\" and \"event\""));
        }
        return log(bytes, name);
    };
    ensure!(
        version.as_u64().is_some_and(|version| version <= u64::from(VERSION)),
        "{name}:{number}: this trace is of version {version}, and this claw reads up to {VERSION}: use a newer one"
    );
    let head = parse(first).map_err(|why| anyhow::anyhow!("{name}:{number}: {why}"))?;
    let (mut told, mut notes) = (Vec::new(), Vec::new());
    for (number, line) in lines {
        match parse(line) {
            Ok(line) => told.push(line),
            Err(why) => {
                let cut = if line.ends_with(b"\n") { "" } else { " (it is cut off)" };
                notes.push(format!("{name}:{number}: {why}{cut}; the trace is played up to there"));
                break;
            }
        }
    }
    Ok((Tape::Trace(Box::new(head), told), notes))
}

fn log(bytes: &[u8], name: &str) -> Result<(Tape, Vec<String>)> {
    let (mut log, mut notes) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match parse(line) {
            Ok(envelope) => log.push(envelope),
            Err(why) => notes.push(format!("{name}:{number}: {why}; the line is passed over")),
        }
    }
    ensure!(!log.is_empty(), "{}", notes.join("\n"));
    Ok((Tape::Log(log), notes))
}

/// A line; else what is wrong, with its column.
fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    serde_json::from_slice(line.trim_ascii_end()).map_err(|error| {
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or(&text);
        match error.column() {
            0 => what.to_owned(),
            column => format!("{what} at column {column}"),
        }
    })
}

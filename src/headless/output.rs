//! What a run writes, by format.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;

use crate::base::redact;
use crate::base::text::{sanitise, sanitise_lines};
use crate::headless::Report;
use crate::protocol::{Envelope, Event, Level, Topics};
use crate::session::State;

/// How a run is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// The last answer, and nothing else.
    #[default]
    Text,
    /// One object at the end.
    Json,
    /// A line for every event, as it happens; the same object at the end.
    StreamJson,
}

/// Where a run writes to: `out` is for programs, `err` for people. Flushed after each line.
#[derive(Debug)]
pub struct Output<O, E> {
    /// The answer, or the events.
    pub out: O,
    /// Retries, notices, and why it failed.
    pub err: E,
    /// How the answer is written.
    pub format: Format,
    /// `stream-json` shows a message also while it is being said.
    pub partial: bool,
    /// `out` is a terminal: what could steer it is made visible.
    pub terminal: bool,
}

/// An event on a line of its own.
#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    envelope: &'a Envelope,
}

impl<O: Write, E: Write> Output<O, E> {
    /// The session is open.
    pub fn begin(&mut self, state: &State) -> io::Result<()> {
        if self.format != Format::StreamJson {
            return Ok(());
        }
        self.line(&json!({
            "type": "system",
            "subtype": "init",
            "session_id": state.id,
            "cwd": state.cwd.to_string_lossy(),
            "model": state.model,
            "mode": state.mode,
            "claw_version": env!("CARGO_PKG_VERSION"),
        }))
    }

    /// Something happened.
    pub fn envelope(&mut self, envelope: &Envelope) -> io::Result<()> {
        let event = &envelope.event;
        let partial = self.partial && event.topic() == Topics::MESSAGE;
        if self.format == Format::StreamJson && (event.is_durable() || partial) {
            self.line(&Line { r#type: "event", envelope })?;
        }
        match event {
            Event::Retrying { attempt, of, after, why } => {
                let after = after.as_secs_f64();
                self.tell(&format!("{why} (retry {attempt} of {of} in {after:.1} s)"))
            }
            Event::Notice { level, text } if self.format != Format::StreamJson => match level {
                Level::Info => self.tell(text),
                Level::Warning => self.tell(&format!("warning: {text}")),
                Level::Error => self.tell(&format!("error: {text}")),
            },
            _ => Ok(()),
        }
    }

    /// The run is over.
    pub fn end(&mut self, report: &Report) -> io::Result<()> {
        match self.format {
            Format::Text => self.answer(&report.answer())?,
            Format::Json | Format::StreamJson => self.line(&report.wire())?,
        }
        report.error().map_or(Ok(()), |error| self.tell(&error))
    }

    fn answer(&mut self, text: &str) -> io::Result<()> {
        let text = &*redact::values(text.trim_end());
        if text.is_empty() {
            return Ok(());
        }
        if self.terminal {
            writeln!(self.out, "{}", sanitise_lines(text))?;
        } else {
            writeln!(self.out, "{text}")?;
        }
        self.out.flush()
    }

    fn line(&mut self, object: &impl Serialize) -> io::Result<()> {
        let line = serde_json::to_string(object)?;
        writeln!(self.out, "{}", redact::values(&line))?;
        self.out.flush()
    }

    /// For people. Nobody there to read it is no error.
    fn tell(&mut self, text: &str) -> io::Result<()> {
        match writeln!(self.err, "claw: {}", sanitise(&redact::all(text)))
            .and_then(|()| self.err.flush())
        {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}

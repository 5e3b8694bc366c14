//! Writes a trace: each message to the screen as it comes, and each frame. Nobody else can read it,
//! and known secrets are not in it. A secret that is typed is, key by key.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::Value;

use crate::base::clock;
use crate::base::redact;
use crate::protocol::Event;
use crate::ui::msg::Msg;
use crate::ui::trace::{Head, Line, What};

/// A trace that is being written.
pub struct Trace {
    file: BufWriter<File>,
    failed: Option<io::Error>,
}

impl Trace {
    /// Makes the file.
    ///
    /// # Errors
    ///
    /// Where it is there already, or cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let shown = path.display();
        let file = options.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                anyhow::anyhow!("{shown} is there already: give the trace another name")
            }
            _ => anyhow::Error::new(error).context(format!("making the trace {shown}")),
        })?;
        Ok(Self { file: BufWriter::new(file), failed: None })
    }

    /// Writes the first line.
    pub(super) fn begin(&mut self, head: &Head) -> Result<()> {
        self.write(head).context("writing the trace")
    }

    /// The screen is about to be told this.
    pub(super) fn message(&mut self, msg: &Msg) {
        if let Some(what) = What::of(msg) {
            self.line(what);
        }
    }

    /// The screen is about to be drawn at this size. What is before that is then in the file.
    pub(super) fn frame(&mut self, (columns, rows): (u16, u16)) {
        self.line(What::Frame(columns, rows));
        if let Err(error) = self.file.flush() {
            self.failed.get_or_insert(error);
        }
    }

    /// Why it could not be written.
    pub(super) fn failed(&mut self) -> Option<io::Error> {
        self.failed.take()
    }

    fn line(&mut self, what: What) {
        let line = Line { at: clock::now(), what: redacted(what) };
        if let Err(error) = self.write(&line) {
            self.failed.get_or_insert(error);
        }
    }

    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_value(line)?;
        clean(&mut line);
        serde_json::to_writer(&mut self.file, &line)?;
        self.file.write_all(b"\n")
    }
}

/// Without secrets in its texts: not in the line as a whole, whose form must not be touched.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let std::borrow::Cow::Owned(clean) = redact::all(text) {
                *text = clean;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::Object(fields) => fields.values_mut().for_each(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A piece of a message stays as long as it is: the next one says at which byte it begins.
fn redacted(what: What) -> What {
    let What::Event(mut envelope) = what else { return what };
    if let Event::MessageDelta { text, .. } = &envelope.event
        && let std::borrow::Cow::Owned(mut clean) = redact::all(text)
    {
        let length = text.len();
        while clean.len() > length {
            clean.pop();
        }
        clean.extend(std::iter::repeat_n('*', length - clean.len()));
        if let Event::MessageDelta { text, .. } = &mut std::sync::Arc::make_mut(&mut envelope).event
        {
            *text = clean;
        }
    }
    What::Event(envelope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::protocol::{Envelope, TextKind};

    const KEY: &str = concat!("sk-ant-", "api03-", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v");

    #[test]
    fn a_trace_is_the_users_own_and_holds_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.jsonl");
        let mut trace = Trace::create(&path).unwrap();
        trace.message(&Msg::Paste(format!("my key is {KEY}, \"quoted\"\n")));
        let event = Event::MessageDelta {
            message: "m".into(),
            block: 0,
            kind: TextKind::Text,
            start: 4,
            text: format!("{KEY} é"),
        };
        let envelope = Envelope { session: "s".into(), seq: 1, at: Millis(1), event };
        trace.message(&Msg::Event(envelope.into()));
        trace.frame((80, 24));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(KEY), "{text}");
        let lines: Vec<Line> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0].what, What::Paste("my key is [secret], \"quoted\"\n".into()));
        let What::Event(told) = &lines[1].what else { panic!("{text}") };
        let Event::MessageDelta { text, .. } = &told.event else { panic!("{told:?}") };
        assert_eq!(text.len(), KEY.len() + 3, "the next piece begins where it did");
        assert_eq!(lines[2].what, What::Frame(80, 24));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let again = Trace::create(&path).err().unwrap().to_string();
        assert!(again.contains("is there already"), "{again}");
    }
}

//! A log that another process writes, read as it grows.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::protocol::Envelope;
use crate::session::scan::{scan, threads};

/// An open log, up to where it was read.
#[derive(Debug)]
pub struct Tail {
    file: File,
    offset: u64,
}

impl Tail {
    /// Opens a log at its beginning; whoever writes it is not in the way.
    ///
    /// # Errors
    ///
    /// Where it cannot be opened.
    pub fn open(log: &Path) -> Result<Self> {
        let file = File::open(log).with_context(|| format!("opening the log {}", log.display()))?;
        Ok(Self { file, offset: 0 })
    }

    /// Gives what was written since the last time to `take`. A line that is not whole yet comes
    /// when it is.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn more(&mut self, take: impl FnMut(Envelope)) -> io::Result<()> {
        if self.file.metadata()?.len() <= self.offset {
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(self.offset))?;
        self.offset += scan((&self.file).take(u64::MAX), threads(), take)?.whole;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::base::clock::Millis;
    use crate::protocol::{Event, Level};

    #[test]
    fn each_line_comes_once_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.jsonl");
        let mut file = File::create(&path).unwrap();
        let mut tail = Tail::open(&path).unwrap();
        let line = |seq| {
            let event = Event::Notice { level: Level::Info, text: "n".into() };
            let envelope = Envelope { session: "s".into(), seq, at: Millis(1), event };
            serde_json::to_string(&envelope).unwrap() + "\n"
        };
        let mut more = || {
            let mut found = Vec::new();
            tail.more(|envelope| found.push(envelope.seq)).unwrap();
            found
        };
        assert_eq!(more(), [0; 0]);
        file.write_all((line(1) + &line(2)[..9]).as_bytes()).unwrap();
        assert_eq!(more(), [1]);
        assert_eq!(more(), [0; 0]);
        file.write_all((line(2)[9..].to_owned() + &line(3)).as_bytes()).unwrap();
        assert_eq!(more(), [2, 3]);
    }
}

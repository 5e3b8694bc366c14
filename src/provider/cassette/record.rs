//! Writes a cassette while a session goes on.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::Asking;
use super::line::{self, Answered, Asked, Ended, Head, How, Kept, Line, Piece, VERSION};
use crate::base::{clock, redact};
use crate::http::{self, Body, Error, Response};
use crate::provider::Model;

/// A cassette that is being written. Nobody else can read the file.
#[derive(Debug)]
pub struct Recorder {
    shown: String,
    tape: Mutex<Tape>,
}

#[derive(Debug)]
struct Tape {
    file: File,
    /// Exchanges so far.
    count: u32,
    failed: Option<io::Error>,
}

impl Recorder {
    /// Makes the file; `model` is the one that the session begins with.
    ///
    /// # Errors
    ///
    /// Where it is there already, or cannot be written.
    pub fn create(path: &Path, model: &Model) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let shown = path.display().to_string();
        let file = options.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                anyhow!("{shown} is there already: give the recording another name")
            }
            _ => anyhow::Error::new(error).context(format!("making the recording {shown}")),
        })?;
        let mut tape = Tape { file, count: 0, failed: None };
        let head = Head {
            version: VERSION,
            claw: env!("CARGO_PKG_VERSION").to_owned(),
            model: model.id.0.to_string(),
            window: model.window,
            max_output: model.max_output,
        };
        tape.write(&Line::Cassette(head)).with_context(|| format!("writing {shown}"))?;
        Ok(Self { shown, tape: Mutex::new(tape) })
    }

    /// Why not all was kept, in a sentence; none where it was.
    pub fn trouble(&self) -> Option<String> {
        let tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        let why = tape.failed.as_ref()?;
        Some(format!("the recording {} is not whole: {why}", self.shown))
    }

    /// Keeps a request and what `sent` brings; what comes of it is the caller's all the same where
    /// it cannot be kept.
    pub(super) async fn exchange(
        self: &Arc<Self>,
        asking: Asking<'_>,
        sent: impl Future<Output = Result<Response, Error>>,
    ) -> Result<Response, Error> {
        let mut open = self.begin(asking);
        match sent.await {
            Ok(response) => {
                open.line(&Line::Response(Answered {
                    exchange: open.exchange,
                    at: open.at(),
                    status: response.status(),
                    headers: line::came(&response),
                }));
                Ok(response.through(|inner| Box::new(Overheard { inner, open })))
            }
            Err(error) => {
                open.failed(&error);
                Err(error)
            }
        }
    }

    fn begin(self: &Arc<Self>, asking: Asking<'_>) -> Open {
        let plain = |url| redact::all(&http::plain(url).unwrap_or_default()).into_owned();
        let mut asked = Asked {
            exchange: 0,
            service: asking.service.name.to_string(),
            wire: asking.service.wire,
            base: plain(asking.base),
            method: "POST".to_owned(),
            url: plain(asking.url),
            headers: line::sent(asking.headers.each()),
            body: line::body(asking.body),
        };
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        tape.count += 1;
        asked.exchange = tape.count;
        tape.line(&Line::Request(asked));
        let (recorder, secrets) = (self.clone(), redact::Stream::default());
        let exchange = tape.count;
        Open { recorder, exchange, since: clock::paced(), secrets, over: false }
    }
}

impl Tape {
    /// After the first failure nothing is written: what is there is a beginning of what was.
    fn line(&mut self, line: &Line<'_>) {
        if self.failed.is_none() {
            self.failed = self.write(line).err();
        }
    }

    fn write(&mut self, line: &Line<'_>) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)
    }
}

/// An exchange that goes on.
#[derive(Debug)]
struct Open {
    recorder: Arc<Recorder>,
    exchange: u32,
    since: Instant,
    /// Takes known secrets out of the body, wherever its pieces were cut.
    secrets: redact::Stream,
    over: bool,
}

impl Open {
    fn at(&self) -> u64 {
        let since = clock::paced().saturating_duration_since(self.since);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn line(&self, line: &Line<'_>) {
        self.recorder.tape.lock().unwrap_or_else(PoisonError::into_inner).line(line);
    }

    fn chunk(&mut self, bytes: &[u8]) {
        let bytes = self.secrets.push(bytes).into_owned();
        self.piece(&bytes);
    }

    fn piece(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let (exchange, at) = (self.exchange, self.at());
            self.line(&Line::Chunk(Piece { exchange, at, bytes: Kept::of(bytes) }));
        }
    }

    fn failed(&mut self, error: &Error) {
        let (fault, text) = (error.fault(), redact::all(&error.to_string()).into_owned());
        self.end(How::Failed { fault, text });
    }

    fn end(&mut self, how: How) {
        if !std::mem::replace(&mut self.over, true) {
            let rest = self.secrets.rest();
            self.piece(&rest);
            self.line(&Line::End(Ended { exchange: self.exchange, at: self.at(), how }));
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.end(How::Left);
    }
}

/// A body that is kept as it passes.
#[derive(Debug)]
struct Overheard {
    inner: Box<dyn Body>,
    open: Open,
}

impl Body for Overheard {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(async move {
            let chunk = self.inner.chunk().await;
            match &chunk {
                Ok(Some(bytes)) => self.open.chunk(bytes),
                Ok(None) => self.open.end(How::Whole),
                Err(error) => self.open.failed(error),
            }
            chunk
        })
    }
}

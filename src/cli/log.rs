//! Claw's own diagnostics: into a file, never to the screen, and only where somebody asked.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context as _, Result};
use tracing_subscriber::EnvFilter;

use crate::base::redact;

/// A log longer than this, in bytes, is put aside as `claw.log.old` before it is written on.
const LONG: u64 = 4 << 20;

/// From now on diagnostics go to `claw.log` in `dir`. `filter` says which, as in `claw=debug`.
///
/// # Errors
///
/// Where the file cannot be written, or the filter is none.
pub(super) fn begin(dir: &Path, filter: &str) -> Result<()> {
    let path = dir.join("claw.log");
    let doing = || format!("opening the log {}", path.display());
    if fs::metadata(&path).is_ok_and(|log| log.len() > LONG) {
        fs::rename(&path, path.with_extension("log.old")).with_context(doing)?;
    }
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).with_context(doing)?;
    let filter = EnvFilter::try_new(filter).with_context(|| {
        format!("reading the log filter `{filter}`, which is like `claw=debug`")
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(Redacted(file)))
        .finish();
    tracing::subscriber::set_global_default(subscriber).context("beginning the log")
}

/// Writes without secrets. What is logged comes whole, one event at a time.
struct Redacted(File);

impl Write for Redacted {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.0.write_all(redact::all(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

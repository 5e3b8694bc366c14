//! A text in the editor of the user's choice: a file of its own, and the terminal for a while.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::audit::Audit;
use crate::exec::{self, Command};
use crate::ui::input::Gate;
use crate::ui::terminal;

/// The exit code of a program that `Ctrl+C` ended.
pub(super) const INTERRUPTED: u8 = 128 + 2;
/// The exit code of a program whose terminal went away.
pub(super) const HUNG_UP: u8 = 128 + 1;

/// What is to be edited, and how.
pub(super) struct Order {
    /// The editor's command line.
    pub(super) editor: String,
    /// The text.
    pub(super) text: String,
    /// What the file's name ends with.
    pub(super) suffix: String,
    /// Where the editor starts.
    pub(super) cwd: PathBuf,
    /// Where it is written down that it starts.
    pub(super) audit: Arc<Audit>,
    /// Our own reading of the terminal.
    pub(super) gate: Arc<Gate>,
}

/// Opens it again, whatever happens.
struct Closed(Arc<Gate>);

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// Gives the text to the editor. The text as it is then; none where it is the same.
///
/// # Errors
///
/// Where there is no room for the file, where the editor does not start, or where it ends with
/// other than 0.
pub(super) async fn edit(order: Order) -> Result<Option<String>> {
    let Order { editor, text, suffix, cwd, audit, gate } = order;
    let closed = Closed(Arc::clone(&gate));
    let left = tokio::task::spawn_blocking(move || {
        gate.close();
        terminal::leave();
    });
    left.await.context("leaving the terminal")?;
    let before = text.clone();
    // Only this user may read it: a draft may hold what was pasted.
    let file = tokio::task::spawn_blocking(move || -> Result<_> {
        let mut builder = tempfile::Builder::new();
        let mut file = builder.prefix("claw-").suffix(&suffix).tempfile()?;
        file.write_all(text.as_bytes())?;
        file.flush()?;
        Ok(file.into_temp_path())
    });
    let file = file.await.context("writing the text")?.context("writing the text")?;
    // The shell takes the editor's own arguments apart, as git has it.
    let script = format!("exec {editor} \"$1\"");
    let command = Command::new("/bin/sh", cwd).args(["-c", &script, "sh"]).args([file.as_os_str()]);
    let status = exec::foreground(&command, &audit).await.context("starting your editor")?;
    drop(closed);
    if !status.success() {
        bail!("{editor} ended with {status}");
    }
    let after = tokio::fs::read_to_string(&file).await.context("reading what was written")?;
    Ok((after != before).then_some(after))
}

/// Stops this program as its shell asks, while the terminal is the editor's.
pub(super) fn stop() {
    #[cfg(unix)]
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
}

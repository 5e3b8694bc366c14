//! The editor of the user's choice has the terminal for a while: with a text of its own file, or
//! with a file of the project at a line.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
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

/// How the editor is started.
pub(super) struct Order {
    /// The editor's command line.
    pub(super) editor: String,
    /// Where it starts.
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

impl Order {
    /// Leaves the terminal to the editor, and waits until it ends.
    async fn run(self, arguments: Vec<OsString>) -> Result<()> {
        let Self { editor, cwd, audit, gate } = self;
        let closed = Closed(Arc::clone(&gate));
        let left = tokio::task::spawn_blocking(move || {
            gate.close();
            terminal::leave();
        });
        left.await.context("leaving the terminal")?;
        // The shell takes the editor's own arguments apart, as git has it.
        let script = format!("exec {editor} \"$@\"");
        let command = Command::new("/bin/sh", cwd).args(["-c", &script, "sh"]).args(arguments);
        let status = exec::foreground(&command, &audit).await.context("starting your editor")?;
        drop(closed);
        if !status.success() {
            bail!("{editor} ended with {status}");
        }
        Ok(())
    }

    /// Gives a text to the editor. The text as it is then; none where it is the same.
    ///
    /// # Errors
    ///
    /// Where there is no room for the file, where the editor does not start, or where it ends with
    /// other than 0.
    pub(super) async fn edit(self, text: String, suffix: String) -> Result<Option<String>> {
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
        self.run(vec![file.as_os_str().to_owned()]).await?;
        let after = tokio::fs::read_to_string(&file).await.context("reading what was written")?;
        Ok((after != before).then_some(after))
    }

    /// Opens a file at a line, from 1.
    ///
    /// # Errors
    ///
    /// Where the editor does not start, or where it ends with other than 0.
    pub(super) async fn open(self, path: PathBuf, line: usize) -> Result<()> {
        let arguments = arguments(&self.editor, &path, line);
        self.run(arguments).await
    }
}

/// How an editor is told the line: as most are, unless it is known to be told otherwise.
fn arguments(editor: &str, path: &Path, line: usize) -> Vec<OsString> {
    let program = editor.split_whitespace().next().unwrap_or_default();
    let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
    let mut at = path.as_os_str().to_owned();
    at.push(format!(":{line}"));
    match &*name {
        "code" | "codium" | "code-insiders" | "cursor" | "windsurf" => {
            vec!["--wait".into(), "--goto".into(), at]
        }
        "hx" | "helix" | "zed" | "subl" => vec![at],
        _ => vec![format!("+{line}").into(), path.as_os_str().to_owned()],
    }
}

/// Stops this program as its shell asks, while the terminal is the editor's.
pub(super) fn stop() {
    #[cfg(unix)]
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_editor_is_told_the_line_in_its_way() {
        let table: [(&str, &[&str]); 5] = [
            ("vi", &["+7", "/w/a b"]),
            ("/usr/bin/nvim -u NONE", &["+7", "/w/a b"]),
            ("hx", &["/w/a b:7"]),
            ("code --wait", &["--wait", "--goto", "/w/a b:7"]),
            ("", &["+7", "/w/a b"]),
        ];
        for (editor, expected) in table {
            assert_eq!(arguments(editor, Path::new("/w/a b"), 7), expected, "{editor}");
        }
    }
}

//! What lies beside the terminal: clipboards, and programs that open things. For every face.

pub mod clipboard;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::audit::Audit;
use crate::base::ids;
use crate::config::write_private;
use crate::exec::{self, Command, ExecError};
use clipboard::{Facts, Tool, Way, plan};

/// How long a program may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Variables of the user's desk that its programs need.
pub const DESK: &[&str] = &[
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_CURRENT_DESKTOP",
    "XDG_SESSION_TYPE",
    "DBUS_SESSION_BUS_ADDRESS",
    "BROWSER",
    "TERM",
    "COLORTERM",
    "TMUX",
    "TMUX_PANE",
];

/// Where claw runs, as the command line found it.
#[derive(Debug, Clone)]
pub struct Desk {
    /// What decides how a text is copied.
    pub facts: Facts,
    /// The variables of [`DESK`] that are set.
    pub env: Vec<(OsString, OsString)>,
    /// Where a text goes that is too long for a clipboard.
    pub cache: PathBuf,
    /// Where it is written down that a program was started.
    pub audit: Arc<Audit>,
}

/// How far a copy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// It is done: how, in a sentence.
    Done(String),
    /// It failed: why, in a sentence.
    Failed(String),
    /// The terminal has still to be told, by [`clipboard::words`].
    Untold {
        /// The text.
        text: String,
        /// Through what.
        way: Way,
        /// What is known of it already: a program took it.
        said: Option<String>,
    },
}

impl Desk {
    fn command(&self, name: &str, args: &[&str]) -> Command {
        let command = Command::new(name, "/").args(args.iter().copied());
        self.env.iter().fold(command, |command, (name, value)| command.env(name, value))
    }

    /// Copies a text: by the first program that takes it, and by the terminal where the program's
    /// clipboard may not be the user's. One that is too long goes into a file.
    pub async fn copy(&self, text: String) -> Copied {
        if text.len() > clipboard::MOST {
            return self.keep(text).await;
        }
        let plan = plan(self.facts);
        let mut took = None;
        for tool in &plan.tools {
            if self.fill(tool, &text).await {
                took = Some(tool.name);
                break;
            }
        }
        let said = took.map(|name| clipboard::copied(&text, name));
        match (said, plan.always) {
            (Some(said), false) => Copied::Done(said),
            (said, _) => match plan.way {
                Way::Tmux if !self.passes().await => self.to_tmux(text, said).await,
                way => Copied::Untold { text, way, said },
            },
        }
    }

    /// Gives a text to a program. Did it take it?
    async fn fill(&self, tool: &Tool, text: &str) -> bool {
        let run = |args| self.command(tool.name, args).stdin(text);
        let ended = exec::leave(&run(tool.args), PATIENCE, &self.audit).await;
        let filled = ended.is_ok_and(|status| status.success());
        if let Some(primary) = tool.primary.filter(|_| filled) {
            // What the middle button pastes is a courtesy: where it fails, nothing is lost.
            let _ = exec::leave(&run(primary), PATIENCE, &self.audit).await;
        }
        filled
    }

    /// Does tmux pass words on to the terminal?
    async fn passes(&self) -> bool {
        let ask = self.command("tmux", &["show-options", "-Apv", "allow-passthrough"]);
        let said = exec::run(&ask, PATIENCE, &self.audit).await;
        said.is_ok_and(|said| matches!(said.stdout.trim_ascii(), b"on" | b"all"))
    }

    async fn to_tmux(&self, text: String, said: Option<String>) -> Copied {
        let load = self.command("tmux", &["load-buffer", "-w", "-"]).stdin(text.as_str());
        let ended = exec::run(&load, PATIENCE, &self.audit).await;
        match (said, ended) {
            (Some(said), _) => Copied::Done(said),
            (None, Ok(ended)) if ended.status.success() => {
                Copied::Done(format!("{}; paste to check", clipboard::copied(&text, "tmux buffer")))
            }
            (None, _) => Copied::Untold { text, way: Way::Plain, said: None },
        }
    }

    /// Keeps a text that is too long for a clipboard in a file.
    async fn keep(&self, text: String) -> Copied {
        let path = self.cache.join(format!("copy-{}.txt", ids::fresh()));
        let (size, most) = (text.len() / 1000, clipboard::MOST / 1000);
        let place = path.clone();
        let kept =
            tokio::task::spawn_blocking(move || write_private(&place, text.as_bytes())).await;
        let path = path.display();
        match kept.unwrap_or_else(|crash| Err(crash.into())) {
            Ok(()) => Copied::Done(format!(
                "{size} kB are above the clipboard's {most} kB: kept in {path}"
            )),
            Err(error) => Copied::Failed(format!("keeping the copy in {path}: {error}")),
        }
    }

    /// Opens a web address with what the system has for that.
    ///
    /// # Errors
    ///
    /// Says why it is not opened.
    pub async fn open(&self, url: &str) -> Result<(), String> {
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err("only web addresses are opened".to_owned());
        }
        let names: &[&str] =
            if self.facts.mac { &["open"] } else { &["xdg-open", "wslview", "gio"] };
        for name in names {
            let args: &[&str] = if *name == "gio" { &["open", url] } else { &[url] };
            match exec::leave(&self.command(name, args), PATIENCE, &self.audit).await {
                Ok(status) if status.success() => return Ok(()),
                // A browser that stays in the foreground is open.
                Err(ExecError::TimedOut { .. }) => return Ok(()),
                Ok(_) | Err(ExecError::Spawn { .. }) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Err(format!("no program for it is installed: {}", names.join(", ")))
    }
}

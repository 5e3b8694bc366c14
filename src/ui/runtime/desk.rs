//! What lies beside the terminal: clipboards, and programs that open things. All of it off the loop.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use tokio::sync::mpsc;

use crate::audit::Audit;
use crate::base::ids;
use crate::config::write_private;
use crate::exec::{self, Command, ExecError};
use crate::ui::clipboard::{self, Facts, Tool, Way, plan};
use crate::ui::msg::Loaded;
use crate::ui::shot::Shot;

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

impl Desk {
    fn command(&self, name: &str, args: &[&str]) -> Command {
        let command = Command::new(name, "/").args(args.iter().copied());
        self.env.iter().fold(command, |command, (name, value)| command.env(name, value))
    }

    /// Copies a text, and says how that went.
    pub(super) async fn copy(self, text: String, answer: mpsc::Sender<Loaded>) {
        let done = if text.len() > clipboard::MOST {
            keep(&self.cache, &text).await
        } else {
            self.hand_over(text).await
        };
        // The screen is gone where nobody takes the answer.
        let _ = answer.send(done).await;
    }

    async fn hand_over(&self, text: String) -> Loaded {
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
            (Some(said), false) => Loaded::Done(said),
            (said, _) => match plan.way {
                Way::Tmux if !self.passes().await => self.to_tmux(&text, said).await,
                way => Loaded::Uncopied { text, way, said },
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

    async fn to_tmux(&self, text: &str, said: Option<String>) -> Loaded {
        let load = self.command("tmux", &["load-buffer", "-w", "-"]).stdin(text);
        let ended = exec::run(&load, PATIENCE, &self.audit).await;
        match (said, ended) {
            (Some(said), _) => Loaded::Done(said),
            (None, Ok(ended)) if ended.status.success() => {
                Loaded::Done(format!("{}; paste to check", clipboard::copied(text, "tmux buffer")))
            }
            (None, _) => Loaded::Uncopied { text: text.to_owned(), way: Way::Plain, said: None },
        }
    }

    /// Keeps the screen as a text with its colours, and as a plain one; says where.
    pub(super) async fn save(self, screen: Buffer, answer: mpsc::Sender<Loaded>) {
        let path = self.cache.join(format!("screen-{}", ids::fresh()));
        let (plain, colours) = (path.with_extension("txt"), path.with_extension("ansi"));
        let (place, coloured) = (plain.clone(), colours.clone());
        let kept = tokio::task::spawn_blocking(move || {
            let shot = Shot::new(&screen);
            write_private(&place, shot.text().as_bytes())?;
            write_private(&coloured, shot.ansi().as_bytes())
        });
        let said = match kept.await.unwrap_or_else(|crash| Err(crash.into())) {
            Ok(()) => Loaded::Done(format!(
                "the screen is saved, secrets masked: {} (.ansi has the colours)",
                plain.display()
            )),
            Err(error) => Loaded::Failed(format!("saving the screen: {error}")),
        };
        let _ = answer.send(said).await;
    }

    /// Opens a web address with what the system has for that.
    pub(super) async fn open(self, url: String, answer: mpsc::Sender<Loaded>) {
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        let done = if is_web {
            self.browse(&url).await
        } else {
            Err("only web addresses are opened".to_owned())
        };
        let done = match done {
            Ok(()) => Loaded::Done(format!("opened {url}")),
            Err(error) => Loaded::Failed(format!("opening {url}: {error}")),
        };
        let _ = answer.send(done).await;
    }

    async fn browse(&self, url: &str) -> Result<(), String> {
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

/// Keeps a text that is too long for a clipboard in a file.
async fn keep(cache: &Path, text: &str) -> Loaded {
    let path = cache.join(format!("copy-{}.txt", ids::fresh()));
    let (place, bytes) = (path.clone(), text.as_bytes().to_vec());
    let kept = tokio::task::spawn_blocking(move || write_private(&place, &bytes)).await;
    let kept = kept.unwrap_or_else(|crash| Err(crash.into()));
    match kept {
        Ok(()) => {
            let (size, most) = (text.len() / 1000, clipboard::MOST / 1000);
            let path = path.display();
            Loaded::Done(format!("{size} kB are above the clipboard's {most} kB: kept in {path}"))
        }
        Err(error) => Loaded::Failed(format!("keeping the copy in {}: {error}", path.display())),
    }
}

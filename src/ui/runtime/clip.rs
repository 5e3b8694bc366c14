//! Pictures and texts from the clipboard, and pictures whose path was pasted.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::mpsc::Sender;

use crate::audit::Audit;
use crate::base::picture;
use crate::base::regular;
use crate::exec;
use crate::exec::Command;
use crate::protocol::Image;
use crate::ui::msg::{Clip, Loaded};

/// The largest picture that is taken, in bytes.
const MOST: usize = 5 << 20;
/// How long a clipboard may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Programs that give a picture, then those that give a text.
const PICTURES: &[(&str, &[&str])] = &[
    ("wl-paste", &["--no-newline", "--type", "image/png"]),
    ("xclip", &["-selection", "clipboard", "-t", "image/png", "-o"]),
    ("pngpaste", &["-"]),
];
const TEXTS: &[(&str, &[&str])] = &[
    ("wl-paste", &["--no-newline", "--type", "text"]),
    ("xclip", &["-selection", "clipboard", "-o"]),
    ("pbpaste", &[]),
];

/// Tells what is on the clipboard.
pub(super) async fn paste(cwd: PathBuf, audit: Arc<Audit>, answer: Sender<Loaded>) {
    let clip = clipboard(cwd, audit).await;
    // The screen is gone where nobody takes the answer.
    let _ = answer.send(Loaded::Pasted(clip)).await;
}

/// What is on the clipboard; a picture where there is one.
async fn clipboard(cwd: PathBuf, audit: Arc<Audit>) -> Clip {
    for (program, args) in PICTURES {
        if let Some(bytes) = ask(program, args, &cwd, &audit).await
            && let Some(clip) = image(bytes, None)
        {
            return clip;
        }
    }
    for (program, args) in TEXTS {
        let bytes = ask(program, args, &cwd, &audit).await;
        if let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            return Clip::Text(text);
        }
    }
    let how = "paste with the terminal's own key, or paste the path of a picture";
    Clip::Nothing(format!("no clipboard can be read here (wl-paste, xclip, pngpaste): {how}"))
}

async fn ask(program: &str, args: &[&str], cwd: &Path, audit: &Arc<Audit>) -> Option<Vec<u8>> {
    let mut command = Command::new(program, cwd).args(args.iter().copied());
    for name in ["WAYLAND_DISPLAY", "DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"] {
        if let Some(value) = crate::config::process(name) {
            command = command.env(name, value);
        }
    }
    let done = exec::run(&command, PATIENCE, audit).await.ok()?;
    let whole = done.status.success() && !done.truncated && !done.stdout.is_empty();
    whole.then_some(done.stdout)
}

/// Looks for a picture in a file beside the loop; the answer comes later, where it is one.
pub(super) fn load(path: PathBuf, cwd: PathBuf, pasted: String, back: Sender<Loaded>) {
    tokio::task::spawn_blocking(move || {
        if let Some(clip) = file(&path, &cwd, pasted) {
            // The screen is gone where nobody takes the answer.
            let _ = back.blocking_send(Loaded::Pasted(clip));
        }
    });
}

/// The picture in a file; none where it is no picture, or too large: the path stays a path.
fn file(path: &Path, cwd: &Path, pasted: String) -> Option<Clip> {
    let read = regular::read(&cwd.join(path), MOST).ok()?;
    if read.cut {
        let most = MOST >> 20;
        return Some(Clip::Nothing(format!(
            "the picture is larger than {most} MB: only its path is sent"
        )));
    }
    image(read.bytes, Some(pasted))
}

fn image(bytes: Vec<u8>, path: Option<String>) -> Option<Clip> {
    let media_type = picture::media_type(&bytes)?;
    if bytes.len() > MOST {
        return Some(Clip::Nothing(format!("the picture is larger than {} MB", MOST >> 20)));
    }
    let size = picture::size(&bytes).unwrap_or_default();
    let image = Image { media_type: media_type.to_owned(), data: STANDARD.encode(bytes).into() };
    Some(Clip::Image { image, size, path })
}

//! The instructions: claw's own, what is known of the place, and the notes of everybody who has a say.

use std::path::PathBuf;
use std::sync::Arc;

use crate::agent::prompt::{Instructions, Piece};
use crate::base::clock;
use crate::exec::Helpers;
use crate::workspace::git::{self, Git};
use crate::workspace::notes::{self, Notes, Places};
use crate::workspace::sketch;

/// Who claw is and how it works.
const SYSTEM: &str = include_str!("../../assets/prompt/system.md");

/// Where the instructions are made from.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The project: absolute and canonical.
    pub(super) root: PathBuf,
    /// Where notes are read from, but for the project.
    pub(super) notes: Places,
    /// The project may speak.
    pub(super) trusted: bool,
    /// How git is started.
    pub(super) helpers: Helpers,
}

/// The instructions of one session, and what the user should know of how they came about. Made
/// once: the provider's cache lives on equal bytes.
pub(super) async fn system(here: Place) -> (Instructions, Vec<String>) {
    let mut notices = Vec::new();
    // The first date of a process reads which zones there are: beside git.
    let today = tokio::task::spawn_blocking(clock::today);
    let (repository, known) = repository(&here, &mut notices).await;
    let today = today.await.unwrap_or_else(|_| clock::today());
    let top = repository.map_or_else(|| here.root.clone(), |git| git.top);
    let project = here.trusted.then(|| (here.root.clone(), top));
    let (places, root) = (Places { project, ..here.notes.clone() }, here.root.clone());
    let trusted = here.trusted;
    let read = tokio::task::spawn_blocking(move || {
        let sketch = if trusted { sketch(&root) } else { String::new() };
        (notes::read(&places), sketch)
    });
    let mut pieces = vec![Piece::own("Instructions", "claw", SYSTEM)];
    let Ok(((found, nested), sketch)) = read.await else {
        notices.push("Reading the notes failed inside claw: none is used.".to_owned());
        pieces.push(Piece::own("Environment", "this machine", facts(&here, &today, &known, "")));
        return (Instructions { pieces, ..Instructions::default() }, notices);
    };
    pieces.push(Piece::own("Environment", "this machine", facts(&here, &today, &known, &sketch)));
    pieces.extend(found.notes.iter().map(Piece::note));
    notices.extend(told(&found));
    let project = here.trusted.then(|| here.root.clone());
    let dirs = project.into_iter().chain([here.notes.config.clone()]);
    let made = Instructions {
        pieces,
        nested: nested.map(Arc::new),
        unread: found.unread,
        outside: found.outside.into_iter().map(|(path, _)| path).collect(),
        targets: dirs.map(|dir| (notes::target(&dir), dir)).collect(),
        imports: here.notes.imports,
    };
    (made, notices)
}

/// What of the notes the user should know.
fn told(found: &Notes) -> Vec<String> {
    let outside = found.outside.iter().map(|(path, by)| {
        format!(
            "{} imports {}, which is outside of the project: not read. /memory lets you allow it.",
            by.display(),
            path.display()
        )
    });
    found.notices.iter().cloned().chain(outside).collect()
}

/// The repository that the project is in, and its state in a few words.
async fn repository(here: &Place, notices: &mut Vec<String>) -> (Option<Git>, String) {
    match Git::open_with_summary(&here.root, &here.helpers).await {
        Ok(Some((git, git::Summary { head, changed, untracked }))) => {
            let known = format!(
                "on {head}, {changed} changed and {untracked} untracked files when the session began"
            );
            (Some(git), known)
        }
        Ok(None) => (None, "not a repository".to_owned()),
        Err(error) => {
            notices.push(format!("{error:#}"));
            (None, "unknown".to_owned())
        }
    }
}

fn facts(here: &Place, today: &str, git: &str, sketch: &str) -> String {
    let root = here.root.display();
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let seen = if sketch.is_empty() {
        String::new()
    } else {
        format!("\n\nThe top of it, when the session began:\n\n{sketch}")
    };
    format!(
        "# Where you are\n\n- Working directory: {root}\n- Platform: {os} {arch}\n- Date: {today}\n- Git: {git}{seen}"
    )
}

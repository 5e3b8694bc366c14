//! The instructions: claw's own, what is known of the place, and the project's notes.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::clock;
use crate::exec::Helpers;
use crate::workspace::git::{self, Git};
use crate::workspace::notes;

/// Who claw is and how it works.
const SYSTEM: &str = include_str!("../../assets/prompt/system.md");

/// Where the instructions are made from.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The project: absolute and canonical.
    pub(super) root: PathBuf,
    /// The directory with the user's own notes.
    pub(super) config: PathBuf,
    /// The project may speak.
    pub(super) trusted: bool,
    /// How git is started.
    pub(super) helpers: Helpers,
}

/// The instructions of one session, and what the user should know of how they came about. Made
/// once: the provider's cache lives on equal bytes.
pub(super) async fn system(here: &Place) -> (Arc<str>, Vec<String>) {
    let (mut text, mut notices) = (SYSTEM.trim_end().to_owned(), Vec::new());
    // The first date of a process reads which zones there are: beside git.
    let today = tokio::task::spawn_blocking(clock::today);
    let (repository, known) = repository(here, &mut notices).await;
    let today = today.await.unwrap_or_else(|_| clock::today());
    // Writing to a String cannot fail.
    let _ = write!(text, "\n\n{}", facts(here, &today, &known));
    let top = repository.map_or_else(|| here.root.clone(), |git| git.top);
    let project = here.trusted.then_some((here.root.as_path(), top.as_path()));
    let notes = notes::read(&here.config, project);
    if !notes.notes.is_empty() {
        let _ = write!(text, "\n\n{}", notes.prompt().trim_end());
    }
    notices.extend(notes.notices);
    (text.into(), notices)
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

fn facts(here: &Place, today: &str, git: &str) -> String {
    let root = here.root.display();
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    format!(
        "# Where you are\n\n- Working directory: {root}\n- Platform: {os} {arch}\n- Date: {today}\n- Git: {git}"
    )
}

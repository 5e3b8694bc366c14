//! What the model is told about where it works.

use std::path::PathBuf;

use crate::base::clock;
use crate::workspace::Workspace;
use crate::workspace::git::Summary;

/// The surroundings of a session, at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The directory that relative paths start from.
    pub cwd: PathBuf,
    /// The operating system: `linux`, `macos`.
    pub platform: &'static str,
    /// Today, where the user is: `2026-11-21`.
    pub date: String,
    /// The branch and its counts; none where there is no repository.
    pub git: Option<Summary>,
}

impl Facts {
    /// The facts of now.
    pub fn gather(workspace: &Workspace, git: Option<Summary>) -> Self {
        Self {
            cwd: workspace.root().to_owned(),
            platform: std::env::consts::OS,
            date: clock::today(),
            git,
        }
    }
}

//! Files below a directory, without what the project ignores.

use ignore::WalkBuilder;

use crate::tool::ToolError;
use crate::tool::file::Target;

/// A walk below a file or directory that was judged: hidden files too, no `.git` unless it is where
/// the walk begins, no links followed, ignore files obeyed inside and outside of git.
///
/// # Errors
///
/// Where nothing is there.
pub(super) fn below(base: &Target) -> Result<WalkBuilder, ToolError> {
    if let Err(error) = std::fs::symlink_metadata(base.real()) {
        return Err(base.failed(&error.to_string()));
    }
    let mut walk = WalkBuilder::new(base.real());
    walk.hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git");
    Ok(walk)
}
